"""A lost second factor goes when two persons say so: one asks, another confirms, and neither is who lost it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app import emails
from app.access import check_site, short_code
from app.actions import factors
from app.actions.record import claim_form, settle_form, site_change
from app.auth import Person
from app.database import execute, fetch, fetchrow, fetchval
from app.forms import Filled
from app.refusals import N_, Conflict, Denied, NotFound
from deliberation.phases import Action

# Who lost a factor waits for it; a request nobody answers within a week was not urgent, or was not meant.
LIFE = timedelta(days=7)
SECOND_PERSON = N_("You asked for this yourself: another convenor or administrator must confirm it.")
ASKED_ALREADY = N_("This was asked for already and waits for its second person.")

# An administrator helps everybody, a convenor who governs a consultation together with them; nobody themselves.
HELPED = """
from accounts a join second_factors f on f.account = a.id and f.enabled_at is not null
where a.id <> $1 and a.disabled_at is null and ($2::boolean or not a.is_administrator and exists(
  select from memberships m join memberships o on o.consultation = m.consultation
  where m.account = $1 and m.role = 'convenor' and o.account = a.id
    and o.role in ('convenor', 'moderator', 'auditor', 'curator')
))
"""
CANDIDATES = f"select a.id, a.email, a.name {HELPED} order by a.email"
WAITING = f"""
select r.id, a.email, r.reason, r.asked_at, r.asked_by = $1 as is_own, o.email as asked_by
from factor_removals r join accounts o on o.id = r.asked_by join accounts a on a.id = r.account
where r.asked_at > clock_timestamp() - $3::interval and a.id in (select a.id {HELPED}) order by r.asked_at
"""  # noqa: S608  both parts stand above
ASK = """
insert into factor_removals (id, account, asked_by, reason, asked_at)
values (gen_random_uuid(), $1, $2, $3, clock_timestamp())
on conflict (account) do update set asked_by = $2, reason = $3, asked_at = clock_timestamp()
where factor_removals.asked_at <= clock_timestamp() - $4::interval returning id
"""


@dataclass(frozen=True)
class Candidate:
    """Somebody who has a second factor, and whom one may help when it is lost."""

    id: UUID
    email: str
    name: str


@dataclass(frozen=True)
class Waiting:
    """What one person asked for and another has not answered yet."""

    id: UUID
    email: str
    reason: str
    asked_at: datetime
    is_own: bool
    asked_by: str


async def candidates(by: Person) -> list[Candidate]:
    """Whom this person may ask for, by address."""
    return [Candidate(**dict(row)) for row in await fetch(CANDIDATES, by.id, by.is_administrator)]


async def waiting(by: Person) -> list[Waiting]:
    """The requests that this person made or may answer, the oldest first."""
    return [Waiting(**dict(row)) for row in await fetch(WAITING, by.id, by.is_administrator, LIFE)]


async def ask(*, account: UUID, reason: str, by: Person, form: Filled[Any] | None = None) -> None:
    """A second person is asked whether the account is rid of its second factor; who owns it is told."""
    await check_site(by, Action.RESTORE_ACCESS)
    async with site_change("factor_removals.ask", actor=_actor(by), subject=_subject(account)):
        if form is not None:
            await claim_form(form, str(by.id))
        helped = next((one for one in await candidates(by) if one.id == account), None)
        if helped is None:
            raise NotFound
        if await fetchval(ASK, account, by.id, reason, LIFE) is None:
            raise Conflict(ASKED_ALREADY)
        await _tell(helped.email, account, "factor_removal_asked")
        if form is not None:
            await settle_form(form, str(by.id), "/staff")


async def answer(*, removal: UUID, agrees: bool, by: Person, form: Filled[Any] | None = None) -> None:
    """With a second person's consent the account has no second factor, and its sessions are over; else all stays."""
    await check_site(by, Action.RESTORE_ACCESS)
    event = f"factor_removals.{'confirm' if agrees else 'decline'}"
    async with site_change(event, actor=_actor(by)) as payload:
        if form is not None:
            await claim_form(form, str(by.id))
        asked = next((one for one in await waiting(by) if one.id == removal), None)
        row = await fetchrow("select account from factor_removals where id = $1 for update", removal)
        if asked is None or row is None:
            raise NotFound
        if agrees and asked.is_own:
            raise Denied(SECOND_PERSON)
        payload["account"] = short_code(row["account"])
        await execute("delete from factor_removals where id = $1", removal)
        if agrees:
            await factors.forget(account=row["account"])
            await execute("delete from sessions where account = $1", row["account"])
            await _tell(asked.email, row["account"], "factor_removed")
        if form is not None:
            await settle_form(form, str(by.id), "/staff")


async def _tell(address: str, account: UUID, kind: str) -> None:
    locale = await fetchval("select locale from accounts where id = $1", account)
    await emails.send(kind, to=address, locale=str(locale))


def _actor(by: Person) -> str:
    return f"{'administrator' if by.is_administrator else 'convenor'}:{short_code(by.id)}"


def _subject(account: UUID) -> str:
    return f"account:{short_code(account)}"
