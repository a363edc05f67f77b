"""The vendored files of `app/static`, read once, addressed by the digest of the whole tree, and served as immutable.

One digest for the tree rather than one a file: the stylesheet names its fonts relatively, so they share its prefix.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from litestar import Request, asgi
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from app.settings import get_settings

ROOT = Path(__file__).parent / "static"
IMMUTABLE = "public, max-age=31536000, immutable"
TYPES = {
    ".woff2": "font/woff2",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class StaticFile:
    """One file as it is sent: its bytes, the same gzipped where that is smaller, its media type and entity tag."""

    body: bytes
    gzipped: bytes | None
    media_type: str
    etag: str


def _file(name: str, body: bytes) -> StaticFile:
    media_type = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    packed = gzip.compress(body, 9, mtime=0)
    return StaticFile(
        body,
        packed if len(packed) < 0.9 * len(body) else None,
        media_type,
        hashlib.sha256(body).hexdigest()[:16],
    )


@cache
def files() -> dict[str, StaticFile]:
    """Every file below `app/static` by its relative name, and what the settings brand the site with; nothing else."""
    paths = [path for path in sorted(ROOT.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    bodies = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}
    settings = get_settings()
    if settings.logo is not None:
        bodies[settings.logo.name] = settings.logo.body
    if settings.accent_style:
        bodies["brand.css"] = settings.accent_style.encode()
    return {name: _file(name, body) for name, body in bodies.items()}


@cache
def digest() -> str:
    """The digest of all names and contents; it changes when any file does."""
    total = hashlib.sha256()
    for name, file in files().items():
        total.update(name.encode() + b"\0" + file.etag.encode() + b"\n")
    return total.hexdigest()[:12]


def static(name: str) -> str:
    """The address of a static file. Raises `KeyError` for a file that does not exist."""
    if name not in files():
        raise KeyError(f"no static file {name}")
    return f"/static/{digest()}/{name}"


def find(path: str) -> tuple[StaticFile | None, bool]:
    """The file that `<digest>/<name>` or `<name>` addresses, and whether the address carries the current digest."""
    head, _, rest = path.strip("/").partition("/")
    if head == digest():
        return files().get(rest), True
    # An address from an earlier release still finds the file, but must not be kept for ever.
    return files().get(path.strip("/")) or files().get(rest), False


def _response(file: StaticFile, *, fresh: bool, known: str, gzip_accepted: bool, head: bool) -> ASGIResponse:
    headers = {
        "etag": f'"{file.etag}"',
        "vary": "Accept-Encoding",
        "cache-control": IMMUTABLE if fresh else "no-cache",
        "x-content-type-options": "nosniff",
    }
    if file.etag in known:
        return ASGIResponse(body=b"", status_code=304, headers=headers)
    body = file.body
    if file.gzipped is not None and gzip_accepted:
        headers["content-encoding"] = "gzip"
        body = file.gzipped
    return ASGIResponse(body=body, headers=headers, media_type=file.media_type, is_head_response=head)


@asgi("/static", is_mount=True, copy_scope=True)
async def static_files(scope: Scope, receive: Receive, send: Send) -> None:
    """Serves `/static/<digest>/<name>`: 304 on a matching entity tag. Raises 404 for anything else, 405 for writes."""
    request: Request[Any, Any, Any] = Request(scope)
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowedException(headers={"allow": "GET, HEAD"})
    file, fresh = find(scope["path"].removeprefix("/static"))
    if file is None:
        raise NotFoundException
    response = _response(
        file,
        fresh=fresh,
        known=request.headers.get("if-none-match", ""),
        gzip_accepted="gzip" in request.headers.get("accept-encoding", ""),
        head=request.method == "HEAD",
    )
    await response(scope, receive, send)
