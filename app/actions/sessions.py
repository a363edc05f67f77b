"""Signed-in browsers of an account: which there are, and ending one of them, the others, or all of somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app import auth
from app.access import check_site, short_code
from app.actions.record import site_change
from app.auth import Person
from app.database import execute, fetch, fetchval
from app.refusals import N_, Invalid, NotFound
from deliberation.phases import Action

MINE = """
select id, created_at, seen_at, expires_at, factor_at, awaits_factor, token_hash = $2 as is_this from sessions
where account = $1 and expires_at > clock_timestamp() order by is_this desc, seen_at desc
"""


@dataclass(frozen=True)
class SignedIn:
    """One browser in which an account is signed in; `is_this` is the one that asks."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    factor_at: datetime | None
    awaits_factor: bool
    is_this: bool


async def mine(*, account: UUID, token: str) -> list[SignedIn]:
    """The browsers in which the account is signed in, this one first."""
    return [SignedIn(**dict(row)) for row in await fetch(MINE, account, auth.hashed(token))]


async def end(*, account: UUID, session: UUID) -> None:
    """One session of the account is over."""
    async with site_change("sessions.end", actor="account"):
        if await execute("delete from sessions where id = $1 and account = $2", session, account) == "DELETE 0":
            raise NotFound


async def end_others(*, account: UUID, token: str) -> int:
    """Every session of the account but this one is over; how many that were."""
    async with site_change("sessions.end_others", actor="account") as payload:
        sql = "delete from sessions where account = $1 and token_hash <> $2"
        payload["n"] = int((await execute(sql, account, auth.hashed(token))).split()[-1])
        return int(payload["n"])


async def renew(*, account: UUID, token: str) -> str:
    """This session goes on under a new token, which is returned, and every other one of the account is over."""
    fresh = auth.new_token()
    await execute("delete from sessions where account = $1 and token_hash <> $2", account, auth.hashed(token))
    sql = "update sessions set token_hash = $3 where account = $1 and token_hash = $2"
    await execute(sql, account, auth.hashed(token), auth.hashed(fresh))
    return fresh


async def end_all(*, email: str, by: Person) -> int:
    """Every session of somebody's account is over, and they sign in anew; how many that were."""
    await check_site(by, Action.MANAGE_ACCOUNTS)
    account = await fetchval("select id from accounts where email = $1", auth.normalised_email(email))
    if account is None:
        raise Invalid(N_("There is no account with this e-mail address."), field="email")
    actor, subject = f"administrator:{short_code(by.id)}", f"account:{short_code(account)}"
    async with site_change("sessions.end_all", actor=actor, subject=subject) as payload:
        payload["n"] = int((await execute("delete from sessions where account = $1", account)).split()[-1])
        return int(payload["n"])
