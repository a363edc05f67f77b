"""Charters: what the partners of a formed coalition agree clause by clause, sign, and hold for a time they set."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Date, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.coalitions import Coalition
from app.tables.participants import Participant


class Charter(Table, tablename="charters"):
    """One version of a coalition's charter. Once every partner has signed, `text` is frozen under its digest.

    status : draft, signed; a signed version is never changed, a change is the next version
    review_on : the day on which it ends unless the partners have voted to renew it; `renewed_until` is that later day
    text, digest : the canonical text that was signed, and its SHA-256 in hex; empty while a draft
    """

    id = UUID(primary_key=True, default=UUID4())
    coalition = ForeignKey(Coalition, null=False, on_delete=OnDelete.cascade)
    version = Integer(default=1)
    status = Varchar(length=12, default="draft")
    review_on = Date(null=True, default=None)
    renewed_until = Date(null=True, default=None)
    text = Text(default="")
    digest = Varchar(length=64, default="")
    created_at = Timestamptz()
    signed_at = Timestamptz(null=True, default=None)
    uq_charter = Unique([coalition, version], name="uq_charter_version")


class ClauseWording(Table, tablename="clause_wordings"):
    """One partner's wording of one clause. Several may stand side by side; partners answer each by itself.

    number : 1, 2, 3 within the clause, in the order in which they were written
    """

    id = UUID(primary_key=True, default=UUID4())
    charter = ForeignKey(Charter, null=False, on_delete=OnDelete.cascade)
    clause = Varchar(length=20)
    number = SmallInt()
    words = Text()
    participant = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    created_at = Timestamptz()
    uq_clause_wording = Unique([charter, clause, number], name="uq_clause_wording_number")


class ClauseAnswer(Table, tablename="clause_answers"):
    """What one partner says to one wording: agree, live_with, object; an objection has its reason."""

    id = UUID(primary_key=True, default=UUID4())
    wording = ForeignKey(ClauseWording, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, index=True)
    answer = Varchar(length=12)
    reason = Varchar(length=500, default="")
    answered_on = Date()
    uq_clause_answer = Unique([wording, participant], name="uq_clause_answer_participant")


class CharterSignature(Table, tablename="charter_signatures"):
    """A partner's signature under the text with this digest, and whether the public may read it."""

    id = UUID(primary_key=True, default=UUID4())
    charter = ForeignKey(Charter, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, index=True)
    digest = Varchar(length=64)
    opens = Boolean(default=False)
    signed_on = Date()
    uq_charter_signature = Unique([charter, participant], name="uq_charter_signature_participant")


class CharterRenewal(Table, tablename="charter_renewals"):
    """A later day until which a signed charter might hold, put to the partners: open, carried, fallen."""

    id = UUID(primary_key=True, default=UUID4())
    charter = ForeignKey(Charter, null=False, on_delete=OnDelete.cascade, index=True)
    until = Date()
    status = Varchar(length=12, default="open")
    created_at = Timestamptz()
    settled_at = Timestamptz(null=True, default=None)


class RenewalAnswer(Table, tablename="renewal_answers"):
    """Whether one partner would renew; the coalition goes on if more than half of its partners would."""

    id = UUID(primary_key=True, default=UUID4())
    renewal = ForeignKey(CharterRenewal, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, index=True)
    renews = Boolean()
    uq_renewal_answer = Unique([renewal, participant], name="uq_renewal_answer_participant")
