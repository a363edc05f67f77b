"""Archiving: by a convenor, once all is published; what is told before and what cannot be done after."""

from __future__ import annotations

from typing import Any

from app.database import fetchrow, fetchval
from tests.cast import signed_in
from tests.factories import join, make_consultation, set_lifecycle


async def test_a_convenor_archives_what_is_published(client: Any) -> None:
    here = await make_consultation()
    await join("chidi", here)
    amara = await signed_in(client, "amara")
    assert (await amara.get("/en/c/water/convene/archive")).status_code == 403
    await set_lifecycle(here, "published")
    assert 'href="/en/c/water/convene/archive"' in (await amara.get("/en/c/water")).text
    page = (await amara.get("/en/c/water/convene/archive")).text
    assert "In 90 days" in page and "This cannot be undone." in page
    assert (await amara.post("/en/c/water/convene/archive", {})).status_code == 303
    row = await fetchrow("select lifecycle, archived_at, clock_timestamp() as now from consultations")
    assert row is not None and row["lifecycle"] == "archived"
    assert 0 <= (row["now"] - row["archived_at"]).total_seconds() < 60
    assert await fetchval("select count(*) from audit_events where action = 'consultations.archive'") == 1
    assert (await amara.post("/en/c/water/convene/archive", {})).status_code == 403
    chidi = await signed_in(client, "chidi")
    assert (await chidi.get("/en/c/water/me/votes")).status_code == 200, "own votes can be read until the links go"


async def test_others_cannot_archive(client: Any) -> None:
    here = await make_consultation()
    await set_lifecycle(here, "published")
    for name in ("ben", "gus", "fatima", "eve"):
        assert (await (await signed_in(client, name)).post("/en/c/water/convene/archive", {})).status_code == 403
    assert await fetchval("select lifecycle from consultations") == "published"
