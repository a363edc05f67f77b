"""The application: the one place where settings, routes, templates and refusals meet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread
from typing import Any

import asyncpg
import structlog
from litestar import Litestar, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import FromPath
from litestar.types import ASGIApp

from app import auth, limits, live, rendering
from app.access import Actor, check_site, enter
from app.controllers import factors, routes, unsent
from app.database import close_pool, open_pool
from app.forms import remember
from app.front import Front
from app.language import sentence
from app.logs import configure_logs
from app.refusals import (
    N_,
    AlreadyDone,
    Busy,
    Closed,
    Denied,
    FactorAsked,
    FactorOwed,
    Invalid,
    NotSignedIn,
    Refusal,
    SessionLost,
    TooMany,
)
from app.rendering import AnyRequest
from app.settings import Settings, get_settings
from app.static_files import static_files
from deliberation.errors import DeliberationError
from deliberation.phases import SITE_ACTIONS, Action

MAX_BODY = 64 * 1024
MAX_PARTS = 20
"""No form of ours is sent in parts; each costs its reader more than a field does."""
TEMPLATED = frozenset({400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503})

log = structlog.get_logger("plenary")


async def provide_actor(request: AnyRequest, slug: FromPath[str]) -> Actor:
    """Every route below a consultation declares its action; whoever comes in has passed the door for it."""
    action, is_write = Action(request.route_handler.opt["action"]), request.method not in auth.SAFE_METHODS
    return await enter(auth.visit(request).account, slug, action, is_write=is_write)


async def before_request(request: AnyRequest) -> None:
    """What holds for every route: forms come from our own pages, and the site's doors are guarded."""
    is_write = request.method not in auth.SAFE_METHODS
    if is_write and not _is_api(request) and not request.route_handler.opt.get("is_report"):
        await remember(request)
    if "failure" in request.scope["state"]:
        raise request.scope["state"]["failure"]
    try:
        await auth.check_csrf(request)
    except Denied:
        if is_write and not _is_api(request) and (kept := await unsent.keep(request)):
            raise SessionLost(kept) from None
        raise
    if is_write:
        await factors.take_code(request)
    if auth.visit(request).owes_factor and not _is_own_page(request.url.path):
        raise FactorOwed(N_("Whoever governs a consultation here needs a second factor. Set it up to go on."))
    declared = request.route_handler.opt.get("action")
    if declared is not None and Action(declared) in SITE_ACTIONS:
        await check_site(auth.visit(request).account, Action(declared), is_write=is_write)
    await spend_limit(request)


async def spend_limit(request: AnyRequest) -> None:
    """Counts what a signed-in person sends; the outermost layer gives back what changed nothing."""
    person, opt = auth.visit(request).account, request.route_handler.opt
    is_safe = request.method in auth.SAFE_METHODS
    name = limits.name_of(action=opt.get("action", ""), declared=opt.get("limit"), is_safe=is_safe)
    if person is None or name is None or (is_safe and name == "search" and not request.query_params.get("q")):
        return
    await limits.spend(name, person.id)
    request.scope["state"]["spent"] = name, person.id


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The whole application as one ASGI callable."""
    settings = settings or get_settings()
    configure_logs()
    app = Litestar(
        route_handlers=[*routes(is_demo=settings.is_demo), static_files],
        dependencies={"actor": Provide(provide_actor)},
        before_request=before_request,
        exception_handlers={
            Refusal: on_refusal,
            AlreadyDone: on_already_done,
            DeliberationError: on_core_error,
            ValidationException: on_validation,
            HTTPException: on_http,
            asyncpg.PostgresError: on_database,
            asyncpg.InterfaceError: on_database,
            OSError: on_database,
            Exception: on_crash,
        },
        request_max_body_size=MAX_BODY,
        multipart_form_part_limit=MAX_PARTS,
        openapi_config=None,
        lifespan=[lifespan],
        debug=False,
        pdb_on_exception=False,
        logging_config=None,
    )
    return Front(app, settings)


@asynccontextmanager
async def lifespan(_app: Litestar) -> AsyncIterator[None]:
    """This process has its pool of connections and its ear on the database while it serves."""
    await open_pool()
    await live.start()
    rendering.environment()  # made before two threads could each make one
    Thread(target=rendering.compile_templates, daemon=True).start()
    try:
        yield
    finally:
        await live.stop()
        await close_pool()


def _is_own_page(path: str) -> bool:
    return path in {"/me", "/sign-out"} or path.startswith("/me/")


def _is_api(request: AnyRequest) -> bool:
    return request.url.path.startswith("/api/")


def _error(request: AnyRequest, status: int, message: Any = None, **more: Any) -> Response[Any]:
    """One refusal as what the client reads: a problem for the API, a page or fragment for a browser."""
    headers = {"Retry-After": str(more.pop("retry_after"))} if "retry_after" in more else {}
    if _is_api(request):
        detail = sentence(message) if message is not None else ""
        return Response(
            {"status": status, "title": detail, "instance": request.scope["state"].get("request_id", "")},
            status_code=status,
            media_type="application/problem+json",
            headers=headers,
        )
    template = f"errors/{status if status in TEMPLATED else 400 if status < 500 else 500}.html"
    return rendering.page(
        request,
        template,
        status=status,
        headers=headers,
        sentence=message,
        typed=request.scope["state"].get("typed"),
        reference=request.scope["state"].get("request_id", ""),
    )


def on_refusal(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    if isinstance(refusal, SessionLost):
        return _led(request, rendering.url("/sign-in", next=rendering.url(f"/unsent/{refusal.kept}")))
    if isinstance(refusal, NotSignedIn) and not _is_api(request):
        return _to_sign_in(request)
    if isinstance(refusal, FactorOwed) and not _is_api(request):
        return _led(request, rendering.url("/me/factor"))
    if isinstance(refusal, FactorAsked) and not _is_api(request):
        return factors.asked_page(request, refusal)
    if isinstance(refusal, (TooMany, Busy)):
        return _error(request, refusal.status, refusal, retry_after=refusal.retry_after)
    return _error(request, refusal.status, refusal)


def _to_sign_in(request: AnyRequest) -> Response[Any]:
    back = ""
    if request.method == "GET" and auth.safe_next(request.url.path):
        back = rendering.url(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    return _led(request, rendering.url("/sign-in", next=auth.safe_next(back) or None))


def _led(request: AnyRequest, path: str) -> Response[Any]:
    if request.headers.get("hx-request"):
        return Response("", status_code=401, headers={"HX-Redirect": path})
    return Response("", status_code=303, headers={"Location": path})


def on_already_done(request: AnyRequest, done: AlreadyDone) -> Response[Any]:
    """The second copy of a form: the browser goes where the first one led."""
    request.scope["state"]["is_second_copy"] = True
    path = done.outcome or request.url.path
    return Response("", status_code=303, headers={"Location": rendering.url(path)})


def on_core_error(request: AnyRequest, error: DeliberationError) -> Response[Any]:
    log.info("core_refused", kind=type(error).__name__)
    return _error(request, 422, Invalid(_NOT_COMPUTABLE))


_NOT_COMPUTABLE = "This cannot be worked out from the votes there are."


def on_validation(request: AnyRequest, _error_: ValidationException) -> Response[Any]:
    return _error(request, 400)


def on_http(request: AnyRequest, error: HTTPException) -> Response[Any]:
    return _error(request, error.status_code)


def on_database(request: AnyRequest, error: Exception) -> Response[Any]:
    """A database that is away, full or too busy: say so, keep what was typed, and let them retry."""
    log.error("database_failed", kind=type(error).__name__, request_id=request.scope["state"].get("request_id"))
    if isinstance(error, (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)):
        return _error(request, 409 if isinstance(error, asyncpg.IntegrityConstraintViolationError) else 400)
    return _error(request, 503, Busy(_TRY_AGAIN), retry_after=5)


_TRY_AGAIN = "The server cannot save anything right now. Nothing was lost; please try again in a moment."


def on_crash(request: AnyRequest, error: Exception) -> Response[Any]:
    log.error("crashed", request_id=request.scope["state"].get("request_id"), exc_info=error)
    return _error(request, 500)


__all__ = ["Closed", "create_app"]
