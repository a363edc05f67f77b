"""GET /c/{slug}/slates: both lists, the reason for every difference, effects, and the answers of participants."""

from __future__ import annotations

import re

from app.database import execute, executemany
from deliberation.disclosure import Attribution
from deliberation.phases import Phase
from tests import factories, simulated, slates
from tests.cast import signed_in

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
    assert "The slate is adopted if more participants can live with its reasons than cannot" in told


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
    page = re.sub(r"<[^>]*>", " ", (await client.get(SLATES)).text)
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
