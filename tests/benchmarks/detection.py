"""How often planted groups are found, and how often groups are found where there are none, beside red-dwarf.

    python -m tests.benchmarks.detection [--quick] [--runs 10] [--sizes 30,100]

One line per size and density; one column per separation of three planted groups, in standard deviations of a
statement's log-odds between groups, 0 being none. Each cell holds the share of runs in which Plenary finds groups /
finds three, and the mean number of groups that red-dwarf reports, where it is installed; it always reports some. A dash
is a room where nobody, or hardly anybody, has the votes that a map needs. Thirty people cannot be three groups here: a
group has at least fifteen.

Beneath the curve stand votes without groups of other kinds: one bell-shaped spectrum, a round cloud on two axes, people
who differ in how they pass, and real votes dealt anew among those who answered the same statement.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deliberation.groups import GroupSettings, GroupsStatus
from deliberation.landscape import LandscapeSettings, map_landscape
from deliberation.simulation import SimulationSettings, View, simulate
from deliberation.votes import VoteMatrix
from tests.benchmarks import peers
from tests.benchmarks.conversations import folders
from tests.benchmarks.heldout import frequent, votes_of
from tests.benchmarks.measuring import Row
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


# -------- votes without groups, of several kinds


def leanings(seed: int) -> VoteMatrix:
    """People differ in how much they agree with everything."""
    return simulated_votes("structureless", seed=seed, n=100, m=40)


def spectrum(seed: int) -> VoteMatrix:
    """People lie in one bell shape between two ends."""
    return simulated_votes("spectrum", seed=seed, n=100, m=30, contrast=1.5)


def cloud(seed: int) -> VoteMatrix:
    """People lie in one round cloud on two axes."""
    view = View((0.2, 0.0), 1.0, spread=1.5)
    settings = SimulationSettings(votes_per_person=25.0)
    return simulate(seed=seed, views=[view], n_participants=100, n_statements=30, settings=settings).votes


def dealt_anew(votes: VoteMatrix, seed: int) -> VoteMatrix:
    """The same votes on each statement, dealt anew among those who answered it: nobody leans anywhere any more."""
    order = np.lexsort((np.random.default_rng(seed).random(votes.n_votes), votes.columns))
    signs = np.empty_like(votes.signs)
    signs[np.argsort(votes.columns, kind="stable")] = votes.signs[order]
    return VoteMatrix(votes.participant_ids, votes.statement_ids, votes.rows, votes.columns, signs)


def kinds(data: Path | None) -> dict[str, Callable[[int], VoteMatrix]]:
    """Makers of votes without groups, by name."""
    made: dict[str, Callable[[int], VoteMatrix]] = {
        "leanings only": leanings,
        "one spectrum": spectrum,
        "one round cloud": cloud,
    }
    for folder in folders(data):
        votes = frequent(votes_of(folder))
        if 30 <= votes.n_participants <= 500:
            made[f"{folder.name}, dealt anew"] = lambda seed, votes=votes: dealt_anew(votes, seed)  # type: ignore[misc]
    return made


def n_found(make: Callable[[int], VoteMatrix], *, runs: int, settings: LandscapeSettings) -> int:
    """In how many of these runs groups are found."""
    statuses = [map_landscape(make(seed), seed=seed, settings=settings).groups.status for seed in range(runs)]
    return statuses.count(GroupsStatus.FOUND)


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    """A few cells of the curve, and all kinds of votes without groups: what fits into some minutes."""
    for n, density, separation in ((100, 0.6, 0.0), (100, 0.6, 3.0), (100, 0.3, 3.0)):
        cell = measured(n, density, separation, runs=QUICK_RUNS, settings=FEWER)
        figures = {
            "runs": cell.runs,
            "groups found": cell.found,
            "three found": cell.three,
            "red-dwarf's mean number of groups": cell.peer,
        }
        holds = cell.three == 1.0 if separation and density == 0.6 else separation > 0 or cell.found == 0.0
        name = f"{n} people, {density:.0%} seen, separation {separation:g}"
        yield Row("detection", name, "red-dwarf 0.4.0", None, None, None, figures=figures, holds=holds)
    found = {name: n_found(make, runs=QUICK_RUNS, settings=FEWER) for name, make in kinds(data).items()}
    rate = sum(found.values()) / (len(found) * QUICK_RUNS)
    figures = {f"{name}, of {QUICK_RUNS}": number for name, number in found.items()}
    yield Row(
        "detection", "groups found where there are none", "5 %", None, None, None, figures=figures, holds=rate <= 0.05
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.detection",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="three runs a cell instead of forty, in minutes")
    parser.add_argument("--runs", type=int, default=None, help="runs a cell")
    parser.add_argument("--sizes", default=",".join(str(n) for n in SIZES), help="numbers of people, or none")
    options = parser.parse_args()
    runs = options.runs or (QUICK_RUNS if options.quick else RUNS)
    sizes = tuple(int(n) for n in options.sizes.split(",") if n)
    separations = QUICK_SEPARATIONS if options.quick else SEPARATIONS
    print(f"Plenary finds groups / finds three, and red-dwarf's mean number of groups; {runs} runs a cell", flush=True)
    for line in table(sizes, DENSITIES, separations, runs=runs, quick=options.quick):
        print(line, flush=True)
    settings = FEWER if options.quick else LandscapeSettings()
    for name, make in kinds(None).items():
        print(f"{name}: groups found in {n_found(make, runs=runs, settings=settings)} of {runs} runs", flush=True)


if __name__ == "__main__":
    main()
