"""My data: what Plenary holds of the reader, all of it in one file, and leaving for good."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post

from app import auth, front
from app.actions import accounts
from app.analysis import my_data
from app.forms import Filled, blank, read
from app.language import gettext
from app.refusals import N_, Denied, Invalid
from app.rendering import AnyRequest, page, see_other, url
from app.settings import DEMO_ACCOUNTS, get_settings
from app.tables.accounts import Account
from deliberation.phases import Action

FATES = {
    my_data.Fate.ERASED: N_("is erased"),
    my_data.Fate.UNLINKED: N_("stays, and nothing leads to you"),
    my_data.Fate.EMPTIED: N_("stays without your name and address"),
}


class EraseForm(msgspec.Struct):
    email: Annotated[str, msgspec.Meta(min_length=1, max_length=254)]


async def _account(request: AnyRequest) -> Account:
    person = auth.person_of(request)
    found = await Account.objects().where(Account.id == person.id).first()
    assert found is not None
    return found


@get("/me/data", opt={"action": Action.SEE_OWN_ACCOUNT})
async def show(request: AnyRequest) -> Response[Any]:
    return page(request, "accounts/my_data.html", held=await my_data.held(await _account(request)), fates=FATES)


@post("/me/data", opt={"action": Action.SEE_OWN_ACCOUNT, "limit": "export"}, status_code=200)
async def download(request: AnyRequest) -> Response[bytes]:
    person = await _account(request)
    content = json.dumps(await my_data.package(person), ensure_ascii=False, indent=1, default=str)
    return Response(
        content.encode(),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="my-data.json"', "cache-control": "no-store"},
    )


@get("/me/erase", opt={"action": Action.SEE_OWN_ACCOUNT})
async def ask_to_erase(request: AnyRequest) -> Response[Any]:
    return _ask(request, blank())


@post("/me/erase", opt={"action": Action.SEE_OWN_ACCOUNT}, status_code=200)
async def erase(request: AnyRequest) -> Response[Any]:
    form = await read(request, EraseForm)
    person = await _account(request)
    if get_settings().is_demo and person.email in DEMO_ACCOUNTS.values():
        raise Denied(N_("The people of the demo stay: the next visitor needs them."))
    try:
        await accounts.erase(account=person, typed=form.get("email"))
    except Invalid as refusal:
        form.errors["email"] = refusal
        return _ask(request, form, status=422)
    answer = see_other(request, url("/"), said=gettext("You are forgotten here. Nothing leads to you any more."))
    answer.headers["set-cookie"] = front.cookie("sid", "", 0)
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


def _ask(request: AnyRequest, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    return page(request, "accounts/erase.html", status=status, form=form)


HANDLERS = [show, download, ask_to_erase, erase]
