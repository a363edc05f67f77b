"""The roster: brokers, mediators and translators whom coalitions may engage, and what they have agreed with them."""

from __future__ import annotations

from piccolo.columns import UUID, Array, Date, ForeignKey, Integer, Numeric, OnDelete, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from app.tables.coalitions import Coalition
from app.tables.participants import Participant


class RosterEntry(Table, tablename="roster_entries"):
    """What one participant offers coalitions as a service, with fee, funder and conflicts of interest declared.

    services : broker, mediator, psychologist, translator; fee : none, fixed (a whole), day (a day), with its amount
    status : waiting (for a convenor's check), listed, declined (with a reason), withdrawn
    """

    id = UUID(primary_key=True, default=UUID4())
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, unique=True)
    version = Integer(default=1)
    name = Varchar(length=120)
    services = Array(base_column=Varchar(length=20), default=list)
    about = Varchar(length=500, default="")
    languages = Array(base_column=Varchar(length=8), default=list)
    fee = Varchar(length=8)
    amount = Numeric(digits=(12, 2), null=True, default=None)
    currency = Varchar(length=3, default="")
    funder = Varchar(length=200, default="")
    conflicts = Varchar(length=500, default="")
    status = Varchar(length=12, default="waiting")
    reason = Varchar(length=300, default="")
    created_at = Timestamptz()
    checked_on = Date(null=True, default=None)


class Engagement(Table, tablename="engagements"):
    """A coalition asks somebody of the roster to work for it; it holds once they have agreed.

    status : asked, agreed, declined, ended
    """

    id = UUID(primary_key=True, default=UUID4())
    entry = ForeignKey(RosterEntry, null=False, on_delete=OnDelete.cascade, index=True)
    coalition = ForeignKey(Coalition, null=False, on_delete=OnDelete.cascade, index=True)
    service = Varchar(length=20)
    words = Varchar(length=300, default="")
    status = Varchar(length=12, default="asked")
    asked_by = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    asked_on = Date()
    answered_on = Date(null=True, default=None)
