"""GET /c/{slug}/register.csv and .json, and the summary's sections on commitments and recommendations."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from app.database import execute, fetchval, now
from app.documents import wording
from app.documents.draft import draft_of
from app.language import use_locale
from app.tables.coalitions import Coalition
from app.tables.commitments import Commitment, Deliverable
from deliberation.phases import Phase
from tests import factories, rooms
from tests.cast import signed_in

SECRET = "The story that nobody opened."


async def undertake(coalition: Any, **more: Any) -> Commitment:
    moment = await now() - timedelta(days=40)
    made = Commitment(
        coalition=coalition,
        number=1,
        title="=HYPERLINK(1)",
        what="Forty wells are kept by their villages.",
        indicator="Wells that give water",
        target="40",
        targets=["6.1", "17.17"],
        region="african",
        status="made",
        created_at=moment,
        made_at=moment,
        status_at=moment,
    )
    await made.save()
    await Deliverable(commitment=made.id, number=1, words="Train mechanics", due_on=moment.date()).save()
    await execute(
        "insert into resources (id, commitment, kind, amount, unit, words, created_at) "
        "values (gen_random_uuid(), $1, 'finance', 5000, 'EUR', 'a fund', now())",
        made.id,
    )
    for period, (story, is_open) in enumerate((("Two villages have water.", True), (SECRET, False))):
        await execute(
            "insert into pulses (id, commitment, period, status, story, obstacle, ask, minutes, is_open, started_at,"
            " sent_at) values (gen_random_uuid(), $1, $2, 'sent', $3, 'money', 'A fund for parts.', 9, $4, now(), "
            "now())",
            made.id,
            period,
            story,
            is_open,
        )
    return made


async def test_a_commitment_stands_in_the_fields_of_the_register_and_only_what_was_opened(
    client: Any, database: None
) -> None:
    here = await factories.make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT))
    coalition = await factories.coalition_of(("chidi", "dana", "hana"), here)
    await undertake(coalition.id)
    client.cookies.clear()
    found = json.loads((await client.get("/en/c/water/register.json")).text)
    one = found["commitments"][0]
    assert (one["goals"], one["targets"], one["status"]) == ([6, 17], ["6.1", "17.17"], "on_track")
    assert one["deliverables"][0]["what"] == "Train mechanics"
    assert one["resources"] == [{"kind": "finance", "amount": "5000.00", "unit": "EUR", "what": "a fund"}]
    assert [report["achievements"] for report in one["reports"]] == ["Two villages have water."]
    assert one["reports"][0]["challenges"] == "Money"
    assert one["n_partners"] == {"withheld": True}, "three partners could be counted on one hand"
    text = (await client.get("/en/c/water/register.csv")).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["title"] == "'=HYPERLINK(1)", "a cell is no formula"
    assert rows[0]["support_needed"] == "A fund for parts." and rows[0]["resources"] == "finance, 5000.00, EUR, a fund"
    for content in (text, json.dumps(found)):
        for word in (SECRET, "chidi", "Chidi", "Union", "@example.org"):
            assert word not in content, word


@pytest.mark.parametrize(
    ("status", "days", "told"),
    [
        ("made", 300, "on_track"),
        ("made", 400, "late"),
        ("made", 800, "overdue"),
        ("paused", 800, "paused"),
        ("delivered", 800, "completed"),
    ],
)
async def test_the_status_is_that_of_the_register_s_rule(
    client: Any, database: None, status: str, days: int, told: str
) -> None:
    here = await factories.make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT))
    coalition = await factories.coalition_of(("chidi", "dana", "hana"), here)
    await undertake(coalition.id)
    await execute("update commitments set status = $1, made_at = now() - make_interval(days => $2)", status, days)
    await execute("update pulses set sent_at = now() - make_interval(days => $1)", days)
    found = json.loads((await client.get("/en/c/water/register.json")).text)
    assert found["commitments"][0]["status"] == told


@pytest.mark.slow
async def test_the_summary_tells_commitments_and_recommends_with_support_and_dissent(
    client: Any, database: None
) -> None:
    here = await rooms.small_room()
    proposal = await fetchval("select id from proposals where consultation = $1 order by number limit 1", here.id)
    moment = await now()
    made = Coalition(
        consultation=here.id,
        proposal=proposal,
        number=1,
        title="Well keepers",
        status="formed",
        created_at=moment,
        formed_at=moment,
    )
    await made.save()
    commitment = await undertake(made.id)
    await execute(
        "insert into barriers (id, commitment, number, kind, words, owner_kind, ask, created_at) values "
        "(gen_random_uuid(), $1, 1, 'rule', 'Parts are taxed.', 'ministry', 'Free spare parts of duty.', now())",
        commitment.id,
    )
    amara = await signed_in(client, "amara")
    page = (await amara.get("/en/c/water/summary")).text
    for words in (
        "Recommendations by addressee",
        "Free spare parts of duty.",
        "Member States",
        "A fund for parts.",
        "What coalitions undertook",
        "No evidence with a source was given for it.",
    ):
        assert words in page, words
    assert SECRET not in page
    draft = await draft_of(await factories.actor("amara", here))
    assert draft is not None
    known = {fact.id for fact in draft.document.facts}
    with use_locale("en"):
        for code in ("coalitions", "recommendations"):
            section = draft.document.section(code)
            assert section is not None
            for passage in section.passages:
                for sentence in passage.sentences:
                    assert sentence.facts and set(sentence.facts) <= known
                    assert wording.text(sentence)
    support = [
        s for p in draft.document.section("recommendations").passages for s in p.sentences if s.says == "support"
    ]  # type: ignore[union-attr]  # asserted above
    word = draft.material.statements[proposal].row
    assert bool(support) == (word is not None and word.words is not None and word.words.word is not None)
