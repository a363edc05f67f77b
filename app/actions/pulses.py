"""Pulses: any partner reports for all, drafts are gone on with, partners are reminded once and meet if both agree.

The audit log says that a pulse was saved or sent and for which period, never who wrote it or what anybody marked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions.charters import NOT_PARTNER
from app.actions.record import Change, change
from app.analysis import pulses as reading
from app.analysis.pulses import Situation
from app.database import execute, fetch, fetchrow, fetchval
from app.forms import NOT_A_CHOICE, Filled
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.coalitions import Coalition
from app.tables.commitments import Commitment
from app.tables.pulses import Pulse
from app.taxonomies import obstacles, structures
from deliberation.phases import Action
from deliberation.pulses import Line

NOT_UNDER_WAY = N_("A pulse reports on what is under way; this commitment is not, at the moment.")
USED_UP = N_(
    "The time for reports of this year is used up: %(used)s of %(budget)s minutes. No further pulse is asked before "
    "the new year, unless the partners set a larger budget."
)
NEWER = N_("Another partner has written at the same time. Nothing is lost: both texts are shown.")
IS_SENT = N_("Another partner has sent the pulse of this period. Nothing is lost: both texts are shown.")
NO_MINUTES = N_("Please say how many minutes it took, so that the budget can be kept.")
MOST_MINUTES = 600


@dataclass(frozen=True)
class Report:
    """What a partner reports. `lines` are by the number of the deliverable; `mark` is the writer's own, 1 to 5."""

    value: float | None = None
    story: str = ""
    obstacle: str = ""
    obstacle_words: str = ""
    ask: str = ""
    minutes: int | None = None
    lines: Mapping[int, Line] = field(default_factory=dict)
    is_open: bool = False
    mark: int | None = None


async def save(
    *,
    coalition: Coalition,
    commitment: Commitment,
    report: Report,
    version: int,
    is_sent: bool,
    by: Actor,
    form: Filled[Any] | None = None,
) -> Pulse:
    """This period's pulse says this, as a draft or for good. What was delivered is delivered once it is sent.

    version : of the draft that the writer saw, 0 if there was none. Raises Conflict where another has written since.
    """
    event = "pulses.send" if is_sent else "pulses.save"
    async with change(event, Action.REPORT, by=by, form=form) as made:
        partner, now = await _as_partner(coalition, commitment, made)
        _check(report, now, version, is_sent)
        pulse = await _stored(commitment.id, report, now, partner, made)
        await _store_lines(pulse, report, now)
        if report.mark is not None:
            await _store_mark(pulse, partner, report.mark)
        if is_sent:
            await _send(coalition, commitment, pulse, report, made)
        made.payload = {"period": now.period.number, "status": "sent" if is_sent else "draft"}
        found = await Pulse.objects().where(Pulse.id == pulse).first()
        assert found is not None
        return found


async def _as_partner(coalition: Coalition, commitment: Commitment, made: Change) -> tuple[int, Situation]:
    """The partner who acts, and how the commitment stands now."""
    await _partner_of(coalition, made)
    made.subject = f"{coalition.number}.{commitment.number}"
    made.outcome += f"/commitments/{commitment.number}/pulse"
    fresh = await Commitment.objects().where(Commitment.id == commitment.id).first()
    if fresh is None or fresh.status not in reading.REPORTING:
        raise Conflict(NOT_UNDER_WAY)
    on = made.by.now.date()
    assert made.by.participant is not None
    return int(made.by.participant.id), await reading.situation(
        coalition, fresh, on, await reading.vitality_of(coalition, on)
    )


async def _partner_of(coalition: Coalition, made: Change) -> int:
    made.subject = str(coalition.number)
    made.outcome = f"/c/{made.by.consultation.slug}/coalitions/{coalition.number}"
    if not await reading.is_partner(made.by, coalition):
        raise Denied(NOT_PARTNER)
    assert made.by.participant is not None
    return int(made.by.participant.id)


def _check(report: Report, now: Situation, version: int, is_sent: bool) -> None:
    if now.is_sent:
        raise Conflict(IS_SENT)
    if (now.pulse.version if now.pulse else 0) != version:
        raise Conflict(NEWER)
    if now.burden.is_used_up:
        raise Denied(USED_UP, used=now.burden.n_used, budget=now.burden.n_budget)
    if report.value is not None and not (math.isfinite(report.value) and abs(report.value) < 1e12):
        raise Invalid(N_("Please give a number."), field="value")
    if report.obstacle and report.obstacle not in obstacles.codes():
        raise Invalid(NOT_A_CHOICE, field="obstacle")
    if not set(report.lines) <= {line.due.number for line in now.asked}:
        raise Conflict(N_("What is asked about has changed in the meantime. Please look at the page again."))
    if is_sent and report.minutes is None:
        raise Invalid(NO_MINUTES, field="minutes")


async def _stored(commitment: UUID, report: Report, now: Situation, partner: int, made: Change) -> UUID:
    row = await fetchrow(
        """
        insert into pulses (id, commitment, period, version, status, participant, value, story, obstacle,
          obstacle_words, ask, minutes, is_open, started_at)
        values (gen_random_uuid(), $1, $2, 1, 'draft', $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (commitment, period) do update set version = pulses.version + 1, participant = $3, value = $4,
          story = $5, obstacle = $6, obstacle_words = $7, ask = $8, minutes = $9, is_open = $10
        returning id
        """,
        commitment,
        now.period.number,
        partner,
        report.value,
        report.story,
        report.obstacle,
        report.obstacle_words,
        report.ask,
        report.minutes,
        report.is_open,
        made.by.now,
    )
    assert row is not None
    return UUID(str(row["id"]))


async def _store_lines(pulse: UUID, report: Report, now: Situation) -> None:
    await execute("delete from pulse_lines where pulse = $1", pulse)
    for line in now.asked:
        if line.due.number in report.lines:
            await execute(
                "insert into pulse_lines (id, pulse, deliverable, standing) values (gen_random_uuid(), $1, $2, $3)",
                pulse,
                line.id,
                report.lines[line.due.number].value,
            )


async def _store_mark(pulse: UUID, partner: int, mark: int) -> None:
    await execute(
        "insert into pulse_marks (id, pulse, participant, mark) values (gen_random_uuid(), $1, $2, $3) "
        "on conflict (pulse, participant) do update set mark = excluded.mark",
        pulse,
        partner,
        mark,
    )


async def _send(coalition: Coalition, commitment: Commitment, pulse: UUID, report: Report, made: Change) -> None:
    await execute("update pulses set status = 'sent', sent_at = $2 where id = $1", pulse, made.by.now)
    await execute(
        "update deliverables set status = 'done', done_at = $2 where status = 'open' and id in "
        "(select deliverable from pulse_lines where pulse = $1 and standing = 'done')",
        pulse,
        made.by.now,
    )
    peer = await reading.peer_for(coalition, report.obstacle, made.by.now.date())
    if peer is not None:
        # Whom the coalition was introduced to before, or asked not to be, is not suggested again.
        await execute(
            """
            insert into peer_introductions (id, pulse, peer, status)
            select gen_random_uuid(), $1, c.id, 'suggested' from coalitions c
            where c.consultation = $2 and c.number = $3 and not exists (
              select from peer_introductions i join pulses p on p.id = i.pulse join commitments m on m.id = p.commitment
              where m.coalition = $4 and i.peer = c.id)
            on conflict (pulse) do nothing
            """,
            pulse,
            coalition.consultation,
            peer,
            coalition.id,
        )


async def mark(
    *, coalition: Coalition, commitment: Commitment, mark: int, by: Actor, form: Filled[Any] | None = None
) -> None:
    """How well this partner finds that they work together, beside what another writes; it can be changed."""
    async with change("pulses.mark", Action.REPORT, by=by, form=form) as made:
        partner, now = await _as_partner(coalition, commitment, made)
        pulse = now.pulse.id if now.pulse else None
        if pulse is None:
            # Version 0: whoever writes the pulse finds nothing written yet.
            pulse = await fetchval(
                "insert into pulses (id, commitment, period, version, status, started_at) "
                "values (gen_random_uuid(), $1, $2, 0, 'draft', $3) returning id",
                commitment.id,
                now.period.number,
                made.by.now,
            )
        await _store_mark(pulse, partner, mark)
        made.payload = {"period": now.period.number}


async def plan(
    *, coalition: Coalition, structure: str, minutes_a_year: int, by: Actor, form: Filled[Any] | None = None
) -> None:
    """How the partners coordinate, and how many minutes a year their reports may take."""
    async with change("pulses.plan", Action.REPORT, by=by, form=form) as made:
        await _partner_of(coalition, made)
        if structure and structure not in structures.codes():
            raise Invalid(NOT_A_CHOICE, field="structure")
        await execute(
            "update coalitions set structure = $2, minutes_a_year = $3 where id = $1",
            coalition.id,
            structure,
            minutes_a_year,
        )
        made.payload = {"structure": structure, "minutes_a_year": minutes_a_year}


# -------- reminders


async def remind(*, by: Actor) -> int:
    """Partners whose pulse is due and not sent have one message each for the period. How many were asked now."""
    due = [
        (coalition, item.commitment, item.period.number)
        for coalition in await Coalition.objects().where(
            (Coalition.consultation == by.consultation.id) & (Coalition.status == "formed")
        )
        for item in (await reading.going(by, coalition)).situations
        if item.is_due and await _to_remind(coalition, item.commitment.id, item.period.number)
    ]
    if not due:
        return 0
    n = 0
    async with change("pulses.remind", Action.REPORT, by=by) as made:
        for coalition, commitment, period in due:
            asked = [
                partner
                for partner in await _to_remind(coalition, commitment.id, period)
                if await _is_first(commitment.id, period, partner, made)
            ]
            accounts = await access.accounts_of(asked)
            path = f"/coalitions/{coalition.number}/commitments/{commitment.number}/pulse"
            await emails.send_to(
                list(accounts.values()), "pulse_due", by.consultation, coalition=coalition.title, path=path
            )
            n += len(asked)
        made.payload = {"n": n}
    return n


async def _to_remind(coalition: Coalition, commitment: UUID, period: int) -> list[int]:
    rows = await fetch(
        """
        select s.participant from coalition_seats s where s.coalition = $1 and s.status = 'accepted' and not exists (
          select from pulse_reminders r where r.commitment = $2 and r.period = $3 and r.participant = s.participant)
        order by s.participant
        """,
        coalition.id,
        commitment,
        period,
    )
    return [row["participant"] for row in rows]


async def _is_first(commitment: UUID, period: int, partner: int, made: Change) -> bool:
    """Whether this partner is reminded of the period for the first time."""
    first = await fetchval(
        "insert into pulse_reminders (id, commitment, period, participant, sent_on) "
        "values (gen_random_uuid(), $1, $2, $3, $4) on conflict do nothing returning true",
        commitment,
        period,
        partner,
        made.by.now.date(),
    )
    return bool(first)


# -------- introductions


async def answer_introduction(
    *, introduction: UUID, coalition: Coalition, agrees: bool, by: Actor, form: Filled[Any] | None = None
) -> str:
    """One side would meet the other or not; two people meet once both would. It is asked, made or declined now."""
    async with change("pulses.answer_introduction", Action.REPORT, by=by, form=form) as made:
        partner = await _partner_of(coalition, made)
        row = await fetchrow(
            """
            select i.id, i.status, i.peer, i.asking, m.coalition from peer_introductions i
            join pulses p on p.id = i.pulse join commitments m on m.id = p.commitment
            where i.id = $1 and (m.coalition = $2 or i.peer = $2 and i.status <> 'suggested')
            """,
            introduction,
            coalition.id,
        )
        if row is None:
            raise NotFound
        is_asking = row["coalition"] == coalition.id
        if row["status"] != ("suggested" if is_asking else "asked"):
            raise Conflict(N_("This introduction has been answered already."))
        status = "declined" if not agrees else "asked" if is_asking else "made"
        await execute(ASKING if is_asking else ANSWERING, row["id"], status, partner if agrees else None)
        if status == "asked":
            await _tell(row["peer"], "introduction_asked", await _partners(row["peer"]), made)
        elif status == "made" and row["asking"] is not None:
            await _tell(row["coalition"], "introduction_made", [row["asking"]], made)
        made.payload = {"status": status}
        return status


ASKING = "update peer_introductions set status = $2, asking = $3, asked_at = clock_timestamp() where id = $1"
ANSWERING = "update peer_introductions set status = $2, answering = $3, answered_at = clock_timestamp() where id = $1"


async def _partners(coalition: UUID) -> list[int]:
    rows = await fetch(
        "select participant from coalition_seats where coalition = $1 and status = 'accepted'", coalition
    )
    return [row["participant"] for row in rows]


async def _tell(coalition: UUID, kind: str, partners: list[int], made: Change) -> None:
    told = await Coalition.objects().where(Coalition.id == coalition).first()
    assert told is not None
    accounts = await access.accounts_of(partners)
    await emails.send_to(
        list(accounts.values()),
        kind,
        made.by.consultation,
        coalition=told.title,
        path=f"/coalitions/{told.number}",
    )
