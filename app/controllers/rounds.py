"""The round designer, for drafts and for rounds that have not opened yet."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from app.access import Actor
from app.actions import rounds as acting
from app.actions.consultations import PlannedRound, check_rounds
from app.analysis import overview
from app.analysis.rounds import foresee
from app.analysis.scoring import MAX_CRITERIA
from app.forms import Filled, blank, read
from app.language import gettext
from app.refusals import N_, Conflict, Invalid
from app.rendering import AnyRequest, fragment, page, see_other, url, wants_fragment
from app.tables.rounds import Round
from app.taxonomies import curation_criteria
from deliberation.disclosure import Attribution
from deliberation.phases import TEMPLATES, Action, Phase, RoundTimes

MAX_ROUNDS = 12
SHORTEST, LONGEST = 4, 120
"""A criterion, in characters."""
PARTS = ("phase", "opens_date", "opens_time", "closes_date", "closes_time", "places", "criteria", "was")
TEMPLATE_NAMES = {
    "one_meeting": N_("One meeting: propose, curate, respond in half a day"),
    "partnership": N_("Partnership: propose, curate, respond, commit"),
    "poll": N_("Poll: propose and vote only"),
}
# How long each phase takes when a round is filled in: a meeting's parts in minutes, a partnership's in days.
MEETING = {Phase.PROPOSE: 60, Phase.CURATE: 60, Phase.RESPOND: 30, Phase.COMMIT: 30}
WEEKS = {Phase.PROPOSE: 28, Phase.CURATE: 10, Phase.RESPOND: 7, Phase.COMMIT: 42}
HALF_A_DAY = timedelta(hours=12)
USUAL_NEXT = {
    None: Phase.PROPOSE,
    Phase.PROPOSE: Phase.CURATE,
    Phase.CURATE: Phase.RESPOND,
    Phase.RESPOND: Phase.COMMIT,
    Phase.COMMIT: Phase.PROPOSE,
}
NOT_A_ROUND = N_("Please give this round a phase, two days and two times of day.")
Row = dict[str, str]
"""One round as it is typed: its parts by name."""


def text(longest: int, *, least: int = 0) -> Any:
    """A field for a text of so many characters."""
    return Annotated[str, msgspec.Meta(min_length=least, max_length=longest)]


def round_fields() -> list[tuple[Any, ...]]:
    """The form's fields for its rounds in parts, and the button that was pressed."""
    fields: list[tuple[Any, ...]] = [("do", text(16), ""), ("template", text(16), "")]
    for number in range(1, MAX_ROUNDS + 1):
        fields += [(f"round_{number}_{part}", text(1_000) if part == "criteria" else text(16), "") for part in PARTS]
    return fields


RoundsForm = msgspec.defstruct("RoundsForm", round_fields())


# -------- rounds as they are typed


def rows_of(form: Filled[Any]) -> list[Row]:
    """The rounds that were typed, wherever they stand in the form."""
    rows = [
        {part: str(form.get(f"round_{number}_{part}")).strip() for part in PARTS} for number in range(1, MAX_ROUNDS + 1)
    ]
    return [row for row in rows if any(row[part] for part in PARTS if part not in {"places", "was"})]


def put(form: Filled[Any], rows: list[Row]) -> None:
    """The form has these rounds, numbered from 1 on."""
    for number in range(1, MAX_ROUNDS + 1):
        row = rows[number - 1] if number <= len(rows) else {}
        form.typed |= {f"round_{number}_{part}": row.get(part, "") for part in PARTS}


def typed_row(planned: PlannedRound, zone: str) -> Row:
    """A round as it would have been typed at the venue."""
    there = ZoneInfo(zone)
    return _times(planned.opens_at.astimezone(there), planned.closes_at.astimezone(there)) | {
        "phase": planned.phase.value,
        "places": str(planned.n_places),
        "criteria": "\n".join(planned.criteria),
        "was": "" if planned.was is None else str(planned.was),
    }


def _times(opens: datetime, closes: datetime) -> Row:
    return {
        "opens_date": opens.strftime("%Y-%m-%d"),
        "opens_time": opens.strftime("%H:%M"),
        "closes_date": closes.strftime("%Y-%m-%d"),
        "closes_time": closes.strftime("%H:%M"),
    }


def template_rows(template: str, moment: datetime, zone: str) -> list[Row]:
    """The rounds of a template, one after the other: a meeting begins now, anything longer with the next full hour."""
    there = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)
    if template == "one_meeting":
        opens = there - timedelta(minutes=there.minute % 5)
    else:
        opens = there.replace(minute=0) + timedelta(hours=1)
    rows = []
    for phase in TEMPLATES.get(template, ()):
        closes = opens + _usual(phase, is_meeting=template == "one_meeting")
        rows.append(_new_row(phase, opens, closes))
        # Half a day in one room is decided in discussion; where there is time, curators score on their own first.
        if phase is Phase.CURATE and template != "one_meeting":
            rows[-1]["criteria"] = "\n".join(gettext(criterion) for criterion in curation_criteria.DEFAULTS)
        opens = closes
    return rows


def _usual(phase: Phase, *, is_meeting: bool) -> timedelta:
    return timedelta(minutes=MEETING[phase]) if is_meeting else timedelta(days=WEEKS[phase])


def _new_row(phase: Phase, opens: datetime, closes: datetime) -> Row:
    return _times(opens, closes) | {"phase": phase.value, "places": "8", "criteria": "", "was": ""}


def _local(row: Row) -> tuple[datetime, datetime]:
    """When the round opens and closes, by the clock of the venue. Raises ValueError."""
    opens, closes = (
        datetime.combine(date.fromisoformat(row[f"{end}_date"]), time.fromisoformat(row[f"{end}_time"]))
        for end in ("opens", "closes")
    )
    if any(moment.tzinfo or not 2000 <= moment.year <= 2200 for moment in (opens, closes)):
        raise ValueError("a time that no round has")
    return opens, closes


def press(form: Filled[Any], *, zone: str, moment: datetime, before: Row | None = None) -> None:
    """The rounds as the button that was pressed leaves them; what was typed elsewhere stays.

    before : the last round that cannot be changed any more, if any
    """
    rows = rows_of(form)
    verb, _, place = str(form.get("do")).partition("-")
    at = int(place) - 1 if place.isascii() and place.isdigit() else len(rows)
    if verb == "template":
        fresh = template_rows(str(form.get("template")), moment, zone)
        rows = [
            row | {"was": old["was"]} for row, old in zip(fresh, [*rows, *[{"was": ""}] * len(fresh)], strict=False)
        ]
    elif verb == "add":
        rows.append(_following(rows[-1] if rows else before, zone, moment))
    elif verb == "remove" and 0 <= at < len(rows):
        rows.pop(at)
    elif verb in {"up", "down"}:
        first = at - 1 if verb == "up" else at
        if 0 <= first < len(rows) - 1:
            rows[first : first + 2] = _exchanged(rows[first], rows[first + 1])
    put(form, rows[:MAX_ROUNDS])


def _following(last: Row | None, zone: str, moment: datetime) -> Row:
    """A round that may follow the last one, beginning where that ends and about as long as such rounds are there."""
    known = Phase(last["phase"]) if last and last["phase"] in set(Phase) else None
    phase = USUAL_NEXT[known]
    there = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    soon, is_meeting = there + timedelta(hours=1), False
    if last is not None:
        with suppress(ValueError):
            start, end = _local(last)
            soon, is_meeting = max(soon, end), end - start <= HALF_A_DAY
    return _new_row(phase, soon, soon + _usual(phase, is_meeting=is_meeting))


def _exchanged(first: Row, second: Row) -> list[Row]:
    """The second comes first. Each keeps its length, and both together their beginning and their pause."""
    try:
        (opens, until), (begins, closes) = _local(first), _local(second)
    except ValueError:
        return [second, first]
    middle = opens + (closes - begins)
    later = middle + (begins - until)
    return [second | _times(opens, middle), first | _times(later, later + (until - opens))]


def planned(form: Filled[Any], zone: str) -> list[PlannedRound]:
    """The rounds as typed, in their order; what is wrong with one is said at that one."""
    rows, found = rows_of(form), []
    put(form, rows)
    for number, row in enumerate(rows, 1):
        try:
            found.append(_planned(row, zone))
        except Invalid as refusal:
            form.refuse(f"round_{number}_criteria", refusal.message, **refusal.parameters)
        except (ValueError, OverflowError):
            form.refuse(f"round_{number}_phase", NOT_A_ROUND)
    return found


def _planned(row: Row, zone: str) -> PlannedRound:
    opens, closes = _local(row)
    return PlannedRound(
        Phase(row["phase"]),
        at_venue(opens, zone),
        at_venue(closes, zone),
        n_places=min(max(int(row["places"] or 8), 1), 30),
        criteria=read_criteria(row["criteria"]),
        was=int(row["was"]) if row["was"].isascii() and row["was"].isdigit() else None,
    )


def read_criteria(typed: str) -> tuple[str, ...]:
    """Criteria as a convenor types them, one on each line; none means no scoring. Raises Invalid."""
    lines = tuple(dict.fromkeys(line.strip(" -•\t") for line in typed.splitlines() if line.strip(" -•\t")))
    if len(lines) > MAX_CRITERIA:
        raise Invalid(N_("Please give at most %(limit)s criteria."), limit=MAX_CRITERIA)
    if any(not SHORTEST <= len(line) <= LONGEST for line in lines):
        raise Invalid(
            N_("Each criterion is a short sentence of %(low)s to %(high)s characters."), low=SHORTEST, high=LONGEST
        )
    return lines


def at_venue(local: datetime, zone: str) -> datetime:
    """The moment in UTC that the clock of the venue shows so."""
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def moment_typed(day: str, clock: str, zone: str) -> datetime:
    """A moment typed as a day and a time at the venue; ValueError if it is none."""
    local, _ = _local({"opens_date": day, "opens_time": clock, "closes_date": day, "closes_time": clock})
    return at_venue(local, zone)


def design_of(form: Filled[Any], zone: str, attribution: str, opened: tuple[Round, ...] = ()) -> Mapping[str, Any]:
    """What the designer's template needs: the typed rounds, and what participants would see in them.

    What is wrong is told in the preview as on saving, but not at the fields: somebody is still typing.
    """
    trial: Filled[Any] = blank(**form.typed)
    mode = Attribution(attribution) if attribution in set(Attribution) else Attribution.CHATHAM_HOUSE
    rounds = [acting.planned_as(item) for item in opened] + planned(trial, zone)
    try:
        if not trial.errors:
            check_rounds(rounds)
    except Invalid as refusal:
        trial.errors["rounds"] = refusal
    times = [RoundTimes(one.phase, one.opens_at, one.closes_at) for one in rounds]
    return {
        "n_opened": len(opened),
        "n_rounds": len(rows_of(form)),
        "can_add": len(rows_of(form)) < MAX_ROUNDS,
        "phases": [(phase.value, gettext(overview.PHASE_NAMES[phase])) for phase in Phase],
        "templates": [(code, gettext(name)) for code, name in TEMPLATE_NAMES.items()],
        "problems": list(trial.errors.items()),
        "foreseen": foresee(times, attribution=mode)[len(opened) :],
        "zone": zone,
        "preview_wanted": form.get("do") == "preview",
    }


def is_pressed(form: Filled[Any]) -> bool:
    """Whether a button of the designer was pressed, and not the one that saves."""
    return form.get("do") not in {"", "save"}


# -------- rounds of a consultation that runs


@get("/c/{slug:str}/convene/rounds", opt={"action": Action.CHANGE_ROUNDS})
async def later(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form: Filled[Any] = blank()
    put(form, [typed_row(acting.planned_as(item), actor.consultation.zone) for item in _later(actor)])
    return _later_page(request, actor, form)


def _opened(actor: Actor) -> tuple[Round, ...]:
    return tuple(item for item in actor.rounds if item.opens_at <= actor.now)


def _later(actor: Actor) -> tuple[Round, ...]:
    return tuple(item for item in actor.rounds if item.opens_at > actor.now)


def _later_page(request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    here = actor.consultation
    form.version = acting.version_of(actor.rounds) if form.version is None else form.version
    return page(
        request,
        "convene/rounds.html",
        status=status,
        actor=actor,
        form=form,
        question=here.question,
        opened=_opened(actor),
        phase_names={phase.value: gettext(name) for phase, name in overview.PHASE_NAMES.items()},
        **design_of(form, here.zone, here.attribution, _opened(actor)),
    )


@post("/c/{slug:str}/convene/rounds", opt={"action": Action.CHANGE_ROUNDS}, status_code=200)
async def change_later(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, RoundsForm)
    zone, opened = actor.consultation.zone, _opened(actor)
    if wants_fragment(request):
        return preview(request, form, zone, actor.consultation.attribution, actor.consultation.question, opened)
    if is_pressed(form):
        last = acting.planned_as(opened[-1]) if opened else None
        # Fields know no seconds: the next round is offered from the next full minute on.
        full = None if last is None else replace(last, closes_at=last.closes_at + timedelta(seconds=59))
        press(form, zone=zone, moment=actor.now, before=None if full is None else typed_row(full, zone))
        return _later_page(request, actor, form)
    rounds = planned(form, zone)
    if form.is_valid:
        try:
            await acting.change_later(rounds=rounds, version=form.version, by=actor, form=form)
            return see_other(request, _home(actor), said=gettext("The rounds are saved."))
        except Invalid as refusal:
            form.errors[refusal.field or "rounds"] = refusal
        except Conflict as conflict:
            # What was typed stays, as rounds of their own: the numbers they had may be those of others by now.
            put(form, [row | {"was": ""} for row in rows_of(form)])
            form.version = None
            form.errors["rounds"] = Invalid(conflict.message, **conflict.parameters)
            return _later_page(request, actor, form, status=409)
    return _later_page(request, actor, form, status=422)


def preview(
    request: AnyRequest,
    form: Filled[Any],
    zone: str,
    attribution: str,
    question: str,
    opened: tuple[Round, ...] = (),
) -> Response[Any]:
    """While somebody types: what participants would see."""
    design = design_of(form, zone, attribution, opened)
    return fragment(request, "convene/_preview.html", question=question, **design)


def _home(actor: Actor) -> str:
    return url(f"/c/{actor.consultation.slug}/convene")


HANDLERS = [later, change_later]
