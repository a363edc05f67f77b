"""Participants under their pseudonym, the organisations they may speak for, and the sealed link to an account."""

from __future__ import annotations

import uuid

from piccolo.columns import UUID, Array, BigInt, Boolean, Bytea, Date, ForeignKey, OnDelete, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from app.database import fetchval
from app.tables.consultations import Consultation


class Organisation(Table, tablename="organisations"):
    """A body a participant may speak for."""

    id = UUID(primary_key=True, default=UUID4())
    name = Varchar(length=160)
    name_key = Varchar(length=160, unique=True)
    kind = Varchar(length=40, default="")


class Participant(Table, tablename="participants"):
    """A person in one consultation. The id is random; there is no column that leads to an account.

    reads : languages read besides `language`, in which statements are shown as written
    has_objected : at their own wish their votes are in no analysis from then on
    consent : which words on the use of their contributions they agreed to, empty for those from before it was kept
    """

    id = BigInt(primary_key=True)
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    constituency = Varchar(length=40, default="")
    organisation = ForeignKey(Organisation, null=True, default=None)
    mandate = Varchar(length=16, default="")
    region = Varchar(length=40, default="")
    language = Varchar(length=8, default="en")
    reads = Array(base_column=Varchar(length=8), default=list)
    gender = Varchar(length=16, default="")
    is_excluded = Boolean(default=False)
    has_objected = Boolean(default=False)
    joined_on = Date()
    consent = Varchar(length=60, default="")
    consented_on = Date(null=True, default=None)

    @classmethod
    async def n_in(cls, consultation: uuid.UUID) -> int:
        """How many people take part in the consultation, whether or not their votes count."""
        return int(await fetchval("select count(*) from participants where consultation = $1", consultation))


class ParticipantLink(Table, tablename="participant_links"):
    """Which account is which participant: a keyed hash to look up by account, and a sealed id. Read by one module."""

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    account_key = Bytea(unique=True)
    participant_key = Bytea(unique=True)
    sealed_participant = Bytea()
    sealed_account = Bytea()
