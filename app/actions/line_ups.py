"""Line-ups: a convenor adds, drops and swaps people who are not invited yet, each with a reason, and can undo it.

Whoever has been invited decides for themselves and is not moved by anybody.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.access import Actor
from app.actions.coalitions import FEWEST, MOST
from app.actions.moderation import ask_for_check
from app.actions.record import change
from app.database import execute, fetchrow, fetchval
from app.forms import NO_REASON, NOT_A_REASON, Filled
from app.refusals import N_, Conflict, Invalid
from app.tables.coalitions import Coalition
from app.taxonomies import line_up_reasons
from deliberation.phases import Action

STALE = N_("The line-up has changed since you opened it. Your words are kept below; nothing was lost.")
WITHDRAWN = N_("This person has withdrawn their offer in the meantime.")
SEATED = N_("This person is on the line-up already.")
INVITED = N_("Whoever has been invited decides for themselves. Only people who are not invited yet can be taken off.")
NOTHING_TO_UNDO = N_("There is no step that could be undone.")
VERBS = ("add", "drop", "swap")


async def step(
    *,
    coalition: Coalition,
    verb: str,
    comes: UUID | None,
    goes: UUID | None,
    reason_code: str,
    sentence: str,
    version: int | None,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """Somebody comes, somebody goes, or both, by their offers; with a reason that stays beside the line-up."""
    async with change("line_ups.step", Action.FORM_COALITION, by=by, form=form, subject=str(coalition.number)) as made:
        made.outcome = f"/c/{by.consultation.slug}/coalitions/{coalition.number}/line-up"
        number = await _next(coalition, version)
        _check(verb, comes, goes, reason_code, sentence)
        leaves = await _take_off(coalition, goes) if verb in ("drop", "swap") else None
        joins = await _put_on(coalition, comes) if verb in ("add", "swap") else None
        await _check_size(coalition)
        await execute(
            """
            insert into line_up_steps (id, coalition, number, verb, comes, goes, reason_code, sentence, made_at)
            values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, clock_timestamp())
            """,
            *(coalition.id, number, verb, joins, leaves, reason_code, sentence.strip()),
        )
        await ask_for_check(by.consultation.id)
        made.payload = {"verb": verb, "reason_code": reason_code, "version": number}


async def undo(*, coalition: Coalition, version: int | None, by: Actor, form: Filled[Any] | None = None) -> None:
    """The last step that stands is taken back, as long as those it concerns are still there and not invited."""
    async with change("line_ups.undo", Action.FORM_COALITION, by=by, form=form, subject=str(coalition.number)) as made:
        made.outcome = f"/c/{by.consultation.slug}/coalitions/{coalition.number}/line-up"
        await _next(coalition, version)
        last = await fetchrow(
            "select * from line_up_steps where coalition = $1 and undone_at is null order by number desc limit 1",
            coalition.id,
        )
        if last is None:
            raise Invalid(NOTHING_TO_UNDO)
        if last["comes"] is not None:
            await _take_off(coalition, await _offer_of(coalition, last["comes"]))
        if last["goes"] is not None:
            await _put_on(coalition, await _offer_of(coalition, last["goes"]))
        await execute("update line_up_steps set undone_at = clock_timestamp() where id = $1", last["id"])
        await ask_for_check(by.consultation.id)
        made.payload = {"undone": last["verb"]}


async def _next(coalition: Coalition, version: int | None) -> int:
    """The number of the next step. Raises where the line-up is not as the curator saw it."""
    # An undone step keeps its number, and a line-up after an undo is another than before: both count.
    seen = await fetchval(VERSION, coalition.id)
    if version != seen:
        raise Conflict(STALE)
    return int(await fetchval("select count(*) + 1 from line_up_steps where coalition = $1", coalition.id))


VERSION = """
select count(*) + count(undone_at) from line_up_steps where coalition = $1
"""


def _check(verb: str, comes: UUID | None, goes: UUID | None, reason_code: str, sentence: str) -> None:
    if verb not in VERBS:
        raise Invalid(N_("Please say whether somebody comes, goes, or both."), field="verb")
    if verb in ("add", "swap") and comes is None:
        raise Invalid(N_("Please choose who comes."), field="comes")
    if verb in ("drop", "swap") and goes is None:
        raise Invalid(N_("Please choose who goes."), field="goes")
    if reason_code not in line_up_reasons.codes():
        raise Invalid(NOT_A_REASON, field="reason_code")
    if not sentence.strip():
        raise Invalid(NO_REASON, field="sentence")


async def _offer_of(coalition: Coalition, participant: int) -> UUID | None:
    found = await fetchval(
        "select id from work_offers where proposal = $1 and participant = $2", coalition.proposal, participant
    )
    return None if found is None else UUID(str(found))


async def _participant(coalition: Coalition, offer: UUID | None) -> int:
    found = await fetchval(
        "select w.participant from work_offers w join participants q on q.id = w.participant "
        "where w.id = $1 and w.proposal = $2 and not q.is_excluded",
        offer,
        coalition.proposal,
    )
    if found is None:
        raise Conflict(WITHDRAWN)
    return int(found)


async def _take_off(coalition: Coalition, offer: UUID | None) -> int:
    participant = await _participant(coalition, offer)
    gone = await fetchval(
        "delete from coalition_seats where coalition = $1 and participant = $2 and status = 'drafted' returning id",
        coalition.id,
        participant,
    )
    if gone is None:
        raise Conflict(INVITED)
    return participant


async def _put_on(coalition: Coalition, offer: UUID | None) -> int:
    participant = await _participant(coalition, offer)
    made = await fetchval(
        """
        insert into coalition_seats (id, coalition, participant, status)
        values (gen_random_uuid(), $1, $2, 'drafted') on conflict (coalition, participant) do nothing returning id
        """,
        coalition.id,
        participant,
    )
    if made is None:
        raise Conflict(SEATED)
    return participant


async def _check_size(coalition: Coalition) -> None:
    n = await fetchval(
        "select count(*) from coalition_seats where coalition = $1 and status <> 'declined'", coalition.id
    )
    if not FEWEST <= n <= MOST:
        raise Invalid(N_("Choose from %(low)s to %(high)s people."), field="goes", low=FEWEST, high=MOST)
