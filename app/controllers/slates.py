"""The two slates: what an algorithm chose for everyone, what curators made of it, and what participants answered."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from app.access import Actor
from app.analysis import curation, curation_page, responses
from app.analysis.curation import Draft
from app.language import gettext, num, pct
from app.refusals import N_
from app.rendering import page
from deliberation.disclosure import release_tally
from deliberation.phases import Action, Phase

AnyRequest = Request[Any, Any, Any]
QUESTION_NAMES = {
    "represents": N_("Does this slate represent us?"),
    "can_live_with": N_("Can I live with the reasons?"),
}


@get("/c/{slug:str}/slates", opt={"action": Action.SEE_SLATES})
async def show_slates(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    draft = await curation.published_before(actor, None)
    if draft is None:
        return await _participants_slate(request, actor)
    frozen = await curation.frozen_of(draft.analysis)
    gate = await curation_page.gate_for(actor)
    result = await responses.result_of(actor, draft, gate)
    slates = await curation_page.two_slates(actor, frozen, draft, gate)
    slates = curation_page.with_audit(slates, result.audited if result else "")
    return page(
        request,
        "slates/show.html",
        actor=actor,
        draft=draft,
        slates=slates,
        dial=_dial(slates),
        result=result,
        question_names={code: gettext(words) for code, words in QUESTION_NAMES.items()},
        can_respond=actor.why_not(Action.RESPOND) is None and actor.participant is not None,
        is_curating=actor.why_not(Action.CURATE) is None,
    )


async def _participants_slate(request: AnyRequest, actor: Actor) -> Response[Any]:
    """Before a curated slate is published: the participants' slate alone, or the word that there is none yet."""
    closed = actor.last_closed(Phase.PROPOSE)
    analysis = None if closed is None else (await curation.evidence_on(closed))[0]
    slates = None
    if analysis is not None and closed is not None:
        frozen = await curation.frozen_of(analysis)
        gate = await curation_page.gate_for(actor)
        alone = Draft(analysis, closed.id, analysis, "none", 0, frozen.slate.size, frozen.stances, {}, (), None, {})
        slates = await curation_page.two_slates(actor, frozen, alone, gate)
    curated = [item for item in actor.rounds if item.phase == Phase.CURATE and item.closes_at <= actor.now]
    return page(
        request,
        "slates/before.html",
        actor=actor,
        slates=slates,
        is_over=bool(curated),
        is_curating=actor.why_not(Action.CURATE) is None,
    )


def _dial(slates: curation_page.TwoSlates) -> str:
    """How much of the final slate began with participants: a count of statements, which tells of nobody."""
    n = release_tally(len(slates.after)).value
    n_own = release_tally(sum(not item.statement.is_starter for item in slates.after)).value
    assert isinstance(n, int) and isinstance(n_own, int)
    if not n:
        return ""
    said = gettext(
        "%(share)s of the final items (%(own)s of %(n)s) began with participants; %(rest)s with the convenor."
    )
    return said % {"share": pct(n_own / n), "own": num(n_own), "n": num(n), "rest": num(n - n_own)}


HANDLERS = [show_slates]
