"""Votes as they would look without opinion groups: the yardstick that a found grouping has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from deliberation.factors import Factors, Floats

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

    def draw_spectrum(self, factors: Factors, rng: np.random.Generator) -> NDArray[np.int8]:
        """Signs for the same votes cast, where opinions have the fitted axes but people lie on them in one bell shape.

        The expected sign of a vote is that of the fitted space, so only the grouping of people is missing.
        """
        z = rng.standard_normal((self.passing.leanings.size, factors.rank))
        passing = np.minimum(self._chances(self.passing, rng), 0.98)
        expected = factors.predict(z, self.rows, self.columns)
        agreeing = np.clip((1 + expected / (1 - passing)) / 2, 0.01, 0.99)
        passes = rng.random(self.rows.size) < passing
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
