"""The round designer: rounds composed by buttons, without script, and what participants will see in each."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from app.analysis.rounds import foresee, lasting
from app.controllers.rounds import MAX_ROUNDS, TEMPLATE_NAMES
from app.database import execute, fetch, fetchval, now
from deliberation.disclosure import Attribution
from deliberation.phases import ALLOWED, TEMPLATES, Action, Phase, Role, RoundTimes
from tests import factories
from tests.cast import signed_in
from tests.web.test_convene import FORM

NEW = "/en/convene/new"
EDIT = "/en/c/water/convene/edit"


def typed_in(page: str) -> dict[str, str]:
    """What the designer's fields hold, as a browser without script would send it."""
    form = page[page.index('<form id="design"') :]
    form = form[: form.index("</form>")]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        kind, name = re.search(r'type="(\w+)"', tag), re.search(r' name="([^"]+)"', tag)
        if name and not (kind and kind[1] in {"radio", "checkbox"} and " checked" not in tag):
            value = re.search(r' value="([^"]*)"', tag)
            found[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', form, flags=re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    found |= dict(re.findall(r'<textarea id="[^"]+" name="([^"]+)"[^>]*>\s?([^<]*)</textarea>', form))
    return {name: value for name, value in found.items() if name not in {"_csrf_token", "_key"}}


def phases_in(page: str) -> list[str]:
    typed = typed_in(page)
    return [typed[f"round_{n}_phase"] for n in range(1, MAX_ROUNDS + 1) if f"round_{n}_phase" in typed]


async def pressed(browser: Any, do: str, fields: dict[str, Any], path: str = NEW) -> str:
    answer = await browser.post(path, fields | {"do": do})
    assert answer.status_code == 200, answer.text
    return str(answer.text)


# -------- composing


async def test_rounds_are_added_moved_and_removed_and_nothing_typed_is_lost(client: Any) -> None:
    amara = await signed_in(client, "amara")
    page = await pressed(amara, "add", FORM)
    assert phases_in(page) == ["propose", "curate", "respond"]
    page = await pressed(amara, "add", typed_in(page))
    assert phases_in(page) == ["propose", "curate", "respond", "commit"]
    page = await pressed(amara, "up-4", typed_in(page))
    assert phases_in(page) == ["propose", "curate", "commit", "respond"]
    page = await pressed(amara, "down-3", typed_in(page))
    page = await pressed(amara, "remove-2", typed_in(page))
    assert phases_in(page) == ["propose", "respond", "commit"]
    assert "Round 2 cannot be a Respond round" in page, "the preview says what would be refused"
    typed = typed_in(page)
    for name in ("title", "question", "zone", "question_1", "target_constituency_women", "target_region_african"):
        assert typed[name] == FORM[name], name
    assert typed["goals"] in {"6", "17"}
    assert await fetchval("select count(*) from consultations") == 0


async def test_moved_rounds_keep_their_lengths_and_the_pause_between_them(client: Any) -> None:
    amara = await signed_in(client, "amara")
    typed = typed_in(await pressed(amara, "up-2", FORM))
    assert (typed["round_1_phase"], typed["round_2_phase"]) == ("curate", "propose")
    times = [
        f"{typed[f'round_{n}_{end}_date']} {typed[f'round_{n}_{end}_time']}"
        for n in (1, 2)
        for end in ("opens", "closes")
    ]
    assert times == ["2027-05-03 09:00", "2027-05-10 17:00", "2027-05-11 09:00", "2027-06-05 17:00"]
    assert typed["round_1_places"] == "10", "settings go with their round"


@pytest.mark.parametrize("template", TEMPLATES)
async def test_a_template_fills_in_rounds_that_can_be_saved_as_they_are(client: Any, template: str) -> None:
    amara = await signed_in(client, "amara")
    typed = typed_in(await pressed(amara, "template", FORM | {"template": template}))
    answer = await amara.post(NEW, typed | {"do": "save"})
    assert answer.status_code == 303, answer.text
    rounds = await fetch("select phase, opens_at, closes_at from rounds order by number")
    assert tuple(row["phase"] for row in rounds) == TEMPLATES[template]
    assert template in TEMPLATE_NAMES
    if template == "one_meeting":
        assert rounds[0]["opens_at"] <= await now() < rounds[0]["closes_at"], "a meeting begins now"


async def test_as_many_rounds_as_wanted_up_to_a_dozen(client: Any) -> None:
    amara = await signed_in(client, "amara")
    fields: dict[str, Any] = dict(FORM)
    for _ in range(MAX_ROUNDS + 2):
        page = await pressed(amara, "add", fields)
        fields = typed_in(page)
    assert len(phases_in(page)) == MAX_ROUNDS
    assert 'value="add"' not in page
    assert "Before these rounds can be saved" not in page, "each added round may follow the one before it"


@pytest.mark.parametrize(
    "do", ["up-1", "down-2", "down-99", "up-0", "remove-0", "remove-", "remove-x", "shout", "up-²"]
)
async def test_a_button_that_leads_nowhere_changes_nothing(client: Any, do: str) -> None:
    amara = await signed_in(client, "amara")
    assert phases_in(await pressed(amara, do, FORM)) == ["propose", "curate"]


# -------- the preview


async def test_the_preview_shows_each_round_as_participants_will_see_it(client: Any) -> None:
    amara = await signed_in(client, "amara")
    page = await pressed(amara, "preview", FORM)
    preview = page[page.index('<div id="preview"') :]
    assert "Round 1: Propose and vote" in preview and "Round 2: Curate" in preview
    assert "9:00" in preview and "Nairobi" in preview, "in the zone of the venue"
    assert "What would bring water to the valley?" in preview
    assert "Vote on statements" in preview
    assert preview.count('aria-current="step"') == 2, "each with its own place in the phase bar"
    assert "autofocus" in preview[: preview.index(">")], "the reader is led there"


async def test_while_typing_the_preview_comes_alone(client: Any) -> None:
    amara = await signed_in(client, "amara")
    answer = await amara.post(NEW, FORM | {"title": "", "round_2_phase": "respond"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="preview"')
    assert "Round 2 cannot be a Respond round" in answer.text
    assert "Please fill this in" not in answer.text, "the title is not its concern"


async def test_in_another_language_the_phase_has_its_name_there(client: Any) -> None:
    amara = await signed_in(client, "amara")
    answer = await amara.post("/fr/convene/new", FORM | {"round_1_phase": "curate"})
    assert answer.status_code == 422
    error = re.search(r'<p class="error" id="rounds">([^<]*)</p>', answer.text)
    assert error is not None
    assert "curate" not in error[1].lower() and "Round" not in error[1]


def planned(*phases: Phase) -> list[RoundTimes]:
    from datetime import UTC, datetime

    start = datetime(2027, 5, 3, 9, tzinfo=UTC)
    return [
        RoundTimes(phase, start + timedelta(days=7 * place), start + timedelta(days=7 * place + 5))
        for place, phase in enumerate(phases)
    ]


def test_what_people_will_do_is_what_the_table_will_let_them() -> None:
    seen = foresee(planned(*Phase), attribution=Attribution.OPEN)
    for one in seen:
        state = f"{one.phase}:open"
        for action, word in (
            (Action.VOTE, "Vote on"),
            (Action.PROPOSE, "Add statements"),
            (Action.RESPOND, "Answer each"),
        ):
            assert any(text.startswith(word) for text in one.can) == (state in ALLOWED[action][Role.PARTICIPANT])
        assert ("New people can join." in one.can) == (state in ALLOWED[Action.JOIN][Role.VISITOR])


def test_only_in_one_meeting_is_somebody_drawn_by_lot() -> None:
    for name, phases in TEMPLATES.items():
        seen = foresee(planned(*phases), attribution=Attribution.OPEN)
        assert any("drawn by lot" in text for one in seen for text in one.can) == (name == "one_meeting")


def test_under_the_chatham_house_rule_the_first_round_promises_no_results() -> None:
    twice = planned(Phase.PROPOSE, Phase.PROPOSE)
    first, second = foresee(twice, attribution=Attribution.CHATHAM_HOUSE)
    assert "See the results so far." not in first.can and "See the results so far." in second.can
    assert "See the results so far." in foresee(twice, attribution=Attribution.OPEN)[0].can


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(30, "30 minutes"), (60, "60 minutes"), (150, "2 hours"), (2 * 24 * 60, "2 days"), (28 * 24 * 60, "28 days")],
)
def test_a_round_lasts_so_long_in_words(minutes: int, words: str) -> None:
    assert lasting(timedelta(minutes=minutes)) == words


# -------- a draft edited again


async def test_a_draft_keeps_its_rounds_settings_and_starters_through_the_designer(client: Any) -> None:
    await factories.make_consultation(launched=False)
    amara = await signed_in(client, "amara")
    starter = {"statement": "Water is a right, not a good.", "language": "en"}
    assert (await amara.post("/en/c/water/convene/starters", starter)).status_code == 303
    await execute("""update rounds set settings = settings || '{"adoption": {"least": 0.6}}' where number = 2""")
    ids = [row["id"] for row in await fetch("select id from rounds order by number")]
    typed = typed_in((await amara.get(EDIT)).text) | {"round_2_criteria": "It can be acted on.\nIt is fair to all."}
    typed = typed_in(await pressed(amara, "remove-1", typed, EDIT))
    typed = typed_in(await pressed(amara, "add", typed, EDIT))
    typed |= {f"round_3_{part}": typed[f"round_1_{part}"] for part in ("phase",)}
    for phase in ("propose", "curate", "respond"):
        number = ("propose", "curate", "respond").index(phase) + 1
        typed |= {
            f"round_{number}_opens_date": f"2027-05-0{number}",
            f"round_{number}_closes_date": f"2027-05-0{number}",
            f"round_{number}_opens_time": "09:00",
            f"round_{number}_closes_time": "17:00",
        }
    # The rows as they stand: curate (2), respond (3), a new one; the new one is moved to the front as a propose round.
    typed |= {"round_3_phase": "propose"}
    typed = typed_in(await pressed(amara, "up-3", typed, EDIT))
    typed = typed_in(await pressed(amara, "up-2", typed, EDIT))
    answer = await amara.post(EDIT, typed | {"do": "save"})
    assert answer.status_code == 303, answer.text
    rounds = await fetch(
        "select id, phase, settings->'adoption' as adoption, settings->'criteria' as criteria "
        "from rounds order by number"
    )
    assert [row["phase"] for row in rounds] == ["propose", "curate", "respond"]
    assert [row["id"] for row in rounds[1:]] == ids[1:], "rounds that stay are the same rounds"
    assert rounds[1]["adoption"] == '{"least": 0.6}', "what others have set stays"
    assert rounds[1]["criteria"] == '["It can be acted on.", "It is fair to all."]'
    assert await fetchval("select round from proposals where is_starter") == rounds[0]["id"]


# -------- rounds of a consultation that runs

LATER = "/en/c/water/convene/rounds"


async def test_a_curate_round_returns_to_proposals_while_the_consultation_runs(client: Any) -> None:
    here = await factories.make_consultation()
    await factories.move_to(here, 2)
    before = await fetch("select * from rounds where number <= 2 order by number")
    amara = await signed_in(client, "amara")
    page = (await amara.get(LATER)).text
    assert phases_in(page) == ["respond"], "what has opened is not to be changed"
    typed = typed_in(page)
    typed = typed_in(await pressed(amara, "remove-1", typed, LATER))
    typed = typed_in(await pressed(amara, "add", typed, LATER))
    assert typed["round_1_phase"] == "respond"
    page = await pressed(amara, "preview", typed | {"round_1_phase": "propose"}, LATER)
    assert "Round 3: Propose and vote" in page
    typed = typed_in(page) | {"do": "save"}
    answer = await amara.post(LATER, typed)
    assert answer.status_code == 303, answer.text
    rounds = await fetch("select phase from rounds order by number")
    assert [row["phase"] for row in rounds] == ["propose", "curate", "propose"]
    assert await fetch("select * from rounds where number <= 2 order by number") == before
    payload = await fetchval("select payload from audit_events where action = 'rounds.change_later'")
    assert '"propose"' in payload
    last = await fetchval("select id from rounds where number = 3")
    assert await fetchval("select count(*) from procrastinate_jobs where args->>'round_id' = $1", str(last)) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"round_1_phase": "curate"}, "Round 3 cannot be a Curate round"),
        ({"round_1_opens_date": "2020-01-01"}, "must open after the round before it has closed"),
        ({"round_1_closes_date": "2020-01-01"}, "must close after it opens"),
        ({"round_1_phase": ""}, "Please give this round a phase"),
    ],
)
async def test_what_cannot_follow_is_said_and_kept(client: Any, wrong: dict[str, str], sentence: str) -> None:
    here = await factories.make_consultation()
    await factories.move_to(here, 2)
    amara = await signed_in(client, "amara")
    page = (await amara.get(LATER)).text
    before = await fetch("select * from rounds order by number")
    answer = await amara.post(LATER, typed_in(page) | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert typed_in(answer.text).items() >= wrong.items()
    assert await fetch("select * from rounds order by number") == before


async def test_nothing_opens_in_the_past(client: Any) -> None:
    here = await factories.make_consultation(phases=(Phase.PROPOSE,))
    await execute(
        "update rounds set opens_at = clock_timestamp() - interval '9 days', "
        "closes_at = clock_timestamp() - interval '8 days' where consultation = $1",
        here.id,
    )
    amara = await signed_in(client, "amara")
    page = await pressed(amara, "add", {}, LATER)
    start = await now() - timedelta(days=2)
    typed = typed_in(page) | {"round_1_opens_date": f"{start:%Y-%m-%d}"}
    answer = await amara.post(LATER, typed)
    assert answer.status_code == 422
    assert "must open later than now" in answer.text


async def test_whoever_comes_second_is_told_and_keeps_what_they_typed(client: Any) -> None:
    here = await factories.make_consultation()
    amara = await signed_in(client, "amara")
    page = (await amara.get(LATER)).text
    typed = typed_in(page)
    await execute("update rounds set closes_at = closes_at + interval '1 minute' where consultation = $1", here.id)
    answer = await amara.post(LATER, typed | {"round_1_closes_time": "23:17"})
    assert answer.status_code == 409
    assert "Somebody else has changed the rounds" in answer.text
    assert typed_in(answer.text)["round_1_closes_time"] == "23:17"


async def test_only_convenors_change_rounds(client: Any) -> None:
    here = await factories.make_consultation()
    await factories.join("chidi", here)
    for name in ("ben", "fatima", "gus", "chidi"):
        browser = await signed_in(client, name)
        assert (await browser.get(LATER)).status_code == 403
        assert (await browser.post(LATER, {"do": "add"})).status_code == 403
