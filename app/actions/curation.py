"""Curating: the curated slate begins as the participants' slate, and every departure from it has a reason.

`version` counts the edits of a slate. An edit of a version that somebody else has changed is refused, and an edit makes
earlier signatures void, because they stand under a version.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor
from app.actions.record import Change, change
from app.analysis import curation as reading
from app.analysis import curation_report
from app.analysis.curation import Draft, asked_to_sign
from app.database import execute, fetchval
from app.forms import Filled
from app.queue import enqueue
from app.refusals import N_, Conflict, Denied, Invalid
from app.tables.proposals import Proposal
from app.tables.rounds import Round
from deliberation.curation import ReasonCode
from deliberation.holdings import Stance
from deliberation.phases import Action, Phase, Role

__all__ = [
    "add",
    "ask_for_freeze",
    "asked_to_sign",
    "draw_again",
    "give_reason",
    "move",
    "open_desk",
    "problems_of",
    "remove",
    "sign",
]

MAX_ITEMS = 40
STALE = N_("Somebody else has changed the slate in the meantime. Nothing of yours was saved; compare and do it again.")
PUBLISHED = N_("This slate has been published and cannot be changed any more.")
NOT_OPENED = N_("The curation desk has not been opened yet.")


@dataclass(frozen=True)
class Problem:
    """What keeps a slate from being signed; a message id with what fills its places."""

    message: str
    parameters: dict[str, Any]


async def open_desk(*, by: Actor) -> Draft | None:
    """The curated slate of the open curate round, begun as a copy of the participants' slate; None without one."""
    item = by.round
    assert item is not None
    found = await reading.draft_of_round(item)
    if found is not None:
        return found
    proposed = reading.propose_round_before(by, item)
    analysis = None if proposed is None else (await reading.evidence_on(proposed))[0]
    if analysis is None:
        return None
    frozen = await reading.frozen_of(analysis)
    async with change("curation.open", Action.CURATE, by=by, subject=str(item.number)) as made:
        slate = await fetchval(
            """
            insert into curated_slates (id, consultation, round, analysis, status, version, n_places, report)
            values (gen_random_uuid(), $1, $2, $3, 'draft', 1, $4, '{}') on conflict (round) do nothing returning id
            """,
            by.consultation.id,
            item.id,
            analysis,
            frozen.slate.size,
        )
        if slate is not None:
            await _store(slate, frozen.stances)
        made.payload = {"items": len(frozen.stances), "begun": slate is not None}
    return await reading.draft_of_round(item)


async def ask_for_freeze(*, by: Actor) -> None:
    """The analysis of the propose round before this one will be made; one job waits, whoever asked first."""
    proposed = None if by.round is None else reading.propose_round_before(by, by.round)
    if proposed is not None:
        await enqueue("freeze", queueing_lock=f"freeze:{proposed.id}", round_id=str(proposed.id))


async def add(
    *,
    proposal: Proposal,
    stance: Stance,
    replaces: Stance | None = None,
    version: int | None,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The stance stands on the slate, at its end or in the place of another."""
    async with _edited("add", version=version, by=by, form=form, subject=proposal.number) as (made, slate):
        if proposal.status != "accepted":
            raise Invalid(N_("Only statements that are open for votes can be added."), field="number")
        if stance in slate.stances:
            raise Invalid(N_("This statement stands on the slate already."), field="number")
        if len(slate.stances) >= MAX_ITEMS:
            raise Invalid(N_("A slate holds at most %(limit)s items."), field="number", limit=MAX_ITEMS)
        stances = list(slate.stances)
        if replaces is None:
            stances.append(stance)
        elif replaces in stances:
            stances[stances.index(replaces)] = stance
        else:
            raise Conflict(STALE)
        await _store(slate.id, stances)
        await _forget_reasons(slate.id, [stance] if replaces is None else [stance, replaces])
        made.payload |= {"choice": stance.choice.value, "replaces": None if replaces is None else replaces.to_json()}


async def remove(
    *, proposal: Proposal, stance: Stance, version: int | None, by: Actor, form: Filled[Any] | None = None
) -> None:
    """The stance does not stand on the slate."""
    async with _edited("remove", version=version, by=by, form=form, subject=proposal.number) as (made, slate):
        _refuse_absent(stance, slate)
        await _store(slate.id, [other for other in slate.stances if other != stance])
        await _forget_reasons(slate.id, [stance])
        made.payload |= {"choice": stance.choice.value}


async def move(
    *, proposal: Proposal, stance: Stance, up: bool, version: int | None, by: Actor, form: Filled[Any] | None = None
) -> None:
    """The stance stands one place earlier or later; at either end it stays."""
    async with _edited("move", version=version, by=by, form=form, subject=proposal.number) as (made, slate):
        _refuse_absent(stance, slate)
        stances = list(slate.stances)
        place = stances.index(stance)
        other = max(0, place - 1) if up else min(len(stances) - 1, place + 1)
        stances[place], stances[other] = stances[other], stances[place]
        await _store(slate.id, stances)
        made.payload |= {"choice": stance.choice.value, "up": up}


async def give_reason(
    *,
    proposal: Proposal,
    stance: Stance,
    reason_code: str,
    sentence: str,
    version: int | None,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The difference at this stance has this reason, which everybody will read when the slate is published."""
    async with _edited("give_reason", version=version, by=by, form=form, subject=proposal.number) as (made, slate):
        if reason_code not in set(ReasonCode):
            raise Invalid(N_("Please choose one of the reasons."), field="reason_code")
        if not sentence.strip():
            raise Invalid(N_("Please give the reason in a sentence."), field="sentence")
        frozen = await reading.frozen_of(slate.analysis)
        if stance not in frozen.stances and stance not in slate.stances:
            raise Conflict(N_("This statement is on neither slate any more."))
        await execute(
            """
            insert into slate_reasons (id, slate, proposal, choice, reason_code, sentence)
            values (gen_random_uuid(), $1, $2, $3, $4, $5)
            on conflict (slate, proposal, choice) do update
              set reason_code = excluded.reason_code, sentence = excluded.sentence
            """,
            slate.id,
            stance.statement_id,
            stance.choice.value,
            reason_code,
            sentence,
        )
        made.payload |= {"choice": stance.choice.value, "reason_code": reason_code, "sentence": sentence}


async def sign(*, version: int | None, by: Actor, form: Filled[Any] | None = None) -> bool:
    """The person has signed this version; with a second person's signature it is published. Tells whether it is."""
    draft = await _draft(by)
    frozen = await reading.frozen_of(draft.analysis)
    # Computed before the lock, so that others do not wait for it; the report below finds it remembered.
    await reading.review(frozen, draft.stances)
    async with change("curation.sign", Action.SIGN_SLATE, by=by, form=form) as made:
        slate = await _draft(made.by)
        _refuse_stale(slate, version)
        role = await _role_for_signing(slate, made.by)
        for problem in problems_of(frozen, slate, _round_of(made.by, slate)):
            raise Invalid(problem.message, **problem.parameters)
        assert by.person is not None
        await execute(
            """
            insert into slate_signatures (id, slate, account, role, version, signed_at)
            values (gen_random_uuid(), $1, $2, $3, $4, clock_timestamp())
            """,
            slate.id,
            by.person.id,
            role,
            slate.version,
        )
        made.payload = {"version": slate.version, "role": role}
        signed = await reading.draft(slate.id)
        is_second = len({signature.account for signature in signed.signatures}) >= 2
        made.payload["published"] = is_second
        made.outcome = f"/c/{by.consultation.slug}/" + ("slates" if is_second and role != "participant" else "")
        if is_second:
            await _publish(signed, frozen, made.by)
        return is_second


async def draw_again(*, version: int | None, by: Actor, form: Filled[Any] | None = None) -> None:
    """Another participant is asked for the second signature: the slate is signed anew as a further version."""
    async with _edited("draw_again", version=version, by=by, form=form, subject="") as pair:
        made, slate = pair
        made.outcome = f"/c/{by.consultation.slug}/desk/publish"
        assert by.person is not None
        mine = [signature for signature in slate.signatures if signature.account == by.person.id]
        if not mine or await reading.drawn_by_lot(made.by, slate) is None:
            raise Denied(N_("Only the person who gave the first signature can have another participant drawn."))
        await execute(
            """
            insert into slate_signatures (id, slate, account, role, version, signed_at)
            values (gen_random_uuid(), $1, $2, $3, $4, clock_timestamp())
            """,
            slate.id,
            by.person.id,
            mine[0].role,
            slate.version + 1,
        )


def problems_of(frozen: reading.Frozen, slate: Draft, item: Round) -> tuple[Problem, ...]:
    """All that keeps the slate from being signed: missing reasons, no items, more items than places."""
    found = []
    n = len(frozen.distinct(slate.stances))
    if not slate.stances:
        found.append(Problem(N_("The slate is empty."), {}))
    if n > slate.n_places:
        found.append(
            Problem(N_("The slate has %(n)s items for %(places)s places."), {"n": n, "places": slate.n_places})
        )
    missing = reading.missing_of(frozen, slate, reading.settings_of(item))
    if missing:
        message = N_("%(n)s differences from the participants' slate still lack a reason.")
        one = N_("One difference from the participants' slate still lacks a reason.")
        found.append(Problem(one, {}) if len(missing) == 1 else Problem(message, {"n": len(missing)}))
    return tuple(found)


async def _role_for_signing(slate: Draft, by: Actor) -> str:
    assert by.person is not None
    if any(signature.account == by.person.id for signature in slate.signatures):
        raise Denied(N_("You have signed this version already. The second signature must be another person's."))
    for role in (Role.CONVENOR, Role.CURATOR):
        if role in by.roles:
            return role.value
    if await reading.drawn_by_lot(by, slate) != by.person.id:
        raise Denied(N_("Only curators and a participant drawn by lot can sign the slate."))
    return Role.PARTICIPANT.value


async def _publish(slate: Draft, frozen: reading.Frozen, by: Actor) -> None:
    """The slate stands as it was signed, with what was released of it at that moment."""
    report = await curation_report.report_of(by, frozen, slate)
    await execute(
        "update curated_slates set status = 'published', published_at = clock_timestamp(), report = $2 where id = $1",
        slate.id,
        json.dumps(report),
    )


@asynccontextmanager
async def _edited(
    verb: str,
    *,
    version: int | None,
    by: Actor,
    form: Filled[Any] | None,
    subject: int | str,
) -> AsyncIterator[tuple[Change, Draft]]:
    """An edit of the version that the curator saw, after which there is a new version."""
    async with change(f"curation.{verb}", Action.CURATE, by=by, form=form, subject=str(subject)) as made:
        made.outcome = f"/c/{by.consultation.slug}/desk"
        slate = await _draft(made.by)
        _refuse_stale(slate, version)
        made.payload = {"version": slate.version + 1}
        yield made, slate
        await execute("update curated_slates set version = version + 1 where id = $1", slate.id)


async def _draft(by: Actor) -> Draft:
    item = by.round
    found = None
    if item is not None and item.phase == Phase.CURATE:
        found = await reading.draft_of_round(item)
    if found is None:
        raise Conflict(NOT_OPENED)
    return found


def _refuse_stale(slate: Draft, version: int | None) -> None:
    if slate.is_published:
        raise Conflict(PUBLISHED)
    if slate.version != version:
        raise Conflict(STALE)


def _refuse_absent(stance: Stance, slate: Draft) -> None:
    if stance not in slate.stances:
        raise Conflict(N_("This statement does not stand on the slate any more."))


def _round_of(by: Actor, slate: Draft) -> Round:
    return next(item for item in by.rounds if item.id == slate.round)


async def _forget_reasons(slate: UUID, stances: Sequence[Stance]) -> None:
    """A reason is for one change: why an item was dropped does not say why it came back."""
    for stance in stances:
        await execute(
            "delete from slate_reasons where slate = $1 and proposal = $2 and choice = $3",
            slate,
            stance.statement_id,
            stance.choice.value,
        )


async def _store(slate: UUID, stances: Sequence[Stance]) -> None:
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
