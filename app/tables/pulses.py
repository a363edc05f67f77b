"""Pulses: ten-minute reports on commitments, how well partners find they work together, and who is introduced."""

from __future__ import annotations

from piccolo.columns import (
    UUID,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Numeric,
    OnDelete,
    SmallInt,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.coalitions import Coalition
from app.tables.commitments import Commitment, Deliverable
from app.tables.participants import Participant


class Pulse(Table, tablename="pulses"):
    """One report of one period, written by any partner, one for all; a draft can be gone on with by another.

    period : 0, 1, 2 ...: how many whole periods had passed since the commitment was made
    status : draft, sent; a sent pulse is never changed
    value : where the indicator stands; minutes : how long it took, as its writer says
    is_open : others than the partners and the convenor may read it
    version : guards two partners who write at once
    """

    id = UUID(primary_key=True, default=UUID4())
    commitment = ForeignKey(Commitment, null=False, on_delete=OnDelete.cascade)
    period = Integer()
    version = Integer(default=1)
    status = Varchar(length=12, default="draft")
    participant = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    value = Numeric(digits=(16, 2), null=True, default=None)
    story = Varchar(length=500, default="")
    obstacle = Varchar(length=20, default="")
    obstacle_words = Varchar(length=300, default="")
    ask = Varchar(length=300, default="")
    minutes = SmallInt(null=True, default=None)
    is_open = Boolean(default=False)
    started_at = Timestamptz()
    sent_at = Timestamptz(null=True, default=None)
    uq_pulse = Unique([commitment, period], name="uq_pulse_period")


class PulseLine(Table, tablename="pulse_lines"):
    """How one deliverable stands, by a pulse. standing : done, on_track, at_risk."""

    id = UUID(primary_key=True, default=UUID4())
    pulse = ForeignKey(Pulse, null=False, on_delete=OnDelete.cascade)
    deliverable = ForeignKey(Deliverable, null=False, on_delete=OnDelete.cascade, index=True)
    standing = Varchar(length=12)
    uq_pulse_line = Unique([pulse, deliverable], name="uq_pulse_line_deliverable")


class PulseMark(Table, tablename="pulse_marks"):
    """How well one partner finds that they work together, 1 to 5. Only the middle and the spread of all are told."""

    id = UUID(primary_key=True, default=UUID4())
    pulse = ForeignKey(Pulse, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, index=True)
    mark = SmallInt()
    uq_pulse_mark = Unique([pulse, participant], name="uq_pulse_mark_participant")


class PulseReminder(Table, tablename="pulse_reminders"):
    """One partner was reminded of one period's pulse; nobody is reminded of it twice."""

    id = UUID(primary_key=True, default=UUID4())
    commitment = ForeignKey(Commitment, null=False, on_delete=OnDelete.cascade)
    period = Integer()
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, index=True)
    sent_on = Date()
    uq_pulse_reminder = Unique([commitment, period, participant], name="uq_pulse_reminder_participant")


class PeerIntroduction(Table, tablename="peer_introductions"):
    """A coalition that got past what a pulse says is in the way; two people meet once both coalitions agree.

    status : suggested, asked (by the coalition of the pulse), made (both agree), declined
    asking, answering : the partner of either side who agreed, and whose address the other then sees
    """

    id = UUID(primary_key=True, default=UUID4())
    pulse = ForeignKey(Pulse, null=False, on_delete=OnDelete.cascade, unique=True)
    peer = ForeignKey(Coalition, null=False, on_delete=OnDelete.cascade, index=True)
    status = Varchar(length=12, default="suggested")
    asking = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    answering = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    asked_at = Timestamptz(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
