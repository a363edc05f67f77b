"""My messages and how I want them; an end by one press; what was delivered, and what each looks like."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from app import auth
from app.actions import messages
from app.database import fetch
from app.documents.sample_messages import sample_of
from app.forms import Filled, blank, read
from app.language import LANGUAGES, current_locale, direction, gettext
from app.refusals import N_, NotFound
from app.rendering import AnyRequest, page, see_other, url
from app.topics import KINDS, RULES, Delivery, Topic
from deliberation.phases import Action

WAYS = {
    Delivery.AT_ONCE: N_("at once"),
    Delivery.DAILY: N_("once a day, together"),
    Delivery.WEEKLY: N_("once a week"),
    Delivery.NEVER: N_("not at all"),
}
STATES = {
    "waiting": N_("waiting"),
    "held": N_("held for a digest"),
    "bundled": N_("in a digest"),
    "sent": N_("sent"),
    "failed": N_("failed"),
}
N_SHOWN = 50

# Messages that hold a code or a personal link are read in the mailbox that they were sent to, and nowhere else.
MINE = """
select subject, text, locale, created_at from messages
where "to" = $1 and kind <> 'sign_in_code' and kind not like 'invitation%' and kind <> 'digest'
order by created_at desc limit $2
"""
WISHES = "select topic, delivery from message_settings where account = $1"
COUNTS = "select status, count(*) as n, min(created_at) as oldest from messages group by status"
FAILED = """
select id, kind, problem, n_tries, created_at from messages where status = 'failed' order by created_at desc limit $1
"""


class WishesForm(msgspec.Struct):
    own: Delivery
    rounds: Delivery
    closing: Delivery
    statements: Delivery
    results: Delivery
    partners: Delivery
    duties: Delivery


@get("/me/messages", opt={"action": Action.SEE_OWN_ACCOUNT})
async def mine(request: AnyRequest) -> Response[Any]:
    person = auth.person_of(request)
    chosen = {row["topic"]: row["delivery"] for row in await fetch(WISHES, person.id)}
    form = blank(**{topic.value: chosen.get(topic.value, rule.usual.value) for topic, rule in RULES.items()})
    return await _mine(request, form)


async def _mine(request: AnyRequest, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    person = auth.person_of(request)
    topics = [
        (topic.value, gettext(rule.label), [(way.value, gettext(WAYS[way])) for way in rule.ways])
        for topic, rule in RULES.items()
    ]
    rows = [
        dict(row) | {"text": messages.without_footer(row["text"])} for row in await fetch(MINE, person.email, N_SHOWN)
    ]
    return page(request, "messages/mine.html", status=status, form=form, topics=topics, messages=rows, zone=person.zone)


@post("/me/messages", opt={"action": Action.SEE_OWN_ACCOUNT}, status_code=200)
async def choose(request: AnyRequest) -> Response[Any]:
    person = auth.person_of(request)
    form = await read(request, WishesForm)
    if form.is_valid:
        with form.refusals():
            wishes = {topic: getattr(form.data, topic.value) for topic in RULES}
            await messages.choose(account=person.id, wishes=wishes)
            return see_other(request, url("/me/messages"), said=gettext("Saved."))
    return await _mine(request, form, status=422)


@get("/messages/stop/{token:str}", opt={"action": Action.STOP_MESSAGES})
async def ask_to_stop(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Nothing stops by reading: mail programs open addresses to look for viruses."""
    return page(request, "messages/stop.html", topic=_label(messages.topic_of_token(token)), is_stopped=False)


@post("/messages/stop/{token:str}", opt={"action": Action.STOP_MESSAGES, "is_one_click": True}, status_code=200)
async def stop(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    topic = await messages.stop(token=token)
    return page(request, "messages/stop.html", topic=_label(topic), is_stopped=True)


def _label(topic: Topic) -> str:
    if topic is Topic.INVITATIONS:
        return gettext("Invitations to this consultation")
    return gettext(RULES[topic].label)


@get("/messages", opt={"action": Action.SEE_DELIVERY})
async def delivery(request: AnyRequest) -> Response[Any]:
    counts = {row["status"]: row for row in await fetch(COUNTS)}
    return page(
        request,
        "messages/delivery.html",
        counts=[(gettext(label), counts.get(code)) for code, label in STATES.items()],
        failed=await fetch(FAILED, N_SHOWN),
    )


@post("/messages/{message:uuid}/again", opt={"action": Action.MANAGE_DELIVERY}, status_code=303)
async def again(request: AnyRequest, message: FromPath[UUID]) -> Response[Any]:
    await messages.try_again(message=message)
    return see_other(request, url("/messages"), said=gettext("The message is on its way again."))


@get("/messages/preview", opt={"action": Action.SEE_MESSAGES})
async def preview(
    request: AnyRequest,
    kind: Annotated[str, QueryParameter(name="kind")] = "round_opened",
    language: Annotated[str, QueryParameter(name="language")] = "",
) -> Response[Any]:
    code = language or current_locale()
    if kind not in KINDS or code not in LANGUAGES:
        raise NotFound
    subject, text = sample_of(kind, code)
    return page(
        request,
        "messages/preview.html",
        form=blank(kind=kind, language=code),
        kinds=[(one, _kind_label(one)) for one in sorted(KINDS, key=_kind_label)],
        language_options=list(LANGUAGES.items()),
        subject=subject,
        text=text,
        code=code,
        text_direction=direction(code),
    )


def _kind_label(kind: str) -> str:
    """A message is known by its subject."""
    return sample_of(kind, current_locale())[0]


HANDLERS = [mine, choose, ask_to_stop, stop, delivery, again, preview]
