"""The outbox: every message that is to be sent, written in the transaction that causes it; and used form keys."""

from __future__ import annotations

from piccolo.columns import UUID, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class Message(Table, tablename="messages"):
    """Something sent to a person, with its delivery state."""

    id = UUID(primary_key=True, default=UUID4())
    kind = Varchar(length=40)
    to = Varchar(length=254)
    locale = Varchar(length=8, default="en")
    subject = Varchar(length=200)
    text = Text()
    html = Text(default="")
    status = Varchar(length=12, default="waiting", index=True)
    n_tries = SmallInt(default=0)
    problem = Varchar(length=200, default="")
    created_at = Timestamptz()
    sent_at = Timestamptz(null=True, default=None)


class UsedForm(Table, tablename="used_forms"):
    """A rendered form that has been carried out: sent again it changes nothing and leads to the same place."""

    id = UUID(primary_key=True, default=UUID4())
    key = Varchar(length=64, unique=True)
    content_hash = Varchar(length=64)
    outcome = Varchar(length=300, default="")
    used_at = Timestamptz(index=True)
