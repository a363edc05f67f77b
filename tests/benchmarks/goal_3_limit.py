"""Goals 3, 4 and 5: near the limit. The whole analysis within 75 times one pass over the votes and twice a randomised
singular value decomposition of them, growing with the votes, in 20 bytes a vote. 5 million votes; 50 with SCALE=1M."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deliberation.polis import PolisResult
from deliberation.votes import VoteMatrix
from tests.benchmarks import peers
from tests.benchmarks.conversations import Log, simulated
from tests.benchmarks.measuring import Row, Times, in_turn, peak_mb
from tests.benchmarks.peers import Differs

N_STATEMENTS = 1_000


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    n = 1_000_000 if scale == "1M" else 100_000
    log = simulated(n, N_STATEMENTS, 50, seed=1)
    mine = peers.ours(log)
    pass_times = in_turn(lambda: peers.ours(log), lambda: one_pass(log), pairs=3)
    own = peak_mb(lambda: peers.ours(log))
    yield _row(3, log, "one pass over the votes", pass_times, aim=1 / 75, memory=own, figures={"groups": mine.n_groups})
    # A randomised decomposition is worth its fixed costs only with tens of millions of votes: no aim below that.
    yield from _against_svd(log, mine, is_large=scale == "1M")
    smaller = simulated(n // 10, N_STATEMENTS, 50, seed=1)
    quick = in_turn(lambda: peers.ours(smaller), lambda: one_pass(smaller), pairs=3)
    exponent = math.log(pass_times.plenary / quick.plenary) / math.log(log.n_votes / smaller.n_votes)
    figures: dict[str, Any] = {
        "exponent": exponent,
        "bytes_per_vote": None if own is None else own * 2**20 / log.n_votes,
    }
    yield Row(5, f"{smaller.name} to {log.name}", "linear growth", pass_times.plenary, None, 1.10 / exponent, own,
              aim=1.0, figures=figures)  # fmt: skip


def one_pass(log: Log) -> int:
    return int(
        log.participants.sum(dtype=np.int64) + log.statements.sum(dtype=np.int64) + log.signs.sum(dtype=np.int64)
    )


def _against_svd(log: Log, mine: PolisResult, *, is_large: bool) -> Iterator[Row]:
    """Beside a decomposition alone, of a table that is ready, and beside one that starts from three columns, too."""
    from sklearn.decomposition import TruncatedSVD

    svd = TruncatedSVD(2, random_state=0)
    table = _ready(log, mine)
    error = _angle(mine.axes, TruncatedSVD(2, algorithm="arpack", tol=0).fit(table).components_)
    if error > 1e-4:
        raise Differs(f"axes are {error:.1e} off")
    times = in_turn(lambda: peers.ours(log), lambda: svd.fit(table), pairs=3)
    figures = {"axes_error": error, "axes_error_of_peer": _angle(mine.axes, svd.components_)}
    aim = 1 / 2 if is_large else None
    yield _row(4, log, "scikit-learn TruncatedSVD", times, aim=aim, memory=None, figures=figures)
    times = in_turn(lambda: peers.ours(log), lambda: svd.fit(_from_columns(log)), pairs=3)
    yield Row(4, f"{log.name}, from columns", "csr, centred, TruncatedSVD", times.plenary, times.peer, times.ratio,
              aim=1 / 1.1 if is_large else None)  # fmt: skip


def _ready(log: Log, mine: PolisResult) -> Any:
    """The centred votes as a table, last votes only."""
    from scipy.sparse import csr_array

    votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
    centred = (votes.signs - mine.centre[votes.columns]).astype(np.float32)
    return csr_array((centred, votes.columns, votes.index_pointer().astype(np.int32)), shape=votes.shape)


def _from_columns(log: Log) -> Any:
    """What a general tool makes of the columns: votes of a pair summed, and less the mean of their statement."""
    from scipy.sparse import coo_array

    cast = coo_array((log.signs.astype(np.float32), (log.participants, log.statements))).tocsr()
    size = cast.shape[1]
    means = np.bincount(cast.indices, weights=cast.data, minlength=size)
    means /= np.maximum(np.bincount(cast.indices, minlength=size), 1)
    cast.data -= means.astype(np.float32)[cast.indices]
    return cast


def _angle(mine: Any, other: Any) -> float:
    sign = np.sign((mine * other).sum(axis=1, keepdims=True))
    return float(np.linalg.norm(mine - sign * other, axis=1).max())


def _row(
    goal: int, log: Log, peer: str, times: Times, *, aim: float | None, memory: float | None, figures: dict[str, Any]
) -> Row:
    return Row(goal, log.name, peer, times.plenary, times.peer, times.ratio, memory, aim=aim, figures=figures)
