"""Similar texts on real statements: which copies are found, and how few others are suggested beside them."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from deliberation.texts import SimilaritySettings, TextIndex, TextVector, is_unspaced, similar, vector

REAL = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
BOUNDS = SimilaritySettings()
SETS = ("15-per-hour-seattle", "bg2050-volunteers", "brexit-consensus", "london.youth.policing", "vtaiwan.uberx")


def statements_of(name: str) -> list[str]:
    path = REAL / "polis-conversations" / name / "comments.csv"
    if not path.exists():
        pytest.skip(f"real consultation {name} is not here; set PLENARY_REAL_DATA")
    with path.open(encoding="utf-8", newline="") as lines:
        return [row["comment-body"] for row in csv.DictReader(lines) if len(row["comment-body"]) > 15]


def nearly(text: str, rng: np.random.Generator) -> str:
    """The text with one change in eight words (characters of Chinese): one dropped, swapped, misspelt, in capitals."""
    joint = "" if is_unspaced(text) else " "
    words = text.split() if joint else list(text)
    for _ in range(max(1, len(words) // 8)):
        if len(words) < 3:
            break
        what, at = rng.integers(4), int(rng.integers(len(words) - 1))
        if what == 0:
            words.pop(at)
        elif what == 1:
            words[at], words[at + 1] = words[at + 1], words[at]
        elif what == 2 and len(words[at]) > 3:
            cut = int(rng.integers(1, len(words[at]) - 1))
            words[at] = words[at][:cut] + words[at][cut + 1 :]
        else:
            words[at] = words[at].upper()
    return joint.join(words)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.slow
def test_nearly_all_changed_copies_are_found_beside_few_other_pairs(name: str) -> None:
    statements, rng = statements_of(name), np.random.default_rng(0)
    vectors = [vector(text) for text in statements]
    index = TextIndex.of(vectors)
    chosen = rng.choice(len(statements), min(150, len(statements)), replace=False).tolist()
    settings = SimilaritySettings(n_most=20)
    copies = [(at, similar(nearly(statements[at], rng), index, settings=settings)) for at in chosen]
    found = np.mean([at in {one.index for one in alike} for at, alike in copies])
    bound = BOUNDS.suggest_unspaced_from if name == "vtaiwan.uberx" else BOUNDS.suggest_from
    n_pairs = n_at_least(index, vectors, bound)
    even = TextIndex.of(vectors, settings=SimilaritySettings(n_beside=10**12))
    assert found >= (0.95 if name == "vtaiwan.uberx" else 0.99)
    assert n_pairs <= 0.25 * len(statements)
    assert n_pairs <= n_at_least(even, vectors, bound) * (0.7 if len(statements) > 300 else 1)


def n_at_least(index: TextIndex, vectors: list[TextVector], bound: float) -> int:
    """Pairs of different statements that would be suggested to each other."""
    return sum(int((index.cosines(one)[at + 1 :] >= bound).sum()) for at, one in enumerate(vectors))
