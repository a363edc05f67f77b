"""The demo's rows in bulk: accounts, participants with their sealed links, proposals and votes, in few statements.

Only the demo writes rows past the actions, because only the demo has a past that did not happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from app.access import new_participant_id, sealed_link
from app.actions.participants import organisation_named
from app.analysis import consent
from app.auth import Person
from app.database import execute, transaction
from app.demo.organisations import ORGANISATIONS
from app.demo.people import DemoPerson
from app.tables.accounts import Account
from app.tables.consultations import Consultation, Membership
from app.tables.participants import Participant, ParticipantLink
from app.taxonomies import mandates


@dataclass(frozen=True)
class VoteRow:
    """One vote to be stored."""

    participant: int
    proposal: int
    choice: str
    matters: bool
    language: str
    cast_at: datetime


async def organisations() -> dict[str, UUID]:
    """Ids of the demo's organisations by name."""
    ids = {}
    for item in ORGANISATIONS:
        ids[item.name] = await organisation_named(item.name)
        await execute("update organisations set kind = $2 where id = $1", ids[item.name], item.kind)
    return ids


async def accounts(people: Sequence[DemoPerson], *, created_at: datetime) -> tuple[Person, ...]:
    """New accounts for these people, in their order."""
    rows = [
        Account(id=uuid4(), email=person.email, name=person.name, locale=person.language, created_at=created_at)
        for person in people
    ]
    await Account.insert(*rows)
    return tuple(Person(row.id, row.email, row.name, row.locale, "UTC", False, False) for row in rows)


async def staff_account(email: str, name: str, *, may_convene: bool, created_at: datetime) -> Person:
    """A new account as pages and actions know a signed-in person."""
    account = Account(email=email, name=name, may_convene=may_convene, zone="UTC", created_at=created_at)
    await account.save()
    return Person(account.id, email, name, "en", "UTC", False, may_convene)


async def participants(
    consultation: UUID,
    people: Sequence[DemoPerson],
    account_ids: Sequence[UUID],
    joined_on: Sequence[date],
    organisation_ids: dict[str, UUID],
) -> tuple[int, ...]:
    """Pseudonyms of new participants, in the order of the people. Rows are stored in the order of the random ids."""
    ids = tuple(new_participant_id() for _ in people)
    here = await Consultation.objects().where(Consultation.id == consultation).first()
    assert here is not None
    words = consent.version(here)
    rows = [
        Participant(
            id=number,
            consultation=consultation,
            constituency=person.constituency,
            organisation=organisation_ids.get(person.organisation),
            mandate="delegate" if person.organisation else mandates.OWN,
            region=person.region,
            language=person.language,
            gender=person.gender,
            joined_on=day,
            consent=words,
            consented_on=day,
        )
        for number, person, day in zip(ids, people, joined_on, strict=True)
    ]
    links = [sealed_link(consultation, account, number) for account, number in zip(account_ids, ids, strict=True)]
    memberships = [
        Membership(consultation=consultation, account=account, role="participant") for account in account_ids
    ]
    await Participant.insert(*sorted(rows, key=lambda row: row.id))
    await ParticipantLink.insert(*sorted(links, key=lambda row: bytes(row.account_key)))
    await Membership.insert(*memberships)
    return ids


async def votes(consultation: UUID, rows: Sequence[VoteRow]) -> None:
    """The votes are stored; one COPY."""
    columns = ("id", "consultation", "participant", "proposal", "choice", "matters", "language", "cast_at")
    async with transaction() as connection:
        await connection.copy_records_to_table(
            "votes",
            columns=columns,
            records=[
                (
                    uuid4(),
                    consultation,
                    row.participant,
                    row.proposal,
                    row.choice,
                    row.matters,
                    row.language,
                    row.cast_at,
                )
                for row in rows
            ],
        )


async def move_round(consultation: UUID, number: int, *, opens_at: datetime, closes_at: datetime) -> None:
    """A round's times are these: how the demo lets hours pass between two real actions."""
    await execute(
        "update rounds set opens_at = $3, closes_at = $4 where consultation = $1 and number = $2",
        consultation,
        number,
        opens_at,
        closes_at,
    )


def days(opens_at: datetime, seconds: Sequence[float]) -> list[date]:
    """The day on which each moment falls, counted in seconds from the opening."""
    return [(opens_at + timedelta(seconds=float(at))).date() for at in seconds]
