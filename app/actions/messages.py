"""Messages as people want them: choices, an end by one press, digests, and another try for what did not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from app import emails
from app.actions.record import site_change
from app.database import execute, fetch, fetchval, transaction
from app.forms import NOT_A_CHOICE
from app.queue import enqueue
from app.refusals import N_, Conflict, Invalid, NotFound
from app.seals import opened_stop_token
from app.topics import RULES, Delivery, Topic

CHOOSE = """
insert into message_settings (id, account, topic, delivery) values (gen_random_uuid(), $1, $2, $3)
on conflict (account, topic) do update set delivery = excluded.delivery
"""
MAX_TOKEN = 200
DIGEST_HOUR = 7
"""In the morning of the reader's own time zone."""
N_AT_ONCE = 100
"""Digests in one transaction: a stopped job goes on with the next ones."""

HELD = """
select a.id, a.email, a.locale, a.zone from accounts a
where exists (select from messages m where m."to" = a.email and m.status = 'held' and m.created_at < $1)
order by a.id
"""
BUNDLE = """
update messages set status = 'bundled' where "to" = $1 and status = 'held'
returning subject, text, created_at
"""


async def choose(*, account: UUID, wishes: Mapping[Topic, Delivery]) -> None:
    """The account has its messages so from now on. Raises Invalid for a way in which a topic is not to be had."""
    wrong = next((topic for topic, delivery in wishes.items() if delivery not in RULES[topic].ways), None)
    if wrong is not None:
        raise Invalid(NOT_A_CHOICE, field=wrong.value)
    async with site_change("messages.choose", actor="account"):
        for topic, delivery in sorted(wishes.items()):
            await execute(CHOOSE, account, topic.value, delivery.value)
        await _release(account)


async def _release(account: UUID) -> None:
    """What waits for a digest that will not come goes out by itself."""
    rows = await fetch(
        """
        update messages m set status = 'waiting' from accounts a
        where a.id = $1 and m."to" = a.email and m.status = 'held'
          and not exists (select from message_settings s where s.account = a.id and s.delivery = 'daily')
        returning m.id
        """,
        account,
    )
    for row in rows:
        await enqueue("deliver_message", message_id=str(row["id"]))


def topic_of_token(token: str) -> Topic:
    """What a link in a message stops. Raises NotFound for one that we never sent."""
    return _opened(token)[1]


def _opened(token: str) -> tuple[UUID, Topic]:
    found = opened_stop_token(token) if len(token) <= MAX_TOKEN else None
    if found is None or found[1] not in set(Topic):
        raise NotFound
    return UUID(found[0]), Topic(found[1])


async def stop(*, token: str) -> Topic:
    """No more messages of this topic, or as few as it allows; what topic it was. Works any number of times."""
    whose, topic = _opened(token)
    async with site_change("messages.stop", actor="account") as payload:
        payload["topic"] = topic.value
        if topic is Topic.INVITATIONS:
            await execute(
                "update invitations set declined_at = coalesce(declined_at, clock_timestamp()) where id = $1", whose
            )
        elif await fetchval("select 1 from accounts where id = $1", whose):
            await execute(CHOOSE, whose, topic.value, RULES[topic].quietest.value)
    return topic


async def send_digests(*, at: datetime) -> int:
    """Everybody whose morning it is has what was held for them in one message. How many were sent.

    A second run in the same hour finds nothing held; a stopped one goes on where it was.
    """
    n_sent = 0
    due = [row for row in await fetch(HELD, at) if at.astimezone(ZoneInfo(row["zone"])).hour == DIGEST_HOUR]
    for first in range(0, len(due), N_AT_ONCE):
        async with transaction():
            for person in due[first : first + N_AT_ONCE]:
                held = sorted(await fetch(BUNDLE, person["email"]), key=lambda row: row["created_at"])
                if held:
                    items = [(row["subject"], without_footer(row["text"])) for row in held]
                    await emails.send("digest", to=person["email"], locale=person["locale"], items=items)
                    n_sent += 1
    return n_sent


def without_footer(text: str) -> str:
    """What a message says, without the lines on how to stop it."""
    return text.partition("\n-- \n")[0].strip()


async def give_up(message_id: UUID) -> None:
    """After the last try a message stands as failed, for an administrator to see."""
    await execute("update messages set status = 'failed' where id = $1 and status = 'waiting'", message_id)


async def try_again(*, message: UUID) -> None:
    """A message that failed waits for delivery once more."""
    async with site_change("messages.try_again", actor="administrator"):
        again = "update messages set status = 'waiting' where id = $1 and status = 'failed' returning id"
        if await fetchval(again, message) is None:
            raise Conflict(N_("This message does not stand as failed any more."))
        await enqueue("deliver_message", message_id=str(message))
