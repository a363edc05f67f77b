"""The indicators of power that a summary lists: the last look at the balance, released for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.analysis.power_rows import stored_figures
from deliberation.disclosure import (
    Attribution,
    Audience,
    ReleasedCount,
    release_holder,
    release_index,
    release_tally,
)
from deliberation.exposure import ExposureSettings
from deliberation.inequality import REFERENCE_GINI
from deliberation.power import PowerSettings
from deliberation.released import ReleasedHolder, ReleasedIndex

SETTINGS = PowerSettings()


@dataclass(frozen=True)
class Indicator:
    """One measure as everybody may know it.

    value : the figure; interval : its 95 % interval, empty where it has none
    of : how many were compared, where it is a number of things; line : from where on somebody looks, elsewhere
    is_share : a figure that is read as a percentage
    """

    code: str
    value: ReleasedIndex | ReleasedHolder | ReleasedCount
    is_beyond: bool
    interval: tuple[ReleasedIndex, ReleasedIndex] | None = None
    of: ReleasedCount | None = None
    line: float | None = None
    is_share: bool = False

    @property
    def is_told(self) -> bool:
        """Whether enough people are behind the figure for it to be told, and enough happened for it to be one."""
        if isinstance(self.value, ReleasedHolder):
            return self.value.share is not None
        return self.value.value is not None


@dataclass(frozen=True)
class _Look:
    """The stored figures of the last look, and the way out for them."""

    data: Mapping[str, Any]
    mode: Attribution

    def index(self, value: float, n_people: int) -> ReleasedIndex:
        n = int(self.data["n_participants"])
        return release_index(value, n_people, self.mode, audience=Audience.PUBLIC, n_participants=n)

    def tally(self, code: str, marked: int, of: int) -> Indicator:
        """How many of those compared are beyond what chance explains: categories, not people."""
        return Indicator(code, release_tally(marked), marked > 0, of=release_tally(of))


async def indicators_of(consultation: UUID, mode: Attribution) -> tuple[Indicator, ...]:
    """The indicators of the last look, those that cannot be told left out; empty in a small room and before a look."""
    data = await stored_figures(consultation)
    return released_indicators(data, mode)


def released_indicators(data: Mapping[str, Any], mode: Attribution) -> tuple[Indicator, ...]:
    """The indicators as everybody may know them."""
    look = _Look(data, mode)
    if not data or look.index(0.0, int(data["n_participants"])).value is None:
        return ()
    found = [*_spread(look), *_holder(look), *_moderation(look), *_agenda(look), *_additions(look)]
    return tuple(one for one in found if one.is_told)


def _spread(look: _Look) -> Iterator[Indicator]:
    for kind in ("votes", "proposals"):
        spread = look.data["spread"][kind]
        if not spread or "gini_lower" not in spread or spread["n_events"] < SETTINGS.fewest_events:
            continue
        n, most = spread["n_people"], REFERENCE_GINI[kind][1]
        if n < SETTINGS.fewest_people:
            continue
        ends = look.index(spread["gini_lower"], n), look.index(spread["gini_upper"], n)
        yield Indicator(f"gini_{kind}", look.index(spread["gini"], n), spread["gini"] > most, ends, line=most)
        yield Indicator(f"top_{kind}", look.index(spread["top"], n // 10), False, is_share=True)
        if spread["between"] is not None:
            line, share = SETTINGS.between_share_over, look.index(spread["between"], spread["between_n"])
            is_beyond = spread["between"] > max(line, spread["between_chance"])
            yield Indicator(f"between_{kind}", share, is_beyond, line=line, is_share=True)
    spread = look.data["spread"]["proposals"]
    if spread and spread.get("n_events", 0) >= SETTINGS.fewest_events:
        n = spread["n_people"]
        wanted = min(SETTINGS.fewest_effective_authors, SETTINGS.effective_authors_share * n)
        yield Indicator("authors", look.index(spread["effective"], n), spread["effective"] < wanted, line=wanted)


def _holder(look: _Look) -> Iterator[Indicator]:
    largest, whole = look.data["largest"], look.data["n_alive"]
    if largest and whole >= SETTINGS.fewest_events:
        line = float(look.data["organisation_bound"])
        held = release_holder("", largest[2], whole, look.mode, n_participants=int(look.data["n_participants"]))
        yield Indicator("organisation", held, largest[1] > line, line=line, is_share=True)


def _moderation(look: _Look) -> Iterator[Indicator]:
    for attribute in ("language", "constituency"):
        rows = look.data["moderation"].get(attribute, {}).values()
        compared = [row for row in rows if row["p_value"] is not None]
        marked = [row for row in compared if row["p_value"] < SETTINGS.alpha and row["is_higher"]]
        if compared:
            yield look.tally(f"declined_{attribute}", len(marked), len(compared))


def _agenda(look: _Look) -> Iterator[Indicator]:
    agenda = look.data.get("agenda") or {}
    passages = [row for row in agenda.get("passages", ()) if row["odds"]]
    if passages:
        yield look.tally("passages", sum(bool(row["level"]) for row in passages), len(passages))
    waits = agenda.get("waits", ())
    if waits:
        yield look.tally("waits", sum(bool(row["level"]) for row in waits), len(waits))
    position = agenda.get("position")
    if position:
        n, line = int(look.data["n_participants"]), ExposureSettings().correlation_over
        ends = look.index(position["lower"], n), look.index(position["upper"], n)
        yield Indicator("position", look.index(position["correlation"], n), bool(position["level"]), ends, line=line)
    rows = agenda.get("exchange", {}).get("rows", ())
    if rows:
        yield look.tally("amendments", sum(bool(row[-1]) for row in rows), len(rows))
    for code, name in (("influence", "influence"), ("influence_of_organisations", "influence_organisations")):
        rows = agenda.get(code, ())
        if rows:
            yield look.tally(name, sum(bool(row["level"]) for row in rows), len(rows))


def _additions(look: _Look) -> Iterator[Indicator]:
    one = (look.data.get("additions") or {}).get("constituency")
    if one:
        share = look.index(one["share"], one["n_people"])
        yield Indicator("additions", share, bool(one["level"]), line=one["chance"], is_share=True)


__all__ = ["Indicator", "indicators_of", "released_indicators"]
