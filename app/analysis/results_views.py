"""Built pages of results, kept for a while: an analysis never changes, so that most readers get what is there."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from app.access import Actor
from app.analysis import results_page, results_units, translations
from app.analysis.results import VOTES, Standing, Stored, Text, audience_of, large_columns, look, open_gate, texts_of
from app.analysis.results_reading import Landed, Reading, Results, StatementResults
from app.analysis.results_units import UnitView
from app.database import fetch, fetchval
from app.language import current_locale
from app.refusals import Refusal
from app.tables.publications import Publication
from deliberation.votes import SIGN, Choice

T = TypeVar("T")


class Kept(Generic[T]):
    """The entries that were asked for last, at most so many."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.entries: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        found = self.entries.get(key)
        if found is not None:
            self.entries.move_to_end(key)
        return found

    def put(self, key: Hashable, entry: T) -> T:
        self.entries[key] = entry
        self.entries.move_to_end(key)
        while len(self.entries) > self.most:
            self.entries.popitem(last=False)
        return entry


# A reading of a large consultation takes some megabytes, a page in one language some hundred kilobytes.
_readings: Kept[Reading] = Kept(6)
_texts: Kept[Mapping[int, Text]] = Kept(48)
_pages: Kept[Results] = Kept(48)
_landings: Kept[Landed] = Kept(256)

STAMP = """
select coalesce((select p.analysis::text from publications p
                 where p.consultation = $1 and p.audience = 'both' and p.key = $2), '')
    || coalesce((select md5(string_agg(q.id || ':' || q.status || ':' || q.version, ',' order by q.id))
                 from proposals q where q.consultation = $1), '')
    || coalesce((select max(greatest(t.approved_at, t.withdrawn_at))::text
                 from translations t join proposals q on q.id = t.proposal where q.consultation = $1), '')
"""


async def key_of(actor: Actor, stored: Stored) -> tuple[str, ...]:
    """What a built page depends on: the analysis, what was published, statements, translations, who reads."""
    stamp = await fetchval(STAMP, actor.consultation.id, VOTES)
    return (str(stored.id), stamp, actor.consultation.attribution, audience_of(actor).value)


async def reading_of(actor: Actor, stored: Stored) -> Reading | None:
    """The analysis as this actor may read it, None where nothing of it was published."""
    key = await key_of(actor, stored)
    found = _readings.get(key)
    if found is not None:
        return found
    published = await Publication.stored(actor.consultation.id, VOTES)
    if published is None:
        return None
    texts = await texts_of(actor.consultation.id)
    landscape, slate = await large_columns(stored.id)
    gate = await asyncio.to_thread(lambda: open_gate(json.loads(published), actor))
    organisations = await results_units.published_rows(actor.consultation.id)
    return _readings.put(key, Reading(stored, landscape, slate, gate, texts, organisations))


async def _translated(actor: Actor, stored: Stored) -> Reading | None:
    """The same with its statements in the language of the page, as far as there are translations.

    What a person reads besides is left aside: readers of one page share what is kept of it.
    """
    reading, language = await reading_of(actor, stored), current_locale()
    if reading is None or all(text.language == language for text in reading.texts.values()):
        return reading
    key = (*await key_of(actor, stored), language)
    texts = _texts.get(key)
    if texts is None:
        others = [text for text in reading.texts.values() if text.language != language]
        found = await translations.quoted_for((language,), others)
        known = {one: wording for one, wording in found.items() if wording.seen}
        texts = _texts.put(key, {one: _in_words(text, known.get(one)) for one, text in reading.texts.items()})
    return replace(reading, texts=texts)


def _in_words(text: Text, wording: translations.Wording | None) -> Text:
    return replace(text, text=wording.text, language=wording.language, wording=wording) if wording else text


async def page_of(actor: Actor, stored: Stored) -> Results | None:
    """The built page in the reader's language."""
    key = (*await key_of(actor, stored), current_locale())
    found = _pages.get(key)
    if found is not None:
        return found
    reading = await _translated(actor, stored)
    if reading is None:
        return None
    return _pages.put(key, await asyncio.to_thread(results_page.build, reading))


async def view_of(actor: Actor, stored: Stored, view: str) -> UnitView | None:
    """The statements with each organisation or constituency counted once, None where nothing may be told but words."""
    reading = await _translated(actor, stored)
    if reading is None or reading.gate.tells_words_only:
        return None
    return await asyncio.to_thread(results_units.build, reading, view)


async def landed_of(actor: Actor, stored: Stored, number: int) -> Landed | None:
    """Where the statement with this number lands, None where nothing of it may be shown."""
    key = (*await key_of(actor, stored), current_locale(), str(number))
    found = _landings.get(key)
    if found is not None:
        return found
    reading, built = await _translated(actor, stored), await page_of(actor, stored)
    if reading is None or built is None:
        return None
    statement = next((text.id for text in reading.texts.values() if text.number == number), None)
    if statement is None:
        return None
    signs = await _signs(stored, statement) if stored.kind == "frozen" else None
    landed = await asyncio.to_thread(results_page.land, reading, built.picture, statement, signs)
    return None if landed is None else _landings.put(key, landed)


async def _signs(stored: Stored, statement: int) -> dict[int, int]:
    """The votes on a statement that the analysis has counted. Live ones are told in bars."""
    rows = await fetch(
        "select participant, choice from votes where proposal = $1 and cast_at < $2", statement, stored.votes_until
    )
    return {row["participant"]: SIGN[Choice(row["choice"])] for row in rows}


async def own_group(actor: Actor, stored: Stored) -> str | None:
    """The letter of the actor's own opinion group, "" where they stand between groups; None where there is none."""
    reading = await reading_of(actor, stored)
    if reading is None or actor.participant is None or reading.shape != "groups":
        return None
    place = reading.group_place.get(actor.participant.id)
    if place is None:
        return None
    return str(reading.landscape["groups"]["letters"][place]) if place >= 0 else ""


async def of_statement(actor: Actor, proposal_id: int) -> StatementResults | None:
    """What has been released of one statement, for its own page; None where the actor sees no results of it."""
    try:
        sight = await look(actor)
    except Refusal:
        return None
    if sight.standing is not Standing.READY or sight.analysis is None:
        return None
    reading = await reading_of(actor, sight.analysis)
    return None if reading is None else results_page.of_statement(reading, proposal_id)
