"""Which sign stands for agree in the files of a Polis export. Polis itself uses both, and says which in new files only.

Database, API and the report pages of 2024 have agree = -1; the export zip, openData and newer report pages have +1. In
turn the sign is taken from: what a person states; what the files declare; what authors do with their own statements,
for Polis records that they agree; and the layout, since a file with times in milliseconds comes from the zip. The
counts in comments.csv only serve to contradict, because the report pages of 2024 are wrong in both files alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import AmbiguousSign

FEWEST_OWN_VOTES = 5
"""Fewer votes of authors on their own statements say nothing."""
OWN_MAJORITY = 0.75
"""Smallest share of agrees among them that settles the sign; measured 94 to 100 % in 17 conversations, and 62 % in one
where a convenor's starter statements carry votes that he never cast."""

_DECLARATION = re.compile(r"(?<![a-z])agree[\"']?\s*[=:]\s*[\"']?([+-]?)1(?![0-9])", re.IGNORECASE)


@dataclass(frozen=True)
class PolisSign:
    """The sign of agree in the files, and how it is known.

    agree : +1 or -1; evidence : stated, declared, authors, layout or no_votes
    own_agrees, own_disagrees : votes of authors on their own statements, under that sign
    """

    agree: int
    evidence: str
    own_agrees: int = 0
    own_disagrees: int = 0


def declared_sign(texts: Iterable[str], *, file: str) -> int | None:
    """The sign that these texts declare for agree, None if they are silent; `AmbiguousSign` if they differ."""
    found = {-1 if match[1] == "-" else 1 for text in texts for match in _DECLARATION.finditer(text)}
    if len(found) > 1:
        raise AmbiguousSign(
            file=file, agrees_if_plus=None, agrees_if_minus=None, recorded=None, problem="declared_both"
        )
    return next(iter(found), None)


def found_sign(
    statements: NDArray[np.int64],
    participants: NDArray[np.int64],
    signs: NDArray[np.int8],
    *,
    file: str,
    given: int | None,
    declared: int | None,
    in_seconds: bool,
    authors: Mapping[int, int],
    recorded: Mapping[int, tuple[int, int]],
) -> PolisSign:
    """The sign that stands for agree in this log, with its evidence.

    authors : statement -> who wrote it; recorded : statement -> agrees and disagrees that comments.csv gives

    Raises `AmbiguousSign` where nothing is declared and the evidence is missing or contradicts itself.
    """
    plus, minus = _own_votes(statements, participants, signs, authors)
    for agree, evidence in ((given, "stated"), (declared, "declared")):
        if agree is not None:
            return PolisSign(agree, evidence, *((plus, minus) if agree == 1 else (minus, plus)))
    if not signs.any():
        return PolisSign(1, "no_votes")
    by_authors = 0
    if plus + minus >= FEWEST_OWN_VOTES and max(plus, minus) >= OWN_MAJORITY * (plus + minus):
        by_authors = 1 if plus > minus else -1
    by_counts = 0 if in_seconds else _sign_by_counts(statements, signs, recorded)
    if by_authors:
        agree, evidence = by_authors, "authors"
    else:
        agree, evidence = (0 if in_seconds else 1), "layout"
    if not agree or by_counts == -agree:
        recorded_agrees = sum(agrees for agrees, _ in recorded.values()) if recorded else None
        n_plus, n_minus = int(np.count_nonzero(signs == 1)), int(np.count_nonzero(signs == -1))
        raise AmbiguousSign(file=file, agrees_if_plus=n_plus, agrees_if_minus=n_minus, recorded=recorded_agrees)
    return PolisSign(agree, evidence, *((plus, minus) if agree == 1 else (minus, plus)))


def _own_votes(
    statements: NDArray[np.int64], participants: NDArray[np.int64], signs: NDArray[np.int8], authors: Mapping[int, int]
) -> tuple[int, int]:
    """Votes of +1 and of -1 of authors on their own statements."""
    if not authors:
        return 0, 0
    ids = np.array(sorted(authors))
    writers = np.array([authors[statement] for statement in ids.tolist()])
    place = np.minimum(np.searchsorted(ids, statements), ids.size - 1)
    own = signs[(ids[place] == statements) & (writers[place] == participants)]
    return int(np.count_nonzero(own == 1)), int(np.count_nonzero(own == -1))


def _sign_by_counts(
    statements: NDArray[np.int64], signs: NDArray[np.int8], recorded: Mapping[int, tuple[int, int]]
) -> int:
    """The sign under which more statements have exactly the recorded counts, 0 if neither."""
    plus = dict(
        zip(*(column.tolist() for column in np.unique(statements[signs == 1], return_counts=True)), strict=True)
    )
    minus = dict(
        zip(*(column.tolist() for column in np.unique(statements[signs == -1], return_counts=True)), strict=True)
    )
    lead = 0
    for statement, counts in recorded.items():
        found = plus.get(statement, 0), minus.get(statement, 0)
        lead += (counts == found) - (counts == found[::-1])
    return (lead > 0) - (lead < 0)
