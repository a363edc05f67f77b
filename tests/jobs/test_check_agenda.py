"""The job `check_power` on the agenda: who is favoured at equal support, who waits, on whom the slate hangs."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from app.analysis.power_rows import stored_figures
from app.database import execute, executemany, fetch, fetchval, now
from app.jobs.check_power import check_power
from app.tables.alerts import Alert
from app.tables.commitments import Commitment
from deliberation.agenda import STEPS
from tests import crowd, factories, slates
from tests.cast import signed_in

HALVES = ("ngos", "women") * 30


@pytest.fixture
async def here(database):
    return await factories.make_consultation()


async def run(here) -> dict[tuple[str, str], Alert]:
    await check_power(consultation_id=str(here.id))
    found = await Alert.objects().where(Alert.consultation == here.id)
    return {(alert.kind, alert.subject): alert for alert in found}


async def agenda_of(here):
    return (await stored_figures(here.id))["agenda"]


async def written_by(here, constituency: str) -> list[int]:
    rows = await fetch(
        "select p.id from proposals p join participants q on q.id = p.author "
        "where p.consultation = $1 and q.constituency = $2 order by p.id",
        here.id,
        constituency,
    )
    return [row["id"] for row in rows]


async def show(people, proposals) -> None:
    await executemany(
        "insert into showings (id, participant, proposal, reason, propensity, is_set_aside) "
        "values (gen_random_uuid(), $1, $2, 'balance', '1', false)",
        [(person, proposal) for person in people for proposal in proposals],
    )


async def test_proposals_of_one_constituency_that_are_shown_far_more_often_are_flagged_for_both(here, client):
    made = await crowd.gather(here, constituencies=HALVES)
    women, ngos = await written_by(here, "women"), await written_by(here, "ngos")
    await show(made.participants[:40], [*women[:-3], *ngos[:3]])
    alerts = await run(here)
    favoured = alerts["favoured_at_equal_support", "constituency:women:shown"]
    assert favoured.level == "flag"
    assert json.loads(favoured.measure)["measure"] > 2
    assert ("passed_over_at_equal_support", "constituency:ngos:shown") in alerts
    rows = [row for row in (await agenda_of(here))["passages"] if row["step"] == "shown"]
    assert {(row["category"], row["n_asked"], row["n_passed"]) for row in rows} == {
        ("women", len(women), len(women) - 3),
        ("ngos", len(ngos), 3),
    }
    page = (await (await signed_in(client, "ben")).get("/en/c/water/power")).text
    assert "Who sets the agenda" in page
    assert "times (" in slates.section(page, "h-ag")
    assert "proposals pass more often than equally supported ones" in page


async def test_a_fair_crowd_raises_nothing_about_the_agenda(here):
    made = await crowd.gather(here, constituencies=HALVES)
    await show(made.participants[:40], [*await written_by(here, "women"), *await written_by(here, "ngos")])
    kinds = {kind for kind, _ in await run(here)}
    assert not kinds & {
        "favoured_at_equal_support",
        "passed_over_at_equal_support",
        "long_wait",
        "uneven_exposure",
        "one_way_amendments",
        "near_identical",
    }


async def test_a_constituency_whose_proposals_wait_three_times_as_long_is_flagged(here):
    await crowd.gather(here, constituencies=HALVES)
    await execute(
        "update proposals p set decided_at = p.waiting_since + make_interval(hours => 15 + p.number % 5) "
        "from participants q where q.id = p.author and q.constituency = 'women' and p.consultation = $1",
        here.id,
    )
    alerts = await run(here)
    assert json.loads(alerts["long_wait", "constituency:women"].measure)["measure"] == pytest.approx(17, abs=2)
    assert ("long_wait", "constituency:ngos") not in alerts


async def test_early_statements_shown_more_often_are_flagged_and_said(here, client):
    made = await crowd.gather(here, constituencies=HALVES)
    for place, proposal in enumerate(made.proposals):
        await show(made.participants[: 60 - place], [proposal])
    alerts = await run(here)
    assert json.loads(alerts["uneven_exposure", ""].measure)["measure"] < -0.2
    page = (await (await signed_in(client, "ben")).get("/en/c/water/power")).text
    assert "Early statements were shown more often than late ones." in page


async def test_amendments_that_one_side_alone_accepts_are_flagged(here):
    made = await crowd.gather(here, constituencies=HALVES)
    women, ngos = await written_by(here, "women"), await written_by(here, "ngos")
    people = {row["id"]: row["constituency"] for row in await fetch("select id, constituency from participants")}
    by = {code: next(one for one in made.participants if people[one] == code) for code in ("ngos", "women")}
    rows = [(women[place % len(women)], by["ngos"], "accepted" if place < 14 else "declined") for place in range(15)]
    rows += [(ngos[place % len(ngos)], by["women"], "accepted" if place < 2 else "declined") for place in range(15)]
    await executemany(
        "insert into amendments (id, proposal, participant, statement, status, created_at, settled_at) "
        "values (gen_random_uuid(), $1, $2, 'Other words.', $3, now(), now())",
        rows,
    )
    alerts = await run(here)
    assert {subject for kind, subject in alerts if kind == "one_way_amendments"} == {
        "constituency:ngos",
        "constituency:women",
    }
    assert (await agenda_of(here))["exchange"]["reciprocity"] == pytest.approx(4 / 16)


async def test_copies_of_one_ballot_are_noted_without_names(here):
    made = await crowd.gather(here, constituencies=("ngos",) * 150, n_proposals=150)
    await execute("update votes set choice = (array['agree', 'disagree', 'pass'])[1 + floor(3 * random())]")
    source, *copies = made.participants[3], *made.participants[9:21:3]
    await execute(
        "update votes v set choice = w.choice from votes w where w.participant = $1 and w.proposal = v.proposal "
        "and v.participant = any($2::bigint[])",
        source,
        copies,
    )
    alerts = await run(here)
    found = [alert for (kind, _), alert in alerts.items() if kind == "near_identical"]
    assert len(found) == 1
    parameters = json.loads(found[0].measure)["parameters"]
    assert parameters["n"] >= 3
    assert parameters["least_common"] >= 15


async def test_on_whom_the_slate_hangs_is_measured_once_for_each_analysis(database):
    here = await slates.curating()
    await slates.published(here)
    await check_power(consultation_id=str(here.id))
    first = await agenda_of(here)
    assert first["influence"]
    assert all(0 <= row["influence"] <= 1 and 0 <= row["chance"] <= 1 for row in first["influence"])
    assert set(first["steps"]) <= set(STEPS)
    assert {"participants_slate", "curated_slate"} <= set(first["steps"])
    await check_power(consultation_id=str(here.id))
    assert await agenda_of(here) == first


async def test_without_which_organisation_the_slate_changes_is_measured_and_nobody_is_named(client):
    here = await slates.curating()
    await slates.published(here)
    bodies = [uuid4() for _ in range(4)]
    await executemany(
        "insert into organisations (id, name, name_key, kind) values ($1, $2::text, lower($2::text), '')",
        [(body, f"Body {place}") for place, body in enumerate(bodies)],
    )
    people = await fetch("select id from participants where consultation = $1 order by id", here.id)
    await executemany(
        "update participants set organisation = $2 where id = $1",
        [(row["id"], bodies[place % 4]) for place, row in enumerate(people)],
    )
    await check_power(consultation_id=str(here.id))
    rows = (await agenda_of(here))["influence_of_organisations"]
    assert {row["category"] for row in rows} == {str(body) for body in bodies}
    page = (await (await signed_in(client, "ben")).get("/en/c/water/power")).text
    part = slates.section(page, "h-in")
    assert "One organisation" in part
    assert "Body" not in part


async def test_what_led_to_a_commitment_has_passed_the_last_step(database):
    here = await slates.curating()
    await slates.published(here)
    item = await fetchval("select proposal from slate_items where choice = 'agree' order by position limit 1")
    coalition = uuid4()
    await execute(
        "insert into coalitions (id, consultation, proposal, number, title, purpose, status, n_needed, created_at) "
        "values ($1, $2, $3, 1, 'Wells', '', 'formed', 3, now())",
        coalition,
        here.id,
        item,
    )
    await check_power(consultation_id=str(here.id))
    assert "committed" not in (await agenda_of(here))["steps"], "a coalition alone has committed to nothing"
    commitment = Commitment(coalition=coalition, number=1, title="Two wells", status="made", created_at=await now())
    await commitment.save()
    await check_power(consultation_id=str(here.id))
    assert "committed" in (await agenda_of(here))["steps"]


async def test_whose_proposals_curators_add_is_counted(client):
    here = await slates.curating()
    await slates.published(here)
    await check_power(consultation_id=str(here.id))
    additions = (await stored_figures(here.id))["additions"]
    added = await fetchval(
        "select count(*) from slate_items i join curated_slates c on c.id = i.slate where c.consultation = $1",
        here.id,
    )
    assert 0 < additions["n"] <= added
    page = (await (await signed_in(client, "ben")).get("/en/c/water/power")).text
    assert "to the participants" in slates.section(page, "h-ad")
    assert "Who waits for a moderator" in page
