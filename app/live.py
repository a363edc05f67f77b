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

_channels: ChannelsPlugin | None = None
_open_streams: set[Subscriber] = set()


async def notify(channel: str, id: object) -> None:
    """Once the open transaction is committed, every page that watches the channel learns the id."""
    await execute("select pg_notify($1, $2)", PG_CHANNEL, json.dumps([channel, str(id)]))


async def start() -> None:
    """This process hears announcements; starting again changes nothing."""
    global _channels
    if _channels is None:
        _channels = ChannelsPlugin(
            PostgresBackend(),
            arbitrary_channels_allowed=True,
            subscriber_max_backlog=MAX_WAITING_EVENTS,
            subscriber_backlog_strategy="dropleft",
        )
        await _channels.__aenter__()


async def stop() -> None:
    """Nothing listens any more, and open streams end."""
    global _channels
    if _channels is not None:
        channels, _channels = _channels, None
        for subscriber in _open_streams:
            subscriber.put_nowait(None)
        await channels.__aexit__(None, None, None)


async def updates(channel: str) -> AsyncIterator[ServerSentEventMessage]:
    """Events `changed` with the newest id, at most one a second, and a comment whenever it is quiet for long.

    Hand it to litestar's `ServerSentEvent`. An id of `*` means that events may have been missed. Ends with `stop`.
    """
    if _channels is None:
        return
    async with _channels.start_subscription(channel) as subscriber:
        _open_streams.add(subscriber)
        try:
            async for message in _messages(subscriber):
                yield message
        finally:
            _open_streams.discard(subscriber)


async def _messages(subscriber: Subscriber) -> AsyncIterator[ServerSentEventMessage]:
    # The first bytes tell the browser that the stream is open.
    yield ServerSentEventMessage(comment="open", data=None)
    events = subscriber.iter_events()
    following = asyncio.ensure_future(anext(events, None))
    try:
        while True:
            await asyncio.wait({following}, timeout=KEEP_ALIVE_SECONDS)
            if not following.done():
                yield ServerSentEventMessage(comment="keep-alive", data=None)
                continue
            newest = following.result()
            while subscriber.qsize and newest is not None:
                newest = await anext(events, None)
            if newest is None:
                return
            yield ServerSentEventMessage(event="changed", data=newest.decode())
            following = asyncio.ensure_future(anext(events, None))
            await asyncio.sleep(MIN_SECONDS_BETWEEN_EVENTS)
    finally:
        following.cancel()


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
