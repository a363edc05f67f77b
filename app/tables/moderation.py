"""Moderation: what was asked of authors, appeals, families of duplicates, and who was told of a long queue."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.proposals import Proposal


class Clarification(Table, tablename="clarifications"):
    """A moderator's question about a statement, and what its author did. `before`: the words that were asked about.

    kind : a code of the published list of what is unclear
    answer : what the author adds for the moderator, possibly nothing
    """

    id = UUID(primary_key=True, default=UUID4())
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=32)
    question = Varchar(length=500)
    before = Varchar(length=1000)
    answer = Varchar(length=500, default="")
    asked_at = Timestamptz(null=False)
    answered_at = Timestamptz(null=True, default=None)


class Appeal(Table, tablename="appeals"):
    """An author's appeal to the convenor against a decision of a moderator; one for each statement.

    outcome : "" while it waits, upheld (the decision stands), overturned (the statement is open for votes)
    """

    id = UUID(primary_key=True, default=UUID4())
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    reason = Varchar(length=1000)
    outcome = Varchar(length=12, default="")
    answer = Text(default="")
    made_at = Timestamptz(null=False)
    decided_at = Timestamptz(null=True, default=None)
    uq_appeal = Unique([proposal], name="uq_appeal_proposal")


class FamilyMember(Table, tablename="family_members"):
    """A statement that says the same as another, which stands for the family while this one is in it.

    before : the status that the statement had, and has again when it is taken out
    """

    id = UUID(primary_key=True, default=UUID4())
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade, index=True)
    lead = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade, index=True)
    before = Varchar(length=16)
    joined_at = Timestamptz(null=False)
    left_at = Timestamptz(null=True, default=None)


class Escalation(Table, tablename="escalations"):
    """Somebody was told that a statement waits too long: 1 the moderators, 2 the convenors; each once."""

    id = UUID(primary_key=True, default=UUID4())
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    level = SmallInt()
    told_at = Timestamptz(null=False)
    uq_escalation = Unique([proposal, level], name="uq_escalation_level")
