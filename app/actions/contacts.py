"""Contacts: an address is shared only where both sides said so about each other, each knowing the other by a card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions.record import change
from app.analysis import contacts as bridge
from app.database import execute, fetchval
from app.forms import Filled
from app.refusals import N_, Denied, NotFound
from deliberation.phases import Action

LIFE = timedelta(days=21)
"""Three weeks: long enough for who reads mail once a fortnight, short enough that nobody waits for ever."""
MOST_OPEN = 10
NO_CARD = N_("Please write a card first: others know you by it alone.")
TOO_MANY = N_("You have %(n)s wishes that wait for an answer. Please wait for some of them, or take one back.")
SAY = """
insert into contact_wishes (id, participant, partner, is_willing, lapses_at)
values (gen_random_uuid(), $1, $2, $3, $4)
on conflict (participant, partner) do update set is_willing = excluded.is_willing, lapses_at = excluded.lapses_at
"""
SHARE = """
update contact_wishes set shared_at = $3
where (participant = $1 and partner = $2) or (participant = $2 and partner = $1)
"""


async def share(*, card: UUID, by: Actor, form: Filled[Any] | None = None) -> bool:
    """The participant would share their contact with the holder of this card. Tells whether both have said so now."""
    async with change("contacts.share", Action.SHARE_CONTACT, by=by, form=form) as made:
        partner = await _partner(card, by)
        own = by.participant
        assert own is not None
        if await fetchval("select true from cards where participant = $1", own.id) is None:
            raise Denied(NO_CARD)
        n_open = await fetchval(
            "select count(*) from contact_wishes where participant = $1 and partner <> $2 and is_willing "
            "and shared_at is null and lapses_at > $3",
            own.id,
            partner,
            made.by.now,
        )
        if n_open >= MOST_OPEN:
            raise Denied(TOO_MANY, n=MOST_OPEN)
        # Also one that was taken back: nobody is written to again and again about the same wish.
        is_new = not await fetchval(
            "select true from contact_wishes where participant = $1 and partner = $2 and lapses_at > $3",
            own.id,
            partner,
            made.by.now,
        )
        await execute(SAY, own.id, partner, True, made.by.now + LIFE)
        theirs = await bridge.word_of(partner, about=own.id)
        made.outcome = f"/c/{by.consultation.slug}/partners"
        if theirs is not None and theirs.is_open(made.by.now):
            await execute(SHARE, own.id, partner, made.by.now)
            await _tell("contact_shared", (own.id, partner), by)
            return True
        # Who has said no is not asked again.
        if is_new and (theirs is None or theirs.is_willing):
            await _tell("contact_wished", (partner,), by)
        return False


async def decline(*, card: UUID, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant does not share their contact with the holder of this card, who is never told."""
    async with change("contacts.decline", Action.SHARE_CONTACT, by=by, form=form) as made:
        partner = await _partner(card, by)
        assert by.participant is not None
        await _unshare(by.participant.id, partner)
        await execute(SAY, by.participant.id, partner, False, made.by.now + LIFE)
        made.outcome = f"/c/{by.consultation.slug}/partners"


async def withdraw(*, card: UUID, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant's word about the holder of this card is taken back; what was shared is not shown any more."""
    async with change("contacts.withdraw", Action.SHARE_CONTACT, by=by, form=form) as made:
        partner = await _partner(card, by)
        assert by.participant is not None
        await _unshare(by.participant.id, partner)
        await execute(
            "update contact_wishes set is_willing = false where participant = $1 and partner = $2",
            by.participant.id,
            partner,
        )
        made.outcome = f"/c/{by.consultation.slug}/partners"


async def _partner(card: UUID, by: Actor) -> int:
    """The holder of a card that this participant may know of. NotFound tells nothing about any other card."""
    assert by.participant is not None
    if not await bridge.may_know(by, card):
        raise NotFound
    found = await fetchval("select participant from cards where id = $1", card)
    assert isinstance(found, int)
    return found


async def _unshare(one: int, other: int) -> None:
    """Neither sees the other's address any more, and the other's old wish has lapsed: sharing again takes both anew."""
    await execute(
        """
        update contact_wishes set shared_at = null, lapses_at = clock_timestamp()
        where shared_at is not null
          and ((participant = $1 and partner = $2) or (participant = $2 and partner = $1))
        """,
        one,
        other,
    )


async def _tell(kind: str, participants: tuple[int, ...], by: Actor) -> None:
    accounts = await access.accounts_of(participants)
    await emails.send_to(list(accounts.values()), kind, by.consultation, days=LIFE.days)
