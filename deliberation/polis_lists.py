"""Which statements Polis shows: counts by group, its tests, representative and majority statements, and priorities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.packed import counts_by_sign
from deliberation.votes import Choice, StatementCounts, VoteMatrix

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


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

    ratio : share in the group by share in the rest; ratio_z : two-proportion test of that difference, in single
        precision as the server has it
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

    agrees: Counts
    disagrees: Counts
    votes: Counts
    agree_share: Floats
    disagree_share: Floats
    agree_z: Floats
    disagree_z: Floats
    agree_ratio: Floats
    disagree_ratio: Floats
    agree_ratio_z: Floats
    disagree_ratio_z: Floats


def one_proportion_z(n_success: ArrayLike, n_trials: ArrayLike) -> Floats:
    """How far a proportion lies above one half, in standard errors, with one success added. (0, 0) gives 1."""
    success, trials = np.asarray(n_success, float) + 1, np.asarray(n_trials, float) + 1
    return np.asarray(2 * np.sqrt(trials) * (success / trials - 0.5), np.float64)


def two_proportion_z(success_in: ArrayLike, success_out: ArrayLike, n_in: ArrayLike, n_out: ArrayLike) -> Floats:
    """How far the first of two proportions lies above the second, in pooled standard errors, with one added to each
    of the four counts. 0 where everybody succeeded."""
    s_in, s_out, t_in, t_out = (np.asarray(count, float) + 1 for count in (success_in, success_out, n_in, n_out))
    pooled = (s_in + s_out) / (t_in + t_out)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 0) * (1 / t_in + 1 / t_out))
    difference = s_in / t_in - s_out / t_out
    return np.asarray(np.divide(difference, error, out=np.zeros_like(difference), where=error > 0), np.float64)


def counts_by_label(votes: VoteMatrix, labels: NDArray[np.int64], n_labels: int) -> tuple[Counts, Counts, Counts]:
    """Agrees, disagrees and all votes of the participants with each label, int64 arrays of shape
    (n_labels, n_statements). `labels` has one entry per participant; -1 is not counted."""
    cube = counts_by_sign(votes.rows, votes.columns, votes.signs, votes.n_statements, labels=labels, n_labels=n_labels)
    return cube[:, :, 2], cube[:, :, 0], cube.sum(axis=2)


def representativeness_table(agrees: Counts, disagrees: Counts, votes: Counts) -> PolisTable:
    """Proportions and tests of every group and statement, from their counts. The rest of a group are the members of
    the other groups, not everybody else."""
    rest = votes.sum(axis=0) - votes
    agree_rest, disagree_rest = agrees.sum(axis=0) - agrees, disagrees.sum(axis=0) - disagrees
    agree_share, disagree_share = (agrees + 1) / (votes + 2), (disagrees + 1) / (votes + 2)
    return PolisTable(
        agrees=agrees,
        disagrees=disagrees,
        votes=votes,
        agree_share=agree_share,
        disagree_share=disagree_share,
        agree_z=one_proportion_z(agrees, votes),
        disagree_z=one_proportion_z(disagrees, votes),
        agree_ratio=agree_share / ((agree_rest + 1) / (rest + 2)),
        disagree_ratio=disagree_share / ((disagree_rest + 1) / (rest + 2)),
        agree_ratio_z=two_proportion_z(agrees, agree_rest, votes, rest),
        disagree_ratio_z=two_proportion_z(disagrees, disagree_rest, votes, rest),
    )


def group_aware_consensus(agrees: Counts, votes: Counts) -> Floats:
    """Product over groups of the pseudo-count share that agrees. It shrinks with the number of groups, so that it
    compares statements of one analysis only."""
    return np.asarray(np.prod((agrees + 1) / (votes + 2), axis=0), np.float64)


def importance(agrees: ArrayLike, passes: ArrayLike, votes: ArrayLike, extremity: ArrayLike) -> Floats:
    """How much a statement deserves to be seen: few passes, many agrees, far out on the map."""
    n = np.asarray(votes, float) + 2
    return np.asarray(
        (1 - (np.asarray(passes, float) + 1) / n) * (np.asarray(extremity) + 1) * (np.asarray(agrees, float) + 1) / n
    )


def priority(
    agrees: ArrayLike,
    passes: ArrayLike,
    votes: ArrayLike,
    extremity: ArrayLike,
    *,
    meta: ArrayLike,
    meta_priority: float,
) -> Floats:
    """The weight with which a statement is drawn next: importance, raised for new statements, squared."""
    newness = 1 + 8 * 2 ** (-np.asarray(votes, float) / 5)
    return np.asarray(
        np.where(np.asarray(meta), meta_priority, importance(agrees, passes, votes, extremity) * newness) ** 2
    )


def majorities(
    counts: StatementCounts, statement_ids: NDArray[np.int64], shown: NDArray[np.bool_], *, z: float, limit: int
) -> tuple[tuple[PolisMajority, ...], tuple[PolisMajority, ...]]:
    """The statements most of all participants agree, and disagree, with: a share above one half that passes its test,
    best first by their product, ties by statement id."""
    found = []
    for choice, chosen in ((Choice.AGREE, counts.agrees), (Choice.DISAGREE, counts.disagrees)):
        share, test = (chosen + 1) / (counts.votes + 2), one_proportion_z(chosen, counts.votes)
        passing = np.flatnonzero(shown & (share > 0.5) & (test > z))
        best = passing[np.argsort(-(share * test)[passing], kind="stable")][:limit]
        found.append(
            tuple(
                PolisMajority(
                    int(statement_ids[j]),
                    choice,
                    int(chosen[j]),
                    int(counts.votes[j]),
                    float(share[j]),
                    float(test[j]),
                )
                for j in best
            )
        )
    return found[0], found[1]


def representative_statements(
    table: PolisTable, statement_ids: NDArray[np.int64], shown: NDArray[np.bool_], *, z: float, limit: int
) -> tuple[tuple[PolisRepresentative, ...], ...]:
    """For each group the statements that represent it, in the server's order: what it agrees with most, then those
    that pass both tests by the product of their four figures, agrees before disagrees. Every group with a vote has
    at least one."""
    columns = np.flatnonzero(shown)
    return tuple(
        tuple(_of_group(table, group, columns, statement_ids, z=z, limit=limit)) for group in range(len(table.votes))
    )


def _of_group(
    table: PolisTable, group: int, columns: Counts, statement_ids: Counts, *, z: float, limit: int
) -> Iterator[PolisRepresentative]:
    agree_passes = (table.agree_ratio_z[group] > z) & (table.agree_z[group] > z)
    disagree_passes = (table.disagree_ratio_z[group] > z) & (table.disagree_z[group] > z)
    sufficient = columns[(agree_passes | disagree_passes)[columns]]
    first = _best_agree(table, group, columns, z=z)
    if not sufficient.size:
        strongest = np.maximum(table.agree_ratio_z[group], table.disagree_ratio_z[group])[columns]
        if first is not None:
            yield _entry(table, group, first, statement_ids, best_agree=True)
        elif columns.size:
            yield _entry(table, group, int(columns[_last_best(strongest)]), statement_ids, best_agree=False)
        return
    others = sufficient[sufficient != (-1 if first is None else first)]
    strongest_first = others[np.argsort(-_metric(table, group)[others], kind="stable")][:limit]
    entries = [_entry(table, group, int(j), statement_ids, best_agree=False) for j in strongest_first]
    if first is not None:
        entries.insert(0, _entry(table, group, first, statement_ids, best_agree=True))
    yield from sorted(entries[:limit], key=lambda entry: entry.choice is not Choice.AGREE)


def _last_best(measures: Floats) -> int:
    """Where the server's single pass ends. It keeps the best so far in single precision, so that of two equal ones
    the later wins if its measure was rounded down."""
    best = 0
    kept = np.float32(measures[0])
    for i in range(1, measures.size):
        if measures[i] > np.float64(kept):
            best, kept = i, np.float32(measures[i])
    return best


def _best_agree(table: PolisTable, group: int, columns: Counts, *, z: float) -> int | None:
    """The statement that the server's single pass over the columns ends with; later ones must beat the last kept."""
    ratio, share, test = table.agree_ratio[group], table.agree_share[group], table.agree_z[group]
    strength, product = share * test, ratio * table.agree_ratio_z[group] * share * test
    answered = columns[((table.agrees[group] + table.disagrees[group]) > 0)[columns]]
    first = np.flatnonzero(((test > z) | ((ratio > 1) & (share > 0.5)))[answered])
    if not first.size:
        return None
    measures = {True: product.tolist(), False: strength.tolist()}
    above_one = (ratio > 1).tolist()
    best, *later = answered[first[0] :].tolist()
    for j in later:
        measure = measures[above_one[best]]
        if measure[j] > measure[best]:
            best = j
    return int(best)


def _metric(table: PolisTable, group: int) -> Floats:
    """Product of the four figures of the side that is reported; the test of difference in single precision."""
    agrees_more = table.agree_ratio_z[group] > table.disagree_ratio_z[group]
    ratio, ratio_test, share, test = (
        np.where(agrees_more, agree[group], disagree[group])
        for agree, disagree in (
            (table.agree_ratio, table.disagree_ratio),
            (table.agree_ratio_z, table.disagree_ratio_z),
            (table.agree_share, table.disagree_share),
            (table.agree_z, table.disagree_z),
        )
    )
    return np.asarray(ratio * ratio_test.astype(np.float32).astype(np.float64) * share * test, np.float64)


def _entry(
    table: PolisTable, group: int, column: int, statement_ids: Counts, *, best_agree: bool
) -> PolisRepresentative:
    agrees_more = table.agree_ratio_z[group, column] > table.disagree_ratio_z[group, column]
    if agrees_more:
        chosen = table.agrees, table.agree_share, table.agree_z, table.agree_ratio, table.agree_ratio_z
    else:
        chosen = table.disagrees, table.disagree_share, table.disagree_z, table.disagree_ratio, table.disagree_ratio_z
    n_success, share, test, ratio, ratio_test = (array[group, column] for array in chosen)
    return PolisRepresentative(
        int(statement_ids[column]),
        Choice.AGREE if agrees_more else Choice.DISAGREE,
        int(n_success),
        int(table.votes[group, column]),
        float(share),
        float(test),
        float(ratio),
        float(np.float32(ratio_test)),
        best_agree,
    )
