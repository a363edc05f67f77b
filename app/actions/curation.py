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

from app.access import Actor, as_now, check_still
from app.actions import news
from app.actions.record import Change, change
from app.actions.responses import ask_for_draw
from app.analysis import curation as reading
from app.analysis import curation_report, holding, ledger, scoring
from app.analysis.curation import Draft, asked_to_sign
from app.analysis.responses import respond_round_of
from app.database import execute, fetchval
from app.documents.ledger import seal
from app.forms import NO_REASON, NOT_A_REASON, Filled
from app.queue import enqueue
from app.refusals import N_, Conflict, Denied, Invalid
from app.tables import slates
from app.tables.proposals import Proposal
from app.tables.rounds import Round
from deliberation.curation import ReasonCode
from deliberation.holdings import Stance
from deliberation.phases import Action, Phase, Role
from deliberation.scoring import Part, Viewer

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
    "restore_undecidable",
    "sign",
    "undo",
]

MAX_ITEMS = 40
STALE = N_("Somebody else has changed the slate in the meantime. Nothing of yours was saved; compare and do it again.")
PUBLISHED = N_("This slate has been published and cannot be changed any more.")
NOT_OPENED = N_("The curation desk has not been opened yet.")
DECLARE_FIRST = N_("Please declare your interests first: the desk opens with it.")
SCORE_FIRST = N_("The desk opens to you when you have finished scoring, or when scoring is closed.")
RECUSED = N_("You are recused from statement %(number)s: the other curators decide on it.")
NOTHING_TO_UNDO = N_("There is no step that could be undone.")


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
    analysis = await reading.analysis_for(by) if found is None else found.analysis
    if analysis is None:
        return None
    if (await scoring.mine_of(by, found)).viewer is Viewer.UNDECLARED:
        raise Denied(DECLARE_FIRST)
    if found is not None:
        return found
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
            await slates.store_items(slate, frozen.stances)
        made.payload = {"items": len(frozen.stances), "begun": slate is not None}
        made.payload["stands"] = [] if slate is None else await ledger.standing(slate)
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
    touches = [stance] if replaces is None else [stance, replaces]
    async with _edited("add", touches, version=version, by=by, form=form, subject=proposal.number) as (made, slate):
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
        await slates.store_items(slate.id, stances)
        await slates.forget_reasons(slate.id, touches)
        made.payload |= {"choice": stance.choice.value, "replaces": None if replaces is None else replaces.to_json()}
        if replaces is not None:
            swap = await ledger.offered_swap(await reading.frozen_of(slate.analysis), slate, made.by)
            was_offered = swap is not None and swap["into"] == [proposal.number, stance.choice.value]
            made.payload["offered"] = swap if was_offered else None


async def remove(
    *, proposal: Proposal, stance: Stance, version: int | None, by: Actor, form: Filled[Any] | None = None
) -> None:
    """The stance does not stand on the slate."""
    async with _edited("remove", [stance], version=version, by=by, form=form, subject=proposal.number) as (made, slate):
        _refuse_absent(stance, slate)
        await slates.store_items(slate.id, [other for other in slate.stances if other != stance])
        await slates.forget_reasons(slate.id, [stance])
        made.payload |= {"choice": stance.choice.value}


async def move(
    *,
    proposal: Proposal,
    stance: Stance,
    up: bool = False,
    place: int | None = None,
    version: int | None,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The stance stands one place earlier or later, at either end it stays; or at `place`, counted from 0."""
    async with _edited("move", [stance], version=version, by=by, form=form, subject=proposal.number) as (made, slate):
        _refuse_absent(stance, slate)
        stances = list(slate.stances)
        before = stances.index(stance)
        after = (before - 1 if up else before + 1) if place is None else place
        after = min(max(after, 0), len(stances) - 1)
        stances.insert(after, stances.pop(before))
        await slates.store_items(slate.id, stances)
        made.payload |= {"choice": stance.choice.value, "from": before + 1, "to": after + 1}


async def undo(*, version: int | None, by: Actor, form: Filled[Any] | None = None) -> None:
    """The slate and its reasons are as they were before the last step. One step can be taken back, and not twice."""
    slate = await _draft(by)
    touches = [Stance.from_json(one) for one in slate.last_step.get("touches", ())]
    async with _edited("undo", touches, version=version, by=by, form=form, subject="") as (made, slate):
        if not slate.last_step:
            raise Invalid(NOTHING_TO_UNDO)
        await slates.store_items(slate.id, [Stance.from_json(one) for one in slate.last_step["stances"]])
        await execute("delete from slate_reasons where slate = $1", slate.id)
        for one in slate.last_step["reasons"]:
            await slates.store_reason(slate.id, Stance.from_json(one), one["reason_code"], one["sentence"])
        made.subject = str(slate.last_step["number"])
        made.payload |= {"undone": slate.last_step["verb"]}


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
    async with _edited("give_reason", [stance], version=version, by=by, form=form, subject=proposal.number) as (
        made,
        slate,
    ):
        if reason_code not in set(ReasonCode):
            raise Invalid(NOT_A_REASON, field="reason_code")
        if not sentence.strip():
            raise Invalid(NO_REASON, field="sentence")
        frozen = await reading.frozen_of(slate.analysis)
        if stance not in frozen.stances and stance not in slate.stances:
            raise Conflict(N_("This statement is on neither slate any more."))
        await slates.store_reason(slate.id, stance, reason_code, sentence)
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
        if role != Role.PARTICIPANT.value:
            await _check_curator(made.by, slate)
        item = _round_of(made.by, slate)
        for problem in problems_of(frozen, slate, item, curators=await scoring.curators_of(item)):
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
        made.payload = {"version": slate.version, "role": role, "round": item.number}
        made.payload["stands"] = await ledger.standing(slate.id)
        signed = await reading.draft(slate.id)
        is_second = len({signature.account for signature in signed.signatures}) >= 2
        made.payload["published"] = is_second
        made.outcome = f"/c/{by.consultation.slug}/" + ("slates" if is_second and role != "participant" else "")
        if is_second:
            if line := await holding.held(by.consultation.id):
                raise line
            refused = await ledger.offered_swap(frozen, signed, made.by)
            made.payload["offered"] = refused
            made.payload["hash"] = await _publish(signed, frozen, refused, made.by)
        return is_second


async def draw_again(*, version: int | None, by: Actor, form: Filled[Any] | None = None) -> None:
    """Another participant is asked for the second signature: the slate is signed anew as a further version."""
    async with _edited("draw_again", [], version=version, by=by, form=form, subject="") as pair:
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


def problems_of(
    frozen: reading.Frozen, slate: Draft, item: Round, *, curators: scoring.Curators | None = None
) -> tuple[Problem, ...]:
    """All that keeps the slate from being signed: no items, more items than places, missing reasons, open scoring."""
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
    is_scoring = bool(scoring.criteria_of(item)) and slate.scoring_closed_at is None
    if curators is not None and is_scoring and curators.n_finished < curators.n_declared:
        message = N_("Scoring is not over: %(n)s of %(all)s curators have finished. A convenor can close it.")
        found.append(Problem(message, {"n": curators.n_finished, "all": curators.n_declared}))
    return tuple(found)


async def restore_undecidable(*, by: Actor, item: Round) -> int:
    """Where every curator is recused the participants' slate decides: a step inside the action that recused the last
    one. Returns how many statements stand again as the participants' slate has them."""
    slate = await reading.draft_of_round(item)
    if by.round is None or by.round.id != item.id or slate is None or slate.is_published:
        return 0
    curators, frozen = await scoring.curators_of(item), await reading.frozen_of(slate.analysis)
    closed = {one for one in curators.n_recused if curators.nobody_decides(one)}
    before = [stance for stance in slate.stances if stance.statement_id in closed]
    after = [stance for stance in frozen.stances if stance.statement_id in closed]
    if set(before) == set(after):
        return 0
    stances = [stance for stance in slate.stances if stance.statement_id not in closed]
    for stance in after:
        stances.insert(min(frozen.stances.index(stance), len(stances)), stance)
    await slates.store_items(slate.id, stances)
    await slates.forget_reasons(slate.id, list({*before, *after}))
    sql = "update curated_slates set version = version + 1, last_step = '{}' where id = $1"
    await execute(sql, slate.id)
    return len({stance.statement_id for stance in {*before} ^ {*after}})


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


async def _publish(slate: Draft, frozen: reading.Frozen, refused: ledger.Swap | None, by: Actor) -> str:
    """The slate stands as it was signed, with what was released of it at that moment; returns the snapshot's hash."""
    report = await curation_report.report_of(by, frozen, slate)
    record = await seal(by, _round_of(by, slate), frozen, slate, report, refused=refused)
    await execute(
        "update curated_slates set status = 'published', published_at = clock_timestamp(), report = $2, snapshot = $3 "
        "where id = $1",
        slate.id,
        json.dumps(report),
        json.dumps(record, ensure_ascii=False),
    )
    await news.ask_soon("tell_news", by.consultation.id)
    asked = respond_round_of(by, slate.round)
    if asked is not None:
        await ask_for_draw(asked)
    return str(record["hash"])


@asynccontextmanager
async def _edited(
    verb: str,
    touches: Sequence[Stance],
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
        await _check_curator(made.by, slate, touches)
        made.payload = {"version": slate.version + 1}
        yield made, slate
        made.payload["stands"] = await ledger.standing(slate.id)
        await execute(
            "update curated_slates set version = version + 1, last_step = $2 where id = $1",
            slate.id,
            json.dumps({} if verb == "undo" else _step(verb, subject, touches, slate) if touches else slate.last_step),
        )


def _step(verb: str, number: int | str, touches: Sequence[Stance], before: Draft) -> dict[str, Any]:
    """What is needed to take a step back: the slate and its reasons as they were before it."""
    reasons = [
        stance.to_json() | {"reason_code": reason.code.value if reason.code else "", "sentence": reason.sentence}
        for stance, reason in before.reasons.items()
    ]
    return {
        "verb": verb,
        "number": number,
        "touches": [stance.to_json() for stance in touches],
        "stances": [stance.to_json() for stance in before.stances],
        "reasons": reasons,
    }


async def _check_curator(by: Actor, slate: Draft, touches: Sequence[Stance] = ()) -> None:
    """The person still curates this round, has declared, and is not recused from what they touch."""
    fresh = await as_now(by)
    await check_still(fresh, Action.CURATE)
    mine = await scoring.mine_of(fresh, slate)
    if not mine.sees(Part.DESK):
        raise Denied(DECLARE_FIRST if mine.viewer is Viewer.UNDECLARED else SCORE_FIRST)
    for stance in touches:
        if mine.is_recused(stance.statement_id):
            number = await fetchval("select number from proposals where id = $1", stance.statement_id)
            raise Denied(RECUSED, number=number)


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
