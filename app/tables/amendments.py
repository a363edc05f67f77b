"""Amendments: another wording that a participant proposes for a statement, and what became of it."""

from __future__ import annotations

from typing import Any

from piccolo.columns import UUID, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from app.tables.participants import Participant
from app.tables.proposals import Proposal


class Amendment(Table, tablename="amendments"):
    """A new wording and why. A number always means the same words: an accepted wording is a statement of its own.

    status : waiting, accepted, declined, withdrawn, own (its writer made it a proposal of their own)
    became : the statement with the new wording, once there is one
    """

    id = UUID(primary_key=True, default=UUID4())
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade, index=True)
    participant = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    statement = Varchar(length=1000)
    reason = Varchar(length=500, default="")
    status = Varchar(length=12, default="waiting")
    answer = Varchar(length=500, default="")
    became: ForeignKey[Any] = ForeignKey(Proposal, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    created_at = Timestamptz()
    settled_at = Timestamptz(null=True, default=None)
