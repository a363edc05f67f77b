"""/c/{slug}/propose: write, see what is there already, submit; nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest

from app.database import execute, fetchrow, fetchval
from deliberation.disclosure import Attribution
from tests import factories
from tests.cast import signed_in

FORM = {"statement": "Publish what each well costs.", "language": "en"}


async def as_chidi(client: Any, **more: Any) -> tuple[Any, Any]:
    made = await factories.make_consultation(**more)
    await factories.join("chidi", made, organisation="Wells Union")
    return made, await signed_in(client, "chidi")


async def test_it_waits_for_a_moderator_and_its_author_stays_unknown(client: Any) -> None:
    _, chidi = await as_chidi(client)
    assert (await chidi.get("/en/c/water/propose")).status_code == 200
    answer = await chidi.post("/en/c/water/propose", FORM | {"goals": ["6", "1"], "details": "It *works*."})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/en/c/water/me/proposals"
    row = await fetchrow("select * from proposals")
    assert (row["status"], row["statement"], row["goals"]) == ("waiting", FORM["statement"], [1, 6])
    assert row["author_is_named"] is False
    assert "<em>works</em>" in row["details_html"]


async def test_the_check_page_shows_what_says_nearly_the_same(client: Any) -> None:
    made, chidi = await as_chidi(client)
    dana = await factories.join("dana", made)
    await factories.propose(dana, "Publish what each well has cost.")
    answer = await chidi.post("/en/c/water/propose/check", FORM)
    assert answer.status_code == 200
    assert "Publish what each well has cost." in answer.text
    assert "Mine is different" in answer.text
    assert await fetchval("select count(*) from proposals") == 1, "nothing is submitted by looking"


async def test_back_from_the_check_page_everything_stands_as_it_was(client: Any) -> None:
    _, chidi = await as_chidi(client)
    typed = FORM | {"details": "Because money is short.", "goals": ["6"], "on_behalf": "1"}
    page = (await chidi.post("/en/c/water/propose/edit", typed)).text
    for text in ("Publish what each well costs.", "Because money is short."):
        assert text in page
    assert page.count("checked") == 2


async def test_while_writing_similar_statements_appear(client: Any) -> None:
    made, chidi = await as_chidi(client)
    await factories.propose(await factories.join("dana", made), "Publish what each well has cost.")
    answer = await chidi.post("/en/c/water/propose/similar", {"statement": FORM["statement"]})
    assert "<html" not in answer.text
    assert "Publish what each well has cost." in answer.text
    assert "Publish what" not in (await chidi.post("/en/c/water/propose/similar", {"statement": "short"})).text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"statement": ""}, "Please fill this in"),
        ({"statement": "Short"}, "at least 8 characters"),
        ({"statement": "x" * 201}, "at most 200 characters"),
        ({"statement": "Publish\u0000 what each well costs"}, "cannot be stored"),
        ({"statement": "Publish \u202ewhat each well costs"}, "cannot be stored"),
        ({"language": "tlh"}, "one of the six languages"),
        ({"goals": ["18"]}, "goals from 1 to 17"),
        ({"goals": ["1", "2", "3", "4", "5", "6"]}, "at most 5"),
        ({"goals": ["9" * 30]}, ""),
        ({"details": "x" * 5_001}, "at most 5000 characters"),
        ({"statement": ["Publish what each", "well has cost us"]}, "cannot be used here"),
    ],
)
async def test_what_is_wrong_is_said_and_kept(client: Any, wrong: dict[str, Any], sentence: str) -> None:
    _, chidi = await as_chidi(client)
    for path in ("/en/c/water/propose", "/en/c/water/propose/check"):
        answer = await chidi.post(path, FORM | {"details": "Reasons are kept."} | wrong)
        assert answer.status_code == 422
        assert sentence in answer.text.replace("\u00a0", "").replace(",", "")
        assert "details" in wrong or "Reasons are kept." in answer.text
    assert await fetchval("select count(*) from proposals") == 0


async def test_a_form_sent_twice_is_one_proposal_and_other_content_under_its_key_is_refused(client: Any) -> None:
    _, chidi = await as_chidi(client)
    for _ in range(2):
        answer = await chidi.post("/en/c/water/propose", FORM | {"_key": "k" * 22})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/en/c/water/me/proposals"
    other = await chidi.post("/en/c/water/propose", FORM | {"_key": "k" * 22, "statement": "Something else instead."})
    assert other.status_code == 409
    assert "Something else instead." in other.text, "what was typed is handed back"
    assert await fetchval("select count(*) from proposals") == 1


async def test_after_the_round_the_text_is_handed_back(client: Any) -> None:
    made, chidi = await as_chidi(client)
    await factories.move_to(made, 2)
    answer = await chidi.post("/en/c/water/propose", FORM)
    assert answer.status_code == 410
    assert FORM["statement"] in answer.text
    assert "What you wrote is still here" in answer.text


async def test_a_fourth_waiting_proposal_is_refused_with_a_sentence(client: Any) -> None:
    _, chidi = await as_chidi(client)
    for n in range(3):
        assert (await chidi.post("/en/c/water/propose", FORM | {"statement": f"Well number {n}."})).status_code == 303
    answer = await chidi.post("/en/c/water/propose", FORM)
    assert answer.status_code == 422
    assert "waiting for a moderator" in answer.text
    assert FORM["statement"] in answer.text


async def test_a_sixth_proposal_within_an_hour_comes_too_fast(client: Any) -> None:
    _, chidi = await as_chidi(client)
    for n in range(5):
        await chidi.post("/en/c/water/propose", FORM | {"statement": f"Well number {n}."})
        await execute("update proposals set status = 'accepted'")
    answer = await chidi.post("/en/c/water/propose", FORM)
    assert answer.status_code == 429
    assert "Voting stays open" in answer.text
    assert FORM["statement"] in answer.text


async def test_an_organisation_can_stand_behind_it_from_the_start(client: Any) -> None:
    _, chidi = await as_chidi(client)
    await chidi.post("/en/c/water/propose", FORM | {"on_behalf": "1"})
    assert await fetchval("select o.name from cosponsors c join organisations o on o.id = c.organisation")


@pytest.mark.parametrize(
    ("mode", "named"),
    [(Attribution.CHATHAM_HOUSE, False), (Attribution.OPEN, False), (Attribution.ATTRIBUTED, True)],
)
async def test_an_author_is_named_only_where_the_consultation_names_authors(
    client: Any, mode: Attribution, named: bool
) -> None:
    _, chidi = await as_chidi(client, attribution=mode)
    assert ("Name me as its author" in (await chidi.get("/en/c/water/propose")).text) is named
    await chidi.post("/en/c/water/propose", FORM | {"is_named": "1"})
    assert await fetchval("select author_is_named from proposals") is named


async def test_markup_in_a_statement_is_text(client: Any) -> None:
    made, chidi = await as_chidi(client)
    evil = '<script>alert(1)</script> <b onclick="x">"&\''
    page = (await chidi.post("/en/c/water/propose/check", FORM | {"statement": evil})).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    await factories.propose(
        await factories.actor("chidi", made), evil, details='<img src="https://x.example/p.gif">[a](javascript:x)'
    )
    shown = (await chidi.get("/en/c/water/statements/1")).text
    assert "<script>alert" not in shown
    assert "x.example" not in shown.replace("&lt;img src", "") or "<img" not in shown
    assert "javascript:x" not in shown or 'href="javascript' not in shown


async def test_a_word_that_few_know_is_named_before_it_is_sent(client: Any) -> None:
    _, chidi = await as_chidi(client)
    rare, plain = "Subsidiarity should decide who repairs the pumps.", "People should decide who repairs the pumps."
    for statement, is_named in ((rare, True), (plain, False)):
        page = (await chidi.post("/en/c/water/propose/check", FORM | {"statement": statement})).text
        assert ("Perhaps explain: subsidiarity." in page) is is_named, statement
