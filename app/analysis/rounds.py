"""What people will see in each round, told before it is: read from the tables that will decide it then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.analysis.overview import PHASE_NAMES
from app.language import gettext, ngettext, num
from app.refusals import N_
from deliberation.disclosure import Attribution
from deliberation.phases import TEMPLATES, Action, Phase, Role, RoundTimes, Standing, is_allowed

WHAT_PEOPLE_DO = {
    Action.VOTE: N_("Vote on statements, and change any vote until the round closes."),
    Action.PROPOSE: N_("Add statements of their own. A moderator reads each before it is open for votes."),
    Action.COSPONSOR: N_("Stand behind a statement in the name of their organisation."),
    Action.SIGN_SLATE: N_("Give the second signature under the curated slate, if they are drawn by lot for it."),
    Action.RESPOND: N_("Answer each item of the curated slate, and say whether it represents them."),
    Action.OFFER_WORK: N_("Say on which statements they would work, and what they bring."),
    Action.ANSWER_INVITATION: N_("Accept a place in a coalition, or decline it."),
    Action.SEE_RESULTS: N_("See the results so far."),
    Action.SEE_SLATES: N_("See both slates, and the reason for every difference."),
}
"""What a participant can do or see, in the words of the preview and in this order."""
NEW_PEOPLE = N_("New people can join.")
HIDDEN = N_("Nobody sees results before the round has closed.")


@dataclass(frozen=True)
class Foreseen:
    """A round as participants will see it. `bar` is the phase bar while it is open; `lasts` is in words."""

    number: int
    phase: Phase
    name: str
    opens_at: datetime
    closes_at: datetime
    lasts: str
    bar: tuple[tuple[str, str], ...]
    can: tuple[str, ...]


def foresee(rounds: Sequence[RoundTimes], *, attribution: Attribution) -> tuple[Foreseen, ...]:
    """Each round, as it will be while it is open."""
    names = [gettext(PHASE_NAMES[item.phase]) for item in rounds]
    draws_lots = tuple(item.phase for item in rounds) == TEMPLATES["one_meeting"]
    found = []
    for place, item in enumerate(rounds):
        standings = ["done" if other < place else "now" if other == place else "next" for other in range(len(rounds))]
        is_first = item.phase is Phase.PROPOSE and all(one.phase is not Phase.PROPOSE for one in rounds[:place])
        found.append(
            Foreseen(
                place + 1,
                item.phase,
                names[place],
                item.opens_at,
                item.closes_at,
                lasting(item.closes_at - item.opens_at),
                tuple(zip(names, standings, strict=True)),
                _can(
                    item.phase,
                    is_hidden=is_first and attribution is Attribution.CHATHAM_HOUSE,
                    draws_lots=draws_lots,
                ),
            )
        )
    return tuple(found)


def _can(phase: Phase, *, is_hidden: bool, draws_lots: bool) -> tuple[str, ...]:
    state = f"{phase}:{Standing.OPEN}"
    never = {Action.SEE_RESULTS} if is_hidden else set()
    # The table lets a participant sign; only in one meeting is one of them drawn for it.
    never |= set() if draws_lots else {Action.SIGN_SLATE}
    told = [
        text
        for action, text in WHAT_PEOPLE_DO.items()
        if action not in never and is_allowed(action, [Role.PARTICIPANT], state)
    ]
    told += [NEW_PEOPLE] if is_allowed(Action.JOIN, [Role.VISITOR], state) else []
    told += [HIDDEN] if is_hidden else []
    return tuple(gettext(text) for text in told)


def lasting(length: timedelta) -> str:
    """A length of time in the largest unit that says it: days from two days on, else hours, else minutes."""
    minutes = max(round(length.total_seconds() / 60), 0)
    days, hours = round(minutes / (24 * 60)), round(minutes / 60)
    if minutes >= 2 * 24 * 60:
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": num(days)}
    if minutes >= 120:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": num(hours)}
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": num(minutes)}
