"""Why a proposal can be declined or flagged. The reason is shown to its author; its number is published."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="moderation_reasons",
    version="1",
    source="Plenary",
    valid_from=date(2026, 1, 1),
    entries=(
        Entry("unclear", N_("The statement is unclear")),
        Entry("several_ideas", N_("It holds more than one idea")),
        Entry("duplicate", N_("It repeats another statement")),
        Entry("off_topic", N_("It does not answer the question")),
        Entry("other_addressee", N_("It is for somebody else to decide")),
        Entry("personal_data", N_("It names or identifies a person")),
        Entry("abuse", N_("It is abusive or could harm people")),
        Entry("advertising", N_("It advertises something")),
        Entry("legal", N_("It cannot be published for legal reasons")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
