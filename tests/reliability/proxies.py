"""TCP proxies on loopback: one that takes turns between servers, and one that does to a connection what networks do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import cycle

Open = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
LATENCY_SECONDS = 0.5


class Proxy:
    """Each connection goes to the next server; `fault` is what happens to what is sent through it.

    open: nothing; slow: every piece of an answer comes late; stall: nothing more comes, until it is open again;
    half-open: nothing more comes on connections that there are, new ones work; reset: all are cut, new ones as well.
    """

    def __init__(self, targets: Sequence[Open]) -> None:
        self.targets = cycle(targets)
        self.fault = "open"
        self.changed = asyncio.Event()
        self.pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self.dead: set[asyncio.StreamWriter] = set()
        self.server: asyncio.Server | None = None

    async def start(self, port: int) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", port, backlog=1024)

    async def stop(self) -> None:
        self.set("reset")
        if self.server is not None:
            self.server.close()

    def set(self, fault: str) -> None:
        self.fault = fault
        self.changed.set()
        self.changed = asyncio.Event()
        if fault == "reset":
            for pair in list(self.pairs):
                for writer in pair:
                    writer.transport.abort()
        if fault == "half-open":
            self.dead |= {writer for pair in self.pairs for writer in pair}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault == "reset":
            writer.transport.abort()
            return
        try:
            there, back = await next(self.targets)()
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, back)
        self.pairs.add(pair)
        try:
            with suppress(asyncio.CancelledError):
                await asyncio.gather(self._pump(reader, back), self._pump(there, writer, is_answer=True))
        finally:
            self.pairs.discard(pair)
            self.dead -= set(pair)
            for end in pair:
                end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_answer: bool = False) -> None:
        with suppress(OSError):
            while piece := await source.read(65536):
                while self.fault == "stall":
                    await self.changed.wait()
                if self.fault == "slow" and is_answer:
                    await asyncio.sleep(LATENCY_SECONDS)
                if sink in self.dead:
                    continue
                sink.write(piece)
                await sink.drain()
            if sink.can_write_eof():
                sink.write_eof()


def to_port(port: int) -> Open:
    return lambda: asyncio.open_connection("127.0.0.1", port)


def to_socket(path: str) -> Open:
    return lambda: asyncio.open_unix_connection(path)
