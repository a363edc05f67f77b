"""GET /c/{slug}/slates: both lists, the reason for every difference, effects, and the answers of participants."""

from __future__ import annotations

import re

import pytest

from app.database import execute, executemany
from deliberation.disclosure import Attribution
from deliberation.phases import Phase
from tests import factories, simulated, slates
from tests.cast import signed_in

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

SLATES = "/en/c/water/slates"


async def answered(here, filled_ids, answers):
    """The given answers in the respond round, by as many participants."""
    await executemany(
        """
        insert into responses (id, round, participant, represents, can_live_with, sentence, answered_at)
        select gen_random_uuid(), r.id, $2, $3, $4, $5, now() from rounds r where r.consultation = $1 and r.number = 3
        """,
        [
            (here.id, one, represents, live, said)
            for one, (represents, live, said) in zip(filled_ids, answers, strict=False)
        ],
    )


def participants(n=120):
    return [simulated.FIRST_PARTICIPANT + 7919 * (place * 31 % n) for place in range(n)]


async def test_a_visitor_reads_both_lists_with_every_reason(client):
    here = await slates.curating()
    frozen, draft = await slates.published(here)
    await factories.move_to(here, 2, standing="closed")
    page = (await client.get(SLATES)).text
    before, after = slates.section(page, "h-before"), slates.section(page, "h-after")
    assert len(slates.numbers(before)) == len(frozen.stances)
    assert len(slates.numbers(after)) == len(draft.stances)
    assert f"Because of number {frozen.slate.stances[0].statement_id}." in before
    assert f"Because of number {draft.stances[-1].statement_id}." in after
    assert "drops 1 and adds 1" in page
    assert "Group A" in slates.section(page, "h-balance")
    assert "Observed" in slates.section(page, "h-cert")


async def test_the_dial_counts_the_items_that_began_with_participants(client):
    here = await slates.curating()
    _, draft = await slates.published(here)
    await execute("update proposals set is_starter = false where id = $1", draft.stances[0].statement_id)
    await factories.move_to(here, 2, standing="closed")
    n = len(draft.stances)
    assert f"(1 of {n}) began with participants; {n - 1} with the convenor." in (await client.get(SLATES)).text


async def test_while_curators_work_only_those_inside_see_the_participants_slate(client):
    here = await slates.curating()
    await slates.reasoned(here)
    assert (await client.get(SLATES)).status_code in {303, 403}
    page = (await (await signed_in(client, "fatima")).get(SLATES)).text
    assert "The curated slate has not been published yet." in page
    assert "Because of number" not in page


async def test_without_a_published_slate_the_participants_slate_stands_alone(client):
    here = await slates.curating()
    await slates.reasoned(here)
    await factories.move_to(here, 2, standing="closed")
    page = (await client.get(SLATES)).text
    assert "The curators have not published a slate." in page
    assert "Because of number" not in page


async def test_answers_are_told_by_group_and_constituency_once_the_round_has_closed(client):
    here = await slates.curating()
    await slates.published(here)
    await factories.move_to(here, 3)
    await answered(here, participants(), [("yes", "yes", "")] * 70 + [("unsure", "no", "")] * 20)
    assert "What participants answered" not in (await client.get(SLATES)).text
    await factories.move_to(here, 3, standing="closed")
    page = (await client.get(SLATES)).text
    told = slates.section(page, "h-answer")
    assert "Everybody who answered" in told and "Group A" in told
    assert "78%" in told
    assert "The slate is adopted if more than half of those who say yes or no can live with its reasons." in told


async def test_a_group_that_cannot_live_with_the_reasons_keeps_the_slate_from_being_adopted(client):
    here = await slates.curating()
    frozen, _ = await slates.published(here)
    letters = dict(zip(frozen.holdings.participant_ids.tolist(), frozen.holdings.labels["group"], strict=True))
    people = participants()
    await factories.move_to(here, 3)
    answers = [("yes", "no" if letters.get(one) == "B" else "yes", "") for one in people]
    await answered(here, people, answers)
    await factories.move_to(here, 3, standing="closed")
    told = slates.section((await client.get(SLATES)).text, "h-answer")
    assert "The slate goes back to the curators." in told
    assert "Group B" in told[told.index("Not carried by") :]


async def test_everybody_content_adopts_the_slate(client):
    here = await slates.curating()
    await slates.published(here)
    await factories.move_to(here, 3)
    await answered(here, participants(), [("yes", "yes", "")] * 120)
    await factories.move_to(here, 3, standing="closed")
    assert "The slate is adopted." in (await client.get(SLATES)).text


async def test_what_the_answers_proved_stands_in_the_certificate_of_the_slate_that_was_asked_about(client):
    here = await slates.curating()
    _, draft = await slates.published(here)
    await factories.move_to(here, 3)
    await slates.everybody_takes_its_side(here, draft)
    await answered(here, participants(), [("yes", "yes", "")] * 120)
    await factories.move_to(here, 3, standing="closed")
    page = (await client.get(SLATES)).text
    certified = slates.section(page, "h-cert")
    assert certified.count("Not yet: only answers") == 1
    assert "Asked about the slate" in slates.section(page, "h-answer")
    assert "Asked about the slate" in certified[certified.index("Curated slate") :]


async def test_four_answers_are_too_few_to_say(client):
    here = await slates.curating()
    await slates.published(here)
    await factories.move_to(here, 3)
    await answered(here, participants(), [("yes", "yes", "")] * 4)
    await factories.move_to(here, 3, standing="closed")
    told = slates.section((await client.get(SLATES)).text, "h-answer")
    assert "Too few participants answered to say." in told
    assert "<table" not in told


async def test_sentences_are_read_by_staff_alone_and_name_nobody(client):
    here = await slates.curating()
    await slates.published(here)
    await factories.move_to(here, 3)
    await answered(here, participants(), [("yes", "yes", f"Canary sentence {place}.") for place in range(6)])
    await factories.move_to(here, 3, standing="closed")
    assert "Canary sentence" not in (await client.get(SLATES)).text
    page = (await (await signed_in(client, "amara")).get(SLATES)).text
    assert "Canary sentence 3." in page
    assert not any(str(one) in page for one in participants())


async def test_in_chatham_house_figures_are_rounded_and_capped(client):
    here = await slates.curating(attribution=Attribution.CHATHAM_HOUSE)
    await slates.published(here)
    await factories.move_to(here, 3)
    await answered(here, participants(), [("yes", "yes", "")] * 97 + [("no", "no", "")])
    await factories.move_to(here, 3, standing="closed")
    page = (await client.get(SLATES)).text
    # How many items began with whom is a count of statements, and exact.
    began = slates.section(page, "h-dial")
    page = re.sub(r"<[^>]*>", " ", page.replace(began, ""))
    shares = {int(found) for found in re.findall(r"(\d+)%", page[page.index("What participants answered") :])}
    assert shares
    assert all(share % 5 == 0 and 10 <= share <= 90 for share in shares), shares


async def test_a_small_room_hears_words_alone(client):
    here = await slates.curating(
        phases=(Phase.PROPOSE, Phase.CURATE, Phase.RESPOND),
        attribution=Attribution.CHATHAM_HOUSE,
        n_participants=16,
        n_statements=12,
        votes_per_person=12.0,
    )
    await slates.published(here)
    await factories.move_to(here, 3)
    await answered(here, participants(16), [("yes", "yes", "")] * 11 + [("no", "no", "")] * 3)
    await factories.move_to(here, 3, standing="closed")
    page = (await client.get(SLATES)).text
    text = re.sub(r"<[^>]*>", " ", slates.section(page, "h-answer") + slates.section(page, "h-balance"))
    assert "The slate is adopted." in text
    assert not re.search(r"\d\s?%|\b11\b|\b14\b", text)


async def test_the_certificates_have_their_figures_block_by_block(client):
    here = await slates.curating()
    frozen, _ = await slates.published(here)
    await factories.move_to(here, 2, standing="closed")
    certified = slates.section((await client.get(SLATES)).text, "h-cert")
    figures = certified[certified.index("The figures behind it") :]
    assert figures.count('<th scope="row">Observed</th>') == figures.count('<th scope="row">Estimated</th>') == 2
    assert f"{frozen.observed.alpha_star:.2f}" in figures
    assert f"{frozen.estimated.alpha_mean:.2f} (" in figures
    assert f"{frozen.observed.coverage_1:.0%}" in figures
    assert "Group" in figures[figures.index("Reached least") :]


async def test_another_rule_for_proportional_slates_is_told_beside_the_certificate(client):
    here = await slates.curating()
    await slates.published(here)
    await factories.move_to(here, 2, standing="closed")
    certified = slates.section((await client.get(SLATES)).text, "h-cert")
    assert re.search(r"another rule .* \d of its 8 stances are the same", certified)
    assert re.search(r"stands at 0\.\d+ here and at 0\.\d+ there", certified)


async def test_who_is_spoken_for_is_told_by_group_and_by_constituency(client):
    here = await slates.curating()
    await slates.published(here)
    await factories.move_to(here, 2, standing="closed")
    spoken = slates.section((await client.get(SLATES)).text, "h-spoken")
    tables = re.findall(r"<caption[^>]*>([^<]*)</caption>", spoken)
    assert [title.rpartition(", ")[2] for title in tables] == ["By opinion group", "By constituency"] * 2
    assert spoken.count("No item</th>") == 4
    for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", spoken):
        whole = sum(int(share) for share in re.findall(r"(\d+)%", row))
        assert 88 <= whole <= 112, row  # whole people of a dozen


async def test_a_constituency_of_one_stands_in_no_table_and_decides_nothing(client):
    here = await slates.curating()
    await slates.published(here)
    people = participants()
    await execute("update participants set constituency = 'women' where consultation = $1", here.id)
    await execute("update participants set constituency = 'farmers' where id = $1", people[0])
    await factories.move_to(here, 3)
    await answered(here, people, [("no", "no", "")] + [("yes", "yes", "")] * 119)
    await factories.move_to(here, 3, standing="closed")
    told = slates.section((await client.get(SLATES)).text, "h-answer")
    assert "The slate is adopted." in told
    assert "Farmers" not in told


async def test_participants_resist_what_curators_added_more_than_what_came_from_them(client):
    here = await slates.curating()
    _, draft = await slates.published(here)
    await execute("update proposals set is_starter = false where consultation = $1", here.id)
    await factories.move_to(here, 3)
    added = draft.stances[-1]
    against = "disagree" if added.choice == "agree" else "agree"
    await execute("delete from votes where proposal = $1", added.statement_id)
    await execute(
        """
        insert into votes (id, consultation, participant, proposal, choice, matters, language, cast_at)
        select gen_random_uuid(), $1, q.id, $2, $3, false, 'en', r.opens_at
        from participants q join rounds r on r.consultation = $1 and r.number = 3 where q.consultation = $1
        """,
        here.id,
        added.statement_id,
        against,
    )
    assert "against what curators added" not in (await client.get(SLATES)).text
    await factories.move_to(here, 3, standing="closed")
    dial = slates.section((await client.get(SLATES)).text, "h-dial")
    found = re.search(r"Of the answers, (\d+)% are against what curators added, (\d+)% against kept items", dial)
    assert int(found[1]) == 100 > int(found[2])
    assert "100% of the final items" in dial and "Curators added 1 item and dropped 1." in dial


async def test_an_item_that_a_participants_proposal_was_merged_into_began_with_participants(client):
    here = await slates.curating()
    frozen, draft = await slates.published(here)
    on_slate = {stance.statement_id for stance in (*draft.stances, *frozen.stances)}
    await execute(
        "update proposals set is_starter = false, status = 'merged', merged_into = $2 "
        "where id = (select min(id) from proposals where consultation = $1 and not id = any($3::int[]))",
        here.id,
        draft.stances[0].statement_id,
        sorted(on_slate),
    )
    await factories.move_to(here, 2, standing="closed")
    assert f"(1 of {len(draft.stances)}) began with participants" in (await client.get(SLATES)).text


async def test_the_rule_that_was_set_beforehand_decides(client):
    here = await slates.curating()
    await slates.published(here)
    await execute(
        'update rounds set settings = settings || \'{"adoption": {"people": 80, "parts": 0, "quorum": 50}}\' '
        "where consultation = $1 and number = 3",
        here.id,
    )
    await factories.move_to(here, 3)
    assert "at least 80% of those who say yes or no" in (await client.get(SLATES)).text
    await answered(here, participants(), [("yes", "yes", "")] * 94 + [("yes", "no", "")] * 26)
    await factories.move_to(here, 3, standing="closed")
    told = slates.section((await client.get(SLATES)).text, "h-answer")
    assert "The slate goes back to the curators." in told
    assert "At least 50% of the participants must have answered." in told
    amara = (await (await signed_in(client, "amara")).get(SLATES)).text
    assert "/c/water/convene/rounds" in slates.section(amara, "h-answer")
    assert "/c/water/convene/rounds" not in told


async def test_what_was_withdrawn_or_merged_is_flagged_not_asked_and_speaks_for_nobody(client):
    here = await slates.curating(joining=("chidi",))
    frozen, draft = await slates.published(here)
    gone, merged, stays = frozen.distinct(draft.stances)[:3]
    await execute("update proposals set status = 'withdrawn' where id = $1", gone.statement_id)
    await execute(
        "update proposals set status = 'merged', merged_into = $2 where id = $1",
        merged.statement_id,
        stays.statement_id,
    )
    await factories.move_to(here, 3)
    page = (await (await signed_in(client, "chidi")).get("/en/c/water/respond")).text
    asked = set(slates.numbers(page[page.index("All statements of this round") :]))
    numbers = [(await slates.proposal_of(stance)).number for stance in (gone, merged, stays)]
    assert asked & set(numbers) == {numbers[2]}
    await slates.everybody_takes_its_side(here, draft)
    await factories.move_to(here, 3, standing="closed")
    page = (await client.get(SLATES)).text
    assert "withdrawn by its author" in page and "merged into another statement" in page
    assert "Audited" in slates.section(page, "h-cert")
