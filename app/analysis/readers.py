"""Who can read what, as a table: from the table of rights where a right decides, and fixed where nobody has one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.refusals import N_
from deliberation.phases import ALLOWED, Action, Role


class Answer(StrEnum):
    """What one reader can read of one thing."""

    NO = "no"
    YES = "yes"
    OWN = "own"
    TOTALS = "totals"
    INVITED = "invited"
    CODE = "code"
    CASE = "case"
    HAPPENED = "happened"
    COULD = "could"


ANSWERS: dict[Answer, str] = {
    Answer.NO: N_("no"),
    Answer.YES: N_("yes"),
    Answer.OWN: N_("their own"),
    Answer.TOTALS: N_("totals only"),
    Answer.INVITED: N_("whom they invited, not what they do"),
    Answer.CODE: N_("staff by a code"),
    Answer.CASE: N_("of what text, and why"),
    Answer.HAPPENED: N_("that it happened"),
    Answer.COULD: N_("could"),
}
READERS: dict[Role, str] = {
    Role.VISITOR: N_("Public"),
    Role.PARTICIPANT: N_("Participants"),
    Role.CURATOR: N_("Curators"),
    Role.MODERATOR: N_("Moderators"),
    Role.CONVENOR: N_("Convenors"),
    Role.AUDITOR: N_("Auditors"),
    Role.ADMINISTRATOR: N_("Administrators"),
}


@dataclass(frozen=True)
class Thing:
    """Something that could be read, and what each reader can read of it; whoever operates the server could read all."""

    title: str
    answers: dict[Role, Answer]


def _by_right(title: str, action: Action, says: Answer = Answer.YES, **others: Answer) -> Thing:
    """Who has the right in any state of a consultation reads it."""
    answers = {role: says if ALLOWED[action][role] else Answer.NO for role in Role}
    return Thing(title, answers | {Role(role): answer for role, answer in others.items()})


def _by_nobody(title: str, **others: Answer) -> Thing:
    """There is no right to it: what nobody is ever shown, but for these."""
    answers: dict[Role, Answer] = dict.fromkeys(Role, Answer.NO)
    return Thing(title, answers | {Role(role): answer for role, answer in others.items()})


def _a_reveal() -> Thing:
    """That an author was revealed stands in the public log; who asks, confirms or audits reads the case."""
    told = _by_right("", Action.SEE_AUDIT, Answer.HAPPENED).answers
    case = _by_right("", Action.SEE_REVEALS, Answer.CASE).answers
    answers = {role: case[role] if case[role] is not Answer.NO else told[role] for role in Role}
    return Thing(N_("A reveal of an author, but not who it is: the two persons alone"), answers)


def things() -> tuple[Thing, ...]:
    """The table under the Chatham House Rule, the default; the other modes name authors who ask for it, and no more."""
    return (
        _by_nobody(N_("Who takes part, and for which body"), participant=Answer.OWN, convenor=Answer.INVITED),
        _by_nobody(N_("Who wrote a statement"), participant=Answer.OWN),
        _by_nobody(N_("How somebody voted"), participant=Answer.OWN),
        _by_nobody(N_("Whether somebody voted"), participant=Answer.OWN),
        _by_nobody(N_("When somebody wrote or voted, to the minute"), participant=Answer.NO),
        _by_right(N_("Statements that are accepted"), Action.SEE_STATEMENTS),
        _by_nobody(
            N_("Statements that wait, or were declined"),
            participant=Answer.OWN,
            curator=Answer.YES,
            moderator=Answer.YES,
            convenor=Answer.YES,
            auditor=Answer.YES,
        ),
        _by_right(N_("Results"), Action.SEE_RESULTS, Answer.TOTALS),
        _by_right(N_("The balance of power"), Action.SEE_POWER, Answer.TOTALS),
        _by_right(
            N_("What was decided, and in what capacity"), Action.SEE_AUDIT, convenor=Answer.CODE, auditor=Answer.CODE
        ),
        _a_reveal(),
        _by_right(N_("Names and addresses of accounts, without what they do"), Action.MANAGE_ACCOUNTS),
    )


def rows() -> Iterable[tuple[str, tuple[str, ...]]]:
    """Each thing with its answers in the order of `READERS`, and last whoever operates the server."""
    for thing in things():
        yield thing.title, (*(ANSWERS[thing.answers[role]] for role in READERS), ANSWERS[Answer.COULD])
