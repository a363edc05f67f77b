"""What several pages' tests begin with."""

from __future__ import annotations

import pytest_asyncio

from app.database import execute, fetchval
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from deliberation.phases import Phase
from tests.factories import join, make_consultation, move_to, propose

PEOPLE = {"chidi": ("ngos", "Wells Union"), "dana": ("women", "Women for Water"), "hana": ("business", "")}


@pytest_asyncio.fixture
async def adopted(database: None) -> tuple[Consultation, Proposal]:
    """A consultation whose published slate holds one statement."""
    made = await make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT))
    authors = [await join(name, made, constituency=where, organisation=body) for name, (where, body) in PEOPLE.items()]
    proposal = await propose(authors[0], "Each village keeps its own wells.")
    await move_to(made, 3)
    analysis = await fetchval(
        """
        insert into analyses (id, consultation, kind, evidence, method, method_version, seed, input_digest, digest,
          n_participants, n_votes, n_statements, landscape, slate, noise, votes_until, created_at)
        values (gen_random_uuid(), $1, 'frozen', 'full', 'default', '1', 1, '', '', 3, 0, 1, '{}', '{}', '{}', now(),
                now()) returning id
        """,
        made.id,
    )
    slate = await fetchval(
        """
        insert into curated_slates (id, consultation, round, analysis, status, version, n_places, report, published_at)
        select gen_random_uuid(), $1, r.id, $2, 'published', 1, 8, '{}', now() from rounds r
        where r.consultation = $1 and r.phase = 'curate' returning id
        """,
        made.id,
        analysis,
    )
    await execute(
        "insert into slate_items (id, slate, proposal, choice, position) "
        "values (gen_random_uuid(), $1, $2, 'agree', 1)",
        slate,
        proposal.id,
    )
    return made, proposal
