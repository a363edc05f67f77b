"""The glossary: words that not everybody knows, explained by the convenor's office in each language."""

from __future__ import annotations

from typing import Any

from app.access import Actor
from app.actions.record import change
from app.database import execute, fetchval
from app.forms import NOT_A_LANGUAGE, Filled
from app.language import LANGUAGES
from app.refusals import N_, Conflict, Invalid
from app.tables.glossary import Term, key_of
from deliberation.phases import Action

MAX_TERMS = 300
CHANGED = N_("Somebody else changed this word in the meantime. Please compare both.")
FULL = N_("A glossary has at most %(limit)s words.")


async def keep(
    *, term: str, explanation: str, language: str, version: int = 0, by: Actor, form: Filled[Any] | None = None
) -> None:
    """The word is explained so in this language. Conflict where it is explained already, or by somebody faster."""
    async with change("glossary.keep", Action.KEEP_GLOSSARY, by=by, form=form) as made:
        made.outcome, made.payload = f"/c/{by.consultation.slug}/glossary", {"term": term, "language": language}
        if language not in LANGUAGES:
            raise Invalid(NOT_A_LANGUAGE, field="language")
        key = key_of(term)[:60]
        known = (
            await Term.objects()
            .where((Term.consultation == by.consultation.id) & (Term.language == language) & (Term.term_key == key))
            .first()
        )
        if (known.version if known else 0) != version:
            raise Conflict(CHANGED)
        if known is None and await _n_terms(by) >= MAX_TERMS:
            raise Invalid(FULL, field="term", limit=MAX_TERMS)
        row = known or Term(consultation=by.consultation.id, language=language, term_key=key, created_at=made.by.now)
        row.term, row.explanation, row.version = term, explanation, version + 1
        await row.save()


async def _n_terms(by: Actor) -> int:
    return int(await fetchval("select count(*) from glossary_terms where consultation = $1", by.consultation.id))


async def drop(*, number: int, by: Actor, form: Filled[Any] | None = None) -> None:
    """The glossary has this word no more; nothing happens where it has gone already."""
    async with change("glossary.drop", Action.KEEP_GLOSSARY, by=by, form=form, subject=str(number)) as made:
        made.outcome = f"/c/{by.consultation.slug}/glossary"
        await execute("delete from glossary_terms where consultation = $1 and id = $2", by.consultation.id, number)
