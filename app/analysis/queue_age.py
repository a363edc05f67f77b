"""How long statements wait for a moderator. The time in which a question was with the author does not count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from app.access import Actor
from app.database import fetch
from app.tables.participants import Participant
from deliberation.disclosure import (
    Attribution,
    Audience,
    ReleasedCount,
    ReleasedDay,
    ReleasedIndex,
    release_day,
    release_index,
    release_tally,
)

AWAY = """coalesce((select sum(c.answered_at - c.asked_at) from clarifications c
  where c.proposal = p.id and c.answered_at is not null), interval '0')"""
"""How long a proposal `p` was with its author, as an expression in SQL."""
OWED = f"""
select p.id, p.number, p.waiting_since, $2::timestamptz - p.waiting_since - {AWAY} as age from proposals p
where p.consultation = $1 and p.status = 'waiting' and p.waiting_since is not null
  and not exists(select from merge_requests m where m.proposal = p.id and m.settled_at is null)
order by p.waiting_since, p.number
"""  # noqa: S608  # a constant
"""What waits for a moderator alone, and since when: where a merge was suggested, its authors are asked."""
DECIDED = f"""
select p.language, p.author, extract(epoch from p.decided_at - p.waiting_since - {AWAY}) / 3600 as hours
from proposals p
where p.consultation = $1 and p.decided_at >= p.waiting_since and p.status in ('accepted', 'declined', 'merged')
order by p.language
"""  # noqa: S608  # a constant


@dataclass(frozen=True)
class Median:
    """The median time to a decision in hours, of all statements or of one language; None where too few wrote them."""

    language: str
    hours: ReleasedIndex


@dataclass(frozen=True)
class QueueAge:
    """What the promise is, what is above it, how long the oldest has waited, and how long it took until now."""

    promised_hours: int
    n_late: ReleasedCount
    oldest: ReleasedDay | None
    n_days: ReleasedCount
    overall: Median
    by_language: tuple[Median, ...]


async def owed(consultation: UUID, at: datetime) -> list[tuple[int, int, timedelta]]:
    """Every statement that a moderator owes a decision at this time: id, number and age, the oldest first."""
    return [(row["id"], row["number"], row["age"]) for row in await fetch(OWED, consultation, at)]


async def age_of(actor: Actor) -> QueueAge:
    """How old the queue is now, as moderators may read it."""
    consultation = actor.consultation
    promised = timedelta(hours=consultation.decide_within_hours)
    waiting = await owed(consultation.id, actor.now)
    oldest = max((age for _, _, age in waiting), default=None)
    since = None if oldest is None else release_day(actor.now - oldest)
    decided = await fetch(DECIDED, consultation.id)
    n_people = await Participant.n_in(consultation.id)
    mode = Attribution(consultation.attribution)
    languages = sorted({row["language"] for row in decided})
    return QueueAge(
        promised_hours=consultation.decide_within_hours,
        n_late=release_tally(sum(age > promised for _, _, age in waiting)),
        oldest=since,
        n_days=release_tally((actor.now.date() - since.day).days if since else 0),
        overall=_median("", decided, mode, n_people),
        by_language=tuple(
            _median(language, [row for row in decided if row["language"] == language], mode, n_people)
            for language in languages
            if len(languages) > 1
        ),
    )


def _median(language: str, rows: list[Any], mode: Attribution, n_participants: int) -> Median:
    """Of as many people as wrote the statements: what an author waited is theirs."""
    n_authors = len({row["author"] for row in rows if row["author"] is not None})
    hours = round(float(median(row["hours"] for row in rows)), 1) if rows else 0.0
    released = release_index(hours, n_authors, mode, audience=Audience.INSIDE, n_participants=n_participants)
    return Median(language, released)
