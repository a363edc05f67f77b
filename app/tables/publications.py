"""What has left the house: rows as they were released, and the summaries and snapshots that were published."""

from __future__ import annotations

import uuid

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.database import fetchval
from app.tables.accounts import Account
from app.tables.analyses import Analysis
from app.tables.consultations import Consultation
from app.tables.participants import Participant
from app.tables.rounds import Round


class Publication(Table, tablename="publications"):
    """What was released under one key as it stands: the counts behind it, which the gate needs next time."""

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade)
    audience = Varchar(length=8)
    key = Varchar(length=200)
    row = JSONB(default="{}")
    n_voters = Integer()
    analysis = ForeignKey(Analysis, null=True, default=None, on_delete=OnDelete.set_null)
    uq_publication = Unique([consultation, audience, key], name="uq_publication_key")

    @classmethod
    async def stored(cls, consultation: uuid.UUID, key: str, audience: str = "both") -> str | None:
        """What stands under the key, as JSON; None where nothing was released yet."""
        sql = "select row from publications where consultation = $1 and key = $2 and audience = $3"
        found: str | None = await fetchval(sql, consultation, key, audience)
        return found


class Summary(Table, tablename="summaries"):
    """The balanced document a consultation publishes: facts, sentences that cite them, and what a person added."""

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    round = ForeignKey(Round, null=True, default=None)
    analysis = ForeignKey(Analysis, null=False)
    number = SmallInt()
    status = Varchar(length=12, default="draft")
    version = Integer(default=1)
    document = JSONB(default="{}")
    words = JSONB(default="{}")
    snapshot = Text(default="")
    signature = Text(default="")
    key_id = Varchar(length=32, default="")
    is_corrected = Boolean(default=False)
    shown_until = Timestamptz(null=True, default=None)
    minutes_shown = Integer(default=0)
    created_at = Timestamptz()
    published_at = Timestamptz(null=True, default=None)
    uq_summary = Unique([consultation, number], name="uq_summary_number")


class SummarySignature(Table, tablename="summary_signatures"):
    """One person's approval of one version of a summary."""

    id = UUID(primary_key=True, default=UUID4())
    summary = ForeignKey(Summary, null=False, on_delete=OnDelete.cascade)
    account = ForeignKey(Account, null=False)
    version = Integer()
    signed_at = Timestamptz()
    uq_summary_signature = Unique([summary, account, version], name="uq_summary_signature_account")


class Objection(Table, tablename="objections"):
    """A participant's objection to one passage of a draft summary, under the pseudonym, and the convenor's answer.

    It has no time: in a small room the minute would tell who was busy then.
    """

    id = UUID(primary_key=True, default=UUID4())
    summary = ForeignKey(Summary, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    passage = Varchar(length=60)
    version = Integer()
    reason = Varchar(length=600)
    answer = Varchar(length=12, default="")
    said = Varchar(length=600, default="")
    uq_objection = Unique([summary, participant, passage, version], name="uq_objection_passage")
