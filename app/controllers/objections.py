"""A draft summary shown to participants, their objections, the convenor's answers, and single passages changed."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import Actor
from app.actions import objections, summaries
from app.analysis import objections as reading
from app.analysis.objections import ANSWERS
from app.documents import wording
from app.documents.model import Document, Passage, Section, content_key
from app.documents.objected import keys_of
from app.forms import Filled, blank, read
from app.language import gettext, num
from app.refusals import N_, Conflict, Invalid, NotFound, Refusal
from app.rendering import AnyRequest, page, see_other, url
from deliberation.phases import Action

Chosen = Annotated[str, QueryParameter(name="passage")]
Reason = Annotated[str, msgspec.Meta(max_length=600)]
Text = Annotated[str, msgspec.Meta(max_length=2000)]
LENGTH_NAMES = {
    5: N_("5 minutes"),
    15: N_("15 minutes"),
    30: N_("30 minutes"),
    60: N_("1 hour"),
    240: N_("4 hours"),
    1440: N_("1 day"),
    2880: N_("2 days"),
    4320: N_("3 days"),
    10080: N_("7 days"),
}


class ObjectionForm(msgspec.Struct):
    passage: Annotated[str, msgspec.Meta(max_length=60)]
    reason: Reason


class AnswerForm(msgspec.Struct):
    answer: Literal["changed", "noted", "kept"]
    said: Reason


class ShowForm(msgspec.Struct):
    minutes: int


class PassageForm(msgspec.Struct):
    passage: Annotated[str, msgspec.Meta(max_length=60)]
    text: Text = ""
    left_out: Reason = ""


def _path(actor: Actor, rest: str, **query: object) -> str:
    return url(f"/c/{actor.consultation.slug}/summary{rest}", **query)


# -------- participants read and object


@get("/c/{slug:str}/summary/objections", opt={"action": Action.OBJECT})
async def show_draft(request: AnyRequest, actor: NamedDependency[Actor], passage: Chosen = "") -> Response[Any]:
    return await _draft_page(request, actor, passage)


async def _draft_page(
    request: AnyRequest, actor: Actor, passage: str, form: Filled[Any] | None = None, *, status: int = 200
) -> Response[Any]:
    row = await summaries.latest(actor.consultation.id, "draft")
    if row is None or row.shown_until is None:
        return page(
            request,
            "summary/none.html",
            actor=actor,
            heading=gettext("Objections"),
            why=gettext(objections.NOTHING_SHOWN),
            asked_until=None,
        )
    held = summaries.plain(row.document)
    document = Document.from_json(held["body"]["document"])
    earlier = {key: Passage.of(one) for key, one in held.get("earlier", {}).items()}
    standing = keys_of(document)
    if passage and passage not in standing:
        raise NotFound
    is_open = summaries.is_open(row, actor)
    mine = await reading.own(row.id, actor.participant.id) if actor.participant else ()
    return page(
        request,
        "summary/object.html",
        status=status,
        actor=actor,
        row=row,
        document=document,
        is_open=is_open,
        link=partial(_objection_link, actor) if is_open else None,
        passage=passage,
        chosen=standing.get(passage),
        form=form or blank(reason=next((one.reason for one in mine if one.passage == passage), "")),
        mine=[(one, standing[one.passage][1] if one.passage in standing else earlier.get(one.passage)) for one in mine],
        answers={code: gettext(name) for code, name in ANSWERS.items()},
        words=wording,
    )


def _objection_link(actor: Actor, section: Section, passage: Passage) -> tuple[str, str]:
    """Where one objects to this passage."""
    href = _path(actor, "/objections", passage=content_key(section, passage))
    return f"{href}#objection", gettext("Object to this passage")


@post("/c/{slug:str}/summary/objections", opt={"action": Action.OBJECT}, status_code=200)
async def object_to_passage(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ObjectionForm)
    chosen = str(form.get("passage"))
    if not form.is_valid:
        return await _draft_page(request, actor, chosen, form, status=422)
    request.scope["state"]["typed"] = {"reason": form.data.reason}
    await objections.make(passage=form.data.passage, reason=form.data.reason, by=actor)
    said = gettext("Your objection is saved. Nobody sees that it is yours.")
    return see_other(request, _path(actor, "/objections"), said=said)


# -------- the convenor shows, reads and answers


@get("/c/{slug:str}/summary/answers", opt={"action": Action.WRITE_SUMMARY})
async def show_answers(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _answers_page(request, actor)


async def _answers_page(
    request: AnyRequest,
    actor: Actor,
    *,
    status: int = 200,
    refused: Refusal | None = None,
    form: Filled[Any] | None = None,
    at: UUID | None = None,
) -> Response[Any]:
    draft = await summaries.draft_for(actor)
    held = summaries.plain(draft.row.document) if draft.row else {}
    earlier = {key: Passage.of(one) for key, one in held.get("earlier", {}).items()}
    standing = keys_of(Document.from_json(held["body"]["document"]) if "body" in held else draft.document)
    titles = {section.code: gettext(section.title) for section in draft.document.sections}
    items = [
        (one, titles.get(one.passage.partition(".")[0], ""), standing.get(one.passage), earlier.get(one.passage))
        for one in ([] if draft.is_open else draft.objections.all)
    ]
    due = {one.id for one in draft.due}
    return page(
        request,
        "summary/answers.html",
        status=status,
        actor=actor,
        draft=draft,
        items=items,
        due=due,
        refused=refused or next(iter(draft.text_problems), None),
        form=form or blank(minutes=str(summaries.default_length(actor))),
        at=at,
        lengths=[(str(one), gettext(LENGTH_NAMES[one])) for one in summaries.LENGTHS],
        answers=[(code, gettext(name)) for code, name in ANSWERS.items()],
        words=wording,
    )


@post("/c/{slug:str}/summary/show", opt={"action": Action.WRITE_SUMMARY}, status_code=200)
async def show_to_participants(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ShowForm)
    if not form.is_valid:
        return await _answers_page(request, actor, form=form, status=422)
    try:
        await summaries.show(minutes=form.data.minutes, version=form.version or 0, by=actor, form=form)
    except (Invalid, Conflict) as refusal:
        return await _answers_page(request, actor, form=form, refused=refusal, status=refusal.status)
    said = gettext("Everybody who takes part can read the text now and hears of it.")
    return see_other(request, _path(actor, "/answers"), said=said)


@post("/c/{slug:str}/summary/answers/{objection_id:uuid}", opt={"action": Action.WRITE_SUMMARY}, status_code=200)
async def answer_objection(
    request: AnyRequest, actor: NamedDependency[Actor], objection_id: FromPath[UUID]
) -> Response[Any]:
    form = await read(request, AnswerForm)
    if not form.is_valid:
        return await _answers_page(request, actor, form=form, at=objection_id, status=422)
    with form.refusals(at="said"):
        given = form.data
        await objections.answer(objection=objection_id, answer=given.answer, said=given.said, by=actor, form=form)
        return see_other(request, _path(actor, "/answers"), said=gettext("The answer is saved."))
    return await _answers_page(request, actor, form=form, at=objection_id, status=422)


# -------- one passage


@get("/c/{slug:str}/summary/passage", opt={"action": Action.WRITE_SUMMARY})
async def show_passage(request: AnyRequest, actor: NamedDependency[Actor], passage: Chosen = "") -> Response[Any]:
    return await _passage_page(request, actor, passage)


async def _passage_page(
    request: AnyRequest, actor: Actor, key: str, form: Filled[Any] | None = None, *, status: int = 200
) -> Response[Any]:
    draft = await summaries.draft_of(actor)
    if draft is None:
        raise NotFound
    found = next(((section, one) for section, one in draft.document.passages() if one.key and one.key == key), None)
    if found is None and key not in draft.added.left_out:
        raise NotFound
    kept = {"text": draft.added.rewordings.get(key, ""), "left_out": draft.added.left_out.get(key, "")}
    return page(
        request,
        "summary/passage.html",
        status=status,
        actor=actor,
        draft=draft,
        key=key,
        found=found,
        form=form or blank(**kept),
        problems=[one.refusal for one in draft.misquoted if one.field == f"passage_{key}"],
        facts=[_told(draft.document, fact) for one in found[1].sentences for fact in one.facts] if found else [],
        words=wording,
    )


def _told(document: Document, id: str) -> tuple[str, str]:
    """A fact's id, and its figures in the reader's language."""
    value = document.fact(id).value
    places = [value] if {"share", "band", "people"} & set(value) else list(value.values())
    shown = [
        wording.place_text(one) for one in places if isinstance(one, dict) and {"share", "band", "people"} & set(one)
    ]
    counts = [num(one) for one in value.values() if isinstance(one, int) and not isinstance(one, bool)]
    return id, ", ".join([*shown, *counts])


@post("/c/{slug:str}/summary/passage", opt={"action": Action.WRITE_SUMMARY}, status_code=200)
async def change_passage(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, PassageForm)
    key = str(form.get("passage"))
    if not form.is_valid:
        return await _passage_page(request, actor, key, form, status=422)
    data = form.data
    await summaries.reword(
        key=key, text=data.text, left_out=data.left_out, version=form.version or 0, by=actor, form=form
    )
    said = gettext("The draft is saved.")
    return see_other(request, _path(actor, "", draft="1"), said=said)


HANDLERS = [
    show_draft,
    object_to_passage,
    show_answers,
    show_to_participants,
    answer_objection,
    show_passage,
    change_passage,
]
