"""My password and the browsers in which I am signed in; for who governs, also those of others and lost factors."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from app import auth
from app.actions import factor_removals, passwords, sessions
from app.controllers.accounts import Email
from app.forms import NOT_A_CHOICE, Filled, blank, read
from app.language import gettext, ngettext
from app.refusals import Invalid
from app.rendering import AnyRequest, page, see_other, url
from deliberation.phases import Action


class AskForm(msgspec.Struct):
    account: UUID
    reason: Annotated[str, msgspec.Meta(min_length=8, max_length=500)]


class AnswerForm(msgspec.Struct):
    agrees: Literal["yes", "no"]


class PasswordForm(msgspec.Struct):
    current: Annotated[str, msgspec.Meta(max_length=auth.MAX_PASSWORD)]
    password: Annotated[str, msgspec.Meta(max_length=auth.MAX_PASSWORD)]


class EndForm(msgspec.Struct):
    email: Email


@get("/me/sessions", opt={"action": Action.SEE_OWN_ACCOUNT})
async def mine(request: AnyRequest) -> Response[Any]:
    person = auth.person_of(request)
    found = await sessions.mine(account=person.id, token=auth.visit(request).token)
    return page(request, "accounts/sessions.html", sessions=found, zone=person.zone)


@post("/me/sessions/{session_id:uuid}/end", opt={"action": Action.SEE_OWN_ACCOUNT}, status_code=303)
async def end(request: AnyRequest, session_id: FromPath[UUID]) -> Response[Any]:
    await sessions.end(account=auth.person_of(request).id, session=session_id)
    return see_other(request, url("/me/sessions"), said=gettext("That browser is signed out."))


@post("/me/sessions/end-others", opt={"action": Action.SEE_OWN_ACCOUNT}, status_code=303)
async def end_others(request: AnyRequest) -> Response[Any]:
    await sessions.end_others(account=auth.person_of(request).id, token=auth.visit(request).token)
    return see_other(request, url("/me/sessions"), said=gettext("All other browsers are signed out."))


@get("/me/password", opt={"action": Action.SEE_OWN_ACCOUNT})
async def show_password(request: AnyRequest) -> Response[Any]:
    return await _password_page(request, blank())


@post("/me/password", opt={"action": Action.SEE_OWN_ACCOUNT}, status_code=200)
async def change_password(request: AnyRequest) -> Response[Any]:
    form, visit = await read(request, PasswordForm), auth.visit(request)
    if form.is_valid:
        with form.refusals():
            visit.token = await passwords.change(
                current=form.data.current, password=form.data.password, token=visit.token, by=auth.person_of(request)
            )
            visit.is_renewed = True
            said = gettext("Your password is changed, and all other browsers are signed out.")
            return see_other(request, url("/me/password"), said=said)
    return await _password_page(request, form, status=422)


async def _password_page(request: AnyRequest, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    person = auth.person_of(request)
    return page(
        request,
        "accounts/change_password.html",
        status=status,
        form=form,
        is_set=await passwords.is_set(person),
        email=person.email,
        shortest=auth.MIN_PASSWORD,
    )


@get("/staff", opt={"action": Action.RESTORE_ACCESS})
async def staff(request: AnyRequest) -> Response[Any]:
    return await _staff_page(request, blank())


async def _staff_page(request: AnyRequest, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    person = auth.person_of(request)
    return page(
        request,
        "accounts/staff.html",
        status=status,
        form=form,
        waiting=await factor_removals.waiting(person),
        options=[(str(one.id), one.email) for one in await factor_removals.candidates(person)],
        own_refused=factor_removals.SECOND_PERSON,
        may_end=person.is_administrator,
        zone=person.zone,
    )


@post("/staff/factors", opt={"action": Action.RESTORE_ACCESS}, status_code=200)
async def ask_for_removal(request: AnyRequest) -> Response[Any]:
    form = await read(request, AskForm)
    if not form.is_valid:
        return await _staff_page(request, form, status=422)
    await factor_removals.ask(account=form.data.account, reason=form.data.reason, by=auth.person_of(request), form=form)
    said = gettext("Asked for. Another convenor or administrator confirms it on this page.")
    return see_other(request, url("/staff"), said=said)


@post("/staff/factors/{removal_id:uuid}", opt={"action": Action.RESTORE_ACCESS}, status_code=200)
async def answer_removal(request: AnyRequest, removal_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, AnswerForm)
    if not form.is_valid:
        raise Invalid(NOT_A_CHOICE)
    agrees = form.data.agrees == "yes"
    await factor_removals.answer(removal=removal_id, agrees=agrees, by=auth.person_of(request), form=form)
    said = gettext("The second factor is removed.") if agrees else gettext("The second factor stays.")
    return see_other(request, url("/staff"), said=said)


@post("/staff/sessions", opt={"action": Action.MANAGE_ACCOUNTS}, status_code=200)
async def end_sessions(request: AnyRequest) -> Response[Any]:
    form = await read(request, EndForm)
    if form.is_valid:
        with form.refusals(at="email"):
            n = await sessions.end_all(email=form.data.email, by=auth.person_of(request))
            said = ngettext("%(n)s browser is signed out.", "%(n)s browsers are signed out.", n) % {"n": n}
            return see_other(request, url("/staff"), said=said)
    return await _staff_page(request, form, status=422)


HANDLERS = [
    show_password,
    change_password,
    mine,
    end,
    end_others,
    staff,
    ask_for_removal,
    answer_removal,
    end_sessions,
]
