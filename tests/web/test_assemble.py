"""The assembler: asked by a convenor, quick line-ups at once, the best by a job, and a line-up taken up as a draft."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from app.database import execute, fetch, fetchval
from app.jobs.assemble import assemble
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from deliberation.disclosure import Attribution
from tests.cast import Browser, signed_in
from tests.harbour import PEOPLE, names_on, offered, published


@pytest_asyncio.fixture
async def room(database: None) -> tuple[Consultation, Proposal]:
    made, proposal = await published()
    await offered(made, proposal)
    return made, proposal


async def ask(browser: Browser, proposal: Proposal, **more: str) -> Any:
    return await browser.post(f"/en/c/water/assemblies/new/{proposal.number}", {"fewest": "3", "most": "5"} | more)


async def solved() -> None:
    run = await fetchval("select id from assemblies order by number desc limit 1")
    await assemble(assembly_id=str(run))


async def test_what_is_found_at_once_is_there_before_the_job_has_run(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    asking = await amara.get(f"/en/c/water/assemblies/new?statement={room[1].number}")
    assert asking.status_code == 200
    answer = await ask(amara, room[1])
    assert answer.headers["location"] == "/en/c/water/assemblies/1"
    page = await amara.get("/en/c/water/assemblies/1")
    assert "Quick line-up 1" in page.text
    assert "looking for the best line-up" in page.text
    assert await fetchval("select count(*) from procrastinate_jobs where task_name = 'assemble'") == 1


async def test_the_best_line_up_follows_with_its_gap_and_its_digest(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    await ask(amara, room[1])
    await solved()
    page = await amara.get("/en/c/water/assemblies/1")
    assert "The assembler&#39;s line-up" in page.text or "The assembler's line-up" in page.text
    assert "No other line-up is better by more than one per cent." in page.text
    row = (await fetch("select * from assemblies"))[0]
    assert (row["status"], row["progress"]) == ("done", 100)
    assert row["gap"] <= 0.01
    assert row["input_digest"][:16] in page.text
    assert "hands of k" not in page.text.split("Found at once")[0], "Kim would receive nothing"


async def test_while_it_works_only_its_progress_is_replaced(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    await ask(amara, room[1])
    part = await amara.get("/en/c/water/assemblies/1", headers={"hx-request": "true"})
    assert "looking for the best line-up" in part.text
    assert "<form" not in part.text, "a name that is being typed stays"
    await solved()
    part = await amara.get("/en/c/water/assemblies/1", headers={"hx-request": "true"})
    assert "Show its answer" in part.text
    assert "every 2s" not in part.text


async def test_a_run_that_was_lost_can_be_asked_for_anew(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    await ask(amara, room[1])
    await execute("update assemblies set asked_at = asked_at - interval '16 minutes'")
    assert (await ask(amara, room[1])).status_code == 303


async def test_nobodys_name_or_card_is_on_the_page(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    await ask(amara, room[1])
    await solved()
    text = (await amara.get("/en/c/water/assemblies/1")).text
    for name, (_, organisation, *_rest) in PEOPLE.items():
        assert name not in text.replace("hands of", "")
        assert not organisation or organisation not in text
    assert "what we lack" not in text
    assert "what we have" not in text


async def test_only_convenors_reach_the_assembler(client: Any, room: Any) -> None:
    await ask(await signed_in(client, "amara"), room[1])
    chidi = await signed_in(client, "chidi")
    for path in (f"/en/c/water/assemblies/new?statement={room[1].number}", "/en/c/water/assemblies/1"):
        assert (await chidi.get(path)).status_code == 403
    assert (await ask(chidi, room[1])).status_code == 403


async def test_a_second_question_waits_for_the_first(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    await ask(amara, room[1])
    answer = await ask(amara, room[1], most="4")
    assert answer.status_code == 422
    assert "at work on this statement already" in answer.text
    await solved()
    assert (await ask(amara, room[1], most="4")).status_code == 303


async def test_the_demand_that_cannot_be_met_is_said_in_a_sentence(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    await ask(amara, room[1], quota="constituency:farmers", at_least="30")
    await solved()
    page = await amara.get("/en/c/water/assemblies/1")
    assert "Quota: the share that is asked for cannot be met: Farmers." in page.text
    assert await fetchval("select status from assemblies") == "refused"


async def test_too_few_cards_are_said_before_anything_starts(client: Any, room: Any) -> None:
    await execute("delete from cards where participant in (select id from participants where constituency <> 'women')")
    amara = await signed_in(client, "amara")
    answer = await ask(amara, room[1])
    assert answer.status_code == 422
    assert "At least 3 people" in answer.text
    assert await fetchval("select count(*) from assemblies") == 0


async def test_wrong_input_keeps_what_was_typed(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    wrongs: list[dict[str, str]] = [
        {"most": "2"},
        {"fewest": "4", "most": "3"},
        {"quota": "height:tall"},
        {"quota": "region:african", "at_least": "60", "at_most": "40"},
        {"interlinkages": "6 and 14"},
        {"interlinkages": "6 + 6: 2"},
    ]
    for wrong in wrongs:
        answer = await ask(amara, room[1], source="our own reading", **wrong)
        assert answer.status_code == 422, wrong
        assert "our own reading" in answer.text
    assert await fetchval("select count(*) from assemblies") == 0


async def test_goals_that_further_each_other_count(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    assert (await ask(amara, room[1], interlinkages="6 + 8: 3\n6+17=1")).status_code == 303
    asked = await fetchval("select settings::json ->> 'interlinkages' from assemblies")
    assert asked.replace(" ", "") == '[["17","6",1.0],["6","8",3.0]]'


async def test_a_line_up_taken_up_is_a_draft_that_nobody_is_told_of(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    await ask(amara, room[1])
    await solved()
    answer = await amara.post("/en/c/water/assemblies/1", {"place": "0", "title": "Well keepers"})
    assert answer.headers["location"] == "/en/c/water/coalitions/1/line-up"
    assert {"c", "d", "h"} <= {name[0] for name in await names_on()}
    assert await fetchval("select count(*) from coalition_seats where status <> 'drafted'") == 0
    assert await fetchval("select count(*) from messages where kind like 'coalition%'") == 0
    chidi = await signed_in(client, "chidi")
    assert (await chidi.get("/en/c/water/coalitions/1")).status_code == 404


async def test_a_line_up_from_which_somebody_withdrew_is_not_taken_up(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    await ask(amara, room[1])
    await solved()
    chidi = await signed_in(client, "chidi")
    await chidi.post(f"/en/c/water/coalitions/offers/{room[1].number}/withdraw")
    assert "Somebody has withdrawn since" in (await amara.get("/en/c/water/assemblies/1")).text
    answer = await amara.post("/en/c/water/assemblies/1", {"place": "0", "title": "Well keepers"})
    assert answer.status_code == 409
    assert await fetchval("select count(*) from coalitions") == 0


async def test_an_invited_partner_reads_what_they_would_get_and_give(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    await ask(amara, room[1])
    await solved()
    await amara.post("/en/c/water/assemblies/1", {"place": "0", "title": "Well keepers"})
    await amara.post("/en/c/water/coalitions/1/invite")
    text = (await (await signed_in(client, "chidi")).get("/en/c/water/coalitions/1")).text
    assert "What you would get" in text
    assert "Finance, from another partner" in text, "in a small room a constituency would tell who it is"
    assert "People and expertise, to another partner" in text


async def test_in_a_larger_room_they_read_from_which_kind_of_partner(client: Any, database: None) -> None:
    made, proposal = await published(Attribution.OPEN)
    await offered(made, proposal)
    for number in range(26):
        await execute(
            "insert into participants (id, consultation, constituency, joined_on) values ($1, $2, $3, current_date)",
            900_000 + number,
            made.id,
            "business" if number < 3 else "farmers",
        )
    amara = await signed_in(client, "amara")
    await ask(amara, proposal)
    await solved()
    await amara.post("/en/c/water/assemblies/1", {"place": "0", "title": "Well keepers"})
    await amara.post("/en/c/water/coalitions/1/invite")
    text = (await (await signed_in(client, "chidi")).get("/en/c/water/coalitions/1")).text
    assert "Finance, from a partner of Business and Industry" in text, "five of them are here"
    assert "People and expertise, to another partner" in text, "of two women one would be told apart"


async def test_the_log_says_what_was_asked_and_never_of_whom(client: Any, room: Any) -> None:
    amara = await signed_in(client, "amara")
    await ask(amara, room[1])
    await solved()
    await amara.post("/en/c/water/assemblies/1", {"place": "0", "title": "Well keepers"})
    rows = await fetch("select action, payload from audit_events where action like 'assemblies.%' order by sequence")
    assert [row["action"] for row in rows] == ["assemblies.ask", "assemblies.record", "assemblies.take_up"]
    assert "participants" not in "".join(row["payload"] for row in rows)


async def test_a_repeated_job_changes_nothing(client: Any, room: Any) -> None:
    await ask(await signed_in(client, "amara"), room[1])
    await solved()
    before = (await fetch("select * from assemblies"))[0]
    await solved()
    assert (await fetch("select * from assemblies"))[0] == before
