"""Roles that a convenor takes away again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app import emails
from app.access import Actor, short_code
from app.actions import consultations, curators
from app.actions.record import change
from app.database import execute, fetchrow, fetchval
from app.forms import Filled
from app.refusals import N_, Conflict, NotFound
from deliberation.phases import Action, Role


async def given(member: UUID, *, by: Actor) -> Any:
    """A role that somebody was given here, with their address; NotFound where it is none, or none any more."""
    row = await fetchrow(
        "select m.id, m.role, m.account, a.email from memberships m join accounts a on a.id = m.account "
        "where m.consultation = $1 and m.id = $2 and m.role = any($3::text[])",
        by.consultation.id,
        member,
        [role.value for role in consultations.APPOINTED],
    )
    if row is None:
        raise NotFound(N_("Nobody has this role here any more."))
    return row


async def remove(*, member: UUID, by: Actor, form: Filled[Any] | None = None) -> None:
    """The person holds this role here no more, from this moment on, and is told; what they did stays on record.

    Raises NotFound where nobody holds it, and Conflict for the only convenor.
    """
    async with change("consultations.remove_role", Action.APPOINT, by=by, form=form) as made:
        row = await given(member, by=by)
        if row["role"] == Role.CONVENOR and await _n_convenors(by) == 1:
            raise Conflict(N_("The only convenor stays: appoint another one first."))
        if row["role"] == Role.CURATOR:
            await curators.remove(email=row["email"], by=by)
        else:
            await execute("delete from memberships where id = $1", member)
        made.subject, made.payload = row["role"], {"account": short_code(row["account"])}
        await emails.send_to([row["account"]], "role_removed", by.consultation, role=row["role"])


async def _n_convenors(by: Actor) -> int:
    found = "select count(*) from memberships where consultation = $1 and role = 'convenor'"
    return int(await fetchval(found, by.consultation.id))
