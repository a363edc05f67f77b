"""Analyses: stored runs with their input digest, seed, method version and landscape; never changed once complete."""

from __future__ import annotations

from typing import Any

from piccolo.columns import JSONB, UUID, Bytea, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from app.tables.consultations import Consultation
from app.tables.rounds import Round


class Analysis(Table, tablename="analyses"):
    """One run over the votes before `votes_until`. Quick runs still check for groups, kept ones have those of a search,
    which nobody sees; frozen ones belong to a round.

    excluded : the exclusions whose votes were left out, as sorted ids joined by commas; empty where everybody counts
    whole : landscape and slate with everybody's votes, where some were left out of a frozen analysis
    """

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    round = ForeignKey(Round, null=True, default=None)
    kind = Varchar(length=8, default="live")
    evidence = Varchar(length=8, default="full")
    method = Varchar(length=16, default="default")
    method_version = Varchar(length=24)
    seed = Integer()
    input_digest = Varchar(length=64)
    digest = Varchar(length=64)
    n_participants = Integer()
    n_votes = Integer()
    n_statements = Integer()
    landscape = Text()
    slate = JSONB(default="{}")
    holdings = Bytea(null=True, default=None)
    noise = JSONB(default="{}")
    excluded = Text(default="")
    whole = Text(default="")
    previous: ForeignKey[Any] = ForeignKey("self", null=True, default=None)
    votes_until = Timestamptz()
    created_at = Timestamptz()
