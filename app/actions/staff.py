"""Accounts that govern the installation, made by whoever has its command line."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from app import auth
from app.actions import factors
from app.actions.record import site_change
from app.database import execute, fetch, fetchval, now
from app.refusals import N_, Conflict, Invalid, NotFound
from app.tables.accounts import Account

COMMAND_LINE = "command line"
NO_ACCOUNT = N_("There is no account with this e-mail address.")


@dataclass(frozen=True)
class StaffAccount:
    """An account as the command line lists it."""

    email: str
    name: str
    is_administrator: bool
    may_convene: bool
    has_password: bool
    is_disabled: bool
    created_at: datetime


async def add(*, email: str, name: str, is_administrator: bool, may_convene: bool, locale: str = "en") -> str:
    """The account exists with these rights; returns its first password, which is stored nowhere."""
    address, password = _checked(email), secrets.token_urlsafe(18)
    hash_ = await auth.hash_password(password)
    async with site_change("staff.add", actor=COMMAND_LINE, subject=address) as payload:
        if await fetchval("select true from accounts where email = $1 for update", address):
            raise Conflict(N_("There is an account with this e-mail address already: use `plenary user grant`."))
        payload |= {"is_administrator": is_administrator, "may_convene": may_convene}
        await Account(
            email=address,
            name=name,
            locale=locale,
            password_hash=hash_,
            is_administrator=is_administrator,
            may_convene=may_convene,
            created_at=await now(),
        ).save()
    return password


async def grant(*, email: str, is_administrator: bool, may_convene: bool) -> None:
    """The account has exactly these rights; its sessions are over, so that new ones carry them."""
    address = _checked(email)
    async with site_change("staff.grant", actor=COMMAND_LINE, subject=address) as payload:
        payload |= {"is_administrator": is_administrator, "may_convene": may_convene}
        sql = "update accounts set is_administrator = $2, may_convene = $3 where email = $1"
        await _one(await execute(sql, address, is_administrator, may_convene))
        await _end_sessions(address)


async def reset_password(*, email: str) -> str:
    """The account has a new password, which is returned and stored nowhere; its sessions are over."""
    address, password = _checked(email), secrets.token_urlsafe(18)
    hash_ = await auth.hash_password(password)
    async with site_change("staff.reset_password", actor=COMMAND_LINE, subject=address):
        await _one(await execute("update accounts set password_hash = $2 where email = $1", address, hash_))
        await _end_sessions(address)
    return password


async def remove_factor(*, email: str) -> None:
    """The account has no second factor any more, and its sessions are over: for who has lost theirs."""
    address = _checked(email)
    async with site_change("staff.remove_factor", actor=COMMAND_LINE, subject=address):
        account = await fetchval("select id from accounts where email = $1 for update", address)
        if account is None:
            raise NotFound(NO_ACCOUNT)
        await factors.forget(account=account)
        await _end_sessions(address)


async def disable(*, email: str) -> None:
    """Nobody signs in to the account any more; what it did stays."""
    address = _checked(email)
    async with site_change("staff.disable", actor=COMMAND_LINE, subject=address):
        sql = "update accounts set disabled_at = coalesce(disabled_at, clock_timestamp()) where email = $1"
        await _one(await execute(sql, address))
        await _end_sessions(address)


async def all_staff() -> list[StaffAccount]:
    """Accounts that administer or may convene, by address."""
    rows = await fetch(
        """
        select email, name, is_administrator, may_convene, password_hash is not null as has_password,
               disabled_at is not null as is_disabled, created_at
        from accounts where is_administrator or may_convene order by email
        """
    )
    return [StaffAccount(**dict(row)) for row in rows]


async def _end_sessions(address: str) -> None:
    await execute("delete from sessions where account = (select id from accounts where email = $1)", address)


async def _one(status: str) -> None:
    if status == "UPDATE 0":
        raise NotFound(NO_ACCOUNT)


def _checked(email: str) -> str:
    address = auth.normalised_email(email)
    name, _, domain = address.rpartition("@")
    if not name or "." not in domain or not address.isprintable() or " " in address or len(address) > 254:
        raise Invalid(N_("Please give an e-mail address, such as name@example.org."))
    return address
