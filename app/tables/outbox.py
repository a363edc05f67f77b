"""The outbox: every message to be sent, written in the transaction that causes it; what was told; used forms."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.accounts import Account
from app.tables.proposals import Proposal
from app.tables.rounds import Round


class Message(Table, tablename="messages"):
    """Something sent to a person, with its delivery state.

    status : waiting, held for the next digest, bundled into one, sent, or failed after the last try
    stop_path : where the reader, or their mail program for them, says that no more of this kind shall come
    """

    id = UUID(primary_key=True, default=UUID4())
    kind = Varchar(length=40)
    to = Varchar(length=254)
    locale = Varchar(length=8, default="en")
    subject = Varchar(length=200)
    text = Text()
    html = Text(default="")
    calendar = Text(default="")
    stop_path = Varchar(length=300, default="")
    status = Varchar(length=12, default="waiting", index=True)
    n_tries = SmallInt(default=0)
    problem = Varchar(length=200, default="")
    created_at = Timestamptz()
    sent_at = Timestamptz(null=True, default=None)


class MessageSetting(Table, tablename="message_settings"):
    """How an account wants the messages of one topic; where there is no row, the topic's own rule holds."""

    id = UUID(primary_key=True, default=UUID4())
    account = ForeignKey(Account, null=False, on_delete=OnDelete.cascade)
    topic = Varchar(length=16)
    delivery = Varchar(length=8)
    uq_message_setting = Unique([account, topic], name="uq_message_setting_topic")


class RoundNotice(Table, tablename="round_notices"):
    """How far participants have been told of a round's opening, or of its end being near: in the order of their ids."""

    id = UUID(primary_key=True, default=UUID4())
    round = ForeignKey(Round, null=False, on_delete=OnDelete.cascade)
    kind = Varchar(length=8)
    told_up_to = BigInt(default=0)
    done_at = Timestamptz(null=True, default=None)
    uq_round_notice = Unique([round, kind], name="uq_round_notice_kind")  # noqa: A003 - the column above


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
