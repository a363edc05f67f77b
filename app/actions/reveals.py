"""Telling two named persons who wrote one text: a moderator asks, a convenor confirms, the author hears of it.

It breaks a promise, so it takes one of two causes, two persons and their reasons, and it is public that it happened.
Votes are never told: nothing here reads them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app import emails
from app.access import Actor, accounts_of
from app.actions.moderation import staff_of
from app.actions.record import change
from app.analysis.reveals import CAUSES
from app.database import execute, fetchval
from app.forms import TOO_LONG, Filled
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.proposals import Proposal
from app.tables.reveals import Reveal
from deliberation.phases import Action, Role

FEWEST_LETTERS, MAX_WORDS = 20, 2_000
NO_AUTHOR = N_("No participant is its author: there is nobody to reveal.")
NO_LINK = N_("Nothing leads to its author any more.")
WAITING = N_("Somebody has asked for this already, and a convenor has not answered yet.")
OWN_TEXT = N_("This is your own text.")
SECOND_PERSON = N_("You asked for this yourself. A convenor who is another person must confirm it.")
REASON = N_("Please give the reason in a sentence or two: it is kept, and the author reads it.")


async def why_not_ask(actor: Actor, proposal: Proposal) -> str | None:
    """The sentence with which asking for this author would be refused, or None."""
    if proposal.author is None:
        return NO_AUTHOR
    if actor.participant is not None and actor.participant.id == proposal.author:
        return OWN_TEXT
    if not await accounts_of([proposal.author]):
        return NO_LINK
    waits = "select true from reveals where proposal = $1 and answered_at is null"
    return WAITING if await fetchval(waits, proposal.id) else None


async def ask(*, proposal: Proposal, cause: str, words: str, by: Actor, form: Filled[Any] | None = None) -> Reveal:
    """The convenors are asked whether the author of this text may be told to two persons. Nothing is told yet."""
    async with change("reveals.ask", Action.ASK_REVEAL, by=by, form=form) as made:
        if proposal.consultation != by.consultation.id or by.person is None:
            raise NotFound
        refused = await why_not_ask(made.by, proposal)
        if refused is not None:
            raise Conflict(refused) if refused == WAITING else Denied(refused)
        if cause not in CAUSES:
            raise Invalid(N_("Please choose one of the two causes."), field="cause")
        _check_reason(words, "words")
        asked = Reveal(
            consultation=by.consultation.id,
            proposal=proposal.id,
            cause=cause,
            words=words,
            asked_by=by.person.id,
            asked_at=made.by.now,
        )
        await asked.save()
        convenors = [one for one in await staff_of(by.consultation.id, Role.CONVENOR) if one != by.person.id]
        await emails.send_to(convenors, "reveal_asked", by.consultation, reveal=asked.id)
        # Which text it is would tell everybody whose author is sought.
        made.payload = {"cause": cause}
        made.outcome = f"/c/{by.consultation.slug}/reveals/{asked.id}"
        return asked


async def answer(
    *, reveal: UUID, confirms: bool, words: str, law: str, by: Actor, form: Filled[Any] | None = None
) -> None:
    """With a second person's reason the author is told to both for a week, and hears of it unless a law forbids that.

    law : the law that forbids to tell the author, in the second person's words; empty where they are told
    """
    event = "reveals.confirm" if confirms else "reveals.refuse"
    async with change(event, Action.CONFIRM_REVEAL, by=by, form=form) as made:
        asked = await find(by, reveal)
        if by.person is None or asked.asked_by == by.person.id:
            raise Denied(SECOND_PERSON)
        if asked.answered_at is not None:
            raise Conflict(N_("This has been decided already."))
        _check_reason(words, "words")
        if confirms:
            await _tell_author(made.by, asked, is_told=not law)
        await execute(
            "update reveals set answered_by = $2, answered_at = clock_timestamp(), is_confirmed = $3, answer = $4, "
            "law = $5 where id = $1",
            asked.id,
            by.person.id,
            confirms,
            words,
            law if confirms else "",
        )
        await emails.send_to([asked.asked_by], "reveal_answered", by.consultation, reveal=asked.id)
        made.payload = {"cause": asked.cause} | ({"author_is_told": not law} if confirms else {})
        made.outcome = f"/c/{by.consultation.slug}/reveals/{asked.id}"


async def find(actor: Actor, reveal: UUID) -> Reveal:
    """The request, if it is of this consultation. Raises NotFound."""
    found = await Reveal.objects().where((Reveal.id == reveal) & (Reveal.consultation == actor.consultation.id)).first()
    if found is None:
        raise NotFound
    return found


async def _tell_author(by: Actor, asked: Reveal, *, is_told: bool) -> None:
    proposal = await Proposal.objects().where(Proposal.id == asked.proposal).first()
    assert proposal is not None
    author = None if proposal.author is None else (await accounts_of([proposal.author])).get(proposal.author)
    if author is None:
        raise Denied(NO_LINK)
    if by.person is not None and author == by.person.id:
        raise Denied(OWN_TEXT)
    if is_told:
        await emails.send_to(
            [author], "author_revealed", by.consultation, number=proposal.number, cause=asked.cause, words=asked.words
        )


def _check_reason(words: str, name: str) -> None:
    if len(words.strip()) < FEWEST_LETTERS:
        raise Invalid(REASON, field=name)
    if len(words) > MAX_WORDS:
        raise Invalid(TOO_LONG, field=name, limit=MAX_WORDS)
