"""Themes of proposals on partnerships, as expert meetings on Goal 17 use them: inside a partnership, and around it."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

INSIDE = "inside"
AROUND = "around"
MEANS = "means"

TAXONOMY = Taxonomy(
    name="themes",
    version="2019",
    source="Themes of the expert group meeting on Sustainable Development Goal 17, United Nations DESA, 12 April 2019, "
    "with the means of implementation of A/RES/70/1",
    valid_from=date(2019, 4, 12),
    entries=(
        Entry("effectiveness", N_("What effective means"), INSIDE),
        Entry("purpose", N_("Common purpose and principles"), INSIDE),
        Entry("self_assembly", N_("Self-assembly and a win for each"), INSIDE),
        Entry("power", N_("Power relations"), INSIDE),
        Entry("leadership", N_("Leadership"), INSIDE),
        Entry("coalitions", N_("Dynamic coalitions"), INSIDE),
        Entry("evidence", N_("Evidence and measurable change"), INSIDE),
        Entry("locally_led", N_("Locally led"), INSIDE),
        Entry("representation", N_("Representation and unusual partners"), INSIDE),
        Entry("language", N_("Accessible language"), INSIDE),
        Entry("capacity", N_("Capacity-building"), INSIDE),
        Entry("monitoring", N_("Monitoring without burden"), INSIDE),
        Entry("structure", N_("Lean structure"), INSIDE),
        Entry("services", N_("Partnering services and mediation"), INSIDE),
        Entry("confidentiality", N_("Speaking freely"), INSIDE),
        Entry("roles", N_("Initiate, smooth, scale"), AROUND),
        Entry("curation", N_("Deliberation and curation"), AROUND),
        Entry("enabling", N_("Enabling environment"), AROUND),
        Entry("un_role", N_("The role of the United Nations"), AROUND),
        Entry("finance", N_("Finance"), MEANS),
        Entry("technology", N_("Technology"), MEANS),
        Entry("data", N_("Data"), MEANS),
    ),
)

label, codes, options, of_kind = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options, TAXONOMY.of_kind
