"""Summaries: written by a convenor, signed by two different people, published as a signed snapshot, corrected by a new
number while the old one stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions.record import change
from app.analysis import holding
from app.analysis import objections as objecting
from app.analysis import summary as reading
from app.analysis.governance import head_of
from app.analysis.integrity import row_digest
from app.analysis.summary_material import Material
from app.analysis.summary_people import BREAKDOWN_KEY
from app.database import execute, fetch, fetchval
from app.documents import snapshot
from app.documents.added import Added
from app.documents.draft import NOT_READY, STILL_SHOWN, Draft, draft_for, draft_of, is_open, latest, plain
from app.documents.model import Document
from app.documents.objected import keys_of, record_of
from app.forms import NOT_A_CHOICE, Filled
from app.queue import enqueue
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.consultations import Consultation
from app.tables.participants import Participant
from app.tables.publications import Summary, SummarySignature
from deliberation.phases import TEMPLATES, Action, Lifecycle, Role

__all__ = [
    "NOT_READY",
    "STILL_SHOWN",
    "Added",
    "Draft",
    "announce",
    "asked_until",
    "default_length",
    "draft_for",
    "draft_of",
    "drawn",
    "is_one_meeting",
    "is_open",
    "latest",
    "plain",
    "published",
    "reword",
    "show",
    "sign",
    "signed_by",
    "signing_role",
    "write",
]

NOT_YOURS = N_(
    "The second signature is another convenor's, an appointed curator's, or that of a participant drawn by lot."
)
FIRST_IS_CONVENOR = N_("A convenor signs first.")
OTHER_PERSON = N_("You have signed already. A second person has to sign too.")
CHANGED = N_("Somebody else changed the summary in the meantime.")


LENGTHS = (5, 15, 30, 60, 240, 1440, 2880, 4320, 10080)
"""Minutes for which a text may be shown: from a pause in a meeting to a week."""
IN_A_MEETING, OTHERWISE = 15, 2880
"""A quarter of an hour where everybody sits in the room, else the two days that are usual among delegations."""


async def write(*, added: Added, version: int, by: Actor, form: Filled[Any] | None = None) -> None:
    """The draft holds this text, and earlier signatures under it count no more. Conflict if somebody was faster."""
    async with change("summaries.write", Action.WRITE_SUMMARY, by=by, form=form) as made:
        material = await reading.gather(made.by)
        if material is None:
            raise Denied(NOT_READY)
        row = await latest(by.consultation.id, "draft")
        if (row.version if row else 0) != version:
            raise Conflict(CHANGED)
        if is_open(row, made.by):
            raise Denied(STILL_SHOWN)
        if row is None:
            row = await _new_row(material, made.by, version=0)
        row.round, row.analysis = material.closed.id, material.analysis_id
        row.document = json.dumps({"earlier": await _objected(row, made.by)})
        row.version, row.words, row.shown_until = version + 1, json.dumps(added.to_json()), None
        await row.save()
        made.subject, made.payload = str(row.number), {"version": row.version}


async def reword(
    *, key: str, text: str, left_out: str, version: int, by: Actor, form: Filled[Any] | None = None
) -> None:
    """The generated passage `key` reads so, or is left out for this public reason; empty texts take both back."""
    draft = await draft_for(by)
    known = {one.key for _, one in draft.document.passages()} | set(draft.added.left_out)
    if not key or key not in known:
        raise NotFound
    changed = replace(
        draft.added,
        rewordings=_with(draft.added.rewordings, key, text),
        left_out=_with(draft.added.left_out, key, left_out),
    )
    await write(added=changed, version=version, by=by, form=form)


def _with(known: Mapping[str, str], key: str, text: str) -> dict[str, str]:
    kept = {one: words for one, words in known.items() if one != key}
    return kept | {key: text} if text.strip() else kept


async def _new_row(material: Material, by: Actor, *, version: int, added: Added | None = None) -> Summary:
    before = await latest(by.consultation.id, "published")
    return Summary(
        consultation=by.consultation.id,
        round=material.closed.id,
        analysis=material.analysis_id,
        number=before.number + 1 if before else 1,
        version=version,
        words=json.dumps((added or Added(language=by.consultation.language)).to_json()),
        created_at=by.now,
    )


async def _objected(row: Summary, by: Actor) -> dict[str, Any]:
    """Passages that were objected to, as they stood: who reads the objection must be able to read its passage."""
    held = plain(row.document)
    kept = dict(held.get("earlier", {}))
    if "body" in held:
        standing = keys_of(Document.from_json(held["body"]["document"]))
        objections = await objecting.of_summary(row.id, by)
        kept |= {one.passage: record_of(standing[one.passage][1]) for one in objections.all if one.passage in standing}
    return kept


async def _draft_as_read(by: Actor, version: int | None) -> Draft:
    draft = await draft_for(by)
    if version is not None and version != draft.version:
        raise Conflict(CHANGED)
    return draft


async def show(*, minutes: int, by: Actor, version: int | None = None, form: Filled[Any] | None = None) -> Summary:
    """Everybody who takes part may read the text for so long and object to any passage; until then it stays as it is.

    What its tables tell of people is remembered now, for now it leaves the house.
    """
    async with change("summaries.show", Action.WRITE_SUMMARY, by=by, form=form) as made:
        draft = await _draft_as_read(made.by, version)
        if minutes not in LENGTHS:
            raise Invalid(NOT_A_CHOICE, field="minutes")
        if draft.is_open:
            raise Conflict(STILL_SHOWN)
        for problem in draft.text_problems:
            raise problem
        row = draft.row or await _new_row(draft.material, made.by, version=draft.version, added=draft.added)
        held = plain(row.document)
        if draft.is_shown:
            raise Conflict(N_("This text has been shown already."))
        body = body_of(draft, made.by)
        row.document = json.dumps({"body": body, "bases": _bases(draft), "earlier": held.get("earlier", {})})
        row.minutes_shown, row.shown_until = minutes, made.by.now + timedelta(minutes=minutes)
        await row.save()
        made.subject = str(row.number)
        made.payload = {"version": row.version, "minutes": minutes, "text": row_digest(body["document"])}
        made.payload["published"] = await _remember(_bases(draft), row, made.by)
        await _mail("summary_shown", await _participants(by.consultation.id), by.consultation)
        return row


async def asked_until(actor: Actor) -> datetime | None:
    """Until when this participant may object to a draft; None where none is open to them."""
    if actor.participant is None or actor.why_not(Action.OBJECT) is not None:
        return None
    row = await latest(actor.consultation.id, "draft")
    return row.shown_until if row is not None and is_open(row, actor) else None


def default_length(actor: Actor) -> int:
    return IN_A_MEETING if is_one_meeting(actor) else OTHERWISE


def _bases(draft: Draft) -> dict[str, Any]:
    return {attribute: basis.records() for attribute, basis in draft.material.bases.items()}


def body_of(draft: Draft, by: Actor) -> dict[str, Any]:
    """The draft as it would be signed now."""
    return snapshot.unsigned(
        material=draft.material,
        document=draft.document,
        added=draft.added,
        tests=draft.tests,
        consultation=by.consultation,
        rounds=by.rounds,
        number=draft.number,
    )


async def _participants(consultation: UUID) -> set[UUID]:
    rows = await fetch("select account from memberships where consultation = $1 and role = 'participant'", consultation)
    return {row["account"] for row in rows}


async def sign(*, by: Actor, version: int | None = None, form: Filled[Any] | None = None) -> Summary:
    """The summary bears this person's signature; with the second one, by somebody else, it is published."""
    if by.person is None:
        raise Denied(NOT_YOURS)
    async with change("summaries.sign", Action.PUBLISH_SUMMARY, by=by, form=form) as made:
        draft = await _draft_as_read(made.by, version)
        signed = await signed_by(draft.row) if draft.row else set()
        if by.person.id in signed:
            raise Denied(OTHER_PERSON)
        role = await signing_role(made.by, draft.number, is_first=not signed)
        if draft.problems:
            raise draft.problems[0]
        row = draft.row
        if row is None:
            row = await _new_row(draft.material, made.by, version=draft.version, added=draft.added)
            await row.save()
        await SummarySignature(summary=row.id, account=by.person.id, version=row.version, signed_at=made.by.now).save()
        made.subject, made.payload = str(row.number), {"version": row.version, "role": role.value}
        if signed:
            if line := await holding.held(by.consultation.id):
                raise line
            made.payload |= await _publish(row, role, made.by)
        else:
            await _hold(row, draft, role, made.by)
        return row


async def signed_by(row: Summary) -> set[UUID]:
    """The accounts that have signed the summary as it stands."""
    found = await fetch(
        "select account from summary_signatures where summary = $1 and version = $2", row.id, row.version
    )
    return {one["account"] for one in found}


async def signing_role(by: Actor, number: int, *, is_first: bool) -> Role:
    """In what capacity the actor may sign now. Denied otherwise."""
    if is_first:
        if Role.CONVENOR not in by.roles:
            raise Denied(FIRST_IS_CONVENOR)
        return Role.CONVENOR
    for role in (Role.CONVENOR, Role.CURATOR):
        if role in by.roles:
            return role
    if by.participant is not None and by.participant.id == await drawn(by, number):
        return Role.PARTICIPANT
    raise Denied(NOT_YOURS)


def is_one_meeting(actor: Actor) -> bool:
    return tuple(item.phase for item in actor.rounds) == TEMPLATES["one_meeting"]


async def drawn(actor: Actor, number: int) -> int | None:
    """The participant whom the lot has chosen to sign summary `number`, in a consultation of one meeting.

    The lot is a hash of the consultation's seed, which was drawn before anybody joined.
    """
    if not is_one_meeting(actor):
        return None
    people = await Participant.objects().where(
        (Participant.consultation == actor.consultation.id) & (Participant.is_excluded.eq(False))
    )
    lots = {
        hashlib.sha256(
            f"{actor.consultation.seed}:{actor.consultation.id}:{number}:{one.id}".encode()
        ).hexdigest(): one.id
        for one in people
    }
    return lots[min(lots)] if lots else None


async def _hold(row: Summary, draft: Draft, role: Role, by: Actor) -> None:
    """What the first person signed is kept as it is, for the second to sign the same."""
    held, earlier = plain(row.document), await _objected(row, by)
    body = body_of(draft, by)
    if draft.is_shown:
        tests = {"tests": [one.to_json() for one in draft.tests], "reason": draft.added.balance_reason}
        answers = [dict(zip(("passage", "answer", "text"), one, strict=True)) for one in draft.objections.answers]
        body = held["body"] | {
            "document": draft.document.to_json(),
            "balance": tests,
            "objections": {"minutes": row.minutes_shown, "answers": answers},
        }
    row.document = json.dumps({"body": body, "bases": _bases(draft), "earlier": earlier, "first_role": role.value})
    await row.save()
    await _ask_second(row, by)


async def _ask_second(row: Summary, by: Actor) -> None:
    """Those who may sign second hear that a summary waits for them."""
    assert by.person is not None
    people = await fetch(
        "select distinct account from memberships where consultation = $1 and role in ('convenor', 'curator')",
        by.consultation.id,
    )
    accounts = {one["account"] for one in people}
    lot = await drawn(by, row.number)
    if lot is not None:
        accounts |= set((await access.accounts_of([lot])).values())
    await _mail("summary_to_sign", accounts - {by.person.id}, by.consultation)


async def _mail(kind: str, accounts: set[UUID], consultation: Consultation) -> None:
    people = await fetch(
        "select email, locale from accounts where id = any($1::uuid[]) and disabled_at is null order by email",
        list(accounts),
    )
    for one in people:
        await emails.send(kind, to=one["email"], locale=one["locale"], title=consultation.title, slug=consultation.slug)


async def _publish(row: Summary, second: Role, by: Actor) -> dict[str, Any]:
    held = plain(row.document)
    before = await latest(by.consultation.id, "published")
    record = snapshot.published(
        held["body"],
        day=by.now.date().isoformat(),
        signers=[held["first_role"], second.value],
        head=snapshot.Head(*await head_of(str(by.consultation.id))),
        previous=None if before is None else {"number": before.number, "hash": plain(before.snapshot)["hash"]},
    )
    row.status, row.published_at = "published", by.now
    row.snapshot = json.dumps(record, ensure_ascii=False)
    row.signature, row.key_id = record["signature"]["value"], record["signature"]["key_id"]
    await row.save()
    if before is not None:
        await execute("update summaries set is_corrected = true where id = $1", before.id)
    told: dict[str, str] = {} if row.shown_until is not None else await _remember(held["bases"], row, by)
    await _finish(by)
    await enqueue("announce_summary", summary_id=str(row.id))
    return {"hash": record["hash"], "published": told}


async def _remember(bases: Mapping[str, Sequence[Any]], row: Summary, by: Actor) -> dict[str, str]:
    """The counts behind the published tables of people, so that the next ones cannot be subtracted from them.

    Returns what stands under each key, as a digest for the governance log.
    """
    for attribute, records in bases.items():
        await execute(
            """
            insert into publications (id, consultation, audience, key, row, n_voters, analysis)
            values (gen_random_uuid(), $1, 'public', $2, $3::jsonb, 0, $4)
            on conflict (consultation, audience, key) do update set row = excluded.row, analysis = excluded.analysis
            """,
            by.consultation.id,
            BREAKDOWN_KEY % attribute,
            json.dumps(records),
            row.analysis,
        )
    return {BREAKDOWN_KEY % attribute: row_digest(records) for attribute, records in bases.items()}


async def _finish(by: Actor) -> None:
    """A consultation whose rounds are all over is published; one that goes on has a summary of what was."""
    if all(item.closes_at <= by.now for item in by.rounds):
        await execute(
            "update consultations set lifecycle = $2, published_at = coalesce(published_at, $3) "
            "where id = $1 and lifecycle = 'running'",
            by.consultation.id,
            Lifecycle.PUBLISHED.value,
            by.now,
        )


async def announce(*, summary_id: UUID) -> None:
    """Everybody who takes part has heard once that the summary is there; a repeated job sends nothing again."""
    row = await Summary.objects().where(Summary.id == summary_id).first()
    if row is None or row.status != "published":
        return
    by = await access.system_actor(row.consultation)
    chain = str(row.consultation)
    async with change("summaries.announce", Action.PUBLISH_SUMMARY, by=by, subject=str(row.number)) as made:
        told = await fetchval(
            "select exists(select from audit_events where chain = $1 and action = $2 and subject = $3)",
            chain,
            "summaries.announce",
            str(row.number),
        )
        if told:
            raise Conflict(N_("This summary has been announced already."))
        await _mail("summary_published", await _participants(row.consultation), by.consultation)
        made.payload = {"announced": True}


async def published(consultation: UUID) -> list[Summary]:
    """Every published summary, the newest first; none is ever taken away."""
    return list(
        await Summary.objects()
        .where((Summary.consultation == consultation) & (Summary.status == "published"))
        .order_by(Summary.number, ascending=False)
    )
