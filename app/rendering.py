"""Pages and fragments: one Jinja environment, six languages, numbers and times as each language writes them.

`page` renders a whole page, `fragment` one `_name.html` alone, `page_or_fragment` the one that the browser asked for.
All three work without a session, an account or a database, so that an error page can always be shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from markupsafe import Markup

from app import language
from app.language import LANGUAGES, REVIEWED, current_locale, direction, use_locale
from app.markdown import render_markdown
from app.seals import sign_of
from app.settings import get_settings
from app.static_files import static
from app.taxonomies.sdgs import GOALS, goal

TEMPLATES = Path(__file__).parent.parent / "templates"
# What htmx may do here: nothing that evaluates text as code, nothing cross-origin, no page copies kept in the browser.
HTMX_CONFIG = (
    '{"includeIndicatorCSS":false,"allowEval":false,"allowScriptTags":false,"mode":"same-origin",'
    '"history":"reload","extensions":"sse","defaultTimeout":20000,"noSwap":[204,304]}'
)

AnyRequest = Request[Any, Any, Any]
Processor = Callable[[AnyRequest], Mapping[str, Any]]
# Further context for whole pages, added by modules that rendering must not import: `processors.append(function)`.
processors: list[Processor] = []


@dataclass(frozen=True)
class StatusLine:
    """What just happened, in one short sentence; `undo` is the address that a POST takes it back at, into `target`."""

    text: str
    undo: str | None = None
    target: str = "#ballot-area"


@dataclass(frozen=True)
class LanguageLink:
    """The same page in another language; `name` is the language's own name."""

    code: str
    name: str
    href: str
    current: bool
    dir: str


@dataclass(frozen=True)
class _Page:
    """What macros may need without being handed it."""

    session: Any = None
    path: str = "/"
    query: str = ""


_NO_PAGE = _Page()
_page: ContextVar[_Page] = ContextVar("page", default=_NO_PAGE)


def url(path: str, **query: Any) -> str:
    """The address of a page in the reader's language: `url("/c/x", s=22)` is `/en/c/x?s=22`."""
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"not a path of this site: {path!r}")
    kept = {name: value for name, value in query.items() if value is not None}
    return f"/{current_locale()}{path}" + (f"?{urlencode(kept, doseq=True)}" if kept else "")


def absolute(path: str) -> str:
    """The whole address of a page, for whoever comes from elsewhere."""
    return get_settings().base_url + url(path)


def languages() -> list[LanguageLink]:
    """The page being rendered in each of the six languages, in the order of their own alphabetical list."""
    page = _page.get()
    query = f"?{page.query}" if page.query else ""
    return [
        LanguageLink(
            code,
            name,
            f"/{code}{page.path}{query}",
            code == current_locale(),
            direction(code),
        )
        for code, name in LANGUAGES.items()
    ]


def csrf_token() -> str:
    """The token of the session for which the page is rendered, or the empty string."""
    # Asked for only where a form is drawn: asking makes the session give the browser a cookie.
    return getattr(_page.get().session, "csrf_token", "") or ""


def form_key() -> str:
    """A new idempotency key: pressing a button twice changes nothing the second time."""
    return secrets.token_urlsafe(16)


@cache
def environment() -> Environment:
    """The one environment: all but plain mails escaped, an undefined name is an error, sentences through gettext."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        # The plain part of a mail shows an ampersand as it is; everything else is escaped.
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True, default_for_string=True),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext,
        language.ngettext,
        newstyle=True,
        pgettext=language.pgettext,
        npgettext=language.npgettext,
    )
    env.filters |= {
        "num": language.num,
        "pct": language.pct,
        "band": language.band,
        "released": language.released,
        "dt": language.dt,
        "date": language.date,
        "bdi": language.bdi,
        "sentence": language.sentence,
        "markdown": _peoples_text,
        "city": language.city,
    }
    settings = get_settings()
    env.globals |= {
        "url": url,
        "static": static,
        "languages": languages,
        "csrf_token": csrf_token,
        "form_key": form_key,
        "current_locale": current_locale,
        "direction": direction,
        "REVIEWED": REVIEWED,
        "goal": goal,
        "GOALS": GOALS,
        "SITE_NAME": settings.site_name,
        "LOGO": settings.logo.name if settings.logo else "",
        "IS_ACCENTED": bool(settings.accent_style),
        "HTMX_CONFIG": HTMX_CONFIG,
    }
    return env


def _peoples_text(text: str | None) -> Markup:
    return render_markdown(text, address=outward)


def outward(link: str) -> str:
    """Where a link that a person wrote leads: to a page that names its site first. It is signed, so that nobody else's
    link can borrow this site's name."""
    if not link.startswith(("https://", "http://")):
        return link
    return url("/leave", to=link, sign=sign_of(link))


def compile_templates() -> None:
    """Every template is compiled; it takes most of a second, which else the first readers of each page wait for."""
    for name in environment().list_templates():
        environment().get_template(name)


def render(template: str, /, *, locale: str | None = None, **context: Any) -> str:
    """The text of a template in a language, without a request: for mails, documents and tests."""
    with use_locale(locale or current_locale()):
        return environment().get_template(template).render(locale=current_locale(), dir=direction(), **context)


def _state(request: AnyRequest) -> Mapping[str, Any]:
    state: Mapping[str, Any] = request.scope.get("state") or {}
    return state


def _said_cookie() -> str:
    return "__Host-said" if get_settings().is_secure else "plenary-said"


def _said(request: AnyRequest) -> StatusLine | None:
    """The status line that an earlier `see_other` left; an undo that is not a path of this site is dropped."""
    text, _, undo = unquote(request.cookies.get(_said_cookie()) or "").partition("\n")
    if not text:
        return None
    return StatusLine(
        text[:300],
        undo if undo.startswith("/") and not undo.startswith(("//", "/\\")) else None,
    )


def _language_of(request: AnyRequest) -> str:
    first = request.url.path.split("/", 2)[1] if request.url.path.startswith("/") else ""
    chosen = _state(request).get("locale") or (first if first in LANGUAGES else current_locale())
    return chosen if chosen in LANGUAGES else "en"


@contextmanager
def _rendering(request: AnyRequest) -> Iterator[None]:
    session = _state(request).get("session")
    path = request.url.path
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    if first in LANGUAGES:
        path = path[len(first) + 1 :] or "/"
    # Only a page that was asked for by GET can be asked for again in another language with its query.
    query = request.url.query or "" if request.method == "GET" else ""
    token = _page.set(_Page(session, path, query))
    try:
        with use_locale(_language_of(request)):
            yield
    finally:
        _page.reset(token)


def _context(request: AnyRequest) -> dict[str, Any]:
    state = _state(request)
    context: dict[str, Any] = {
        "locale": current_locale(),
        "dir": direction(),
        "account": getattr(state.get("session"), "account", None),
        "status_line": state.get("status_line") or _said(request),
        # Shows a control as usable where nothing is known; the action itself refuses.
        "why_not": state.get("why_not") or (lambda *_args, **_kwargs: None),
    }
    for processor in processors:
        context |= processor(request)
    return context


def _respond(
    request: AnyRequest,
    template: str,
    status: int,
    headers: Mapping[str, str] | None,
    context: Mapping[str, Any],
) -> Response[str]:
    with _rendering(request):
        content = environment().get_template(template).render({**_context(request), **context})
    cookies = []
    if request.cookies.get(_said_cookie()) and not is_fragment(template):
        cookies.append(
            Cookie(
                key=_said_cookie(),
                value="",
                path="/",
                max_age=0,
                secure=get_settings().is_secure,
            )
        )
    return Response(
        content,
        status_code=status,
        media_type=MediaType.HTML,
        headers={"Vary": "HX-Request", **(headers or {})},
        cookies=cookies,
    )


def is_fragment(template: str) -> bool:
    """Whether a template is a fragment, that is, named `_name.html`."""
    return template.rsplit("/", 1)[-1].startswith("_")


def page(
    request: AnyRequest,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """A whole page. The context gains locale, dir, account, status_line, why_not and what `processors` add."""
    return _respond(request, template, status, headers, context)


def fragment(
    request: AnyRequest,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """One `_name.html` alone, to be swapped into a page."""
    if not is_fragment(template):
        raise ValueError(f"a fragment is named _name.html, not {template}")
    return _respond(request, template, status, headers, context)


def wants_fragment(request: AnyRequest) -> bool:
    """Whether htmx asked for a part of the page; going back in the history asks for the whole."""
    return request.headers.get("HX-Request") == "true" and not request.headers.get("HX-History-Restore-Request")


def page_or_fragment(
    request: AnyRequest,
    page_template: str,
    fragment_template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """The shape that was asked for; caches are told that there are two."""
    if wants_fragment(request):
        return fragment(request, fragment_template, status=status, headers=headers, **context)
    return page(request, page_template, status=status, headers=headers, **context)


def see_other(request: AnyRequest, path: str, *, said: str | None = None, undo: str | None = None) -> Response[str]:
    """303 to a page of this site, which shows the sentence `said` once, with an undo button if `undo` is an address."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise ValueError(f"not a path of this site: {path!r}")
    cookies = []
    if said:
        cookies.append(
            Cookie(
                key=_said_cookie(),
                value=quote(said + (f"\n{undo}" if undo else ""), safe=""),
                path="/",
                max_age=60,
                httponly=True,
                samesite="lax",
                secure=get_settings().is_secure,
            )
        )
    return Response(
        "",
        status_code=303,
        headers={"Location": path},
        media_type=MediaType.TEXT,
        cookies=cookies,
    )
