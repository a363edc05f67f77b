"""Each template from its creation to its end, through the pages and actions of its people; only the clock is moved."""

from __future__ import annotations

from typing import Any

import pytest

from app.access import proposal_for
from app.actions import coalitions, curation, curators, moderation, proposals, responses, summaries, votes
from app.analysis import curation as reading
from app.analysis.responses import asked_about
from app.database import execute, fetch, fetchrow, fetchval
from app.jobs.analyse import freeze
from app.tables.coalitions import Coalition
from app.tables.consultations import Consultation
from deliberation.phases import TEMPLATES, Phase
from deliberation.votes import Choice
from tests import factories, rooms
from tests.cast import signed_in
from tests.web.test_convene import FORM
from tests.web.test_designer import pressed, typed_in

SLUG = "water-for-the-valley"
PEOPLE = tuple(f"person{n}" for n in range(1, 16))
KINDS = ("ngos", "women", "business")
STARTERS = ("Water is a right, not a good.", "Whoever uses water should pay for it.")
WRITTEN = ("Villages should own their wells.", "Each well needs a mechanic nearby.", "Test water every month.")
SPOKEN = ("Children should learn how water stays clean.", "Old pumps come before new ones.")


async def convened(client: Any, template: str) -> Consultation:
    """Amara fills in the template, appoints a moderator and, but for one meeting, a curator, and launches it."""
    amara = await signed_in(client, "amara")
    typed = typed_in(await pressed(amara, "template", FORM | {"template": template}))
    assert (await amara.post("/en/convene/new", typed | {"do": "save"})).status_code == 303
    home = f"/en/c/{SLUG}/convene"
    appointed = {"ben": "moderator"} | ({} if template == "one_meeting" else {"gus": "curator"})
    for name, role in appointed.items():
        answer = await amara.post(f"{home}/people", {"email": f"{name}@example.org", "role": role})
        assert answer.status_code == 303
    for statement in STARTERS:
        answer = await amara.post(f"{home}/starters", {"statement": statement, "language": "en"})
        assert answer.status_code == 303
    assert (await amara.post(f"{home}/launch")).status_code == 303
    await execute("update rounds set opens_at = least(opens_at, clock_timestamp()) where number = 1")
    found = await Consultation.objects().where(Consultation.slug == SLUG).first()
    assert found is not None
    return found


async def close_and_open_next(here: Consultation, number: int) -> None:
    """The clock: this round is over now, and the next one, if there is one, opens in the same moment."""
    await execute(
        """
        with moment as (select clock_timestamp() as t)
        update rounds set closes_at = case when number = $2 then t else t + interval '1 hour' end,
                          opens_at = case when number = $2 then opens_at else t end
        from moment where consultation = $1 and number in ($2, $2 + 1)
        """,
        here.id,
        number,
    )
    row = await fetchrow("select id, phase from rounds where consultation = $1 and number = $2", here.id, number)
    assert row is not None
    if row["phase"] == Phase.PROPOSE:
        await freeze(round_id=str(row["id"]))
        assert await fetchval("select 1 from analyses where round = $1 and evidence = 'full'", row["id"])


async def propose(here: Consultation) -> None:
    ben = await factories.actor("ben", here)
    for place, name in enumerate(PEOPLE):
        await factories.join(name, here, constituency=KINDS[place % 3])
    for name, statement in zip(PEOPLE, WRITTEN, strict=False):
        made = await proposals.submit(statement=statement, language="en", by=await factories.actor(name, here))
        await moderation.accept(proposal=made, by=ben)
    for statement in SPOKEN:
        await proposals.note_point(statement=statement, question=1, language="en", by=ben)
    numbers = [row["number"] for row in await fetch("select number from proposals order by number")]
    assert len(numbers) == 7
    for place, name in enumerate(PEOPLE):
        by = await factories.actor(name, here)
        for number in numbers:
            proposal = await proposal_for(by, number)
            if by.participant is not None and proposal.author != by.participant.id:
                choice = Choice.AGREE if (place * number) % 5 else Choice.DISAGREE
                await votes.cast(proposal=proposal, choice=choice, by=by)


async def curate(here: Consultation) -> None:
    """The convenor works at the desk; the second signature is the curator's, or that of a participant drawn by lot."""
    amara = await factories.actor("amara", here)
    await curators.declare(interests={}, by=amara)
    draft = await curation.open_desk(by=amara)
    assert draft is not None
    if amara.round is not None and amara.round.criteria:
        await curators.close_scoring(by=amara)
    assert not await curation.sign(version=draft.version, by=amara), "one signature publishes nothing"
    signed = await reading.draft(draft.id)
    drawn = await reading.drawn_by_lot(amara, signed)
    if drawn is None:
        gus = await factories.actor("gus", here)
        await curators.declare(interests={}, by=gus)
        assert await curation.sign(version=draft.version, by=gus)
    else:
        names = {(await factories.person(name)).id: name for name in PEOPLE}
        assert await curation.sign(version=draft.version, by=await factories.actor(names[drawn], here))


async def respond(here: Consultation) -> None:
    for name in PEOPLE:
        by = await factories.actor(name, here)
        for item in await asked_about(by):
            await responses.answer_item(proposal=await proposal_for(by, item.number), choice=Choice.AGREE, by=by)
        await responses.answer_overall(represents="yes", can_live_with="yes", sentence="", by=by)
    assert await fetchval("select count(*) from responses") == len(PEOPLE)


async def commit(here: Consultation) -> None:
    number = await fetchval("select p.number from slate_items i join proposals p on p.id = i.proposal limit 1")
    amara = await factories.actor("amara", here)
    people = [await factories.actor(name, here) for name in PEOPLE[:3]]
    for by in people:
        await coalitions.offer(proposal=await proposal_for(by, number), brings="A day a week.", by=by)
    offers = [row["id"] for row in await fetch("select id from work_offers order by id")]
    proposal = await proposal_for(amara, number)
    made = await coalitions.draft(
        proposal=proposal, title="Wells first", purpose="Keep ten wells alive.", offers=offers, n_needed=2, by=amara
    )
    await coalitions.invite(coalition=made, by=amara)
    for by in people[:2]:
        found = await Coalition.objects().where(Coalition.id == made.id).first()
        assert found is not None
        await coalitions.answer(coalition=found, accepts=True, by=by)
    assert await fetchval("select status from coalitions") == "formed"


async def summarise(here: Consultation) -> None:
    """Shown to everybody, then signed by the convenor and a second person: the consultation is published."""
    await rooms.shown(here)
    amara = await factories.actor("amara", here)
    draft = await summaries.draft_of(amara)
    assert draft is not None
    await summaries.sign(version=draft.version, by=amara)
    drawn, second = await summaries.drawn(amara, draft.number), "gus"
    for name in PEOPLE if drawn is not None else ():
        by = await factories.actor(name, here)
        second = name if by.participant is not None and by.participant.id == drawn else second
    await summaries.sign(version=draft.version, by=await factories.actor(second, here))


WALKS = {Phase.PROPOSE: propose, Phase.CURATE: curate, Phase.RESPOND: respond, Phase.COMMIT: commit}


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.slow
async def test_a_template_runs_from_its_creation_to_its_end(client: Any, template: str) -> None:
    here = await convened(client, template)
    for number, phase in enumerate(TEMPLATES[template], 1):
        assert (await factories.actor(None, here)).state == f"{phase}:open"
        await WALKS[phase](here)
        await close_and_open_next(here, number)
    assert (await factories.actor(None, here)).state == f"{TEMPLATES[template][-1]}:closed"
    await summarise(here)
    assert (await factories.actor(None, here)).state == "published"
    page = (await client.get(f"/en/c/{SLUG}/summary")).text
    assert SPOKEN[0] in page or WRITTEN[0] in page or STARTERS[0] in page
    events = [row["action"] for row in await fetch("select action from audit_events where chain = $1", str(here.id))]
    assert events.count("consultations.launch") == 1
    assert ("curation.sign" in events) == (Phase.CURATE in TEMPLATES[template])
    assert events.count("summaries.sign") == 2
