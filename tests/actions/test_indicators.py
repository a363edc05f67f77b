"""The annex on power: indicators of the last look, released for everybody, in every form of the summary."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from app.actions import summaries
from app.analysis.indicators import released_indicators
from app.analysis.power_rows import stored_figures
from app.documents import markdown, wording
from app.documents.added import Added
from app.documents.power import NAMES
from app.jobs.check_power import check_power
from app.language import LANGUAGES, use_locale
from deliberation.disclosure import Attribution
from deliberation.snapshot_checks import disclosure_problem
from tests import crowd, factories, rooms

pytestmark = pytest.mark.slow  # a consultation is led through its rounds


async def drafted(here):
    await check_power(consultation_id=str(here.id))
    draft = await summaries.draft_of(await factories.actor("amara", here))
    assert draft is not None
    return draft.document


async def test_the_annex_lists_the_indicators_and_counts_the_alerts(database):
    here = await rooms.crowd()
    document = await drafted(here)
    section = document.section("annex_power")
    (table,) = section.tables
    names = {row[0]["term"] for row in table.rows}
    assert NAMES["gini_votes"] in names
    assert NAMES["top_votes"] not in names, "nine people are too few to be told of in public"
    assert all(document.fact(fact).kind == "indicator" for fact in table.facts)
    told = {one.message for one in section.passages[0].sentences}
    assert any("measured" in message for message in told)
    n = document.fact("alerts").value
    listed = document.section("annex_alerts")
    assert n["raised"] == (len(listed.tables[0].rows) if listed else 0)
    assert document.fact("power").value == {
        "measured": len(table.rows),
        "beyond": sum(document.fact(fact).value["is_beyond"] for fact in table.facts),
    }


async def test_every_form_and_language_of_the_summary_has_the_annex(database):
    here = await rooms.crowd()
    document = await drafted(here)
    record = {
        "document": document.to_json(),
        "added": Added().to_json(),
        "consultation": {"title": "Water", "question": "What works?"},
    }
    rows = document.section("annex_power").tables[0].rows
    for language in LANGUAGES:
        with use_locale(language):
            written = markdown.render(record)
            for row in rows:
                assert wording.place_markdown(row[1]) in written
                assert all(wording.place_html(cell) for cell in row)
    assert document.from_json(json.loads(json.dumps(document.to_json()))) == document


async def test_a_small_room_is_told_of_alerts_and_of_no_figure(database):
    here = await rooms.small_room()
    section = (await drafted(here)).section("annex_power")
    assert section.tables == []
    assert section.passages[0].sentences[0].message.startswith("Too few people took part")


async def figures_of_a_crowd(attribution):
    here = await factories.make_consultation(attribution=attribution)
    await crowd.gather(here, n_forum=24)
    await check_power(consultation_id=str(here.id))
    return await stored_figures(here.id)


async def test_under_the_chatham_house_rule_indicators_are_in_steps_of_five_points(database):
    data = await figures_of_a_crowd(Attribution.CHATHAM_HOUSE)
    found = {one.code: one for one in released_indicators(data, Attribution.CHATHAM_HOUSE)}
    assert found["organisation"].is_beyond
    assert found["organisation"].value.name is None
    for code, one in found.items():
        if one.of is None and code != "organisation":
            assert Decimal(repr(one.value.value)) * 20 % 1 == 0, code
    exact = {one.code: one for one in released_indicators(data, Attribution.OPEN)}
    assert exact["gini_votes"].value.value == data["spread"]["votes"]["gini"]


def test_nothing_is_told_before_the_first_look():
    assert released_indicators({}, Attribution.OPEN) == ()


def test_a_figure_in_a_small_room_is_found_by_whoever_checks_a_summary():
    fact = {"id": "power.top_votes", "kind": "indicator", "value": {"figure": {"share": "0.3", "bound": "exact"}}}
    assert "small room" in disclosure_problem([fact], {"mode": "chatham_house", "is_small_room": True})
    assert disclosure_problem([fact], {"mode": "chatham_house", "is_small_room": False}) == ""
