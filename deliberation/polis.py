"""The method of Polis, reproduced so that a landscape can be compared with what participants saw there.

It mirrors the mathematics of the Polis server (compdemocracy/polis, the Clojure worker of 2017 to 2026): mean-imputed
principal components, sparsity-aware projection, at most a hundred base groups, opinion groups by k-means over them, and
its own rules for representative and majority statements. It keeps the method's known weaknesses, such as one vote
making a statement representative; the default method of `deliberation.landscape` does not have them.

Three things differ from the server on purpose. Signs are Plenary's (agree = +1), so centre, positions and statement
positions are the negatives of the server's. The axes are exact instead of a hundred power steps from a random start,
and turned so that their loadings sum to a positive number, which is where a positive random start most likely ends.
Every analysis is a cold one: what the server keeps from earlier votes can be handed in as a `PolisHistory`. Of it the
server's own base groups and in-conversation set reproduce its results; its smoother counts batches of votes and is
stood in for by `keep_within`.

Chance plays no part, so there is no seed: equal votes, in any order, give equal results.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.checks import check_between, column_of_ids, finite_numbers
from deliberation.errors import BadShape, BadValue, NoVotes
from deliberation.polis_groups import first_distinct, in_conversation, k_means, lloyd, silhouettes, smallest_distinct
from deliberation.polis_lists import (
    PolisMajority,
    PolisRepresentative,
    PolisTable,
    counts_by_label,
    group_aware_consensus,
    majorities,
    priority,
    representative_statements,
    representativeness_table,
)
from deliberation.polis_space import polis_space, row_order
from deliberation.votes import StatementCounts, VoteMatrix

SAME_PLACE = 9
"""Decimals of a position by which base groups are told apart: the server's distances end near 1e-8, so that people who
stand closer share a base group there, and with more decimals the last digit of a sum would make groups of its own."""


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
    k_means: Literal["server", "scikit-learn"] = "server"
    """Whose k-means divides base groups: scikit-learn's measures `tolerance` in shares of the variance."""
    turned_by: Literal["sum", "largest"] = "sum"
    """What is made positive on an axis: the sum of its loadings, or the largest one, as scikit-learn has it."""
    start: Literal["met", "sorted"] = "met"
    """Which distinct positions k-means starts from: the first in the order of the votes, or the smallest."""
    z: float = 1.2816
    """One-sided 90 % normal quantile, as rounded by the server. Nothing corrects for the number of tests."""
    n_representative: int = 5
    """Most representative statements of a group, and most majority statements a side; fixed in the server."""
    keep_within: float = 0.02
    """A history's number of groups is kept unless another's silhouette is better by more than this. The server waits
    until another number has won four times in a row, which depends on how votes were batched."""
    meta_priority: float = 7.0
    """Priority of a statement about participants themselves, before squaring."""

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None or name not in ("base_groups", "base_groups_per_group"):
                check_between(name, value, least, whole=True)
        for name in ("tolerance", "keep_within", "meta_priority", "z"):
            check_between(name, getattr(self, name), 0.0, 1e9)
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                raise BadValue(name=name, value=str(getattr(self, name)), allowed=words)


_LEAST = {
    "min_votes": 0,
    "fill_to": 0,
    "base_groups": 1,
    "base_steps": 0,
    "max_groups": 2,
    "base_groups_per_group": 1,
    "group_steps": 1,
    "n_representative": 1,
}
_WORDS = {"k_means": ("server", "scikit-learn"), "turned_by": ("sum", "largest"), "start": ("met", "sorted")}


RED_DWARF = PolisSettings(
    min_votes_capped=False,
    fill_to=0,
    base_groups=None,
    base_groups_per_group=None,
    group_steps=300,
    tolerance=1e-4,
    k_means="scikit-learn",
    turned_by="largest",
    start="sorted",
    z=1.2815515655446004,
)
"""The definitions of red-dwarf 0.4: no base groups, seven votes whatever the number of statements, scikit-learn's
k-means over participants from the smallest distinct positions, and its signs of axes."""


@dataclass(frozen=True, eq=False)
class PolisHistory:
    """What a server remembers from earlier votes. Each part is optional; None means that nothing is remembered.

    in_conversation : ids of participants who are in, whatever their number of votes
    base_groups : ids of the participants of each base group, in the order of base group ids
    axes : (2, n_statements) directions of the last picture; signs follow them
    groups : ids of the participants of each opinion group, from whose places k-means starts for that many groups; so
        many are kept while their silhouette is about as good as the best (`keep_within`)
    """

    in_conversation: tuple[int, ...] | None = None
    base_groups: tuple[tuple[int, ...], ...] | None = None
    axes: NDArray[np.float64] | None = None
    groups: tuple[tuple[int, ...], ...] | None = None


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


def polis_landscape(
    votes: VoteMatrix,
    *,
    rejected: ArrayLike = (),
    meta: ArrayLike = (),
    settings: PolisSettings = PolisSettings(),
    history: PolisHistory = PolisHistory(),
) -> PolisResult:
    """What the Polis server shows for these votes when it meets them for the first time, sorted by (statement,
    participant); equal votes give equal results. With a `history`, what it shows given that memory.

    rejected, meta : ids of statements that moderators rejected, and of those about participants themselves; both count
        for nobody's place, but their votes count for being in the conversation. Ids without votes are ignored.

    Raises `NoVotes`, `BadValue` for ids that are no whole numbers, and `BadShape` where previous axes are not of the
    shape of these votes.
    Source: compdemocracy/polis, math/src/polismath/math (conversation, pca, clusters, repness).
    """
    if not votes.n_votes:
        raise NoVotes()
    votes, counts = _with_votes(votes)
    is_meta = np.isin(votes.statement_ids, column_of_ids("meta", meta))
    excluded = is_meta | np.isin(votes.statement_ids, column_of_ids("rejected", rejected))
    axes = None if history.axes is None else finite_numbers("axes", history.axes, low=-np.inf)
    if axes is not None and axes.shape != (2, votes.n_statements):
        raise BadShape(name="axes", expected=(2, votes.n_statements), found=axes.shape)
    space = polis_space(votes, excluded, counts=counts, previous_axes=axes, turned_by=settings.turned_by)
    grouping = _grouping(votes, space.positions, settings, history)
    agrees, disagrees, all_votes = counts_by_label(votes, grouping.group_of, len(grouping.group_centres))
    table = representativeness_table(agrees, disagrees, all_votes)
    agree, disagree = majorities(counts, votes.statement_ids, ~excluded, z=settings.z, limit=settings.n_representative)
    n_agrees, n_seen = agrees.sum(axis=0), all_votes.sum(axis=0)
    n_passes = n_seen - n_agrees - disagrees.sum(axis=0)
    centricness, coreness, extremeness = _places_in_groups(space.positions, grouping.group_of, len(table.votes))
    return PolisResult(
        participant_ids=votes.participant_ids,
        statement_ids=votes.statement_ids,
        row_order=grouping.row_order,
        excluded=excluded,
        meta=is_meta,
        votes_per_participant=votes.votes_per_participant(),
        centre=space.centre,
        axes=space.axes,
        positions=space.positions,
        statement_positions=space.statement_positions,
        extremities=space.extremities,
        in_conversation=grouping.base_group_of >= 0,
        base_group_of=grouping.base_group_of,
        base_centres=grouping.base_centres,
        base_sizes=grouping.base_sizes,
        group_of=grouping.group_of,
        group_of_base=grouping.group_of_base,
        group_centres=grouping.group_centres,
        group_sizes=np.bincount(grouping.group_of[grouping.group_of >= 0], minlength=len(table.votes)),
        silhouettes=grouping.silhouettes,
        table=table,
        group_aware_consensus=group_aware_consensus(agrees, all_votes),
        priorities=priority(
            n_agrees, n_passes, n_seen, space.extremities, meta=is_meta, meta_priority=settings.meta_priority
        ),
        representative=representative_statements(
            table, votes.statement_ids, ~excluded, z=settings.z, limit=settings.n_representative
        ),
        majority_agree=agree,
        majority_disagree=disagree,
        centricness=centricness,
        coreness=coreness,
        extremeness=extremeness,
    )


def _with_votes(votes: VoteMatrix) -> tuple[VoteMatrix, StatementCounts]:
    """The participants and statements that have votes, which is all that the server knows, and the counts of votes."""
    counts = votes.counts()
    voted, seen = votes.votes_per_participant() > 0, counts.votes > 0
    if voted.all() and seen.all():
        return votes, counts
    of_seen = StatementCounts(counts.agrees[seen], counts.disagrees[seen], counts.passes[seen])
    return votes.select(participants=voted, statements=seen), of_seen


@dataclass(frozen=True, eq=False)
class _Grouping:
    row_order: NDArray[np.int64]
    base_group_of: NDArray[np.int64]
    base_centres: NDArray[np.float64]
    base_sizes: NDArray[np.int64]
    group_of: NDArray[np.int64]
    group_of_base: NDArray[np.int64]
    group_centres: NDArray[np.float64]
    silhouettes: Mapping[int, float]


def _grouping(
    votes: VoteMatrix, positions: NDArray[np.float64], settings: PolisSettings, history: PolisHistory
) -> _Grouping:
    order = row_order(votes)
    base_group_of = _base_group_of(votes, positions, order, settings, history)
    inside = base_group_of >= 0
    sizes = np.bincount(base_group_of[inside])
    centres = np.column_stack(
        [np.bincount(base_group_of[inside], weights=axis) / sizes for axis in positions[inside].T]
    ).reshape(-1, 2)
    warm = _centres_of(history.groups or (), votes.participant_ids, positions)
    group_of_base, group_centres, scores = opinion_groups(centres, sizes.astype(np.float64), settings, previous=warm)
    group_of = np.where(inside, group_of_base[base_group_of] if inside.any() else -1, -1)
    return _Grouping(order, base_group_of, centres, sizes, group_of, group_of_base, group_centres, scores)


def _base_group_of(
    votes: VoteMatrix,
    positions: NDArray[np.float64],
    order: NDArray[np.int64],
    settings: PolisSettings,
    history: PolisHistory,
) -> NDArray[np.int64]:
    labels = np.full(votes.n_participants, -1, np.int64)
    if history.base_groups is not None:
        members = np.concatenate(
            [np.zeros(0, np.int64), *(column_of_ids("base_groups", g) for g in history.base_groups)]
        )
        which = np.repeat(np.arange(len(history.base_groups)), [len(group) for group in history.base_groups])
        here = np.isin(members, votes.participant_ids)
        labels[np.searchsorted(votes.participant_ids, members[here])] = which[here]
        labels[labels >= 0] = np.unique(labels[labels >= 0], return_inverse=True)[1]
        return labels
    known = () if history.in_conversation is None else history.in_conversation
    inside = in_conversation(
        votes.votes_per_participant(),
        order,
        min_votes=min(settings.min_votes, votes.n_statements) if settings.min_votes_capped else settings.min_votes,
        fill_to=settings.fill_to,
        already=np.isin(votes.participant_ids, column_of_ids("in_conversation", known)),
    )
    members = order[inside[order]]
    if settings.base_groups is None:
        labels[members] = np.arange(members.size)
    elif members.size:
        places = np.round(positions[members], SAME_PLACE)
        labels[members] = k_means(
            places,
            _start(places, settings.base_groups, settings),
            weights=np.ones(members.size),
            max_steps=settings.base_steps,
            tolerance=settings.tolerance,
        )[0]
    return labels


def _centres_of(
    groups: tuple[tuple[int, ...], ...], participant_ids: NDArray[np.int64], positions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where the people of each group stand now, in the mean, (g, 2); groups of whom nobody is left are dropped."""
    rows = [np.flatnonzero(np.isin(participant_ids, column_of_ids("groups", group))) for group in groups]
    return np.array([positions[members].mean(axis=0) for members in rows if members.size]).reshape(-1, 2)


def opinion_groups(
    centres: NDArray[np.float64],
    sizes: NDArray[np.float64],
    settings: PolisSettings,
    *,
    previous: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64], dict[int, float]]:
    """The division of base groups with the best silhouette; of equally good ones the one with more groups.

    centres : (b, 2) of base groups in the order of their ids; sizes : (b,) their participants. Returns the group of
    each base group (b,), the groups' centres (g, 2), and the silhouette of each number of groups that was tried.
    previous : (g, 2) where former groups stand, from which as many groups start, and which are kept if about as good.
    """
    if not len(centres):
        return np.zeros(0, np.int64), np.zeros((0, 2)), {}
    most = settings.max_groups
    if settings.base_groups_per_group is not None:
        most = min(most, 2 + len(centres) // settings.base_groups_per_group)
    numbers = list(range(2, most + 1))
    starts = _start(centres, most, settings)
    former = 0 if previous is None else len(previous)
    tried = [
        _divided(centres, sizes, previous if previous is not None and k == former else starts[:k], settings)
        for k in numbers
    ]
    scores = silhouettes(centres, [labels for labels, _ in tried])
    best = max(range(len(scores)), key=lambda i: (scores[i], i))
    if former in numbers and scores[numbers.index(former)] >= scores[best] - settings.keep_within:
        best = numbers.index(former)
    return *tried[best], dict(zip(numbers, scores, strict=True))


def _divided(
    centres: NDArray[np.float64], sizes: NDArray[np.float64], start: NDArray[np.float64], settings: PolisSettings
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if settings.k_means == "scikit-learn":
        return lloyd(centres, start, max_steps=settings.group_steps, tolerance=settings.tolerance)
    return k_means(centres, start, weights=sizes, max_steps=settings.group_steps, tolerance=settings.tolerance)


def _start(points: NDArray[np.float64], k: int, settings: PolisSettings) -> NDArray[np.float64]:
    return first_distinct(points, k) if settings.start == "met" else smallest_distinct(points, k)


def _places_in_groups(
    positions: NDArray[np.float64], group_of: NDArray[np.int64], n_groups: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    middle = positions.mean(axis=0)
    centricness, coreness, extremeness = np.full((3, len(positions)), np.nan)
    for group in range(n_groups):
        members = group_of == group
        own = positions[members].mean(axis=0)
        outwards = own - middle
        length = float(np.hypot(*outwards))
        centricness[members] = 1 - np.hypot(*(positions[members] - middle).T)
        coreness[members] = 1 - np.hypot(*(positions[members] - own).T)
        extremeness[members] = (positions[members] - own) @ (outwards / length if length > 0 else outwards)
    return centricness, coreness, extremeness
