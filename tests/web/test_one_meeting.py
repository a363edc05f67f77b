"""One meeting runs lean: from the empty form to the first vote in a few pages, with one convenor and one moderator."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.database import fetch, fetchrow, fetchval, now
from tests.cast import Browser, signed_in
from tests.web.test_designer import typed_in

SECONDS_A_PAGE, SECONDS_A_FIELD, SECONDS_A_CHOICE = 8, 18, 4
"""Finding one's way on a page, typing one short line, ticking or pressing one thing: generous for somebody new."""
HOME = "/en/c/wells-for-the-valley"


@dataclass
class Walk:
    """What people see and do on the way, page by page; redirects are followed as a browser does."""

    pages: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    async def open(self, browser: Browser, path: str) -> str:
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        self.pages.append(path)
        return str(answer.text)

    async def send(
        self, browser: Browser, path: str, fields: dict[str, Any], *, typed: tuple[str, ...] = (), chosen: int = 1
    ) -> str:
        """The form is sent; `chosen` counts the button and what was ticked."""
        answer = await browser.post(path, fields)
        assert answer.status_code == 303, answer.text
        self.typed += typed
        self.chosen += [path] * chosen
        return await self.open(browser, answer.headers["location"])

    @property
    def seconds(self) -> int:
        return (
            SECONDS_A_PAGE * len(self.pages) + SECONDS_A_FIELD * len(self.typed) + SECONDS_A_CHOICE * len(self.chosen)
        )


async def convene(walk: Walk, amara: Browser) -> None:
    """The convenor types four lines: a title, a question, the moderator's address, one statement to begin with."""
    page = await walk.open(amara, "/en/convene/new?template=one_meeting")
    fields = typed_in(page) | {"title": "Wells for the valley", "question": "What keeps a well alive?", "do": "save"}
    await walk.send(amara, "/en/convene/new", fields, typed=("title", "question"))
    people = {"email": "ben@example.org", "role": "moderator"}
    await walk.send(amara, f"{HOME}/convene/people", people, typed=("email",))
    await walk.open(amara, f"{HOME}/convene/starters")
    starter = {"statement": "Wells last where a mechanic lives nearby.", "language": "en"}
    await walk.send(amara, f"{HOME}/convene/starters", starter, typed=("statement",))
    page = await walk.open(amara, f"{HOME}/convene/launch")
    assert "Launch this consultation?" in page
    await walk.send(amara, f"{HOME}/convene/launch", {})


async def vote(walk: Walk, chidi: Browser) -> None:
    """The participant follows the link, says for whom they speak, and presses Agree."""
    page = await walk.open(chidi, HOME)
    assert "Start voting" in page
    await walk.open(chidi, f"{HOME}/join")
    page = await walk.send(chidi, f"{HOME}/join", {"constituency": "ngos", "consent": "yes"}, chosen=3)
    assert "a mechanic lives nearby" in page, "the first statement is there at once"
    action = re.search(r'<form id="ballot"[^>]*action="([^"]+)"', page)
    assert action is not None
    await walk.send(chidi, action[1], {"choice": "agree"})


async def test_from_creation_to_the_first_vote_in_under_five_minutes_and_without_waiting(client: Any) -> None:
    walk, started = Walk(), await now()
    amara, chidi = await signed_in(client, "amara"), await signed_in(client, "chidi")
    await convene(walk, amara)
    opened = await fetchrow("select opens_at, closes_at from rounds where number = 1")
    assert opened is not None
    assert opened["opens_at"] <= started + timedelta(seconds=1), "it was open when it was launched"
    await vote(walk, chidi)
    assert await fetchval("select choice from votes") == "agree"
    assert len(walk.pages) <= 11, walk.pages
    assert len(walk.typed) == 4, walk.typed
    assert walk.seconds <= 300, f"{walk.seconds} seconds on {len(walk.pages)} pages"
    jobs = await fetch("select status::text as status from procrastinate_jobs")
    assert {row["status"] for row in jobs} <= {"todo"}, "no job has run, so nobody waited for one"


async def test_one_convenor_and_one_moderator_are_enough(client: Any) -> None:
    walk = Walk()
    await convene(walk, await signed_in(client, "amara"))
    roles = [row["role"] for row in await fetch("select role from memberships")]
    assert sorted(roles) == ["convenor", "moderator"]
    assert await fetchval("select lifecycle from consultations") == "running"
    settings = await fetchval("select settings->'criteria' from rounds where phase = 'curate'")
    assert settings == "[]", "nothing is scored unless the convenor asks for it"


async def test_a_spoken_point_is_voted_on_two_forms_later(client: Any) -> None:
    walk = Walk()
    await convene(walk, await signed_in(client, "amara"))
    ben, chidi = await signed_in(client, "ben"), await signed_in(client, "chidi")
    await vote(walk, chidi)
    said = {"statement": "Children learn it at school.", "language": "en"}
    answer = await ben.post(f"{HOME}/rapporteur", said | {"looked_at": said["statement"]})
    assert answer.status_code == 303
    page = (await chidi.get(f"{HOME}/vote")).text
    assert "Children learn it at school." in page and "Noted in the room" in page


async def test_the_moderator_alone_confirms_a_quarter_of_an_hour_more(client: Any) -> None:
    walk = Walk()
    amara, ben = await signed_in(client, "amara"), await signed_in(client, "ben")
    await convene(walk, amara)
    later = (await fetchval("select closes_at from rounds where number = 1")) + timedelta(minutes=15)
    fields = {"closes_date": f"{later:%Y-%m-%d}", "closes_time": f"{later:%H:%M}", "reason": "We began late."}
    assert (await amara.post(f"{HOME}/convene/extend", fields)).status_code == 303
    asked = await fetchval("select id from extensions")
    assert (await ben.post(f"{HOME}/extension/{asked}", {"agrees": "yes"})).status_code == 303
    after = await fetch("select opens_at, closes_at from rounds order by number")
    assert after[0]["closes_at"] == after[1]["opens_at"] == later, "what follows moves along"
    assert after[1]["closes_at"] - after[1]["opens_at"] == timedelta(hours=1)
