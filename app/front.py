"""The outermost layer: what every response has, whatever produced it, and what every handler finds ready.

Middleware inside the framework misses some of its error responses; this wraps all of it. It answers foreign hosts,
takes the language off the path, looks the visitor up, and puts the security headers on.
"""

from __future__ import annotations

import re
import secrets
import time
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

import asyncpg
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from app import auth, limits, metrics
from app.database import waiting_at_most
from app.language import LANGUAGES, sentence, use_locale
from app.logs import log_request
from app.refusals import TooMany
from app.settings import Settings, get_settings

UNPREFIXED = frozenset(
    {"static", "api", "healthz", "readyz", "metrics", ".well-known", "robots.txt", "live", "csp-reports"}
)
"""First segments that carry no language."""
SECRET_ADDRESS = re.compile(r"/messages/stop/|/sign-in/provider/back|[?&]invitation=")
"""Addresses that hold what only their reader should have: no other page learns where its visitor came from."""
WATCHED = frozenset({"healthz", "readyz", "metrics"})
"""What balancers and monitors ask from one address, however often."""

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "report-uri /csp-reports; report-to csp"
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"reporting-endpoints", b'csp="/csp-reports"'),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), browsing-topics=()"),
    (b"x-frame-options", b"DENY"),
)
TRANSPORT = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


class Front:
    """Wraps the application; ASGI in and out."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.fuse = limits.Fuse()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        started, request_id = time.perf_counter(), secrets.token_hex(8)
        address = f"{scope['path']}?{scope.get('query_string', b'').decode('latin-1')}"
        state: dict[str, Any] = {"request_id": request_id, "is_secret": bool(SECRET_ADDRESS.search(address))}
        scope["state"] = state
        status = 500

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._headers(message, state)
            await send(message)

        headers = _decoded(scope)
        try:
            if not self._is_ours(headers.get("host", "")):
                await _plain(dressed, 400, "This host is not served here.")
                return
            with waiting_at_most():
                await self._dispatch(scope, receive, dressed, headers)
                await _give_back(state, status)
        finally:
            seconds = time.perf_counter() - started
            log_request(scope, status=status, seconds=seconds, request_id=request_id)
            metrics.observe(scope, status=status, seconds=seconds)

    async def _dispatch(self, scope: HTTPScope, receive: Receive, send: Send, headers: dict[str, str]) -> None:
        path = scope["path"]
        first = path.split("/", 2)[1] if "/" in path else ""
        state: dict[str, Any] = scope["state"]
        cookies = _cookies(headers.get("cookie", ""))
        if first not in LANGUAGES and first not in UNPREFIXED:
            await self._to_language(scope, send, headers)
            return
        locale = first if first in LANGUAGES else "en"
        if first != "static":
            state["session"] = visit = await self._visit_of(cookies, state)
            try:
                self._check_fuse(scope, headers, first, visit)
            except TooMany as refusal:
                with use_locale(locale):
                    await _plain(send, 429, sentence(refusal.message), (b"retry-after", b"%d" % refusal.retry_after))
                return
        state["locale"] = locale
        if first in LANGUAGES:
            rest = path[len(first) + 1 :] or "/"
            scope["path"], scope["raw_path"] = rest, quote(rest).encode()
        with use_locale(locale):
            await self.app(scope, receive, send)

    async def _visit_of(self, cookies: dict[str, str], state: dict[str, Any]) -> auth.Visit:
        """The visitor; while the database is away nobody's, with the reason for the page that says so."""
        try:
            return await auth.visit_of(cookies)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            state["failure"] = error
            return auth.Visit(browser=auth.new_token())

    def _check_fuse(self, scope: HTTPScope, headers: dict[str, str], first: str, visit: auth.Visit) -> None:
        if first in WATCHED:
            return
        client = (scope.get("client") or ("", 0))[0]
        address = limits.address_of(client, headers.get("x-forwarded-for", ""), self.settings.proxies)
        self.fuse.check(address, visit.account.id if visit.account else None)

    async def _to_language(self, scope: HTTPScope, send: Send, headers: dict[str, str]) -> None:
        if scope["method"] not in auth.SAFE_METHODS:
            await _plain(send, 404, "Not found")
            return
        query = scope.get("query_string", b"").decode("latin-1")
        path = "/" + quote(scope["path"].lstrip("/\\"))
        location = f"/{best_language(headers.get('accept-language', ''))}{path}" + (f"?{query}" if query else "")
        await send(
            {
                "type": "http.response.start",
                "status": 302,
                "headers": [(b"location", location.encode("latin-1", "ignore")), (b"vary", b"Accept-Language, Cookie")],
            }
        )
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _is_ours(self, host: str) -> bool:
        name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "0")
        return name.lower() in self.settings.allowed_hosts and port.isascii() and port.isdigit()

    def _headers(self, message: Any, state: dict[str, Any]) -> list[tuple[bytes, bytes]]:
        given = [(name.lower(), value) for name, value in message.get("headers", []) if name.lower() != b"server"]
        names = {name for name, _ in given}
        if state.get("is_secret"):
            given.append((b"referrer-policy", b"no-referrer"))
            names.add(b"referrer-policy")
        extra = [pair for pair in HEADERS if pair[0] not in names]
        if get_settings().is_secure:
            extra.append(TRANSPORT)
        visit = state.get("session")
        if isinstance(visit, auth.Visit):
            if b"cache-control" not in names:
                extra.append((b"cache-control", b"no-store" if visit.token else b"no-cache, private"))
            if visit.is_new_browser and visit.uses_forms and visit.account is None:
                extra.append((b"set-cookie", cookie("browser", visit.browser, 86_400).encode()))
            ours = auth.cookie_name("sid").encode() + b"="
            if visit.is_renewed and not any(value.startswith(ours) for name, value in given if name == b"set-cookie"):
                extra.append((b"set-cookie", session_cookie(visit.token).encode()))
        return [*given, *extra]


def cookie(name: str, value: str, seconds: int) -> str:
    """A Set-Cookie value that scripts and other sites cannot read."""
    secure = "; Secure" if get_settings().is_secure else ""
    return f"{auth.cookie_name(name)}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"


def session_cookie(token: str) -> str:
    """The Set-Cookie value of a session that begins or goes on under a new token."""
    return cookie("sid", token, int(auth.LIFE.total_seconds()))


def best_language(accepted: str) -> str:
    """The first of the six languages in an Accept-Language header, by its weights; else English."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:400].split(",")):
        code, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), place, code.split("-")[0].lower()))
        except ValueError:
            continue
    return next((code for _, _, code in sorted(wanted) if code in LANGUAGES), "en")


def _decoded(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


async def _give_back(state: dict[str, Any], status: int) -> None:
    """What changed nothing does not count: a form with a mistake, a page that is closed, a server in trouble."""
    if "spent" in state and (status >= 400 or state.get("is_second_copy")):
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await limits.give_back(*state["spent"])


async def _plain(send: Send, status: int, text: str, *more: tuple[bytes, bytes]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"text/plain; charset=utf-8"), *more],
        }
    )
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})
