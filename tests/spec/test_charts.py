"""What the pictures may and may not say: scales, places, contours, thresholds, and that they are always the same."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import charts, maps
from tests.grids import grid_counts

SHARE = st.floats(0, 1)


# -------- scales and bars


@pytest.mark.parametrize(
    ("highest", "steps"),
    [
        (7, (0, 2, 4, 6, 8)),
        (100, (0, 25, 50, 75, 100)),
        (0.3, (0, 0.1, 0.2, 0.3)),
        (900, (0, 250, 500, 750, 1000)),
        (0, (0, 1)),
    ],
)
def test_a_scale_starts_at_zero_and_ends_at_a_round_number_above_the_highest(
    highest: float, steps: tuple[float, ...]
) -> None:
    assert charts.nice_steps(highest) == pytest.approx(steps)


@given(st.floats(1e-6, 1e9))
def test_a_scale_covers_its_values_without_waste(highest: float) -> None:
    steps = charts.nice_steps(highest)
    assert steps[0] == 0
    assert steps[-1] >= highest * (1 - 1e-6)
    assert steps[-2] < highest
    assert 2 <= len(steps) <= 6


def test_agree_starts_at_the_start_and_disagree_ends_at_the_end() -> None:
    agree, unsure, disagree = charts.vote_bar(0.7, 0.2).parts
    assert (agree.kind, agree.x, agree.width) == ("agree", 0, 70)
    assert (unsure.kind, unsure.x, unsure.width) == ("unsure", 70, 10)
    assert (disagree.kind, disagree.x, disagree.width) == ("disagree", 80, 20)


@given(SHARE, SHARE)
def test_a_bar_is_always_full_and_never_longer(agree: float, disagree: float) -> None:
    # Released shares are rounded to steps of five and capped, so that their sum can pass one.
    parts = charts.vote_bar(agree, disagree).parts
    assert sum(p.width for p in parts) == pytest.approx(100, abs=0.05)
    assert all(p.width >= 0 for p in parts)
    assert parts[2].x + parts[2].width == pytest.approx(100, abs=0.01)


def test_a_row_without_figures_says_why() -> None:
    row = charts.vote_row("Farmers", None, None, text="", hidden="fewer than 10 voters")
    assert row.bar is None
    assert row.hidden == "fewer than 10 voters"
    with pytest.raises(ValueError, match="says why"):
        charts.vote_row("Farmers", None, None, text="")


# -------- from common ground to divides


@given(st.lists(SHARE, min_size=1, max_size=120))
def test_no_statement_covers_another_and_each_stands_at_its_gap(gaps: list[float]) -> None:
    drawn = charts.swarm(list(enumerate(gaps, start=1)))
    for bees, radius in ((drawn.bees, 6.5), (drawn.narrow_bees, 5.5)):
        places = np.array([(b.x, b.y) for b in bees])
        apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        np.fill_diagonal(apart, np.inf)
        assert apart.min() >= 2 * radius - 0.2
    by_gap = [b.x for b in sorted(drawn.bees, key=lambda b: gaps[b.number - 1])]
    assert by_gap == sorted(by_gap)


def test_the_swarm_is_the_same_in_whatever_order_statements_come() -> None:
    statements = [(n, (n * 37 % 100) / 130) for n in range(1, 60)]
    assert charts.swarm(statements, chosen=[3]) == charts.swarm(statements[::-1], chosen=[3])


def test_words_in_the_swarm_never_lie_on_each_other() -> None:
    statements = [(n, 0.2 + n / 500) for n in range(1, 8)]
    labels = charts.swarm(statements, words={n: f"{n} a few words here" for n in range(1, 8)}).labels
    assert 3 <= len(labels) <= 4
    assert len({label.ty for label in labels}) == len(labels)


# -------- target to slate


def test_the_slate_is_outside_only_beyond_its_tolerance() -> None:
    def row(slate: float | None) -> charts.GapRow:
        shown = charts.Representation("Women", 0.12, 0.1, 0.1, slate, 0.04, "reading")
        return charts.gap_chart([shown]).rows[0]

    assert not row(0.16).outside
    assert row(0.17).outside
    assert row(0.0).outside
    assert not row(None).outside


def test_what_was_withheld_has_no_mark() -> None:
    row = charts.gap_chart([charts.Representation("Farmers", 0.1, None, None, None, 0.03, "too few")]).rows[0]
    assert (row.participants, row.votes, row.slate) == (None, None, None)


@given(st.lists(st.tuples(SHARE, SHARE, SHARE, SHARE), min_size=1, max_size=12))
def test_every_mark_lies_inside_the_chart(rows: list[tuple[float, float, float, float]]) -> None:
    chart = charts.gap_chart([charts.Representation("x", t, p, v, s, 0.05, "") for t, p, v, s in rows])
    for row in chart.rows:
        for mark in (
            row.target,
            row.participants,
            row.votes,
            row.slate,
            row.band_start,
            row.band_start + row.band_width,
        ):
            assert mark is not None
            assert 0 <= mark <= 100.01


def test_a_group_served_less_than_its_due_is_short() -> None:
    assert charts.balance_row("A", 0.31, 0.6, text="").short
    assert not charts.balance_row("A", 0.6, 0.6, text="").short


# -------- how evenly something is spread


def test_a_fourth_curve_could_not_be_told_apart() -> None:
    with pytest.raises(ValueError, match="three"):
        charts.lorenz({str(i): [0.0, 1.0] for i in range(4)})


# -------- votes per day, goals


def test_columns_stand_on_the_line_and_the_flagged_day_is_marked() -> None:
    line = charts.timeline(
        [10, 40, 20], ["1 May", "2 May", "3 May"], events=[(2, "Closing day"), (0, "Opened")], flagged=[1]
    )
    assert [c.flagged for c in line.columns] == [False, True, False]
    assert all(c.y + c.height == pytest.approx(340) for c in line.columns)
    assert line.columns[1].height == pytest.approx(290)
    assert [(e.number, e.text) for e in line.events] == [(1, "Opened"), (2, "Closing day")]
    assert [d.text for d in line.days] == ["1 May", "2 May", "3 May"]


def test_one_day_and_no_votes_can_be_drawn() -> None:
    assert charts.timeline([0], ["1 May"]).columns[0].height == 0


def test_goals_that_nothing_names_are_shown_empty() -> None:
    bars = charts.goals_covered({17: 8, 4: 2}, [(n, f"Goal {n}", "#000000") for n in range(1, 18)])
    assert [b.number for b in bars] == list(range(1, 18))
    assert [b.height for b in bars if b.n] == [16, 64]
    assert sum(b.height for b in bars if not b.n) == 0


# -------- the opinion map


def _cloud(centre: tuple[float, float], n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(centre, 0.6, (n, 2))


def test_distances_on_the_map_are_true_in_both_directions() -> None:
    frame = maps.frame_of([(-4, -1), (4, 1), (0, 0)])
    assert frame.x(1) - frame.x(0) == pytest.approx(frame.y(0) - frame.y(1), abs=0.11)


def test_a_contour_of_a_round_hill_is_one_circle_at_the_right_radius() -> None:
    y, x = np.mgrid[-20:21, -20:21]
    (loop,) = maps.contours(25 - np.hypot(x, y), 15)
    assert np.hypot(loop[:, 0] - 20, loop[:, 1] - 20) == pytest.approx(10, abs=0.1)


def test_two_hills_and_a_ring_give_a_line_each() -> None:
    y, x = np.mgrid[0:40, 0:80]
    two = np.exp(-((x - 20) ** 2 + (y - 20) ** 2) / 40) + np.exp(-((x - 60) ** 2 + (y - 20) ** 2) / 40)
    assert len(maps.contours(two, 0.5)) == 2
    ring = np.exp(-((np.hypot(x - 40, y - 20) - 12) ** 2) / 8)
    assert len(maps.contours(ring, 0.5)) == 2


@given(st.integers(0, 2**32 - 1))
def test_every_contour_of_any_grid_closes(seed: int) -> None:
    grid = np.zeros((14, 18))
    grid[1:-1, 1:-1] = np.random.default_rng(seed).random((12, 16))
    for loop in maps.contours(grid, 0.5):
        steps = np.abs(np.diff(np.vstack([loop, loop[:1]]), axis=0))
        assert len(loop) >= 3
        assert steps.max() <= 1.0 + 1e-9


@pytest.mark.parametrize("share", maps.BANDS)
def test_a_band_holds_its_share_of_the_group(share: float) -> None:
    places = _cloud((0, 0), 4000, 1)
    density = maps.smoothed(grid_counts(places, maps.frame_of(places)))
    inside = density[density >= maps.level_for(density, share)].sum() / density.sum()
    assert inside == pytest.approx(share, abs=0.01)


def test_the_outline_lies_around_the_group_and_not_around_another() -> None:
    a, b = _cloud((-3, 0), 300, 1), _cloud((3, 0), 300, 2)
    frame = maps.frame_of(np.concatenate([a, b]))
    shapes = maps.group_shapes([("A", "", "", grid_counts(a, frame)), ("B", "", "", grid_counts(b, frame))])
    for shape, places in zip(shapes, (a, b), strict=True):
        xs = [float(x) for x in re.findall(r"[MQ](\d+) \d+", shape.outline)]
        middle = frame.x(float(places[:, 0].mean()))
        assert min(xs) < middle < max(xs)
        assert (max(xs) < 320) == (middle < 320)


def test_nobody_stands_alone_on_the_map() -> None:
    # A group is drawn as three bands and an outline; no mark of the map stands for a person.
    places = _cloud((0, 0), 60, 4)
    frame = maps.frame_of(places)
    drawn = maps.opinion_map([("A", "a", "60 people", grid_counts(places, frame))], [(1, 0.0, 0.0)], frame)
    assert len(drawn.statements) == 1
    assert len(drawn.groups[0].bands) == 3


def test_letters_and_numbers_have_places_of_their_own() -> None:
    groups = [(g, "", "", grid_counts(_cloud((i, 0), 60, i), maps.Frame(2, 0, 60))) for i, g in enumerate("ABCDE")]
    spots = [(s.x, s.y) for s in maps.group_shapes(groups)]
    assert len(set(spots)) == 5
    marks = maps.statement_marks([(n, n / 50, 0.0) for n in range(1, 9)], maps.Frame(0, 0, 60))
    for a in marks:
        for b in marks:
            assert a is b or abs(a.text_x - b.text_x) > 21 or abs(a.text_y - b.text_y) > 14


# -------- where one statement lands


@pytest.mark.parametrize(("mean", "step"), [(1, 1), (0.56, 1), (0.3, 2), (0, 3), (-0.3, 4), (-0.9, 5)])
def test_five_steps_run_from_most_agreement_to_most_disagreement(mean: float, step: int) -> None:
    assert maps.hexagon(0, 0, reach=22, mean=mean).step == step


# -------- the network


LINKS = [
    ("a", "b", 1.0),
    ("b", "c", 1.0),
    ("c", "a", 1.0),
    ("x", "y", 1.0),
    ("y", "z", 1.0),
    ("z", "x", 1.0),
    ("c", "x", 1.0),
]


def test_the_network_is_the_same_for_the_same_links_in_any_order() -> None:
    one = maps.network("abcxyz", LINKS, seed=5)
    other = maps.network("zyxcba", [(b, a, w) for a, b, w in LINKS[::-1]], seed=5)
    assert one == other
    assert one != maps.network("abcxyz", LINKS, seed=6)


def test_those_who_share_much_stand_near_each_other() -> None:
    at = {n.id: np.array([n.x, n.y]) for n in maps.network("abcxyz", LINKS, seed=5).nodes}
    within = max(np.linalg.norm(at[p] - at[q]) for p, q in ("ab", "bc", "ca", "xy", "yz", "zx"))
    across = min(np.linalg.norm(at[p] - at[q]) for p in "ab" for q in "yz")
    assert within < across


@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_a_network_of_any_size_stays_in_its_frame(n: int) -> None:
    drawn = maps.network([f"n{i:02}" for i in range(n)], [], seed=1)
    assert all(20 <= v.x <= 540 and 20 <= v.y <= 362 for v in drawn.nodes)
