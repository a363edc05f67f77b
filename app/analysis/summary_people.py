"""Who was asked and who came, as a summary tells it to the public."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis.results import Gate
from app.analysis.summary_material import People
from app.database import fetch, fetchrow
from app.tables.publications import Publication
from deliberation.disclosure import Audience, Basis, ReleasedStanding, release_breakdown, release_standing

ATTRIBUTES = ("constituency", "region", "language", "gender")
BREAKDOWN_KEY = "summary/%s"
"""Under which key the counts behind a published table of people are stored, for the next summary's gate."""
PEOPLE = """
select q.id, q.constituency, q.region, q.language, q.gender, q.organisation,
  exists(select from votes v where v.participant = q.id and v.cast_at < $2) as voted,
  exists(select from proposals p where p.author = q.id and p.status <> 'withdrawn') as wrote
from participants q where q.consultation = $1 order by q.id
"""


async def people_of(actor: Actor, gate: Gate, n_votes: int, until: Any) -> tuple[People, dict[str, Basis]]:
    """Who was asked and who came, told to the public; and the counts behind each table, for the next summary's gate."""
    consultation = actor.consultation.id
    rows = await fetch(PEOPLE, consultation, until)
    tables, bases = {}, {}
    for attribute in ATTRIBUTES:
        counts = Counter(row[attribute] for row in rows)
        if len(counts) < 2:
            continue
        tables[attribute] = release_breakdown(
            dict(counts),
            gate.mode,
            audience=Audience.PUBLIC,
            n_participants=gate.n_participants,
            previous=await _previous(consultation, attribute),
        )
        bases[attribute] = tables[attribute].basis
    counted = await fetchrow(
        """
        select count(*) filter (where status <> 'withdrawn') as proposals,
          count(*) filter (where status = 'accepted') as statements,
          (select count(*) from invitations where consultation = $1) as invited
        from proposals where consultation = $1
        """,
        consultation,
    )
    assert counted is not None
    return (
        People(
            n_invited=counted["invited"],
            joined=gate.count(len(rows)),
            voted=gate.count(sum(row["voted"] for row in rows)),
            wrote=gate.count(sum(row["wrote"] for row in rows)),
            tables=tables,
            standings=await _standings(consultation, rows, gate),
            n_proposals=counted["proposals"],
            n_statements=counted["statements"],
            n_votes=None if gate.tells_words_only else n_votes,
        ),
        bases,
    )


async def _previous(consultation: UUID, attribute: str) -> Basis | None:
    stored = await Publication.stored(consultation, BREAKDOWN_KEY % attribute, "public")
    return None if stored is None else Basis.from_records(json.loads(stored))


async def _standings(
    consultation: UUID, rows: list[Any], gate: Gate
) -> tuple[tuple[str, str, float, ReleasedStanding], ...]:
    targets = await fetch(
        "select attribute, code, share from targets where consultation = $1 order by attribute, share desc, code",
        consultation,
    )
    found = []
    for target in targets:
        if target["attribute"] not in ATTRIBUTES or not rows:
            continue
        members = [row for row in rows if row[target["attribute"]] == target["code"]]
        aim = round(float(target["share"]), 6)
        standing = release_standing(
            len(members) / len(rows),
            aim,
            gate.mode,
            audience=Audience.PUBLIC,
            n_people=len(members),
            n_organisations=len({row["organisation"] for row in members if row["organisation"]}),
            n_participants=gate.n_participants,
        )
        found.append((target["attribute"], target["code"], aim, standing))
    return tuple(found)
