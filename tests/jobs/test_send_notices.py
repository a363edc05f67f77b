"""Rounds that open and close, invitations that wait, new statements: told once, and only to whom it concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar

from app.actions import invitations, messages, notices
from app.database import execute, fetch, fetchval, now
from app.queue import jobs_app
from app.tables.consultations import Consultation
from app.topics import Delivery, Topic
from deliberation.phases import Phase
from tests.cast import person
from tests.factories import actor, join, make_consultation, propose, vote


async def told(kind: str) -> list[str]:
    return [row["to"] for row in await fetch('select "to" from messages where kind = $1 order by "to"', kind)]


async def opened_since(made: Consultation, *, hours: float, left: float) -> None:
    moment = await now()
    await execute(
        "update rounds set opens_at = $2, closes_at = $3 where consultation = $1 and number = 1",
        made.id,
        moment - timedelta(hours=hours),
        moment + timedelta(hours=left),
    )


async def test_everybody_who_takes_part_hears_once_that_a_round_opened(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "N_AT_ONCE", 2)
    made = await make_consultation(phases=(Phase.PROPOSE,))
    for name in ("chidi", "dana", "hana"):
        await join(name, made)
    await execute("update accounts set zone = 'Africa/Nairobi', locale = 'fr' where email = 'dana@example.org'")
    assert await notices.tell_rounds() == 3
    assert await notices.tell_rounds() == 0
    assert await told("round_opened") == ["chidi@example.org", "dana@example.org", "hana@example.org"]
    text = await fetchval("select text from messages where \"to\" = 'dana@example.org'")
    assert "Nairobi" in text
    assert "UTC" in text, "the time of the venue stands beside the reader's own"
    assert await fetchval("select count(*) from audit_events where action = 'rounds.tell_opened'") == 1


async def test_a_stopped_worker_goes_on_where_it_was(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "N_AT_ONCE", 1)
    made = await make_consultation(phases=(Phase.PROPOSE,))
    for name in ("chidi", "dana", "hana"):
        await join(name, made)
    sent, write = [], notices._write_to

    async def cut_off(people: list[int], *rest: object) -> None:
        if len(sent) == 1:
            raise ConnectionError
        sent.append(people)
        await write(people, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(notices, "_write_to", cut_off)
    with pytest.raises(ConnectionError):
        await notices.tell_rounds()
    monkeypatch.setattr(notices, "_write_to", write)
    assert await notices.tell_rounds() == 2
    assert len(await told("round_opened")) == 3


async def test_an_opening_of_two_days_ago_is_no_news(database: None) -> None:
    made = await make_consultation(phases=(Phase.PROPOSE,))
    await join("chidi", made)
    await opened_since(made, hours=49, left=72)
    assert await notices.tell_rounds() == 0
    assert await told("round_opened") == []


async def test_only_who_has_not_finished_hears_that_a_round_closes(database: None) -> None:
    made = await make_consultation(phases=(Phase.PROPOSE,))
    chidi, dana = await join("chidi", made), await join("dana", made)
    await join("hana", made)
    proposals = [await propose(chidi, f"Each village keeps its own well number {n}.") for n in (1, 2)]
    await vote(dana, proposals[0], "agree")
    await vote(dana, proposals[1], "pass")
    await opened_since(made, hours=48, left=25)
    await notices.tell_rounds()
    assert await told("round_closing") == []
    await opened_since(made, hours=48, left=23)
    await notices.tell_rounds()
    assert await told("round_closing") == ["hana@example.org"], "Chidi wrote all there is, Dana has voted on it"
    await notices.tell_rounds()
    assert len(await told("round_closing")) == 1


async def test_a_round_of_a_day_sends_no_word_that_it_closes_in_a_day(database: None) -> None:
    made = await make_consultation(phases=(Phase.PROPOSE,))
    chidi = await join("chidi", made)
    await join("hana", made)
    await propose(chidi, "Each village keeps its own wells.")
    await opened_since(made, hours=10, left=20)
    await notices.tell_rounds()
    assert await told("round_closing") == []


async def test_the_mail_brings_a_calendar_whose_events_keep_their_identity(database: None) -> None:
    made = await make_consultation(phases=(Phase.PROPOSE,))
    await join("chidi", made)
    await notices.tell_rounds()
    calendar = Calendar.from_ical(await fetchval("select calendar from messages"))
    events = list(calendar.walk("VEVENT"))
    number = await fetchval("select id from rounds")
    assert [str(event["uid"]) for event in events] == [f"{number}-opens@plenary", f"{number}-closes@plenary"]
    assert [len(list(event.walk("VALARM"))) for event in events] == [0, 1]
    assert events[1].decoded("dtstart") == (await fetchval("select closes_at from rounds")).replace(microsecond=0)


async def test_who_was_invited_a_week_ago_is_asked_once_more_by_a_new_link(database: None) -> None:
    made = await make_consultation(joining="invited", phases=(Phase.PROPOSE,))
    await invitations.invite(addresses="eve@example.org noor@example.org", by=await actor("amara", made))
    assert await notices.remind_invited() == 0
    await execute("update invitations set created_at = created_at - interval '7 days 1 minute'")
    await execute("update invitations set declined_at = created_at where email = 'noor@example.org'")
    before = await fetchval("select token_hash from invitations where email = 'eve@example.org'")
    assert await notices.remind_invited() == 1
    assert await notices.remind_invited() == 0
    assert await told("invitation_again") == ["eve@example.org"]
    assert await fetchval("select token_hash from invitations where email = 'eve@example.org'") != before


async def test_new_statements_are_told_to_who_asked_and_once_a_week(database: None) -> None:
    made = await make_consultation(phases=(Phase.PROPOSE,))
    chidi = await join("chidi", made)
    await join("dana", made)
    await join("hana", made)
    await propose(chidi, "Each village keeps its own wells.")
    for name in ("chidi", "dana"):
        who = await person(name)
        await messages.choose(account=who.id, wishes={Topic.STATEMENTS: Delivery.WEEKLY})
    assert await notices.tell_statements() == 1, "Chidi wrote the only one"
    assert await notices.tell_statements() == 0
    assert await told("new_statements") == ["dana@example.org"]
    assert "Clean water for all" in await fetchval("select text from messages where kind = 'new_statements'")


def test_the_three_jobs_come_round_by_themselves() -> None:
    import app.jobs.send_notices  # noqa: F401 - registers its tasks

    crons = {one.task.name: one.cron for one in jobs_app().periodic_registry.periodic_tasks.values()}
    assert {"send_notices", "send_digests", "tell_statements"} <= set(crons)
