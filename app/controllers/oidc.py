"""Sign in at an outside provider, where one is set: there, and back."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.params import QueryParameter

from app import auth
from app.actions import oidc
from app.controllers.accounts import signed_in
from app.language import current_locale
from app.refusals import Denied, NotFound
from app.rendering import AnyRequest
from app.settings import Provider
from deliberation.phases import Action


def _provider() -> Provider:
    found = oidc.provider()
    if found is None:
        raise NotFound
    return found


@get("/sign-in/provider", opt={"action": Action.SIGN_IN})
async def leave(request: AnyRequest, next_path: Annotated[str, QueryParameter(name="next")] = "") -> Response[Any]:
    at, visit = _provider(), auth.visit(request)
    visit.uses_forms = True  # the browser gets the cookie that it comes back with
    address = await oidc.begin(
        at=at, browser=visit.browser, next_path=auth.safe_next(next_path), locale=current_locale()
    )
    return Response("", status_code=303, headers={"Location": address})


@get("/sign-in/provider/back", opt={"action": Action.SIGN_IN})
async def come_back(
    request: AnyRequest,
    code: Annotated[str, QueryParameter(max_length=4_000)] = "",
    given_state: Annotated[str, QueryParameter(name="state", max_length=400)] = "",
    issuer: Annotated[str, QueryParameter(name="iss", max_length=400)] = "",
    error: Annotated[str, QueryParameter(max_length=400)] = "",
) -> Response[Any]:
    at = _provider()
    if error:
        raise Denied(oidc.REFUSED)
    token, next_path = await oidc.finish(
        at=at,
        code=code,
        state=given_state,
        issuer=issuer,
        browser=auth.visit(request).browser,
        locale=current_locale(),
    )
    return await signed_in(request, token, next_path)


HANDLERS = [leave, come_back]
