"""What the disclosure gate lets through of the opinion space."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.disclosure import Attribution, Audience
from deliberation.errors import BadShape
from deliberation.released_map import cells_of, centre_of, release_map

CHATHAM, PUBLIC, INSIDE = Attribution.CHATHAM_HOUSE, Audience.PUBLIC, Audience.INSIDE


def two_crowds(n_left: int, n_right: int, *, seed: int) -> tuple[np.ndarray, list[str | None]]:
    chance = np.random.default_rng(seed)
    points = np.concatenate([chance.normal((-3, 0), 0.5, (n_left, 2)), chance.normal((3, 1), 0.5, (n_right, 2))])
    return points, ["A"] * n_left + ["B"] * n_right


def test_crowded_hexagons_are_drawn_in_the_colour_of_their_group() -> None:
    points, labels = two_crowds(200, 150, seed=1)
    drawn = release_map(points, labels, CHATHAM, audience=PUBLIC, n_participants=350)
    assert drawn.is_shown
    assert {hexagon.group for hexagon in drawn.hexagons} == {"A", "B"}
    assert all((hexagon.group == "A") == (hexagon.x < 0) for hexagon in drawn.hexagons)
    assert [(place.group, place.share) for place in drawn.groups] == [("A", 0.55), ("B", 0.45)]
    assert drawn.left_out_share is not None
    assert drawn.left_out_share <= 0.2


def test_every_hexagon_holds_a_rows_size_of_people() -> None:
    points, labels = two_crowds(200, 150, seed=2)
    drawn = release_map(points, labels, CHATHAM, audience=PUBLIC, n_participants=350)
    centred = points - points.mean(axis=0)
    centred /= np.sqrt((centred**2).sum(axis=1).mean())
    where = [centre_of(cell, drawn.radius) for cell in cells_of(centred, drawn.radius)]
    for hexagon in drawn.hexagons:
        n_people = where.count((hexagon.x, hexagon.y))
        assert n_people >= 10 * 2 ** (hexagon.level - 1)
        assert hexagon.level == 4 or n_people < 10 * 2**hexagon.level
    seen_inside = release_map(points, labels, CHATHAM, audience=INSIDE, n_participants=350)
    assert sum(where.count((h.x, h.y)) for h in seen_inside.hexagons if seen_inside.radius == drawn.radius) <= 350


def test_each_point_lies_in_its_hexagon() -> None:
    points = np.random.default_rng(3).uniform(-4, 4, (2000, 2))
    centres = np.array([centre_of(cell, 0.5) for cell in cells_of(points, 0.5)])
    assert np.hypot(*(points - centres).T).max() <= 0.5 + 1e-6
    everywhere = np.unique(centres, axis=0)
    nearest = np.hypot(points[:, None, 0] - everywhere[:, 0], points[:, None, 1] - everywhere[:, 1]).min(axis=1)
    np.testing.assert_allclose(np.hypot(*(points - centres).T), nearest, atol=1e-5)


def test_someone_far_from_all_others_is_not_drawn() -> None:
    points, labels = two_crowds(200, 150, seed=4)
    points[0] = (4.0, -4.0)
    drawn = release_map(points, labels, CHATHAM, audience=PUBLIC, n_participants=350)
    centred = points - points.mean(axis=0)
    x, y = (centred / np.sqrt((centred**2).sum(axis=1).mean()))[0]
    assert min(np.hypot(h.x - x, h.y - y) for h in drawn.hexagons) > drawn.radius


def test_a_group_below_a_rows_size_withholds_the_places_of_all() -> None:
    points, labels = two_crowds(200, 9, seed=5)
    assert release_map(points, labels, CHATHAM, audience=PUBLIC, n_participants=209).groups == ()
    assert len(release_map(points, labels, CHATHAM, audience=INSIDE, n_participants=209).groups) == 2


def test_a_small_room_has_no_map_in_any_mode() -> None:
    points, labels = two_crowds(20, 9, seed=6)
    for mode in Attribution:
        assert not release_map(points, labels, mode, audience=INSIDE, n_participants=29).is_shown


def test_positions_and_labels_must_belong_together() -> None:
    with pytest.raises(BadShape):
        release_map(np.zeros((3, 2)), ["A"], CHATHAM, audience=PUBLIC, n_participants=99)


def test_both_audiences_see_the_map_on_one_grid() -> None:
    rng = np.random.default_rng(5)
    for n in (40, 120, 400):
        positions = np.vstack([rng.normal(centre, 0.4, (n // 2, 2)) for centre in (-1.0, 1.0)])
        maps = [
            release_map(positions, [None] * n, Attribution.CHATHAM_HOUSE, audience=audience, n_participants=n)
            for audience in Audience
        ]
        assert len({drawn.radius for drawn in maps}) == 1
        public, inside = ({(h.x, h.y) for h in drawn.hexagons} for drawn in maps)
        assert public <= inside
