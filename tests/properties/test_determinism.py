"""The same votes give the same discrete outcomes: in any order, on any number of threads, with any kernel of the BLAS.

Floats may differ in their last digits; a landscape's digest covers groups, membership and the order of lists, and a
slate's its stances. What is stored and what is computed again have the same digest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from deliberation.groups import GroupSettings, GroupsStatus
from deliberation.landscape import Landscape, LandscapeSettings, map_landscape
from deliberation.polis import polis_landscape
from deliberation.polis_files import latest_votes, read_export
from deliberation.slate_of_votes import SlateOfVotesSettings, slate_of_votes
from deliberation.votes import CHOICE_OF_SIGN, VoteMatrix
from tests.vote_tables import simulated_votes

PROJECT = Path(__file__).parents[2]
DATA = Path(os.environ.get("PLENARY_REAL_DATA", PROJECT / ".." / "shared" / "data"))
BREXIT = DATA / "polis-conversations" / "brexit-consensus"
FILES = ("comments.csv", "votes.csv", "participants-votes.csv", "summary.csv")
BRIEF = LandscapeSettings(groups=GroupSettings(bootstraps=6, max_groups=2, null_draws=19, evidence_restarts=1))
SLATE = SlateOfVotesSettings(n_draws=2, n_fresh_draws=2)
KERNELS = {"Haswell": "avx2", "SkylakeX": "avx512f", "Prescott": "sse3", "Nehalem": "sse4_2", "Zen": "avx2"}
"""Names of OpenBLAS's kernels, and the processor's ability each needs: they sum in different orders."""


def room() -> VoteMatrix:
    """Sixty people in two clear groups."""
    return simulated_votes("groups", seed=3, n=60, m=40, groups=2, contrast=3.0)


@cache
def brexit() -> VoteMatrix | None:
    """A real conversation; None where it is not at hand."""
    if not BREXIT.is_dir():
        return None
    with ExitStack() as stack:
        streams = {file: stack.enter_context((BREXIT / file).open(encoding="utf-8", newline="")) for file in FILES}
        export = read_export(streams)
    rejected = [statement.id for statement in export.statements if statement.moderated == -1]
    votes = latest_votes(export)
    return votes.select(statements=~np.isin(votes.statement_ids, rejected))


def outcomes() -> dict[str, str]:
    """Digests and slates of a room with full evidence and, where it is at hand, a real conversation's first view."""
    found = described("room", room(), map_landscape(room(), seed=1, settings=BRIEF))
    real = brexit()
    if real is not None:
        found |= described("brexit", real, map_landscape(real, seed=1, evidence="quick"))
        found["brexit by polis"] = map_landscape(real, seed=1, method="polis").digest
    return found


def described(name: str, votes: VoteMatrix, landscape: Landscape) -> dict[str, str]:
    chosen = slate_of_votes(votes, landscape, size=6, seed=1, settings=SLATE)
    stances = [[stance.statement_id, stance.choice] for stance in chosen.slate.stances]
    reasons = [item.chosen_by for item in chosen.slate.distinct]
    candidates = [[stance.statement_id, stance.choice] for stance in chosen.slate.candidates]
    return {name: landscape.digest, f"{name}'s slate": json.dumps([stances, reasons, candidates])}


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    return outcomes()


def test_the_examples_have_something_to_disagree_on(here: dict[str, str]) -> None:
    landscape = map_landscape(room(), seed=1, settings=BRIEF)
    assert landscape.groups.status == GroupsStatus.FOUND
    assert landscape.space is not None and landscape.space.rank >= 1
    assert len(json.loads(here["room's slate"])[0]) >= 6
    assert here["room"] != map_landscape(room(), seed=2, settings=BRIEF).digest


def test_repeats_change_nothing(here: dict[str, str]) -> None:
    assert outcomes() == here


@pytest.mark.parametrize("threads", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_number_of_threads_changes_nothing(here: dict[str, str], threads: int) -> None:
    with threadpool_limits(limits=threads):
        assert outcomes() == here


def test_rows_columns_and_votes_in_another_order_change_nothing(here: dict[str, str]) -> None:
    rng = np.random.default_rng(1)
    for name, votes, settings, evidence in (
        ("room", room(), BRIEF, "full"),
        ("brexit", brexit(), LandscapeSettings(), "quick"),
    ):
        if votes is None:
            continue
        order = rng.permutation(votes.n_votes)
        words = np.array([CHOICE_OF_SIGN[sign].value for sign in votes.signs.tolist()])
        shuffled = VoteMatrix.from_votes(
            votes.participant_ids[votes.rows][order],
            votes.statement_ids[votes.columns][order].astype(np.int32),
            words[order],
            participant_ids=rng.permutation(votes.participant_ids),
            statement_ids=rng.permutation(votes.statement_ids),
        )
        landscape = map_landscape(shuffled, seed=1, settings=settings, evidence=evidence)  # type: ignore[arg-type]
        assert described(name, shuffled, landscape) == {key: here[key] for key in (name, f"{name}'s slate")}


@pytest.mark.parametrize("numbers", [(7, 1_000_003, 3, 5), (3, -50_000, 2, 2**40)])
def test_ids_in_the_same_order_under_other_numbers_change_nothing_but_the_numbers(
    numbers: tuple[int, int, int, int],
) -> None:
    by, more, items_by, items_more = numbers
    votes = room()
    renamed = VoteMatrix.from_votes(
        votes.participant_ids[votes.rows] * by + more,
        votes.statement_ids[votes.columns] * items_by + items_more,
        votes.signs,
        participant_ids=votes.participant_ids * by + more,
        statement_ids=votes.statement_ids * items_by + items_more,
    )
    before, after = (map_landscape(each, seed=1, settings=BRIEF) for each in (votes, renamed))
    assert before.groups.letters == after.groups.letters
    np.testing.assert_array_equal(before.groups.labels, after.groups.labels)
    for old, new in ((before.common_ground, after.common_ground), (before.divides, after.divides)):
        assert [one.statement_id * items_by + items_more for one in old] == [one.statement_id for one in new]
    mine, theirs = (
        {letter: [(entry.statement_id, entry.stance) for entry in entries] for letter, entries in each.items()}
        for each in (before.representative, after.representative)
    )
    assert theirs == {letter: [(i * items_by + items_more, s) for i, s in of] for letter, of in mine.items()}
    first, second = polis_landscape(votes), polis_landscape(renamed)
    np.testing.assert_array_equal(first.base_group_of, second.base_group_of)
    np.testing.assert_array_equal(first.group_of, second.group_of)


def test_people_who_change_their_numbers_stay_in_their_group() -> None:
    # Chance falls on other rows then, so that only what is clear need stay: here everything.
    votes = room()
    new = np.random.default_rng(2).permutation(votes.n_participants)
    items = np.random.default_rng(3).permutation(votes.n_statements)
    renamed = VoteMatrix.from_votes(new[votes.rows], items[votes.columns], votes.signs)
    before, after = (map_landscape(each, seed=1, settings=BRIEF) for each in (votes, renamed))
    assert after.groups.letters == before.groups.letters
    together = before.groups.nearest[:, None] == before.groups.nearest
    assert (together == (after.groups.nearest[new][:, None] == after.groups.nearest[new])).all()
    listed = {items[common.statement_id] for common in before.common_ground}
    assert listed == {common.statement_id for common in after.common_ground}


def kernels() -> list[str]:
    """Three kernels that this processor can run; none where its abilities cannot be read or there is no OpenBLAS."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="ascii").replace("pni", "sse3").split())
    except OSError:
        return []
    if not any(pool["internal_api"] == "openblas" for pool in threadpool_info()):
        return []
    return [kernel for kernel, needed in KERNELS.items() if needed in flags][:3]


@pytest.mark.slow
def test_the_kernel_of_the_blas_changes_nothing(here: dict[str, str]) -> None:
    if len(kernels()) < 3:
        pytest.skip("OpenBLAS on an x86 processor under Linux is needed to choose among three kernels")
    used = set()
    for kernel in kernels():
        script = (
            "import json, scipy.linalg, threadpoolctl; from tests.properties.test_determinism import outcomes; "
            "found = outcomes(); names = [p['architecture'] for p in threadpoolctl.threadpool_info() "
            "if p['internal_api'] == 'openblas']; print(json.dumps([sorted(set(names)), found]))"
        )
        environment = os.environ | {"OPENBLAS_CORETYPE": kernel, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, cwd=PROJECT, capture_output=True, text=True, check=True
        )
        names, found = json.loads(done.stdout)
        used.add(tuple(names))
        assert found == here, kernel
    assert len(used) == 3  # each was really another kernel


def test_a_stored_analysis_recomputes_to_its_digest(here: dict[str, str]) -> None:
    votes = room()
    first = map_landscape(votes, seed=1, settings=BRIEF)
    stored = Landscape.from_json(json.loads(json.dumps(first.to_json())))
    assert stored.digest == here["room"]
    again = map_landscape(votes, seed=stored.seed, method="default", evidence="full", settings=BRIEF)
    assert again.digest == stored.digest and again.settings == stored.settings


def test_an_analysis_that_followed_another_recomputes_from_the_stored_one() -> None:
    votes = room()
    before = map_landscape(votes.select(participants=np.arange(60) < 50), seed=1, settings=BRIEF)
    after = map_landscape(votes, seed=1, previous=before, settings=BRIEF)
    stored = Landscape.from_json(json.loads(json.dumps(before.to_json())))
    again = map_landscape(votes, seed=1, previous=stored, settings=BRIEF)
    assert again.digest == after.digest and again.previous_digest == before.digest
