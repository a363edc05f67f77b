"""News: authors hear what became of what they wrote, and voters that a vote of theirs waits for a word from them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from app import access, emails
from app.actions.record import change
from app.analysis import carrying, lineage
from app.database import execute, fetch, fetchval, now, transaction
from app.queue import enqueue
from deliberation.phases import Action

TOGETHER = timedelta(minutes=10)
"""What happens within this time comes in one message."""
N_AT_ONCE = 100
"""Messages in one transaction: a stopped job goes on with the next ones."""

TO_ASK = """
select v.participant, array_agg(p.id) as proposals
from proposals p join votes v on v.proposal = p.id
left join vote_carries a on a.participant = v.participant and a.proposal = p.id
where p.consultation = $1 and p.status = 'merged' and a.id is null
group by v.participant order by v.participant limit $2
"""
ASKED = """
insert into vote_carries (id, participant, proposal, answer, asked_at)
select gen_random_uuid(), $1, one, '', clock_timestamp() from unnest($2::int[]) as one
on conflict (participant, proposal) do nothing
"""
AUTHORS = """
select id, author from proposals where consultation = $1 and author is not null and status in ('accepted', 'merged')
order by author, number
"""
TELL = """
insert into told_news (id, proposal, news) values (gen_random_uuid(), $1, $2)
on conflict (proposal, news) do nothing returning id
"""


async def ask_soon(task: str, consultation: UUID) -> None:
    """The job runs in a few minutes, once for all that happens until then; one waits, whoever asked first."""
    await enqueue(
        task,
        queueing_lock=f"{task}:{consultation}",
        schedule_at=await now() + TOGETHER,
        consultation_id=str(consultation),
    )


async def tell(*, consultation_id: UUID) -> int:
    """Every author has heard, in one message, all that became of their proposals since the last. How many were told.

    A repeated job tells nobody twice: what was told is on record, in the transaction that writes the message.
    """
    by = await access.system_actor(consultation_id)
    async with change("news.tell", Action.SEE_OWN, by=by) as made:
        authors: dict[int, list[int]] = {}
        for row in await fetch(AUTHORS, consultation_id):
            authors.setdefault(row["author"], []).append(row["id"])
        fates = {
            node.id: node for node in await lineage.fates_of(made.by, [one for own in authors.values() for one in own])
        }
        n_told = 0
        for author, own in authors.items():
            items = [(fates[one], await _untold(fates[one])) for one in own if one in fates]
            items = [(node, steps) for node, steps in items if steps]
            if items:
                n_told += 1
                accounts = await access.accounts_of([author])
                await emails.send_to(list(accounts.values()), "proposal_news", by.consultation, items=items)
        made.payload = {"told": bool(n_told)}
        return n_told


async def _untold(node: lineage.Node) -> list[lineage.Step]:
    """What is news of this proposal; from now on it is not."""
    found = [step for step in node.steps if step.code in lineage.TOLD]
    return [step for step in found if await fetchval(TELL, node.id, step.key) is not None]


ON_OLD_WORDS = """
select distinct v.participant from votes v join translations t on t.id = v.translation
join proposals p on p.id = t.proposal
where p.consultation = $1 and p.status = 'accepted' and t.is_outdated and t.asked_at is null order by v.participant
"""
TOLD_OF_WORDS = """
update translations set asked_at = clock_timestamp() where is_outdated and asked_at is null
  and proposal in (select id from proposals where consultation = $1)
"""


async def _ask_of_translations(by: access.Actor) -> int:
    """Everybody who voted on a translation that meant something else has been asked once; how many were asked now."""
    async with transaction():
        people = [row["participant"] for row in await fetch(ON_OLD_WORDS, by.consultation.id)]
        await execute(TOLD_OF_WORDS, by.consultation.id)
        accounts = await access.accounts_of(people)
        await emails.send_to(list(accounts.values()), "votes_waiting", by.consultation)
    return len(accounts)


async def ask_voters(*, consultation_id: UUID) -> int:
    """Everybody whose vote waits for a word from them has been asked once by mail. How many were asked now."""
    by = await access.system_actor(consultation_id)
    n_asked = await _ask_of_translations(by) if by.state == "propose:open" else 0
    while by.state == "propose:open":
        async with transaction():
            rows = await fetch(TO_ASK, consultation_id, N_AT_ONCE)
            for row in rows:
                await execute(ASKED, row["participant"], row["proposals"])
            waiting = await carrying.who_waits(by.consultation.id, [row["participant"] for row in rows])
            accounts = await access.accounts_of(waiting)
            await emails.send_to(list(accounts.values()), "votes_waiting", by.consultation)
            n_asked += len(accounts)
        if len(rows) < N_AT_ONCE:
            break
    return n_asked
