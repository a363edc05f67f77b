"""Blind scoring: who may see what while curators score on their own, and what their scores say side by side.

Each curator scores alone, so that the first to speak does not set the others' scores (Hogarth 1978; Rowe and Wright
1999 on anonymous first rounds). What they differ on is looked at first, because that is what there is to talk about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from deliberation.errors import BadValue

LOWEST, HIGHEST = 0, 4
"""A score is a whole number between these; None says that the curator cannot judge."""


class Viewer(StrEnum):
    """Who looks at a curate round: a curator by how far they are, or everybody else."""

    UNDECLARED = "undeclared"
    SCORING = "scoring"
    FINISHED = "finished"
    AFTER = "after"
    PUBLIC = "public"
    PUBLIC_AFTER = "public_after"


class Part(StrEnum):
    """What there is to see of a curate round."""

    CRITERIA = "criteria"
    CONFLICT_COUNTS = "conflict_counts"
    OWN_SCORES = "own_scores"
    CONSOLIDATION = "consolidation"
    NOTES = "notes"
    DESK = "desk"


_OPEN = frozenset({Part.CRITERIA, Part.CONFLICT_COUNTS})
_DESK = _OPEN | {Part.OWN_SCORES, Part.CONSOLIDATION, Part.NOTES, Part.DESK}

SEES: Mapping[Viewer, frozenset[Part]] = {
    Viewer.UNDECLARED: _OPEN,
    Viewer.SCORING: _OPEN | {Part.OWN_SCORES},
    Viewer.FINISHED: _DESK,
    Viewer.AFTER: _DESK,
    Viewer.PUBLIC: _OPEN,
    Viewer.PUBLIC_AFTER: _OPEN | {Part.CONSOLIDATION},
}
"""Who sees what. `finished`: this curator's scores are final; `after`: scoring is closed, or the round has none;
`public_after`: everybody, once the slate is published. Nobody ever sees the scores of another person as theirs."""


@dataclass(frozen=True)
class Consolidated:
    """What curators think of one candidate, laid side by side.

    median, spread : of the curators' means over the criteria they could judge; spread is the highest minus the lowest;
    None where nobody could judge
    by_criterion : median and spread of each criterion, None where nobody could judge
    """

    statement_id: int
    n_scores: int
    n_cannot_judge: int
    median: float | None
    spread: float | None
    by_criterion: tuple[tuple[float, float] | None, ...]


def viewer_of(*, has_declared: bool, has_criteria: bool, has_finished: bool, is_closed: bool) -> Viewer:
    """How far a curator is. Where the round has no criteria there is no scoring, and the desk follows at once."""
    if not has_declared:
        return Viewer.UNDECLARED
    if is_closed or not has_criteria:
        return Viewer.AFTER
    return Viewer.FINISHED if has_finished else Viewer.SCORING


def consolidate(
    scores: Mapping[int, Mapping[str, Sequence[int | None]]], *, n_criteria: int
) -> tuple[Consolidated, ...]:
    """Every candidate with its median and spread, those that curators differ on most first, then by median, then id.

    scores : per statement id, per curator, one score for each criterion. Raises `BadValue` for a score that is none.
    """
    found = [_one(statement, by_curator, n_criteria) for statement, by_curator in scores.items()]
    return tuple(sorted(found, key=lambda one: (-(one.spread or 0.0), -(one.median or 0.0), one.statement_id)))


def mean_scores(by_curator: Mapping[str, Sequence[int | None]]) -> tuple[float, ...]:
    """Each curator's mean over the criteria they could judge, lowest first; who could judge none is left out."""
    means = []
    for scores in by_curator.values():
        judged = [score for score in scores if score is not None]
        if judged:
            means.append(sum(judged) / len(judged))
    return tuple(sorted(means))


def _one(statement: int, by_curator: Mapping[str, Sequence[int | None]], n_criteria: int) -> Consolidated:
    for scores in by_curator.values():
        _check(scores, n_criteria)
    means = mean_scores(by_curator)
    columns = [
        [scores[place] for scores in by_curator.values() if scores[place] is not None] for place in range(n_criteria)
    ]
    return Consolidated(
        statement_id=statement,
        n_scores=len(means),
        n_cannot_judge=len(by_curator) - len(means),
        median=median(means) if means else None,
        spread=means[-1] - means[0] if means else None,
        by_criterion=tuple(_told([one for one in column if one is not None]) for column in columns),
    )


def _told(given: Sequence[int]) -> tuple[float, float] | None:
    return (float(median(given)), float(max(given) - min(given))) if given else None


def _check(scores: Sequence[int | None], n_criteria: int) -> None:
    if len(scores) != n_criteria:
        raise BadValue(name="scores", value=len(scores), allowed=f"one for each of {n_criteria} criteria")
    for score in scores:
        if score is not None and not LOWEST <= score <= HIGHEST:
            raise BadValue(name="score", value=score, allowed=f"{LOWEST} to {HIGHEST}, or None")
