"""The rapporteur's page: what is said in a room becomes statements without authors, one after another by keyboard."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from app.access import Actor
from app.actions import proposals
from app.actions.record import is_second_copy
from app.analysis import similar
from app.controllers.proposals import STATUS_NAMES
from app.database import fetch
from app.forms import NOT_A_LANGUAGE, Filled, blank, read
from app.language import LANGUAGES, gettext
from app.refusals import Invalid
from app.rendering import AnyRequest, StatusLine, page_or_fragment, see_other, url, wants_fragment
from deliberation.phases import Action

SHOWN = 60


class NoteForm(msgspec.Struct):
    statement: Annotated[str, msgspec.Meta(min_length=8, max_length=proposals.MAX_STATEMENT)]
    language: Annotated[str, msgspec.Meta(max_length=8)]
    question: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0
    looked_at: Annotated[str, msgspec.Meta(max_length=proposals.MAX_STATEMENT)] = ""
    """The statement whose hints were shown: sent once more as it is, it is noted."""


POINTS = """
select p.number, p.statement, p.language, p.question, p.status,
       (select count(*) from amendments a where a.proposal = p.id and a.status = 'waiting') as n_wordings,
       (select q.number from proposals q where q.id = p.merged_into) as merged_number,
       count(*) over () as n
from proposals p where p.consultation = $1 and p.is_noted order by p.number desc limit $2
"""


@get("/c/{slug:str}/rapporteur", opt={"action": Action.NOTE_POINT})
async def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    question: Annotated[int, QueryParameter(name="question")] = 0,
) -> Response[Any]:
    return await _room(request, actor, _blank(actor, question))


def _blank(actor: Actor, question: int, language: str = "") -> Filled[Any]:
    kept = question if question in range(len(actor.consultation.questions) + 1) else 0
    return blank(question=str(kept), language=language or actor.consultation.language)


async def _room(
    request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200, said: str = "", **more: Any
) -> Response[Any]:
    questions = [(str(number), f"{number} {text}") for number, text in enumerate(actor.consultation.questions, 1)]
    context = {"similar": (), "hints": (), "looked_at": ""} | more
    return page_or_fragment(
        request,
        "rapporteur/show.html",
        "rapporteur/_room.html",
        status=status,
        actor=actor,
        form=form,
        points=await fetch(POINTS, actor.consultation.id, SHOWN),
        questions=questions,
        question_options=[("0", gettext("No guiding question")), *questions],
        language_options=list(LANGUAGES.items()),
        max_length=proposals.MAX_STATEMENT,
        status_names=STATUS_NAMES,
        room_line=StatusLine(said) if said else None,
        swapped=wants_fragment(request),
        **context,
    )


@post("/c/{slug:str}/rapporteur", opt={"action": Action.NOTE_POINT}, status_code=200)
async def note_point(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, NoteForm)
    if form.is_valid and form.data.language not in LANGUAGES:
        form.refuse("language", NOT_A_LANGUAGE)
    if not form.is_valid:
        return await _room(request, actor, form, status=422)
    given = form.data
    if given.looked_at != given.statement and not await is_second_copy(form, actor):
        hints = similar.hints(given.statement, given.language, mode=actor.consultation.attribution)
        found = await similar.to(given.statement, consultation=actor.consultation.id)
        if found or hints:
            return await _room(request, actor, form, similar=found, hints=hints, looked_at=given.statement)
    try:
        made = await proposals.note_point(
            statement=given.statement, question=given.question, language=given.language, by=actor, form=form
        )
    except Invalid as refusal:
        form.errors[refusal.field or "statement"] = refusal
        return await _room(request, actor, form, status=422)
    message = (
        gettext("Statement %(number)s is open for votes.")
        if made.status == "accepted"
        else gettext("Statement %(number)s waits for a moderator.")
    )
    said = message % {"number": made.number}
    if wants_fragment(request):
        return await _room(request, actor, _blank(actor, given.question, given.language), said=said)
    return see_other(request, url(f"/c/{actor.consultation.slug}/rapporteur", question=given.question), said=said)


HANDLERS = [show, note_point]
