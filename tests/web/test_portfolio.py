"""The convenor's view: what forms, what is missing, introductions, the map with its overlaps, health beside effect."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest_asyncio

from app.database import execute, fetch, fetchval
from tests.cast import Browser, signed_in
from tests.harbour import PEOPLE, offer_of, offered, published

PAGE = "/en/c/water/coalitions/overview"


@pytest_asyncio.fixture
async def amara(client: Any, database: None) -> Browser:
    """Two formed coalitions: Chidi, Dana and Hana; Ivo, Jun and Kim."""
    made, proposal = await published()
    await offered(made, proposal)
    browser = await signed_in(client, "amara")
    for number, names in enumerate((("chidi", "dana", "hana"), ("ivo", "jun", "kim")), start=1):
        offers = [await offer_of(name) for name in names]
        fields = {"title": f"Keepers {number}", "n_needed": "3", "offers": offers}
        await browser.post(f"/en/c/water/coalitions/new/{proposal.number}", fields)
        await browser.post(f"/en/c/water/coalitions/{number}/invite")
        for name in names:
            one = await signed_in(client, name)
            await one.post(f"/en/c/water/coalitions/{number}/answer", {"answer": "accept"})
    assert await fetchval("select count(*) from coalitions where status = 'formed'") == 2
    return browser


async def commit(number: int, *, role: str, targets: list[str], region: str = "african") -> UUID:
    """A commitment that the coalition has made."""
    found: UUID = await fetchval(
        """
        insert into commitments (id, coalition, number, title, targets, region, role, status, created_at, made_at,
          version, what, indicator, baseline, target, achievable, place, beneficiaries, monitoring, reason)
        select gen_random_uuid(), id, 1, 'Wells', $2, $3, $4, 'made', now(), now(),
          1, '', '', '', '', '', '', '', '', ''
        from coalitions where number = $1 returning id
        """,
        number,
        targets,
        region,
        role,
    )
    return found


async def test_before_anything_is_drafted_each_part_says_so(client: Any, database: None) -> None:
    await published()
    text = (await (await signed_in(client, "amara")).get(PAGE)).text
    assert "No coalition has been drafted yet." in text
    assert "The map follows from commitments" in text


async def test_coalitions_are_listed_with_how_far_they_are(amara: Browser) -> None:
    text = (await amara.get(PAGE)).text
    assert "Keepers 1" in text
    assert "Keepers 2" in text
    assert "Formed" in text


async def test_the_map_shows_target_region_and_role(amara: Browser) -> None:
    await commit(1, role="scale", targets=["6.1", "17.17"])
    await commit(2, role="initiate", targets=["6.1"], region="")
    text = (await amara.get(PAGE)).text
    table = text.split("Coalitions by target, region and role")[1].split("</table>")[0]
    assert table.index(">6.1<") < table.index(">17.17<"), "in the order of the goals"
    assert "African States" in table
    assert "Global, no single region" in table
    assert table.count(">nobody<") == 6


async def test_overlap_fragmentation_and_an_introduction_follow_from_commitments(amara: Browser) -> None:
    await commit(1, role="scale", targets=["6.1"])
    await commit(2, role="scale", targets=["6.1"])
    text = (await amara.get(PAGE)).text
    assert "Nearly the same work" in text
    assert "100%" in text.replace("\u00a0", "")
    assert "Several tables under one target" in text
    assert "both work under 6.1 and share no partner." in text
    assert "fragmentation 0" not in text, "of six people in a small room the figure stays with the matcher"


async def test_kinds_of_partners_who_share_goals_are_suggested_without_names(amara: Browser) -> None:
    text = (await amara.get(PAGE)).text
    assert "would seldom meet" in text
    for name, (_, organisation, *_rest) in PEOPLE.items():
        assert f"{name}@" not in text
        assert not organisation or organisation not in text


async def test_health_and_effect_place_a_coalition_in_its_quarter(amara: Browser) -> None:
    commitment = await commit(1, role="scale", targets=["6.1"])
    assert "Not known yet" in (await amara.get(PAGE)).text
    await execute(
        "insert into deliverables (id, commitment, number, words, due_on, status, note, done_at) "
        "values (gen_random_uuid(), $1, 1, 'A pump', current_date - 5, 'done', '', now())",
        commitment,
    )
    pulse = await fetchval(
        "insert into pulses (id, commitment, period, version, status, story, obstacle, obstacle_words, ask, is_open, "
        "started_at, sent_at) values (gen_random_uuid(), $1, 0, 1, 'sent', '', '', '', '', false, now(), now()) "
        "returning id",
        commitment,
    )
    seats = await fetch(
        "select s.participant from coalition_seats s join coalitions c on c.id = s.coalition where c.number = 1"
    )
    for mark, seat in zip((5, 4, 4), seats, strict=True):
        await execute(
            "insert into pulse_marks (id, pulse, participant, mark) values (gen_random_uuid(), $1, $2, $3)",
            pulse,
            seat["participant"],
            mark,
        )
    table = (await amara.get(PAGE)).text.split("Coalitions by health inside and effect outside")[1]
    good = table.split("Partners find that they work well together")[1].split("</tr>")[0]
    assert "Keepers 1" in good.split("</td>")[1], "well together, and what is due is there"


async def test_it_is_the_convenor_s(client: Any, amara: Browser) -> None:
    for name in ("chidi", "fatima"):
        assert (await (await signed_in(client, name)).get(PAGE)).status_code == 403
