"""Commitments: partners draft an undertaking in SMART form, make it for their coalition, and say what becomes of it.

What was made is never a draft again: it is delivered, paused until a day, or withdrawn, the last two with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.access import Actor
from app.actions import news
from app.actions.charters import NOT_FORMED, NOT_PARTNER
from app.actions.record import Change, change
from app.analysis.charters import is_partner
from app.analysis.commitments import undertaking_of
from app.database import execute, fetchrow, fetchval
from app.forms import NOT_A_CHOICE, Filled
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.coalitions import Coalition
from app.tables.commitments import Commitment, Deliverable, Resource
from app.taxonomies import commitments as terms
from app.taxonomies import regions, targets
from deliberation.commitments import NEXT_STATUSES, Status, missing
from deliberation.phases import Action

FIELDS = (
    "title",
    "what",
    "indicator",
    "baseline",
    "target",
    "achievable",
    "place",
    "region",
    "role",
    "beneficiaries",
    "monitoring",
    "starts_on",
    "due_on",
    "targets",
)
"""What a draft says; set together."""
MOST_TARGETS, MOST_ITEMS = 12, 30
MOST_YEARS = timedelta(days=30 * 366)
LONGEST_PAUSE = timedelta(days=2 * 366)
IS_MADE = N_("This commitment has been made and stays as it is. You can pause it, withdraw it, or make another one.")
NOT_SMART = N_("The commitment is not complete yet. Please add what the page says it lacks.")
TOO_MANY = N_("There is room for %(n)s of these.")


def targets_in(text: str) -> list[str]:
    """The numbers of SDG targets in a line of text, in order, each once. Raises Invalid for what is none."""
    given = list(dict.fromkeys(part.lower() for part in re.split(r"[\s,;]+", text) if part))
    unknown = [part for part in given if not targets.is_target(part)]
    if unknown:
        shown = " ".join(unknown)[:60]
        raise Invalid(N_("There is no SDG target %(number)s. Write for instance 17.17."), field="targets", number=shown)
    if len(given) > MOST_TARGETS:
        raise Invalid(TOO_MANY, field="targets", n=MOST_TARGETS)
    return given


def known(number: int) -> int:
    """The number of an item. Raises NotFound for one that no item can have; addresses may carry any."""
    if not 0 < number <= MOST_ITEMS:
        raise NotFound
    return number


def near(day: date | None, made: Change, field: str) -> None:
    """Raises Invalid for a day that nobody can mean."""
    if day is not None and abs(day - made.by.now.date()) > MOST_YEARS:
        raise Invalid(N_("Please choose a day within thirty years from now."), field=field)


def _check(given: Mapping[str, Any], made: Change) -> None:
    near(given["starts_on"], made, "starts_on")
    near(given["due_on"], made, "due_on")
    if given["starts_on"] and given["due_on"] and given["due_on"] <= given["starts_on"]:
        raise Invalid(N_("The end has to be after the start."), field="due_on")
    if given["role"] and given["role"] not in {entry.code for entry in terms.of_kind("role")}:
        raise Invalid(NOT_A_CHOICE, field="role")
    if given["region"] and given["region"] not in regions.codes():
        raise Invalid(NOT_A_CHOICE, field="region")


async def as_partner(coalition: Coalition, made: Change, *, number: int | None = None, is_new: bool = False) -> int:
    """The partner who acts. Something new needs a coalition that has formed; what was undertaken is kept up always."""
    base = f"/c/{made.by.consultation.slug}/coalitions/{coalition.number}/commitments"
    made.outcome = base if number is None else f"{base}/{number}"
    made.subject = str(coalition.number) if number is None else f"{coalition.number}.{number}"
    if not await is_partner(made.by, coalition):
        raise Denied(NOT_PARTNER)
    if is_new and await fetchval("select status from coalitions where id = $1", coalition.id) != "formed":
        raise Conflict(NOT_FORMED)
    assert made.by.participant is not None
    return int(made.by.participant.id)


async def locked(commitment: Commitment, *statuses: Status) -> Commitment:
    """The commitment as it is under lock, if it is in one of these states."""
    fresh = await Commitment.objects().where(Commitment.id == commitment.id).lock_rows().first()
    if fresh is None:
        raise NotFound
    if statuses and Status(fresh.status) not in statuses:
        raise Conflict(IS_MADE if Status.DRAFT in statuses else N_("This commitment is not going on any more."))
    return fresh


async def draft(
    *, coalition: Coalition, given: Mapping[str, Any], by: Actor, form: Filled[Any] | None = None
) -> Commitment:
    """A commitment that only the partners see, until they make it."""
    async with change("commitments.draft", Action.COMMIT, by=by, form=form) as made:
        await as_partner(coalition, made, is_new=True)
        _check(given, made)
        number = await fetchval(
            "select coalesce(max(number), 0) + 1 from commitments where coalition = $1", coalition.id
        )
        commitment = Commitment(
            coalition=coalition.id,
            number=number,
            created_at=made.by.now,
            **{name: given[name] for name in FIELDS},
        )
        await commitment.save()
        made.subject, made.outcome = f"{coalition.number}.{number}", f"{made.outcome}/{number}"
        return commitment


async def revise(
    *,
    coalition: Coalition,
    commitment: Commitment,
    given: Mapping[str, Any],
    version: int | None,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The draft says this now. Two partners who write at once: the second reads the first's words before saving."""
    async with change("commitments.revise", Action.COMMIT, by=by, form=form) as made:
        await as_partner(coalition, made, number=commitment.number)
        fresh = await locked(commitment, Status.DRAFT)
        if version is not None and version != fresh.version:
            raise Conflict(N_("Another partner has changed this draft in the meantime. Please read it again."))
        _check(given, made)
        values: dict[Any, Any] = {name: given[name] for name in FIELDS}
        await Commitment.update(values | {"version": fresh.version + 1}).where(Commitment.id == fresh.id)


async def make(*, coalition: Coalition, commitment: Commitment, by: Actor, form: Filled[Any] | None = None) -> None:
    """The coalition has undertaken it, from this day on and for everybody to read."""
    async with change("commitments.make", Action.COMMIT, by=by, form=form) as made:
        await as_partner(coalition, made, number=commitment.number, is_new=True)
        fresh = await locked(commitment, Status.DRAFT)
        row = await fetchrow(
            "select (select count(*) from resources where commitment = $1) as resources, "
            "(select count(*) from deliverables where commitment = $1) as deliverables",
            fresh.id,
        )
        assert row is not None
        if missing(undertaking_of(fresh, row["resources"], row["deliverables"])):
            raise Conflict(NOT_SMART)
        await _enter(fresh, Status.MADE, made)
        await execute("update commitments set made_at = $2 where id = $1", fresh.id, made.by.now)
        made.payload |= {"title": fresh.title, "due_on": fresh.due_on.isoformat()}


async def _enter(commitment: Commitment, status: Status, made: Change) -> None:
    await execute(
        "update commitments set status = $2, status_at = $3, reason = '', paused_until = null where id = $1",
        commitment.id,
        status.value,
        made.by.now,
    )
    made.payload = {"status": status.value}
    await news.ask_soon("tell_news", made.by.consultation.id)


async def set_status(
    *,
    coalition: Coalition,
    commitment: Commitment,
    status: Status,
    reason: str = "",
    paused_until: date | None = None,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """It goes on, has been delivered, is paused until a day or is withdrawn; the last two say why."""
    async with change("commitments.set_status", Action.COMMIT, by=by, form=form) as made:
        await as_partner(coalition, made, number=commitment.number)
        fresh = await locked(commitment)
        if fresh.status == Status.DRAFT or status not in NEXT_STATUSES[Status(fresh.status)]:
            raise Conflict(N_("It cannot become that from where it is now. Please look at the page again."))
        if status in {Status.PAUSED, Status.WITHDRAWN} and not reason.strip():
            raise Invalid(N_("Please say why, in a sentence that everybody may read."), field="reason")
        if status is Status.PAUSED:
            today = made.by.now.date()
            if paused_until is None or not today < paused_until <= today + LONGEST_PAUSE:
                raise Invalid(N_("Please choose a day within the next two years."), field="paused_until")
        await _enter(fresh, status, made)
        await execute(
            "update commitments set reason = $2, paused_until = $3 where id = $1",
            fresh.id,
            reason if status in {Status.PAUSED, Status.WITHDRAWN} else "",
            paused_until if status is Status.PAUSED else None,
        )
        if status is Status.PAUSED and paused_until is not None:
            made.payload["until"] = paused_until.isoformat()


# -------- deliverables and resources


async def add_deliverable(
    *,
    coalition: Coalition,
    commitment: Commitment,
    words: str,
    due_on: date,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The draft promises this by that day."""
    async with change("commitments.add_deliverable", Action.COMMIT, by=by, form=form) as made:
        await as_partner(coalition, made, number=commitment.number)
        fresh = await locked(commitment, Status.DRAFT)
        near(due_on, made, "due_on")
        if (fresh.due_on and due_on > fresh.due_on) or (fresh.starts_on and due_on < fresh.starts_on):
            raise Invalid(N_("A deliverable is due between the start and the end of the commitment."), field="due_on")
        n = await fetchval("select coalesce(max(number), 0) from deliverables where commitment = $1", fresh.id)
        if n >= MOST_ITEMS:
            raise Invalid(TOO_MANY, field="words", n=MOST_ITEMS)
        await Deliverable(commitment=fresh.id, number=n + 1, words=words, due_on=due_on).save()


async def remove_deliverable(
    *, coalition: Coalition, commitment: Commitment, number: int, by: Actor, form: Filled[Any] | None = None
) -> None:
    """The draft does not promise it any more."""
    async with change("commitments.remove_deliverable", Action.COMMIT, by=by, form=form) as made:
        await as_partner(coalition, made, number=commitment.number)
        fresh = await locked(commitment, Status.DRAFT)
        await execute("delete from deliverables where commitment = $1 and number = $2", fresh.id, known(number))


async def settle_deliverable(
    *,
    coalition: Coalition,
    commitment: Commitment,
    number: int,
    status: str,
    note: str = "",
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """A deliverable is there (done), will not be (dropped, with a note why), or is open again."""
    async with change("commitments.settle_deliverable", Action.COMMIT, by=by, form=form) as made:
        await as_partner(coalition, made, number=commitment.number)
        fresh = await locked(commitment, Status.MADE, Status.PAUSED)
        if status == "dropped" and not note.strip():
            raise Invalid(N_("Please say why, in a sentence that everybody may read."), field="note")
        changed = await fetchval(
            "update deliverables set status = $3, note = $4, done_at = $5 where commitment = $1 and number = $2 "
            "returning id",
            fresh.id,
            known(number),
            status,
            note,
            made.by.now if status == "done" else None,
        )
        if changed is None:
            raise NotFound
        made.payload = {"deliverable": number, "status": status}


async def add_resource(
    *,
    coalition: Coalition,
    commitment: Commitment,
    kind: str,
    amount: Decimal | None,
    unit: str,
    words: str,
    from_role: str,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The commitment can count on this, also when it is promised later."""
    async with change("commitments.add_resource", Action.COMMIT, by=by, form=form) as made:
        await as_partner(coalition, made, number=commitment.number)
        fresh = await locked(commitment, Status.DRAFT, Status.MADE, Status.PAUSED)
        if kind not in {entry.code for entry in terms.of_kind("resource")}:
            raise Invalid(NOT_A_CHOICE, field="kind")
        if amount is not None and not (amount.is_finite() and 0 <= amount < 10**12):
            raise Invalid(N_("Please give a number."), field="amount")
        if await fetchval("select count(*) from resources where commitment = $1", fresh.id) >= MOST_ITEMS:
            raise Invalid(TOO_MANY, field="words", n=MOST_ITEMS)
        await Resource(
            commitment=fresh.id,
            kind=kind,
            amount=None if amount is None else round(amount, 2),
            unit=unit,
            words=words,
            from_role=from_role,
            created_at=made.by.now,
        ).save()
        made.payload = {"kind": kind}


async def remove_resource(
    *, coalition: Coalition, commitment: Commitment, resource: UUID, by: Actor, form: Filled[Any] | None = None
) -> None:
    """The draft does not count on it any more."""
    async with change("commitments.remove_resource", Action.COMMIT, by=by, form=form) as made:
        await as_partner(coalition, made, number=commitment.number)
        fresh = await locked(commitment, Status.DRAFT)
        await execute("delete from resources where commitment = $1 and id = $2", fresh.id, resource)
