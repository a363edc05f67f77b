"""/c/{slug}/desk/declaration: interests before the desk opens, recusal that holds, and what is told of it."""

from __future__ import annotations

import pytest

from app.actions import curation, curators, proposals
from app.analysis import scoring
from app.analysis.scoring import Conflict
from app.database import execute, fetch, fetchval
from app.refusals import Denied
from deliberation.disclosure import Attribution
from deliberation.holdings import Stance
from tests import factories, slates
from tests.cast import signed_in

DESK = "/en/c/water/desk"
DECLARE = f"{DESK}/declaration"


async def recuse(here, name, *statements, kind="recused", ground="funding"):
    interests = {one: Conflict(kind, ground) for one in statements}
    await curators.declare(interests=interests, by=await factories.actor(name, here))


async def opened(here, name="gus"):
    await curation.open_desk(by=await factories.actor(name, here))
    return await slates.stored(here)


async def edit(here, name, verb, stance, **more):
    _, draft = await slates.stored(here)
    await getattr(curation, verb)(
        proposal=await slates.proposal_of(stance),
        stance=stance,
        version=draft.version,
        by=await factories.actor(name, here),
        **more,
    )


async def with_hana(here):
    await curators.appoint(email="hana@example.org", numbers=[], by=await factories.actor("amara", here))
    await recuse(here, "hana")


async def test_the_desk_opens_with_the_declaration(client):
    here = await slates.curating(declaring=())
    gus = await signed_in(client, "gus")
    assert (await gus.get(DESK)).headers["location"] == DECLARE
    with pytest.raises(Denied, match="declare your interests first"):
        await curation.open_desk(by=await factories.actor("gus", here))
    assert (await gus.post(DECLARE, {})).status_code == 303
    assert (await gus.get(DESK)).status_code == 200
    assert (await (await signed_in(client, "amara")).get(DESK)).headers["location"] == DECLARE


async def test_an_interest_is_chosen_beside_each_candidate_or_by_number(client):
    here = await slates.curating(declaring=())
    gus = await signed_in(client, "gus")
    numbers = slates.numbers(slates.section((await gus.get(DECLARE)).text, "h-items"))
    other = await fetchval(
        "select number from proposals where consultation = $1 and status = 'accepted' and not number = any($2::int[])",
        here.id,
        numbers,
    )
    sent = {
        "interests": [f"{numbers[0]}:recused:funding", f"{numbers[1]}:declared:public_stance", ""],
        "other_number": str(other),
        "other_interest": "recused:close_tie",
    }
    assert (await gus.post(DECLARE, sent)).status_code == 303
    rows = await fetch(
        "select p.number, c.kind, c.ground from curator_conflicts c join proposals p on p.id = c.proposal order by 2, 3"
    )
    assert [tuple(row) for row in rows] == [
        (numbers[1], "declared", "public_stance"),
        (other, "recused", "close_tie"),
        (numbers[0], "recused", "funding"),
    ]
    page = (await gus.get(DECLARE)).text
    assert slates.section(page, "h-items").count("You are recused") == 2


async def test_what_is_no_interest_is_refused_with_what_was_chosen_kept(client):
    here = await slates.curating(declaring=())
    gus = await signed_in(client, "gus")
    number = slates.numbers(slates.section((await gus.get(DECLARE)).text, "h-items"))[0]
    for sent in (
        {"interests": [f"{number}:recused:envy"]},
        {"interests": [f"{number}:recused:funding", "x:recused:funding"]},
        {"other_number": "99999", "other_interest": "recused:funding"},
        {"other_number": str(number)},
    ):
        answer = await gus.post(DECLARE, sent)
        assert answer.status_code == 422, sent
    kept = (await gus.post(DECLARE, {"interests": [f"{number}:recused:funding"], "other_number": "9" * 9})).text
    assert f'value="{number}:recused:funding" selected' in kept
    assert await fetchval("select count(*) from curator_declarations where round is not null") == 0
    assert here is not None


async def test_own_proposals_and_those_of_the_own_organisation_are_listed_to_the_person_alone(client):
    here = await slates.curating(declaring=())
    await factories.move_to(here, 1)
    hana = await factories.join("hana", here, organisation="Wells Union")
    own = await factories.propose(hana, "Pay those who keep the wells.")
    chidi = await factories.join("chidi", here, organisation="Wells Union")
    colleagues = await factories.propose(chidi, "Teach pump repair in every school.")
    sponsored = await factories.propose(chidi, "Test the water of every well each year.")
    await proposals.cosponsor(proposal=sponsored, by=chidi)
    await curators.appoint(email="hana@example.org", numbers=[2], by=await factories.actor("amara", here))
    await factories.move_to(here, 2)
    page = (await (await signed_in(client, "hana")).get(DECLARE)).text
    listed = slates.numbers(slates.section(page, "h-items"))
    assert own.number in listed and sponsored.number in listed and colleagues.number not in listed
    assert page.count("Your own proposal: you are recused") == 1
    assert f'value="{sponsored.number}:recused:own" selected' in page
    amaras = slates.numbers(slates.section((await (await signed_in(client, "amara")).get(DECLARE)).text, "h-items"))
    assert own.number not in amaras
    await curators.declare(interests={own.id: Conflict("declared", "other")}, by=await factories.actor("hana", here))
    mine = await scoring.mine_of(await factories.actor("hana", here))
    assert mine.conflicts == {own.id: Conflict("recused", "own")}


async def test_rows_and_audit_events_do_not_tell_whose_interest_it_is(client):
    here = await slates.curating(declaring=())
    frozen = await stored_frozen(here)
    await recuse(here, "gus", frozen.stances[0].statement_id)
    account = await fetchval("select id from accounts where email = 'gus@example.org'")
    code = await fetchval("select curator from curator_conflicts")
    assert str(account) not in code and len(code) == 64
    payload = await fetchval("select payload from audit_events where action = 'curators.declare'")
    assert "1" in payload and "proposal" not in payload and str(frozen.stances[0].statement_id) not in payload


async def stored_frozen(here):
    from app.analysis import curation as reading

    return await reading.frozen_of(await reading.analysis_for(await factories.actor("gus", here)))


@pytest.mark.parametrize("verb", ["remove", "move", "give_reason"])
async def test_who_is_recused_decides_nothing_about_the_item(client, verb):
    here = await slates.curating()
    _, draft = await opened(here)
    stance = draft.stances[0]
    await recuse(here, "gus", stance.statement_id)
    more = {"give_reason": {"reason_code": "legal", "sentence": "So."}}.get(verb, {})
    with pytest.raises(Denied, match="You are recused from statement"):
        await edit(here, "gus", verb, stance, **more)
    await edit(here, "amara", verb, stance, **more)


async def test_nor_swaps_it_nor_takes_back_a_step_about_it(client):
    here = await slates.curating()
    frozen, draft = await opened(here)
    stance, other = draft.stances[0], await slates.left_out(frozen, draft)
    await recuse(here, "gus", stance.statement_id)
    with pytest.raises(Denied, match="You are recused"):
        await edit(here, "gus", "add", other, replaces=stance)
    await edit(here, "amara", "remove", stance)
    _, draft = await slates.stored(here)
    with pytest.raises(Denied, match="You are recused"):
        await curation.undo(version=draft.version, by=await factories.actor("gus", here))
    page = (await (await signed_in(client, "gus")).get(DESK)).text
    assert "You are recused" in slates.section(page, "h-before")


async def test_a_declared_interest_is_shown_and_stops_nobody(client):
    here = await slates.curating()
    _, draft = await opened(here)
    stance = draft.stances[0]
    await recuse(here, "gus", stance.statement_id, kind="declared", ground="public_stance")
    await edit(here, "gus", "remove", stance)
    page = (await (await signed_in(client, "amara")).get(DESK)).text
    assert "1 declares an interest" in slates.section(page, "h-before")


async def test_a_recusal_stands_and_is_not_exchanged_for_a_say(client):
    here = await slates.curating()
    _, draft = await opened(here)
    stance = draft.stances[0]
    await recuse(here, "gus", stance.statement_id)
    await recuse(here, "gus", stance.statement_id, kind="declared")
    await recuse(here, "gus")
    with pytest.raises(Denied, match="You are recused"):
        await edit(here, "gus", "remove", stance)


async def test_where_most_are_recused_the_rest_decides(client):
    here = await slates.curating()
    await with_hana(here)
    _, draft = await opened(here)
    stance = draft.stances[0]
    for name in ("gus", "hana"):
        await recuse(here, name, stance.statement_id)
    page = (await (await signed_in(client, "amara")).get(DESK)).text
    assert "2 curators are recused" in page and "The rest decides." in page
    await edit(here, "amara", "remove", stance)
    _, draft = await slates.stored(here)
    assert stance not in draft.stances


async def test_where_all_are_recused_the_participants_slate_decides_and_it_is_stated(client):
    here = await slates.curating()
    frozen, draft = await opened(here)
    dropped, added = frozen.slate.stances[0], await slates.left_out(frozen, draft)
    place = draft.stances.index(dropped)
    await edit(here, "gus", "add", added, replaces=dropped)
    for name in ("gus", "amara"):
        await recuse(here, name, dropped.statement_id, added.statement_id)
    _, after = await slates.stored(here)
    assert after.stances == frozen.stances
    assert after.stances.index(dropped) == place
    assert after.version == draft.version + 2
    for path in (DESK, "/en/c/water/curators"):
        page = (await (await signed_in(client, "amara")).get(path)).text
        assert "All curators are recused:" in page, path
    with pytest.raises(Denied, match="You are recused"):
        await edit(here, "amara", "remove", dropped)


async def test_when_the_last_who_could_decide_is_removed_the_participants_slate_decides(client):
    here = await slates.curating()
    frozen, draft = await opened(here)
    dropped = frozen.slate.stances[0]
    await recuse(here, "amara", dropped.statement_id)
    await edit(here, "gus", "remove", dropped)
    await curators.remove(email="gus@example.org", by=await factories.actor("amara", here))
    _, after = await slates.stored(here)
    assert after.stances == draft.stances


@pytest.mark.parametrize("n_curators, is_told", [(2, False), (3, True)])
async def test_in_public_grounds_are_counted_and_where_is_told_among_three(client, n_curators, is_told):
    here = await slates.curating(attribution=Attribution.CHATHAM_HOUSE)
    if n_curators == 3:
        await with_hana(here)
    _, draft = await opened(here)
    await recuse(here, "gus", draft.stances[0].statement_id)
    number = (await slates.proposal_of(draft.stances[0])).number
    page = (await client.get("/en/c/water/curators")).text
    interests = slates.section(page, "h-interests")
    assert "It could bring money or work" in interests
    assert (number in slates.numbers(interests)) == is_told
    assert ("fewer than three people curate" in interests) != is_told


async def test_interests_in_what_is_withdrawn_are_not_listed_in_public(client):
    here = await slates.curating()
    await with_hana(here)
    _, draft = await opened(here)
    gone = draft.stances[0]
    await recuse(here, "gus", gone.statement_id)
    await execute("update proposals set status = 'withdrawn' where id = $1", gone.statement_id)
    page = (await client.get("/en/c/water/curators")).text
    assert slates.numbers(page) == []
    assert isinstance(gone, Stance)


async def test_nobody_else_declares(client):
    here = await slates.curating(joining=("chidi",))
    for name in ("ben", "fatima", "chidi", "eve"):
        answer = await (await signed_in(client, name)).post(DECLARE, {})
        assert answer.status_code == 403, name
    await slates.end_round(here, 2)
    assert (await (await signed_in(client, "gus")).post(DECLARE, {})).status_code == 410
