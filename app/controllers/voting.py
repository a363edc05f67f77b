"""The vote card: see a statement, choose, next; undo, set aside; my votes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import MAX_NUMBER, Actor, proposal_for
from app.actions import votes
from app.analysis import carrying, exclusions, glossary, overview, translations
from app.database import fetch
from app.forms import read
from app.language import gettext
from app.rendering import AnyRequest, StatusLine, page_or_fragment, see_other, url, wants_fragment
from app.tables.proposals import Proposal
from deliberation.phases import Action
from deliberation.votes import Choice

SAID = {
    Choice.AGREE: lambda: gettext("You agreed with statement %(number)s."),
    Choice.DISAGREE: lambda: gettext("You disagreed with statement %(number)s."),
    Choice.PASS: lambda: gettext("You are unsure about statement %(number)s."),
}
PER_PAGE = 50


class VoteForm(msgspec.Struct):
    choice: Literal["agree", "disagree", "pass", "later"]
    priority: bool = False
    seen: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)] = 0
    """The number of the translation that was before them, 0 for the statement's own words."""


@get("/c/{slug:str}/vote", opt={"action": Action.VOTE})
async def card(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    aside: Annotated[bool, QueryParameter(name="aside")] = False,
    again: Annotated[int, QueryParameter(name="again")] = 0,
) -> Response[Any]:
    if again:
        return await _answer(
            request, actor, await votes.show_again(proposal=await proposal_for(actor, again), by=actor)
        )
    shown = await (votes.show_set_aside(by=actor) if aside else votes.show_next(by=actor))
    return await _answer(request, actor, shown)


async def _answer(
    request: AnyRequest, actor: Actor, shown: votes.Card, said: StatusLine | None = None, *, status: int = 200
) -> Response[Any]:
    more: dict[str, Any] = {} if said is None else {"status_line": said}
    wording = await translations.wording_of(actor, shown.proposal) if shown.proposal else None
    return page_or_fragment(
        request,
        "voting/show.html",
        "voting/_card.html",
        status=status,
        actor=actor,
        card=shown,
        wording=wording,
        terms=await glossary.terms_in(actor, wording.texts) if wording else (),
        is_fragment=wants_fragment(request),
        phases=overview.phase_bar(actor.rounds, actor),
        n_waiting=await carrying.n_waiting(actor),
        **more,
    )


@post("/c/{slug:str}/votes/{number:int}", opt={"action": Action.VOTE}, status_code=200)
async def cast(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    form = await read(request, VoteForm)
    if not form.is_valid:
        said = StatusLine(gettext(votes.NOT_A_CHOICE))
        return await _answer(request, actor, await votes.show_again(proposal=proposal, by=actor), said, status=422)
    base = f"/c/{actor.consultation.slug}"
    if form.data.choice == "later":
        await votes.set_aside(proposal=proposal, by=actor)
        said = StatusLine(gettext("Statement %(number)s is set aside. It comes back at the end.") % {"number": number})
    else:
        choice = Choice(form.data.choice)
        await votes.cast(proposal=proposal, choice=choice, matters=form.data.priority, seen=form.data.seen, by=actor)
        said = StatusLine(SAID[choice]() % {"number": number}, url(f"{base}/votes/{number}/undo"))
    if wants_fragment(request):
        return await _answer(request, actor, await votes.show_next(by=actor), said)
    return see_other(request, url(f"{base}/vote"), said=said.text, undo=said.undo)


@post("/c/{slug:str}/votes/{number:int}/undo", opt={"action": Action.VOTE}, status_code=200)
async def undo(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    await votes.withdraw(proposal=proposal, by=actor)
    said = StatusLine(gettext("Your vote on statement %(number)s is taken back.") % {"number": number})
    if wants_fragment(request):
        return await _answer(request, actor, await votes.show_again(proposal=proposal, by=actor), said)
    return see_other(request, url(f"/c/{actor.consultation.slug}/vote", again=number), said=said.text)


OWN_VOTES = """
select p.id, p.number, p.statement, p.language, p.status, v.choice, v.matters
from votes v join proposals p on p.id = v.proposal
where v.consultation = $1 and v.participant = $2 and ($3 = '' or v.choice = $3)
order by p.number limit $4 offset $5
"""


@get("/c/{slug:str}/me/votes", opt={"action": Action.SEE_OWN})
async def own(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    choice: Annotated[str, QueryParameter(name="choice")] = "",
    number: Annotated[int, QueryParameter(name="page")] = 1,
) -> Response[Any]:
    assert actor.participant is not None
    wanted = choice if choice in set(Choice) else ""
    place = max(1, min(number, 1_000))
    rows = await fetch(OWN_VOTES, actor.consultation.id, actor.participant.id, wanted, PER_PAGE, (place - 1) * PER_PAGE)
    waiting = await carrying.waiting_of(actor)
    total = await fetch(
        "select count(*) as n from votes where consultation = $1 and participant = $2 and ($3 = '' or choice = $3)",
        actor.consultation.id,
        actor.participant.id,
        wanted,
    )
    return page_or_fragment(
        request,
        "voting/mine.html",
        "voting/_mine.html",
        actor=actor,
        rows=rows,
        wordings=await translations.wordings(actor, rows),
        choice=wanted,
        n=total[0]["n"],
        page_number=place,
        n_pages=max(1, -(-total[0]["n"] // PER_PAGE)),
        refused=actor.why_not(Action.VOTE),
        left_out=await exclusions.own(actor),
        waiting={original.number: one.number for one in waiting for original in one.originals},
    )


@post("/c/{slug:str}/me/votes/{number:int}", opt={"action": Action.VOTE}, status_code=303)
async def change(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal: Proposal = await proposal_for(actor, number)
    form = await read(request, VoteForm)
    back = url(f"/c/{actor.consultation.slug}/me/votes") + f"#s{number}"
    if not form.is_valid or form.data.choice == "later":
        return see_other(request, back, said=gettext(votes.NOT_A_CHOICE))
    choice = Choice(form.data.choice)
    await votes.cast(proposal=proposal, choice=choice, matters=form.data.priority, seen=form.data.seen, by=actor)
    return see_other(request, back, said=SAID[choice]() % {"number": number})


HANDLERS = [card, cast, undo, own, change]
