"""Summaries: written by a convenor, signed by two different people, published as a signed snapshot, corrected by a new
number while the old one stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions.record import change
from app.analysis import summary as reading
from app.analysis.summary import BREAKDOWN_KEY
from app.analysis.summary_material import Material
from app.database import execute, fetch, fetchrow, fetchval
from app.documents import snapshot
from app.documents.added import Added, Uncited, uncited
from app.documents.balance import BalanceTest, check, failed
from app.documents.model import Document
from app.documents.summary import build, known_citations
from app.forms import Filled
from app.language import use_locale
from app.queue import enqueue
from app.refusals import N_, Conflict, Denied, Invalid
from app.tables.consultations import Consultation
from app.tables.participants import Participant
from app.tables.publications import Summary, SummarySignature
from deliberation.phases import TEMPLATES, Action, Lifecycle, Role

NOT_READY = N_("A summary can be written once a propose round has closed and its analysis is ready.")
NOT_YOURS = N_(
    "The second signature is another convenor's, an appointed curator's, or that of a participant drawn by lot."
)
FIRST_IS_CONVENOR = N_("A convenor signs first.")
OTHER_PERSON = N_("You have signed already. A second person has to sign too.")
CHANGED = N_("Somebody else changed the summary in the meantime.")
UNCITED = N_("A claim without a citation cannot be published.")
UNBALANCED = N_("A balance test has not passed. Change the text, or write a public reason.")
UNEXPLAINED = N_("Please write what has changed since the last published summary, and why.")


@dataclass(frozen=True)
class Draft:
    """The summary that is being written: its row if anything was written, the document as it would be published."""

    row: Summary | None
    number: int
    version: int
    added: Added
    material: Material
    document: Document
    tests: tuple[BalanceTest, ...]
    uncited: tuple[Uncited, ...]
    previous: Summary | None
    first_role: str

    @property
    def problems(self) -> tuple[str, ...]:
        """The sentences that stand between this draft and its publication."""
        found = []
        if self.uncited:
            found.append(UNCITED)
        if failed(self.tests) and not self.added.balance_reason.strip():
            found.append(UNBALANCED)
        if self.previous is not None and not self.added.correction.strip():
            found.append(UNEXPLAINED)
        return tuple(found)


async def latest(consultation: UUID, status: str) -> Summary | None:
    """The newest summary of a consultation with this status."""
    return (
        await Summary.objects()
        .where((Summary.consultation == consultation) & (Summary.status == status))
        .order_by(Summary.number, ascending=False)
        .first()
    )


async def draft_of(actor: Actor) -> Draft | None:
    """The draft as it stands now; None until there is something to write about."""
    material = await reading.gather(actor)
    if material is None:
        return None
    row = await latest(actor.consultation.id, "draft")
    previous = await latest(actor.consultation.id, "published")
    number = row.number if row else (previous.number + 1 if previous else 1)
    added = Added.from_json(plain(row.words)) if row else Added(language=actor.consultation.language)
    document = build(
        material, actor.consultation, added, number=number, previous_number=previous.number if previous else None
    )
    with use_locale("en"):
        # What is stored and signed is the same whoever looks at it.
        tests = check(document, material, added)
    return Draft(
        row,
        number,
        row.version if row else 0,
        added,
        material,
        document,
        tests,
        uncited(added, known_citations(document)),
        previous,
        plain(row.document).get("first_role", "") if row else "",
    )


def plain(stored: Any) -> dict[str, Any]:
    """A JSON column as a dict."""
    return dict(json.loads(stored)) if isinstance(stored, str) else dict(stored or {})


async def write(*, added: Added, version: int, by: Actor, form: Filled[Any] | None = None) -> None:
    """The draft holds this text, and earlier signatures under it count no more. Conflict if somebody was faster."""
    async with change("summaries.write", Action.WRITE_SUMMARY, by=by, form=form) as made:
        material = await reading.gather(made.by)
        if material is None:
            raise Denied(NOT_READY)
        row = await latest(by.consultation.id, "draft")
        if (row.version if row else 0) != version:
            raise Conflict(CHANGED)
        if row is None:
            before = await latest(by.consultation.id, "published")
            row = Summary(
                consultation=by.consultation.id,
                analysis=material.analysis_id,
                number=before.number + 1 if before else 1,
                version=0,
                created_at=made.by.now,
            )
        row.round, row.analysis = material.closed.id, material.analysis_id
        row.version, row.words, row.document = version + 1, json.dumps(added.to_json()), "{}"
        await row.save()
        made.subject, made.payload = str(row.number), {"version": row.version}


async def sign(*, by: Actor, version: int | None = None, form: Filled[Any] | None = None) -> Summary:
    """The summary bears this person's signature; with the second one, by somebody else, it is published."""
    if by.person is None:
        raise Denied(NOT_YOURS)
    async with change("summaries.sign", Action.PUBLISH_SUMMARY, by=by, form=form) as made:
        draft = await draft_of(made.by)
        if draft is None:
            raise Denied(NOT_READY)
        if version is not None and version != draft.version:
            raise Conflict(CHANGED)
        if draft.problems:
            raise Invalid(draft.problems[0])
        row = draft.row or await _first_row(draft, made.by)
        signed = await signed_by(row)
        if by.person.id in signed:
            raise Denied(OTHER_PERSON)
        role = await signing_role(made.by, row.number, is_first=not signed)
        await SummarySignature(summary=row.id, account=by.person.id, version=row.version, signed_at=made.by.now).save()
        made.subject, made.payload = str(row.number), {"version": row.version, "role": role.value}
        if signed:
            made.payload["hash"] = await _publish(row, role, made.by)
        else:
            await _hold(row, draft, role, made.by)
        return row


async def _first_row(draft: Draft, by: Actor) -> Summary:
    """A summary nobody wrote anything for is signed as it was generated."""
    row = Summary(
        consultation=by.consultation.id,
        round=draft.material.closed.id,
        analysis=draft.material.analysis_id,
        number=draft.number,
        version=draft.version,
        words=json.dumps(draft.added.to_json()),
        created_at=by.now,
    )
    await row.save()
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
    body = snapshot.unsigned(
        material=draft.material,
        document=draft.document,
        added=draft.added,
        tests=draft.tests,
        consultation=by.consultation,
        rounds=by.rounds,
        number=row.number,
    )
    bases = {attribute: basis.records() for attribute, basis in draft.material.bases.items()}
    row.document = json.dumps({"body": body, "bases": bases, "first_role": role.value})
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


async def _publish(row: Summary, second: Role, by: Actor) -> str:
    held = plain(row.document)
    head = await fetchrow(
        "select sequence, hash from audit_events where chain = $1 order by sequence desc limit 1",
        str(by.consultation.id),
    )
    assert head is not None
    before = await latest(by.consultation.id, "published")
    record = snapshot.published(
        held["body"],
        day=by.now.date().isoformat(),
        signers=[held["first_role"], second.value],
        head=snapshot.Head(head["sequence"], head["hash"]),
        previous=None if before is None else {"number": before.number, "hash": plain(before.snapshot)["hash"]},
    )
    row.status, row.published_at = "published", by.now
    row.snapshot = json.dumps(record, ensure_ascii=False)
    row.signature, row.key_id = record["signature"]["value"], record["signature"]["key_id"]
    await row.save()
    if before is not None:
        await execute("update summaries set is_corrected = true where id = $1", before.id)
    await _remember(held["bases"], row, by)
    await _finish(by)
    await enqueue("announce_summary", summary_id=str(row.id))
    return str(record["hash"])


async def _remember(bases: Mapping[str, Sequence[Any]], row: Summary, by: Actor) -> None:
    """The counts behind the published tables of people, so that the next ones cannot be subtracted from them."""
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
        people = await fetch(
            "select account from memberships where consultation = $1 and role = 'participant'", row.consultation
        )
        await _mail("summary_published", {one["account"] for one in people}, by.consultation)
        made.payload = {"announced": True}


async def published(consultation: UUID) -> list[Summary]:
    """Every published summary, the newest first; none is ever taken away."""
    return list(
        await Summary.objects()
        .where((Summary.consultation == consultation) & (Summary.status == "published"))
        .order_by(Summary.number, ascending=False)
    )
