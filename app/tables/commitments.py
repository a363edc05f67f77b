"""Commitments: dated undertakings of a coalition in the UN's SMART form, and what stands behind and against them."""

from __future__ import annotations

from piccolo.columns import (
    UUID,
    Array,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Numeric,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.coalitions import Coalition
from app.tables.participants import Participant


class Commitment(Table, tablename="commitments"):
    """What a coalition undertakes: specific, measurable, achievable, resource-based (its resources), time-based.

    status : draft, made, delivered, paused, withdrawn; the last two with a `reason`, paused with `paused_until`
    targets : numbers of SDG targets, for instance 17.17; role : initiate, smooth or scale a transformation
    version : guards concurrent edits of a draft
    """

    id = UUID(primary_key=True, default=UUID4())
    coalition = ForeignKey(Coalition, null=False, on_delete=OnDelete.cascade)
    number = Integer()
    version = Integer(default=1)
    title = Varchar(length=120)
    what = Text(default="")
    indicator = Varchar(length=200, default="")
    baseline = Varchar(length=120, default="")
    target = Varchar(length=120, default="")
    achievable = Text(default="")
    place = Varchar(length=120, default="")
    region = Varchar(length=20, default="")
    role = Varchar(length=20, default="")
    beneficiaries = Varchar(length=200, default="")
    monitoring = Varchar(length=300, default="")
    starts_on = Date(null=True, default=None)
    due_on = Date(null=True, default=None)
    targets = Array(base_column=Varchar(length=8), default=list)
    status = Varchar(length=12, default="draft")
    reason = Varchar(length=500, default="")
    paused_until = Date(null=True, default=None)
    created_at = Timestamptz()
    made_at = Timestamptz(null=True, default=None)
    status_at = Timestamptz(null=True, default=None)
    uq_commitment = Unique([coalition, number], name="uq_commitment_number")


class Deliverable(Table, tablename="deliverables"):
    """One thing that will be there by a day. status : open, done, dropped (with a note why)."""

    id = UUID(primary_key=True, default=UUID4())
    commitment = ForeignKey(Commitment, null=False, on_delete=OnDelete.cascade)
    number = SmallInt()
    words = Varchar(length=300)
    due_on = Date()
    status = Varchar(length=12, default="open")
    note = Varchar(length=300, default="")
    done_at = Timestamptz(null=True, default=None)
    uq_deliverable = Unique([commitment, number], name="uq_deliverable_number")


class Resource(Table, tablename="resources"):
    """What the commitment can count on: a kind, how much of what unit (a currency, days), and from which role."""

    id = UUID(primary_key=True, default=UUID4())
    commitment = ForeignKey(Commitment, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=20)
    amount = Numeric(digits=(14, 2), null=True, default=None)
    unit = Varchar(length=20, default="")
    words = Varchar(length=200, default="")
    from_role = Varchar(length=120, default="")
    created_at = Timestamptz()


class Pledge(Table, tablename="pledges"):
    """A leader's word behind a commitment: which office at which level brings which asset by when.

    level : head, executive, director, technical; is_open : the office may be named in public
    renewed_on : the last day on which the office said it again; due again half a year later, or at once after
        changed_on, the day on which the office-holder changed
    status : standing, kept, withdrawn
    """

    id = UUID(primary_key=True, default=UUID4())
    commitment = ForeignKey(Commitment, null=False, on_delete=OnDelete.cascade, index=True)
    participant = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    office = Varchar(length=120)
    level = Varchar(length=20)
    asset = Varchar(length=20)
    words = Varchar(length=300, default="")
    due_on = Date()
    is_open = Boolean(default=False)
    status = Varchar(length=12, default="standing")
    pledged_on = Date()
    renewed_on = Date()
    changed_on = Date(null=True, default=None)


class EvidenceCard(Table, tablename="evidence_cards"):
    """A claim, what it is about (problem, solution, cost), and where it comes from: without a source, nobody knows.

    kind : measured, study, practice, testimony, community; none ranks above another, each is labelled
    checked_by : the role of the partner who looked it up, never its writer; empty while nobody has
    """

    id = UUID(primary_key=True, default=UUID4())
    commitment = ForeignKey(Commitment, null=False, on_delete=OnDelete.cascade, index=True)
    participant = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    about = Varchar(length=12, default="solution")
    claim = Varchar(length=300)
    source = Varchar(length=300, default="")
    kind = Varchar(length=20, default="")
    place = Varchar(length=120, default="")
    year = SmallInt(null=True, default=None)
    checked_by = Varchar(length=120, default="")
    checked_on = Date(null=True, default=None)
    created_at = Timestamptz()


class Barrier(Table, tablename="barriers"):
    """What stands in the way, who could move it, what is asked of them, and what they answered.

    kind : rule, permit, tax, ...; owner_kind : ministry, regulator, bank, donor, ...
    status : open, answered, lifted
    """

    id = UUID(primary_key=True, default=UUID4())
    commitment = ForeignKey(Commitment, null=False, on_delete=OnDelete.cascade)
    number = SmallInt()
    kind = Varchar(length=20)
    words = Varchar(length=300)
    place = Varchar(length=120, default="")
    owner_kind = Varchar(length=20)
    owner = Varchar(length=120, default="")
    ask = Varchar(length=500)
    asked_on = Date(null=True, default=None)
    reply_due = Date(null=True, default=None)
    answer = Text(default="")
    answered_on = Date(null=True, default=None)
    status = Varchar(length=12, default="open")
    created_at = Timestamptz()
    uq_barrier = Unique([commitment, number], name="uq_barrier_number")
