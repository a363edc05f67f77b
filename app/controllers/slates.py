"""The two slates: what an algorithm chose for everyone, what curators made of it, and what participants answered."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from app.access import Actor
from app.actions import responses as responding
from app.analysis import certified, curation, curation_page, dial, responses, responses_result, translations
from app.analysis.curation import Draft, Frozen
from app.analysis.curation_page import TwoSlates
from app.analysis.exclusion_words import sentence_of
from app.analysis.responses_result import Result
from app.analysis.results import Gate
from app.language import gettext
from app.refusals import N_
from app.rendering import AnyRequest, page
from deliberation.phases import Action, Phase

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
    result = await responses_result.result_of(actor, draft, gate)
    slates = await _worded(actor, await curation_page.two_slates(actor, frozen, draft, gate))
    if result is not None and result.audited.is_audited:
        slates = curation_page.with_audit(slates, result.audited.words)
    asked = responses.respond_round_of(actor, draft.round)
    drawn = None if asked is None else await responses.sample_of(asked)
    if asked is not None and result is not None:
        await responding.see_to_count(asked)
    return page(
        request,
        "slates/show.html",
        actor=actor,
        left_out=await sentence_of(actor, draft.analysis),
        draft=draft,
        slates=slates,
        dial=await dial.dial_of(slates, result.counted if result else None, gate),
        result=result,
        rule=None
        if asked is None
        else responses_result.rule_words(responses.rule_of(asked), words_only=gate.tells_words_only),
        sampled=responses_result.sampled_words(drawn.n, drawn.n_population, gate) if drawn else "",
        figures=await _figures(frozen, draft, result, gate),
        cross_check=await certified.cross_check(frozen, gate),
        question_names={code: gettext(words) for code, words in QUESTION_NAMES.items()},
        can_respond=actor.why_not(Action.RESPOND) is None and actor.participant is not None,
        can_add_round=actor.why_not(Action.CHANGE_ROUNDS) is None and asked is not None,
        is_curating=actor.why_not(Action.CURATE) is None,
    )


async def _worded(actor: Actor, slates: TwoSlates) -> TwoSlates:
    """The slates in words that this reader reads."""
    statements = curation_page.statements_of(slates)
    return curation_page.worded(slates, await translations.quoted_for(translations.reads(actor), statements))


async def _figures(
    frozen: Frozen, draft: Draft, result: Result | None, gate: Gate
) -> list[tuple[str, certified.Figures]]:
    """What stands behind the certificates of both slates, the participants' first."""
    found = await curation.review(frozen, draft.stances)
    # Where nothing was completed for the one slate, nothing was for the other.
    estimated = found.estimated if frozen.estimated is not None else None
    proof = result.counted.certificate if result and result.audited.is_audited else None
    before = await certified.figures_of(
        frozen, frozen.observed, frozen.estimated, None, found.spoken_before, frozen.slate.stances, gate
    )
    after = await certified.figures_of(
        frozen, found.observed, estimated, proof, found.spoken_after, found.spoken_stances, gate
    )
    return [(gettext("Participants' slate"), before), (gettext("Curated slate"), after)]


async def _participants_slate(request: AnyRequest, actor: Actor) -> Response[Any]:
    """Before a curated slate is published: the participants' slate alone, or the word that there is none yet."""
    closed = actor.last_closed(Phase.PROPOSE)
    analysis = None if closed is None else (await curation.evidence_on(closed))[0]
    slates, figures, checked = None, None, ""
    if analysis is not None and closed is not None:
        frozen = await curation.frozen_of(analysis)
        gate = await curation_page.gate_for(actor)
        alone = Draft(analysis, closed.id, analysis, "none", 0, frozen.slate.size, frozen.stances, {}, (), None, {})
        slates = await _worded(actor, await curation_page.two_slates(actor, frozen, alone, gate))
        figures = (await _figures(frozen, alone, None, gate))[0]
        checked = await certified.cross_check(frozen, gate)
    curated = [item for item in actor.rounds if item.phase == Phase.CURATE and item.closes_at <= actor.now]
    return page(
        request,
        "slates/before.html",
        actor=actor,
        left_out="" if analysis is None else await sentence_of(actor, analysis),
        slates=slates,
        figures=figures,
        cross_check=checked,
        is_over=bool(curated),
        is_curating=actor.why_not(Action.CURATE) is None,
    )


HANDLERS = [show_slates]
