"""Certificates: checks of a slate that share no code with the rules that choose slates.

The property is EJR+ (Brill and Peters, "Robust and Verifiable Proportionality Axioms for Multiwinner Voting", EC 2023):
a slate of k places fails if for some left-out stance and some level l people of weight l / k or more hold the stance
and each of them holds fewer than l items of the slate. `alpha_star` is the greatest such weight as a multiple of l / k:
1 or more is a justified complaint, and the witness names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.certificate_records import (
    METHOD,
    AuditedCertificate,
    Block,
    Certificate,
    CertificateRecord,
    CertificateSettings,
    EstimatedCertificate,
    LabelCoverage,
    Witness,
)
from deliberation.errors import BadValue
from deliberation.held import Held, held_in, held_in_draws
from deliberation.holdings import Holdings, Stance
from deliberation.votes import SIGN, VoteMatrix

__all__ = [
    "METHOD",
    "AuditedCertificate",
    "Block",
    "Certificate",
    "CertificateRecord",
    "CertificateSettings",
    "EstimatedCertificate",
    "LabelCoverage",
    "Witness",
    "audit_certificate",
    "check_slate",
    "estimate_certificate",
    "strongest_challengers",
]

EQUAL = 1e-9
"""Relative difference below which a weight is the threshold itself: a bloc of exactly l / k has a justified complaint.
Counts of people below 10^9 are told apart exactly."""


def check_slate(
    table: Holdings | VoteMatrix,
    stances: Sequence[Stance],
    *,
    k: int | None = None,
    candidates: Sequence[Stance] | None = None,
    draw: int = 0,
    block: Block = "observed",
    weights: ArrayLike | None = None,
    settings: CertificateSettings | None = None,
) -> Certificate:
    """Whether a slate satisfies EJR+ on votes as cast, or on one draw of holdings, with the bloc that decides.

    `k` is the number of places (None: the number of stances), `candidates` the stances that may be missed (None: all);
    `weights` go with a VoteMatrix only. Time O(holdings + candidates x k). Raises `BadValue` for unknown stances.
    """
    k = _places(stances, k)
    known = held_in(table, stances, candidates, draw=draw, weights=weights)
    return _checked(known, stances, k, block, settings or CertificateSettings())


def _places(stances: Sequence[Stance], k: int | None) -> int:
    n = len(set(stances))
    if k is not None and k < n:
        raise BadValue(name="k", value=k, allowed=f"{n} or more")
    return n if k is None else k


def _checked(
    known: Held, stances: Sequence[Stance], k: int, block: Block, settings: CertificateSettings
) -> Certificate:
    on_slate = known.chosen(stances)
    counts = known.counts(on_slate)
    blocs = known.blocs(on_slate, counts, k)
    alpha, at, below = _greatest(blocs, k)
    return Certificate(
        block=block,
        k=k,
        slate=tuple(stances),
        n_participants=int(known.weights.size),
        n_candidates=int((~on_slate).sum()),
        alpha_star=alpha,
        holds=alpha < 1 - EQUAL,
        witness=_witness(known, blocs, counts, at, below) if alpha > 0 else None,
        jr_bloc=float(blocs[:, 0].max(initial=0.0)) if k else 0.0,
        coverage_1=known.share(counts >= 1),
        coverage_2=known.share(counts >= 2),
        labels=_coverage_of_labels(known, counts >= 1, settings),
        mean_answered=known.mean_answered,
    )


def estimate_certificate(
    draws: Holdings,
    stances: Sequence[Stance],
    *,
    k: int | None = None,
    candidates: Sequence[Stance] | None = None,
    settings: CertificateSettings | None = None,
) -> EstimatedCertificate:
    """What the draws say together: a slate passes if alpha* is at most 0.9 in 95 % of them, fails above 1.1.

    Twenty draws that were not used for choosing the slate make an honest estimate. Raises `BadValue` without draws.
    """
    settings = settings or CertificateSettings()
    if not draws.n_draws:
        raise BadValue(name="draws", value=0, allowed="1 or more")
    k = _places(stances, k)
    checks = [_checked(known, stances, k, "estimated", settings) for known in held_in_draws(draws, stances, candidates)]
    alphas = [check.alpha_star for check in checks]
    blocs = [check.jr_bloc for check in checks]
    coverage = [check.coverage_1 for check in checks]
    high = _quantile(alphas, 0.95)
    return EstimatedCertificate(
        k=checks[0].k,
        slate=tuple(stances),
        n_participants=draws.n_participants,
        n_candidates=checks[0].n_candidates,
        n_draws=draws.n_draws,
        alpha_mean=_mean(alphas),
        alpha_q05=_quantile(alphas, 0.05),
        alpha_q95=high,
        status="pass" if high <= settings.pass_at else "unclear" if high <= settings.fail_at else "fail",
        p_holds=_mean([check.holds for check in checks]),
        witness=_usual_witness(checks),
        jr_bloc_mean=_mean(blocs),
        jr_bloc_q95=_quantile(blocs, 0.95),
        coverage_1=_mean(coverage),
        coverage_1_q05=_quantile(coverage, 0.05),
        coverage_2=_mean([check.coverage_2 for check in checks]),
        labels=_labels_over_draws(checks),
        mean_answered=checks[0].mean_answered,
    )


def strongest_challengers(
    draws: Holdings,
    stances: Sequence[Stance],
    *,
    k: int | None = None,
    candidates: Sequence[Stance] | None = None,
    n: int = 20,
) -> tuple[Stance, ...]:
    """The left-out stances that come closest to a justified complaint, mean over the draws, the closest first.

    They are what an audit asks about and what the router shows: the stances that could overturn the slate.
    """
    k = len(set(stances)) if k is None else k
    totals: dict[Stance, float] = {}
    for known in held_in_draws(draws, stances, candidates):
        on_slate = known.chosen(stances)
        ratios = known.blocs(on_slate, known.counts(on_slate), k) * k / np.arange(1, k + 1)
        for at in np.flatnonzero(~on_slate):
            stance = known.stances[at]
            totals[stance] = totals.get(stance, 0.0) + float(ratios[at].max(initial=0.0)) / draws.n_draws
    return tuple(sorted(totals, key=lambda stance: (-round(totals[stance], 9), stance))[:n])


def audit_certificate(
    answers: VoteMatrix,
    stances: Sequence[Stance],
    challengers: Sequence[Stance],
    *,
    k: int | None = None,
    n_population: int,
    drawn_at_random: bool,
    settings: CertificateSettings | None = None,
) -> AuditedCertificate | None:
    """What the answers prove, or None where they can prove nothing: not everybody asked, nor a random sample of enough.

    `answers` lists everyone who was asked as a participant, also those who did not answer. Bounds are those of Clopper
    and Pearson (1934), each at (1 - confidence) / (challengers x k), so that all hold together (Bonferroni); whoever
    did not answer is counted as the worst case of either bound.
    """
    settings = settings or CertificateSettings()
    k = len(set(stances)) if k is None else k
    challengers = tuple(stance for stance in challengers if stance not in set(stances))
    n_asked = answers.n_participants
    if n_asked > n_population:
        raise BadValue(name="n_population", value=n_population, allowed=f"{n_asked} or more")
    everybody = n_asked == n_population
    if not answers.n_votes or not (everybody or (drawn_at_random and n_asked >= settings.min_sample)):
        return None
    answered = np.unique(answers.rows)
    found, fewest, most = _audited_blocs(answers, answered, stances, challengers, k)
    delta = (1 - settings.confidence) / max(1, most.size)
    lower = fewest / n_asked if everybody else _clopper_pearson_lower(fewest, n_asked, delta)
    upper = most / n_asked if everybody else _clopper_pearson_upper(most, n_asked, delta)
    scale = k / np.arange(1, k + 1)
    alpha_lower = float((lower * scale).max(initial=0.0))
    alpha_upper = float((upper * scale).max(initial=0.0))
    alpha, at, below = _greatest(found / answered.size, k)
    witness = None
    if alpha > 0:
        n_people = int(found[at, below])
        witness = Witness(challengers[at], below + 1, n_people / answered.size, n_people)
    return AuditedCertificate(
        k=k,
        slate=tuple(stances),
        challengers=challengers,
        n_population=n_population,
        n_asked=n_asked,
        n_answered=int(answered.size),
        everybody_asked=everybody,
        confidence=1.0 if everybody else settings.confidence,
        alpha_star=alpha,
        alpha_lower=alpha_lower,
        alpha_upper=alpha_upper,
        jr_bloc_upper=float(upper[:, 0].max(initial=0.0)) if k else 0.0,
        witness=witness,
        status="holds" if alpha_upper < 1 - EQUAL else "fails" if alpha_lower >= 1 - EQUAL else "unclear",
    )


def _audited_blocs(
    answers: VoteMatrix, answered: NDArray[np.int32], stances: Sequence[Stance], challengers: Sequence[Stance], k: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Bloc counts among those who answered, and the fewest and most that whoever did not answer could make them."""
    items, challenged = _answers(answers, stances, missing=False), _answers(answers, challengers, missing=False)
    items_or_missing = _answers(answers, stances, missing=True)
    challenged_or_missing = _answers(answers, challengers, missing=True)
    return (
        _bloc_counts(challenged[answered], items[answered].sum(axis=1), k),
        _bloc_counts(challenged, items_or_missing.sum(axis=1), k),
        _bloc_counts(challenged_or_missing, items.sum(axis=1), k),
    )


def _greatest(blocs: NDArray[np.float64], k: int) -> tuple[float, int, int]:
    """alpha*, and the stance and level (from 0) where it is reached: the first stance, the lowest level."""
    ratios = blocs * k / np.arange(1, k + 1)
    greatest = float(ratios.max(initial=0.0))
    if greatest <= 0:
        return 0.0, 0, 0
    at, below = np.argwhere(ratios >= greatest * (1 - EQUAL))[0]
    return greatest, int(at), int(below)


def _witness(known: Held, blocs: NDArray[np.float64], counts: NDArray[np.int64], at: int, below: int) -> Witness:
    holders = known.holders(at)
    return Witness(known.stances[at], below + 1, float(blocs[at, below]), int((counts[holders] <= below).sum()))


def _coverage_of_labels(
    known: Held, covered: NDArray[np.bool_], settings: CertificateSettings
) -> tuple[LabelCoverage, ...]:
    rows = []
    for (dimension, label), mask in sorted(known.masks.items()):
        weight = known.weights[mask].sum()
        if mask.sum() >= settings.min_people and weight > 0:
            share = float(known.weights[mask & covered].sum() / weight)
            rows.append(LabelCoverage(dimension, label, share, share, share))
    return tuple(rows)


def _labels_over_draws(checks: Sequence[Certificate]) -> tuple[LabelCoverage, ...]:
    rows = []
    for at, first in enumerate(checks[0].labels):
        shares = [check.labels[at].coverage for check in checks]
        low, high = _quantile(shares, 0.05), _quantile(shares, 0.95)
        rows.append(LabelCoverage(first.dimension, first.label, _mean(shares), low, high))
    return tuple(rows)


def _usual_witness(checks: Sequence[Certificate]) -> Witness | None:
    found = [check.witness for check in checks if check.witness is not None]
    if not found:
        return None
    times = Counter((witness.stance, witness.level) for witness in found)
    stance, level = min(times, key=lambda key: (-times[key], key))
    shares = [witness.share for witness in found if (witness.stance, witness.level) == (stance, level)]
    return Witness(stance, level, _mean(shares), None)


def _answers(answers: VoteMatrix, stances: Sequence[Stance], *, missing: bool) -> NDArray[np.bool_]:
    """Who holds each stance, (n_asked, n_stances); those who did not say count as `missing` says."""
    held = np.full((answers.n_participants, len(stances)), missing)
    for at, stance in enumerate(stances):
        on_statement = answers.statement_ids[answers.columns] == stance.statement_id
        held[answers.rows[on_statement], at] = answers.signs[on_statement] == SIGN[stance.choice]
    return held


def _bloc_counts(held: NDArray[np.bool_], counts: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Number of holders of each challenger with fewer than l items, shape (n_challengers, k)."""
    below = counts[:, None] < np.arange(1, k + 1)
    return held.T.astype(np.int64) @ below.astype(np.int64)


def _clopper_pearson_upper(successes: NDArray[np.int64], n: int, delta: float) -> NDArray[np.float64]:
    from scipy.special import betaincinv

    bound = betaincinv(successes + 1, np.maximum(n - successes, 1), 1 - delta)
    return np.where(successes >= n, 1.0, bound)


def _clopper_pearson_lower(successes: NDArray[np.int64], n: int, delta: float) -> NDArray[np.float64]:
    from scipy.special import betaincinv

    bound = betaincinv(np.maximum(successes, 1), n - successes + 1, delta)
    return np.where(successes <= 0, 0.0, bound)


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _quantile(values: Sequence[float], at: float) -> float:
    return float(np.quantile(np.asarray(values, np.float64), at))
