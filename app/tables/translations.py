"""Translations: a statement in another language, or in simpler words, by somebody who is never shown."""

from __future__ import annotations

from typing import Any

from piccolo.columns import Boolean, ForeignKey, Integer, OnDelete, Serial, Timestamptz, Varchar
from piccolo.table import Table

from app.tables.accounts import Account
from app.tables.participants import Participant
from app.tables.proposals import Proposal


class Translation(Table, tablename="translations"):
    """One text for a statement. Once approved its words never change: another takes its place, and votes keep its id.

    origin : author, professional, volunteer or machine; status : draft, approved or withdrawn
    is_simpler : simpler words in the statement's own language or another, beside the statement and never instead of it
    participant, account : who wrote it, the account for who writes in an office; shown to nobody
    is_outdated : votes cast on it are on words that meant something else; asked_at : their voters have been told
    """

    id = Serial(primary_key=True)
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade, index=True)
    language = Varchar(length=8)
    is_simpler = Boolean(default=False)
    text = Varchar(length=1000)
    origin = Varchar(length=16)
    status = Varchar(length=12, default="draft")
    participant: ForeignKey[Any] = ForeignKey(
        Participant, null=True, default=None, on_delete=OnDelete.set_null, index=True
    )
    account: ForeignKey[Any] = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.set_null)
    engine = Varchar(length=60, default="")
    version = Integer(default=1)
    is_outdated = Boolean(default=False)
    reason = Varchar(length=500, default="")
    created_at = Timestamptz()
    approved_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    asked_at = Timestamptz(null=True, default=None)
