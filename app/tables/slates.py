"""Slates: what an algorithm chose for everyone, what curators chose, and the reason for every difference."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.database import execute
from app.tables.accounts import Account
from app.tables.analyses import Analysis
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from app.tables.rounds import Round
from deliberation.holdings import Stance


class CuratedSlate(Table, tablename="curated_slates"):
    """What the curators of one round chose on the frozen analysis they saw; `version` guards concurrent edits."""

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade, index=True)
    round = ForeignKey(Round, null=False, on_delete=OnDelete.cascade, unique=True)
    analysis = ForeignKey(Analysis, null=False)
    status = Varchar(length=12, default="draft")
    version = Integer(default=1)
    n_places = SmallInt(default=8)
    report = JSONB(default="{}")
    snapshot = Text(default="")
    published_at = Timestamptz(null=True, default=None)
    scoring_closed_at = Timestamptz(null=True, default=None)
    last_step = JSONB(default="{}")


class SlateItem(Table, tablename="slate_items"):
    """One stance on the curated slate, in its order."""

    id = UUID(primary_key=True, default=UUID4())
    slate = ForeignKey(CuratedSlate, null=False, on_delete=OnDelete.cascade)
    proposal = ForeignKey(Proposal, null=False)
    choice = Varchar(length=8, default="agree")
    position = SmallInt()
    uq_slate_stance = Unique([slate, proposal, choice], name="uq_slate_item_stance")


class SlateReason(Table, tablename="slate_reasons"):
    """Why the curated slate departs from the participants' slate at one stance."""

    id = UUID(primary_key=True, default=UUID4())
    slate = ForeignKey(CuratedSlate, null=False, on_delete=OnDelete.cascade)
    proposal = ForeignKey(Proposal, null=False)
    choice = Varchar(length=8, default="agree")
    reason_code = Varchar(length=32)
    sentence = Text()
    uq_reason_stance = Unique([slate, proposal, choice], name="uq_slate_reason_stance")


class SlateSignature(Table, tablename="slate_signatures"):
    """One person's signature under one version of a curated slate; two different persons publish it."""

    id = UUID(primary_key=True, default=UUID4())
    slate = ForeignKey(CuratedSlate, null=False, on_delete=OnDelete.cascade)
    account = ForeignKey(Account, null=False)
    role = Varchar(length=16)
    version = Integer()
    signed_at = Timestamptz()
    uq_slate_signature = Unique([slate, account, version], name="uq_slate_signature_account")


async def store_items(slate: uuid.UUID, stances: Sequence[Stance]) -> None:
    """These stances stand on the slate, in this order, and no others."""
    await execute("delete from slate_items where slate = $1", slate)
    await execute(
        """
        insert into slate_items (id, slate, proposal, choice, position)
        select gen_random_uuid(), $1, item.proposal, item.choice, item.position
        from unnest($2::int[], $3::text[]) with ordinality as item (proposal, choice, position)
        """,
        slate,
        [stance.statement_id for stance in stances],
        [stance.choice.value for stance in stances],
    )


async def store_reason(slate: uuid.UUID, stance: Stance, reason_code: str, sentence: str) -> None:
    """The difference at this stance has this reason and no other."""
    await execute(
        """
        insert into slate_reasons (id, slate, proposal, choice, reason_code, sentence)
        values (gen_random_uuid(), $1, $2, $3, $4, $5)
        on conflict (slate, proposal, choice) do update
          set reason_code = excluded.reason_code, sentence = excluded.sentence
        """,
        slate,
        stance.statement_id,
        stance.choice.value,
        reason_code,
        sentence,
    )


async def forget_reasons(slate: uuid.UUID, stances: Sequence[Stance]) -> None:
    """A reason is for one change: why an item was dropped does not say why it came back."""
    for stance in stances:
        await execute(
            "delete from slate_reasons where slate = $1 and proposal = $2 and choice = $3",
            slate,
            stance.statement_id,
            stance.choice.value,
        )
