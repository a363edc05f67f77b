"""Slates: 100,000 people by 1,000 statements (a million with SCALE=1M) chosen from and checked, against passes over the
votes; and the rules beside abcvoting on real conversations. The check of a slate takes well under a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from deliberation.certificates import check_slate
from deliberation.holdings import observed_holdings
from deliberation.proportional import local_search_pav, sequential_pav
from deliberation.slates import assign_spoken_for, select_slate
from deliberation.votes import VoteMatrix
from tests.benchmarks.conversations import folders, real, simulated
from tests.benchmarks.goal_3_limit import one_pass
from tests.benchmarks.measuring import Row, in_turn, peak_mb
from tests.benchmarks.peers import Differs
from tests.oracles_abcvoting import load

GOAL = "slates"
PLACES = 8
MOST_SECONDS = 0.5
"""Of processor for one check at 100,000 by 1,000."""
MOST_MB = 1024.0
"""Choosing may take over its votes and holdings; a dense table of people by stances would take 1,600 as floats."""


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    yield from _at_size(1_000_000 if scale == "1M" else 100_000)
    yield from _beside_abcvoting(data)


def _at_size(n: int) -> Iterator[Row]:
    log = simulated(n, 1_000, 50, seed=1)
    votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
    holdings = observed_holdings(votes, labels={"group": np.array(list("ABC"))[np.arange(votes.n_participants) % 3]})
    slate = select_slate(holdings, [], size=PLACES)
    stances, candidates = slate.stances, slate.candidates
    steps: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("check, all stances", lambda: check_slate(votes, stances, k=PLACES)),
        ("check, candidates", lambda: check_slate(votes, stances, k=PLACES, candidates=candidates)),
        ("choose", lambda: select_slate(holdings, [], size=PLACES)),
        ("LS-PAV", lambda: local_search_pav(holdings, PLACES, candidates=candidates)),
        ("who is spoken for", lambda: assign_spoken_for(holdings, stances)),
    )
    most = MOST_SECONDS * n / 100_000
    for name, step in steps:
        times = in_turn(step, lambda: one_pass(log), pairs=3)
        is_check = name.startswith("check")
        memory = peak_mb(step)
        yield Row(
            GOAL,
            f"{n:,} x 1,000: {name}",
            "half a second" if is_check else "one pass over the votes",
            times.plenary,
            most if is_check else times.peer,
            most / times.plenary if is_check else times.ratio,
            memory,
            MOST_MB * n / 100_000,
            None if not memory else MOST_MB * n / 100_000 / memory,
            aim=1.0 if is_check else None,
            aim_memory=1.0 if memory else None,
            figures={"votes": votes.n_votes, "candidates": len(candidates)} if step is steps[0][1] else None,
        )


def _beside_abcvoting(data: Path | None) -> Iterator[Row]:
    peer = load()
    for folder in folders(data) if peer else []:
        log = real(folder)
        votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
        holdings = observed_holdings(votes)
        held = holdings.held(0)
        theirs = peer.profile((np.flatnonzero(row).tolist() for row in held), held.shape[1])
        slate = sequential_pav(holdings, PLACES)
        columns = holdings.columns_of(slate).tolist()
        chosen = peer.rules.compute("seqpav", theirs, committeesize=PLACES, resolute=True)[0]
        if set(chosen) != set(columns):
            raise Differs(f"{log.name}: sequential PAV chooses {sorted(columns)} and {sorted(chosen)}")
        if check_slate(holdings, slate).holds != peer.properties.check("ejr+", theirs, columns):
            raise Differs(f"{log.name}: EJR+")
        rules = in_turn(
            partial(sequential_pav, holdings, PLACES),
            partial(peer.rules.compute, "seqpav", theirs, committeesize=PLACES, resolute=True),
            pairs=3,
        )
        yield Row(GOAL, f"{log.name}: sequential PAV", "abcvoting", rules.plenary, rules.peer, rules.ratio)
        checks = in_turn(
            partial(check_slate, holdings, slate),
            partial(peer.properties.check, "ejr+", theirs, columns),
            pairs=3,
        )
        yield Row(GOAL, f"{log.name}: check", "abcvoting", checks.plenary, checks.peer, checks.ratio)
