"""The targets of Goal 17 by the headings of the resolution, and the numbers of the targets of every goal."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="targets",
    version="A/RES/70/1",
    source="A/RES/70/1, Goal 17, targets 17.1 to 17.19",
    valid_from=date(2015, 9, 25),
    entries=(
        Entry("finance", N_("Finance"), "17.1 17.2 17.3 17.4 17.5"),
        Entry("technology", N_("Technology"), "17.6 17.7 17.8"),
        Entry("capacity_building", N_("Capacity-building"), "17.9"),
        Entry("trade", N_("Trade"), "17.10 17.11 17.12"),
        Entry("coherence", N_("Policy and institutional coherence"), "17.13 17.14 17.15"),
        Entry("partnerships", N_("Multi-stakeholder partnerships"), "17.16 17.17"),
        Entry("data", N_("Data, monitoring and accountability"), "17.18 17.19"),
    ),
)

N_TARGETS: dict[int, tuple[int, int]] = {
    1: (5, 2),
    2: (5, 3),
    3: (9, 4),
    4: (7, 3),
    5: (6, 3),
    6: (6, 2),
    7: (3, 2),
    8: (10, 2),
    9: (5, 3),
    10: (7, 3),
    11: (7, 3),
    12: (8, 3),
    13: (3, 2),
    14: (7, 3),
    15: (9, 3),
    16: (10, 2),
    17: (19, 0),
}
"""For each goal how many targets have a number and how many, the means of implementation, a letter: 169 in all."""

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options


def targets_of(code: str) -> tuple[str, ...]:
    """The numbers of the targets under one heading. Raises `KeyError` for an unknown heading."""
    return tuple(TAXONOMY.entry(code).kind.split())


def targets_of_goal(goal: int) -> tuple[str, ...]:
    """The numbers of a goal's targets, for instance 13.1 to 13.3, 13.a and 13.b. Raises `KeyError` outside 1 to 17."""
    n_numbers, n_letters = N_TARGETS[goal]
    return tuple(f"{goal}.{one}" for one in (*range(1, n_numbers + 1), *"abcdefgh"[:n_letters]))


def is_target(number: str) -> bool:
    """Whether the resolution has a target of this number."""
    goal, _, _ = number.partition(".")
    known = goal.isascii() and goal.isdigit() and len(goal) < 3 and int(goal) in N_TARGETS
    return known and number in targets_of_goal(int(goal))
