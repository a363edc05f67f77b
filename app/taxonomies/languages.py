"""The six official languages, each under its own name. A language's own name is not translated."""

from __future__ import annotations

from datetime import date

from app.taxonomies import Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="languages",
    version="1973",
    source="Rules of procedure of the General Assembly, rule 51, with Arabic since A/RES/3190 (XXVIII)",
    valid_from=date(1973, 12, 18),
    entries=(
        Entry("ar", "العربية", "rtl"),
        Entry("zh", "中文", "ltr"),
        Entry("en", "English", "ltr"),
        Entry("fr", "Français", "ltr"),
        Entry("ru", "Русский", "ltr"),
        Entry("es", "Español", "ltr"),
    ),
)

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options


def direction(code: str) -> str:
    """`rtl` or `ltr`. Raises `KeyError` for a language that is not one of the six."""
    return TAXONOMY.entry(code).kind
