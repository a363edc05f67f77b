"""Who is asking: sessions by an opaque cookie, the CSRF token bound to it, one-time codes and passwords.

A session's token is random, only its hash is stored, and a new one is made at every sign-in: a cookie that a browser
brings along unasked is never adopted.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from litestar import Request

from app.database import execute, fetchrow
from app.refusals import N_, Busy, Denied
from app.settings import get_settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Half a session waits this long for the second factor.
HALF_LIFE = timedelta(minutes=10)
STAFF_IDLE, STAFF_LIFE = timedelta(minutes=30), timedelta(hours=12)
IDLE, LIFE = timedelta(hours=4), timedelta(hours=24)
# The row is touched at most this often, so that reading pages does not write to the database each time.
TOUCH_AFTER = timedelta(minutes=2)
CODE_DIGITS, CODE_LIFE, CODE_TRIES = 8, timedelta(minutes=10), 5
MIN_PASSWORD, MAX_PASSWORD = 15, 128
# A hash takes some 60 ms of a core and 46 MiB: at most two at once, and a short queue, so that pages stay quick.
HASHER = PasswordHasher(memory_cost=47_104, time_cost=1, parallelism=1)
MAX_WAITING_HASHES = 20
# The hash of a password that nobody knows, by the same parameters: trying an unknown account costs as much as a known.
NOBODY = "$argon2id$v=19$m=47104,t=1,p=1$KBI5M+RB3gSPsCU2d5O8nQ$ppSDpYqvxcH1ADIWhLth6UemV31tmei9INl9pmhaiJs"

_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
_waiting = 0


@dataclass(frozen=True)
class Person:
    """The account that is signed in, as pages need it."""

    id: UUID
    email: str
    name: str
    locale: str
    zone: str
    is_administrator: bool
    may_convene: bool
    has_factor: bool = False
    factor_at: datetime | None = None
    """When this session was last given a code of the second factor."""


@dataclass
class Visit:
    """One request's visitor. `browser` is a random id that binds forms of people who are not signed in.

    Who has still to give the second factor is `half` and no account: to every door they are a visitor.
    """

    account: Person | None = None
    half: Person | None = None
    owes_factor: bool = False
    """They govern something, and this installation wants a second factor of them that they have not set up."""
    token: str = ""
    is_renewed: bool = False
    """The session goes on under a new token, which the response has to bring."""
    browser: str = ""
    is_new_browser: bool = False
    uses_forms: bool = False

    @property
    def csrf_token(self) -> str:
        """Token for the forms of this visitor: it works in no other session or browser."""
        self.uses_forms = True
        return _keyed("csrf", self.token or self.browser)

    def accepts(self, token: str) -> bool:
        return bool(token) and hmac.compare_digest(token.encode(), _keyed("csrf", self.token or self.browser).encode())


def cookie_name(name: str) -> str:
    """`__Host-` keeps other sites and subdomains from setting it; browsers allow it over https only."""
    return f"__Host-{name}" if get_settings().is_secure else f"plenary-{name}"


def hashed(token: str) -> bytes:
    """What is stored instead of a token."""
    return hashlib.sha256(token.encode()).digest()


TOKEN_LENGTH = 43
"""Letters of 32 random bytes in base 64."""


def new_token() -> str:
    return secrets.token_urlsafe(32)


def _keyed(purpose: str, text: str) -> str:
    return hmac.new(get_settings().session_secret, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


FIND_SESSION = """
select a.id, a.email, a.name, a.locale, a.zone, a.is_administrator, a.may_convene, s.seen_at, s.awaits_factor,
       s.factor_at, f.id is not null as has_factor, clock_timestamp() as now, $2::boolean and f.id is null
         and (a.is_administrator or a.may_convene or exists(select from memberships where account = a.id
              and role in ('convenor', 'moderator', 'auditor', 'curator'))) as owes_factor
from sessions s join accounts a on a.id = s.account
  left join second_factors f on f.account = a.id and f.enabled_at is not null
where s.token_hash = $1 and s.expires_at > clock_timestamp() and a.disabled_at is null
"""
IS_STAFF = """
select exists(select from memberships where account = $1 and role in ('convenor', 'moderator', 'auditor', 'curator'))
"""


async def visit_of(cookies: Mapping[str, str]) -> Visit:
    """The visitor these cookies belong to. An unknown, ended or idle session is nobody's."""
    token, browser = cookies.get(cookie_name("sid"), ""), cookies.get(cookie_name("browser"), "")
    visit = Visit(browser=browser if len(browser) == TOKEN_LENGTH else "")
    if not visit.browser:
        visit.browser, visit.is_new_browser = new_token(), True
    if len(token) != TOKEN_LENGTH:
        return visit
    row = await fetchrow(FIND_SESSION, hashed(token), get_settings().staff_needs_factor)
    if row is None:
        return visit
    idle = row["now"] - row["seen_at"]
    if idle > await _allowed_idle(row):
        return visit
    if idle > TOUCH_AFTER:
        await execute("update sessions set seen_at = clock_timestamp() where token_hash = $1", hashed(token))
    person = Person(*(row[name] for name in Person.__dataclass_fields__))
    visit.token = token
    if row["awaits_factor"]:
        visit.half = person
    else:
        visit.account, visit.owes_factor = person, bool(row["owes_factor"])
    return visit


async def _allowed_idle(row: Any) -> timedelta:
    if row["now"] - row["seen_at"] <= STAFF_IDLE:
        return STAFF_IDLE
    return STAFF_IDLE if await is_staff(row["id"], bool(row["is_administrator"] or row["may_convene"])) else IDLE


async def is_staff(account: UUID, may_govern: bool) -> bool:
    """Whether the account governs anything: then its sessions are short."""
    if may_govern:
        return True
    row = await fetchrow(IS_STAFF, account)
    return bool(row and row[0])


def visit(request: Request[Any, Any, Any]) -> Visit:
    """The visitor of this request; the application's outermost layer has looked it up."""
    found = (request.scope.get("state") or {}).get("session")
    return found if isinstance(found, Visit) else Visit(browser=new_token(), is_new_browser=True)


def person_of(request: Request[Any, Any, Any]) -> Person:
    """Who is signed in, on an address that the table of rights opens to nobody else."""
    person = visit(request).account
    assert person is not None
    return person


async def check_csrf(request: Request[Any, Any, Any]) -> None:
    """Raises Denied unless an unsafe request comes from a page of ours, in this visitor's own session."""
    if request.route_handler.opt.get("is_report"):
        return  # a browser says by itself what it refused; it is no form, and changes nothing
    if request.method in SAFE_METHODS or request.route_handler.opt.get("is_one_click"):
        return  # RFC 8058: what mail programs send for their readers holds no cookie; the address itself is the secret
    refusal = Denied(N_("This form is out of date or came from another site. Please open the page again and retry."))
    if not is_from_here(request):
        raise refusal
    token = request.headers.get("x-csrf-token", "")
    if not token:
        form = await request.form()
        given = form.get("_csrf_token", "")
        token = given if isinstance(given, str) else ""
    if not visit(request).accepts(token):
        raise refusal


def is_from_here(request: Request[Any, Any, Any]) -> bool:
    """Whether the browser says that the request comes from a page of this site, or says nothing."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    is_ours = origin is None or _host_of(origin) == request.headers.get("host")
    return is_ours and site in {None, "same-origin", "none"}


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


async def hash_password(password: str) -> str:
    """The argon2id hash of a password, made off the event loop."""
    return str(await _in_pool(HASHER.hash, password))


async def password_matches(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one. Takes as long for an account that has none."""
    try:
        return bool(await _in_pool(HASHER.verify, stored or NOBODY, password)) and stored is not None
    except (Argon2Error, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than are in use now."""
    return HASHER.check_needs_rehash(stored)


async def _in_pool(function: Any, *arguments: Any) -> Any:
    global _waiting
    if _waiting >= MAX_WAITING_HASHES:
        raise Busy(N_("Many people are signing in right now. Please try again in a moment."))
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, function, *arguments)
    finally:
        _waiting -= 1


def new_code() -> str:
    """A one-time code to type: eight digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def hash_code(code: str, email: str) -> bytes:
    """What is stored of a code; keyed, for eight digits alone could be tried out."""
    return bytes.fromhex(_keyed("code", f"{email}:{code}"))


def normalised_email(text: str) -> str:
    """One spelling for one mailbox: lower case, without what follows a plus sign."""
    name, _, domain = text.strip().lower().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"


def expires_at(now: datetime, *, staff: bool) -> datetime:
    return now + (STAFF_LIFE if staff else LIFE)


def safe_next(path: str) -> str:
    """Where to go after signing in: a path of this site, or nowhere."""
    plain = path if path.isascii() and path.isprintable() else ""
    if (
        not plain.startswith("/")
        or plain.startswith(("//", "/\\"))
        or "\\" in plain
        or "@" in plain
        or len(plain) > 400
    ):
        return ""
    return plain
