"""GET /c/{slug}/power: the balance in a paragraph, four figures, six pictures with their tables, and what to decide."""

from __future__ import annotations

import re

import pytest

from app.database import execute, fetchval
from app.jobs.check_power import check_power
from deliberation.disclosure import Attribution
from tests import crowd, factories
from tests.cast import signed_in

PATH = "/en/c/water/power"


async def checked(*, attribution: Attribution = Attribution.CHATHAM_HOUSE, **more):
    here = await factories.make_consultation(attribution=attribution)
    made = await crowd.gather(here, **more)
    await check_power(consultation_id=str(here.id))
    return here, made


async def text_of(client, name: str = "ben", path: str = PATH) -> str:
    answer = await (await signed_in(client, name)).get(path)
    assert answer.status_code == 200
    return answer.text


def kpi(page: str, label: str) -> str:
    found = re.search(rf"<dt>{label}</dt><dd[^>]*>([^<]*)</dd>", page)
    assert found, label
    return found.group(1)


async def test_the_page_says_its_finding_then_shows_it(client):
    await checked()
    page = await text_of(client)
    assert re.search(r"\d+ things? needs? a decision", page)
    assert "The most active tenth of participants wrote" in page
    for title in ("From target to slate", "For your decision", "Votes per day", "Who does most of the talking",
                  "Who co-sponsors with whom", "Is moderation even-handed?"):  # fmt: skip
        assert title in page


async def test_figures_are_those_that_a_reader_can_recompute(client):
    here, made = await checked(attribution=Attribution.OPEN)
    page = await text_of(client)
    on = await fetchval(
        """
        select count(*) from proposals p where p.consultation = $1 and p.status <> 'declined' and (
          exists(select from participants q where q.id = p.author and q.organisation = $2)
          or exists(select from cosponsors c where c.proposal = p.id and c.organisation = $2))
        """,
        here.id,
        made.forum,
    )
    assert kpi(page, "Largest single organisation") == f"{round(100 * on / 40)}%"
    counts = [r["n"] for r in await _votes_per_person(here)]
    n, running = len(counts), 0
    curve = []
    for count in sorted(counts):
        running += count
        curve.append(running)
    gini = (n + 1 - 2 * sum(curve) / curve[-1]) / n
    assert kpi(page, "Votes: how evenly spread") == f"{gini:.2f}"
    women = re.search(r'<th scope="row">Women</th>(.*?)</tr>', page[page.index("Read this as a table") :], re.S)
    assert women and '<td class="r">30%</td><td class="r">25%</td>' in women.group(1)


async def _votes_per_person(here):
    from app.database import fetch

    return await fetch(
        "select count(v.id) as n from participants q left join votes v on v.participant = q.id "
        "where q.consultation = $1 group by q.id",
        here.id,
    )


async def test_under_the_chatham_house_rule_shares_are_in_steps_and_small_categories_withheld(client):
    await checked()
    page = await text_of(client)
    table = page[page.index("From target to slate") : page.index("For your decision")]
    cells = [int(cell) for cell in re.findall(r">(\d+)%<", table)]
    assert cells
    assert all(cell % 5 == 0 for cell in cells)
    assert crowd.FORUM not in page


async def test_organisations_are_unnamed_except_where_the_mode_names_those_who_co_sponsor(client):
    await checked(attribution=Attribution.ATTRIBUTED)
    page = await text_of(client)
    network = page[page.index("Who co-sponsors with whom") :]
    hidden = await text_of(client)
    assert "Wells" not in hidden
    assert ("node-hub" in network) == (crowd.FORUM in network)


async def test_in_a_small_room_there_are_words_and_no_figures(client):
    await checked(constituencies=("ngos",) * 12 + ("women",) * 8 + ("business",) * 6)
    page = await text_of(client)
    assert kpi(page, "Votes: how evenly spread") == "–"
    assert kpi(page, "Largest single organisation") == "–"
    assert "Under 30 people no figures are shown" in page
    assert "over its target" in page or "under its target" in page or "in balance" in page
    assert '<svg class="chart' not in page


async def test_an_alert_does_not_name_a_category_of_fewer_than_five_people(client):
    await checked(constituencies=("ngos",) * 100 + ("women",) * 46 + ("business",) * 4)
    page = await text_of(client)
    alerts = page[page.index("For your decision") : page.index("Votes per day")]
    assert "A small category: under the target among participants" in alerts
    assert "Business and Industry" not in alerts
    assert "Non-Governmental Organizations: over the target" in alerts


async def test_a_burst_stands_out_of_the_days(client):
    await checked(n_burst=9)
    page = await text_of(client)
    assert "colbar-flag" in page
    assert re.search(r"\d+ votes in 10 minutes", page)


@pytest.mark.parametrize("by", ["region", "language", "constituency", "gender", "planet", "", "%00", "x" * 300])
async def test_the_reader_chooses_what_to_compare_by(client, by):
    await checked()
    page = await text_of(client, path=f"{PATH}?by={by}")
    expected = by if by in {"region", "language", "gender"} else "constituency"
    assert re.search(rf'<option value="{expected}" selected>', page)


async def test_before_the_first_check_the_page_says_so_and_asks_for_one(client):
    await factories.make_consultation()
    page = await text_of(client)
    assert "The balance is being worked out" in page
    assert await fetchval("select count(*) from procrastinate_jobs where task_name = 'check_power'") == 1


async def test_an_empty_consultation_has_a_page_without_figures(client):
    here = await factories.make_consultation()
    await check_power(consultation_id=str(here.id))
    page = await text_of(client)
    assert "Nothing needs your decision" in page
    assert kpi(page, "Proposals: how evenly spread") == "–"


async def test_it_speaks_arabic_from_right_to_left(client):
    await checked(n_burst=9)
    page = await text_of(client, path="/ar/c/water/power")
    assert 'dir="rtl"' in page


async def test_who_may_read_it(client):
    here, _ = await checked()
    for name, expected in (("ben", 200), ("fatima", 200), ("amara", 403), ("gus", 403), ("eve", 403)):
        assert (await (await signed_in(client, name)).get(PATH)).status_code == expected, name
    await factories.move_to(here, 1, standing="closed")
    assert (await (await signed_in(client, "amara")).get(PATH)).status_code == 200
    await execute("update consultations set lifecycle = 'draft' where id = $1", here.id)
    assert (await (await signed_in(client, "eve")).get(PATH)).status_code == 404
