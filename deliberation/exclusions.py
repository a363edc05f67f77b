"""Votes that two persons leave out of the results: the standings of an exclusion as a table, and its part of the gate.

Two results of the same votes, with and without a few people, give those people's votes away by subtraction: rows of
both do, and so do lists, for a statement that is common ground in one result only can tell, beside a row, that all of
the few agreed with it. So no row and no list of the second result ever leaves; outcomes are told as being alike or not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from deliberation.disclosure import DEFAULT, DisclosureSettings, release_count
from deliberation.disclosure_rules import rules_for
from deliberation.released import _GATE, Attribution, Audience, Number, ReleasedValue
from deliberation.suppression import Basis, Row

T = TypeVar("T")
FEWEST_COMPARED = 3
"""Near-identical votes are found from three people on; what fewer change is told to nobody."""
FEWEST_LISTED = 4
"""Shorter lists are not compared: each of their statements would decide the word."""
ALIKE = 4
"""Lists are alike while at most one in so many of their statements, and at least one, is on one of them only."""


class Standing(StrEnum):
    """How far an exclusion is."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    LIFTING = "lifting"
    LIFTED = "lifted"


class Step(StrEnum):
    """What one person does about it."""

    PROPOSE = "propose"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    PROPOSE_LIFTING = "propose_lifting"
    LIFT = "lift"
    KEEP = "keep"


NEXT: Mapping[tuple[Standing | None, Step], Standing] = {
    (None, Step.PROPOSE): Standing.PROPOSED,
    (Standing.PROPOSED, Step.CONFIRM): Standing.CONFIRMED,
    (Standing.PROPOSED, Step.REFUSE): Standing.REFUSED,
    (Standing.CONFIRMED, Step.PROPOSE_LIFTING): Standing.LIFTING,
    (Standing.LIFTING, Step.LIFT): Standing.LIFTED,
    (Standing.LIFTING, Step.KEEP): Standing.CONFIRMED,
}
"""What each step leads to (None: no exclusion yet); what is not listed cannot happen."""
NEEDS_ANOTHER = frozenset({Step.CONFIRM, Step.LIFT})
"""Steps of another person than the one who proposed it; who proposed may also take it back."""
LEFT_OUT = frozenset({Standing.CONFIRMED, Standing.LIFTING})
"""Standings in which the votes do not count."""


def named_digest(input_digest: str, excluded: Collection[str]) -> str:
    """The digest of an input together with the exclusions it was made under; itself where there are none."""
    if not excluded:
        return input_digest
    text = json.dumps([input_digest, sorted(excluded)], separators=(",", ":"))
    return hashlib.sha256(b"plenary exclusions 1\n" + text.encode()).hexdigest()


# -------- the gate


@dataclass(frozen=True, kw_only=True)
class ReleasedExclusion(ReleasedValue):
    """How many people's votes are left out, and how many votes; None where there are too few to tell."""

    n_people: Number | None
    n_votes: int | None


@dataclass(frozen=True)
class Outcome:
    """What one analysis comes to, without a single count of votes.

    common_ground, slate : statements, and stances as (statement, choice); certificate : status of each of its blocks
    """

    n_groups: int
    common_ground: frozenset[int]
    slate: frozenset[tuple[int, str]]
    certificate: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ReleasedComparison(ReleasedValue):
    """Two outcomes side by side, of everybody's votes and of those that count; empty where too few are left out.

    common_ground, slate : whether both lists are alike; None where they are too short to say
    """

    is_shown: bool
    n_groups: tuple[int, int] = (0, 0)
    common_ground: bool | None = None
    slate: bool | None = None
    certificates: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


def may_follow_release(
    n_people: int, mode: Attribution, *, n_participants: int, settings: DisclosureSettings = DEFAULT
) -> bool:
    """Whether a result without the votes of so many may follow one with them, or the other way round.

    Only where figures are exact and the people make up a row, which that mode tells exactly in any case. Where figures
    are in steps, what changes from one list to the next tells more than the steps do.
    """
    rules = rules_for(mode, Audience.PUBLIC, n_participants, settings)
    return rules.is_exact and n_people >= rules.fewest


def release_excluded(
    n_people: int, n_votes: int, mode: Attribution, *, audience: Audience, settings: DisclosureSettings = DEFAULT
) -> ReleasedExclusion:
    """How much is left out, as a row of so many people may be told."""
    told = release_count(n_people, mode, audience=audience, settings=settings).value
    return ReleasedExclusion(gate=_GATE, n_people=told, n_votes=None if told is None else n_votes)


def release_comparison(
    whole: Outcome,
    counted: Outcome,
    n_people: int,
    mode: Attribution,
    *,
    n_participants: int,
    settings: DisclosureSettings = DEFAULT,
) -> ReleasedComparison:
    """Both outcomes in so few words that no single statement decides them; the same empty answer for any votes where
    too few people are left out, or in a small room."""
    rules = rules_for(mode, Audience.PUBLIC, n_participants, settings)
    if rules.is_small_room or n_people < (rules.fewest if rules.is_exact else FEWEST_COMPARED):
        return ReleasedComparison(gate=_GATE, is_shown=False)
    return ReleasedComparison(
        gate=_GATE,
        is_shown=True,
        n_groups=(whole.n_groups, counted.n_groups),
        common_ground=_are_alike(whole.common_ground, counted.common_ground),
        slate=_are_alike(whole.slate, counted.slate),
        certificates=(whole.certificate, counted.certificate),
    )


def _are_alike(whole: Set[T], counted: Set[T]) -> bool | None:
    """By the length of the list that is known in any case: whether there is an answer must tell nothing either."""
    n = len(counted)
    return None if n < FEWEST_LISTED else len(whole ^ counted) <= max(1, n // ALIKE)


def rows_beside(rows: Iterable[Row], kept: Collection[str]) -> list[Row]:
    """The rows that may be released anew: none of a statement whose rows were released with the votes left out."""
    return [row for row in rows if row.key[0] not in kept]


def kept_since(kept: Collection[str], previous: Basis | None, *, is_correction: bool) -> tuple[str, ...]:
    """Statements whose rows stay as they were released; after a correction all that have been released, whatever the
    votes left out were."""
    released = previous.statements if previous is not None and is_correction else ()
    return tuple(sorted({*kept, *released}))
