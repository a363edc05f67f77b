"""What leaves the site: calendar, feed, poster, the wall of a room, and results inside another's page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from icalendar import Calendar

from app.controllers import sharing
from app.database import execute, fetchval
from app.environment import SettingsError
from app.settings import Settings, get_settings
from deliberation.disclosure import Attribution
from deliberation.phases import Phase
from tests import simulated
from tests.factories import join, make_consultation, move_to, propose

ATOM = "{http://www.w3.org/2005/Atom}"


async def here(client: Any) -> None:
    made = await make_consultation(phases=(Phase.PROPOSE, Phase.CURATE), attribution=Attribution.OPEN)
    await propose(await join("chidi", made), "Each village keeps its own wells.")


async def test_a_calendar_holds_each_round_in_the_reader_s_language(client: Any) -> None:
    await here(client)
    answer = await client.get("/fr/c/water/calendar.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    events = list(Calendar.from_ical(answer.text).walk("VEVENT"))
    assert len(events) == 4
    assert "Clean water for all" in str(events[0]["summary"])
    assert str(events[0]["url"]).endswith("/fr/c/water")
    again = Calendar.from_ical((await client.get("/ar/c/water/calendar.ics")).text)
    assert [str(one["uid"]) for one in again.walk("VEVENT")] == [str(one["uid"]) for one in events]


async def test_a_feed_tells_what_became_public_newest_first_and_never_twice(client: Any) -> None:
    await here(client)
    feed = ElementTree.fromstring((await client.get("/en/c/water/feed.atom")).content)
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Proposals and votes are open"
    number = await fetchval("select consultation from rounds limit 1")
    await move_to(await _consultation(number), 2)
    later = ElementTree.fromstring((await client.get("/en/c/water/feed.atom")).content)
    titles = [one.findtext(f"{ATOM}title") for one in later.findall(f"{ATOM}entry")]
    assert titles[0] == "The curators choose their slate"
    assert len(titles) == 3
    assert entry.findtext(f"{ATOM}id") in [one.findtext(f"{ATOM}id") for one in later.findall(f"{ATOM}entry")]


async def _consultation(number: Any) -> Any:
    from app.tables.consultations import Consultation

    return await Consultation.objects().where(Consultation.id == number).first()


async def test_a_feed_escapes_what_a_convenor_wrote(client: Any) -> None:
    await here(client)
    await execute("update consultations set title = 'Water & <b>wells</b>'")
    feed = ElementTree.fromstring((await client.get("/en/c/water/feed.atom")).content)
    assert feed.findtext(f"{ATOM}title") == "Water & <b>wells</b>"


async def test_a_poster_s_square_holds_the_address_in_the_poster_s_language(client: Any) -> None:
    await here(client)
    page = (await client.get("/es/c/water/poster")).text
    address = f"{get_settings().base_url}/es/c/water"
    assert address in page
    assert re.search(r'<img src="data:image/svg\+xml[^"]+" alt="[^"]+"', page)


async def test_the_wall_shows_how_to_come_in_and_no_results_before_their_time(client: Any) -> None:
    await here(client)
    page = (await client.get("/en/c/water/present")).text
    assert "There are no results to show yet." in page
    assert 'data-hx-trigger="every 30s"' in page
    assert "Each village keeps its own wells." not in page


async def test_results_are_shown_inside_other_sites_only_where_the_settings_name_them(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here(client)
    refused = await client.get("/en/c/water/embed")
    assert refused.status_code == 403
    assert "frame-ancestors 'none'" in refused.headers["content-security-policy"]
    allowed = replace(get_settings(), embedded_by=("https://un.example",))
    monkeypatch.setattr(sharing, "get_settings", lambda: allowed)
    answer = await client.get("/en/c/water/embed")
    assert answer.status_code == 200
    assert "frame-ancestors https://un.example" in answer.headers["content-security-policy"]
    assert "<form" not in answer.text
    assert "<script" not in answer.text
    other = await client.get("/en/c/water")
    assert "frame-ancestors 'none'" in other.headers["content-security-policy"]


@pytest.mark.parametrize("sites", ["http://un.example", "https://*.example", "https://un.example/page", "*", "'self'"])
def test_a_site_that_is_no_https_origin_refuses_the_start(sites: str) -> None:
    with pytest.raises(SettingsError, match="PLENARY_EMBEDDED_BY"):
        Settings.from_environment({"PLENARY_EMBEDDED_BY": sites})


@pytest.mark.slow
@pytest.mark.parametrize("n_participants", [120, 20])
async def test_the_wall_and_other_sites_show_first_what_the_results_show(
    client: Any, monkeypatch: pytest.MonkeyPatch, n_participants: int
) -> None:
    made = await make_consultation()
    await move_to(made, 1, standing="closed")
    await simulated.fill(made, n_participants=n_participants, n_statements=20)
    await simulated.freeze_first_round(made)
    results = (await client.get("/en/c/water/results")).text
    allowed = replace(get_settings(), embedded_by=("https://un.example",))
    monkeypatch.setattr(sharing, "get_settings", lambda: allowed)
    for path in ("present", "embed"):
        answer = await client.get(f"/en/c/water/{path}")
        assert answer.status_code == 200
        shown = re.findall(r"<blockquote[^>]*>([^<]+)</blockquote>", answer.text)
        assert shown
        assert all(text in results for text in shown)
        if n_participants == 20:
            assert "%" not in re.sub(r"<img[^>]+>", "", answer.text), "a small room hears words"
