"""Pulses: the report of a period, partners' own marks, how a coalition goes on, its relaunch kit, introductions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app import access
from app.access import Actor
from app.actions import pulses
from app.actions.charters import NOT_PARTNER
from app.actions.pulses import Report
from app.analysis import charters
from app.analysis import commitments as undertaken
from app.analysis import pulses as reading
from app.analysis.locality import locality_of
from app.analysis.pulses import Situation
from app.controllers.files import attached
from app.database import fetchrow
from app.documents import relaunch
from app.forms import Filled, blank, read
from app.language import gettext
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.rendering import AnyRequest, page, see_other, url
from app.tables.coalitions import Coalition
from app.tables.pulses import Pulse
from app.taxonomies import obstacles, regions, reports, structures
from deliberation.phases import Action
from deliberation.pulses import Cause, Colour, Line

COLOURS = {
    Colour.GREEN: (N_("On course"), "ok"),
    Colour.YELLOW: (N_("Needs attention"), "warn"),
    Colour.RED: (N_("In trouble"), "stop"),
    Colour.PAUSED: (N_("Paused by its partners"), ""),
    Colour.COMPLETED: (N_("Delivered"), "ok"),
    Colour.WITHDRAWN: (N_("Withdrawn"), ""),
}
CAUSES = {
    Cause.DATE: N_("the last report is more than a year old"),
    Cause.DELIVERY: N_("something is late or at risk"),
    Cause.DECAY: N_("less happens than is usual for this coalition"),
}
LINES = {Line.DONE: N_("Done"), Line.ON_TRACK: N_("On track"), Line.AT_RISK: N_("At risk")}
MARKS = (
    ("1", N_("1: it does not work")),
    ("2", N_("2: badly")),
    ("3", N_("3: so so")),
    ("4", N_("4: well")),
    ("5", N_("5: very well")),
)
FIELD_NAMES = {
    "deliverables": N_("What is due or at risk"),
    "value": N_("One number"),
    "story": N_("One story"),
    "obstacle": N_("One obstacle"),
    "ask": N_("One ask"),
    "minutes": N_("Minutes it took"),
    "marks": N_("How well we work together"),
}


class PulseForm(msgspec.Struct):
    go: Literal["save", "send"]
    lines: Annotated[list[str], msgspec.Meta(max_length=40)] = []
    value: float | None = None
    story: Annotated[str, msgspec.Meta(max_length=500)] = ""
    obstacle: Annotated[str, msgspec.Meta(max_length=20)] = ""
    obstacle_words: Annotated[str, msgspec.Meta(max_length=300)] = ""
    ask: Annotated[str, msgspec.Meta(max_length=300)] = ""
    minutes: Annotated[int, msgspec.Meta(ge=1, le=pulses.MOST_MINUTES)] | None = None
    mark: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    is_open: bool = False


class MarkForm(msgspec.Struct):
    mark: Annotated[int, msgspec.Meta(ge=1, le=5)]


class PlanForm(msgspec.Struct):
    structure: Annotated[str, msgspec.Meta(max_length=20)] = ""
    minutes_a_year: Annotated[int, msgspec.Meta(ge=10, le=pulses.MOST_MINUTES)] = 90


class AnswerForm(msgspec.Struct):
    answer: Literal["agree", "decline"]


def _path(actor: Actor, coalition: Coalition, rest: str = "") -> str:
    return url(f"/c/{actor.consultation.slug}/coalitions/{coalition.number}{rest}")


async def _situation(actor: Actor, number: int, which: int) -> tuple[Coalition, Situation]:
    coalition, _ = await undertaken.coalition_for(actor, number)
    found = next((one for one in await reading.commitments_of(coalition.id) if one.number == which), None)
    if found is None:
        raise NotFound
    on = actor.now.date()
    return coalition, await reading.situation(coalition, found, on, await reading.vitality_of(coalition, on))


@get("/c/{slug:str}/coalitions/{number:int}/commitments/{which:int}/pulse", opt={"action": Action.SEE_COMMITMENTS})
async def show(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    coalition, now = await _situation(actor, number, which)
    form = blank(**_filled(now), mark=await _own_mark(actor, now))
    return await _page(request, actor, coalition, now, form)


def _filled(now: Situation) -> dict[str, Any]:
    """What the fields hold at first: the draft, or what was true the last time, but for the story."""
    draft = now.pulse if now.pulse is not None and now.pulse.version else None
    known = draft or now.last
    if known is None:
        return {"minutes": str(now.burden.n_next)}
    return {
        "value": "" if known.value is None else f"{known.value:f}".rstrip("0").rstrip("."),
        "story": draft.story if draft else "",
        "obstacle": known.obstacle,
        "obstacle_words": known.obstacle_words,
        "ask": known.ask,
        "minutes": "" if known.minutes is None else str(known.minutes),
        "is_open": "1" if known.is_open else "",
    }


async def _own_mark(actor: Actor, now: Situation) -> str:
    if actor.participant is None:
        return ""
    pulse = now.pulse or now.last
    mark = await reading.own_mark(pulse.id if pulse else None, actor.participant.id)
    return "" if mark is None else str(mark)


async def _lines(now: Situation, form: Filled[Any]) -> dict[int, str]:
    """What stands beside each deliverable that is asked about: what was typed, the draft's, or the last pulse's."""
    if "lines" in form.typed:
        return {number: line.value for number, line in _parsed(form.get("lines")).items()}
    kept = await reading.lines_of(now.pulse.id) if now.pulse is not None else {}
    last = {line.due.number: line.due.last.value for line in now.asked if line.due.last is not None}
    return last | kept


async def _page(
    request: AnyRequest,
    actor: Actor,
    coalition: Coalition,
    now: Situation,
    form: Filled[Any],
    *,
    theirs: Pulse | None = None,
    said: str = "",
    status: int = 200,
) -> Response[Any]:
    is_partner, reads_all = await reading.is_partner(actor, coalition), await reading.reads_all(actor, coalition)
    colour, kind = COLOURS[now.light.colour]
    return page(
        request,
        "pulses/show.html",
        status=status,
        actor=actor,
        coalition=coalition,
        commitment=now.commitment,
        now=now,
        form=form,
        theirs=theirs,
        conflict=said,
        version=now.pulse.version if now.pulse else 0,
        lines=await _lines(now, form),
        line_names=LINES,
        is_partner=is_partner,
        is_under_way=now.commitment.status in reading.REPORTING,
        sent=[one for one in now.sent if reads_all or one.is_open],
        n_kept_back=0 if reads_all else sum(not one.is_open for one in now.sent),
        told={one.id: await reading.told_of(one.id) for one in (*now.sent, *([theirs] if theirs else []))},
        health=await reading.health_of(coalition.id) if reads_all else None,
        colour=colour,
        kind=kind,
        causes=[CAUSES[cause] for cause in now.light.causes],
        obstacle=obstacles.label,
        obstacles=[(code, gettext(label)) for code, label in obstacles.options()],
        marks=[(value, gettext(label)) for value, label in MARKS],
        reports=[(label, reports.FIELDS[code]) for code, label in reports.options()],
        field_names=FIELD_NAMES,
        used_up=pulses.USED_UP,
        refused=actor.why_not(Action.REPORT),
    )


def _parsed(given: list[str]) -> dict[int, Line]:
    """Deliverable numbers and what was said of each. Whatever is no such pair is left out."""
    found = {}
    for item in given:
        number, _, code = item.partition(":")
        if number.isascii() and number.isdigit() and len(number) < 6 and code in set(Line):
            found[int(number)] = Line(code)
    return found


@post(
    "/c/{slug:str}/coalitions/{number:int}/commitments/{which:int}/pulse",
    opt={"action": Action.REPORT},
    status_code=200,
)
async def save(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    coalition, now = await _situation(actor, number, which)
    form = await read(request, PulseForm)
    if not form.is_valid:
        return await _page(request, actor, coalition, now, form, status=422)
    given, is_sent = form.data, form.data.go == "send"
    report = Report(**{name: getattr(given, name) for name in REPORTED}, lines=_parsed(given.lines))
    try:
        await pulses.save(
            coalition=coalition,
            commitment=now.commitment,
            report=report,
            version=form.version or 0,
            is_sent=is_sent,
            by=actor,
            form=form,
        )
    except Invalid as refusal:
        form.errors[refusal.field or "value"] = refusal
        return await _page(request, actor, coalition, now, form, status=422)
    except Conflict as refusal:
        coalition, fresh = await _situation(actor, number, which)
        if fresh.pulse is None or refusal.message not in (pulses.NEWER, pulses.IS_SENT):
            raise
        form.key = ""
        said = refusal.message
        return await _page(request, actor, coalition, fresh, form, theirs=fresh.pulse, said=said, status=409)
    sent = gettext("Thank you: the pulse is sent. The others can still say how well you work together.")
    saved = gettext("The draft is saved. You or another partner can go on with it at any time.")
    rest = f"/commitments/{which}/pulse"
    return see_other(request, _path(actor, coalition, rest), said=sent if is_sent else saved)


REPORTED = ("value", "story", "obstacle", "obstacle_words", "ask", "minutes", "is_open", "mark")


@post(
    "/c/{slug:str}/coalitions/{number:int}/commitments/{which:int}/pulse/mark",
    opt={"action": Action.REPORT},
    status_code=200,
)
async def mark(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], which: FromPath[int]
) -> Response[Any]:
    coalition, now = await _situation(actor, number, which)
    form = await read(request, MarkForm)
    if not form.is_valid:
        shown = blank(**_filled(now), mark="")
        shown.errors |= form.errors
        return await _page(request, actor, coalition, now, shown, status=422)
    await pulses.mark(coalition=coalition, commitment=now.commitment, mark=form.data.mark, by=actor, form=form)
    said = gettext("Saved. Only the middle and the spread of at least three answers are shown.")
    return see_other(request, _path(actor, coalition, f"/commitments/{which}/pulse"), said=said)


@get("/c/{slug:str}/coalitions/{number:int}/going", opt={"action": Action.SEE_COMMITMENTS})
async def going(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, _ = await undertaken.coalition_for(actor, number)
    return await _going_page(request, actor, coalition, blank())


async def _going_page(
    request: AnyRequest, actor: Actor, coalition: Coalition, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    found = await reading.going(actor, coalition)
    return page(
        request,
        "pulses/going.html",
        status=status,
        actor=actor,
        coalition=coalition,
        going=found,
        form=form,
        colours=COLOURS,
        cause_names=CAUSES,
        obstacle=obstacles.label,
        structures=[(code, gettext(label), structures.COSTS[code]) for code, label in structures.options()],
        structure=structures.label,
        contacts={one.id: await _contact(one.contact) for one in found.introductions if one.contact is not None},
        place=await locality_of(actor, coalition),
        region=regions.label,
        sunset=await _sunset(coalition),
        refused=actor.why_not(Action.REPORT),
    )


async def _sunset(coalition: Coalition) -> date | None:
    """The day on which the coalition ends unless its partners vote to go on: that of its signed charter."""
    signed = [one for one in await charters.charters_of(coalition.id) if one.status == "signed"]
    return (signed[0].renewed_until or signed[0].review_on) if signed else None


async def _contact(participant: int) -> tuple[str, str]:
    """Name and address of the person on the other side, once both sides have agreed."""
    account = (await access.accounts_of([participant])).get(participant)
    row = await fetchrow("select name, email from accounts where id = $1", account)
    return (row["name"], row["email"]) if row else ("", "")


@post("/c/{slug:str}/coalitions/{number:int}/structure", opt={"action": Action.REPORT}, status_code=200)
async def plan(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, _ = await undertaken.coalition_for(actor, number)
    form = await read(request, PlanForm)
    if not form.is_valid:
        return await _going_page(request, actor, coalition, form, status=422)
    given = form.data
    await pulses.plan(
        coalition=coalition, structure=given.structure, minutes_a_year=given.minutes_a_year, by=actor, form=form
    )
    return see_other(request, _path(actor, coalition, "/going"), said=gettext("Your choice is saved."))


@post(
    "/c/{slug:str}/coalitions/{number:int}/introductions/{introduction_id:uuid}/answer",
    opt={"action": Action.REPORT},
    status_code=303,
)
async def answer(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], introduction_id: FromPath[UUID]
) -> Response[Any]:
    coalition, _ = await undertaken.coalition_for(actor, number)
    form = await read(request, AnswerForm)
    home = _path(actor, coalition, "/going")
    if not form.is_valid:
        return see_other(request, home, said=gettext("Please agree or decline."))
    status = await pulses.answer_introduction(
        introduction=introduction_id, coalition=coalition, agrees=form.data.answer == "agree", by=actor, form=form
    )
    said = {
        "asked": gettext("The other coalition is asked. You see an address if they agree."),
        "made": gettext("Both sides agree: the address stands below."),
        "declined": gettext("You have declined. That is free."),
    }
    return see_other(request, home, said=said[status])


async def _kit(actor: Actor, number: int) -> tuple[Coalition, relaunch.Kit, bool]:
    """For partners and convenors, also before it cools: who wants to meet needs no alarm."""
    coalition, _ = await undertaken.coalition_for(actor, number)
    if not await reading.reads_all(actor, coalition):
        raise Denied(NOT_PARTNER)
    found = await reading.going(actor, coalition)
    return coalition, relaunch.kit_of(coalition, found), found.vitality.is_cooling


@get("/c/{slug:str}/coalitions/{number:int}/relaunch", opt={"action": Action.SEE_COMMITMENTS})
async def kit(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, found, is_cooling = await _kit(actor, number)
    return page(request, "pulses/kit.html", actor=actor, coalition=coalition, kit=found, is_cooling=is_cooling)


@get("/c/{slug:str}/coalitions/{number:int}/relaunch.md", opt={"action": Action.SEE_COMMITMENTS})
async def kit_as_markdown(actor: NamedDependency[Actor], number: FromPath[int]) -> Response[str]:
    coalition, found, _ = await _kit(actor, number)
    name = f"{actor.consultation.slug}-relaunch-{coalition.number}.md"
    return attached(relaunch.as_markdown(coalition, found), name, "text/markdown")


HANDLERS = [show, save, mark, going, plan, answer, kit, kit_as_markdown]
