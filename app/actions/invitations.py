"""Invitations: a seat for each address, by a link that works once and for that address alone."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from app import auth, emails
from app.access import Actor
from app.actions.record import change
from app.database import fetchval
from app.forms import Filled
from app.refusals import N_, Invalid
from app.seals import stop_token
from app.topics import Topic
from deliberation.phases import Action

MAX_AT_ONCE = 500
LIFE = timedelta(days=30)
ADDRESS = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,180}\.[^@\s,;<>.]{2,20}")

# A new link for somebody who was invited before replaces the old one; a seat that is taken stays taken, and who has
# said that they want no invitation to this consultation gets none.
INSERT = """
insert into invitations (id, consultation, email, token_hash, constituency, created_at, expires_at)
values (gen_random_uuid(), $1, $2, $3, '', $4, $5)
on conflict (consultation, email) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at
where invitations.used_at is null and invitations.declined_at is null
returning id
"""


def addresses_in(text: str) -> list[str]:
    """The addresses of a pasted list, each once; Invalid names the first part that is none."""
    parts = [part for part in re.split(r"[\s,;]+", text) if part.strip("<>")]
    wrong = next((part for part in parts if not ADDRESS.fullmatch(part.strip("<>"))), None)
    if wrong is not None:
        raise Invalid(N_("“%(part)s” is not an e-mail address."), field="emails", part=wrong[:80])
    found = list(dict.fromkeys(auth.normalised_email(part.strip("<>")) for part in parts))
    if len(found) > MAX_AT_ONCE:
        raise Invalid(N_("At most %(n)s addresses at once, please."), field="emails", n=MAX_AT_ONCE)
    return found


async def invite(*, addresses: str, by: Actor, form: Filled[Any] | None = None) -> int:
    """Each address has an invitation on its way; how many."""
    found = addresses_in(addresses)
    if not found:
        raise Invalid(N_("Please give at least one e-mail address."), field="emails")
    async with change("consultations.invite", Action.INVITE, by=by, form=form) as made:
        n = 0
        for address in found:
            n += await _invite_one(address, made.by)
        made.payload, made.outcome = {"n": n}, f"/c/{by.consultation.slug}/convene"
        return n


def invitation_stop(language: str, invitation: UUID) -> str:
    """Where somebody who was invited says that they will not come, without an account."""
    return f"/{language}/messages/stop/{stop_token(str(invitation), Topic.INVITATIONS)}"


async def _invite_one(address: str, by: Actor) -> int:
    token = auth.new_token()
    seat = await fetchval(
        INSERT, by.consultation.id, address, hashlib.sha256(token.encode()).hexdigest(), by.now, by.now + LIFE
    )
    if seat is None:
        return 0
    await emails.send(
        "invitation",
        to=address,
        locale=by.consultation.language,
        stop_path=invitation_stop(by.consultation.language, seat),
        consultation=by.consultation,
        path=f"/{by.consultation.language}/c/{by.consultation.slug}/join?invitation={token}",
    )
    return 1
