"""Analyses in the worker: of a large consultation the map comes first, and a packed copy of the votes is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import access
from app.actions import analyses
from app.analysis import landscape as bridge
from app.database import fetch, fetchval
from app.jobs import analyse as job
from app.jobs.apart import apart
from app.refusals import Conflict
from deliberation.landscape import Landscape
from tests.rooms import crowd

pytestmark = pytest.mark.slow  # a consultation is led through its rounds


async def test_a_large_consultation_has_its_map_before_the_evidence_and_its_votes_packed(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await crowd(60)
    monkeypatch.setattr(job, "LARGE", 100)
    await job.analyse(consultation_id=str(here.id))
    evidence = "select evidence from analyses where consultation = $1 and kind = 'live'"
    assert [row["evidence"] for row in await fetch(evidence, here.id)] == ["quick"]
    waiting = "select count(*) from procrastinate_jobs where task_name = 'look_for_groups' and args ->> $2 = $1"
    assert await fetchval(waiting, str(here.id), "consultation_id") == 1
    assert await fetchval("select bool_and(votes is not null) from packed_votes where consultation = $1", here.id)
    await job.look_for_groups(consultation_id=str(here.id))
    assert [row["evidence"] for row in await fetch(evidence, here.id)] == ["full"]


async def test_a_search_for_groups_ends_when_a_newer_map_is_there(
    committing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await crowd(60)
    monkeypatch.setattr(job, "LARGE", 100)
    monkeypatch.setattr(job, "LOOK_SECONDS", 0.05)
    seen = []

    async def endless(*_: object, **__: object) -> None:
        seen.append("begun")
        try:
            # Meanwhile another vote was cast, and the map drawn anew.
            await job.analyse(consultation_id=str(here.id))
            await asyncio.sleep(3600)
        finally:
            seen.append("ended")

    monkeypatch.setattr(job, "_done", endless)
    await asyncio.wait_for(job.look_for_groups(consultation_id=str(here.id)), 60)
    assert seen == ["begun", "ended"]
    evidence = "select evidence from analyses where consultation = $1 and kind = 'live'"
    assert [row["evidence"] for row in await fetch(evidence, here.id)] == ["quick"]


async def test_an_analysis_of_older_votes_does_not_take_the_place_of_a_newer_one(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await crowd(60)
    monkeypatch.setattr(job, "LARGE", 100)
    kept, compute = [], bridge.compute

    def keep(given: bridge.Input, **settings: Any) -> Landscape:
        kept.append(given)
        return compute(given, **settings)

    monkeypatch.setattr(bridge, "compute", keep)
    await job.analyse(consultation_id=str(here.id))
    by = await access.system_actor(here.id)
    older = replace(kept[0], until=kept[0].until - timedelta(seconds=5))
    found = compute(older, seed=1, evidence="quick", previous=None)
    with pytest.raises(Conflict):
        await analyses.record(
            landscape=found,
            kind="live",
            round_id=None,
            votes_until=older.until,
            previous=None,
            n_participants=60,
            by=by,
        )


async def test_long_evidence_is_weighed_in_a_process_of_its_own(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await crowd(60)
    asked: list[str] = []

    async def noted(work: Callable[..., Any], /, *args: Any, **settings: Any) -> Any:
        asked.append(settings["evidence"])
        return await apart(work, *args, **settings)

    monkeypatch.setattr(job, "apart", noted)
    monkeypatch.setattr(job, "APART", 100)
    await job.analyse(consultation_id=str(here.id))
    assert asked == ["full"]
    evidence = "select evidence from analyses where consultation = $1 and kind = 'live'"
    assert [row["evidence"] for row in await fetch(evidence, here.id)] == ["full"]


async def test_a_small_consultation_has_both_at_once_and_no_copy(database: None) -> None:
    here = await crowd(60)
    await job.analyse(consultation_id=str(here.id))
    evidence = "select evidence from analyses where consultation = $1 and kind = 'live'"
    assert [row["evidence"] for row in await fetch(evidence, here.id)] == ["full"]
    assert await fetchval("select count(*) from packed_votes where votes is not null") == 0
    assert await fetchval("select count(*) from packed_votes") == 60
