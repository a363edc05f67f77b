"""Everything that differs between one installation and the next, read once from the environment.

A production start fails closed: `Settings.problems` names each reason, and `refuse_unsafe` stops before anything
listens. No value of a secret is ever printed.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from app import branding
from app.environment import KEY_BYTES, Keys, Reader, SettingsError

PROJECT = Path(__file__).resolve().parent.parent
# 32 random bytes hold about 30 distinct values; a typed placeholder holds a handful.
MIN_DISTINCT_KEY_BYTES = 16
DEMO_ACCOUNTS: Mapping[str, str] = {
    "stakeholder": "stakeholder@example.org",
    "convenor": "convenor@example.org",
    "moderator": "moderator@example.org",
    "auditor": "auditor@example.org",
    "curator": "curator@example.org",
}
"""Who can be signed in as with one click in a demo, by role; the curator signs slates beside the convenor."""
KEEP_DAYS: Mapping[str, int] = {
    "sign_in_codes": 1,
    "sign_in_requests": 1,
    "unsent_forms": 1,
    "rate_windows": 1,
    "used_forms": 7,
    "jobs": 7,
    "sessions": 30,
    "messages": 30,
    "drafts": 30,
    "links": 90,
}
"""How many days each kind of row is kept that is nobody's to keep for longer; `PLENARY_KEEP_DAYS` sets others."""
DEBUG_VARIABLES = ("LITESTAR_DEBUG", "LITESTAR_PDB", "PYTHONASYNCIODEBUG", "PYTHONINSPECT")
MOST_DAYS = 3_650
EXIT_UNSAFE = 78  # EX_CONFIG of sysexits.h


@dataclass(frozen=True)
class Provider:
    """An OpenID Connect provider; `name` is what the button says."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    database_url: str | None = field(repr=False)
    """PostgreSQL as `postgresql://user:password@host/name`; None means the embedded server."""
    data_dir: Path
    """Where the embedded database, generated keys, locks and logs live."""
    base_url: str
    """The address people type, without a slash at its end; absolute links begin with it, not with a Host header."""
    host: str
    """The address the web server binds to."""
    port: int
    """The port the web server binds to."""
    is_demo: bool
    """One-click sign-ins exist and mail stays in the outbox; only `plenary demo` sets it, on the loopback address."""
    staff_needs_factor: bool
    """Whoever governs anything does nothing before their account has a second factor."""
    is_production: bool
    """Others can reach this installation, so that an unsafe setting refuses the start."""
    allowed_hosts: tuple[str, ...]
    """Host headers that are answered; others get 400."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies in front, whose word on where a request comes from is taken."""
    n_web_workers: int
    """Web processes; each holds a pool of at most ten database connections."""
    smtp_url: str | None
    """`smtp://user:password@host:587` (STARTTLS) or `smtps://...:465`; None leaves mail in the outbox."""
    mail_from: str
    """The sender of every mail."""
    provider: Provider | None = None
    """Where people may sign in by OpenID Connect; None leaves codes by mail and passwords."""
    translator: str | None = None
    """The entry point of group `plenary.translators` that drafts translations; None, as by default: no text leaves."""
    dask_scheduler: str | None = field(repr=False, default=None)
    """A dask scheduler such as `tcp://dask:8786`, for analyses of tens of millions of votes; None keeps them here."""
    keep_days: Mapping[str, int] = field(default_factory=lambda: dict(KEEP_DAYS))
    """How many days each kind of row is kept; what the privacy page and the words of consent say."""
    privacy_contact: str = ""
    """Whom people ask about their data; empty leads them to the convenors."""
    privacy_policy: str = ""
    """The rules that bind whoever operates the server, by name or address; empty where there are none to name."""
    embedded_by: tuple[str, ...] = ()
    """Sites that may show results inside their own pages, as `https://example.org`."""
    site_name: str = "Plenary"
    """What the pages call themselves."""
    logo: branding.Logo | None = field(repr=False, default=None)
    """The picture beside the name; None leaves the brand's own mark."""
    accent_style: str = ""
    """The rules that put another colour in the place of the brand's; empty leaves it."""
    metrics_token: str | None = field(repr=False, default=None)
    """Whoever sends it may read `/metrics`; None keeps them to this machine, and in production to nobody."""
    is_log_json: bool
    """The operational log is JSON lines; otherwise readable lines, for a developer's terminal."""
    session_secret: bytes = field(repr=False)
    """Keys cookies, form tokens and the pseudonyms in the log."""
    link_key: bytes = field(repr=False)
    """Encrypts the table that links a participant's pseudonym to an account; losing it severs the links for good."""
    signing_key: bytes = field(repr=False)
    """The Ed25519 seed that signs published snapshots."""
    key_files: tuple[Path, ...] = field(repr=False, default=())
    """Files that keys were read from, to check who else may read them."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings that the variables describe; raises SettingsError for a malformed value or a missing key."""
        reader = Reader(environment)
        host, port = reader.text("PLENARY_HOST", "127.0.0.1"), reader.number("PLENARY_PORT", 8000, 0, 65535)
        base_url = reader.text("PLENARY_BASE_URL", f"http://127.0.0.1:{port}").rstrip("/")
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise SettingsError("PLENARY_BASE_URL must look like https://plenary.example.org, without a path.")
        is_production = reader.flag("PLENARY_PRODUCTION") or not (is_loopback(host) and is_loopback(parts.hostname))
        data_dir = Path(reader.text("PLENARY_DATA_DIR", str(PROJECT / ".data"))).expanduser().resolve()
        keys = Keys(reader, data_dir / "keys", may_generate=not is_production)
        return cls(
            database_url=_database_url(reader),
            data_dir=data_dir,
            base_url=base_url,
            host=host,
            port=port,
            is_demo=reader.flag("PLENARY_DEMO"),
            staff_needs_factor=reader.flag("PLENARY_STAFF_SECOND_FACTOR", default=is_production),
            is_production=is_production,
            allowed_hosts=reader.names("PLENARY_ALLOWED_HOSTS", _hosts_of(parts.hostname)),
            proxies=reader.networks("PLENARY_PROXIES"),
            n_web_workers=reader.number("PLENARY_WEB_WORKERS", 2, 1, 64),
            smtp_url=reader.optional("PLENARY_SMTP_URL"),
            mail_from=reader.text("PLENARY_MAIL_FROM", f"Plenary <no-reply@{parts.hostname}>"),
            provider=_provider(reader),
            translator=reader.optional("PLENARY_TRANSLATOR"),
            dask_scheduler=reader.optional("DASK_SCHEDULER"),
            keep_days=_keep_days(reader),
            privacy_contact=reader.text("PLENARY_PRIVACY_CONTACT", "")[:200],
            privacy_policy=reader.text("PLENARY_PRIVACY_POLICY", "")[:200],
            embedded_by=_sites(reader),
            **_brand(reader),
            metrics_token=reader.secret("PLENARY_METRICS_TOKEN"),
            is_log_json=reader.flag("PLENARY_LOG_JSON", default=is_production),
            session_secret=keys.read("session_secret"),
            link_key=keys.read("link_key"),
            signing_key=keys.read("signing_key"),
            key_files=tuple(keys.files),
        )

    @property
    def is_secure(self) -> bool:
        """Whether this installation is reached over https."""
        return self.base_url.startswith("https://")

    def problems(self, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
        """Every reason why this installation must not face other people; empty outside production."""
        if not self.is_production:
            return ()
        return (
            *_address_problems(self),
            *_network_problems(self),
            *_key_problems(self),
            *(
                f"{name} is set: debugging shows secrets to visitors."
                for name in DEBUG_VARIABLES
                if environment.get(name)
            ),
        )

    def refuse_unsafe(self, environment: Mapping[str, str] = os.environ) -> None:
        """Raises SettingsError with every reason, when this installation must not face other people."""
        if reasons := self.problems(environment):
            raise SettingsError(*reasons)


@cache
def get_settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environment()


def _sites(reader: Reader) -> tuple[str, ...]:
    found = reader.names("PLENARY_EMBEDDED_BY", ())
    for site in found:
        parts = urlsplit(site)
        if parts.scheme != "https" or not parts.hostname or site != f"https://{parts.netloc}" or "*" in site:
            raise SettingsError("PLENARY_EMBEDDED_BY holds sites such as https://example.org, separated by commas.")
    return found


def _brand(reader: Reader) -> dict[str, Any]:
    """What an installation changed of the look; whatever would harm a reader is refused with its reason."""
    readers: dict[str, tuple[str, Callable[[str], Any]]] = {
        "site_name": ("PLENARY_SITE_NAME", branding.site_name),
        "logo": ("PLENARY_LOGO", lambda file: branding.read_logo(Path(file).expanduser())),
        "accent_style": ("PLENARY_ACCENT", branding.accent_style),
    }
    found: dict[str, Any] = {}
    for name, (variable, read) in readers.items():
        value = reader.optional(variable)
        try:
            found |= {} if value is None else {name: read(value)}
        except ValueError as error:
            raise SettingsError(f"{variable}: {error}.") from error
    return found


def is_loopback(host: str) -> bool:
    """Only this machine can reach the host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _database_url(reader: Reader) -> str | None:
    """The address, with the password of `DATABASE_PASSWORD_FILE` in it: a password in a variable is seen by many."""
    url = reader.optional("DATABASE_URL")
    password = None if url is None else reader.content("DATABASE_PASSWORD_FILE")
    if url is None or password is None:
        return url
    parts = urlsplit(url)
    user, is_given, host = parts.netloc.rpartition("@")
    if not is_given or ":" in user:
        raise SettingsError("With DATABASE_PASSWORD_FILE, DATABASE_URL names a user and no password.")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()


def _keep_days(reader: Reader) -> Mapping[str, int]:
    """The defaults, and what `PLENARY_KEEP_DAYS=links=60,messages=14` says instead."""
    found = dict(KEEP_DAYS)
    for pair in reader.names("PLENARY_KEEP_DAYS", ()):
        name, _, days = pair.partition("=")
        if name not in KEEP_DAYS or not (days.isascii() and days.isdigit() and 1 <= int(days) <= MOST_DAYS):
            names = ", ".join(KEEP_DAYS)
            raise SettingsError(f"PLENARY_KEEP_DAYS gives one of {names} a number of days from 1 to {MOST_DAYS}.")
        found[name] = int(days)
    return found


def _provider(reader: Reader) -> Provider | None:
    issuer, client = reader.optional("PLENARY_OIDC_ISSUER"), reader.optional("PLENARY_OIDC_CLIENT_ID")
    secret = reader.optional("PLENARY_OIDC_CLIENT_SECRET") or reader.content("PLENARY_OIDC_CLIENT_SECRET_FILE")
    if not (issuer or client) and secret is None:
        return None
    if not (issuer and client and secret):
        raise SettingsError(
            "PLENARY_OIDC_ISSUER, PLENARY_OIDC_CLIENT_ID and PLENARY_OIDC_CLIENT_SECRET (or ..._FILE) go together."
        )
    parts = urlsplit(issuer)
    if parts.query or parts.fragment or not parts.hostname or not _is_private(parts.scheme, parts.hostname):
        raise SettingsError("PLENARY_OIDC_ISSUER must look like https://login.example.org/realm.")
    return Provider(issuer, client, secret, reader.text("PLENARY_OIDC_NAME", parts.hostname))


def _is_private(scheme: str, hostname: str) -> bool:
    """Whether nobody on the way reads or changes what is said there."""
    return scheme == "https" or (scheme == "http" and is_loopback(hostname))


def _hosts_of(hostname: str) -> tuple[str, ...]:
    return ("127.0.0.1", "localhost", "[::1]") if is_loopback(hostname) else (hostname,)


def _address_problems(settings: Settings) -> list[str]:
    reasons = []
    if not settings.is_secure:
        reasons.append("PLENARY_BASE_URL must begin with https://, for sign-in cookies travel only over https.")
    if settings.is_demo:
        reasons.append("PLENARY_DEMO is set: a demo has one-click sign-ins and must stay on this machine.")
    return reasons


def _network_problems(settings: Settings) -> list[str]:
    reasons = []
    if not settings.allowed_hosts or any("*" in host for host in settings.allowed_hosts):
        reasons.append("PLENARY_ALLOWED_HOSTS must name the hosts that are answered, without a wildcard.")
    return reasons


def _key_problems(settings: Settings) -> list[str]:
    keys = {name: getattr(settings, name) for name in ("session_secret", "link_key", "signing_key")}
    reasons = [
        f"PLENARY_{name.upper()} looks like a placeholder: make one with `openssl rand -hex {KEY_BYTES}`."
        for name, key in keys.items()
        if len(set(key)) < MIN_DISTINCT_KEY_BYTES
    ]
    if len(set(keys.values())) < len(keys):
        reasons.append("PLENARY_SESSION_SECRET, PLENARY_LINK_KEY and PLENARY_SIGNING_KEY must differ from each other.")
    for file in settings.key_files:
        if file.stat().st_mode & 0o007:
            reasons.append(f"{file} can be read by others: chmod 0400 it.")
        if _is_in_git(file):
            reasons.append(f"{file} is in git: make a new key and keep it outside.")
    return reasons


def _is_in_git(file: Path) -> bool:
    with contextlib.suppress(OSError):
        command = ["git", "-C", str(file.parent), "ls-files", "--error-unmatch", file.name]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False
