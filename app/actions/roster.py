"""The roster: people enter it by themselves, a convenor checks, a coalition asks and the person asked agrees.

No provider takes more than two of five engagements of a consultation: services for partnerships are no business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions.charters import NOT_PARTNER
from app.actions.record import change
from app.analysis import roster as reading
from app.database import execute, fetchrow, fetchval
from app.forms import NOT_A_CHOICE, Filled
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.roster import Engagement, RosterEntry
from app.taxonomies import languages, services
from deliberation.phases import Action
from deliberation.roster import RosterSettings, may_take

CAPPED = N_(
    "%(name)s would have more than %(share)s per cent of all engagements here. Please ask somebody else: services for "
    "partnerships should not become a business."
)
NOT_LISTED = N_("This entry is not on the roster at the moment.")


@dataclass(frozen=True)
class Terms:
    """What a person offers and on what terms."""

    name: str
    services: Sequence[str]
    about: str
    languages: Sequence[str]
    fee: str
    amount: Decimal | None
    currency: str
    funder: str
    conflicts: str


def _check(terms: Terms) -> None:
    known = {entry.code for entry in services.of_kind("service")}
    if not terms.services or not set(terms.services) <= known:
        raise Invalid(N_("Please choose at least one service."), field="services")
    if not set(terms.languages) <= set(languages.codes()):
        raise Invalid(NOT_A_CHOICE, field="languages")
    if terms.fee not in {entry.code for entry in services.of_kind("fee")}:
        raise Invalid(NOT_A_CHOICE, field="fee")
    has_amount = terms.amount is not None and terms.amount.is_finite() and 0 < terms.amount < 10**9
    if terms.fee != "none" and not (has_amount and len(terms.currency) == 3 and terms.currency.isascii()):
        raise Invalid(N_("Please declare the fee: an amount and its currency, such as 300 and EUR."), field="amount")
    if not terms.funder or not terms.conflicts:
        field = "conflicts" if terms.funder else "funder"
        raise Invalid(N_("Please say it, or write “none”: others rely on it."), field=field)


async def register(*, terms: Terms, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant offers this; it is listed once a convenor has checked it, also after a change."""
    async with change("roster.register", Action.KEEP_ROSTER, by=by, form=form) as made:
        assert by.participant is not None
        _check(terms)
        is_paid = terms.fee != "none"
        entry = await RosterEntry.objects().where(RosterEntry.participant == by.participant.id).first()
        if entry is None:
            entry = RosterEntry(participant=by.participant.id, version=0, created_at=made.by.now)
        entry.version += 1
        entry.name, entry.about, entry.fee = terms.name, terms.about, terms.fee
        entry.services, entry.languages = list(terms.services), list(terms.languages)
        entry.amount = terms.amount if is_paid else None
        entry.currency = terms.currency.upper() if is_paid else ""
        entry.funder, entry.conflicts = terms.funder, terms.conflicts
        entry.status, entry.reason, entry.checked_on = "waiting", "", None
        await entry.save()
        made.outcome = f"/c/{by.consultation.slug}/roster"
        made.payload = {"services": sorted(terms.services), "fee": terms.fee}


async def withdraw(*, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant is on the roster no more, and requests that wait lapse; what was agreed stays agreed."""
    async with change("roster.withdraw", Action.KEEP_ROSTER, by=by, form=form) as made:
        assert by.participant is not None
        entry = await fetchval(
            "update roster_entries set status = 'withdrawn', version = version + 1 where participant = $1 "
            "and status <> 'withdrawn' returning id",
            by.participant.id,
        )
        if entry is None:
            raise NotFound
        await execute(
            "update engagements set status = 'declined', answered_on = $2 where entry = $1 and status = 'asked'",
            entry,
            made.by.now.date(),
        )
        made.outcome = f"/c/{by.consultation.slug}/roster"


async def check(
    *, entry: UUID, version: int, lists: bool, reason: str = "", by: Actor, form: Filled[Any] | None = None
) -> None:
    """A convenor has read the entry in this version: it is listed, or declined with a reason its owner reads."""
    async with change("roster.check", Action.CHECK_ROSTER, by=by, form=form) as made:
        row = await fetchrow(
            "select e.version, e.status, e.services from roster_entries e join participants q on q.id = e.participant "
            "where e.id = $1 and q.consultation = $2",
            entry,
            by.consultation.id,
        )
        if row is None:
            raise NotFound
        if row["status"] != "waiting" or row["version"] != version:
            raise Conflict(N_("The entry has changed in the meantime. Please read it again."))
        if not lists and not reason.strip():
            raise Invalid(N_("Please write a sentence that the person reads."), field="reason")
        await execute(
            "update roster_entries set status = $2, reason = $3, checked_on = $4 where id = $1",
            entry,
            "listed" if lists else "declined",
            "" if lists else reason,
            made.by.now.date(),
        )
        made.outcome = f"/c/{by.consultation.slug}/roster"
        made.payload = {"status": "listed" if lists else "declined", "services": sorted(row["services"])}


async def _refuse_beyond_cap(consultation: UUID, entry: UUID, name: str) -> None:
    if not may_take(await reading.taken_in(consultation), str(entry)):
        raise Denied(CAPPED, name=name, share=round(100 * RosterSettings().most_share))


async def ask(
    *,
    entry: UUID,
    coalition_number: int,
    service: str,
    words: str,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """A partner asks in the name of their coalition; nothing holds before the person asked has agreed."""
    async with change("roster.ask", Action.ENGAGE, by=by, form=form) as made:
        assert by.participant is not None
        found = await RosterEntry.objects().where(RosterEntry.id == entry).first()
        listed = {one.id for one in await reading.entries_of(by.consultation.id)}
        if found is None or found.id not in listed or found.status != "listed":
            raise Conflict(NOT_LISTED)
        if coalition_number not in {number for number, _ in await reading.own_coalitions(by)}:
            raise Denied(NOT_PARTNER)
        if service not in found.services:
            raise Invalid(N_("Please choose a service that this person offers."), field="service")
        if found.participant == by.participant.id:
            raise Denied(N_("You cannot engage yourself: ask another partner to do it, or somebody else."))
        await _refuse_beyond_cap(by.consultation.id, found.id, found.name)
        coalition = await fetchrow(
            "select id, title from coalitions where consultation = $1 and number = $2",
            by.consultation.id,
            coalition_number,
        )
        assert coalition is not None
        standing = await fetchval(
            "select 1 from engagements where entry = $1 and coalition = $2 and service = $3 "
            "and status in ('asked', 'agreed')",
            found.id,
            coalition["id"],
            service,
        )
        if standing:
            raise Conflict(N_("Your coalition has asked for this already."))
        await Engagement(
            entry=found.id,
            coalition=coalition["id"],
            service=service,
            words=words,
            asked_by=by.participant.id,
            asked_on=made.by.now.date(),
        ).save()
        accounts = await access.accounts_of([found.participant])
        await emails.send_to(list(accounts.values()), "engagement_asked", by.consultation, coalition=coalition["title"])
        made.subject, made.payload = str(coalition_number), {"service": service}
        made.outcome = f"/c/{by.consultation.slug}/roster"


async def answer(*, engagement: UUID, agrees: bool, by: Actor, form: Filled[Any] | None = None) -> None:
    """The person asked agrees or not; the cap counts at this moment too."""
    async with change("roster.answer", Action.ENGAGE, by=by, form=form) as made:
        assert by.participant is not None
        row = await fetchrow(
            "select g.status, g.service, g.entry, e.name from engagements g join roster_entries e on e.id = g.entry "
            "where g.id = $1 and e.participant = $2",
            engagement,
            by.participant.id,
        )
        if row is None:
            raise NotFound
        if row["status"] != "asked":
            raise Conflict(N_("This request has been answered already."))
        if agrees:
            await _refuse_beyond_cap(by.consultation.id, row["entry"], row["name"])
        await execute(
            "update engagements set status = $2, answered_on = $3 where id = $1",
            engagement,
            "agreed" if agrees else "declined",
            made.by.now.date(),
        )
        made.payload = {"service": row["service"], "status": "agreed" if agrees else "declined"}
        made.outcome = f"/c/{by.consultation.slug}/roster"


async def end(*, engagement: UUID, by: Actor, form: Filled[Any] | None = None) -> None:
    """Either side ends it: a request is taken back, what was agreed is over and still counts for the cap."""
    async with change("roster.end", Action.ENGAGE, by=by, form=form) as made:
        found = next((one for one in (await reading.roster_of(by)).engagements if one.id == engagement), None)
        if found is None:
            raise NotFound
        if found.status not in ("asked", "agreed"):
            raise Conflict(N_("This engagement is over already."))
        await execute(
            "update engagements set status = $2 where id = $1",
            engagement,
            "ended" if found.status == "agreed" else "declined",
        )
        made.payload, made.outcome = {"service": found.service}, f"/c/{by.consultation.slug}/roster"
