"""What somebody sent after their session had ended: kept for a day, so that it can be sent once they are back."""

from __future__ import annotations

from piccolo.columns import UUID, Bytea, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from app.tables.accounts import Account


class Unsent(Table, tablename="unsent_forms"):
    """One form that came too late. Its fields are sealed and open for its account alone."""

    id = UUID(primary_key=True, default=UUID4())
    account = ForeignKey(Account, null=False, on_delete=OnDelete.cascade, index=True)
    path = Varchar(length=500)
    sealed_fields = Bytea()
    created_at = Timestamptz()
