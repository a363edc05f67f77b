"""Pulses: seven fields prefilled from the last, one for all partners, within the budget, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from app.access import system_actor
from app.actions import pulses
from app.analysis import pulses as reading
from app.analysis.locality import locality_of
from app.database import execute, fetch, fetchval, now
from app.tables.coalitions import Coalition
from app.tables.commitments import Commitment, Deliverable
from app.tables.consultations import Consultation
from deliberation.phases import Phase
from deliberation.pulses import Colour
from tests import rooms
from tests.cast import Browser, signed_in
from tests.factories import actor, coalition_of, join, make_consultation

PARTNERS = ("chidi", "dana", "hana")
HOME = "/en/c/water/coalitions/1"
PULSE = f"{HOME}/commitments/1/pulse"
FIELDS = {
    "go": "send",
    "lines": ["1:done", "2:at_risk"],
    "value": "14.5",
    "story": "Two villages have water on all days.",
    "obstacle": "money",
    "obstacle_words": "Spare parts are paid late.",
    "ask": "A fund for spare parts.",
    "minutes": "9",
    "mark": "4",
}


async def undertake(
    coalition: Coalition, *, days_ago: int = 80, targets: tuple[str, ...] = ("6.1", "17.17")
) -> Commitment:
    """A commitment made so many days ago: one thing due now, one soon, one in a year."""
    made_at = await now() - timedelta(days=days_ago)
    made = Commitment(
        coalition=coalition.id,
        number=1,
        title="Wells that last",
        what="Forty wells are kept by their villages.",
        indicator="Wells that give water",
        target="40",
        targets=list(targets),
        status="made",
        created_at=made_at,
        made_at=made_at,
        status_at=made_at,
    )
    await made.save()
    for number, (words, days) in enumerate((("Train mechanics", -3), ("Buy pumps", 5), ("Report", 365)), 1):
        due_on = ((await now()) + timedelta(days=days)).date()
        await Deliverable(commitment=made.id, number=number, words=words, due_on=due_on).save()
    return made


@pytest_asyncio.fixture
async def consultation(database: None) -> Consultation:
    return await make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT))


@pytest_asyncio.fixture
async def coalition(consultation: Consultation) -> Coalition:
    await join("ivo", consultation)
    return await coalition_of(PARTNERS, consultation)


@pytest_asyncio.fixture
async def commitment(coalition: Coalition) -> Commitment:
    return await undertake(coalition)


@pytest_asyncio.fixture
async def partners(client: Any, commitment: Commitment) -> dict[str, Browser]:
    return {name: await signed_in(client, name) for name in PARTNERS}


async def send(browser: Browser, version: int = 0, **more: Any) -> Any:
    return await browser.post(PULSE, FIELDS | {"_version": str(version)} | more)


async def move_back(days: int) -> None:
    """So many days have passed."""
    await execute(f"update commitments set made_at = made_at - interval '{days} days'")
    await execute(f"update pulses set sent_at = sent_at - interval '{days} days'")


async def test_only_what_is_due_or_at_risk_is_asked_about(partners: dict[str, Browser]) -> None:
    page = await partners["chidi"].get(PULSE)
    assert page.status_code == 200
    assert "Train mechanics" in page.text and "Buy pumps" in page.text
    assert 'value="3:done"' not in page.text


async def test_a_pulse_is_sent_and_what_is_done_is_delivered(partners: dict[str, Browser]) -> None:
    assert (await send(partners["chidi"])).status_code == 303
    row = (await fetch("select * from pulses"))[0]
    assert (row["status"], float(row["value"]), row["minutes"]) == ("sent", 14.5, 9)
    assert await fetchval("select status from deliverables where number = 1") == "done"
    assert await fetchval("select status from deliverables where number = 2") == "open"
    assert await fetchval("select actor || ' ' || payload from audit_events where action = 'pulses.send'") == (
        'participant {"period": 0, "status": "sent"}'
    )
    page = await partners["dana"].get(PULSE)
    assert "Two villages have water on all days." in page.text
    assert "9 of 90 minutes this year" in page.text
    assert "Needs attention" in page.text, "something is at risk"


async def test_a_draft_is_gone_on_with_by_another_partner(partners: dict[str, Browser]) -> None:
    assert (await send(partners["chidi"], go="save", minutes="")).status_code == 303
    page = await partners["dana"].get(PULSE)
    assert "Two villages have water on all days." in page.text
    assert 'name="_version" value="1"' in page.text
    assert (await send(partners["dana"], version=1, story="Three villages.")).status_code == 303
    assert await fetchval("select story from pulses") == "Three villages."
    assert await fetchval("select count(*) from pulses") == 1


async def test_two_who_write_at_once_both_see_both_texts(partners: dict[str, Browser]) -> None:
    await send(partners["chidi"], go="save")
    answer = await send(partners["dana"], story="Dana's own words.")
    assert answer.status_code == 409
    for words in ("Dana&#39;s own words.", "Two villages have water on all days.", "Another partner has written"):
        assert words in answer.text, words
    assert 'name="_version" value="1"' in answer.text, "saving again replaces the other text, now knowingly"
    assert (await send(partners["dana"], version=1, story="Dana's own words.")).status_code == 303
    late = await send(partners["hana"], story="Hana's words.")
    assert late.status_code == 409 and "Hana&#39;s words." in late.text and "has sent the pulse" in late.text


async def test_the_same_form_twice_is_one_pulse(partners: dict[str, Browser]) -> None:
    first, second = [await send(partners["chidi"], _key="one-key-for-both") for _ in range(2)]
    assert first.status_code == second.status_code == 303
    assert await fetchval("select count(*) from audit_events where action = 'pulses.send'") == 1


async def test_the_next_pulse_is_filled_in_from_the_last_but_for_its_story(partners: dict[str, Browser]) -> None:
    await send(partners["chidi"])
    await move_back(91)
    page = await partners["dana"].get(PULSE)
    assert 'value="14.5"' in page.text and "A fund for spare parts." in page.text
    assert 'value="2:at_risk" selected' in page.text, "what was at risk is asked again"
    assert "Train mechanics" not in page.text.split("Pulses so far")[0], "what is done is not"
    assert "Last time:" in page.text
    assert (await send(partners["dana"], lines=["2:on_track"])).status_code == 303
    assert await fetchval("select count(*) from pulses where status = 'sent'") == 2


async def test_without_minutes_nothing_is_sent_and_nothing_is_lost(partners: dict[str, Browser]) -> None:
    answer = await send(partners["chidi"], minutes="")
    assert answer.status_code == 422
    assert "how many minutes it took" in answer.text and "Two villages have water" in answer.text
    assert (await send(partners["chidi"], minutes="700")).status_code == 422
    assert (await send(partners["chidi"], value="many")).status_code == 422
    assert (await send(partners["chidi"], value="nan")).status_code == 422
    assert (await send(partners["chidi"], obstacle="aliens")).status_code == 422
    assert await fetchval("select count(*) from pulses") == 0


async def test_when_the_budget_is_used_up_no_further_pulse_is_asked(partners: dict[str, Browser]) -> None:
    await send(partners["chidi"], minutes="85")
    await execute("update commitments set made_at = made_at - interval '91 days'")
    page = await partners["dana"].get(PULSE)
    assert "used up: 85 of 90 minutes" in page.text
    assert 'name="story"' not in page.text
    refused = await send(partners["dana"])
    assert refused.status_code == 403 and "used up" in refused.text
    plan = await partners["dana"].post(f"{HOME}/structure", {"structure": "hosts", "minutes_a_year": "120"})
    assert plan.status_code == 303
    assert (await send(partners["dana"], lines=["2:on_track"])).status_code == 303


async def test_only_partners_report_and_others_read_what_was_opened(client: Any, partners: dict[str, Browser]) -> None:
    eve = await signed_in(client, "eve")
    assert (await send(eve)).status_code == 403
    await send(partners["chidi"])
    for name in ("eve", "fatima"):
        page = await (await signed_in(client, name)).get(PULSE)
        assert page.status_code == 200
        assert "Two villages" not in page.text and "have not opened" in page.text
    assert "Two villages" in (await (await signed_in(client, "amara")).get(PULSE)).text
    await execute("update pulses set is_open = true")
    client.cookies.clear()
    page = await client.get(PULSE)
    assert "Two villages" in page.text and "Chidi" not in page.text


async def test_marks_are_told_in_the_middle_of_three_and_never_alone(partners: dict[str, Browser]) -> None:
    await send(partners["chidi"])
    await partners["dana"].post(f"{PULSE}/mark", {"mark": "2"})
    assert "How well partners find" not in (await partners["dana"].get(PULSE)).text
    await partners["hana"].post(f"{PULSE}/mark", {"mark": "5"})
    page = await partners["dana"].get(PULSE)
    assert "4.0 of 5 in the middle" in page.text and "lie 3.0" in page.text
    assert (await partners["dana"].post(f"{PULSE}/mark", {"mark": "6"})).status_code == 422


async def test_a_mark_before_the_pulse_is_no_text_that_another_overwrites(partners: dict[str, Browser]) -> None:
    assert (await partners["dana"].post(f"{PULSE}/mark", {"mark": "3"})).status_code == 303
    assert (await send(partners["chidi"])).status_code == 303


async def test_a_pause_is_said_and_is_not_red(partners: dict[str, Browser], commitment: Commitment) -> None:
    await move_back(900)
    assert "In trouble" in (await partners["chidi"].get(f"{HOME}/going")).text
    await execute(
        "update commitments set status = 'paused', reason = 'The rains came early.', status_at = now(), "
        "paused_until = current_date + 30"
    )
    page = await partners["chidi"].get(f"{HOME}/going")
    assert "Paused by its partners" in page.text and "The rains came early." in page.text
    assert "In trouble" not in page.text
    assert (await send(partners["chidi"])).status_code == 409


# -------- reminders


async def messages(kind: str) -> int:
    return int(await fetchval("select count(*) from messages where kind = $1", kind))


async def test_partners_are_reminded_once_and_only_while_the_pulse_is_due(
    consultation: Consultation, commitment: Commitment
) -> None:
    by = await system_actor(consultation.id)
    assert await pulses.remind(by=by) == 3
    assert await pulses.remind(by=by) == 0
    assert await messages("pulse_due") == 3
    assert await fetchval("select payload from audit_events where action = 'pulses.remind'") == '{"n": 3}'
    text = await fetchval("select text from messages where kind = 'pulse_due' limit 1")
    assert PULSE.removeprefix("/en") in text


@pytest.mark.parametrize("reason", ["sent", "early", "used up", "paused"])
async def test_who_need_not_write_is_not_reminded(
    partners: dict[str, Browser], consultation: Consultation, reason: str
) -> None:
    match reason:
        case "sent":
            await send(partners["chidi"])
        case "early":
            await execute("update commitments set made_at = now() - interval '40 days'")
        case "used up":
            await execute("update coalitions set minutes_a_year = 5")
        case "paused":
            await execute("update commitments set status = 'paused', status_at = now()")
    assert await pulses.remind(by=await system_actor(consultation.id)) == 0
    assert await messages("pulse_due") == 0


# -------- introductions and the kit


async def peer(consultation: Consultation, proposal: int) -> None:
    """A second coalition on the same targets, of Ivo, which reported money once and has it no more."""
    moment = await now()
    other = Coalition(
        consultation=consultation.id,
        proposal=proposal,
        number=2,
        title="Pump menders",
        status="formed",
        created_at=moment,
        formed_at=moment,
    )
    await other.save()
    ivo = (await actor("ivo", consultation)).participant
    assert ivo is not None
    await execute(
        "insert into coalition_seats (id, coalition, participant, status, answered_at) "
        "values (gen_random_uuid(), $1, $2, 'accepted', now())",
        other.id,
        ivo.id,
    )
    found = await undertake(other)
    await execute("update deliverables set status = 'done', done_at = now() where commitment = $1", found.id)
    for period, obstacle in enumerate(("money", "rules")):
        await execute(
            "insert into pulses (id, commitment, period, status, obstacle, minutes, started_at, sent_at) values "
            "(gen_random_uuid(), $1, $2, 'sent', $3, 5, now(), now() - make_interval(days => 90 - $2 * 60))",
            found.id,
            period,
            obstacle,
        )


async def test_two_coalitions_meet_only_if_both_agree(
    client: Any, partners: dict[str, Browser], consultation: Consultation, coalition: Coalition
) -> None:
    await peer(consultation, coalition.proposal)
    ivo = await signed_in(client, "ivo")
    await send(partners["chidi"])
    row = await fetchval("select id from peer_introductions")
    page = await partners["dana"].get(f"{HOME}/going")
    assert "Pump menders" in page.text and "@example.org" not in page.text
    theirs = HOME.replace("/1", "/2")
    assert "Well keepers" not in (await ivo.get(f"{theirs}/going")).text, "nobody has asked yet"
    answered = await ivo.post(f"{theirs}/introductions/{row}/answer", {"answer": "agree"})
    assert answered.status_code == 404
    assert (await partners["dana"].post(f"{HOME}/introductions/{row}/answer", {"answer": "agree"})).status_code == 303
    assert await messages("introduction_asked") == 1
    page = await ivo.get(f"{theirs}/going")
    assert "Well keepers" in page.text and "dana@" not in page.text
    assert (await ivo.post(f"{theirs}/introductions/{row}/answer", {"answer": "agree"})).status_code == 303
    assert "dana@example.org" in (await ivo.get(f"{theirs}/going")).text
    assert "ivo@example.org" in (await partners["hana"].get(f"{HOME}/going")).text
    assert await messages("introduction_made") == 1
    again = await ivo.post(f"{theirs}/introductions/{row}/answer", {"answer": "decline"})
    assert again.status_code == 409


async def test_a_refused_introduction_is_not_suggested_again_and_the_other_side_hears_nothing(
    client: Any, partners: dict[str, Browser], consultation: Consultation, coalition: Coalition
) -> None:
    await peer(consultation, coalition.proposal)
    await send(partners["chidi"])
    row = await fetchval("select id from peer_introductions")
    await partners["dana"].post(f"{HOME}/introductions/{row}/answer", {"answer": "decline"})
    ivo = await signed_in(client, "ivo")
    assert "Well keepers" not in (await ivo.get(f"{HOME.replace('/1', '/2')}/going")).text
    await move_back(91)
    await send(partners["dana"], lines=["2:on_track"])
    assert await fetchval("select count(*) from peer_introductions") == 1


async def test_the_relaunch_kit_speaks_of_what_is_open_and_cannot_become_markup(
    client: Any, partners: dict[str, Browser]
) -> None:
    await execute("update deliverables set words = '# Train *all* <b>mechanics</b>' where number = 1")
    await execute("update deliverables set status = 'done' where number in (2, 3)")
    await send(partners["chidi"], lines=["1:on_track"])
    page = await partners["dana"].get(f"{HOME}/relaunch")
    assert page.status_code == 200
    assert "Money. What would have to happen" in page.text and "1 thing that we undertook" in page.text
    file = await partners["dana"].get(f"{HOME}/relaunch.md")
    assert r"\# Train \*all\* \<b\>mechanics\</b\>" in file.text
    assert file.text.startswith("# Well keepers\n")
    eve = await signed_in(client, "eve")
    assert (await eve.get(f"{HOME}/relaunch")).status_code == 403


async def test_a_coalition_that_falls_silent_is_said_to_cool(
    partners: dict[str, Browser], coalition: Coalition
) -> None:
    await execute("update coalitions set formed_at = formed_at - interval '300 days'")
    await execute("update coalition_seats set answered_at = answered_at - interval '300 days'")
    commitment = await fetchval("select id from commitments")
    for place in range(7):
        for n in range(9):
            await execute(
                "insert into evidence_cards (id, commitment, claim, created_at) values (gen_random_uuid(), $1, 'x', "
                "now() - make_interval(days => $2))",
                commitment,
                295 - 28 * place - n,
            )
    await execute("update commitments set made_at = now() - interval '299 days'")
    chidi = await actor("chidi", (await Consultation.objects().first()) or Consultation())
    fresh = await Coalition.objects().where(Coalition.id == coalition.id).first()
    assert fresh is not None
    found = await reading.going(chidi, fresh)
    assert found.vitality.is_cooling
    assert found.situations[0].light.colour in {Colour.YELLOW, Colour.RED}
    assert "Relaunch kit" in (await partners["dana"].get(f"{HOME}/going")).text


# -------- the smaller elements of the page


async def test_the_structure_is_chosen_among_four_with_hours_and_risks(partners: dict[str, Browser]) -> None:
    page = await partners["chidi"].get(f"{HOME}/going")
    assert (
        "Two hosts, from different constituencies" in page.text
        and "10 hours a month" in page.text
        and "put their open questions to all" in page.text
    )
    assert (
        await partners["chidi"].post(f"{HOME}/structure", {"structure": "empire", "minutes_a_year": "90"})
    ).status_code == 422
    await partners["chidi"].post(f"{HOME}/structure", {"structure": "rotating", "minutes_a_year": "60"})
    await execute("update coalitions set formed_at = now() - interval '61 days'")
    await send(partners["chidi"], minutes="12")
    text = (await partners["dana"].get(f"{HOME}/going")).text
    assert "Reports took 1.7% of the time" in text, "12 minutes of twice 6 hours"


async def test_the_sunset_date_is_that_of_the_signed_charter(
    partners: dict[str, Browser], coalition: Coalition
) -> None:
    assert "Without a signed charter" in (await partners["chidi"].get(f"{HOME}/going")).text
    await execute(
        "insert into charters (id, coalition, version, status, review_on, created_at, signed_at) "
        "values (gen_random_uuid(), $1, 1, 'signed', '2031-05-28', now(), now())",
        coalition.id,
    )
    assert "ends on 28 May 2031" in (await partners["chidi"].get(f"{HOME}/going")).text


@pytest.mark.slow
async def test_many_votes_are_told_by_place_in_steps_and_within_bounds(database: None) -> None:
    here = await rooms.crowd()
    ids = [row["id"] for row in await fetch("select id from participants where consultation = $1 order by id", here.id)]
    await execute("update participants set region = 'grulac' where id = any($1::bigint[])", ids[::4])
    proposal = await fetchval(
        "select v.proposal from votes v where v.consultation = $1 group by 1 order by count(*) desc, 1 limit 1", here.id
    )
    moment = await now()
    made = Coalition(
        consultation=here.id, proposal=proposal, number=1, title="Well keepers", status="formed", created_at=moment
    )
    await made.save()
    commitment = await undertake(made)
    for region, share in (("african", 0.75), ("grulac", 0.25)):
        await execute("update commitments set region = $2 where id = $1", commitment.id, region)
        found = await locality_of(await actor("amara", here), made)
        assert found is not None and found.region == region
        assert found.votes.value is not None and abs(found.votes.value - share) <= 0.1
        assert round(found.votes.value * 20) == pytest.approx(found.votes.value * 20), "in steps of five points"
        assert found.leads.value is None, "nobody has joined"


async def test_few_votes_are_not_told_by_place(partners: dict[str, Browser]) -> None:
    await execute("update commitments set region = 'african'")
    text = (await partners["chidi"].get(f"{HOME}/going")).text
    assert "African States" in text and "too few to tell" in text
