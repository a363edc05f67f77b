"""The draft of a summary as it stands: the document, what keeps it from being shown or signed, and its objections."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis import objections as objecting
from app.analysis import summary as reading
from app.analysis.objections import Objection, Objections
from app.analysis.summary_material import Material
from app.documents import model
from app.documents.added import Added, Uncited, uncited
from app.documents.balance import OBLIGATORY, BalanceTest, check, failed
from app.documents.figures import Misquoted, misquoted
from app.documents.model import Document
from app.documents.objected import keys_of, with_answers
from app.documents.summary import build, known_citations
from app.language import use_locale
from app.refusals import N_, Denied, Invalid
from app.tables.publications import Summary

NOT_READY = N_("A summary can be written once a propose round has closed and its analysis is ready.")
UNCITED = N_("A claim without a citation cannot be published.")
UNBALANCED = N_("A balance test has not passed. Change the text, or write a public reason.")
UNEXPLAINED = N_("Please write what has changed since the last published summary, and why.")
NOT_SHOWN = N_("Participants read the text and may object to it before it is signed. Please show it to them first.")
STILL_SHOWN = N_("Participants are reading the text and may object to it until the time you have set is over.")
UNANSWERED = N_("An objection has no answer yet.")
UNTOLD = N_("A dissent is not told, or a figure could single out a person: this no public reason makes good.")


@dataclass(frozen=True)
class Draft:
    """The summary that is being written: its row if anything was written, the document as it would be published.

    Once it is shown to participants, the document is the one they read, whatever happens to the rows behind it.
    """

    row: Summary | None
    number: int
    version: int
    added: Added
    material: Material
    document: Document
    tests: tuple[BalanceTest, ...]
    uncited: tuple[Uncited, ...]
    misquoted: tuple[Misquoted, ...]
    previous: Summary | None
    first_role: str
    objections: Objections
    due: tuple[Objection, ...]
    is_shown: bool
    is_open: bool
    needs_showing: bool

    @property
    def text_problems(self) -> tuple[Invalid, ...]:
        """What stands between this draft and its being shown to participants, one sentence each."""
        found = [Invalid(UNCITED)] if self.uncited else []
        found += [one.refusal for one in self.misquoted]
        if {one.code for one in failed(self.tests)} & OBLIGATORY:
            found.append(Invalid(UNTOLD))
        elif failed(self.tests) and not self.added.balance_reason.strip():
            found.append(Invalid(UNBALANCED))
        if self.previous is not None and not self.added.correction.strip():
            found.append(Invalid(UNEXPLAINED))
        return tuple(found)

    @property
    def problems(self) -> tuple[Invalid, ...]:
        """What stands between this draft and its publication, one sentence each."""
        found = list(self.text_problems)
        if self.needs_showing and not self.is_shown:
            found.append(Invalid(NOT_SHOWN))
        if self.is_open:
            found.append(Invalid(STILL_SHOWN))
        elif self.due:
            found.append(Invalid(UNANSWERED))
        return tuple(found)


async def latest(consultation: UUID, status: str) -> Summary | None:
    """The newest summary of a consultation with this status."""
    return (
        await Summary.objects()
        .where((Summary.consultation == consultation) & (Summary.status == status))
        .order_by(Summary.number, ascending=False)
        .first()
    )


async def draft_for(by: Actor) -> Draft:
    """The draft as it stands now, for whoever goes on with it. Denied while there is none."""
    draft = await draft_of(by)
    if draft is None:
        raise Denied(NOT_READY)
    return draft


async def draft_of(actor: Actor) -> Draft | None:
    """The draft as it stands now; None until there is something to write about."""
    material = await reading.gather(actor)
    if material is None:
        return None
    row = await latest(actor.consultation.id, "draft")
    previous = await latest(actor.consultation.id, "published")
    number = row.number if row else (previous.number + 1 if previous else 1)
    added = Added.from_json(plain(row.words)) if row else Added(language=actor.consultation.language)
    held = plain(row.document) if row else {}
    objections = await objecting.of_summary(row.id if row else None, actor)
    if "body" in held:
        text = Document.from_json(held["body"]["document"])
    else:
        before = previous.number if previous else None
        text = build(material, actor.consultation, added, number=number, previous_number=before)
    due = () if "first_role" in held else _due(objections, set(keys_of(text)))
    document = _answered(row, text, held, objections)
    with use_locale("en"):
        # What is stored and signed is the same whoever looks at it.
        tests = check(document, material, added)
    return Draft(
        row=row,
        number=number,
        version=row.version if row else 0,
        added=added,
        material=material,
        document=document,
        tests=tests,
        uncited=uncited(added, known_citations(document)),
        misquoted=misquoted(added, document),
        previous=previous,
        first_role=held.get("first_role", ""),
        objections=objections,
        due=due,
        is_shown="body" in held and row is not None and row.shown_until is not None,
        is_open=is_open(row, actor),
        needs_showing=await objecting.somebody_can_object(actor.consultation.id),
    )


def _due(objections: Objections, standing: set[str]) -> tuple[Objection, ...]:
    """Objections without an answer that is true of the text: a later edit may take away what was promised."""
    untrue = {(objecting.CHANGED, True), (objecting.NOTED, False)}
    return tuple(
        one for one in objections.all if not one.is_answered or (one.answer, one.passage in standing) in untrue
    )


def _answered(row: Summary | None, text: Document, held: Mapping[str, Any], objections: Objections) -> Document:
    """The text that participants read, with the answers to their objections; once signed, the text that was signed."""
    if row is None or row.shown_until is None or "first_role" in held:
        return text
    return with_answers(
        text,
        objections.answers,
        people=model.people(objections.people),
        minutes=row.minutes_shown,
        language=held["body"]["added"]["language"],
    )


def is_open(row: Summary | None, actor: Actor) -> bool:
    """Whether participants may object to the draft now."""
    return row is not None and row.shown_until is not None and actor.now < row.shown_until


def plain(stored: Any) -> dict[str, Any]:
    """A JSON column as a dict."""
    return dict(json.loads(stored)) if isinstance(stored, str) else dict(stored or {})
