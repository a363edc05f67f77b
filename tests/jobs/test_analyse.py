"""Analyses in the worker: of a large consultation the map comes first, and a packed copy of the votes is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import access
from app.actions import analyses
from app.analysis import landscape as bridge
from app.analysis import searches
from app.database import execute, fetch, fetchval
from app.jobs import analyse as job
from app.jobs.apart import apart
from app.refusals import Conflict
from app.tables.consultations import Consultation
from deliberation.landscape import Landscape
from tests.rooms import crowd

pytestmark = pytest.mark.slow  # a consultation is led through its rounds


STORED = "select kind, evidence from analyses where consultation = $1 and kind <> 'frozen' order by kind"
WAITING = "select count(*) from procrastinate_jobs where task_name = $2 and status = 'todo' and args ->> $3 = $1"


async def stored(here: Consultation) -> list[tuple[str, str]]:
    return [(row["kind"], row["evidence"]) for row in await fetch(STORED, here.id)]


async def n_waiting(here: Consultation, task: str) -> int:
    return int(await fetchval(WAITING, str(here.id), task, "consultation_id"))


async def landscape_of(here: Consultation, kind: str) -> Landscape:
    text = await fetchval("select landscape from analyses where consultation = $1 and kind = $2", here.id, kind)
    return Landscape.from_json(json.loads(text))


async def test_a_large_consultation_has_its_map_first_and_keeps_the_groups_found_while_people_vote(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await crowd(60)
    monkeypatch.setattr(job, "LARGE", 100)
    monkeypatch.setattr(job, "APART", 100)
    await job.analyse(consultation_id=str(here.id))
    assert await stored(here) == [("live", "quick")]
    assert await n_waiting(here, "look_for_groups") == 1
    assert await fetchval("select bool_and(votes is not null) from packed_votes where consultation = $1", here.id)
    await job.look_for_groups(consultation_id=str(here.id))
    assert await stored(here) == [("live", "quick"), ("search", "full")]
    assert await n_waiting(here, "analyse") == 1
    await job.analyse(consultation_id=str(here.id))
    assert await stored(here) == [("live", "kept"), ("search", "full")]
    searched, shown = await landscape_of(here, "search"), await landscape_of(here, "live")
    assert shown.groups.status == searched.groups.status
    assert (shown.groups.letters, shown.groups.evidence) == (searched.groups.letters, searched.groups.evidence)
    assert shown.previous_digest == searched.digest
    # A second search that was asked for meanwhile finds nothing left to do.
    await execute("delete from procrastinate_jobs where task_name = 'analyse'")
    await job.look_for_groups(consultation_id=str(here.id))
    assert await n_waiting(here, "analyse") == 0
    # Another vote, and the groups stay; only after a while, or many votes, are they looked for again.
    await execute("delete from procrastinate_jobs where task_name = 'look_for_groups'")
    await job.analyse(consultation_id=str(here.id))
    assert await stored(here) == [("live", "kept"), ("search", "full")]
    assert await n_waiting(here, "look_for_groups") == 0
    monkeypatch.setattr(searches, "AGE", timedelta(0))
    await job.analyse(consultation_id=str(here.id))
    assert await n_waiting(here, "look_for_groups") == 1
    await job.look_for_groups(consultation_id=str(here.id))
    await job.analyse(consultation_id=str(here.id))
    assert await stored(here) == [("live", "kept"), ("search", "full")]  # the older search is gone


async def test_groups_that_rest_on_somebody_who_was_left_out_are_not_kept(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await crowd(60)
    monkeypatch.setattr(job, "APART", 100)
    await job.look_for_groups(consultation_id=str(here.id))
    space = (await landscape_of(here, "search")).space
    assert space is not None
    gone = int(space.participant_ids[0])
    await execute("update participants set has_objected = true where id = $1", gone)
    await job.analyse(consultation_id=str(here.id))
    assert await stored(here) == [("live", "quick"), ("search", "full")]
    assert await n_waiting(here, "look_for_groups") == 1
    space = (await landscape_of(here, "live")).space
    assert space is not None
    assert gone not in space.participant_ids


async def test_a_search_for_groups_outlasts_newer_maps_and_ends_when_votes_are_left_out(
    committing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await crowd(60)
    monkeypatch.setattr(job, "APART", 100)
    monkeypatch.setattr(job, "LOOK_SECONDS", 0.05)
    seen = []
    left_out: list[tuple[str, ...]] = [()]

    async def excluded(_: object) -> tuple[str, ...]:
        return left_out[-1]

    async def endless(*_: object, **__: object) -> None:
        seen.append("begun")
        try:
            # Meanwhile another vote was cast, and the map drawn anew.
            await job.analyse(consultation_id=str(here.id))
            await asyncio.sleep(0.5)
            seen.append("still at it")
            left_out.append(("an exclusion",))
            await asyncio.sleep(3600)
        finally:
            seen.append("ended")

    monkeypatch.setattr(job, "_done", endless)
    monkeypatch.setattr(job, "left_out", excluded)
    await asyncio.wait_for(job.look_for_groups(consultation_id=str(here.id)), 60)
    assert seen == ["begun", "still at it", "ended"]
    assert await stored(here) == [("live", "quick")]


async def test_an_analysis_of_older_votes_does_not_take_the_place_of_a_newer_one(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await crowd(60)
    monkeypatch.setattr(job, "APART", 100)
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
    await job.analyse_now(here.id)
    assert asked == ["full"]
    assert await stored(here) == [("live", "full")]


async def test_a_small_consultation_has_both_at_once_and_no_copy(database: None) -> None:
    here = await crowd(60)
    await job.analyse(consultation_id=str(here.id))
    assert await stored(here) == [("live", "full")]
    assert await fetchval("select count(*) from packed_votes where votes is not null") == 0
    assert await fetchval("select count(*) from packed_votes") == 60
