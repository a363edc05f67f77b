"""How it works, told by the tables that the code itself obeys: phases, permissions, thresholds, words, disclosure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import deliberation
import deliberation.exclusions as exclusions
from app.analysis.alert_words import headline
from app.analysis.exclusion_words import STEP_NAMES as EXCLUSION_STEPS
from app.analysis.holding import LINES
from app.documents import summary
from app.documents.ladder import NAMES, RULES
from app.language import gettext
from app.refusals import N_
from deliberation.disclosure import Attribution, Audience
from deliberation.disclosure_rules import DEFAULT, rules_for
from deliberation.phases import ALLOWED, NEXT_PHASES, STATES, Action, Phase, Role, Standing, Step, transitions

PHASE_NAMES = {
    Phase.PROPOSE: N_("Propose"),
    Phase.CURATE: N_("Curate"),
    Phase.RESPOND: N_("Respond"),
    Phase.COMMIT: N_("Commit"),
}
STANDING_NAMES = {
    Standing.SCHEDULED: N_("scheduled"),
    Standing.OPEN: N_("open"),
    Standing.CLOSED: N_("closed"),
}
STATE_NAMES = {"draft": N_("Draft"), "published": N_("Published"), "archived": N_("Archived")}
ROLE_NAMES = {
    Role.VISITOR: N_("Visitor"),
    Role.PARTICIPANT: N_("Participant"),
    Role.CURATOR: N_("Curator"),
    Role.MODERATOR: N_("Moderator"),
    Role.CONVENOR: N_("Convenor"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMINISTRATOR: N_("Administrator"),
}
ALWAYS, NEVER = N_("always"), N_("never")


@dataclass(frozen=True)
class Threshold:
    """One setting: its name, its value as it is written, and the reason that stands beside it."""

    name: str
    value: str
    reason: str


@dataclass(frozen=True)
class SettingsClass:
    """The settings of one part of the method."""

    name: str
    module: str
    thresholds: tuple[Threshold, ...]

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        return [(one.name, one.value, one.reason) for one in self.thresholds]


@cache
def all_settings() -> tuple[SettingsClass, ...]:
    """Every `...Settings` of the core, and the summary's own, read from their source: nothing is told twice."""
    core = Path(deliberation.__file__).parent
    files = [(f"deliberation.{file.stem}", file) for file in sorted(core.glob("*.py"))]
    files.append(("app.documents.summary", Path(summary.__file__)))
    return tuple(found for module, file in files for found in _settings_in(module, file.read_text(encoding="utf-8")))


def _settings_in(module: str, source: str) -> Iterator[SettingsClass]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name.endswith("Settings"):
            thresholds = tuple(_thresholds(node))
            if thresholds:
                yield SettingsClass(node.name, module, thresholds)


def _thresholds(node: ast.ClassDef) -> Iterator[Threshold]:
    """Fields that follow each other may share the reason below the last of them."""
    waiting: list[tuple[str, str]] = []
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.value is not None:
            value = ast.unparse(item.value)
            if not value.startswith("field("):
                waiting.append((item.target.id, value))
        elif isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str):
            reason = " ".join(item.value.value.split())
            yield from (Threshold(name, value, reason) for name, value in waiting)
            waiting = []
    yield from (Threshold(name, value, "") for name, value in waiting)


# -------- the process


def phase_rows() -> list[tuple[str, str, str]]:
    """Each phase with its direction and what may come after it."""
    direction = {
        Phase.PROPOSE: N_("bottom-up"),
        Phase.CURATE: N_("top-down"),
        Phase.RESPOND: N_("bottom-up"),
        Phase.COMMIT: N_("both"),
    }
    return [
        (
            gettext(PHASE_NAMES[phase]),
            gettext(direction[phase]),
            ", ".join(gettext(PHASE_NAMES[after]) for after in Phase if after in NEXT_PHASES[phase]),
        )
        for phase in Phase
    ]


def state_name(state: str) -> str:
    """A state in the reader's words."""
    phase, _, standing = state.partition(":")
    if not standing:
        return gettext(STATE_NAMES[state])
    return f"{gettext(PHASE_NAMES[Phase(phase)])}, {gettext(STANDING_NAMES[Standing(standing)])}"


def permission_rows() -> list[tuple[str, ...]]:
    """Each action, and for each role the states in which it is allowed, in as few words as say it."""
    return [(action.value.replace("_", " "), *(_when(ALLOWED[action][role]) for role in Role)) for action in Action]


def _when(states: frozenset[str]) -> str:
    if not states:
        return gettext(NEVER)
    if states == frozenset(STATES):
        return gettext(ALWAYS)
    parts = []
    for phase in Phase:
        held = [standing for standing in Standing if f"{phase}:{standing}" in states]
        if len(held) == len(Standing):
            parts.append(gettext(PHASE_NAMES[phase]))
        elif held:
            words = " / ".join(gettext(STANDING_NAMES[standing]) for standing in held)
            parts.append(f"{gettext(PHASE_NAMES[phase])} ({words})")
    parts += [gettext(name) for state, name in STATE_NAMES.items() if state in states]
    return "; ".join(parts)


def held_rows() -> list[tuple[str, str]]:
    """The kinds of alerts that hold publication until a moderator has decided, and why."""
    return [(headline(kind), gettext(why)) for kind, why in LINES.items()]


STANDING_OF_EXCLUSION = {
    None: N_("not proposed"),
    exclusions.Standing.PROPOSED: N_("proposed"),
    exclusions.Standing.CONFIRMED: N_("left out"),
    exclusions.Standing.REFUSED: N_("refused"),
    exclusions.Standing.LIFTING: N_("left out, lifting proposed"),
    exclusions.Standing.LIFTED: N_("counted again"),
}


TAKEN_BACK = frozenset({exclusions.Step.REFUSE, exclusions.Step.KEEP})


def exclusion_rows() -> list[tuple[str, str, str, str]]:
    """Every step by which votes are left out or taken in again: from where, what, to where, by whom."""
    another, anybody = gettext("another person"), gettext("one person")
    either = gettext("a second person, or whoever proposed it")
    return [
        (
            gettext(STANDING_OF_EXCLUSION[before]),
            gettext(EXCLUSION_STEPS[step]),
            gettext(STANDING_OF_EXCLUSION[after]),
            another if step in exclusions.NEEDS_ANOTHER else either if step in TAKEN_BACK else anybody,
        )
        for (before, step), after in exclusions.NEXT.items()
    ]


STEP_NAMES = {
    Step.LAUNCH: N_("A convenor launches it"),
    Step.OPENING: N_("The clock opens the round"),
    Step.CLOSING: N_("The clock closes the round"),
    Step.PUBLICATION: N_("The last round is over, and two persons sign a summary"),
    Step.ARCHIVING: N_("A convenor archives it"),
}


def transition_rows() -> list[tuple[str, str, str]]:
    """Every way from one state to another: from where, by what, to where."""
    return [(state_name(one.before), gettext(STEP_NAMES[one.step]), state_name(one.after)) for one in transitions()]


@dataclass(frozen=True)
class Node:
    """A state in the picture, with its middle."""

    state: str
    label: str
    x: float
    y: float


@dataclass(frozen=True)
class Arc:
    """One way from a state to another. `is_clock`: nobody has to do anything for it."""

    before: str
    after: str
    path: str
    title: str
    is_clock: bool


@dataclass(frozen=True)
class Diagram:
    """The states of a consultation and the ways between them. `columns` names the phases above their states."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    arcs: tuple[Arc, ...]
    columns: tuple[tuple[str, float], ...]


BOX_WIDTH, BOX_HEIGHT = 112, 40
FIRST_COLUMN, COLUMN = 236, 176
OPEN_ROW, CLOSED_ROW = 66, 206
DRAFT, PUBLISHED, ARCHIVED = "draft", "published", "archived"


def diagram() -> Diagram:
    """All ways from state to state as a picture: what is open above, what is closed below, a column for each phase.

    States in which no way ends or begins are left out: a later round is never the one the clock waits for.
    """
    ways = transitions()
    places = _places({state for one in ways for state in (one.before, one.after)})
    nodes = tuple(Node(state, _short_name(state), x, y) for state, (x, y) in places.items())
    arcs = tuple(
        Arc(
            one.before,
            one.after,
            _way(places[one.before], places[one.after]),
            f"{state_name(one.before)} → {state_name(one.after)}",
            one.step in {Step.OPENING, Step.CLOSING},
        )
        for one in ways
    )
    columns = tuple((gettext(PHASE_NAMES[phase]), float(_column(phase))) for phase in Phase)
    return Diagram(_column(Phase.COMMIT) + COLUMN + BOX_WIDTH // 2 + 10, 350, nodes, arcs, columns)


def _column(phase: Phase) -> int:
    return FIRST_COLUMN + COLUMN * list(Phase).index(phase)


def _places(states: set[str]) -> dict[str, tuple[float, float]]:
    places: dict[str, tuple[float, float]] = {DRAFT: (66, OPEN_ROW)}
    for phase in Phase:
        here = {
            Standing.SCHEDULED: (66, CLOSED_ROW),
            Standing.OPEN: (_column(phase), OPEN_ROW),
            Standing.CLOSED: (_column(phase), CLOSED_ROW),
        }
        places |= {f"{phase}:{standing}": at for standing, at in here.items() if f"{phase}:{standing}" in states}
    last = _column(Phase.COMMIT) + COLUMN
    return places | {PUBLISHED: (last, CLOSED_ROW), ARCHIVED: (last, OPEN_ROW)}


def _short_name(state: str) -> str:
    """A state without its phase, which stands above it; the first round waits beside the others, with its phase."""
    standing = state.partition(":")[2]
    if not standing or standing == Standing.SCHEDULED:
        return state_name(state)
    return gettext(STANDING_NAMES[Standing(standing)])


def _way(start: tuple[float, float], end: tuple[float, float]) -> str:
    """From box to box: straight to a neighbour, round below to the end, curved over the middle to other columns."""
    (x, y), (to_x, to_y) = start, end
    half_width, half_height = BOX_WIDTH / 2, BOX_HEIGHT / 2
    if x == to_x:
        # Closing goes down the middle; the next round of the same phase comes up beside it.
        side, beside = (half_height, 0) if to_y > y else (-half_height, -36 if x > FIRST_COLUMN - 1 else 0)
        return f"M{x + beside:g} {y + side:g} L{to_x + beside:g} {to_y - side:g}"
    if y == to_y == OPEN_ROW or (y == to_y and to_x - x == COLUMN):
        side = half_width if to_x > x else -half_width
        return f"M{x + side:g} {y:g} L{to_x - side:g} {to_y:g}"
    if y == to_y:
        low = y + 50 + (to_x - x) / 8
        return f"M{x:g} {y + half_height:g} C{x:g} {low:g} {to_x:g} {low:g} {to_x:g} {to_y + half_height:g}"
    shift = 26 if to_x > x else -26
    up, down = y - half_height, to_y + half_height
    bend = (up - down) * 0.55
    return (
        f"M{x + shift:g} {up:g} C{x + shift:g} {up - bend:g} {to_x - shift:g} {down + bend:g} {to_x - shift:g} {down:g}"
    )


# -------- words and disclosure


def ladder_rows() -> list[tuple[str, str]]:
    return [(gettext(NAMES[word]), gettext(rule)) for word, rule in RULES]


MODE_NAMES = {
    Attribution.ATTRIBUTED: N_("Attributed"),
    Attribution.OPEN: N_("Open"),
    Attribution.CHATHAM_HOUSE: N_("Chatham House"),
}


def disclosure_rows() -> list[tuple[str, str, str, str]]:
    """Each mode of attribution: fewest voters in a row in public and inside, and how figures are told."""
    rows = []
    for mode in Attribution:
        public, inside = (rules_for(mode, audience, 1_000) for audience in (Audience.PUBLIC, Audience.INSIDE))
        told = (
            gettext("exactly")
            if public.is_exact
            else gettext("in steps of 5 points, from 10%% to 90%%; under %(n)s people in words only")
            % {"n": DEFAULT.small_room_below}
        )
        rows.append((gettext(MODE_NAMES[mode]), str(public.fewest), str(inside.fewest), told))
    return rows


def attribution_note() -> Mapping[str, int]:
    return {"moved": DEFAULT.fewest_moved, "small_room": DEFAULT.small_room_below}
