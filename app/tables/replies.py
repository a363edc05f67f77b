"""What whoever convened says will be done with what people said: versions, none of which is lost."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Date, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.consultations import Consultation


class Reply(Table, tablename="replies"):
    """One version of the reply to a summary, by the body that answers: a draft, or published and then never changed.

    version : guards concurrent edits of a draft
    due_on : the day by which every statement of the slate has its answer
    lines : what is answered (app.documents.reply_model.Line), in the order of the document
    record : the document as it was published, with its digest; empty until then
    """

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    number = SmallInt()
    status = Varchar(length=12, default="draft")
    version = Integer(default=1)
    body = Varchar(length=200, default="")
    introduction = Text(default="")
    correction = Text(default="")
    due_on = Date(null=True, default=None)
    lines = JSONB(default="[]")
    record = Text(default="")
    created_at = Timestamptz()
    published_at = Timestamptz(null=True, default=None)
    uq_reply = Unique([consultation, number], name="uq_reply_number")
