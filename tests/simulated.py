"""A consultation filled with the votes of simulated people, written as rows; what follows is done by the real jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import numpy as np

from app.analysis import landscape as bridge
from app.database import execute, executemany, fetchrow, transaction
from app.demo.partnership_proposals import PROPOSALS
from app.jobs.analyse import analyse, freeze, look_for_groups
from app.tables.consultations import Consultation
from deliberation.simulation import SimulationSettings, View, simulate
from deliberation.votes import Choice

MIX = {"ngos": 0.5, "women": 0.3, "business": 0.2}
THREE_VIEWS = (
    View((1.6, 0.0), 0.42, constituencies={"ngos": 0.6, "local_authorities": 0.4}),
    View((-0.9, 1.4), 0.31, constituencies={"business": 0.6, "science": 0.4}),
    View((-0.8, -1.4), 0.27, constituencies={"women": 0.5, "ngos": 0.5}),
)
ALIKE = (View((0.4, 0.0), 1.0, spread=0.8, constituencies=MIX),)
FIRST_PARTICIPANT, FIRST_PROPOSAL = 1_000_003, 500_000
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
    first: int = 1,
) -> Filled:
    """People of these views have voted in the first round, as far as it has gone.

    Ids and seed are the same in every run, so that equal fillings have equal landscapes; `first` sets the ids of a
    second consultation in the same database apart.
    """
    await execute("update consultations set seed = $2 where id = $1", here.id, seed)
    people = simulate(
        seed=seed,
        views=views,
        n_participants=n_participants,
        n_statements=n_statements,
        # Some statements most people like, whatever else they think, and some that few do.
        intercepts=np.random.default_rng(seed).permutation(np.linspace(-0.6, 1.6, n_statements)),
        settings=SimulationSettings(votes_per_person=votes_per_person, min_votes=8),
    )
    times = await fetchrow(
        "select opens_at, least(closes_at, clock_timestamp()) as until from rounds "
        "where consultation = $1 order by number limit 1",
        here.id,
    )
    assert times is not None
    ids = [FIRST_PARTICIPANT * first + 7919 * (place * 31 % n_participants) for place in range(n_participants)]
    await executemany(
        "insert into participants (id, consultation, constituency, region, language, gender, is_excluded, joined_on) "
        "values ($1, $2, $3, '', 'en', '', false, $4)",
        [
            (one, here.id, str(code), times["opens_at"].date())
            for one, code in zip(ids, people.constituencies, strict=True)
        ],
    )
    proposals = [FIRST_PROPOSAL * first + place for place in range(n_statements)]
    await _write(here, proposals, times["opens_at"])
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


async def _write(here: Consultation, ids: Sequence[int], at: object) -> None:
    """Starter statements in the words of the demo, numbered from 101."""
    rows = []
    for place, one in enumerate(ids):
        written = PROPOSALS[place % len(PROPOSALS)]
        again = "" if place < len(PROPOSALS) else f" ({place})"
        text = written.statement[:190] + again
        rows.append((one, here.id, 101 + place, text, written.language, list(written.goals), at))
    await executemany(
        """
        insert into proposals (id, consultation, number, is_starter, author_is_named, statement, details, details_html,
          language, goals, theme, status, reason_code, reason, version, submitted_on, waiting_since, decided_at)
        values ($1, $2, $3, true, false, $4, '', '', $5, $6, '', 'accepted', '', '', 1, $7::timestamptz::date, $7, $7)
        """,
        rows,
    )


_landscapes: dict[object, Any] = {}
_slates: dict[object, Any] = {}
_compute, _choose = bridge.compute, bridge.choose


def _computed_once(given: bridge.Input, **settings: Any) -> Any:
    """The real landscape, worked out once for equal votes: the search for groups takes many seconds."""
    previous = settings["previous"]
    key = (given.votes.digest(), tuple(given.constituencies), settings["seed"], settings["evidence"])
    key = (*key, given.excluded, None if previous is None else previous.digest)
    if key not in _landscapes:
        _landscapes[key] = _compute(given, **settings)
    return _landscapes[key]


def _chosen_once(given: bridge.Input, landscape: Any, **settings: Any) -> Any:
    key = (landscape.digest, *settings.values())
    if key not in _slates:
        _slates[key] = _choose(given, landscape, **settings)
    return _slates[key]


async def freeze_first_round(here: Consultation) -> None:
    """What the worker does when the first round has closed."""
    row = await fetchrow("select id from rounds where consultation = $1 order by number limit 1", here.id)
    assert row is not None
    with patch.multiple(bridge, compute=_computed_once, choose=_chosen_once):
        await freeze(round_id=str(row["id"]))


async def analyse_now(here: Consultation) -> None:
    """What the worker does while people vote."""
    with patch.multiple(bridge, compute=_computed_once, choose=_chosen_once):
        await analyse(consultation_id=str(here.id))


async def look_for_groups_now(here: Consultation) -> None:
    """What the worker does beside it where many vote."""
    with patch.multiple(bridge, compute=_computed_once):
        await look_for_groups(consultation_id=str(here.id))
