"""Charters: partners word clauses, answer each by itself, sign the whole, and vote on how long it holds.

A signed text is never changed: a change is a new version. Who answered what is in no event.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions.record import Change, change
from app.analysis import charters as reading
from app.analysis.charters import Version, version_of
from app.database import execute, fetch, fetchrow, fetchval
from app.forms import Filled
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.charters import Charter, ClauseWording
from app.tables.coalitions import Coalition
from deliberation.charters import CLAUSES, Consent, digest_of, plain_words, renewal_outcome, words_in
from deliberation.phases import Action

MAX_WORDS = 1000
MOST_WORDINGS = 6
LONGEST = timedelta(days=5 * 366)
NOT_FORMED = N_(
    "The coalition has too few partners at the moment. Its charter stays as it is until it has formed again."
)
NOT_PARTNER = N_("Only partners of this coalition can do this.")
IS_SIGNED = N_("This version is signed and stays as it is. Please begin a new version.")
CHANGED = N_("The text has changed in the meantime. Please read it again before you sign.")


async def begin(*, coalition: Coalition, review_on: date, by: Actor, form: Filled[Any] | None = None) -> Charter:
    """A first version without words, or a next one with the words that were signed and the answers to them."""
    async with change("charters.begin", Action.AGREE_CHARTER, by=by, form=form) as made:
        await _as_partner(coalition, made)
        _check_review(review_on, made)
        known = await reading.charters_of(coalition.id)
        if known and known[0].status != "signed":
            raise Conflict(N_("A version is being agreed already."))
        charter = Charter(
            coalition=coalition.id,
            version=known[0].version + 1 if known else 1,
            review_on=review_on,
            created_at=made.by.now,
        )
        await charter.save()
        if known:
            await _carry_over(await version_of(known[0]), charter, made)
        made.payload = {"version": charter.version}
        await _tell(coalition, "begun", made)
        return charter


async def _tell(coalition: Coalition, what: str, made: Change) -> None:
    """The other partners read in a mail what they are asked: a charter has begun, waits for signatures, may go on."""
    own = made.by.participant
    rows = await fetch(reading.PARTNERS, coalition.id)
    accounts = await access.accounts_of(
        row["participant"] for row in rows if own is None or row["participant"] != own.id
    )
    await emails.send_to(
        list(accounts.values()),
        "charter_asks",
        made.by.consultation,
        coalition=coalition.title,
        number=coalition.number,
        what=what,
    )


async def _is_ready(charter: Charter) -> bool:
    """Whether every clause is agreed, so that the charter waits for signatures."""
    return (await version_of(charter)).text is not None


def _check_review(review_on: date, made: Change) -> None:
    today = made.by.now.date()
    if not today < review_on <= today + LONGEST:
        raise Invalid(N_("Please choose a day within the next five years."), field="review_on")


async def _carry_over(before: Version, charter: Charter, made: Change) -> None:
    """The words that were signed stand in the next version, and who has answered them need not answer again."""
    signed = words_in(before.charter.text)
    for clause in CLAUSES:
        wording = await _add_wording(charter.id, clause, 1, signed[clause], None, made)
        for row in before.rows:
            if row["clause"] == clause and plain_words(row["words"]) == signed[clause]:
                await execute(
                    """
                    insert into clause_answers (id, wording, participant, answer, reason, answered_on)
                    select gen_random_uuid(), $2, participant, answer, reason, answered_on from clause_answers
                    where wording = $1 and answer <> 'object' on conflict do nothing
                    """,
                    row["id"],
                    wording,
                )


async def _as_partner(coalition: Coalition, made: Change) -> int:
    """The partner who acts, in a coalition that has formed."""
    made.subject = str(coalition.number)
    made.outcome = f"/c/{made.by.consultation.slug}/coalitions/{coalition.number}/charter"
    if not await reading.is_partner(made.by, coalition):
        raise Denied(NOT_PARTNER)
    if await fetchval("select status from coalitions where id = $1", coalition.id) != "formed":
        raise Conflict(NOT_FORMED)
    assert made.by.participant is not None
    return int(made.by.participant.id)


async def _draft_of(coalition: Coalition) -> Charter:
    """The version that is being agreed."""
    known = await reading.charters_of(coalition.id)
    if not known:
        raise NotFound
    if known[0].status != "draft":
        raise Conflict(IS_SIGNED)
    return known[0]


async def set_review(*, coalition: Coalition, review_on: date, by: Actor, form: Filled[Any] | None = None) -> None:
    """The draft has another review date. Whoever has signed signs again, for the text is another."""
    async with change("charters.set_review", Action.AGREE_CHARTER, by=by, form=form) as made:
        await _as_partner(coalition, made)
        charter = await _draft_of(coalition)
        _check_review(review_on, made)
        await execute("update charters set review_on = $2 where id = $1", charter.id, review_on)
        made.payload = {"version": charter.version, "review_on": review_on.isoformat()}


async def write(
    *, coalition: Coalition, clause: str, words: str, by: Actor, form: Filled[Any] | None = None
) -> ClauseWording:
    """Words for a clause stand beside those that are there; who wrote them agrees with them."""
    async with change("charters.write", Action.AGREE_CHARTER, by=by, form=form) as made:
        partner = await _as_partner(coalition, made)
        if clause not in CLAUSES:
            raise NotFound
        charter = await _draft_of(coalition)
        rows = await fetch("select words from clause_wordings where charter = $1 and clause = $2", charter.id, clause)
        if any(row["words"].split() == words.split() for row in rows):
            raise Invalid(N_("These words are there already. You can agree with them."), field="words")
        if len(rows) >= MOST_WORDINGS:
            raise Invalid(N_("A clause has room for %(n)s wordings."), field="words", n=MOST_WORDINGS)
        wording = await _add_wording(charter.id, clause, len(rows) + 1, plain_words(words), partner, made)
        await _answer(wording, partner, Consent.AGREE, "", made)
        made.payload = {"version": charter.version, "clause": clause, "wording": len(rows) + 1}
        made.outcome += f"#clause-{clause}"
        found = await ClauseWording.objects().where(ClauseWording.id == wording).first()
        assert found is not None
        return found


async def _add_wording(
    charter: UUID, clause: str, number: int, words: str, participant: int | None, made: Change
) -> UUID:
    wording = ClauseWording(
        charter=charter, clause=clause, number=number, words=words, participant=participant, created_at=made.by.now
    )
    await wording.save()
    return UUID(str(wording.id))


async def answer(
    *,
    coalition: Coalition,
    clause: str,
    number: int,
    consent: Consent,
    reason: str = "",
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The partner says this to the wording. An objection has its reason; an answer can be changed until all signed."""
    async with change("charters.answer", Action.AGREE_CHARTER, by=by, form=form) as made:
        partner = await _as_partner(coalition, made)
        charter = await _draft_of(coalition)
        wording = await fetchval(
            "select id from clause_wordings where charter = $1 and clause = $2 and number = $3",
            charter.id,
            clause,
            number,
        )
        if wording is None:
            raise NotFound
        if consent is Consent.OBJECT and not reason.strip():
            raise Invalid(N_("Please say in a sentence what would have to be different."), field="reason")
        was_ready = await _is_ready(charter)
        await _answer(wording, partner, consent, reason if consent is Consent.OBJECT else "", made)
        if not was_ready and await _is_ready(charter):
            await _tell(coalition, "ready", made)
        made.payload = {"version": charter.version, "clause": clause, "wording": number}
        made.outcome += f"#clause-{clause}"


async def _answer(wording: UUID, partner: int, consent: Consent, reason: str, made: Change) -> None:
    await execute(
        """
        insert into clause_answers (id, wording, participant, answer, reason, answered_on)
        values (gen_random_uuid(), $1, $2, $3, $4, $5)
        on conflict (wording, participant) do update
        set answer = excluded.answer, reason = excluded.reason, answered_on = excluded.answered_on
        """,
        wording,
        partner,
        consent.value,
        reason,
        made.by.now.date(),
    )


async def sign(*, coalition: Coalition, digest: str, opens: bool, by: Actor, form: Filled[Any] | None = None) -> bool:
    """The partner has signed the text with this digest. Tells whether all have now, so that it is frozen."""
    async with change("charters.sign", Action.AGREE_CHARTER, by=by, form=form) as made:
        partner = await _as_partner(coalition, made)
        known = await reading.charters_of(coalition.id)
        if not known:
            raise NotFound
        version = await version_of(known[0])
        text = version.text
        refused = reading.why_not_sign(version, partner)
        if refused is not None:
            raise Conflict(refused)
        assert text is not None
        if digest != digest_of(text):
            raise Conflict(CHANGED)
        await execute(
            """
            insert into charter_signatures (id, charter, participant, digest, opens, signed_on)
            values (gen_random_uuid(), $1, $2, $3, $4, $5)
            on conflict (charter, participant) do update
            set digest = excluded.digest, opens = excluded.opens, signed_on = excluded.signed_on
            """,
            known[0].id,
            partner,
            digest,
            opens,
            made.by.now.date(),
        )
        is_frozen = await freeze_if_signed(coalition=coalition, by=made.by)
        made.payload = {"version": known[0].version, "sha256": digest, "frozen": is_frozen}
        return is_frozen


async def freeze_if_signed(*, coalition: Coalition, by: Actor) -> bool:
    """Whether the latest version is frozen: it is as soon as everybody who is a partner has signed the same text.

    A step of signing and of leaving a coalition, inside their transactions.
    """
    known = await reading.charters_of(coalition.id)
    if not known or await fetchval("select status from coalitions where id = $1", coalition.id) != "formed":
        return False
    version = await version_of(known[0])
    if known[0].status == "draft" and version.is_signed_by_all:
        text = version.text
        assert text is not None
        await execute(
            "update charters set status = 'signed', text = $2, digest = $3, signed_at = $4 where id = $1",
            known[0].id,
            text,
            digest_of(text),
            by.now,
        )
        return True
    return known[0].status == "signed"


async def set_openness(*, coalition: Coalition, opens: bool, by: Actor, form: Filled[Any] | None = None) -> None:
    """Whether this partner would have the public read the signed text; it may once every signer has said so."""
    async with change("charters.set_openness", Action.AGREE_CHARTER, by=by, form=form) as made:
        partner = await _as_partner(coalition, made)
        charter = await _signed(coalition)
        changed = await fetchval(
            "update charter_signatures set opens = $3 where charter = $1 and participant = $2 returning id",
            charter.id,
            partner,
            opens,
        )
        if changed is None:
            raise Conflict(N_("Please sign the charter first."))
        made.payload = {"version": charter.version, "open": (await version_of(charter)).is_open}


async def _signed(coalition: Coalition) -> Charter:
    """The latest signed version."""
    signed = [one for one in await reading.charters_of(coalition.id) if one.status == "signed"]
    if not signed:
        raise Conflict(N_("The charter has not been signed by everybody yet."))
    return signed[0]


# -------- how long it holds


async def propose_renewal(*, coalition: Coalition, until: date, by: Actor, form: Filled[Any] | None = None) -> None:
    """The partners are asked whether the charter should hold until this later day; who asks has said yes."""
    async with change("charters.propose_renewal", Action.AGREE_CHARTER, by=by, form=form) as made:
        partner = await _as_partner(coalition, made)
        charter = await _signed(coalition)
        _check_renewal(until, charter, made)
        if await fetchval("select 1 from charter_renewals where charter = $1 and status = 'open'", charter.id):
            raise Conflict(N_("A vote on renewing is open already."))
        renewal = await fetchval(
            "insert into charter_renewals (id, charter, until, status, created_at) "
            "values (gen_random_uuid(), $1, $2, 'open', clock_timestamp()) returning id",
            charter.id,
            until,
        )
        made.payload = {"version": charter.version, "until": until.isoformat()}
        made.payload["outcome"] = await _say(renewal, charter, partner, renews=True)
        await _tell(coalition, "renewal", made)


def _check_renewal(until: date, charter: Charter, made: Change) -> None:
    _check_review(until, made)
    if until <= (charter.renewed_until or charter.review_on):
        raise Invalid(N_("Please choose a day after the one until which it holds now."), field="until")


async def answer_renewal(*, coalition: Coalition, renews: bool, by: Actor, form: Filled[Any] | None = None) -> str:
    """The partner would renew or not. What came of it: open, carried or fallen."""
    async with change("charters.answer_renewal", Action.AGREE_CHARTER, by=by, form=form) as made:
        partner = await _as_partner(coalition, made)
        charter = await _signed(coalition)
        renewal = await fetchval("select id from charter_renewals where charter = $1 and status = 'open'", charter.id)
        if renewal is None:
            raise Conflict(N_("This vote is over."))
        outcome = await _say(renewal, charter, partner, renews=renews)
        made.payload = {"version": charter.version, "outcome": outcome}
        return outcome


async def _say(renewal: UUID, charter: Charter, partner: int, *, renews: bool) -> str:
    await execute(
        "insert into renewal_answers (id, renewal, participant, renews) values (gen_random_uuid(), $1, $2, $3) "
        "on conflict (renewal, participant) do update set renews = excluded.renews",
        renewal,
        partner,
        renews,
    )
    rows = await fetch("select participant, renews from renewal_answers where renewal = $1", renewal)
    partners = (await version_of(charter)).partners
    carried = renewal_outcome({row["participant"]: row["renews"] for row in rows}, partners)
    if carried is None:
        return "open"
    outcome = "carried" if carried else "fallen"
    row = await fetchrow(
        "update charter_renewals set status = $2, settled_at = clock_timestamp() where id = $1 returning until",
        renewal,
        outcome,
    )
    assert row is not None
    if carried:
        await execute("update charters set renewed_until = $2 where id = $1", charter.id, row["until"])
    return outcome
