"""Reveals: one text's author told to two named persons, for one of two causes; whoever it is, is stored nowhere."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from app.tables.accounts import Account
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal


class Reveal(Table, tablename="reveals"):
    """What a moderator asked for and a convenor answered. The author is read anew from the sealed link, never kept.

    law : the law that forbids to tell the author, in the words of who confirmed; empty where the author was told
    """

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade, index=True)
    cause = Varchar(length=16)
    words = Text()
    asked_by = ForeignKey(Account, null=False)
    asked_at = Timestamptz(null=False)
    answered_by = ForeignKey(Account, null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    is_confirmed = Boolean(default=False)
    answer = Text(default="")
    law = Text(default="")
