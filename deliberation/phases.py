"""The process as tables: what may follow what, and who may do what while which round is open.

Pages, rules, tests and the public method page all read these tables; nothing else decides what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Phase(StrEnum):
    """The kind of a round."""

    PROPOSE = "propose"
    CURATE = "curate"
    RESPOND = "respond"
    COMMIT = "commit"


class Standing(StrEnum):
    """Where the clock stands relative to a round."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"


class Lifecycle(StrEnum):
    """What a convenor decides about a whole consultation; while it runs, the rounds and the clock decide the rest."""

    DRAFT = "draft"
    RUNNING = "running"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Role(StrEnum):
    """In what capacity a person comes to a consultation. A person may have several; a visitor has none."""

    VISITOR = "visitor"
    PARTICIPANT = "participant"
    CURATOR = "curator"
    MODERATOR = "moderator"
    CONVENOR = "convenor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """Everything a person can do, one word for each; every route declares exactly one."""

    # the site
    SEE_SITE = "see_site"
    SIGN_IN = "sign_in"
    SEE_OWN_ACCOUNT = "see_own_account"
    SEE_OUTBOX = "see_outbox"
    SEE_MESSAGES = "see_messages"
    STOP_MESSAGES = "stop_messages"
    SEE_DELIVERY = "see_delivery"
    MANAGE_DELIVERY = "manage_delivery"
    CREATE_CONSULTATION = "create_consultation"
    MANAGE_ACCOUNTS = "manage_accounts"
    RESTORE_ACCESS = "restore_access"
    # a consultation, seen
    SEE_CONSULTATION = "see_consultation"
    SEE_STATEMENTS = "see_statements"
    SEE_RESULTS = "see_results"
    SEE_SLATES = "see_slates"
    SEE_COALITIONS = "see_coalitions"
    SEE_COMMITMENTS = "see_commitments"
    SEE_SUMMARY = "see_summary"
    SEE_AUDIT = "see_audit"
    # taking part
    JOIN = "join"
    VOTE = "vote"
    PROPOSE = "propose"
    COSPONSOR = "cosponsor"
    FLAG = "flag"
    AMEND = "amend"
    ANSWER_AMENDMENT = "answer_amendment"
    SUGGEST_MERGE = "suggest_merge"
    ANSWER_MERGE = "answer_merge"
    ANSWER_CLARIFICATION = "answer_clarification"
    APPEAL = "appeal"
    SEE_OWN = "see_own"
    CHANGE_DETAILS = "change_details"
    RESTRICT = "restrict"
    RESPOND = "respond"
    OFFER_WORK = "offer_work"
    ANSWER_INVITATION = "answer_invitation"
    AGREE_CHARTER = "agree_charter"
    COMMIT = "commit"
    REPORT = "report"
    SEE_ROSTER = "see_roster"
    KEEP_ROSTER = "keep_roster"
    ENGAGE = "engage"
    SEE_CARDS = "see_cards"
    KEEP_CARD = "keep_card"
    SHARE_CONTACT = "share_contact"
    OBJECT = "object"
    TRANSLATE = "translate"
    KEEP_GLOSSARY = "keep_glossary"
    # moderating
    MODERATE = "moderate"
    DECIDE_APPEAL = "decide_appeal"
    SEE_POWER = "see_power"
    SEE_PARTICIPATION = "see_participation"
    DECIDE_ALERT = "decide_alert"
    EXCLUDE = "exclude"
    CONTEST = "contest"
    SEE_REVEALS = "see_reveals"
    ASK_REVEAL = "ask_reveal"
    CONFIRM_REVEAL = "confirm_reveal"
    # convening and curating
    CONFIGURE = "configure"
    APPOINT = "appoint"
    WRITE_STARTER = "write_starter"
    INVITE = "invite"
    OPEN_ROUND = "open_round"
    CHANGE_ROUNDS = "change_rounds"
    EXTEND_ROUND = "extend_round"
    CONFIRM_EXTENSION = "confirm_extension"
    NOTE_POINT = "note_point"
    ANALYSE = "analyse"
    CURATE = "curate"
    SIGN_SLATE = "sign_slate"
    FORM_COALITION = "form_coalition"
    CHECK_ROSTER = "check_roster"
    WRITE_SUMMARY = "write_summary"
    PUBLISH_SUMMARY = "publish_summary"
    WRITE_REPLY = "write_reply"
    ARCHIVE = "archive"
    EXPORT_RESULTS = "export_results"
    EXPORT_VOTES = "export_votes"


State = str
"""`draft`, `published`, `archived`, or `<phase>:<standing>`, for instance `propose:open`."""

ROUND_STATES: tuple[State, ...] = tuple(f"{phase}:{standing}" for phase in Phase for standing in Standing)
STATES: tuple[State, ...] = (Lifecycle.DRAFT.value, *ROUND_STATES, Lifecycle.PUBLISHED.value, Lifecycle.ARCHIVED.value)

NEXT_PHASES: Mapping[Phase | None, frozenset[Phase]] = {
    None: frozenset({Phase.PROPOSE}),
    Phase.PROPOSE: frozenset({Phase.PROPOSE, Phase.CURATE, Phase.COMMIT}),
    Phase.CURATE: frozenset({Phase.RESPOND, Phase.PROPOSE, Phase.COMMIT}),
    Phase.RESPOND: frozenset({Phase.CURATE, Phase.COMMIT, Phase.PROPOSE}),
    Phase.COMMIT: frozenset({Phase.PROPOSE}),
}
"""What may come after a round of a phase (None: at the start). A curated slate needs a round of proposals before it,
and a response needs a slate to respond to."""

TEMPLATES: Mapping[str, tuple[Phase, ...]] = {
    "one_meeting": (Phase.PROPOSE, Phase.CURATE, Phase.RESPOND),
    "partnership": (Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.COMMIT),
    "poll": (Phase.PROPOSE,),
}


def _states(words: str) -> frozenset[State]:
    """States named in short: `propose:open`, `curate:*`, `running` (any round state), `after` (once a round has
    closed), `any`."""
    groups: dict[str, tuple[State, ...]] = {
        "any": STATES,
        "running": ROUND_STATES,
        "launched": tuple(state for state in STATES if state != Lifecycle.DRAFT),
        "after": (
            "propose:closed",
            *(state for state in ROUND_STATES if not state.startswith("propose:")),
            Lifecycle.PUBLISHED.value,
            Lifecycle.ARCHIVED.value,
        ),
    }
    found: set[State] = set()
    for word in words.split():
        if word in groups:
            found.update(groups[word])
        elif word.endswith(":*"):
            found.update(state for state in ROUND_STATES if state.startswith(word[:-1]))
        else:
            found.add(word)
    unknown = found - set(STATES)
    if unknown:
        raise ValueError(f"unknown states: {sorted(unknown)}")
    return frozenset(found)


class Row(dict[Role, frozenset[State]]):
    """One action's line of the table: in which states each role may, and whether a fresh second factor is asked for."""

    asks_factor: bool = False


def _row(everyone: str = "", *, asks_factor: bool = False, **by_role: str) -> Row:
    row = Row({role: _states(everyone) for role in Role})
    row.update({Role(role): _states(words) for role, words in by_role.items()})
    row.asks_factor = asks_factor
    return row


ALLOWED: Mapping[Action, Row] = {
    Action.SEE_SITE: _row("any"),
    Action.SIGN_IN: _row("any"),
    Action.SEE_OWN_ACCOUNT: _row("any", visitor=""),
    Action.SEE_OUTBOX: _row("any"),
    Action.SEE_MESSAGES: _row(convenor="any", administrator="any"),
    Action.STOP_MESSAGES: _row("any"),
    Action.SEE_DELIVERY: _row(administrator="any"),
    Action.MANAGE_DELIVERY: _row(administrator="any"),
    Action.CREATE_CONSULTATION: _row(convenor="any"),
    Action.MANAGE_ACCOUNTS: _row(administrator="any", asks_factor=True),
    Action.RESTORE_ACCESS: _row(convenor="any", administrator="any", asks_factor=True),
    Action.SEE_CONSULTATION: _row("launched", moderator="any", convenor="any", auditor="any", administrator="any"),
    Action.SEE_STATEMENTS: _row("launched", moderator="any", convenor="any", auditor="any", administrator=""),
    Action.SEE_RESULTS: _row("propose:open after", administrator=""),
    Action.SEE_SLATES: _row(
        "curate:closed respond:* commit:* published archived",
        convenor="after",
        curator="after",
        moderator="after",
        auditor="after",
        administrator="",
    ),
    Action.SEE_COALITIONS: _row("curate:closed respond:* commit:* published archived", administrator=""),
    # What was undertaken stays readable and is kept up while the next rounds go on.
    Action.SEE_COMMITMENTS: _row("launched", administrator=""),
    Action.SEE_SUMMARY: _row("launched", convenor="any"),
    Action.SEE_AUDIT: _row("launched", moderator="any", convenor="any", auditor="any"),
    Action.JOIN: _row(visitor="propose:scheduled propose:open respond:open"),
    Action.VOTE: _row(participant="propose:open"),
    Action.PROPOSE: _row(participant="propose:open"),
    Action.COSPONSOR: _row(participant="propose:open"),
    Action.FLAG: _row(participant="propose:open respond:open"),
    Action.AMEND: _row(participant="propose:open", convenor="propose:open", moderator="propose:open"),
    Action.ANSWER_AMENDMENT: _row(participant="propose:open", convenor="propose:open", moderator="propose:open"),
    Action.SUGGEST_MERGE: _row(participant="propose:open", moderator="propose:open"),
    Action.ANSWER_MERGE: _row(participant="propose:open", convenor="propose:open"),
    Action.ANSWER_CLARIFICATION: _row(participant="propose:open", convenor="propose:open"),
    Action.APPEAL: _row(participant="running"),
    Action.SEE_OWN: _row(participant="launched"),
    Action.CHANGE_DETAILS: _row(participant="running"),
    # An objection holds from the next analysis on, and analyses go on after publication.
    Action.RESTRICT: _row(participant="running published"),
    Action.RESPOND: _row(participant="respond:open"),
    Action.OFFER_WORK: _row(participant="curate:closed respond:* commit:* published"),
    Action.ANSWER_INVITATION: _row(participant="curate:closed respond:* commit:* published"),
    Action.SEE_CARDS: _row("launched", visitor="", administrator=""),
    Action.KEEP_CARD: _row(participant="running published"),
    Action.SHARE_CONTACT: _row(participant="curate:closed respond:* commit:* published"),
    Action.AGREE_CHARTER: _row(participant="running published"),
    Action.COMMIT: _row(participant="running published", convenor="running published"),
    Action.REPORT: _row(participant="running published"),
    Action.SEE_ROSTER: _row("launched", visitor="", administrator=""),
    Action.KEEP_ROSTER: _row(participant="running published"),
    Action.ENGAGE: _row(participant="running published"),
    Action.CHECK_ROSTER: _row(convenor="running published"),
    Action.OBJECT: _row(participant="propose:closed curate:* respond:* commit:* published"),
    # Starter proposals are translated before anybody reads them.
    Action.TRANSLATE: _row(participant="running", moderator="running", convenor="draft running"),
    Action.KEEP_GLOSSARY: _row(moderator="running", convenor="draft running"),
    Action.MODERATE: _row(moderator="running"),
    Action.DECIDE_APPEAL: _row(convenor="running"),
    Action.SEE_POWER: _row(moderator="launched", auditor="launched", convenor="after"),
    Action.SEE_PARTICIPATION: _row(moderator="launched", auditor="launched", convenor="launched"),
    Action.DECIDE_ALERT: _row(moderator="running published"),
    Action.EXCLUDE: _row(moderator="running published", convenor="running published"),
    Action.CONTEST: _row(participant="running published"),
    Action.SEE_REVEALS: _row(moderator="launched", convenor="launched", auditor="launched"),
    Action.ASK_REVEAL: _row(moderator="running published"),
    Action.CONFIRM_REVEAL: _row(convenor="running published", asks_factor=True),
    Action.CONFIGURE: _row(convenor="draft"),
    Action.APPOINT: _row(convenor="draft running", asks_factor=True),
    Action.WRITE_STARTER: _row(convenor="draft propose:scheduled"),
    Action.INVITE: _row(convenor="draft propose:* respond:scheduled respond:open"),
    Action.OPEN_ROUND: _row(convenor="draft running", asks_factor=True),
    Action.CHANGE_ROUNDS: _row(convenor="running", asks_factor=True),
    Action.EXTEND_ROUND: _row(convenor="propose:open curate:open respond:open commit:open", asks_factor=True),
    Action.CONFIRM_EXTENSION: _row(
        convenor="propose:open curate:open respond:open commit:open",
        moderator="propose:open curate:open respond:open commit:open",
        asks_factor=True,
    ),
    Action.NOTE_POINT: _row(convenor="propose:open", moderator="propose:open"),
    Action.ANALYSE: _row(convenor="running published", auditor="after"),
    Action.CURATE: _row(convenor="curate:open", curator="curate:open", asks_factor=True),
    Action.SIGN_SLATE: _row(convenor="curate:open", curator="curate:open", participant="curate:open", asks_factor=True),
    Action.FORM_COALITION: _row(convenor="curate:closed respond:* commit:* published"),
    Action.WRITE_SUMMARY: _row(convenor="after"),
    Action.PUBLISH_SUMMARY: _row(
        convenor="propose:closed curate:closed respond:* commit:* published",
        curator="propose:closed curate:closed respond:* commit:* published",
        participant="propose:closed curate:closed respond:* commit:* published",
        asks_factor=True,
    ),
    Action.WRITE_REPLY: _row(convenor="propose:closed curate:* respond:* commit:* published"),
    Action.ARCHIVE: _row(convenor="published", asks_factor=True),
    Action.EXPORT_RESULTS: _row("after", administrator=""),
    Action.EXPORT_VOTES: _row(convenor="after", auditor="after", asks_factor=True),
}
"""Who may do what in which state. `visitor` is anybody without another role here, signed in or not. What a mode of
attribution or a single round narrows further is decided in the application's access checks, never widened there. A line
that asks for a factor asks whoever has a second factor for a code of it, given within `FACTOR_LIFE`."""

FACTOR_LIFE = timedelta(minutes=10)
"""How long a second factor counts as fresh: whoever finds a screen unlocked later does not publish with it."""

SITE_ACTIONS: frozenset[Action] = frozenset(
    {
        Action.SEE_SITE,
        Action.SIGN_IN,
        Action.SEE_OWN_ACCOUNT,
        Action.SEE_OUTBOX,
        Action.SEE_MESSAGES,
        Action.STOP_MESSAGES,
        Action.SEE_DELIVERY,
        Action.MANAGE_DELIVERY,
        Action.CREATE_CONSULTATION,
        Action.MANAGE_ACCOUNTS,
        Action.RESTORE_ACCESS,
    }
)
"""Actions that concern no single consultation."""

READING: frozenset[Action] = frozenset(action for action in Action if action.value.startswith("see_")) | {
    Action.EXPORT_RESULTS,
    Action.EXPORT_VOTES,
}
"""Actions that change nothing; a route that changes something may not declare one of these."""


def asks_factor(action: Action, *, is_write: bool) -> bool:
    """Whether a fresh second factor is asked for: to change something, or to take away what is not public."""
    return ALLOWED[action].asks_factor and (is_write or action in READING)


class Step(StrEnum):
    """What leads from one state to another: a person for the first and the last two, the clock for the others."""

    LAUNCH = "launch"
    OPENING = "opening"
    CLOSING = "closing"
    PUBLICATION = "publication"
    ARCHIVING = "archiving"


@dataclass(frozen=True)
class Transition:
    """One way from a state to another."""

    before: State
    after: State
    step: Step


def transitions() -> tuple[Transition, ...]:
    """Every way from one state to another that the tables leave open, none twice.

    Where a round opens in the moment in which another closes, both steps are taken, the closing first.
    """
    first = [phase for phase in Phase if phase in NEXT_PHASES[None]]
    found = [Transition(Lifecycle.DRAFT.value, f"{phase}:scheduled", Step.LAUNCH) for phase in first]
    found += [Transition(Lifecycle.DRAFT.value, f"{phase}:open", Step.LAUNCH) for phase in first]
    found += [Transition(f"{phase}:scheduled", f"{phase}:open", Step.OPENING) for phase in first]
    for phase in Phase:
        found.append(Transition(f"{phase}:open", f"{phase}:closed", Step.CLOSING))
        found += [
            Transition(f"{phase}:closed", f"{after}:open", Step.OPENING)
            for after in Phase
            if after in NEXT_PHASES[phase]
        ]
    found += [Transition(f"{phase}:closed", Lifecycle.PUBLISHED.value, Step.PUBLICATION) for phase in Phase]
    found.append(Transition(Lifecycle.PUBLISHED.value, Lifecycle.ARCHIVED.value, Step.ARCHIVING))
    return tuple(found)


def is_allowed(action: Action, roles: Iterable[Role], state: State) -> bool:
    """Whether any of the roles allows the action in this state."""
    row = ALLOWED[action]
    return any(state in row[role] for role in roles)


def could_ever(action: Action, roles: Iterable[Role]) -> bool:
    """Whether any of the roles allows the action in some state: tells "not now" from "not you"."""
    return any(ALLOWED[action][role] for role in roles)


@dataclass(frozen=True)
class RoundTimes:
    """What the clock needs to know about a round. Times carry their zone."""

    phase: Phase
    opens_at: datetime
    closes_at: datetime

    def standing(self, now: datetime) -> Standing:
        if now < self.opens_at:
            return Standing.SCHEDULED
        return Standing.OPEN if now < self.closes_at else Standing.CLOSED


def current_round(rounds: Sequence[RoundTimes], now: datetime) -> int | None:
    """Index of the round that decides what is open: the last one that has opened, else the first; None without any.

    A round that is open counts before a later one that is over, so that overlapping rounds cannot close each other.
    """
    if not rounds:
        return None
    opened = [index for index, times in enumerate(rounds) if times.opens_at <= now]
    running = [index for index in opened if now < rounds[index].closes_at]
    return running[-1] if running else opened[-1] if opened else 0


def state_of(lifecycle: Lifecycle, rounds: Sequence[RoundTimes], now: datetime) -> State:
    """The state of a consultation as a function of its lifecycle, its rounds and the clock."""
    index = current_round(rounds, now)
    if lifecycle is not Lifecycle.RUNNING or index is None:
        return lifecycle.value if lifecycle is not Lifecycle.RUNNING else Lifecycle.DRAFT.value
    return f"{rounds[index].phase}:{rounds[index].standing(now)}"


def sequence_error(phases: Sequence[Phase]) -> tuple[int, Phase] | None:
    """The first place at which a sequence of phases breaks `NEXT_PHASES`, with the phase that may not stand there."""
    before: Phase | None = None
    for index, phase in enumerate(phases):
        if phase not in NEXT_PHASES[before]:
            return index, phase
        before = phase
    return None
