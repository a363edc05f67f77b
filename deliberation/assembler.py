"""The assembler: the line-up of most value that meets every demand, or the demand that cannot be met.

A mixed-integer programme (win-win formulation of the method's section on coalitions) solved by HiGHS. Who gives what to
whom is written as what each gives and what each receives by kind, with nobody's gifts counted for themselves: the same
line-ups as with one variable for each possible gift (Hall, 1935), in a thirtieth of the variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from deliberation.assembly import (
    CAPPED,
    AssemblySettings,
    Candidate,
    Demand,
    LineUp,
    Pool,
    counts_of,
    describe,
    greedy_line_ups,
    unmet,
)
from deliberation.errors import Infeasible

INFEASIBLE = 2
"""The status by which scipy says that nothing meets the constraints."""
Case = tuple[Demand, str, str]
PROBE_SECONDS = 3.0
"""To find the demand that cannot be met, each is left out once; longer than this tells nothing new."""


@dataclass(frozen=True)
class Assembly:
    """The best line-up found. gap : how much better another could be at most, as a share of its value; 0 if none is."""

    line_up: LineUp
    gap: float
    is_proven: bool


def assemble(pool: Pool, *, seed: int, settings: AssemblySettings | None = None) -> Assembly:
    """The line-up of most value that meets every demand, within `settings.gap` or after `settings.seconds`.

    seed : of the lot that orders candidates, so that among equally good line-ups nobody gains by having come early.
    The best of the greedy line-ups is the least it returns. Raises `Infeasible` with the demand that cannot be met,
    and `TooFewParticipants`.
    """
    settings = settings or AssemblySettings()
    greedy = greedy_line_ups(pool, settings=settings)
    model = _Model(pool, _by_lot(able(pool.candidates), seed), settings)
    if len(model.people) < settings.fewest:
        raise Infeasible(demand=Demand.WIN_WIN, needed=settings.fewest, found=len(model.people))
    answer = model.solve(settings.seconds)
    found = list(greedy[:1])
    if answer.chosen is not None:
        line_up = describe(answer.chosen, pool, settings=settings)
        if not unmet(line_up, pool, settings=settings):
            found.insert(0, line_up)
    if not found:
        raise _reason(pool, model.people, settings) if answer.is_infeasible else Infeasible(demand=Demand.TIME)
    # On a tie the lot has chosen, not the order of ids that the greedy line-ups follow.
    best = max(found, key=lambda one: round(one.value, 9))
    gap = max(answer.bound - best.value, 0.0) / max(abs(best.value), 1e-9) if answer.bound is not None else 1.0
    return Assembly(best, round(gap, 6), gap <= settings.gap + 1e-9)


def able(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Candidates who could both receive from and give to another of them: in no line-up is anybody else."""
    kept = list(candidates)
    while True:
        needed = [kind for one in kept for kind in one.needs]
        offered = [kind for one in kept for kind in one.offers]
        stay = [
            one
            for one in kept
            if any(offered.count(kind) > (kind in one.offers) for kind in one.needs)
            and any(needed.count(kind) > (kind in one.needs) for kind in one.offers)
        ]
        if len(stay) == len(kept):
            return tuple(stay)
        kept = stay


def _by_lot(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    ordered = sorted(candidates, key=lambda one: one.participant)
    return [ordered[at] for at in np.random.default_rng(seed).permutation(len(ordered))]


def _reason(pool: Pool, people: Sequence[Candidate], settings: AssemblySettings) -> Infeasible:
    """The first demand without which there would be a line-up, or that it takes several of them together."""
    parts = [(Demand.PART, name, max(counts, key=lambda key: (counts[key], key)))
             for name in CAPPED if (counts := counts_of(people, name))]  # fmt: skip
    cases: list[Case] = [(Demand.RED_LINES, "", "")] if pool.conflicts else []
    cases += [(Demand.QUOTA, quota.attribute, quota.category) for quota in pool.quotas]
    cases += [(Demand.CONSTITUENCIES, "", ""), *parts]

    def helps(without: Sequence[Case]) -> bool:
        model = _Model(pool, people, settings, without=without, is_probe=True)
        return model.solve(PROBE_SECONDS).chosen is not None

    if not helps(cases):
        return Infeasible(demand=Demand.WIN_WIN, needed=settings.fewest, found=len(people))
    for case in cases:
        if helps([case]):
            demand, attribute, category = case
            return Infeasible(demand=demand, attribute=attribute, category=category)
    return Infeasible(demand=Demand.TOGETHER)


@dataclass
class _Rows:
    """Linear constraints as they are written: low <= sum of coefficient * variable <= high."""

    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, terms: Sequence[tuple[int, float]], low: float = -np.inf, high: float = np.inf) -> None:
        for column, value in terms:
            self.row.append(len(self.low))
            self.column.append(column)
            self.value.append(value)
        self.low.append(low)
        self.high.append(high)


@dataclass(frozen=True)
class _Answer:
    """Who is chosen, None for nobody; the value that no line-up exceeds, None where it is not known."""

    chosen: tuple[int, ...] | None
    bound: float | None
    is_infeasible: bool


class _Model:
    """Variables: x of each candidate, then r (a need received), a (gifts of an offer), and what is counted once."""

    def __init__(
        self,
        pool: Pool,
        people: Sequence[Candidate],
        settings: AssemblySettings,
        *,
        without: Sequence[Case] = (),
        is_probe: bool = False,
    ) -> None:
        self.pool, self.people, self.settings, self.without = pool, list(people), settings, without
        self.rows = _Rows()
        self.weights: list[float] = [-settings.size_cost] * len(self.people)
        self.most: list[float] = [1.0] * len(self.people)
        self.is_whole: list[bool] = [True] * len(self.people)
        self.at = {one.participant: row for row, one in enumerate(self.people)}
        self._write_size()
        self._write_gifts()
        self._write_bounds()
        if is_probe:
            self.weights = [0.0] * len(self.weights)
        else:
            self._write_worth()

    def _new(self, *, weight: float, most: float = 1.0, is_whole: bool = False) -> int:
        self.weights.append(weight)
        self.most.append(most)
        self.is_whole.append(is_whole)
        return len(self.weights) - 1

    def _write_size(self) -> None:
        self.rows.add([(at, 1.0) for at in range(len(self.people))], self.settings.fewest, self.settings.most)

    def _write_gifts(self) -> None:
        """Everybody receives and gives; what is received of a kind is what is given of it, by somebody else."""
        kinds = sorted({kind for one in self.people for kind in one.needs})
        received: dict[tuple[int, str], int] = {}
        given: dict[tuple[int, str], int] = {}
        for at, one in enumerate(self.people):
            for kind in sorted(one.needs):
                received[at, kind] = self._new(weight=1.0)
                self.rows.add([(received[at, kind], 1.0), (at, -1.0)], high=0.0)
            for kind, capacity in sorted(one.offers.items()):
                if kind in kinds:
                    most = float(min(capacity, self.settings.most - 1))
                    given[at, kind] = self._new(weight=0.0, most=most)
                    self.rows.add([(given[at, kind], 1.0), (at, -most)], high=0.0)
            mine = [(column, 1.0) for (who, _), column in received.items() if who == at]
            self.rows.add([*mine, (at, -1.0)], low=0.0)
            ours = [(column, 1.0) for (who, _), column in given.items() if who == at]
            self.rows.add([*ours, (at, -1.0)], low=0.0)
        for kind in kinds:
            takers = {at: column for (at, of), column in received.items() if of == kind}
            givers = {at: column for (at, of), column in given.items() if of == kind}
            total = [(column, 1.0) for column in givers.values()]
            self.rows.add([*total, *((column, -1.0) for column in takers.values())], 0.0, 0.0)
            for at, column in takers.items():
                if at in givers:
                    others = [(other, 1.0) for who, other in givers.items() if who != at]
                    self.rows.add([*others, (column, -1.0)], low=0.0)
                self.rows.add([*((who, 1.0) for who in givers if who != at), (column, -1.0)], low=0.0)

    def _write_bounds(self) -> None:
        """Red lines, parts and quotas."""
        if not self._is_without(Demand.RED_LINES):
            for low, high in sorted(self.pool.conflicts):
                if low in self.at and high in self.at:
                    self.rows.add([(self.at[low], 1.0), (self.at[high], 1.0)], high=1.0)
        for attribute in CAPPED:
            for category in counts_of(self.people, attribute):
                if not self._is_without(Demand.PART, attribute):
                    self._share(attribute, category, 0.0, self.settings.share_over)
        for quota in self.pool.quotas:
            if not self._is_without(Demand.QUOTA, quota.attribute, quota.category):
                self._share(quota.attribute, quota.category, quota.at_least, quota.at_most)
        places = self._places()
        if not self._is_without(Demand.CONSTITUENCIES):
            self.rows.add([(column, 1.0) for column in places], low=self.settings.fewest_constituencies)

    def _places(self) -> list[int]:
        """One variable for each constituency, counted where a member is of it."""
        found = []
        for category in counts_of(self.people, "constituency"):
            found.append(self._new(weight=1.0))
            self.rows.add([(found[-1], 1.0), *((at, -1.0) for at in self._of("constituency", category))], high=0.0)
        return found

    def _is_without(self, demand: Demand, attribute: str = "", category: str = "") -> bool:
        return any(
            one == demand and about == attribute and category in (which, "") for one, about, which in self.without
        )

    def _of(self, attribute: str, category: str) -> list[int]:
        return [at for at, one in enumerate(self.people) if getattr(one, attribute) == category]

    def _share(self, attribute: str, category: str, low: float, high: float) -> None:
        inside = set(self._of(attribute, category))
        everybody = range(len(self.people))
        if low > 0:
            self.rows.add([(at, (at in inside) - low) for at in everybody], low=0.0)
        if high < 1:
            self.rows.add([(at, (at in inside) - high) for at in everybody], high=0.0)

    def _write_worth(self) -> None:
        """Goals that two carry, goals that further each other, pairs worth bringing together."""
        goals: dict[str, int] = {}
        for goal in sorted({goal for one in self.people for goal in one.goals}):
            carriers = [at for at, one in enumerate(self.people) if goal in one.goals]
            if len(carriers) >= 2:
                goals[goal] = self._new(weight=self.settings.goal_weight, is_whole=True)
                self.rows.add([(goals[goal], 2.0), *((at, -1.0) for at in carriers)], high=0.0)
        for pair, weight in sorted(self.pool.interlinkages.items()):
            if pair[0] in goals and pair[1] in goals:
                self._both(goals[pair[0]], goals[pair[1]], weight)
        for (low, high), worth in sorted(self.pool.unusual.items()):
            if low in self.at and high in self.at and worth > 0:
                self._both(self.at[low], self.at[high], self.settings.unusual_weight * worth)

    def _both(self, one: int, other: int, weight: float) -> None:
        column = self._new(weight=weight)
        self.rows.add([(column, 1.0), (one, -1.0)], high=0.0)
        self.rows.add([(column, 1.0), (other, -1.0)], high=0.0)

    def solve(self, seconds: float) -> _Answer:
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_matrix

        shape = (len(self.rows.low), len(self.weights))
        matrix = csr_matrix((self.rows.value, (self.rows.row, self.rows.column)), shape=shape)
        result = milp(
            -np.array(self.weights),
            constraints=LinearConstraint(matrix, self.rows.low, self.rows.high),
            integrality=np.array(self.is_whole, dtype=np.uint8),
            bounds=Bounds(np.zeros(len(self.most)), np.array(self.most)),
            options={"time_limit": seconds, "mip_rel_gap": self.settings.gap},
        )
        bound = float("nan") if result.mip_dual_bound is None else float(result.mip_dual_bound)
        chosen = None
        if result.x is not None:
            chosen = tuple(one.participant for one, x in zip(self.people, result.x, strict=False) if x > 0.5)
        return _Answer(chosen, -bound if np.isfinite(bound) else None, result.status == INFEASIBLE)
