"""Why a curated slate may depart from the participants' slate. Each departure has one of these and a sentence."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="curation_reasons",
    version="1",
    source="Plenary",
    valid_from=date(2026, 1, 1),
    entries=(
        Entry("out_of_mandate", N_("Outside the mandate of this consultation")),
        Entry("duplicate", N_("Said by another item of the slate")),
        Entry("merged", N_("Merged with the consent of its authors")),
        Entry("not_feasible", N_("Not feasible now")),
        Entry("evidence", N_("Not enough evidence yet")),
        Entry("legal", N_("Not possible for legal reasons")),
        Entry("balance", N_("Needed so that a group or constituency is heard")),
        Entry("thin_participation", N_("Too few of those concerned have voted")),
        Entry("other_addressee", N_("For somebody else to decide")),
        Entry("already_agreed", N_("Agreed or under way elsewhere")),
        Entry("withdrawn", N_("Withdrawn by its author")),
        Entry("other", N_("Another reason, given in the sentence")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
