"""Constituencies of a few people are judged together, so that no list tells what one of them voted."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.landscape import pooled
from app.taxonomies.constituencies import SMALL, codes, label


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["women"] * 6 + ["farmers"] * 4, ["women"] * 6 + [""] * 4),
        (["women"] * 6 + ["farmers"] * 4 + ["media"], ["women"] * 6 + [SMALL] * 5),
        (["women"] * 5 + [""] * 3, ["women"] * 5 + [""] * 3),
        ([], []),
    ],
    ids=["too few even together", "together", "unstated stays unstated", "nobody"],
)
def test_small_constituencies_are_put_together(given: list[str], found: list[str]) -> None:
    assert pooled(np.array(given, np.str_)).tolist() == found


def test_nobody_can_choose_the_pool_and_everybody_can_read_its_name() -> None:
    assert SMALL not in codes()
    assert label(SMALL) == "Small constituencies together"
