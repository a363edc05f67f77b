"""What several pages' tests begin with."""

from __future__ import annotations

import pytest_asyncio

from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from deliberation.phases import Phase
from tests.factories import join, make_consultation, move_to, propose, publish_slate

PEOPLE = {"chidi": ("ngos", "Wells Union"), "dana": ("women", "Women for Water"), "hana": ("business", "")}


@pytest_asyncio.fixture
async def adopted(database: None) -> tuple[Consultation, Proposal]:
    """A consultation whose published slate holds one statement."""
    made = await make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT))
    authors = [await join(name, made, constituency=where, organisation=body) for name, (where, body) in PEOPLE.items()]
    proposal = await propose(authors[0], "Each village keeps its own wells.")
    await move_to(made, 3)
    await publish_slate(made, proposal)
    return made, proposal
