"""One analysis as its page reads it: the released rows behind every list, and the parts that the page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.analysis.results import CONSTITUENCY, GROUP, Gate, Stored, Text
from app.analysis.results_maps import Landing, Picture
from app.analysis.results_words import bar, label_of
from app.charts import GoalBar, Swarm, VoteRow
from app.language import gettext
from app.taxonomies import constituencies
from deliberation.disclosure_units import UnitRow


@dataclass(frozen=True)
class Line:
    """A statement in a list, with its released bars."""

    text: Text
    bars: tuple[VoteRow, ...]
    on_slate: bool = False
    note: str = ""


@dataclass(frozen=True)
class Split:
    """A divide in a sentence: which group agrees most and which least, as released."""

    text: Text
    high: str
    low: str


@dataclass(frozen=True)
class GroupCard:
    """An opinion group: its released size and the stances it holds more than the others do."""

    letter: str
    name: str
    size: str
    holds: tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class SlateLine:
    """A stance on the participants' slate, and the groups most of which hold it."""

    text: Text
    is_against: bool
    is_common: bool
    letters: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table in words; `cut` says how much of it is not on the page."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    cut: str = ""


@dataclass(frozen=True)
class Results:
    """Everything the page shows of one analysis to one audience in one language.

    shape : small_room | few | checking | groups | spectrum | flat
    cut : for each list a sentence on what of it is not on the page, empty where all is
    """

    shape: str
    n_groups: int
    is_indicative: bool
    is_rounded: bool
    counts: tuple[str, ...]
    common: tuple[Line, ...]
    rejected: tuple[Line, ...]
    divides: tuple[Line, ...]
    splits: tuple[Split, ...]
    cut: Mapping[str, str]
    spoken: tuple[tuple[str, tuple[Line, ...]], ...]
    swarm: Swarm | None
    swarm_table: Grid
    swarm_sentence: str
    picture: Picture | None
    map_table: Grid
    map_sentence: str
    left_out: str
    groups: tuple[GroupCard, ...]
    evidence: tuple[str, ...]
    slate: tuple[SlateLine, ...]
    n_places: int
    certificate: tuple[tuple[str, str], ...]
    goals: tuple[GoalBar, ...]
    constituencies: Grid
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reading:
    """One analysis with its gate and its statements: what every part of the page is made from."""

    stored: Stored
    landscape: Mapping[str, Any]
    slate: Mapping[str, Any]
    gate: Gate
    texts: Mapping[int, Text]
    organisations: Mapping[str, UnitRow] = field(default_factory=dict)
    """What is stored of the view in which an organisation counts once; shown through the gate alone."""

    @cached_property
    def group_place(self) -> dict[int, int]:
        """Each participant's group by its place among the letters, -1 for those between groups."""
        groups = self.landscape["groups"]
        return dict(zip(groups["participant_ids"]["values"], groups["labels"]["values"], strict=True))

    @cached_property
    def letters(self) -> tuple[str, ...]:
        return tuple(sorted(self.landscape["groups"]["letters"]))

    @property
    def shape(self) -> str:
        """What kind of answer the votes give."""
        space, status = self.landscape["space"], self.landscape["groups"]["status"]
        if self.gate.tells_words_only:
            return "small_room"
        if status == "found":
            return "groups"
        if space is None:
            return "few"
        if status == "checking":
            return "checking"
        return "spectrum" if space["rank"] else "flat"

    @cached_property
    def stances(self) -> tuple[tuple[Text, bool, bool], ...]:
        """The participants' slate: statement, whether the stance is against it, whether it is common ground."""
        record = self.slate.get("slate") or {}
        chosen = [(stance, True) for stance in record.get("common_ground", ())]
        chosen += [(item["stance"], False) for item in record.get("distinct", ())]
        return tuple(
            (self.texts[stance["statement_id"]], stance["choice"] == "disagree", is_common)
            for stance, is_common in chosen
            if stance["statement_id"] in self.texts
        )

    @cached_property
    def on_slate(self) -> frozenset[int]:
        return frozenset(text.id for text, _, _ in self.stances)

    def agree(self, statement: int, attribute: str, code: str) -> float | None:
        row = self.gate.row(str(statement), attribute, code)
        return None if row is None else row.agree_share

    def shares(self, statement: int, attribute: str) -> dict[str, float]:
        """Released agreement of each category that is shown by itself."""
        codes = self.letters if attribute == GROUP else self.categories
        told = ((code, self.agree(statement, attribute, code)) for code in codes)
        return {code: share for code, share in told if share is not None}

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Constituencies with a row that may be shown, in the order of the taxonomy, then by code."""
        known = list(constituencies.codes())
        codes = {key[2] for key, row in self.gate.rows.items() if key[1:2] == (CONSTITUENCY,) and row.is_shown}
        return tuple(
            sorted(
                codes - {"other"}, key=lambda code: (code not in known, known.index(code) if code in known else 0, code)
            )
        )

    def bars(self, statement: int, *, extra: Sequence[tuple[str, str]] = ()) -> tuple[VoteRow, ...]:
        """A bar per group, or one of everybody; `extra` names further rows as (attribute, category)."""
        key = str(statement)
        if self.shape == "groups":
            rows = [bar(label_of(GROUP, c), self.gate.row(key, GROUP, c), letter=c) for c in self.letters]
        else:
            rows = [bar(gettext("Everybody"), self.gate.row(key))]
        return (*rows, *(bar(label_of(a, c), self.gate.row(key, a, c)) for a, c in extra))

    def line(self, statement: int, *, extra: Sequence[tuple[str, str]] = (), note: str = "") -> Line:
        return Line(self.texts[statement], self.bars(statement, extra=extra), statement in self.on_slate, note)


@dataclass(frozen=True)
class Landed:
    """One statement: its bars, and its hexagons where the gate allows them."""

    text: Text
    bars: tuple[VoteRow, ...]
    landing: Landing | None
    corners: Mapping[str, str]
    sentence: str


@dataclass(frozen=True)
class StatementResults:
    """What a statement's own page says of its votes: in words in a small room, else in bars."""

    words: str
    note: str
    bars: tuple[VoteRow, ...]
    by_constituency: tuple[VoteRow, ...]
