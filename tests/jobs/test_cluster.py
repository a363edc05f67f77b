"""Analyses on a dask scheduler: the same results, and the same without one."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from app import cluster
from app.analysis.landscape import Input, compute
from deliberation import blocks
from deliberation.landscape import Landscape
from deliberation.votes import VoteMatrix
from tests.benchmarks.conversations import simulated


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a scheduler with two workers in processes of their own."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as here:
        yield here.scheduler_address


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is logged as the reason to stay in this process; any set is large here, and cut into several blocks."""
    reasons: list[str] = []

    class Log:
        def warning(self, event: str, *, reason: str, **_: Any) -> None:
            assert event == "analysis runs in this process"
            reasons.append(reason)

    monkeypatch.setattr(cluster, "log", Log)
    monkeypatch.setattr(cluster, "LARGE", 1)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", "1s")
    monkeypatch.setattr(blocks, "BLOCK", 2_000)
    monkeypatch.setattr(cluster, "BLOCK", 2_000)
    return reasons


def given() -> Input:
    log = simulated(400, 40, 20, seed=3)
    votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
    kinds = np.array(["ngos", "women", "business"])[np.arange(votes.n_participants) % 3]
    return Input(votes, kinds, None, datetime(2026, 1, 1, tzinfo=UTC))


def computed(address: str | None, monkeypatch: pytest.MonkeyPatch) -> Landscape:
    monkeypatch.setattr(cluster, "get_settings", lambda: type("Settings", (), {"dask_scheduler": address}))
    return compute(given(), seed=5, evidence="quick", previous=None)


@pytest.mark.slow
def test_two_workers_find_what_one_process_finds(
    scheduler: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    gathered = cluster.Cluster._gathered

    def watched(self: cluster.Cluster, futures: Iterator[Any]) -> list[Any]:
        found = gathered(self, futures)
        asked.append(len(found))
        return found

    monkeypatch.setattr(cluster.Cluster, "_gathered", watched)
    spread, here = computed(scheduler, monkeypatch), computed(None, monkeypatch)
    assert len(asked) >= 3  # ranks compared, people placed, votes counted by constituency
    assert min(asked) > 1
    assert said == []
    assert spread.digest == here.digest
    assert spread.space is not None
    assert here.space is not None
    assert spread.space.rank == here.space.rank > 0
    np.testing.assert_allclose(spread.space.positions, here.space.positions, rtol=0, atol=1e-9)
    np.testing.assert_allclose(spread.space.covariances, here.space.covariances, rtol=0, atol=1e-9)
    assert spread.statements == here.statements


@pytest.mark.slow
def test_what_fails_on_the_cluster_is_done_here(scheduler: str, said: list[str]) -> None:
    from distributed import Client

    here = threading.get_ident()

    def only_here(value: int) -> int:
        if threading.get_ident() != here:
            raise MemoryError
        return value + 1

    with Client(scheduler, set_as_default=False) as client, cluster.Cluster(client) as workers:
        assert workers.each(only_here, [(1,), (2,)]) == [2, 3]
        assert workers.each(only_here, [(3,)]) == [4]
    assert said == ["the cluster failed"]  # and is not asked again


@pytest.mark.slow
def test_this_process_takes_its_share_and_what_workers_have_not_begun(
    scheduler: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client

    monkeypatch.setattr(cluster, "BLOCK", 1_000)
    votes, home = given().votes, os.getpid()

    def slow_elsewhere(block: VoteMatrix, first: int) -> tuple[list[int], int]:
        if os.getpid() != home:
            time.sleep(1.0)
        return block.participant_ids.tolist(), os.getpid()

    with Client(scheduler, set_as_default=False) as client, cluster.Cluster(client) as workers:
        found = workers.over(slow_elsewhere, votes, lambda people: (people.start,))
    assert [who for block, _ in found for who in block] == votes.participant_ids.tolist()
    here = [process == home for _, process in found]
    assert len(here) > 4
    assert here.count(False) == 2  # the others waited behind the two that workers were at
    assert said == []


def test_blocks_change_no_result(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    many = computed(None, monkeypatch)
    monkeypatch.setattr(blocks, "BLOCK", 1 << 20)
    one = computed(None, monkeypatch)
    assert many.digest == one.digest
    assert many.space is not None
    assert one.space is not None
    np.testing.assert_allclose(many.space.positions, one.space.positions, rtol=0, atol=1e-9)


def test_where_no_scheduler_answers_the_analysis_runs_here(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = computed("tcp://127.0.0.1:9", monkeypatch)
    assert said == ["no scheduler answers"]
    assert found.digest == computed(None, monkeypatch).digest


def test_without_the_extra_the_analysis_runs_here(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    found = computed("tcp://127.0.0.1:9", monkeypatch)
    assert said == ["the extra [dask] is not installed"]
    assert found.n_votes > 1_000


def test_a_smaller_set_asks_nobody(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LARGE", 20_000_000)
    computed("tcp://127.0.0.1:9", monkeypatch)
    assert said == []
