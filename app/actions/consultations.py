"""Creating a consultation, setting its rounds and targets, appointing people, launching it."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.access import Actor, check_site, short_code
from app.actions.record import append_event, change, claim_form, settle_form
from app.analysis.overview import PHASE_NAMES
from app.auth import STAFF_LIFE, Person, normalised_email
from app.database import execute, fetch, fetchrow, fetchval, now, transaction
from app.forms import Filled
from app.language import gettext
from app.queue import enqueue
from app.refusals import N_, Conflict, Denied, Invalid
from app.tables.consultations import Consultation, Membership, Target
from app.tables.rounds import Round
from deliberation.disclosure import Attribution
from deliberation.phases import Action, Lifecycle, Phase, Role, sequence_error

MAX_HOURS = 14 * 24
"""What moderators can promise at most: later than this, a round of proposals is usually over."""
APPOINTED = (Role.MODERATOR, Role.CURATOR, Role.CONVENOR, Role.AUDITOR)
"""Roles that convenors give, and take away."""
CONFLICTING = {
    Role.CONVENOR: (Role.MODERATOR, Role.AUDITOR, Role.PARTICIPANT),
    Role.MODERATOR: (Role.CONVENOR, Role.AUDITOR),
    Role.AUDITOR: (Role.CONVENOR, Role.MODERATOR, Role.CURATOR),
}
"""Roles that one account may not hold together in a consultation: who judges is not who is judged."""


@dataclass(frozen=True)
class PlannedRound:
    """A round as a convenor plans it."""

    phase: Phase
    opens_at: datetime
    closes_at: datetime
    n_places: int = 8
    criteria: tuple[str, ...] = ()
    """What candidates are scored by in a curate round, public before the round opens."""
    was: int | None = None
    """The number the round has now; None for a new one. Settings that are not planned here stay with the round."""


def slug_from(title: str) -> str:
    """A readable address part; letters of other scripts are left to the random ending."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-")


async def create(
    *,
    title: str,
    question: str,
    description: str = "",
    promise: str = "",
    venue: str = "",
    zone: str = "UTC",
    language: str = "en",
    attribution: Attribution = Attribution.CHATHAM_HOUSE,
    joining: str = "open",
    decide_within_hours: int = 24,
    questions: Sequence[str] = (),
    goals: Sequence[int] = (),
    rounds: Sequence[PlannedRound],
    targets: Mapping[str, Mapping[str, float]],
    by: Person,
    slug: str | None = None,
    form: Filled[Any] | None = None,
) -> Consultation:
    """A draft consultation with its rounds and targets; its creator is its convenor."""
    await check_site(by, Action.CREATE_CONSULTATION)
    check_rounds(rounds)
    async with transaction():
        moment = await now()
        if form is not None:
            await claim_form(form, str(by.id))
        consultation = Consultation(
            slug=slug or await _free_slug(title),
            title=title,
            question=question,
            description=description,
            promise=promise,
            venue=venue,
            zone=zone,
            language=language,
            attribution=attribution.value,
            joining=joining,
            decide_within_hours=decide_within_hours,
            questions=list(questions),
            goals=list(goals),
            seed=secrets.randbelow(2**31 - 1),
            created_at=moment,
        )
        await consultation.save()
        await Membership(consultation=consultation.id, account=by.id, role=Role.CONVENOR.value).save()
        await save_rounds(consultation.id, rounds, before=())
        await _save_targets(consultation.id, targets)
        if form is not None:
            await settle_form(form, str(by.id), f"/c/{consultation.slug}/convene")
        await append_event(
            str(consultation.id),
            actor=f"{Role.CONVENOR}:{short_code(by.id)}",
            action="consultations.create",
            subject=consultation.slug,
            payload={"attribution": attribution.value, "phases": [planned.phase.value for planned in rounds]},
        )
        return consultation


async def _free_slug(title: str) -> str:
    slug = slug_from(title) or secrets.token_hex(4)
    taken = await fetchval("select 1 from consultations where slug = $1", slug)
    return f"{slug}-{secrets.token_hex(3)}" if taken else slug


def check_rounds(rounds: Sequence[PlannedRound]) -> None:
    """Raises Invalid unless the rounds follow one another in time and by the table of phases."""
    if not rounds:
        raise Invalid(N_("A consultation needs at least one round."), field="rounds")
    wrong = sequence_error([planned.phase for planned in rounds])
    if wrong is not None:
        raise Invalid(
            N_("Round %(number)s cannot be a %(phase)s round after the one before it."),
            field="rounds",
            number=wrong[0] + 1,
            phase=gettext(PHASE_NAMES[wrong[1]]),
        )
    for number, planned in enumerate(rounds, 1):
        if planned.closes_at <= planned.opens_at:
            raise Invalid(N_("Round %(number)s must close after it opens."), field="rounds", number=number)
        if number > 1 and planned.opens_at < rounds[number - 2].closes_at:
            raise Invalid(
                N_("Round %(number)s must open after the round before it has closed."), field="rounds", number=number
            )


async def save_rounds(consultation: UUID, rounds: Sequence[PlannedRound], *, before: Sequence[Round]) -> None:
    """The consultation has these rounds, in this order; a round that was there before stays the same row."""
    known = {item.number: item for item in before}
    ids = [known[planned.was].id for planned in rounds if planned.was in known]
    # A starter proposal outlives the round in which it was written.
    await execute(
        "update proposals set round = null where round in "
        "(select id from rounds where consultation = $1 and not id = any($2::uuid[]))",
        consultation,
        ids,
    )
    await execute("delete from rounds where consultation = $1 and not id = any($2::uuid[])", consultation, ids)
    await execute("update rounds set number = -number where consultation = $1", consultation)
    await _renumber_curators(consultation, {one.was: n for n, one in enumerate(rounds, 1) if one.was is not None})
    for number, planned in enumerate(rounds, 1):
        item = known.pop(planned.was, None) if planned.was is not None else None
        kept = {} if item is None else item.given_settings
        settings = kept | {"n_places": planned.n_places, "criteria": list(planned.criteria)}
        await execute(
            """
            insert into rounds (id, consultation, number, phase, opens_at, closes_at, settings, extension_reason)
            values (coalesce($1, gen_random_uuid()), $2, $3, $4, $5, $6, $7, '')
            on conflict (id) do update set number = excluded.number, phase = excluded.phase,
              opens_at = excluded.opens_at, closes_at = excluded.closes_at, settings = excluded.settings
            """,
            None if item is None else item.id,
            consultation,
            number,
            planned.phase.value,
            planned.opens_at,
            planned.closes_at,
            json.dumps(settings),
        )
    await execute(
        "update proposals set round = (select id from rounds where consultation = $1 and number = 1) "
        "where consultation = $1 and round is null and is_starter",
        consultation,
    )


async def _renumber_curators(consultation: UUID, numbers: Mapping[int, int]) -> None:
    """Who was appointed for certain rounds still curates those and no other, whatever their numbers are now."""
    rows = await fetch("select id, rounds from memberships where consultation = $1 and rounds <> '{}'", consultation)
    for row in rows:
        # Round 0 does not exist: without any number, somebody would curate every round.
        kept = [numbers[one] for one in row["rounds"] if one in numbers] or [0]
        await execute("update memberships set rounds = $2 where id = $1", row["id"], sorted(kept))


async def _save_targets(consultation: UUID, targets: Mapping[str, Mapping[str, float]]) -> None:
    await execute("delete from targets where consultation = $1", consultation)
    for attribute, shares in targets.items():
        if sum(shares.values()) > 1.0005:
            raise Invalid(N_("The targets add up to more than 100 per cent."), field=f"targets_{attribute}")
        for code, share in shares.items():
            if share > 0:
                await Target(consultation=consultation, attribute=attribute, code=code, share=share).save()


async def configure(
    *,
    by: Actor,
    form: Filled[Any] | None = None,
    rounds: Sequence[PlannedRound],
    targets: Mapping[str, Mapping[str, float]],
    **texts: object,
) -> None:
    """A draft's texts, rounds and targets are these."""
    check_rounds(rounds)
    async with change("consultations.configure", Action.CONFIGURE, by=by, form=form) as made:
        allowed = {
            "title",
            "question",
            "description",
            "promise",
            "venue",
            "zone",
            "language",
            "joining",
            "decide_within_hours",
            "questions",
            "goals",
            "attribution",
        }
        kept = {name: value for name, value in texts.items() if name in allowed}
        if kept:
            await Consultation.update(kept).where(Consultation.id == by.consultation.id)  # type: ignore[arg-type]
        await save_rounds(by.consultation.id, rounds, before=made.by.rounds)
        await _save_targets(by.consultation.id, targets)
        made.payload = {"phases": [planned.phase.value for planned in rounds], "texts": sorted(kept)}


async def tighten(*, attribution: Attribution, by: Actor) -> None:
    """The mode of attribution is this one; it can only become stricter."""
    async with change("consultations.tighten", Action.CONFIGURE, by=by) as made:
        if not attribution.stricter_or_equal(Attribution(by.consultation.attribution)):
            raise Denied(N_("The attribution rule can only be made stricter."))
        await execute("update consultations set attribution = $2 where id = $1", by.consultation.id, attribution.value)
        made.payload = {"attribution": attribution.value}


async def launch(*, by: Actor, form: Filled[Any] | None = None) -> None:
    """The consultation runs: its rounds open and close by the clock from now on."""
    async with change("consultations.launch", Action.OPEN_ROUND, by=by, form=form) as made:
        if by.consultation.lifecycle != Lifecycle.DRAFT.value:
            raise Conflict(N_("This consultation has been launched already."))
        if not made.by.rounds:
            raise Invalid(N_("A consultation needs at least one round."), field="rounds")
        if not await fetchval(
            "select 1 from memberships where consultation = $1 and role = 'moderator' limit 1", by.consultation.id
        ):
            raise Invalid(N_("Appoint a moderator before you launch: somebody must watch the balance."), field="people")
        await execute("update consultations set lifecycle = 'running' where id = $1", by.consultation.id)
        for item in made.by.rounds:
            await ask_for_freeze_of(item)
        made.payload = {"rounds": len(made.by.rounds)}


async def ask_for_freeze_of(item: Round) -> None:
    """The round is frozen when it closes; one job waits for it."""
    await enqueue("freeze", queueing_lock=f"freeze:{item.id}", schedule_at=item.closes_at, round_id=str(item.id))


async def appoint(*, email: str, role: Role, by: Actor, form: Filled[Any] | None = None) -> None:
    """The account behind an address has this role here; an account is made for an address not yet known."""
    if role not in APPOINTED:
        raise Invalid(N_("People are appointed as convenor, curator, moderator or auditor."), field="role")
    address = normalised_email(email)
    async with change("consultations.appoint", Action.APPOINT, by=by, form=form, subject=role.value) as made:
        row = await fetchrow(
            """
            insert into accounts (id, email, name, locale, zone, is_administrator, may_convene, created_at)
            values (gen_random_uuid(), $1, '', 'en', 'UTC', false, false, clock_timestamp())
            on conflict (email) do update set email = excluded.email returning id
            """,
            address,
        )
        assert row is not None
        held = {Role(found) for found in await _roles_of(by.consultation.id, row["id"])}
        if any(other in CONFLICTING.get(role, ()) or role in CONFLICTING.get(other, ()) for other in held):
            raise Denied(N_("This person already has a role here that does not go together with it."))
        await execute(
            """
            insert into memberships (id, consultation, account, role) values (gen_random_uuid(), $1, $2, $3)
            on conflict (consultation, account, role) do nothing
            """,
            by.consultation.id,
            row["id"],
            role.value,
        )
        # A session from before the role lasts no longer than one of who governs.
        await execute(
            "update sessions set expires_at = least(expires_at, created_at + $2::interval) where account = $1",
            row["id"],
            STAFF_LIFE,
        )
        made.payload = {"account": short_code(row["id"])}


async def _roles_of(consultation: UUID, account: UUID) -> list[str]:
    rows = await Membership.select(Membership.role).where(
        (Membership.consultation == consultation) & (Membership.account == account)
    )
    return [row["role"] for row in rows]
