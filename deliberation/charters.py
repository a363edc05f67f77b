"""Charters: which clauses the partners of a coalition agree on, which wordings would help, and the text they sign.

Consent, not majority: a clause stands when nobody has a reasoned objection to it and enough partners have answered.
Nobody is bound by it before they have signed the whole.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from deliberation.errors import BadValue

CLAUSES = ("purpose", "principles", "scope", "decisions", "money", "credit", "exit", "review", "dissent")
"""What a charter speaks of, in the order in which its text does."""


class Consent(StrEnum):
    """What a partner says to a wording. An objection has a reason; without one it would tell nobody what to change."""

    AGREE = "agree"
    LIVE_WITH = "live_with"
    OBJECT = "object"


class ClauseState(StrEnum):
    """Where a clause stands: agreed, waiting for answers, objected to in every wording, or without any words."""

    AGREED = "agreed"
    WAITING = "waiting"
    OBJECTED = "objected"
    EMPTY = "empty"


@dataclass(frozen=True)
class Wording:
    """One wording of one clause, and what each partner who has answered says to it."""

    clause: str
    number: int
    answers: Mapping[int, Consent] = field(default_factory=dict)


@dataclass(frozen=True)
class CharterSettings:
    """What a clause needs to stand."""

    quorum: float = 2 / 3
    """One silent partner does not hold up the talk; that partner is asked again by the signature, which all give."""


@dataclass(frozen=True)
class ClauseStanding:
    """Where one clause stands.

    chosen : number of the wording that stands, of several the one that most agree with; None unless agreed
    shown : number of the wording on the table: the chosen one, else the first; None without any
    n_objections, n_waiting : partners who object to the wording on the table, and who have not answered it
    """

    clause: str
    state: ClauseState
    chosen: int | None
    shown: int | None
    n_objections: int
    n_waiting: int


@dataclass(frozen=True)
class Switch:
    """Another wording that is on the table already: for which clause, and how many objections fewer remain with it."""

    clause: str
    number: int
    n_removed: int
    n_left: int


@dataclass(frozen=True)
class ChangeSet:
    """The fewest switches after which no other choice among the wordings leaves fewer objections, the best first.

    rewrite : clauses that need new words, because every wording has an objection; the most objections first
    freed : partners whose every objection the switches remove
    n_objections, n_left : objections to the words on the table, and those that remain after all switches
    """

    switches: tuple[Switch, ...]
    rewrite: tuple[str, ...]
    freed: tuple[int, ...]
    n_objections: int
    n_left: int


def standings(
    wordings: Sequence[Wording],
    partners: Collection[int],
    *,
    clauses: Sequence[str] = CLAUSES,
    settings: CharterSettings | None = None,
) -> tuple[ClauseStanding, ...]:
    """Where each clause stands among these partners, from the easiest to the hardest.

    Answers of whoever is no partner (any more) do not count, and a partner who joins late has answered nothing: their
    coming can open a clause again. Easiest: the smallest share of objections to the words on the table, then the
    smallest share of "can live with", then the fewest who have not answered; clauses without words come last; ties in
    the order of `clauses`. Raises `BadValue` for a wording of another clause or one that is there twice.
    """
    settings = settings or CharterSettings()
    known = _by_clause(wordings, clauses)
    present = frozenset(partners)
    found = [_standing(clause, known[clause], present, settings) for clause in clauses]
    place = {clause: index for index, clause in enumerate(clauses)}
    return tuple(sorted(found, key=lambda one: (*_hardness(one, known[one.clause], present), place[one.clause])))


def _by_clause(wordings: Sequence[Wording], clauses: Sequence[str]) -> dict[str, list[Wording]]:
    known: dict[str, list[Wording]] = {clause: [] for clause in clauses}
    for one in sorted(wordings, key=lambda one: one.number):
        if one.clause not in known:
            raise BadValue(name="clause", value=one.clause, allowed=", ".join(clauses))
        if any(other.number == one.number for other in known[one.clause]):
            raise BadValue(name="number of a wording", value=one.number, allowed="each once in a clause")
        known[one.clause].append(one)
    return known


def _n(wording: Wording, partners: frozenset[int], answer: Consent) -> int:
    return sum(said is answer for partner, said in wording.answers.items() if partner in partners)


def _n_answered(wording: Wording, partners: frozenset[int]) -> int:
    return sum(partner in partners for partner in wording.answers)


def _stands(wording: Wording, partners: frozenset[int], settings: CharterSettings) -> bool:
    n_answered = _n_answered(wording, partners)
    is_quorate = n_answered > 0 and n_answered >= settings.quorum * len(partners) - 1e-9
    return is_quorate and _n(wording, partners, Consent.OBJECT) == 0


def _standing(
    clause: str, known: Sequence[Wording], partners: frozenset[int], settings: CharterSettings
) -> ClauseStanding:
    if not known:
        return ClauseStanding(clause, ClauseState.EMPTY, None, None, 0, len(partners))
    standing = [one for one in known if _stands(one, partners, settings)]
    chosen = max(standing, key=lambda one: (_n(one, partners, Consent.AGREE), -one.number), default=None)
    shown = chosen or known[0]
    if chosen is not None:
        state = ClauseState.AGREED
    elif all(_n(one, partners, Consent.OBJECT) for one in known):
        state = ClauseState.OBJECTED
    else:
        state = ClauseState.WAITING
    return ClauseStanding(
        clause,
        state,
        chosen.number if chosen else None,
        shown.number,
        _n(shown, partners, Consent.OBJECT),
        len(partners) - _n_answered(shown, partners),
    )


def _hardness(
    one: ClauseStanding, known: Sequence[Wording], partners: frozenset[int]
) -> tuple[bool, float, float, int]:
    shown = next((wording for wording in known if wording.number == one.shown), None)
    if shown is None:
        return True, 0.0, 0.0, one.n_waiting
    n_answered = max(_n_answered(shown, partners), 1)
    n_live_with = _n(shown, partners, Consent.LIVE_WITH)
    return False, one.n_objections / n_answered, n_live_with / n_answered, one.n_waiting


def fewest_changes(
    wordings: Sequence[Wording],
    partners: Collection[int],
    *,
    clauses: Sequence[str] = CLAUSES,
    settings: CharterSettings | None = None,
) -> ChangeSet:
    """The fewest switches to wordings on the table that leave the fewest objections, each worth more than the next.

    A cover of objections by wordings, at most one wording of each clause. Wordings of one clause touch no objection to
    another, so that taking the best switch of each clause, the largest gain first, is exact after every step. A partner
    who objected to the old words and has not answered the new ones still objects; one who objects to the new words
    alone is counted against them. Ties: the lower number, then the order of `clauses`.
    """
    settings = settings or CharterSettings()
    known, present = _by_clause(wordings, clauses), frozenset(partners)
    shown = {one.clause: one.shown for one in standings(wordings, present, clauses=clauses, settings=settings)}
    switches, rewrite, before, after = [], [], {}, {}
    for clause in clauses:
        table = next((one for one in known[clause] if one.number == shown[clause]), None)
        if table is None:
            continue
        objecting = _objecting(table, present)
        left = {one.number: _left(objecting, one, present) for one in known[clause]}
        best = min(left, key=lambda number: (len(left[number]), number != table.number, number))
        before[clause], after[clause] = objecting, left[best]
        if best != table.number:
            switches.append(Switch(clause, best, len(objecting) - len(left[best]), len(left[best])))
        if left[best]:
            rewrite.append(clause)
    place = {clause: index for index, clause in enumerate(clauses)}
    had, has = frozenset[int]().union(*before.values()), frozenset[int]().union(*after.values())
    return ChangeSet(
        tuple(sorted(switches, key=lambda one: (-one.n_removed, place[one.clause]))),
        tuple(sorted(rewrite, key=lambda clause: (-len(after[clause]), place[clause]))),
        tuple(sorted(had - has)),
        sum(len(one) for one in before.values()),
        sum(len(one) for one in after.values()),
    )


def _objecting(wording: Wording, partners: frozenset[int]) -> frozenset[int]:
    return frozenset(one for one, said in wording.answers.items() if said is Consent.OBJECT and one in partners)


def _left(objecting: frozenset[int], wording: Wording, partners: frozenset[int]) -> frozenset[int]:
    """Who would object with this wording on the table: who objects to it, and who objects now and has not read it."""
    silent = frozenset(one for one in objecting if one not in wording.answers)
    return _objecting(wording, partners) | silent


def canonical_text(
    *, title: str, version: int, review_on: date, words: Mapping[str, str], clauses: Sequence[str] = CLAUSES
) -> str:
    """The text that partners sign: the same bytes for the same words, whoever renders it; `words_in` reads it back.

    Unicode NFC, lines ending in a line feed without white space before it; clauses by their codes in the order of
    `clauses`, their words indented by two spaces, so that no words can pass for a clause. Raises `BadValue` where a
    clause has no words.
    """
    lines = [f"title: {' '.join(title.split())}", f"version: {version}", f"review on: {review_on.isoformat()}"]
    for clause in clauses:
        plain = plain_words(words.get(clause, ""))
        if not plain:
            raise BadValue(name="clause", value=clause, allowed="a clause with words")
        lines += ["", f"[{clause}]", *(f"  {line}".rstrip() for line in plain.split("\n"))]
    return unicodedata.normalize("NFC", "\n".join(lines)) + "\n"


def plain_words(words: str) -> str:
    """The words as a charter keeps them: NFC, every line break a line feed, no white space at the ends of lines."""
    lines = unicodedata.normalize("NFC", words).strip().splitlines()
    return "\n".join(line.rstrip() for line in lines)


def words_in(text: str) -> dict[str, str]:
    """The words of each clause of a canonical text."""
    found: dict[str, list[str]] = {}
    clause = ""
    for line in text.split("\n"):
        if line.startswith("[") and line.endswith("]"):
            clause = line[1:-1]
            found[clause] = []
        elif clause:
            found[clause].append(line[2:])
    return {clause: "\n".join(lines).strip() for clause, lines in found.items()}


def digest_of(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def renewal_outcome(answers: Mapping[int, bool], partners: Collection[int]) -> bool | None:
    """Whether the partners renew: True once more than half of all would, False once that cannot be, None till then."""
    present = frozenset(partners)
    n_for = sum(renews for partner, renews in answers.items() if partner in present)
    n_against = sum(not renews for partner, renews in answers.items() if partner in present)
    if 2 * n_for > len(present):
        return True
    return False if 2 * n_against >= len(present) > 0 else None
