"""Cards: a participant writes, opens and withdraws their own; a moderator can close what is open, and nobody more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions.participants import organisation_named
from app.actions.record import change
from app.analysis.cards import PARTS, Written
from app.database import execute, fetchrow, fetchval
from app.forms import Filled
from app.language import gettext
from app.refusals import N_, Conflict, NotFound
from app.tables.cards import CardRow
from app.taxonomies import cards as terms
from app.taxonomies import moderation_reasons
from deliberation.phases import Action

MOVED_ON = N_("You have saved this card elsewhere in the meantime. Please open it again; your words are below.")
UPSERT = """
insert into cards (id, participant, must_get, motivation, region, place, red_lines, goals, targets,
  refused_constituencies, refused_terms, required_terms, open_parts, refused_organisations, version)
values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)
on conflict (participant) do update set must_get = excluded.must_get, motivation = excluded.motivation,
  region = excluded.region, place = excluded.place, red_lines = excluded.red_lines, goals = excluded.goals,
  targets = excluded.targets, refused_constituencies = excluded.refused_constituencies,
  refused_terms = excluded.refused_terms, required_terms = excluded.required_terms,
  open_parts = excluded.open_parts, refused_organisations = excluded.refused_organisations,
  version = cards.version + 1
returning id
"""


async def keep(*, card: Written, version: int | None = None, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant's card says this. The log tells that a card was kept, and nothing of what is on it."""
    async with change("cards.keep", Action.KEEP_CARD, by=by, form=form) as made:
        assert by.participant is not None
        now_at = await fetchval("select version from cards where participant = $1", by.participant.id)
        if version is not None and now_at is not None and now_at != version:
            raise Conflict(MOVED_ON)
        kept = await fetchval(
            UPSERT,
            by.participant.id,
            *(card.must_get, card.motivation, card.region, card.place, card.red_lines),
            *(list(card.goals), list(card.targets), list(card.refused_constituencies), list(card.refused_terms)),
            *(list(card.required_terms), [part for part in PARTS if part in card.open_parts]),
            [await organisation_named(name) for name in card.refused_organisations],
        )
        await execute("delete from card_rows where card = $1", kept)
        for kind, (sentence, capacity) in card.offers.items():
            await CardRow(card=kept, side="offer", kind=kind, capacity=capacity, sentence=sentence).save()
        for kind, sentence in card.needs.items():
            cause = card.cause if kind == "finance" else ""
            await CardRow(card=kept, side="need", kind=kind, sentence=sentence, cause=cause).save()
        made.outcome = f"/c/{by.consultation.slug}/card"


def with_cause_as_need(card: Written) -> Written:
    """The same card, with the kind of help that would make money reachable among its needs, unless it is there."""
    kind = terms.MEETS.get(card.cause, "")
    if not kind or kind in card.needs or "finance" not in card.needs:
        return card
    return replace(card, needs={**card.needs, kind: gettext(terms.label(card.cause))})


async def withdraw(*, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant's card is gone, and with it every wish about a contact, theirs and about them."""
    async with change("cards.withdraw", Action.KEEP_CARD, by=by, form=form) as made:
        assert by.participant is not None
        await execute("delete from cards where participant = $1", by.participant.id)
        await execute("delete from contact_wishes where participant = $1 or partner = $1", by.participant.id)
        made.outcome = f"/c/{by.consultation.slug}/card"


async def close(*, card: UUID, reason_code: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """Nothing of this card is open any more; its owner is told why, and may change and open it again."""
    async with change("cards.close", Action.MODERATE, by=by, form=form) as made:
        row = await fetchrow(
            """
            update cards c set open_parts = '{}', version = c.version + 1 from participants p
            where c.id = $1 and p.id = c.participant and p.consultation = $2 and c.open_parts <> '{}'
            returning c.participant
            """,
            card,
            by.consultation.id,
        )
        if row is None:
            raise NotFound
        label = moderation_reasons.label(reason_code)
        accounts = await access.accounts_of([row["participant"]])
        await emails.send_to(list(accounts.values()), "card_closed", by.consultation, reason_label=label)
        made.payload, made.outcome = {"reason": reason_code}, f"/c/{by.consultation.slug}/cards"
