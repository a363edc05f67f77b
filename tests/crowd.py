"""Many people at once, written as rows: sixty of three constituencies, one organisation that is on many proposals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app.access import new_participant_id
from app.database import executemany, fetch, now
from app.tables.consultations import Consultation

CONSTITUENCIES = ("ngos",) * 40 + ("women",) * 15 + ("business",) * 5
FORUM = "Global Brokers Forum"


@dataclass(frozen=True)
class Crowd:
    """Who was made: participants in the order of `constituencies`, proposals, and the dominating organisation."""

    participants: tuple[int, ...]
    proposals: tuple[int, ...]
    forum: UUID
    others: tuple[UUID, ...]
    started_at: datetime


async def gather(
    here: Consultation,
    *,
    constituencies: tuple[str, ...] = CONSTITUENCIES,
    n_proposals: int = 40,
    n_forum: int = 12,
    n_burst: int = 0,
    declined_arabic: bool = False,
) -> Crowd:
    """A crowd that has written and voted. The first `n_forum` proposals are by members of one organisation.

    Every person votes on every third statement, on one of five days; `n_burst` of them vote within the same minutes.
    """
    moment = await now()
    start = (moment - timedelta(days=6)).replace(hour=8, minute=0, second=0, microsecond=0)
    forum, others = uuid4(), tuple(uuid4() for _ in range(10))
    names = [(forum, FORUM), *((one, f"Body {place}") for place, one in enumerate(others))]
    await executemany(
        "insert into organisations (id, name, name_key, kind) values ($1, $2::text, lower($2::text), '')", names
    )
    people = [new_participant_id() for _ in constituencies]
    await executemany(
        """
        insert into participants (id, consultation, constituency, organisation, region, language, gender, is_excluded,
                                  joined_on)
        values ($1, $2, $3, $4, $5, $6, '', false, $7)
        """,
        [
            (
                one,
                here.id,
                constituency,
                forum if place < 6 else others[place % 10],
                "african" if place % 2 else "grulac",
                "en" if place % 3 else "ar",
                start.date(),
            )
            for place, (one, constituency) in enumerate(zip(people, constituencies, strict=True))
        ],
    )
    proposals = await _propose(here, people, n_proposals, n_forum, declined_arabic, start)
    await _cosponsor(proposals, people, others)
    await _vote(here, people, proposals, start, n_burst)
    return Crowd(tuple(people), tuple(proposals), forum, others, start)


async def _propose(
    here: Consultation, people: list[int], n: int, n_forum: int, declined_arabic: bool, start: datetime
) -> list[int]:
    rows = []
    for place in range(n):
        author = people[place % 6] if place < n_forum else people[6 + (place - n_forum) % (len(people) - 6)]
        is_arabic = declined_arabic and place >= n // 2
        status = "declined" if is_arabic and place % 2 else "accepted"
        rows.append(
            (
                here.id,
                1000 + place,
                author,
                f"Statement {place} of the crowd.",
                "ar" if is_arabic else "en",
                status,
                start.date(),
                start,
                start + timedelta(hours=5),
            )
        )
    await executemany(
        """
        insert into proposals (consultation, number, author, is_starter, author_is_named, statement, details,
          details_html, language, goals, theme, status, reason_code, reason, version, submitted_on, waiting_since,
          decided_at)
        values ($1, $2, $3, false, false, $4, '', '', $5, '{}', '', $6, '', '', 1, $7, $8, $9)
        """,
        rows,
    )
    found = await fetch("select id from proposals where consultation = $1 and number >= 1000 order by number", here.id)
    return [row["id"] for row in found]


async def _cosponsor(proposals: list[int], people: list[int], others: tuple[UUID, ...]) -> None:
    """Every fourth proposal is co-sponsored by the body of a person who did not write it."""
    rows = [
        (proposal, others[(6 + place) % 10], people[6 + place])
        for place, proposal in enumerate(proposals[::4])
        if 6 + place < len(people)
    ]
    await executemany(
        "insert into cosponsors (id, proposal, organisation, participant) values (gen_random_uuid(), $1, $2, $3)", rows
    )


async def _vote(here: Consultation, people: list[int], proposals: list[int], start: datetime, n_burst: int) -> None:
    rows = []
    for place, one in enumerate(people):
        in_burst = place < n_burst
        for step, proposal in enumerate(proposals):
            if (place + step) % 3:
                continue
            at = start + timedelta(days=place % 5, minutes=(37 * place) % 600 + step)
            if in_burst:
                at = start + timedelta(days=2, hours=14, seconds=20 * step + place)
            rows.append((here.id, one, proposal, "disagree" if (place * step) % 4 == 0 else "agree", at))
    await executemany(
        """
        insert into votes (id, consultation, participant, proposal, choice, matters, language, cast_at)
        values (gen_random_uuid(), $1, $2, $3, $4, false, 'en', $5)
        """,
        rows,
    )
