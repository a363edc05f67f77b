"""Objections to a draft summary: what was said to which passage, and how the convenor answered; by nobody's name."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.access import Actor
from app.database import fetch, fetchval
from app.refusals import N_
from deliberation.disclosure import Attribution, Audience, ReleasedCount, release_count

CHANGED, NOTED, KEPT = "changed", "noted", "kept"
ANSWERS = {
    CHANGED: N_("The passage was changed"),
    NOTED: N_("A note of dissent stands in the passage"),
    KEPT: N_("The passage stays, for the reason given"),
}


@dataclass(frozen=True)
class Objection:
    """One participant's objection to one passage of one version; the order of objections tells nothing."""

    id: UUID
    passage: str
    version: int
    reason: str
    answer: str
    said: str

    @property
    def is_answered(self) -> bool:
        return self.answer != ""


@dataclass(frozen=True)
class Objections:
    """All objections to one draft, with the number of people behind them as the public may read it."""

    all: tuple[Objection, ...]
    people: ReleasedCount

    @property
    def unanswered(self) -> tuple[Objection, ...]:
        return tuple(one for one in self.all if not one.is_answered)

    @property
    def answers(self) -> tuple[tuple[str, str, str], ...]:
        """Passage, answer and words, each once: not how many people objected to the same."""
        return tuple(dict.fromkeys((one.passage, one.answer, one.said) for one in self.all if one.is_answered))


ALL = """
select id, passage, version, reason, answer, said from objections where summary = $1 order by passage, version, id
"""


async def of_summary(summary: UUID | None, actor: Actor) -> Objections:
    """The objections to a draft, by passage; those of one passage in a random order."""
    rows = await fetch(ALL, summary) if summary else []
    n = await fetchval("select count(distinct participant) from objections where summary = $1", summary)
    people = release_count(int(n), Attribution(actor.consultation.attribution), audience=Audience.PUBLIC)
    return Objections(tuple(Objection(**dict(row)) for row in rows), people)


async def own(summary: UUID, participant: int) -> tuple[Objection, ...]:
    """The participant's own objections, which nobody else is shown as theirs."""
    rows = await fetch(
        "select id, passage, version, reason, answer, said from objections "
        "where summary = $1 and participant = $2 order by passage, version",
        summary,
        participant,
    )
    return tuple(Objection(**dict(row)) for row in rows)


async def somebody_can_object(consultation: UUID) -> bool:
    """Whether anybody takes part who could read a draft; of an imported consultation nobody can."""
    return bool(
        await fetchval(
            "select exists(select from memberships where consultation = $1 and role = 'participant')", consultation
        )
    )
