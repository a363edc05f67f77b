"""/c/{slug}/propose/check: whoever writes their own name or organisation is warned before it is submitted."""

from __future__ import annotations

from typing import Any

import pytest

from app.database import execute
from deliberation.disclosure import Attribution
from tests.cast import signed_in
from tests.factories import join, make_consultation

WARNING = "It seems to say who you are"


async def checked(client: Any, statement: str) -> str:
    chidi = await signed_in(client, "chidi")
    answer = await chidi.post("/en/c/water/propose/check", {"statement": statement, "language": "en"})
    assert answer.status_code == 200
    return str(answer.text)


@pytest.mark.parametrize(
    ("statement", "is_warned"),
    [
        ("Ask Chidi Okafor, who measured the flow.", True),
        ("The Wells Union believes that fees must fall.", True),
        ("Wells should be built with the villages.", False),
        ("A union of villages should own each well.", False),
    ],
)
async def test_own_names_are_warned_of(client: Any, statement: str, is_warned: bool) -> None:
    await join("chidi", await make_consultation(), organisation="Wells Union")
    await execute("update accounts set name = 'Chidi Okafor' where email = 'chidi@example.org'")
    assert (WARNING in await checked(client, statement)) is is_warned


async def test_where_authors_are_named_nobody_is_warned(client: Any) -> None:
    await join("chidi", await make_consultation(attribution=Attribution.ATTRIBUTED), organisation="Wells Union")
    assert WARNING not in await checked(client, "The Wells Union believes that fees must fall.")
