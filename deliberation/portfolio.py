"""The portfolio of coalitions: what they cover together, where nobody is, where many do the same, and who eases change.

A cell is an SDG target, a region and a role in a transformation (initiate, smooth, scale). Nothing here ranks
coalitions: a gap is an invitation, an overlap a reason to meet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from deliberation.errors import BadValue

Cell = tuple[str, str, str]


class Part(StrEnum):
    """What a coalition does for a transformation."""

    INITIATE = "initiate"
    SMOOTH = "smooth"
    SCALE = "scale"


@dataclass(frozen=True)
class Footprint:
    """Where a coalition works: cells of target, region and role, and how many partners it has."""

    coalition: int
    cells: frozenset[Cell]
    n_members: int = 1

    def __post_init__(self) -> None:
        if self.n_members < 1:
            raise BadValue(name="members", value=self.n_members, allowed="at least 1")
        for cell in self.cells:
            if cell[2] not in set(Part):
                raise BadValue(name="role", value=cell[2], allowed="initiate, smooth, scale")

    @property
    def targets(self) -> frozenset[str]:
        return frozenset(cell[0] for cell in self.cells)


@dataclass(frozen=True)
class Overlap:
    """Two coalitions that work in nearly the same cells; likeness : cells of both over cells of either, 0..1."""

    coalitions: tuple[int, int]
    likeness: float
    shared: tuple[Cell, ...]


@dataclass(frozen=True)
class Fragmentation:
    """How divided the partners under one target are; index : chance that two of them are of different coalitions."""

    target: str
    n_coalitions: int
    index: float


@dataclass(frozen=True)
class PortfolioSettings:
    """From when on something is worth a word."""

    likeness: float = 0.5
    """Half of what either does, both do."""
    index: float = 0.5
    """Of two partners under a target, more often than not they do not sit at one table."""
    opposed: float = 0.33
    """A third of a constituency against a statement is more than grumbling."""


def coverage(footprints: Iterable[Footprint]) -> dict[Cell, tuple[int, ...]]:
    """Which coalitions work in each cell, cells and coalitions in order."""
    found: dict[Cell, set[int]] = {}
    for one in footprints:
        for cell in one.cells:
            found.setdefault(cell, set()).add(one.coalition)
    return {cell: tuple(sorted(found[cell])) for cell in sorted(found)}


def gaps(wanted: Mapping[tuple[str, str], int], footprints: Iterable[Footprint]) -> tuple[tuple[str, str, int], ...]:
    """Targets and regions that people named and no coalition works in, the most often named first; ties by name.

    wanted : how many people named a target for a region. Raises `BadValue` below 0.
    """
    for pair, n in wanted.items():
        if n < 0:
            raise BadValue(name=f"named {pair}", value=n, allowed="at least 0")
    there = {(target, region) for one in footprints for target, region, _ in one.cells}
    missing = [(target, region, n) for (target, region), n in wanted.items() if n and (target, region) not in there]
    return tuple(sorted(missing, key=lambda gap: (-gap[2], gap[0], gap[1])))


def overlaps(footprints: Sequence[Footprint], *, settings: PortfolioSettings | None = None) -> tuple[Overlap, ...]:
    """Pairs of coalitions with nearly the same cells (Jaccard), the most alike first."""
    least = (settings or PortfolioSettings()).likeness
    found = []
    for one, other in combinations(sorted(footprints, key=lambda f: f.coalition), 2):
        shared, either = one.cells & other.cells, one.cells | other.cells
        if shared and len(shared) / len(either) >= least:
            found.append(Overlap((one.coalition, other.coalition), len(shared) / len(either), tuple(sorted(shared))))
    return tuple(sorted(found, key=lambda pair: (-pair.likeness, pair.coalitions)))


def fragmentation(footprints: Iterable[Footprint]) -> tuple[Fragmentation, ...]:
    """For each target with two coalitions or more, 1 - sum of squared shares of partners; the most divided first.

    The Herfindahl index from 1: two equal coalitions have 0.5, ten 0.9, a large one beside a small one little.
    """
    under: dict[str, list[int]] = {}
    for one in footprints:
        for target in one.targets:
            under.setdefault(target, []).append(one.n_members)
    found = [
        Fragmentation(target, len(sizes), 1 - sum((n / sum(sizes)) ** 2 for n in sizes))
        for target, sizes in under.items()
        if len(sizes) >= 2
    ]
    return tuple(sorted(found, key=lambda one: (-one.index, one.target)))


def missing_smoothers(
    footprints: Sequence[Footprint],
    opposed: Mapping[int, Mapping[str, float]],
    *,
    settings: PortfolioSettings | None = None,
) -> dict[int, tuple[str, ...]]:
    """Coalitions that scale something up while nobody eases the change under its targets, with who is against it.

    opposed : for each coalition the share of each constituency that disagrees with its statement. A coalition that
    scales with nobody against is not named. Raises `BadValue` for a share outside 0..1.
    """
    least = (settings or PortfolioSettings()).opposed
    eased = {cell[0] for one in footprints for cell in one.cells if cell[2] == Part.SMOOTH}
    found: dict[int, tuple[str, ...]] = {}
    for one in sorted(footprints, key=lambda f: f.coalition):
        scaled = {cell[0] for cell in one.cells if cell[2] == Part.SCALE}
        shares = opposed.get(one.coalition, {})
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise BadValue(name=f"share of {name}", value=share, allowed="0 to 1")
        against = tuple(sorted(name for name, share in shares.items() if share >= least))
        if scaled and against and not scaled & eased:
            found[one.coalition] = against
    return found


def introductions(
    footprints: Sequence[Footprint], partners: Mapping[int, Collection[int]]
) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    """Pairs of coalitions that work under a common target and share no partner, those with most in common first."""
    found = []
    for one, other in combinations(sorted(footprints, key=lambda f: f.coalition), 2):
        common = tuple(sorted(one.targets & other.targets))
        if common and not set(partners.get(one.coalition, ())) & set(partners.get(other.coalition, ())):
            found.append((one.coalition, other.coalition, common))
    return tuple(sorted(found, key=lambda pair: (-len(pair[2]), pair[:2])))
