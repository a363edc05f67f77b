"""What of a consultation has become public, in the order in which it did: what a feed tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.access import Actor
from app.database import fetch
from app.language import gettext
from app.refusals import N_
from deliberation.phases import Action, Phase

OPENED = {
    Phase.PROPOSE: N_("Proposals and votes are open"),
    Phase.CURATE: N_("The curators choose their slate"),
    Phase.RESPOND: N_("The slate is open for responses"),
    Phase.COMMIT: N_("Coalitions can form"),
}
CLOSED = {
    Phase.PROPOSE: N_("The round of proposals and votes has closed"),
    Phase.CURATE: N_("The round of curation has closed"),
    Phase.RESPOND: N_("The round of responses has closed"),
    Phase.COMMIT: N_("The round for coalitions has closed"),
}
PUBLISHED = """
select 'slate' as kind, id, published_at from curated_slates where consultation = $1 and published_at is not null
union all
select 'summary', id, published_at from summaries where consultation = $1 and published_at is not null
"""
PATHS = {"slate": "/slates", "summary": "/summary"}
TITLES = {"slate": N_("The curated slate is published"), "summary": N_("A summary is published")}
SEEN_BY = {"slate": Action.SEE_SLATES, "summary": Action.SEE_SUMMARY}
MOST = 50


@dataclass(frozen=True)
class Entry:
    """One thing that became public. `id` stays the same for ever, so that nobody reads it twice."""

    id: str
    at: datetime
    title: str
    path: str


async def entries_of(actor: Actor) -> list[Entry]:
    """What this reader may know of, newest first: rounds opened and closed, slates and summaries published."""
    base = f"/c/{actor.consultation.slug}"
    found = []
    for item in actor.rounds:
        phase = Phase(item.phase)
        for kind, words, moment in (("opened", OPENED, item.opens_at), ("closed", CLOSED, item.closes_at)):
            if moment <= actor.now and actor.consultation.lifecycle != "draft":
                found.append(Entry(f"{item.id}-{kind}", moment, gettext(words[phase]), base))
    for row in await fetch(PUBLISHED, actor.consultation.id):
        if actor.may(SEEN_BY[row["kind"]]):
            title = gettext(TITLES[row["kind"]])
            found.append(Entry(str(row["id"]), row["published_at"], title, base + PATHS[row["kind"]]))
    return sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True)[:MOST]
