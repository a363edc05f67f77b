"""Leaving votes out of the results: one person proposes it from an alert, a second one confirms it, as for lifting it.

Votes stay stored. Whoever is among those concerned has no part in it, and nobody is told who they are.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app import emails
from app.access import Actor
from app.actions.analyses import ask_for_freeze
from app.actions.moderation import ask_for_check
from app.actions.record import change
from app.actions.votes import ask_for_analysis
from app.analysis import exclusions as reading
from app.analysis.exclusions import KINDS, REASONS
from app.database import execute, fetch, fetchrow, fetchval
from app.forms import Filled
from app.refusals import N_, Closed, Conflict, Denied, Invalid, NotFound, Refusal
from app.tables.alerts import Alert
from app.tables.exclusions import Exclusion, ExclusionObjection, ExclusionStep
from deliberation.exclusions import NEEDS_ANOTHER, NEXT, Standing, Step
from deliberation.phases import Action, Phase, Role

MAX_WORDS = 1_000
ENOUGH_MODERATORS = 2
PROPOSED_BY = N_("Only moderators propose that votes be left out. A convenor may be the second person.")
SECOND_PERSON = N_("You proposed this yourself. Another person must decide on it.")
TWO_MODERATORS = N_("This consultation has two moderators or more: one of them decides on this.")
CONCERNED = N_("You are among those concerned. Others must decide on this.")
NO_VOTES = N_("This alert is not about the votes of certain participants.")
RESTS_ON_IT = N_("A slate or a summary rests on this result already. What was published stays as it is.")
RELEASED = N_("Results have been released. If they changed by the votes of so few, this would tell how they voted.")
WHY = N_("Please say why in a sentence.")
ALREADY: dict[Standing, str] = {
    Standing.PROPOSED: N_("It has been proposed already that these votes be left out."),
    Standing.CONFIRMED: N_("A second person has confirmed this already: these votes are left out."),
    Standing.REFUSED: N_("A second person has refused this already: these votes count."),
    Standing.LIFTING: N_("It has been proposed already that these votes count again."),
    Standing.LIFTED: N_("Two persons have decided already that these votes count again."),
}
OPEN = ("proposed", "confirmed", "lifting")


async def propose(
    *, alert: Alert, reason_code: str, words: str, by: Actor, form: Filled[Any] | None = None
) -> Exclusion:
    """A second person is asked whether the votes of those whom the alert concerns are left out of the results."""
    async with change("exclusions.propose", Action.EXCLUDE, by=by, form=form) as made:
        if reason_code not in REASONS:
            raise Invalid(N_("Please choose one of the reasons offered."), field="reason_code")
        _check_words(words)
        if refused := await why_not_propose(made.by, alert):
            raise refused
        made_of = await fetchval("select participants from alerts where id = $1", alert.id)
        found = Exclusion(
            consultation=by.consultation.id,
            alert=alert.id,
            participants=sorted(made_of),
            reason_code=reason_code,
            standing=NEXT[None, Step.PROPOSE].value,
        )
        await found.save()
        await _record(found, Step.PROPOSE, Role.MODERATOR, words, made.by)
        await _tell_second(made.by, found)
        made.outcome = path_of(by, found.id)
        made.subject = str(found.id)
        made.payload = {"kind": alert.kind, "reason": reason_code, "role": Role.MODERATOR.value}
        return found


async def why_not_propose(by: Actor, alert: Alert) -> Refusal | None:
    """What keeps this person from proposing it now."""
    if Role.MODERATOR not in by.roles:
        return Denied(PROPOSED_BY)
    row = await fetchrow("select kind, participants from alerts where id = $1", alert.id)
    if row is None or row["kind"] not in KINDS or not row["participants"]:
        return Conflict(NO_VOTES)
    if by.participant is not None and by.participant.id in row["participants"]:
        return Denied(CONCERNED)
    standing = await fetchval(
        "select standing from exclusions where alert = $1 and standing = any($2::text[])", alert.id, list(OPEN)
    )
    if standing is not None:
        return Conflict(ALREADY[Standing(standing)])
    found = Exclusion(
        consultation=by.consultation.id, alert=alert.id, participants=row["participants"], reason_code="", standing=""
    )
    return await _why_not_change(by, found, without=False)


async def take(*, exclusion: UUID, step: Step, words: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """The step has been taken, with this person's reason; from `confirm` to `lift` the votes are left out."""
    async with change(f"exclusions.{step}", Action.EXCLUDE, by=by, form=form, subject=str(exclusion)) as made:
        found = await find(by, exclusion)
        made.outcome = path_of(by, found.id)
        _check_words(words)
        after = NEXT.get((Standing(found.standing), step))
        if after is None:
            raise Conflict(ALREADY[Standing(found.standing)])
        role = await role_in(made.by, found, step)
        if isinstance(role, Refusal):
            raise role
        await execute("update exclusions set standing = $2 where id = $1", found.id, after.value)
        await _record(found, step, role, words, made.by)
        made.payload = {"reason": found.reason_code, "role": role.value, "standing": after.value}
        made.payload["kind"] = await fetchval("select kind from alerts where id = $1", found.alert)
        if step in NEEDS_ANOTHER:
            made.payload["roles"] = [(await _last_proposal(found))["role"], role.value]
            await (_leave_out(found, words, made.by) if step is Step.CONFIRM else _take_in(found, words, made.by))
            await _renew(made.by)
        if step is Step.PROPOSE_LIFTING:
            await _tell_second(made.by, found)


async def role_in(by: Actor, found: Exclusion, step: Step) -> Role | Refusal:
    """In what capacity this person may take the step; the refusal where they may not."""
    if by.participant is not None and by.participant.id in found.participants:
        return Denied(CONCERNED)
    role = Role.MODERATOR if Role.MODERATOR in by.roles else Role.CONVENOR
    has_enough = await reading.n_moderators(by.consultation.id) >= ENOUGH_MODERATORS
    if role is Role.CONVENOR and step is not Step.PROPOSE_LIFTING and has_enough:
        return Denied(TWO_MODERATORS)
    if step in NEEDS_ANOTHER:
        if by.person is not None and (await _last_proposal(found))["account"] == by.person.id:
            return Denied(SECOND_PERSON)
        if refused := await _why_not_change(by, found, without=step is Step.LIFT):
            return refused
    return role


async def _why_not_change(by: Actor, found: Exclusion, *, without: bool) -> Refusal | None:
    """What was published stays; what was released changes only where its difference tells nobody's vote."""
    if await reading.rests_on_result(by):
        return Closed(RESTS_ON_IT)
    people = await reading.moved_by(found)
    is_released = await reading.is_released(found, people, without=without)
    return Closed(RELEASED) if is_released and not await reading.may_change_again(by, len(people)) else None


async def _leave_out(found: Exclusion, words: str, by: Actor) -> None:
    is_correction = await reading.is_released(found, await reading.moved_by(found), without=False)
    await execute(
        "update participants set is_excluded = true where consultation = $1 and id = any($2::bigint[])",
        by.consultation.id,
        found.participants,
    )
    await execute(
        """
        update exclusions set excluded_at = $2, is_correction = $3,
          n_votes = (select count(*) from votes where participant = any($4::bigint[])) where id = $1
        """,
        found.id,
        by.now,
        is_correction,
        found.participants,
    )
    await _decide_alert(found, "exclude", words, by)


async def _take_in(found: Exclusion, words: str, by: Actor) -> None:
    await execute(
        "update participants set is_excluded = false where consultation = $1 and id = any($2::bigint[])",
        by.consultation.id,
        list(await reading.moved_by(found)),
    )
    await _decide_alert(found, "count_as_is", words, by)


async def _decide_alert(found: Exclusion, decision: str, words: str, by: Actor) -> None:
    """The alert is decided so; what was decided on it before stays beside it."""
    await execute(
        """
        update alerts set decision = $2, reason = $3, decided_by = $4, decided_at = $5,
          measure = case when decision = '' then measure else jsonb_set(measure, '{earlier}',
            coalesce(measure -> 'earlier', '[]') || jsonb_build_object('decision', decision, 'reason', reason,
              'at', decided_at)) end
        where id = $1
        """,
        found.alert,
        decision,
        words,
        by.person.id if by.person else None,
        by.now,
    )


async def _renew(by: Actor) -> None:
    """Results are worked out anew: of an open round soon, of a closed one as a new version beside the old."""
    closed = by.last_closed(Phase.PROPOSE)
    is_proposing = by.round is not None and by.round.phase == Phase.PROPOSE and by.is_open
    if closed is not None and not is_proposing:
        await execute("update analyses set kind = 'past' where round = $1 and kind = 'frozen'", closed.id)
        await ask_for_freeze(closed.id)
    else:
        await ask_for_analysis(by)
    await ask_for_check(by.consultation.id)


# -------- those concerned


async def contest(*, words: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """A convenor reads what this participant says against it, and not who says it; once, and until it is answered."""
    async with change("exclusions.contest", Action.CONTEST, by=by, form=form) as made:
        made.outcome = f"/c/{by.consultation.slug}/me/excluded"
        mine = await reading.own(made.by)
        if mine is None or made.by.participant is None:
            raise Conflict(N_("Your votes count in the results: there is nothing to object to."))
        _check_words(words)
        if mine.objection is not None:
            raise Conflict(N_("You have objected already. A convenor answers here."))
        await ExclusionObjection(
            exclusion=mine.exclusion, participant=made.by.participant.id, words=words, written_at=made.by.now
        ).save()
        made.subject = str(mine.exclusion)


async def answer(*, objection: UUID, words: str, by: Actor, form: Filled[Any] | None = None) -> UUID:
    """The objection has a convenor's answer, once; which exclusion it is about. To take votes in again takes two."""
    async with change("exclusions.answer", Action.EXCLUDE, by=by, form=form) as made:
        row = await fetchrow(
            "select o.id, o.exclusion from exclusion_objections o join exclusions x on x.id = o.exclusion "
            "where o.id = $1 and x.consultation = $2",
            objection,
            by.consultation.id,
        )
        if row is None:
            raise NotFound
        if Role.CONVENOR not in by.roles:
            raise Denied(N_("A convenor answers objections."))
        _check_words(words, field="answer")
        made.outcome, made.subject = path_of(by, row["exclusion"]), str(row["exclusion"])
        done = await fetchval(
            "update exclusion_objections set answer = $2, answered_by = $3, answered_at = $4 "
            "where id = $1 and answer = '' returning id",
            objection,
            words,
            by.person.id if by.person else None,
            made.by.now,
        )
        if done is None:
            raise Conflict(N_("This objection has been answered already."))
        return UUID(str(row["exclusion"]))


# -------- what they share


async def find(by: Actor, exclusion: UUID) -> Exclusion:
    """The exclusion of this consultation."""
    found: Exclusion | None = (
        await Exclusion.objects()
        .where((Exclusion.id == exclusion) & (Exclusion.consultation == by.consultation.id))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def path_of(by: Actor, exclusion: UUID) -> str:
    return f"/c/{by.consultation.slug}/exclusions/{exclusion}"


def _check_words(words: str, *, field: str = "words") -> None:
    if not words.strip():
        raise Invalid(WHY, field=field)


async def _record(found: Exclusion, step: Step, role: Role, words: str, by: Actor) -> None:
    assert by.person is not None
    await ExclusionStep(
        exclusion=found.id, step=step.value, account=by.person.id, role=role.value, words=words, taken_at=by.now
    ).save()


LAST_PROPOSAL = """
select account, role from exclusion_steps where exclusion = $1 and step in ('propose', 'propose_lifting')
order by taken_at desc limit 1
"""


async def _last_proposal(found: Exclusion) -> Any:
    row = await fetchrow(LAST_PROPOSAL, found.id)
    assert row is not None, "an exclusion begins with its proposal"
    return row


async def _tell_second(by: Actor, found: Exclusion) -> None:
    """Those who may decide second have a note: the other moderators, and convenors where there is but one moderator."""
    assert by.person is not None
    roles = ["moderator"]
    if await reading.n_moderators(by.consultation.id) < ENOUGH_MODERATORS:
        roles.append("convenor")
    rows = await fetch(
        "select distinct account from memberships where consultation = $1 and role = any($2::text[]) and account <> $3",
        by.consultation.id,
        roles,
        by.person.id,
    )
    await emails.send_to([row["account"] for row in rows], "exclusion_proposed", by.consultation, exclusion=found.id)
