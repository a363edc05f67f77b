"""Other words for a statement, as those see them who proposed them or must answer; and what waits for whose answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor, speaks_for
from app.database import fetch
from app.tables.amendments import Amendment
from app.tables.proposals import Proposal
from deliberation.disclosure import ReleasedDay, release_day
from deliberation.phases import Action, Role
from deliberation.wordings import Piece, compare_wordings


@dataclass(frozen=True)
class Wording:
    """Other words beside those that stand, and what became of them.

    became : number of the statement with these words; is_read : whether it is open for votes
    """

    id: UUID
    number: int
    statement: str
    language: str
    is_open: bool
    new: str
    reason: str
    status: str
    answer: str
    pieces: tuple[Piece, ...]
    day: ReleasedDay
    is_mine: bool
    is_asked: bool
    became: int | None
    is_read: bool


@dataclass(frozen=True)
class Question:
    """Something that waits for the reader's answer; `kind` is words, merge, unclear or appeal.

    other : for a merge, the statement that would stand for both
    """

    kind: str
    path: str
    number: int
    other: int | None = None


async def wording_of(actor: Actor, amendment: Amendment) -> Wording | None:
    """The amendment, for who proposed it and for who speaks for the statement; None for anybody else."""
    proposal = await Proposal.objects().where(Proposal.id == amendment.proposal).first()
    if proposal is None or proposal.consultation != actor.consultation.id:
        return None
    is_mine = actor.participant is not None and amendment.participant == actor.participant.id
    is_asked = speaks_for(actor, proposal)
    if not is_mine and not is_asked:
        return None
    became = await Proposal.objects().where(Proposal.id == amendment.became).first() if amendment.became else None
    return Wording(
        id=amendment.id,
        number=proposal.number,
        statement=proposal.statement,
        language=proposal.language,
        is_open=proposal.status == "accepted",
        new=amendment.statement,
        reason=amendment.reason,
        status=amendment.status,
        answer=amendment.answer,
        pieces=compare_wordings(proposal.statement, amendment.statement),
        day=release_day(amendment.created_at),
        is_mine=is_mine,
        is_asked=is_asked,
        became=became.number if became else None,
        is_read=became is not None and became.status in {"accepted", "merged"},
    )


ASKED_WORDS = """
select a.id, p.number from amendments a join proposals p on p.id = a.proposal
where p.consultation = $1 and a.status = 'waiting' and p.status = 'accepted'
  and (p.author = $2 or (p.author is null and $3)) order by a.created_at, a.id
"""
ASKED_WHAT_IS_MEANT = """
select number from proposals where consultation = $1 and status = 'returned'
  and (author = $2 or (author is null and $3)) order by waiting_since, number
"""
APPEALS = """
select p.number from appeals a join proposals p on p.id = a.proposal
where p.consultation = $1 and a.outcome = '' order by a.made_at, p.number
"""
ASKED_MERGES = """
select r.id, p.number, q.number as other, p.author as one, q.author as two, r.author_agrees, r.other_author_agrees
from merge_requests r join proposals p on p.id = r.proposal join proposals q on q.id = r."into"
where p.consultation = $1 and r.settled_at is null order by r.created_at, r.id
"""
OWN_WORDS = """
select a.id, a.status, p.number, p.statement, p.language, a.statement as new, a.created_at
from amendments a join proposals p on p.id = a.proposal
where p.consultation = $1 and a.participant = $2 order by a.created_at, a.id
"""


async def questions_for(actor: Actor) -> tuple[Question, ...]:
    """What waits for the reader's answer: as an author, or as convenor for statements without one."""
    own = actor.participant.id if actor.participant else None
    convenes = Role.CONVENOR in actor.roles
    base = f"/c/{actor.consultation.slug}"
    found = []
    if convenes and actor.may(Action.DECIDE_APPEAL):
        for row in await fetch(APPEALS, actor.consultation.id):
            found.append(Question("appeal", f"{base}/appeals", row["number"]))
    if actor.may(Action.ANSWER_CLARIFICATION):
        for row in await fetch(ASKED_WHAT_IS_MEANT, actor.consultation.id, own, convenes):
            found.append(Question("unclear", f"{base}/statements/{row['number']}/clarify", row["number"]))
    for row in await fetch(ASKED_WORDS, actor.consultation.id, own, convenes):
        found.append(Question("words", f"{base}/amendments/{row['id']}", row["number"]))

    def is_asked(author: int | None) -> bool:
        return convenes if author is None else author == own

    for row in await fetch(ASKED_MERGES, actor.consultation.id):
        open_sides = [
            is_asked(row[author])
            for author, agrees in (("one", "author_agrees"), ("two", "other_author_agrees"))
            if row[agrees] is None
        ]
        if any(open_sides):
            found.append(Question("merge", f"{base}/merges/{row['id']}", row["number"], row["other"]))
    return tuple(found)


async def own_wordings(actor: Actor) -> list[Any]:
    """The words that the participant proposed for statements of others."""
    assert actor.participant is not None
    return await fetch(OWN_WORDS, actor.consultation.id, actor.participant.id)
