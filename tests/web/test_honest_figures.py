"""What figures claim is what is known: counts for few people, words where the rule allows no figure, intervals, and
pictures with a sentence, a table and no names for their sides; a group looks the same after it is worked out again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app import rendering
from app.actions import summaries
from app.analysis import results_words
from app.analysis.results_words import agreement, agreement_between
from app.documents import model, standalone, wording
from deliberation.disclosure import Attribution
from deliberation.intervals import wilson
from deliberation.released import _GATE, ReleasedRow
from deliberation.shares import share_interval
from deliberation.verification import verify_record
from tests import factories, rooms, second_verifier, simulated
from tests.pages import parse, words_of

PATH = "/en/c/water"
PAGES = (
    "/results",
    "/summary",
    "/slates",
    "/participation",
    "/record",
    "/statements",
    "/statements/101",
    "/export",
    "",
)
CHARTS = ("opinion_map", "lands", "swarm", "lorenz", "timeline", "network", "spectrum")
WITH_TABLE = re.compile(r"as_table|data_table|p\.grid|picture\(|landed\.sentence")
PER_CENT = re.compile(r"\d\s?%")
OF_ITEMS = re.compile(r"\d+% of the final items \(\d+ of \d+\)")
"""A share of items, not of people, with its count beside it."""


def row(agree: float, n: int, *, cap: float | None = None) -> ReleasedRow:
    return ReleasedRow(
        key=("1", "all", "all"),
        is_shown=True,
        agree_share=agree,
        disagree_share=1 - agree,
        pass_share=0.0,
        n_voters=n,
        cap=cap,
        gate=_GATE,
    )


def main_of(text: str) -> str:
    page = parse(text)
    return words_of(page.root.find(".//main"))


# -------- pictures


def calls_of(source: str) -> list[tuple[str, str]]:
    """Each chart that a template draws, with what it sets below it."""
    opened = re.compile(r"{%-?\s*call\s+[cp]\.(\w+)\(")
    found = []
    for start in opened.finditer(source):
        if start[1] in CHARTS:
            depth, at = 1, start.end()
            for tag in re.finditer(r"{%-?\s*(call|endcall)\b", source[start.end() :]):
                depth += 1 if tag[1] == "call" else -1
                at = start.end() + tag.start()
                if depth == 0:
                    break
            found.append((start[1], source[start.end() : at]))
    return found


def test_every_picture_has_its_sentence_and_its_table_below_it() -> None:
    drawn = []
    for file in sorted(rendering.TEMPLATES.rglob("*.html")):
        if file.name in {"charts.html", "pictures.html"}:  # the macros, and pictures that leave the page with a table
            continue
        source = re.sub(r"{#.*?#}", "", file.read_text(), flags=re.DOTALL)
        bare = re.findall(rf"{{{{\s*[cp]\.({'|'.join(CHARTS)})\(", source)
        assert bare == [], f"{file.name} draws {bare} without anything below"
        for chart, below in calls_of(source):
            drawn.append(chart)
            assert WITH_TABLE.search(below), f"{file.name}: {chart} has no table"
            assert "sentence" in below or "picture(" in below, f"{file.name}: {chart} has no sentence"
    assert sorted(set(drawn)) == sorted(CHARTS)


async def closed(attribution: Attribution, **people: Any) -> Any:
    here = await factories.make_consultation(attribution=attribution)
    await factories.move_to(here, 1, standing="closed")
    filled = await simulated.fill(here, **people)
    await simulated.freeze_first_round(here)
    return here, filled


@pytest.mark.slow
async def test_pictures_say_their_finding_and_that_their_sides_have_no_names(client: Any) -> None:
    await closed(Attribution.CHATHAM_HOUSE, n_participants=120, n_statements=24)
    page = parse((await client.get(f"{PATH}/results")).text)
    figures = page.all("figure")
    assert len(figures) >= 3
    for figure in figures:
        if figure.find(".//{*}desc") is None:
            continue
        told = words_of(figure)
        assert re.search(r"\d", told), told
        assert figure.findall(".//table") or "Where one statement lands" in told
    assert "The sides of the map have no names" in words_of(page.root.find(".//main"))


@pytest.mark.slow
async def test_one_crowd_without_groups_has_its_table_too(client: Any) -> None:
    await closed(Attribution.CHATHAM_HOUSE, n_participants=80, n_statements=20, views=simulated.ALIKE)
    page = parse((await client.get(f"{PATH}/results")).text)
    captions = [words_of(one) for one in page.all("caption")]
    assert "Statements on the map" in captions
    assert "The sides of the map have no names" in words_of(page.root.find(".//main"))


# -------- few people


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (row(8 / 12, 12), "8 of 12 agree"),
        (row(1.0, 5), "5 of 5 agree"),
        (row(0.0, 19), "0 of 19 agree"),
        (row(0.5, 20), "50% agree"),
        (row(0.65, 12, cap=0.1), "65% agree"),
        (row(0.9, 40, cap=0.1), "90% or more agree"),
    ],
)
def test_fewer_than_twenty_people_are_counted(given: ReleasedRow, said: str) -> None:
    assert agreement(given) == said


def test_an_exact_share_stands_with_its_interval_and_a_rounded_one_without() -> None:
    assert agreement_between(row(0.5, 100)) == "50% agree (40% to 60%)"
    assert agreement_between(row(0.5, 100, cap=0.1)) == "50% agree"
    assert agreement_between(row(8 / 12, 12)) == "8 of 12 agree"
    assert agreement_between(None) == "not shown"


@pytest.mark.parametrize(("hits", "n"), [(0, 7), (3, 7), (50, 100), (100, 100), (1, 3000)])
def test_the_interval_is_wilsons(hits: int, n: int) -> None:
    low, high = wilson(hits, n, level=0.95)
    assert share_interval(hits, n) == pytest.approx((float(low), float(high)), abs=1e-9)


async def test_in_the_open_a_small_room_reads_counts_and_no_percentage(client: Any) -> None:
    views = (simulated.View((0.0, 0.0), 1.0, constituencies={"ngos": 0.5, "women": 0.5}),)
    await closed(Attribution.OPEN, n_participants=16, n_statements=12, views=views, votes_per_person=12.0)
    said = main_of((await client.get(f"{PATH}/results")).text)
    assert re.search(r"\d+ of \d+ agree", said)
    assert not re.search(r"\d\s?% agree", said)


@pytest.mark.parametrize("n", [12, 19])
async def test_under_the_chatham_house_rule_a_small_room_reads_the_ladders_words_and_no_figure(
    client: Any, n: int
) -> None:
    here = await rooms.small_room(n)
    await rooms.curate(here)
    await factories.move_to(here, 2, standing="closed")
    seen = []
    for path in PAGES:
        answer = await client.get(f"{PATH}{path}")
        if answer.status_code != 200:
            continue
        seen.append(path)
        said = OF_ITEMS.sub("", main_of(answer.text)).split("Where the final items began")[0]
        assert not PER_CENT.search(said.replace("100%", "")), (path, PER_CENT.findall(said))
        assert not re.search(r"\b\d+ of \d+ agree", said), path
        assert ">%" not in answer.text
    assert {"/results", "/slates"} <= set(seen), seen
    results = main_of((await client.get(f"{PATH}/results")).text)
    ladder = [one for one in results_words.SPOKEN.values() if one in results]
    assert ladder, "the ladder's words are said"


@pytest.mark.slow
async def test_in_the_open_the_summary_of_a_small_room_counts_people_in_every_format(client: Any) -> None:
    here = await rooms.small_room(14, attribution=Attribution.OPEN)
    await rooms.curate(here)
    await rooms.shown(here)
    for name in ("amara", "gus"):
        await summaries.sign(by=await factories.actor(name, here))
    page = main_of((await client.get(f"{PATH}/summary")).text)
    assert re.search(r"\d+ of 14 people who voted on it agree", page)
    of_things = r"\d+% (of the participants' slate|of the claims|of those on views|is asked)|(target|least|or) \d+%"
    assert not PER_CENT.search(re.sub(of_things, "", page)), page
    told = (await client.get(f"{PATH}/summary.md")).text
    assert re.search(r"\d+ of 14 people who voted on it agree", told)
    assert not re.search(r"\d% [^.|]{0,9}(agree|people)", told)
    record = (await client.get(f"{PATH}/summary.json")).json()
    assert [check for check in verify_record(record) if not check.holds] == []
    assert not second_verifier.faults(record)
    facts = [one["value"] for one in record["snapshot"]["document"]["facts"] if one["kind"] == "support"]
    assert all(one["agree"]["of"] == one["voters"]["people"] < 20 for one in facts) and facts
    for fact in facts:
        del fact["agree"]["of"]
    assert wording.place_text(facts[0]["agree"]).endswith("%"), "what was stored before is told as it was"


def test_a_share_of_few_is_counted_only_where_their_number_is_exact() -> None:
    assert wording.place_text(model.agreement(row(8 / 12, 12))) == "8 of 12"
    assert wording.place_text(model.agreement(row(13 / 19, 19))) == "13 of 19"
    assert "of" not in model.agreement(row(0.5, 20)) and "of" not in model.agreement(row(0.65, 12, cap=0.1))
    assert wording.place_text({"share": "0.666667", "bound": "exact"}) == "67%"


# -------- a letter looks the same wherever it is drawn; that groups keep theirs is shown in tests/spec/test_groups.py


@pytest.mark.parametrize("letter", list("ABCDEF"))
def test_a_letter_has_one_shape_and_one_colour_on_badge_map_and_file(letter: str) -> None:
    badges = parse(
        rendering.environment().from_string(BADGE).render(letter=letter, locale="en", dir="ltr"), is_whole=False
    )
    badge, twin = badges.all("{http://www.w3.org/2000/svg}svg")
    assert badge.get("class") == f"badge g{letter.lower()}"
    assert [(one.tag, one.attrib) for one in badge][:1] == [(one.tag, one.attrib) for one in twin][:1]
    shapes = {
        each: rendering.environment().from_string(BADGE).render(letter=each, locale="en", dir="ltr").split("<text")[0]
        for each in "ABCDEF"
    }
    assert len({re.sub(r"g[a-f]|Group [A-F]", "", one) for one in shapes.values()}) == 6, "shapes differ"
    assert len(set(standalone.GROUPS.values())) == 7


BADGE = '{% import "_macros.html" as m %}{{ m.group_badge(letter) }}{{ m.group_badge(letter, "Another name") }}'
