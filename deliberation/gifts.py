"""Gifts: who in a line-up would give what to whom, so that each receives and gives if that can be, and most needs met.

A need is met by one member who offers that kind to as many partners as they said. First every member receives
something, then every member gives something, then further needs are met: each step only adds to the one before
(augmenting paths; that both sides can be served together is the theorem of Mendelsohn and Dulmage, 1958).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Sharing(Protocol):
    """What is asked of a member: an id, what they need, and how many partners each of their offers can serve."""

    @property
    def participant(self) -> int: ...
    @property
    def needs(self) -> frozenset[str]: ...
    @property
    def offers(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, order=True)
class Gift:
    """One member's need of a kind, met by another."""

    receiver: int
    kind: str
    giver: int


def gifts_among(members: Sequence[Sharing]) -> tuple[Gift, ...]:
    """As many needs as can be met at once, by receiver and kind; everybody receives and gives where that is possible.

    No member gives to themselves, and none gives a kind to more partners than they offered. Ties by id.
    """
    table = _Table(members)
    for one in sorted(table.needs, key=lambda one: (len(table.needs[one]), one)):
        table.serve(one, set())
    for one in sorted(table.offers):
        if not table.n_given(one):
            table.let_give(one, set())
    for slot in table.slots():
        if slot not in table.giver_of:
            table.fill(slot, set())
    return table.gifts()


def gifts_with(members: Sequence[Sharing], gifts: Sequence[Gift], newcomer: Sharing) -> tuple[Gift, ...] | None:
    """The gifts if somebody joins and everybody keeps as much as they had: None where the newcomer would not receive
    and give something too."""
    table = _Table([*members, newcomer])
    for gift in gifts:
        table.giver_of[gift.receiver, gift.kind] = gift.giver
    me = newcomer.participant
    if not any(table.fill((me, kind), set()) for kind in sorted(newcomer.needs)):
        return None
    if not table.n_given(me) and not table.let_give(me, set()):
        return None
    for slot in table.slots():
        if slot not in table.giver_of:
            table.fill(slot, set())
    return table.gifts()


Slot = tuple[int, str]


class _Table:
    """Needs (slots) and who meets each at the moment."""

    def __init__(self, members: Sequence[Sharing]) -> None:
        self.needs = {one.participant: sorted(one.needs) for one in members}
        self.offers = {one.participant: dict(sorted(one.offers.items())) for one in members}
        self.giver_of: dict[Slot, int] = {}

    def slots(self) -> list[Slot]:
        return [(one, kind) for one in sorted(self.needs) for kind in self.needs[one]]

    def gifts(self) -> tuple[Gift, ...]:
        return tuple(sorted(Gift(receiver, kind, giver) for (receiver, kind), giver in self.giver_of.items()))

    def givers(self, slot: Slot) -> list[int]:
        return [one for one in sorted(self.offers) if one != slot[0] and slot[1] in self.offers[one]]

    def served(self, giver: int, kind: str) -> list[Slot]:
        return sorted(slot for slot, one in self.giver_of.items() if one == giver and slot[1] == kind)

    def n_given(self, giver: int) -> int:
        return sum(one == giver for one in self.giver_of.values())

    def has_room(self, giver: int, kind: str) -> bool:
        return len(self.served(giver, kind)) < self.offers[giver][kind]

    def serve(self, receiver: int, seen: set[Slot]) -> bool:
        """The receiver has one need met, others moving to another giver or need; while each has one at most."""
        for kind in self.needs[receiver]:
            slot = (receiver, kind)
            for giver in self.givers(slot):
                if (giver, kind) in seen:
                    continue
                seen.add((giver, kind))
                if self.has_room(giver, kind):
                    self.giver_of[slot] = giver
                    return True
                for other in self.served(giver, kind):
                    del self.giver_of[other]
                    if self.serve(other[0], seen):
                        self.giver_of[slot] = giver
                        return True
                    self.giver_of[other] = giver
        return False

    def let_give(self, giver: int, seen: set[Slot]) -> bool:
        """Somebody who gives nothing meets a need that nobody meets, or takes one over from who can spare it."""
        slots = [
            (one, kind) for kind in self.offers[giver] for one in sorted(self.needs)
            if one != giver and kind in self.needs[one]
        ]  # fmt: skip
        for slot in slots:
            if slot not in self.giver_of:
                self.giver_of[slot] = giver
                return True
        for slot in slots:
            if slot in seen:
                continue
            seen.add(slot)
            before = self.giver_of[slot]
            self.giver_of[slot] = giver
            if self.n_given(before) or self.let_give(before, seen):
                return True
            self.giver_of[slot] = before
        return False

    def fill(self, slot: Slot, seen: set[int]) -> bool:
        """The need is met, others' needs moving from giver to giver; none is lost, and nobody gives less."""
        for giver in self.givers(slot):
            if giver in seen:
                continue
            seen.add(giver)
            if self.has_room(giver, slot[1]):
                self.giver_of[slot] = giver
                return True
            for other in self.served(giver, slot[1]):
                del self.giver_of[other]
                if self.fill(other, seen):
                    self.giver_of[slot] = giver
                    return True
                self.giver_of[other] = giver
        return False
