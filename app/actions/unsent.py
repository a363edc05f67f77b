"""What came after a session had ended: kept for its account, so that nobody writes it twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from app import auth
from app.database import execute, fetchrow, fetchval
from app.refusals import NotFound
from app.seals import seal, unseal

MOST_KEPT = 20
"""Forms of one account; the oldest make room."""

KEEP = """
insert into unsent_forms (id, account, path, sealed_fields, created_at)
values (gen_random_uuid(), $1, $2, $3, clock_timestamp()) returning id
"""
TRIM = """
delete from unsent_forms where account = $1 and id not in (
  select id from unsent_forms where account = $1 order by created_at desc limit $2)
"""


async def keep(*, token: str, csrf_token: str, path: str, fields: Sequence[tuple[str, str]]) -> UUID | None:
    """The form waits for its account, if it came from a page of that account's session which has ended since.

    token : the ended session's; csrf_token : what the form carried, which only a page of that session knows
    """
    if not auth.Visit(token=token).accepts(csrf_token):
        return None
    account = await fetchval("select account from sessions where token_hash = $1", auth.hashed(token))
    if account is None:
        return None
    sealed = seal("unsent", json.dumps(list(fields)), account.bytes)
    kept = await fetchval(KEEP, account, path, sealed)
    await execute(TRIM, account, MOST_KEPT)
    return UUID(str(kept))


async def find(*, unsent: UUID, account: UUID) -> tuple[str, list[tuple[str, str]]]:
    """Where it was sent, and its fields. Raises NotFound for what is not this account's."""
    row = await fetchrow("select path, sealed_fields from unsent_forms where id = $1 and account = $2", unsent, account)
    if row is None:
        raise NotFound
    fields = json.loads(unseal("unsent", bytes(row["sealed_fields"]), account.bytes))
    return row["path"], [(name, value) for name, value in fields]


async def discard(*, unsent: UUID, account: UUID) -> None:
    """It is gone; what is gone already stays gone."""
    await execute("delete from unsent_forms where id = $1 and account = $2", unsent, account)
