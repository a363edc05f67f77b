"""GET /c/{slug}/results/charts/…, /power/charts/…, /summary/charts/…: for whom the page is, and no further."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from app.controllers import pictures
from app.database import execute
from app.documents import raster
from app.jobs.check_power import check_power
from tests import crowd, factories, rooms, simulated
from tests.cast import signed_in

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

LINK = re.compile(r'href="(/en/c/water/[a-z]+/charts/[^"]+)"')


def links(page: str) -> list[str]:
    return [one.replace("&amp;", "&") for one in LINK.findall(page)]


async def opened(reader, path: str) -> None:
    """The file is what its name says, and is not sent twice."""
    answer = await reader.get(path)
    assert answer.status_code == 200, path
    ending = re.search(r"\.(svg|png)", path).group(1)
    assert answer.headers["content-type"].startswith(pictures.TYPES[ending])
    assert re.search(rf'filename="water-[a-z-]+-en\.{ending}"', answer.headers["content-disposition"])
    if ending == "svg":
        assert ElementTree.fromstring(answer.text).find("{http://www.w3.org/2000/svg}title").text
    else:
        assert answer.content.startswith(raster.SIGNATURE)
    again = await reader.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


async def test_every_chart_of_the_results_can_be_had_as_svg_and_png(client):
    here = await factories.make_consultation()
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here, n_participants=120, n_statements=24)
    await simulated.freeze_first_round(here)
    eve = await signed_in(client, "eve")
    found = links((await eve.get("/en/c/water/results")).text)
    names = {re.search(r"charts/([a-z]+)", one).group(1) for one in found}
    assert {"common", "divides", "gaps", "map", "lands"} <= names
    assert len(found) == 2 * len(names)
    for path in found:
        await opened(eve, path)
    assert (await eve.get("/en/c/water/results/charts/nothing.svg")).status_code == 404
    assert (await eve.get("/en/c/water/results/charts/gaps.exe")).status_code == 404
    assert (await eve.get("/en/c/water/results/charts/lands.svg?s=99999")).status_code == 404


async def test_no_chart_of_a_round_that_is_open_under_the_chatham_house_rule(client):
    here = await factories.make_consultation()
    await simulated.fill(here, n_participants=40, n_statements=10)
    await simulated.analyse_now(here)
    for name in ("amara", "eve"):
        assert (await (await signed_in(client, name)).get("/en/c/water/results/charts/gaps.svg")).status_code == 403


async def test_charts_of_the_power_balance_are_for_those_who_see_it(client):
    here = await factories.make_consultation()
    await crowd.gather(here)
    await check_power(consultation_id=str(here.id))
    ben = await signed_in(client, "ben")
    found = links((await ben.get("/en/c/water/power")).text)
    assert {"days", "spread"} <= {re.search(r"charts/([a-z]+)", one).group(1) for one in found}
    for path in found:
        await opened(ben, path)
    eve = await signed_in(client, "eve")
    assert {(await eve.get(path)).status_code for path in found} == {403}


async def test_charts_of_a_draft_are_for_those_who_see_the_draft(client):
    await rooms.crowd()
    amara = await signed_in(client, "amara")
    found = links((await amara.get("/en/c/water/summary")).text)
    assert {"gaps", "common", "divides", "people-constituency"} <= {
        re.search(r"charts/([a-z-]+)\.", one).group(1) for one in found
    }
    for path in found:
        await opened(amara, path)
    eve = await signed_in(client, "eve")
    assert {(await eve.get(path)).status_code for path in found} == {403}
    assert (await eve.get(found[0].split("?")[0])).status_code == 404


async def test_a_small_room_has_no_chart_of_its_votes(client):
    await rooms.small_room()
    amara = await signed_in(client, "amara")
    assert links((await amara.get("/en/c/water/summary")).text) == []
    assert links((await amara.get("/en/c/water/results")).text) == []
    for name in ("gaps", "common", "divides", "map", "people-constituency"):
        for page in ("results", "summary"):
            path = f"/en/c/water/{page}/charts/{name}.svg?draft=1"
            assert (await amara.get(path)).status_code == 404


async def test_a_picture_is_in_english_where_no_font_has_the_letters(client, monkeypatch):
    here = await rooms.crowd()
    await execute("update consultations set title = 'Water' where id = $1", here.id)
    monkeypatch.setattr(raster, "can_write", lambda language: language not in ("ar", "zh"))
    amara = await signed_in(client, "amara")
    path = "/c/water/summary/charts/people-constituency.{}?draft=1"
    png = await amara.get("/ar" + path.format("png"))
    assert "people-constituency-en.png" in png.headers["content-disposition"]
    assert png.content == (await amara.get("/en" + path.format("png"))).content
    svg = await amara.get("/ar" + path.format("svg"))
    assert 'xml:lang="ar"' in svg.text
