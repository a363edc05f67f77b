"""/privacy: who can read what, how long it is kept, and what cannot be promised."""

from __future__ import annotations

from typing import Any

import pytest

from app.analysis import readers
from app.analysis.readers import Answer
from app.settings import KEEP_DAYS
from deliberation.phases import Role
from tests.cast import signed_in
from tests.factories import join, make_consultation, propose


async def test_it_says_openly_that_the_host_could_read_everything(client: Any) -> None:
    page = (await client.get("/en/privacy")).text
    assert "Whoever operates the server could read its database" in page
    assert page.count("<td>could</td>") == len(readers.things())
    for days in set(KEEP_DAYS.values()):
        assert f'<td class="num">{days}</td>' in page


def cell(title: str, role: Role) -> Answer:
    (thing,) = [one for one in readers.things() if one.title == title]
    return thing.answers[role]


NAMES = {
    Role.VISITOR: None,
    Role.PARTICIPANT: "dana",
    Role.CURATOR: "gus",
    Role.MODERATOR: "ben",
    Role.CONVENOR: "amara",
    Role.AUDITOR: "fatima",
}


@pytest.mark.parametrize("role", NAMES)
async def test_who_reads_statements_is_as_the_table_says(client: Any, role: Role) -> None:
    here = await make_consultation()
    chidi = await join("chidi", here)
    await join("dana", here)
    places = {
        "Statements that are accepted": await propose(chidi, "Each village keeps its own wells."),
        "Statements that wait, or were declined": await propose(chidi, "A waiting statement.", accepted=False),
    }
    name = NAMES[role]
    browser = client if name is None else await signed_in(client, name)
    for title, proposal in places.items():
        answer = await browser.get(f"/en/c/water/statements/{proposal.number}")
        assert (answer.status_code == 200) == (cell(title, role) is Answer.YES), title
        assert "chidi" not in answer.text.lower()


@pytest.mark.parametrize("role", NAMES)
async def test_who_reads_of_a_reveal_is_as_the_table_says(client: Any, role: Role) -> None:
    await make_consultation()
    name = NAMES[role]
    browser = client if name is None else await signed_in(client, name)
    said = cell("A reveal of an author, but not who it is: the two persons alone", role)
    assert ((await browser.get("/en/c/water/reveals")).status_code == 200) == (said is Answer.CASE)
    assert (await browser.get("/en/c/water/audit")).status_code == 200 and said in (Answer.CASE, Answer.HAPPENED)


def test_nobody_is_ever_told_how_somebody_voted() -> None:
    for title in ("How somebody voted", "Whether somebody voted", "Who wrote a statement"):
        assert {cell(title, role) for role in Role if role is not Role.PARTICIPANT} == {Answer.NO}
        assert cell(title, Role.PARTICIPANT) is Answer.OWN
