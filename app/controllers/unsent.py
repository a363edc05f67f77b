"""A form whose session had ended on the way: after signing in again its sender sends it, or throws it away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from app import auth
from app.actions import unsent
from app.forms import NEVER_SHOWN
from app.language import gettext
from app.rendering import AnyRequest, page, see_other, url
from deliberation.phases import Action

LONGEST_PATH = 400


async def keep(request: AnyRequest) -> UUID | None:
    """The id under which the form of an ended session waits; None where it is not one."""
    visit = auth.visit(request)
    token = request.cookies.get(auth.cookie_name("sid"), "")
    path = request.url.path
    if visit.token or not auth.is_from_here(request) or len(token) != auth.TOKEN_LENGTH or len(path) > LONGEST_PATH:
        return None
    sent: list[tuple[str, str]] = request.scope["state"].get("sent", [])
    given = request.headers.get("x-csrf-token") or next((value for name, value in sent if name == "_csrf_token"), "")
    fields = [(name, value) for name, value in sent if name == "_key" or name not in NEVER_SHOWN]
    return await unsent.keep(token=token, csrf_token=given, path=path, fields=fields)


@get("/unsent/{number:uuid}", opt={"action": Action.SEE_OWN_ACCOUNT})
async def show(request: AnyRequest, number: FromPath[UUID]) -> Response[Any]:
    person = auth.person_of(request)
    path, fields = await unsent.find(unsent=number, account=person.id)
    return page(
        request,
        "accounts/unsent.html",
        target=url(path),
        fields=fields,
        texts=[value for name, value in fields if not name.startswith("_") and " " in value.strip()],
        number=number,
    )


@post("/unsent/{number:uuid}/discard", opt={"action": Action.SEE_OWN_ACCOUNT}, status_code=303)
async def discard(request: AnyRequest, number: FromPath[UUID]) -> Response[Any]:
    person = auth.person_of(request)
    await unsent.discard(unsent=number, account=person.id)
    return see_other(request, url("/"), said=gettext("It is thrown away."))


HANDLERS = [show, discard]
