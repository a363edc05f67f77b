"""The second factor: set it up, give it when signing in and afresh, have new recovery codes, switch it off."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
import segno
from litestar import Response, get, post
from litestar.params import QueryParameter

from app import auth, front
from app.actions import factors
from app.auth import Person
from app.database import now
from app.forms import Filled, blank, read
from app.language import gettext
from app.refusals import N_, Denied, FactorAsked, Invalid, NotSignedIn
from app.rendering import AnyRequest, fragment, page, see_other, url, wants_fragment
from app.settings import DEMO_ACCOUNTS, get_settings
from deliberation.phases import Action

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class GiveForm(msgspec.Struct):
    code: Code
    next: Annotated[str, msgspec.Meta(max_length=400)] = ""


class ConfirmForm(msgspec.Struct):
    code: Code


class ChangeForm(msgspec.Struct):
    code: Code
    what: Literal["codes", "off"]


def _asked(request: AnyRequest) -> Person:
    """Whose factor is asked for: of who has half a session, or of who is signed in and gives it afresh."""
    visit = auth.visit(request)
    person = visit.half or visit.account
    if person is None:
        raise NotSignedIn(N_("Please sign in first."))
    return person


@get("/sign-in/factor", opt={"action": Action.SIGN_IN})
async def ask(request: AnyRequest, next_path: Annotated[str, QueryParameter(name="next")] = "") -> Response[Any]:
    if (await factors.standing(_asked(request).id)).enabled_at is None:
        return see_other(request, url("/me/factor"))
    return page(request, "accounts/give_factor.html", form=blank(next=auth.safe_next(next_path)))


@post("/sign-in/factor", opt={"action": Action.SIGN_IN}, status_code=200)
async def give(request: AnyRequest) -> Response[Any]:
    form, person = await read(request, GiveForm), _asked(request)
    if form.is_valid:
        with form.refusals():
            token = await factors.give(account=person.id, token=auth.visit(request).token, code=form.data.code)
            said = gettext("You are signed in.") if auth.visit(request).half else None
            return _with(see_other(request, auth.safe_next(form.data.next) or url("/"), said=said), token)
    form.typed.pop("code", None)
    return page(request, "accounts/give_factor.html", status=422, form=form)


@get("/me/factor", opt={"action": Action.SEE_OWN_ACCOUNT})
async def show(request: AnyRequest) -> Response[Any]:
    return await _shown(request, blank())


@post("/me/factor", opt={"action": Action.SEE_OWN_ACCOUNT}, status_code=303)
async def begin(request: AnyRequest) -> Response[Any]:
    person = auth.person_of(request)
    if get_settings().is_demo and person.email in DEMO_ACCOUNTS.values():
        raise Denied(N_("The people of the demo stay: the next visitor needs them."))
    await factors.begin(account=person.id)
    return see_other(request, url("/me/factor"))


@post("/me/factor/confirm", opt={"action": Action.SEE_OWN_ACCOUNT}, status_code=200)
async def confirm(request: AnyRequest) -> Response[Any]:
    form, visit = await read(request, ConfirmForm), auth.visit(request)
    if form.is_valid:
        with form.refusals():
            token, codes = await factors.confirm(
                account=auth.person_of(request).id, token=visit.token, code=form.data.code
            )
            # The page is the new session's: its forms carry that one's token.
            visit.token, visit.owes_factor = token, False
            return _with(page(request, "accounts/recovery_codes.html", codes=codes), token)
    return await _shown(request, form, status=422)


@post("/me/factor/change", opt={"action": Action.SEE_OWN_ACCOUNT}, status_code=200)
async def change(request: AnyRequest) -> Response[Any]:
    form, person = await read(request, ChangeForm), auth.person_of(request)
    if form.is_valid:
        with form.refusals():
            if form.data.what == "codes":
                codes = await factors.renew_codes(account=person.id, code=form.data.code)
                return page(request, "accounts/recovery_codes.html", codes=codes)
            await factors.switch_off(account=person.id, code=form.data.code)
            return see_other(request, url("/me/factor"), said=gettext("The second factor is switched off."))
    return await _shown(request, form, status=422)


async def _shown(request: AnyRequest, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    person, visit = auth.person_of(request), auth.visit(request)
    standing = await factors.standing(person.id)
    picture = ""
    if standing.secret:
        square = segno.make(factors.address_of(standing.secret, person.email), error="m")
        picture = square.svg_data_uri(scale=5, border=4, light="white")
    return page(
        request,
        "accounts/factor.html",
        status=status,
        form=form,
        standing=standing,
        picture=picture,
        is_owed=visit.owes_factor,
        zone=person.zone,
    )


async def take_code(request: AnyRequest) -> None:
    """A code that rides along in a form is given before anything else; the session goes on under a new token."""
    code = next((value for name, value in request.scope["state"].get("sent", ()) if name == "_factor"), "")
    visit = auth.visit(request)
    person = visit.account
    if not code or person is None or not person.has_factor:
        return
    try:
        visit.token = await factors.give(account=person.id, token=visit.token, code=code)
    except Invalid as refusal:
        raise FactorAsked(refusal.message) from None
    visit.is_renewed, visit.account = True, replace(person, factor_at=await now())


def asked_page(request: AnyRequest, refusal: FactorAsked) -> Response[Any]:
    """The form that was sent, with a place for a code; what only reads is asked for again once the code is given."""
    state, is_write = request.scope["state"], request.method not in auth.SAFE_METHODS
    here = url(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    sent = state.get("sent", []) if is_write else [("next", here)]
    context: dict[str, Any] = {
        "target": here if is_write else url("/sign-in/factor"),
        "field_name": "_factor" if is_write else "code",
        "sent": [(name, value) for name, value in sent if name not in {"_csrf_token", "_factor"}],
        "error": refusal if any(name == "_factor" for name, _ in sent) else None,
    }
    if wants_fragment(request):
        swap = {"HX-Retarget": "#main", "HX-Reswap": "innerHTML"}
        return fragment(request, "accounts/_step_up.html", status=403, headers=swap, **context)
    return page(request, "accounts/step_up.html", status=403, **context)


def _with(answer: Response[Any], token: str) -> Response[Any]:
    answer.headers["set-cookie"] = front.session_cookie(token)
    return answer


HANDLERS = [ask, give, show, begin, confirm, change]
