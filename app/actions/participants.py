"""Joining a consultation: a participant under a pseudonym, linked to the account by a sealed row alone."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any
from uuid import UUID

from app.access import Actor, new_participant_id, sealed_link
from app.actions.record import change
from app.database import execute, fetchrow
from app.forms import Filled
from app.refusals import N_, Denied, NotSignedIn
from app.tables.participants import Participant
from deliberation.phases import Action, Role


async def join(
    *,
    constituency: str,
    organisation: str,
    region: str,
    language: str,
    gender: str = "",
    token: str = "",
    by: Actor,
    form: Filled[Any] | None = None,
) -> Participant:
    """The person takes part, in person or on behalf of an organisation; by the open link or by their invitation."""
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
            region=region,
            language=language,
            gender=gender,
            joined_on=made.by.now.date(),
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
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """What the participant says of themselves is this from now on; results of closed rounds stay as they are."""
    async with change("participants.change_details", Action.CHANGE_DETAILS, by=by, form=form) as made:
        assert by.participant is not None
        await execute(
            "update participants set constituency = $2, organisation = $3, region = $4, language = $5 where id = $1",
            by.participant.id,
            constituency,
            await organisation_named(organisation) if organisation else None,
            region,
            language,
        )
        made.outcome = f"/c/{by.consultation.slug}/me"


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
