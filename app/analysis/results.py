"""Results as they may be shown: which analysis a reader may see, and every figure of it through the disclosure gate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.access import Actor
from app.analysis.translations import Wording
from app.database import fetch, fetchrow, fetchval
from app.language import gettext
from app.refusals import N_, Denied
from app.tables.rounds import Round
from deliberation.disclosure import (
    DEFAULT,
    Attribution,
    Audience,
    Basis,
    Released,
    ReleasedCount,
    ReleasedIndex,
    ReleasedRow,
    ReleasedShare,
    ReleasedWords,
    Row,
    release_again,
    release_count,
    release_index,
    release_share,
    release_words,
)
from deliberation.phases import Action, Lifecycle, Phase, Role

if TYPE_CHECKING:
    # It brings scipy along, which web processes do without.
    from deliberation.landscape import Landscape

VOTES = "votes"
"""The key under which the counts behind released votes are stored; one basis serves both audiences."""
GROUP, CONSTITUENCY = "group", "constituency"
BETWEEN = "between"
"""The category of those who voted and are in no opinion group: beside it no group has to be hidden for their sake."""
FEWEST_VOTERS = 8
"""Below it there are no results: each would be somebody's."""
STAFF = frozenset({Role.MODERATOR, Role.CONVENOR, Role.CURATOR, Role.AUDITOR})
AFTER_YOUR_VOTE = N_("While voting is open, results are shown to participants once they have voted.")
NOT_YET = N_("Results open when the round has closed.")


async def published_basis(consultation: UUID) -> Basis | None:
    """The counts behind what has been released of the consultation's votes."""
    stored = await fetchval(
        "select row -> 'basis' from publications where consultation = $1 and audience = 'both' and key = $2",
        consultation,
        VOTES,
    )
    return None if stored is None else Basis.from_records(json.loads(stored))


def vote_rows(landscape: Landscape) -> list[Row]:
    """Every row the gate has to know of: each statement's total, by opinion group, by constituency."""
    rows: list[Row] = []
    for result in landscape.statements:
        key = str(result.statement_id)
        rows.append(Row((key,), result.counts.agrees, result.counts.disagrees, result.counts.passes))
        for attribute, split in ((GROUP, result.by_group), (CONSTITUENCY, result.by_constituency)):
            for code, counts in split.items():
                if code:
                    rows.append(Row((key, attribute, code), counts.agrees, counts.disagrees, counts.passes))
        if result.by_group:
            placed = result.by_group.values()
            rows.append(
                Row(
                    (key, GROUP, BETWEEN),
                    result.counts.agrees - sum(counts.agrees for counts in placed),
                    result.counts.disagrees - sum(counts.disagrees for counts in placed),
                    result.counts.passes - sum(counts.passes for counts in placed),
                )
            )
    return rows


class Standing(StrEnum):
    """How far the results are."""

    NOBODY = "nobody"
    TOO_FEW = "too_few"
    WORKING = "working"
    READY = "ready"


@dataclass(frozen=True)
class Stored:
    """One analysis on record, without its large columns."""

    id: UUID
    kind: str
    evidence: str
    method: str
    method_version: str
    seed: int
    input_digest: str
    digest: str
    n_participants: int
    n_votes: int
    n_statements: int
    votes_until: datetime
    excluded: str


@dataclass(frozen=True)
class Sight:
    """What a reader finds: the standing, the analysis where there is one, and the round that still has to be frozen."""

    standing: Standing
    analysis: Stored | None = None
    unfrozen: Round | None = None


FIND = """
select id, kind, evidence, method, method_version, seed, input_digest, digest, n_participants, n_votes, n_statements,
       votes_until, excluded
from analyses
where consultation = $1 and ((kind = 'frozen' and round = $2) or ($3 and kind = 'live'))
order by votes_until desc, created_at desc limit 1
"""
SETTLED = """
select bool_or(status = 'succeeded') and not bool_or(status in ('todo', 'doing')) from procrastinate_jobs
where task_name = 'freeze' and args ->> 'round_id' = $1
"""


async def look(actor: Actor) -> Sight:
    """What the actor may see of the results now. Denied where it is nothing at all, with the reason."""
    actor.check(Action.SEE_RESULTS)
    closed = actor.last_closed(Phase.PROPOSE)
    sees_live = await _sees_live(actor)
    if closed is None and not sees_live:
        is_open = Attribution(actor.consultation.attribution) is not Attribution.CHATHAM_HOUSE
        raise Denied(AFTER_YOUR_VOTE if is_open else NOT_YET)
    row = await fetchrow(FIND, actor.consultation.id, closed.id if closed else None, sees_live)
    if row is not None:
        stored = Stored(*(row[name] for name in Stored.__dataclass_fields__))
        too_few = stored.n_participants < FEWEST_VOTERS
        return Sight(Standing.TOO_FEW if too_few else Standing.READY, stored)
    return await _without_analysis(actor, closed, sees_live=sees_live)


async def _without_analysis(actor: Actor, closed: Round | None, *, sees_live: bool) -> Sight:
    until = actor.now if sees_live or closed is None else closed.closes_at
    n_voters = await fetchval(
        "select count(distinct participant) from votes where consultation = $1 and cast_at < $2",
        actor.consultation.id,
        until,
    )
    if not n_voters:
        return Sight(Standing.NOBODY)
    if n_voters < FEWEST_VOTERS or (closed is not None and await fetchval(SETTLED, str(closed.id))):
        return Sight(Standing.TOO_FEW)
    return Sight(Standing.WORKING, unfrozen=closed)


async def _sees_live(actor: Actor) -> bool:
    """Results of an open round: never in `chatham_house`, else for staff, and for whoever has voted."""
    if actor.consultation.is_imported:
        return True
    if Attribution(actor.consultation.attribution) is Attribution.CHATHAM_HOUSE or not _is_proposing(actor):
        return False
    if actor.roles & STAFF:
        return True
    return actor.participant is not None and bool(
        await fetchval("select exists(select from votes where participant = $1)", actor.participant.id)
    )


def _is_proposing(actor: Actor) -> bool:
    running = actor.consultation.lifecycle == Lifecycle.RUNNING
    return running and actor.is_open and actor.round is not None and actor.round.phase == Phase.PROPOSE


def audience_of(actor: Actor) -> Audience:
    """Those who take part or have an office here are inside; everybody else is the public."""
    return Audience.INSIDE if actor.roles - {Role.VISITOR, Role.ADMINISTRATOR} else Audience.PUBLIC


@dataclass(frozen=True)
class Gate:
    """The disclosure gate as it stands for one consultation and one audience, over what has been published."""

    mode: Attribution
    audience: Audience
    n_participants: int
    rows: Mapping[tuple[str, ...], ReleasedRow] = field(default_factory=dict)

    @classmethod
    def over(cls, released: Released, mode: Attribution, audience: Audience, n_participants: int) -> Gate:
        return cls(mode, audience, n_participants, {row.key: row for row in released})

    @property
    def tells_words_only(self) -> bool:
        """Whether this is a room so small that nothing but words may leave it."""
        return self.mode is Attribution.CHATHAM_HOUSE and self.n_participants < DEFAULT.small_room_below

    @property
    def is_exact(self) -> bool:
        return self.mode is not Attribution.CHATHAM_HOUSE

    def row(self, *key: str) -> ReleasedRow | None:
        """The released row, None where nothing may be said."""
        row = self.rows.get(key)
        return row if row is not None and row.is_shown else None

    def count(self, n: int) -> ReleasedCount:
        return release_count(n, self.mode, audience=self.audience)

    def share(self, part: int, whole: int, *, is_bloc: bool = False) -> ReleasedShare:
        return release_share(
            part, whole, self.mode, audience=self.audience, n_participants=self.n_participants, is_bloc=is_bloc
        )

    def words(self, yes: int, no: int) -> ReleasedWords:
        return release_words(yes, no, self.mode, n_participants=self.n_participants)

    def index(self, value: float, n_people: int) -> ReleasedIndex:
        return release_index(value, n_people, self.mode, audience=self.audience, n_participants=self.n_participants)


def open_gate(published: Mapping[str, Any], actor: Actor) -> Gate:
    """The gate over one stored publication: its counts as they were released, for this reader."""
    mode, audience = Attribution(actor.consultation.attribution), audience_of(actor)
    n_participants = int(published["n_participants"])
    basis = Basis.from_records(published["basis"])
    released = release_again(basis, mode, audience=audience, n_participants=n_participants)
    return Gate.over(released, mode, audience, n_participants)


async def large_columns(analysis: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """The landscape and the participants' slate of an analysis, as they were written."""
    row = await fetchrow("select landscape, slate from analyses where id = $1", analysis)
    assert row is not None
    # Large ones take a second, in which the process would answer nobody.
    return await asyncio.to_thread(json.loads, row["landscape"]), json.loads(row["slate"])


@dataclass(frozen=True)
class Text:
    """A statement as people quote it; `wording` says what stands behind words that are a translation."""

    id: int
    number: int
    text: str
    language: str
    goals: tuple[int, ...]
    wording: Wording | None = None

    @property
    def numbered(self) -> str:
        """Number and words in a table, where there is room for no more than that they are a translation."""
        words = gettext("%(words)s (translated)") % {"words": self.text} if self.wording else self.text
        return f"{self.number} · {words}"


async def texts_of(consultation: UUID) -> dict[int, Text]:
    """The statements that may be shown, by id: those a moderator removed and those withdrawn are not among them."""
    rows = await fetch(
        "select id, number, statement, language, goals from proposals "
        "where consultation = $1 and status in ('accepted', 'merged') order by number",
        consultation,
    )
    return {
        row["id"]: Text(row["id"], row["number"], row["statement"], row["language"], tuple(row["goals"]))
        for row in rows
    }
