"""We asked, you said, we did: the reply to a summary as a page and as files, and where it is written."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from litestar import MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from app.access import Actor
from app.actions import replies
from app.analysis import replies as reading
from app.controllers import files
from app.documents import data, docx, pdf, reply, told_files, xlsx
from app.documents.reply import DECISIONS, Line
from app.forms import NOT_A_CHOICE, Filled, NoFields, blank, read
from app.language import current_locale, gettext
from app.refusals import N_, Conflict, Denied, Invalid, NotFound, Refusal
from app.rendering import AnyRequest, page, see_other, url
from app.tables.replies import Reply
from app.taxonomies import themes
from deliberation.phases import Action
from deliberation.snapshots import digest

Number = Annotated[str, QueryParameter(name="number")]
IsDraft = Annotated[str, QueryParameter(name="draft")]
NOT_YOURS = N_("A draft of a reply is for the convenors of the consultation.")
NOT_NUMBERS = N_("Please give numbers of statements, separated by commas.")
TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "md": "text/markdown; charset=utf-8",
    "json": MediaType.JSON,
}
ENDINGS = tuple(TYPES)


class HeadForm(msgspec.Struct):
    body: Annotated[str, msgspec.Meta(max_length=200)] = ""
    introduction: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    correction: Annotated[str, msgspec.Meta(max_length=600)] = ""
    due_on: datetime.date | None = None


class LineForm(msgspec.Struct):
    statements: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    decision: Literal["will_do", "in_part", "will_not"]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    theme: Annotated[str, msgspec.Meta(max_length=24)] = ""
    who: Annotated[str, msgspec.Meta(max_length=200)] = ""
    by_when: datetime.date | None = None
    is_done: bool = False
    done_words: Annotated[str, msgspec.Meta(max_length=600)] = ""
    line: Annotated[str, msgspec.Meta(max_length=12)] = ""


class LineOnly(msgspec.Struct):
    line: Annotated[str, msgspec.Meta(max_length=12)]


# -------- reading


async def _record(actor: Actor, number: str, is_draft: str) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The version that was asked for, else the newest, and all published ones. Raises NotFound for another."""
    versions = await reading.published(actor.consultation.id)
    if is_draft == "1":
        if actor.why_not(Action.WRITE_REPLY) is not None:
            raise Denied(NOT_YOURS)
        row, summary = await reading.draft_of(actor.consultation.id), await _summary(actor)
        return (replies.record_of(row, summary) if row and summary else None), versions
    if number and number not in {str(one["number"]) for one in versions}:
        raise NotFound
    return next((one for one in versions if number in ("", str(one["number"]))), None), versions


async def _summary(actor: Actor) -> Mapping[str, Any] | None:
    return await reading.answered_summary(actor.consultation.id)


@get("/c/{slug:str}/reply", opt={"action": Action.SEE_SUMMARY})
async def show(
    request: AnyRequest, actor: NamedDependency[Actor], number: Number = "", is_draft: IsDraft = ""
) -> Response[Any]:
    record, versions = await _record(actor, number, is_draft)
    before = None
    if record is not None:
        before = next((one for one in versions if one["number"] == record["number"] - 1), None)
    draft = await reading.draft_of(actor.consultation.id)
    return page(
        request,
        "replies/show.html",
        actor=actor,
        record=record,
        versions=versions,
        changes=reply.changed(before, record) if before and record else [],
        before=before,
        reply=reply,
        today=actor.now.date(),
        promised_on=draft.due_on if draft and not versions else None,
        may_write=actor.why_not(Action.WRITE_REPLY) is None,
        has_draft=draft is not None,
        endings=ENDINGS,
        summary=await _summary(actor),
    )


@get([f"/c/{{slug:str}}/reply.{ending}" for ending in ENDINGS], opt={"action": Action.SEE_SUMMARY})
async def download(
    request: AnyRequest, actor: NamedDependency[Actor], number: Number = "", is_draft: IsDraft = ""
) -> Response[Any]:
    """A reply in one of its formats; JSON is the record itself, in no language."""
    ending = request.url.path.rpartition(".")[2]
    record, _ = await _record(actor, number, is_draft)
    if record is None:
        raise NotFound
    today = actor.now.date()

    def make() -> bytes:
        if ending == "json":
            return json.dumps(record, ensure_ascii=False, indent=1).encode()
        told = reply.tell(record, today)
        if ending == "md":
            return told_files.markdown(told).encode()
        if ending == "docx":
            return docx.render(told)
        if ending == "pdf":
            return pdf.render(told)
        if ending == "xlsx":
            return xlsx.of_sheets(told_files.sheets(told), told)
        return data.packed(told_files.sheets(told), told, "plenary-reply")

    if ending == "pdf" and not await files.has_pdf():
        raise Conflict(pdf.MISSING)
    key = ("reply", ending, digest(record), today.isoformat(), current_locale())
    content = await files.made(key, make)
    name = f"{actor.consultation.slug}-reply-{record['number']}{'' if 'hash' in record else '-draft'}.{ending}"
    return files.tagged(request, content, name, TYPES[ending])


# -------- writing


async def _edit_page(
    request: AnyRequest,
    actor: Actor,
    form: Filled[Any] | None = None,
    *,
    status: int = 200,
    refused: Refusal | None = None,
) -> Response[Any]:
    summary = await _summary(actor)
    if summary is None:
        raise Denied(replies.NO_SUMMARY)
    row = await reading.draft_of(actor.consultation.id)
    last = row or await _latest(actor)
    held: dict[str, Any] = {}
    if last is not None:
        due = last.due_on.isoformat() if last.due_on else ""
        held = {"body": last.body, "introduction": last.introduction, "due_on": due}
        held["correction"] = last.correction if row else ""
    record = replies.record_of(last, summary) if last else None
    missing = reply.unanswered(summary["snapshot"], replies.lines_of(last))
    statements = {one["number"]: one for one in summary["snapshot"]["statements"]}
    return page(
        request,
        "replies/edit.html",
        status=status,
        actor=actor,
        form=form or blank(**held),
        version=row.version if row else 0,
        record=record,
        missing=[statements[number] for number in missing if number in statements],
        is_further=bool(last and (last.number > 1 or row is None)),
        refused=refused,
        reply=reply,
        today=actor.now.date(),
    )


async def _latest(actor: Actor) -> Reply | None:
    return (
        await Reply.objects()
        .where(Reply.consultation == actor.consultation.id)
        .order_by(Reply.number, ascending=False)
        .first()
    )


@get("/c/{slug:str}/reply/edit", opt={"action": Action.WRITE_REPLY})
async def show_editor(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _edit_page(request, actor)


@post("/c/{slug:str}/reply/edit", opt={"action": Action.WRITE_REPLY}, status_code=200)
async def write(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, HeadForm)
    if not form.is_valid:
        return await _edit_page(request, actor, form, status=422)
    given = msgspec.structs.asdict(form.data)
    await replies.write(**given, version=form.version or 0, by=actor, form=form)
    return see_other(request, url(f"/c/{actor.consultation.slug}/reply/edit"), said=gettext("The draft is saved."))


async def _line_page(request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    summary = await _summary(actor)
    if summary is None:
        raise Denied(replies.NO_SUMMARY)
    row = await reading.draft_of(actor.consultation.id)
    shown = [part.strip() for part in form.get("statements").split(",")]
    return page(
        request,
        "replies/line.html",
        status=status,
        actor=actor,
        form=form,
        version=row.version if row else 0,
        said=[one for one in summary["snapshot"]["statements"] if str(one["number"]) in shown],
        decisions=[(code, gettext(label)) for code, label in DECISIONS.items()],
        themes=[(entry.code, gettext(entry.label)) for entry in themes.TAXONOMY.entries],
    )


@get("/c/{slug:str}/reply/line", opt={"action": Action.WRITE_REPLY})
async def show_line(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    line: Annotated[str, QueryParameter(name="line")] = "",
    statement: Annotated[str, QueryParameter(name="statement")] = "",
) -> Response[Any]:
    """One answer: a new one, to a statement if one is named, or one there is."""
    lines = replies.lines_of(await reading.draft_of(actor.consultation.id) or await _latest(actor))
    known = next((one for one in lines if one.id == line), None)
    if line and known is None:
        raise NotFound
    if known is None:
        return await _line_page(request, actor, blank(statements=statement[:9] if statement.isdigit() else ""))
    typed = known.to_json() | {"statements": ", ".join(map(str, known.statements)), "line": known.id}
    typed["is_done"] = "1" if known.is_done else ""
    return await _line_page(request, actor, blank(**typed))


@post("/c/{slug:str}/reply/line", opt={"action": Action.WRITE_REPLY}, status_code=200)
async def answer(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, LineForm)
    line = _line(form) if form.is_valid else None
    if line is not None and form.is_valid:
        with form.refusals(at="statements"):
            await replies.answer(line=line, version=form.version or 0, by=actor, form=form)
            said = gettext("The answer is in the draft.")
            return see_other(request, url(f"/c/{actor.consultation.slug}/reply/edit"), said=said)
    return await _line_page(request, actor, form, status=422)


def _line(form: Filled[LineForm]) -> Line | None:
    """The line of a form; None where its numbers or its theme cannot be used, which the form then says."""
    given = form.data
    parts = [part.strip().strip("[]") for part in given.statements.replace(" ", ",").split(",") if part.strip()]
    if not parts or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        form.refuse("statements", NOT_NUMBERS)
        return None
    if given.theme and given.theme not in {entry.code for entry in themes.TAXONOMY.entries}:
        form.refuse("theme", NOT_A_CHOICE)
        return None
    made = Line(
        statements=tuple(dict.fromkeys(map(int, parts))),
        decision=given.decision,
        reason=given.reason,
        theme=given.theme,
        who=given.who,
        by_when=given.by_when.isoformat() if given.by_when else "",
        is_done=given.is_done,
        done_words=given.done_words,
    )
    return replace(made, id=given.line or uuid4().hex[:12])


@post("/c/{slug:str}/reply/line/remove", opt={"action": Action.WRITE_REPLY}, status_code=200)
async def take_out(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, LineOnly)
    if not form.is_valid:
        raise NotFound
    await replies.take_out(line_id=form.data.line, version=form.version or 0, by=actor, form=form)
    said = gettext("The answer is out of the draft.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/reply/edit"), said=said)


@post("/c/{slug:str}/reply/publish", opt={"action": Action.WRITE_REPLY}, status_code=200)
async def publish(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, NoFields)
    try:
        await replies.publish(version=form.version or 0, by=actor, form=form)
    except Invalid as refusal:
        return await _edit_page(request, actor, status=422, refused=refusal)
    said = gettext("The reply is published. Everybody who took part hears of it.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/reply"), said=said)


HANDLERS = [show, download, show_editor, write, show_line, answer, take_out, publish]
