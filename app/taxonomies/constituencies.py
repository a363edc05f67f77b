"""Constituencies: the nine Major Groups under their exact headings, other stakeholders, and the actors beside them."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

MAJOR_GROUP = "major_group"
OTHER_STAKEHOLDER = "other_stakeholder"
OTHER_ACTOR = "other_actor"
POOLED = "pooled"
SMALL = "small_constituencies"

TAXONOMY = Taxonomy(
    name="constituencies",
    version="2024",
    source="Agenda 21 (1992), section III; A/RES/67/290, paragraph 16; terms of reference of the Major Groups and "
    "other Stakeholders Coordination Mechanism of the High-level Political Forum, 2022 to 2024",
    valid_from=date(2022, 1, 1),
    entries=(
        Entry("women", N_("Women"), MAJOR_GROUP),
        Entry("children_and_youth", N_("Children and Youth"), MAJOR_GROUP),
        Entry("indigenous_peoples", N_("Indigenous Peoples"), MAJOR_GROUP),
        Entry("ngos", N_("Non-Governmental Organizations"), MAJOR_GROUP),
        Entry("local_authorities", N_("Local Authorities"), MAJOR_GROUP),
        Entry("workers", N_("Workers and Trade Unions"), MAJOR_GROUP),
        Entry("business", N_("Business and Industry"), MAJOR_GROUP),
        Entry("science", N_("Scientific and Technological Community"), MAJOR_GROUP),
        Entry("farmers", N_("Farmers"), MAJOR_GROUP),
        Entry("persons_with_disabilities", N_("Persons with Disabilities"), OTHER_STAKEHOLDER),
        Entry("volunteers", N_("Volunteers"), OTHER_STAKEHOLDER),
        Entry("ageing", N_("Ageing (older persons)"), OTHER_STAKEHOLDER),
        Entry("education_and_academia", N_("Education and Academia"), OTHER_STAKEHOLDER),
        Entry("asia_pacific_csos", N_("Asia-Pacific Regional CSO Engagement Mechanism"), OTHER_STAKEHOLDER),
        Entry("financing_for_development", N_("Civil Society Financing for Development Group"), OTHER_STAKEHOLDER),
        Entry("sendai", N_("Sendai Stakeholder Engagement Mechanism"), OTHER_STAKEHOLDER),
        Entry("together_2030", N_("Together 2030"), OTHER_STAKEHOLDER),
        Entry("lgbti", N_("LGBTI"), OTHER_STAKEHOLDER),
        Entry("ece_csos", N_("ECE Regional CSO Engagement Mechanism"), OTHER_STAKEHOLDER),
        Entry("africa_csos", N_("Africa Regional CSO Engagement Mechanism"), OTHER_STAKEHOLDER),
        Entry("work_and_descent", N_("Communities Discriminated on Work and Descent"), OTHER_STAKEHOLDER),
        Entry("member_states", N_("Member States"), OTHER_ACTOR),
        Entry("parliaments", N_("Parliaments"), OTHER_ACTOR),
        Entry("un_entities", N_("United Nations entities"), OTHER_ACTOR),
        Entry("ifis", N_("International financial institutions"), OTHER_ACTOR),
        Entry("intergovernmental", N_("Other intergovernmental organizations"), OTHER_ACTOR),
        Entry("local_government_associations", N_("National associations of local governments"), OTHER_ACTOR),
        Entry("foundations", N_("Private foundations and philanthropy"), OTHER_ACTOR),
        Entry("think_tanks", N_("Think tanks"), OTHER_ACTOR),
        Entry("media", N_("Media"), OTHER_ACTOR),
        Entry("individual_experts", N_("Individual experts (personal capacity)"), OTHER_ACTOR),
        # Never chosen by anybody: where results put constituencies of a few people together.
        Entry(SMALL, N_("Small constituencies together"), POOLED, valid_to=date(2022, 1, 1)),
    ),
)

label, codes, options, of_kind = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options, TAXONOMY.of_kind
