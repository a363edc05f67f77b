"""Frozen analyses of closed rounds, by the functions that the worker's job uses: the demo has no worker yet."""

from __future__ import annotations

from typing import Literal

from app.access import Actor, system_actor
from app.actions import analyses
from app.analysis import landscape
from app.analysis.results_units import organisation_rows


async def freeze(by: Actor, *, evidence: Literal["quick", "full"], n_places: int) -> None:
    """The first round has its analysis; a full one comes with a slate, a quick one still looks for groups."""
    item, seed = by.rounds[0], by.consultation.seed
    given = await landscape.read_input(by.consultation, item.closes_at)
    assert given is not None
    found = landscape.compute(given, seed=seed, evidence=evidence, previous=None)
    chosen = landscape.choose(given, found, seed=seed, size=n_places) if evidence == "full" else None
    await analyses.record(
        landscape=found,
        kind="frozen",
        round_id=item.id,
        votes_until=given.until,
        previous=None,
        n_participants=given.votes.n_participants,
        slate=chosen.record if chosen else None,
        holdings=chosen.holdings.to_bytes() if chosen else None,
        noise=chosen.noise if chosen else None,
        organisations=await organisation_rows(by.consultation.id, given.votes),
        by=await system_actor(by.consultation.id),
    )
