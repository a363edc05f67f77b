"""The summary as files: published, for everybody who reads it; a draft, for those who may see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from app.access import Actor
from app.actions import summaries
from app.controllers import files, summary
from app.documents import data, docx, markdown, pdf, told, xlsx
from app.language import current_locale
from app.refusals import Conflict, Denied
from deliberation.phases import Action
from deliberation.snapshots import digest

Number = Annotated[str, QueryParameter(name="number")]
IsDraft = Annotated[str, QueryParameter(name="draft")]
Record = Mapping[str, Any]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def asked_for(actor: Actor, number: str, is_draft: str) -> Record:
    """The published record, or the body of the draft for who may see it."""
    if is_draft != "1":
        return await summary.record_of(actor, number)
    if not await summary.may_see_draft(actor):
        raise Denied(summaries.NOT_YOURS)
    draft = await summaries.draft_for(actor)
    return summary.body_of(draft, actor)


def _file(content: str | bytes, actor: Actor, record: Record, ending: str, media_type: str) -> Response[Any]:
    number = record.get("snapshot", record)["number"]
    name = f"{actor.consultation.slug}-summary-{number}{'' if 'hash' in record else '-draft'}.{ending}"
    return files.attached(content, name, media_type)


async def _made(record: Record, ending: str, make: Callable[[Record], bytes]) -> bytes:
    """The file in the reader's language."""
    return await files.made(("summary", ending, digest(record), current_locale()), lambda: make(record))


@get("/c/{slug:str}/summary.docx", opt={"action": Action.SEE_SUMMARY})
async def summary_as_docx(actor: NamedDependency[Actor], number: Number = "", is_draft: IsDraft = "") -> Response[Any]:
    record = await asked_for(actor, number, is_draft)
    content = await _made(record, "docx", lambda one: docx.render(told.tell(one)))
    return _file(content, actor, record, "docx", DOCX)


@get("/c/{slug:str}/summary.pdf", opt={"action": Action.SEE_SUMMARY})
async def summary_as_pdf(actor: NamedDependency[Actor], number: Number = "", is_draft: IsDraft = "") -> Response[Any]:
    record = await asked_for(actor, number, is_draft)
    if not await files.has_pdf():
        raise Conflict(pdf.MISSING)
    content = await _made(record, "pdf", lambda one: pdf.render(told.tell(one)))
    return _file(content, actor, record, "pdf", "application/pdf")


@get("/c/{slug:str}/summary.xlsx", opt={"action": Action.SEE_SUMMARY})
async def summary_as_xlsx(actor: NamedDependency[Actor], number: Number = "", is_draft: IsDraft = "") -> Response[Any]:
    record = await asked_for(actor, number, is_draft)
    content = await _made(record, "xlsx", lambda one: xlsx.render(one, told.tell(one)))
    return _file(content, actor, record, "xlsx", XLSX)


@get("/c/{slug:str}/summary.zip", opt={"action": Action.SEE_SUMMARY})
async def summary_as_data(actor: NamedDependency[Actor], number: Number = "", is_draft: IsDraft = "") -> Response[Any]:
    """CSV files with their data dictionary and datapackage.json."""
    record = await asked_for(actor, number, is_draft)
    content = await _made(record, "zip", lambda one: data.zipped(one, told.tell(one)))
    return _file(content, actor, record, "zip", "application/zip")


@get("/c/{slug:str}/summary.md", opt={"action": Action.SEE_SUMMARY})
async def summary_as_markdown(
    actor: NamedDependency[Actor], number: Number = "", is_draft: IsDraft = ""
) -> Response[Any]:
    record = await asked_for(actor, number, is_draft)
    text = markdown.render(record, is_draft="hash" not in record)
    return _file(text, actor, record, "md", "text/markdown; charset=utf-8")


@get("/c/{slug:str}/summary.json", opt={"action": Action.SEE_SUMMARY})
async def summary_as_json(actor: NamedDependency[Actor], number: Number = "") -> Response[Any]:
    """The signed record, which is the same in every language; a draft is not signed and has none."""
    record = await summary.record_of(actor, number)
    return _file(json.dumps(record, ensure_ascii=False, indent=1), actor, record, "json", MediaType.JSON)


HANDLERS = [
    summary_as_docx,
    summary_as_pdf,
    summary_as_xlsx,
    summary_as_data,
    summary_as_markdown,
    summary_as_json,
]
