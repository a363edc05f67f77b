"""Audit events: an append-only, hash-chained record of who did what to which, for each consultation."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table


class AuditEvent(Table, tablename="audit_events"):
    """One governance event. `chain` is a consultation's id, or `site`; each hash covers the one before it."""

    id = UUID(primary_key=True, default=UUID4())
    chain = Varchar(length=40)
    sequence = BigInt()
    happened_at = Timestamptz()
    actor = Varchar(length=80)
    action = Varchar(length=60)
    subject = Varchar(length=120, default="")
    payload = JSONB(default="{}")
    previous_hash = Varchar(length=64)
    hash = Varchar(length=64)
    uq_audit = Unique([chain, sequence], name="uq_audit_sequence")
