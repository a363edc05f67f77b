"""Commitments: drafted by partners in SMART form, made for everybody to read, then paused, delivered or withdrawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from app.database import execute, fetch, fetchval, now
from app.language import num
from app.tables.coalitions import Coalition
from deliberation.phases import Phase
from tests.cast import Browser, signed_in
from tests.factories import coalition_of, make_consultation, move_to, set_lifecycle

PARTNERS = ("chidi", "dana", "hana")
LIST = "/en/c/water/coalitions/1/commitments"
ONE = f"{LIST}/1"


@pytest_asyncio.fixture
async def coalition(database: None) -> Coalition:
    made = await make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT))
    return await coalition_of(PARTNERS, made)


@pytest_asyncio.fixture
async def chidi(client: Any, coalition: Coalition) -> Browser:
    return await signed_in(client, "chidi")


async def day(days: int) -> str:
    return ((await now()).date() + timedelta(days=days)).isoformat()


async def smart(**more: str) -> dict[str, str]:
    return {
        "title": "Forty pump mechanics",
        "what": "Train forty pump mechanics in three districts.",
        "indicator": "Mechanics with a certificate",
        "baseline": "6",
        "target": "40",
        "achievable": "The course has been given twice.",
        "starts_on": await day(1),
        "due_on": await day(300),
        "targets": "6.b, 17.17",
    } | more


async def drafted(partner: Browser, **more: str) -> None:
    answer = await partner.post(f"{LIST}/new", await smart(**more))
    assert answer.status_code == 303, answer.text


async def completed(partner: Browser) -> None:
    await drafted(partner)
    assert (
        await partner.post(f"{ONE}/deliverables", {"words": "The first course is over.", "due_on": await day(100)})
    ).status_code == 303
    assert (
        await partner.post(f"{ONE}/resources", {"kind": "finance", "amount": "40000", "unit": "USD"})
    ).status_code == 303


async def made(partner: Browser) -> None:
    await completed(partner)
    answer = await partner.post(f"{ONE}/make")
    assert answer.status_code == 303, answer.text


async def test_a_draft_is_the_partners_alone(client: Any, chidi: Browser) -> None:
    await drafted(chidi)
    assert 'href="/en/c/water/commitments"' not in (await client.get("/en/c/water")).text
    assert "Forty pump mechanics" in (await (await signed_in(client, "dana")).get(ONE)).text
    for name in ("amara", "eve", "fatima", "ben"):
        who = await signed_in(client, name)
        assert (await who.get(ONE)).status_code == 404
        assert "Forty pump mechanics" not in (await who.get(LIST)).text
        assert "Forty pump mechanics" not in (await who.get("/en/c/water/commitments")).text
        assert (await who.get(f"{LIST}/new")).status_code in (303, 403)
    refused = await (await signed_in(client, "amara")).post(f"{LIST}/new", await smart())
    assert refused.status_code == 403


async def test_what_a_draft_lacks_is_named_and_it_cannot_be_made_before(chidi: Browser) -> None:
    await drafted(chidi, indicator="", achievable="")
    page = (await chidi.get(ONE)).text
    for sentence in ("name an indicator", "say why you can do it", "at least one resource", "at least one deliverable"):
        assert sentence in page
    assert "say what will be done" not in page
    refused = await chidi.post(f"{ONE}/make")
    assert refused.status_code == 409
    assert await fetchval("select status from commitments") == "draft"


async def test_a_commitment_that_is_made_is_dated_and_everybody_s_to_read(client: Any, chidi: Browser) -> None:
    await made(chidi)
    client.cookies.clear()
    assert 'href="/en/c/water/commitments"' in (await client.get("/en/c/water")).text
    for path in (ONE, LIST, "/en/c/water/commitments"):
        page = await client.get(path)
        assert page.status_code == 200
        assert "Forty pump mechanics" in page.text
        for word in ("Chidi", "chidi", "@example.org", "Hana"):
            assert word not in page.text
    shown = (await client.get(ONE)).text
    for words in (
        "Mechanics with a certificate",
        f"{num(40_000)} USD",
        "The first course is over.",
        "6.b 17.17",
        "Made on",
    ):
        assert words in shown
    assert 'action="' not in shown.split("<main")[1].split("</main")[0], "nothing to press for a visitor"
    event = await fetch("select actor, subject, payload from audit_events where action = 'commitments.make'")
    assert event[0]["actor"] == "participant"
    assert event[0]["subject"] == "1.1"
    assert '"status": "made"' in event[0]["payload"]


async def test_what_was_made_keeps_its_words_and_days(chidi: Browser) -> None:
    await made(chidi)
    assert (await chidi.post(f"{ONE}/edit", await smart(title="Four mechanics"))).status_code == 409
    assert (
        await chidi.post(f"{ONE}/deliverables", {"words": "Another one.", "due_on": await day(90)})
    ).status_code == 409
    assert (await chidi.post(f"{ONE}/deliverables/1/remove")).status_code == 409
    assert await fetchval("select title from commitments") == "Forty pump mechanics"


async def test_a_draft_that_two_partners_change_at_once_loses_nothing(client: Any, chidi: Browser) -> None:
    await drafted(chidi)
    dana = await signed_in(client, "dana")
    sent = await smart(what="Train forty mechanics, half of them women.", _version="1")
    assert (await dana.post(f"{ONE}/edit", sent)).status_code == 303
    late = await chidi.post(f"{ONE}/edit", await smart(what="Train sixty mechanics.", _version="1"))
    assert late.status_code == 409
    assert "Train sixty mechanics." in late.text
    assert await fetchval("select what from commitments") == "Train forty mechanics, half of them women."


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("targets", "6.b 18.4", "no SDG target 18.4"),
        ("due_on", "2020-01-01", "end has to be after the start"),
        ("due_on", "next year", "cannot be used here"),
        ("role", "boss", "one of the answers offered"),
        ("region", "moon", "one of the answers offered"),
        ("title", "", "fill this in"),
    ],
)
async def test_what_cannot_be_used_is_said_and_everything_typed_is_kept(
    chidi: Browser, field: str, value: str, sentence: str
) -> None:
    answer = await chidi.post(f"{LIST}/new", await smart(**{field: value}))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "The course has been given twice." in answer.text
    assert await fetchval("select count(*) from commitments") == 0


async def test_pausing_says_why_and_until_when_and_is_no_end(client: Any, chidi: Browser) -> None:
    await made(chidi)
    bare = await chidi.post(f"{ONE}/status", {"status": "paused", "reason": "", "paused_until": await day(60)})
    assert bare.status_code == 422
    endless = await chidi.post(f"{ONE}/status", {"status": "paused", "reason": "The rains came early."})
    assert endless.status_code == 422
    assert "The rains came early." in endless.text
    sent = {"status": "paused", "reason": "The rains came early.", "paused_until": await day(60)}
    assert (await chidi.post(f"{ONE}/status", sent)).status_code == 303
    client.cookies.clear()
    page = (await client.get(ONE)).text
    assert "Paused by its partners" in page
    assert "The rains came early." in page
    assert (await chidi.post(f"{ONE}/status", {"status": "made"})).status_code == 303
    assert await fetchval("select reason from commitments") == ""


async def test_what_was_withdrawn_stays_readable_with_its_reason_and_ends(client: Any, chidi: Browser) -> None:
    await made(chidi)
    sent = {"status": "withdrawn", "reason": "The college closed."}
    assert (await chidi.post(f"{ONE}/status", sent)).status_code == 303
    client.cookies.clear()
    assert "The college closed." in (await client.get(ONE)).text
    assert (await chidi.post(f"{ONE}/status", {"status": "made"})).status_code == 409
    late = await chidi.post(f"{ONE}/resources", {"kind": "finance", "amount": "1", "unit": "USD"})
    assert late.status_code == 409


async def test_deliverables_are_done_dropped_with_a_note_or_late(client: Any, chidi: Browser) -> None:
    await made(chidi)
    await execute("update deliverables set due_on = current_date - 3")
    assert ">late<" in (await chidi.get(ONE)).text
    bare = await chidi.post(f"{ONE}/deliverables/1", {"status": "dropped"})
    assert bare.status_code == 422
    assert (
        await chidi.post(f"{ONE}/deliverables/1", {"status": "dropped", "note": "No trainer was found."})
    ).status_code == 303
    assert "No trainer was found." in (await chidi.get(LIST.replace("/commitments", "/commitments/1"))).text
    assert (await chidi.post(f"{ONE}/deliverables/1", {"status": "done"})).status_code == 303
    assert await fetchval("select done_at from deliverables") is not None
    assert (await chidi.post(f"{ONE}/deliverables/9", {"status": "done"})).status_code == 404


async def test_a_deliverable_is_due_within_its_commitment(chidi: Browser) -> None:
    await drafted(chidi)
    late = await chidi.post(f"{ONE}/deliverables", {"words": "A report after the end.", "due_on": await day(900)})
    assert late.status_code == 422
    assert "between the start and the end" in late.text
    assert "A report after the end." in late.text


async def test_commitments_live_on_after_the_last_round(client: Any, chidi: Browser, coalition: Coalition) -> None:
    await made(chidi)
    from app.tables.consultations import Consultation

    consultation = await Consultation.objects().where(Consultation.id == coalition.consultation).first()
    assert consultation is not None
    await move_to(consultation, 3, standing="closed")
    assert (await chidi.post(f"{ONE}/deliverables/1", {"status": "done"})).status_code == 303
    await set_lifecycle(consultation, "published")
    assert (await chidi.post(f"{ONE}/status", {"status": "delivered"})).status_code == 303
    await set_lifecycle(consultation, "archived")
    assert (await chidi.get(ONE)).status_code == 200
    refused = await chidi.post(f"{ONE}/status", {"status": "made"})
    assert refused.status_code == 403
    assert "archived" in refused.text


async def test_a_coalition_that_lost_a_partner_keeps_up_what_it_undertook(
    client: Any, chidi: Browser, coalition: Coalition
) -> None:
    await made(chidi)
    hana = await signed_in(client, "hana")
    await hana.post("/en/c/water/coalitions/1/answer", {"answer": "decline"})
    assert (await hana.post(f"{ONE}/deliverables/1", {"status": "done"})).status_code == 403
    assert (await chidi.post(f"{ONE}/deliverables/1", {"status": "done"})).status_code == 303
    refused = await chidi.post(f"{LIST}/new", await smart())
    assert refused.status_code == 409
    client.cookies.clear()
    assert (await client.get(ONE)).status_code == 200


async def test_pressing_twice_drafts_once(chidi: Browser) -> None:
    sent = await smart(_key="once")
    answers = [await chidi.post(f"{LIST}/new", sent) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == [ONE, ONE]
    assert await fetchval("select count(*) from commitments") == 1


async def test_the_statement_s_lineage_tells_what_was_undertaken(client: Any, chidi: Browser) -> None:
    await made(chidi)
    page = (await chidi.get("/en/c/water/statements/1/lineage")).text
    assert "Forty pump mechanics" in page
    await chidi.post(f"{ONE}/status", {"status": "delivered"})
    assert "delivered" in (await chidi.get("/en/c/water/statements/1/lineage")).text
