"""The method of Polis, reproduced so that a landscape can be compared with what participants saw there.

It mirrors the mathematics of the Polis server (compdemocracy/polis, the Clojure worker of 2017 to 2026): mean-imputed
principal components, sparsity-aware projection, at most a hundred base groups, opinion groups by k-means over them, and
its own rules for representative and majority statements. It keeps the method's known weaknesses, such as one vote
making a statement representative; the default method of `deliberation.landscape` does not have them.

Three things differ from the server on purpose. Signs are Plenary's (agree = +1), so centre, positions and statement
positions are the negatives of the server's. The axes are exact instead of a hundred power steps from a random start,
and turned so that their loadings sum to a positive number, which is where a positive random start most likely ends.
Every analysis is a cold one: what the server keeps from earlier votes can be handed in as a `PolisHistory`.

Chance plays no part, so there is no seed: equal votes, in any order, give equal results.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deliberation.votes import Choice


@dataclass(frozen=True)
class PolisSettings:
    """The constants of the method, with the server's values."""

    min_votes: int = 7
    """Votes that put a participant into the conversation; fewer suffice where fewer statements exist."""
    min_votes_capped: bool = True
    """Whether voting on every statement suffices where there are fewer than `min_votes`; red-dwarf does not have it."""
    fill_to: int = 15
    """Participants who are taken in by their number of votes when too few have `min_votes`."""
    base_groups: int | None = 100
    """Most base groups between participants and opinion groups; None lets every participant stand for himself."""
    base_steps: int = 100
    """Most steps of k-means over participants, after the first."""
    max_groups: int = 5
    """Most opinion groups; the interface has letters A to E."""
    base_groups_per_group: int | None = 12
    """One more opinion group is tried for each so many base groups; None tries up to `max_groups` at once."""
    group_steps: int = 20
    """Most steps of k-means over base groups, after the first. The server means 100 but its option has no effect."""
    tolerance: float = 0.01
    """k-means stops when no centre moves as far as this."""
    start: Literal["met", "sorted"] = "met"
    """Which distinct positions k-means starts from: the first in the order of the votes, or the smallest."""
    z: float = 1.2816
    """One-sided 90 % normal quantile, as rounded by the server. Nothing corrects for the number of tests."""
    n_representative: int = 5
    """Most representative statements of a group, and most majority statements a side; fixed in the server."""
    meta_priority: float = 7.0
    """Priority of a statement about participants themselves, before squaring."""


RED_DWARF = PolisSettings(
    min_votes_capped=False,
    fill_to=0,
    base_groups=None,
    base_groups_per_group=None,
    group_steps=300,
    tolerance=1e-4,
    start="sorted",
    z=1.2815515655446004,
)
"""The definitions of red-dwarf 0.4: no base groups, seven votes whatever the number of statements, k-means over
participants from the smallest distinct positions."""


@dataclass(frozen=True, eq=False)
class PolisHistory:
    """What a server remembers from earlier votes. Each part is optional; None means that nothing is remembered.

    in_conversation : ids of participants who are in, whatever their number of votes
    base_groups : ids of the participants of each base group, in the order of base group ids
    axes : (2, n_statements) directions of the last picture; signs follow them
    """

    in_conversation: tuple[int, ...] | None = None
    base_groups: tuple[tuple[int, ...], ...] | None = None
    axes: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class PolisMajority:
    """A statement that most participants answered alike.

    statement : its id; choice : agree or disagree
    n_success, n_trials : participants who chose so, participants who voted (passes included)
    share : (n_success + 1) / (n_trials + 2); z : one-proportion test of that choice against one half
    """

    statement: int
    choice: Choice
    n_success: int
    n_trials: int
    share: float
    z: float


@dataclass(frozen=True)
class PolisRepresentative(PolisMajority):
    """A statement that a group answered more alike than the others did.

    ratio : share in the group by share in the rest; ratio_z : two-proportion test of that difference
    best_agree : whether it was put first because the group agrees with it most
    """

    ratio: float
    ratio_z: float
    best_agree: bool


@dataclass(frozen=True, eq=False)
class PolisTable:
    """Counts and tests of every group and statement; each array has shape (n_groups, n_statements).

    agrees, disagrees, votes : int64 counts (votes include passes) among the members of the group
    agree_share, disagree_share : pseudo-count proportions; agree_z, disagree_z : tests of them against one half
    agree_ratio, disagree_ratio : proportion in the group by proportion in the other groups
    agree_ratio_z, disagree_ratio_z : tests of that difference
    """

    agrees: NDArray[np.int64]
    disagrees: NDArray[np.int64]
    votes: NDArray[np.int64]
    agree_share: NDArray[np.float64]
    disagree_share: NDArray[np.float64]
    agree_z: NDArray[np.float64]
    disagree_z: NDArray[np.float64]
    agree_ratio: NDArray[np.float64]
    disagree_ratio: NDArray[np.float64]
    agree_ratio_z: NDArray[np.float64]
    disagree_ratio_z: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PolisResult:
    """What the Polis server would publish about these votes. Participants and statements without a vote are left out.

    participant_ids : int64 (n,), increasing; statement_ids : int64 (m,), increasing; every array follows these orders
    row_order : int64 (n,) indices of participants in the order of the votes sorted by (statement, participant)
    excluded : bool (m,) statements that do not count for space, groups and lists (rejected by moderators, or meta)
    meta : bool (m,) statements about participants themselves
    votes_per_participant : int64 (n,)

    centre : (m,) mean choice, 0 for excluded statements; axes : (2, m), unit length or zero
    positions : (n, 2); statement_positions : (m, 2); extremities : (m,) their distance from the middle

    in_conversation : bool (n,) who is grouped
    base_group_of : int64 (n,) index of the base group, -1 for participants not in the conversation
    base_centres : (b, 2); base_sizes : int64 (b,)
    group_of : int64 (n,) opinion group 0 .. n_groups - 1, or -1; group_of_base : int64 (b,)
    group_centres : (g, 2); group_sizes : int64 (g,) participants
    silhouettes : tried number of groups -> mean silhouette; the best is taken

    table : counts and tests by group and statement; group_aware_consensus : (m,); priorities : (m,)
    representative : for each group its representative statements, in the server's order
    majority_agree, majority_disagree : what most of all participants agree or disagree with, best first
    centricness, coreness, extremeness : (n,) closeness to everybody's mean, closeness to the own group's mean, and
        distance beyond the latter away from the former; NaN for participants not in the conversation
    """

    participant_ids: NDArray[np.int64]
    statement_ids: NDArray[np.int64]
    row_order: NDArray[np.int64]
    excluded: NDArray[np.bool_]
    meta: NDArray[np.bool_]
    votes_per_participant: NDArray[np.int64]
    centre: NDArray[np.float64]
    axes: NDArray[np.float64]
    positions: NDArray[np.float64]
    statement_positions: NDArray[np.float64]
    extremities: NDArray[np.float64]
    in_conversation: NDArray[np.bool_]
    base_group_of: NDArray[np.int64]
    base_centres: NDArray[np.float64]
    base_sizes: NDArray[np.int64]
    group_of: NDArray[np.int64]
    group_of_base: NDArray[np.int64]
    group_centres: NDArray[np.float64]
    group_sizes: NDArray[np.int64]
    silhouettes: Mapping[int, float]
    table: PolisTable
    group_aware_consensus: NDArray[np.float64]
    priorities: NDArray[np.float64]
    representative: tuple[tuple[PolisRepresentative, ...], ...]
    majority_agree: tuple[PolisMajority, ...]
    majority_disagree: tuple[PolisMajority, ...]
    centricness: NDArray[np.float64]
    coreness: NDArray[np.float64]
    extremeness: NDArray[np.float64]

    @property
    def n_groups(self) -> int:
        return int(self.group_sizes.size)
