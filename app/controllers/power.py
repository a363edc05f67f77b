"""The power balance, and each alert with its evidence and its decision."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import ServerSentEvent

from app import live
from app.access import Actor, alert_for
from app.actions import alerts
from app.actions.moderation import ask_for_check
from app.analysis import exclusions, power_page
from app.analysis.alert_words import ATTRIBUTE_NAMES, DECISIONS
from app.analysis.holding import is_holding
from app.analysis.parity import parity_page
from app.analysis.participation_page import participation_page
from app.analysis.playbook import PLAYBOOK
from app.controllers.moderation import tabs_of
from app.forms import Filled, blank, read
from app.language import gettext
from app.refusals import N_
from app.rendering import AnyRequest, page, page_or_fragment, see_other, url
from app.tables.alerts import Alert
from deliberation.phases import Action, Role

EFFECTS = {
    "watch": N_("Nothing changes. The figures stay under watch, and this decision stays on record."),
    "count_as_is": N_("Nothing changes. The record says that somebody looked and found it in order."),
    "contact": N_("Those concerned get your words by e-mail. You do not learn who they are."),
    "tell_convenor": N_("The convenors get your words by e-mail."),
    "dismiss": N_("Nothing changes, and this is not shown as an imbalance until it has cleared and come back."),
}
"""What each decision changes: none of them changes a vote."""


class DecisionForm(msgspec.Struct):
    decision: Annotated[str, msgspec.Meta(max_length=24)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=alerts.MAX_REASON)]


@get("/c/{slug:str}/power", opt={"action": Action.SEE_POWER})
async def show_power(
    request: AnyRequest, actor: NamedDependency[Actor], by: Annotated[str, QueryParameter(name="by")] = ""
) -> Response[Any]:
    attribute = by if by in ATTRIBUTE_NAMES else "constituency"
    balance = await power_page.balance_of(actor, attribute)
    if balance is None:
        await ask_for_check(actor.consultation.id)
    return page_or_fragment(
        request,
        "moderation/power.html",
        "moderation/_power.html",
        actor=actor,
        tabs=await tabs_of(actor, "power"),
        here=gettext("Power balance"),
        balance=balance,
        attribute=attribute,
        attributes=[(code, gettext(name)) for code, name in ATTRIBUTE_NAMES.items()],
        attribute_name=gettext(ATTRIBUTE_NAMES[attribute]),
        decision_names={code: gettext(name) for code, name in DECISIONS.items()},
        refused=actor.why_not(Action.DECIDE_ALERT),
    )


@get("/live/{slug:str}/power", opt={"action": Action.SEE_POWER})
async def stream_power(actor: NamedDependency[Actor]) -> ServerSentEvent:
    """Says that the balance was looked at again, and nothing of what was found."""
    return ServerSentEvent(
        live.updates(f"power:{actor.consultation.id}"),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@get("/c/{slug:str}/participation", opt={"action": Action.SEE_PARTICIPATION})
async def show_participation(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    found = await participation_page(actor)
    if found is None:
        await ask_for_check(actor.consultation.id)
    return page(
        request,
        "moderation/participation.html",
        actor=actor,
        tabs=await tabs_of(actor, "participation"),
        here=gettext("Who is missing"),
        found=found,
        may_invite=actor.may(Action.INVITE),
    )


@get("/c/{slug:str}/languages", opt={"action": Action.SEE_PARTICIPATION})
async def show_languages(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(
        request,
        "moderation/languages.html",
        actor=actor,
        tabs=await tabs_of(actor, "languages"),
        here=gettext("Languages"),
        found=await parity_page(actor),
    )


async def _alert_page(
    request: AnyRequest, actor: Actor, alert: Alert, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    gate = await power_page.gate_of(actor)
    names = alerts.decisions_for(alert.kind)
    return page(
        request,
        "moderation/alert.html",
        status=status,
        actor=actor,
        tabs=await tabs_of(actor, "power"),
        here=gettext("Alert"),
        line=power_page.line_of(alert, gate),
        earlier=power_page.earlier_of(alert),
        holds=is_holding(alert),
        step=PLAYBOOK.get(alert.kind),
        exclusions=await exclusions.of_alert(alert.id),
        can_exclude=alert.kind in exclusions.KINDS and bool(alert.participants) and Role.MODERATOR in actor.roles,
        may_see_exclusions=actor.may(Action.EXCLUDE),
        form=form,
        options=[(code, gettext(name), gettext(EFFECTS[code])) for code, name in names.items()],
        decision_names={code: gettext(name) for code, name in DECISIONS.items()},
        refused=actor.why_not(Action.DECIDE_ALERT),
    )


@get("/c/{slug:str}/alerts/{alert_id:uuid}", opt={"action": Action.SEE_POWER})
async def show_alert(request: AnyRequest, actor: NamedDependency[Actor], alert_id: FromPath[UUID]) -> Response[Any]:
    return await _alert_page(request, actor, await alert_for(actor, alert_id), blank())


@post("/c/{slug:str}/alerts/{alert_id:uuid}", opt={"action": Action.DECIDE_ALERT}, status_code=200)
async def decide_alert(request: AnyRequest, actor: NamedDependency[Actor], alert_id: FromPath[UUID]) -> Response[Any]:
    alert = await alert_for(actor, alert_id)
    form = await read(request, DecisionForm)
    if "decision" in form.errors:
        form.refuse("decision", N_("Please choose one of the decisions offered."))
    if "reason" in form.errors and not form.get("reason").strip():
        form.refuse("reason", N_("Please say why in a sentence."))
    if form.is_valid:
        request.scope["state"]["typed"] = {"reason": form.data.reason}
        with form.refusals():
            await alerts.decide(alert=alert, decision=form.data.decision, reason=form.data.reason, by=actor, form=form)
            said = gettext("Your decision is on record.")
            return see_other(request, url(f"/c/{actor.consultation.slug}/power"), said=said)
    return await _alert_page(request, actor, alert, form, status=422)


HANDLERS = [show_power, stream_power, show_participation, show_languages, show_alert, decide_alert]
