"""Curating as a table of who may do what, and what must survive: races, removed curators, reasons that become idle."""

from __future__ import annotations

import asyncio

import pytest

from app.actions import curation, responses
from app.analysis import curation as reading
from app.database import execute, fetch, fetchval
from app.refusals import Closed, Conflict, Denied, Invalid, NotFound, NotSignedIn
from deliberation.curation import ReasonCode
from deliberation.holdings import Stance
from deliberation.votes import Choice
from tests import factories, slates

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

CURATORS = {"amara", "gus"}
EVERYBODY = ("ben", "fatima", "chidi", "eve", None, "amara", "gus")


async def edits(here):
    """Each verb as a function of the actor, on what is stored now."""
    frozen, draft = await slates.stored(here)
    stance, other = draft.stances[2], await slates.left_out(frozen, draft)
    mine, new = await slates.proposal_of(stance), await slates.proposal_of(other)
    version = draft.version
    return {
        "open": lambda by: curation.open_desk(by=by),
        "add": lambda by: curation.add(proposal=new, stance=other, version=version, by=by),
        "remove": lambda by: curation.remove(proposal=mine, stance=stance, version=version, by=by),
        "move": lambda by: curation.move(proposal=mine, stance=stance, up=True, version=version, by=by),
        "reason": lambda by: curation.give_reason(
            proposal=mine, stance=stance, reason_code="legal", sentence="So.", version=version, by=by
        ),
        "draw": lambda by: curation.draw_again(version=version, by=by),
        "sign": lambda by: curation.sign(version=version, by=by),
    }


async def refusal_of(call):
    try:
        await call
    except (Denied, NotSignedIn, Closed, NotFound) as refusal:
        return type(refusal)
    return None


@pytest.mark.parametrize("verb", ["add", "remove", "move", "reason", "sign"])
async def test_curators_and_convenors_curate_and_nobody_else(database, verb):
    here = await slates.curating(joining=("chidi",))
    await curation.open_desk(by=await factories.actor("gus", here))
    for name in EVERYBODY:
        by = await factories.actor(name, here)
        refused = await refusal_of((await edits(here))[verb](by))
        assert (refused is None) == (name in CURATORS), name


@pytest.mark.parametrize("verb", ["add", "remove", "move", "reason", "draw", "sign"])
async def test_outside_an_open_curate_round_nobody_curates(database, verb):
    here = await slates.curating()
    gus = await factories.actor("gus", here)
    await curation.open_desk(by=gus)
    verbs = await edits(here)
    await slates.end_round(here, 2)
    assert await refusal_of(verbs[verb](gus)) is Closed
    _, draft = await slates.stored(here)
    assert draft.version == 1


async def test_every_edit_has_one_event_and_one_new_version(database):
    here = await slates.curating()
    gus = await factories.actor("gus", here)
    await curation.open_desk(by=gus)
    for verb in ("add", "move", "reason", "remove"):
        await (await edits(here))[verb](gus)
    _, draft = await slates.stored(here)
    assert draft.version == 5
    events = [row["action"] for row in await fetch("select action from audit_events order by chain, sequence")]
    assert [event for event in events if event.startswith("curation.")] == [
        "curation.open",
        "curation.add",
        "curation.move",
        "curation.give_reason",
        "curation.remove",
    ]


async def test_two_curators_at_once_never_overwrite_each_other(committing):
    here = await slates.curating()
    gus, amara = await factories.actor("gus", here), await factories.actor("amara", here)
    await curation.open_desk(by=gus)
    _, draft = await slates.stored(here)
    calls = [
        curation.remove(proposal=await slates.proposal_of(stance), stance=stance, version=1, by=by)
        for by, stance in ((gus, draft.stances[0]), (amara, draft.stances[1]))
    ]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(outcome) for outcome in outcomes if outcome is not None) == [Conflict]
    _, after = await slates.stored(here)
    assert len(after.stances) == len(draft.stances) - 1
    assert after.version == 2


async def test_two_curators_open_one_desk(committing):
    here = await slates.curating()
    both = [await factories.actor(name, here) for name in ("gus", "amara")]
    opened = await asyncio.gather(*(curation.open_desk(by=by) for by in both))
    assert opened[0] == opened[1]
    assert await fetchval("select count(*) from curated_slates") == 1


async def test_a_curator_removed_while_editing_is_stopped_at_the_door(database):
    here = await slates.curating()
    await curation.open_desk(by=await factories.actor("gus", here))
    verbs = await edits(here)
    await execute("delete from memberships where consultation = $1 and role = 'curator'", here.id)
    assert await refusal_of(verbs["remove"](await factories.actor("gus", here))) is Denied


async def test_why_an_item_was_dropped_does_not_say_why_it_came_back(database):
    here = await slates.curating()
    gus = await factories.actor("gus", here)
    frozen, draft = await slates.reasoned(here)
    back, swapped = frozen.slate.stances[0], draft.stances[-1]
    assert draft.reasons[back].code is draft.reasons[swapped].code is ReasonCode.BALANCE
    await curation.add(
        proposal=await slates.proposal_of(back), stance=back, replaces=swapped, version=draft.version, by=gus
    )
    _, draft = await slates.stored(here)
    assert draft.reasons == {}
    for name in ("gus", "amara"):
        await curation.sign(version=draft.version, by=await factories.actor(name, here))
    _, after = await slates.stored(here)
    assert after.report["difference"]["added"] == after.report["difference"]["dropped"] == []


async def test_moves_need_a_reason_only_where_the_round_asks_for_it(database):
    here = await slates.curating()
    gus = await factories.actor("gus", here)
    await curation.open_desk(by=gus)
    frozen, draft = await slates.stored(here)
    last = draft.stances[-1]
    for _ in range(2):
        _, draft = await slates.stored(here)
        await curation.move(
            proposal=await slates.proposal_of(last), stance=last, up=True, version=draft.version, by=gus
        )
    _, draft = await slates.stored(here)
    item = next(one for one in gus.rounds if one.number == 2)
    assert curation.problems_of(frozen, draft, item) == ()
    await execute(
        "update rounds set settings = settings || '{\"moves_need_reasons\": true}' where consultation = $1", here.id
    )
    item = next(one for one in (await factories.actor("gus", here)).rounds if one.number == 2)
    assert len(curation.problems_of(frozen, draft, item)) == 1


async def test_an_empty_slate_can_be_looked_at_and_not_signed(database):
    here = await slates.curating()
    gus = await factories.actor("gus", here)
    await curation.open_desk(by=gus)
    frozen, draft = await slates.stored(here)
    for stance in draft.stances:
        _, draft = await slates.stored(here)
        await curation.remove(proposal=await slates.proposal_of(stance), stance=stance, version=draft.version, by=gus)
    _, draft = await slates.stored(here)
    assert draft.stances == ()
    found = await reading.review(frozen, draft.stances)
    assert found.measured.after.n_items == 0
    assert found.spoken_after.nobody == pytest.approx(1.0)
    with pytest.raises(Invalid, match="empty"):
        await curation.sign(version=draft.version, by=gus)


async def test_a_statement_nobody_could_vote_on_is_flagged_as_unmeasured(database):
    here = await slates.curating()
    gus = await factories.actor("gus", here)
    await curation.open_desk(by=gus)
    new = await fetchval(
        """
        insert into proposals (consultation, number, statement, status, submitted_on, is_starter)
        values ($1, 900, 'Nobody has voted on this.', 'accepted', current_date, true) returning id
        """,
        here.id,
    )
    stance = Stance(new, Choice.AGREE)
    frozen, draft = await slates.stored(here)
    await curation.add(proposal=await slates.proposal_of(stance), stance=stance, version=draft.version, by=gus)
    _, draft = await slates.stored(here)
    found = await reading.review(frozen, draft.stances)
    assert found.measured.unmeasured == (stance,)


async def test_observed_holdings_are_those_of_the_votes_cast(database):
    here = await slates.curating()
    await curation.open_desk(by=await factories.actor("gus", here))
    frozen, _ = await slates.stored(here)
    cast = reading.votes_as_cast(frozen.holdings)
    rows = await fetch("select participant, proposal, choice from votes where consultation = $1", here.id)
    expected = {
        (row["participant"], Stance(row["proposal"], Choice(row["choice"]))) for row in rows if row["choice"] != "pass"
    }
    ids = set(frozen.holdings.statement_ids.tolist())
    people = set(frozen.holdings.participant_ids.tolist())
    held = {
        (int(person), stance)
        for column, stance in enumerate(cast.stances)
        for person in frozen.holdings.participant_ids[cast.held(0)[:, column]]
    }
    assert held == {(p, s) for p, s in expected if s.statement_id in ids and p in people}


async def test_a_constituency_of_one_never_has_a_figure(database):
    here = await slates.curating(joining=("chidi",))
    await execute("update participants set constituency = 'farmers' where id = (select min(id) from participants)")
    _, after = await slates.published(here)
    assert "farmers" not in str(after.report["divergence"])


@pytest.mark.parametrize("name", ["amara", "gus", "ben", "fatima", "eve", None])
async def test_only_participants_answer_in_a_respond_round(database, name):
    here = await slates.curating(joining=("chidi",))
    _, draft = await slates.published(here)
    await factories.move_to(here, 3)
    proposal = await slates.proposal_of(draft.stances[0])
    by = await factories.actor(name, here)
    for call in (
        responses.answer_item(proposal=proposal, choice=Choice.AGREE, by=by),
        responses.answer_overall(represents="yes", can_live_with="yes", by=by),
    ):
        assert await refusal_of(call) in {Denied, NotSignedIn}


async def test_everybody_asked_and_answering_makes_the_certificate_audited(database):
    from app.analysis.responses_result import count

    here = await slates.curating()
    _, draft = await slates.published(here)
    await factories.move_to(here, 3)
    by = await factories.actor("gus", here)
    before = (await count(by, draft, by.rounds[2])).certificate
    assert before.everybody_asked and before.status == "unclear"
    await slates.everybody_takes_its_side(here, draft)
    after = (await count(by, draft, by.rounds[2])).certificate
    assert after.n_answered == after.n_asked
    assert after.alpha_lower == pytest.approx(after.alpha_upper)
    assert after.status in {"holds", "fails"}
