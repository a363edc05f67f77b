"""Coalitions: participants who said they would work on a proposal, invited together, joining only by their own word."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.consultations import Consultation
from app.tables.participants import Participant
from app.tables.proposals import Proposal


class WorkOffer(Table, tablename="work_offers"):
    """A participant's word that they would work on an adopted proposal; withdrawable."""

    id = UUID(primary_key=True, default=UUID4())
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    brings = Varchar(length=300, default="")
    uq_work_offer = Unique([proposal, participant], name="uq_work_offer_participant")


class Coalition(Table, tablename="coalitions"):
    """Partners joining to carry a proposal. It is formed when enough invited participants have accepted.

    minutes_a_year : how long all its pulses of a calendar year may take together
    structure : how its partners coordinate, one of the light patterns, empty while they have not said
    """

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    proposal = ForeignKey(Proposal, null=False)
    number = Integer()
    title = Varchar(length=120)
    purpose = Text(default="")
    status = Varchar(length=12, default="draft")
    n_needed = Integer(default=3)
    created_at = Timestamptz()
    formed_at = Timestamptz(null=True, default=None)
    minutes_a_year = Integer(default=90)
    structure = Varchar(length=20, default="")
    uq_coalition = Unique([consultation, number], name="uq_coalition_number")


class CoalitionSeat(Table, tablename="coalition_seats"):
    """A participant invited to a coalition, and their answer. Declining is free and counts nothing."""

    id = UUID(primary_key=True, default=UUID4())
    coalition = ForeignKey(Coalition, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    status = Varchar(length=12, default="drafted")
    answered_at = Timestamptz(null=True, default=None)
    uq_coalition_seat = Unique([coalition, participant], name="uq_coalition_seat_participant")
