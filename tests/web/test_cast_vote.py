"""POST /c/{slug}/votes/{number}: one current vote for each participant and statement, acknowledged once it is kept."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app import auth
from app.database import fetch, fetchval
from app.settings import get_settings
from app.supervisor import web_command
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from tests import factories
from tests.cast import Browser, signed_in

Here = tuple[Consultation, Proposal]


@pytest_asyncio.fixture
async def here(database: None) -> Here:
    made = await factories.make_consultation()
    dana = await factories.join("dana", made)
    await factories.join("chidi", made)
    return made, await factories.propose(dana, "Build wells with the villages that use them.")


async def votes() -> list[tuple[str, bool]]:
    return [(row["choice"], row["matters"]) for row in await fetch("select choice, matters from votes")]


async def test_it_records_the_vote_and_shows_what_comes_next(client: Any, here: Here) -> None:
    _, proposal = here
    chidi = await signed_in(client, "chidi")
    answer = await chidi.post(f"/en/c/water/votes/{proposal.number}", {"choice": "agree", "priority": "1"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/en/c/water/vote"
    assert await votes() == [("agree", True)]
    said = next(text for text in answer.headers.get_list("set-cookie") if "said=" in text)
    assert "You%20agreed%20with%20statement" in said


async def test_the_button_unsure_stores_pass(client: Any, here: Here) -> None:
    chidi = await signed_in(client, "chidi")
    page = await chidi.get("/en/c/water/vote")
    assert 'value="pass"' in page.text
    assert "Unsure" in page.text
    await chidi.post(f"/en/c/water/votes/{here[1].number}", {"choice": "pass"})
    assert await votes() == [("pass", False)]


async def test_a_second_vote_replaces_the_first(client: Any, here: Here) -> None:
    chidi = await signed_in(client, "chidi")
    for choice in ("agree", "pass", "disagree"):
        await chidi.post(f"/en/c/water/votes/{here[1].number}", {"choice": choice, "priority": "1"})
    await chidi.post(f"/en/c/water/votes/{here[1].number}", {"choice": "disagree"})
    assert await votes() == [("disagree", False)]


async def test_the_fragment_brings_the_next_card_and_the_way_back(client: Any, here: Here) -> None:
    chidi = await signed_in(client, "chidi")
    answer = await chidi.post(
        f"/en/c/water/votes/{here[1].number}", {"choice": "agree"}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "You agreed with statement" in answer.text
    assert f"/en/c/water/votes/{here[1].number}/undo" in answer.text


async def test_it_refuses_a_closed_round_with_a_sentence_and_keeps_the_vote(client: Any, here: Here) -> None:
    made, proposal = here
    chidi = await signed_in(client, "chidi")
    path = f"/en/c/water/votes/{proposal.number}"
    await chidi.post(path, {"choice": "agree"})
    for number, standing in ((1, "closed"), (2, "open"), (3, "open")):
        await factories.move_to(made, number, standing=standing)
        answer = await chidi.post(path, {"choice": "disagree"})
        assert answer.status_code == 410, (number, standing)
        assert "Voting is not open. Your earlier votes are kept." in answer.text
    assert await votes() == [("agree", False)]


@pytest.mark.parametrize("choice", ["", "maybe", "AGREE", "1", "\u0000", "agree\u202e", "x" * 5_000])
async def test_an_unknown_choice_keeps_the_card_and_says_so(client: Any, here: Here, choice: str) -> None:
    chidi = await signed_in(client, "chidi")
    for headers in ({}, {"hx-request": "true"}):
        answer = await chidi.post(f"/en/c/water/votes/{here[1].number}", {"choice": choice}, headers=headers)
        assert answer.status_code == 422
        assert "Build wells with the villages" in answer.text
        assert "Please choose agree, disagree or unsure." in answer.text
    assert await votes() == []


async def test_set_aside_is_no_vote_and_comes_back(client: Any, here: Here) -> None:
    chidi = await signed_in(client, "chidi")
    await chidi.post(f"/en/c/water/votes/{here[1].number}", {"choice": "later"})
    assert await votes() == []
    assert "Go to those you set aside" in (await chidi.get("/en/c/water/vote")).text
    assert "Build wells with the villages" in (await chidi.get("/en/c/water/vote?aside=true")).text


async def test_it_hides_the_statement_from_outsiders(client: Any, here: Here) -> None:
    path = f"/en/c/water/votes/{here[1].number}"
    for name in ("eve", "ben", "amara", "fatima", "gus"):
        browser = await signed_in(client, name)
        answer = await browser.post(path, {"choice": "agree"})
        assert answer.status_code == 403, name
        assert "Please join the consultation first" in answer.text
    assert await votes() == []


async def test_nobody_votes_on_what_waits_was_declined_or_is_not_there(client: Any, here: Here) -> None:
    made, _ = here
    waiting = await factories.propose(await factories.actor("dana", made), "Not read yet by anybody.", accepted=False)
    chidi = await signed_in(client, "chidi")
    for number in (waiting.number, 999, 2**31, 10**30, "one", -1):
        assert (await chidi.post(f"/en/c/water/votes/{number}", {"choice": "agree"})).status_code == 404, number
    dana = await signed_in(client, "dana")
    answer = await dana.post(f"/en/c/water/votes/{waiting.number}", {"choice": "agree"})
    assert answer.status_code == 409, "its author may see it, but it is not open for votes"
    assert await votes() == []


async def test_a_form_sent_twice_counts_once(client: Any, here: Here) -> None:
    chidi = await signed_in(client, "chidi")
    for _ in range(2):
        answer = await chidi.post(f"/en/c/water/votes/{here[1].number}", {"choice": "agree", "_key": "same" * 5})
        assert answer.status_code == 303
    assert await votes() == [("agree", False)]


async def test_a_vote_asks_for_one_analysis_and_leaves_no_trace_in_the_log(client: Any, here: Here) -> None:
    events = await fetchval("select count(*) from audit_events")
    for name in ("chidi", "dana"):
        browser = await signed_in(client, name)
        await browser.post(f"/en/c/water/votes/{here[1].number}", {"choice": "agree"})
    assert await fetchval("select count(*) from procrastinate_jobs where task_name = 'analyse'") == 1
    assert await fetchval("select count(*) from audit_events") == events


# -------- with real commits


async def in_a_round() -> tuple[Proposal, str]:
    """A committed consultation with one statement, and the session of somebody who has not voted on it."""
    from app.actions.accounts import open_session
    from tests.cast import person

    made = await factories.make_consultation()
    dana = await factories.join("dana", made)
    await factories.join("chidi", made)
    proposal = await factories.propose(dana, "Build wells with the villages that use them.")
    return proposal, await open_session((await person("chidi")).id)


async def test_fifty_identical_votes_at_once_are_one_vote(committing: str, application: Any) -> None:
    proposal, token = await in_a_round()
    base_url = get_settings().base_url
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=base_url, headers={"origin": base_url}) as client:
        chidi = Browser(client, token)
        answers = await asyncio.gather(
            *(chidi.post(f"/en/c/water/votes/{proposal.number}", {"choice": "agree"}) for _ in range(50))
        )
    assert {answer.status_code for answer in answers} == {303}
    assert await votes() == [("agree", False)]


@pytest.mark.slow
async def test_killing_the_server_right_after_an_acknowledged_vote_loses_nothing(committing: str) -> None:
    proposal, token = await in_a_round()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    from dataclasses import replace

    command = web_command(replace(get_settings(), port=port, n_web_workers=1))
    environment = os.environ | {"DATABASE_URL": committing}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        headers = {
            "cookie": f"{auth.cookie_name('sid')}={token}",
            "x-csrf-token": auth.Visit(token=token).csrf_token,
            "host": "127.0.0.1:8000",
            "origin": get_settings().base_url,
        }
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=10) as client:
            await answering(client)
            answer = await client.post(f"/en/c/water/votes/{proposal.number}", data={"choice": "disagree"})
            os.killpg(process.pid, signal.SIGKILL)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert answer.status_code == 303, answer.text
    assert await votes() == [("disagree", False)]


async def answering(client: httpx.AsyncClient) -> None:
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at:
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    pytest.fail(f"no answer from {sys.executable} -m granian")
