"""Votes: cast, changed, withdrawn, set aside.

They have no audit event: a chained copy would serialise votes and reveal their order.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from app.access import Actor
from app.actions.open_rounds import open_round
from app.analysis import routing
from app.database import execute, fetch, fetchrow, transaction
from app.queue import enqueue
from app.refusals import N_, Closed, Conflict
from app.tables.proposals import Proposal
from app.tables.votes import PACKED_VOTE
from deliberation.disclosure import Attribution
from deliberation.phases import Action
from deliberation.votes import Choice

TOO_LATE = N_("Voting has closed. Your earlier votes are kept.")
PAUSE, PAUSE_IF_SHOWN = timedelta(seconds=10), timedelta(seconds=1)
"""How long an analysis waits for more votes: where results show at once, as little as does not fill the processor."""
NOT_A_CHOICE = N_("Please choose agree, disagree or unsure.")
NOT_FOR_VOTES = N_("This statement is not open for votes any more, or not yet.")

# One statement: the round's row is held while the database's clock decides, so that a vote is either before the close
# or not recorded at all; a second vote of the same person replaces the first. One of an earlier round is kept aside,
# for that round's analysis stays a function of the votes before its close.
CAST = f"""
with {open_round("r.phase = any($7::text[])")}, kept as (
  insert into earlier_votes (id, consultation, participant, proposal, choice, cast_at, ended_at)
  select gen_random_uuid(), v.consultation, v.participant, v.proposal, v.choice, v.cast_at, o.at
  from votes v, open_round o where v.participant = $2 and v.proposal = $3 and v.cast_at < o.opens_at
)
insert into votes (id, consultation, participant, proposal, choice, matters, language, translation, cast_at)
select gen_random_uuid(), $1, $2, p.id, $4, $5, coalesce(t.language, p.language), coalesce(t.id, 0), open_round.at
from open_round, proposals p
left join translations t on t.id = $6 and t.proposal = p.id and t.approved_at is not null and not t.is_simpler
where p.id = $3 and p.consultation = $1 and p.status = 'accepted'
limit 1
on conflict (participant, proposal) do update
  set choice = excluded.choice, matters = excluded.matters, language = excluded.language,
      translation = excluded.translation, cast_at = excluded.cast_at
returning id
"""  # noqa: S608  constants
WITHDRAW = f"""
with {open_round("r.phase = 'propose'")}, kept as (
  insert into earlier_votes (id, consultation, participant, proposal, choice, cast_at, ended_at)
  select gen_random_uuid(), v.consultation, v.participant, v.proposal, v.choice, v.cast_at, o.at
  from votes v, open_round o where v.participant = $2 and v.proposal = $3 and v.cast_at < o.opens_at
)
delete from votes v using open_round where v.participant = $2 and v.proposal = $3 returning v.id
"""  # noqa: S608  constants

# Who leaves for good takes the votes of the open round along; those of closed rounds are in results already.
WITHDRAW_ALL = f"""
with {open_round("r.phase in ('propose', 'respond')")}
delete from votes v using open_round o where v.consultation = $1 and v.participant = $2 and v.cast_at >= o.opens_at
returning v.id
"""  # noqa: S608  constants

RECORD_SHOWING = """
insert into showings (id, participant, proposal, reason, propensity, is_set_aside)
values (gen_random_uuid(), $1, $2, $3, $4, false) on conflict (participant, proposal) do nothing
"""

STALE = "select participant from packed_votes where consultation = $1 and votes is null order by participant"
# Two statements: locked first, so that whoever writes a vote meanwhile waits, and then takes the new copy away again.
LOCK_STALE = """
select participant from packed_votes where participant = any($1::bigint[]) and votes is null
order by participant for update skip locked
"""
REPACK = f"""
update packed_votes p set votes = coalesce(found.votes, ''), latest_at = found.latest_at
from (
  select q.id, string_agg({PACKED_VOTE} order by proposal) as votes, max(v.cast_at) as latest_at
  from unnest($1::bigint[]) q(id) left join votes v on v.participant = q.id group by q.id
) found where p.participant = found.id
"""  # noqa: S608  # a constant
PACKED_AT_ONCE = 500
"""Participants whose next vote may have to wait while their votes are packed: for some 30 ms."""


@dataclass(frozen=True)
class Card:
    """One statement to vote on, or none when all have been seen, and how far the participant is."""

    proposal: Proposal | None
    deck: routing.Deck


async def cast(*, proposal: Proposal, choice: Choice, matters: bool = False, seen: int = 0, by: Actor) -> None:
    """The participant's current vote on the statement is this one, committed when this returns.

    seen : the number of the translation that they had before them, 0 for the statement's own words; kept with the vote
    """
    by.check(Action.VOTE)
    assert by.participant is not None
    if proposal.status != "accepted":
        raise Conflict(NOT_FOR_VOTES)
    row = await fetchrow(
        CAST,
        by.consultation.id,
        by.participant.id,
        proposal.id,
        choice.value,
        matters,
        seen,
        ["propose"],
    )
    if row is None:
        raise Closed(TOO_LATE)
    await ask_for_analysis(by)


async def withdraw(*, proposal: Proposal, by: Actor) -> bool:
    """The participant has no vote on the statement; tells whether there was one."""
    by.check(Action.VOTE)
    assert by.participant is not None
    row = await fetchrow(WITHDRAW, by.consultation.id, by.participant.id, proposal.id)
    if row is not None:
        await ask_for_analysis(by)
    return row is not None


async def withdraw_all(*, participant: int, by: Actor) -> int:
    """The participant has no vote left from the round that is open; tells how many there were."""
    rows = await fetch(WITHDRAW_ALL, by.consultation.id, participant)
    if rows:
        await ask_for_analysis(by)
    return len(rows)


async def set_aside(*, proposal: Proposal, by: Actor) -> None:
    """The statement comes back at the end; it is not a vote."""
    by.check(Action.VOTE)
    assert by.participant is not None
    await execute(
        """
        insert into showings (id, participant, proposal, reason, propensity, is_set_aside)
        values (gen_random_uuid(), $1, $2, 'asked', '', true)
        on conflict (participant, proposal) do update set is_set_aside = true
        """,
        by.participant.id,
        proposal.id,
    )


async def ask_for_analysis(by: Actor) -> None:
    """One analysis of the consultation waits, whoever asked first; it runs a little later, for many votes at once."""
    is_shown = by.consultation.attribution != Attribution.CHATHAM_HOUSE
    await enqueue(
        "analyse",
        queueing_lock=f"analyse:{by.consultation.id}",
        lock=f"analyse:{by.consultation.id}",
        schedule_at=by.now + (PAUSE_IF_SHOWN if is_shown else PAUSE),
        consultation_id=str(by.consultation.id),
    )


async def pack(*, by: Actor) -> int:
    """Everybody's votes have a packed copy, but for those who vote at this moment; tells how many were made."""
    rows = await fetch(STALE, by.consultation.id)
    stale, n_packed = [row["participant"] for row in rows], 0
    for start in range(0, len(stale), PACKED_AT_ONCE):
        async with transaction():
            locked = await fetch(LOCK_STALE, stale[start : start + PACKED_AT_ONCE])
            await execute(REPACK, [row["participant"] for row in locked])
        n_packed += len(locked)
    return n_packed


async def show_next(*, by: Actor) -> Card:
    """What the participant has before them: the card they have not answered yet, or the next one, now on record."""
    by.check(Action.VOTE)
    assert by.participant is not None
    deck = await routing.deck_of(by)
    current = deck.current
    if current is None:
        chosen = await routing.choose_next(by, deck, seed=secrets.randbits(32))
        if chosen is not None:
            current = chosen.statement_id
            await execute(RECORD_SHOWING, by.participant.id, current, chosen.reason, f"{chosen.propensity:.12g}")
    return await _card(current, deck)


async def show_set_aside(*, by: Actor) -> Card:
    """The first statement the participant set aside."""
    by.check(Action.VOTE)
    deck = await routing.deck_of(by)
    return await _card(deck.set_aside[0] if deck.set_aside else None, deck)


async def show_again(*, proposal: Proposal, by: Actor) -> Card:
    """This statement, after its vote has been taken back; the next one where it is not open for votes."""
    by.check(Action.VOTE)
    if proposal.status != "accepted":
        return await show_next(by=by)
    return Card(proposal, await routing.deck_of(by))


async def _card(proposal: int | None, deck: routing.Deck) -> Card:
    found = await Proposal.objects().where(Proposal.id == proposal).first() if proposal is not None else None
    return Card(found, deck)
