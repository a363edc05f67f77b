"""Accounts, sessions and the one-time codes people sign in with."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Boolean, Bytea, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
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


class RateWindow(Table, tablename="rate_windows"):
    """How often something was done in one window of time; shared by all servers."""

    id = UUID(primary_key=True, default=UUID4())
    key = Varchar(length=160, unique=True)
    n = Integer(default=1)
    expires_at = Timestamptz(index=True)

    @classmethod
    async def tick(cls, key: str, seconds: int) -> int:
        """How often this has now been done in its window of `seconds`, counting this time; exact with many servers."""
        row = await fetchrow(
            """
            insert into rate_windows (id, key, n, expires_at)
            values (gen_random_uuid(), $1, 1, clock_timestamp() + make_interval(secs => $2))
            on conflict (key) do update set
              n = case when rate_windows.expires_at <= clock_timestamp() then 1 else rate_windows.n + 1 end,
              expires_at = case when rate_windows.expires_at <= clock_timestamp() then excluded.expires_at
                                else rate_windows.expires_at end
            returning n
            """,
            key,
            float(seconds),
        )
        assert row is not None
        return int(row["n"])
