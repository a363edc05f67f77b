"""The expert meeting's summary: as it was generated from the facts, signed by the convenor and by the curator."""

from __future__ import annotations

from app.access import Actor
from app.actions import summaries


async def summarise(*, convenor: Actor, curator: Actor) -> None:
    """The summary is published: two different persons have signed the same version."""
    for by in (convenor, curator):
        draft = await summaries.draft_of(by)
        assert draft is not None and not draft.problems
        await summaries.sign(by=by, version=draft.version)
