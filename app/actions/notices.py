"""Notices that a clock causes: a round opened, its end is near for whoever has not finished, an invitation waits.

Each is sent in small transactions that keep how far they came, so that a stopped worker goes on and nobody is told
twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app import access, auth, emails
from app.access import Actor
from app.actions.invitations import invitation_stop
from app.actions.record import change
from app.database import execute, fetch, fetchrow, now, transaction
from app.documents.calendar import calendar_of
from app.language import use_locale
from app.tables.rounds import Round
from app.topics import Delivery, Topic
from deliberation.phases import Action, Phase, Role, is_allowed

N_AT_ONCE = 100
"""People told in one transaction."""
LATE = timedelta(hours=24)
"""An opening is no news any more after this."""
NEAR = timedelta(hours=24)
SHORTEST = timedelta(hours=48)
"""A round shorter than this needs no word that it closes in a day."""
ENOUGH = 30
"""Votes after which nobody is asked to finish: about what one sitting holds, and enough for a place on the map."""
INVITED_AGAIN = timedelta(days=7)
A_WEEK = timedelta(days=7)

DUE = """
select r.id, r.consultation, k.kind, $1::timestamptz - r.opens_at > $2::interval as is_late
from rounds r join consultations c on c.id = r.consultation cross join (values ('opened'), ('closing')) as k(kind)
left join round_notices n on n.round = r.id and n.kind = k.kind
where c.lifecycle = 'running' and n.done_at is null and r.phase <> 'curate' and r.opens_at <= $1 and (
  k.kind = 'opened'
  or (r.closes_at > $1 and r.closes_at - $3::interval <= $1 and r.closes_at - r.opens_at >= $4::interval))
order by r.opens_at, r.id, k.kind
"""
BEGIN = """
insert into round_notices (id, round, kind) values (gen_random_uuid(), $1, $2) on conflict (round, kind) do nothing
"""
HELD = "select told_up_to from round_notices where round = $1 and kind = $2 and done_at is null for update skip locked"
ASKED = """
select q.id from participants q where q.consultation = $1 and q.id > $2 and not q.is_excluded
  and (not exists (select from samples s where s.round = $3)
       or exists (select from samples s where s.round = $3 and q.id = any(s.participants)))
order by q.id limit $4
"""
UNFINISHED = {
    Phase.PROPOSE: """
select q.id from participants q where q.consultation = $1 and q.id > $2 and not q.is_excluded
  and (select count(*) from votes v where v.consultation = $1 and v.participant = q.id) < $5 and $3::uuid is not null
  and exists (
    select from proposals p where p.consultation = $1 and p.status = 'accepted' and p.author is distinct from q.id
      and not exists (select from votes v where v.proposal = p.id and v.participant = q.id))
order by q.id limit $4
""",
    Phase.RESPOND: """
select q.id from participants q where q.consultation = $1 and q.id > $2 and not q.is_excluded and $5 > 0
  and not exists (select from responses a where a.round = $3 and a.participant = q.id)
  and (not exists (select from samples s where s.round = $3)
       or exists (select from samples s where s.round = $3 and q.id = any(s.participants)))
order by q.id limit $4
""",
}
INVITED = """
select i.id, i.consultation, i.email from invitations i join consultations c on c.id = i.consultation
where i.used_at is null and i.declined_at is null and i.reminded_at is null and c.lifecycle = 'running'
  and i.created_at <= $1 and i.expires_at > $2
order by i.id limit $3
"""
NEW_STATEMENTS = """
select count(*) from proposals p where p.consultation = $1 and p.status = 'accepted' and p.decided_at > $3
  and p.author is distinct from $2 and not exists (select from votes v where v.proposal = p.id and v.participant = $2)
"""


async def tell_rounds() -> int:
    """Everybody concerned has heard that a round opened, or that one closes in a day. How many were told now."""
    n_told = 0
    for row in await fetch(DUE, await now(), LATE, NEAR, SHORTEST):
        by = await access.system_actor(row["consultation"])
        item = next(one for one in by.rounds if one.id == row["id"])
        await execute(BEGIN, item.id, row["kind"])
        if not (row["kind"] == "opened" and row["is_late"]):
            n_told += await _tell(by, item, row["kind"])
        async with change(f"rounds.tell_{row['kind']}", Action.SEE_CONSULTATION, by=by, subject=str(item.number)):
            await execute(
                "update round_notices set done_at = clock_timestamp() where round = $1 and kind = $2",
                item.id,
                row["kind"],
            )
    return n_told


async def _tell(by: Actor, item: Round, kind: str) -> int:
    n_told, n_asked = 0, N_AT_ONCE
    while n_asked == N_AT_ONCE:
        async with transaction():
            held = await fetchrow(HELD, item.id, kind)
            people = await _whom(item, kind, held["told_up_to"]) if held is not None else []
            n_asked = len(people)
            if people:
                await _write_to(people, f"round_{kind}", by, item)
                await execute(
                    "update round_notices set told_up_to = $3 where round = $1 and kind = $2", item.id, kind, people[-1]
                )
        n_told += n_asked
    return n_told


async def _whom(item: Round, kind: str, after: int) -> list[int]:
    """The next participants to be told, by id; of a round that ends, those who have something left to do in it."""
    phase = Phase(item.phase)
    if kind == "opened":
        rows = await fetch(ASKED, item.consultation, after, item.id, N_AT_ONCE)
    elif phase in UNFINISHED:
        rows = await fetch(UNFINISHED[phase], item.consultation, after, item.id, N_AT_ONCE, ENOUGH)
    else:
        rows = []
    return [row["id"] for row in rows]


async def _write_to(people: Sequence[int], kind: str, by: Actor, item: Round) -> None:
    accounts = await access.accounts_of(people)
    rows = await fetch(
        "select email, locale, zone from accounts where id = any($1::uuid[]) and disabled_at is null order by email",
        sorted(accounts.values()),
    )
    for row in rows:
        with use_locale(row["locale"]):
            calendar = calendar_of(by.consultation, [item], made_at=by.now)
        await emails.send(
            kind,
            to=row["email"],
            locale=row["locale"],
            calendar=calendar,
            slug=by.consultation.slug,
            title=by.consultation.title,
            phase=item.phase,
            closes_at=item.closes_at,
            zone=row["zone"],
            venue_zone=by.consultation.zone,
        )


async def remind_invited() -> int:
    """Who was invited a week ago and has not come is asked once more, by a new link. How many were asked."""
    moment = await now()
    n_asked = 0
    for row in await fetch(INVITED, moment - INVITED_AGAIN, moment + NEAR, N_AT_ONCE):
        by = await access.system_actor(row["consultation"])
        if is_allowed(Action.JOIN, {Role.VISITOR}, by.state):
            async with transaction():
                n_asked += await _invite_again(row, by)
    return n_asked


async def _invite_again(row: Any, by: Actor) -> int:
    token = auth.new_token()
    seat = await fetchrow(
        "update invitations set reminded_at = clock_timestamp(), token_hash = $2 "
        "where id = $1 and used_at is null and declined_at is null and reminded_at is null returning id",
        row["id"],
        hashlib.sha256(token.encode()).hexdigest(),
    )
    if seat is None:
        return 0
    language = by.consultation.language
    await emails.send(
        "invitation_again",
        to=row["email"],
        locale=language,
        stop_path=invitation_stop(language, row["id"]),
        consultation=by.consultation,
        path=f"/{language}/c/{by.consultation.slug}/join?invitation={token}",
    )
    return 1


async def tell_statements() -> int:
    """Who asked for it has one message a week about statements they have not voted on. How many were told.

    Nobody has two within six days, whatever is run twice.
    """
    moment = await now()
    rows = await fetch(
        """
        select a.id, a.email, a.locale from accounts a join message_settings s on s.account = a.id
        where s.topic = $1 and s.delivery = $2 and a.disabled_at is null and not exists (
          select from messages m where m."to" = a.email and m.kind = 'new_statements' and m.created_at > $3)
        order by a.id
        """,
        Topic.STATEMENTS.value,
        Delivery.WEEKLY.value,
        moment - timedelta(days=6),
    )
    n_told = 0
    for row in rows:
        items = await _new_for(row["id"], moment)
        if items:
            async with transaction():
                await emails.send("new_statements", to=row["email"], locale=row["locale"], items=items)
            n_told += 1
    return n_told


async def _new_for(account: UUID, moment: datetime) -> list[dict[str, Any]]:
    """For each consultation they vote in, how many statements of this week they have not voted on."""
    found = []
    joined = await fetch(
        "select distinct m.consultation from memberships m join consultations c on c.id = m.consultation "
        "where m.account = $1 and m.role = 'participant' and c.lifecycle = 'running' order by m.consultation",
        account,
    )
    for row in joined:
        by = await access.system_actor(row["consultation"])
        participant = await access.participant_of(by.consultation.id, account)
        if by.state != f"{Phase.PROPOSE}:open" or participant is None:
            continue
        counted = await fetchrow(NEW_STATEMENTS, by.consultation.id, participant.id, moment - A_WEEK)
        if counted is not None and counted[0]:
            found.append({"title": by.consultation.title, "slug": by.consultation.slug, "n": counted[0]})
    return found
