"""Families of duplicates: which statements say the same, and how many have proposed it independently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.access import Actor
from app.database import fetch
from deliberation.disclosure import Attribution, ReleasedCount, ReleasedDay, release_day, release_origins
from deliberation.lineage import n_independent


@dataclass(frozen=True)
class Origin:
    """One statement that was joined; it stays as it was."""

    number: int
    statement: str
    language: str
    joined_on: ReleasedDay


@dataclass(frozen=True)
class Family:
    """What was joined with a statement that stands for all, and how many people or organisations it comes from."""

    origins: tuple[Origin, ...]
    n_independent: ReleasedCount

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(one.number for one in self.origins)


# A statement that stands for a family may later be joined with another: its own members then belong to that one, too.
MEMBERS = """
with recursive members as (
  select f.proposal, f.joined_at from family_members f where f.lead = $1 and f.left_at is null
  union
  select f.proposal, f.joined_at from family_members f join members m on f.lead = m.proposal where f.left_at is null
)
select p.id, p.number, p.statement, p.language, p.author, q.organisation, m.joined_at
from members m join proposals p on p.id = m.proposal left join participants q on q.id = p.author order by p.number
"""
LEAD = """
select p.author, q.organisation from proposals p left join participants q on q.id = p.author where p.id = $1
"""


async def family_of(actor: Actor, proposal: int) -> Family | None:
    """The family for which this statement stands; None where nothing was joined with it."""
    rows = await fetch(MEMBERS, proposal)
    if not rows:
        return None
    everybody: list[Any] = [*rows, *await fetch(LEAD, proposal)]
    n = n_independent([(row["author"], row["organisation"]) for row in everybody])
    return Family(
        tuple(Origin(row["number"], row["statement"], row["language"], release_day(row["joined_at"])) for row in rows),
        release_origins(n, Attribution(actor.consultation.attribution)),
    )


async def is_member(proposal: int) -> bool:
    """Whether the statement is in a family for which another one stands."""
    return bool(await fetch("select 1 from family_members where proposal = $1 and left_at is null", proposal))
