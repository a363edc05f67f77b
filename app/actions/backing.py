"""What stands behind a commitment and against it: pledges of leaders, evidence that was checked, barriers and answers.

Partners write them; a convenor may also record what was asked of the owner of a barrier, and what the owner answered.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.access import Actor
from app.actions.commitments import MOST_ITEMS, TOO_MANY, as_partner, known, locked, near
from app.actions.record import Change, change
from app.analysis.charters import is_partner
from app.database import execute, fetchval
from app.forms import NOT_A_CHOICE, Filled
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.coalitions import Coalition
from app.tables.commitments import Barrier, Commitment, EvidenceCard, Pledge
from app.taxonomies import barriers as barrier_terms
from app.taxonomies import commitments as terms
from deliberation.commitments import Status
from deliberation.phases import Action, Role

GOING_ON = (Status.DRAFT, Status.MADE, Status.PAUSED)
LATEST_REPLY = timedelta(days=3 * 366)


def _choose(taxonomy: Any, kind: str, code: str, field: str) -> None:
    if code not in {entry.code for entry in taxonomy.of_kind(kind)}:
        raise Invalid(NOT_A_CHOICE, field=field)


async def _begin(coalition: Coalition, commitment: Commitment, made: Change) -> tuple[int, Commitment]:
    partner = await as_partner(coalition, made, number=commitment.number)
    return partner, await locked(commitment, *GOING_ON)


# -------- pledges


async def pledge(
    *,
    coalition: Coalition,
    commitment: Commitment,
    office: str,
    level: str,
    asset: str,
    words: str,
    due_on: date,
    is_open: bool,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """An office stands behind the commitment with an asset by a day; who writes it speaks for the office."""
    async with change("backing.pledge", Action.COMMIT, by=by, form=form) as made:
        partner, fresh = await _begin(coalition, commitment, made)
        _choose(terms, "level", level, "level")
        _choose(terms, "asset", asset, "asset")
        today = made.by.now.date()
        near(due_on, made, "due_on")
        if due_on < today:
            raise Invalid(N_("Please choose a day from today on."), field="due_on")
        if await fetchval("select count(*) from pledges where commitment = $1", fresh.id) >= MOST_ITEMS:
            raise Invalid(TOO_MANY, field="office", n=MOST_ITEMS)
        await Pledge(
            commitment=fresh.id,
            participant=partner,
            office=office,
            level=level,
            asset=asset,
            words=words,
            due_on=due_on,
            is_open=is_open,
            pledged_on=today,
            renewed_on=today,
        ).save()
        made.payload = {"level": level, "asset": asset}


async def answer_pledge(
    *,
    coalition: Coalition,
    commitment: Commitment,
    pledge: UUID,
    what: str,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """Said again, kept, taken back, opened or closed by who speaks for the office; any partner may say it changed.

    Where who wrote it has left the coalition, any partner speaks for it.
    """
    async with change("backing.answer_pledge", Action.COMMIT, by=by, form=form) as made:
        partner, fresh = await _begin(coalition, commitment, made)
        found = (
            await Pledge.objects()
            .where((Pledge.id == pledge) & (Pledge.commitment == fresh.id) & (Pledge.status == "standing"))
            .first()
        )
        if found is None:
            raise NotFound
        if what != "changed" and not await _speaks_for(found, partner, coalition):
            raise Denied(N_("Only the partner who speaks for this office can do this."))
        today = made.by.now.date()
        values: dict[str, dict[Any, Any]] = {
            "renew": {Pledge.renewed_on: today, Pledge.changed_on: None},
            "changed": {Pledge.changed_on: today},
            "kept": {Pledge.status: "kept"},
            "withdraw": {Pledge.status: "withdrawn"},
            "open": {Pledge.is_open: True},
            "close": {Pledge.is_open: False},
        }
        await Pledge.update(values[what]).where(Pledge.id == found.id)
        made.payload = {"what": what}


async def _speaks_for(found: Pledge, partner: int, coalition: Coalition) -> bool:
    is_there = found.participant is not None and await fetchval(
        "select true from coalition_seats where coalition = $1 and participant = $2 and status = 'accepted'",
        coalition.id,
        found.participant,
    )
    return found.participant == partner or not is_there


# -------- evidence


async def add_evidence(
    *,
    coalition: Coalition,
    commitment: Commitment,
    about: str,
    claim: str,
    source: str,
    kind: str,
    place: str,
    year: int | None,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """A claim stands on the commitment's page with where it comes from; without a source it is listed as such."""
    async with change("backing.add_evidence", Action.COMMIT, by=by, form=form) as made:
        partner, fresh = await _begin(coalition, commitment, made)
        _choose(terms, "about", about, "about")
        if source:
            _choose(terms, "evidence", kind, "kind")
        if year is not None and not 1900 <= year <= made.by.now.year:
            raise Invalid(N_("Please give the year in which it was found or said."), field="year")
        if await fetchval("select count(*) from evidence_cards where commitment = $1", fresh.id) >= MOST_ITEMS:
            raise Invalid(TOO_MANY, field="claim", n=MOST_ITEMS)
        await EvidenceCard(
            commitment=fresh.id,
            participant=partner,
            about=about,
            claim=claim,
            source=source,
            kind=kind if source else "",
            place=place,
            year=year,
            created_at=made.by.now,
        ).save()
        made.payload = {"about": about, "has_source": bool(source)}


async def _card(card: UUID, commitment: Commitment) -> EvidenceCard:
    found = (
        await EvidenceCard.objects()
        .where((EvidenceCard.id == card) & (EvidenceCard.commitment == commitment.id))
        .lock_rows()
        .first()
    )
    if found is None:
        raise NotFound
    return found


async def check_evidence(
    *,
    coalition: Coalition,
    commitment: Commitment,
    card: UUID,
    checked_by: str,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """Another partner than its writer has looked the source up; they are named by their role."""
    async with change("backing.check_evidence", Action.COMMIT, by=by, form=form) as made:
        partner, fresh = await _begin(coalition, commitment, made)
        found = await _card(card, fresh)
        if found.participant == partner:
            raise Denied(N_("Somebody else than its writer has to check a claim."))
        if not found.source:
            raise Conflict(N_("There is no source to look up yet."))
        await execute(
            "update evidence_cards set checked_by = $2, checked_on = $3 where id = $1",
            found.id,
            checked_by,
            made.by.now.date(),
        )


async def remove_evidence(
    *, coalition: Coalition, commitment: Commitment, card: UUID, by: Actor, form: Filled[Any] | None = None
) -> None:
    """Its writer has taken the claim back."""
    async with change("backing.remove_evidence", Action.COMMIT, by=by, form=form) as made:
        partner, fresh = await _begin(coalition, commitment, made)
        found = await _card(card, fresh)
        if found.participant != partner:
            raise Denied(N_("Only who wrote a claim can take it back."))
        await execute("delete from evidence_cards where id = $1", found.id)


# -------- barriers


async def add_barrier(
    *,
    coalition: Coalition,
    commitment: Commitment,
    kind: str,
    words: str,
    place: str,
    owner_kind: str,
    owner: str,
    ask: str,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """Something stands in the way; its owner finds it on the list of what is asked of them."""
    async with change("backing.add_barrier", Action.COMMIT, by=by, form=form) as made:
        _, fresh = await _begin(coalition, commitment, made)
        _choose(barrier_terms, "barrier", kind, "kind")
        _choose(barrier_terms, "owner", owner_kind, "owner_kind")
        number = await fetchval("select coalesce(max(number), 0) + 1 from barriers where commitment = $1", fresh.id)
        if number > MOST_ITEMS:
            raise Invalid(TOO_MANY, field="words", n=MOST_ITEMS)
        await Barrier(
            commitment=fresh.id,
            number=number,
            kind=kind,
            words=words,
            place=place,
            owner_kind=owner_kind,
            owner=owner,
            ask=ask,
            created_at=made.by.now,
        ).save()
        made.payload = {"barrier": number, "owner": owner_kind}


async def follow_barrier(
    *,
    coalition: Coalition,
    commitment: Commitment,
    number: int,
    what: str,
    reply_due: date | None = None,
    answer: str = "",
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The owner was asked and a reply is due; the owner has answered; or the barrier is lifted."""
    async with change("backing.follow_barrier", Action.COMMIT, by=by, form=form) as made:
        made.subject = f"{coalition.number}.{commitment.number}"
        made.outcome = f"/c/{by.consultation.slug}/coalitions/{coalition.number}/commitments/{commitment.number}"
        if Role.CONVENOR not in made.by.roles and not await is_partner(made.by, coalition):
            raise Denied(N_("Only partners of this coalition and convenors can do this."))
        fresh = await locked(commitment, *GOING_ON)
        found = await fetchval(
            "select id from barriers where commitment = $1 and number = $2 for update", fresh.id, known(number)
        )
        if found is None:
            raise NotFound
        await _follow(found, what, reply_due, answer, made.by.now.date())
        made.payload = {"barrier": number, "what": what}


async def _follow(barrier: UUID, what: str, reply_due: date | None, answer: str, today: date) -> None:
    if what == "asked":
        if reply_due is None or not today <= reply_due <= today + LATEST_REPLY:
            raise Invalid(N_("Please say by when a reply is due."), field="reply_due")
        await execute("update barriers set asked_on = $2, reply_due = $3 where id = $1", barrier, today, reply_due)
        return
    if what == "answered":
        if not answer.strip():
            raise Invalid(N_("Please write down what the owner answered."), field="answer")
        sql = "update barriers set answer = $2, answered_on = $3, status = 'answered' where id = $1"
        await execute(sql, barrier, answer, today)
        return
    await execute("update barriers set status = $2 where id = $1", barrier, "lifted" if what == "lifted" else "open")
