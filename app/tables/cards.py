"""Cards: what a participant brings, needs and must get out of a coalition, for the matcher and whom they open it to."""

from __future__ import annotations

from piccolo.columns import UUID, Array, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.constraints import Unique
from piccolo.table import Table

from app.tables.participants import Participant


class Card(Table, tablename="cards"):
    """One participant's card in one consultation. Only the matcher reads it, but for the parts that are opened.

    goals : numbers of Sustainable Development Goals; targets : their targets, such as 17.16
    refused_* : organisations, constituencies and terms that they cannot work with; required_terms : not without these
    """

    id = UUID(primary_key=True, default=UUID4())
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, unique=True)
    must_get = Text(default="")
    motivation = Text(default="")
    region = Varchar(length=40, default="")
    place = Varchar(length=120, default="")
    goals = Array(base_column=Integer(), default=list)
    targets = Array(base_column=Varchar(length=8), default=list)
    refused_organisations = Array(base_column=UUID(default=None, null=True), default=list)
    refused_constituencies = Array(base_column=Varchar(length=40), default=list)
    refused_terms = Array(base_column=Varchar(length=40), default=list)
    required_terms = Array(base_column=Varchar(length=40), default=list)
    red_lines = Text(default="")
    open_parts = Array(base_column=Varchar(length=16), default=list)
    version = Integer(default=1)


class CardRow(Table, tablename="card_rows"):
    """One thing that a participant brings (`offer`, to so many partners) or needs (`need`), in their own sentence.

    cause : what a finance need is a symptom of, if they said so
    """

    id = UUID(primary_key=True, default=UUID4())
    card = ForeignKey(Card, null=False, on_delete=OnDelete.cascade)
    side = Varchar(length=8)
    kind = Varchar(length=40)
    capacity = Integer(default=1)
    sentence = Varchar(length=300, default="")
    cause = Varchar(length=40, default="")
    uq_card_row = Unique([card, side, kind], name="uq_card_row_kind")


class ContactWish(Table, tablename="contact_wishes"):
    """One participant's word about another, whom they know by a card alone: share my contact, or not.

    Addresses are shown only where both have said so; a wish that nobody answers lapses.
    """

    id = UUID(primary_key=True, default=UUID4())
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade)
    partner = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, index=True)
    is_willing = Boolean(default=True)
    lapses_at = Timestamptz()
    shared_at = Timestamptz(null=True, default=None)
    uq_contact_wish = Unique([participant, partner], name="uq_contact_wish_partner")
