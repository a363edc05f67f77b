"""Files that are made for a reader: aside from the pages, one at a time, and once for the same content."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from litestar import Request, Response

from app.documents import pdf

Key = tuple[str, ...]
N_KEPT = 48
"""The same content is the same file, so the last few files are kept: about 100 kB each."""

kept: OrderedDict[Key, bytes] = OrderedDict()
_turn = asyncio.Semaphore(1)
"""One file is made at a time, so that a crowd of readers costs no more than one of them."""


async def made(key: Key, make: Callable[[], bytes]) -> bytes:
    """The file of that key, made in a thread so that votes do not wait for it."""
    async with _turn:
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
        content = kept[key] = await asyncio.to_thread(make)
        if len(kept) > N_KEPT:
            kept.popitem(last=False)
        return content


def attached(content: str | bytes, name: str, media_type: str) -> Response[Any]:
    """A file to be saved under that name."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def tagged(request: Request[Any, Any, Any], content: bytes, name: str, media_type: str) -> Response[Any]:
    """The same, sent again only where it is another file than the reader's program has."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, media_type=media_type, headers={"ETag": etag})
    answer = attached(content, name, media_type)
    answer.headers["ETag"] = etag
    return answer


async def has_pdf() -> bool:
    """Whether this installation makes PDFs."""
    return await asyncio.to_thread(pdf.is_possible)
