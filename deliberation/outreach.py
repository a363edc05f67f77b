"""Who is missing: the invitations that close most gaps to the targets, and pairings that would be new.

Counts of people come in as they may be told, so that what comes out tells no more.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from deliberation.errors import BadValue

__all__ = ["Invitation", "Pairing", "next_invitations", "shortfalls", "unusual_pairings"]


@dataclass(frozen=True)
class Invitation:
    """People to invite who are all of this: by attribute the category that is short, and how many such people."""

    categories: tuple[tuple[str, str], ...]
    n: int


@dataclass(frozen=True)
class Pairing:
    """Two categories that agree on something and seldom stand behind the same proposal.

    unusualness : log of expected over observed common proposals, half a proposal added to both
    agreed : what both agree on
    """

    one: str
    other: str
    unusualness: float
    n_expected: float
    n_observed: int
    agreed: tuple[int, ...]


def shortfalls(counts: Mapping[str, float], targets: Mapping[str, float], n_expected: int) -> dict[str, int]:
    """People that each category lacks of its target among so many people; only those that lack somebody.

    targets : shares, 0..1. Raises `BadValue`.
    """
    if n_expected < 0 or any(not 0 <= share <= 1 for share in targets.values()):
        raise BadValue(name="targets", value=dict(targets), allowed="shares from 0 to 1, of 0 people or more")
    lacking = {name: math.ceil(share * n_expected - counts.get(name, 0) - 1e-9) for name, share in targets.items()}
    return {name: n for name, n in sorted(lacking.items()) if n > 0}


def next_invitations(
    counts: Mapping[str, Mapping[str, float]],
    targets: Mapping[str, Mapping[str, float]],
    *,
    n_expected: int,
    most: int = 100,
) -> tuple[Invitation, ...]:
    """The fewest invitations that meet the targets of all attributes if all accept, those that close most gaps first.

    counts, targets : by attribute and category; people who are here, and shares of `n_expected`
    Each invitation goes to whom most attributes lack: greedy coverage, which here is exact, since a person is of one
    category of each attribute. Ties go by name; attributes without a gap say nothing of whom to invite.
    """
    lacking = {
        attribute: gaps
        for attribute, shares in sorted(targets.items())
        if (gaps := shortfalls(counts.get(attribute, {}), shares, n_expected))
    }
    grouped: dict[tuple[tuple[str, str], ...], int] = {}
    for _ in range(most):
        kind = tuple((attribute, _largest(gaps)) for attribute, gaps in lacking.items() if gaps)
        if not kind:
            break
        for attribute, category in kind:
            lacking[attribute][category] -= 1
            if not lacking[attribute][category]:
                del lacking[attribute][category]
        grouped[kind] = grouped.get(kind, 0) + 1
    return tuple(
        Invitation(kind, n) for kind, n in sorted(grouped.items(), key=lambda pair: (-len(pair[0]), -pair[1], pair[0]))
    )


def _largest(gaps: Mapping[str, int]) -> str:
    return min(gaps, key=lambda name: (-gaps[name], name))


def unusual_pairings(
    proposals: Iterable[Collection[str]], agreed: Mapping[tuple[str, str], Collection[int]], *, most: int = 5
) -> tuple[Pairing, ...]:
    """Pairs of categories that agree on something, the least expected to be found behind one proposal first.

    proposals : the categories that stand behind each, as authors or co-sponsors
    agreed : by pair of categories in order of name, the statements on which both agree
    Expected: proposals of the one times those of the other over all, as if they came together by chance.
    """
    behind = [frozenset(names) for names in proposals]
    n_of: dict[str, int] = {}
    together: dict[tuple[str, str], int] = {}
    for names in behind:
        for name in names:
            n_of[name] = n_of.get(name, 0) + 1
        for pair in combinations(sorted(names), 2):
            together[pair] = together.get(pair, 0) + 1
    found = []
    for (one, other), items in agreed.items():
        if not items or one not in n_of or other not in n_of or one == other:
            continue
        pair = (one, other) if one < other else (other, one)
        expected, observed = n_of[one] * n_of[other] / len(behind), together.get(pair, 0)
        unusual = math.log((expected + 0.5) / (observed + 0.5))
        if unusual > 0:
            found.append(Pairing(*pair, unusual, expected, observed, tuple(items)))
    return tuple(sorted(found, key=lambda pairing: (-pairing.unusualness, pairing.one, pairing.other))[:most])
