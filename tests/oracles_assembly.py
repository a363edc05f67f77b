"""The assembler's definitions taken word for word, slow and obvious: every set of candidates, every way of giving."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from deliberation.assembly import AssemblySettings, Candidate, Pool


def most_gifts(members: Sequence[Candidate]) -> tuple[int, int | None]:
    """The most needs that can be met at once, and the most if everybody receives and gives; None where they cannot."""
    slots = [(one, kind) for one in members for kind in sorted(one.needs)]
    choices = [
        [None, *(giver for giver in members if giver.participant != one.participant and kind in giver.offers)]
        for one, kind in slots
    ]
    most, fair = 0, None
    for givers in product(*choices):
        given: dict[tuple[int, str], int] = {}
        received: set[int] = set()
        for (one, kind), giver in zip(slots, givers, strict=True):
            if giver is not None:
                given[giver.participant, kind] = given.get((giver.participant, kind), 0) + 1
                received.add(one.participant)
        capacity = {(one.participant, kind): n for one in members for kind, n in one.offers.items()}
        if any(n > capacity[key] for key, n in given.items()):
            continue
        n = sum(giver is not None for giver in givers)
        most = max(most, n)
        if all(one.participant in received for one in members) and {who for who, _ in given} == {
            one.participant for one in members
        }:
            fair = n if fair is None else max(fair, n)
    return most, fair


def meets_demands(members: Sequence[Candidate], pool: Pool, settings: AssemblySettings) -> bool:
    """Every demand but the win for each."""
    n = len(members)
    ids = {one.participant for one in members}
    if not settings.fewest <= n <= settings.most:
        return False
    if any(low in ids and high in ids for low, high in pool.conflicts):
        return False
    for attribute in ("constituency", "organisation"):
        names = [getattr(one, attribute) for one in members if getattr(one, attribute) is not None]
        if any(names.count(name) > 1 and names.count(name) > settings.share_over * n + 1e-9 for name in names):
            return False
    for quota in pool.quotas:
        share = sum(getattr(one, quota.attribute) == quota.category for one in members) / n
        if not quota.at_least - 1e-9 <= share <= quota.at_most + 1e-9:
            return False
    return len({one.constituency for one in members} - {None}) >= settings.fewest_constituencies


def worth(members: Sequence[Candidate], n_gifts: int, pool: Pool, settings: AssemblySettings) -> float:
    """The value of a line-up, summand by summand."""
    ids = {one.participant for one in members}
    goals = {g for one in members for g in one.goals if sum(g in other.goals for other in members) >= 2}
    return (
        n_gifts
        + settings.goal_weight * len(goals)
        + sum(weight for (one, other), weight in pool.interlinkages.items() if one in goals and other in goals)
        + len({one.constituency for one in members} - {None})
        + settings.unusual_weight * sum(w for (low, high), w in pool.unusual.items() if low in ids and high in ids)
        - settings.size_cost * len(members)
    )


def all_line_ups(pool: Pool, settings: AssemblySettings) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Value and members of every line-up that meets every demand."""
    for n in range(settings.fewest, min(settings.most, len(pool.candidates)) + 1):
        for members in combinations(sorted(pool.candidates, key=lambda one: one.participant), n):
            if not meets_demands(members, pool, settings):
                continue
            fair = most_gifts(members)[1]
            if fair is not None:
                yield worth(members, fair, pool, settings), tuple(one.participant for one in members)
