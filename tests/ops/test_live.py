"""Announcements reach every open page, also after the connection was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from litestar.response import ServerSentEventMessage

from app import live
from app.database import execute, fetchval, transaction


@pytest_asyncio.fixture
async def listening(committing: str) -> AsyncIterator[None]:
    await live.start()
    await _until_it_listens()
    yield
    await live.stop()


async def _until_it_listens(n: int = 1) -> None:
    for _ in range(200):
        if await fetchval("select count(*) from pg_stat_activity where query ilike 'listen%'") >= n:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nothing listens")


class Page:
    """An open page: reads its stream in the background."""

    def __init__(self, channel: str) -> None:
        self.messages: list[ServerSentEventMessage] = []
        self.task = asyncio.create_task(self._read(channel))

    async def _read(self, channel: str) -> None:
        async for message in live.updates(channel):
            self.messages.append(message)

    @property
    def ids(self) -> list[str]:
        return [str(message.data) for message in self.messages if message.event == "changed"]

    async def until(self, n: int, seconds: float = 5.0) -> list[str]:
        async with asyncio.timeout(seconds):
            while len(self.ids) < n:
                await asyncio.sleep(0.01)
        return self.ids

    async def opened(self) -> Page:
        async with asyncio.timeout(5):
            while not self.messages:
                await asyncio.sleep(0.01)
        return self

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_a_change_is_announced_when_it_is_committed_and_not_before(listening: None) -> None:
    page = await Page("consultation:1").opened()
    async with transaction():
        await live.notify("consultation:1", 42)
        await asyncio.sleep(0.2)
        assert page.ids == []
    assert await page.until(1) == ["42"]
    await page.close()


async def test_a_change_that_is_taken_back_is_not_announced(listening: None) -> None:
    page = await Page("consultation:1").opened()
    with pytest.raises(LookupError):
        async with transaction():
            await live.notify("consultation:1", 1)
            raise LookupError
    await live.notify("consultation:1", 2)
    assert await page.until(1) == ["2"]
    await page.close()


async def test_a_page_hears_of_its_own_channel_only(listening: None) -> None:
    mine, other = await Page("consultation:1").opened(), await Page("consultation:2").opened()
    await live.notify("consultation:1", "a")
    await live.notify("consultation:2", "b")
    assert await mine.until(1) == ["a"]
    assert await other.until(1) == ["b"]
    await mine.close()
    await other.close()


async def test_a_burst_becomes_its_first_and_its_last_event(listening: None) -> None:
    page = await Page("consultation:1").opened()
    await live.notify("consultation:1", 0)
    await page.until(1)
    for n in range(1, 51):
        await live.notify("consultation:1", n)
    assert await page.until(2) == ["0", "50"]
    await page.close()


async def test_pages_are_told_to_look_again_after_the_connection_was_lost(listening: None) -> None:
    pages = [await Page("consultation:1").opened() for _ in range(8)]
    await execute("select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%'")
    for page in pages:
        assert await page.until(1) == [live.RESYNC]
    await live.notify("consultation:1", 7)
    for page in pages:
        assert await page.until(2) == [live.RESYNC, "7"]
        await page.close()


async def test_open_streams_end_when_the_application_stops(listening: None) -> None:
    page = await Page("consultation:1").opened()
    await live.stop()
    await asyncio.wait_for(page.task, 5)


async def test_a_quiet_stream_says_that_it_is_alive(listening: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_SECONDS", 0.05)
    page = await Page("consultation:1").opened()
    await asyncio.sleep(0.3)
    assert [message.comment for message in page.messages[:3]] == ["open", "keep-alive", "keep-alive"]
    await page.close()
