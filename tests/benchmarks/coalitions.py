"""Line-ups among 30 to 250 partners: seconds to the greedy ones and to the assembler's, and the gap that is left.

There is no open data on what partners need and bring, so people are drawn: one to three of nine kinds needed and
offered to one to three partners, eight constituencies of unequal size, goals shared by a fifth, one red line, two past
collaborations each, and quotas by region and gender. What is found is checked against every demand.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

from deliberation.assembler import assemble
from deliberation.assembly import AssemblySettings, Candidate, Pair, Pool, Quota, greedy_line_ups, unmet
from deliberation.unusual import unusual_pairs
from tests.benchmarks.measuring import Row

SIZES = (30, 60, 120, 250)
SECONDS_ALLOWED = {30: 10.0, 250: 60.0}
SHARES = (0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06, 0.04)


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    for n in SIZES:
        yield _row(n)


def _row(n: int) -> Row:
    pool = pool_of(n, seed=0)
    began = perf_counter()
    quick = greedy_line_ups(pool)
    between = perf_counter()
    found = assemble(pool, seed=1)
    seconds = perf_counter() - between
    worth = f"{quick[0].value / found.line_up.value:.0%} of its value" if quick else "none"
    figures = {
        "members": len(found.line_up.participants),
        "needs met": len(found.line_up.gifts),
        "gap": f"{found.gap:.1%}",
        "greedy": f"{between - began:.2f} s, {worth}",
    }
    met = unmet(found.line_up, pool) == ()
    in_time = seconds <= SECONDS_ALLOWED.get(n, 60.0)
    settings = AssemblySettings()
    name, peer = f"{n} partners", f"{settings.gap:.0%} gap or {settings.seconds:.0f} s"
    return Row("line-ups", name, peer, seconds, None, None, figures=figures, holds=met and in_time)


def pool_of(n: int, *, seed: int) -> Pool:
    """Drawn partners, in all that the assembler asks of them."""
    rng = np.random.default_rng(seed)
    kinds = [f"kind {number}" for number in range(9)]
    constituencies = rng.choice(len(SHARES), n, p=np.array(SHARES))
    people = []
    for participant in range(n):
        offered = rng.choice(9, rng.integers(1, 4), replace=False)
        needed = [kind for kind in rng.choice(9, rng.integers(1, 4), replace=False) if kind not in offered]
        where = int(constituencies[participant])
        people.append(
            Candidate(
                participant,
                organisation=f"organisation {rng.integers(n // 2)}",
                constituency=f"constituency {where}",
                region=f"region {rng.integers(5)}",
                gender=("woman", "man")[rng.integers(2)],
                needs=frozenset(kinds[kind] for kind in needed),
                offers={kinds[kind]: int(rng.integers(1, 4)) for kind in offered},
                goals=frozenset(str(goal) for goal in range(1, 18) if rng.random() < 0.2),
                position=tuple((rng.standard_normal(2) + where % 3).tolist()),
            )
        )
    quotas = (Quota("region", "region 0", 0.1, 0.5), Quota("gender", "woman", 0.4, 0.6))
    linked = [(a, b) for a in range(1, 18) for b in range(a + 1, 18) if rng.random() < 0.08]
    interlinkages = {(str(a), str(b)): float(rng.integers(1, 4)) for a, b in linked}
    worked_together = _pairs(rng, n, 2 * n)
    return Pool(
        tuple(people), frozenset(_pairs(rng, n, n)), quotas, interlinkages, unusual_pairs(people, worked_together)
    )


def _pairs(rng: np.random.Generator, n: int, how_many: int) -> list[Pair]:
    return [(min(a, b), max(a, b)) for a, b in rng.integers(0, n, (how_many, 2)).tolist() if a != b]
