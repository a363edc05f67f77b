"""Alerts: raised once for each kind and subject, cleared when small again, decided by a moderator with a reason."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

from app import access, emails, live
from app.access import Actor
from app.actions.record import change
from app.analysis import alert_words, power
from app.analysis.exclusions import concerned
from app.analysis.power_page import measure_of
from app.database import execute, fetch, fetchval, transaction
from app.forms import Filled
from app.language import gettext, use_locale
from app.refusals import N_, Conflict, Invalid
from app.tables.alerts import Alert
from deliberation.phases import Action
from deliberation.power import Level

CONTACTABLE = frozenset({"one_author", "one_organisation"})
"""Kinds of alerts that concern particular people, whom the platform can write to without naming them."""
MAX_REASON = 1_000
GONE_CHECKS = 2
"""An alert of any kind clears by itself when its effect is below half its minimum at two looks in a row."""


def decisions_for(kind: str) -> dict[str, str]:
    """The decisions that one moderator can make on this kind of alert."""
    kept_back = {"exclude"} if kind in CONTACTABLE else {"exclude", "contact"}
    return {code: label for code, label in alert_words.DECISIONS.items() if code not in kept_back}


async def check(*, run: power.Run = asyncio.to_thread, by: Actor) -> tuple[int, int]:
    """The balance has been looked at: its figures are kept, new alerts raised, small ones cleared; how many of each.

    run : who works it out
    """
    checked = await power.check(by.consultation, run=run)
    async with transaction():
        # Of two checks at once the second waits, and finds the alerts of the first.
        await execute("select id from consultations where id = $1 for no key update", by.consultation.id)
        await keep_figures(by.consultation.id, checked.figures, checked.n_voters)
        raised = []
        for found in checked.found:
            people = await concerned(by.consultation.id, found.kind, found.subject, checked.figures)
            raised.append(await raise_alert(found=found, people=people, by=by))
        n_cleared = await clear_gone(found=checked.found, by=by)
        await live.notify(f"power:{by.consultation.id}", by.consultation.id)
        return sum(raised), n_cleared


async def keep_figures(consultation: UUID, figures: dict[str, Any], n_voters: int) -> None:
    """The page of the balance is released from these from now on. Figures carry no decision, so no audit event."""
    await execute(
        """
        insert into publications (id, consultation, audience, key, row, n_voters)
        values (gen_random_uuid(), $1, 'inside', $2, $3, $4)
        on conflict (consultation, audience, key) do update set row = excluded.row, n_voters = excluded.n_voters
        """,
        consultation,
        power.KEY,
        json.dumps(figures),
        n_voters,
    )


async def raise_alert(*, found: power.Found, people: tuple[int, ...] = (), by: Actor) -> bool:
    """The imbalance is an alert; True where it is a new one, or a flag that was a note, which asks for a decision anew.

    What lingers within its bounds raises nothing.
    people : whose votes it is about, where it is about votes
    """
    known = await _known(by.consultation.id, found.kind, found.subject)
    if known is not None and known.cleared_at is None and not _is_graver(known, found):
        await _remeasure(known, found, people)
        return False
    if found.lingers:
        return False
    async with change("alerts.raise", Action.DECIDE_ALERT, by=by) as made:
        alert = known or Alert(consultation=by.consultation.id, kind=found.kind, subject=found.subject)
        alert.measure = _measure(found, _earlier(alert) if known else [])
        alert.participants = list(people)
        alert.level, alert.raised_at, alert.cleared_at = found.imbalance.level.value, made.by.now, None
        alert.decision, alert.reason, alert.decided_by, alert.decided_at = "", "", None, None
        await alert.save()
        made.subject, made.payload = str(alert.id), {"kind": alert.kind, "level": alert.level}
        if found.imbalance.level is Level.FLAG:
            await _tell(("moderator",), alert, by)
    return True


def _is_graver(known: Alert, found: power.Found) -> bool:
    """Whether what was a note has become a flag."""
    return known.level == Level.NOTE and found.imbalance.level is Level.FLAG and not found.lingers


async def _known(consultation: UUID, kind: str, subject: str) -> Alert | None:
    return (
        await Alert.objects()
        .where((Alert.consultation == consultation) & (Alert.kind == kind) & (Alert.subject == subject))
        .first()
    )


def _measure(found: power.Found, earlier: list[Any]) -> dict[str, Any]:
    one = found.imbalance
    measured = {"measure": one.measure, "bound": one.bound, "parameters": dict(one.parameters), "earlier": earlier}
    # An infinite e-value is no JSON.
    return dict(json.loads(json.dumps(measured, default=str).replace("Infinity", "1e308")))


def _earlier(alert: Alert) -> list[Any]:
    """What was decided on the alert before it cleared and came back."""
    earlier = list(measure_of(alert).get("earlier", ()))
    if alert.decision:
        earlier.append({"decision": alert.decision, "reason": alert.reason, "at": str(alert.decided_at)})
    return earlier


async def _remeasure(alert: Alert, found: power.Found, people: tuple[int, ...]) -> None:
    """The figures of an open alert are those of the latest check; its decision stays."""
    fresh = _measure(found, measure_of(alert).get("earlier", []))
    await execute(
        "update alerts set measure = $2, participants = $3 where id = $1", alert.id, json.dumps(fresh), list(people)
    )


async def clear_gone(*, found: tuple[power.Found, ...], by: Actor) -> int:
    """Alerts whose effect was below half their minimum at this look and the one before are cleared; how many."""
    here = {(one.kind, one.subject) for one in found}
    n_cleared = 0
    for alert in (
        await Alert.objects()
        .where((Alert.consultation == by.consultation.id) & Alert.cleared_at.is_null())
        .order_by(Alert.id)
    ):
        if (alert.kind, alert.subject) in here:
            continue
        gone = int(measure_of(alert).get("gone", 0)) + 1
        if gone < GONE_CHECKS:
            await execute(
                "update alerts set measure = measure || jsonb_build_object('gone', $2::int) where id = $1",
                alert.id,
                gone,
            )
            continue
        async with change("alerts.clear", Action.DECIDE_ALERT, by=by, subject=str(alert.id)) as made:
            await execute("update alerts set cleared_at = $2 where id = $1", alert.id, made.by.now)
            made.payload = {"kind": alert.kind}
        n_cleared += 1
    return n_cleared


async def decide(*, alert: Alert, decision: str, reason: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """The alert is decided, with a reason that stays beside it; a second decision at the same time is refused."""
    async with change("alerts.decide", Action.DECIDE_ALERT, by=by, form=form, subject=str(alert.id)) as made:
        made.outcome = f"/c/{by.consultation.slug}/alerts/{alert.id}"
        if decision not in decisions_for(alert.kind):
            raise Invalid(N_("Please choose one of the decisions offered."), field="decision")
        if not reason.strip():
            raise Invalid(N_("Please say why in a sentence."), field="reason")
        done = await fetchval(
            """
            update alerts set decision = $2, reason = $3, decided_by = $4, decided_at = clock_timestamp()
            where id = $1 and decision = '' returning id
            """,
            alert.id,
            decision,
            reason,
            by.person.id if by.person else None,
        )
        if done is None:
            other = await fetchval("select decision from alerts where id = $1", alert.id)
            raise Conflict(
                N_("Another moderator has decided in the meantime: %(decision)s."),
                decision=gettext(alert_words.DECISIONS.get(other, other or "")),
            )
        made.payload = {"kind": alert.kind, "decision": decision}
        if decision == "tell_convenor":
            await _tell(("convenor",), alert, by, words=reason)
        if decision == "contact":
            await _contact(alert, by, words=reason)


async def _tell(roles: tuple[str, ...], alert: Alert, by: Actor, words: str = "") -> None:
    """A message to everybody who has one of the roles; without figures, which stay behind the sign-in."""
    rows = await fetch(
        """
        select distinct a.email, a.locale from memberships m join accounts a on a.id = m.account
        where m.consultation = $1 and m.role = any($2::text[]) and a.disabled_at is null order by a.email
        """,
        by.consultation.id,
        list(roles),
    )
    for row in rows:
        with use_locale(row["locale"]):
            await emails.send(
                "alert_raised",
                to=row["email"],
                locale=row["locale"],
                slug=by.consultation.slug,
                title=by.consultation.title,
                alert=str(alert.id),
                headline=alert_words.headline(alert.kind),
                words=words,
                for_convenor="convenor" in roles,
            )


async def _contact(alert: Alert, by: Actor, *, words: str) -> None:
    """The moderator's words reach those concerned; the moderator does not learn who they are."""
    if alert.kind == "one_author":
        people = [int(alert.subject)]
    else:
        rows = await fetch(
            "select id from participants where consultation = $1 and organisation = $2 order by id",
            by.consultation.id,
            UUID(alert.subject),
        )
        people = [row["id"] for row in rows]
    accounts = await access.accounts_of(people)
    rows = await fetch(
        "select email, locale from accounts where id = any($1::uuid[]) order by email", list(accounts.values())
    )
    for row in rows:
        with use_locale(row["locale"]):
            await emails.send(
                "alert_contact",
                to=row["email"],
                locale=row["locale"],
                slug=by.consultation.slug,
                title=by.consultation.title,
                words=words,
            )
