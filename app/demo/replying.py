"""The reply to the expert meeting's summary: one thing done, one late, one refused with its reason, others to come."""

from __future__ import annotations

from datetime import timedelta

from app.access import actor_in
from app.actions import replies
from app.analysis import replies as reading
from app.auth import Person
from app.documents import reply
from app.documents.reply import Line
from app.tables.consultations import Consultation

BODY = "Secretariat of the partnership forum"
INTRODUCTION = "Thank you for an afternoon of plain words. Here is what we do with them, and what we cannot do."
ANSWERS = (
    ("will_do", "A new partnership says on its first page what each partner wins.", "The forum's desk", -20, True),
    ("in_part", "We call each partnership begun here once a quarter; those of others are not ours.", "Desk", -3, False),
    ("will_not", "Agreements stay in the words of courts; a plain page beside each is for its partners.", "", 0, False),
)
"""Decision, reason, who, days from today, and whether it is done; for the first statements of the slate in order."""
DONE = "The form for registering a partnership asks for it since the first of the month."
PROMISED_IN = 30


async def answer(consultation: Consultation, *, convenor: Person) -> None:
    """The reply is published with three answers; the others are promised within a month."""
    summary = await reading.answered_summary(consultation.id)
    assert summary is not None
    by = await actor_in(consultation, convenor)
    today, version = by.now.date(), 0
    for number, (decision, reason, who, days, is_done) in zip(reply.asked(summary["snapshot"]), ANSWERS, strict=False):
        due = (today + timedelta(days=days)).isoformat() if days else ""
        words = DONE if is_done else ""
        line = Line((number,), decision, reason, who=who, by_when=due, is_done=is_done, done_words=words)
        await replies.answer(line=line, version=version, by=by)
        version += 1
    await replies.write(
        body=BODY,
        introduction=INTRODUCTION,
        correction="",
        due_on=today + timedelta(days=PROMISED_IN),
        version=version,
        by=by,
    )
    await replies.publish(version=version + 1, by=by)
