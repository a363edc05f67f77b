"""One-click sign-ins and the outbox exist in a demo and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app import auth
from app.database import fetchval, now
from app.main import create_app
from app.settings import DEMO_ACCOUNTS, get_settings
from app.tables.accounts import Account
from tests.conftest import BASE_URL


@pytest_asyncio.fixture
async def demo(database: None) -> AsyncIterator[Any]:
    """A browser at the application as `plenary demo` makes it."""
    transport = httpx.ASGITransport(app=create_app(replace(get_settings(), is_demo=True)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers={"origin": BASE_URL}) as browser:
        yield browser


async def click(browser: Any, role: str) -> Any:
    own = auth.new_token()
    return await browser.post(
        f"/en/demo/sign-in/{role}",
        data={"_csrf_token": auth.Visit(browser=own).csrf_token},
        headers={"cookie": f"{auth.cookie_name('browser')}={own}"},
    )


@pytest.mark.parametrize("role", DEMO_ACCOUNTS)
async def test_one_click_signs_in(demo: Any, role: str) -> None:
    await Account(email=DEMO_ACCOUNTS[role], name=role.title(), created_at=await now()).save()
    page = await demo.get(f"/en/demo/sign-in/{role}")
    assert page.status_code == 200
    assert (await click(demo, role)).status_code == 303
    assert DEMO_ACCOUNTS[role] in (await demo.get("/en/me")).text


@pytest.mark.parametrize("role", ["administrator", "king", "%00", "..%2f"])
async def test_there_are_no_other_accounts_to_click(demo: Any, role: str) -> None:
    assert (await demo.get(f"/en/demo/sign-in/{role}")).status_code == 404
    assert (await click(demo, role)).status_code in {403, 404}
    assert await fetchval("select count(*) from sessions") == 0


async def test_following_a_link_signs_nobody_in(demo: Any) -> None:
    await Account(email=DEMO_ACCOUNTS["convenor"], name="Amara", created_at=await now()).save()
    await demo.get("/en/demo/sign-in/convenor")
    assert await fetchval("select count(*) from sessions") == 0


async def test_the_outbox_shows_the_mail_that_nobody_gets(demo: Any) -> None:
    own = auth.new_token()
    await demo.post(
        "/en/sign-in",
        data={"_csrf_token": auth.Visit(browser=own).csrf_token, "email": "new@example.org"},
        headers={"cookie": f"{auth.cookie_name('browser')}={own}"},
    )
    page = await demo.get("/en/outbox")
    assert page.status_code == 200
    assert "new@example.org" in page.text


@pytest.mark.parametrize("path", ["/en/demo", "/en/demo/sign-in/convenor", "/en/outbox"])
async def test_outside_a_demo_none_of_it_is_there(client: Any, path: str) -> None:
    assert (await client.get(path)).status_code == 404
    assert (await client.post(path)).status_code in {404, 405}
