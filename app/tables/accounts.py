"""Accounts, sessions and the one-time codes people sign in with."""

from __future__ import annotations

from datetime import timedelta

from piccolo.columns import UUID, BigInt, Boolean, Bytea, ForeignKey, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from app.database import fetchrow


class Account(Table, tablename="accounts"):
    """A person's sign-in, across consultations. It knows nothing of proposals and votes."""

    id = UUID(primary_key=True, default=UUID4())
    email = Varchar(length=254, unique=True)
    name = Varchar(length=120, default="")
    locale = Varchar(length=8, default="en")
    zone = Varchar(length=64, default="UTC")
    password_hash = Text(null=True, default=None)
    is_administrator = Boolean(default=False)
    may_convene = Boolean(default=False)
    created_at = Timestamptz()
    disabled_at = Timestamptz(null=True, default=None)


class Session(Table, tablename="sessions"):
    """One signed-in browser; only the hash of its token is stored.

    While it awaits the second factor it is half a session: it can do nothing but give it.
    """

    id = UUID(primary_key=True, default=UUID4())
    token_hash = Bytea(unique=True)
    account = ForeignKey(Account, null=False)
    created_at = Timestamptz()
    seen_at = Timestamptz()
    expires_at = Timestamptz(index=True)
    awaits_factor = Boolean(default=False)
    factor_at = Timestamptz(null=True, default=None)


class SecondFactor(Table, tablename="second_factors"):
    """What an account's authenticator shares with us, sealed; it counts once a code has confirmed it."""

    id = UUID(primary_key=True, default=UUID4())
    account = ForeignKey(Account, null=False, unique=True)
    sealed_secret = Bytea()
    last_counter = BigInt(default=0)
    created_at = Timestamptz()
    enabled_at = Timestamptz(null=True, default=None)


class RecoveryCode(Table, tablename="recovery_codes"):
    """A code that stands in for a lost authenticator, once; only its hash is stored."""

    id = UUID(primary_key=True, default=UUID4())
    account = ForeignKey(Account, null=False, index=True)
    code_hash = Bytea()
    used_at = Timestamptz(null=True, default=None)


class SignInCode(Table, tablename="sign_in_codes"):
    """A one-time code sent by e-mail; it works once, for ten minutes, in the browser that asked for it."""

    id = UUID(primary_key=True, default=UUID4())
    email = Varchar(length=254, index=True)
    code_hash = Bytea()
    browser_hash = Bytea()
    next_path = Varchar(length=500, default="")
    n_tries = SmallInt(default=0)
    created_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class SignInRequest(Table, tablename="sign_in_requests"):
    """A sign-in begun at the outside provider; it works once, for ten minutes, in the browser that began it."""

    id = UUID(primary_key=True, default=UUID4())
    state_hash = Bytea(unique=True)
    browser_hash = Bytea()
    nonce = Varchar(length=64)
    verifier = Varchar(length=128)
    next_path = Varchar(length=500, default="")
    created_at = Timestamptz()
    expires_at = Timestamptz(index=True)


class FactorRemoval(Table, tablename="factor_removals"):
    """One person's request that another, who has lost their second factor, be rid of it; a second person answers."""

    id = UUID(primary_key=True, default=UUID4())
    account = ForeignKey(Account, null=False, unique=True)
    asked_by = ForeignKey(Account, null=False, index=True)
    reason = Text()
    asked_at = Timestamptz()


class RateWindow(Table, tablename="rate_windows"):
    """How much of a limit is used up; shared by all servers. `key` tells nobody whose it is.

    Each use takes `step` from the window and is free again after it: at `expires_at` nothing counts any more. Rows are
    not in the database's log (see triggers.sql), so that counting waits for no disk; after a crash all is free.
    """

    id = UUID(primary_key=True, default=UUID4())
    key = Varchar(length=160, unique=True)
    expires_at = Timestamptz()

    @classmethod
    async def spend(cls, key: str, step: timedelta, window: timedelta) -> bool:
        """One more use counts, or none where the window is used up; exact with many servers."""
        row = await fetchrow(
            """
            insert into rate_windows as w (id, key, expires_at) values (gen_random_uuid(), $1, clock_timestamp() + $2)
            on conflict (key) do update set expires_at = greatest(w.expires_at, clock_timestamp()) + $2
            where greatest(w.expires_at, clock_timestamp()) + $2 <= clock_timestamp() + $3::interval
            returning id
            """,
            key,
            step,
            window,
        )
        return row is not None

    @classmethod
    async def wait(cls, key: str, step: timedelta, window: timedelta) -> timedelta:
        """How long until one more would count."""
        row = await fetchrow(
            "select expires_at + $2::interval - $3::interval - clock_timestamp() as wait "
            "from rate_windows where key = $1",
            key,
            step,
            window,
        )
        return row["wait"] if row is not None else timedelta(0)
