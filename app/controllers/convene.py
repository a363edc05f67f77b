"""Convening: a new consultation with its rounds and targets, starters, people, invitations, launch, extension."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from app import auth
from app.access import Actor
from app.actions import consultations, invitations, proposals
from app.actions.consultations import PlannedRound
from app.analysis import overview
from app.controllers.accounts import Email
from app.controllers.proposals import ProposeForm, check_proposal
from app.database import fetch, now
from app.forms import Filled, blank, read
from app.language import LANGUAGES, current_locale, gettext
from app.refusals import N_, Invalid, Refusal
from app.rendering import page, see_other, url
from app.taxonomies import constituencies, regions
from app.taxonomies.sdgs import GOALS
from deliberation.disclosure import Attribution
from deliberation.phases import TEMPLATES, Action, Phase, Role

AnyRequest = Request[Any, Any, Any]
MAX_ROUNDS = 6
TEMPLATE_NAMES = {
    "one_meeting": N_("One meeting: propose, curate, respond in half a day"),
    "partnership": N_("Partnership: propose, curate, respond, commit"),
    "poll": N_("Poll: propose and vote only"),
}
# How long each phase takes when a template fills the form in: a meeting's parts in hours, a partnership's in days.
MEETING = {Phase.PROPOSE: timedelta(hours=1), Phase.CURATE: timedelta(hours=1), Phase.RESPOND: timedelta(minutes=30)}
WEEKS = {Phase.PROPOSE: 28, Phase.CURATE: 10, Phase.RESPOND: 7, Phase.COMMIT: 42}
JOINING = {"open": N_("Anybody with the link"), "invitation": N_("Only people who are invited")}
ROUND_PARTS = ("phase", "opens_date", "opens_time", "closes_date", "closes_time", "places")


def _text(longest: int, *, least: int = 0) -> Any:
    return Annotated[str, msgspec.Meta(min_length=least, max_length=longest)]


def _form() -> type[msgspec.Struct]:
    """The form's Struct: its own fields, six rounds in parts, and a target for every constituency and region."""
    fields: list[Any] = [
        ("title", _text(120, least=4)),
        ("question", _text(300, least=8)),
        ("zone", _text(64)),
        ("language", _text(8)),
        ("attribution", _text(16)),
        ("joining", _text(16)),
        ("description", _text(5_000), ""),
        ("promise", _text(2_000), ""),
        ("venue", _text(120), ""),
        *((f"question_{n}", _text(300), "") for n in (1, 2, 3)),
        ("goals", Annotated[list[int], msgspec.Meta(max_length=17)], msgspec.field(default_factory=list)),
    ]
    for n in range(1, MAX_ROUNDS + 1):
        fields += [(f"round_{n}_{part}", _text(16), "") for part in ROUND_PARTS]
    fields += [(f"target_{code}", _text(6), "") for code in _target_codes()]
    return msgspec.defstruct("ConsultationForm", fields)


def _target_codes() -> tuple[str, ...]:
    return (
        *(f"constituency_{code}" for code in constituencies.codes()),
        *(f"region_{code}" for code in regions.codes()),
    )


ConsultationForm = _form()


class AppointForm(msgspec.Struct):
    email: Email
    role: Annotated[str, msgspec.Meta(max_length=16)]


class InviteForm(msgspec.Struct):
    emails: Annotated[str, msgspec.Meta(min_length=3, max_length=20_000)]


class ExtendForm(msgspec.Struct):
    closes_date: Annotated[str, msgspec.Meta(max_length=10)]
    closes_time: Annotated[str, msgspec.Meta(max_length=5)]
    reason: Annotated[str, msgspec.Meta(min_length=8, max_length=500)]


class NoFields(msgspec.Struct):
    pass


def _prefilled(template: str, moment: datetime, zone: str) -> dict[str, str]:
    """The rounds of a template, one after the other from the next full hour on."""
    there = moment.astimezone(ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    typed: dict[str, str] = {}
    for number, phase in enumerate(TEMPLATES.get(template, ()), 1):
        length = MEETING[phase] if template == "one_meeting" else timedelta(days=WEEKS[phase])
        typed |= _round_typed(number, phase, there, there + length, 8)
        there += length
    return typed


def _round_typed(number: int, phase: str, opens: datetime, closes: datetime, places: int) -> dict[str, str]:
    values = (
        phase,
        opens.strftime("%Y-%m-%d"),
        opens.strftime("%H:%M"),
        closes.strftime("%Y-%m-%d"),
        closes.strftime("%H:%M"),
        str(places),
    )
    return {f"round_{number}_{part}": str(value) for part, value in zip(ROUND_PARTS, values, strict=True)}


@get("/convene/new", opt={"action": Action.CREATE_CONSULTATION})
async def new(
    request: AnyRequest, template: Annotated[str, QueryParameter(name="template")] = "partnership"
) -> Response[Any]:
    person = auth.visit(request).account
    assert person is not None
    chosen = template if template in TEMPLATES else "partnership"
    form = blank(
        zone=person.zone,
        language=current_locale(),
        attribution=Attribution.CHATHAM_HOUSE.value,
        joining="open",
        goals=[],
        **_prefilled(chosen, await now(), person.zone),
    )
    return _edit_page(request, form, template=chosen)


def _edit_page(
    request: AnyRequest, form: Filled[Any], *, actor: Actor | None = None, template: str = "", status: int = 200
) -> Response[Any]:
    typed_zone = form.get("zone")
    return page(
        request,
        "convene/edit.html",
        status=status,
        form=form,
        zone=typed_zone if typed_zone in available_timezones() else "UTC",
        actor=actor,
        chosen_template=template,
        templates=[(code, gettext(name)) for code, name in TEMPLATE_NAMES.items()],
        phases=[(phase.value, gettext(overview.PHASE_NAMES[phase])) for phase in Phase],
        rounds=range(1, MAX_ROUNDS + 1),
        zones=[(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
        language_options=list(LANGUAGES.items()),
        attributions=[(mode.value, gettext(text)) for mode, text in overview.ATTRIBUTION_NAMES.items()],
        joinings=[(code, gettext(text)) for code, text in JOINING.items()],
        goal_options=[(str(goal.number), f"{goal.number} {gettext(goal.title)}") for goal in GOALS],
        constituencies=[(code, gettext(label)) for code, label in constituencies.options()],
        regions=[(code, gettext(label)) for code, label in regions.options()],
    )


@post("/convene/new", opt={"action": Action.CREATE_CONSULTATION}, status_code=200)
async def create(request: AnyRequest) -> Response[Any]:
    person = auth.visit(request).account
    assert person is not None
    form = await read(request, ConsultationForm)
    planned = _planned(form)
    if form.is_valid:
        given: Any = form.data
        try:
            made = await consultations.create(
                **_texts(given), rounds=planned, targets=_targets(given), by=person, form=form
            )
            said = gettext("The draft is saved. Nobody else sees it yet.")
            return see_other(request, url(f"/c/{made.slug}/convene"), said=said)
        except Invalid as refusal:
            form.errors[refusal.field or "title"] = refusal
    return _edit_page(request, form, status=422)


def _texts(given: Any) -> dict[str, Any]:
    names = ("title", "question", "description", "promise", "venue", "zone", "language", "joining", "goals")
    return {name: getattr(given, name) for name in names} | {
        "attribution": Attribution(given.attribution),
        "questions": [text for text in (given.question_1, given.question_2, given.question_3) if text],
    }


def _planned(form: Filled[Any]) -> list[PlannedRound]:
    """The rounds as typed; what is wrong with them is said at the round."""
    if not form.is_valid:
        return []
    given: Any = form.data
    for name, allowed, message in (
        ("zone", available_timezones(), N_("Please choose a time zone from the list.")),
        ("language", LANGUAGES, N_("Please choose one of the six languages.")),
        ("attribution", set(Attribution), N_("Please choose one of the answers offered.")),
        ("joining", JOINING, N_("Please choose one of the answers offered.")),
    ):
        if getattr(given, name) not in allowed:
            form.refuse(name, message)
    rounds: list[PlannedRound] = []
    for number in range(1, MAX_ROUNDS + 1):
        parts = {part: getattr(given, f"round_{number}_{part}") for part in ROUND_PARTS}
        if not parts["phase"]:
            continue
        try:
            rounds.append(_one_round(parts, given.zone if "zone" not in form.errors else "UTC"))
        except (ValueError, KeyError, OverflowError):
            form.refuse(f"round_{number}_phase", N_("Please give this round a phase, two days and two times of day."))
    if any(number not in range(1, 18) for number in given.goals):
        form.refuse("goals", N_("Please choose goals from 1 to 17."))
    for code in _target_codes():
        _check_share(form, f"target_{code}", getattr(given, f"target_{code}"))
    return rounds


def _one_round(parts: Mapping[str, str], zone: str) -> PlannedRound:
    return PlannedRound(
        Phase(parts["phase"]),
        _moment(parts["opens_date"], parts["opens_time"], zone),
        _moment(parts["closes_date"], parts["closes_time"], zone),
        n_places=min(max(int(parts["places"] or 8), 1), 30),
    )


def _moment(day: str, clock: str, zone: str) -> datetime:
    """A moment typed as a day and a time at the venue; ValueError if it is none."""
    found = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), ZoneInfo(zone))
    if not 2000 <= found.year <= 2200:
        raise ValueError("a year that no consultation has")
    return found.astimezone(UTC)


def _check_share(form: Filled[Any], name: str, text: str) -> None:
    if text and not (text.isascii() and text.replace(".", "", 1).isdigit() and 0 <= float(text) <= 100):
        form.refuse(name, N_("Please give a share from 0 to 100."))


def _targets(given: Any) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {"constituency": {}, "region": {}}
    for code in _target_codes():
        text = getattr(given, f"target_{code}")
        if text:
            attribute, _, rest = code.partition("_")
            found[attribute][rest] = float(text) / 100
    return found


@get("/c/{slug:str}/convene", opt={"action": Action.APPOINT})
async def show(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _show_page(request, actor, blank(role="moderator"))


async def _show_page(request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    consultation = actor.consultation.id
    people = await fetch(
        "select a.email, m.role from memberships m join accounts a on a.id = m.account "
        "where m.consultation = $1 and m.role <> 'participant' order by m.role, a.email",
        consultation,
    )
    starters = await fetch(
        "select number, statement, language from proposals where consultation = $1 and is_starter order by number",
        consultation,
    )
    invited = await fetch(
        "select count(*) as n, count(used_at) as n_used from invitations where consultation = $1", consultation
    )
    return page(
        request,
        "convene/show.html",
        status=status,
        actor=actor,
        form=form,
        about=await overview.of(actor),
        people=people,
        starters=starters,
        invited=invited[0],
        role_options=[
            ("moderator", gettext("Moderator")),
            ("curator", gettext("Curator")),
            ("convenor", gettext("Convenor")),
            ("auditor", gettext("Auditor")),
        ],
        phase_names={phase.value: gettext(name) for phase, name in overview.PHASE_NAMES.items()},
    )


@get("/c/{slug:str}/convene/edit", opt={"action": Action.CONFIGURE})
async def edit(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    made = actor.consultation
    typed: dict[str, Any] = {
        name: getattr(made, name)
        for name in (
            "title",
            "question",
            "description",
            "promise",
            "venue",
            "zone",
            "language",
            "attribution",
            "joining",
        )
    }
    typed["goals"] = [str(goal) for goal in made.goals]
    typed |= {f"question_{n}": text for n, text in enumerate(made.questions, 1)}
    for item in actor.rounds:
        there = ZoneInfo(made.zone)
        typed |= _round_typed(
            item.number, item.phase, item.opens_at.astimezone(there), item.closes_at.astimezone(there), item.n_places
        )
    rows = await fetch("select attribute, code, share from targets where consultation = $1", made.id)
    typed |= {f"target_{row['attribute']}_{row['code']}": f"{100 * row['share']:g}" for row in rows}
    return _edit_page(request, blank(**typed), actor=actor)


@post("/c/{slug:str}/convene/edit", opt={"action": Action.CONFIGURE}, status_code=200)
async def save(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ConsultationForm)
    planned = _planned(form)
    if form.is_valid:
        given: Any = form.data
        try:
            await consultations.configure(rounds=planned, targets=_targets(given), by=actor, form=form, **_texts(given))
            return see_other(request, _home(actor), said=gettext("The draft is saved."))
        except Refusal as refusal:
            form.errors[getattr(refusal, "field", "") or "title"] = Invalid(refusal.message, **refusal.parameters)
    return _edit_page(request, form, actor=actor, status=422)


def _home(actor: Actor) -> str:
    return url(f"/c/{actor.consultation.slug}/convene")


@post("/c/{slug:str}/convene/people", opt={"action": Action.APPOINT}, status_code=200)
async def appoint(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, AppointForm)
    if form.is_valid:
        try:
            role = Role(form.data.role) if form.data.role in set(Role) else Role.VISITOR
            await consultations.appoint(email=form.data.email, role=role, by=actor, form=form)
            return see_other(request, _home(actor), said=gettext("The person is appointed."))
        except Refusal as refusal:
            form.errors["email"] = Invalid(refusal.message, field="email", **refusal.parameters)
    return await _show_page(request, actor, form, status=422)


@get("/c/{slug:str}/convene/starters", opt={"action": Action.WRITE_STARTER})
async def starters(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return _starter_page(request, actor, blank(language=actor.consultation.language, goals=[]))


def _starter_page(request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    return page(
        request,
        "convene/starter.html",
        status=status,
        actor=actor,
        form=form,
        max_length=proposals.MAX_STATEMENT,
        language_options=list(LANGUAGES.items()),
        goal_options=[(str(goal.number), f"{goal.number} {gettext(goal.title)}") for goal in GOALS],
    )


@post("/c/{slug:str}/convene/starters", opt={"action": Action.WRITE_STARTER}, status_code=200)
async def add_starter(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ProposeForm)
    check_proposal(form)
    if not form.is_valid:
        return _starter_page(request, actor, form, status=422)
    given = form.data
    await proposals.write_starter(
        statement=given.statement,
        details=given.details,
        language=given.language,
        goals=given.goals,
        by=actor,
        form=form,
    )
    said = gettext("The starter proposal is there.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/convene/starters"), said=said)


@get("/c/{slug:str}/convene/invitations", opt={"action": Action.INVITE})
async def invite_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(request, "convene/invite.html", actor=actor, form=blank())


@post("/c/{slug:str}/convene/invitations", opt={"action": Action.INVITE}, status_code=200)
async def invite(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, InviteForm)
    if form.is_valid:
        try:
            n = await invitations.invite(addresses=form.data.emails, by=actor, form=form)
            said = gettext("%(n)s invitations are on their way.") % {"n": n}
            return see_other(request, _home(actor), said=said)
        except Invalid as refusal:
            form.errors["emails"] = refusal
    return page(request, "convene/invite.html", status=422, actor=actor, form=form)


@get("/c/{slug:str}/convene/launch", opt={"action": Action.CONFIGURE})
async def ask_to_launch(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    phase_names = {phase.value: gettext(name) for phase, name in overview.PHASE_NAMES.items()}
    return page(request, "convene/launch.html", actor=actor, errors={}, phase_names=phase_names)


@post("/c/{slug:str}/convene/launch", opt={"action": Action.OPEN_ROUND}, status_code=200)
async def launch(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, NoFields)
    try:
        await consultations.launch(by=actor, form=form)
    except Invalid as refusal:
        phase_names = {phase.value: gettext(name) for phase, name in overview.PHASE_NAMES.items()}
        return page(
            request,
            "convene/launch.html",
            status=422,
            actor=actor,
            errors={refusal.field: refusal},
            phase_names=phase_names,
        )
    return see_other(
        request, _home(actor), said=gettext("The consultation runs. Its rounds open and close by the clock.")
    )


@get("/c/{slug:str}/convene/extend", opt={"action": Action.EXTEND_ROUND})
async def ask_to_extend(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    assert actor.round is not None
    there = actor.round.closes_at.astimezone(ZoneInfo(actor.consultation.zone)) + timedelta(days=1)
    form = blank(closes_date=there.strftime("%Y-%m-%d"), closes_time=there.strftime("%H:%M"))
    return page(request, "convene/extend.html", actor=actor, form=form)


@post("/c/{slug:str}/convene/extend", opt={"action": Action.EXTEND_ROUND}, status_code=200)
async def extend(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ExtendForm)
    if form.is_valid:
        assert actor.round is not None
        try:
            closes_at = _moment(form.data.closes_date, form.data.closes_time, actor.consultation.zone)
            await consultations.extend(
                round_id=actor.round.id, closes_at=closes_at, reason=form.data.reason, by=actor, form=form
            )
            return see_other(request, _home(actor), said=gettext("The round closes later; everybody can read why."))
        except (ValueError, OverflowError):
            form.refuse("closes_date", N_("Please give a day and a time of day."))
        except Invalid as refusal:
            form.errors["closes_date"] = refusal
    return page(request, "convene/extend.html", status=422, actor=actor, form=form)


HANDLERS = [
    new,
    create,
    show,
    edit,
    save,
    appoint,
    starters,
    add_starter,
    invite_page,
    invite,
    ask_to_launch,
    launch,
    ask_to_extend,
    extend,
]
