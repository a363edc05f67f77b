"""What stands in the way of a commitment, and who could move it: barriers of the enabling environment and owners."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="barriers",
    version="2026",
    source="Plenary; barriers that partnerships name to the Partnership Forum, and the addressees of its summaries",
    valid_from=date(2026, 1, 1),
    entries=(
        Entry("rule", N_("Rule or law"), "barrier"),
        Entry("permit", N_("Permit or registration"), "barrier"),
        Entry("tax", N_("Tax or duty"), "barrier"),
        Entry("data", N_("Data that cannot be had or shared"), "barrier"),
        Entry("currency", N_("Currency or transfer of money"), "barrier"),
        Entry("financing", N_("Terms of financing"), "barrier"),
        Entry("security", N_("Security"), "barrier"),
        Entry("norm", N_("Norm or custom"), "barrier"),
        Entry("infrastructure", N_("Infrastructure that is missing"), "barrier"),
        Entry("ministry", N_("Ministry"), "owner"),
        Entry("parliament", N_("Parliament"), "owner"),
        Entry("local_authority", N_("Local authority"), "owner"),
        Entry("regulator", N_("Regulator"), "owner"),
        Entry("bank", N_("Bank"), "owner"),
        Entry("donor", N_("Donor"), "owner"),
        Entry("un_entity", N_("United Nations entity"), "owner"),
        Entry("company", N_("Company"), "owner"),
        Entry("community", N_("Community"), "owner"),
    ),
)

label, codes, options, of_kind = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options, TAXONOMY.of_kind
