"""The assembler's pages: what to ask for, its answer with progress, and a line-up changed step by step with reasons."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import Actor, proposal_for
from app.actions import assemblies, line_ups
from app.analysis import assembly as bridge
from app.analysis import coalitions as coalition_bridge
from app.analysis.alert_words import label_of
from app.analysis.assembly import Asked
from app.analysis.assembly_words import gap_words, sentence_of
from app.analysis.line_ups import line_up_page
from app.forms import Filled, NoFields, blank, read
from app.language import gettext
from app.refusals import N_, Conflict, Invalid, NotFound, Refusal
from app.rendering import AnyRequest, page, page_or_fragment, see_other, url, wants_fragment
from app.tables.assemblies import Assembly
from app.tables.coalitions import Coalition
from app.tables.proposals import Proposal
from app.taxonomies import cards, constituencies, genders, line_up_reasons, regions
from deliberation.phases import Action

QUOTED = (("region", regions), ("gender", genders), ("constituency", constituencies))
LINKED = re.compile(r"^(\d{1,2})\s*[+,\s]\s*(\d{1,2})\s*[:=]\s*([123])$")
BAD_LINK = N_(
    "Please write one pair of goals a line, such as 6 + 14: 2, with 1 to 3 for how much they further each other."
)
MOST_LINKS = 60


class AskForm(msgspec.Struct):
    fewest: Annotated[int, msgspec.Meta(ge=3, le=20)] = 3
    most: Annotated[int, msgspec.Meta(ge=3, le=20)] = 8
    fewest_constituencies: Annotated[int, msgspec.Meta(ge=1, le=12)] = 2
    quota: Annotated[str, msgspec.Meta(max_length=60)] = ""
    at_least: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    at_most: Annotated[int, msgspec.Meta(ge=0, le=100)] = 100
    quota_2: Annotated[str, msgspec.Meta(max_length=60)] = ""
    at_least_2: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    at_most_2: Annotated[int, msgspec.Meta(ge=0, le=100)] = 100
    interlinkages: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    source: Annotated[str, msgspec.Meta(max_length=300)] = ""


class TakeUpForm(msgspec.Struct):
    place: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0
    title: Annotated[str, msgspec.Meta(min_length=4, max_length=120)] = ""


class StepForm(msgspec.Struct):
    verb: Annotated[str, msgspec.Meta(max_length=8)] = ""
    comes: Annotated[str, msgspec.Meta(max_length=40)] = ""
    goes: Annotated[str, msgspec.Meta(max_length=40)] = ""
    reason_code: Annotated[str, msgspec.Meta(max_length=30)] = ""
    sentence: Annotated[str, msgspec.Meta(max_length=300)] = ""
    go: Literal["save", "look"] = "save"


# -------- asking


@get("/c/{slug:str}/assemblies/new", opt={"action": Action.FORM_COALITION})
async def new(
    request: AnyRequest, actor: NamedDependency[Actor], statement: Annotated[int, QueryParameter(name="statement")] = 0
) -> Response[Any]:
    proposal = await proposal_for(actor, statement)
    form = blank(fewest="3", most="8", fewest_constituencies="2", at_least="0", at_most="100")
    return await _ask_page(request, actor, proposal, form)


async def _ask_page(
    request: AnyRequest, actor: Actor, proposal: Proposal, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    if not await coalition_bridge.is_adopted(actor.consultation.id, proposal.id):
        raise NotFound
    _, n_carded = await bridge.n_candidates(actor.consultation.id, proposal.id)
    return page(
        request,
        "coalitions/assemble.html",
        status=status,
        actor=actor,
        proposal=proposal,
        form=form,
        has_enough=n_carded >= 3,
        runs=await bridge.runs_of(actor.consultation.id, proposal.id),
        quotas=[
            (f"{name}:{code}", f"{label_of(name, code)}")
            for name, taxonomy in QUOTED
            for code, _ in taxonomy.options()
            if code != "not_said"
        ],
    )


@post(
    "/c/{slug:str}/assemblies/new/{number:int}",
    opt={"action": Action.FORM_COALITION, "limit": "analysis"},
    status_code=200,
)
async def ask(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    form: Filled[Any] = await read(request, AskForm)
    asked = _asked(form) if form.is_valid else None
    if asked is not None and form.is_valid:
        try:
            run = await assemblies.ask(proposal=proposal, asked=asked, by=actor, form=form)
            said = gettext("The assembler is at work. What was found at once is here already.")
            return see_other(request, _run_url(actor, run.number), said=said)
        except Invalid as refusal:
            form.errors["fewest"] = refusal
        except Conflict as refusal:
            form.errors["fewest"] = Invalid(refusal.message, field="fewest", **refusal.parameters)
    return await _ask_page(request, actor, proposal, form, status=422)


def _asked(form: Filled[Any]) -> Asked | None:
    """What was asked for, or None with the fields that do not go together."""
    given: AskForm = form.data
    if given.most < given.fewest:
        form.refuse("most", N_("The largest size is below the smallest."))
    quotas = []
    for name, least, most in (("quota", given.at_least, given.at_most), ("quota_2", given.at_least_2, given.at_most_2)):
        chosen = getattr(given, name)
        attribute, _, category = chosen.partition(":")
        if not chosen:
            continue
        known = dict(QUOTED)
        if attribute not in known or category not in known[attribute].codes():
            form.refuse(name, N_("Please choose from the list."))
        elif most < least:
            form.refuse(name, N_("The share at most is below the share at least."))
        else:
            quotas.append((attribute, category, least / 100, most / 100))
    links = _links(form, given.interlinkages)
    if not form.is_valid:
        return None
    return Asked(given.fewest, given.most, given.fewest_constituencies, tuple(quotas), links, given.source)


def _links(form: Filled[Any], text: str) -> tuple[tuple[str, str, float], ...]:
    found: dict[tuple[str, str], float] = {}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        read_as = LINKED.match(line)
        goals = sorted((int(read_as[1]), int(read_as[2]))) if read_as else [0, 0]
        if read_as is None or not 1 <= goals[0] < goals[1] <= 17 or len(lines) > MOST_LINKS:
            form.refuse("interlinkages", BAD_LINK)
            return ()
        one, other = sorted(str(goal) for goal in goals)
        found[one, other] = float(read_as[3])
    return tuple((one, other, weight) for (one, other), weight in sorted(found.items()))


# -------- its answer


def _run_url(actor: Actor, number: int) -> str:
    return url(f"/c/{actor.consultation.slug}/assemblies/{number}")


async def _run(actor: Actor, number: int) -> tuple[Assembly, Proposal]:
    run = await bridge.numbered(actor.consultation.id, number)
    if run is None:
        raise NotFound
    proposal = await Proposal.objects().where(Proposal.id == run.proposal).first()
    assert proposal is not None
    return run, proposal


@get("/c/{slug:str}/assemblies/{number:int}", opt={"action": Action.FORM_COALITION})
async def show(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    run, proposal = await _run(actor, number)
    return await _run_page(request, actor, run, proposal, blank(title="", place="0"))


async def _run_page(
    request: AnyRequest, actor: Actor, run: Assembly, proposal: Proposal, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    outcome = await bridge.outcome_of(run)
    return page_or_fragment(
        request,
        "coalitions/assembly.html",
        "coalitions/_assembly_job.html",
        status=status,
        actor=actor,
        proposal=proposal,
        outcome=outcome,
        form=form,
        problem=sentence_of(outcome.problem) if outcome.problem else "",
        gap=gap_words(run.gap),
        label=lambda code: gettext(constituencies.label(code)),
        kind_name=lambda code: gettext(cards.label(code)),
    )


@post("/c/{slug:str}/assemblies/{number:int}", opt={"action": Action.FORM_COALITION}, status_code=200)
async def take_up(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    run, proposal = await _run(actor, number)
    form = await read(request, TakeUpForm)
    if form.is_valid:
        given = form.data
        made = await assemblies.take_up(assembly=run, place=given.place, title=given.title, by=actor, form=form)
        said = gettext("The line-up is a draft now. Nobody has been told.")
        return see_other(request, _line_up_url(actor, made.number), said=said)
    return await _run_page(request, actor, run, proposal, form, status=422)


# -------- a line-up, step by step


def _line_up_url(actor: Actor, number: int) -> str:
    return url(f"/c/{actor.consultation.slug}/coalitions/{number}/line-up")


async def _coalition(actor: Actor, number: int) -> tuple[Coalition, Proposal]:
    found = [one for one in await coalition_bridge.listed(actor) if one.number == number]
    if not found:
        raise NotFound
    proposal = await Proposal.objects().where(Proposal.id == found[0].proposal).first()
    assert proposal is not None
    return found[0], proposal


@get("/c/{slug:str}/coalitions/{number:int}/line-up", opt={"action": Action.FORM_COALITION})
async def line_up(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, proposal = await _coalition(actor, number)
    return await _line_up_page(request, actor, coalition, proposal, blank(verb="swap"))


async def _line_up_page(
    request: AnyRequest,
    actor: Actor,
    coalition: Coalition,
    proposal: Proposal,
    form: Filled[Any],
    *,
    status: int = 200,
    refused: Refusal | None = None,
) -> Response[Any]:
    comes, goes = _moves(form)
    return page_or_fragment(
        request,
        "coalitions/line_up.html",
        "coalitions/_effect.html",
        status=status,
        actor=actor,
        coalition=coalition,
        proposal=proposal,
        form=form,
        shown=await line_up_page(actor, coalition, comes=comes, goes=goes),
        refused=refused,
        reasons=[(code, gettext(text)) for code, text in line_up_reasons.options()],
        reason_name=lambda code: gettext(line_up_reasons.label(code)),
        label=lambda code: gettext(constituencies.label(code)),
    )


def _moves(form: Filled[Any]) -> tuple[UUID | None, UUID | None]:
    """Who comes and who goes, as far as the verb and the form say so."""
    verb = form.get("verb")
    comes = _uuid(form.get("comes")) if verb in ("add", "swap") else None
    return comes, _uuid(form.get("goes")) if verb in ("drop", "swap") else None


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


@post("/c/{slug:str}/coalitions/{number:int}/line-up", opt={"action": Action.FORM_COALITION}, status_code=200)
async def change_line_up(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, proposal = await _coalition(actor, number)
    form = await read(request, StepForm)
    if form.get("go") == "look" or wants_fragment(request):
        form.errors.clear()
        return await _line_up_page(request, actor, coalition, proposal, form)
    if form.is_valid:
        given = form.data
        comes, goes = _moves(form)
        try:
            await line_ups.step(
                coalition=coalition,
                verb=given.verb,
                comes=comes,
                goes=goes,
                reason_code=given.reason_code,
                sentence=given.sentence,
                version=form.version,
                by=actor,
                form=form,
            )
            return see_other(request, _line_up_url(actor, number), said=gettext("The step is saved."))
        except Invalid as refusal:
            form.errors[refusal.field or "verb"] = refusal
        except Conflict as refusal:
            return await _line_up_page(request, actor, coalition, proposal, form, status=409, refused=refusal)
    return await _line_up_page(request, actor, coalition, proposal, form, status=422)


@post("/c/{slug:str}/coalitions/{number:int}/line-up/undo", opt={"action": Action.FORM_COALITION}, status_code=303)
async def undo(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, _ = await _coalition(actor, number)
    form = await read(request, NoFields)
    await line_ups.undo(coalition=coalition, version=form.version, by=actor, form=form)
    return see_other(request, _line_up_url(actor, number), said=gettext("The last step is undone."))


HANDLERS = [new, ask, show, take_up, line_up, change_line_up, undo]
