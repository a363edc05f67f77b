"""Partners who fit: anonymous holders of cards, why they fit, and what both sides have said about sharing contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app import access
from app.access import Actor
from app.analysis import cards
from app.analysis.cards import OpenCard, PartnerCard
from app.analysis.coalitions import Contact
from app.database import fetch, fetchrow

MOST_SHOWN = 30
SAME_WORK = """
select w.participant, p.number from work_offers w join proposals p on p.id = w.proposal
where w.participant <> $1 and w.proposal in (select proposal from work_offers where participant = $1) order by p.number
"""
WORDS = """
select case when participant = $1 then partner else participant end as other, participant = $1 as is_mine,
       is_willing, lapses_at, shared_at
from contact_wishes where participant = $1 or partner = $1
"""
IDS = "select participant, id from cards where participant = any($1::bigint[])"


@dataclass(frozen=True)
class Word:
    """What one participant said about another: willing or not, until when it waits, since when both see each other."""

    is_willing: bool
    lapses_at: datetime
    shared_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it is a wish that still waits."""
        return self.is_willing and self.shared_at is None and self.lapses_at > now


@dataclass(frozen=True)
class Fit:
    """Somebody with a card, to one reader: why the two fit, what of the card is open, and how far contacts are.

    numbers : statements that both would work on; brings, needs : open kinds that meet the reader's needs and offers
    mine : none | waits | lapsed | shared | declined; wishes : they would share their contact and wait for an answer
    """

    card: UUID
    numbers: tuple[int, ...]
    brings: tuple[str, ...]
    needs: tuple[str, ...]
    shown: OpenCard | None
    mine: str
    wishes: bool
    until: datetime | None
    contact: Contact | None


async def word_of(participant: int, *, about: int) -> Word | None:
    """What the participant has said about the other."""
    row = await fetchrow(
        "select is_willing, lapses_at, shared_at from contact_wishes where participant = $1 and partner = $2",
        participant,
        about,
    )
    return None if row is None else Word(*row)


async def fits_of(actor: Actor) -> tuple[Fit, ...]:
    """Whom the participant may say it about, the best fit first; nobody whom a red line of either side rules out."""
    reader = actor.participant
    assert reader is not None
    partners = {one.participant: one for one in await cards.partners_of(actor.consultation.id)}
    own = partners.pop(reader.id, None)
    if own is None:
        return ()
    numbers: dict[int, list[int]] = {}
    for row in await fetch(SAME_WORK, reader.id):
        numbers.setdefault(row["participant"], []).append(row["number"])
    mine, theirs = await _words(reader.id)
    allowed = {
        number: one
        for number, one in partners.items()
        if not own.cannot_work_with(one) and not one.cannot_work_with(own)
    }
    found = [
        (number, _meets(own, one), tuple(numbers.get(number, ())))
        for number, one in allowed.items()
        if numbers.get(number) or any(_meets(own, one)) or number in mine or _waits(theirs.get(number), actor.now)
    ]
    # Whom one has spoken with, or who waits, is never pushed off the list.
    found.sort(key=lambda f: (f[0] not in mine and f[0] not in theirs, -len(f[2]) - len(f[1][0]) - len(f[1][1]), f[0]))
    return await _shown(actor, found[:MOST_SHOWN], mine, theirs)


def _waits(word: Word | None, now: datetime) -> bool:
    return word is not None and (word.shared_at is not None or word.is_open(now))


def _meets(own: PartnerCard, other: PartnerCard) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Kinds that the other brings and one needs, and the reverse; only where the other has opened that part."""
    brings = own.needs & set(other.offers) if "offers" in other.open_parts else ()
    needs = set(own.offers) & other.needs if "needs" in other.open_parts else ()
    return tuple(sorted(brings)), tuple(sorted(needs))


async def _words(participant: int) -> tuple[dict[int, Word], dict[int, Word]]:
    mine: dict[int, Word] = {}
    theirs: dict[int, Word] = {}
    for row in await fetch(WORDS, participant):
        side = mine if row["is_mine"] else theirs
        side[row["other"]] = Word(row["is_willing"], row["lapses_at"], row["shared_at"])
    return mine, theirs


Found = tuple[int, tuple[tuple[str, ...], tuple[str, ...]], tuple[int, ...]]


async def _shown(
    actor: Actor, found: Iterable[Found], mine: Mapping[int, Word], theirs: Mapping[int, Word]
) -> tuple[Fit, ...]:
    found = list(found)
    ids = {row["participant"]: row["id"] for row in await fetch(IDS, [number for number, _, _ in found])}
    opened = {one.id: one for one in await cards.open_cards(actor.consultation.id)}
    contacts = await _contacts([number for number, _, _ in found if number in mine and mine[number].shared_at])
    fits = []
    for number, (brings, needs), numbers in found:
        word, back = mine.get(number), theirs.get(number)
        fits.append(
            Fit(
                card=ids[number],
                numbers=numbers,
                brings=brings,
                needs=needs,
                shown=opened.get(ids[number]),
                mine=_standing(word, actor.now),
                wishes=back is not None and back.is_open(actor.now) and (word is None or word.is_willing),
                until=None if word is None else word.lapses_at,
                contact=contacts.get(number),
            )
        )
    return tuple(fits)


def _standing(word: Word | None, now: datetime) -> str:
    if word is None:
        return "none"
    if word.shared_at is not None:
        return "shared"
    if not word.is_willing:
        return "declined"
    return "waits" if word.lapses_at > now else "lapsed"


async def _contacts(participants: list[int]) -> dict[int, Contact]:
    """Names and addresses of partners with whom both have said so."""
    if not participants:
        return {}
    accounts = await access.accounts_of(participants)
    people = await fetch("select id, name, email from accounts where id = any($1::uuid[])", list(accounts.values()))
    by_account: dict[Any, Any] = {person["id"]: person for person in people}
    rows = await fetch(
        "select q.id, o.name from participants q left join organisations o on o.id = q.organisation "
        "where q.id = any($1::bigint[])",
        participants,
    )
    bodies = {row["id"]: row["name"] or "" for row in rows}
    return {
        number: Contact(by_account[account]["name"], by_account[account]["email"], bodies[number])
        for number, account in accounts.items()
        if account in by_account
    }


async def may_know(actor: Actor, card: UUID) -> bool:
    """Whether this card stands on the participant's own list of partners."""
    return any(fit.card == card for fit in await fits_of(actor))
