"""What may bind a curator to a proposal. Grounds are counted in public; who declared which is nobody else's to read."""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="conflict_grounds",
    version="1",
    source="Plenary; after the declarations of OpenReview and of the Cloud Native Computing Foundation's reviews",
    valid_from=date(2026, 1, 1),
    entries=(
        # One code for both, so that it does not tell who wrote what.
        Entry("own", N_("My own proposal, or one of my organisation")),
        Entry("funding", N_("It could bring money or work to me or my organisation")),
        Entry("close_tie", N_("A close tie to people whom it concerns")),
        Entry("public_stance", N_("I have argued for or against it in public")),
        Entry("other", N_("Another interest")),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
