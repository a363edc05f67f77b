"""Respond rounds: whom the lot asks, what answers prove, what the rule makes of them, and that the count stays."""

from __future__ import annotations

import asyncio
import json

import pytest

from app import access
from app.actions import curation, curators, responses
from app.analysis import curation as curating
from app.analysis import responses as reading
from app.analysis.curation_page import gate_for
from app.analysis.responses_result import KEY, count, counted_of, result_of
from app.analysis.scoring import RECUSED
from app.analysis.scoring import Conflict as Interest
from app.database import execute, executemany, fetch, fetchrow, fetchval, transaction
from app.jobs.respond import draw_sample, settle_responses
from app.refusals import Closed, Conflict, Refusal
from deliberation.adoption import AdoptionRule
from deliberation.phases import Phase
from deliberation.samples import SampleSettings, frame_digest
from deliberation.samples import draw_sample as drawn_by
from tests import factories, slates

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

SMALL = SampleSettings(size=40)


@pytest.fixture
async def here(database):
    """A published slate of 120 people, with the respond round open."""
    made = await slates.curating(joining=("chidi", "dana"))
    await slates.published(made)
    await factories.move_to(made, 3)
    return made


async def respond_round(here):
    return (await factories.actor("amara", here)).rounds[2]


async def drawing(here, item, **more):
    return await responses.draw(item=item, by=await access.system_actor(here.id), **more)


async def more_people(here, n):
    """People who joined without a vote."""
    await executemany(
        "insert into participants (id, consultation, constituency, region, language, gender, is_excluded, joined_on) "
        "values ($1, $2, 'ngos', '', 'en', '', false, now()::date)",
        [(90_000_000 + place, here.id) for place in range(n)],
    )


async def test_the_lot_is_drawn_once_and_can_be_drawn_again_by_anybody_who_knows_who_could_be_drawn(here):
    item = await respond_round(here)
    assert await drawing(here, item, settings=SMALL) == 40
    assert await drawing(here, item, settings=SMALL) == 0
    row = await fetchrow("select * from samples where round = $1", item.id)
    ids = [one["id"] for one in await fetch("select id from participants where consultation = $1", here.id)]
    assert tuple(row["participants"]) == drawn_by(ids, seed=row["seed"], size=40)
    assert (row["n_population"], row["frame_digest"]) == (len(ids), frame_digest(ids))


async def test_the_record_says_how_many_were_drawn_with_what_seed_and_never_who(here):
    item = await respond_round(here)
    await drawing(here, item, settings=SMALL)
    payload = await fetchval("select payload from audit_events where action = 'responses.draw'")
    told = json.loads(payload)
    assert (told["n_asked"], told["n_population"]) == (40, 122)
    row = await fetchrow("select seed, participants from samples where round = $1", item.id)
    assert told["seed"] == row["seed"]
    assert not any(str(one) in payload for one in row["participants"])


async def test_those_drawn_have_a_message_and_a_line_on_their_page_and_others_have_none(here):
    item = await respond_round(here)
    await drawing(here, item, settings=SMALL)
    sample = await reading.sample_of(item)
    for name in ("chidi", "dana"):
        by = await factories.actor(name, here)
        is_asked = by.participant.id in sample.participants
        assert await reading.is_drawn(by) == is_asked
        written = await fetchval(
            "select count(*) from messages where kind = 'respond_drawn' and \"to\" = $1", f"{name}@example.org"
        )
        assert written == is_asked


async def test_the_page_of_the_slates_says_how_many_were_drawn_and_not_who(here, client):
    item = await respond_round(here)
    await drawing(here, item, settings=SMALL)
    page = (await client.get("/en/c/water/slates")).text
    assert "40 of 122 participants were drawn at random" in page
    assert not any(str(one) in page for one in (await reading.sample_of(item)).participants)


async def test_where_everybody_can_be_asked_nobody_is_drawn(here):
    item = await respond_round(here)
    assert await drawing(here, item) == 0
    assert await reading.sample_of(item) is None


async def test_before_the_round_opens_and_after_it_closes_nothing_is_drawn(here):
    item = await respond_round(here)
    await factories.move_to(here, 3, standing="closed")
    assert await drawing(here, item, settings=SMALL) == 0
    await factories.move_to(here, 2)
    assert await drawing(here, item, settings=SMALL) == 0
    await draw_sample(round_id=str(item.id))
    assert await fetchval(
        "select count(*) from procrastinate_jobs "
        "where task_name = 'draw_sample' and status = 'todo' and scheduled_at > now() and args ->> 'round_id' = $1",
        str(item.id),
    )


async def answered_by(here, people, *, left_out="pass"):
    """These people agree with every item of the slate, and take this choice on what it leaves out."""
    _, draft = await slates.stored(here)
    items, challengers = reading.listed(draft)
    sides = {stance.statement_id: stance.choice.value for stance in draft.stances}
    opens = (await respond_round(here)).opens_at
    await execute(
        "delete from votes where participant = any($1::bigint[]) and proposal = any($2::int[])",
        list(people),
        [*items, *challengers],
    )
    rows = [(here.id, one, item, sides.get(item, left_out), opens) for one in people for item in (*items, *challengers)]
    await executemany(
        "insert into votes (id, consultation, participant, proposal, choice, matters, language, cast_at) "
        "values (gen_random_uuid(), $1, $2, $3, $4, false, 'en', $5)",
        rows,
    )


async def proof(here):
    _, draft = await slates.stored(here)
    by = await factories.actor("amara", here)
    counted = await count(by, draft, await respond_round(here))
    gate = await gate_for(by)
    return counted, (await result_of(by, draft, gate))


async def test_a_sample_that_answers_makes_the_certificate_audited_whatever_the_others_think(here):
    await more_people(here, 500)
    item = await respond_round(here)
    assert await drawing(here, item) == 400
    sample = await reading.sample_of(item)
    await answered_by(here, sample.participants)
    await factories.move_to(here, 3, standing="closed")
    counted, told = await proof(here)
    certificate = counted.certificate
    assert (certificate.n_asked, certificate.n_population, certificate.everybody_asked) == (400, 622, False)
    assert certificate.status == "holds" and certificate.confidence == 0.95
    assert told.audited.is_audited and "random sample of 400" in told.audited.words
    assert "400 of 622 participants were drawn at random" in told.sampled


async def test_a_sample_of_which_half_answers_leaves_an_estimate_with_the_rate_of_answers(here):
    await more_people(here, 500)
    item = await respond_round(here)
    await drawing(here, item)
    sample = sorted((await reading.sample_of(item)).participants)
    await execute("delete from votes where participant = any($1::bigint[])", sample)
    await answered_by(here, sample[:200])
    await factories.move_to(here, 3, standing="closed")
    counted, told = await proof(here)
    assert (counted.certificate.status, counted.n_complete) == ("unclear", 200)
    assert not told.audited.is_audited
    assert "stays an estimate. 50% of those asked answered every statement." in told.audited.words


async def test_without_a_lot_a_part_of_many_proves_nothing(here):
    await more_people(here, 500)
    await answered_by(here, range(90_000_000, 90_000_400))
    await factories.move_to(here, 3, standing="closed")
    counted, told = await proof(here)
    assert counted.certificate.everybody_asked and counted.certificate.status == "unclear"
    assert not told.audited.is_audited


async def test_everybody_s_answers_may_also_be_too_close_to_decide_and_are_audited_all_the_same(here):
    people = [row["id"] for row in await fetch("select id from participants where consultation = $1", here.id)]
    await answered_by(here, people)
    await factories.move_to(here, 3, standing="closed")
    counted, told = await proof(here)
    assert counted.n_complete == len(people)
    assert told.audited.is_audited


async def say(here, name, can_live_with="yes"):
    by = await factories.actor(name, here)
    await responses.answer_overall(represents="yes", can_live_with=can_live_with, by=by)


async def many_say(here, answers):
    ids = [row["id"] for row in await fetch("select id from participants where consultation = $1 order by id", here.id)]
    item = await respond_round(here)
    await executemany(
        "insert into responses (id, round, participant, represents, can_live_with, sentence, answered_at) "
        "values (gen_random_uuid(), $1, $2, 'yes', $3, '', now())",
        [(item.id, one, answer) for one, answer in zip(ids, answers, strict=False)],
    )


async def test_a_tie_returns_the_slate(here):
    await many_say(here, ["yes"] * 60 + ["no"] * 60)
    await factories.move_to(here, 3, standing="closed")
    counted, _ = await proof(here)
    assert (counted.verdict.outcome, counted.verdict.is_carried) == ("returned", False)


async def test_the_count_is_settled_once_and_outlives_whoever_leaves(here):
    await many_say(here, ["yes"] * 70 + ["no"] * 20)
    await factories.move_to(here, 3, standing="closed")
    item = await respond_round(here)
    before, _ = await proof(here)
    await settle_responses(round_id=str(item.id))
    await settle_responses(round_id=str(item.id))
    events = await fetch("select payload from audit_events where action = 'responses.settle'")
    assert len(events) == 1 and json.loads(events[0]["payload"])["outcome"] == before.verdict.outcome
    await execute("update participants set is_excluded = true where consultation = $1", here.id)
    _, draft = await slates.stored(here)
    after = await counted_of(await factories.actor("amara", here), draft, item)
    assert after == before
    assert await fetchval("select count(*) from publications where key = $1", KEY % item.id) == 1


async def test_a_round_that_was_extended_is_counted_when_it_closes(here):
    item = await respond_round(here)
    await settle_responses(round_id=str(item.id))
    assert await fetchval("select count(*) from publications where key = $1", KEY % item.id) == 0
    waiting = await fetchval("select scheduled_at from procrastinate_jobs where task_name = 'settle_responses'")
    assert waiting == item.closes_at


async def test_an_answer_that_meets_the_close_is_either_counted_or_refused(here):
    """The round is closed in one transaction while an answer waits for its row: it comes too late, and says so."""
    item = await respond_round(here)
    closing = asyncio.Event()

    async def close():
        async with transaction():
            await execute("update rounds set closes_at = clock_timestamp() where id = $1", item.id)
            closing.set()
            await asyncio.sleep(0.3)

    async def late():
        await closing.wait()
        await say(here, "chidi")

    await say(here, "dana")
    _, outcome = await asyncio.gather(close(), late(), return_exceptions=True)
    assert isinstance(outcome, Closed)
    assert await fetchval("select count(*) from responses where round = $1", item.id) == 1


async def test_a_slate_is_asked_about_in_the_round_before_the_next_curation(database):
    phases = (Phase.PROPOSE, Phase.CURATE, Phase.PROPOSE, Phase.CURATE, Phase.RESPOND)
    made = await factories.make_consultation(phases=phases)
    by = await factories.actor("amara", made)
    assert reading.respond_round_of(by, by.rounds[1].id) is None
    assert reading.respond_round_of(by, by.rounds[3].id) == by.rounds[4]


async def test_the_rule_is_set_before_the_slate_is_known_and_not_after(database):
    made = await factories.make_consultation()
    rule = AdoptionRule(people=67, parts=33, quorum=25)
    amara = await factories.actor("amara", made)
    await responses.set_rule(round_id=amara.rounds[2].id, rule=rule, by=amara)
    assert reading.rule_of(await respond_round(made)) == rule
    assert await fetchval("select count(*) from audit_events where action = 'responses.set_rule'") == 1
    await factories.move_to(made, 2)
    with pytest.raises(Conflict):
        await responses.set_rule(round_id=amara.rounds[2].id, rule=AdoptionRule(), by=amara)
    for name in ("ben", "gus", "fatima"):
        with pytest.raises(Refusal):
            await responses.set_rule(round_id=amara.rounds[2].id, rule=rule, by=await factories.actor(name, made))
    assert reading.rule_of(await respond_round(made)) == rule


async def test_a_returned_slate_is_curated_anew_and_its_answers_stay(database):
    phases = (Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.CURATE, Phase.RESPOND)
    made = await slates.curating(phases=phases)
    _, first = await slates.published(made)
    await factories.move_to(made, 3)
    await many_say(made, ["no"] * 80 + ["yes"] * 20)
    await factories.move_to(made, 3, standing="closed")
    await settle_responses(round_id=str((await respond_round(made)).id))
    await factories.move_to(made, 4)
    gus = await factories.actor("gus", made)
    await curators.declare(interests={}, by=gus)
    second = await curation.open_desk(by=gus)
    assert second.id != first.id and second.analysis == first.analysis
    assert second.stances == (await curating.frozen_of(first.analysis)).stances
    gate = await gate_for(gus)
    told = await result_of(gus, first, gate)
    assert told.outcome == "returned"
    assert reading.respond_round_of(gus, second.round) == gus.rounds[4]
    assert await result_of(gus, second, gate) is None


async def test_a_majority_of_curators_recused_from_an_item_leaves_it_on_the_slate_and_it_is_asked_about(database):
    made = await slates.curating(joining=("chidi",))
    gus = await factories.actor("gus", made)
    draft = await curation.open_desk(by=gus)
    kept = draft.stances[-1]
    for name in ("gus", "amara"):
        interest = {kept.statement_id: Interest(RECUSED, "funding")}
        await curators.declare(interests=interest, by=await factories.actor(name, made))
    _, draft = await slates.published(made)
    assert kept in draft.stances
    await factories.move_to(made, 3)
    asked = await reading.asked_about(await factories.actor("chidi", made))
    assert kept.statement_id in {one.id for one in asked if one.is_on_slate}


async def test_when_most_participants_are_excluded_the_answers_of_the_others_count(here):
    await many_say(here, ["no"] * 100 + ["yes"] * 20)
    await execute(
        "update participants set is_excluded = true where id in "
        "(select participant from responses where can_live_with = 'no')"
    )
    await factories.move_to(here, 3, standing="closed")
    counted, _ = await proof(here)
    assert (counted.n_asked, counted.n_answered, counted.verdict.outcome) == (22, 20, "adopted")
