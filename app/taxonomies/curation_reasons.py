"""Why a curated slate may depart from the participants' slate. Each departure has one of these and a sentence."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="curation_reasons",
    version="1",
    source="Plenary; the codes are those of deliberation.curation.ReasonCode",
    valid_from=date(2026, 1, 1),
    entries=(
        Entry("out_of_mandate", N_("Outside the mandate of this consultation")),
        Entry("duplicate", N_("Said by another item of the slate")),
        Entry("not_feasible_now", N_("Not feasible now")),
        Entry("insufficient_evidence", N_("Not enough evidence yet")),
        Entry("legal", N_("Not possible by law")),
        Entry("balance", N_("Needed so that a group or constituency is heard")),
        Entry("merged_with_consent", N_("Merged with the consent of its authors")),
        Entry("withdrawn", N_("Withdrawn by its author")),
        Entry("other_addressee", N_("For somebody else to decide")),
        Entry("harm", N_("Could put a person in danger")),
        Entry("personal_data", N_("Names or identifies a person")),
        Entry("unclear", N_("The statement is unclear")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
