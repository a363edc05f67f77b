"""Responding: the items of the published slate and what it leaves out, one by one, then two overall questions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import MAX_NUMBER, Actor, proposal_for
from app.actions import responses, votes
from app.analysis import curation, curation_page, responses_result, translations
from app.analysis import responses as reading
from app.analysis.responses import Asked
from app.forms import NOT_A_CHOICE, Filled, blank, read
from app.language import gettext
from app.refusals import N_, NotFound
from app.rendering import AnyRequest, StatusLine, page, page_or_fragment, see_other, url, wants_fragment
from deliberation.adoption import AdoptionRule
from deliberation.phases import Action, Phase
from deliberation.votes import Choice

CHOICE_NAMES = {
    "agree": N_("you agreed"),
    "disagree": N_("you disagreed"),
    "pass": N_("you were unsure"),
}
ANSWER_NAMES = (("yes", N_("Yes")), ("no", N_("No")), ("unsure", N_("Unsure")))


class ItemForm(msgspec.Struct):
    choice: Literal["agree", "disagree", "pass"]
    priority: bool = False
    seen: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)] = 0
    """The number of the translation that was before them, 0 for the statement's own words."""


class RuleForm(msgspec.Struct):
    round: Annotated[int, msgspec.Meta(ge=1, le=100)]
    people: Annotated[int, msgspec.Meta(ge=50, le=100)]
    parts: Annotated[int, msgspec.Meta(ge=0, le=100)]
    quorum: Annotated[int, msgspec.Meta(ge=0, le=100)]


class OverallForm(msgspec.Struct):
    represents: Literal["yes", "no", "unsure"]
    can_live_with: Literal["yes", "no", "unsure"]
    sentence: Annotated[str, msgspec.Meta(max_length=500)] = ""


@get("/c/{slug:str}/respond", opt={"action": Action.RESPOND})
async def show_respond(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    item: Annotated[str, QueryParameter(name="item")] = "",
    overall: Annotated[str, QueryParameter(name="overall")] = "",
) -> Response[Any]:
    number = int(item) if item.isascii() and item.isdigit() and len(item) < 10 else None
    return await _show(request, actor, number=number, is_overall=bool(overall))


async def _show(
    request: AnyRequest,
    actor: Actor,
    *,
    number: int | None = None,
    is_overall: bool = False,
    said: StatusLine | None = None,
    status: int = 200,
    form: Filled[Any] | None = None,
) -> Response[Any]:
    """The statement that was asked for, else the first without an answer, else the overall questions."""
    draft = await reading.slate_of(actor)
    if draft is None or actor.round is None:
        return page(request, "respond/nothing.html", actor=actor)
    if request.method == "GET":
        await responses.see_to_draw(actor.round)
    asked = await reading.asked_about(actor)
    current = None if is_overall else _current(asked, number)
    given = await reading.answer_of(actor)
    more: dict[str, Any] = {} if said is None else {"status_line": said}
    slates, statements = None, list[translations.Quoted](asked)
    if current is None:
        frozen = await curation.frozen_of(draft.analysis)
        gate = await curation_page.gate_for(actor)
        slates = await curation_page.two_slates(actor, frozen, draft, gate)
        statements += curation_page.statements_of(slates)
        more["rule"] = responses_result.rule_words(reading.rule_of(actor.round), words_only=gate.tells_words_only)
    wordings = await translations.quoted_for(translations.reads(actor), statements)
    if slates is not None:
        more["slates"] = curation_page.worded(slates, wordings)
    typed = (
        {} if given is None else {name: getattr(given, name) for name in ("represents", "can_live_with", "sentence")}
    )
    return page_or_fragment(
        request,
        "respond/show.html",
        "respond/_card.html",
        status=status,
        actor=actor,
        htmx=wants_fragment(request),
        asked=asked,
        n_answered=reading.n_answered(asked),
        current=current,
        wordings=wordings,
        is_drawn=await reading.is_drawn(actor),
        given=given,
        form=form or blank(**typed),
        answers=[(code, gettext(name)) for code, name in ANSWER_NAMES],
        choice_names={code: gettext(name) for code, name in CHOICE_NAMES.items()},
        **more,
    )


def _current(asked: tuple[Asked, ...], number: int | None) -> Asked | None:
    chosen = [one for one in asked if one.number == number] if number is not None else []
    open_ones = [one for one in asked if not one.choice]
    return next(iter([*chosen, *open_ones]), None)


@post("/c/{slug:str}/respond/{number:int}", opt={"action": Action.RESPOND}, status_code=200)
async def answer_item(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    form = await read(request, ItemForm)
    base = f"/c/{actor.consultation.slug}/respond"
    if not form.is_valid:
        said = gettext(votes.NOT_A_CHOICE)
        if wants_fragment(request):
            return await _show(request, actor, number=number, said=StatusLine(said), status=422)
        return see_other(request, url(base, item=number), said=said)
    await responses.answer_item(
        proposal=proposal,
        choice=Choice(form.data.choice),
        matters=form.data.priority,
        seen=form.data.seen,
        by=actor,
    )
    said = gettext("Your answer on statement %(number)s is saved.") % {"number": number}
    if wants_fragment(request):
        return await _show(request, actor, said=StatusLine(said))
    return see_other(request, url(base), said=said)


@post("/c/{slug:str}/respond", opt={"action": Action.RESPOND}, status_code=200)
async def answer_overall(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, OverallForm)
    for name in ("represents", "can_live_with"):
        if name in form.errors:
            form.refuse(name, NOT_A_CHOICE)
    if not form.is_valid:
        return await _show(request, actor, is_overall=True, form=form, status=422)
    request.scope["state"]["typed"] = {"sentence": form.data.sentence}
    await responses.answer_overall(
        represents=form.data.represents,
        can_live_with=form.data.can_live_with,
        sentence=form.data.sentence,
        by=actor,
    )
    said = gettext("Your answer is saved. You can change it until the round closes.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/respond", overall=1), said=said)


@get("/c/{slug:str}/respond/rule", opt={"action": Action.OPEN_ROUND})
async def show_rule(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _rule_page(request, actor, None)


async def _rule_page(
    request: AnyRequest, actor: Actor, form: Filled[Any] | None, *, status: int = 200
) -> Response[Any]:
    gate = await curation_page.gate_for(actor)
    rows = []
    for item in actor.rounds:
        if item.phase != Phase.RESPOND:
            continue
        rule = reading.rule_of(item)
        is_sent = form is not None and form.get("round") == str(item.number)
        filled = form if form is not None and is_sent else blank(round=str(item.number), **_typed(rule))
        words = responses_result.rule_words(rule, words_only=gate.tells_words_only)
        fixed = responses.why_rule_is_fixed(actor, item)
        rows.append((item, words, filled, gettext(fixed) if fixed else ""))
    return page(request, "respond/rule.html", actor=actor, rows=rows, form=form or blank(), status=status)


def _typed(rule: AdoptionRule) -> dict[str, str]:
    return {name: str(share) for name, share in rule.to_json().items()}


@post("/c/{slug:str}/respond/rule", opt={"action": Action.OPEN_ROUND}, status_code=200)
async def set_rule(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, RuleForm)
    if not form.is_valid:
        return await _rule_page(request, actor, form, status=422)
    given = form.data
    item = next((one for one in actor.rounds if one.number == given.round and one.phase == Phase.RESPOND), None)
    if item is None:
        raise NotFound
    rule = AdoptionRule(given.people, given.parts, given.quorum)
    await responses.set_rule(round_id=item.id, rule=rule, by=actor, form=form)
    return see_other(
        request, url(f"/c/{actor.consultation.slug}/respond/rule"), said=gettext("The adoption rule is set.")
    )


HANDLERS = [show_respond, answer_item, answer_overall, show_rule, set_rule]
