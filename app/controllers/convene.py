"""Convening: a new consultation with its rounds and targets, starters, people, invitations, launch."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from app import auth
from app.access import Actor
from app.actions import consultations, invitations, proposals
from app.actions.consultations import PlannedRound
from app.actions.rounds import planned_as, waiting_extension
from app.analysis import amendments, overview
from app.controllers import roles, rounds
from app.controllers.accounts import Email
from app.controllers.proposals import ProposeForm, check_proposal, goal_options
from app.database import fetch, now
from app.forms import NOT_A_CHOICE, NOT_A_LANGUAGE, Filled, NoFields, blank, read
from app.language import LANGUAGES, current_locale, gettext, time_zones
from app.refusals import N_, Invalid, Refusal
from app.rendering import AnyRequest, page, see_other, url, wants_fragment
from app.taxonomies import constituencies, regions
from deliberation.disclosure import Attribution
from deliberation.phases import TEMPLATES, Action, Role

JOINING = {"open": N_("Anybody with the link"), "invitation": N_("Only people who are invited")}


def _form() -> type[msgspec.Struct]:
    """The form's Struct: its own fields, its rounds in parts, and a target for every constituency and region."""
    fields: list[Any] = [
        ("title", rounds.text(120, least=4)),
        ("question", rounds.text(300, least=8)),
        ("zone", rounds.text(64)),
        ("language", rounds.text(8)),
        ("attribution", rounds.text(16)),
        ("joining", rounds.text(16)),
        ("description", rounds.text(5_000), ""),
        ("promise", rounds.text(2_000), ""),
        ("venue", rounds.text(120), ""),
        ("decide_within_hours", Annotated[int, msgspec.Meta(ge=1, le=consultations.MAX_HOURS)], 24),
        *((f"question_{n}", rounds.text(300), "") for n in (1, 2, 3)),
        ("goals", Annotated[list[int], msgspec.Meta(max_length=17)], msgspec.field(default_factory=list)),
    ]
    fields += rounds.round_fields()
    fields += [(f"target_{code}", rounds.text(6), "") for code in _target_codes()]
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


@get("/convene/new", opt={"action": Action.CREATE_CONSULTATION})
async def new(
    request: AnyRequest, template: Annotated[str, QueryParameter(name="template")] = "partnership"
) -> Response[Any]:
    person = auth.person_of(request)
    chosen = template if template in TEMPLATES else "partnership"
    form = blank(
        zone=person.zone,
        language=current_locale(),
        attribution=Attribution.CHATHAM_HOUSE.value,
        joining="open",
        decide_within_hours="24",
        goals=[],
        template=chosen,
    )
    rounds.put(form, rounds.template_rows(chosen, await now(), person.zone))
    return _edit_page(request, form)


def _edit_page(
    request: AnyRequest, form: Filled[Any], *, actor: Actor | None = None, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "convene/edit.html",
        status=status,
        form=form,
        actor=actor,
        question=form.get("question"),
        zones=[(zone, zone.replace("_", " ")) for zone in time_zones()],
        language_options=list(LANGUAGES.items()),
        attributions=[(mode.value, gettext(text)) for mode, text in overview.ATTRIBUTION_NAMES.items()],
        joinings=[(code, gettext(text)) for code, text in JOINING.items()],
        goal_options=goal_options(),
        constituencies=[(code, gettext(label)) for code, label in constituencies.options()],
        regions=[(code, gettext(label)) for code, label in regions.options()],
        **rounds.design_of(form, _zone_of(form), form.get("attribution")),
    )


def _zone_of(form: Filled[Any]) -> str:
    """The zone that was typed, while it is one."""
    typed = form.get("zone")
    return typed if typed in time_zones() else "UTC"


async def _designed(request: AnyRequest, form: Filled[Any], actor: Actor | None = None) -> Response[Any] | None:
    """The answer to every button but the one that saves: the preview alone for htmx, else the page as it is now."""
    if wants_fragment(request):
        return rounds.preview(request, form, _zone_of(form), form.get("attribution"), form.get("question"))
    if not rounds.is_pressed(form):
        return None
    rounds.press(form, zone=_zone_of(form), moment=await now())
    form.errors.clear()
    return _edit_page(request, form, actor=actor)


@post("/convene/new", opt={"action": Action.CREATE_CONSULTATION}, status_code=200)
async def create(request: AnyRequest) -> Response[Any]:
    person = auth.person_of(request)
    form = await read(request, ConsultationForm)
    answer = await _designed(request, form)
    if answer is not None:
        return answer
    planned = _planned(form)
    if form.is_valid:
        given: Any = form.data
        with form.refusals(at="title"):
            made = await consultations.create(
                **_texts(given), rounds=planned, targets=_targets(given), by=person, form=form
            )
            said = gettext("The draft is saved. Nobody else sees it yet.")
            return see_other(request, url(f"/c/{made.slug}/convene"), said=said)
    return _edit_page(request, form, status=422)


def _texts(given: Any) -> dict[str, Any]:
    names = ("title", "question", "description", "promise", "venue", "zone", "language", "joining", "goals")
    return {name: getattr(given, name) for name in (*names, "decide_within_hours")} | {
        "attribution": Attribution(given.attribution),
        "questions": [text for text in (given.question_1, given.question_2, given.question_3) if text],
    }


def _planned(form: Filled[Any]) -> list[PlannedRound]:
    """The rounds as typed; what is wrong with them is said at the round."""
    if not form.is_valid:
        return []
    given: Any = form.data
    for name, allowed, message in (
        ("zone", time_zones(), N_("Please choose a time zone from the list.")),
        ("language", LANGUAGES, NOT_A_LANGUAGE),
        ("attribution", set(Attribution), NOT_A_CHOICE),
        ("joining", JOINING, NOT_A_CHOICE),
    ):
        if getattr(given, name) not in allowed:
            form.refuse(name, message)
    found = rounds.planned(form, given.zone if "zone" not in form.errors else "UTC")
    if any(number not in range(1, 18) for number in given.goals):
        form.refuse("goals", N_("Please choose goals from 1 to 17."))
    for code in _target_codes():
        _check_share(form, f"target_{code}", getattr(given, f"target_{code}"))
    return found


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
        "select m.id, a.email, m.role from memberships m join accounts a on a.id = m.account "
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
        questions=await amendments.questions_for(actor),
        extension=await waiting_extension(actor.round) if actor.may(Action.CONFIRM_EXTENSION) else None,
        role_options=roles.appointed_roles(),
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
    typed["decide_within_hours"] = str(made.decide_within_hours)
    typed |= {f"question_{n}": text for n, text in enumerate(made.questions, 1)}
    rows = await fetch("select attribute, code, share from targets where consultation = $1", made.id)
    typed |= {f"target_{row['attribute']}_{row['code']}": f"{100 * row['share']:g}" for row in rows}
    form: Filled[Any] = blank(**typed)
    rounds.put(form, [rounds.typed_row(planned_as(item), made.zone) for item in actor.rounds])
    return _edit_page(request, form, actor=actor)


@post("/c/{slug:str}/convene/edit", opt={"action": Action.CONFIGURE}, status_code=200)
async def save(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ConsultationForm)
    answer = await _designed(request, form, actor)
    if answer is not None:
        return answer
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
        goal_options=goal_options(),
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
        with form.refusals(at="emails"):
            n = await invitations.invite(addresses=form.data.emails, by=actor, form=form)
            said = gettext("%(n)s invitations are on their way.") % {"n": n}
            return see_other(request, _home(actor), said=said)
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
]
