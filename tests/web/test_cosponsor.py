"""POST /c/{slug}/statements/{number}/cosponsor: an organisation stands behind a proposal, and may step back."""

from __future__ import annotations

from typing import Any

import pytest

from app.database import fetchval
from deliberation.disclosure import Attribution
from tests import factories
from tests.cast import signed_in

PATH = "/en/c/water/statements/1/cosponsor"


async def proposed(client: Any, attribution: Attribution = Attribution.CHATHAM_HOUSE) -> tuple[Any, Any]:
    made = await factories.make_consultation(attribution=attribution)
    await factories.propose(await factories.join("dana", made), "Build wells together.")
    await factories.join("chidi", made, organisation="Wells Union")
    return made, await signed_in(client, "chidi")


async def test_an_organisation_counts_once_and_can_step_back(client: Any) -> None:
    _, chidi = await proposed(client)
    for _ in range(2):
        assert (await chidi.post(PATH)).status_code == 303
    assert await fetchval("select count(*) from cosponsors") == 1
    assert (await chidi.post(f"{PATH}/end")).status_code == 303
    assert await fetchval("select count(*) from cosponsors") == 0


async def test_who_speaks_for_nobody_is_told_what_to_do(client: Any) -> None:
    await proposed(client)
    dana = await signed_in(client, "dana")
    answer = await dana.post(PATH)
    assert answer.status_code == 422
    assert "only organisations co-sponsor" in answer.text


@pytest.mark.parametrize(("mode", "named"), [(Attribution.CHATHAM_HOUSE, False), (Attribution.ATTRIBUTED, True)])
async def test_organisations_are_named_only_where_the_consultation_names_them(
    client: Any, mode: Attribution, named: bool
) -> None:
    await proposed(client, mode)
    await (await signed_in(client, "chidi")).post(PATH)
    page = await (await signed_in(client, "dana")).get("/en/c/water/statements/1")
    assert ("Wells Union" in page.text) is named


async def test_a_proposal_that_waits_cannot_be_cosponsored(client: Any) -> None:
    made, chidi = await proposed(client)
    await factories.propose(await factories.actor("chidi", made), "Meter every tap.", accepted=False)
    assert (await chidi.post("/en/c/water/statements/2/cosponsor")).status_code == 409


async def test_after_the_round_it_is_too_late(client: Any) -> None:
    made, chidi = await proposed(client)
    await factories.move_to(made, 2)
    answer = await chidi.post(PATH)
    assert answer.status_code == 410
    assert "Organisations can co-sponsor only while" in answer.text


async def test_moderators_and_strangers_do_not_cosponsor(client: Any) -> None:
    await proposed(client)
    for name in ("ben", "eve"):
        assert (await (await signed_in(client, name)).post(PATH)).status_code == 403
