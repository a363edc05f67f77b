"""Joining a consultation: a participant under a pseudonym, linked to the account by a sealed row alone."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection
from typing import Any
from uuid import UUID

from app.access import Actor, new_participant_id, sealed_link
from app.actions.record import change
from app.actions.votes import ask_for_analysis
from app.analysis import consent
from app.analysis.participants import has_voted
from app.database import execute, fetchrow
from app.forms import Filled
from app.refusals import N_, Denied, Invalid, NotSignedIn
from app.tables.participants import Participant
from app.taxonomies import mandates
from deliberation.phases import Action, Role

SPEAKS_FOR = N_("You have voted already: for whom you speak stays as it was when you cast your first vote.")


async def join(
    *,
    constituency: str,
    organisation: str,
    region: str,
    language: str,
    mandate: str = "",
    reads: Collection[str] = (),
    gender: str = "",
    token: str = "",
    by: Actor,
    form: Filled[Any] | None = None,
) -> Participant:
    """The person takes part, for themselves or with a mandate of an organisation; by the open link or an invitation.

    An organisation may have several delegates. Without a mandate whoever names one is its delegate.
    """
    if by.person is None:
        raise NotSignedIn(N_("Please sign in first."))
    async with change("participants.join", Action.JOIN, by=by, form=form) as made:
        if by.consultation.joining != "open":
            await _use_invitation(by.consultation.id, by.person.email, token)
        participant = Participant(
            id=new_participant_id(),
            consultation=by.consultation.id,
            constituency=constituency,
            organisation=await organisation_named(organisation) if organisation else None,
            mandate=_mandate(mandate, organisation),
            region=region,
            language=language,
            reads=sorted({*reads} - {language}),
            gender=gender,
            joined_on=made.by.now.date(),
            consent=consent.version(by.consultation),
            consented_on=made.by.now.date(),
        )
        await participant.save()
        await sealed_link(by.consultation.id, by.person.id, participant.id).save()
        await execute(
            "insert into memberships (id, consultation, account, role) values (gen_random_uuid(), $1, $2, $3)",
            by.consultation.id,
            by.person.id,
            Role.PARTICIPANT.value,
        )
        return participant


async def change_details(
    *,
    constituency: str,
    organisation: str,
    region: str,
    language: str,
    mandate: str = "",
    reads: Collection[str] = (),
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """What the participant says of themselves is this from now on; results of closed rounds stay as they are.

    For whom they speak stands from their first vote on: nobody turns votes of their own into an organisation's.
    """
    async with change("participants.change_details", Action.CHANGE_DETAILS, by=by, form=form) as made:
        own = by.participant
        assert own is not None
        body = await organisation_named(organisation) if organisation else None
        capacity = _mandate(mandate, organisation)
        is_another = (body, capacity) != (own.organisation, own.mandate or _mandate("", str(own.organisation or "")))
        if is_another and await has_voted(own.id):
            raise Invalid(SPEAKS_FOR, field="mandate")
        await execute(
            "update participants set constituency = $2, organisation = $3, region = $4, language = $5, mandate = $6, "
            "reads = $7 where id = $1",
            own.id,
            constituency,
            body,
            region,
            language,
            capacity,
            sorted({*reads} - {language}),
        )
        made.outcome = f"/c/{by.consultation.slug}/me"


async def agree(*, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant agrees to the words that hold now on how their contributions are used."""
    async with change("participants.agree", Action.CHANGE_DETAILS, by=by, form=form) as made:
        own = by.participant
        assert own is not None
        await execute(
            "update participants set consent = $2, consented_on = $3 where id = $1",
            own.id,
            consent.version(by.consultation),
            made.by.now.date(),
        )
        made.outcome = f"/c/{by.consultation.slug}/me"


async def object_to_use(*, objects: bool, by: Actor) -> None:
    """The participant's votes are in no analysis from now on, or in them again; what is published stays as it is."""
    by.check(Action.RESTRICT)
    own = by.participant
    assert own is not None
    await execute("update participants set has_objected = $2 where id = $1", own.id, objects)
    await ask_for_analysis(by)


def _mandate(stated: str, organisation: str) -> str:
    """Whoever names no organisation speaks for themselves, and whoever names one is at least its delegate."""
    if not organisation:
        return mandates.OWN
    return "delegate" if stated in ("", mandates.OWN) else stated


async def _use_invitation(consultation: UUID, email: str, token: str) -> None:
    used = await fetchrow(
        """
        update invitations set used_at = clock_timestamp()
        where consultation = $1 and token_hash = $2 and email = $3 and used_at is null
          and expires_at > clock_timestamp()
        returning id
        """,
        consultation,
        hashlib.sha256(token.encode()).hexdigest(),
        email,
    )
    if used is None:
        raise Denied(
            N_("This consultation is by invitation, and this one is used up, out of date or for somebody else.")
        )


async def organisation_named(name: str) -> UUID:
    """The organisation of this name, made if it is new; spelling differs only by case and spaces are one name."""
    key = " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:160]
    row = await fetchrow(
        """
        insert into organisations (id, name, name_key, kind) values (gen_random_uuid(), $1, $2, '')
        on conflict (name_key) do update set name_key = excluded.name_key returning id
        """,
        " ".join(name.split())[:160],
        key,
    )
    assert row is not None
    found: UUID = row["id"]
    return found
