"""/c/{slug}/rapporteur: points spoken in a room, written down without their authors, voted on and corrected."""

from __future__ import annotations

from typing import Any

import pytest

from app.actions import amendments
from app.database import execute, fetch, fetchrow, fetchval
from app.tables.consultations import Consultation
from tests import factories
from tests.cast import Browser, signed_in

PATH = "/en/c/water/rapporteur"
POINT = "Wells last where a mechanic lives nearby."
QUESTIONS = ["What keeps a well alive?", "Who pays?"]


async def meeting(**more: Any) -> Consultation:
    """A consultation with two guiding questions."""
    here = await factories.make_consultation(**more)
    await execute("update consultations set questions = $2 where id = $1", here.id, QUESTIONS)
    return here


def point(**more: str) -> dict[str, str]:
    return {"statement": POINT, "language": "en", "question": "1"} | more


async def noted(browser: Browser, statement: str = POINT, **more: str) -> int:
    """The number of a point that was written down."""
    answer = await browser.post(PATH, point(statement=statement, looked_at=statement, **more))
    assert answer.status_code == 303, answer.text
    return int(await fetchval("select max(number) from proposals"))


async def test_what_a_moderator_notes_is_open_for_votes_at_once_and_has_no_author(client: Any) -> None:
    here = await meeting()
    ben = await signed_in(client, "ben")
    assert "What was said" in (await ben.get(PATH)).text
    number = await noted(ben)
    row = await fetchrow("select author, is_noted, is_starter, question, status, round from proposals")
    assert (row["author"], row["is_noted"], row["is_starter"], row["question"]) == (None, True, False, 1)
    assert row["status"] == "accepted"
    event = await fetchrow("select actor, subject, payload from audit_events where action = 'proposals.note_point'")
    assert event["subject"] == str(number)
    assert POINT not in event["payload"]
    chidi = await factories.join("chidi", here)
    page = (await (await signed_in(client, "chidi")).get("/en/c/water/vote")).text
    assert POINT in page and "Noted in the room" in page
    assert chidi.participant is not None
    page = (await client.get(f"/en/c/water/statements/{number}")).text
    assert "Noted in the room" in page and QUESTIONS[0] in page
    assert "Noted in the room" in (await client.get("/en/c/water/statements")).text


async def test_what_a_convenor_notes_waits_for_a_moderator_like_every_proposal(client: Any) -> None:
    await meeting()
    amara, ben = await signed_in(client, "amara"), await signed_in(client, "ben")
    number = await noted(amara)
    assert await fetchval("select status from proposals") == "waiting"
    assert "Waiting for a moderator" in (await amara.get(PATH)).text
    assert POINT in (await ben.get("/en/c/water/moderate")).text
    assert (await ben.post(f"/en/c/water/moderate/{number}/accept")).status_code == 303
    assert await fetchval("select status from proposals") == "accepted"


async def test_one_point_after_another_by_the_enter_key_alone(client: Any) -> None:
    """The answer to each form is a page with the next empty line, its question kept and the line in focus."""
    await meeting()
    ben = await signed_in(client, "ben")
    said = (
        "Pumps fail for want of a seal.",
        "Seals could be stocked in every market.",
        "Markets trust their mechanics.",
    )
    for statement in said:
        answer = await ben.post(PATH, point(statement=statement, question="2"))
        assert answer.status_code == 303, answer.text
        page = (await ben.get(answer.headers["location"])).text
        line = page[page.index('<input id="statement"') :]
        assert 'value=""' in line[: line.index(">")] and "autofocus" in line[: line.index(">")]
        assert '<option value="2" selected>' in page
    assert [row["question"] for row in await fetch("select question from proposals")] == [2, 2, 2]


async def test_by_htmx_the_line_and_the_list_come_alone(client: Any) -> None:
    await meeting()
    ben = await signed_in(client, "ben")
    answer = await ben.post(PATH, point(), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "is open for votes" in answer.text and POINT in answer.text


async def test_hints_and_what_says_the_same_are_shown_first_and_a_second_enter_keeps_the_words(client: Any) -> None:
    await meeting()
    ben = await signed_in(client, "ben")
    await noted(ben)
    for statement, sentence in (
        (POINT, "nearly the same"),
        ("Is a mechanic worth the cost of a pump?", "question mark"),
    ):
        answer = await ben.post(PATH, point(statement=statement))
        assert answer.status_code == 200
        assert sentence in answer.text and statement in answer.text
        assert await fetchval("select count(*) from proposals where statement = $1", statement) == (statement == POINT)
        changed = await ben.post(PATH, point(statement=f"{statement} Why?", looked_at=statement))
        assert changed.status_code == 200, "other words are looked at anew"
        assert (await ben.post(PATH, point(statement=statement, looked_at=statement))).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"statement": "short"}, "at least 8"),
        ({"statement": "x" * 201}, "at most 200"),
        ({"statement": "Hidden \u202e marks"}, "cannot be stored"),
        ({"language": "tlh"}, "one of the six languages"),
        ({"question": "3"}, "one of the guiding questions"),
        ({"question": "-1"}, ""),
        ({"question": "two"}, "give a number"),
    ],
)
async def test_it_obeys_the_rules_of_every_proposal(client: Any, wrong: dict[str, str], sentence: str) -> None:
    await meeting()
    ben = await signed_in(client, "ben")
    given = point(**wrong)
    answer = await ben.post(PATH, given | {"looked_at": given["statement"][:200]})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert await fetchval("select count(*) from proposals") == 0


async def test_the_same_form_twice_is_one_point(client: Any) -> None:
    await meeting()
    ben = await signed_in(client, "ben")
    for _ in range(2):
        assert (await ben.post(PATH, point(_key="k" * 22))).status_code == 303
    assert await fetchval("select count(*) from proposals") == 1


@pytest.mark.parametrize(("name", "status"), [("chidi", 403), ("fatima", 403), ("gus", 403), ("eve", 403)])
async def test_only_those_who_run_the_room_take_notes(client: Any, name: str, status: int) -> None:
    await factories.join("chidi", await meeting())
    browser = await signed_in(client, name)
    assert (await browser.get(PATH)).status_code == status
    assert (await browser.post(PATH, point())).status_code == status


async def test_after_the_round_nothing_is_noted(client: Any) -> None:
    here = await meeting()
    await factories.move_to(here, 1, standing="closed")
    ben = await signed_in(client, "ben")
    answer = await ben.post(PATH, point())
    assert answer.status_code == 403
    assert POINT in answer.text, "what was typed is handed back"


# -------- corrections


async def test_a_participant_proposes_other_words_and_the_rapporteur_takes_them(client: Any) -> None:
    here = await meeting()
    ben = await signed_in(client, "ben")
    number = await noted(ben)
    chidi = await factories.join("chidi", here)
    proposal = await factories.access.proposal_for(chidi, number)
    better = "Wells last where a mechanic lives within a day's walk."
    asked = await amendments.propose(proposal=proposal, statement=better, by=chidi)
    assert "1 other wording proposed" in (await ben.get(PATH)).text
    await amendments.accept(amendment=asked, by=await factories.actor("ben", here))
    rows = await fetch("select statement, status, is_noted, question, author from proposals order by number")
    assert [tuple(row) for row in rows] == [(POINT, "merged", True, 1, None), (better, "accepted", True, 1, None)]


async def test_or_keeps_the_words_as_they_were_noted(client: Any) -> None:
    here = await meeting()
    number = await noted(await signed_in(client, "ben"))
    chidi = await factories.join("chidi", here)
    proposal = await factories.access.proposal_for(chidi, number)
    asked = await amendments.propose(proposal=proposal, statement="Wells last in towns.", by=chidi)
    await amendments.decline(
        amendment=asked, answer="That was not what was said.", by=await factories.actor("ben", here)
    )
    assert [row["statement"] for row in await fetch("select statement from proposals")] == [POINT]


# -------- told apart everywhere


async def test_the_interface_for_programs_says_what_was_noted_and_what_it_answers(client: Any) -> None:
    await meeting()
    await noted(await signed_in(client, "ben"))
    items = (await client.get("/api/v1/consultations/water/statements")).json()["items"]
    assert (items[0]["is_noted"], items[0]["question"], items[0]["is_starter"]) == (True, 1, False)
