"""GET and POST /c/{slug}/respond/rule: when a slate is adopted, set before anybody knows it."""

from __future__ import annotations

from app.actions import consultations
from app.actions.consultations import PlannedRound
from app.analysis.responses import rule_of
from app.database import fetchval
from deliberation.adoption import AdoptionRule
from deliberation.phases import Phase
from tests import factories
from tests.cast import signed_in

RULE = "/en/c/water/respond/rule"


async def test_the_convenor_sets_the_rule_and_reads_it_in_words(client):
    made = await factories.make_consultation(launched=False)
    amara = await signed_in(client, "amara")
    page = (await amara.get(RULE)).text
    assert "The slate is adopted if more than half of those who say yes or no can live with its reasons." in page
    sent = {"round": "3", "people": "67", "parts": "33", "quorum": "25"}
    assert (await amara.post(RULE, sent)).status_code == 303
    assert rule_of((await factories.actor("amara", made)).rounds[2]) == AdoptionRule(67, 33, 25)
    assert "at least 67% of those who say yes or no" in (await amara.get(RULE)).text
    places = await fetchval(
        "select settings ->> 'n_places' from rounds where consultation = $1 and number = 3", made.id
    )
    assert places == "8"


async def test_saving_the_rounds_keeps_the_rule(client):
    made = await factories.make_consultation(launched=False)
    amara = await signed_in(client, "amara")
    await amara.post(RULE, {"round": "3", "people": "67", "parts": "33", "quorum": "25"})
    by = await factories.actor("amara", made)
    planned = [
        PlannedRound(Phase(item.phase), item.opens_at, item.closes_at, was=item.number, n_places=6)
        for item in by.rounds
    ]
    await consultations.configure(rounds=planned, targets={}, by=by)
    after = (await factories.actor("amara", made)).rounds[2]
    assert (rule_of(after), after.n_places) == (AdoptionRule(67, 33, 25), 6)


async def test_odd_rules_are_refused_with_what_was_chosen_kept(client):
    await factories.make_consultation()
    amara = await signed_in(client, "amara")
    good = {"round": "3", "people": "67", "parts": "33", "quorum": "25"}
    for odd in ({"people": "40"}, {"people": "101"}, {"parts": "-1"}, {"quorum": "x"}):
        answer = await amara.post(RULE, good | odd)
        assert answer.status_code == 422, odd
    assert 'value="33" selected' in answer.text
    for number in ("1", "9"):
        assert (await amara.post(RULE, good | {"round": number})).status_code == 404


async def test_once_curators_are_at_work_the_rule_stands(client):
    made = await factories.make_consultation()
    await factories.move_to(made, 2)
    amara = await signed_in(client, "amara")
    assert "The adoption rule can be set only before the curate round opens" in (await amara.get(RULE)).text
    sent = {"round": "3", "people": "90", "parts": "0", "quorum": "0"}
    assert (await amara.post(RULE, sent)).status_code == 409


async def test_without_a_respond_round_there_is_no_rule(client):
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    assert "There is no respond round" in (await (await signed_in(client, "amara")).get(RULE)).text


async def test_only_convenors_set_it(client):
    await factories.make_consultation()
    for name in ("ben", "gus", "fatima", "eve"):
        assert (await (await signed_in(client, name)).get(RULE)).status_code == 403, name
