"""Is the web up, and can it write to the database?"""

from __future__ import annotations

from litestar import Response, get, head

from app.database import fetchval
from deliberation.phases import Action


@get("/healthz", opt={"action": Action.SEE_SITE}, media_type="text/plain", sync_to_thread=False)
def healthz() -> str:
    return "ok"


@head("/healthz", opt={"action": Action.SEE_SITE}, sync_to_thread=False)
def healthz_head() -> None:
    return None


@get("/readyz", opt={"action": Action.SEE_SITE}, media_type="text/plain")
async def readyz() -> Response[str]:
    writable = not await fetchval("select pg_is_in_recovery()")
    return Response("ready" if writable else "not ready", status_code=200 if writable else 503)


HANDLERS = [healthz, healthz_head, readyz]
