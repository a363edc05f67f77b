"""Slow, obvious twins of the core's functions: loops straight from the definitions."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from deliberation.votes import VoteMatrix

Floats = NDArray[np.float64]


def posterior_by_loops(votes: VoteMatrix, means: Floats, loadings: Floats, noise: float) -> tuple[Floats, Floats]:
    """Mean and covariance of each participant's z given the votes cast: Gaussian conditioning, one person at a time."""
    rank = loadings.shape[1]
    z, covariances = np.zeros((votes.n_participants, rank)), np.zeros((votes.n_participants, rank, rank))
    for person in range(votes.n_participants):
        seen = votes.rows == person
        columns, signs = votes.columns[seen], votes.signs[seen]
        q = loadings[columns]
        covariances[person] = np.linalg.inv(np.eye(rank) + q.T @ q / noise)
        z[person] = covariances[person] @ q.T @ (signs - means[columns]) / noise
    return z, covariances


def likelihood_by_loops(votes: VoteMatrix, means: Floats, loadings: Floats, noise: float) -> float:
    """Log density of the votes cast: each participant's are jointly normal, with positions integrated out."""
    total = 0.0
    for person in range(votes.n_participants):
        seen = votes.rows == person
        q, residual = loadings[votes.columns[seen]], votes.signs[seen] - means[votes.columns[seen]]
        covariance = q @ q.T + noise * np.eye(len(q))
        total -= 0.5 * (np.linalg.slogdet(2 * np.pi * covariance)[1] + residual @ np.linalg.solve(covariance, residual))
    return float(total)


def silhouette_by_loops(points: Floats, labels: NDArray[np.int64]) -> float:
    """Mean of (b - a) / max(a, b) over points (Rousseeuw 1987); 0 for a point alone in its group."""
    scores = []
    for i in range(len(points)):
        distance = np.sqrt(((points - points[i]) ** 2).sum(axis=1))
        own = (labels == labels[i]) & (np.arange(len(points)) != i)
        if not own.any():
            scores.append(0.0)
            continue
        a = distance[own].mean()
        b = min(distance[labels == other].mean() for other in set(labels.tolist()) - {int(labels[i])})
        scores.append(float((b - a) / max(a, b)))
    return float(np.mean(scores))


def counts_by_loops(votes: VoteMatrix, labels: NDArray[np.int64], n_labels: int) -> NDArray[np.int64]:
    """Disagrees, passes and agrees (n_labels, n_statements, 3)."""
    counts = np.zeros((n_labels, votes.n_statements, 3), np.int64)
    for row, column, sign in zip(votes.rows, votes.columns, votes.signs, strict=True):
        if labels[row] >= 0:
            counts[labels[row], column, sign + 1] += 1
    return counts


def holm_by_hand(p: Floats) -> list[float]:
    """Holm's correction: the i-th smallest of k times k - i, never below a smaller one's."""
    ordered = sorted(range(len(p)), key=lambda i: p[i])
    adjusted, worst = [0.0] * len(p), 0.0
    for step, i in enumerate(ordered):
        worst = max(worst, min(1.0, float(p[i]) * (len(p) - step)))
        adjusted[i] = worst
    return adjusted


def exact_independence_by_loops(successes: list[int], trials: list[int]) -> float:
    """Of all tables with these margins the share, by probability, no more probable than the one found."""

    def ways(table: tuple[int, ...]) -> int:
        return math.prod(math.comb(n, k) for n, k in zip(trials, table, strict=True))

    tables = [t for t in itertools.product(*(range(n + 1) for n in trials)) if sum(t) == sum(successes)]
    found = ways(tuple(successes))
    return sum(ways(t) for t in tables if ways(t) <= found) / sum(ways(t) for t in tables)
