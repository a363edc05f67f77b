"""Before the curation desk: appointing curators, declaring interests, scoring alone, and the scores side by side."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import MAX_NUMBER, Actor, curator_code, proposal_for
from app.actions import curators
from app.analysis import curation as reading
from app.analysis import scoring, scoring_page
from app.analysis.curation import Frozen, statements_of
from app.analysis.scoring import DECLARED, RECUSED, Candidate, Conflict, Mine
from app.controllers.accounts import Email
from app.database import fetch
from app.forms import Filled, NoFields, blank, read
from app.language import gettext, num
from app.refusals import N_, Invalid, NotFound, Refusal
from app.rendering import AnyRequest, StatusLine, page, page_or_fragment, see_other, url, wants_fragment
from app.taxonomies import conflict_grounds
from deliberation.phases import Action, Phase, Role
from deliberation.scoring import Part, Viewer

Answer = Annotated[str, msgspec.Meta(max_length=4)]
Number = Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]
UNKNOWN = N_("There is no statement with this number.")
KINDS = {
    RECUSED: N_("I step back: I neither score nor decide it"),
    DECLARED: N_("I declare it, and go on"),
}


class DeclareForm(msgspec.Struct):
    interests: Annotated[list[Annotated[str, msgspec.Meta(max_length=48)]], msgspec.Meta(max_length=80)] = (
        msgspec.field(default_factory=list)
    )
    other_number: Annotated[str, msgspec.Meta(max_length=10)] = ""
    other_interest: Annotated[str, msgspec.Meta(max_length=40)] = ""


class ScoreForm(msgspec.Struct):
    score_1: Answer = ""
    score_2: Answer = ""
    score_3: Answer = ""
    score_4: Answer = ""
    score_5: Answer = ""
    score_6: Answer = ""
    score_7: Answer = ""
    score_8: Answer = ""


class NoteForm(msgspec.Struct):
    text: Annotated[str, msgspec.Meta(min_length=3, max_length=500)]


class AppointCuratorForm(msgspec.Struct):
    email: Email
    rounds: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=99)]], msgspec.Meta(max_length=20)] = msgspec.field(
        default_factory=list
    )


class RemoveCuratorForm(msgspec.Struct):
    email: Email


def _base(actor: Actor) -> str:
    return f"/c/{actor.consultation.slug}"


# -------- who curates which round


@get("/c/{slug:str}/convene/curators", opt={"action": Action.APPOINT})
async def show_curators(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _curators_page(request, actor, blank())


async def _curators_page(request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    rows = await fetch(
        "select a.email, a.id, m.role, m.rounds from memberships m join accounts a on a.id = m.account "
        "where m.consultation = $1 and m.role in ('convenor', 'curator') order by m.role, a.email",
        actor.consultation.id,
    )
    item = scoring.curate_round_of(actor)
    said = {} if item is None else await scoring.declarations_of(item)
    return page(
        request,
        "curation/appoint.html",
        status=status,
        actor=actor,
        form=form,
        rows=[(row, said.get(curator_code(item.id, row["id"])) if item else None) for row in rows],
        item=item,
        curate_rounds=[other for other in actor.rounds if other.phase == Phase.CURATE],
    )


@post("/c/{slug:str}/convene/curators", opt={"action": Action.APPOINT}, status_code=200)
async def appoint(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, AppointCuratorForm)
    if form.is_valid:
        try:
            await curators.appoint(email=form.data.email, numbers=form.data.rounds, by=actor, form=form)
            back = url(f"{_base(actor)}/convene/curators")
            return see_other(request, back, said=gettext("The curator is appointed."))
        except Refusal as refusal:
            form.errors["email"] = Invalid(refusal.message, field="email", **refusal.parameters)
    return await _curators_page(request, actor, form, status=422)


@post("/c/{slug:str}/convene/curators/remove", opt={"action": Action.APPOINT}, status_code=200)
async def remove(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, RemoveCuratorForm)
    if form.is_valid:
        try:
            await curators.remove(email=form.data.email, by=actor, form=form)
            said = gettext("The person is no curator any more. What they saved is kept.")
            return see_other(request, url(f"{_base(actor)}/convene/curators"), said=said)
        except NotFound as refusal:
            form.errors["email"] = Invalid(refusal.message, field="email")
    return await _curators_page(request, actor, form, status=422)


# -------- interests


@get("/c/{slug:str}/desk/declaration", opt={"action": Action.CURATE})
async def ask_to_declare(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _declare_page(request, actor, blank(interests=[]))


async def _frozen(actor: Actor) -> Frozen | None:
    analysis = await reading.analysis_for(actor)
    return None if analysis is None else await reading.frozen_of(analysis)


async def _declare_page(request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    frozen, mine = await _frozen(actor), await scoring.mine_of(actor)
    known = await scoring.known_interests(actor)
    wrote = {one for one in known if await scoring.is_author(actor, one)}
    held = {**known, **mine.conflicts}
    ids = list(dict.fromkeys((*held, *(scoring.candidates_of(frozen) if frozen else ()))))
    texts = await statements_of(ids)
    typed = dict(_parsed(form.get("interests") or []))
    shown = [(texts[one], typed.get(texts[one].number, held.get(one))) for one in ids if one in texts]
    return page(
        request,
        "curation/declare.html",
        status=status,
        actor=actor,
        form=form,
        mine=mine,
        has_declared=mine.viewer is not Viewer.UNDECLARED,
        shown=shown,
        wrote=wrote,
        kinds=[(code, gettext(words)) for code, words in KINDS.items()],
        grounds=[(code, gettext(label)) for code, label in conflict_grounds.options()],
        criteria=scoring.criteria_of(actor.round) if actor.round else (),
    )


def _parsed(values: list[str]) -> list[tuple[int, Conflict]]:
    """Interests as the form sends them: number, kind and ground; what is none of them is left out."""
    found = []
    for value in values:
        number, kind, ground = (*value.split(":"), "", "", "")[:3]
        if number.isascii() and number.isdigit() and len(number) < 10 and kind in KINDS:
            found.append((int(number), Conflict(kind, ground)))
    return found


@post("/c/{slug:str}/desk/declaration", opt={"action": Action.CURATE}, status_code=200)
async def declare(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, DeclareForm)
    if form.is_valid:
        given = form.data
        other = f"{given.other_number}:{given.other_interest}"
        numbered = _parsed([*given.interests, *([other] if given.other_number else [])])
        if given.other_number and not given.other_interest:
            form.refuse("other_interest", N_("Please choose what you do about it."))
        interests = {}
        for number, conflict in numbered:
            try:
                interests[(await proposal_for(actor, number)).id] = conflict
            except NotFound:
                form.refuse("other_number", UNKNOWN)
        if len(numbered) < len(given.interests) + bool(given.other_number):
            form.refuse("other_number", UNKNOWN)
        if form.is_valid:
            with form.refusals(at="interests"):
                await curators.declare(interests=interests, by=actor, form=form)
                said = gettext("Your declaration is saved.")
                return see_other(request, url(f"{_base(actor)}/desk"), said=said)
    return await _declare_page(request, actor, form, status=422)


# -------- scores


@get("/c/{slug:str}/desk/scores", opt={"action": Action.CURATE})
async def show_scores(
    request: AnyRequest, actor: NamedDependency[Actor], number: Annotated[str, QueryParameter(name="n")] = ""
) -> Response[Any]:
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
    return await _scores_page(request, actor, blank(), wanted=wanted)


async def _scores_page(
    request: AnyRequest,
    actor: Actor,
    form: Filled[Any],
    *,
    wanted: int | None = None,
    status: int = 200,
    said: str = "",
) -> Response[Any]:
    assert actor.round is not None
    frozen, draft = await _frozen(actor), await reading.draft_of_round(actor.round)
    mine = await scoring.mine_of(actor, draft)
    if frozen is None or mine.viewer is Viewer.UNDECLARED:
        return see_other(request, url(f"{_base(actor)}/desk" + ("/declaration" if frozen else "")))
    candidates = await scoring.candidates_for(actor, frozen, mine)
    more: dict[str, Any] = {"status_line": StatusLine(said)} if said else {}
    return page_or_fragment(
        request,
        "curation/scores.html",
        "curation/_scores.html",
        status=status,
        actor=actor,
        htmx=wants_fragment(request),
        form=form,
        failed=wanted if "text" in form.errors else None,
        error_links=[(f"note-{wanted}" if name == "text" else name, refusal) for name, refusal in form.errors.items()],
        mine=mine,
        draft=draft,
        is_scoring=mine.viewer is Viewer.SCORING,
        candidates=candidates,
        current=_current(candidates, mine, wanted),
        criteria=scoring.criteria_of(actor.round),
        n_open=sum(one.is_open for one in candidates),
        n_scored=sum(one.is_open and one.own is not None for one in candidates),
        scale=[(code, gettext(words)) for code, words in scoring_page.SCALE.items()],
        rows=await scoring_page.side_by_side(actor.round, draft) if mine.sees(Part.CONSOLIDATION) else (),
        curators=await scoring.curators_of(actor.round),
        may_close=Role.CONVENOR in actor.roles and (draft is None or draft.scoring_closed_at is None),
        who_sees=scoring_page.who_sees_what(),
        **more,
    )


def _current(candidates: tuple[Candidate, ...], mine: Mine, wanted: int | None) -> Candidate | None:
    """The candidate whose form is shown: the one asked for, else the first without scores."""
    if mine.viewer is not Viewer.SCORING:
        return None
    still_open = [one for one in candidates if one.is_open]
    asked = [one for one in still_open if one.statement.number == wanted]
    unscored = [one for one in still_open if one.own is None]
    return next(iter((*asked, *unscored)), None)


@post("/c/{slug:str}/desk/scores/{number:int}", opt={"action": Action.CURATE}, status_code=200)
async def score(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, ScoreForm)
    assert actor.round is not None
    n_criteria = len(scoring.criteria_of(actor.round))
    if form.is_valid:
        answers = [getattr(form.data, f"score_{place}") for place in range(1, n_criteria + 1)]
        for place, answer in enumerate(answers, 1):
            if answer not in scoring_page.SCALE:
                form.refuse(f"score_{place}", N_("Please choose a score, or say that you cannot judge."))
        if form.is_valid:
            proposal = await proposal_for(actor, number)
            scores = [None if answer == "none" else int(answer) for answer in answers]
            await curators.score(proposal=proposal, scores=scores, by=actor, form=form)
            said = gettext("Your scores for statement %(number)s are saved.") % {"number": num(number)}
            if wants_fragment(request):
                return await _scores_page(request, actor, blank(), said=said)
            return see_other(request, url(f"{_base(actor)}/desk/scores"), said=said)
    return await _scores_page(request, actor, form, wanted=number, status=422)


@post("/c/{slug:str}/desk/scores/finish", opt={"action": Action.CURATE}, status_code=303)
async def finish(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await curators.finish(by=actor, form=await read(request, NoFields))
    said = gettext("Your scores are final. You see all scores side by side now.")
    return see_other(request, url(f"{_base(actor)}/desk/scores"), said=said)


@post("/c/{slug:str}/desk/scores/close", opt={"action": Action.CURATE}, status_code=303)
async def close_scoring(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await curators.close_scoring(by=actor, form=await read(request, NoFields))
    return see_other(request, url(f"{_base(actor)}/desk/scores"), said=gettext("Scoring is closed."))


@post("/c/{slug:str}/desk/notes/{number:int}", opt={"action": Action.CURATE}, status_code=200)
async def note(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, NoteForm)
    if not form.is_valid:
        return await _scores_page(request, actor, form, wanted=number, status=422)
    await curators.note(proposal=await proposal_for(actor, number), text=form.data.text, by=actor, form=form)
    said = gettext("Your note on statement %(number)s is saved.") % {"number": num(number)}
    if wants_fragment(request):
        return await _scores_page(request, actor, blank(), said=said)
    return see_other(request, url(f"{_base(actor)}/desk/scores") + f"#c{number}", said=said)


# -------- in public


@get("/c/{slug:str}/curators", opt={"action": Action.SEE_CONSULTATION})
async def show_public(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(
        request,
        "curation/curators.html",
        actor=actor,
        public=await scoring_page.public_of(actor),
        who_sees=scoring_page.who_sees_what(),
    )


HANDLERS = [
    show_curators,
    appoint,
    remove,
    ask_to_declare,
    declare,
    show_scores,
    score,
    finish,
    close_scoring,
    note,
    show_public,
]
