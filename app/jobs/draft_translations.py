"""Drafts by a machine: the plug-in that the operator chose translates what is missing; a person reads before it counts.

A plug-in is an entry point of the group `plenary.translators`: `async def translate(text, source, target) -> Draft`,
where languages are codes such as "fr" and a draft is anything with a `text`. None is bundled; none is on by default.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from typing import Protocol
from uuid import UUID

from app import access, queue
from app.actions import translations
from app.actions.translations import MAX_TEXT
from app.analysis.translations import untranslated
from app.logs import log
from app.settings import get_settings
from deliberation.texts import clean_text

GROUP = "plenary.translators"
SECONDS = 30.0
"""For one statement; an engine that takes longer has failed on it."""
MOST_FAILURES = 5
"""In a row: an engine that is away is not asked a thousand times."""


class Draft(Protocol):
    """What an engine made of a text."""

    @property
    def text(self) -> str: ...


Translator = Callable[[str, str, str], Awaitable[Draft]]


def translator_named(name: str) -> Translator | None:
    """The installed engine of this name; None where there is none, or where it cannot be loaded."""
    for point in entry_points(group=GROUP, name=name):
        try:
            found: Translator = point.load()
        except Exception as error:
            # Whatever a plug-in raises must not stop the worker; its operator reads it in the log.
            log().warning("translator_not_loaded", translator=name, kind=type(error).__name__)
            return None
        return found
    return None


@queue.jobs.task(name="draft_translations")
async def draft_translations(*, consultation_id: str, language: str) -> None:
    """Every statement without a text in the language has a draft, but for those on which the engine failed."""
    by = await access.system_actor(UUID(consultation_id))
    name = get_settings().translator or ""
    engine = translator_named(name) if name else None
    missing = await untranslated(by.consultation.id, language)
    texts: dict[int, str] = {}
    n_failed, in_a_row = (0 if engine else len(missing)), 0
    for number, statement, source in missing if engine else ():
        text = await _translated(engine, statement, source, language) if in_a_row < MOST_FAILURES else ""
        if text:
            texts[number], in_a_row = text, 0
        else:
            n_failed, in_a_row = n_failed + 1, in_a_row + 1
    await translations.keep_drafts(texts=texts, language=language, engine=name, n_failed=n_failed, by=by)


async def _translated(engine: Translator | None, text: str, source: str, target: str) -> str:
    """The engine's text, empty where it failed in whatever way."""
    if engine is None:
        return ""
    try:
        draft = await asyncio.wait_for(engine(text, source, target), SECONDS)
        return clean_text(str(draft.text), longest=MAX_TEXT)
    except Exception as error:
        # Foreign code: it may raise anything, and the statements wait for no one engine.
        log().warning("translator_failed", kind=type(error).__name__)
        return ""
