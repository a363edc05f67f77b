"""/c/{slug}/convene/extend and /c/{slug}/extension: one asks that an open round close later, a second confirms it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.database import execute, fetch, fetchrow, fetchval, now
from deliberation.phases import Phase, Role
from tests import factories
from tests.cast import signed_in

PATH = "/en/c/water/convene/extend"
CONFIRM = "/en/c/water/extension"
REASON = "A storm has cut the island off; its people asked for two more days."


async def typed(days: float, **more: str) -> dict[str, str]:
    moment = await now() + timedelta(days=days)
    return {"closes_date": f"{moment:%Y-%m-%d}", "closes_time": f"{moment:%H:%M}", "reason": REASON} | more


async def asked(client: Any, days: float = 3) -> str:
    """Amara has asked for a later closing time; where it is confirmed."""
    amara = await signed_in(client, "amara")
    answer = await amara.post(PATH, await typed(days))
    assert answer.status_code == 303, answer.text
    return f"{CONFIRM}/{await fetchval('select id from extensions where settled_at is null')}"


async def test_a_second_person_confirms_and_everybody_reads_why(client: Any) -> None:
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    before = await fetchval("select closes_at from rounds")
    path = await asked(client)
    assert await fetchval("select closes_at from rounds") == before, "one person alone moves nothing"
    ben = await signed_in(client, "ben")
    assert "Read why, and confirm or not" in (await ben.get("/en/c/water")).text
    page = (await ben.get(CONFIRM)).text
    assert REASON in page
    assert (await ben.post(path, {"agrees": "yes"})).status_code == 303
    row = await fetchrow("select closes_at, extension_reason from rounds")
    assert row["closes_at"] > await now() + timedelta(days=2)
    assert REASON in (await client.get("/en/c/water")).text
    events = await fetch("select actor, action, payload from audit_events where action like 'rounds.%' order by 1")
    assert [event["action"] for event in events] == ["rounds.ask_to_extend", "rounds.extend"]
    assert len({event["actor"] for event in events}) == 2
    assert all("storm" in event["payload"] for event in events)
    assert await fetchval("select count(*) from procrastinate_jobs where task_name = 'freeze'") == 2


async def test_who_asked_cannot_confirm_but_can_withdraw_it(client: Any) -> None:
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    before = await fetchval("select closes_at from rounds")
    path, amara = await asked(client), await signed_in(client, "amara")
    page = (await amara.get(CONFIRM)).text
    assert "Another convenor or a moderator must confirm it" in page
    assert (await amara.post(path, {"agrees": "yes"})).status_code == 403
    assert (await amara.post(PATH, await typed(4))).status_code == 409, "one request at a time"
    assert (await amara.post(path, {"agrees": "no"})).status_code == 303
    assert await fetchval("select closes_at from rounds") == before
    assert (await amara.post(PATH, await typed(4))).status_code == 303


async def test_another_convenor_suffices_and_a_curator_does_not(client: Any) -> None:
    here = await factories.make_consultation(phases=(Phase.PROPOSE,))
    from app.actions import consultations

    await consultations.appoint(email="ida@example.org", role=Role.CONVENOR, by=await factories.actor("amara", here))
    path = await asked(client)
    assert (await (await signed_in(client, "gus")).post(path, {"agrees": "yes"})).status_code == 403
    assert (await (await signed_in(client, "ida")).post(path, {"agrees": "yes"})).status_code == 303
    assert await fetchval("select is_confirmed from extensions")


async def test_the_second_person_may_keep_the_time(client: Any) -> None:
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    before = await fetchval("select closes_at from rounds")
    path, ben = await asked(client), await signed_in(client, "ben")
    assert (await ben.post(path, {"agrees": "no"})).status_code == 303
    assert (await ben.post(path, {"agrees": "yes"})).status_code == 409, "it has been decided"
    assert await fetchval("select closes_at from rounds") == before
    assert "Nothing waits" in (await ben.get(CONFIRM)).text


async def test_moderators_and_other_convenors_are_told_and_nobody_else(client: Any) -> None:
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    await asked(client)
    rows = await fetch("select \"to\", text from messages where kind = 'extension_asked'")
    assert [row["to"] for row in rows] == ["ben@example.org"]
    assert "/en/c/water/extension" in rows[0]["text"]
    assert "storm" not in rows[0]["text"], "the reason stands on the page"


async def test_a_request_ends_with_its_round(client: Any) -> None:
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    path = await asked(client)
    await execute("update rounds set closes_at = clock_timestamp() - interval '1 second'")
    before = await fetchval("select closes_at from rounds")
    answer = await (await signed_in(client, "ben")).post(path, {"agrees": "yes"})
    assert answer.status_code == 403
    assert await fetchval("select closes_at from rounds") == before


async def test_a_request_for_an_earlier_round_does_not_move_the_open_one(client: Any) -> None:
    here = await factories.make_consultation()
    path = await asked(client, days=0.94)
    await factories.move_to(here, 2)
    before = await fetch("select closes_at from rounds order by number")
    answer = await (await signed_in(client, "ben")).post(path, {"agrees": "yes"})
    assert answer.status_code == 409
    assert "not open any more" in answer.text
    assert await fetch("select closes_at from rounds order by number") == before


@pytest.mark.parametrize("agrees", ["", "perhaps", "true"])
async def test_an_answer_is_yes_or_no(client: Any, agrees: str) -> None:
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    path = await asked(client)
    answer = await (await signed_in(client, "ben")).post(path, {"agrees": agrees})
    assert answer.status_code == 422
    assert await fetchval("select settled_at from extensions") is None


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
    answer = await (await signed_in(client, "amara")).post(PATH, await typed(days, **more))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert more.get("reason", REASON) in answer.text
    assert await fetchval("select count(*) from extensions") == 0


async def test_rounds_that_would_be_run_into_move_along_and_keep_their_lengths(client: Any) -> None:
    await factories.make_consultation()
    await execute("update rounds set opens_at = opens_at - interval '2 hours' where number = 2")
    before = await fetch("select opens_at, closes_at from rounds order by number")
    path, ben = await asked(client, days=2), await signed_in(client, "ben")
    assert "The rounds after it begin and end" in (await ben.get(CONFIRM)).text
    assert (await ben.post(path, {"agrees": "yes"})).status_code == 303
    after = await fetch("select opens_at, closes_at from rounds order by number")
    shift = after[0]["closes_at"] - before[1]["opens_at"]
    assert shift > timedelta(days=1)
    for one, other in zip(before[1:], after[1:], strict=True):
        assert (other["opens_at"] - one["opens_at"], other["closes_at"] - one["closes_at"]) == (shift, shift)
    assert after[0]["closes_at"] <= after[1]["opens_at"]


async def test_rounds_that_are_far_enough_away_stay(client: Any) -> None:
    await factories.make_consultation()
    before = await fetch("select opens_at, closes_at from rounds where number > 1 order by number")
    path, ben = await asked(client, days=0.94), await signed_in(client, "ben")
    assert "The rounds after it begin and end" not in (await ben.get(CONFIRM)).text
    assert (await ben.post(path, {"agrees": "yes"})).status_code == 303
    assert await fetch("select opens_at, closes_at from rounds where number > 1 order by number") == before


async def test_a_round_that_is_over_stays_over(client: Any) -> None:
    await factories.make_consultation(phases=(Phase.PROPOSE,))
    await execute("update rounds set closes_at = clock_timestamp() - interval '1 second'")
    answer = await (await signed_in(client, "amara")).post(PATH, await typed(3))
    assert answer.status_code == 403
    assert await fetchval("select count(*) from extensions") == 0
