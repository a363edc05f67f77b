"""GET /c/{slug}/participation: from invited to slate against the targets, whom to invite next, unusual pairs."""

from __future__ import annotations

import re

from app.database import execute, executemany, fetch
from app.jobs.check_power import check_power
from deliberation.disclosure import Attribution
from tests import crowd, factories, slates
from tests.cast import signed_in

PATH = "/en/c/water/participation"
THIN = ("ngos",) * 100 + ("women",) * 30 + ("business",) * 20


async def checked(*, attribution: Attribution = Attribution.OPEN, constituencies=THIN, **more):
    here = await factories.make_consultation(attribution=attribution, **more)
    made = await crowd.gather(here, constituencies=constituencies)
    await check_power(consultation_id=str(here.id))
    return here, made


async def text_of(client, name: str = "ben", path: str = PATH) -> str:
    answer = await (await signed_in(client, name)).get(path)
    assert answer.status_code == 200
    return answer.text


async def test_a_category_is_followed_from_target_to_slate(client):
    await checked()
    page = await text_of(client)
    assert "Under its target" in page or "Under their targets" in page
    row = re.search(r'<th scope="row">Women</th>(.*?)</tr>', slates.section(page, "h-t1"), re.S)
    assert row
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", row.group(1))
    assert cells[:4] == ["30%", "30", "30", "0"]
    assert cells[-1] == "under its target"


async def test_whom_to_invite_next_closes_the_gaps_that_a_reader_can_recompute(client):
    here, _ = await checked()
    await execute("update consultations set n_participants_expected = 200 where id = $1", here.id)
    await execute("delete from targets where consultation = $1", here.id)
    await executemany(
        "insert into targets (id, consultation, attribute, code, share) values (gen_random_uuid(), $1, $2, $3, $4)",
        [(here.id, "constituency", "women", 0.25), (here.id, "region", "african", 0.5)],
    )
    await check_power(consultation_id=str(here.id))
    out = slates.section(await text_of(client), "h-out")
    # 50 women wanted, 30 here; 100 people from Africa wanted, 75 here: twenty are asked for who are both.
    assert "20</strong> Women, " in out
    assert re.search(r">5</strong> (?!Women)", out)
    assert "Invite people" not in out, "a moderator does not invite"


async def test_convenors_find_the_page_while_the_round_is_open_and_may_invite(client):
    await checked()
    page = await text_of(client, "amara")
    assert "Invite people" in page
    assert "/participation" in await text_of(client, "amara", "/en/c/water/convene")
    assert (await (await signed_in(client, "chidi")).get(PATH)).status_code in {403, 404}


async def test_under_the_chatham_house_rule_numbers_are_bands_and_small_categories_unnamed(client):
    await checked(
        attribution=Attribution.CHATHAM_HOUSE,
        constituencies=("ngos",) * 96 + ("women",) * 27 + ("farmers",) * 24 + ("business",) * 3,
    )
    page = await text_of(client)
    table = slates.section(page, "h-t1")
    row = re.search(r'<th scope="row">Business and Industry</th>(.*?)</tr>', table, re.S)
    assert row is None or re.findall(r"<td[^>]*>([^<]*)</td>", row.group(1))[1:4] == ["–", "–", "–"]
    assert re.search(r'<th scope="row">Women</th><td class="r">30%</td><td class="r">20 to 29</td>', table)


async def test_pairs_that_agree_and_never_wrote_together_are_named_with_what_they_agree_on(database, client):
    here = await slates.curating()
    rows = await fetch("select constituency, min(id) as one from participants group by constituency order by 1")
    # Each proposal has one author, by turns of every constituency: no two of them ever stand behind the same.
    for place, row in enumerate(rows):
        await execute("update proposals set author = $1 where id % $2 = $3", row["one"], len(rows), place)
    await check_power(consultation_id=str(here.id))
    pairs = slates.section(await text_of(client), "h-pair")
    assert len(re.findall(r"<li>[^<]+ · [^<]+<span", pairs)) >= 1
    assert re.search(r'both agree on <a href="/en/c/water/statements/\d+">', pairs)


async def test_before_the_first_look_the_page_says_so(client):
    await factories.make_consultation()
    assert "The balance is being worked out" in await text_of(client)


async def test_participants_see_who_is_still_few_while_a_round_of_proposals_is_open(client):
    here, _ = await checked()
    words = "Still fewer here than hoped for"
    page = await text_of(client, "chidi", "/en/c/water")
    assert words in page
    assert "Women: 30 of 45" in page, "three in ten of a hundred and fifty were hoped for"
    await factories.move_to(here, 1, standing="closed")
    assert words not in await text_of(client, "chidi", "/en/c/water")


async def test_under_the_chatham_house_rule_everybody_reads_a_band_of_people(client):
    await checked(attribution=Attribution.CHATHAM_HOUSE)
    page = await text_of(client, "chidi", "/en/c/water")
    assert re.search(r"Women: \d+ to \d+ of \d+", page)


async def test_two_attributes_are_crossed_in_the_open(client):
    await checked()
    table = slates.section(await text_of(client), "h-cross")
    row = re.search(r'<th scope="row">Women</th>(.*?)</tr>', table, re.S)
    assert row
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row.group(1)) == ["15", "15"]


async def test_nothing_is_crossed_under_the_chatham_house_rule(client):
    await checked(attribution=Attribution.CHATHAM_HOUSE)
    assert "h-cross" not in await text_of(client)
