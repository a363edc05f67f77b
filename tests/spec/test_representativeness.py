"""Representative statements: tested on votes that did not form the group, so that noise stays silent.

Fisher's exact test, Benjamini and Hochberg (1995) over all that is tested, and effects worth telling.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import fisher_exact

from deliberation.clustering import partition
from deliberation.factors import Observed, fit_factors, posterior
from deliberation.groups import GroupsStatus, OpinionGroups, no_groups
from deliberation.representativeness import (
    RepresentativenessSettings,
    cross_fit,
    held_more,
    representative_of_constituencies,
    representative_statements,
)
from deliberation.space import principal
from deliberation.tallies import Categories, categories_of, tally
from deliberation.votes import Choice, VoteMatrix
from tests.vote_tables import read_votes, simulated_votes


def clustered(votes: VoteMatrix, k: int) -> OpinionGroups:
    """Groups formed without asking whether there are any: what a credulous analysis would do."""
    observed = Observed.of_votes(votes)
    z, _ = posterior(observed, principal(fit_factors(observed, 2, 20.0)))
    labels = partition(z, k, seed=1, restarts=5)[0].astype(np.int8)
    letters = tuple("ABCDE"[:k])
    return replace(no_groups(GroupsStatus.FOUND, votes.participant_ids), letters=letters, labels=labels, nearest=labels)


TABLE = "\n".join(
    [". 1 2 3"] + [f"{person} + + +" for person in range(1, 13)] + [f"{person} - + ." for person in range(13, 25)]
)
TWO = np.array([0] * 12 + [1] * 12)


def test_what_one_category_holds_and_the_other_does_not_is_found() -> None:
    found = representative_of_constituencies(read_votes(TABLE), categories_of(TWO, 24))
    (first,), (second,) = found["0"], found["1"]
    assert (first.statement_id, first.stance) == (1, Choice.AGREE)
    assert (second.statement_id, second.stance) == (1, Choice.DISAGREE)
    assert (first.holders, first.n_in, first.holders_outside, first.n_out) == (12, 12, 0, 12)
    assert first.difference == 1.0 and 0.6 < first.difference_lower < 1.0


def test_what_everybody_agrees_with_represents_nobody() -> None:
    found = representative_of_constituencies(read_votes(TABLE), categories_of(TWO, 24))
    assert all(entry.statement_id != 2 for entries in found.values() for entry in entries)


def test_a_statement_that_only_one_side_saw_is_not_tested() -> None:
    found = representative_of_constituencies(read_votes(TABLE), categories_of(TWO, 24))
    assert all(entry.statement_id != 3 for entries in found.values() for entry in entries)


def test_p_is_fishers_one_sided_p_doubled_for_two_stances() -> None:
    signs = [1] * 10 + [-1] * 4 + [1] * 3 + [-1] * 11
    votes = VoteMatrix.from_votes(np.arange(28), np.zeros(28, int), np.array(signs, np.int8))
    lenient = RepresentativenessSettings(false_discovery_rate=1.0, least_support=0.0, least_difference=0.0)
    found = representative_of_constituencies(votes, categories_of(np.array([0] * 14 + [1] * 14), 28), settings=lenient)
    agree = next(entry for entry in found["0"] if entry.stance == Choice.AGREE)
    assert agree.p == pytest.approx(2 * fisher_exact([[10, 4], [3, 11]], alternative="greater").pvalue)


def test_strongest_difference_comes_first_and_ties_go_by_id() -> None:
    votes = simulated_votes("groups", seed=2, n=120, groups=2)
    found = representative_of_constituencies(votes, categories_of(np.arange(120) % 2, 120))
    for entries in found.values():
        keys = [(-round(e.difference_lower, 9), e.statement_id) for e in entries]
        assert len(keys) > 2 and keys == sorted(keys)


def test_planted_groups_have_statements_that_set_them_apart() -> None:
    votes = simulated_votes("groups", seed=4, n=200, m=40)
    found = representative_statements(votes, clustered(votes, 3), seed=4)
    assert all(len(found[letter]) >= 5 for letter in "ABC")
    assert all(entry.difference >= 0.15 and entry.support > 0.5 for entry in found["A"])


def test_votes_without_structure_represent_hardly_anything() -> None:
    cross_fitted, dipped, tests = 0, 0, 0
    for seed in range(6):
        votes = simulated_votes("structureless", seed=seed, n=150, m=40)
        groups = clustered(votes, 2)
        cross_fitted += sum(len(found) for found in representative_statements(votes, groups, seed=seed).values())
        counted = tally(votes, Categories(groups.letters, groups.labels.astype(np.int64)))
        dipped += sum(
            len(found)
            for found in held_more(votes, tested=counted, shown=counted, settings=RepresentativenessSettings()).values()
        )
        tests += 2 * 40
    assert cross_fitted / tests < 0.02
    assert dipped > 4 * max(cross_fitted, 1)  # the same votes to form and to test: what cross-fitting is for


def test_each_statement_is_tested_on_groups_of_the_other_half() -> None:
    votes = simulated_votes("groups", seed=5, n=60, m=20)
    fitted = cross_fit(votes, clustered(votes, 2), seed=5)
    assert np.bincount(fitted.half).tolist() == [10, 10]
    changed = np.where(fitted.half[votes.columns] == 0, -votes.signs, votes.signs).astype(np.int8)
    other = VoteMatrix(votes.participant_ids, votes.statement_ids, votes.rows, votes.columns, changed)
    again = cross_fit(other, clustered(votes, 2), seed=5)
    assert (again.labels[1] == fitted.labels[1]).all()


def test_without_groups_nothing_is_representative() -> None:
    votes = simulated_votes("groups", seed=5, n=60, m=20)
    assert representative_statements(votes, no_groups(GroupsStatus.NONE, votes.participant_ids), seed=1) == {}
