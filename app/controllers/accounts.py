"""Sign in with a one-time code or a password, sign out, my details."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import QueryParameter

from app import auth, front
from app.actions import accounts, oidc
from app.forms import NOT_A_LANGUAGE, Filled, blank, read
from app.language import LANGUAGES, current_locale, gettext, time_zones
from app.refusals import N_
from app.rendering import AnyRequest, page, see_other, url
from deliberation.phases import Action

Email = Annotated[str, msgspec.Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class AskForm(msgspec.Struct):
    email: Email
    next: Annotated[str, msgspec.Meta(max_length=400)] = ""


class CodeForm(msgspec.Struct):
    email: Email
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    next: Annotated[str, msgspec.Meta(max_length=400)] = ""


class PasswordForm(msgspec.Struct):
    email: Email
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=auth.MAX_PASSWORD)]
    next: Annotated[str, msgspec.Meta(max_length=400)] = ""


class DetailsForm(msgspec.Struct):
    zone: Annotated[str, msgspec.Meta(max_length=64)]
    locale: Annotated[str, msgspec.Meta(max_length=8)]
    name: Annotated[str, msgspec.Meta(max_length=120)] = ""


@get("/sign-in", opt={"action": Action.SIGN_IN})
async def ask(request: AnyRequest, next_path: Annotated[str, QueryParameter(name="next")] = "") -> Response[Any]:
    if auth.visit(request).half is not None:
        return see_other(request, url("/sign-in/factor", next=auth.safe_next(next_path) or None))
    return _ask_page(request, blank(next=auth.safe_next(next_path)))


def _ask_page(request: AnyRequest, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    return page(request, "accounts/sign_in.html", status=status, form=form, provider=oidc.provider())


@post("/sign-in", opt={"action": Action.SIGN_IN}, status_code=200)
async def send_code(request: AnyRequest) -> Response[Any]:
    form = await read(request, AskForm)
    if not form.is_valid:
        if "email" in form.errors:
            form.refuse("email", N_("Please give an e-mail address, such as name@example.org."))
        return _ask_page(request, form, status=422)
    visit = auth.visit(request)
    await accounts.request_code(
        email=form.data.email, browser=visit.browser, next_path=form.data.next, locale=current_locale()
    )
    return page(request, "accounts/code.html", form=blank(email=form.data.email, next=form.data.next))


@post("/sign-in/code", opt={"action": Action.SIGN_IN}, status_code=200)
async def use_code(request: AnyRequest) -> Response[Any]:
    form = await read(request, CodeForm)
    visit = auth.visit(request)
    if form.is_valid:
        with form.refusals():
            token, next_path = await accounts.sign_in_with_code(
                email=form.data.email, code=form.data.code, browser=visit.browser, locale=current_locale()
            )
            return await signed_in(request, token, next_path)
    return page(request, "accounts/code.html", status=422, form=form)


@get("/sign-in/password", opt={"action": Action.SIGN_IN})
async def ask_password(
    request: AnyRequest, next_path: Annotated[str, QueryParameter(name="next")] = ""
) -> Response[Any]:
    return page(request, "accounts/password.html", form=blank(next=auth.safe_next(next_path)))


@post("/sign-in/password", opt={"action": Action.SIGN_IN}, status_code=200)
async def use_password(request: AnyRequest) -> Response[Any]:
    form = await read(request, PasswordForm)
    if form.is_valid:
        with form.refusals():
            token = await accounts.sign_in_with_password(email=form.data.email, password=form.data.password)
            return await signed_in(request, token, form.data.next)
    form.typed.pop("password", None)
    return page(request, "accounts/password.html", status=422, form=form)


async def signed_in(request: AnyRequest, token: str, next_path: str) -> Response[Any]:
    """303 to where they were going, or first to the second factor, with the cookie of the new session."""
    goal = auth.safe_next(next_path)
    if await accounts.awaits_factor(token=token):
        answer = see_other(request, url("/sign-in/factor", next=goal or None))
    else:
        answer = see_other(request, goal or url("/"), said=gettext("You are signed in."))
    answer.headers["set-cookie"] = front.session_cookie(token)
    return answer


@post("/sign-out", opt={"action": Action.SEE_SITE}, status_code=303)
async def sign_out(request: AnyRequest) -> Response[Any]:
    token = auth.visit(request).token
    if token:
        await accounts.sign_out(token=token)
    answer = see_other(request, url("/"), said=gettext("You are signed out."))
    answer.headers["set-cookie"] = front.cookie("sid", "", 0)
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


def _choices() -> dict[str, Any]:
    return {
        "language_options": list(LANGUAGES.items()),
        "zones": [(zone, zone.replace("_", " ")) for zone in time_zones()],
    }


@get("/me", opt={"action": Action.SEE_OWN_ACCOUNT})
async def details(request: AnyRequest) -> Response[Any]:
    person = auth.person_of(request)
    form = blank(name=person.name, zone=person.zone, locale=person.locale)
    return page(request, "accounts/details.html", form=form, person=person, **_choices())


@post("/me", opt={"action": Action.SEE_OWN_ACCOUNT}, status_code=200)
async def change_details(request: AnyRequest) -> Response[Any]:
    person = auth.person_of(request)
    form = await read(request, DetailsForm)
    if form.is_valid and form.data.zone not in time_zones():
        form.refuse("zone", N_("Please choose a time zone from the list."))
    if form.is_valid and form.data.locale not in LANGUAGES:
        form.refuse("locale", NOT_A_LANGUAGE)
    if not form.is_valid:
        return page(request, "accounts/details.html", status=422, form=form, person=person, **_choices())
    await accounts.change_details(account=person.id, name=form.data.name, zone=form.data.zone, locale=form.data.locale)
    return see_other(request, url("/me"), said=gettext("Your details are saved."))


HANDLERS = [ask, send_code, use_code, ask_password, use_password, sign_out, details, change_details]
