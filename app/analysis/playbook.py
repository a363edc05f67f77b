"""The playbook: for each kind of alert one step that a person can take. Nothing in it is done by itself."""

from __future__ import annotations

from dataclasses import dataclass

from app.refusals import N_
from deliberation.phases import Action


@dataclass(frozen=True)
class Step:
    """What to do next; `page` is where those who may do `action` do it, empty where it is done elsewhere."""

    text: str
    page: str = ""
    action: Action = Action.SEE_POWER


PAIR = Step(
    N_("Invite a co-drafter from another constituency: the page names pairs that would be new."),
    "/participation",
    Action.SEE_PARTICIPATION,
)
INVITE = Step(
    N_("Open a caucus for those who are missing and invite them: the page says whom next."),
    "/participation",
    Action.SEE_PARTICIPATION,
)
RESERVE = Step(
    N_("Reserve places for them among those you invite next; a convenor can also weigh results by the targets."),
    "/participation",
    Action.SEE_PARTICIPATION,
)
BLIND = Step(
    N_("Blind the next round of curation: with criteria, curators score on their own before the desk opens."),
    "/convene/rounds",
    Action.CHANGE_ROUNDS,
)
QUEUE = Step(N_("Take theirs first, and have a second moderator read them."), "/moderate", Action.MODERATE)
EXTEND = Step(
    N_("Let the round run longer, so that what was shown less often catches up."),
    "/convene/extend",
    Action.EXTEND_ROUND,
)
MEDIATE = Step(N_("Call a mediator from neither side, who drafts a third wording with both."))
ASK = Step(N_("Ask those who organised a meeting or a mailing at that time what happened, before you decide."))
LINE_UP = Step(
    N_("Look at the line-up again: somebody of another constituency, or one fewer of this one, before inviting."),
    "/coalitions",
    Action.SEE_COALITIONS,
)
READ_AGAIN = Step(
    N_("Have somebody who reads both compare them, and withdraw or replace the translation if it says something else."),
    "/translate",
    Action.TRANSLATE,
)
PLAYBOOK: dict[str, Step] = {
    "one_organisation": PAIR,
    "one_author": PAIR,
    "few_authors": INVITE,
    "between_constituencies": INVITE,
    "over_represented": RESERVE,
    "under_represented": RESERVE,
    "missing_from_slate": BLIND,
    "favoured_at_equal_support": BLIND,
    "passed_over_at_equal_support": BLIND,
    "uneven_moderation": QUEUE,
    "long_wait": QUEUE,
    "uneven_exposure": EXTEND,
    "one_way_amendments": MEDIATE,
    "burst": ASK,
    "near_identical": ASK,
    "coalition_dominated": LINE_UP,
    "uneven_translation": READ_AGAIN,
}
