"""GET /c/{slug}/results: who sees them when, what the votes say in each shape of room, and nothing about anybody."""

from __future__ import annotations

import asyncio
import re

import pytest

from app.access import sealed_link
from app.analysis import results_page, results_views
from app.database import execute, fetchval
from app.jobs import analyse as job
from app.tables.consultations import Membership
from deliberation.disclosure import Attribution
from tests import factories, simulated
from tests.cast import person, signed_in

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

PATH = "/en/c/water/results"


async def closed(attribution: Attribution = Attribution.CHATHAM_HOUSE, **people: object):
    here = await factories.make_consultation(attribution=attribution)
    await factories.move_to(here, 1, standing="closed")
    filled = await simulated.fill(here, **people)
    await simulated.freeze_first_round(here)
    return here, filled


def section(page: str, heading: str) -> str:
    """The part of a page from this heading on, up to the next section."""
    start = page.index(f">{heading}</h2>")
    return page[start : page.index("</section>", start)]


async def became(name: str, here, participant: int) -> None:
    """One of the cast is this participant."""
    who = await person(name)
    await sealed_link(here.id, who.id, participant).save()
    await Membership(consultation=here.id, account=who.id, role="participant").save()


async def waiting_jobs(name: str) -> int:
    return await fetchval("select count(*) from procrastinate_jobs where task_name = $1 and status = 'todo'", name)


# -------- who, when


async def test_under_the_chatham_house_rule_nobody_sees_results_of_an_open_round(client):
    here = await factories.make_consultation()
    await simulated.fill(here, n_participants=40, n_statements=10)
    await simulated.analyse_now(here)
    await factories.join("chidi", here)
    for name in ("amara", "ben", "chidi", "eve", "fatima"):
        answer = await (await signed_in(client, name)).get(PATH)
        assert answer.status_code == 403
        assert "Results open when the round has closed." in answer.text


async def test_in_the_open_participants_see_them_after_their_first_vote_and_visitors_after_the_round(client):
    here = await factories.make_consultation(attribution=Attribution.OPEN)
    filled = await simulated.fill(here, n_participants=40, n_statements=10)
    chidi = await factories.join("chidi", here)
    await simulated.analyse_now(here)
    browser = await signed_in(client, "chidi")
    before = await browser.get(PATH)
    assert before.status_code == 403
    assert "once they have voted" in before.text
    await execute(
        "insert into votes (id, consultation, participant, proposal, choice, matters, language, cast_at) "
        "values (gen_random_uuid(), $1, $2, $3, 'agree', false, 'en', clock_timestamp())",
        here.id,
        chidi.participant.id,
        filled.proposals[0],
    )
    after = await browser.get(PATH)
    assert after.status_code == 200
    assert "Voting is open" in after.text
    assert (await (await signed_in(client, "ben")).get(PATH)).status_code == 200
    assert (await (await signed_in(client, "eve")).get(PATH)).status_code == 403
    client.cookies.clear()
    assert (await client.get(PATH)).status_code == 403


async def test_after_the_round_everybody_sees_the_frozen_analysis_without_signing_in(client):
    await closed(n_participants=40, n_statements=10)
    answer = await client.get(PATH)
    assert answer.status_code == 200
    assert "Frozen at the deadline" in answer.text
    assert "10 statements" in answer.text


# -------- before there is anything


async def test_the_first_reader_of_a_closed_round_has_it_frozen_and_the_page_waits_by_itself(client):
    here = await factories.make_consultation()
    await execute("delete from procrastinate_jobs")
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here, n_participants=40, n_statements=10)
    for _ in range(2):
        page = (await client.get(PATH)).text
        assert "The votes are being worked out" in page
        assert '<noscript><meta http-equiv="refresh"' in page
        assert 'data-hx-sse:connect="/live/water"' in page
    assert await waiting_jobs("freeze") == 1


async def test_a_round_that_nobody_voted_in_says_so_and_asks_for_nothing(client):
    here = await factories.make_consultation()
    await execute("delete from procrastinate_jobs")
    await factories.move_to(here, 1, standing="closed")
    assert "Nobody has voted yet" in (await client.get(PATH)).text
    assert await waiting_jobs("freeze") == 0


async def test_seven_voters_are_too_few_for_any_result(client):
    await closed(n_participants=7, n_statements=8)
    page = (await client.get(PATH)).text
    assert "Too few for results" in page
    assert "agree" not in section_main(page)


def section_main(page: str) -> str:
    return page[page.index('<div id="results"') : page.index("</main>")]


async def test_a_quick_analysis_shows_what_there_is_and_that_groups_are_still_looked_for(client):
    here = await factories.make_consultation()
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here, n_participants=120, n_statements=24)
    await simulated.freeze_first_round(here)
    await execute("delete from analyses where evidence = 'full'")
    page = (await client.get(PATH)).text
    assert "Checking whether there are groups" in page
    assert "Opinion map" in page
    assert "every 5s" in page
    assert "Group A" not in page


async def test_while_many_vote_the_page_keeps_the_groups_found_last_and_says_so(client, monkeypatch):
    here = await factories.make_consultation(attribution=Attribution.OPEN)
    await simulated.fill(here, n_participants=120, n_statements=24)
    monkeypatch.setattr(job, "APART", 1)
    monkeypatch.setattr(job, "apart", asyncio.to_thread)
    await simulated.look_for_groups_now(here)
    await simulated.analyse_now(here)
    assert await fetchval("select evidence from analyses where kind = 'live'") == "kept"
    page = (await (await signed_in(client, "amara")).get(PATH)).text
    assert "Checking whether there are groups" not in page
    assert re.search(r"People vote in \d groups", page)
    assert "Groups were looked for a little earlier" in page
    assert "come back when people are drawn anew" in page


# -------- what the votes say


async def test_groups_are_told_by_letter_with_released_figures_map_and_slate(client):
    await closed(n_participants=120, n_statements=24)
    page = (await client.get(PATH)).text
    n_groups = re.search(r"People vote in (\d) groups", page)
    assert n_groups
    assert "You are in group" not in page
    groups = section(page, "The groups")
    for letter in "ABCDE"[: int(n_groups[1])]:
        assert f"<strong>Group {letter}</strong>" in groups
    told = re.findall(r'<span class="pc">(.*?)</span>', section(page, "Divides"))
    shares = [int(n) for words in told for n in re.findall(r"(\d+)%", words)]
    assert len(shares) > 6
    assert all(share % 5 == 0 and 10 <= share <= 90 for share in shares)
    assert 'id="om-t"' in page
    slate = section(page, "Participants' slate")
    assert "Observed" in slate
    assert "Audited" in slate
    assert "representative" not in slate


async def test_common_ground_stands_in_the_order_of_the_least_agreeing_row(client):
    here, _ = await closed(Attribution.OPEN, n_participants=80, n_statements=20, views=simulated.ALIKE)
    built = await results_views.page_of(await factories.actor("amara", here), await stored(here))
    assert built is not None
    reading = await results_views.reading_of(await factories.actor("amara", here), await stored(here))
    assert reading is not None
    least = []
    for line in built.common:
        row = reading.gate.row(str(line.text.id))
        assert row is not None
        told = [row.agree_share, *reading.shares(line.text.id, "constituency").values()]
        least.append(min(share for share in told if share is not None))
    assert len(least) > 2
    assert least == sorted(least, reverse=True)


async def test_of_long_lists_and_tables_the_page_shows_a_part_and_says_which(client, monkeypatch):
    here, _ = await closed(Attribution.OPEN, n_participants=80, n_statements=20, views=simulated.ALIKE)
    reader = await factories.actor("amara", here)
    whole = await results_views.page_of(reader, await stored(here))
    assert whole is not None
    assert not any(whole.cut.values())
    assert not whole.swarm_table.cut
    monkeypatch.setattr(results_page, "MOST_LISTED", 3)
    monkeypatch.setattr(results_page, "MOST_TABLED", 6)
    reading = await results_views.reading_of(reader, await stored(here))
    assert reading is not None
    part = results_page.build(reading)
    assert part.common == whole.common[:3]
    assert part.cut["common_ground"].startswith(f"Listed: 3 of {len(whole.common)}.")
    table, all_rows = part.swarm_table, whole.swarm_table.rows
    assert table.rows == (*all_rows[:3], *all_rows[-3:])
    assert table.cut.startswith(f"Listed: 6 of {len(all_rows)}.")
    assert len(part.constituencies.rows) == 6
    page = (await client.get(PATH)).text
    assert f"Listed: 6 of {len(all_rows)}." in page


async def stored(here):
    from app.analysis.results import look

    found = (await look(await factories.actor("amara", here))).analysis
    assert found is not None
    return found


async def test_people_along_one_spectrum_are_not_cut_into_groups(client):
    await closed(n_participants=80, n_statements=20, views=simulated.ALIKE)
    page = (await client.get(PATH)).text
    assert "There are no distinct groups: people stand along one spectrum." in page
    assert "Group A" not in page
    assert "Opinion map" in page


async def test_a_small_room_under_the_chatham_house_rule_hears_words_and_no_figure(client):
    await closed(n_participants=15, n_statements=18)
    page = (await client.get(PATH)).text
    body = section_main(page)
    assert "Participants generally agreed" in body or "Many participants agreed" in body
    assert "%" not in body
    assert "Opinion map" not in body
    assert "By constituency" not in body
    assert "10 to 19 participants voted" in body


async def test_a_small_room_in_the_open_has_tables_but_no_map(client):
    views = (simulated.View((0.0, 0.0), 1.0, constituencies={"ngos": 0.5, "women": 0.5}),)
    await closed(Attribution.ATTRIBUTED, n_participants=25, n_statements=12, views=views)
    page = (await client.get(PATH)).text
    assert "Indicative." in page
    assert "Opinion map" not in page
    assert "By constituency" in page


async def test_your_group_is_shown_to_yourself_alone(client):
    here, _ = await closed(n_participants=120, n_statements=24)
    reading = await results_views.reading_of(await factories.actor("amara", here), await stored(here))
    assert reading is not None
    groups = reading.landscape["groups"]
    place = groups["labels"]["values"].index(1)
    await became("dana", here, groups["participant_ids"]["values"][place])
    page = (await (await signed_in(client, "dana")).get(PATH)).text
    assert f"You are in group {groups['letters'][1]}." in page
    assert "Only you see this." in page
    for name in ("amara", "ben", "eve"):
        assert "Only you see this." not in (await (await signed_in(client, name)).get(PATH)).text


async def test_a_statement_that_a_moderator_removed_is_on_no_list(client):
    _, filled = await closed(Attribution.OPEN, n_participants=28, n_statements=12)
    text = await fetchval("select statement from proposals where id = $1", filled.proposals[3])
    assert text in (await client.get(PATH)).text
    await execute("update proposals set status = 'declined', version = version + 1 where id = $1", filled.proposals[3])
    assert text not in (await client.get(PATH)).text


# -------- where one statement lands


async def test_a_statement_is_picked_by_a_plain_form_or_as_a_fragment(client):
    await closed(n_participants=120, n_statements=24)
    whole = await client.get(PATH, params={"s": "105"})
    assert re.search(r'<option value="105" selected>', whole.text)
    part = await client.get(f"{PATH}/lands", params={"s": "105"}, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="lands">')
    assert "<html" not in part.text
    plain = await client.get(f"{PATH}/lands", params={"s": "105"})
    assert (plain.status_code, plain.headers["location"]) == (303, f"{PATH}?s=105")


@pytest.mark.parametrize("asked", ["", "0", "-1", "9" * 30, "x", "1'; drop table votes", "٣", "%00"])
async def test_a_statement_that_is_none_is_no_error(client, asked):
    await closed(n_participants=40, n_statements=10)
    assert (await client.get(PATH, params={"s": asked})).status_code == 200
    part = await client.get(f"{PATH}/lands", params={"s": asked}, headers={"HX-Request": "true"})
    assert "Nothing can be shown of this statement." in part.text


async def test_the_page_is_there_in_arabic_from_right_to_left(client):
    await closed(n_participants=40, n_statements=10)
    page = (await client.get("/ar/c/water/results")).text
    assert '<html lang="ar" dir="rtl">' in page
