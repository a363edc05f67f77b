"""GET /live/{slug}: open pages of results learn that an analysis is there, behind the door of the results."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest_asyncio

from app import auth, live
from app.database import fetchval
from deliberation.disclosure import Attribution
from tests import factories, simulated
from tests.cast import signed_in


@pytest_asyncio.fixture
async def listening(committing: str):
    await live.start()
    async with asyncio.timeout(5):
        while not await fetchval("select count(*) from pg_stat_activity where query ilike 'listen%'"):
            await asyncio.sleep(0.02)
    yield
    await live.stop()


class Stream:
    """A page that keeps the stream open, spoken to as a server would: httpx waits for the end of an answer."""

    def __init__(self, application: Any, path: str, *, token: str = "") -> None:
        self.status, self.headers, self.text = 0, {}, ""
        self._gone = asyncio.Event()
        headers = [(b"host", b"127.0.0.1:8000"), (b"cookie", f"{auth.cookie_name('sid')}={token}".encode())]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
        }  # fmt: skip
        self.task = asyncio.create_task(application(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message.get("body", b"").decode()

    async def until(self, words: str) -> Stream:
        async with asyncio.timeout(10):
            while words not in self.text:
                await asyncio.sleep(0.02)
        return self

    async def close(self) -> None:
        self._gone.set()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_a_page_that_waits_learns_the_id_of_the_analysis_and_no_vote(listening, application):
    here = await factories.make_consultation()
    await factories.move_to(here, 1, standing="closed")
    filled = await simulated.fill(here, n_participants=28, n_statements=12)
    page = await Stream(application, "/live/water").until("open")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/event-stream")
    assert page.headers["cache-control"] == "no-store"
    await simulated.freeze_first_round(here)
    await page.until("event: changed")
    ids = {str(row) for row in [await fetchval("select id from analyses order by created_at limit 1")]}
    last = str(await fetchval("select id from analyses order by created_at desc limit 1"))
    said = [line.removeprefix("data: ") for line in page.text.splitlines() if line.startswith("data: ")]
    assert said
    assert set(said) <= ids | {last}
    assert not any(str(person) in page.text for person in filled.participants)
    await page.close()


async def test_nobody_listens_to_an_open_round_under_the_chatham_house_rule(client, application):
    await factories.make_consultation()
    for name in ("amara", "ben", "eve"):
        answer = await (await signed_in(client, name)).get("/live/water")
        assert answer.status_code == 403


async def test_in_the_open_the_stream_is_for_staff_and_those_who_have_voted(client):
    here = await factories.make_consultation(attribution=Attribution.OPEN)
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    proposal = await factories.propose(chidi, "Build wells with the villages.")
    await factories.vote(dana, proposal, "agree")
    assert (await (await signed_in(client, "dana")).get("/live/water")).status_code == 200
    assert (await (await signed_in(client, "amara")).get("/live/water")).status_code == 200
    assert (await (await signed_in(client, "chidi")).get("/live/water")).status_code == 403
    client.cookies.clear()
    assert (await client.get("/live/water")).status_code == 403


async def test_a_draft_has_no_stream_that_a_stranger_could_know_of(client):
    await factories.make_consultation(launched=False)
    assert (await client.get("/live/water")).status_code == 404
