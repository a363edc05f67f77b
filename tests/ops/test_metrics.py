"""GET /metrics: what happened and what waits, added up over processes, private, and without anybody in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from app import metrics
from app.controllers import health
from app.environment import SettingsError
from app.queue import enqueue
from app.settings import Settings, get_settings
from tests import factories
from tests.cast import signed_in

TOKEN = "0123456789abcdef" * 4


def value_of(text: str, line: str) -> float:
    return next(float(one.rpartition(" ")[2]) for one in text.splitlines() if one.startswith(line + " "))


async def test_requests_jobs_pool_and_votes_are_counted_by_route_and_status(client: Any) -> None:
    here = await factories.make_consultation()
    who = await factories.join("chidi", here)
    await factories.vote(who, await factories.propose(who, "Wells first."), "agree")
    await enqueue("analyse", consultation_id=str(here.id))
    counted = 'plenary_requests_total{method="GET",route="/c/{slug}",status="200"}'
    await client.get("/en/c/water")
    before = value_of((await client.get("/metrics")).text, counted)
    await client.get("/en/c/water")
    await client.get("/en/c/nothing-here")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert value_of(answer.text, counted) == before + 1
    assert 'route="/c/{slug}",status="404"' in answer.text
    assert value_of(answer.text, 'plenary_request_seconds_count{route="/c/{slug}"}') >= 3
    assert value_of(answer.text, 'plenary_jobs{status="todo"}') >= 1
    assert value_of(answer.text, 'plenary_jobs{status="failed"}') == 0
    assert value_of(answer.text, "plenary_jobs_oldest_seconds") >= 0
    assert value_of(answer.text, 'plenary_pool_connections{state="open"}') >= 1
    for line in ("plenary_votes", "plenary_workers"):
        assert value_of(answer.text, line) >= 0


async def test_nobody_is_in_the_figures(client: Any) -> None:
    await factories.make_consultation()
    chidi = await signed_in(client, "chidi")
    for path in ("/en/c/water", "/en/me", "/en/c/water/browse?q=canary", "/en/canary-of-mine", "/xx/canary"):
        await chidi.get(path)
    text = (await client.get("/metrics")).text
    for canary in ("water", "canary", "chidi", "example.org", "127.0.0.1"):
        assert canary not in text


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer " + TOKEN[:-1], "Basic " + TOKEN, "Bearer \xff"])
async def test_with_a_token_nobody_reads_them_without_it(
    client: Any, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.setattr(health, "get_settings", lambda: replace(get_settings(), metrics_token=TOKEN))
    headers = {} if given is None else {"authorization": given.encode("latin-1")}
    refused = await client.get("/metrics", headers=headers)
    assert refused.status_code == 404
    assert "plenary_requests" not in refused.text
    assert (await client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})).status_code == 200


async def test_without_a_token_only_this_machine_reads_them_and_in_production_nobody(
    client: Any, application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx

    from tests.conftest import BASE_URL

    far = httpx.ASGITransport(app=application, client=("203.0.113.9", 5000))
    async with httpx.AsyncClient(transport=far, base_url=BASE_URL) as elsewhere:
        assert (await elsewhere.get("/metrics")).status_code == 404
    monkeypatch.setattr(health, "get_settings", lambda: replace(get_settings(), is_production=True))
    assert (await client.get("/metrics")).status_code == 404


def test_a_token_that_can_be_guessed_is_refused(tmp_path: Any) -> None:
    base = {"PLENARY_DATA_DIR": str(tmp_path)}
    with pytest.raises(SettingsError, match="PLENARY_METRICS_TOKEN must have at least 32"):
        Settings.from_environment(base | {"PLENARY_METRICS_TOKEN": "hunter2"})
    (tmp_path / "token").write_text(TOKEN + "\n")
    given = Settings.from_environment(base | {"PLENARY_METRICS_TOKEN_FILE": str(tmp_path / "token")})
    assert given.metrics_token == TOKEN
    assert TOKEN not in repr(given)


COUNTING = """
from app import metrics
for _ in range(3):
    metrics.observe({"method": "GET", "path_template": "/c/{slug}"}, status=200, seconds=0.02)
metrics._pool.labels("open").set(4)
"""


@pytest.mark.slow
async def test_the_figures_of_several_processes_are_added_up(database: None, tmp_path: Any) -> None:
    given = os.environ | {metrics.FOLDER: str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNTING], env=given, check=True)
    asking = COUNTING + (
        "import asyncio\n"
        "async def nothing():\n    return []\n"
        "metrics._stored = nothing\n"
        "print(asyncio.run(metrics.text()).decode())\n"
    )
    text = subprocess.run([sys.executable, "-c", asking], env=given, check=True, capture_output=True, text=True).stdout
    assert value_of(text, 'plenary_requests_total{method="GET",route="/c/{slug}",status="200"}') == 9
    # The two that have ended hold no connections any more.
    assert value_of(text, 'plenary_pool_connections{state="open"}') == 4
