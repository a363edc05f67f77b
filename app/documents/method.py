"""How it works, told by the tables that the code itself obeys: phases, permissions, thresholds, words, disclosure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import deliberation
from app.documents import summary
from app.documents.ladder import NAMES, RULES
from app.language import gettext
from app.refusals import N_
from deliberation.disclosure import Attribution, Audience
from deliberation.disclosure_rules import DEFAULT, rules_for
from deliberation.phases import ALLOWED, NEXT_PHASES, STATES, Action, Phase, Role, Standing

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


@dataclass(frozen=True)
class Node:
    """A phase in the picture."""

    label: str
    x: float


@dataclass(frozen=True)
class Arc:
    """From one phase to one that may follow it: over the line forwards, under it backwards."""

    path: str
    title: str


@dataclass(frozen=True)
class Diagram:
    width: int
    height: int
    nodes: tuple[Node, ...]
    arcs: tuple[Arc, ...]


BOX, STEP, MIDDLE = 116, 178, 120


def diagram() -> Diagram:
    """The table of phases as a picture."""
    order = list(Phase)
    centre = {phase: BOX / 2 + 8 + STEP * place for place, phase in enumerate(order)}
    arcs = []
    for before, after in ((a, b) for a in order for b in order if b in NEXT_PHASES[a]):
        title = f"{gettext(PHASE_NAMES[before])} → {gettext(PHASE_NAMES[after])}"
        arcs.append(Arc(_path(centre[before], centre[after]), title))
    nodes = tuple(Node(gettext(PHASE_NAMES[phase]), centre[phase]) for phase in order)
    return Diagram(int(STEP * (len(order) - 1) + BOX + 16), 2 * MIDDLE, nodes, tuple(arcs))


def _path(start: float, end: float) -> str:
    if start == end:
        top, over = MIDDLE - 22, MIDDLE - 70
        return f"M{start - 18:g} {top} C{start - 40:g} {over} {start + 40:g} {over} {start + 18:g} {top}"
    side = -1 if start < end else 1
    edge = MIDDLE + side * 22
    lift = edge + side * (18 + abs(end - start) / 9)
    return f"M{start:g} {edge} C{start:g} {lift:g} {end:g} {lift:g} {end:g} {edge}"


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
