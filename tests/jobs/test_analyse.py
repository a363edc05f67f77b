"""Analyses in the worker: of a large consultation the map comes first, and a packed copy of the votes is kept."""

from __future__ import annotations

import pytest

from app.database import fetch, fetchval
from app.jobs import analyse as job
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


async def test_a_small_consultation_has_both_at_once_and_no_copy(database: None) -> None:
    here = await crowd(60)
    await job.analyse(consultation_id=str(here.id))
    evidence = "select evidence from analyses where consultation = $1 and kind = 'live'"
    assert [row["evidence"] for row in await fetch(evidence, here.id)] == ["full"]
    assert await fetchval("select count(*) from packed_votes where votes is not null") == 0
    assert await fetchval("select count(*) from packed_votes") == 60
