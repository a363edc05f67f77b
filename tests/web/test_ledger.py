"""GET /c/{slug}/ledger, ledger.json and ledger.csv."""

from __future__ import annotations

import json

from app.database import execute
from deliberation.verification import verify_record
from tests import factories
from tests.actions.test_ledger import history
from tests.cast import signed_in


async def test_everybody_reads_every_decision_and_that_the_record_is_intact(client):
    await history()
    page = (await client.get("/en/c/water/ledger")).text
    assert "The record is intact" in page
    assert "Statement 1 says the same." in page
    assert "Curators who declared their interests: 2. Recusals: 1." in page
    assert "does not hold" not in page
    assert "convenor:" not in page


async def test_a_changed_row_is_named_on_the_page(client):
    await history()
    await execute("update slate_reasons set sentence = 'It was never said.'")
    page = (await client.get("/en/c/water/ledger")).text
    assert "The record is not intact" in page
    assert "has another reason than the one signed" in page
    assert (await client.get("/en/c/water/slate.json")).status_code == 409


async def test_the_json_is_what_was_signed_and_the_csv_is_a_table(client):
    await history()
    answer = await client.get("/en/c/water/ledger.json")
    record = json.loads(answer.text)
    key = (await client.get("/.well-known/plenary-key.json")).json()["keys"][0]
    assert [check for check in verify_record(record, key=key["public_key"]) if not check.holds] == []
    assert "attachment" in answer.headers["content-disposition"]
    table = await client.get("/en/c/water/ledger.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert "Statement 1 says the same." in table.text
    assert (await client.get("/en/c/water/ledger.json?round=9")).status_code == 404


async def test_pages_lead_to_the_ledger(client):
    await history()
    for path in ("slates", "audit"):
        assert '/en/c/water/ledger"' in (await client.get(f"/en/c/water/{path}")).text, path


async def test_before_a_slate_is_published_the_public_has_no_ledger(client):
    here = await factories.make_consultation()
    await factories.move_to(here, 2)
    assert (await client.get("/en/c/water/ledger")).status_code in {403, 303}
    page = await (await signed_in(client, "gus")).get("/en/c/water/ledger")
    assert page.status_code == 200
    assert "No decision on a slate is public yet" in page.text
