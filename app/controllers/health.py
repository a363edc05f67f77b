"""Is the web up, is everything there that it needs, and how is it doing? For balancers, containers and monitors."""

from __future__ import annotations

import hmac
from typing import Any

from litestar import Request, Response, get, head

from app import metrics, readiness
from app.refusals import NotFound
from app.settings import get_settings, is_loopback
from deliberation.phases import Action


@get("/healthz", opt={"action": Action.SEE_SITE}, media_type="text/plain", sync_to_thread=False)
def healthz() -> str:
    return "ok"


@head("/healthz", opt={"action": Action.SEE_SITE}, sync_to_thread=False)
def healthz_head() -> None:
    return None


@get("/readyz", opt={"action": Action.SEE_SITE}, media_type="text/plain")
async def readyz() -> Response[str]:
    missing = await readiness.missing()
    return Response(f"not ready: {', '.join(missing)}" if missing else "ready", status_code=503 if missing else 200)


@get("/metrics", opt={"action": Action.SEE_SITE}, media_type="text/plain")
async def show_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    if not _may_measure(request):
        raise NotFound
    return Response(await metrics.text(), media_type="text/plain; version=1.0.0; charset=utf-8")


def _may_measure(request: Request[Any, Any, Any]) -> bool:
    """Whoever holds the token. Without one, this machine alone, and in production nobody: to a server everybody comes
    from this machine who comes through a proxy on it."""
    settings = get_settings()
    if settings.metrics_token is not None:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, b"Bearer " + settings.metrics_token.encode())
    return not settings.is_production and request.client is not None and is_loopback(request.client.host)


HANDLERS = [healthz, healthz_head, readyz, show_metrics]
