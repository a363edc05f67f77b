"""The outbox: every message to be sent, written in the transaction that causes it; what was told; used forms."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.proposals import Proposal


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


class ToldNews(Table, tablename="told_news"):
    """What the author of a proposal has been told of its fate, so that nobody is told twice."""

    id = UUID(primary_key=True, default=UUID4())
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    news = Varchar(length=80)
    uq_told_news = Unique([proposal, news], name="uq_told_news_proposal")


class UsedForm(Table, tablename="used_forms"):
    """A rendered form that has been carried out: sent again it changes nothing and leads to the same place."""

    id = UUID(primary_key=True, default=UUID4())
    key = Varchar(length=64, unique=True)
    content_hash = Varchar(length=64)
    outcome = Varchar(length=300, default="")
    used_at = Timestamptz(index=True)
