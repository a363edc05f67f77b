"""Services that coalitions can engage from the roster, and how their fee is declared."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="services",
    version="2026",
    source="Plenary, after the roles of Stibbe and Prescott, The SDG Partnership Guidebook (2020)",
    valid_from=date(2026, 1, 1),
    entries=(
        Entry("broker", N_("Broker: brings partners together"), "service"),
        Entry("mediator", N_("Mediator: helps in a conflict"), "service"),
        Entry("psychologist", N_("Psychologist: helps people work together"), "service"),
        Entry("translator", N_("Translator or interpreter"), "service"),
        Entry("none", N_("No fee"), "fee"),
        Entry("fixed", N_("One sum for the whole"), "fee"),
        Entry("day", N_("A rate for each day"), "fee"),
    ),
)

label, codes, options, of_kind = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options, TAXONOMY.of_kind
