"""How well the default space and mean-imputed PCA(2) predict the same hidden votes of real conversations.

    python -m tests.benchmarks.heldout [--quick] [--data FOLDER]

One vote in ten is hidden, three times; participants need 7 votes and statements 10. AUC tells agrees from disagrees
(passes left out), RMSE counts the signs of all hidden votes. The aim beneath the table is the mean of ten open
conversations, of which those beside the project are five.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray

from deliberation.landscape import LandscapeSettings
from deliberation.space import SpaceSettings, fit_space
from deliberation.votes import VoteMatrix
from tests.benchmarks.conversations import folders, real
from tests.benchmarks.measuring import Row

Floats = NDArray[np.float64]
Predictor = Callable[[VoteMatrix, int], tuple[Floats, int]]

LEAST_VOTES, LEAST_STATEMENT_VOTES = 7, 10
HIDDEN_SHARE = 0.10
TOLERANCE = 0.004
"""Of AUC and RMSE: one standard error of their differences over four masks of 500 hidden votes."""
AIM = {"default space": (0.885, 0.655), "mean-imputed PCA(2)": (0.876, 0.668)}
"""AUC and RMSE: means over ten conversations at rank 2, and those of the incumbent's method on the same masks."""


@dataclass(frozen=True)
class Score:
    """How well hidden votes were predicted; rank is that of the space (2 for PCA), NaN AUC where all agree."""

    auc: float
    rmse: float
    rank: int


@dataclass(frozen=True)
class Comparison:
    """Both methods on the same masks of one conversation, one score a mask."""

    name: str
    shape: tuple[int, int]
    ours: tuple[Score, ...]
    theirs: tuple[Score, ...]

    def means(self) -> tuple[Score, Score]:
        """Mean AUC and RMSE of each over the masks under which there is a map, or over all where there never is.

        The rank is the largest chosen, so 0 only where there never is a map.
        """
        mapped = [score.rank > 0 for score in self.ours]
        kept = [index for index, has_map in enumerate(mapped) if has_map or not any(mapped)]
        first, second = (
            Score(
                float(np.mean([side[index].auc for index in kept])),
                float(np.mean([side[index].rmse for index in kept])),
                max(side[index].rank for index in kept),
            )
            for side in (self.ours, self.theirs)
        )
        return first, second


def default_space(train: VoteMatrix, seed: int) -> tuple[Floats, int]:
    """Expected signs (n, m) by the space as it is fitted by default, its rank chosen on the visible votes alone.

    A small room has no map, and so rank 0.
    """
    small = train.n_participants < LandscapeSettings().least_participants
    space = fit_space(train, seed=seed, settings=SpaceSettings(max_rank=0) if small else SpaceSettings())
    return space.expected_signs(), space.rank


def imputed_pca(train: VoteMatrix, seed: int) -> tuple[Floats, int]:
    """Expected signs (n, m) by two principal components of the votes, unseen ones filled with the statement's mean."""
    from sklearn.decomposition import PCA

    table = train.dense()
    counts = np.maximum(train.counts().votes, 1)
    means = np.nansum(table, axis=0) / counts
    filled = np.where(np.isnan(table), means, table)
    pca = PCA(2, svd_solver="full", random_state=seed)
    return np.asarray(pca.inverse_transform(pca.fit_transform(filled)), np.float64), 2


def frequent(votes: VoteMatrix) -> VoteMatrix:
    """Statements with enough votes, then participants with enough votes on those."""
    kept = votes.select(statements=votes.counts().votes >= LEAST_STATEMENT_VOTES)
    return kept.select(participants=kept.votes_per_participant() >= LEAST_VOTES)


def compare(name: str, votes: VoteMatrix, *, repeats: int, seed: int) -> Comparison:
    """Both methods on the same masks, hidden anew for each repeat."""
    votes = frequent(votes)
    masks = [np.random.default_rng((seed, repeat)).random(votes.n_votes) < HIDDEN_SHARE for repeat in range(repeats)]
    ours, theirs = (
        tuple(predicted(votes, mask, method, seed=seed + repeat) for repeat, mask in enumerate(masks))
        for method in (default_space, imputed_pca)
    )
    return Comparison(name, votes.shape, ours, theirs)


def predicted(votes: VoteMatrix, hidden: NDArray[np.bool_], method: Predictor, *, seed: int) -> Score:
    """The score of one method that has seen all votes but the hidden ones."""
    from sklearn.metrics import roc_auc_score

    train = VoteMatrix(
        votes.participant_ids, votes.statement_ids, votes.rows[~hidden], votes.columns[~hidden], votes.signs[~hidden]
    )
    expected, rank = method(train, seed)
    found = expected[votes.rows[hidden], votes.columns[hidden]]
    truth = votes.signs[hidden].astype(np.float64)
    decided = truth != 0
    auc = roc_auc_score(truth[decided] > 0, found[decided]) if np.unique(truth[decided]).size == 2 else float("nan")
    return Score(float(auc), float(np.sqrt(np.mean((truth - found) ** 2))), rank)


def votes_of(folder: Path) -> VoteMatrix:
    """Last votes of an export on the statements that moderators let stand."""
    log = real(folder)
    votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
    return votes.select(statements=~np.isin(votes.statement_ids, log.out))


def lines(compared: Iterable[Comparison]) -> Iterable[str]:
    """The table, one conversation a line, then the means and the aim."""
    yield f"{'conversation':24}{'shape':>13}{'rank':>6}{'AUC':>8}{'PCA(2)':>8}{'RMSE':>9}{'PCA(2)':>8}"
    both: list[tuple[Score, Score]] = []
    for one in compared:
        ours, theirs = one.means()
        shape = f"{one.shape[0]} x {one.shape[1]}"
        yield (
            f"{one.name:24}{shape:>13}{ours.rank:>6}{ours.auc:>8.3f}{theirs.auc:>8.3f}{ours.rmse:>9.3f}"
            f"{theirs.rmse:>8.3f}{'' if ours.rank else '  no map: levels of statements alone'}"
        )
        if ours.rank:
            both.append((ours, theirs))
    if both:
        auc, rmse = ([[getattr(score, what) for score in pair] for pair in both] for what in ("auc", "rmse"))
        (a, b), (c, d) = np.mean(auc, axis=0), np.mean(rmse, axis=0)
        yield f"{'mean, where there is a map':43}{a:>8.3f}{b:>8.3f}{c:>9.3f}{d:>8.3f}"
    (a, c), (b, d) = AIM["default space"], AIM["mean-imputed PCA(2)"]
    yield f"{'aim: ten open conversations':43}{a:>8.3f}{b:>8.3f}{c:>9.3f}{d:>8.3f}"


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    """One row a conversation: no worse than mean-imputed PCA(2) in AUC and RMSE, unless there is no map."""
    for folder in folders(data):
        votes = votes_of(folder)
        if min(frequent(votes).shape) < 3:
            continue
        began = process_time()
        ours, theirs = compare(folder.name, votes, repeats=4, seed=1).means()
        figures = {
            "rank (0: no map)": ours.rank,
            "AUC, PCA(2)'s": f"{ours.auc:.3f}, {theirs.auc:.3f}",
            "RMSE, PCA(2)'s": f"{ours.rmse:.3f}, {theirs.rmse:.3f}",
        }
        holds = ours.rank == 0 or (ours.auc >= theirs.auc - TOLERANCE and ours.rmse <= theirs.rmse + TOLERANCE)
        name = f"{folder.name}, hidden votes"
        yield Row(
            "held-out", name, "mean-imputed PCA(2)", process_time() - began, None, None, figures=figures, holds=holds
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.heldout", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one mask instead of three")
    parser.add_argument("--data", type=Path, default=None, help="any folder of Polis exports")
    options = parser.parse_args()
    repeats = 1 if options.quick else 3
    found = ((folder.name, votes_of(folder)) for folder in folders(options.data))
    large = ((name, votes) for name, votes in found if min(frequent(votes).shape) >= 3)
    for line in lines(compare(name, votes, repeats=repeats, seed=1) for name, votes in large):
        print(line, flush=True)


if __name__ == "__main__":
    main()
