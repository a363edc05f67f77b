"""GET /c/{slug}/desk: two lists, what the curated one costs whom, certificates in words, and what could be added."""

from __future__ import annotations

import re

from app.database import execute, fetchval
from deliberation.disclosure import Attribution
from deliberation.phases import Phase
from tests import factories, simulated, slates
from tests.cast import signed_in


async def test_the_desk_opens_with_a_copy_of_the_participants_slate(client):
    here = await slates.curating()
    page = (await (await signed_in(client, "gus")).get("/en/c/water/desk")).text
    frozen, draft = await slates.stored(here)
    assert draft.stances == frozen.stances
    assert draft.version == 1
    before, after = (slates.numbers(slates.section(page, heading)) for heading in ("h-before", "h-after"))
    assert len(before) == len(frozen.stances)
    assert before == after
    assert "The curated slate is the participants&#39; slate, unchanged." in page


async def test_opening_it_again_changes_nothing(client):
    here = await slates.curating()
    gus, amara = await signed_in(client, "gus"), await signed_in(client, "amara")
    for browser in (gus, amara, gus):
        assert (await browser.get("/en/c/water/desk")).status_code == 200
    assert await fetchval("select count(*) from curated_slates where consultation = $1", here.id) == 1
    events = await fetchval("select count(*) from audit_events where action = 'curation.open'")
    assert events == 1


async def test_balance_stands_beside_the_lists_by_group_and_by_constituency(client):
    await slates.curating()
    page = (await (await signed_in(client, "gus")).get("/en/c/water/desk")).text
    balance = slates.section(page, "h-balance")
    assert "Group A" in balance and "Group B" in balance
    assert "Women" in balance
    assert re.search(r"\d+% was|\d+%, was \d+%", balance)
    certified = slates.section(page, "h-cert")
    assert "Observed" in certified and "Estimated" in certified
    assert "Audited" in certified and "Not yet" in certified
    assert "Who is spoken for by which item" in certified


async def test_only_curators_and_convenors_come_in(client):
    here = await slates.curating(joining=("chidi",))
    for name, status in (("ben", 403), ("fatima", 403), ("chidi", 403), ("eve", 403), ("amara", 200)):
        assert (await (await signed_in(client, name)).get("/en/c/water/desk")).status_code == status, name
    assert (await client.get("/en/c/water/desk")).status_code == 303
    await factories.move_to(here, 3)
    assert (await (await signed_in(client, "gus")).get("/en/c/water/desk")).status_code == 410


async def test_before_the_analysis_the_desk_says_how_far_it_is_and_has_it_made(client):
    here = await factories.make_consultation(attribution=Attribution.OPEN)
    await factories.move_to(here, 2)
    await simulated.fill(here, n_participants=40, n_statements=10)
    await execute("delete from procrastinate_jobs")
    page = await (await signed_in(client, "gus")).get("/en/c/water/desk")
    assert page.status_code == 200
    assert "The participants' slate is being made" in page.text
    assert await fetchval("select count(*) from procrastinate_jobs where task_name = 'freeze'") == 1
    assert await fetchval("select count(*) from curated_slates") == 0


async def test_before_the_analysis_nothing_is_edited_and_what_was_typed_comes_back(client):
    here = await factories.make_consultation(attribution=Attribution.OPEN)
    await factories.move_to(here, 2)
    await simulated.fill(here, n_participants=40, n_statements=10)
    gus, stance = await signed_in(client, "gus"), {"choice": "agree", "_version": "1"}
    number = await fetchval("select min(number) from proposals where status = 'accepted'")
    for path, form in {
        "items": {"number": number},
        f"items/{number}/remove": {},
        f"items/{number}/move": {"direction": "sideways"},
        f"reasons/{number}": {"reason_code": "duplicate", "sentence": "Another one says the same."},
        "undo": {},
    }.items():
        answer = await gus.post(f"/en/c/water/desk/{path}", (stance if path != "undo" else {"_version": "1"}) | form)
        assert answer.status_code == 409, path
        assert "The curation desk has not been opened yet." in answer.text
        assert "reasons" not in path or "Another one says the same." in answer.text
    assert await fetchval("select count(*) from curated_slates") == 0


async def test_without_a_vote_there_is_nothing_to_curate(client):
    here = await factories.make_consultation()
    await factories.move_to(here, 2)
    page = (await (await signed_in(client, "gus")).get("/en/c/water/desk")).text
    assert "There is no participants' slate" in page


async def test_a_withdrawn_statement_is_flagged_and_stays(client):
    here = await slates.curating()
    gus = await signed_in(client, "gus")
    await gus.get("/en/c/water/desk")
    frozen, draft = await slates.stored(here)
    await execute("update proposals set status = 'withdrawn' where id = $1", draft.stances[-1].statement_id)
    page = (await gus.get("/en/c/water/desk")).text
    assert "withdrawn by its author" in slates.section(page, "h-after")
    assert len(slates.numbers(slates.section(page, "h-after"))) == len(frozen.stances)


async def test_the_search_finds_by_number_and_words_and_takes_odd_input(client):
    here = await slates.curating()
    gus = await signed_in(client, "gus")
    number = 101
    text = await fetchval("select statement from proposals where consultation = $1 and number = $2", here.id, number)
    for words in (str(number), text[5:25]):
        page = (await gus.get("/en/c/water/desk", params={"q": words})).text
        assert number in slates.numbers(slates.section(page, "h-add")), words
    for odd in ("%", "%00", "_", "\\", "a" * 500, "99999999999999", "'"):
        answer = await gus.get("/en/c/water/desk", params={"q": odd})
        assert answer.status_code == 200, odd
    assert "No statement that is open" in (await gus.get("/en/c/water/desk", params={"q": "zzzz"})).text


async def test_a_small_room_reads_words_and_no_figure(client):
    await slates.curating(
        phases=(Phase.PROPOSE, Phase.CURATE, Phase.RESPOND),
        attribution=Attribution.CHATHAM_HOUSE,
        n_participants=16,
        n_statements=12,
        votes_per_person=12.0,
    )
    page = (await (await signed_in(client, "gus")).get("/en/c/water/desk")).text
    shown = slates.section(page, "h-balance") + slates.section(page, "h-cert") + slates.section(page, "h-after")
    assert not re.search(r"\d\s?%", re.sub(r"<[^>]*>", "", shown))
    assert "points" not in shown


async def test_it_reads_from_right_to_left(client):
    await slates.curating()
    page = (await (await signed_in(client, "gus")).get("/ar/c/water/desk")).text
    assert '<html lang="ar" dir="rtl">' in page


async def test_the_desk_says_how_far_it_is_and_an_empty_slate_what_to_do(client):
    here = await slates.curating()
    gus = await signed_in(client, "gus")
    page = (await gus.get("/en/c/water/desk")).text
    assert "no reason missing" in page
    frozen, draft = await slates.stored(here)
    for stance in draft.stances:
        _, draft = await slates.stored(here)
        number = (await slates.proposal_of(stance)).number
        await gus.post(f"/en/c/water/desk/items/{number}/remove", await slates.fields(draft, stance))
    page = (await gus.get("/en/c/water/desk")).text
    assert re.search(r"0 of \d+ places", page)
    assert f"{len(frozen.stances)} reasons missing" in page
    assert "Nothing stands on the slate" in slates.section(page, "h-after")


async def test_candidates_can_be_filtered(client):
    here = await slates.curating()
    gus = await signed_in(client, "gus")
    await gus.get("/en/c/water/desk")
    _, draft = await slates.stored(here)
    listed = {(await slates.proposal_of(stance)).number for stance in draft.stances}
    closest = slates.numbers(slates.section((await gus.get("/en/c/water/desk")).text, "h-add"))
    everything = slates.numbers(slates.section((await gus.get("/en/c/water/desk?of=all")).text, "h-add"))
    assert set(closest) < set(everything)
    assert everything == sorted(everything) and not listed & set(everything)
    for odd in ("", "%00", "nonsense"):
        assert (await gus.get("/en/c/water/desk", params={"of": odd})).status_code == 200
