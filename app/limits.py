"""How often an account may do what: one table, counted in the database and so on all servers together.

The application's door (`app.main.before_request`) spends from it for every form that is sent; signing in spends for the
mailbox that is tried. What changed nothing is given back. Beside it a wide fuse per address, in each process alone.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from app.database import execute
from app.refusals import N_, TooMany
from app.settings import get_settings
from app.tables.accounts import RateWindow
from deliberation.phases import Action

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True)
class Limit:
    """At most so many at once; each of them is free again after its share of the window."""

    most: int
    seconds: int
    message: str

    @property
    def step(self) -> timedelta:
        """After this one more is free."""
        return timedelta(seconds=self.seconds / self.most)

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.seconds)


TRIED = N_("Too many attempts. Please wait a few minutes.")
WRITTEN = N_("You have sent a lot within an hour. What you wrote is below; please send it a little later.")
PROPOSED = N_("You have added several proposals within an hour. Voting stays open; please come back later.")
REWORDED = N_("You have proposed several wordings within an hour. Please come back later.")
VOTED = N_("That was faster than one can read. Your votes up to this one are kept; go on in a moment.")
SEARCHED = N_("You have searched many times within a minute. Please go on in a moment.")
COMPUTED = N_("This takes the server a lot of work, and you have asked for it several times. Please come back later.")
WORKED = N_("You have sent a lot within a minute. What you wrote is below; please send it again in a moment.")

_WRITING = (Limit(20, HOUR, WRITTEN),)
WORK = "work"
LIMITS: Mapping[str, tuple[Limit, ...]] = {
    # Tried on a mailbox or an account, by whomever; also what fails counts.
    "code": (Limit(3, 15 * MINUTE, TRIED),),
    "try": (Limit(5, MINUTE, TRIED), Limit(30, HOUR, TRIED)),
    # Of a million codes three hold at once: ten tries an hour find one in some four years on average.
    "factor": (Limit(10, HOUR, TRIED),),
    # Done by an account, by the action of its door, or by the `limit` that a route declares instead.
    Action.VOTE: (Limit(60, MINUTE, VOTED),),
    Action.RESPOND: (Limit(60, MINUTE, VOTED),),
    Action.PROPOSE: (Limit(5, HOUR, PROPOSED),),
    Action.AMEND: (Limit(10, HOUR, REWORDED),),
    Action.ANSWER_CLARIFICATION: _WRITING,
    Action.APPEAL: _WRITING,
    Action.CONTEST: _WRITING,
    Action.FLAG: _WRITING,
    Action.JOIN: _WRITING,
    Action.OBJECT: _WRITING,
    Action.SHARE_CONTACT: _WRITING,
    Action.SUGGEST_MERGE: _WRITING,
    "search": (Limit(30, MINUTE, SEARCHED),),
    "export": (Limit(6, HOUR, COMPUTED),),
    "analysis": (Limit(6, HOUR, COMPUTED),),
    Action.EXPORT_VOTES: (Limit(6, HOUR, COMPUTED),),
    # Everything else that is sent: a person at work on a desk or a queue never comes near it, a script does.
    WORK: (Limit(120, MINUTE, WORKED),),
}
"""All limits there are; changing a number here changes it everywhere."""


def name_of(*, action: str, declared: str | None, is_safe: bool) -> str | None:
    """The limit a route spends from; None where it may be asked for as often as the fuse allows."""
    if declared is not None:
        return declared
    if is_safe:
        return None
    return action if action in LIMITS else WORK


async def spend(name: str, whose: object) -> None:
    """One more of `whose` counts. Raises TooMany above the limit, with the seconds until one is free; then none counts.

    Exact however many servers count at once. On its own it waits for no disk: the table is not in the database's log.
    """
    for n, limit in enumerate(LIMITS[name]):
        key = _key(name, whose, n)
        if not await RateWindow.spend(key, limit.step, limit.window):
            wait = await RateWindow.wait(key, limit.step, limit.window)
            raise TooMany(limit.message, retry_after=max(1, math.ceil(wait.total_seconds())))


async def give_back(name: str, whose: object) -> None:
    """The last one of `whose` does not count."""
    for n, limit in enumerate(LIMITS[name]):
        sql = "update rate_windows set expires_at = expires_at - $2::interval where key = $1"
        await execute(sql, _key(name, whose, n), limit.step)


async def forget(whose: object, names: Iterable[str] = tuple(LIMITS)) -> None:
    """Nothing of `whose` counts any more."""
    keys = [_key(name, whose, n) for name in names for n in range(len(LIMITS[name]))]
    await execute("delete from rate_windows where key = any($1)", keys)


def _key(name: str, whose: object, n: int) -> str:
    """Who it is cannot be read from the row: beside the times of votes it would tell whose they are."""
    text = f"limit:{name}:{n}:{whose}"
    return hmac.new(get_settings().session_secret, text.encode(), hashlib.sha256).hexdigest()


# -------- the fuse


SIGNED_IN_PER_MINUTE, ANONYMOUS_PER_MINUTE = 1_200, 120
ANONYMOUS_RESERVE_MINUTES = 10
"""A room of 200 opens the first page, the sign-in and the code within a minute, from one address: what it did not use
in the ten minutes before is at hand. Who goes on asking has 120 a minute."""
FUSE = N_("Too many requests come from this address. Please wait a moment.")
MAX_REMEMBERED = 50_000


@dataclass
class Fuse:
    """How much of its rate each address has used, in this process: with four web processes it may be four times that.

    Signed-in requests count for their account at that address, so that a room behind one address is never refused.
    """

    full_at: dict[tuple[str, object], float] = field(default_factory=dict)

    def check(self, address: str, account: object = None, *, now: float | None = None) -> None:
        """Counts one more request. Raises TooMany when the fuse has blown."""
        if not address:
            return
        moment = time.monotonic() if now is None else now
        per_minute = ANONYMOUS_PER_MINUTE if account is None else SIGNED_IN_PER_MINUTE
        reserve = 60.0 * (ANONYMOUS_RESERVE_MINUTES if account is None else 1)
        full_at = max(self.full_at.get((address, account), 0.0), moment) + 60.0 / per_minute
        if full_at > moment + reserve:
            raise TooMany(FUSE, retry_after=max(1, math.ceil(full_at - moment - reserve)))
        if len(self.full_at) >= MAX_REMEMBERED:
            self._forget(moment)
        self.full_at[address, account] = full_at

    def _forget(self, moment: float) -> None:
        self.full_at = {key: full_at for key, full_at in self.full_at.items() if full_at > moment}
        if len(self.full_at) >= MAX_REMEMBERED:
            # More addresses at once than a fuse can hold apart: better none than a process without memory.
            self.full_at.clear()


def address_of(client: str, forwarded: str, proxies: tuple[str, ...]) -> str:
    """Whom a request counts for: its sender, or whom the named proxies say they had it from; IPv6 by its /64.

    Empty where it cannot be told: for this machine's own address, which is a proxy that was not named.
    """
    chain = [*(part.strip() for part in forwarded.split(",") if part.strip()), client]
    networks = _networks(proxies)
    while len(chain) > 1 and _is_in(chain[-1], networks):
        chain.pop()
    try:
        address: Any = ipaddress.ip_address(chain[-1])
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback:
        return ""
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


@cache
def _networks(proxies: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(ipaddress.ip_network(proxy, strict=False) for proxy in proxies)


def _is_in(address: str, networks: tuple[Any, ...]) -> bool:
    try:
        return any(ipaddress.ip_address(address) in network for network in networks)
    except ValueError:
        return False
