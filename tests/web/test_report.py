"""/c/{slug}/statements/{number}/report: a participant asks a moderator to look."""

from __future__ import annotations

from typing import Any

import pytest

from app.database import fetchrow, fetchval
from app.taxonomies import moderation_reasons
from tests import factories
from tests.cast import signed_in

PATH = "/en/c/water/statements/1/report"


async def as_chidi(client: Any) -> Any:
    made = await factories.make_consultation()
    await factories.propose(await factories.join("dana", made), "Build wells together.")
    await factories.join("chidi", made)
    return await signed_in(client, "chidi")


async def test_it_reaches_the_moderators_without_a_name(client: Any) -> None:
    chidi = await as_chidi(client)
    code = next(iter(moderation_reasons.codes()))
    assert "Build wells together" in (await chidi.get(PATH)).text
    answer = await chidi.post(PATH, {"reason_code": code, "note": "It names my neighbour."})
    assert answer.status_code == 303
    assert tuple(await fetchrow("select reason_code, note from flags")) == (code, "It names my neighbour.")
    queue = await (await signed_in(client, "ben")).get("/en/c/water/moderate")
    assert "It names my neighbour." in queue.text
    assert "chidi" not in queue.text.lower()
    payload = await fetchval("select payload from audit_events where action = 'proposals.flag'")
    assert "neighbour" not in payload


async def test_asking_twice_changes_the_note(client: Any) -> None:
    chidi = await as_chidi(client)
    code = next(iter(moderation_reasons.codes()))
    for note in ("First.", "Second."):
        await chidi.post(PATH, {"reason_code": code, "note": note})
    assert await fetchval("select array_agg(note) from flags") == ["Second."]


@pytest.mark.parametrize("wrong", [{"reason_code": "because"}, {"reason_code": ""}, {"note": "x" * 501}])
async def test_what_is_wrong_is_said_and_kept(client: Any, wrong: dict[str, str]) -> None:
    chidi = await as_chidi(client)
    code = next(iter(moderation_reasons.codes()))
    answer = await chidi.post(PATH, {"reason_code": code, "note": "Please look at this."} | wrong)
    assert answer.status_code == 422
    assert wrong.get("note", "Please look at this.") in answer.text
    assert await fetchval("select count(*) from flags") == 0


async def test_a_statement_that_waits_cannot_be_seen_so_not_reported(client: Any) -> None:
    chidi = await as_chidi(client)
    from app.tables.consultations import Consultation

    made = await Consultation.objects().first()
    assert made is not None
    await factories.propose(await factories.actor("dana", made), "Not read by anybody yet.", accepted=False)
    assert (await chidi.get("/en/c/water/statements/2/report")).status_code == 404
