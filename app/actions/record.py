"""What every action shares: one transaction, a check under lock, a form that counts once, and one audit event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.access import Actor
from app.analysis.governance import head_of
from app.database import execute, fetchval, now, transaction
from app.forms import Filled
from app.refusals import N_, AlreadyDone, Conflict, NotFound
from app.tables.audit import AuditEvent
from app.tables.consultations import Consultation
from app.tables.outbox import UsedForm
from app.tables.rounds import Round
from deliberation.phases import Action

SITE_CHAIN = "site"
SITE_LOCK = 724_002
GENESIS = "0" * 64


@dataclass
class Change:
    """A change under way. `by` is the actor with the state as it is under lock; the rest goes into the audit event."""

    by: Actor
    subject: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    outcome: str = ""


@asynccontextmanager
async def change(
    event: str, action: Action, *, by: Actor, form: Filled[Any] | None = None, subject: str = ""
) -> AsyncIterator[Change]:
    """Everything inside happens together with its audit event, or not at all.

    The consultation's row is locked, and the action is checked again against its rounds and the database's clock.
    A form whose key was used already raises `AlreadyDone` (same content) or `Conflict` (other content).
    """
    async with transaction():
        fresh = await _under_lock(by)
        fresh.check(action)
        made = Change(fresh, subject)
        if form is not None:
            await claim_form(form, _whose(by))
        yield made
        if form is not None:
            await settle_form(form, _whose(by), made.outcome)
        await append_event(
            str(fresh.consultation.id), actor=fresh.label, action=event, subject=made.subject, payload=made.payload
        )


async def _under_lock(by: Actor) -> Actor:
    locked = await fetchval("select id from consultations where id = $1 for no key update", by.consultation.id)
    if locked is None:
        raise NotFound
    consultation = await Consultation.objects().where(Consultation.id == by.consultation.id).first()
    assert consultation is not None
    rounds = await Round.objects().where(Round.consultation == consultation.id).order_by(Round.number)
    return replace(by, consultation=consultation, rounds=tuple(rounds), now=await now())


def _whose(by: Actor) -> str:
    return str(by.person.id) if by.person else "visitor"


def _form_key(form: Filled[Any], whose: str) -> str:
    return hashlib.sha256(f"{whose}:{form.key}".encode()).hexdigest()


async def claim_form(form: Filled[Any], whose: str) -> None:
    """This copy of the form is the one that counts. Raises AlreadyDone for a second copy, Conflict for a reused key."""
    if not form.key:
        return
    key = _form_key(form, whose)
    mine = await fetchval(
        """
        insert into used_forms (id, key, content_hash, outcome, used_at)
        values (gen_random_uuid(), $1, $2, '', clock_timestamp()) on conflict (key) do nothing returning id
        """,
        key,
        form.content_hash,
    )
    if mine is not None:
        return
    used = await UsedForm.objects().where(UsedForm.key == key).first()
    if used is not None and used.content_hash == form.content_hash:
        raise AlreadyDone(used.outcome)
    raise Conflict(N_("This form was sent already with other content. Please open the page again."))


async def is_second_copy(form: Filled[Any], by: Actor) -> bool:
    """Whether a form with this key has counted already; the action will say where the first one led."""
    key = _form_key(form, _whose(by))
    return bool(form.key and await fetchval("select true from used_forms where key = $1", key))


async def settle_form(form: Filled[Any], whose: str, outcome: str) -> None:
    """Where the first copy of the form led, for the second."""
    if form.key:
        await execute("update used_forms set outcome = $2 where key = $1", _form_key(form, whose), outcome[:300])


@asynccontextmanager
async def site_change(event: str, *, actor: str, subject: str = "") -> AsyncIterator[dict[str, Any]]:
    """The same for what concerns no single consultation; yields the payload of its audit event."""
    payload: dict[str, Any] = {}
    async with transaction():
        await execute("select pg_advisory_xact_lock($1)", SITE_LOCK)
        yield payload
        await append_event(SITE_CHAIN, actor=actor, action=event, subject=subject, payload=payload)


async def append_event(chain: str, *, actor: str, action: str, subject: str, payload: Mapping[str, Any]) -> None:
    """Adds one event to a chain. The caller holds the lock that orders the chain."""
    last, previous = await head_of(chain)
    sequence = last + 1
    happened_at = await now()
    text = json.dumps(payload, sort_keys=True, ensure_ascii=False, default=str)
    await AuditEvent(
        chain=chain,
        sequence=sequence,
        happened_at=happened_at,
        actor=actor,
        action=action,
        subject=subject,
        payload=text,
        previous_hash=previous,
        hash=event_hash(chain, sequence, happened_at, actor, action, subject, json.loads(text), previous),
    ).save()


def event_hash(
    chain: str,
    sequence: int,
    happened_at: datetime,
    actor: str,
    action: str,
    subject: str,
    payload: Any,
    previous: str,
) -> str:
    """SHA-256 over the event and the hash before it, as canonical JSON."""
    body = [chain, sequence, happened_at.isoformat(), actor, action, subject, payload, previous]
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
