"""The reply to a summary as it stands: what it answers, the draft, and what was published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.database import fetchrow, fetchval
from app.tables.replies import Reply


async def draft_of(consultation: UUID) -> Reply | None:
    return (
        await Reply.objects()
        .where((Reply.consultation == consultation) & (Reply.status == "draft"))
        .order_by(Reply.number, ascending=False)
        .first()
    )


async def published(consultation: UUID) -> list[dict[str, Any]]:
    """Every published version, the newest first; none is ever taken away."""
    rows = (
        await Reply.objects()
        .where((Reply.consultation == consultation) & (Reply.status == "published"))
        .order_by(Reply.number, ascending=False)
    )
    return [json.loads(row.record) for row in rows]


async def answered_summary(consultation: UUID) -> Mapping[str, Any] | None:
    """The record of the newest published summary, which a reply answers."""
    row = await fetchrow(
        "select snapshot from summaries where consultation = $1 and status = 'published' order by number desc limit 1",
        consultation,
    )
    return None if row is None else json.loads(row["snapshot"])


async def is_told(consultation: UUID) -> bool:
    """Whether everybody can read a reply, or by when one is promised."""
    sql = "select exists(select from replies where consultation = $1 and (status = 'published' or due_on is not null))"
    return bool(await fetchval(sql, consultation))
