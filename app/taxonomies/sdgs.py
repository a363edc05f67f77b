"""The seventeen Sustainable Development Goals: number, short title, official colour (data, never decoration)."""

from __future__ import annotations

from dataclasses import dataclass

from app.taxonomies import N_

VERSION = "A/RES/70/1"


@dataclass(frozen=True)
class Goal:
    """One Sustainable Development Goal. `colour` is sRGB in hex; six are too light for text, so show it as a square."""

    number: int
    title: str
    colour: str


GOALS: tuple[Goal, ...] = (
    Goal(1, N_("No poverty"), "#e5243b"),
    Goal(2, N_("Zero hunger"), "#dda63a"),
    Goal(3, N_("Good health and well-being"), "#4c9f38"),
    Goal(4, N_("Quality education"), "#c5192d"),
    Goal(5, N_("Gender equality"), "#ff3a21"),
    Goal(6, N_("Clean water and sanitation"), "#26bde2"),
    Goal(7, N_("Affordable and clean energy"), "#fcc30b"),
    Goal(8, N_("Decent work and economic growth"), "#a21942"),
    Goal(9, N_("Industry, innovation and infrastructure"), "#fd6925"),
    Goal(10, N_("Reduced inequalities"), "#dd1367"),
    Goal(11, N_("Sustainable cities and communities"), "#fd9d24"),
    Goal(12, N_("Responsible consumption and production"), "#bf8b2e"),
    Goal(13, N_("Climate action"), "#3f7e44"),
    Goal(14, N_("Life below water"), "#0a97d9"),
    Goal(15, N_("Life on land"), "#56c02b"),
    Goal(16, N_("Peace, justice and strong institutions"), "#00689d"),
    Goal(17, N_("Partnerships for the Goals"), "#19486a"),
)


def goal(number: int) -> Goal:
    """The goal of that number. Raises `KeyError` outside 1 to 17."""
    if not 1 <= number <= len(GOALS):
        raise KeyError(number)
    return GOALS[number - 1]
