"""/c/{slug}/convene/extend: an open round closes later, for a reason that everybody can read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.database import execute, fetchrow, fetchval, now
from deliberation.phases import Phase
from tests import factories
from tests.cast import signed_in

PATH = "/en/c/water/convene/extend"
REASON = "A storm has cut the island off; its people asked for two more days."


async def typed(days: float, **more: str) -> dict[str, str]:
    moment = await now() + timedelta(days=days)
    return {"closes_date": f"{moment:%Y-%m-%d}", "closes_time": f"{moment:%H:%M}", "reason": REASON} | more


async def test_everybody_reads_why(client: Any) -> None:
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    amara = await signed_in(client, "amara")
    assert (await amara.get(PATH)).status_code == 200
    assert (await amara.post(PATH, await typed(3))).status_code == 303
    row = await fetchrow("select closes_at, extension_reason from rounds")
    assert row["closes_at"] > await now() + timedelta(days=2)
    assert REASON in (await client.get("/en/c/water")).text
    assert "storm" in await fetchval("select payload from audit_events where action = 'rounds.extend'")


@pytest.mark.parametrize(
    ("days", "more", "sentence"),
    [
        (0.1, {}, "must be later"),
        (3, {"closes_date": "2027-02-30"}, "a day and a time of day"),
        (3, {"closes_date": "9999-12-31"}, "a day and a time of day"),
        (3, {"closes_time": "25:00"}, "a day and a time of day"),
        (3, {"reason": ""}, "Please fill this in"),
        (3, {"reason": "because"}, "at least 8"),
    ],
)
async def test_what_is_wrong_is_said_and_kept(client: Any, days: float, more: dict[str, str], sentence: str) -> None:
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    before = await fetchval("select closes_at from rounds")
    answer = await (await signed_in(client, "amara")).post(PATH, await typed(days, **more))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert more.get("reason", REASON) in answer.text
    assert await fetchval("select closes_at from rounds") == before


async def test_it_does_not_run_into_the_next_round(client: Any) -> None:
    await factories.make_consultation()
    answer = await (await signed_in(client, "amara")).post(PATH, await typed(3))
    assert answer.status_code == 422
    assert "The next round opens before this time" in answer.text


async def test_a_round_that_is_over_stays_over(client: Any) -> None:
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    await execute("update rounds set closes_at = clock_timestamp() - interval '1 second'")
    answer = await (await signed_in(client, "amara")).post(PATH, await typed(3))
    assert answer.status_code == 403
    assert await fetchval("select extension_reason from rounds") == ""
