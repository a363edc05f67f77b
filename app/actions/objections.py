"""Objecting to a passage of a draft summary, unseen, and answering each objection before anything is signed.

Like votes, objections have no audit event: one in a small room would tell the minute in which somebody was busy. Their
number and every answer are in the summary that is signed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.access import Actor
from app.actions import summaries
from app.actions.record import change
from app.analysis.objections import ANSWERS, CHANGED, NOTED
from app.database import execute, fetchrow
from app.documents.model import Document
from app.documents.objected import keys_of
from app.forms import NO_REASON, NOT_A_CHOICE, Filled
from app.refusals import N_, Closed, Conflict, Denied, Invalid, NotFound
from deliberation.phases import Action

OVER = N_("The time for objections is over.")
NOTHING_SHOWN = N_("No text is open for objections at the moment.")
STANDS_YET = N_("The passage stands as it was. Change it first, or give another answer.")
STANDS_NO_MORE = N_("The passage does not stand in the text any more: the answer is that it was changed.")

# The draft's row is held while the database's clock decides, as for a vote.
OBJECT = """
with draft as (
  select id, version from summaries
  where id = $1 and status = 'draft' and clock_timestamp() < shown_until for share
)
insert into objections (id, summary, participant, passage, version, reason, answer, said)
select gen_random_uuid(), draft.id, $2, $3, draft.version, $4, '', '' from draft
on conflict (summary, participant, passage, version) do update set reason = excluded.reason
returning id
"""


async def make(*, passage: str, reason: str, by: Actor) -> None:
    """The participant objects to this passage for this reason; a later objection to it replaces the first."""
    by.check(Action.OBJECT)
    row = await summaries.latest(by.consultation.id, "draft")
    if row is None or row.shown_until is None or by.participant is None:
        raise Closed(NOTHING_SHOWN)
    document = Document.from_json(summaries.plain(row.document)["body"]["document"])
    if passage not in keys_of(document):
        raise NotFound
    if not reason.strip():
        raise Invalid(NO_REASON, field="reason")
    if await fetchrow(OBJECT, row.id, by.participant.id, passage, reason) is None:
        raise Closed(OVER)


async def answer(*, objection: UUID, answer: str, said: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """The objection has this answer, which is published with the convenor's words."""
    async with change("objections.answer", Action.WRITE_SUMMARY, by=by, form=form) as made:
        draft = await summaries.draft_of(made.by)
        found = [one for one in draft.objections.all if one.id == objection] if draft else []
        if draft is None or not found:
            raise NotFound
        if draft.is_open:
            raise Denied(summaries.STILL_SHOWN)
        if draft.first_role:
            raise Conflict(N_("The text has been signed with the answers it had. Change the draft to answer anew."))
        if answer not in ANSWERS:
            raise Invalid(NOT_A_CHOICE, field="answer")
        if not said.strip():
            raise Invalid(N_("Please say in a sentence what you did and why: it is published."), field="said")
        _refuse_untrue(answer, stands=found[0].passage in _keys_as_shown(draft))
        await execute("update objections set answer = $2, said = $3 where id = $1", objection, answer, said)
        made.subject = str(draft.number)
        made.payload = {"passage": found[0].passage, "answer": answer, "said": said}


def _keys_as_shown(draft: summaries.Draft) -> set[str]:
    """The passages of the text without the notes that earlier answers have put into it."""
    held = summaries.plain(draft.row.document) if draft.row else {}
    return set(keys_of(Document.from_json(held["body"]["document"]) if "body" in held else draft.document))


def _refuse_untrue(answer: str, *, stands: bool) -> None:
    if answer == CHANGED and stands:
        raise Invalid(STANDS_YET, field="answer")
    if answer == NOTED and not stands:
        raise Invalid(STANDS_NO_MORE, field="answer")
