"""Which statement comes next: how evenly statements are seen, and how well each group's agreement is known for it.

Truth is a completed conversation: everybody's answer to every statement, real where it was given and drawn from the
opinion space where not. People arrive in a random order with as many votes as they really cast, statements over the
first 70 % of arrivals, and each policy decides what each person sees. The incumbent's priorities and the hybrid of half
least seen, a quarter slate and challengers and a quarter by extremity play beside Plenary's router, on the same truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray

from deliberation.certificates import strongest_challengers
from deliberation.clustering import partition
from deliberation.holdings import observed_holdings
from deliberation.inequality import gini
from deliberation.polis import polis_landscape
from deliberation.polis_lists import priority
from deliberation.routing import choose_statement, uncertainty
from deliberation.simulation import View, simulate
from deliberation.slates import select_slate
from deliberation.space import complete_votes, fit_space
from deliberation.votes import VoteMatrix
from tests.benchmarks.conversations import folders, real
from tests.benchmarks.heldout import frequent, votes_of
from tests.benchmarks.measuring import Row

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ARRIVAL_SHARE = 0.7
N_STARTERS = 10
N_GROUPS = 3
MOST_RUNS, VOTES = 16, 60_000
"""Runs of a conversation: so many, or as many as cast that number of votes together, but three at least."""
REFRESHES = 12
"""Times in which slate and challengers are chosen anew, at even distances."""
TABLE = {"gini": 0.16, "rmse": 0.060}
"""The hybrid's figures over five completed conversations, as published with the method."""
VIEWS = (View((1.6, 0.0), 0.45), View((-0.9, 1.4), 0.33), View((-0.9, -1.4), 0.22))


@dataclass(frozen=True, eq=False)
class Truth:
    """Everybody's answer: signs (n, m), group (n,), votes each person casts (n,), extremity of each statement (m,)."""

    name: str
    signs: NDArray[np.int8]
    group: Ints
    n_votes: Ints
    extremity: Floats


@dataclass(frozen=True, eq=False)
class State:
    """What a policy may know: votes so far, and what a slate of them would ask next."""

    truth: Truth
    random: np.random.Generator
    seen: NDArray[np.bool_]
    decisive: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    n_arrived: int = 0
    agrees: Ints = field(init=False)
    passes: Ints = field(init=False)
    votes: Ints = field(init=False)

    def __post_init__(self) -> None:
        for name in ("agrees", "passes", "votes"):
            object.__setattr__(self, name, np.zeros(self.truth.signs.shape[1], np.int64))


Policy = Callable[[State, Ints], int]
"""One of the statements that a person may see, by what is known."""


def completed(name: str, votes: VoteMatrix, *, seed: int = 1) -> Truth | None:
    """The truth behind a conversation; None where its votes make no picture from which to complete them."""
    votes = frequent(votes)
    space = fit_space(votes, seed=seed)
    if space.rank == 0:
        return None
    drawn = complete_votes(space, votes, seed=seed, n_draws=1, n_participants=votes.n_participants)
    group, _ = partition(space.positions, N_GROUPS, seed=seed, restarts=10)
    return Truth(name, drawn.signs[0], group, votes.votes_per_participant(), polis_landscape(votes).extremities)


def play(truth: Truth, policy: Policy, *, seed: int) -> tuple[Ints, float]:
    """Votes on each statement when all have come, and the root mean square error of each group's agreement."""
    rng = np.random.default_rng(seed)
    n, m = truth.signs.shape
    state = State(truth, rng, np.zeros((n, m), bool))
    arrivals = np.concatenate([np.zeros(N_STARTERS), np.sort(rng.random(max(m - N_STARTERS, 0))) * ARRIVAL_SHARE * n])
    people = rng.permutation(n)
    for at, person in enumerate(people.tolist()):
        object.__setattr__(state, "n_arrived", at)
        if at and at % max(n // REFRESHES, 1) == 0:
            object.__setattr__(state, "decisive", decisive(state))
        open_now = np.flatnonzero(arrivals[:m] <= at)
        for _ in range(int(truth.n_votes[person])):
            unseen = open_now[~state.seen[person, open_now]]
            if not unseen.size:
                break
            chosen = policy(state, unseen)
            state.seen[person, chosen] = True
            state.votes[chosen] += 1
            state.agrees[chosen] += truth.signs[person, chosen] == 1
            state.passes[chosen] += truth.signs[person, chosen] == 0
    return state.votes, group_error(truth, state.seen)


def group_error(truth: Truth, seen: NDArray[np.bool_]) -> float:
    errors = []
    for group in range(int(truth.group.max()) + 1):
        members = truth.group == group
        agrees = (truth.signs[members] == 1).astype(np.float64)
        found = ((agrees * seen[members]).sum(axis=0) + 1) / (seen[members].sum(axis=0) + 2)
        errors.append(found - agrees.mean(axis=0))
    return float(np.sqrt(np.mean(np.square(errors))))


def decisive(state: State) -> Ints:
    """Statements on a slate of the votes so far, and those that press hardest to be on it."""
    rows, columns = np.nonzero(state.seen)
    votes = VoteMatrix.from_votes(rows, columns, state.truth.signs[rows, columns])
    holdings = observed_holdings(votes)
    slate = select_slate(holdings, [], size=8)
    pressing = strongest_challengers(holdings, slate.stances, candidates=slate.candidates)
    return np.array(sorted({stance.statement_id for stance in (*slate.stances, *pressing)}), np.int64)


# -------- policies


def plenary(state: State, unseen: Ints) -> int:
    votes = state.votes[unseen]
    showing = choose_statement(
        unseen,
        exposures=votes,
        votes=votes,
        decisive=state.decisive,
        uncertainties=uncertainty(state.agrees[unseen], votes),
        n_participants=state.n_arrived,
        seed=int(state.random.integers(2**63)),
    )
    assert showing is not None
    return showing.statement_id


def oldest_first(state: State, unseen: Ints) -> int:
    return int(unseen[0])


def at_random(state: State, unseen: Ints) -> int:
    return int(state.random.choice(unseen))


def least_seen(state: State, unseen: Ints) -> int:
    votes = state.votes[unseen]
    return int(state.random.choice(unseen[votes == votes.min()]))


def polis(state: State, unseen: Ints) -> int:
    weights = priority(
        state.agrees[unseen],
        state.passes[unseen],
        state.votes[unseen],
        state.truth.extremity[unseen],
        meta=np.zeros(unseen.size, bool),
        meta_priority=7.0,
    )
    return int(state.random.choice(unseen, p=weights / weights.sum()))


def hybrid(state: State, unseen: Ints) -> int:
    drawn = state.random.random()
    pressing = unseen[np.isin(unseen, state.decisive)]
    if 0.5 <= drawn < 0.75 and pressing.size:
        return int(state.random.choice(pressing))
    if drawn >= 0.75:
        weights = state.truth.extremity[unseen] + 1e-9
        return int(state.random.choice(unseen, p=weights / weights.sum()))
    return least_seen(state, unseen)


POLICIES: dict[str, Policy] = {
    "Plenary": plenary,
    "hybrid of the table": hybrid,
    "Polis": polis,
    "least seen first": least_seen,
    "random": at_random,
    "oldest first": oldest_first,
}


@dataclass(frozen=True)
class Measured:
    """Means over runs: fewest votes on a statement, Gini coefficient of votes, error of group rates, seconds a card."""

    fewest: float
    gini: float
    rmse: float
    seconds: float


def measured(truth: Truth, policy: Policy) -> Measured:
    runs = max(3, min(MOST_RUNS, VOTES // int(truth.n_votes.sum())))
    began = process_time()
    played = [play(truth, policy, seed=seed) for seed in range(runs)]
    seconds = (process_time() - began) / max(sum(int(votes.sum()) for votes, _ in played), 1)
    return Measured(
        float(np.mean([votes.min() for votes, _ in played])),
        float(np.mean([gini(votes.astype(np.float64)) for votes, _ in played])),
        float(np.mean([error for _, error in played])),
        seconds,
    )


def truths(data: Path | None) -> Iterator[Truth]:
    for folder in folders(data):
        votes = votes_of(folder)
        if frequent(votes).n_participants >= 100 and real(folder).n_votes < 100_000:
            truth = completed(folder.name, votes)
            if truth is not None:
                yield truth
    made = completed("simulated 500 x 90", simulate(seed=1, views=VIEWS, n_participants=500, n_statements=90).votes)
    if made is not None:
        yield made


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    pairs = []
    for truth in truths(data):
        found = {name: measured(truth, policy) for name, policy in POLICIES.items()}
        ours, other = found["Plenary"], found["hybrid of the table"]
        pairs.append((ours, other))
        figures = {
            name: f"fewest {one.fewest:.0f}, gini {one.gini:.3f}, rmse {one.rmse:.4f}" for name, one in found.items()
        }
        yield Row(
            "routing", truth.name, "hybrid", ours.seconds, None, None, figures=figures, holds=ours.gini <= other.gini
        )
    if pairs:
        yield _mean(pairs)
    yield growth()


def _mean(pairs: list[tuple[Measured, Measured]]) -> Row:
    """Over all conversations: the error of group rates differs by chance from one to the next."""
    ours, other = (
        {name: float(np.mean([getattr(pair[side], name) for pair in pairs])) for name in ("fewest", "gini", "rmse")}
        for side in (0, 1)
    )
    holds = ours["fewest"] >= other["fewest"] and ours["gini"] <= other["gini"] and ours["rmse"] <= other["rmse"]
    figures = {f"{name}: Plenary, hybrid": f"{ours[name]:.4g}, {other[name]:.4g}" for name in ours}
    figures["as published, hybrid"] = f"gini {TABLE['gini']}, rmse {TABLE['rmse']}"
    return Row("routing", "mean of these", "hybrid", None, None, None, figures=figures, holds=holds)


def growth() -> Row:
    """Seconds a card among 1,000, 10,000 and 100,000 statements: at most linear."""
    times = []
    sizes = (1_000, 10_000, 100_000)
    for m in sizes:
        rng = np.random.default_rng(m)
        ids, votes = np.arange(m), rng.integers(10, 500, m)
        pressing, doubt = rng.choice(m, 28, replace=False), uncertainty(votes // 2, votes)
        took = []
        for seed in range(30):
            began = process_time()
            choose_statement(
                ids, exposures=votes, votes=votes, decisive=pressing, uncertainties=doubt, n_participants=500, seed=seed
            )
            took.append(process_time() - began)
        times.append(float(np.median(took)))
    exponent = float(np.polyfit(np.log(sizes[1:]), np.log(times[1:]), 1)[0])
    figures = {f"{m:,} statements, ms": seconds * 1e3 for m, seconds in zip(sizes, times, strict=True)}
    return Row(
        "routing",
        "growth with the number of statements",
        "linear growth",
        times[0],
        None,
        None,
        figures={**figures, "exponent": exponent},
        holds=exponent < 1.3,
    )
