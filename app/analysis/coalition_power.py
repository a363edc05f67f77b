"""Dominance inside coalitions: who holds so much of one that a single ally makes a majority, as on a slate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from app.database import fetch
from deliberation.coalitions import CoalitionSettings, Part, Partner, balance
from deliberation.power import Imbalance, Level, PowerSettings

KIND = "coalition_dominated"
SEATED = """
select c.number, s.participant, q.constituency, q.organisation from coalition_seats s
join coalitions c on c.id = s.coalition join participants q on q.id = s.participant
where c.consultation = $1 and s.status <> 'declined' order by c.number, s.participant
"""


async def coalition_imbalances(consultation: UUID) -> tuple[tuple[Imbalance, bool], ...]:
    """Parts above 40 per cent of a coalition's seats, drafts included; and whether one only lingers, above half that.

    Below three people everybody is a third or more, and nothing is said.
    """
    by_coalition: dict[int, list[Mapping[str, Any]]] = {}
    for row in await fetch(SEATED, consultation):
        by_coalition.setdefault(row["number"], []).append(row)
    settings = CoalitionSettings()
    return tuple(
        found
        for number, rows in by_coalition.items()
        if len(rows) >= settings.fewest_members
        for found in _of_one(number, rows, settings)
    )


def _of_one(
    number: int, rows: list[Mapping[str, Any]], settings: CoalitionSettings
) -> Iterator[tuple[Imbalance, bool]]:
    held = balance([_partner(row) for row in rows], {}, settings=settings)
    for attribute, parts in (("constituency", held.constituencies), ("organisation", held.organisations)):
        for part in parts:
            lingers = _lingers(part, settings)
            if part.is_over or lingers:
                parameters = {"coalition": number, "attribute": attribute, "n": part.n_members, "of": held.n_members}
                subject = f"{number}:{attribute}:{part.name}"
                yield Imbalance(KIND, subject, part.share, settings.share_over, Level.FLAG, parameters), lingers


def _lingers(part: Part, settings: CoalitionSettings) -> bool:
    near = part.n_members > 1 and part.share > settings.share_over * PowerSettings().clear_below
    return near and not part.is_over


def _partner(row: Mapping[str, Any]) -> Partner:
    body = str(row["organisation"]) if row["organisation"] else None
    return Partner(row["participant"], body, row["constituency"] or None)
