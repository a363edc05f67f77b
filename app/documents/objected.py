"""What objections before publication have left in a summary: notes of dissent, and a list of every answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.documents import model
from app.documents.model import Document, Fact, Passage, Section, Sentence, content_key
from app.refusals import N_
from deliberation.records import to_record

NOTE = N_("Not everybody who read this passage before publication shares it: %(text)s")
ASKED = N_("Before publication every participant could read this text and object to any passage unseen.")
COUNTED = N_("People who objected: %(n)s.")
LINES = {
    "changed": N_("A passage of “%(section)s” was changed: %(text)s"),
    "noted": N_("A note of dissent was added to a passage of “%(section)s”: %(text)s"),
    "kept": N_("A passage of “%(section)s” stayed as it was: %(text)s"),
}
Answer = tuple[str, str, str]
"""Content key of the passage, the kind of answer, and the convenor's words."""


def titles_of(document: Document) -> dict[str, str]:
    return {section.code: section.title for section in document.sections}


def with_answers(
    document: Document, answers: Sequence[Answer], *, people: model.Place, minutes: int, language: str
) -> Document:
    """The document that was shown, with a note at each passage that was answered by one, and the list of answers.

    people : how many objected, as the disclosure gate lets it out
    """
    facts = [Fact("objections", "people", {"n": people, "minutes": minutes})]
    notes: dict[str, list[Sentence]] = {}
    lines: list[Passage] = []
    titles = titles_of(document)
    for place, (key, answer, said) in enumerate(answers, 1):
        fact = Fact(f"objection.{place}", "objection", {"passage": key, "answer": answer})
        facts.append(fact)
        text = model.prose(said, language)
        if answer == "noted":
            notes.setdefault(key, []).append(Sentence(NOTE, {"text": text}, [fact.id]))
        code = key.partition(".")[0]
        places = {"section": model.term(titles.get(code, code)), "text": text}
        lines.append(Passage([Sentence(LINES[answer], places, [fact.id])]))
    sections = [
        replace(one, passages=[_noted(one, passage, notes) for passage in one.passages]) for one in document.sections
    ]
    first = [Sentence(ASKED, {}, ["objections"]), Sentence(COUNTED, {"n": people}, ["objections"])]
    annex = Section("annex_objections", N_("Annex: objections before publication"), [Passage(first), *lines])
    return Document([*document.facts, *facts], [*sections, annex])


def _noted(section: Section, passage: Passage, notes: Mapping[str, Sequence[Sentence]]) -> Passage:
    return replace(passage, sentences=[*passage.sentences, *notes.get(content_key(section, passage), ())])


def keys_of(document: Document) -> dict[str, tuple[Section, Passage]]:
    """Every passage by what stands in it."""
    return {content_key(section, passage): (section, passage) for section, passage in document.passages()}


def record_of(passage: Passage) -> dict[str, Any]:
    """A passage as plain values, to be kept when the text around it changes."""
    found: dict[str, Any] = to_record(passage)
    return found
