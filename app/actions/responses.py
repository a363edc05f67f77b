"""Respond rounds: the rule is set, the lot is drawn, participants answer, and the count is settled.

Like votes, answers have no audit event: a chained copy would serialise them and reveal their order.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions import votes
from app.actions.open_rounds import open_round
from app.actions.record import change
from app.analysis import responses as reading
from app.analysis.responses_result import KEY, count
from app.database import execute, fetch, fetchrow, fetchval
from app.forms import NOT_A_CHOICE, Filled
from app.queue import enqueue
from app.refusals import N_, Closed, Conflict, Invalid, NotFound
from app.tables.proposals import Proposal
from app.tables.rounds import Round
from deliberation.adoption import AdoptionRule
from deliberation.phases import Action, Phase
from deliberation.samples import SampleSettings, draw_sample, frame_digest
from deliberation.votes import Choice

ANSWERS = ("yes", "no", "unsure")
TOO_LATE = N_("The respond round has closed. Your earlier answers are kept.")
RULE_IS_FIXED = N_("The adoption rule can be set only before the curate round opens, while nobody knows the slate.")

# The round's row is held while the database's clock decides, as for a vote.
ANSWER = f"""
with {open_round("r.phase = 'respond'")}
insert into responses (id, round, participant, represents, can_live_with, sentence, answered_at)
select gen_random_uuid(), open_round.id, $2, $3, $4, $5, open_round.at from open_round
on conflict (round, participant) do update
  set represents = excluded.represents, can_live_with = excluded.can_live_with, sentence = excluded.sentence,
      answered_at = excluded.answered_at
returning id
"""  # noqa: S608  constants

WITHDRAW = f"""
with {open_round("r.phase = 'respond'")}
delete from responses using open_round where round = open_round.id and participant = $2
"""  # noqa: S608  constants


async def withdraw(*, participant: int, by: Actor) -> None:
    """The participant has given no overall answer in the respond round, if that is open."""
    await execute(WITHDRAW, by.consultation.id, participant)


async def answer_item(*, proposal: Proposal, choice: Choice, matters: bool = False, seen: int = 0, by: Actor) -> None:
    """The participant's current vote on this item of the respond round is this one, committed when this returns.

    seen : the number of the translation that they had before them, 0 for the statement's own words; kept with the vote
    """
    by.check(Action.RESPOND)
    assert by.participant is not None
    if proposal.id not in {item.id for item in await reading.asked_about(by)}:
        raise NotFound
    row = await fetchrow(
        votes.CAST,
        by.consultation.id,
        by.participant.id,
        proposal.id,
        choice.value,
        matters,
        seen,
        [Phase.RESPOND.value],
    )
    if row is None:
        raise Closed(TOO_LATE)


async def answer_overall(*, represents: str, can_live_with: str, sentence: str = "", by: Actor) -> None:
    """The participant's overall answer in the open respond round is this one; a later one replaces it."""
    by.check(Action.RESPOND)
    assert by.participant is not None
    for name, given in (("represents", represents), ("can_live_with", can_live_with)):
        if given not in ANSWERS:
            raise Invalid(NOT_A_CHOICE, field=name)
    row = await fetchrow(ANSWER, by.consultation.id, by.participant.id, represents, can_live_with, sentence)
    if row is None:
        raise Closed(TOO_LATE)


# -------- before: the rule


def why_rule_is_fixed(by: Actor, item: Round) -> str | None:
    """Why the adoption rule of a respond round cannot be set any more: whoever sees a slate could set one to fit it."""
    before = [other for other in by.rounds if other.number < item.number and other.phase == Phase.CURATE]
    first = before[-1] if before else item
    return RULE_IS_FIXED if first.opens_at <= by.now and by.consultation.lifecycle != "draft" else None


async def set_rule(*, round_id: UUID, rule: AdoptionRule, by: Actor, form: Filled[Any] | None = None) -> None:
    """The slate stands or falls by this rule, whatever the answers to it will be."""
    async with change("responses.set_rule", Action.OPEN_ROUND, by=by, form=form) as made:
        item = next((one for one in made.by.rounds if one.id == round_id and one.phase == Phase.RESPOND), None)
        if item is None:
            raise NotFound
        if why_rule_is_fixed(made.by, item):
            raise Conflict(RULE_IS_FIXED)
        await execute(
            "update rounds set settings = settings || jsonb_build_object('adoption', $2::jsonb) where id = $1",
            round_id,
            json.dumps(rule.to_json()),
        )
        made.subject, made.payload = str(item.number), rule.to_json()
        made.outcome = f"/c/{by.consultation.slug}/respond/rule"


# -------- at the opening: the lot


async def draw(*, item: Round, by: Actor, settings: SampleSettings = SampleSettings()) -> int:
    """Where there are more participants than a sample needs, the lot has drawn one, once; tells how many were drawn.

    The seed is made of the consultation's, which was fixed when nobody had joined, and of the round's id.
    """
    n_people = await fetchval(
        "select count(*) from participants where consultation = $1 and not is_excluded", item.consultation
    )
    is_drawn = await fetchval("select 1 from samples where round = $1", item.id)
    is_open = item.phase == Phase.RESPOND and by.is_open and by.round is not None and by.round.id == item.id
    if is_drawn or n_people <= settings.size or not is_open:
        return 0
    async with change("responses.draw", Action.RESPOND, by=by, subject=str(item.number)) as made:
        if await fetchval("select 1 from samples where round = $1", item.id):
            raise Conflict(N_("The sample has been drawn already."))
        rows = await fetch("select id from participants where consultation = $1 and not is_excluded", item.consultation)
        ids = [row["id"] for row in rows]
        seed = hashlib.sha256(f"{by.consultation.seed}:{item.id}".encode()).hexdigest()
        drawn = draw_sample(ids, seed=seed, size=settings.size)
        frame = frame_digest(ids)
        await execute(
            """
            insert into samples (id, round, seed, frame_digest, n_population, participants, drawn_at)
            values (gen_random_uuid(), $1, $2, $3, $4, $5, clock_timestamp())
            """,
            item.id,
            seed,
            frame,
            len(ids),
            list(drawn),
        )
        made.payload = {
            "seed": seed,
            "frame": frame,
            "n_population": len(ids),
            "n_asked": len(drawn),
        }
        await _invite(made.by, drawn)
        return len(drawn)


async def _invite(by: Actor, drawn: tuple[int, ...]) -> None:
    """Everybody drawn has a message, in their language; who has no account that is known here has none."""
    accounts = await access.accounts_of(drawn)
    rows = await fetch("select email, locale from accounts where id = any($1::uuid[])", sorted(set(accounts.values())))
    for row in rows:
        await emails.send(
            "respond_drawn",
            to=row["email"],
            locale=row["locale"],
            title=by.consultation.title,
            slug=by.consultation.slug,
        )


async def ask_for_draw(item: Round) -> None:
    """The lot is drawn when the round opens, and its answers are counted when it closes; one job waits for both."""
    await enqueue("draw_sample", queueing_lock=f"draw:{item.id}", schedule_at=item.opens_at, round_id=str(item.id))


async def see_to_draw(item: Round, *, settings: SampleSettings = SampleSettings()) -> None:
    """Where the worker has not drawn the lot of an open round that needs one, it is asked to now."""
    n_people = await fetchval(
        "select count(*) from participants where consultation = $1 and not is_excluded", item.consultation
    )
    if n_people > settings.size and not await fetchval("select 1 from samples where round = $1", item.id):
        await ask_for_draw(item)


# -------- after the close: the count


async def settle(*, item: Round, by: Actor) -> None:
    """The counts of a closed respond round are stored as they stand, with what the rule makes of them; once."""
    if item.phase != Phase.RESPOND:
        return
    curated = [one for one in by.rounds if one.number < item.number and one.phase == Phase.CURATE]
    draft = await reading.slate_of(by, item) if curated else None
    asked = None if draft is None else reading.respond_round_of(by, draft.round)
    if draft is None or asked is None or asked.id != item.id or item.closes_at > by.now:
        return
    if await _is_settled(item):
        return
    counted = await count(by, draft, item)
    async with change("responses.settle", Action.RESPOND, by=by, subject=str(item.number)) as made:
        if await _is_settled(item):
            raise Conflict(N_("The answers have been counted already."))
        await execute(
            """
            insert into publications (id, consultation, audience, key, row, n_voters, analysis)
            values (gen_random_uuid(), $1, 'both', $2, $3::jsonb, $4, $5)
            """,
            item.consultation,
            KEY % item.id,
            json.dumps(counted.to_json()),
            counted.n_answered,
            draft.analysis,
        )
        made.payload = {"outcome": counted.verdict.outcome, "rule": counted.rule.to_json()}


async def _is_settled(item: Round) -> bool:
    key = KEY % item.id
    return bool(
        await fetchval("select 1 from publications where consultation = $1 and key = $2", item.consultation, key)
    )


async def see_to_count(item: Round) -> None:
    """Where the worker has not counted a round that is over, it is asked to now."""
    if not await _is_settled(item):
        await ask_for_count(item)


async def ask_for_count(item: Round) -> None:
    """The answers are counted once the round is over; one job waits, whoever asked first."""
    await enqueue(
        "settle_responses", queueing_lock=f"settle:{item.id}", schedule_at=item.closes_at, round_id=str(item.id)
    )
