"""What speaks for k opinion groups: are they stable, large enough, and clearer than votes without groups would show?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deliberation.blocks import Workers, in_turn
from deliberation.clustering import Labels, overlaps, partition, silhouettes
from deliberation.factors import Factors, Floats, Observed, fit_factors, posterior
from deliberation.nulls import NullModel, fit_null, fit_slopes
from deliberation.space import OpinionSpace, principal
from deliberation.votes import VoteMatrix, drawn

CHUNK = 2048
"""Participants whose posterior draws are held at once."""


@dataclass(frozen=True)
class GroupSettings:
    """When a grouping is believed. Every value has its reason."""

    least_participants: int = 30
    """Below it no grouping is stable, and a map would show persons."""
    max_groups: int = 5
    """More groups cannot be told apart by readers, and are seldom stable."""
    max_groups_large: int = 7
    """The same above `large` participants."""
    large: int = 2_000
    """Participants from which more groups can be stable."""
    least_members: int = 15
    """Members a group needs: fewer are a handful of people, not an opinion group."""
    least_share: float = 0.05
    """Share of participants a group needs."""
    bootstraps: int = 50
    """Resamples of participants for stability; the mean Jaccard is then known to about .02."""
    least_jaccard: float = 0.75
    """Mean bootstrap Jaccard from which a group counts as stable (Hennig 2007)."""
    null_draws: int = 99
    """Sets of votes without groups, of each kind; the smallest p is then .01, enough for four tests at .05."""
    null_draws_large: int = 159
    """The same where up to seven groups are tried, so six tests."""
    refuse_spectrum: bool = True
    """Whether what one spectrum would show as clearly is no group; else it is found, and said to be the spectrum's
    ends. A bell shape, cut in two, is stable and far clearer than votes of people who differ in agreeableness alone."""
    matching_rounds: int = 4
    """Rounds in which the spectrum model is brought to the width of the map: its axes are then within some percent."""
    matching_draws: int = 3
    """Simulated maps per round."""
    level: float = 0.05
    """Family-wise error rate over all numbers of groups tried (Holm 1979)."""
    restarts: int = 10
    """Starts of k-means for the groups that are shown."""
    evidence_restarts: int = 3
    """The same within resamples and null draws, where a slightly worse start does not matter."""
    evidence_sample: int = 3_000
    """Most participants to weigh evidence on: stability hardly changes beyond, and silhouettes cost its square."""
    posterior_draws: int = 128
    """Draws of each participant's position for the confidence of membership, a power of two."""
    least_confidence: float = 0.8
    """Share of draws in one's own group from which one is placed; others stand between groups."""
    least_placed: float = 0.6
    """Share of participants that must be placed: where half of them stand between groups, those are no groups."""
    tolerance: float = 3e-4
    """Relative change at which fits to resamples and null draws stop."""
    max_iterations: int = 30
    """Most sweeps of such a fit."""


@dataclass(frozen=True)
class GroupEvidence:
    """What was found for k groups. What belongs to null models is None where every k was refused before them.

    jaccard : mean bootstrap Jaccard of the least stable group; smallest : members of the smallest group
    placed : share of participants whose membership is sure enough
    silhouette : of the groups found; null_mean : its mean in votes without groups
    p, p_holm : share of those at least as clear, and the same corrected for all k tried
    p_spectrum : share at least as clear where people lie in one bell shape on the same axes, corrected for all k tried:
        large if groups are only the ends of a spectrum
    refused_because : "too_small", "unstable", "mostly_unplaced", "not_clearer_than_no_groups",
        "not_clearer_than_one_spectrum", or None
    """

    k: int
    jaccard: float
    smallest: int
    placed: float
    silhouette: float
    null_mean: float | None = None
    p: float | None = None
    p_holm: float | None = None
    p_spectrum: float | None = None
    accepted: bool = False
    refused_because: str | None = None

    @property
    def excess(self) -> float:
        """How much clearer than in votes without groups."""
        return self.silhouette - (self.null_mean or 0.0)


def weigh_evidence(
    space: OpinionSpace, votes: VoteMatrix, *, seed: int, settings: GroupSettings, workers: Workers = in_turn
) -> tuple[GroupEvidence, ...]:
    """The evidence for each number of groups that could be large enough, smallest k first.

    `votes` are those of the space's participants on its statements; `workers` make the maps of resamples and nulls.
    """
    rng = np.random.default_rng(seed)
    chosen = drawn(space.participant_ids.size, settings.evidence_sample, rng)
    sampled = votes if chosen.all() else votes.select(participants=chosen)
    points = space.positions[chosen, :2]
    candidates = _candidates(points.shape[0], space.participant_ids.size, settings)
    if not candidates:
        return ()
    kmeans_seed = int(rng.integers(2**31))
    groupings = {k: partition(points, k, seed=kmeans_seed, restarts=settings.restarts) for k in candidates}
    found = {k: labels for k, (labels, _) in groupings.items()}
    refit = _Refit(Observed.of_votes(sampled), space, settings)
    stability = _stability(refit, found, rng, workers)
    draws_seed = int(rng.integers(2**31))
    judged = []
    for (k, (labels, centres)), clear in zip(groupings.items(), silhouettes(points, list(found.values())), strict=True):
        sure = membership(
            points, space.covariances[chosen], labels, centres, seed=draws_seed, draws=settings.posterior_draws
        )
        smallest = int(np.bincount(labels, minlength=k).min())
        evidence = GroupEvidence(k, stability[k], smallest, float((sure >= settings.least_confidence).mean()), clear)
        judged.append(replace(evidence, refused_because=_refusal(evidence, labels.size, settings)))
    if all(evidence.refused_because for evidence in judged):
        return tuple(judged)
    return _judge(judged, _null_silhouettes(refit, judged, rng, workers), settings)


def _candidates(n: int, n_all: int, settings: GroupSettings) -> list[int]:
    most = settings.max_groups_large if n_all > settings.large else settings.max_groups
    return [k for k in range(2, most + 1) if k * settings.least_members <= n]


def membership(
    positions: Floats, covariances: Floats, labels: Labels, centres: Floats, *, seed: int, draws: int
) -> Floats:
    """Share of draws from each participant's position that fall nearest to the centre of the participant's group, (n,).

    Everybody is drawn with the same standard normals, evenly spread ones (Sobol 1967): nobody's confidence depends on
    who else is there. `draws` is a power of two.
    """
    from scipy.stats.qmc import MultivariateNormalQMC

    axes = centres.shape[1]
    noise = MultivariateNormalQMC(np.zeros(axes), rng=np.random.default_rng(seed)).random(draws)
    confidence = np.empty(labels.size)
    for start in range(0, labels.size, CHUNK):
        rows = slice(start, start + CHUNK)
        own, there = centres[labels[rows]], positions[rows, :axes]
        half = np.linalg.cholesky(covariances[rows, :axes, :axes])
        stays = np.ones((there.shape[0], draws), bool)
        for centre in centres:
            # A draw leaves where it moves towards another centre by more than the way to the border with that group.
            towards = centre - own
            way = ((centre + own) / 2 - there) * towards
            moved = np.einsum("ia,iab->ib", towards, half) @ noise.T
            stays &= moved <= way.sum(axis=1)[:, None]
        confidence[rows] = stays.mean(axis=1)
    return confidence


@dataclass(frozen=True, eq=False)
class _Refit:
    """How the map is made anew from other votes: same rank, prior and scaling as the space."""

    observed: Observed
    space: OpinionSpace
    settings: GroupSettings

    def factors(self, observed: Observed, start: Factors | None) -> Factors:
        settings = self.settings
        fitted = fit_factors(
            observed,
            self.space.rank,
            self.space.prior,
            start=start,
            tolerance=settings.tolerance,
            max_iterations=settings.max_iterations,
        )
        return principal(fitted)

    def points(self, observed: Observed, start: Factors | None) -> Floats:
        factors = self.factors(observed, start)
        z, _ = posterior(observed, factors)
        scaled: Floats = z * np.sqrt(np.mean(factors.loadings**2, axis=0))
        return scaled[:, :2]

    def revoted(self, signs: NDArray[np.int8]) -> Observed:
        """The same votes cast, with other signs."""
        return Observed.of(self.observed.rows, self.observed.columns, signs, self.observed.n, self.observed.m)

    def start(self) -> Factors:
        half = np.linalg.cholesky(self.space.position_prior)
        return Factors(self.space.means, self.space.loadings @ half, self.space.noise_variance)


def _stability(refit: _Refit, found: dict[int, Labels], rng: np.random.Generator, workers: Workers) -> dict[int, float]:
    """For each k the mean Jaccard overlap of its least stable group with the best match in resamples of people."""
    n, times = refit.observed.n, refit.settings.bootstraps
    drawn = [(rng.integers(0, n, n), int(rng.integers(2**31))) for _ in range(times)]
    overlap = workers.each(_overlap, drawn, refit, found)
    return {k: float(np.sum([one[k] for one in overlap], axis=0).min()) / times for k in found}


def _overlap(refit: _Refit, found: dict[int, Labels], drawn: NDArray[np.int64], kmeans_seed: int) -> dict[int, Floats]:
    """For each k the Jaccard overlap (k,) of its groups with the best match among those of the drawn people."""
    points = refit.points(_resample(refit.observed, drawn), refit.start())
    people, first = np.unique(drawn, return_index=True)
    best = {}
    for k, labels in found.items():
        again, _ = partition(points, k, seed=kmeans_seed, restarts=refit.settings.evidence_restarts)
        best[k] = overlaps(labels[people], again[first], k, k).max(axis=1)
    return best


def _resample(observed: Observed, drawn: NDArray[np.int64]) -> Observed:
    """The votes of the drawn participants, one row per draw."""
    pointer = observed.mask.indptr.astype(np.int64)
    lengths = pointer[drawn + 1] - pointer[drawn]
    rows = np.repeat(np.arange(drawn.size), lengths)
    within = np.arange(rows.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    votes = np.repeat(pointer[drawn], lengths) + within
    return Observed.of(rows, observed.columns[votes], observed.x[votes], drawn.size, observed.m)


def _refusal(evidence: GroupEvidence, n: int, settings: GroupSettings) -> str | None:
    if evidence.smallest < max(settings.least_members, settings.least_share * n):
        return "too_small"
    if evidence.jaccard < settings.least_jaccard:
        return "unstable"
    return "mostly_unplaced" if evidence.placed < settings.least_placed else None


def _null_silhouettes(refit: _Refit, judged: list[GroupEvidence], rng: np.random.Generator, workers: Workers) -> Floats:
    """Silhouettes (2, draws, candidates) of groups sought where there are none: without axes, and on a spectrum.

    Drawing ends early once no number of groups that is still in question could be accepted, whatever is drawn further
    (Besag and Clifford 1991).
    """
    observed, settings = refit.observed, refit.settings
    null = fit_null(observed.rows, observed.columns, observed.x.astype(np.int8), observed.n, observed.m)
    slopes = _matched_slopes(refit, null, rng, workers)
    draws = settings.null_draws if len(judged) <= 4 else settings.null_draws_large
    clear = np.zeros((2, draws, len(judged)))
    numbers = [evidence.k for evidence in judged]
    for start in range(0, draws, workers.n_at_once):
        some = range(start, min(start + workers.n_at_once, draws))
        tasks: list[tuple[NDArray[np.int8], int]] = []
        for _ in some:
            signs = null.draw(rng), null.draw_spectrum(slopes, rng)
            tasks += [(one, int(rng.integers(2**31))) for one in signs]
        found = workers.each(_clearness, tasks, refit, numbers)
        clear[:, some.start : some.stop] = np.reshape(found, (len(some), 2, len(judged))).swapaxes(0, 1)
        # Where several were drawn at once, those behind the last that one after the other would have been drawn go.
        for draw in some:
            if _is_settled(clear[:, : draw + 1], judged, draws, settings):
                return clear[:, : draw + 1]
    return clear


def _clearness(refit: _Refit, numbers: list[int], signs: NDArray[np.int8], kmeans_seed: int) -> list[float]:
    """Silhouettes of the best groups, by number of groups, on the map of other signs of the same votes."""
    points, restarts = refit.points(refit.revoted(signs), None), refit.settings.evidence_restarts
    return silhouettes(points, [partition(points, k, seed=kmeans_seed, restarts=restarts)[0] for k in numbers])


def _is_settled(clear: Floats, judged: list[GroupEvidence], draws: int, settings: GroupSettings) -> bool:
    """Whether each number of groups is refused already, or has too many draws as clear as itself to be accepted."""
    least_p = (1 + (clear >= [evidence.silhouette for evidence in judged]).sum(axis=1)) / (1 + draws)
    hopeless = least_p > settings.level + 1e-12
    refused = hopeless.any(axis=0) if settings.refuse_spectrum else hopeless[0]
    return all(evidence.refused_because or never for evidence, never in zip(judged, refused.tolist(), strict=True))


def _matched_slopes(refit: _Refit, null: NullModel, rng: np.random.Generator, workers: Workers) -> Floats:
    """Slopes of the spectrum model under which its maps are as wide on each axis as the map of the votes is.

    Weaker axes are partly noise. Simulated as if they were opinions they make a rounder map, and a round map is less
    easily cut in two than the long one of a true spectrum, which would then be taken for two groups.
    """
    observed, start = refit.observed, refit.start()
    slopes = fit_slopes(observed, posterior(observed, start)[0])
    wanted = np.sqrt(np.mean(start.loadings**2, axis=0))
    for _ in range(refit.settings.matching_rounds):
        drawn = [(null.draw_spectrum(slopes, rng),) for _ in range(refit.settings.matching_draws)]
        scales = sum(width / len(drawn) for width in workers.each(_widths, drawn, refit))
        slopes[:, 1:] *= np.clip(wanted / np.maximum(scales, 1e-9), 0.5, 2.0)
    return slopes


def _widths(refit: _Refit, signs: NDArray[np.int8]) -> Floats:
    """How wide the map of other signs of the same votes is on each axis, (rank,)."""
    widths: Floats = np.sqrt(np.mean(refit.factors(refit.revoted(signs), None).loadings ** 2, axis=0))
    return widths


def _judge(judged: list[GroupEvidence], nulls: Floats, settings: GroupSettings) -> tuple[GroupEvidence, ...]:
    """The evidence with what the null draws say."""
    observed = np.array([evidence.silhouette for evidence in judged])
    p, of_spectrum = (1 + (nulls >= observed).sum(axis=1)) / (1 + nulls.shape[1])
    p_holm, p_spectrum = holm_adjusted(p), holm_adjusted(of_spectrum)
    means = nulls[0].mean(axis=0)
    weighed = []
    for index, evidence in enumerate(judged):
        why = evidence.refused_because
        if why is None and p_holm[index] > settings.level + 1e-12:
            why = "not_clearer_than_no_groups"
        if why is None and settings.refuse_spectrum and p_spectrum[index] > settings.level + 1e-12:
            why = "not_clearer_than_one_spectrum"
        weighed.append(
            replace(
                evidence,
                null_mean=float(means[index]),
                p=float(p[index]),
                p_holm=float(p_holm[index]),
                p_spectrum=float(p_spectrum[index]),
                accepted=why is None,
                refused_because=why,
            )
        )
    return tuple(weighed)


def holm_adjusted(p: Floats) -> Floats:
    """P values corrected for their number by Holm's step-down rule (1979), in the given order."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
