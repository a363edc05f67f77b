"""Blind scoring by example: who sees what, medians and spreads, and what is talked about first."""

from __future__ import annotations

import pytest

from deliberation.disclosure import release_conflicts, release_scores
from deliberation.errors import BadValue
from deliberation.scoring import SEES, Part, Viewer, consolidate, mean_scores, viewer_of


def test_a_curator_who_has_not_declared_sees_neither_desk_nor_scores() -> None:
    viewer = viewer_of(has_declared=False, has_criteria=True, has_finished=True, is_closed=True)
    assert viewer is Viewer.UNDECLARED
    assert SEES[viewer] == {Part.CRITERIA, Part.CONFLICT_COUNTS}


def test_while_scoring_a_curator_sees_their_own_scores_and_nobody_elses() -> None:
    viewer = viewer_of(has_declared=True, has_criteria=True, has_finished=False, is_closed=False)
    assert viewer is Viewer.SCORING
    assert SEES[viewer] == {Part.CRITERIA, Part.CONFLICT_COUNTS, Part.OWN_SCORES}


@pytest.mark.parametrize("finished, closed", [(True, False), (False, True), (True, True)])
def test_the_scores_are_laid_side_by_side_for_who_has_finished_and_when_scoring_is_closed(
    finished: bool, closed: bool
) -> None:
    viewer = viewer_of(has_declared=True, has_criteria=True, has_finished=finished, is_closed=closed)
    assert {Part.CONSOLIDATION, Part.NOTES, Part.DESK} <= SEES[viewer]


def test_without_criteria_there_is_no_scoring_and_the_desk_follows_the_declaration() -> None:
    viewer = viewer_of(has_declared=True, has_criteria=False, has_finished=False, is_closed=False)
    assert viewer is Viewer.AFTER
    assert Part.DESK in SEES[viewer]


def test_everybody_reads_criteria_and_conflicts_and_the_consolidated_scores_once_the_slate_is_published() -> None:
    assert Part.CONSOLIDATION not in SEES[Viewer.PUBLIC]
    assert SEES[Viewer.PUBLIC_AFTER] - SEES[Viewer.PUBLIC] == {Part.CONSOLIDATION}
    for viewer in (Viewer.PUBLIC, Viewer.PUBLIC_AFTER):
        assert not SEES[viewer] & {Part.OWN_SCORES, Part.NOTES, Part.DESK}


def test_what_curators_differ_on_most_comes_first_and_ties_go_by_median_then_by_id() -> None:
    found = consolidate(
        {
            1: {"ana": (3, 3), "bo": (3, 3), "cy": (3, 3)},
            2: {"ana": (0, 0), "bo": (4, 4), "cy": (2, 2)},
            3: {"ana": (4, 4), "bo": (4, 4), "cy": (4, 4)},
            4: {"ana": (3, 3), "bo": (3, 3), "cy": (3, 3)},
        },
        n_criteria=2,
    )
    assert [one.statement_id for one in found] == [2, 3, 1, 4]
    assert (found[0].median, found[0].spread) == (2.0, 4.0)
    assert found[0].by_criterion == ((2.0, 4.0), (2.0, 4.0))


def test_cannot_judge_counts_for_nothing() -> None:
    assert mean_scores({"ana": (4, None), "bo": (None, None), "cy": (1, 2)}) == (1.5, 4.0)
    (one,) = consolidate({7: {"ana": (4, None), "bo": (None, None), "cy": (1, 2)}}, n_criteria=2)
    assert (one.n_scores, one.n_cannot_judge, one.median, one.spread) == (2, 1, 2.75, 2.5)
    assert one.by_criterion == ((2.5, 3.0), (2.0, 0.0))


def test_what_nobody_could_judge_has_no_median() -> None:
    (one,) = consolidate({7: {"ana": (None,), "bo": (None,)}}, n_criteria=1)
    assert (one.median, one.spread, one.by_criterion) == (None, None, (None,))
    assert consolidate({7: {}}, n_criteria=1)[0].median is None


@pytest.mark.parametrize("scores", [(5,), (-1,), (1, 2), ()])
def test_a_score_is_from_0_to_4_for_each_criterion(scores: tuple[int, ...]) -> None:
    with pytest.raises(BadValue):
        consolidate({7: {"ana": scores}}, n_criteria=1)


def test_two_curators_scores_and_interests_stay_between_them() -> None:
    assert [one.value for one in release_scores(2.0, 1.0, 2)] == [None, None]
    assert [one.value for one in release_scores(2.0, 1.0, 3)] == [2.0, 1.0]
    assert release_conflicts(1, 2).value is None
    assert release_conflicts(1, 3).value == 1
