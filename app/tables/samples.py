"""Random samples: whom a respond round asks by lot where there are too many to count on everybody's answer."""

from __future__ import annotations

from piccolo.columns import UUID, Array, BigInt, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from app.tables.rounds import Round


class Sample(Table, tablename="samples"):
    """The participants drawn for one respond round, among `n_population`; drawn once, and never again.

    seed : what the lot was drawn with; frame_digest : of the sorted ids of everybody who could be drawn
    """

    id = UUID(primary_key=True, default=UUID4())
    round = ForeignKey(Round, null=False, on_delete=OnDelete.cascade, unique=True)
    seed = Varchar(length=64)
    frame_digest = Varchar(length=64)
    n_population = Integer()
    participants = Array(base_column=BigInt(), default=list)
    drawn_at = Timestamptz()
