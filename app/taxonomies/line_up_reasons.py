"""Why a convenor changes a line-up. Each change has one of these and a sentence; who is concerned reads neither."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="line_up_reasons",
    version="1",
    source="Plenary, after what partnership brokers record",
    valid_from=date(2026, 1, 1),
    entries=(
        Entry("balance", N_("For the balance of constituencies, regions or organisations")),
        Entry("unusual", N_("Somebody who is seldom asked")),
        Entry("place", N_("Knows the place, or lives there")),
        Entry("experience", N_("Has done it before")),
        Entry("time", N_("Has time and people now, or has none now")),
        Entry("win", N_("So that everybody receives and gives something")),
        Entry("size", N_("The line-up is too large or too small")),
        Entry("asked_out", N_("Asked not to be in it")),
        Entry("elsewhere", N_("Is needed in another coalition")),
        Entry("relations", N_("Two organisations cannot work together at the moment")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
