"""Four light ways to coordinate a coalition: what each costs in hours a month, and what can go wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.taxonomies import N_, Entry, Taxonomy


@dataclass(frozen=True)
class Cost:
    """Hours of all partners together a month, for how many partners it fits, and its risk as a message id."""

    hours_a_month: int
    fewest_partners: int
    most_partners: int
    risk: str


TAXONOMY = Taxonomy(
    name="structures",
    version="2026",
    source="Plenary; hours are estimates: four meetings of an hour for so many people, and the work around them",
    valid_from=date(2026, 1, 1),
    entries=(
        Entry("rotating", N_("A coordinator who changes every half year")),
        Entry("hosts", N_("Two hosts, from different constituencies")),
        Entry("working_group", N_("A working group that decides by consent")),
        Entry("board", N_("A small board with a secretary")),
    ),
)

COSTS: Mapping[str, Cost] = {
    "rotating": Cost(6, 2, 8, N_("What one coordinator knows is lost at the change: hand it over in writing.")),
    "hosts": Cost(10, 3, 15, N_("Two hosts may become the ones who decide: put their open questions to all.")),
    "working_group": Cost(16, 4, 12, N_("Decisions take long when many must consent: set a day for each.")),
    "board": Cost(24, 8, 40, N_("A board drifts away from the work: end each body that decides nothing in a year.")),
}

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
