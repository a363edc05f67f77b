"""In what capacity somebody of an organisation speaks: whether their votes are also those of the organisation."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

OWN = "own"

TAXONOMY = Taxonomy(
    name="mandates",
    version="1",
    source="Plenary, after the capacities in which United Nations meetings register people",
    valid_from=date(2026, 1, 1),
    entries=(
        Entry(OWN, N_("My own opinion; I only belong to it")),
        Entry("delegate", N_("As its delegate")),
        Entry("formal", N_("With its formal mandate")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
