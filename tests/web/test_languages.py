"""The page on languages: agreement by the words that were read, through the gate; a wide gap becomes an alert."""

from __future__ import annotations

from app import access
from app.actions import alerts, translations
from app.actions.translations import Written
from app.database import execute, executemany, fetchval, now
from app.tables.alerts import Alert
from app.tables.moderation import Clarification
from deliberation.disclosure import Attribution
from tests import factories
from tests.cast import signed_in

WELLS = "Build wells with the villages that use them."
PUITS = "Construire les puits avec les villages."


async def a_room(attribution: Attribution):
    """Twenty read English and eighteen of them agree; twenty read French and five of them do."""
    here = await factories.make_consultation(attribution=attribution)
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    proposal = await factories.propose(chidi, WELLS)
    await translations.save(texts=[Written(proposal, PUITS, 0)], language="fr", by=dana)
    number = await fetchval("select id from translations")
    await translations.approve(chosen=[(number, 1)], by=await factories.actor("ben", here))
    people = [access.new_participant_id() for _ in range(40)]
    moment = await now()
    await executemany(
        "insert into participants (id, consultation, constituency, language, joined_on) "
        "values ($1, $2, 'ngos', $3, current_date)",
        [(one, here.id, "en" if place < 20 else "fr") for place, one in enumerate(people)],
    )
    await executemany(
        "insert into votes (id, consultation, participant, proposal, choice, language, translation, cast_at) "
        "values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7)",
        [
            (
                here.id,
                one,
                proposal.id,
                "agree" if place < 18 or 20 <= place < 25 else "disagree",
                "en" if place < 20 else "fr",
                0 if place < 20 else number,
                moment,
            )
            for place, one in enumerate(people)
        ],
    )
    await alerts.check(by=await access.system_actor(here.id))
    return here, proposal


async def test_moderators_read_agreement_by_the_language_that_was_read(client, database):
    await a_room(Attribution.OPEN)
    page = (await (await signed_in(client, "ben")).get("/en/c/water/languages")).text
    assert 'English (as written)</th><td class="r">90%</td>' in page
    assert 'French</th><td class="r">25%</td>' in page
    assert "/en/c/water/languages" in (await (await signed_in(client, "amara")).get("/en/c/water/participation")).text
    assert (await (await signed_in(client, "chidi")).get("/en/c/water/languages")).status_code == 403


async def test_a_wide_gap_is_an_alert_without_a_figure_of_anybody(client, database):
    _, proposal = await a_room(Attribution.CHATHAM_HOUSE)
    alert = await Alert.objects().where(Alert.kind == "uneven_translation").first()
    assert alert.subject == f"{proposal.id}:fr"
    page = (await (await signed_in(client, "ben")).get(f"/en/c/water/alerts/{alert.id}")).text
    assert f"Statement {proposal.number}: read its translation again (Français)" in page
    assert "90%" not in page
    assert "25%" not in page
    assert "/en/c/water/translate" in page


async def test_under_the_chatham_house_rule_agreement_waits_for_the_close(client, database):
    here, _ = await a_room(Attribution.CHATHAM_HOUSE)
    for name in ("ben", "amara"):
        page = (await (await signed_in(client, name)).get("/en/c/water/languages")).text
        assert "Results open when the round has closed." in page
        assert "90%" not in page
    await factories.move_to(here, 1, standing="closed")
    page = (await (await signed_in(client, "amara")).get("/en/c/water/languages")).text
    assert "90% or more" in page
    assert "25%" in page
    assert "20 to 29" in page


async def test_who_is_left_out_of_results_is_left_out_here(database):
    here, _ = await a_room(Attribution.OPEN)
    await execute("update participants set has_objected = true where language = 'fr'")
    kept = await fetchval("select row -> 'parity' -> 'basis' from publications where key = 'power'")
    assert "fr" in kept
    await alerts.check(by=await access.system_actor(here.id))
    from app.analysis import parity

    _, counted = await parity.look(here.id, Attribution.OPEN, {})
    assert {row["language"] for row in counted} == {"en"}


async def test_the_unclear_rate_is_told_by_language(client, database):
    here = await factories.make_consultation(attribution=Attribution.OPEN)
    chidi = await factories.join("chidi", here)
    for place in range(8):
        made = await factories.propose(chidi, f"Village number {place} needs a pump mechanic.")
        if place < 3:
            await Clarification(proposal=made.id, kind="who", question="Who?", asked_at=await now()).save()
    page = (await (await signed_in(client, "ben")).get("/en/c/water/languages")).text
    assert 'English</th><td class="r">8</td><td class="r">38%</td>' in page
