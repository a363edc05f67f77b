"""Consultations, the roles people have in them, and the targets a convenor declares."""

from __future__ import annotations

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Real,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.accounts import Account


class Consultation(Table, tablename="consultations"):
    """One question put to a set of participants, with its rounds.

    decide_within_hours : how soon moderators promise to read a statement
    """

    id = UUID(primary_key=True, default=UUID4())
    slug = Varchar(length=60, unique=True)
    title = Varchar(length=120)
    question = Varchar(length=300)
    description = Text(default="")
    promise = Text(default="")
    venue = Varchar(length=120, default="")
    zone = Varchar(length=64, default="UTC")
    language = Varchar(length=8, default="en")
    attribution = Varchar(length=16, default="chatham_house")
    joining = Varchar(length=16, default="open")
    join_code_hash = Varchar(length=64, default="")
    lifecycle = Varchar(length=16, default="draft")
    is_imported = Boolean(default=False)
    n_participants_expected = Integer(default=0)
    next_number = Integer(default=1)
    seed = Integer(default=0)
    uses_weights = Boolean(default=False)
    decide_within_hours = SmallInt(default=24)
    questions = Array(base_column=Varchar(length=300), default=list)
    goals = Array(base_column=Integer(), default=list)
    import_notes = JSONB(default="{}")
    created_at = Timestamptz()
    published_at = Timestamptz(null=True, default=None)
    archived_at = Timestamptz(null=True, default=None)


class Membership(Table, tablename="memberships"):
    """An account's role in one consultation. That an account takes part says nothing of which participant it is.

    rounds : numbers of the rounds that a curator is appointed for; empty for all of them
    """

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.cascade, index=True)
    role = Varchar(length=16)
    rounds = Array(base_column=SmallInt(), default=list)
    uq_membership = Unique([consultation, account, role], name="uq_membership_role")


class Target(Table, tablename="targets"):
    """The share of participants a convenor aims at for one category of one attribute."""

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade)
    attribute = Varchar(length=16)
    code = Varchar(length=40)
    share = Real()
    uq_target = Unique([consultation, attribute, code], name="uq_target_code")


class Invitation(Table, tablename="invitations"):
    """A seat for one named person, taken once; only the hash of its token is stored."""

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    email = Varchar(length=254)
    token_hash = Varchar(length=64, unique=True)
    constituency = Varchar(length=40, default="")
    created_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)
    reminded_at = Timestamptz(null=True, default=None)
    declined_at = Timestamptz(null=True, default=None)
    uq_invitation = Unique([consultation, email], name="uq_invitation_email")
