"""/method: the picture of the process, and its tables, against the tables that the code obeys."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.documents.method import diagram, state_name, transition_rows
from app.documents.proof import rows
from app.language import LANGUAGES
from deliberation.exclusions import NEEDS_ANOTHER, NEXT
from deliberation.phases import NEXT_PHASES, STATES, Lifecycle, Phase, RoundTimes, state_of, transitions
from tests.slates import section

WAYS = {(one.before, one.after) for one in transitions()}


async def test_the_picture_has_an_arrow_for_every_way_and_no_other(client: Any) -> None:
    page = (await client.get("/en/method")).text
    drawn = re.findall(
        r'<path class="edge[^"]*" id="([a-z-]+)--([a-z-]+)" d="([^"]+)"[^>]*><title>([^<]+)</title>', page
    )
    known = {state.replace(":", "-"): state for state in STATES}
    assert {(known[before], known[after]) for before, after, _, _ in drawn} == WAYS
    assert len(drawn) == len(WAYS)
    for before, after, path, title in drawn:
        assert title == f"{state_name(known[before])} → {state_name(known[after])}"
        assert path.startswith("M")
    assert len({path for _, _, path, _ in drawn}) == len(drawn), "no arrow hides another"


async def test_the_table_says_the_same_in_words(client: Any) -> None:
    page = (await client.get("/en/method")).text
    for row in transition_rows():
        assert re.search("".join(rf"<t[hd][^>]*>{re.escape(cell)}</t[hd]>" for cell in row), page), row
    assert len(transition_rows()) == len(WAYS)


def test_the_ways_between_rounds_are_those_of_the_table_of_phases() -> None:
    between = {
        (Phase(one.before.partition(":")[0]), Phase(one.after.partition(":")[0]))
        for one in transitions()
        if one.before.endswith(":closed") and one.after.endswith(":open")
    }
    assert between == {(before, after) for before, following in NEXT_PHASES.items() if before for after in following}


def test_every_arrow_ends_at_the_edges_of_its_boxes() -> None:
    drawn = diagram()
    places = {node.state: (node.x, node.y) for node in drawn.nodes}
    assert set(places) == {state for way in WAYS for state in way}
    for arc in drawn.arcs:
        numbers = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", arc.path)]
        for x, y, (at_x, at_y) in ((*numbers[:2], places[arc.before]), (*numbers[-2:], places[arc.after])):
            assert abs(x - at_x) <= 56 and abs(y - at_y) <= 20, arc
            assert abs(x - at_x) == 56 or abs(y - at_y) == 20, arc
        assert all(0 <= one <= drawn.width for one in numbers[0::2])
        assert all(0 <= one <= drawn.height for one in numbers[1::2])


def test_states_that_are_not_in_the_picture_are_never_reached() -> None:
    start = datetime(2027, 5, 28, tzinfo=UTC)
    absent = set(STATES) - {state for way in WAYS for state in way}
    assert absent == {f"{phase}:scheduled" for phase in Phase if phase not in NEXT_PHASES[None]}
    rounds = [
        RoundTimes(phase, start + timedelta(days=2 * place), start + timedelta(days=2 * place + 1))
        for place, phase in enumerate((Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.COMMIT))
    ]
    for hour in range(-6, 9 * 24, 6):
        assert state_of(Lifecycle.RUNNING, rounds, start + timedelta(hours=hour)) not in absent


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_it_is_there_in_every_language(client: Any, locale: str) -> None:
    page = await client.get(f"/{locale}/method")
    assert page.status_code == 200
    assert len(re.findall(r'<path class="edge( by-hand-edge)?" id', page.text)) == len(WAYS)


async def test_it_tells_every_step_by_which_votes_are_left_out(client: Any) -> None:
    part = section((await client.get("/en/method")).text, "left-out")
    assert part.count("another person") == len(NEEDS_ANOTHER)
    assert part.count("<tr>") == len(NEXT) + 1


async def test_what_is_proved_and_what_not_is_told_claim_by_claim(client: Any) -> None:
    page = (await client.get("/en/verify")).text
    for claim, word, how in rows():
        assert claim in page
        assert f"<td>{word}</td><td>{how.replace(chr(39), '&#39;')}</td>" in page
    assert [word for _, word, _ in rows()].count("No") >= 6
    assert 'href="/en/verify"' in (await client.get("/en/method")).text
    for language in LANGUAGES:
        assert (await client.get(f"/{language}/verify")).status_code == 200
