"""The moderation record: every decision with its reason, public without texts."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from app.access import Actor
from app.analysis import moderation as reading
from app.analysis.alert_words import DECISIONS, headline
from app.analysis.exclusions import REASONS as EXCLUSION_REASONS
from app.controllers.moderation import tabs_of
from app.language import gettext, num
from app.refusals import N_
from app.rendering import AnyRequest, page
from app.taxonomies import moderation_reasons, unclear_kinds
from deliberation.phases import Action

OUTCOMES = {"upheld": N_("The decision stands"), "overturned": N_("The decision is overturned")}


@get("/c/{slug:str}/record", opt={"action": Action.SEE_AUDIT})
async def show_record(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    record = await reading.record_of(actor)
    return page(
        request,
        "moderation/record.html",
        actor=actor,
        tabs=await tabs_of(actor, "record"),
        here=gettext("Moderation record"),
        record=record,
        reason_list=[gettext(label) for _, label in moderation_reasons.options()],
        unclear_list=[gettext(label) for _, label in unclear_kinds.options()],
        lines=[(line, *_in_words(line)) for line in record.lines],
        reason_rows=[(_reason(code), num(_whole(n.value))) for code, n in record.reasons],
    )


def _whole(value: Any) -> int:
    assert isinstance(value, int)
    return value


def _reason(code: str) -> str:
    return gettext(moderation_reasons.label(code))


def _in_words(line: reading.Line) -> tuple[str, str]:
    """What was done and why, of one entry of the record."""
    places = {"number": line.number, "into": line.into, "kind": headline(line.kind) if line.kind else ""}
    what = {
        "moderation.accept": gettext("Statement %(number)s accepted"),
        "moderation.decline": gettext("Statement %(number)s declined"),
        "moderation.settle_flags": gettext("Reports of statement %(number)s settled"),
        "moderation.suggest_merge": gettext("Merge of statement %(number)s into %(into)s suggested"),
        "clarifications.ask": gettext("The author of statement %(number)s was asked what it means"),
        "clarifications.answer": gettext("The author of statement %(number)s answered"),
        "appeals.make": gettext("The author of statement %(number)s appealed"),
        "appeals.decide": gettext("Appeal for statement %(number)s decided by the convenor"),
        "families.join": gettext("Statement %(number)s joined with %(into)s, which says the same"),
        "families.separate": gettext("Statement %(number)s taken out of the family of %(into)s"),
        "moderation.answer_merge": gettext("An author answered on merging statement %(number)s into %(into)s"),
        "alerts.raise": gettext("Alert raised: %(kind)s"),
        "alerts.clear": gettext("Alert cleared: %(kind)s"),
        "alerts.decide": gettext("Alert decided: %(kind)s"),
        "exclusions.propose": gettext("Proposed that votes be left out: %(kind)s"),
        "exclusions.confirm": gettext("Votes left out by two persons: %(kind)s"),
        "exclusions.refuse": gettext("Votes not left out: %(kind)s"),
        "exclusions.propose_lifting": gettext("Proposed that votes count again: %(kind)s"),
        "exclusions.lift": gettext("Votes taken in again by two persons: %(kind)s"),
        "exclusions.keep": gettext("Votes stay left out: %(kind)s"),
        "exclusions.contest": gettext("A participant objected to votes being left out"),
        "exclusions.answer": gettext("The convenor answered an objection to votes being left out"),
    }.get(line.action, line.action)
    why = _reason(line.reason_code) if line.reason_code else ""
    if line.unclear:
        why = gettext(unclear_kinds.label(line.unclear))
    if line.action == "appeals.decide":
        why = gettext(OUTCOMES[line.decision])
    if line.action.startswith("exclusions.") and line.decision:
        why = gettext(EXCLUSION_REASONS[line.decision])
    if line.action == "alerts.decide":
        why = gettext(DECISIONS.get(line.decision, line.decision))
    return what % places, why


HANDLERS = [show_record]
