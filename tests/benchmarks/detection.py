"""How often planted groups are found, and how often groups are found where there are none, beside red-dwarf.

    python -m tests.benchmarks.detection [--quick]

One line per size and density; one column per separation of three planted groups, in standard deviations of a
statement's log-odds between groups, 0 being none. Each cell holds the share of runs in which Plenary finds groups /
finds three, and the mean number of groups that red-dwarf reports, where it is installed; it always reports some. A dash
is a room where nobody, or hardly anybody, has the votes that a map needs.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from deliberation.groups import GroupSettings, GroupsStatus
from deliberation.landscape import LandscapeSettings, map_landscape
from deliberation.votes import VoteMatrix
from tests.benchmarks import peers
from tests.vote_tables import simulated_votes

SIZES = (30, 100, 1000)
DENSITIES = (0.1, 0.3, 0.6)
SEPARATIONS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
QUICK_SEPARATIONS = (0.0, 1.0, 2.0, 3.0)
N_STATEMENTS = 80
"""With one in ten seen, a participant has about eight votes: just enough to stand on the map."""
RUNS, QUICK_RUNS = 40, 3
PEER_RUNS = 5
"""Runs of red-dwarf in a cell: its number of groups hardly varies, and it takes longer."""
FEWER = LandscapeSettings(groups=GroupSettings(bootstraps=20, null_draws=79, evidence_restarts=1))
"""Quick runs: 79 null draws are the fewest with which four tests can pass at .05."""


@dataclass(frozen=True)
class Cell:
    """What came out of `runs` simulated rooms of one kind.

    found : shares of them with groups, and with three; mapped : with enough votes for a map to be sought
    peer : red-dwarf's mean number of groups, None where it is not installed or refused every room
    """

    n: int
    density: float
    separation: float
    runs: int
    mapped: float
    found: float
    three: float
    peer: float | None

    def __str__(self) -> str:
        ours = f"{self.found:.2f}/{self.three:.2f}" if self.mapped > 0 else "-"
        return f"{ours} {'-' if self.peer is None else format(self.peer, '.1f')}"


def room(n: int, density: float, separation: float, seed: int) -> VoteMatrix:
    """Votes of people in three equal groups; at separation 0 of people who differ in agreeableness alone."""
    kind = "groups" if separation else "structureless"
    return simulated_votes(kind, seed=seed, n=n, m=N_STATEMENTS, density=density, contrast=separation)


def measured(
    n: int, density: float, separation: float, *, runs: int, settings: LandscapeSettings = LandscapeSettings()
) -> Cell:
    """One cell of the table; the rooms of a cell are the same in every run."""
    votes = [room(n, density, separation, seed) for seed in range(runs)]
    groups = [map_landscape(one, seed=seed, settings=settings).groups for seed, one in enumerate(votes)]
    numbers = [count for one in votes[:PEER_RUNS] if (count := groups_of_peer(one)) is not None]
    return Cell(
        n=n,
        density=density,
        separation=separation,
        runs=runs,
        mapped=float(np.mean([one.status != GroupsStatus.TOO_FEW for one in groups])),
        found=float(np.mean([one.status == GroupsStatus.FOUND for one in groups])),
        three=float(np.mean([len(one.letters) == 3 for one in groups])),
        peer=float(np.mean(numbers)) if numbers else None,
    )


def groups_of_peer(votes: VoteMatrix) -> int | None:
    """How many groups red-dwarf makes of these votes; None where it is not installed or cannot answer."""
    if importlib.util.find_spec("reddwarf") is None:
        return None
    people, statements = votes.participant_ids[votes.rows].tolist(), votes.statement_ids[votes.columns].tolist()
    listed = [
        {"participant_id": person, "statement_id": statement, "vote": sign}
        for person, statement, sign in zip(people, statements, votes.signs.tolist(), strict=True)
    ]
    try:
        labels = peers.theirs(listed).participants_df["cluster_id"]
    except (ValueError, IndexError, KeyError, ZeroDivisionError):  # too few people with the seven votes it asks for
        return None
    return int(labels.dropna().nunique())


def table(
    sizes: tuple[int, ...], densities: tuple[float, ...], separations: tuple[float, ...], *, runs: int, quick: bool
) -> Iterator[str]:
    """The detection curve line by line, and at its end how often there were groups where none were planted."""
    yield f"{'people':>6} {'density':>7} " + "".join(f"{f'separation {value}':>19}" for value in separations)
    false = nothing = 0
    for n in sizes:
        for density in densities:
            cells = [
                measured(n, density, separation, runs=runs, settings=FEWER if quick else LandscapeSettings())
                for separation in separations
            ]
            yield f"{n:>6} {density:>7.0%} " + "".join(f"{cell!s:>19}" for cell in cells)
            false += sum(round(cell.found * cell.runs) for cell in cells if cell.separation == 0)
            nothing += sum(cell.runs for cell in cells if cell.separation == 0)
    if nothing:
        yield f"without groups: groups found in {false} of {nothing} runs ({false / nothing:.1%}; at most 5 % allowed)"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.detection",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="three runs a cell instead of forty, in minutes")
    parser.add_argument("--runs", type=int, default=None, help="runs a cell")
    options = parser.parse_args()
    runs = options.runs or (QUICK_RUNS if options.quick else RUNS)
    separations = QUICK_SEPARATIONS if options.quick else SEPARATIONS
    print(f"Plenary finds groups / finds three, and red-dwarf's mean number of groups; {runs} runs a cell", flush=True)
    for line in table(SIZES, DENSITIES, separations, runs=runs, quick=options.quick):
        print(line, flush=True)


if __name__ == "__main__":
    main()
