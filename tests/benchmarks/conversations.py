"""Votes to measure with: real conversations from folders of Polis exports, and simulated ones of any size."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import DeliberationError
from deliberation.polis_files import read_export

REAL = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
FILES = ("comments.csv", "votes.csv", "participants-votes.csv", "summary.csv")


@dataclass(frozen=True, eq=False)
class Log:
    """Votes as three equally long columns in the order in which they were cast, and the statements moderators took out.

    participants, statements : integer ids; signs : int8, agree = +1
    out : ids of rejected statements and of those about participants themselves
    """

    name: str
    participants: NDArray[np.integer[Any]]
    statements: NDArray[np.integer[Any]]
    signs: NDArray[np.int8]
    out: tuple[int, ...] = ()

    @property
    def n_votes(self) -> int:
        return int(self.signs.size)

    def for_peer(self) -> list[dict[str, int]]:
        """Last votes as the list of dicts that red-dwarf takes; it refuses a second vote."""
        last: dict[tuple[int, int], int] = {}
        for person, statement, sign in zip(
            self.participants.tolist(), self.statements.tolist(), self.signs.tolist(), strict=True
        ):
            last[person, statement] = sign
        return [
            {"participant_id": person, "statement_id": statement, "vote": sign}
            for (person, statement), sign in last.items()
        ]


@cache
def folders(data: Path | None = None) -> tuple[Path, ...]:
    """The folders below `data` that hold a Polis export, sorted; by default the conversations beside the project.

    One that cannot be read is named with its problem and left out.
    """
    root = data or REAL / "polis-conversations"
    found = {path.parent for name in ("votes.csv", "participants-votes.csv") for path in root.glob(f"**/{name}")}
    return tuple(folder for folder in sorted(found) if _is_readable(folder))


def _is_readable(folder: Path) -> bool:
    try:
        real(folder)
    except DeliberationError as problem:
        print(f"left out: {folder}: {problem}", file=sys.stderr, flush=True)
        return False
    return True


def real(folder: Path) -> Log:
    """Every vote event of an export, sorted by time."""
    with ExitStack() as stack:
        present = [file for file in FILES if (folder / file).is_file()]
        streams = {file: stack.enter_context((folder / file).open(encoding="utf-8", newline="")) for file in present}
        export = read_export(streams)
    order = np.argsort(export.log.timestamps_ms, kind="stable")
    taken_out = sorted(item.id for item in export.statements if item.moderated == -1 or item.is_meta)
    return Log(
        folder.name,
        export.log.participants[order],
        export.log.statements[order],
        export.log.signs[order],
        tuple(taken_out),
    )


def simulated(n_participants: int, n_statements: int, mean_votes: float, *, seed: int) -> Log:
    """Three groups of a two-dimensional spatial model, few people with many votes, 1 % of votes changed later."""
    parts = list(_blocks(n_participants, n_statements, mean_votes, np.random.default_rng(seed)))
    people, items, signs = (np.concatenate(column) for column in zip(*parts, strict=True))
    arrival = np.random.default_rng(seed + 1).permutation(len(people))
    name = f"{_short(n_participants)} x {_short(n_statements)} x {_short(len(people))}"
    return Log(name, people[arrival], items[arrival], signs[arrival])


def _blocks(
    n: int, m: int, mean_votes: float, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int8]]]:
    centres = np.array([[1.6, 0.0], [-0.9, 1.4], [-0.9, -1.4]])
    group = rng.choice(3, size=n, p=(0.45, 0.33, 0.22))
    places = centres[group] + 0.55 * rng.standard_normal((n, 2))
    directions, popularity = 0.8 * rng.standard_normal((m, 2)), 0.7 * rng.standard_normal(m)
    shown = np.cumsum(rng.gamma(2.0, size=m))
    # People meet a statement twice less often than chance has it: most second meetings are dropped below.
    wished = np.minimum(rng.geometric(min(1.0, 1 / (1.25 * mean_votes)), size=n), m)
    for start in range(0, n, 100_000):
        people = np.repeat(np.arange(start, min(start + 100_000, n), dtype=np.int32), wished[start : start + 100_000])
        items = np.searchsorted(shown / shown[-1], rng.random(people.size)).astype(np.int32).clip(max=m - 1)
        key = people.astype(np.int64) * m + items
        order = np.argsort(key, kind="stable")
        again = np.zeros(key.size, bool)
        again[order[1:]] = np.diff(key[order]) == 0
        kept = ~again | (rng.random(key.size) < 0.05)
        people, items = people[kept], items[kept]
        leaning = np.einsum("va,va->v", places[people], directions[items]) + popularity[items]
        passes = rng.random(people.size) < 0.25 * np.exp(-np.abs(leaning))
        agrees = rng.random(people.size) < 1 / (1 + np.exp(-2 * leaning))
        yield people, items, np.where(passes, 0, np.where(agrees, 1, -1)).astype(np.int8)


def _short(number: int) -> str:
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return str(number)
