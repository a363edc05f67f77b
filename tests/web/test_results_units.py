"""GET /c/{slug}/results?view=...: the same votes with each organisation or each constituency counted once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.actions.participants import organisation_named
from app.analysis import results_units
from app.analysis.integrity import examine
from app.database import execute, fetch
from deliberation.disclosure import Attribution
from tests import factories, simulated
from tests.cast import signed_in

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

PATH = "/en/c/water/results"
N_BODIES = 12


async def closed(attribution: Attribution = Attribution.OPEN, *, n_bodies: int = N_BODIES) -> Any:
    """A closed round: the first organisation has forty delegates, each other three, the rest speak for themselves."""
    here = await factories.make_consultation(attribution=attribution)
    await factories.move_to(here, 1, standing="closed")
    filled = await simulated.fill(here)
    people = list(filled.participants)
    for number in range(n_bodies):
        body = await organisation_named(f"Canary body {number}")
        n = 40 if number == 0 else 3
        taken, people = people[:n], people[n:]
        await execute(
            "update participants set organisation = $2, mandate = 'delegate' where id = any($1::bigint[])", taken, body
        )
    # Somebody who names an organisation and speaks for themselves is not one of its delegates.
    body = await organisation_named("Canary body 0")
    await execute("update participants set organisation = $2, mandate = 'own' where id = $1", people[0], body)
    await simulated.freeze_first_round(here)
    return here, filled


async def by_hand(proposal: int) -> float:
    """The mean of the organisations' shares of agreement, straight from the rows."""
    rows = await fetch(
        "select avg((v.choice = 'agree')::int)::float as share "
        "from votes v join participants q on q.id = v.participant "
        "where v.proposal = $1 and q.organisation is not null and q.mandate <> 'own' group by q.organisation",
        proposal,
    )
    return sum(row["share"] for row in rows) / len(rows)


async def test_each_organisation_counts_once_as_counted_by_hand(client: Any) -> None:
    here, filled = await closed()
    stored = await results_units.published_rows(here.id)
    for proposal in filled.proposals[:5]:
        assert stored[str(proposal)].shares[0] == pytest.approx(await by_hand(proposal))
        assert stored[str(proposal)].n_units <= N_BODIES
    page = (await (await signed_in(client, "amara")).get(f"{PATH}?view=organisations")).text
    assert "Each organisation counted once" in page
    assert "every organisation counts once" in page
    shown = [row for row in stored.values() if row.n_units >= 5]
    assert len(re.findall(r'<li class="st"', page)) == len(shown) > 10
    assert "Canary body" not in page


@pytest.mark.parametrize("mode", [Attribution.OPEN, Attribution.CHATHAM_HOUSE])
async def test_the_switch_leads_to_three_views_without_scripts(client: Any, mode: Attribution) -> None:
    await closed(mode)
    page = (await client.get(PATH)).text
    links = re.findall(r'href="([^"]*/results[^"]*)"[^>]*>(person|organisation|constituency)</a>', page)
    assert links == [
        (PATH, "person"),
        (f"{PATH}?view=organisations", "organisation"),
        (f"{PATH}?view=constituencies", "constituency"),
    ]
    for link, heading in zip(
        links, ("The short version", "Each organisation counted once", "Each constituency counted once"), strict=True
    ):
        answer = await client.get(link[0])
        assert answer.status_code == 200
        assert heading in answer.text
    assert "The short version" in (await client.get(f"{PATH}?view=kings")).text


async def test_few_organisations_are_not_told(client: Any) -> None:
    await closed(Attribution.CHATHAM_HOUSE, n_bodies=9)
    page = (await client.get(f"{PATH}?view=organisations")).text
    assert "Too few to show" in page
    assert '<li class="st"' not in page
    inside = (await (await signed_in(client, "amara")).get(f"{PATH}?view=organisations")).text
    assert '<li class="st"' in inside, "who takes part needs five, as elsewhere"


async def test_a_small_room_has_one_view(client: Any) -> None:
    here = await factories.make_consultation()
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here, n_participants=20, n_statements=10)
    await simulated.freeze_first_round(here)
    for view in ("", "?view=organisations", "?view=constituencies"):
        page = (await client.get(PATH + view)).text
        assert "Counted by" not in page
        assert "counted once" not in page


async def test_a_statement_s_page_shows_the_other_views_beside(client: Any) -> None:
    await closed()
    page = (await client.get("/en/c/water/statements/101")).text
    assert "Organisations, each once" in page
    assert "Constituencies, each once" in page


async def test_the_governance_log_knows_what_was_released(client: Any) -> None:
    here, _ = await closed()
    assert [finding.problem for finding in await examine(here.id) if finding.problem] == []
    await execute("update publications set row = '{\"rows\": []}' where key = 'organisations'")
    assert "organisations is not what was released" in str(await examine(here.id))
