"""The dask scheduler that large analyses may run on, where `DASK_SCHEDULER` names one. Nothing else knows of dask.

Votes travel once, in two bytes each while the numbers of statements allow it. They stay with the workers while the
analysis lasts, and so do selections from them; what is asked of them then are counts and places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from app.logs import log
from app.settings import get_settings
from deliberation.blocks import BLOCK, Given, Workers, block_of, blocks_of, in_turn
from deliberation.votes import VoteMatrix

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

LARGE = 20_000_000
"""Votes from which a cluster is asked: below, one process is done before the votes have reached another."""
CONNECT_SECONDS = "5s"
BLOCKS_EACH = 4
"""Blocks for each of those who share the work, if they are large enough: none waits long for the last one."""


@contextmanager
def workers_for(n_votes: int) -> Iterator[Workers]:
    """The scheduler's workers for a large set of votes; this process where none is named or none answers."""
    address = get_settings().dask_scheduler
    client = _connected(address) if address and n_votes >= LARGE else None
    if client is None:
        yield in_turn
        return
    try:
        with Cluster(client) as cluster:
            yield cluster
    finally:
        client.close()


def _connected(address: str) -> Client | None:
    try:
        from distributed import Client
    except ImportError:
        log().warning("analysis runs in this process", reason="the extra [dask] is not installed")
        return None
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False, direct_to_workers=True)
    except (OSError, ValueError) as error:
        log().warning("analysis runs in this process", reason="no scheduler answers", error=type(error).__name__)
        return None


@dataclass(frozen=True, eq=False)
class _Part:
    """The votes of some participants: a future of dask's where a worker holds them, None where this process does."""

    people: slice
    there: Any


class Cluster:
    """The workers of a dask scheduler, and this process, which takes its share of the parts beside them.

    What fails there is done in this process, and so is all that comes after.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.n_at_once: int = max(1, sum(client.nthreads().values()))
        self._held: WeakKeyDictionary[VoteMatrix, Future[list[_Part]]] = WeakKeyDictionary()
        self._beside = ThreadPoolExecutor(3)
        self._has_failed = False

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._beside.shutdown()
        self._held.clear()

    def each(self, work: Callable[..., T], tasks: Sequence[tuple[Any, ...]], *shared: Any) -> list[T]:
        def there() -> list[T]:
            common = self.client.scatter(shared, hash=False, broadcast=True)
            # Before the workers lay out votes that are not asked for yet.
            first = {"pure": False, "priority": 1}
            own = self._own_share(len(tasks))
            asked = [self.client.submit(_called, work, task, *common, **first) for task in tasks[own:]]
            return [*in_turn.each(work, tasks[:own], *shared), *self._gathered(asked)]

        return self._tried(there, lambda: in_turn.each(work, tasks, *shared))

    def over(self, work: Callable[..., T], votes: VoteMatrix, given: Given) -> list[T]:
        def there() -> list[T]:
            parts = self._hold(votes).result()
            asked = {
                index: self.client.submit(_called, work, given(part.people), part.there, pure=False)
                for index, part in enumerate(parts)
                if part.there is not None
            }

            def done_here(index: int) -> T:
                people = parts[index].people
                return work(block_of(votes, people), *given(people))

            found = {index: done_here(index) for index in range(len(parts)) if index not in asked}
            while (late := self._not_begun(asked)) is not None:
                asked.pop(late).cancel()
                found[late] = done_here(late)
            found |= zip(asked, self._gathered(asked.values()), strict=True)
            return [found[index] for index in range(len(parts))]

        return self._tried(there, lambda: in_turn.over(work, votes, given))

    def _not_begun(self, asked: dict[int, Any]) -> int | None:
        """The last part that waits behind those that every worker is at, if one does: whoever is done helps."""
        waiting = [index for index, future in asked.items() if not future.done()]
        return waiting[-1] if len(waiting) > self.n_at_once else None

    def select(
        self, votes: VoteMatrix, *, participants: NDArray[np.bool_], statements: NDArray[np.bool_]
    ) -> VoteMatrix:
        held = self._hold(votes)
        selected = in_turn.select(votes, participants=participants, statements=statements)
        if selected is not votes:
            self._held[selected] = self._beside.submit(self._selected, held, participants, statements)
        return selected

    def meanwhile(self, work: Callable[[], T]) -> Callable[[], T]:
        return self._beside.submit(work).result

    def _hold(self, votes: VoteMatrix) -> Future[list[_Part]]:
        if votes not in self._held:
            self._held[votes] = self._beside.submit(self._sent, votes)
        return self._held[votes]

    def _own_share(self, n: int) -> int:
        """How many of the parts, the first ones, this process does itself: as many as spare the workers a round."""
        rounds = -(-n // (self.n_at_once + 1))
        return max(0, n - rounds * self.n_at_once)

    def _sent(self, votes: VoteMatrix) -> list[_Part]:
        size = max(BLOCK, -(-votes.n_votes // (BLOCKS_EACH * (self.n_at_once + 1))))
        blocks = list(blocks_of(votes, size))
        own = self._own_share(len(blocks))
        packed = self.client.scatter([_packed(block) for _, block in blocks[own:]], hash=False)
        there = [None] * own + self.client.map(_unpacked, packed, pure=False)
        return [_Part(people, one) for (people, _), one in zip(blocks, there, strict=True)]

    def _selected(
        self, held: Future[list[_Part]], participants: NDArray[np.bool_], statements: NDArray[np.bool_]
    ) -> list[_Part]:
        ends = np.append(0, np.cumsum(participants))

        def there(part: _Part) -> Any:
            if part.there is None:
                return None
            return self.client.submit(_selected, part.there, participants[part.people], statements, pure=False)

        return [
            _Part(slice(int(ends[part.people.start]), int(ends[part.people.stop])), there(part))
            for part in held.result()
        ]

    def _gathered(self, futures: Iterable[Any]) -> list[Any]:
        found: list[Any] = self.client.gather(list(futures))
        return found

    def _tried(self, there: Callable[[], list[T]], here: Callable[[], list[T]]) -> list[T]:
        if not self._has_failed:
            try:
                return there()
            except Exception as error:
                # Whatever happened there, the votes are here; an error of the work itself comes up again.
                log().warning("analysis runs in this process", reason="the cluster failed", error=type(error).__name__)
                self._has_failed = True
        return here()


def _called(work: Callable[..., T], last: tuple[Any, ...], *first: Any) -> T:
    return work(*first, *last)


@dataclass(frozen=True, eq=False)
class _Packed:
    """A block of votes for the journey. codes : column and sign in one number; n_votes : of each participant"""

    participant_ids: NDArray[np.int64]
    statement_ids: NDArray[np.int64]
    n_votes: NDArray[np.int64]
    codes: NDArray[np.unsignedinteger[Any]]


def _packed(block: VoteMatrix) -> _Packed:
    codes: NDArray[np.unsignedinteger[Any]] = block.columns.astype(
        np.uint16 if block.n_statements < 1 << 14 else np.uint32
    )
    codes <<= 2
    codes += (block.signs + np.int8(1)).view(np.uint8)
    return _Packed(block.participant_ids, block.statement_ids, block.votes_per_participant(), codes)


def _unpacked(packed: _Packed) -> VoteMatrix:
    rows = np.repeat(np.arange(packed.n_votes.size, dtype=np.int32), packed.n_votes)
    signs = (packed.codes & 3).astype(np.int8) - np.int8(1)
    return VoteMatrix(packed.participant_ids, packed.statement_ids, rows, (packed.codes >> 2).astype(np.int32), signs)


def _selected(block: VoteMatrix, participants: NDArray[np.bool_], statements: NDArray[np.bool_]) -> VoteMatrix:
    return block.select(participants=participants, statements=statements)
