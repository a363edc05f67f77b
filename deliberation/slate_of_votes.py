"""From votes to a certified slate: the recommended way to choose one outside a platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deliberation.certificates import CertificateRecord, check_slate, estimate_certificate
from deliberation.holdings import Holdings, Stance, imputed_holdings, observed_holdings
from deliberation.landscape import GROUP, Landscape, map_landscape
from deliberation.slates import Slate, select_slate
from deliberation.space import OpinionSpace, complete_votes
from deliberation.votes import VoteMatrix


@dataclass(frozen=True)
class SlateOfVotesSettings:
    n_draws: int = 5
    """Completions of the votes on which a slate is chosen; more changed no slate of 14 real consultations."""
    n_fresh_draws: int = 20
    """Other completions on which it is judged, so that it is not judged on what it was fitted to."""


@dataclass(frozen=True, eq=False)
class SlateOfVotes:
    """A slate with its certificate, and the letter of each participant's opinion group ("" for none) under `labels`.

    chosen_on : "draws" of completed votes, or "observed" votes in a room too small to complete any
    """

    slate: Slate
    certificate: CertificateRecord
    labels: dict[str, NDArray[np.str_]]
    chosen_on: Literal["observed", "draws"]


def slate_of_votes(
    votes: VoteMatrix,
    landscape: Landscape,
    *,
    size: int,
    seed: int,
    settings: SlateOfVotesSettings = SlateOfVotesSettings(),
) -> SlateOfVotes:
    """The landscape's common ground and `size` distinct stances, certified on the votes as cast and, where there is a
    picture of the votes, estimated on completions that did not choose it."""
    labels = group_labels(votes, landscape)
    common = [Stance(one.statement_id, one.stance) for one in landscape.common_ground]
    observed = observed_holdings(votes, labels=labels)
    space = _completing_space(votes, landscape, seed)
    if space is None:
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
    return SlateOfVotes(slate, record, labels, "observed" if estimated is None else "draws")


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
