"""The standing cast: Amara convenes, Ben moderates, Chidi and Dana take part, Eve is an outsider.

Fatima audits, Gus curates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyotp

from app import auth, seals
from app.actions.accounts import open_session
from app.auth import Person
from app.database import execute, fetchval, now
from app.tables.accounts import Account, SecondFactor

STAFF = {"amara"}


async def person(name: str, *, may_convene: bool | None = None, is_administrator: bool = False) -> Person:
    """The account of one of the cast, made when first asked for."""
    email = f"{name}@example.org"
    found = await Account.objects().where(Account.email == email).first()
    if found is None:
        found = Account(
            email=email,
            name=name.title(),
            may_convene=name in STAFF if may_convene is None else may_convene,
            is_administrator=is_administrator,
            created_at=await now(),
        )
        await found.save()
    return Person(
        found.id, found.email, found.name, found.locale, found.zone, found.is_administrator, found.may_convene
    )


@dataclass
class Browser:
    """A client signed in as one of the cast; `post` fills in the CSRF token as a page would."""

    client: Any
    token: str = ""

    def _headers(self, extra: dict[str, str] | None) -> dict[str, str]:
        return {"cookie": f"{auth.cookie_name('sid')}={self.token}"} | (extra or {})

    async def get(self, path: str, **more: Any) -> Any:
        self.client.cookies.clear()
        return await self.client.get(path, headers=self._headers(more.pop("headers", None)), **more)

    async def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        self.client.cookies.clear()
        token = auth.Visit(token=self.token).csrf_token
        fields = {"_csrf_token": token} | (data or {})
        return await self.client.post(path, data=fields, headers=self._headers(more.pop("headers", None)), **more)


async def signed_in(client: Any, name: str, **more: Any) -> Browser:
    """A browser in which this member of the cast is signed in."""
    who = await person(name, **more)
    return Browser(client, await open_session(who.id))


async def with_factor(client: Any, name: str, *, minutes_ago: float | None, **more: Any) -> Browser:
    """The same for who has a second factor, a code of which was given so long ago in this session, or not since."""
    who = await person(name, **more)
    await execute("delete from second_factors where account = $1", who.id)
    await SecondFactor(
        account=who.id,
        sealed_secret=seals.sealed_secret(who.id, pyotp.random_base32()),
        created_at=await now(),
        enabled_at=await now(),
    ).save()
    browser = Browser(client, await open_session(who.id))
    await execute(
        "update sessions set awaits_factor = false, expires_at = clock_timestamp() + interval '12 hours', "
        "factor_at = clock_timestamp() - make_interval(secs => $2) where token_hash = $1",
        auth.hashed(browser.token),
        None if minutes_ago is None else 60.0 * minutes_ago,
    )
    return browser


async def code_of(name: str, *, steps: int = 0) -> str:
    """What the authenticator of one of the cast shows, so many time steps from now."""
    account = (await person(name)).id
    sealed = await fetchval("select sealed_secret from second_factors where account = $1", account)
    secret = seals.opened_secret(account, bytes(sealed))
    assert secret is not None
    return pyotp.HOTP(secret).at(int((await now()).timestamp()) // 30 + steps)
