"""Coalitions: people say that they would work on a proposal, are invited together, and join by their own word alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions import charters, news
from app.actions.moderation import ask_for_check
from app.actions.record import change
from app.analysis import coalitions as bridge
from app.database import execute, fetch, fetchval
from app.forms import Filled
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.coalitions import Coalition, CoalitionSeat, WorkOffer
from app.tables.proposals import Proposal
from deliberation.phases import Action

NOT_ADOPTED = N_("Only what stands on a published slate can be worked on.")
BY_STEPS = N_("This line-up began with the assembler's: please change its people one by one, each with a reason.")
FEWEST, MOST = 2, 40


async def offer(*, proposal: Proposal, brings: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant would work on this adopted proposal. Saying it again changes what they bring."""
    async with change("coalitions.offer", Action.OFFER_WORK, by=by, form=form, subject=str(proposal.number)) as made:
        assert by.participant is not None
        if not await bridge.is_adopted(by.consultation.id, proposal.id):
            raise Denied(NOT_ADOPTED)
        await execute(
            """
            insert into work_offers (id, proposal, participant, brings) values (gen_random_uuid(), $1, $2, $3)
            on conflict (proposal, participant) do update set brings = excluded.brings
            """,
            proposal.id,
            by.participant.id,
            brings,
        )
        made.outcome = f"/c/{by.consultation.slug}/coalitions"


async def withdraw_offer(*, proposal: Proposal, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant no longer offers to work on it; an invitation they have not answered lapses with it."""
    async with change("coalitions.withdraw_offer", Action.OFFER_WORK, by=by, form=form, subject=str(proposal.number)):
        assert by.participant is not None
        await WorkOffer.delete().where(
            (WorkOffer.proposal == proposal.id) & (WorkOffer.participant == by.participant.id)
        )
        await execute(
            """
            update coalition_seats s set status = 'declined', answered_at = clock_timestamp() from coalitions c
            where c.id = s.coalition and c.proposal = $1 and s.participant = $2 and s.status in ('drafted', 'invited')
            """,
            proposal.id,
            by.participant.id,
        )


async def draft(
    *,
    proposal: Proposal,
    title: str,
    purpose: str,
    offers: Sequence[UUID],
    n_needed: int,
    by: Actor,
    form: Filled[Any] | None = None,
) -> Coalition:
    """A line-up among those who offered to work on the proposal; nobody is placed, and nobody is told yet."""
    async with change("coalitions.draft", Action.FORM_COALITION, by=by, form=form) as made:
        if not await bridge.is_adopted(by.consultation.id, proposal.id):
            raise Denied(NOT_ADOPTED)
        coalition = await add(
            proposal=proposal.id, title=title, purpose=purpose, n_needed=n_needed, offers=offers, by=made.by
        )
        number = coalition.number
        made.subject, made.outcome = str(number), f"/c/{by.consultation.slug}/coalitions/{number}"
        made.payload = {"statement": proposal.number, "seats": len(offers)}
        return coalition


async def add(
    *, proposal: int, title: str, purpose: str, n_needed: int, offers: Sequence[UUID], by: Actor
) -> Coalition:
    """A draft with these seats: a step of drafting a coalition and of taking up a line-up, inside their transaction."""
    number = await fetchval(
        "select coalesce(max(number), 0) + 1 from coalitions where consultation = $1", by.consultation.id
    )
    coalition = Coalition(
        consultation=by.consultation.id,
        proposal=proposal,
        number=number,
        title=title,
        purpose=purpose,
        n_needed=n_needed,
        created_at=by.now,
    )
    await coalition.save()
    await seat(coalition=coalition.id, proposal=proposal, offers=offers)
    await ask_for_check(by.consultation.id)
    return coalition


async def revise(
    *,
    coalition: Coalition,
    title: str,
    purpose: str,
    offers: Sequence[UUID],
    n_needed: int,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The draft's words and line-up are these. Who has been invited already stays."""
    async with change(
        "coalitions.revise", Action.FORM_COALITION, by=by, form=form, subject=str(coalition.number)
    ) as made:
        await execute(
            "update coalitions set title = $2, purpose = $3, n_needed = $4 where id = $1",
            coalition.id,
            title,
            purpose,
            n_needed,
        )
        if await fetchval("select true from line_up_seats where coalition = $1 limit 1", coalition.id):
            await _refuse_other_people(coalition, offers)
        else:
            await execute("delete from coalition_seats where coalition = $1 and status = 'drafted'", coalition.id)
            await seat(coalition=coalition.id, proposal=coalition.proposal, offers=offers)
        await ask_for_check(by.consultation.id)
        made.payload, made.outcome = {"seats": len(offers)}, f"/c/{by.consultation.slug}/coalitions/{coalition.number}"


async def _refuse_other_people(coalition: Coalition, offers: Sequence[UUID]) -> None:
    """Words can change at any time; the people of a line-up that began with the assembler's change by steps."""
    rows = await fetch(
        "select w.id from coalition_seats s join work_offers w on w.participant = s.participant and w.proposal = $2 "
        "where s.coalition = $1 and s.status = 'drafted'",
        coalition.id,
        coalition.proposal,
    )
    if {row["id"] for row in rows} != set(offers):
        raise Conflict(BY_STEPS)


async def seat(*, coalition: UUID, proposal: int, offers: Sequence[UUID]) -> None:
    """These people are on the line-up: a step of drafting and revising one, inside their transaction."""
    if not FEWEST <= len(set(offers)) <= MOST:
        raise Invalid(N_("Choose from %(low)s to %(high)s people."), field="offers", low=FEWEST, high=MOST)
    rows = await fetch(
        "select participant from work_offers where proposal = $1 and id = any($2::uuid[])", proposal, list(set(offers))
    )
    if len(rows) != len(set(offers)):
        raise Conflict(N_("Somebody has withdrawn their offer in the meantime. Please look at the list again."))
    for row in rows:
        await execute(
            """
            insert into coalition_seats (id, coalition, participant, status)
            values (gen_random_uuid(), $1, $2, 'drafted') on conflict (coalition, participant) do nothing
            """,
            coalition,
            row["participant"],
        )


async def invite(*, coalition: Coalition, by: Actor, form: Filled[Any] | None = None) -> int:
    """Everybody on the line-up is asked; the coalition forms only if enough of them accept. How many were asked now."""
    async with change(
        "coalitions.invite", Action.FORM_COALITION, by=by, form=form, subject=str(coalition.number)
    ) as made:
        rows = await fetch(
            "update coalition_seats set status = 'invited' where coalition = $1 and status = 'drafted' "
            "returning participant",
            coalition.id,
        )
        if not rows:
            raise Conflict(N_("Everybody on this line-up has been invited already."))
        await execute("update coalitions set status = 'invited' where id = $1 and status = 'draft'", coalition.id)
        await _tell("coalition_invited", coalition, by, [row["participant"] for row in rows])
        made.payload, made.outcome = {"n": len(rows)}, f"/c/{by.consultation.slug}/coalitions/{coalition.number}"
        return len(rows)


async def _tell(kind: str, coalition: Coalition, by: Actor, participants: Sequence[int]) -> None:
    accounts = await access.accounts_of(participants)
    rows = await fetch("select email, locale from accounts where id = any($1::uuid[])", list(accounts.values()))
    for row in rows:
        await emails.send(
            kind,
            to=row["email"],
            locale=row["locale"],
            consultation=by.consultation,
            coalition=coalition,
            path=f"/{row['locale']}/c/{by.consultation.slug}/coalitions/{coalition.number}",
        )


async def answer(*, coalition: Coalition, accepts: bool, by: Actor, form: Filled[Any] | None = None) -> bool:
    """The invited person says yes or no, and may change their mind. Tells whether the coalition has formed now."""
    async with change(
        "coalitions.answer", Action.ANSWER_INVITATION, by=by, form=form, subject=str(coalition.number)
    ) as made:
        assert by.participant is not None
        seat = await fetchval(
            """
            update coalition_seats set status = $3, answered_at = clock_timestamp()
            where coalition = $1 and participant = $2 and status in ('invited', 'accepted', 'declined') returning id
            """,
            coalition.id,
            by.participant.id,
            "accepted" if accepts else "declined",
        )
        if seat is None:
            raise NotFound
        made.outcome = f"/c/{by.consultation.slug}/coalitions/{coalition.number}"
        has_formed = await _settle(coalition, made.by)
        await ask_for_check(by.consultation.id)
        await charters.freeze_if_signed(coalition=coalition, by=made.by)
        # Who accepted is nobody's business before the coalition has formed: the event says only what came of it.
        made.payload = {"status": "formed" if has_formed else "invited"}
        return has_formed


async def _settle(coalition: Coalition, by: Actor) -> bool:
    """Formed or not follows from who has accepted; those who have are told when it forms."""
    before = await fetchval("select status from coalitions where id = $1 for update", coalition.id)
    readiness = await bridge.readiness_of(coalition, by.consultation.id)
    if readiness.is_formed and before != "formed":
        await execute(
            "update coalitions set status = 'formed', formed_at = clock_timestamp() where id = $1", coalition.id
        )
        rows = await CoalitionSeat.select(CoalitionSeat.participant).where(
            (CoalitionSeat.coalition == coalition.id) & (CoalitionSeat.status == "accepted")
        )
        await _tell("coalition_formed", coalition, by, [row["participant"] for row in rows])
        await news.ask_soon("tell_news", by.consultation.id)
    elif not readiness.is_formed and before == "formed":
        await execute("update coalitions set status = 'invited', formed_at = null where id = $1", coalition.id)
    return readiness.is_formed
