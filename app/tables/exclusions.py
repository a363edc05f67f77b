"""Exclusions: votes that two persons have left out of the results, each step on record, and the objections to it."""

from __future__ import annotations

from piccolo.columns import UUID, Array, BigInt, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.accounts import Account
from app.tables.alerts import Alert
from app.tables.consultations import Consultation
from app.tables.participants import Participant


class Exclusion(Table, tablename="exclusions"):
    """The votes of those whom an alert concerns, and whether they count. Who they are is shown to nobody.

    is_correction : results that counted these votes had been released when this was confirmed
    n_votes : votes that were left out when it was confirmed
    """

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    alert = ForeignKey(Alert, null=False, on_delete=OnDelete.cascade, index=True)
    participants = Array(base_column=BigInt(), default=list)
    reason_code = Varchar(length=24)
    standing = Varchar(length=16)
    is_correction = Boolean(default=False)
    n_votes = Integer(default=0)
    excluded_at = Timestamptz(null=True, default=None)


class ExclusionStep(Table, tablename="exclusion_steps"):
    """What one person did about an exclusion, in what capacity and why; steps are never changed."""

    id = UUID(primary_key=True, default=UUID4())
    exclusion = ForeignKey(Exclusion, null=False, on_delete=OnDelete.cascade, index=True)
    step = Varchar(length=16)
    account = ForeignKey(Account, null=False)
    role = Varchar(length=16)
    words = Text()
    taken_at = Timestamptz(null=False)


class ExclusionObjection(Table, tablename="exclusion_objections"):
    """What one of those concerned says against it, and what a convenor answered."""

    id = UUID(primary_key=True, default=UUID4())
    exclusion = ForeignKey(Exclusion, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    words = Text()
    written_at = Timestamptz(null=False)
    answer = Text(default="")
    answered_by = ForeignKey(Account, null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    uq_exclusion_objection = Unique([exclusion, participant], name="uq_exclusion_objection")
