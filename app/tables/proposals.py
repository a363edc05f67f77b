"""Proposals: one votable statement each, with its details, sponsors, flags and requests to merge."""

from __future__ import annotations

from typing import Any

from piccolo.columns import (
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.consultations import Consultation
from app.tables.participants import Organisation, Participant
from app.tables.rounds import Round


class Proposal(Table, tablename="proposals"):
    """What a participant submits. `id` names the statement in the core, `number` is what people quote.

    Forms take statements of at most 200 characters; imported ones may be longer. `is_noted`: spoken in the room and
    written down without its author. `question` is the number of the guiding question it answers, 0 for none.
    """

    id = Serial(primary_key=True)
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade)
    number = Integer()
    round = ForeignKey(Round, null=True, default=None)
    author = ForeignKey(Participant, null=True, default=None, index=True)
    is_starter = Boolean(default=False)
    is_noted = Boolean(default=False)
    question = SmallInt(default=0)
    author_is_named = Boolean(default=False)
    statement = Varchar(length=1000)
    details = Text(default="")
    details_html = Text(default="")
    language = Varchar(length=8, default="en")
    goals = Array(base_column=Integer(), default=list)
    theme = Varchar(length=40, default="")
    status = Varchar(length=16, default="waiting", index=True)
    reason_code = Varchar(length=32, default="")
    reason = Text(default="")
    merged_into: ForeignKey[Any] = ForeignKey("self", null=True, default=None)
    vector = Bytea(null=True, default=None)
    version = Integer(default=1)
    submitted_on = Date()
    decided_at = Timestamptz(null=True, default=None)
    waiting_since = Timestamptz(null=True, default=None)
    uq_proposal = Unique([consultation, number], name="uq_proposal_number")


class CoSponsor(Table, tablename="cosponsors"):
    """An organisation that stands behind a proposal, by the word of one of its participants; withdrawable."""

    id = UUID(primary_key=True, default=UUID4())
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    organisation = ForeignKey(Organisation, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    uq_cosponsor = Unique([proposal, organisation], name="uq_cosponsor_organisation")


class Flag(Table, tablename="flags"):
    """A participant's request that a moderator look at a statement."""

    id = UUID(primary_key=True, default=UUID4())
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    reason_code = Varchar(length=32)
    note = Varchar(length=500, default="")
    settled_at = Timestamptz(null=True, default=None)
    uq_flag = Unique([proposal, participant], name="uq_flag_participant")


class MergeRequest(Table, tablename="merge_requests"):
    """A suggestion that one proposal be carried by another; both authors must agree, and nothing is erased."""

    id = UUID(primary_key=True, default=UUID4())
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    into = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    note = Varchar(length=500, default="")
    author_agrees = Boolean(null=True, default=None)
    other_author_agrees = Boolean(null=True, default=None)
    created_at = Timestamptz()
    settled_at = Timestamptz(null=True, default=None)
    uq_merge = Unique([proposal, into], name="uq_merge_request")


class Showing(Table, tablename="showings"):
    """Which statement a participant was shown, with the probability it had of being the one."""

    id = UUID(primary_key=True, default=UUID4())
    participant = BigInt()
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade, index=True)
    reason = Varchar(length=16)
    propensity = Varchar(length=24)
    is_set_aside = Boolean(default=False)
    uq_showing = Unique([participant, proposal], name="uq_showing_participant")
