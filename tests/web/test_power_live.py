"""GET /live/{slug}/power: the open monitor learns that the balance was looked at again, and fetches itself anew."""

from __future__ import annotations

import re

from app.jobs.check_power import check_power
from tests import crowd, factories
from tests.cast import signed_in
from tests.web.test_results_live import Stream, listening

__all__ = ["listening"]  # the fixture of this name
PATH = "/en/c/water/power"


async def test_the_monitor_learns_of_each_look_and_of_nothing_that_was_found(listening, application):
    here = await factories.make_consultation()
    made = await crowd.gather(here)
    ben = await signed_in(None, "ben")
    page = await Stream(application, "/live/water/power", token=ben.token).until("open")
    assert page.status == 200
    assert page.headers["cache-control"] == "no-store"
    await check_power(consultation_id=str(here.id))
    await page.until("event: changed")
    said = {line.removeprefix("data: ") for line in page.text.splitlines() if line.startswith("data: ")}
    assert said == {str(here.id)}
    assert str(made.forum) not in page.text
    await page.close()


async def test_only_who_may_see_the_balance_may_listen(client):
    await factories.make_consultation()
    for name in ("amara", "chidi", "eve"):
        assert (await (await signed_in(client, name)).get("/live/water/power")).status_code in {403, 404}


async def test_the_page_works_without_scripts_and_its_part_is_fetched_alone(client):
    here = await factories.make_consultation()
    await crowd.gather(here)
    await check_power(consultation_id=str(here.id))
    ben = await signed_in(client, "ben")
    page = (await ben.get(f"{PATH}?by=region")).text
    assert 'data-hx-sse:connect="/live/water/power"' in page
    part = re.search(r'<div id="power" class="stack" data-hx-get="([^"]+)" data-hx-trigger="changed from:#live', page)
    assert part
    assert part.group(1) == f"{PATH}?by=region"
    assert "For your decision" in page
    alone = (await ben.get(part.group(1), headers={"HX-Request": "true"})).text
    assert alone.lstrip().startswith('<div id="power"')
    assert "For your decision" in alone
    assert "<html" not in alone
