"""A site of one page, for tests of the process around it; `/stream` never ends by itself."""

from __future__ import annotations

import asyncio
from typing import Any


def create_app() -> Any:
    return site


async def site(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    while scope["path"] == "/stream":
        await send({"type": "http.response.body", "body": b": alive\n\n", "more_body": True})
        await asyncio.sleep(0.2)
    await send({"type": "http.response.body", "body": b"ok"})
