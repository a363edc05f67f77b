"""United Nations regional groups, with values of their own for observer States and for bodies that work everywhere."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

REGIONAL_GROUP = "regional_group"
BESIDE_THE_GROUPS = "beside_the_groups"

TAXONOMY = Taxonomy(
    name="regions",
    version="2024",
    source="United Nations Department for General Assembly and Conference Management, regional groups of Member States",
    valid_from=date(2014, 1, 1),
    entries=(
        Entry("african", N_("African States"), REGIONAL_GROUP),
        Entry("asia_pacific", N_("Asia-Pacific States"), REGIONAL_GROUP),
        Entry("eastern_european", N_("Eastern European States"), REGIONAL_GROUP),
        Entry("grulac", N_("Latin American and Caribbean States"), REGIONAL_GROUP),
        Entry("weog", N_("Western European and other States"), REGIONAL_GROUP),
        Entry("observer", N_("Observer States"), BESIDE_THE_GROUPS),
        Entry("global", N_("Global, no single region"), BESIDE_THE_GROUPS),
    ),
)

label, codes, options, of_kind = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options, TAXONOMY.of_kind
