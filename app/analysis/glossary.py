"""The glossary as people read it, and which of its words stand in a statement."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from app.access import Actor
from app.analysis.translations import reads
from app.database import fetch
from app.tables.glossary import key_of
from deliberation.texts import is_unspaced

TERMS = """
select id, language, term, term_key, explanation, version from glossary_terms where consultation = $1
order by term_key, id
"""


async def terms_of(actor: Actor) -> dict[str, list[Any]]:
    """Every word, by language; the languages that the reader reads come first."""
    found: dict[str, list[Any]] = {code: [] for code in reads(actor)}
    for row in await fetch(TERMS, actor.consultation.id):
        found.setdefault(row["language"], []).append(row)
    return {code: rows for code, rows in found.items() if rows}


async def terms_in(actor: Actor, texts: Collection[tuple[str, str]]) -> list[Any]:
    """The words of the glossary that stand in these texts (words and their language), as they are ordered there."""
    rows = await fetch(TERMS, actor.consultation.id)
    return [
        row for row in rows if any(row["language"] == code and stands_in(row["term_key"], text) for text, code in texts)
    ]


def stands_in(key: str, text: str) -> bool:
    """Whether a word stands in a text, also with an ending of at most three letters, or with the Arabic article.

    A compound that merely contains it does not count, but where a script has no spaces.
    """
    plain = key_of(text)
    if is_unspaced(key):
        return key in plain
    return bool(re.search(rf"(?<!\w)(?:[وفبل]?ال|لل)?{re.escape(key)}\w{{0,3}}(?!\w)", plain))
