"""In what way a statement can be unclear, when a moderator returns it to its author with a question."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="unclear_kinds",
    version="1",
    source="Plenary",
    valid_from=date(2026, 11, 1),
    entries=(
        Entry("two_readings", N_("It can be read in two ways")),
        Entry("who", N_("It does not say who should act")),
        Entry("what", N_("It does not say what should change")),
        Entry("two_ideas", N_("Somebody could agree with one half of it only")),
        Entry("terms", N_("It uses a word or an abbreviation that not everybody knows")),
        Entry("context", N_("It needs to be known what it answers")),
        Entry("language", N_("Its language makes it hard to follow")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
