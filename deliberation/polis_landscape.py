"""The result of the Polis method in the words of a landscape, so that both can be read side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from deliberation.groups import GroupsStatus, OpinionGroups, letters_for, no_groups
from deliberation.intervals import jeffreys_lower, newcombe
from deliberation.polis import PolisResult, polis_landscape
from deliberation.polis_lists import PolisRepresentative
from deliberation.representativeness import RepresentativeStatement
from deliberation.space import OpinionSpace
from deliberation.votes import Choice, VoteMatrix


def polis_picture(
    votes: VoteMatrix, *, previous: OpinionGroups | None
) -> tuple[OpinionSpace, OpinionGroups, dict[str, tuple[RepresentativeStatement, ...]]]:
    """Space, groups and representative statements as Polis finds them; it knows neither doubt nor held-out votes.

    Covariances are 0 and the confidence of everybody in a group is 1, since the method does not estimate them.
    """
    result = polis_landscape(votes)
    groups = groups_of(result, previous)
    representative = {
        letter: tuple(_representative(result, group, entry, letter) for entry in result.representative[group])
        for group, letter in enumerate(groups.letters)
    }
    return _space(result, votes), groups, representative


def _space(result: PolisResult, votes: VoteMatrix) -> OpinionSpace:
    n, loadings = result.participant_ids.size, result.axes.T
    rows = np.searchsorted(result.participant_ids, votes.participant_ids[votes.rows])
    columns = np.searchsorted(result.statement_ids, votes.statement_ids[votes.columns])
    # Positions are stretched for people with few votes; the prediction of a vote is of the unstretched ones.
    shrink = np.sqrt(result.votes_per_participant / max(result.statement_ids.size, 1))
    expected = np.einsum("ta,ta->t", (result.positions * shrink[:, None])[rows], loadings[columns])
    residual = votes.signs - result.centre[columns] - expected
    spread = np.maximum(np.var(result.positions, axis=0), 1e-12)
    return OpinionSpace(
        participant_ids=result.participant_ids,
        statement_ids=result.statement_ids,
        rank=2,
        prior=0.0,
        means=result.centre,
        loadings=loadings,
        noise_variance=float(np.mean(residual**2)),
        positions=result.positions,
        covariances=np.zeros((n, 2, 2)),
        position_prior=np.diag(spread),
        gains=(),
    )


def groups_of(result: PolisResult, previous: OpinionGroups | None) -> OpinionGroups:
    """The groups of Polis under letters by size, or under those that they had in the previous analysis."""
    if result.n_groups < 2:
        return no_groups(GroupsStatus.NONE, result.participant_ids)
    labels: NDArray[np.int64] = result.group_of
    placed = labels.astype(np.int8)
    return OpinionGroups(
        status=GroupsStatus.FOUND,
        participant_ids=result.participant_ids,
        letters=letters_for(labels, result.participant_ids, result.n_groups, previous),
        labels=placed,
        nearest=placed,
        confidence=(labels >= 0).astype(np.float64),
        centres=result.group_centres,
        evidence=(),
        bands=np.full(labels.size, -1, np.int8),
    )


def _representative(
    result: PolisResult, group: int, entry: PolisRepresentative, letter: str
) -> RepresentativeStatement:
    """An entry of Polis's list with the measures of ours; p is of its own test of difference, corrected for nothing."""
    column = int(np.searchsorted(result.statement_ids, entry.statement))
    stances = result.table.agrees if entry.choice == Choice.AGREE else result.table.disagrees
    holders, n_in = int(stances[group, column]), int(result.table.votes[group, column])
    outside = int(stances[:, column].sum()) - holders
    n_out = int(result.table.votes[:, column].sum()) - n_in
    p = float(norm.sf(entry.ratio_z))
    return RepresentativeStatement(
        statement_id=entry.statement,
        name=letter,
        stance=Choice(entry.choice),
        holders=holders,
        n_in=n_in,
        holders_outside=outside,
        n_out=n_out,
        support=holders / max(n_in, 1),
        support_lower=float(jeffreys_lower(holders, n_in)),
        difference=holders / max(n_in, 1) - outside / max(n_out, 1),
        difference_lower=float(newcombe(holders, n_in, outside, n_out)[0]),
        p=p,
        p_adjusted=p,
    )
