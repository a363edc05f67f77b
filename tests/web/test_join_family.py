"""Duplicates as families: joined by a moderator, counted as independent origins, never erased, undone at any time."""

from __future__ import annotations

import pytest

from app.actions import families, moderation, news
from app.analysis.families import family_of
from app.analysis.landscape import STATEMENTS
from app.database import execute, fetch, fetchval
from app.refusals import Conflict, Invalid, NotFound
from app.tables.audit import AuditEvent
from app.tables.outbox import Message
from app.tables.proposals import Proposal
from deliberation.disclosure import Attribution
from deliberation.texts import vector
from tests import factories
from tests.cast import signed_in

FIRST = "Every village should have a well within walking distance."
SECOND = "Every village should have a well within a walking distance."
THIRD = "Every village should have one well within walking distance."


async def fresh(proposal: Proposal) -> Proposal:
    found = await Proposal.objects().where(Proposal.id == proposal.id).first()
    assert found is not None
    return found


async def three(*, attribution: Attribution = Attribution.OPEN, organisations: tuple[str, str, str] = ("", "", "")):
    """Three people have proposed nearly the same; the third statement still waits."""
    here = await factories.make_consultation(attribution=attribution)
    people = [
        await factories.join(name, here, organisation=body)
        for name, body in zip(("chidi", "dana", "eve"), organisations, strict=True)
    ]
    first = await factories.propose(people[0], FIRST)
    second = await factories.propose(people[1], SECOND)
    third = await factories.propose(people[2], THIRD, accepted=False)
    return here, (first, second, third)


async def test_joined_statements_stay_and_one_stands_for_all(client):
    here, (first, second, third) = await three()
    ben = await signed_in(client, "ben")
    queue = (await ben.get("/en/c/water/moderate")).text
    assert "probably the same" in queue
    assert f'id="join-into-{third.number}"' in queue
    answer = await ben.post(f"/en/c/water/moderate/{third.number}/join", {"into": str(first.number), "_key": "j"})
    assert answer.status_code == 303
    await families.join(proposal=second, into=first, by=await factories.actor("ben", here))
    for one in (second, third):
        found = await fresh(one)
        assert (found.status, found.merged_into) == ("merged", first.id)
    assert [row["id"] for row in await fetch(STATEMENTS, here.id)] == [first.id]
    page = (await client.get(f"/en/c/water/statements/{first.number}", headers={"cookie": ""})).text
    assert "3 people or organisations independently proposed this." in page
    assert SECOND in page
    assert THIRD in page
    original = (await client.get(f"/en/c/water/statements/{second.number}", headers={"cookie": ""})).text
    assert SECOND in original
    assert "a moderator found that both say the same" in original
    lineage = (await client.get(f"/en/c/water/statements/{second.number}/lineage", headers={"cookie": ""})).text
    assert f"It says the same as statement {first.number}, which stands for both" in lineage
    assert "with the consent of both authors" not in lineage


@pytest.mark.parametrize(
    ("organisations", "n"),
    [
        (("", "", ""), 3),
        (("Wells", "Wells", ""), 2),
        (("Wells", "Wells", "Wells"), 1),
        (("Wells", "Taps", "Wells"), 2),
    ],
)
async def test_people_of_one_organisation_are_one_origin(database, organisations, n):
    here, (first, second, third) = await three(organisations=organisations)
    ben = await factories.actor("ben", here)
    for one in (second, third):
        await families.join(proposal=one, into=first, by=ben)
    found = await family_of(ben, first.id)
    assert found is not None
    assert found.n_independent.value == n


async def test_the_same_person_twice_is_one_origin(database):
    here = await factories.make_consultation(attribution=Attribution.OPEN)
    chidi = await factories.join("chidi", here)
    first, second = await factories.propose(chidi, FIRST), await factories.propose(chidi, SECOND)
    ben = await factories.actor("ben", here)
    await families.join(proposal=second, into=first, by=ben)
    found = await family_of(ben, first.id)
    assert found is not None
    assert found.n_independent.value == 1


async def test_under_the_chatham_house_rule_two_origins_are_not_told_from_one(client):
    here, (first, second, third) = await three(attribution=Attribution.CHATHAM_HOUSE)
    ben = await factories.actor("ben", here)
    await families.join(proposal=second, into=first, by=ben)
    path = f"/en/c/water/statements/{first.number}"
    page = (await client.get(path, headers={"cookie": ""})).text
    assert "By how many independently is not told among so few." in page
    assert "independently proposed this" not in page
    await families.join(proposal=third, into=first, by=ben)
    page = (await client.get(path, headers={"cookie": ""})).text
    assert "3 people or organisations independently proposed this." in page


async def test_voters_are_asked_and_authors_are_told_as_after_a_merge(client):
    here, (first, second, _) = await three()
    gus = await factories.join("hana", here)
    await factories.vote(gus, second, "agree")
    ben = await factories.actor("ben", here)
    await families.join(proposal=second, into=first, by=ben)
    assert await news.ask_voters(consultation_id=here.id) == 1
    await news.tell(consultation_id=here.id)
    told = await Message.objects().where(Message.kind == "proposal_news").first()
    assert told.to == "dana@example.org"
    assert f"It says the same as statement {first.number}" in told.text
    hana = await signed_in(client, "hana")
    assert FIRST in (await hana.get("/en/c/water/me/carry")).text
    assert await fetchval("select count(*) from votes where proposal = $1", second.id) == 1


async def test_a_moderator_undoes_it_and_the_statement_is_as_it_was(client):
    here, (first, second, third) = await three()
    hana = await factories.join("hana", here)
    await factories.vote(hana, second, "agree")
    actor = await factories.actor("ben", here)
    for one in (second, third):
        await families.join(proposal=one, into=first, by=actor)
    ben = await signed_in(client, "ben")
    assert "Take it out again" in (await ben.get(f"/en/c/water/statements/{second.number}")).text
    for one, before in ((second, "accepted"), (third, "waiting")):
        path = f"/en/c/water/moderate/{one.number}/separate"
        assert (await ben.post(path, {"_key": f"s{one.number}"})).status_code == 303
        found = await fresh(one)
        assert (found.status, found.merged_into) == (before, None)
        assert (await ben.post(path, {"_key": f"t{one.number}"})).status_code == 409
    assert await family_of(actor, first.id) is None
    assert THIRD in (await ben.get("/en/c/water/moderate")).text
    assert await fetchval("select count(*) from votes where proposal = $1", second.id) == 1
    lineage = (await client.get(f"/en/c/water/statements/{second.number}/lineage", headers={"cookie": ""})).text
    assert f"it does not say the same as statement {first.number}" in lineage
    # The moderator may change their mind once more.
    await families.join(proposal=await fresh(second), into=first, by=actor)
    assert (await fresh(second)).status == "merged"
    rows = (
        await AuditEvent.select(AuditEvent.action).where(AuditEvent.chain == str(here.id)).order_by(AuditEvent.sequence)
    )
    assert [row["action"] for row in rows if row["action"].startswith("families.")] == [
        "families.join",
        "families.join",
        "families.separate",
        "families.separate",
        "families.join",
    ]


async def test_its_author_takes_it_out_and_then_only_consent_brings_it_back(client):
    here, (first, second, _) = await three()
    ben = await factories.actor("ben", here)
    await families.join(proposal=second, into=first, by=ben)
    dana = await signed_in(client, "dana")
    assert "It is not the same: take it out" in (await dana.get(f"/en/c/water/statements/{second.number}")).text
    answer = await dana.post(f"/en/c/water/statements/{second.number}/separate", {"_key": "l"})
    assert answer.status_code == 303
    assert (await fresh(second)).status == "accepted"
    browser = await signed_in(client, "ben")
    refused = await browser.post(f"/en/c/water/moderate/{second.number}/join", {"into": str(first.number)})
    assert refused.status_code == 422
    with pytest.raises(Invalid, match="Its author has taken it out"):
        await families.join(proposal=await fresh(second), into=first, by=ben)
    request = await moderation.suggest_merge(proposal=await fresh(second), into=first, by=ben)
    for name in ("chidi", "dana"):
        await moderation.answer_merge(request=request, agrees=True, by=await factories.actor(name, here))
    assert (await fresh(second)).status == "merged"


async def test_only_the_author_and_moderators_take_it_out(client):
    here, (first, second, _) = await three()
    await families.join(proposal=second, into=first, by=await factories.actor("ben", here))
    chidi = await signed_in(client, "chidi")
    assert (await chidi.post(f"/en/c/water/statements/{second.number}/separate")).status_code == 404
    assert (await chidi.post(f"/en/c/water/moderate/{second.number}/separate")).status_code == 403
    with pytest.raises(NotFound):
        await families.separate(proposal=second, by=await factories.actor("chidi", here))
    assert (await fresh(second)).status == "merged"


async def test_statements_that_are_not_alike_are_not_joined(client):
    here, (first, _, _) = await three()
    other = await factories.propose(await factories.actor("dana", here), "Teach children how water stays clean.")
    ben = await signed_in(client, "ben")
    path = f"/en/c/water/moderate/{other.number}/join"
    refused = await ben.post(path, {"into": str(first.number)})
    assert refused.status_code == 422
    assert (await ben.post(path, {"into": "999"})).status_code == 422
    assert (await ben.post(path, {"into": str(other.number)})).status_code == 422
    assert (await fresh(other)).status == "accepted"


async def test_the_reason_why_two_are_not_joined_stands_at_the_card(client):
    here, (first, _, third) = await three()
    other = "Teach children."
    change = "update proposals set statement = $2, vector = $3 where id = $1"
    await execute(change, first.id, other, vector(other).to_bytes())
    ben = await signed_in(client, "ben")
    page = await ben.post(f"/en/c/water/moderate/{third.number}/join", {"into": str(first.number)})
    assert page.status_code == 422
    assert "These two do not say nearly the same." in page.text
    waiting = await factories.propose(await factories.actor("dana", here), FIRST, accepted=False)
    page = await ben.post(f"/en/c/water/moderate/{third.number}/join", {"into": str(waiting.number)})
    assert "only with one that is open for votes" in page.text


async def test_a_family_that_is_joined_with_another_counts_with_it(database):
    here, (first, second, third) = await three()
    ben = await factories.actor("ben", here)
    await families.join(proposal=third, into=second, by=ben)
    await families.join(proposal=await fresh(second), into=first, by=ben)
    found = await family_of(ben, first.id)
    assert found is not None
    assert found.n_independent.value == 3
    with pytest.raises(Invalid):
        await families.join(proposal=first, into=second, by=ben)


async def test_a_statement_that_was_withdrawn_meanwhile_is_not_joined(database):
    from app.actions import proposals

    here, (first, second, _) = await three()
    await proposals.withdraw(proposal=second, by=await factories.actor("dana", here))
    with pytest.raises(Conflict):
        await families.join(proposal=second, into=first, by=await factories.actor("ben", here))
