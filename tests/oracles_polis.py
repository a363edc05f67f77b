"""A slow, obvious twin of the Polis method: loops over people and statements in the signs of this project (agree = +1).

Each stage takes what came before it, so that a difference is found where it arises. Source: compdemocracy/polis,
math/src/polismath/math (conversation, pca, clusters, repness, stats), described in words and written anew.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Table = list[list[int | None]]
"""Rows of participants, columns of statements; None is unseen."""

Z = 1.2816


def single(number: float) -> float:
    """The number as single precision keeps it."""
    return float(struct.unpack("f", struct.pack("f", number))[0])


def zeroed(table: Table, excluded: list[bool]) -> Table:
    """Excluded statements count as voted 0 by everybody, also by who never saw them."""
    return [[0 if out else cell for cell, out in zip(row, excluded, strict=True)] for row in table]


def centre_of(table: Table, excluded: list[bool]) -> list[float]:
    centre = []
    for column in zip(*zeroed(table, excluded), strict=True):
        cast = [cell for cell in column if cell is not None]
        centre.append(sum(cast) / len(cast))
    return centre


def directions(table: Table, excluded: list[bool]) -> tuple[Floats, Floats]:
    """Singular values and right singular vectors of the mean-imputed, centred table."""
    centre = centre_of(table, excluded)
    rows = zeroed(table, excluded)
    filled = [[mean if cell is None else cell for cell, mean in zip(row, centre, strict=True)] for row in rows]
    _, values, vectors = np.linalg.svd(np.array(filled, float) - np.array(centre))
    return values, vectors


def place_of(row: list[int | None], centre: list[float], axes: Floats) -> list[float]:
    """Where somebody with these votes stands: the votes cast only, stretched for few votes."""
    cast = [j for j, cell in enumerate(row) if cell is not None]
    stretch = math.sqrt(len(row) / max(len(cast), 1))
    return [stretch * sum((float(row[j] or 0) - centre[j]) * axis[j] for j in cast) for axis in axes]


def places(table: Table, excluded: list[bool], axes: Floats) -> Floats:
    centre = centre_of(table, excluded)
    if min(len(table), len(table[0])) < 2:
        return np.zeros((len(table), 2))
    return np.array([place_of(row, centre, axes) for row in zeroed(table, excluded)])


def statement_places(table: Table, excluded: list[bool], axes: Floats) -> Floats:
    """Where one stands who agrees with the statement and has seen no other."""
    centre, m = centre_of(table, excluded), len(table[0])
    if min(len(table), m) < 2:
        return np.zeros((m, 2))
    return np.array(
        [
            place_of([1 if i == j else None for i in range(m)], centre, axes) if not excluded[j] else [0.0, 0.0]
            for j in range(m)
        ]
    )


def order_met(table: Table) -> list[int]:
    """Participants as they are first met when votes are sorted by statement, then participant."""
    met: list[int] = []
    for j in range(len(table[0])):
        for i in range(len(table)):
            if table[i][j] is not None and i not in met:
                met.append(i)
    return met


def in_conversation(table: Table) -> set[int]:
    n_votes = [sum(cell is not None for cell in row) for row in table]
    inside = {i for i, n in enumerate(n_votes) if n >= min(7, len(table[0]))}
    waiting = sorted((i for i in order_met(table) if i not in inside), key=lambda i: -n_votes[i])
    return inside | set(waiting[: max(0, 15 - len(inside))])


def k_means(points: Floats, weights: list[float], k: int, *, steps: int) -> list[list[int]]:
    """Members of each group in the end. A point between two centres goes to the later, empty groups are dropped."""
    centres: list[tuple[float, ...]] = []
    for point in points.tolist():
        if tuple(point) not in centres and len(centres) < k:
            centres.append(tuple(point))
    for _ in range(steps + 1):
        members: list[list[int]] = [[] for _ in centres]
        for i, point in enumerate(points):
            distances = [math.dist(point, centre) for centre in centres]
            members[max(g for g, d in enumerate(distances) if d == min(distances))].append(i)
        members = [group for group in members if group]
        moved = [tuple(np.average(points[group], axis=0, weights=[weights[i] for i in group])) for group in members]
        pairs = zip(sorted(centres), sorted(moved), strict=False)
        still = all(math.dist(before, after) < 0.01 for before, after in pairs)
        centres = moved
        if still:
            break
    return members


def one_proportion(success: int, n: int) -> float:
    return 2 * math.sqrt(n + 1) * ((success + 1) / (n + 1) - 0.5)


def two_proportions(s_in: int, s_out: int, n_in: int, n_out: int) -> float:
    first, second = (s_in + 1) / (n_in + 1), (s_out + 1) / (n_out + 1)
    pooled = (s_in + s_out + 2) / (n_in + n_out + 2)
    if pooled == 1:
        return 0.0
    return (first - second) / math.sqrt(pooled * (1 - pooled) * (1 / (n_in + 1) + 1 / (n_out + 1)))


@dataclass(frozen=True)
class Side:
    share: float
    test: float
    ratio: float
    ratio_test: float


@dataclass(frozen=True)
class Entry:
    column: int
    choice: str
    n_success: int
    n_trials: int
    side: Side
    best_agree: bool = False


def side_of(success: int, n: int, success_rest: int, n_rest: int) -> Side:
    share = (success + 1) / (n + 2)
    return Side(
        share,
        one_proportion(success, n),
        share / ((success_rest + 1) / (n_rest + 2)),
        two_proportions(success, success_rest, n, n_rest),
    )


def counts(table: Table, members: list[int], column: int) -> tuple[int, int, int]:
    """Agrees, disagrees and all votes of these people on one statement."""
    cast = [table[i][column] for i in members if table[i][column] is not None]
    return cast.count(1), cast.count(-1), len(cast)


def representative(table: Table, groups: list[list[int]], excluded: list[bool]) -> list[list[Entry]]:
    """One pass over the statements for each group, that keeps three things: what passes both tests, the best of what
    does not, and what the group agrees with best."""
    return [_of_group(table, groups, group, excluded) for group in range(len(groups))]


def _of_group(table: Table, groups: list[list[int]], group: int, excluded: list[bool]) -> list[Entry]:
    others = [i for g, members in enumerate(groups) if g != group for i in members]
    sufficient: list[Entry] = []
    best: Entry | None = None
    best_agree: tuple[Entry, Side] | None = None
    for column in range(len(table[0])):
        if excluded[column]:
            continue
        a, d, s = counts(table, groups[group], column)
        a_rest, d_rest, s_rest = counts(table, others, column)
        agree, disagree = side_of(a, s, a_rest, s_rest), side_of(d, s, d_rest, s_rest)
        if agree.ratio_test > disagree.ratio_test:
            entry = Entry(column, "agree", a, s, agree)
        else:
            entry = Entry(column, "disagree", d, s, disagree)
        if any(side.ratio_test > Z and side.test > Z for side in (agree, disagree)):
            sufficient.append(entry)
        if not sufficient and (
            best is None or max(agree.ratio_test, disagree.ratio_test) > single(best.side.ratio_test)
        ):
            best = entry
        if _agreed_with_better(a, d, agree, None if best_agree is None else best_agree[1]):
            best_agree = entry, agree
    first = [] if best_agree is None else [Entry(**{**vars(best_agree[0]), "best_agree": True})]
    if not sufficient:
        return first or ([] if best is None else [best])
    rest = [entry for entry in sufficient if not first or entry.column != first[0].column]
    rest.sort(key=lambda entry: -metric(entry.side))
    cut = (first + rest)[:5]
    return [e for e in cut if e.choice == "agree"] + [e for e in cut if e.choice == "disagree"]


def metric(side: Side) -> float:
    return side.ratio * single(side.ratio_test) * side.share * side.test


def _agreed_with_better(agrees: int, disagrees: int, new: Side, kept: Side | None) -> bool:
    if agrees == disagrees == 0:
        return False
    if kept is None:
        return new.test > Z or (new.ratio > 1 and new.share > 0.5)
    if kept.ratio > 1:
        return new.ratio * new.ratio_test * new.share * new.test > kept.ratio * kept.ratio_test * kept.share * kept.test
    return new.share * new.test > kept.share * kept.test


def majorities(table: Table, excluded: list[bool]) -> tuple[list[int], list[int]]:
    """Columns that most of all participants agree, and disagree, with; best first, five at most."""
    found = []
    for side in (0, 1):
        passing = []
        for column in range(len(table[0])):
            of = counts(table, list(range(len(table))), column)
            share, test = (of[side] + 1) / (of[2] + 2), one_proportion(of[side], of[2])
            if not excluded[column] and share > 0.5 and test > Z:
                passing.append((-(share * test), column))
        found.append([column for _, column in sorted(passing)][:5])
    return found[0], found[1]


def group_aware_consensus(table: Table, groups: list[list[int]]) -> list[float]:
    result = []
    for column in range(len(table[0])):
        product = 1.0
        for members in groups:
            agrees, _, seen = counts(table, members, column)
            product *= (agrees + 1) / (seen + 2)
        result.append(product)
    return result


def priority(agrees: int, disagrees: int, seen: int, extremity: float, *, meta: bool) -> float:
    if meta:
        return 49.0
    passes = seen - agrees - disagrees
    importance = (1 - (passes + 1) / (seen + 2)) * (extremity + 1) * (agrees + 1) / (seen + 2)
    return float((importance * (1 + 8 * 2 ** (-seen / 5))) ** 2)
