"""Signing in and out, one's own details, and leaving for good. What is stored of a code or a token is its hash."""

from __future__ import annotations

import hmac
from uuid import UUID

from app import access, auth, emails, limits
from app.actions import responses, votes
from app.actions.record import site_change
from app.analysis import my_data
from app.database import execute, fetchrow, fetchval, now, transaction
from app.refusals import N_, Denied, Invalid
from app.tables.accounts import Account, Session, SignInCode

WRONG_CODE = N_("This code is wrong, used up or older than ten minutes. Please ask for a new one.")

OTHER_ADMINISTRATORS = "select count(*) from accounts where is_administrator and disabled_at is null and id <> $1"
HAS_FACTOR = "select true from second_factors where account = $1 and enabled_at is not null"
ALONE_IN = """
select c.title from memberships m join consultations c on c.id = m.consultation
where m.account = $1 and m.role = 'convenor' and c.lifecycle in ('draft', 'running') and not exists (
  select from memberships o where o.consultation = c.id and o.role = 'convenor' and o.account <> $1
) order by c.title limit 1
"""
EMPTY_ACCOUNT = """
update accounts set email = 'erased-' || id || '@erased.invalid', name = '', zone = 'UTC', locale = 'en',
  password_hash = null, is_administrator = false, may_convene = false, disabled_at = clock_timestamp() where id = $1
"""


async def request_code(*, email: str, browser: str, next_path: str, locale: str) -> None:
    """A one-time code is on its way to the address. The same happens, to the eye, whether or not it is known."""
    address = auth.normalised_email(email)
    await limits.spend("code", address)
    code, moment = auth.new_code(), await now()
    async with transaction():
        await SignInCode(
            email=address,
            code_hash=auth.hash_code(code, address),
            browser_hash=auth.hashed(browser),
            next_path=auth.safe_next(next_path),
            created_at=moment,
            expires_at=moment + auth.CODE_LIFE,
        ).save()
        await emails.send("sign_in_code", to=address, locale=locale, code=code)


async def sign_in_with_code(*, email: str, code: str, browser: str, locale: str) -> tuple[str, str]:
    """A session for who typed the code in the browser that asked for it: its token, and where to go next."""
    address = auth.normalised_email(email)
    await limits.spend("try", address)
    row = await fetchrow(
        """
        update sign_in_codes set n_tries = n_tries + 1
        where id = (
          select id from sign_in_codes where email = $1 and browser_hash = $3 order by created_at desc limit 1
        ) and used_at is null and expires_at > clock_timestamp() and n_tries < $2
        returning id, code_hash, next_path
        """,
        address,
        auth.CODE_TRIES,
        auth.hashed(browser),
    )
    digits = "".join(str(int(mark)) for mark in code if mark.isdecimal())
    if row is None or not hmac.compare_digest(bytes(row["code_hash"]), auth.hash_code(digits, address)):
        raise Invalid(WRONG_CODE, field="code")
    async with transaction():
        await execute("update sign_in_codes set used_at = clock_timestamp() where id = $1", row["id"])
        account = await account_for(address, locale)
        return await open_session(account.id), str(row["next_path"])


async def sign_in_with_password(*, email: str, password: str) -> str:
    """A session for staff who know their password."""
    address = auth.normalised_email(email)
    await limits.spend("try", address)
    account = await Account.objects().where(Account.email == address).first()
    stored = account.password_hash if account is not None and account.disabled_at is None else None
    if not await auth.password_matches(stored, password) or account is None:
        raise Invalid(N_("E-mail address and password do not belong together."), field="password")
    fresh = await auth.hash_password(password) if stored and auth.is_outdated(stored) else stored
    async with transaction():
        if fresh != stored:
            await execute("update accounts set password_hash = $2 where id = $1", account.id, fresh)
        return await open_session(account.id)


async def account_for(email: str, locale: str) -> Account:
    """The account of a mailbox that has proved to be theirs, made for one not yet known. Raises Invalid if disabled."""
    await execute(
        """
        insert into accounts (id, email, name, locale, zone, is_administrator, may_convene, created_at)
        values (gen_random_uuid(), $1, '', $2, 'UTC', false, false, clock_timestamp()) on conflict (email) do nothing
        """,
        email,
        locale,
    )
    account = await Account.objects().where(Account.email == email).first()
    assert account is not None
    if account.disabled_at is not None:
        raise Invalid(WRONG_CODE, field="code")
    return account


async def open_session(account_id: UUID) -> str:
    """A new session of the account; returns its token, which is stored nowhere.

    It is half a session where the account has a second factor, until that is given.
    """
    token, moment = auth.new_token(), await now()
    account = await Account.objects().where(Account.id == account_id).first()
    assert account is not None
    staff = await auth.is_staff(account.id, account.is_administrator or account.may_convene)
    awaits = bool(await fetchval(HAS_FACTOR, account_id))
    await Session(
        token_hash=auth.hashed(token),
        account=account_id,
        created_at=moment,
        seen_at=moment,
        expires_at=moment + auth.HALF_LIFE if awaits else auth.expires_at(moment, staff=staff),
        awaits_factor=awaits,
    ).save()
    return token


async def awaits_factor(*, token: str) -> bool:
    """Whether the session is half a session, until the second factor is given."""
    return bool(await fetchval("select awaits_factor from sessions where token_hash = $1", auth.hashed(token)))


async def sign_out(*, token: str) -> None:
    """The session is over, in every browser that holds its cookie."""
    await execute("delete from sessions where token_hash = $1", auth.hashed(token))


async def change_details(*, account: UUID, name: str, zone: str, locale: str) -> None:
    """The account's name, time zone and language are these."""
    async with site_change("accounts.change_details", actor="account"):
        await execute(
            "update accounts set name = $2, zone = $3, locale = $4 where id = $1", account, name, zone, locale
        )


async def erase(*, account: Account, typed: str) -> None:
    """The person is forgotten: nothing leads to them, and what they wrote and voted stays under codes nobody can open.

    Votes and responses in rounds that are open are withdrawn, and so are statements that wait for a moderator.
    """
    if auth.normalised_email(typed) != account.email:
        raise Invalid(N_("Please type the e-mail address of this account."), field="email")
    async with site_change("accounts.erase", actor="account") as payload:
        await _check_nobody_is_left_alone(account)
        seats = await my_data.seats_of(account.id)
        for seat in seats:
            await _leave(seat)
            await access.sever(seat.consultation, account.id)
        for part in my_data.PARTS:
            if part.fate is my_data.Fate.ERASED and part.whose is not my_data.Whose.PARTICIPANT:
                key = account.email if part.whose is my_data.Whose.EMAIL else account.id
                await execute(_deletion(part), key)
        await limits.forget(account.id)
        await limits.forget(account.email)
        await execute(EMPTY_ACCOUNT, account.id)
        payload["consultations"] = len(seats)


def _deletion(part: my_data.Part) -> str:
    # Table and column are the list's own, not a person's words.
    return f'delete from {part.table} where "{part.column}" = $1'  # noqa: S608  the list's own names


async def _leave(seat: my_data.Seat) -> None:
    platform = await access.system_actor(seat.consultation)
    await votes.withdraw_all(participant=seat.participant, by=platform)
    await responses.withdraw(participant=seat.participant, by=platform)
    await execute(
        "update proposals set status = 'withdrawn', version = version + 1 where author = $1 "
        "and status in ('waiting', 'returned')",
        seat.participant,
    )
    for part in my_data.PARTS:
        if part.fate is my_data.Fate.ERASED and part.whose is my_data.Whose.PARTICIPANT:
            await execute(_deletion(part), seat.participant)
    await execute(
        "update coalition_seats set status = 'declined', answered_at = clock_timestamp() where participant = $1",
        seat.participant,
    )


async def _check_nobody_is_left_alone(account: Account) -> None:
    if account.is_administrator and not await fetchval(OTHER_ADMINISTRATORS, account.id):
        raise Denied(N_("You are the only administrator here: name another one first."))
    alone = await fetchval(ALONE_IN, account.id)
    if alone is not None:
        raise Denied(N_("You are the only convenor of “%(title)s”: name another one first."), title=alone)
