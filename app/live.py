"""Live updates: an id is announced in the transaction that changes it, and open pages fetch what they show anew.

Announcements travel by LISTEN and NOTIFY on one PostgreSQL channel, which each web process hears on a connection of its
own. That connection comes back after a failure, and then every open page is told to look again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Any

import asyncpg
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.base import ChannelsBackend
from litestar.channels.subscriber import Subscriber
from litestar.response import ServerSentEventMessage

from app.database import DB, execute

PG_CHANNEL = "plenary"
RESYNC = "*"
# A page that is told more often only renders more often, for the same eyes.
MIN_SECONDS_BETWEEN_EVENTS = 1.0
# Without traffic nobody notices that a reader has gone; proxies cut silent streams after 30 s and more.
KEEP_ALIVE_SECONDS = 15.0
CHECK_SECONDS = 15.0
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.2, 5.0
# One waiting event is enough, for it says "look again"; a few more keep ids of different things apart.
MAX_WAITING_EVENTS = 16


async def notify(channel: str, id: object) -> None:
    """Once the open transaction is committed, every page that watches the channel learns the id."""
    await execute("select pg_notify($1, $2)", PG_CHANNEL, json.dumps([channel, str(id)]))


def create_channels() -> ChannelsPlugin:
    """The plugin through which handlers subscribe; it listens from the application's start to its end."""
    return ChannelsPlugin(
        PostgresBackend(),
        arbitrary_channels_allowed=True,
        subscriber_max_backlog=MAX_WAITING_EVENTS,
        subscriber_backlog_strategy="dropleft",
    )


async def updates(channels: ChannelsPlugin, channel: str) -> AsyncIterator[ServerSentEventMessage]:
    """Events `changed` with the newest id, at most one a second, and a comment whenever it is quiet for long.

    Hand it to litestar's `ServerSentEvent`. An id of `*` means that events may have been missed.
    """
    async with channels.start_subscription(channel) as subscriber:
        # The first bytes tell the browser that the stream is open.
        yield ServerSentEventMessage(comment="open", data=None)
        while True:
            newest = await _next(subscriber, KEEP_ALIVE_SECONDS)
            if newest is None:
                yield ServerSentEventMessage(comment="keep-alive", data=None)
                continue
            yield ServerSentEventMessage(event="changed", data=newest)
            await asyncio.sleep(MIN_SECONDS_BETWEEN_EVENTS)
            while (later := await _next(subscriber, 0)) is not None:
                newest = later
                if subscriber.qsize == 0:
                    yield ServerSentEventMessage(event="changed", data=newest)
                    await asyncio.sleep(MIN_SECONDS_BETWEEN_EVENTS)


async def _next(subscriber: Subscriber, seconds: float) -> str | None:
    if seconds == 0 and subscriber.qsize == 0:
        return None
    events = subscriber.iter_events()
    try:
        return (await asyncio.wait_for(anext(events), seconds or None)).decode()
    except TimeoutError:
        return None
    except StopAsyncIteration:
        raise asyncio.CancelledError from None


class PostgresBackend(ChannelsBackend):
    """litestar's channels over one listening connection, which reconnects with growing patience."""

    def __init__(self) -> None:
        self.channels: set[str] = set()
        self._events: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._listener: asyncio.Task[None] | None = None

    async def on_startup(self) -> None:
        self._events = asyncio.Queue()
        self._listener = asyncio.create_task(self._listen(), name="live updates")

    async def on_shutdown(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
            self._listener = None

    async def publish(self, data: bytes, channels: Iterable[str]) -> None:
        for channel in channels:
            await notify(channel, data.decode())

    async def subscribe(self, channels: Iterable[str]) -> None:
        self.channels.update(channels)

    async def unsubscribe(self, channels: Iterable[str]) -> None:
        self.channels.difference_update(channels)

    async def stream_events(self) -> AsyncGenerator[tuple[str, Any], None]:
        while True:
            yield await self._events.get()

    async def get_history(self, channel: str, limit: int | None = None) -> list[bytes]:
        return []

    async def _listen(self) -> None:
        patience = FIRST_RETRY_SECONDS
        is_first = True
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                connection = await DB.get_new_connection()
                try:
                    lost = asyncio.Event()
                    connection.add_termination_listener(lambda *_, lost=lost: lost.set())
                    await connection.add_listener(PG_CHANNEL, self._hear)
                    if not is_first:
                        self._tell_everybody_to_look_again()
                    is_first, patience = False, FIRST_RETRY_SECONDS
                    await _until_lost(connection, lost)
                finally:
                    connection.terminate()
            await asyncio.sleep(patience)
            patience = min(patience * 2, LONGEST_RETRY_SECONDS)

    def _hear(self, connection: object, pid: int, pg_channel: str, payload: object) -> None:
        channel, id = json.loads(str(payload))
        if channel in self.channels:
            self._events.put_nowait((channel, id.encode()))

    def _tell_everybody_to_look_again(self) -> None:
        for channel in self.channels:
            self._events.put_nowait((channel, RESYNC.encode()))


async def _until_lost(connection: Any, lost: asyncio.Event) -> None:
    """Returns when the connection is gone; a question now and then finds one that died without a word."""
    while not lost.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(lost.wait(), CHECK_SECONDS)
        if not lost.is_set():
            await asyncio.wait_for(connection.execute("select 1"), 5)
