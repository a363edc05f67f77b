"""Tells authors what became of what they wrote, and asks voters whose votes wait for a word from them."""

from __future__ import annotations

from uuid import UUID

from app import queue
from app.actions import news


@queue.jobs.task(name="tell_news")
async def tell_news(*, consultation_id: str) -> None:
    """One message for each author who has news; a second run finds that it was told."""
    await news.tell(consultation_id=UUID(consultation_id))


@queue.jobs.task(name="ask_voters")
async def ask_voters(*, consultation_id: str) -> None:
    """One message for each voter who has not been asked; a second run goes on where the first one stopped."""
    await news.ask_voters(consultation_id=UUID(consultation_id))
