"""Votes that wait: cast on a statement for which another stands now, and counted nowhere until their voter speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor
from app.database import fetch, fetchrow
from deliberation.lineage import WaitingVote, waiting_votes
from deliberation.votes import Choice
from deliberation.wordings import Piece, compare_wordings


@dataclass(frozen=True)
class Original:
    """A statement the participant voted on, what they chose there, and what the new words change."""

    number: int
    statement: str
    language: str
    choice: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Waiting:
    """One question to the participant. `choice` is what would be carried, "" where their votes differ."""

    id: int
    number: int
    statement: str
    language: str
    choice: str
    matters: bool
    originals: tuple[Original, ...]
    original_ids: tuple[int, ...]


LINKED = """
select p.id, p.merged_into, p.status, p.author, p.number, p.statement, p.language from proposals p
where p.consultation = $1
  and (p.merged_into is not null or p.id in (select merged_into from proposals where consultation = $1))
"""
VOTES = """
select participant, proposal, choice, matters from votes
where participant = any($1::bigint[]) and proposal = any($2::int[])
"""
ANSWERED = """
select participant, proposal from vote_carries where participant = any($1::bigint[]) and answer <> ''
"""
WAIT = """
select exists(
  select from votes v join proposals p on p.id = v.proposal where v.participant = $1 and p.status = 'merged'
) as on_merged, (
  select count(*) from votes v join translations t on t.id = v.translation join proposals p on p.id = v.proposal
  where v.participant = $1 and v.translation > 0 and t.is_outdated and p.status = 'accepted'
) as on_reworded
"""


async def waiting_of(actor: Actor) -> tuple[Waiting, ...]:
    """The votes of this participant that wait for a word from them, by number."""
    assert actor.participant is not None
    own = actor.participant.id
    linked, votes, found = await _read(actor.consultation.id, [own])
    questions = [_question(one, linked, votes[own]) for one in found.get(own, ())]
    return tuple(sorted(questions, key=lambda one: one.number))


async def n_waiting(actor: Actor) -> int:
    """How many questions wait, also on changed translations; one look at the participant's own votes where none do."""
    found = None if actor.participant is None else await fetchrow(WAIT, actor.participant.id)
    if found is None:
        return 0
    return int(found["on_reworded"]) + (len(await waiting_of(actor)) if found["on_merged"] else 0)


async def who_waits(consultation: UUID, participants: Sequence[int]) -> list[int]:
    """Those of the participants who have votes that wait."""
    _, _, found = await _read(consultation, participants)
    return sorted(one for one, waiting in found.items() if waiting)


async def _read(
    consultation: UUID, participants: Sequence[int]
) -> tuple[dict[int, Any], dict[int, dict[int, Any]], dict[int, tuple[WaitingVote, ...]]]:
    linked = {row["id"]: row for row in await fetch(LINKED, consultation)}
    votes: dict[int, dict[int, Any]] = {}
    if not linked:
        return linked, votes, {}
    for row in await fetch(VOTES, list(participants), list(linked)):
        votes.setdefault(row["participant"], {})[row["proposal"]] = row
    answered: dict[int, set[int]] = {}
    for row in await fetch(ANSWERED, list(participants)):
        answered.setdefault(row["participant"], set()).add(row["proposal"])
    successors = {one: row["merged_into"] for one, row in linked.items() if row["merged_into"] is not None}
    found = {
        person: waiting_votes(
            {one: Choice(row["choice"]) for one, row in own.items()},
            successors,
            # Nobody votes on what they wrote themselves.
            open_ids={one for one, row in linked.items() if row["status"] == "accepted" and row["author"] != person},
            answered_ids=answered.get(person, set()),
        )
        for person, own in votes.items()
    }
    return linked, votes, found


def _question(one: WaitingVote, linked: dict[int, Any], votes: dict[int, Any]) -> Waiting:
    new = linked[one.statement_id]
    return Waiting(
        id=one.statement_id,
        number=new["number"],
        statement=new["statement"],
        language=new["language"],
        choice=one.choice.value if one.choice else "",
        matters=any(votes[original]["matters"] for original in one.original_ids),
        originals=tuple(
            Original(
                linked[original]["number"],
                linked[original]["statement"],
                linked[original]["language"],
                votes[original]["choice"],
                compare_wordings(linked[original]["statement"], new["statement"]),
            )
            for original in one.original_ids
        ),
        original_ids=one.original_ids,
    )
