"""Taking away a role that a convenor gave: asked first, then done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor
from app.actions import roles
from app.forms import read
from app.language import gettext
from app.rendering import AnyRequest, page, see_other, url
from deliberation.phases import Action, Role


class NoFields(msgspec.Struct):
    """Nothing but the button."""


def appointed_roles() -> list[tuple[str, str]]:
    """The roles that convenors give, and take away."""
    return [
        ("moderator", gettext("Moderator")),
        ("curator", gettext("Curator")),
        ("convenor", gettext("Convenor")),
        ("auditor", gettext("Auditor")),
    ]


@get("/c/{slug:str}/convene/people/{member:uuid}", opt={"action": Action.APPOINT})
async def ask_to_remove(request: AnyRequest, actor: NamedDependency[Actor], member: FromPath[UUID]) -> Response[Any]:
    row = await roles.given(member, by=actor)
    return page(
        request,
        "convene/remove_role.html",
        actor=actor,
        row=row,
        role_name=dict(appointed_roles())[row["role"]],
        is_self=_is_self(actor, row),
    )


@post("/c/{slug:str}/convene/people/{member:uuid}", opt={"action": Action.APPOINT}, status_code=200)
async def remove(request: AnyRequest, actor: NamedDependency[Actor], member: FromPath[UUID]) -> Response[Any]:
    form = await read(request, NoFields)
    row = await roles.given(member, by=actor)
    await roles.remove(member=member, by=actor, form=form)
    is_out = _is_self(actor, row) and row["role"] == Role.CONVENOR
    said = gettext("The role is taken away. The person is told so by e-mail.")
    return see_other(request, url(f"/c/{actor.consultation.slug}" + ("" if is_out else "/convene")), said=said)


def _is_self(actor: Actor, row: Any) -> bool:
    return actor.person is not None and actor.person.id == row["account"]


HANDLERS = [ask_to_remove, remove]
