"""The dask scheduler that large analyses may run on, where `DASK_SCHEDULER` names one. Nothing else knows of dask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from app.logs import log
from app.settings import get_settings
from deliberation.blocks import Workers, in_turn

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

LARGE = 20_000_000
"""Votes from which a cluster is asked: below, one process is done before the votes have reached another."""
CONNECT_SECONDS = "5s"


@contextmanager
def workers_for(n_votes: int) -> Iterator[Workers]:
    """The scheduler's workers for a large set of votes; this process where none is named or none answers."""
    address = get_settings().dask_scheduler
    client = _connected(address) if address and n_votes >= LARGE else None
    if client is None:
        yield in_turn
        return
    try:
        yield partial(_on_cluster, client)
    finally:
        client.close()


def _connected(address: str) -> Client | None:
    try:
        from distributed import Client
    except ImportError:
        log().warning("analysis runs in this process", reason="the extra [dask] is not installed")
        return None
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        log().warning("analysis runs in this process", reason="no scheduler answers", error=type(error).__name__)
        return None


def _on_cluster(client: Client, work: Callable[..., T], blocks: Sequence[tuple[Any, ...]]) -> list[T]:
    """What the cluster makes of each block; where it fails on one, what this process makes of them all."""
    try:
        return spread(client, work, blocks)
    except Exception as error:
        # Whatever happened there, the votes are here; an error of the work itself comes up again.
        log().warning("analysis runs in this process", reason="the cluster failed", error=type(error).__name__)
        return in_turn(work, blocks)


def spread(client: Client, work: Callable[..., T], blocks: Sequence[tuple[Any, ...]]) -> list[T]:
    """What the cluster makes of each block, in the order of the blocks."""
    there = client.scatter(list(blocks), hash=False)
    found: list[T] = client.gather(client.map(partial(_unpacked, work), there, pure=False))
    return found


def _unpacked(work: Callable[..., T], block: tuple[Any, ...]) -> T:
    return work(*block)
