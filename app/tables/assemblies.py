"""Assemblies: what the assembler was asked, what it found, and how a convenor changed a line-up, step by step."""

from __future__ import annotations

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    ForeignKey,
    Integer,
    OnDelete,
    Real,
    SmallInt,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.coalitions import Coalition
from app.tables.consultations import Consultation
from app.tables.participants import Participant
from app.tables.proposals import Proposal


class Assembly(Table, tablename="assemblies"):
    """One run of the assembler among those who would work on a proposal. Line-ups are suggestions and place nobody.

    status : waiting, running, done, refused (`problem` names the demand that cannot be met)
    settings : sizes, quotas and interlinkages as they were asked for; input_digest : SHA-256 in hex of all it read
    progress : per cent; quick : the greedy line-ups, there at once; found : the best line-up; gap : share of its value
    """

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade)
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade, index=True)
    number = Integer()
    status = Varchar(length=12, default="waiting")
    settings = JSONB(default="{}")
    seed = BigInt()
    input_digest = Varchar(length=64)
    progress = SmallInt(default=0)
    quick = JSONB(default="[]")
    found = JSONB(default="{}")
    problem = JSONB(default="{}")
    gap = Real(null=True, default=None)
    asked_at = Timestamptz()
    done_at = Timestamptz(null=True, default=None)
    uq_assembly = Unique([consultation, number], name="uq_assembly_number")


class LineUpStep(Table, tablename="line_up_steps"):
    """One change of a line-up by a convenor, with its reason; the last that is not undone can be taken back.

    verb : add, drop, swap
    """

    id = UUID(primary_key=True, default=UUID4())
    coalition = ForeignKey(Coalition, null=False, on_delete=OnDelete.cascade)
    number = Integer()
    verb = Varchar(length=8)
    comes = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    goes = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    reason_code = Varchar(length=30, default="")
    sentence = Varchar(length=300, default="")
    made_at = Timestamptz()
    undone_at = Timestamptz(null=True, default=None)
    uq_line_up_step = Unique([coalition, number], name="uq_line_up_step_number")


class LineUpSeat(Table, tablename="line_up_seats"):
    """Whom the assembler's line-up held when a convenor started from it, to show theirs beside."""

    id = UUID(primary_key=True, default=UUID4())
    coalition = ForeignKey(Coalition, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, index=True)
    uq_line_up_seat = Unique([coalition, participant], name="uq_line_up_seat_participant")
