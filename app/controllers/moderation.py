"""The moderator's queue with reported statements, and suggested merges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from app import access
from app.access import MAX_NUMBER, Actor
from app.actions import moderation
from app.analysis import moderation as reading
from app.analysis import translations
from app.forms import NOT_A_CHOICE, NOT_A_REASON, Filled, NoFields, blank, read
from app.language import LANGUAGES, gettext, num, sentence
from app.refusals import N_, AlreadyDone, Conflict, Invalid, NotFound, Refusal
from app.rendering import AnyRequest, StatusLine, page, page_or_fragment, see_other, url, wants_fragment
from app.tables.proposals import MergeRequest, Proposal
from app.taxonomies import moderation_reasons, unclear_kinds
from deliberation.phases import Action

Language = Annotated[str, QueryParameter(name="language")]
Words = Annotated[str, QueryParameter(name="q")]
Page = Annotated[str, QueryParameter(name="page")]
SAID = {
    "accept": N_("Statement %(number)s is open for votes."),
    "decline": N_("Statement %(number)s is declined, and its author has the reason."),
    "merge": N_("Both authors have been asked about statement %(number)s."),
    "keep": N_("The reports of statement %(number)s are settled: it stays."),
    "return": N_("The author of statement %(number)s has your question."),
    "join": N_("Statement %(number)s is joined: another one stands for both, and its author is told."),
    "remove": N_("The reports of statement %(number)s are settled: it is taken down, and its author has the reason."),
}
MERGE_ANSWERS: dict[str, tuple[bool | None, str]] = {
    "agree": (True, N_("You agreed to the merge.")),
    "refuse": (False, N_("Both statements stay as they are.")),
    "withdraw": (None, N_("Your consent is taken back. Nothing has changed.")),
}


class ReasonForm(msgspec.Struct):
    reason_code: Annotated[str, msgspec.Meta(max_length=32)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class MergeForm(msgspec.Struct):
    into: Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class TickedForm(msgspec.Struct):
    decision: Annotated[str, msgspec.Meta(max_length=8)]
    numbers: Annotated[
        list[Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]],
        msgspec.Meta(min_length=1, max_length=reading.PAGE_SIZE),
    ]
    reason_code: Annotated[str, msgspec.Meta(max_length=32)] = ""
    reason: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class AnswerForm(msgspec.Struct):
    answer: Annotated[str, msgspec.Meta(max_length=8)]


async def tabs_of(actor: Actor, current: str) -> list[tuple[str, str, bool, int | None]]:
    """The tabs of the moderation pages that the actor may open."""
    base = f"/c/{actor.consultation.slug}"
    tabs: list[tuple[str, str, bool, int | None]] = []
    if actor.may(Action.MODERATE):
        waiting = await reading.n_waiting(actor.consultation.id)
        tabs.append((gettext("Queue"), url(f"{base}/moderate"), current == "queue", waiting))
        drafts = await translations.n_drafts(actor.consultation.id)
        tabs.append((gettext("Translations"), url(f"{base}/translate"), current == "translations", drafts))
    if actor.may(Action.SEE_POWER):
        tabs.append((gettext("Power balance"), url(f"{base}/power"), current == "power", None))
    if actor.may(Action.SEE_PARTICIPATION):
        tabs.append((gettext("Who is missing"), url(f"{base}/participation"), current == "participation", None))
        tabs.append((gettext("Languages"), url(f"{base}/languages"), current == "languages", None))
    if actor.may(Action.SEE_REVEALS) and current in {"record", "reveals"}:
        tabs.append((gettext("Reveals of authors"), url(f"{base}/reveals"), current == "reveals", None))
    tabs.append((gettext("Moderation record"), url(f"{base}/record"), current == "record", None))
    return tabs


# -------- the queue


class Asked(msgspec.Struct):
    """What the queue is narrowed to."""

    language: str
    text: str
    page: int


@dataclass(frozen=True)
class Outcome:
    """What became of one of several statements that were decided on together."""

    number: int
    sentence: str
    is_done: bool


async def provide_asked(language: Language = "", words: Words = "", page_number: Page = "1") -> Asked:
    """The filter as far as it makes sense; anything else is left out of it."""
    number = int(page_number) if page_number.isascii() and page_number.isdigit() and len(page_number) < 6 else 1
    return Asked(language if language in LANGUAGES else "", words.replace("\0", "").strip()[:100], number)


ASKED = {"asked": Provide(provide_asked)}


async def _queue_page(
    request: AnyRequest,
    actor: Actor,
    asked: Asked,
    *,
    status: int = 200,
    form: Filled[Any] | None = None,
    failed: tuple[int, str] | None = None,
    said: str | None = None,
    conflict: Conflict | None = None,
    outcomes: Sequence[Outcome] = (),
) -> Response[Any]:
    own = None if actor.person is None else await access.participant_of(actor.consultation.id, actor.person.id)
    queue = await reading.queue_of(actor, language=asked.language, text=asked.text, page=asked.page, own=own)
    number, verb = failed or (0, "")
    ids = {"reason_code": f"{verb}-code-{number}"} | dict.fromkeys(("numbers", "decision"), "ticked")
    ids |= {name: f"{verb}-{name}-{number}" for name in ("into", "kind", "question")}
    errors = form.errors if form is not None and failed else {}
    return page_or_fragment(
        request,
        "moderation/queue.html",
        "moderation/_queue.html",
        status=status,
        actor=actor,
        tabs=await tabs_of(actor, "queue") if not wants_fragment(request) else [],
        here=gettext("Queue"),
        queue=queue,
        language=asked.language,
        text=asked.text,
        form=form or blank(),
        failed=failed,
        error_links=[(ids.get(name, f"{verb}-reason-{number}"), error) for name, error in errors.items()],
        swapped=wants_fragment(request) and request.method == "POST",
        said=StatusLine(said) if said else None,
        conflict=conflict,
        outcomes=outcomes,
        kept=form.get("reason") if form is not None and conflict else "",
        refused=actor.why_not(Action.MODERATE),
        reasons=[(code, gettext(label)) for code, label in moderation_reasons.options()],
        unclear_kinds=[(code, gettext(label)) for code, label in unclear_kinds.options()],
        reason_names={code: gettext(moderation_reasons.label(code)) for code in moderation_reasons.codes()},
        language_options=list(LANGUAGES.items()),
        language_names=LANGUAGES,
    )


@get("/c/{slug:str}/moderate", opt={"action": Action.MODERATE, "limit": "search"}, dependencies=ASKED)
async def show_queue(
    request: AnyRequest, actor: NamedDependency[Actor], asked: NamedDependency[Asked]
) -> Response[Any]:
    return await _queue_page(request, actor, asked)


async def carry_out(
    request: AnyRequest,
    actor: Actor,
    asked: Asked,
    number: int,
    verb: str,
    form: Filled[Any],
    act: Callable[[Proposal], Awaitable[object]],
) -> Response[Any]:
    """The decision, and the queue with the next statement in the same answer; without htmx, the way back to it."""
    if form.is_valid:
        proposal = await access.proposal_for(actor, number)
        try:
            await act(proposal)
        except Invalid as refusal:
            form.errors[refusal.field or "reason"] = refusal
        except Conflict as conflict:
            return await _queue_page(request, actor, asked, status=409, form=form, conflict=conflict)
    if not form.is_valid:
        return await _queue_page(request, actor, asked, status=422, form=form, failed=(number, verb))
    words = gettext(SAID[verb]) % {"number": num(number)}
    if wants_fragment(request):
        return await _queue_page(request, actor, asked, said=words)
    path = f"/c/{actor.consultation.slug}/moderate"
    return see_other(request, url(path, language=asked.language or None, q=asked.text or None), said=words)


@post(
    "/c/{slug:str}/moderate/{number:int}/accept", opt={"action": Action.MODERATE}, dependencies=ASKED, status_code=200
)
async def accept(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], asked: NamedDependency[Asked]
) -> Response[Any]:
    form = await read(request, NoFields)
    return await carry_out(
        request,
        actor,
        asked,
        number,
        "accept",
        form,
        lambda proposal: moderation.accept(proposal=proposal, by=actor, form=form),
    )


@post(
    "/c/{slug:str}/moderate/{number:int}/decline", opt={"action": Action.MODERATE}, dependencies=ASKED, status_code=200
)
async def decline(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], asked: NamedDependency[Asked]
) -> Response[Any]:
    form = _with_reason(await read(request, ReasonForm))
    return await carry_out(
        request,
        actor,
        asked,
        number,
        "decline",
        form,
        lambda proposal: moderation.decline(
            proposal=proposal, reason_code=form.data.reason_code, reason=form.data.reason, by=actor, form=form
        ),
    )


async def other_statement(actor: Actor, number: int) -> Proposal:
    """The statement of this consultation that has this number. Raises Invalid."""
    found = await Proposal.objects().where(
        (Proposal.consultation == actor.consultation.id) & (Proposal.number == number)
    )
    if not found:
        raise Invalid(N_("There is no statement with this number."), field="into")
    return found[0]


def _with_reason(form: Filled[ReasonForm]) -> Filled[ReasonForm]:
    if "reason_code" in form.errors:
        form.refuse("reason_code", NOT_A_REASON)
    if "reason" in form.errors and not form.get("reason").strip():
        form.refuse("reason", moderation.TELL_WHY)
    return form


@post("/c/{slug:str}/moderate/{number:int}/merge", opt={"action": Action.MODERATE}, dependencies=ASKED, status_code=200)
async def suggest_merge(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], asked: NamedDependency[Asked]
) -> Response[Any]:
    form = await read(request, MergeForm)

    async def suggest(proposal: Proposal) -> None:
        into = await other_statement(actor, form.data.into)
        await moderation.suggest_merge(proposal=proposal, into=into, note=form.data.note, by=actor, form=form)

    return await carry_out(request, actor, asked, number, "merge", form, suggest)


@post("/c/{slug:str}/moderate/{number:int}/keep", opt={"action": Action.MODERATE}, dependencies=ASKED, status_code=200)
async def keep(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], asked: NamedDependency[Asked]
) -> Response[Any]:
    form = await read(request, NoFields)
    return await carry_out(
        request,
        actor,
        asked,
        number,
        "keep",
        form,
        lambda proposal: moderation.settle_flags(proposal=proposal, keeps=True, by=actor, form=form),
    )


@post(
    "/c/{slug:str}/moderate/{number:int}/remove", opt={"action": Action.MODERATE}, dependencies=ASKED, status_code=200
)
async def remove(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], asked: NamedDependency[Asked]
) -> Response[Any]:
    form = _with_reason(await read(request, ReasonForm))
    return await carry_out(
        request,
        actor,
        asked,
        number,
        "remove",
        form,
        lambda proposal: moderation.settle_flags(
            proposal=proposal,
            keeps=False,
            reason_code=form.data.reason_code,
            reason=form.data.reason,
            by=actor,
            form=form,
        ),
    )


# -------- several statements at once


@post("/c/{slug:str}/moderate/ticked", opt={"action": Action.MODERATE}, dependencies=ASKED, status_code=200)
async def decide_ticked(
    request: AnyRequest, actor: NamedDependency[Actor], asked: NamedDependency[Asked]
) -> Response[Any]:
    form = _ticked(await read(request, TickedForm))
    if not form.is_valid:
        return await _queue_page(request, actor, asked, status=422, form=form, failed=(0, "ticked"))
    outcomes = [await _decide_one(actor, number, form) for number in sorted(set(form.data.numbers))]
    n_done = sum(one.is_done for one in outcomes)
    said = gettext("Decided: %(done)s of %(all)s.") % {"done": num(n_done), "all": num(len(outcomes))}
    return await _queue_page(request, actor, asked, said=said, outcomes=outcomes)


def _ticked(form: Filled[TickedForm]) -> Filled[TickedForm]:
    if "numbers" in form.errors and not form.get("numbers"):
        form.refuse("numbers", N_("Please tick at least one statement."))
    if form.get("decision") not in {"accept", "decline"}:
        form.refuse("decision", NOT_A_CHOICE)
    elif form.get("decision") == "decline":
        if form.get("reason_code") not in moderation_reasons.codes():
            form.refuse("reason_code", NOT_A_REASON)
        if not form.get("reason").strip():
            form.refuse("reason", moderation.TELL_WHY)
    return form


async def _decide_one(actor: Actor, number: int, form: Filled[TickedForm]) -> Outcome:
    """A transaction and an audit event of its own; by its part of the key a second copy of the form changes nothing."""
    part, given = replace(form, key=f"{form.key}:{number}" if form.key else ""), form.data
    said = gettext("Open for votes.")
    try:
        proposal = await access.proposal_for(actor, number)
        if given.decision == "accept":
            await moderation.accept(proposal=proposal, by=actor, form=part)
        else:
            said = gettext("Declined, and its author has the reason.")
            await moderation.decline(
                proposal=proposal, reason_code=given.reason_code, reason=given.reason, by=actor, form=part
            )
    except AlreadyDone:
        return Outcome(number, said, is_done=True)
    except Refusal as refusal:
        return Outcome(number, sentence(refusal), is_done=False)
    return Outcome(number, said, is_done=True)


# -------- a suggested merge, as its authors see it


@get("/c/{slug:str}/merges/{request_id:uuid}", opt={"action": Action.SEE_STATEMENTS})
async def show_merge(request: AnyRequest, actor: NamedDependency[Actor], request_id: FromPath[UUID]) -> Response[Any]:
    merge = await reading.merge_of(actor, request_id)
    if merge is None:
        raise NotFound
    return page(request, "moderation/merge.html", actor=actor, merge=merge, refused=actor.why_not(Action.ANSWER_MERGE))


@post("/c/{slug:str}/merges/{request_id:uuid}", opt={"action": Action.ANSWER_MERGE}, status_code=200)
async def answer_merge(request: AnyRequest, actor: NamedDependency[Actor], request_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, AnswerForm)
    found = await MergeRequest.objects().where(MergeRequest.id == request_id).first()
    if found is None or await reading.merge_of(actor, request_id) is None:
        raise NotFound
    if not form.is_valid or form.data.answer not in MERGE_ANSWERS:
        raise Invalid(NOT_A_CHOICE)
    agrees, said = MERGE_ANSWERS[form.data.answer]
    await moderation.answer_merge(request=found, agrees=agrees, by=actor, form=form)
    return see_other(request, url(f"/c/{actor.consultation.slug}/merges/{request_id}"), said=gettext(said))


HANDLERS = [
    *(show_queue, accept, decline, decide_ticked, suggest_merge, keep, remove),
    *(show_merge, answer_merge),
]
