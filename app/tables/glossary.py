"""The glossary of a consultation: words that not everybody knows, each explained in the languages it is read in."""

from __future__ import annotations

import unicodedata

from piccolo.columns import ForeignKey, Integer, OnDelete, Serial, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.consultations import Consultation


def key_of(words: str) -> str:
    """The words as they are looked for: without differences of case, width and spaces."""
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())


class Term(Table, tablename="glossary_terms"):
    """One word in one language with its explanation; `term_key` is the word as it is looked for in statements."""

    id = Serial(primary_key=True)
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade)
    language = Varchar(length=8)
    term = Varchar(length=60)
    term_key = Varchar(length=60)
    explanation = Varchar(length=400)
    version = Integer(default=1)
    created_at = Timestamptz()
    uq_term = Unique([consultation, language, term_key], name="uq_glossary_term")
