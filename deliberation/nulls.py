"""Votes as they would look without opinion groups: the yardstick that a found grouping has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

from deliberation.factors import Floats, Observed

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Leaning:
    """A logistic model of one yes or no per vote: level of the statement plus leaning of the person, no axes.

    levels : (m,); leanings : (n,) with posterior standard deviations `errors` (n,)
    """

    levels: Floats
    leanings: Floats
    errors: Floats


def fit_leaning(rows: Ints, columns: Ints, yes: NDArray[np.bool_], n: int, m: int, *, sweeps: int = 25) -> Leaning:
    """Levels and leanings by alternating Newton steps; how much people differ is estimated from the votes.

    Levels have a N(., 4) prior around their mean, leanings a N(0, t2) prior with t2 by EM.
    """
    share = (np.bincount(columns, weights=yes, minlength=m) + 1) / (np.bincount(columns, minlength=m) + 2)
    levels, leanings, spread = np.log(share / (1 - share)), np.zeros(n), 1.0
    curvature = np.full(n, 1.0)
    for _ in range(sweeps):
        step, curvature = _newton(rows, yes, levels[columns] + leanings[rows], leanings, 1 / spread)
        leanings = leanings + step
        spread = max(float(np.mean(leanings**2 + 1 / curvature)), 1e-4)
        centre = float(levels.mean())
        step, _ = _newton(columns, yes, levels[columns] + leanings[rows], levels - centre, 0.25)
        levels = levels + step
    return Leaning(levels, leanings, 1 / np.sqrt(curvature))


def _newton(
    index: Ints, yes: NDArray[np.bool_], logits: Floats, departure: Floats, precision: float
) -> tuple[Floats, Floats]:
    chance = expit(logits)
    size = departure.size
    gradient = np.bincount(index, weights=yes - chance, minlength=size) - precision * departure
    curvature = np.bincount(index, weights=np.maximum(chance * (1 - chance), 1e-4), minlength=size) + precision
    step: Floats = np.clip(gradient / curvature, -2, 2)
    return step, np.asarray(curvature, np.float64)


@dataclass(frozen=True, eq=False)
class NullModel:
    """Statements differ in how agreed and how unclear they are, people in how agreeable and how decided: no groups.

    `passing` is a leaning to pass, `agreeing` a leaning to agree where one does not pass.
    """

    rows: Ints
    columns: Ints
    passing: Leaning
    agreeing: Leaning

    def draw(self, rng: np.random.Generator) -> NDArray[np.int8]:
        """Signs for the same votes cast, from the model with leanings drawn from their posterior."""
        passes = rng.random(self.rows.size) < self._chances(self.passing, rng)
        agrees = rng.random(self.rows.size) < self._chances(self.agreeing, rng)
        return np.where(passes, 0, np.where(agrees, 1, -1)).astype(np.int8)

    def draw_spectrum(self, slopes: Floats, rng: np.random.Generator) -> NDArray[np.int8]:
        """Signs for the same votes cast, where opinions have the fitted axes but people lie on them in one bell shape.

        slopes : (m, 1 + rank) of `fit_slopes`
        """
        z = rng.standard_normal((self.passing.leanings.size, slopes.shape[1] - 1))
        passes = rng.random(self.rows.size) < self._chances(self.passing, rng)
        agreeing = expit(slopes[self.columns, 0] + np.einsum("ta,ta->t", z[self.rows], slopes[self.columns, 1:]))
        agrees = rng.random(self.rows.size) < agreeing
        return np.where(passes, 0, np.where(agrees, 1, -1)).astype(np.int8)

    def _chances(self, model: Leaning, rng: np.random.Generator) -> Floats:
        # Estimates are drawn together by their prior: without their errors the null would have too like-minded people.
        leanings = model.leanings + model.errors * rng.standard_normal(model.leanings.size)
        chances: Floats = expit(model.levels[self.columns] + leanings[self.rows])
        return chances


def fit_null(rows: Ints, columns: Ints, signs: NDArray[np.int8], n: int, m: int) -> NullModel:
    """The model without groups that keeps statements' margins and passes and each person's agreeableness and passes."""
    decided = signs != 0
    return NullModel(
        rows,
        columns,
        fit_leaning(rows, columns, ~decided, n, m),
        fit_leaning(rows[decided], columns[decided], signs[decided] > 0, n, m),
    )


def fit_slopes(observed: Observed, z: Floats, *, ridge: float = 0.25, sweeps: int = 10) -> Floats:
    """For each statement the logistic regression of agreeing, among those who did not pass, on 1 and z: (m, 1 + rank).

    Logistic, because agreement saturates: people far out agree with nearly all of their side, which crowds them at both
    ends of an axis even where they are spread in one bell shape. A linear model would take that crowding for groups.
    """
    decided = observed.x != 0
    rows, columns, yes = observed.rows[decided], observed.columns[decided], observed.x[decided] > 0
    design = np.hstack([np.ones((observed.n, 1)), z])
    size = design.shape[1]
    slopes = np.zeros((observed.m, size))
    pairs = np.triu_indices(size)
    moments = design[:, pairs[0]] * design[:, pairs[1]]
    for _ in range(sweeps):
        chance = expit(np.einsum("ta,ta->t", design[rows], slopes[columns]))
        shape = (observed.m, observed.n)
        gradient = sparse.csr_matrix((yes - chance, (columns, rows)), shape=shape) @ design - ridge * slopes
        spread = sparse.csr_matrix((np.maximum(chance * (1 - chance), 1e-4), (columns, rows)), shape=shape) @ moments
        curvature = np.empty((observed.m, size, size))
        curvature[:, pairs[0], pairs[1]] = curvature[:, pairs[1], pairs[0]] = spread
        step = np.linalg.solve(curvature + ridge * np.eye(size), gradient[:, :, None])[:, :, 0]
        slopes += np.clip(step, -2, 2)
    return slopes
