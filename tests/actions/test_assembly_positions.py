"""The assembler reads places in the opinion space from the record of the last complete analysis, as it was written."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.analysis.assembly import Asked, read_pool
from app.database import execute
from deliberation.landscape import map_landscape
from deliberation.votes import VoteMatrix
from tests.harbour import offered, published


async def test_a_place_is_that_of_the_analysis(database: None) -> None:
    made, proposal = await published()
    await offered(made, proposal)
    cards = (await read_pool(made.id, proposal.id, Asked())).candidates
    assert all(one.position is None for one in cards), "pages need no places"
    rng = np.random.default_rng(2)
    side = np.repeat([1, -1], 20)
    ids = np.array([*(one.participant for one in cards), *range(1, 41 - len(cards))])
    signs = np.where(rng.random((40, 12)) < 0.9, side[:, None], -side[:, None]) * np.array([1, -1] * 6)
    votes = VoteMatrix.from_votes(np.repeat(ids, 12), np.tile(np.arange(1, 13), 40), signs.ravel())
    found = map_landscape(votes, seed=1, evidence="quick")
    assert found.space is not None and found.space.rank > 0
    await execute(
        "update analyses set evidence = 'full', landscape = $2 where consultation = $1",
        made.id,
        json.dumps(found.to_json()),
    )
    pool = await read_pool(made.id, proposal.id, Asked(), with_unusual=True)
    row = {int(one): at for at, one in enumerate(found.space.participant_ids)}
    for one in pool.candidates:
        assert one.position == pytest.approx(found.space.positions[row[one.participant]].tolist())
    assert pool.unusual
