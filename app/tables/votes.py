"""Votes: one current choice per participant and statement, guarded by the database; and imported logs."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Bytea, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from app.tables.consultations import Consultation
from app.tables.participants import Participant
from app.tables.proposals import Proposal
from app.tables.rounds import Round

CODE_BITS = 3
# Four bytes a vote: the statement's id, and three bits that tell the choices apart by their first letters.
PACKED_VOTE = f"int4send((proposal << {CODE_BITS}) | (ascii(choice) % 7)), ''::bytea"


def code_of(choice: str) -> int:
    """The three bits of a choice in packed votes."""
    return ord(choice[0]) % 7


class Vote(Table, tablename="votes"):
    """A participant's current choice on one statement.

    language, translation : the words they saw, 0 for the statement's own; never released for a person
    """

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade, index=True)
    choice = Varchar(length=8)
    matters = Boolean(default=False)
    language = Varchar(length=8, default="")
    translation = Integer(default=0)
    cast_at = Timestamptz()
    uq_vote = Unique([participant, proposal], name="uq_vote_participant_proposal")
    ck_vote = Check("choice in ('agree', 'disagree', 'pass')", name="ck_vote_choice")


class EarlierVote(Table, tablename="earlier_votes"):
    """A vote of an earlier round that was changed or withdrawn since: it held from `cast_at` until `ended_at`."""

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    choice = Varchar(length=8)
    cast_at = Timestamptz()
    ended_at = Timestamptz()


class VoteCarry(Table, tablename="vote_carries"):
    """A voter's answer when another statement stands for the one they voted on; the vote on the original stays there.

    answer : carry (the vote was cast on the new statement, too), drop, or "" (asked, and not answered yet)
    """

    id = UUID(primary_key=True, default=UUID4())
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    proposal = ForeignKey(Proposal, null=False, on_delete=OnDelete.cascade)
    answer = Varchar(length=8, default="")
    asked_at = Timestamptz(null=True, default=None)
    uq_vote_carry = Unique([participant, proposal], name="uq_vote_carry_participant")
    ck_vote_carry = Check("answer in ('', 'carry', 'drop', 'look')", name="ck_vote_carry_answer")


class PackedVotes(Table, tablename="packed_votes"):
    """A participant's current votes once more, in four bytes each, so that an analysis reads people and not votes.

    `votes` is null from the moment one of them is written until a job packs them again; triggers of the database see
    to that (`app/tables/triggers.sql`). Everybody who ever voted has a row.
    """

    participant = ForeignKey(Participant, primary_key=True, null=False, on_delete=OnDelete.cascade)
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    votes = Bytea(null=True, default=None)
    latest_at = Timestamptz(null=True, default=None)


class ImportedLog(Table, tablename="imported_logs"):
    """An imported vote log with everything the export carried, in its order; current votes are derived from it."""

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, unique=True)
    content = Bytea()
    n_events = Integer()
    imported_at = Timestamptz()


class Response(Table, tablename="responses"):
    """A participant's answer in a respond round: does the slate represent us, can I live with the reasons?"""

    id = UUID(primary_key=True, default=UUID4())
    round = ForeignKey(Round, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    represents = Varchar(length=8)
    can_live_with = Varchar(length=8)
    sentence = Varchar(length=500, default="")
    answered_at = Timestamptz()
    # `round` is the column above: the table's word for it, and a class body has no other use for the built-in.
    uq_response = Unique([round, participant], name="uq_response_participant")  # noqa: A003
