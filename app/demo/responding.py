"""The expert meeting's respond round: everybody says whether the curated slate speaks for them."""

from __future__ import annotations

from collections.abc import Sequence

from app.access import actor_in, proposal_for
from app.actions import responses
from app.analysis.responses import asked_about
from app.auth import Person
from app.tables.consultations import Consultation
from deliberation.votes import Choice

ANSWERS = (
    ("yes", "yes", ""),
    ("yes", "yes", ""),
    ("unsure", "yes", "The item on evidence is narrower than what we said, but the reasons are fair."),
    ("yes", "yes", ""),
    ("yes", "yes", "I am glad that the convenors are asked for something, too."),
    ("no", "yes", "I had hoped to see capacity on it. I can live with the reasons."),
    ("yes", "yes", ""),
    ("yes", "unsure", ""),
    ("yes", "yes", ""),
    ("no", "no", "What is left out is what small organisations came to say."),
    ("yes", "yes", ""),
    ("unsure", "yes", ""),
    ("yes", "yes", ""),
    ("yes", "yes", ""),
    ("yes", "yes", ""),
)
"""Whether the slate represents the person, whether they can live with its reasons, and a sentence if they wish."""


async def respond(consultation: Consultation, people: Sequence[Person]) -> None:
    """Everybody has answered: the two questions, and the statements they had no vote on, which are their own."""
    for person, (represents, can_live_with, sentence) in zip(people, ANSWERS, strict=True):
        by = await actor_in(consultation, person)
        for item in await asked_about(by):
            if not item.choice:
                await responses.answer_item(proposal=await proposal_for(by, item.number), choice=Choice.AGREE, by=by)
        await responses.answer_overall(represents=represents, can_live_with=can_live_with, sentence=sentence, by=by)
