"""From votes to a certified slate: the recommended way to choose one outside a platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from deliberation.certificates import CertificateRecord, check_slate, estimate_certificate
from deliberation.checks import check_between
from deliberation.holdings import Holdings, Stance, imputed_holdings, observed_holdings
from deliberation.landscape import GROUP, Landscape, map_landscape
from deliberation.proportional import local_search_pav
from deliberation.slates import Slate, select_slate
from deliberation.space import OpinionSpace, complete_votes
from deliberation.votes import VoteMatrix


@dataclass(frozen=True)
class SlateOfVotesSettings:
    n_draws: int = 5
    """Completions of the votes on which a slate is chosen; more changed no slate of 14 real consultations."""
    n_fresh_draws: int = 20
    """Other completions on which it is judged, so that it is not judged on what it was fitted to."""


@dataclass(frozen=True)
class CrossCheck:
    """A slate beside the one that local search for the greatest PAV score finds from elsewhere.

    n_shared : stances on both, of `n_items` each
    score_ratio : PAV score of ours by theirs; alpha, alpha_other : alpha* of either, mean over the draws
    """

    n_items: int
    n_shared: int
    score_ratio: float
    alpha: float
    alpha_other: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, eq=False)
class SlateOfVotes:
    """A slate with its certificate, and the letter of each participant's opinion group ("" for none) under `labels`.

    cross_check : what another road to a proportional slate finds
    chosen_on : "draws" of completed votes, or "observed" votes in a room too small to complete any
    """

    slate: Slate
    certificate: CertificateRecord
    labels: dict[str, NDArray[np.str_]]
    chosen_on: Literal["observed", "draws"]
    cross_check: CrossCheck


def slate_of_votes(
    votes: VoteMatrix,
    landscape: Landscape,
    *,
    size: int,
    seed: int,
    settings: SlateOfVotesSettings = SlateOfVotesSettings(),
) -> SlateOfVotes:
    """The landscape's common ground and `size` distinct stances, certified on the votes as cast and, where there is a
    picture of the votes, estimated on completions that did not choose it.

    The Method of Equal Shares (Peters and Skowron 2020) with floors, judged by EJR+ (Brill and Peters 2023).
    Errors: BadValue for a landscape of other votes, a size or a seed that is no whole number of 0 or more.
    """
    check_between("size", size, 0, 1_000_000, whole=True)
    check_between("seed", seed, 0, whole=True)
    labels = group_labels(votes, landscape)
    common = [Stance(one.statement_id, one.stance) for one in landscape.common_ground]
    observed = observed_holdings(votes, labels=labels)
    space = _completing_space(votes, landscape, seed)
    if space is None:
        drawn = fresh = observed
        slate = select_slate(observed, common, size=size)
        estimated = None
    else:
        choosing, judging = np.random.SeedSequence(seed).generate_state(2).tolist()
        drawn = _completed(votes, space, labels, seed=choosing, n_draws=settings.n_draws)
        slate = select_slate(drawn, common, size=size)
        fresh = _completed(votes, space, labels, seed=judging, n_draws=settings.n_fresh_draws)
        estimated = estimate_certificate(fresh, slate.stances, k=slate.size, candidates=slate.candidates)
    certified = check_slate(observed, slate.stances, k=slate.size, candidates=slate.candidates)
    record = CertificateRecord(votes.digest(), certified, estimated, None)
    checked = cross_check(drawn, slate, judged_on=fresh)
    return SlateOfVotes(slate, record, labels, "observed" if estimated is None else "draws", checked)


def cross_check(holdings: Holdings, slate: Slate, *, judged_on: Holdings) -> CrossCheck:
    """How a slate by equal shares compares with one by local search (LS-PAV) among the same candidates.

    Two rules that share no step and agree are no accident of either; alpha* of both is judged on the same draws.
    """
    ours, n = slate.stances, len(slate.stances)
    theirs = local_search_pav(holdings, n, candidates=slate.candidates) if n else ()
    scores = [_pav_score(holdings, stances) for stances in (ours, theirs)]
    alphas = [
        estimate_certificate(judged_on, stances, k=max(slate.size, 1), candidates=slate.candidates).alpha_mean
        for stances in (ours, theirs)
    ]
    ratio = scores[0] / scores[1] if scores[1] else 1.0
    return CrossCheck(n, len(set(ours) & set(theirs)), ratio, alphas[0], alphas[1])


def _pav_score(holdings: Holdings, stances: Sequence[Stance]) -> float:
    """Weight share times 1 + 1/2 + ... + 1/u, summed over participants who hold u of the stances; mean over draws."""
    columns = holdings.columns_of(stances)
    harmonic = np.concatenate(([0.0], np.cumsum(1 / np.arange(1, len(stances) + 1))))
    scores = [
        float(harmonic[holdings.held(draw, columns).sum(axis=1)] @ holdings.shares) for draw in range(holdings.n_draws)
    ]
    return float(np.mean(scores)) if scores else 0.0


def group_labels(votes: VoteMatrix, landscape: Landscape) -> dict[str, NDArray[np.str_]]:
    """The letter of each participant's opinion group, "" for those in none; no dimension at all without groups."""
    groups = landscape.groups
    if not groups.letters:
        return {}
    names = np.array([*groups.letters, ""], np.str_)
    labels = np.full(votes.n_participants, "", names.dtype)
    known = np.isin(votes.participant_ids, groups.participant_ids)
    labels[known] = names[groups.labels[np.searchsorted(groups.participant_ids, votes.participant_ids[known])]]
    return {GROUP: labels}


def _completing_space(votes: VoteMatrix, landscape: Landscape, seed: int) -> OpinionSpace | None:
    """The picture from which votes are completed; that of the Polis method knows no doubt and cannot serve."""
    if landscape.method == "default" or landscape.space is None:
        return landscape.space
    return map_landscape(votes, seed=seed, evidence="quick").space


def _completed(
    votes: VoteMatrix, space: OpinionSpace, labels: dict[str, NDArray[np.str_]], *, seed: int, n_draws: int
) -> Holdings:
    on_space = votes.select(statements=np.isin(votes.statement_ids, space.statement_ids))
    return imputed_holdings(complete_votes(space, on_space, seed=seed, n_draws=n_draws), on_space, labels=labels)
