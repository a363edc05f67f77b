"""Replies: what whoever convened says will be done, written line by line, published in versions that all stay."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions.record import change
from app.analysis import replies as reading
from app.database import fetch, fetchval
from app.documents import reply
from app.documents.reply import Line
from app.forms import Filled
from app.queue import enqueue
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.replies import Reply
from deliberation.phases import Action

NO_SUMMARY = N_("A reply answers a published summary. Please publish a summary first.")
CHANGED = N_("Somebody else changed the reply in the meantime.")
NOT_A_STATEMENT = N_("The summary has no statement %(number)s.")
NO_STATEMENT = N_("Please name at least one statement by its number.")
UNEXPLAINED = N_("Please say what has changed since the version before, and why.")
NOTHING_SAID = N_("There is no answer in it yet.")
NOBODY = N_("Please say who answers.")
TOO_MANY = N_("A reply has at most %(limit)s answers. Please answer several statements together.")


def lines_of(row: Reply | None) -> list[Line]:
    """The lines of a version as it stands."""
    if row is None:
        return []
    held = json.loads(row.lines) if isinstance(row.lines, str) else row.lines
    return [Line.of(one) for one in held]


def record_of(row: Reply, summary: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a draft, as it would be published now."""
    return reply.build(
        summary,
        lines_of(row),
        number=row.number,
        body=row.body,
        introduction=row.introduction,
        correction=row.correction,
        due_on=row.due_on,
    )


async def _opened(by: Actor, version: int) -> tuple[Reply, Mapping[str, Any]]:
    """The draft, a new one from the last published version where there is none, and the summary it answers."""
    summary = await reading.answered_summary(by.consultation.id)
    if summary is None:
        raise Denied(NO_SUMMARY)
    row = await reading.draft_of(by.consultation.id)
    if (row.version if row else 0) != version:
        raise Conflict(CHANGED)
    if row is not None:
        return row, summary
    before = (
        await Reply.objects()
        .where(Reply.consultation == by.consultation.id)
        .order_by(Reply.number, ascending=False)
        .first()
    )
    kept: dict[str, Any] = {}
    if before is not None:
        kept = {"body": before.body, "introduction": before.introduction, "due_on": before.due_on}
        kept["lines"] = before.lines
    number = before.number + 1 if before else 1
    return Reply(consultation=by.consultation.id, number=number, version=0, created_at=by.now, **kept), summary


async def _saved(row: Reply, lines: Sequence[Line] | None = None) -> None:
    if lines is not None:
        row.lines = json.dumps([line.to_json() for line in lines])
    row.version += 1
    await row.save()


async def write(
    *,
    body: str,
    introduction: str,
    correction: str,
    due_on: date | None,
    version: int,
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The draft says who answers, by when, and what has changed."""
    async with change("replies.write", Action.WRITE_REPLY, by=by, form=form) as made:
        row, _ = await _opened(made.by, version)
        row.body, row.introduction, row.correction, row.due_on = body, introduction, correction, due_on
        await _saved(row)
        made.subject = str(row.number)
        made.payload = {"version": row.version, "due_on": due_on.isoformat() if due_on else None}


async def answer(*, line: Line, version: int, by: Actor, form: Filled[Any] | None = None) -> None:
    """The draft has this line: in the place of the one with its id, or as its last."""
    async with change("replies.answer", Action.WRITE_REPLY, by=by, form=form) as made:
        row, summary = await _opened(made.by, version)
        known = {one["number"] for one in summary["snapshot"]["statements"]}
        if not line.statements:
            raise Invalid(NO_STATEMENT, field="statements")
        for number in line.statements:
            if number not in known:
                raise Invalid(NOT_A_STATEMENT, field="statements", number=number)
        lines = lines_of(row)
        at = next((at for at, one in enumerate(lines) if one.id == line.id), len(lines))
        if at >= reply.MOST_LINES:
            raise Invalid(TOO_MANY, field="statements", limit=reply.MOST_LINES)
        await _saved(row, [*lines[:at], line, *lines[at + 1 :]])
        made.subject = str(row.number)
        made.payload = {"version": row.version, "statements": list(line.statements), "decision": line.decision}


async def take_out(*, line_id: str, version: int, by: Actor, form: Filled[Any] | None = None) -> None:
    """The draft has the line no more; published versions keep it."""
    async with change("replies.take_out", Action.WRITE_REPLY, by=by, form=form) as made:
        row, _ = await _opened(made.by, version)
        lines = lines_of(row)
        if line_id not in {one.id for one in lines}:
            raise NotFound
        await _saved(row, [one for one in lines if one.id != line_id])
        made.subject, made.payload = str(row.number), {"version": row.version}


async def publish(*, version: int, by: Actor, form: Filled[Any] | None = None) -> Reply:
    """The draft is published as it stands, for good, and everybody who takes part hears of it."""
    async with change("replies.publish", Action.WRITE_REPLY, by=by, form=form) as made:
        row, summary = await _opened(made.by, version)
        for is_missing, why in (
            (not row.lines or not lines_of(row), NOTHING_SAID),
            (not row.body.strip(), NOBODY),
            (row.number > 1 and not row.correction.strip(), UNEXPLAINED),
        ):
            if is_missing:
                raise Invalid(why)
        record = reply.published(record_of(row, summary), made.by.now.date())
        row.status, row.published_at = "published", made.by.now
        row.record = json.dumps(record, ensure_ascii=False)
        await row.save()
        await enqueue("announce_reply", reply_id=str(row.id))
        made.subject, made.payload = str(row.number), {"hash": record["hash"], "summary": record["summary"]["hash"]}
        return row


async def announce(*, reply_id: UUID) -> None:
    """Everybody who takes part has heard once that the reply is there; a repeated job sends nothing again."""
    row = await Reply.objects().where(Reply.id == reply_id).first()
    if row is None or row.status != "published":
        return
    by, subject = await access.system_actor(row.consultation), str(row.number)
    async with change("replies.announce", Action.WRITE_REPLY, by=by, subject=subject) as made:
        told = await fetchval(
            "select exists(select from audit_events where chain = $1 and action = $2 and subject = $3)",
            str(row.consultation),
            "replies.announce",
            subject,
        )
        if told:
            raise Conflict(N_("This reply has been announced already."))
        people = await fetch(
            "select a.email, a.locale from memberships m join accounts a on a.id = m.account "
            "where m.consultation = $1 and m.role = 'participant' and a.disabled_at is null order by a.email",
            row.consultation,
        )
        for one in people:
            here = by.consultation
            await emails.send(
                "reply_published", to=one["email"], locale=one["locale"], title=here.title, slug=here.slug
            )
        made.payload = {"announced": True}
