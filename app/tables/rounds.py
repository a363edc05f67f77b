"""Rounds: bounded periods with one phase. What is open follows from these times and the database's clock."""

from __future__ import annotations

import json
from typing import Any

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from app.tables.accounts import Account
from app.tables.consultations import Consultation
from deliberation.phases import Phase, RoundTimes


class Round(Table, tablename="rounds"):
    """One bounded period of a consultation, with one phase."""

    id = UUID(primary_key=True, default=UUID4())
    consultation = ForeignKey(Consultation, null=False, on_delete=OnDelete.cascade)
    number = SmallInt()
    phase = Varchar(length=16)
    opens_at = Timestamptz(null=False)
    closes_at = Timestamptz(null=False)
    settings = JSONB(default="{}")
    extension_reason = Text(default="")
    uq_round = Unique([consultation, number], name="uq_round_number")
    ck_round = Check("closes_at > opens_at", name="ck_round_times")

    @property
    def given_settings(self) -> dict[str, Any]:
        """What was set for this round: `n_places`, `criteria`, `adoption` and what else its phase knows."""
        given: dict[str, Any] = json.loads(self.settings) if isinstance(self.settings, str) else self.settings
        return given

    @property
    def n_places(self) -> int:
        """Places for distinct stances on the slate of a curate round."""
        return int(self.given_settings.get("n_places", 8))

    @property
    def criteria(self) -> tuple[str, ...]:
        """What candidates are scored by in a curate round, one short line each."""
        return tuple(self.given_settings.get("criteria", ()))

    @property
    def times(self) -> RoundTimes:
        return RoundTimes(Phase(self.phase), self.opens_at, self.closes_at)


class Extension(Table, tablename="extensions"):
    """One person's request that an open round close later; it counts once a second person has confirmed it."""

    id = UUID(primary_key=True, default=UUID4())
    round = ForeignKey(Round, null=False, on_delete=OnDelete.cascade, index=True)
    closes_at = Timestamptz(null=False)
    reason = Text()
    asked_by = ForeignKey(Account, null=False)
    asked_at = Timestamptz(null=False)
    settled_at = Timestamptz(null=True, default=None)
    is_confirmed = Boolean(default=False)
