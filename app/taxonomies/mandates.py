"""In what capacity a participant speaks: only a delegate's vote, or one with a formal mandate, is an organisation's."""

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
        Entry(OWN, N_("for myself: my own opinion")),
        Entry("delegate", N_("as a delegate of an organisation")),
        Entry("formal", N_("with the formal mandate of an organisation")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
