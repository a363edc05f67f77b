"""The curation ledger and the governance log: what was decided, by which role, and whether the record is intact."""

from __future__ import annotations

import datetime
import json
from typing import Annotated, Any

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from app import language
from app.access import Actor
from app.analysis import governance, integrity, ledger
from app.analysis.exclusion_words import sentences_of_slates
from app.controllers.files import attached
from app.documents.ledger import as_csv
from app.language import gettext, num
from app.refusals import N_, NotFound
from app.rendering import AnyRequest, page
from app.taxonomies import curation_reasons
from deliberation.phases import Action

RoundNumber = Annotated[str, QueryParameter(name="round")]
STANCES = {"agree": N_("for"), "disagree": N_("against")}


def stance(pair: list[Any]) -> str:
    """A stance as a line of the ledger names it."""
    said = gettext("%(number)s (%(stance)s)")
    return said % {"number": num(pair[0]), "stance": gettext(STANCES.get(pair[1], pair[1]))}


def _day(text: str) -> str:
    return language.date(datetime.date.fromisoformat(text))


def _what(decision: dict[str, Any]) -> str:
    """What was decided, in the reader's language."""
    name = gettext(governance.NAMES.get(decision["action"], decision["action"]))
    if decision.get("restored"):
        return gettext(N_("The participants' slate decides where every curator stands aside"))
    if decision.get("replaces"):
        return gettext(N_("%(what)s, in the place of %(other)s")) % {
            "what": name,
            "other": stance(decision["replaces"]),
        }
    if decision.get("to"):
        places = {"what": name, "from": num(decision["from"]), "to": num(decision["to"])}
        return gettext(N_("%(what)s, from place %(from)s to %(to)s")) % places
    return name


@get("/c/{slug:str}/ledger", opt={"action": Action.SEE_SLATES})
async def show_ledger(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    ledgers = await ledger.ledgers_of(actor)
    numbers = {one["statement"] for each in ledgers for one in each.decisions if one["statement"] is not None}
    texts = await ledger.statements_of(actor.consultation.id, numbers)
    return page(
        request,
        "slates/ledger.html",
        actor=actor,
        left_out=await sentences_of_slates(actor),
        ledgers=ledgers,
        texts={one["number"]: one for one in texts},
        what=_what,
        stance=stance,
        day_of=_day,
        reasons=curation_reasons.label,
        roles=governance.ROLES,
        findings=await integrity.examine(actor.consultation.id),
        checks=integrity.CHECKS,
    )


@get("/c/{slug:str}/ledger.json", opt={"action": Action.SEE_SLATES})
async def ledger_as_json(actor: NamedDependency[Actor], number: RoundNumber = "") -> Response[str]:
    signed = [one for one in await ledger.ledgers_of(actor) if one.record is not None]
    chosen = next((one for one in signed if number in ("", str(one.number))), None)
    if chosen is None:
        raise NotFound
    text = json.dumps(chosen.record, ensure_ascii=False, indent=1)
    return attached(text, f"{actor.consultation.slug}-ledger-{chosen.number}.json", MediaType.JSON)


@get("/c/{slug:str}/ledger.csv", opt={"action": Action.SEE_SLATES})
async def ledger_as_csv(actor: NamedDependency[Actor]) -> Response[str]:
    text = as_csv(await ledger.ledgers_of(actor))
    return attached(text, f"{actor.consultation.slug}-ledger.csv", "text/csv; charset=utf-8")


# -------- the governance log


@get("/c/{slug:str}/audit", opt={"action": Action.SEE_AUDIT})
async def show_audit(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(
        request,
        "summary/audit.html",
        actor=actor,
        log=await governance.log_of(actor),
        names=governance.NAMES,
        roles=governance.ROLES,
    )


@get("/c/{slug:str}/audit.json", opt={"action": Action.SEE_AUDIT})
async def audit_as_json(actor: NamedDependency[Actor]) -> Response[str]:
    record = await governance.record_of(actor)
    text = json.dumps(record, ensure_ascii=False, indent=1)
    return attached(text, f"{actor.consultation.slug}-audit.json", MediaType.JSON)


HANDLERS = [show_ledger, ledger_as_json, ledger_as_csv, show_audit, audit_as_json]
