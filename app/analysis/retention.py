"""How long Plenary keeps what: one table that the sweep deletes by, the privacy page shows and the tests enumerate."""

from __future__ import annotations

from dataclasses import dataclass

from app.refusals import N_
from app.settings import get_settings


@dataclass(frozen=True)
class Kept:
    """One kind of row and when it goes: so many days after the time in `clock`.

    table : where the rows stand; empty where something else deletes them
    clock : an expression of its columns, without one that `only` leaves out
    """

    name: str
    what: str
    since: str
    table: str = ""
    clock: str = ""
    only: str = "true"

    @property
    def days(self) -> int:
        return get_settings().keep_days[self.name]


KEPT = (
    Kept(
        "sign_in_codes",
        N_("Codes to sign in with"),
        N_("after they were asked for"),
        "sign_in_codes",
        "created_at",
    ),
    Kept(
        "sign_in_requests",
        N_("Sign-ins begun at an outside provider"),
        N_("after they were begun"),
        "sign_in_requests",
        "created_at",
    ),
    Kept(
        "unsent_forms",
        N_("What was sent after its session had ended"),
        N_("after it came"),
        "unsent_forms",
        "created_at",
    ),
    Kept(
        "rate_windows",
        N_("Counts of attempts, by which guessing is slowed down"),
        N_("after they lapse"),
        "rate_windows",
        "expires_at",
    ),
    Kept(
        "used_forms",
        N_("Marks of forms that were sent, so that none counts twice"),
        N_("after they were sent"),
        "used_forms",
        "used_at",
    ),
    Kept("jobs", N_("Work that the server has done in the background"), N_("after it was done")),
    Kept(
        "sessions",
        N_("Signed-in browsers"),
        N_("after they end"),
        "sessions",
        "expires_at",
    ),
    Kept(
        "messages",
        N_("Messages and where they went"),
        N_("after they were sent"),
        "messages",
        "coalesce(sent_at, created_at)",
    ),
    Kept(
        "drafts",
        N_("Drafts of pulses that were never sent"),
        N_("after they were begun"),
        "pulses",
        "started_at",
        "status = 'draft'",
    ),
    Kept(
        "links",
        N_("What leads from a participant's code to an account; then also cards, roster entries and invitations"),
        N_("after the consultation is archived"),
    ),
)


def days(name: str) -> int:
    """For how many days this kind of row is kept here."""
    return get_settings().keep_days[name]


OVERDUE = """
select c.id from consultations c
where c.lifecycle = 'archived' and c.archived_at < clock_timestamp() - make_interval(days => $1)
  and (exists(select from participant_links l where l.consultation = c.id)
       or exists(select from invitations i where i.consultation = c.id)
       or exists(select from memberships m where m.consultation = c.id and m.role = 'participant'))
order by c.id
"""
"""Consultations that were archived so long ago that nothing may lead to their participants any more."""
