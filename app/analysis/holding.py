"""The circuit breaker: while a flag of a published list is undecided, nothing is published. Read anew, never stored."""

from __future__ import annotations

from uuid import UUID

from app.access import Actor
from app.analysis.alert_words import headline
from app.database import fetch
from app.refusals import N_, Invalid
from app.tables.alerts import Alert
from deliberation.phases import Action, Role, is_allowed
from deliberation.power import Level

LINES: dict[str, str] = {
    "near_identical": N_("One person or a script may have voted more than once."),
    "burst": N_("Many votes at once may come from one source."),
    "one_author": N_("What there was to vote on may be one person's choice."),
    "one_organisation": N_("What there was to vote on may be one organisation's choice."),
    "uneven_moderation": N_("Statements may have been kept from the vote unevenly."),
    "favoured_at_equal_support": N_("What passed may follow from who wrote it and not from who agreed."),
    "passed_over_at_equal_support": N_("What was left out may follow from who wrote it and not from who agreed."),
}
"""Kinds of alerts that hold publication, each with its reason: those that put in doubt what would be published."""
HELD = N_("Held for review: nothing is published before a moderator has decided on these alerts: %(alerts)s.")


async def held(consultation: UUID) -> Invalid | None:
    """What keeps a slate and a summary from being published now: the flags over the published lines, by headline."""
    rows = await fetch(
        """
        select distinct kind from alerts
        where consultation = $1 and kind = any($2::text[]) and level = $3 and decision = '' and cleared_at is null
        """,
        consultation,
        list(LINES),
        Level.FLAG.value,
    )
    kinds = {row["kind"] for row in rows}
    names = [f"“{headline(kind)}”" for kind in LINES if kind in kinds]
    return Invalid(HELD, alerts=", ".join(names)) if names else None


def is_holding(alert: Alert) -> bool:
    """Whether this alert is one of those that hold publication now."""
    is_open = not alert.decision and alert.cleared_at is None
    return alert.kind in LINES and alert.level == Level.FLAG.value and is_open


async def held_before(actor: Actor) -> Invalid | None:
    """The same for the page of the consultation: only for its staff, and only while something could be published."""
    is_near = any(is_allowed(one, (Role.CONVENOR,), actor.state) for one in (Action.SIGN_SLATE, Action.PUBLISH_SUMMARY))
    is_staff = bool({Role.CONVENOR, Role.CURATOR, Role.MODERATOR, Role.AUDITOR} & set(actor.roles))
    return await held(actor.consultation.id) if is_near and is_staff else None
