"""A statement in its reader's language: translations and simpler words, always with where they come from."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from babel import Locale

from app.access import Actor
from app.database import fetch, fetchval
from app.language import current_locale, gettext, num
from app.refusals import N_
from deliberation.wordings import Piece, compare_wordings

ORIGINS = ("author", "professional", "volunteer", "machine")
"""In the order in which they are shown: the author's own before all others."""
LABELS = {
    "author": N_("Translation by the author. Original language: %(language)s."),
    "professional": N_("Translation by the convenor's office. Original language: %(language)s."),
    "volunteer": N_("Translation by a volunteer. Original language: %(language)s."),
    "machine": N_("Machine translation (%(engine)s), read by a person. Original language: %(language)s."),
}
SIMPLER_LABELS = {
    "author": N_("In simpler words, by the author"),
    "professional": N_("In simpler words, by the convenor's office"),
    "volunteer": N_("In simpler words, by a volunteer"),
    "machine": N_("In simpler words, by a machine (%(engine)s), read by a person"),
}
PER_PAGE = 10
STANDINGS = ("missing", "drafts", "done")

APPROVED = """
select id, proposal, language, text, origin, engine, is_simpler from translations
where proposal = any($1::int[]) and status = 'approved' order by id desc
"""


@dataclass(frozen=True)
class Text:
    """A text as it may be shown: with its origin, and never with who wrote it."""

    id: int
    language: str
    text: str
    origin: str
    engine: str
    is_simpler: bool

    def label(self, original: str) -> str:
        """Where the text comes from; `original` is the statement's own language."""
        labels = SIMPLER_LABELS if self.is_simpler else LABELS
        said = gettext(labels[self.origin]) % {"language": language_name(original), "engine": self.engine}
        if not self.engine or self.origin == "machine":
            return said
        return f"{said} " + gettext("It began as a machine's draft (%(engine)s).") % {"engine": self.engine}


@dataclass(frozen=True)
class Wording:
    """A statement as one reader has it before them; `simpler` may be shown beside.

    seen : the translation's number, 0 for the statement's own words; original : text and language behind a translation
    """

    text: str
    language: str
    seen: int = 0
    label: str = ""
    original: tuple[str, str] | None = None
    simpler: Text | None = None
    simpler_label: str = ""

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Every text that may be read, with its language."""
        beside = (self.simpler.text, self.simpler.language) if self.simpler else None
        return tuple(one for one in ((self.text, self.language), self.original, beside) if one)


class Quoted(Protocol):
    """A statement as lists and pages hold it."""

    @property
    def id(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def language(self) -> str: ...


def language_name(code: str) -> str:
    """A language's name in the reader's language."""
    return str(Locale.parse(current_locale()).languages.get(code, code))


def reads(actor: Actor) -> tuple[str, ...]:
    """The languages a person reads, the first one first; of somebody who takes no part, that of the page."""
    if actor.participant is None:
        return (current_locale(),)
    return tuple(dict.fromkeys((actor.participant.language, *actor.participant.reads)))


async def wordings(actor: Actor, statements: Sequence[Any]) -> dict[int, Wording]:
    """How each statement (rows with `id`, `statement`, `language`) is shown to this reader, by id.

    In a language they read a statement stands as it was written; else in the first of theirs that it is translated to.
    """
    read, texts = reads(actor), await _approved([one["id"] for one in statements])
    return {
        one["id"]: _wording(one["statement"], one["language"], read, texts.get(one["id"], ())) for one in statements
    }


async def quoted_for(read: Sequence[str], statements: Iterable[Quoted]) -> dict[int, Wording]:
    """The same for whoever reads these languages, the first one first."""
    listed = list(statements)
    texts = await _approved([one.id for one in listed]) if listed else {}
    return {one.id: _wording(one.text, one.language, read, texts.get(one.id, ())) for one in listed}


async def wording_of(actor: Actor, proposal: Any) -> Wording:
    """The same for one proposal."""
    texts = await _approved([proposal.id])
    return _wording(proposal.statement, proposal.language, reads(actor), texts.get(proposal.id, ()))


async def _approved(proposals: Collection[int]) -> dict[int, list[Text]]:
    found: dict[int, list[Text]] = {}
    for row in await fetch(APPROVED, list(proposals)):
        found.setdefault(row["proposal"], []).append(Text(*(row[name] for name in Text.__dataclass_fields__)))
    return found


def _wording(statement: str, language: str, read: Sequence[str], texts: Sequence[Text]) -> Wording:
    shown = None if language in read else _best([one for one in texts if not one.is_simpler], read)
    simpler = _best([one for one in texts if one.is_simpler], (shown.language if shown else language, *read))
    beside = simpler.label(language) if simpler else ""
    if shown is None:
        return Wording(statement, language, simpler=simpler, simpler_label=beside)
    return Wording(shown.text, shown.language, shown.id, shown.label(language), (statement, language), simpler, beside)


def _best(texts: Sequence[Text], languages: Sequence[str]) -> Text | None:
    """The text in the earliest of the languages, of the best origin, the newest where there are two."""
    known = [one for one in texts if one.language in languages]
    return min(known, key=lambda one: (languages.index(one.language), ORIGINS.index(one.origin), -one.id), default=None)


# -------- what translators see

ROWS = """
select p.id, p.number, p.statement, p.language, p.status,
  d.id as draft, coalesce(d.text, '') as draft_text, coalesce(d.version, 0) as version, d.origin, d.engine,
  coalesce(d.participant = $4 or d.account = $5, false) as is_own,
  a.text as shown_text, count(*) over () as n
from proposals p
left join translations d on d.proposal = p.id and d.language = $2 and d.is_simpler = $3 and d.status = 'draft'
left join lateral (
  select text from translations t
  where t.proposal = p.id and t.language = $2 and t.is_simpler = $3 and t.status = 'approved' order by id desc limit 1
) a on true
where p.consultation = $1 and p.status = 'accepted' and ($3 or p.language <> $2)
  and case $6 when 'missing' then a.text is null and (not $3 or p.language = $2)
              when 'drafts' then d.id is not null else a.text is not null end
order by p.number limit $7 offset $8
"""
MISSING = """
select l.language, count(*) as n from proposals p cross join unnest($2::text[]) as l(language)
where p.consultation = $1 and p.status = 'accepted' and p.language <> l.language and not exists(
  select from translations t where t.proposal = p.id and t.language = l.language and not t.is_simpler
    and t.status = 'approved')
group by l.language
"""
ALL_OF = """
select id, language, text, origin, engine, is_simpler, status, version, reason, is_outdated, created_at,
  coalesce(participant = $4 or account = $5, false) as is_own
from translations where proposal = $1 and language = $2 and is_simpler = $3 order by id desc
"""


def _whose(actor: Actor) -> tuple[int | None, UUID | None]:
    return (actor.participant.id if actor.participant else None, actor.person.id if actor.person else None)


async def to_do(actor: Actor, *, language: str, is_simpler: bool, standing: str, page: int) -> list[Any]:
    """Statements that lack a text in the language, wait for a reader of their draft, or have one; a page of them."""
    return await fetch(
        ROWS, actor.consultation.id, language, is_simpler, *_whose(actor), standing, PER_PAGE, (page - 1) * PER_PAGE
    )


async def n_missing(actor: Actor, languages: Collection[str]) -> dict[str, int]:
    """How many statements have no translation yet, by language."""
    rows = await fetch(MISSING, actor.consultation.id, list(languages))
    return {row["language"]: row["n"] for row in rows}


async def n_drafts(consultation: UUID) -> int:
    """How many drafts wait for another reader."""
    return int(
        await fetchval(
            "select count(*) from translations t join proposals p on p.id = t.proposal "
            "where p.consultation = $1 and p.status = 'accepted' and t.status = 'draft'",
            consultation,
        )
    )


async def history(actor: Actor, proposal: int, *, language: str, is_simpler: bool) -> list[Any]:
    """Every text there was for the statement in this language, the newest first; writers stay unnamed."""
    return await fetch(ALL_OF, proposal, language, is_simpler, *_whose(actor))


UNTRANSLATED = """
select p.id, p.statement, p.language from proposals p
where p.consultation = $1 and p.status = 'accepted' and p.language <> $2 and not exists(
  select from translations t where t.proposal = p.id and t.language = $2 and not t.is_simpler
    and t.status in ('draft', 'approved'))
order by p.number limit 500
"""
LAST_RUN = """
select payload from audit_events where chain = $1 and action = 'translations.draft' order by sequence desc limit 1
"""


async def untranslated(consultation: UUID, language: str) -> list[tuple[int, str, str]]:
    """Statements that have neither a text nor a draft in the language: id, words, and their own language."""
    rows = await fetch(UNTRANSLATED, consultation, language)
    return [(row["id"], row["statement"], row["language"]) for row in rows]


async def last_run(consultation: UUID) -> str:
    """What the engine did when it was asked last, as a sentence; empty where it never was."""
    stored = await fetchval(LAST_RUN, str(consultation))
    if not stored:
        return ""
    run = json.loads(stored)
    places = {"engine": run["engine"], "drafts": num(run["drafts"]), "failed": num(run["failed"])}
    said = gettext("The last time it was asked, %(engine)s made %(drafts)s drafts.") % places
    if not run["failed"]:
        return said
    return (
        f"{said} " + gettext("It failed on %(failed)s statements; nothing was lost. Ask again, or write them.") % places
    )


# -------- votes on words that meant something else


@dataclass(frozen=True)
class Reworded:
    """A vote of the participant on a translation that has changed its meaning since, and what they would read now."""

    number: int
    choice: str
    before: str
    before_language: str
    now: Wording
    pieces: tuple[Piece, ...]


OUTDATED = """
select p.id, p.number, p.statement, p.language, v.choice, t.text, t.language as seen_in
from votes v join translations t on t.id = v.translation join proposals p on p.id = v.proposal
where v.participant = $1 and t.is_outdated and p.status = 'accepted' order by p.number
"""


async def reworded(actor: Actor) -> tuple[Reworded, ...]:
    """The participant's votes that were cast on words that meant something else, by number."""
    assert actor.participant is not None
    rows = await fetch(OUTDATED, actor.participant.id)
    now = await wordings(actor, rows) if rows else {}
    return tuple(_reworded(row, now[row["id"]]) for row in rows)


def _reworded(row: Any, now: Wording) -> Reworded:
    pieces = compare_wordings(row["text"], now.text) if now.language == row["seen_in"] else ()
    return Reworded(row["number"], row["choice"], row["text"], row["seen_in"], now, pieces)
