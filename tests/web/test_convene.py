"""/convene/new and /c/{slug}/convene: a draft, its rounds, targets, people and starter proposals."""

from __future__ import annotations

from typing import Any

import pytest

from app.database import fetch, fetchrow, fetchval
from tests import factories
from tests.cast import signed_in

ROUNDS = {
    "round_1_phase": "propose",
    "round_1_opens_date": "2027-05-03",
    "round_1_opens_time": "09:00",
    "round_1_closes_date": "2027-05-28",
    "round_1_closes_time": "17:00",
    "round_2_phase": "curate",
    "round_2_opens_date": "2027-05-29",
    "round_2_opens_time": "09:00",
    "round_2_closes_date": "2027-06-05",
    "round_2_closes_time": "17:00",
    "round_2_places": "10",
}
FORM = {
    "title": "Water for the valley",
    "question": "What would bring water to the valley?",
    "zone": "Africa/Nairobi",
    "language": "en",
    "attribution": "chatham_house",
    "joining": "open",
    "question_1": "Who decides?",
    "goals": ["6", "17"],
    "target_constituency_women": "50",
    "target_region_african": "60.5",
    **ROUNDS,
}


async def test_a_draft_has_its_rounds_in_the_venue_s_time_and_its_targets(client: Any) -> None:
    amara = await signed_in(client, "amara")
    assert (await amara.get("/en/convene/new")).status_code == 200
    answer = await amara.post("/en/convene/new", FORM)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/en/c/water-for-the-valley/convene"
    made = await fetchrow("select * from consultations")
    assert (made["lifecycle"], made["questions"], made["goals"]) == ("draft", ["Who decides?"], [6, 17])
    rounds = await fetch("select phase, opens_at, closes_at, settings from rounds order by number")
    assert [row["phase"] for row in rounds] == ["propose", "curate"]
    assert rounds[0]["opens_at"].isoformat() == "2027-05-03T06:00:00+00:00", "nine o'clock in Nairobi"
    shares = {row["code"]: round(row["share"], 4) for row in await fetch("select code, share from targets")}
    assert shares == {"women": 0.5, "african": 0.605}
    assert await fetchval("select role from memberships") == "convenor"


@pytest.mark.parametrize("template", ["one_meeting", "partnership", "poll", "nonsense", "%00"])
async def test_a_template_fills_in_possible_rounds(client: Any, template: str) -> None:
    amara = await signed_in(client, "amara")
    page = await amara.get(f"/en/convene/new?template={template}")
    assert page.status_code == 200
    assert 'value="propose" selected' in page.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "Please fill this in"),
        ({"zone": "Mars/Olympus"}, "Please choose a time zone from the list"),
        ({"language": "tlh"}, "one of the six languages"),
        ({"attribution": "loud"}, "one of the answers offered"),
        ({"joining": "perhaps"}, "one of the answers offered"),
        ({"round_1_phase": "curate"}, "cannot be a"),
        ({"round_2_phase": "vote"}, "Please give this round a phase"),
        ({"round_1_closes_date": "2027-02-30"}, "Please give this round a phase"),
        ({"round_1_closes_date": "2027-05-01"}, "must close after it opens"),
        ({"round_2_opens_date": "2027-05-27"}, "must open after the round before it has closed"),
        ({"round_1_opens_date": "0001-01-01"}, "Please give this round a phase"),
        ({"round_2_places": "many"}, "Please give this round a phase"),
        ({"target_constituency_women": "150"}, "a share from 0 to 100"),
        ({"target_constituency_women": "-1"}, "a share from 0 to 100"),
        ({"target_constituency_women": "60", "target_constituency_ngos": "60"}, "more than 100 per cent"),
        ({"round_2_phase": ""}, "Please give this round a phase"),
        (dict.fromkeys(ROUNDS, ""), "at least one round"),
        ({"round_2_criteria": "No"}, "Each criterion is a short sentence"),
        ({"goals": ["99"]}, ""),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_lost(client: Any, wrong: dict[str, Any], sentence: str) -> None:
    amara = await signed_in(client, "amara")
    answer = await amara.post("/en/convene/new", FORM | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text, answer.text
    assert "What would bring water to the valley?" in answer.text
    assert await fetchval("select count(*) from consultations") == 0


async def test_a_form_sent_twice_is_one_draft(client: Any) -> None:
    amara = await signed_in(client, "amara")
    answers = [await amara.post("/en/convene/new", FORM | {"_key": "k" * 22}) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == ["/en/c/water-for-the-valley/convene"] * 2
    assert await fetchval("select count(*) from consultations") == 1


async def test_a_title_of_another_script_or_taken_gets_an_address_all_the_same(client: Any) -> None:
    amara = await signed_in(client, "amara")
    for title in ("水与生命", "Water for the valley", "Water for the valley", "!!!!"):
        assert (await amara.post("/en/convene/new", FORM | {"title": title})).status_code == 303
    slugs = [row["slug"] for row in await fetch("select slug from consultations")]
    assert len(set(slugs)) == 4
    assert all(slug.isascii() and slug for slug in slugs)


async def test_a_draft_is_changed_and_a_launched_one_is_not(client: Any) -> None:
    here = await factories.make_consultation(launched=False)
    amara = await signed_in(client, "amara")
    page = await amara.get("/en/c/water/convene/edit")
    assert "Clean water for all" in page.text
    assert (await amara.post("/en/c/water/convene/edit", FORM)).status_code == 303
    assert await fetchval("select title from consultations") == "Water for the valley"
    assert await fetchval("select count(*) from rounds") == 2
    await factories.set_lifecycle(here, "running")
    answer = await amara.post("/en/c/water/convene/edit", FORM | {"title": "Changed later on"})
    assert answer.status_code == 403
    assert "only before the consultation is launched" in answer.text
    assert "Changed later on" in answer.text


async def test_the_promised_time_of_moderators_is_24_hours_or_what_the_draft_says(client: Any) -> None:
    amara = await signed_in(client, "amara")
    assert 'name="decide_within_hours"' in (await amara.get("/en/convene/new")).text
    await amara.post("/en/convene/new", FORM)
    assert await fetchval("select decide_within_hours from consultations") == 24
    path = "/en/c/water-for-the-valley/convene/edit"
    for wrong in ("0", "337", "-1", "soon"):
        refused = await amara.post(path, FORM | {"decide_within_hours": wrong})
        assert refused.status_code == 422, wrong
    assert (await amara.post(path, FORM | {"decide_within_hours": "6"})).status_code == 303
    assert await fetchval("select decide_within_hours from consultations") == 6
    assert 'value="6"' in (await amara.get(path)).text


async def test_people_are_appointed_by_their_address(client: Any) -> None:
    await factories.make_consultation(launched=False)
    amara = await signed_in(client, "amara")
    answer = await amara.post("/en/c/water/convene/people", {"email": "Ida+un@Example.org", "role": "moderator"})
    assert answer.status_code == 303
    page = (await amara.get("/en/c/water/convene")).text
    assert "ida@example.org" in page


@pytest.mark.parametrize(
    ("email", "role", "sentence"),
    [
        ("ben@example.org", "auditor", "does not go together"),
        ("fatima@example.org", "curator", "does not go together"),
        ("amara@example.org", "moderator", "does not go together"),
        ("ida@example.org", "participant", "appointed as convenor"),
        ("ida@example.org", "king", "appointed as convenor"),
        ("no address", "curator", ""),
    ],
)
async def test_who_judges_is_not_who_is_judged(client: Any, email: str, role: str, sentence: str) -> None:
    await factories.make_consultation(launched=False)
    before = await fetchval("select count(*) from memberships")
    amara = await signed_in(client, "amara")
    answer = await amara.post("/en/c/water/convene/people", {"email": email, "role": role})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert await fetchval("select count(*) from memberships") == before


async def test_starter_proposals_are_marked_and_open_for_votes_at_once(client: Any) -> None:
    await factories.make_consultation(launched=False)
    amara = await signed_in(client, "amara")
    assert (await amara.get("/en/c/water/convene/starters")).status_code == 200
    form = {"statement": "Water is a right, not a good.", "language": "en"}
    assert (await amara.post("/en/c/water/convene/starters", form)).status_code == 303
    row = await fetchrow("select is_starter, status, author from proposals")
    assert tuple(row) == (True, "accepted", None)
    assert "Water is a right" in (await amara.get("/en/c/water/convene")).text


@pytest.mark.parametrize(
    "wrong",
    [{"statement": "short"}, {"language": "tlh"}, {"goals": ["18"]}, {"goals": ["-1"]}, {"statement": "x" * 201}],
)
async def test_a_starter_obeys_the_rules_of_every_proposal(client: Any, wrong: dict[str, Any]) -> None:
    await factories.make_consultation(launched=False)
    amara = await signed_in(client, "amara")
    form = {"statement": "Water is a right, not a good.", "language": "en", "details": "Kept as typed."}
    answer = await amara.post("/en/c/water/convene/starters", form | wrong)
    assert answer.status_code == 422
    assert "Kept as typed." in answer.text
    assert await fetchval("select count(*) from proposals") == 0


@pytest.mark.parametrize("name", ["chidi", "ben", "fatima", "gus"])
async def test_only_convenors_convene(client: Any, name: str) -> None:
    here = await factories.make_consultation()
    await factories.join("chidi", here)
    browser = await signed_in(client, name)
    assert (await browser.get("/en/convene/new")).status_code == 403
    assert (await browser.post("/en/convene/new", FORM)).status_code == 403
    for rest in ("", "/starters", "/invitations", "/launch", "/extend", "/edit"):
        answer = await browser.get(f"/en/c/water/convene{rest}")
        assert answer.status_code == 403, rest
        assert "Only convenors can do this" in answer.text
