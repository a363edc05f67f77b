"""OpinionGroups: how many groups the votes support, who is in which, and how sure that is. Often there are none."""

from __future__ import annotations

import string
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from deliberation.blocks import Workers, in_turn
from deliberation.checks import check_between
from deliberation.clustering import Labels, match, nearest_centre, overlaps, partition
from deliberation.errors import BadShape, BadValue
from deliberation.evidence import GroupEvidence, GroupSettings, membership, weigh_evidence
from deliberation.factors import Floats
from deliberation.space import OpinionSpace
from deliberation.votes import VoteMatrix

__all__ = [
    "LETTERS",
    "GroupEvidence",
    "GroupSettings",
    "GroupsStatus",
    "OpinionGroups",
    "find_groups",
    "keep_groups",
    "no_groups",
]

LETTERS = string.ascii_uppercase
"""Names of groups: neutral, and never words about who people are."""


class GroupsStatus(StrEnum):
    """What the votes say about groups: not weighed yet, found, none to be found, or too few people to tell."""

    CHECKING = "checking"
    FOUND = "found"
    NONE = "none"
    TOO_FEW = "too_few"


@dataclass(frozen=True, eq=False)
class OpinionGroups:
    """Which opinion group each participant is in, -1 for who stands between groups; labels only if status is FOUND.

    participant_ids : (n,); letters : names, in the order of labels
    labels : int8 (n,), index of a letter, or -1 where confidence is below the bar
    nearest : int8 (n,), the group whose centre is closest, however sure; -1 without groups
    confidence : (n,) share of posterior draws of the position that fall in the nearest group; 0 without groups
    centres : (number of groups, axes); evidence : for every number of groups tried
    bands : int8 (n,), 0 to 2, thirds of axis 1 when status is NONE and there is a map; else -1. Bands are no groups.
    """

    status: GroupsStatus
    participant_ids: NDArray[np.int64]
    letters: tuple[str, ...]
    labels: NDArray[np.int8]
    nearest: NDArray[np.int8]
    confidence: Floats
    centres: Floats
    evidence: tuple[GroupEvidence, ...]
    bands: NDArray[np.int8]

    @property
    def chosen(self) -> GroupEvidence | None:
        """The evidence for the groups found; None without."""
        return next((e for e in self.evidence if e.accepted and e.k == len(self.letters)), None)

    @property
    def is_one_spectrum(self) -> bool:
        """Whether the groups found are the parts of one spectrum rather than camps with few people between them."""
        return self.chosen is not None and (self.chosen.p_spectrum or 0.0) > GroupSettings().level + 1e-12

    @property
    def sizes(self) -> dict[str, int]:
        """Placed participants of each group."""
        return {letter: int((self.labels == index).sum()) for index, letter in enumerate(self.letters)}

    @property
    def unplaced_share(self) -> float:
        """Share of participants between groups; 0 without groups."""
        return float((self.labels < 0).mean()) if self.letters and self.labels.size else 0.0


def no_groups(
    status: GroupsStatus,
    participant_ids: NDArray[np.int64],
    *,
    evidence: tuple[GroupEvidence, ...] = (),
    bands: NDArray[np.int8] | None = None,
) -> OpinionGroups:
    """Nobody is in a group, for the reason that `status` gives."""
    n = participant_ids.size
    nobody = np.full(n, -1, np.int8)
    return OpinionGroups(
        status=status,
        participant_ids=participant_ids,
        letters=(),
        labels=nobody,
        nearest=nobody,
        confidence=np.zeros(n),
        centres=np.zeros((0, 0)),
        evidence=evidence,
        bands=nobody if bands is None else bands,
    )


def find_groups(
    space: OpinionSpace,
    votes: VoteMatrix,
    *,
    seed: int,
    settings: GroupSettings = GroupSettings(),
    previous: OpinionGroups | None = None,
    workers: Workers = in_turn,
) -> OpinionGroups:
    """The opinion groups that are stable, large, sure and clearer than votes without groups would show; or none.

    k-means on the two drawn axes. Stability: bootstrap Jaccard (Hennig 2007). Clearness: silhouette against votes with
    statements' levels and people's leanings only, and against one bell-shaped spectrum on the same axes, both corrected
    by Holm over all k; the clearest accepted k wins. With `refuse_spectrum` off, the ends of a spectrum are found
    as groups, and `is_one_spectrum` of the result tells them from camps. `votes` are those the space was fitted on;
    `previous` only lends its letters; `workers` make the maps of other votes. Errors: BadShape for other votes.
    """
    if votes.shape != (space.participant_ids.size, space.statement_ids.size):
        raise BadShape(name="votes", expected=(space.participant_ids.size, space.statement_ids.size), found=votes.shape)
    if votes.n_participants < settings.least_participants:
        return no_groups(GroupsStatus.TOO_FEW, votes.participant_ids)
    if space.rank == 0:
        return no_groups(GroupsStatus.NONE, votes.participant_ids)
    evidence_seed, kmeans_seed, draws_seed = _seeds(seed)
    evidence = weigh_evidence(space, votes, seed=evidence_seed, settings=settings, workers=workers)
    accepted = [e for e in evidence if e.accepted]
    if not accepted:
        return _spectrum(space, evidence)
    best = max(accepted, key=lambda e: (round(e.excess, 6), -e.k))
    points = space.positions[:, :2]
    labels, _ = partition(points, best.k, seed=kmeans_seed, restarts=settings.restarts)
    labels = by_size(labels, best.k)
    centres = np.stack([points[labels == index].mean(axis=0) for index in range(best.k)])
    letters = letters_for(labels, votes.participant_ids, best.k, previous)
    return _around(space, labels, centres, letters, evidence, seed=draws_seed, settings=settings)


def keep_groups(
    groups: OpinionGroups, space: OpinionSpace, *, seed: int, settings: GroupSettings = GroupSettings()
) -> OpinionGroups:
    """The groups of an earlier search with the participants of `space` in them, each by the nearest centre.

    `space` is that of the search, with whoever has been placed in it since; centres, letters and evidence stay. Raises
    BadValue for groups that are still being looked for.
    """
    if groups.status is GroupsStatus.CHECKING:
        raise BadValue(name="groups", value=groups.status.value, allowed="groups that have been looked for")
    if space.rank == 0:
        return no_groups(groups.status, space.participant_ids, evidence=groups.evidence)
    if not groups.letters:
        return _spectrum(space, groups.evidence)
    labels = nearest_centre(space.positions[:, :2], groups.centres)
    _, _, draws_seed = _seeds(seed)
    return _around(space, labels, groups.centres, groups.letters, groups.evidence, seed=draws_seed, settings=settings)


def _seeds(seed: int) -> tuple[int, int, int]:
    """Those of evidence, k-means and draws."""
    check_between("seed", seed, 0, whole=True)
    evidence, kmeans, draws = (int(s) for s in np.random.SeedSequence(seed).generate_state(3))
    return evidence, kmeans, draws


def _spectrum(space: OpinionSpace, evidence: tuple[GroupEvidence, ...]) -> OpinionGroups:
    """No distinct groups: three bands of the first axis."""
    bands = thirds(space.positions[:, 0])
    return no_groups(GroupsStatus.NONE, space.participant_ids, evidence=evidence, bands=bands)


def _around(
    space: OpinionSpace,
    labels: Labels,
    centres: Floats,
    letters: tuple[str, ...],
    evidence: tuple[GroupEvidence, ...],
    *,
    seed: int,
    settings: GroupSettings,
) -> OpinionGroups:
    """The groups around these centres; whose membership is not sure enough stands between them."""
    points, draws = space.positions[:, :2], settings.posterior_draws
    confidence = membership(points, space.covariances, labels, centres, seed=seed, draws=draws)
    return OpinionGroups(
        status=GroupsStatus.FOUND,
        participant_ids=space.participant_ids,
        letters=letters,
        labels=np.where(confidence >= settings.least_confidence, labels, -1).astype(np.int8),
        nearest=labels.astype(np.int8),
        confidence=confidence,
        centres=centres,
        evidence=evidence,
        bands=np.full(labels.size, -1, np.int8),
    )


def by_size(labels: Labels, k: int) -> Labels:
    """The same groups numbered from the largest; ties by the first participant."""
    sizes = np.bincount(labels, minlength=k)
    first = [int(np.argmax(labels == index)) if sizes[index] else labels.size for index in range(k)]
    order = sorted(range(k), key=lambda index: (-sizes[index], first[index]))
    number = np.empty(k, np.int64)
    number[order] = np.arange(k)
    return number[labels]


def letters_for(
    labels: Labels, participant_ids: NDArray[np.int64], k: int, previous: OpinionGroups | None
) -> tuple[str, ...]:
    """Letters by size; a group that continues a previous one keeps its letter, a new one takes a fresh letter."""
    if previous is None or not previous.letters:
        return tuple(LETTERS[:k])
    _, here, there = np.intersect1d(participant_ids, previous.participant_ids, return_indices=True)
    before = previous.nearest[there].astype(np.int64)
    kept = match(overlaps(labels[here], before, k, len(previous.letters)))
    fresh = iter(letter for letter in LETTERS if letter not in previous.letters)
    return tuple(previous.letters[kept[index]] if index in kept else next(fresh) for index in range(k))


def thirds(positions: Floats) -> NDArray[np.int8]:
    """0, 1 or 2 for the lower, middle and upper third; equal positions share a band."""
    return np.searchsorted(np.quantile(positions, (1 / 3, 2 / 3)), positions, side="left").astype(np.int8)
