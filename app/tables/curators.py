"""What curators say of themselves and of the candidates: declared conflicts, blind scores, notes of their discussion.

A curator stands here under a code that is keyed to the round, so that a conflict such as "my own proposal" tells
whoever reads the rows nothing of who wrote it.
"""

from __future__ import annotations

from piccolo.columns import UUID, Array, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.proposals import Proposal
from app.tables.rounds import Round


class CuratorDeclaration(Table, tablename="curator_declarations"):
    """A curator has said where their interests lie, and perhaps finished scoring; without it the desk stays shut."""

    id = UUID(primary_key=True, default=UUID4())
    round = ForeignKey(Round, null=False, on_delete=OnDelete.cascade)
    curator = Varchar(length=64)
    declared_at = Timestamptz()
    finished_at = Timestamptz(null=True, default=None)
    uq_curator_declaration = Unique([round, curator], name="uq_curator_declaration")  # noqa: A003


class CuratorConflict(Table, tablename="curator_conflicts"):
    """An interest in one proposal: `recused`, so that they neither score nor decide it, or `declared` in public."""

    id = UUID(primary_key=True, default=UUID4())
    round = ForeignKey(Round, null=False, on_delete=OnDelete.cascade)
    curator = Varchar(length=64)
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    kind = Varchar(length=8)
    ground = Varchar(length=16)
    uq_curator_conflict = Unique([round, curator, proposal], name="uq_curator_conflict")  # noqa: A003


class CuratorScore(Table, tablename="curator_scores"):
    """One curator's scores of one proposal, criterion by criterion from 0 to 4; null where they cannot judge."""

    id = UUID(primary_key=True, default=UUID4())
    round = ForeignKey(Round, null=False, on_delete=OnDelete.cascade)
    curator = Varchar(length=64)
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    scores = Array(base_column=SmallInt(null=True), default=list)
    uq_curator_score = Unique([round, curator, proposal], name="uq_curator_score")  # noqa: A003


class CurationNote(Table, tablename="curation_notes"):
    """What a curator noted of a candidate once the scores were laid side by side; notes are added, never replaced."""

    id = UUID(primary_key=True, default=UUID4())
    round = ForeignKey(Round, null=False, on_delete=OnDelete.cascade, index=True)
    curator = Varchar(length=64)
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    text = Text()
    written_at = Timestamptz()
