"""Colours of groups and votes stay apart, also for the eight people in a hundred who see colours otherwise.

Distances are CIEDE2000 (Sharma, Wu and Dalal 2005); what is seen without one kind of cone is simulated with the
matrices of Machado, Oliveira and Fernandes (2009, IEEE TVCG 15(6), severity 1).
"""

from __future__ import annotations

from itertools import combinations
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

import pytest

from app.documents import standalone
from tests.test_look import CSS, contrast, tokens

VISIONS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
GROUPS = ("g-a", "g-b", "g-c", "g-d", "g-e", "g-f")
VOTES = ("agree", "disagree", "rest")
Lab = tuple[float, float, float]


def linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]


def seen(colour: str, vision: str) -> Lab:
    """The colour in CIELAB (D65) as it looks to this vision."""
    light = linear(colour)
    r, g, b = (min(1.0, max(0.0, sum(w * one for w, one in zip(row, light, strict=True)))) for row in VISIONS[vision])
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (one ** (1 / 3) if one > 216 / 24389 else (24389 / 27 * one + 16) / 116 for one in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: Lab, two: Lab) -> float:
    """CIEDE2000, all weights one."""
    mean_c7 = ((hypot(*one[1:]) + hypot(*two[1:])) / 2) ** 7
    stretch = 1 + 0.5 * (1 - sqrt(mean_c7 / (mean_c7 + 25**7)))
    (l1, a1, b1), (l2, a2, b2) = ((light, a * stretch, b) for light, a, b in (one, two))
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1, h2 = degrees(atan2(b1, a1)) % 360, degrees(atan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    dl, dc, dh = l2 - l1, c2 - c1, 2 * sqrt(c1 * c2) * sin(radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * cos(radians(hue - 30)) + 0.24 * cos(radians(2 * hue))
    t += 0.32 * cos(radians(3 * hue + 6)) - 0.20 * cos(radians(4 * hue - 63))
    sl = 1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    c7 = chroma**7
    rt = -2 * sqrt(c7 / (c7 + 25**7)) * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    l_, c_, h_ = dl / sl, dc / sc, dh / sh
    return sqrt(l_**2 + c_**2 + h_**2 + rt * c_ * h_)


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_distances_are_those_of_the_published_pairs(one: Lab, two: Lab, expected: float) -> None:
    assert distance(one, two) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("vision", "least"), [("normal", 20), ("protan", 15), ("deutan", 15), ("tritan", 10)])
def test_any_two_groups_differ_in_colour_for_every_kind_of_vision(vision: str, least: float) -> None:
    colours = tokens()
    apart = {
        (one, two): distance(seen(colours[one], vision), seen(colours[two], vision))
        for one, two in combinations(GROUPS, 2)
    }
    assert min(apart.values()) >= least, min(apart.items(), key=lambda item: item[1])


@pytest.mark.parametrize("vision", list(VISIONS))
def test_votes_differ_in_colour_for_every_kind_of_vision(vision: str) -> None:
    colours = tokens()
    for one, two in combinations(VOTES, 2):
        assert distance(seen(colours[one], vision), seen(colours[two], vision)) >= 20, (one, two)


def test_what_is_full_and_what_is_empty_differ_for_every_kind_of_vision() -> None:
    for vision in VISIONS:
        for full in (tokens()["disagree"], "#7f9bb0"):
            assert full in CSS
            assert distance(seen(full, vision), seen("#e9e6dd", vision)) >= 20


def test_pictures_that_leave_the_page_have_the_colours_of_the_page() -> None:
    assert {name: colour for name, colour in standalone.GROUPS.items() if name != "gx"} == {
        name.replace("-", ""): tokens()[name] for name in GROUPS
    }
    assert [tokens()[name] for name in VOTES] == [standalone.AGREE, standalone.DISAGREE, standalone.REST]
    assert [tokens()[name] for name in ("ink", "ink-2")] == [standalone.INK, standalone.INK_2]


@pytest.mark.parametrize("edge", ["line-strong", "ink-3", "ok", "warn", "stop", "brand"])
@pytest.mark.parametrize("ground", ["paper", "surface", "sunk"])
def test_borders_and_lines_stand_out_from_what_they_stand_on(edge: str, ground: str) -> None:
    assert contrast(tokens()[edge], tokens()[ground]) >= (2.8 if (edge, ground) == ("line-strong", "sunk") else 3.0)


def test_the_ring_around_what_has_the_focus_is_seen_on_every_ground() -> None:
    for ground in ("paper", "surface", "sunk", "brand-tint", "stop-tint"):
        assert contrast(tokens()["ink"], tokens()[ground]) >= 3
    assert contrast("#ffcf3f", tokens()["ink"]) >= 3, "on the dark band it is the yellow that shows"
