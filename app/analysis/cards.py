"""Cards: as their owner wrote them, as the matcher reads them (codes alone), and as much as others may see of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any
from uuid import UUID

from app.database import fetch, fetchrow
from app.tables.consultations import Consultation
from app.tables.participants import Participant
from app.taxonomies import cards
from deliberation.disclosure import (
    Attribution,
    Audience,
    ReleasedCount,
    ReleasedStanding,
    Standing,
    release_count,
    release_standing,
)

PARTS = ("offers", "needs", "must_get", "motivation", "place", "goals", "red_lines")
"""The parts of a card that its owner can open one by one. Named organisations are never opened."""
MODE = Attribution.CHATHAM_HOUSE
"""Cards are private in every consultation, so that they are counted by the strictest rule in each of them."""

CARDS = """
select c.*, p.constituency, p.organisation, p.gender, p.region as own_region
from cards c join participants p on p.id = c.participant
where p.consultation = $1 and not p.is_excluded order by c.participant
"""
ROWS = """
select r.* from card_rows r join cards c on c.id = r.card
join participants p on p.id = c.participant where p.consultation = $1 and not p.is_excluded order by r.kind
"""
CAUSES = """
select r.cause, count(*) as n from card_rows r join cards c on c.id = r.card
join participants p on p.id = c.participant
where p.consultation = $1 and not p.is_excluded and r.cause <> '' group by r.cause order by n desc, r.cause
"""


@dataclass(frozen=True)
class PartnerCard:
    """What the matcher knows of one participant, in codes of the taxonomies.

    needs : kinds of help they lack; offers : kinds they bring, each with the number of partners it can serve (1 to 20)
    goals : numbers of goals that they would carry; region : where the card says they work, else their own region
    refused_* : whom and which terms they cannot work with; required_terms : terms without which they will not work
    open_parts : the parts of the card that others may see
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
    open_parts: frozenset[str] = frozenset()

    def cannot_work_with(self, other: PartnerCard) -> bool:
        """Whether one of this participant's red lines rules the other out."""
        return (
            other.organisation in self.refused_organisations
            or other.constituency in self.refused_constituencies
            or bool(self.refused_terms & other.required_terms)
        )


async def partners_of(consultation: UUID) -> tuple[PartnerCard, ...]:
    """Everybody who has left a card in this consultation, ordered by participant; for the matcher, never for a page."""
    rows = await _rows(consultation)
    return tuple(_partner(card, rows.get(card["id"], [])) for card in await fetch(CARDS, consultation))


async def _rows(consultation: UUID) -> dict[UUID, list[Mapping[str, Any]]]:
    by_card: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in await fetch(ROWS, consultation):
        by_card.setdefault(row["card"], []).append(row)
    return by_card


def _partner(card: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> PartnerCard:
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
        open_parts=frozenset(card["open_parts"]),
    )


def conflicts(partners: Iterable[PartnerCard]) -> tuple[tuple[int, int], ...]:
    """Pairs of participants of whom one has a red line that rules the other out, each once, the lower id first."""
    pairs = combinations(sorted(partners, key=lambda partner: partner.participant), 2)
    return tuple(
        (one.participant, other.participant)
        for one, other in pairs
        if one.cannot_work_with(other) or other.cannot_work_with(one)
    )


# -------- as its owner wrote it


@dataclass(frozen=True)
class Written:
    """The whole of one card in its owner's words.

    offers : sentence and number of partners by kind; needs : sentence by kind; cause : why money is missing
    refused_organisations : names
    """

    offers: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    cause: str = ""
    must_get: str = ""
    motivation: str = ""
    region: str = ""
    place: str = ""
    goals: tuple[int, ...] = ()
    targets: tuple[str, ...] = ()
    refused_organisations: tuple[str, ...] = ()
    refused_constituencies: tuple[str, ...] = ()
    refused_terms: tuple[str, ...] = ()
    required_terms: tuple[str, ...] = ()
    red_lines: str = ""
    open_parts: tuple[str, ...] = ()


TEXTS = ("must_get", "motivation", "region", "place", "red_lines")
LISTS = ("goals", "targets", "refused_constituencies", "refused_terms", "required_terms", "open_parts")


async def own_card(participant: int) -> tuple[Written, int] | None:
    """The participant's card with its version, None where they have not left one. For its owner alone."""
    card = await fetchrow("select * from cards where participant = $1", participant)
    if card is None:
        return None
    names = await fetch(
        "select name from organisations where id = any($1::uuid[]) order by name", card["refused_organisations"]
    )
    rows = await fetch("select * from card_rows where card = $1 order by kind", card["id"])
    return _written(card, rows, tuple(row["name"] for row in names)), card["version"]


def _written(
    card: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], refused_organisations: tuple[str, ...] = ()
) -> Written:
    kept: dict[str, Any] = {name: card[name] for name in TEXTS} | {name: tuple(card[name]) for name in LISTS}
    return Written(
        offers={row["kind"]: (row["sentence"], row["capacity"]) for row in rows if row["side"] == "offer"},
        needs={row["kind"]: row["sentence"] for row in rows if row["side"] == "need"},
        cause=next((row["cause"] for row in rows if row["cause"]), ""),
        refused_organisations=refused_organisations,
        **kept,
    )


# -------- what others may see


@dataclass(frozen=True)
class OpenCard:
    """A card with nothing in it but the parts that its owner has opened; `id` leads to nobody."""

    id: UUID
    written: Written


async def open_cards(consultation: UUID) -> tuple[OpenCard, ...]:
    """Cards of which some part is open, in an order that tells nothing."""
    rows = await _rows(consultation)
    found = [
        OpenCard(card["id"], only_open(_written(card, rows.get(card["id"], []))))
        for card in await fetch(CARDS, consultation)
        if card["open_parts"]
    ]
    return tuple(sorted(found, key=lambda one: one.id))


def only_open(written: Written) -> Written:
    """The open parts of a card and nothing else: why money is missing and named organisations stay with the owner."""
    parts = set(written.open_parts)
    is_drawn = "red_lines" in parts
    return Written(
        offers=written.offers if "offers" in parts else {},
        needs=written.needs if "needs" in parts else {},
        must_get=written.must_get if "must_get" in parts else "",
        motivation=written.motivation if "motivation" in parts else "",
        region=written.region if "place" in parts else "",
        place=written.place if "place" in parts else "",
        goals=written.goals if "goals" in parts else (),
        targets=written.targets if "goals" in parts else (),
        refused_constituencies=written.refused_constituencies if is_drawn else (),
        refused_terms=written.refused_terms if is_drawn else (),
        required_terms=written.required_terms if is_drawn else (),
        red_lines=written.red_lines if is_drawn else "",
        open_parts=written.open_parts,
    )


@dataclass(frozen=True)
class KindLine:
    """How many need and how many bring one kind of help, and how the places offered compare with the needs."""

    kind: str
    n_needing: ReleasedCount
    n_offering: ReleasedCount
    standing: ReleasedStanding


@dataclass(frozen=True)
class Overview:
    """The cards of a consultation in numbers from the gate; causes are of needs for money, the commonest first."""

    n_cards: ReleasedCount
    kinds: tuple[KindLine, ...]
    causes: tuple[tuple[str, ReleasedCount], ...]

    @property
    def is_told(self) -> bool:
        """Whether anything can be told of any kind."""
        return any(count.value is not None for line in self.kinds for count in (line.n_needing, line.n_offering))

    @property
    def gaps(self) -> tuple[str, ...]:
        """Kinds of which less is offered than needed."""
        return tuple(line.kind for line in self.kinds if line.standing.standing is Standing.UNDER)


async def overview_of(consultation: Consultation, *, audience: Audience = Audience.INSIDE) -> Overview:
    """What all cards together need and bring, as that audience may be told."""
    partners = await partners_of(consultation.id)
    causes = await fetch(CAUSES, consultation.id)
    n_participants = await Participant.n_in(consultation.id)

    def counted(n: int) -> ReleasedCount:
        return release_count(n, MODE, audience=audience)

    told = [(row["cause"], counted(row["n"])) for row in causes]
    return Overview(
        n_cards=counted(len(partners)),
        kinds=tuple(_line(entry.code, partners, n_participants, audience) for entry in cards.of_kind(cards.RESOURCE)),
        causes=tuple((code, n) for code, n in told if n.value is not None),
    )


def _line(kind: str, partners: Sequence[PartnerCard], n_participants: int, audience: Audience) -> KindLine:
    needing = [one for one in partners if kind in one.needs]
    offering = [one for one in partners if kind in one.offers]
    n_places = sum(one.offers[kind] for one in offering)
    voices = {one.organisation or one.participant for one in (*needing, *offering)}
    n_needing = release_count(len(needing), MODE, audience=audience)
    return KindLine(
        kind=kind,
        n_needing=n_needing,
        n_offering=release_count(len(offering), MODE, audience=audience),
        standing=release_standing(
            n_places / max(len(needing), 1),
            1.0 if needing else 0.0,
            MODE,
            audience=audience,
            n_people=len(needing),
            # A gap of which the number of people is too small to tell is not told either.
            n_organisations=len(voices) if n_needing.value is not None else 0,
            n_participants=n_participants,
        ),
    )
