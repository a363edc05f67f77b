"""A curate round's criteria, its curators' interests, and the scores that they gave on their own.

What a curator may see of it is `deliberation.scoring.SEES`; nothing here looks up who a curator is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.access import Actor, curator_code, curator_codes
from app.analysis.curation import Draft, Frozen, Statement, draft_of_round, statements_of
from app.database import fetch, fetchrow
from app.tables.rounds import Round
from deliberation.phases import Phase
from deliberation.scoring import SEES, Consolidated, Part, Viewer, consolidate, viewer_of

N_LEFT_OUT = 12
"""Candidates beyond the participants' slate that curators score: those that come closest to a place."""
MAX_CRITERIA = 8
RECUSED, DECLARED = "recused", "declared"
OWN = "own"


@dataclass(frozen=True)
class Conflict:
    """One curator's interest in one proposal, and its ground."""

    kind: str
    ground: str


@dataclass(frozen=True)
class Mine:
    """How far one curator is in a round, and what they have said of themselves."""

    code: str
    viewer: Viewer
    conflicts: Mapping[int, Conflict] = field(default_factory=dict)

    def sees(self, part: Part) -> bool:
        return part in SEES[self.viewer]

    def is_recused(self, statement_id: int) -> bool:
        found = self.conflicts.get(statement_id)
        return found is not None and found.kind == RECUSED


@dataclass(frozen=True)
class Curators:
    """Everybody who curates a round now, as counts. Interests of people who were removed count no more.

    n_recused, n_declared_in : by statement id
    grounds : how many interests were declared on each ground
    """

    n: int
    n_declared: int
    n_finished: int
    n_recused: Mapping[int, int]
    n_declared_in: Mapping[int, int]
    grounds: Mapping[str, int]

    def nobody_decides(self, statement_id: int) -> bool:
        """Whether all curators are recused: then the participants' slate decides."""
        return 0 < self.n <= self.n_recused.get(statement_id, 0)

    def most_are_recused(self, statement_id: int) -> bool:
        """Whether the rest decides, without most of the curators."""
        return 2 * self.n_recused.get(statement_id, 0) > self.n and not self.nobody_decides(statement_id)


@dataclass(frozen=True)
class Candidate:
    """A statement that curators score; `own` are this curator's scores, None before they gave any."""

    statement: Statement
    own: tuple[int | None, ...] | None
    conflict: Conflict | None

    @property
    def is_open(self) -> bool:
        """Whether this curator's scores are asked for: not where recused, nor where it was withdrawn or merged."""
        return self.statement.status == "accepted" and (self.conflict is None or self.conflict.kind != RECUSED)


# -------- criteria


def criteria_of(item: Round) -> tuple[str, ...]:
    """The criteria published with a curate round; none where curators do not score."""
    given = json.loads(item.settings) if isinstance(item.settings, str) else item.settings
    return tuple(str(one) for one in given.get("criteria", ()))[:MAX_CRITERIA]


# -------- curators


async def mine_of(actor: Actor, draft: Draft | None = None) -> Mine:
    """How the actor stands as a curator of the open curate round."""
    item, person = actor.round, actor.person
    assert item is not None and person is not None
    code = curator_code(item.id, person.id)
    said = await fetchrow(
        "select finished_at from curator_declarations where round = $1 and curator = $2", item.id, code
    )
    slate = draft or await draft_of_round(item)
    viewer = viewer_of(
        has_declared=said is not None,
        has_criteria=bool(criteria_of(item)),
        has_finished=said is not None and said["finished_at"] is not None,
        is_closed=slate is not None and slate.scoring_closed_at is not None,
    )
    rows = await fetch(
        "select proposal, kind, ground from curator_conflicts where round = $1 and curator = $2", item.id, code
    )
    return Mine(code, viewer, {row["proposal"]: Conflict(row["kind"], row["ground"]) for row in rows})


async def declarations_of(item: Round) -> dict[str, bool]:
    """Who has declared, by code, and whether they have finished scoring."""
    rows = await fetch("select curator, finished_at from curator_declarations where round = $1", item.id)
    return {row["curator"]: row["finished_at"] is not None for row in rows}


async def curators_of(item: Round) -> Curators:
    """The curators of a round, counted."""
    codes = list(await curator_codes(item))
    said = [is_over for code, is_over in (await declarations_of(item)).items() if code in codes]
    rows = await fetch(
        "select proposal, kind, ground from curator_conflicts where round = $1 and curator = any($2::text[])",
        item.id,
        codes,
    )
    return Curators(
        n=len(codes),
        n_declared=len(said),
        n_finished=sum(said),
        n_recused=Counter(row["proposal"] for row in rows if row["kind"] == RECUSED),
        n_declared_in=Counter(row["proposal"] for row in rows if row["kind"] == DECLARED),
        grounds=Counter(row["ground"] for row in rows),
    )


async def known_interests(actor: Actor) -> dict[int, Conflict]:
    """What the system may tell a curator of their own interests: proposals they wrote as a participant, in which they
    are recused, and those that their own organisation co-sponsors. Who wrote the rest is not looked up."""
    if actor.participant is None:
        return {}
    mine = await fetch("select id from proposals where author = $1", actor.participant.id)
    sponsored = await fetch(
        "select c.proposal from cosponsors c join proposals p on p.id = c.proposal "
        "where c.organisation = $1 and p.consultation = $2",
        actor.participant.organisation,
        actor.consultation.id,
    )
    found = {row["proposal"]: Conflict(RECUSED, OWN) for row in sponsored}
    return found | {row["id"]: Conflict(RECUSED, OWN) for row in mine}


async def is_author(actor: Actor, statement_id: int) -> bool:
    """Whether the actor wrote it, as the participant they are."""
    if actor.participant is None:
        return False
    sql = "select 1 from proposals where id = $1 and author = $2"
    return await fetchrow(sql, statement_id, actor.participant.id) is not None


# -------- candidates and scores


def candidates_of(frozen: Frozen) -> tuple[int, ...]:
    """Statement ids of what curators score: the participants' slate, then what was left out and comes closest."""
    listed = list(dict.fromkeys(stance.statement_id for stance in frozen.stances))
    left_out = [one for one in dict.fromkeys(s.statement_id for s in frozen.challengers) if one not in set(listed)]
    return (*listed, *left_out[:N_LEFT_OUT])


async def candidates_for(actor: Actor, frozen: Frozen, mine: Mine) -> tuple[Candidate, ...]:
    """The candidates with the actor's own scores and interests, in the order of the frozen analysis."""
    item = actor.round
    assert item is not None
    ids = candidates_of(frozen)
    texts = await statements_of(ids)
    rows = await fetch(
        "select proposal, scores from curator_scores where round = $1 and curator = $2", item.id, mine.code
    )
    own = {row["proposal"]: tuple(row["scores"]) for row in rows}
    return tuple(Candidate(texts[one], own.get(one), mine.conflicts.get(one)) for one in ids if one in texts)


async def consolidation_of(item: Round, *, is_closed: bool) -> tuple[Consolidated, ...]:
    """The scores laid side by side: of those who have finished, or of all once scoring is closed.

    What a curator scored and is recused in by now counts no more, and neither do scores of people who were removed.
    """
    rows = await fetch(
        """
        select s.proposal, s.curator, s.scores from curator_scores s
        join curator_declarations d on d.round = s.round and d.curator = s.curator
        where s.round = $1 and s.curator = any($2::text[]) and ($3 or d.finished_at is not null) and not exists (
          select from curator_conflicts c
          where c.round = s.round and c.curator = s.curator and c.proposal = s.proposal and c.kind = 'recused')
        order by s.proposal, s.curator
        """,
        item.id,
        list(await curator_codes(item)),
        is_closed,
    )
    n_criteria = len(criteria_of(item))
    given: dict[int, dict[str, tuple[int | None, ...]]] = {}
    for row in rows:
        if len(row["scores"]) == n_criteria:
            given.setdefault(row["proposal"], {})[row["curator"]] = tuple(row["scores"])
    return consolidate(given, n_criteria=n_criteria)


async def notes_of(item: Round) -> dict[int, list[Any]]:
    """What curators noted of each candidate, the oldest first."""
    rows = await fetch("select proposal, text from curation_notes where round = $1 order by written_at, id", item.id)
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row["proposal"], []).append(row["text"])
    return found


def curate_round_of(actor: Actor) -> Round | None:
    """The curate round that is open, else the last one that has opened, else the first to come."""
    rounds = [item for item in actor.rounds if item.phase == Phase.CURATE]
    if actor.round is not None and actor.round.phase == Phase.CURATE:
        return actor.round
    opened = [item for item in rounds if item.opens_at <= actor.now]
    return opened[-1] if opened else rounds[0] if rounds else None
