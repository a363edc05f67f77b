"""Statements to browse, a proposal's own page, writing one, my proposals."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import Actor, proposal_for, speaks_for
from app.actions import proposals
from app.analysis import (
    amendments,
    appeals,
    carrying,
    families,
    glossary,
    lineage,
    results_views,
    similar,
    translations,
)
from app.database import fetch, fetchrow
from app.forms import NOT_A_CHOICE, NOT_A_LANGUAGE, Filled, NoFields, blank, read
from app.language import LANGUAGES, current_locale, gettext, ngettext, num
from app.limits import WORK
from app.refusals import N_, Denied, Invalid, NotFound
from app.rendering import AnyRequest, fragment, page, page_or_fragment, see_other, url
from app.taxonomies import moderation_reasons
from app.taxonomies.sdgs import GOALS
from deliberation.phases import Action

PER_PAGE = 25
STATUS_NAMES = {
    "waiting": N_("Waiting for a moderator"),
    "accepted": N_("Open for votes"),
    "returned": N_("Returned to its author with a question"),
    "declined": N_("Declined"),
    "merged": N_("Merged"),
    "withdrawn": N_("Withdrawn"),
}
WORDING_NAMES = {
    "waiting": N_("Waits for an answer"),
    "accepted": N_("Accepted"),
    "declined": N_("Declined"),
    "withdrawn": N_("Taken back"),
    "own": N_("A proposal of its own now"),
}


class ProposeForm(msgspec.Struct):
    statement: Annotated[str, msgspec.Meta(min_length=8, max_length=proposals.MAX_STATEMENT)]
    language: Annotated[str, msgspec.Meta(max_length=8)]
    details: Annotated[str, msgspec.Meta(max_length=proposals.MAX_DETAILS)] = ""
    goals: Annotated[list[int], msgspec.Meta(max_length=5)] = []
    on_behalf: bool = False
    is_named: bool = False


class FlagForm(msgspec.Struct):
    reason_code: Annotated[str, msgspec.Meta(max_length=32)]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


BROWSE = """
select id, number, statement, language, goals, is_starter, is_noted, count(*) over () as n from proposals
where consultation = $1 and status = 'accepted'
  and ($2 = '' or statement ilike '%' || replace(replace(replace($2, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%')
  and ($3 = '' or language = $3)
order by number limit $4 offset $5
"""


@get("/c/{slug:str}/statements", opt={"action": Action.SEE_STATEMENTS, "limit": "search"})
async def browse(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    q: Annotated[str, QueryParameter(name="q")] = "",
    language: Annotated[str, QueryParameter(name="language")] = "",
    number: Annotated[int, QueryParameter(name="page")] = 1,
) -> Response[Any]:
    place, words = max(1, min(number, 1_000)), q.replace("\x00", "")[:100]
    wanted = language if language in LANGUAGES else ""
    rows = await fetch(BROWSE, actor.consultation.id, words, wanted, PER_PAGE, (place - 1) * PER_PAGE)
    n = rows[0]["n"] if rows else 0
    return page_or_fragment(
        request,
        "proposals/index.html",
        "proposals/_list.html",
        actor=actor,
        rows=rows,
        wordings=await translations.wordings(actor, rows),
        q=words,
        language=wanted,
        n=n,
        page_number=place,
        n_pages=max(1, -(-n // PER_PAGE)),
        language_options=list(LANGUAGES.items()),
    )


@get("/c/{slug:str}/statements/{number:int}", opt={"action": Action.SEE_STATEMENTS})
async def show(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    own_vote = None
    if actor.participant is not None:
        own_vote = await fetchrow(
            "select choice, matters from votes where participant = $1 and proposal = $2",
            actor.participant.id,
            proposal.id,
        )
    merged_into = None
    if proposal.merged_into is not None:
        merged_into = await fetchrow("select number, statement from proposals where id = $1", proposal.merged_into)
    merged_from = await fetch(
        "select number, statement, language from proposals where merged_into = $1 order by number", proposal.id
    )
    family, wording = await families.family_of(actor, proposal.id), await translations.wording_of(actor, proposal)
    return page(
        request,
        "proposals/show.html",
        actor=actor,
        proposal=proposal,
        wording=wording,
        terms=await glossary.terms_in(actor, wording.texts),
        own_vote=own_vote,
        merged_into=merged_into,
        merged_from=[row for row in merged_from if family is None or row["number"] not in family.numbers],
        family=family,
        is_member=proposal.status == "merged" and await families.is_member(proposal.id),
        sponsors=await _sponsors(actor, proposal.id),
        status_name=STATUS_NAMES[proposal.status],
        question=_guiding_question(actor, proposal.question),
        vote_refused=actor.why_not(Action.VOTE),
        speaks_for=speaks_for(actor, proposal),
        n_waiting=await carrying.n_waiting(actor),
        results=await results_views.of_statement(actor, proposal.id),
    )


def _guiding_question(actor: Actor, number: int) -> str:
    """The guiding question that a statement answers, empty for none."""
    questions = actor.consultation.questions
    return questions[number - 1] if 0 < number <= len(questions) else ""


async def _sponsors(actor: Actor, proposal: int) -> dict[str, Any]:
    """How many organisations stand behind it; their names only where the consultation names organisations."""
    rows = await fetch(
        """
        select o.name, o.id from cosponsors c join organisations o on o.id = c.organisation where c.proposal = $1
        order by o.name
        """,
        proposal,
    )
    own = actor.participant.organisation if actor.participant else None
    named = actor.consultation.attribution == "attributed"
    return {
        "n": len(rows),
        "names": [row["name"] for row in rows] if named else [],
        "is_own": own is not None and any(row["id"] == own for row in rows),
        "can": own is not None,
    }


@get("/c/{slug:str}/propose", opt={"action": Action.PROPOSE})
async def write(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return _write_page(request, actor, blank(language=current_locale(), goals=[]))


def goal_options() -> list[tuple[str, str]]:
    """The goals as a form lists them, in the reader's language."""
    return [(str(goal.number), f"{goal.number} {gettext(goal.title)}") for goal in GOALS]


def _write_page(request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    return page(
        request,
        "proposals/propose.html",
        status=status,
        actor=actor,
        form=form,
        max_length=proposals.MAX_STATEMENT,
        language_options=list(LANGUAGES.items()),
        goal_options=goal_options(),
        can_speak_for=actor.participant is not None and actor.participant.organisation is not None,
    )


def check_proposal(form: Filled[ProposeForm]) -> None:
    """Says what is wrong with the language or the goals of a proposal."""
    if form.is_valid and form.data.language not in LANGUAGES:
        form.errors["language"] = Invalid(NOT_A_LANGUAGE)
    if form.is_valid and any(goal not in range(1, 18) for goal in form.data.goals):
        form.errors["goals"] = Invalid(N_("Please choose goals from 1 to 17."))


@post("/c/{slug:str}/propose/check", opt={"action": Action.PROPOSE, "limit": WORK}, status_code=200)
async def check(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Before anything is public: the statement as it will read, hints, and statements that say nearly the same."""
    form = await read(request, ProposeForm)
    check_proposal(form)
    if not form.is_valid:
        return _write_page(request, actor, form, status=422)
    return page(
        request,
        "proposals/check.html",
        actor=actor,
        form=form,
        similar=await similar.to(form.data.statement, consultation=actor.consultation.id),
        hints=similar.hints(
            form.data.statement,
            form.data.language,
            mode=actor.consultation.attribution,
            own_names=await _own_names(actor),
        ),
        rare_words=similar.rare_words(form.data.statement, form.data.language),
    )


async def _own_names(actor: Actor) -> tuple[str, ...]:
    """What would give the writer away: their name, and the organisation they may speak for."""
    body = actor.participant.organisation if actor.participant is not None else None
    row = None if body is None else await fetchrow("select name from organisations where id = $1", body)
    names = (actor.person.name if actor.person else "", row["name"] if row else "")
    return tuple(name for name in names if name)


@post("/c/{slug:str}/propose/edit", opt={"action": Action.PROPOSE, "limit": WORK}, status_code=200)
async def edit(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Back from the check page, with everything as it was typed."""
    return _write_page(request, actor, await read(request, ProposeForm))


@post("/c/{slug:str}/propose/similar", opt={"action": Action.PROPOSE, "limit": WORK}, status_code=200)
async def look_for_similar(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """While writing: what says nearly the same already."""
    text = str((await request.form()).get("statement", ""))[: proposals.MAX_STATEMENT]
    found = await similar.to(text, consultation=actor.consultation.id) if len(text) >= 8 else ()
    return fragment(request, "proposals/_similar.html", actor=actor, similar=found)


@post("/c/{slug:str}/propose", opt={"action": Action.PROPOSE}, status_code=200)
async def submit(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ProposeForm)
    check_proposal(form)
    if form.is_valid:
        given = form.data
        try:
            await proposals.submit(
                statement=given.statement,
                details=given.details,
                language=given.language,
                goals=given.goals,
                is_named=given.is_named,
                on_behalf=given.on_behalf,
                by=actor,
                form=form,
            )
        except Denied as refusal:
            form.errors["statement"] = Invalid(refusal.message, field="statement", **refusal.parameters)
    if not form.is_valid:
        return _write_page(request, actor, form, status=422)
    hours = actor.consultation.decide_within_hours
    said = ngettext(
        "A moderator reads it within %(shown)s hour. You see the outcome here.",
        "A moderator reads it within %(shown)s hours. You see the outcome here.",
        hours,
    ) % {"shown": num(hours)}
    return see_other(request, url(f"/c/{actor.consultation.slug}/me/proposals"), said=said)


OWN = "select id from proposals where consultation = $1 and author = $2 order by number"


@get("/c/{slug:str}/me/proposals", opt={"action": Action.SEE_OWN})
async def own(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    assert actor.participant is not None
    ids = [row["id"] for row in await fetch(OWN, actor.consultation.id, actor.participant.id)]
    return page(
        request,
        "proposals/mine.html",
        actor=actor,
        nodes=await lineage.fates_of(actor, ids),
        appeals=await appeals.appeals_of(ids),
        questions=await amendments.questions_for(actor),
        wordings=await amendments.own_wordings(actor),
        status_names=STATUS_NAMES,
        wording_names=WORDING_NAMES,
        refused=actor.why_not(Action.PROPOSE),
    )


@get("/c/{slug:str}/statements/{number:int}/withdraw", opt={"action": Action.SEE_OWN})
async def ask_to_withdraw(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    if actor.participant is None or proposal.author != actor.participant.id:
        raise NotFound
    refused = actor.why_not(Action.PROPOSE)
    return page(request, "proposals/withdraw.html", actor=actor, proposal=proposal, refused=refused)


@post("/c/{slug:str}/statements/{number:int}/withdraw", opt={"action": Action.PROPOSE, "limit": WORK}, status_code=303)
async def withdraw(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, NoFields)
    await proposals.withdraw(proposal=await proposal_for(actor, number), by=actor, form=form)
    back = url(f"/c/{actor.consultation.slug}/me/proposals")
    return see_other(request, back, said=gettext("Your proposal is withdrawn."))


@post("/c/{slug:str}/statements/{number:int}/cosponsor", opt={"action": Action.COSPONSOR}, status_code=303)
async def cosponsor(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, NoFields)
    await proposals.cosponsor(proposal=await proposal_for(actor, number), by=actor, form=form)
    back = url(f"/c/{actor.consultation.slug}/statements/{number}")
    return see_other(request, back, said=gettext("Your organisation stands behind this proposal."))


@post("/c/{slug:str}/statements/{number:int}/cosponsor/end", opt={"action": Action.COSPONSOR}, status_code=303)
async def end_cosponsoring(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, NoFields)
    await proposals.end_cosponsoring(proposal=await proposal_for(actor, number), by=actor, form=form)
    back = url(f"/c/{actor.consultation.slug}/statements/{number}")
    return see_other(request, back, said=gettext("Your organisation no longer stands behind this proposal."))


@get("/c/{slug:str}/statements/{number:int}/report", opt={"action": Action.FLAG})
async def ask_to_flag(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    return _flag_page(request, actor, await proposal_for(actor, number), blank())


def _flag_page(request: AnyRequest, actor: Actor, proposal: Any, form: Any, *, status: int = 200) -> Response[Any]:
    options = [(code, gettext(label)) for code, label in moderation_reasons.options()]
    return page(
        request, "proposals/report.html", status=status, actor=actor, proposal=proposal, form=form, options=options
    )


@post("/c/{slug:str}/statements/{number:int}/report", opt={"action": Action.FLAG}, status_code=200)
async def flag(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    form = await read(request, FlagForm)
    if form.is_valid and form.data.reason_code not in moderation_reasons.codes():
        form.errors["reason_code"] = Invalid(NOT_A_CHOICE)
    if not form.is_valid:
        return _flag_page(request, actor, proposal, form, status=422)
    await proposals.flag(proposal=proposal, reason_code=form.data.reason_code, note=form.data.note, by=actor, form=form)
    back = url(f"/c/{actor.consultation.slug}/vote")
    return see_other(request, back, said=gettext("Thank you. A moderator will look at it."))


HANDLERS = [
    browse,
    show,
    write,
    check,
    edit,
    look_for_similar,
    submit,
    own,
    ask_to_withdraw,
    withdraw,
    cosponsor,
    end_cosponsoring,
    ask_to_flag,
    flag,
]
