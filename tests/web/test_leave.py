"""A link that a participant wrote leads to a page that names its site first, and to no other place."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from app.rendering import environment, outward
from app.seals import sign_of
from deliberation.phases import Phase
from tests.factories import join, make_consultation, propose

LINK = "https://registry.example.org/wells?year=2026&page=2"


async def test_a_link_in_a_statement_s_details_leads_out_over_a_page_that_names_the_site(client: Any) -> None:
    made = await make_consultation(phases=(Phase.PROPOSE,))
    proposal = await propose(
        await join("chidi", made), "Each village keeps its own wells.", details=f"[source]({LINK})"
    )
    page = (await client.get(f"/en/c/water/statements/{proposal.number}")).text
    assert f'href="{LINK}' not in page
    way = unescape(re.search(r'href="(/en/leave\?[^"]+)"', page)[1])  # type: ignore[index]
    answer = await client.get(way)
    assert answer.status_code == 200
    assert "registry.example.org" in answer.text
    assert f'href="{LINK.replace("&", "&amp;")}" rel="nofollow ugc noopener noreferrer"' in answer.text


@pytest.mark.parametrize("sign", ["", "0" * 32])
async def test_nobody_else_s_link_borrows_our_name(client: Any, sign: str) -> None:
    assert (await client.get("/en/leave", params={"to": LINK, "sign": sign})).status_code == 404
    other = await client.get("/en/leave", params={"to": LINK + "0", "sign": sign_of(LINK)})
    assert other.status_code == 404


@pytest.mark.parametrize("to", ["javascript:alert(1)", "//evil.example", "https://", ""])
async def test_only_addresses_of_the_web_are_led_to(client: Any, to: str) -> None:
    assert (await client.get("/en/leave", params={"to": to, "sign": sign_of(to)})).status_code == 404


def test_an_address_for_mail_stays_as_it_is() -> None:
    assert outward("mailto:wells@example.org") == "mailto:wells@example.org"
    text = environment().filters["markdown"]("[write](mailto:wells@example.org)")
    assert 'href="mailto:wells@example.org"' in text
