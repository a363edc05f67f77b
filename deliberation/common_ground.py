"""Statements that every group and constituency agrees with, judged by the least agreeing one; and those that divide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from deliberation.factors import Floats
from deliberation.independence import independence
from deliberation.intervals import jeffreys_lower, newcombe, wilson
from deliberation.representativeness import CrossFit
from deliberation.tallies import Categories, Ints, Tally, tally, tally_votes
from deliberation.votes import Choice, VoteMatrix, sign_of

__all__ = [
    "EVERYONE",
    "CommonGround",
    "CommonGroundSettings",
    "Divide",
    "find_common_ground",
    "find_divides",
    "jeffreys_lower",
    "newcombe",
    "wilson",
]

EVERYONE = "everyone"
"""The dimension with the single category of all participants: common ground needs them, too."""


@dataclass(frozen=True)
class CommonGroundSettings:
    """When a statement is called common ground or a divide. Every value has its reason."""

    least_agreement: float = 0.5
    """The lower bound of every category's agreement: at least half of it, even if the votes were lucky."""
    bound_level: float = 0.10
    """One-sided error of that bound; on held-out votes this choice finds the most broadly agreed statements."""
    floor: int = 30
    """Votes a statement needs before it is ranked, in rooms of 60 and more."""
    floor_share: float = 0.5
    """The same in smaller rooms, as a share of the participants."""
    category_floor: int = 5
    """Votes it needs within each category, or all members but one where there are not more: authors do not vote on what
    they wrote. A category with fewer members is judged by its share: no bound on so few could reach a half."""
    least_gap: float = 0.15
    """Smaller gaps between categories are true of many statements and tell nobody anything."""
    false_discovery_rate: float = 0.10
    """Expected share of wrong divides over all statements and dimensions (Benjamini and Hochberg 1995)."""


@dataclass(frozen=True)
class CommonGround:
    """One statement that every category takes the same stance on.

    lower_bound : Jeffreys lower bound of the category that holds it least, which ranks; `least` names that category
    least_share : that category's share; share : of everyone; product : Polis's group-informed consensus over the
    categories of the dimension "group", None without groups
    """

    statement_id: int
    stance: Choice
    lower_bound: float
    least: tuple[str, str]
    least_share: float
    share: float
    n_votes: int
    product: float | None


@dataclass(frozen=True)
class Divide:
    """One statement on which two categories of a dimension stand apart.

    gap : share agreeing in `high` minus share agreeing in `low`, which ranks and can be recomputed from the counts
    variance_share : share of the variance of agreement that lies between categories, sampling noise removed, 0 to 1
    p, p_adjusted : that all categories agree alike, by chi-squared or, where few voted, exactly; raw and after
        Benjamini-Hochberg over all statements and dimensions
    """

    statement_id: int
    dimension: str
    high: str
    low: str
    share_high: float
    share_low: float
    gap: float
    gap_lower: float
    variance_share: float
    p: float
    p_adjusted: float


def vote_floor(n_participants: int, settings: CommonGroundSettings) -> int:
    """Votes a statement needs to be ranked in a room of this size: half the room, at most 30."""
    return int(min(settings.floor, np.ceil(settings.floor_share * n_participants)))


def find_common_ground(
    votes: VoteMatrix,
    categories_by_dimension: Mapping[str, Categories],
    *,
    stance: Choice = Choice.AGREE,
    settings: CommonGroundSettings = CommonGroundSettings(),
) -> tuple[CommonGround, ...]:
    """Statements that more than half of every category holds for sure, the surest first; possibly none.

    Ranked by the smallest Jeffreys lower bound over all categories of all dimensions and everyone; a category with
    fewer members than `category_floor` only has to hold it by half of its votes. With the stance disagree: what every
    category rejects. Errors: BadShape for categories of other participants, UnknownChoice.
    """
    sign_of(stance)
    tallies = {EVERYONE: tally(votes, _everyone(votes))}
    tallies |= {name: tally(votes, categories) for name, categories in categories_by_dimension.items()}
    enough = _above_floors(votes, tallies, categories_by_dimension, settings)
    # Everybody together is always judged by the bound, however few they are.
    sizes = {EVERYONE: np.array([settings.category_floor])}
    sizes |= {name: categories.sizes for name, categories in categories_by_dimension.items()}
    stacked = np.vstack([_bounds(counted, sizes[name], stance, settings) for name, counted in tallies.items()])
    where = [(dimension, name) for dimension, counted in tallies.items() for name in counted.names]
    held = enough & (stacked.min(axis=0) >= settings.least_agreement)
    product = _product(tallies.get("group"), stance)
    everyone = tallies[EVERYONE]
    found = []
    for column in np.flatnonzero(held):
        least = int(stacked[:, column].argmin())
        counted = tallies[where[least][0]]
        row = counted.names.index(where[least][1])
        found.append(
            CommonGround(
                statement_id=int(votes.statement_ids[column]),
                stance=stance,
                lower_bound=float(stacked[least, column]),
                least=where[least],
                least_share=float(counted.of(stance)[row, column] / counted.votes[row, column]),
                share=float(everyone.of(stance)[0, column] / everyone.votes[0, column]),
                n_votes=int(everyone.votes[0, column]),
                product=None if product is None else float(product[column]),
            )
        )
    return tuple(sorted(found, key=lambda c: (-round(c.lower_bound, 9), -round(c.share, 9), c.statement_id)))


def _bounds(counted: Tally, sizes: Ints, stance: Choice, settings: CommonGroundSettings) -> Floats:
    """Lower bounds of the stance by category and statement; a few people's vote blocks (0) or does not (1)."""
    held, n = counted.of(stance), counted.votes
    bounds = np.asarray(jeffreys_lower(held, n, level=settings.bound_level), np.float64)
    few = np.asarray(sizes < settings.category_floor)[:, None]
    return np.where(few, held >= settings.least_agreement * n, bounds).astype(np.float64)


def _everyone(votes: VoteMatrix) -> Categories:
    return Categories((EVERYONE,), np.zeros(votes.n_participants, np.int64))


def _above_floors(
    votes: VoteMatrix,
    tallies: Mapping[str, Tally],
    categories_by_dimension: Mapping[str, Categories],
    settings: CommonGroundSettings,
) -> NDArray[np.bool_]:
    """Statements with enough votes overall and within every category that anybody belongs to."""
    voters = int((votes.votes_per_participant() > 0).sum())
    enough: NDArray[np.bool_] = tallies[EVERYONE].votes[0] >= max(vote_floor(voters, settings), 1)
    for dimension, categories in categories_by_dimension.items():
        needed = np.minimum(settings.category_floor, np.maximum(categories.sizes - 1, 0))
        enough = enough & (tallies[dimension].votes >= needed[:, None]).all(axis=0)
    return enough


def _product(groups: Tally | None, stance: Choice) -> Floats | None:
    """Product over opinion groups of the Laplace estimate of support (Small et al. 2021), for comparison."""
    if groups is None or not groups.names:
        return None
    return np.asarray(np.prod((groups.of(stance) + 1) / (groups.votes + 2), axis=0), np.float64)


def find_divides(
    votes: VoteMatrix,
    categories_by_dimension: Mapping[str, Categories],
    *,
    cross_fits: Mapping[str, CrossFit] | None = None,
    settings: CommonGroundSettings = CommonGroundSettings(),
) -> tuple[Divide, ...]:
    """Statements that set categories of a dimension apart beyond chance, the widest gap first; possibly none.

    Where a dimension was found in the votes themselves, `cross_fits` gives the groups that the other half of the
    statements forms, and the test is made on those: groups differ on the votes that formed them even in pure noise.
    Errors: BadShape for categories of other participants.
    """
    gaps: dict[str, Tally] = {}
    tested: list[tuple[str, int, float, float]] = []
    enough_by: dict[str, NDArray[np.bool_]] = {}
    for dimension, categories in sorted(categories_by_dimension.items()):
        if len(categories.names) < 2:
            continue
        shown = gaps[dimension] = tally(votes, categories)
        fitted = (cross_fits or {}).get(dimension)
        counted = shown if fitted is None else tally_votes(votes, categories.names, fitted.category_of_vote(votes))
        everyone = {EVERYONE: tally(votes, _everyone(votes)), dimension: shown}
        enough_by[dimension] = _above_floors(votes, everyone, {dimension: categories}, settings)
        p, between = independence(counted.of(Choice.AGREE), counted.votes), variance_between(counted)
        for column in np.flatnonzero(enough_by[dimension]):
            tested.append((dimension, int(column), float(p[column]), float(between[column])))
    if not tested:
        return ()
    adjusted = false_discovery_control([p for _, _, p, _ in tested], method="bh")
    found = [
        _divide(votes, gaps[dimension], dimension, column, between, p, float(q), settings)
        for (dimension, column, p, between), q in zip(tested, adjusted, strict=True)
        if q <= settings.false_discovery_rate
    ]
    wide = [divide for divide in found if divide.gap >= settings.least_gap - 1e-12]
    return widest_first(wide)


def widest_first(divides: Iterable[Divide]) -> tuple[Divide, ...]:
    """The same in the order of their gaps; ties by the lower bound, then by id."""
    return tuple(sorted(divides, key=lambda d: (-round(d.gap, 9), -round(d.gap_lower, 9), d.statement_id, d.dimension)))


def _divide(
    votes: VoteMatrix,
    shown: Tally,
    dimension: str,
    column: int,
    between: float,
    p: float,
    p_adjusted: float,
    settings: CommonGroundSettings,
) -> Divide:
    agrees, n = shown.of(Choice.AGREE)[:, column], shown.votes[:, column]
    rows = np.flatnonzero(n > 0)
    shares = agrees[rows] / n[rows]
    high, low = rows[int(shares.argmax())], rows[int(shares.argmin())]
    lower, _ = newcombe(agrees[high], n[high], agrees[low], n[low], level=1 - 2 * settings.bound_level)
    return Divide(
        statement_id=int(votes.statement_ids[column]),
        dimension=dimension,
        high=shown.names[high],
        low=shown.names[low],
        share_high=float(shares.max()),
        share_low=float(shares.min()),
        gap=float(shares.max() - shares.min()),
        gap_lower=float(lower),
        variance_share=between,
        p=p,
        p_adjusted=p_adjusted,
    )


def variance_between(counted: Tally) -> Floats:
    """Share of the variance of agreement between categories, (n_statements,), sampling noise removed; in [0, 1].

    Categories weigh by their votes on the statement. 0 where everybody or nobody agrees.
    """
    agrees, n = counted.of(Choice.AGREE), counted.votes
    size = np.maximum(n, 1)
    share, weight = agrees / size, n / np.maximum(n.sum(axis=0), 1)
    overall = (weight * share).sum(axis=0)
    between = (weight * (share - overall) ** 2).sum(axis=0) - (weight * share * (1 - share) / size).sum(axis=0)
    spread = overall * (1 - overall)
    ratio = np.divide(np.maximum(between, 0.0), spread, out=np.zeros_like(spread), where=spread > 1e-12)
    return np.asarray(np.minimum(ratio, 1.0), np.float64)
