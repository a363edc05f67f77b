"""How a participant may answer the question about gender. It is always optional; no answer is stored as empty."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="genders",
    version="1",
    source="Plenary, after the answers that United Nations registration forms offer",
    valid_from=date(2020, 1, 1),
    entries=(
        Entry("woman", N_("Woman")),
        Entry("man", N_("Man")),
        Entry("self_described", N_("I describe myself otherwise")),
        Entry("not_said", N_("I prefer not to say")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
