"""People's places counted in the cells of a map, as the pictures' tests begin with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.maps import GRID, HEIGHT, WIDTH, Frame


def grid_counts(positions: ArrayLike, frame: Frame) -> NDArray[np.int64]:
    """How many positions lie in each cell of a grid over the map, rows from the top; positions outside are left out."""
    places = np.asarray(positions, dtype=float).reshape(-1, 2)
    xs = WIDTH / 2 + (places[:, 0] - frame.x0) * frame.scale
    ys = HEIGHT / 2 - (places[:, 1] - frame.y0) * frame.scale
    counts, _, _ = np.histogram2d(ys, xs, bins=GRID, range=[[0, HEIGHT], [0, WIDTH]])
    return counts.astype(np.int64)
