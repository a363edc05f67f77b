"""The second factor of an account: codes of an authenticator (RFC 6238) and recovery codes that stand in for it.

Each code counts once: what is stored is the last time step that was used, not what was typed, so that the same digits
with spaces or from another script are the same code.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pyotp

from app import auth, limits, seals
from app.actions.record import site_change
from app.database import execute, fetchrow, fetchval, now, transaction
from app.refusals import N_, Closed, Conflict, Invalid
from app.tables.accounts import Account, RecoveryCode

STEP, WINDOW, DIGITS = 30, 1, 6
# A set-up that is left open could be finished by whoever finds the screen.
SETUP_LIFE = timedelta(minutes=15)
N_RECOVERY_CODES, RECOVERY_BYTES = 10, 15
WRONG = N_("This code is wrong or was used already. Wait for the next one, or use a recovery code.")
NO_SETUP = N_("The set-up was not finished in time. Please begin again.")


@dataclass(frozen=True)
class Standing:
    """How far an account is with its second factor; `secret` is there only while it is being set up."""

    enabled_at: datetime | None = None
    secret: str = ""
    n_recovery_codes: int = 0


async def standing(account: UUID) -> Standing:
    """Whether the account has a second factor, is setting one up, or neither."""
    row = await fetchrow(
        """
        select sealed_secret, enabled_at, created_at > clock_timestamp() - $2::interval as is_fresh,
          (select count(*) from recovery_codes r where r.account = $1 and r.used_at is null) as n_codes
        from second_factors where account = $1
        """,
        account,
        SETUP_LIFE,
    )
    if row is None:
        return Standing()
    if row["enabled_at"] is not None:
        return Standing(enabled_at=row["enabled_at"], n_recovery_codes=int(row["n_codes"]))
    is_fresh = bool(row["is_fresh"])
    return Standing(secret=seals.opened_secret(account, bytes(row["sealed_secret"])) or "" if is_fresh else "")


def address_of(secret: str, email: str) -> str:
    """What an authenticator reads from the square code."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP).provisioning_uri(name=email, issuer_name="Plenary")


async def begin(*, account: UUID) -> None:
    """A new secret waits to be confirmed; it counts for nothing yet, and an earlier attempt is forgotten."""
    sealed = seals.sealed_secret(account, pyotp.random_base32())
    status = await execute(
        """
        insert into second_factors (id, account, sealed_secret, last_counter, created_at)
        values (gen_random_uuid(), $1, $2, 0, clock_timestamp())
        on conflict (account) do update set sealed_secret = $2, last_counter = 0, created_at = clock_timestamp()
        where second_factors.enabled_at is null
        """,
        account,
        sealed,
    )
    if status.endswith(" 0"):
        raise Conflict(N_("You have a second factor already. Switch it off before you set up another."))


async def confirm(*, account: UUID, token: str, code: str) -> tuple[str, list[str]]:
    """The second factor counts from now on. Returns this session's new token and the recovery codes, shown once.

    Every other session of the account is over, for it was opened without the factor.
    """
    await _limit_tries(account)
    async with site_change("factors.enable", actor="account"):
        if not (await standing(account)).secret:
            raise Closed(NO_SETUP)
        await _use_step(account, code)
        await execute("update second_factors set enabled_at = clock_timestamp() where account = $1", account)
        codes = await _new_recovery_codes(account)
        await execute("delete from sessions where account = $1 and token_hash <> $2", account, auth.hashed(token))
        fresh = await _renew(account, token)
    return fresh, codes


async def give(*, account: UUID, token: str, code: str) -> str:
    """The session is whole, under the new token that is returned, and remembers when the factor was given."""
    await _limit_tries(account)
    async with transaction():
        await _use(account, code)
        fresh = await _renew(account, token)
        await limits.forget(account, ["factor"])
    return fresh


async def renew_codes(*, account: UUID, code: str) -> list[str]:
    """The account has new recovery codes, which are returned and shown once; the old ones are void."""
    await _limit_tries(account)
    async with site_change("factors.renew_codes", actor="account"):
        await _use(account, code)
        return await _new_recovery_codes(account)


async def switch_off(*, account: UUID, code: str) -> None:
    """The account has no second factor any more."""
    await _limit_tries(account)
    async with site_change("factors.disable", actor="account"):
        await _use(account, code)
        await forget(account=account)


async def forget(*, account: UUID) -> None:
    """Nothing of the account's second factor is left, and no session remembers that it was given."""
    await execute("delete from second_factors where account = $1", account)
    await execute("delete from recovery_codes where account = $1", account)
    await execute("update sessions set factor_at = null where account = $1", account)


async def _limit_tries(account: UUID) -> None:
    # Outside the transaction of the change: a wrong code takes the change back, but not that it was tried.
    await limits.spend("factor", account)


async def _use(account: UUID, code: str) -> None:
    """Uses up a code of the authenticator or a recovery code. Raises Invalid for any other."""
    if await fetchval("select enabled_at from second_factors where account = $1", account) is None:
        raise Invalid(WRONG, field="code")
    plain = _plain(code)
    if len(plain) == DIGITS:
        await _use_step(account, code)
    else:
        await _use_recovery_code(account, plain)


async def _use_step(account: UUID, code: str) -> None:
    row = await fetchrow(
        "select sealed_secret, last_counter from second_factors where account = $1 for update", account
    )
    secret = None if row is None else seals.opened_secret(account, bytes(row["sealed_secret"]))
    if row is None or secret is None:
        raise Invalid(WRONG, field="code")
    counter = matching_step(secret, code, moment=await now())
    if counter is None or counter <= row["last_counter"]:
        raise Invalid(WRONG, field="code")
    await execute("update second_factors set last_counter = $2 where account = $1", account, counter)


def matching_step(secret: str, code: str, *, moment: datetime) -> int | None:
    """The time step whose code was typed, of this one, the one before and the one after; the latest if several."""
    generator, here = pyotp.HOTP(secret, digits=DIGITS), int(moment.timestamp()) // STEP
    typed = _plain(code).encode()
    steps = range(here - WINDOW, here + WINDOW + 1)
    found = [step for step in steps if hmac.compare_digest(generator.at(step).encode(), typed)]
    return max(found, default=None)


async def _use_recovery_code(account: UUID, plain: str) -> None:
    async with site_change("factors.use_recovery_code", actor="account") as payload:
        used = await fetchval(
            "update recovery_codes set used_at = clock_timestamp() "
            "where account = $1 and code_hash = $2 and used_at is null returning id",
            account,
            auth.hashed(plain),
        )
        if used is None:
            raise Invalid(WRONG, field="code")
        payload["left"] = await fetchval(
            "select count(*) from recovery_codes where account = $1 and used_at is null", account
        )


async def _new_recovery_codes(account: UUID) -> list[str]:
    await execute("delete from recovery_codes where account = $1", account)
    plain = [base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(N_RECOVERY_CODES)]
    await RecoveryCode.insert(*(RecoveryCode(account=account, code_hash=auth.hashed(code)) for code in plain))
    return ["-".join(code[place : place + 4] for place in range(0, len(code), 4)) for code in plain]


async def _renew(account: UUID, token: str) -> str:
    """The session under a new token, whole from now on; the old token leads nowhere."""
    person = await Account.objects().where(Account.id == account).first()
    if person is None:
        raise Invalid(WRONG, field="code")
    staff = await auth.is_staff(account, person.is_administrator or person.may_convene)
    fresh, moment = auth.new_token(), await now()
    await execute(
        """
        update sessions set token_hash = $3, seen_at = $4, factor_at = $4, awaits_factor = false,
          expires_at = case when awaits_factor then $5 else expires_at end
        where token_hash = $2 and account = $1
        """,
        account,
        auth.hashed(token),
        auth.hashed(fresh),
        moment,
        auth.expires_at(moment, staff=staff),
    )
    return fresh


def _plain(code: str) -> str:
    """The code without spaces and dashes, in capitals; digits of every script are digits."""
    text = unicodedata.normalize("NFKC", code).upper()
    return "".join(str(int(mark)) if mark.isdecimal() else mark for mark in text if mark.isalnum())
