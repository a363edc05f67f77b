"""The curation desk: the participants' slate beside the curated one, edits with reasons, one step undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import MAX_NUMBER, Actor, proposal_for
from app.actions import curation
from app.analysis import curation as reading
from app.analysis import curation_page, scoring, scoring_page
from app.analysis.curation import Draft, Frozen
from app.database import fetchrow
from app.forms import NO_REASON, NOT_A_REASON, Filled, blank, read
from app.language import gettext, num, sentence
from app.refusals import N_, Conflict, Invalid
from app.rendering import AnyRequest, StatusLine, page_or_fragment, see_other, url, wants_fragment
from app.tables.proposals import Proposal
from app.taxonomies import curation_reasons
from deliberation.errors import BadValue
from deliberation.holdings import Stance
from deliberation.phases import Action
from deliberation.scoring import Part, Viewer
from deliberation.votes import Choice

Side = Literal["agree", "disagree"]
Seen = Annotated[str, msgspec.Meta(max_length=1_000)]
Search = Annotated[str, QueryParameter(name="q")]
Filter = Annotated[str, QueryParameter(name="of")]
N_SUGGESTED, N_LISTED = 8, 40
FILTERS = {
    "": N_("Left out, and closest to a place of their own"),
    "scored": N_("Scored best by the curators"),
    "all": N_("All that are open for votes"),
}


class AddForm(msgspec.Struct):
    number: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
    choice: Side
    replaces: Annotated[str, msgspec.Meta(max_length=24)] = ""
    seen: Seen = ""


class ItemForm(msgspec.Struct):
    choice: Side
    seen: Seen = ""


class MoveForm(msgspec.Struct):
    choice: Side
    direction: Literal["up", "down", "to"]
    place: Annotated[int, msgspec.Meta(ge=0, le=99)] = 0
    seen: Seen = ""


class ReasonForm(msgspec.Struct):
    choice: Side
    reason_code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    sentence: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    seen: Seen = ""


class UndoForm(msgspec.Struct):
    seen: Seen = ""


def token_of(stance: Stance) -> str:
    """A stance as one word of a form: statement and side."""
    return f"{stance.statement_id}:{stance.choice.value}"


def stance_of(token: str) -> Stance:
    """The stance that `token_of` wrote; Invalid for anything else."""
    number, _, choice = token.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 10 and choice in {"agree", "disagree"}):
        raise Invalid(N_("This cannot be used here."))
    try:
        return Stance(int(number), Choice(choice))
    except BadValue:
        raise Invalid(N_("This cannot be used here.")) from None


# -------- the desk


@get("/c/{slug:str}/desk", opt={"action": Action.CURATE, "limit": "search"})
async def show_desk(
    request: AnyRequest, actor: NamedDependency[Actor], words: Search = "", of: Filter = ""
) -> Response[Any]:
    mine = await scoring.mine_of(actor)
    if not mine.sees(Part.DESK) and await reading.analysis_for(actor) is not None:
        rest = "declaration" if mine.viewer is Viewer.UNDECLARED else "scores"
        path = url(f"/c/{actor.consultation.slug}/desk/{rest}")
        if wants_fragment(request):
            return Response("", headers={"HX-Redirect": path})
        return see_other(request, path)
    return await _desk(request, actor, words=words, of=of)


async def _desk(
    request: AnyRequest,
    actor: Actor,
    *,
    status: int = 200,
    words: str = "",
    of: str = "",
    said: str = "",
    conflict: Conflict | None = None,
    form: Filled[Any] | None = None,
    failed: tuple[str, str] = ("", ""),
    focus: str = "",
) -> Response[Any]:
    """The whole desk. `failed` names the form with errors, `focus` the button that was pressed."""
    draft = await curation.open_desk(by=actor)
    if draft is None and request.method != "GET":
        raise conflict or Conflict(curation.NOT_OPENED)
    if draft is None:
        return await _without_analysis(request, actor)
    frozen = await reading.frozen_of(draft.analysis)
    asked, of = words.replace("\0", "")[:100].strip(), of if of in FILTERS else ""
    assert actor.round is not None
    scores = scoring_page.medians(await scoring_page.side_by_side(actor.round, draft))
    more: dict[str, Any] = {"status_line": StatusLine(said)} if said else {}
    return page_or_fragment(
        request,
        "curation/desk.html",
        "curation/_desk.html",
        status=status,
        actor=actor,
        htmx=wants_fragment(request),
        draft=draft,
        words=asked,
        of=of,
        filters=[(code, gettext(label)) for code, label in FILTERS.items() if code != "scored" or scores],
        offered=await _offered(actor, frozen, draft, asked, of, scores),
        mine=await scoring.mine_of(actor, draft),
        curators=await scoring.curators_of(actor.round),
        interests=scoring_page.interests_in_words,
        scores=scores,
        has_criteria=bool(scoring.criteria_of(actor.round)),
        conflict=conflict,
        again=_again(request, form) if conflict else None,
        yours=await _as_seen(actor, form) if conflict else (),
        typed=form.get("sentence") if conflict and form else "",
        form=form or blank(),
        failed=failed,
        error_links=[] if conflict else _error_links(form, failed[1]),
        focus=focus,
        token_of=token_of,
        reasons=[(code, gettext(label)) for code, label in curation_reasons.options()],
        **await shown(actor, frozen, draft),
        **more,
    )


def _again(request: AnyRequest, form: Filled[Any] | None) -> tuple[str, dict[str, str]] | None:
    """The same edit once more, for whoever came too late and still wants it; a reason stands in its own form."""
    if form is None or not form.get("choice") or "sentence" in form.typed:
        return None
    return url(request.url.path), {name: value for name, value in form.typed.items() if value and name != "seen"}


def _error_links(form: Filled[Any] | None, token: str) -> list[tuple[str, Invalid]]:
    """Where each error of a form is to be mended: beside the reason, or at the search for statements."""
    number, _, choice = token.partition(":")
    places = {"reason_code": "code", "sentence": "sentence"}
    return [
        (f"{places[name]}-{number}{choice}" if name in places and number else "add", refusal)
        for name, refusal in (form.errors if form else {}).items()
    ]


async def shown(actor: Actor, frozen: Frozen, draft: Draft) -> dict[str, Any]:
    """The two slates, and what keeps the curated one from being signed."""
    item = next(one for one in actor.rounds if one.id == draft.round)
    missing = reading.missing_of(frozen, draft, reading.settings_of(item))
    gate = await curation_page.gate_for(actor)
    problems = curation.problems_of(frozen, draft, item, curators=await scoring.curators_of(item))
    return {
        "slates": await curation_page.two_slates(actor, frozen, draft, gate, missing=missing),
        "n_distinct": len(frozen.distinct(draft.stances)),
        "n_missing": len(missing),
        "problems": [sentence(Invalid(problem.message, **problem.parameters)) for problem in problems],
        "moves_need_reasons": reading.settings_of(item).moves_need_reasons,
    }


async def _offered(
    actor: Actor, frozen: Frozen, draft: Draft, words: str, of: str, scores: Mapping[int, scoring_page.Row]
) -> list[tuple[reading.Statement, set[str]]]:
    """Statements that can be added, each with the sides that are on the slate: those searched for, else those of the
    filter, else those left out that come closest to a place of their own."""
    listed = {stance.statement_id for stance in draft.stances}
    if words:
        found = await reading.search_statements(actor, words)
    elif of == "all":
        everything = await reading.search_statements(actor, "", n=N_LISTED + len(listed))
        found = tuple(one for one in everything if one.id not in listed)
    elif of == "scored":
        ranked = sorted(scores.values(), key=lambda row: (-row.rank, row.statement.number))
        found = tuple(row.statement for row in ranked if row.statement.id not in listed)
    else:
        left_out = list(dict.fromkeys(stance.statement_id for stance in frozen.challengers))
        texts = await reading.statements_of(left_out)
        found = tuple(texts[one] for one in left_out if one not in listed)[:N_SUGGESTED]
    return [
        (one, {stance.choice.value for stance in draft.stances if stance.statement_id == one.id})
        for one in found
        if one.status == "accepted"
    ]


async def _as_seen(actor: Actor, form: Filled[Any] | None) -> list[tuple[reading.Statement, bool]]:
    """The slate as the curator saw it who came too late: statements of this consultation, and whether against."""
    stances = []
    for token in (form.get("seen") if form else "").split(",")[: curation.MAX_ITEMS]:
        try:
            stances.append(stance_of(token))
        except Invalid:
            continue
    texts = await reading.statements_of([stance.statement_id for stance in stances], actor.consultation.id)
    return [
        (texts[stance.statement_id], stance.choice is Choice.DISAGREE)
        for stance in stances
        if stance.statement_id in texts
    ]


async def _without_analysis(request: AnyRequest, actor: Actor) -> Response[Any]:
    """Where the participants' slate is still being made: how far it is, and somebody is making it."""
    assert actor.round is not None
    proposed = reading.propose_round_before(actor, actor.round)
    has_quick = proposed is not None and (await reading.evidence_on(proposed))[1]
    await curation.ask_for_freeze(by=actor)
    n_votes = await reading.n_votes_before(proposed) if proposed is not None else 0
    return page_or_fragment(
        request,
        "curation/waiting.html",
        "curation/_waiting.html",
        actor=actor,
        has_quick=has_quick,
        is_possible=n_votes > 0,
    )


async def _carry_out(
    request: AnyRequest,
    actor: Actor,
    number: int,
    form: Filled[Any],
    act: Callable[[Proposal, Stance], Awaitable[None]],
    said: str,
    *,
    verb: str,
    focus: str | Callable[[], str] = "",
) -> Response[Any]:
    """The edit, and the whole desk with its balance in the same answer; without htmx, the way back to it."""
    failed = ("", "")
    if form.is_valid:
        proposal = await proposal_for(actor, number)
        stance = Stance(proposal.id, Choice(form.data.choice))
        failed = (verb, token_of(stance))
        try:
            await act(proposal, stance)
        except Invalid as refusal:
            form.errors[refusal.field or "number"] = refusal
        except Conflict as conflict:
            return await _desk(request, actor, status=409, form=form, conflict=conflict, failed=failed)
    if not form.is_valid:
        if failed == ("", ""):
            failed = await _failed(actor, number, form, verb)
        return await _desk(request, actor, status=422, form=form, failed=failed)
    words = said % {"number": num(number)}
    if wants_fragment(request):
        return await _desk(request, actor, said=words, focus=focus() if callable(focus) else focus)
    return see_other(request, url(f"/c/{actor.consultation.slug}/desk") + f"#s{number}", said=words)


async def _failed(actor: Actor, number: int, form: Filled[Any], verb: str) -> tuple[str, str]:
    row = await fetchrow(
        "select id from proposals where consultation = $1 and number = $2",
        actor.consultation.id,
        min(number, MAX_NUMBER),
    )
    return (verb, f"{row['id']}:{form.get('choice')}") if row else (verb, "")


@post("/c/{slug:str}/desk/items", opt={"action": Action.CURATE}, status_code=200)
async def add(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, AddForm)
    number = form.data.number if form.is_valid else 0

    async def act(proposal: Proposal, stance: Stance) -> None:
        replaces = stance_of(form.data.replaces) if form.data.replaces else None
        await curation.add(
            proposal=proposal, stance=stance, replaces=replaces, version=form.version, by=actor, form=form
        )

    said = gettext("Statement %(number)s stands on the curated slate.")
    return await _carry_out(request, actor, number, form, act, said, verb="add")


@post("/c/{slug:str}/desk/items/{number:int}/remove", opt={"action": Action.CURATE}, status_code=200)
async def remove(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, ItemForm)
    following: list[str] = []

    async def act(proposal: Proposal, stance: Stance) -> None:
        await curation.remove(proposal=proposal, stance=stance, version=form.version, by=actor, form=form)
        following.append(_next_of(stance, form.get("seen")))

    said = gettext("Statement %(number)s does not stand on the curated slate any more.")
    return await _carry_out(request, actor, number, form, act, said, verb="remove", focus=lambda: following[0])


def _next_of(stance: Stance, seen: str) -> str:
    """The item below the one that was removed, where the focus goes on; "" where it was the last one."""
    tokens = seen.split(",")
    place = tokens.index(token_of(stance)) if token_of(stance) in tokens else len(tokens)
    return f"remove:{tokens[place + 1]}" if place + 1 < len(tokens) else ""


@post("/c/{slug:str}/desk/items/{number:int}/move", opt={"action": Action.CURATE}, status_code=200)
async def move(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, MoveForm)

    async def act(proposal: Proposal, stance: Stance) -> None:
        given = form.data
        place = max(given.place - 1, 0) if given.direction == "to" else None
        up = given.direction == "up"
        await curation.move(
            proposal=proposal, stance=stance, up=up, place=place, version=form.version, by=actor, form=form
        )

    said = gettext("Statement %(number)s has another place.")
    focus = f"{form.get('direction')}:{number}:{form.get('choice')}"
    return await _carry_out(request, actor, number, form, act, said, verb="move", focus=focus)


@post("/c/{slug:str}/desk/reasons/{number:int}", opt={"action": Action.CURATE}, status_code=200)
async def give_reason(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, ReasonForm)
    request.scope["state"]["typed"] = {"sentence": form.get("sentence")}
    if "reason_code" in form.errors:
        form.refuse("reason_code", NOT_A_REASON)
    if "sentence" in form.errors and not form.get("sentence").strip():
        form.refuse("sentence", NO_REASON)

    async def act(proposal: Proposal, stance: Stance) -> None:
        await curation.give_reason(
            proposal=proposal,
            stance=stance,
            reason_code=form.data.reason_code,
            sentence=form.data.sentence,
            version=form.version,
            by=actor,
            form=form,
        )

    said = gettext("The reason for statement %(number)s is saved.")
    return await _carry_out(request, actor, number, form, act, said, verb="reason")


@post("/c/{slug:str}/desk/undo", opt={"action": Action.CURATE}, status_code=200)
async def undo(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, UndoForm)
    try:
        await curation.undo(version=form.version, by=actor, form=form)
    except Conflict as conflict:
        return await _desk(request, actor, status=409, form=form, conflict=conflict)
    said = gettext("The last step is undone.")
    if wants_fragment(request):
        return await _desk(request, actor, said=said)
    return see_other(request, url(f"/c/{actor.consultation.slug}/desk"), said=said)


HANDLERS = [show_desk, add, remove, move, give_reason, undo]
