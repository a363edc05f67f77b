"""What nobody needs any more goes: rows that lapse, and what leads to the participants of an archived consultation."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from app import access
from app.access import Actor
from app.actions.record import change
from app.analysis import my_data
from app.analysis.retention import KEPT, OVERDUE, Kept, days
from app.database import execute, fetch, fetchval
from app.forms import Filled
from app.logs import log
from app.refusals import N_, Conflict
from deliberation.phases import Action, Lifecycle

NOT_DUE = N_("The links of this consultation are not due to be destroyed, or there are none any more.")


async def tidy() -> dict[str, int]:
    """Nothing is left that is older than the table of what is kept allows; how much went, by its name.

    A repeated or parallel run finds nothing more to delete, and destroys no link twice.
    """
    gone = {}
    for kept in KEPT:
        if kept.table:
            gone[kept.name] = int(await fetchval(_sweep(kept), kept.days))
    gone["links"] = 0
    for row in await fetch(OVERDUE, days("links")):
        # Another worker may have been faster; nothing is left to do then.
        with suppress(Conflict):
            gone["links"] += await destroy_links(by=await access.system_actor(row["id"]))
    for name, n in gone.items():
        if n:
            log().info("deleted", kind=name, n=n)
    return gone


def _sweep(kept: Kept) -> str:
    # Table, clock and condition are the list's own.
    return (
        f"with gone as (delete from {kept.table} where {kept.only} "  # noqa: S608  the list's own words
        f"and {kept.clock} < clock_timestamp() - make_interval(days => $1) returning 1) select count(*) from gone"
    )


async def archive(*, by: Actor, form: Filled[Any] | None = None) -> None:
    """The consultation is over for good: it can be read and not changed, and its links are destroyed in due time."""
    async with change("consultations.archive", Action.ARCHIVE, by=by, form=form) as made:
        await execute(
            "update consultations set lifecycle = $2, archived_at = $3 where id = $1",
            by.consultation.id,
            Lifecycle.ARCHIVED.value,
            made.by.now,
        )
        made.payload = {"links_destroyed_after_days": days("links")}
        made.outcome = f"/c/{by.consultation.slug}"


async def destroy_links(*, by: Actor) -> int:
    """Nothing leads from this consultation's participants to a person any more; how many links there were.

    What they wrote and voted stays under codes that nobody can open. The event says that it was done, not to how many.
    """
    async with change("participants.destroy_links", Action.ARCHIVE, by=by) as made:
        here = by.consultation.id
        if here not in {row["id"] for row in await fetch(OVERDUE, days("links"))}:
            raise Conflict(NOT_DUE)
        n = await fetchval(
            "with gone as (delete from participant_links where consultation = $1 returning 1) "
            "select count(*) from gone",
            here,
        )
        for part in my_data.PARTS:
            if part.fate is my_data.Fate.ERASED and part.whose is my_data.Whose.PARTICIPANT:
                await execute(_deletion(part), here)
        await execute("delete from invitations where consultation = $1", here)
        await execute("delete from memberships where consultation = $1 and role = 'participant'", here)
        made.payload = {"days": days("links")}
        return int(n)


def _deletion(part: my_data.Part) -> str:
    # Table and column are the list's own, not a person's words.
    return f'delete from {part.table} where "{part.column}" in (select id from participants where consultation = $1)'  # noqa: S608  the list's own names
