"""Respond rounds: what is asked and of whom, what a participant has answered, and by what rule the slate stands."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.access import Actor
from app.analysis import curation
from app.analysis.curation import Draft
from app.database import fetch, fetchrow, fetchval
from app.tables.rounds import Round
from deliberation.adoption import AdoptionRule
from deliberation.phases import Phase

QUESTIONS = ("represents", "can_live_with")


@dataclass(frozen=True)
class Asked:
    """One statement of a respond round. `choice` is the participant's vote, "" where there is none yet."""

    id: int
    number: int
    text: str
    language: str
    is_starter: bool
    is_noted: bool
    is_on_slate: bool
    choice: str
    matters: bool


@dataclass(frozen=True)
class Answer:
    """A participant's overall answer."""

    represents: str
    can_live_with: str
    sentence: str


ITEMS = """
select p.id, p.number, p.statement, p.language, p.is_starter, p.is_noted, coalesce(v.choice, '') as choice,
       coalesce(v.matters, false) as matters
from proposals p left join votes v on v.proposal = p.id and v.participant = $2
where p.id = any($1::int[]) and p.status = 'accepted'
"""


def listed(draft: Draft) -> tuple[list[int], list[int]]:
    """Statements of a published slate, and of the left-out stances that block most, as fixed when it was published."""
    items = list(dict.fromkeys(stance.statement_id for stance in draft.stances))
    challengers = [row["statement_id"] for row in draft.report.get("challengers", ())]
    return items, [item for item in challengers if item not in items]


async def slate_of(actor: Actor, item: Round | None = None) -> Draft | None:
    """The published slate that a respond round (the current one) is about."""
    return await curation.published_before(actor, item or actor.round)


async def asked_about(actor: Actor) -> tuple[Asked, ...]:
    """What the open respond round asks this participant: the slate's items, then at most 20 left-out statements."""
    draft = await slate_of(actor)
    if draft is None or actor.participant is None:
        return ()
    items, challengers = listed(draft)
    rows = await fetch(ITEMS, [*items, *challengers], actor.participant.id)
    found = {row["id"]: row for row in rows}
    return tuple(
        Asked(
            one,
            found[one]["number"],
            found[one]["statement"],
            found[one]["language"],
            found[one]["is_starter"],
            found[one]["is_noted"],
            one in items,
            found[one]["choice"],
            found[one]["matters"],
        )
        for one in (*items, *challengers)
        if one in found
    )


async def answer_of(actor: Actor) -> Answer | None:
    """The participant's overall answer in the current respond round."""
    assert actor.participant is not None and actor.round is not None
    row = await fetchrow(
        "select represents, can_live_with, sentence from responses where round = $1 and participant = $2",
        actor.round.id,
        actor.participant.id,
    )
    return None if row is None else Answer(*row.values())


def closed_round(actor: Actor, draft: Draft) -> Round | None:
    """The respond round about a slate, once it is over: one that no other curate round comes before."""
    item = respond_round_of(actor, draft.round)
    return item if item is not None and item.closes_at <= actor.now else None


def respond_round_of(actor: Actor, curated: UUID) -> Round | None:
    """The respond round in which participants are asked about the slate of this curate round."""
    number = next(item.number for item in actor.rounds if item.id == curated)
    for item in actor.rounds:
        if item.number > number and item.phase in {Phase.CURATE, Phase.RESPOND}:
            return item if item.phase == Phase.RESPOND else None
    return None


def rule_of(item: Round) -> AdoptionRule:
    """The adoption rule that was set for a respond round; the default one where none was."""
    return AdoptionRule.from_json(item.given_settings.get("adoption", {}))


@dataclass(frozen=True)
class Drawn:
    """The random sample of a respond round."""

    participants: frozenset[int]
    n_population: int

    @property
    def n(self) -> int:
        return len(self.participants)


async def sample_of(item: Round) -> Drawn | None:
    """Whom the lot asked in a respond round; None before it is drawn, and where everybody is asked."""
    row = await fetchrow("select participants, n_population from samples where round = $1", item.id)
    return None if row is None else Drawn(frozenset(row["participants"]), row["n_population"])


async def is_drawn(actor: Actor) -> bool:
    """Whether the lot asked this participant in the present round."""
    if actor.participant is None or actor.round is None:
        return False
    found = await fetchval(
        "select 1 from samples where round = $1 and $2 = any(participants)", actor.round.id, actor.participant.id
    )
    return found is not None


def n_answered(asked: tuple[Asked, ...]) -> int:
    """How many of the asked statements have a vote."""
    return sum(bool(one.choice) for one in asked)
