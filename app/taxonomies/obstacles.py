"""What a pulse says is in the way, so that coalitions can be introduced to others that got past the same thing."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="obstacles",
    version="2026",
    source="Plenary, after the challenges that partnerships report to the Partnerships for SDGs platform",
    valid_from=date(2026, 1, 1),
    entries=(
        Entry("money", N_("Money")),
        Entry("people", N_("People and their time")),
        Entry("skills", N_("Skills")),
        Entry("partners", N_("Partners who do not do their part, or left")),
        Entry("decisions", N_("Decisions that take too long")),
        Entry("rules", N_("Rules and permits")),
        Entry("data", N_("Data and evidence")),
        Entry("equipment", N_("Equipment, places, transport")),
        Entry("demand", N_("Those it is for do not use it")),
        Entry("security", N_("Security")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
