"""Results as pages show them: the landscape of a published analysis, every figure through the disclosure gate."""

from __future__ import annotations

import json
from uuid import UUID

from app.database import fetchval
from deliberation.disclosure import Basis, Row
from deliberation.landscape import Landscape

VOTES = "votes"
"""The key under which the counts behind released votes are stored; one basis serves both audiences."""


async def published_basis(consultation: UUID) -> Basis | None:
    """The counts behind what has been released of the consultation's votes."""
    stored = await fetchval(
        "select row -> 'basis' from publications where consultation = $1 and audience = 'both' and key = $2",
        consultation,
        VOTES,
    )
    return None if stored is None else Basis.from_records(json.loads(stored))


def vote_rows(landscape: Landscape) -> list[Row]:
    """Every row the gate has to know of: each statement's total, by opinion group, by constituency."""
    rows: list[Row] = []
    for result in landscape.statements:
        key = str(result.statement_id)
        rows.append(Row((key,), result.counts.agrees, result.counts.disagrees, result.counts.passes))
        for attribute, split in (("group", result.by_group), ("constituency", result.by_constituency)):
            for code, counts in split.items():
                if code:
                    rows.append(Row((key, attribute, code), counts.agrees, counts.disagrees, counts.passes))
    return rows
