"""Kinds of organisation: what a body is, which is not the same as the constituency a participant speaks for."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="organisations",
    version="1",
    source="Entity types of the registration form of the Partnerships for SDGs platform, with the bodies it leaves out",
    valid_from=date(2016, 1, 1),
    entries=(
        Entry("government", N_("National government")),
        Entry("parliament", N_("Parliament")),
        Entry("local_government", N_("Local or regional government")),
        Entry("un_entity", N_("United Nations entity")),
        Entry("ifi", N_("International financial institution")),
        Entry("intergovernmental", N_("Other intergovernmental organization")),
        Entry("civil_society", N_("Civil society organization")),
        Entry("peoples_organisation", N_("Indigenous Peoples' organization")),
        Entry("cooperative", N_("Cooperative or producers' organization")),
        Entry("trade_union", N_("Trade union")),
        Entry("company", N_("Company")),
        Entry("business_association", N_("Business association")),
        Entry("university", N_("University or research institute")),
        Entry("think_tank", N_("Think tank")),
        Entry("foundation", N_("Foundation or other philanthropy")),
        Entry("network", N_("Network or partnership")),
        Entry("media", N_("Media")),
        Entry("other", N_("Other")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
