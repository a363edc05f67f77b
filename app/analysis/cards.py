"""Cards as the matcher reads them: codes alone, never a sentence; and which partners cannot work together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from app.database import fetch

CARDS = """
select c.*, p.constituency, p.organisation, p.gender, p.region as own_region
from cards c join participants p on p.id = c.participant
where p.consultation = $1 and not p.is_excluded order by c.participant
"""
ROWS = """
select r.card, r.side, r.kind, r.capacity from card_rows r join cards c on c.id = r.card
join participants p on p.id = c.participant where p.consultation = $1 and not p.is_excluded order by r.kind
"""


@dataclass(frozen=True)
class PartnerCard:
    """What the matcher knows of one participant, in codes of the taxonomies.

    needs : kinds of help they lack; offers : kinds they bring, each with the number of partners it can serve (1 to 20)
    goals : numbers of goals that they would carry; region : where the card says they work, else their own region
    refused_* : whom and which terms they cannot work with; required_terms : terms without which they will not work
    """

    participant: int
    needs: frozenset[str]
    offers: Mapping[str, int]
    goals: frozenset[int]
    region: str
    constituency: str
    organisation: str | None
    gender: str
    refused_organisations: frozenset[str]
    refused_constituencies: frozenset[str]
    refused_terms: frozenset[str]
    required_terms: frozenset[str]

    def cannot_work_with(self, other: PartnerCard) -> bool:
        """Whether one of this participant's red lines rules the other out."""
        return (
            other.organisation in self.refused_organisations
            or other.constituency in self.refused_constituencies
            or bool(self.refused_terms & other.required_terms)
        )


async def partners_of(consultation: UUID) -> tuple[PartnerCard, ...]:
    """Everybody who has left a card in this consultation, ordered by participant; for the matcher, never for a page."""
    rows = await fetch(ROWS, consultation)
    return tuple(
        _partner(card, [row for row in rows if row["card"] == card["id"]]) for card in await fetch(CARDS, consultation)
    )


def _partner(card: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> PartnerCard:
    rows = list(rows)
    return PartnerCard(
        participant=card["participant"],
        needs=frozenset(row["kind"] for row in rows if row["side"] == "need"),
        offers={row["kind"]: row["capacity"] for row in rows if row["side"] == "offer"},
        goals=frozenset(card["goals"]),
        region=card["region"] or card["own_region"],
        constituency=card["constituency"],
        organisation=str(card["organisation"]) if card["organisation"] else None,
        gender=card["gender"],
        refused_organisations=frozenset(str(one) for one in card["refused_organisations"]),
        refused_constituencies=frozenset(card["refused_constituencies"]),
        refused_terms=frozenset(card["refused_terms"]),
        required_terms=frozenset(card["required_terms"]),
    )


def conflicts(partners: Iterable[PartnerCard]) -> tuple[tuple[int, int], ...]:
    """Pairs of participants of whom one has a red line that rules the other out, each once, the lower id first."""
    pairs = combinations(sorted(partners, key=lambda partner: partner.participant), 2)
    return tuple(
        (one.participant, other.participant)
        for one, other in pairs
        if one.cannot_work_with(other) or other.cannot_work_with(one)
    )
