"""Who wrote which proposal of the demo and when, and its rows; starter proposals come from the convenor's action."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray

from app.database import execute, fetch, fetchval
from app.demo.calendar import DAY
from app.demo.content import FORUM, DemoProposal, UnpublishedProposal
from app.demo.organisations import FORUM_NAME
from app.demo.people import DemoPerson
from app.markdown import render_markdown
from app.tables.proposals import CoSponsor, Proposal
from deliberation import texts

MOST_PER_PERSON = MOST_PER_ORGANISATION = 2
MOST_IN_FORUM = 5
"""A few in the large organisation write most of what it submits."""


@dataclass(frozen=True, eq=False)
class Timetable:
    """When each proposal was submitted and could be voted on, in seconds since the opening and the content's order."""

    submitted: NDArray[np.float64]
    available: NDArray[np.float64]


def timetable(proposals: Sequence[DemoProposal], *, n_days: float, wait_hours: float, seed: int) -> Timetable:
    """Many proposals early, fewer later, each read by a moderator within `wait_hours`; starters were there before."""
    chance = np.random.default_rng(seed)
    submitted = (chance.random(len(proposals)) ** 1.9 * n_days + 0.01) * DAY
    available = submitted + chance.uniform(0.06, 1.0, len(proposals)) * wait_hours * 3600.0
    starters = [item.author == "starter" for item in proposals]
    submitted[starters] = available[starters] = 0.0
    return Timetable(submitted, available)


def choose_authors(
    proposals: Sequence[DemoProposal | UnpublishedProposal], people: Sequence[DemoPerson], *, seed: int
) -> list[int | None]:
    """For each proposal the place of its author among the people; None for the convenor's own.

    An author writes in their own language wherever somebody speaks it, for the constituency that the content names,
    and thinks as most of those who would agree.
    """
    chance = np.random.default_rng(seed)
    n_written: Counter[int] = Counter()
    n_for: Counter[str] = Counter()
    authors: list[int | None] = []
    for item in proposals:
        if item.author == "starter":
            authors.append(None)
            continue
        free = [index for index, person in enumerate(people) if _may_write(index, person, n_written, n_for)]
        found = _closest(item, people, free)
        author = found[0] if item.author == FORUM else int(chance.choice(found))
        n_written[author] += 1
        n_for[people[author].organisation] += 1
        authors.append(author)
    return authors


def _may_write(index: int, person: DemoPerson, n_written: Counter[int], n_for: Counter[str]) -> bool:
    if person.organisation == FORUM_NAME:
        return n_written[index] < MOST_IN_FORUM
    busy = person.organisation != "" and n_for[person.organisation] >= MOST_PER_ORGANISATION
    return not busy and n_written[index] < MOST_PER_PERSON


def _closest(
    item: DemoProposal | UnpublishedProposal, people: Sequence[DemoPerson], free: Sequence[int]
) -> Sequence[int]:
    """Those free to write who fit best: organisation first, then language, constituency and view."""
    if item.author == FORUM:
        return [index for index in free if people[index].organisation == FORUM_NAME] or free
    outside = [index for index in free if people[index].organisation != FORUM_NAME]
    found = [index for index in outside if people[index].language == item.language] or outside
    found = [index for index in found if item.author in {"", people[index].constituency}] or found
    if isinstance(item, DemoProposal):
        view = int(np.argmax(item.support))
        found = [index for index in found if people[index].view == view] or found
    return found


async def store_proposals(
    consultation: UUID,
    round_id: UUID,
    proposals: Sequence[DemoProposal],
    authors: Sequence[int | None],
    participant_ids: Sequence[int],
    times: Timetable,
    *,
    opens_at: datetime,
) -> tuple[int, ...]:
    """Ids in the order of the content; what participants wrote is stored as accepted and numbered as it came."""
    ids = await _starters(consultation, proposals)
    places = [int(place) for place in np.argsort(times.submitted, kind="stable") if int(place) not in ids]
    first = await reserve_numbers(consultation, len(places))
    rows = []
    for number, place in enumerate(places, first):
        author = authors[place]
        assert author is not None
        submitted_at = opens_at + timedelta(seconds=float(times.submitted[place]))
        row = proposal_row(consultation, round_id, number, proposals[place], participant_ids[author], submitted_at)
        if proposals[place].question:
            row.author, row.is_noted, row.question = None, True, proposals[place].question
        row.status, row.decided_at = "accepted", opens_at + timedelta(seconds=float(times.available[place]))
        rows.append(row)
    stored = await Proposal.insert(*rows).returning(Proposal.id)
    ids |= {place: row["id"] for place, row in zip(places, stored, strict=True)}
    return tuple(ids[place] for place in range(len(proposals)))


async def _starters(consultation: UUID, proposals: Sequence[DemoProposal]) -> dict[int, int]:
    """Ids of the convenor's own proposals by their place in the content; they get their themes."""
    found = await fetch("select statement, id from proposals where consultation = $1 and is_starter", consultation)
    by_statement = {row["statement"]: int(row["id"]) for row in found}
    ids = {}
    for place, item in enumerate(proposals):
        if item.author == "starter":
            ids[place] = by_statement[item.statement]
            await execute("update proposals set theme = $2 where id = $1", ids[place], item.theme)
    return ids


def proposal_row(
    consultation: UUID,
    round_id: UUID,
    number: int,
    item: DemoProposal | UnpublishedProposal,
    author: int,
    submitted_at: datetime,
) -> Proposal:
    """An unsaved proposal that waits for a moderator since it was submitted."""
    return Proposal(
        consultation=consultation,
        round=round_id,
        number=number,
        author=author,
        statement=item.statement,
        details=item.details,
        details_html=str(render_markdown(item.details)) if item.details else "",
        language=item.language,
        goals=list(item.goals) if isinstance(item, DemoProposal) else [],
        theme=item.theme,
        vector=texts.vector(item.statement).to_bytes(),
        submitted_on=submitted_at.date(),
        waiting_since=submitted_at,
    )


async def reserve_numbers(consultation: UUID, n: int) -> int:
    """The first of `n` numbers that nobody else gets."""
    return int(
        await fetchval(
            "update consultations set next_number = next_number + $2 where id = $1 returning next_number - $2",
            consultation,
            n,
        )
    )


async def store_cosponsors(
    proposals: Sequence[DemoProposal],
    proposal_ids: Sequence[int],
    authors: Sequence[int | None],
    people: Sequence[DemoPerson],
    participant_ids: Sequence[int],
    organisation_ids: dict[str, UUID],
    *,
    seed: int,
) -> None:
    """Organisations stand behind what one of theirs wrote, and some behind what others of the same view wrote."""
    chance = np.random.default_rng(seed)
    at_most = max(2, len(proposals) // 12)
    n_for: Counter[str] = Counter()
    rows = {}
    for item, proposal, author in zip(proposals, proposal_ids, authors, strict=True):
        view = int(np.argmax(item.support))
        near = [index for index, person in enumerate(people) if person.view == view and _may_sponsor(person)]
        chosen = [int(index) for index in chance.permutation(near)[: chance.integers(0, 4)]]
        if author is not None and people[author].organisation and chance.random() < 0.7:
            chosen.append(author)
        for index in chosen:
            name = people[index].organisation
            n_for[name] += 1
            if n_for[name] <= at_most or name == FORUM_NAME:
                rows[proposal, name] = CoSponsor(
                    id=uuid4(),
                    proposal=proposal,
                    organisation=organisation_ids[name],
                    participant=participant_ids[index],
                )
    if rows:
        await CoSponsor.insert(*rows.values())


def _may_sponsor(person: DemoPerson) -> bool:
    """The large organisation co-sponsors only what one of its own wrote."""
    return person.organisation not in {"", FORUM_NAME}
