"""Dominance inside a coalition: raised as an alert like one on a slate, told without names, cleared when it is gone."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from app.database import execute, fetchval
from app.jobs.check_power import check_power
from app.tables.alerts import Alert
from tests.cast import Browser, signed_in
from tests.harbour import offer_of, offered, published


@pytest_asyncio.fixture
async def room(client: Any, database: None) -> tuple[Any, Browser]:
    """A line-up of Chidi and Ivo of the NGOs with Dana: two of three."""
    made, proposal = await published()
    await offered(made, proposal)
    amara = await signed_in(client, "amara")
    offers = [await offer_of(name) for name in ("chidi", "ivo", "dana")]
    await amara.post(
        f"/en/c/water/coalitions/new/{proposal.number}", {"title": "Well keepers", "n_needed": "3", "offers": offers}
    )
    return made, amara


async def alerts_of(made: Any) -> list[Alert]:
    await check_power(consultation_id=str(made.id))
    where = (Alert.consultation == made.id) & (Alert.kind == "coalition_dominated")
    return await Alert.objects().where(where).order_by(Alert.subject)


async def test_two_of_three_raise_an_alert_for_the_moderators(client: Any, room: Any) -> None:
    found = await alerts_of(room[0])
    assert [(alert.subject, alert.level) for alert in found] == [("1:constituency:ngos", "flag")]
    assert await fetchval("select count(*) from messages where kind = 'alert_raised'") == 1
    ben = await signed_in(client, "ben")
    page = await ben.get(f"/en/c/water/alerts/{found[0].id}")
    assert page.status_code == 200
    assert "coalition 1" in page.text
    assert "A small category" in page.text, "of two NGOs in a small room nothing is said"


async def test_a_line_up_asks_for_a_look(room: Any) -> None:
    waiting = "select count(*) from procrastinate_jobs where task_name = 'check_power' and status = 'todo'"
    assert await fetchval(waiting) == 1


async def test_it_clears_after_two_looks_once_others_are_asked(client: Any, room: Any) -> None:
    made, amara = room
    await alerts_of(made)
    for version, (verb, name) in enumerate((("swap", "hana"), ("add", "jun"), ("add", "kim"))):
        fields = {"verb": verb, "comes": await offer_of(name), "goes": await offer_of("ivo") if verb == "swap" else ""}
        answer = await amara.post(
            "/en/c/water/coalitions/1/line-up",
            {"_version": str(version), "reason_code": "balance", "sentence": "More than one voice."} | fields,
        )
        assert answer.status_code == 303, answer.text
    assert (await alerts_of(made))[0].cleared_at is None
    found = await alerts_of(made)
    assert [alert.subject for alert in found if alert.cleared_at is None] == []


async def test_it_holds_no_publication(room: Any) -> None:
    from app.analysis.holding import held

    await alerts_of(room[0])
    assert await held(room[0].id) is None


async def test_an_organisation_is_told_of_and_not_named(client: Any, room: Any) -> None:
    made, _ = room
    await execute(
        "update participants set organisation = (select id from organisations where name = 'Wells Union') "
        "where constituency = 'ngos'"
    )
    found = await alerts_of(made)
    assert len(found) == 2
    ben = await signed_in(client, "ben")
    texts = [(await ben.get(f"/en/c/water/alerts/{alert.id}")).text for alert in found]
    assert any("One organisation" in text for text in texts)
    assert not any("Wells Union" in text for text in texts)
