"""/c/{slug}/desk/scores: each curator alone, then all scores side by side, and what everybody may read of it."""

from __future__ import annotations

import json
import re

import pytest

from app.actions import curation, curators
from app.analysis import scoring
from app.analysis.scoring import Conflict
from app.database import execute, fetchval
from app.refusals import Conflict as Refused
from app.refusals import Denied
from deliberation.disclosure import Attribution
from tests import factories, slates
from tests.cast import signed_in

CRITERIA = ["It answers the question.", "It can be acted on."]
DESK = "/en/c/water/desk"
SCORES = f"{DESK}/scores"


async def scoring_round(**more):
    """A curate round with two criteria, which Amara, Gus and Hana curate."""
    here = await slates.curating(declaring=(), **more)
    await execute(
        "update rounds set settings = settings || $2::jsonb where consultation = $1 and phase = 'curate'",
        here.id,
        json.dumps({"criteria": CRITERIA}),
    )
    amara = await factories.actor("amara", here)
    await curators.appoint(email="hana@example.org", numbers=[2], by=amara)
    for name in ("amara", "gus", "hana"):
        await curators.declare(interests={}, by=await factories.actor(name, here))
    return here


async def candidates(here, name="gus"):
    actor = await factories.actor(name, here)
    frozen = await scoring_frozen(actor)
    return await scoring.candidates_for(actor, frozen, await scoring.mine_of(actor))


async def scoring_frozen(actor):
    from app.analysis import curation as reading

    return await reading.frozen_of(await reading.analysis_for(actor))


async def give(here, name, statement, *scores):
    proposal = await slates.proposal_of(statement)
    await curators.score(proposal=proposal, scores=scores, by=await factories.actor(name, here))


class At:
    """What `slates.proposal_of` asks for."""

    def __init__(self, statement_id):
        self.statement_id = statement_id


async def test_before_finishing_a_curator_sees_the_own_scores_and_no_other(client):
    here = await scoring_round()
    first = (await candidates(here))[0].statement
    await give(here, "hana", At(first.id), 4, 0)
    gus = await signed_in(client, "gus")
    assert (await gus.get(DESK)).headers["location"] == SCORES
    page = (await gus.get(SCORES)).text
    assert "0 of" in page and "Score on your own" in page
    assert "median" not in page and 'id="h-rows"' not in page
    answer = await gus.post(f"{SCORES}/{first.number}", {"score_1": "1", "score_2": "none"})
    assert answer.status_code == 303
    assert await fetchval("select scores from curator_scores order by scores limit 1") == [1, None]
    assert re.search(r"1 of \d+ candidates scored", (await gus.get(SCORES)).text)
    with pytest.raises(Denied, match="finished scoring"):
        await curation.remove(
            proposal=await slates.proposal_of(At(first.id)),
            stance=(await opened(here))[1].stances[0],
            version=1,
            by=await factories.actor("gus", here),
        )


async def opened(here):
    await curation.open_desk(by=await factories.actor("gus", here))
    return await slates.stored(here)


async def test_the_answer_to_a_score_is_the_next_candidate(client):
    here = await scoring_round()
    first, second = [one.statement for one in (await candidates(here))[:2]]
    gus = await signed_in(client, "gus")
    answer = await gus.post(
        f"{SCORES}/{first.number}", {"score_1": "2", "score_2": "3"}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200 and "<html" not in answer.text
    assert f"Statement {second.number}" in slates.section(answer.text, "h-one")


async def test_an_answer_is_missing_and_the_rest_is_kept(client):
    here = await scoring_round()
    first = (await candidates(here))[0].statement
    gus = await signed_in(client, "gus")
    answer = await gus.post(f"{SCORES}/{first.number}", {"score_1": "2"})
    assert answer.status_code == 422
    assert "say that you cannot judge" in answer.text
    assert re.search(r'name="score_1" value="2" checked', answer.text)
    for odd in ("5", "-1", "x", "１"):
        sent = {"score_1": odd, "score_2": "1"}
        assert (await gus.post(f"{SCORES}/{first.number}", sent)).status_code == 422, odd
    assert await fetchval("select count(*) from curator_scores") == 0


async def test_who_has_finished_sees_disagreements_first_and_scores_no_more(client):
    here = await scoring_round()
    close, apart = [At(one.statement.id) for one in (await candidates(here))[:2]]
    for name, scores in (("amara", (0, 0)), ("gus", (4, 4)), ("hana", (2, None))):
        await give(here, name, close, 3, 3)
        await give(here, name, apart, *scores)
    for name in ("amara", "gus"):
        await curators.finish(by=await factories.actor(name, here))
    page = (await (await signed_in(client, "gus")).get(SCORES)).text
    rows = slates.section(page, "h-rows")
    numbers = [(await slates.proposal_of(one)).number for one in (apart, close)]
    assert slates.numbers(rows) == numbers
    assert "spread 4" in rows and "median 2" in rows and "agreed" in rows
    with pytest.raises(Refused, match="final"):
        await give(here, "gus", apart, 1, 1)
    hana = (await (await signed_in(client, "hana")).get(SCORES)).text
    assert 'id="h-rows"' not in hana


async def test_equal_scores_are_ordered_by_statement(client):
    here = await scoring_round()
    ids = sorted(one.statement.id for one in await candidates(here))
    for one in reversed(ids):
        await give(here, "gus", At(one), 2, 2)
    await curators.finish(by=await factories.actor("gus", here))
    item = (await factories.actor("gus", here)).round
    assert [row.statement_id for row in await scoring.consolidation_of(item, is_closed=False)] == ids


async def test_a_convenor_closes_the_scoring_and_all_who_declared_come_to_the_desk(client):
    here = await scoring_round()
    first = (await candidates(here))[0].statement
    await give(here, "hana", At(first.id), 4, 0)
    gus, amara = await signed_in(client, "gus"), await signed_in(client, "amara")
    assert (await gus.post(f"{SCORES}/close")).status_code == 403
    assert (await amara.post(f"{SCORES}/close")).status_code == 303
    page = await gus.get(DESK)
    assert page.status_code == 200
    assert "scored 2 of 4, spread 0" in page.text
    assert (await gus.post(f"{SCORES}/{first.number}", {"score_1": "2", "score_2": "1"})).status_code == 409
    assert (await amara.post(f"{SCORES}/close")).status_code == 409


async def test_the_slate_is_not_signed_while_curators_score(client):
    here = await scoring_round()
    for name in ("amara", "gus"):
        await curators.finish(by=await factories.actor(name, here))
    _, draft = await opened(here)
    gus = await signed_in(client, "gus")
    answer = await gus.post(f"{DESK}/signatures", {"_version": str(draft.version)})
    assert answer.status_code == 422
    assert "2 of 3 curators have finished" in answer.text


async def test_notes_are_added_and_replace_nothing(client):
    here = await scoring_round()
    first = (await candidates(here))[0].statement
    await give(here, "gus", At(first.id), 4, 0)
    await curators.finish(by=await factories.actor("gus", here))
    gus = await signed_in(client, "gus")
    for text in ("Costs are unclear.", "Agreed after the figures of 2024."):
        answer = await gus.post(f"{DESK}/notes/{first.number}", {"text": text})
        assert answer.status_code == 303
    page = (await gus.get(SCORES)).text
    assert page.index("Costs are unclear.") < page.index("Agreed after the figures")
    assert (await gus.post(f"{DESK}/notes/{first.number}", {"text": ""})).status_code == 422
    hana = await signed_in(client, "hana")
    assert (await hana.post(f"{DESK}/notes/{first.number}", {"text": "Too early."})).status_code == 403
    payloads = await fetchval("select string_agg(payload::text, ' ') from audit_events where action = 'curators.note'")
    assert "Costs" not in payloads


async def test_who_was_removed_counts_no_more_and_a_later_recusal_takes_the_score_back(client):
    here = await scoring_round()
    first = (await candidates(here))[0].statement
    for name, scores in (("amara", (0, 0)), ("gus", (4, 4)), ("hana", (2, 2))):
        await give(here, name, At(first.id), *scores)
        await curators.finish(by=await factories.actor(name, here))
    item = (await factories.actor("gus", here)).round
    assert (await scoring.consolidation_of(item, is_closed=True))[0].n_scores == 3
    await curators.remove(email="hana@example.org", by=await factories.actor("amara", here))
    assert (await scoring.consolidation_of(item, is_closed=True))[0].n_scores == 2
    recused = {first.id: Conflict("recused", "funding")}
    await curators.declare(interests=recused, by=await factories.actor("gus", here))
    (left,) = await scoring.consolidation_of(item, is_closed=True)
    assert (left.n_scores, left.median) == (1, 0.0)


async def test_a_withdrawn_and_a_merged_candidate_are_scored_no_more(client):
    here = await scoring_round()
    first, second = [one.statement for one in (await candidates(here))[:2]]
    await execute("update proposals set status = 'withdrawn' where id = $1", first.id)
    await execute("update proposals set status = 'merged', merged_into = $2 where id = $1", second.id, first.id)
    gus = await signed_in(client, "gus")
    page = (await gus.get(SCORES)).text
    assert slates.section(page, "h-all").count("not open any more") == 2
    assert f"Statement {first.number}<" not in slates.section(page, "h-one")
    answer = await gus.post(f"{SCORES}/{first.number}", {"score_1": "2", "score_2": "1"})
    assert answer.status_code == 409


async def test_everybody_reads_criteria_at_once_and_scores_once_the_slate_is_published(client):
    here = await scoring_round(attribution=Attribution.OPEN)
    first = (await candidates(here))[0].statement
    for name in ("amara", "gus", "hana"):
        await give(here, name, At(first.id), 3, 3)
        await curators.finish(by=await factories.actor(name, here))
    page = (await client.get("/en/c/water/curators")).text
    assert all(criterion in page for criterion in CRITERIA)
    assert "3 people curate round 2." in page and "median" not in page
    await slates.published(here)
    await factories.move_to(here, 2, standing="closed")
    page = (await client.get("/en/c/water/curators")).text
    assert "median 3" in page
    assert slates.numbers(slates.section(page, "h-scores")) == [first.number]


async def test_two_scores_are_never_public(client):
    here = await scoring_round(attribution=Attribution.OPEN)
    first = (await candidates(here))[0].statement
    for name in ("amara", "gus", "hana"):
        await give(here, name, At(first.id), *((None, None) if name == "hana" else (3, 3)))
        await curators.finish(by=await factories.actor(name, here))
    await slates.published(here)
    await factories.move_to(here, 2, standing="closed")
    page = (await client.get("/en/c/water/curators")).text
    assert "median" not in page and "Too few curators scored" in page


async def test_the_page_shows_the_table_that_decides_who_sees_what(client):
    await scoring_round()
    page = (await client.get("/en/c/water/curators")).text
    assert page.count("A curator who is scoring") == 1
    assert "All scores side by side, without names" in page


async def test_without_criteria_nothing_is_scored(client):
    here = await slates.curating()
    gus = await signed_in(client, "gus")
    assert (await gus.get(DESK)).status_code == 200
    first = (await candidates(here))[0].statement
    assert (await gus.post(f"{SCORES}/{first.number}", {})).status_code == 409
    assert "nothing is scored" in (await client.get("/en/c/water/curators")).text


@pytest.mark.parametrize("template, n_criteria", [("partnership", 4), ("one_meeting", 0)])
async def test_a_partnership_starts_with_criteria_and_one_meeting_with_none(client, template, n_criteria):
    page = (await (await signed_in(client, "amara")).get(f"/en/convene/new?template={template}")).text
    typed = re.search(r'<textarea[^>]*name="round_2_criteria"[^>]*>([^<]*)</textarea>', page)
    assert len([line for line in typed[1].splitlines() if line.strip()]) == n_criteria
