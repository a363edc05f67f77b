"""The targets of Goal 17 by the headings of the resolution: finance, technology, capacity, trade, systemic issues."""

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

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options


def targets_of(code: str) -> tuple[str, ...]:
    """The numbers of the targets under one heading. Raises `KeyError` for an unknown heading."""
    return tuple(TAXONOMY.entry(code).kind.split())


def heading_of(target: str) -> str:
    """The code of the heading that a target of Goal 17 stands under. Raises `KeyError` for another target."""
    for entry in TAXONOMY.entries:
        if target in entry.kind.split():
            return entry.code
    raise KeyError(target)
