"""A concept note and an annotated agenda for a meeting, drafted from the summary, for a convenor to edit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import Actor
from app.actions import summaries
from app.analysis import replies as published
from app.controllers import files, summary
from app.documents import agenda, docx, meeting, told_files
from app.documents.meeting import Source
from app.forms import blank
from app.language import current_locale, num
from app.refusals import N_, Invalid, NotFound
from app.rendering import AnyRequest, page
from deliberation.phases import Action
from deliberation.snapshots import digest

Minutes = Annotated[str, QueryParameter(name="minutes")]
Start = Annotated[str, QueryParameter(name="start")]
USUAL = 180
"""Half a working day, as expert meetings have."""
NOT_A_LENGTH = N_("Please give a length in steps of 5 minutes, from %(low)s to %(high)s.")
NOT_A_TIME = N_("Please give a time of day such as 09:30, or leave it empty.")
TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "md": "text/markdown; charset=utf-8",
}


async def _record(actor: Actor) -> Mapping[str, Any]:
    """The newest published summary, else the draft as it stands."""
    record = await published.answered_summary(actor.consultation.id)
    if record is not None:
        return record
    draft = await summaries.draft_for(actor)
    return summary.body_of(draft, actor)


def _asked(minutes: str, start: str) -> tuple[int, str]:
    """The length and the time of day that were asked for. Raises Invalid for others."""
    is_number = minutes.isascii() and minutes.isdigit() and len(minutes) < 4
    length = int(minutes) if is_number else 0 if minutes else USUAL
    if not agenda.is_length(length):
        low, high = num(agenda.SHORTEST), num(agenda.LONGEST)
        raise Invalid(NOT_A_LENGTH, field="minutes", low=low, high=high)
    if start and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", start):
        raise Invalid(NOT_A_TIME, field="start")
    return length, start


@get("/c/{slug:str}/meeting", opt={"action": Action.WRITE_SUMMARY})
async def show(
    request: AnyRequest, actor: NamedDependency[Actor], minutes: Minutes = "", start: Start = ""
) -> Response[Any]:
    """The form, and beside it the agenda of that length in short."""
    record = await _record(actor)
    form, status = blank(minutes=minutes or str(USUAL), start=start), 200
    planned: list[tuple[str, str, str]] = []
    try:
        length, begins = _asked(minutes, start)
        found = meeting.slots(Source.of(record), length)
        planned = [(meeting.clock(begins, one.starts), one.title, num(one.minutes)) for one in found]
    except Invalid as refusal:
        form.errors[refusal.field or "minutes"], status = refusal, 422
    return page(
        request,
        "summary/meeting.html",
        status=status,
        actor=actor,
        form=form,
        planned=planned,
        is_published="hash" in record,
        asked={"minutes": minutes or str(USUAL), **({"start": start} if start else {})},
    )


@get("/c/{slug:str}/meeting/{file:str}", opt={"action": Action.WRITE_SUMMARY})
async def download(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    file: FromPath[str],
    minutes: Minutes = "",
    start: Start = "",
) -> Response[Any]:
    """`note` or `agenda`, as Word file or Markdown."""
    name, _, ending = file.rpartition(".")
    if name not in ("note", "agenda") or ending not in TYPES:
        raise NotFound
    record, (length, begins) = await _record(actor), _asked(minutes, start)

    def make() -> bytes:
        told = (
            meeting.concept_note(record)
            if name == "note"
            else meeting.annotated_agenda(record, minutes=length, start=begins)
        )
        return docx.render(told) if ending == "docx" else told_files.markdown(told).encode()

    asked = (str(length), begins) if name == "agenda" else ("", "")
    content = await files.made(("meeting", name, ending, digest(record), *asked, current_locale()), make)
    title = "concept-note" if name == "note" else f"agenda-{length}"
    return files.tagged(request, content, f"{actor.consultation.slug}-{title}-draft.{ending}", TYPES[ending])


HANDLERS = [show, download]
