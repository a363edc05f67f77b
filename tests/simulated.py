"""A consultation filled with the votes of simulated people, written as rows; what follows is done by the real jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from app.access import new_participant_id
from app.database import executemany, fetch, fetchrow, transaction
from app.demo.partnership_proposals import PROPOSALS
from app.jobs.analyse import analyse, freeze
from app.tables.consultations import Consultation
from deliberation.simulation import SimulationSettings, View, simulate
from deliberation.votes import Choice

MIX = {"ngos": 0.5, "women": 0.3, "business": 0.2}
THREE_VIEWS = (
    View((1.6, 0.0), 0.42, constituencies={"ngos": 0.6, "local_authorities": 0.4}),
    View((-0.9, 1.4), 0.31, constituencies={"business": 0.6, "science": 0.4}),
    View((-0.8, -1.4), 0.27, constituencies={"women": 0.5, "ngos": 0.5}),
)
ONE_VIEW = (View((0.0, 0.0), 1.0, spread=1.0, constituencies=MIX),)
WORD = {1: Choice.AGREE, -1: Choice.DISAGREE, 0: Choice.PASS}


@dataclass(frozen=True)
class Filled:
    """Pseudonyms of those who took part and ids of what they voted on, in the simulation's order."""

    participants: tuple[int, ...]
    proposals: tuple[int, ...]


async def fill(
    here: Consultation,
    *,
    n_participants: int = 120,
    n_statements: int = 30,
    views: Sequence[View] = THREE_VIEWS,
    votes_per_person: float = 25.0,
    seed: int = 7,
) -> Filled:
    """People of these views have voted in the first round, as far as it has gone."""
    people = simulate(
        seed=seed,
        views=views,
        n_participants=n_participants,
        n_statements=n_statements,
        settings=SimulationSettings(votes_per_person=votes_per_person, min_votes=8),
    )
    times = await fetchrow(
        "select opens_at, least(closes_at, clock_timestamp()) as until from rounds "
        "where consultation = $1 order by number limit 1",
        here.id,
    )
    assert times is not None
    ids = [new_participant_id() for _ in range(n_participants)]
    await executemany(
        "insert into participants (id, consultation, constituency, region, language, gender, is_excluded, joined_on) "
        "values ($1, $2, $3, '', 'en', '', false, $4)",
        [
            (one, here.id, str(code), times["opens_at"].date())
            for one, code in zip(ids, people.constituencies, strict=True)
        ],
    )
    proposals = await _write(here, n_statements, times["opens_at"])
    whole = (times["until"] - times["opens_at"]).total_seconds() * 0.95
    last = float(people.vote_offsets.max()) or 1.0
    rows = [
        (uuid4(), here.id, ids[row], proposals[column], WORD[int(sign)].value, False, "en",
         times["opens_at"] + timedelta(seconds=whole * float(at) / last))
        for row, column, sign, at in zip(
            people.votes.rows, people.votes.columns, people.votes.signs, people.vote_offsets, strict=True
        )
    ]  # fmt: skip
    columns = ("id", "consultation", "participant", "proposal", "choice", "matters", "language", "cast_at")
    async with transaction() as connection:
        await connection.copy_records_to_table("votes", columns=columns, records=rows)
    return Filled(tuple(ids), tuple(proposals))


async def _write(here: Consultation, n: int, at: object) -> list[int]:
    """Starter statements in the words of the demo, numbered from 101."""
    rows = []
    for place in range(n):
        written = PROPOSALS[place % len(PROPOSALS)]
        again = "" if place < len(PROPOSALS) else f" ({place})"
        rows.append((here.id, 101 + place, written.statement[:190] + again, written.language, list(written.goals), at))
    await executemany(
        """
        insert into proposals (consultation, number, is_starter, author_is_named, statement, details, details_html,
          language, goals, theme, status, reason_code, reason, version, submitted_on, waiting_since, decided_at)
        values ($1, $2, true, false, $3, '', '', $4, $5, '', 'accepted', '', '', 1, $6::timestamptz::date, $6, $6)
        """,
        rows,
    )
    found = await fetch("select id from proposals where consultation = $1 and number > 100 order by number", here.id)
    return [row["id"] for row in found]


async def freeze_first_round(here: Consultation) -> None:
    """What the worker does when the first round has closed."""
    row = await fetchrow("select id from rounds where consultation = $1 order by number limit 1", here.id)
    assert row is not None
    await freeze(round_id=str(row["id"]))


async def analyse_now(here: Consultation) -> None:
    """What the worker does while people vote."""
    await analyse(consultation_id=str(here.id))
