"""What exists in a demo only: one-click sign-ins and the outbox, shown to whoever sits at this machine."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from app.actions import accounts
from app.controllers.accounts import signed_in
from app.refusals import NotFound
from app.rendering import AnyRequest, page
from app.settings import DEMO_ACCOUNTS
from app.tables.accounts import Account
from app.tables.outbox import Message
from deliberation.phases import Action


@get("/demo", opt={"action": Action.SIGN_IN})
async def choose(request: AnyRequest) -> Response[Any]:
    return page(request, "home/demo.html", roles=tuple(DEMO_ACCOUNTS))


@get("/demo/sign-in/{role:str}", opt={"action": Action.SIGN_IN})
async def confirm(request: AnyRequest, role: FromPath[str]) -> Response[Any]:
    if role not in DEMO_ACCOUNTS:
        raise NotFound
    return page(request, "home/demo.html", roles=(role,))


@post("/demo/sign-in/{role:str}", opt={"action": Action.SIGN_IN}, status_code=303)
async def sign_in(request: AnyRequest, role: FromPath[str]) -> Response[Any]:
    account = await Account.objects().where(Account.email == DEMO_ACCOUNTS.get(role, "")).first()
    if account is None:
        raise NotFound
    return await signed_in(request, await accounts.open_session(account.id), "")


@get("/outbox", opt={"action": Action.SEE_OUTBOX})
async def outbox(request: AnyRequest) -> Response[Any]:
    messages = await Message.objects().order_by(Message.created_at, ascending=False).limit(100)
    return page(request, "home/outbox.html", messages=messages)


HANDLERS = [choose, confirm, sign_in, outbox]
