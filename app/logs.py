"""The operational log: what happened, never what was said.

A line holds times, route templates, status codes, durations and request ids. It never holds bodies, query strings,
cookies, names, addresses of people or votes: `FORBIDDEN_FIELDS` are dropped whoever logs them.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import sys
from typing import TYPE_CHECKING, Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from app.settings import get_settings

if TYPE_CHECKING:  # commands log too, and need no web framework for it
    from litestar.types import Scope

FORBIDDEN_FIELDS = frozenset(
    {"body", "cookie", "cookies", "headers", "query", "form", "data", "text", "email", "name", "password", "code"}
    | {"token", "choice", "vote", "votes", "statement", "url", "path", "ip", "client", "args", "task_kwargs"}
)
# Log readers and terminals act on control characters: a value must never begin a line of its own.
CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {0x2028: "\\u2028", 0x2029: "\\u2029"}
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET_LOGGERS = ("procrastinate", "_granian", "granian", "asyncio", "httpx", "faker", "piccolo")


class _StandardError:
    """Standard error as it is when a line is written, not as it was when logging was configured."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


_standard_error: Any = _StandardError()
_handler = logging.StreamHandler(_standard_error)


def configure_logs(*, is_json: bool | None = None) -> None:
    """Every logger of this process writes one line an event to standard error, without anything that is forbidden."""
    # Whoever looks at a demo's terminal looks for its addresses.
    level = logging.WARNING if get_settings().is_demo else logging.INFO
    as_json = get_settings().is_log_json if is_json is None else is_json
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe_exception,
        drop_forbidden,
        escape_control_characters,
    ]
    final: Any = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, final],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=_standard_error),
        cache_logger_on_first_use=False,
    )
    _handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    if _handler not in root.handlers:
        root.addHandler(_handler)
    root.setLevel(level)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def drop_forbidden(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """No field with a forbidden name is left."""
    return {key: value for key, value in event.items() if key.lower() not in FORBIDDEN_FIELDS}


def escape_control_characters(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Every text is one harmless line."""
    return {key: value.translate(CONTROL) if isinstance(value, str) else value for key, value in event.items()}


def _describe_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """An exception becomes its kind and place; its message may quote what somebody typed."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["error_at"] = [f"{file}:{line}" for file, line in _places(error)[-4:]]
    event.pop("stack_info", None)
    return event


def _places(error: BaseException) -> list[tuple[str, int]]:
    places, trace = [], error.__traceback__
    while trace is not None:
        places.append((trace.tb_frame.f_code.co_filename.rpartition("site-packages/")[2], trace.tb_lineno))
        trace = trace.tb_next
    return places


def pseudonym(id: object) -> str:
    """The same short mark for the same account in every line; only who holds the session secret could undo it."""
    key = get_settings().session_secret
    return hmac.new(key, b"log\x00" + str(id).encode(), hashlib.sha256).hexdigest()[:12]


def log() -> Any:
    """The logger: `log().info("analysis recorded", consultation=..., seconds=...)`."""
    return structlog.get_logger("plenary")


def log_request(scope: Scope, *, status: int, seconds: float, request_id: str) -> None:
    """One line a request; the route's template stands for its path, which names consultations and people."""
    method = str(scope.get("method", ""))
    log().info(
        "request",
        method=method if method in METHODS else "other",
        route=str(scope.get("path_template") or "unmatched"),
        status=status,
        ms=round(seconds * 1000, 1),
        request_id=request_id,
    )
