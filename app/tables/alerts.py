"""Alerts: stored imbalances that a moderator must decide on."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Array, BigInt, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.accounts import Account
from app.tables.analyses import Analysis
from app.tables.consultations import Consultation


class Alert(Table, tablename="alerts"):
    """A measured imbalance, raised once for each kind and subject; what was decided stays beside it.

    participants : whose votes it is about, where it is about votes; shown to nobody
    """

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade)
    kind = Varchar(length=40)
    subject = Varchar(length=80)
    level = Varchar(length=8)
    measure = JSONB(default="{}")
    participants = Array(base_column=BigInt(), default=list)
    analysis = ForeignKey(Analysis, null=True, default=None)
    raised_at = Timestamptz()
    cleared_at = Timestamptz(null=True, default=None)
    decision = Varchar(length=24, default="")
    reason = Text(default="")
    decided_by = ForeignKey(Account, null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    uq_alert = Unique([consultation, kind, subject], name="uq_alert_subject")
