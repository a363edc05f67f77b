"""Rounds that run: later ones changed before they open, the open one extended by two persons.

When a round closes is decided by its row and the database's clock alone. Whatever moves a closing time holds the lock
of the consultation, as a freeze does when it is recorded, and votes hold the row of their round.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app import emails
from app.access import Actor
from app.actions.consultations import PlannedRound, ask_for_freeze_of, check_rounds, save_rounds
from app.actions.record import change
from app.database import execute, fetch
from app.forms import Filled
from app.queue import enqueue
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.rounds import Extension, Round
from deliberation.phases import Action, Phase

NOT_OPEN = N_("This round is not open any more.")
SECOND_PERSON = N_("You asked for this yourself. Another convenor or a moderator must confirm it.")


def version_of(rounds: Sequence[Round]) -> int:
    """A number that changes with any of the rounds, so that nobody overwrites what they have not seen."""
    text = repr([(item.number, item.phase, item.opens_at, item.closes_at, item.given_settings) for item in rounds])
    return zlib.crc32(text.encode()) % 10**9


def planned_as(item: Round) -> PlannedRound:
    """The round as it is, as a plan."""
    return PlannedRound(
        Phase(item.phase), item.opens_at, item.closes_at, item.n_places, criteria=item.criteria, was=item.number
    )


async def change_later(
    *, rounds: Sequence[PlannedRound], version: int | None, by: Actor, form: Filled[Any] | None = None
) -> None:
    """The rounds that have not opened are these, in this order; those that have opened stay as they are."""
    async with change("rounds.change_later", Action.CHANGE_ROUNDS, by=by, form=form) as made:
        before, moment = made.by.rounds, made.by.now
        if version != version_of(before):
            raise Conflict(N_("Somebody else has changed the rounds in the meantime, or one has opened."))
        opened = [planned_as(item) for item in before if item.opens_at <= moment]
        if any(planned.was in {one.was for one in opened} for planned in rounds):
            raise Conflict(N_("A round that has opened cannot be changed, only extended."))
        check_rounds([*opened, *rounds])
        for number, planned in enumerate(rounds, len(opened) + 1):
            if planned.opens_at <= moment:
                raise Invalid(N_("Round %(number)s must open later than now."), field="rounds", number=number)
        await save_rounds(by.consultation.id, [*opened, *rounds], before=before)
        for item in await Round.objects().where(Round.consultation == by.consultation.id):
            if item.opens_at > moment:
                await ask_for_freeze_of(item)
        made.outcome = f"/c/{by.consultation.slug}/convene"
        made.payload = {
            "rounds": [[one.phase.value, one.opens_at.isoformat(), one.closes_at.isoformat()] for one in rounds]
        }


async def ask_to_extend(
    *, round_id: UUID, closes_at: datetime, reason: str, by: Actor, form: Filled[Any] | None = None
) -> Extension:
    """A second person is asked whether the open round closes later, for a reason that everybody will read."""
    async with change("rounds.ask_to_extend", Action.EXTEND_ROUND, by=by, form=form) as made:
        item = _open_round(made.by, round_id)
        _check_time(item, closes_at)
        if await waiting_extension(item):
            raise Conflict(N_("A later closing time waits for its second person already."))
        assert by.person is not None
        asked = Extension(
            round=item.id, closes_at=closes_at, reason=reason, asked_by=by.person.id, asked_at=made.by.now
        )
        await asked.save()
        await _tell_who_may_confirm(made.by)
        made.outcome = f"/c/{by.consultation.slug}/convene"
        made.subject, made.payload = str(item.number), {"closes_at": closes_at.isoformat(), "reason": reason}
        return asked


async def answer_extension(*, extension: UUID, agrees: bool, by: Actor, form: Filled[Any] | None = None) -> None:
    """With a second person's consent the open round closes later, and later rounds move if it would run into them.

    Otherwise it closes when it was to close.
    """
    event = "rounds.extend" if agrees else "rounds.keep_closing_time"
    async with change(event, Action.CONFIRM_EXTENSION, by=by, form=form) as made:
        made.outcome = f"/c/{by.consultation.slug}"
        asked = await Extension.objects().where(Extension.id == extension).first()
        item = next((one for one in made.by.rounds if asked is not None and one.id == asked.round), None)
        if asked is None or item is None or by.person is None:
            raise NotFound
        if asked.settled_at is not None:
            raise Conflict(N_("This has been decided already."))
        made.subject, made.payload = str(item.number), {"closes_at": asked.closes_at.isoformat()}
        if agrees and asked.asked_by == by.person.id:
            raise Denied(SECOND_PERSON)
        await execute(
            "update extensions set settled_at = clock_timestamp(), is_confirmed = $2 where id = $1", extension, agrees
        )
        if agrees:
            _check_time(_open_round(made.by, item.id), asked.closes_at)
            shift = await _close_later(made.by, item, asked)
            made.payload |= {"reason": asked.reason, "later_rounds_move_by_seconds": round(shift.total_seconds())}


async def waiting_extension(item: Round | None) -> Extension | None:
    """What one person has asked for and a second one has not yet answered."""
    if item is None:
        return None
    found: Extension | None = (
        await Extension.objects().where((Extension.round == item.id) & (Extension.settled_at.is_null())).first()
    )
    return found


def _open_round(by: Actor, round_id: UUID) -> Round:
    item = by.round
    if item is None or item.id != round_id or not by.is_open:
        raise Conflict(NOT_OPEN)
    return item


def _check_time(item: Round, closes_at: datetime) -> None:
    if closes_at <= item.closes_at:
        raise Invalid(N_("The new closing time must be later than the present one."), field="closes_at")


def shift_of_later(rounds: Sequence[Round], item: Round, closes_at: datetime) -> timedelta:
    """By how much the rounds after this one move, if it closes then: they keep their lengths and pauses."""
    following = next((other for other in rounds if other.number == item.number + 1), None)
    return max(closes_at - following.opens_at, timedelta(0)) if following is not None else timedelta(0)


async def _close_later(by: Actor, item: Round, asked: Extension) -> timedelta:
    """The round closes when it was asked for, and later rounds make room for it."""
    shift = shift_of_later(by.rounds, item, asked.closes_at)
    await execute(
        "update rounds set closes_at = $2, extension_reason = $3 where id = $1", item.id, asked.closes_at, asked.reason
    )
    await enqueue("freeze", schedule_at=asked.closes_at, round_id=str(item.id))
    for other in by.rounds:
        if shift and other.number > item.number:
            other.opens_at, other.closes_at = other.opens_at + shift, other.closes_at + shift
            await other.save([Round.opens_at, Round.closes_at])
            await ask_for_freeze_of(other)
    return shift


async def _tell_who_may_confirm(by: Actor) -> None:
    """Moderators and the other convenors have the request in their mail."""
    assert by.person is not None
    rows = await fetch(
        """
        select distinct a.email, a.locale from memberships m join accounts a on a.id = m.account
        where m.consultation = $1 and m.role in ('moderator', 'convenor') and a.id <> $2 order by a.email
        """,
        by.consultation.id,
        by.person.id,
    )
    for row in rows:
        await emails.send(
            "extension_asked",
            to=row["email"],
            locale=row["locale"],
            slug=by.consultation.slug,
            title=by.consultation.title,
        )
