"""Messages: composed in the reader's language, put into the outbox by the transaction that causes them, sent later.

What somebody does not want is not written at all; what they want once a day waits in the outbox for the next digest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from app.database import execute, fetchrow, now
from app.language import use_locale
from app.queue import enqueue
from app.rendering import render
from app.seals import stop_token
from app.settings import get_settings, is_loopback
from app.tables.accounts import Account
from app.tables.consultations import Consultation
from app.tables.outbox import Message
from app.topics import RULES, Delivery, Topic, topic_of


def compose(kind: str, *, locale: str, **values: Any) -> tuple[str, str]:
    """Subject and text of a message; the template's first line is the subject."""
    text = render(f"emails/{kind}.txt", locale=locale, base_url=get_settings().base_url, **values)
    subject, _, body = text.strip().partition("\n")
    return " ".join(subject.split())[:200], body.strip() + "\n"


async def send(kind: str, *, to: str, locale: str, calendar: str = "", stop_path: str = "", **values: Any) -> None:
    """A message waits in the outbox, and a job delivers it once the open transaction has committed.

    Somebody who wants none of its topic has none; somebody who wants them together has it in the next digest.
    calendar : what is attached as a calendar file; stop_path : for who has no account, where they say "no more"
    """
    topic = topic_of(kind)
    account, delivery = await _wish(to, topic)
    if delivery is Delivery.NEVER:
        return
    if account is not None and topic in RULES:
        stop_path = f"/{locale}/messages/stop/{stop_token(str(account), topic)}"
    subject, text = compose(kind, locale=locale, **values)
    message = Message(
        kind=kind,
        to=to,
        locale=locale,
        subject=subject,
        text=text + _footer(topic, locale, stop_path),
        calendar=calendar,
        stop_path=stop_path,
        status="held" if delivery is Delivery.DAILY else "waiting",
        created_at=await now(),
    )
    await message.save()
    if message.status == "waiting":
        await enqueue("deliver_message", message_id=str(message.id))


async def _wish(address: str, topic: Topic) -> tuple[UUID | None, Delivery]:
    """The account behind an address, if there is one, and how it wants the messages of a topic."""
    if topic not in RULES:
        return None, Delivery.AT_ONCE
    row = await fetchrow(
        "select a.id, s.delivery from accounts a left join message_settings s on s.account = a.id and s.topic = $2 "
        "where a.email = $1",
        address,
        topic.value,
    )
    if row is None:
        return None, RULES[topic].usual
    return row["id"], Delivery(row["delivery"]) if row["delivery"] else RULES[topic].usual


def _footer(topic: Topic, locale: str, stop_path: str) -> str:
    base_url = get_settings().base_url
    return "\n" + render(
        "emails/_footer.txt",
        locale=locale,
        base_url=base_url,
        label=RULES[topic].label if topic in RULES else "",
        stop_url=base_url + stop_path if stop_path else "",
    )


async def send_to(accounts: Sequence[UUID], kind: str, consultation: Consultation, **values: Any) -> None:
    """A message about a consultation to each of these accounts, in its language."""
    if not accounts:
        return
    for person in await Account.objects().where(Account.id.is_in(list(accounts))).order_by(Account.email):
        with use_locale(person.locale):
            await send(
                kind,
                to=person.email,
                locale=person.locale,
                slug=consultation.slug,
                title=consultation.title,
                **values,
            )


SMTP_SECONDS = 20.0
SMTP_PORT, SMTPS_PORT = 587, 465


async def deliver(message_id: UUID) -> bool:
    """The mail server has taken the message; False where none is configured, so that it stays in the outbox.

    Raises aiosmtplib.SMTPException or OSError; the outbox keeps the kind of failure, and the job tries again.
    """
    import aiosmtplib

    settings = get_settings()
    message = await Message.objects().where(Message.id == message_id).first()
    if settings.smtp_url is None or settings.is_demo or message is None or message.status == "sent":
        return False
    try:
        await aiosmtplib.send(_as_mail(message), timeout=SMTP_SECONDS, **smtp_options(settings.smtp_url))
    except (aiosmtplib.SMTPException, OSError) as error:
        await execute(
            "update messages set n_tries = n_tries + 1, problem = $2 where id = $1", message_id, type(error).__name__
        )
        raise
    await execute(
        "update messages set status = 'sent', problem = '', n_tries = n_tries + 1, sent_at = clock_timestamp() "
        "where id = $1",
        message_id,
    )
    return True


def smtp_options(url: str) -> dict[str, Any]:
    """How to reach the server of `smtp://user:password@host:587` (upgraded by STARTTLS) or `smtps://...:465`.

    Only `smtp://` to this machine itself goes without encryption, and then without a password. Raises ValueError.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("PLENARY_SMTP_URL must look like smtp://user:password@host:587")
    is_tls = parts.scheme == "smtps"
    is_local = is_loopback(parts.hostname) and parts.username is None
    options = {
        "hostname": parts.hostname,
        "port": parts.port or (SMTPS_PORT if is_tls else SMTP_PORT),
        "use_tls": is_tls,
        "start_tls": None if is_tls else not is_local,
    }
    if parts.username is not None:
        options |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    return options


def _as_mail(message: Message) -> EmailMessage:
    settings = get_settings()
    mail = EmailMessage()
    mail["From"] = settings.mail_from
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = make_msgid(str(message.id), urlsplit(settings.base_url).hostname)
    # Holiday replies to a one-time code help nobody.
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.locale
    if message.stop_path:
        # RFC 8058: mail programs show a button, and press it for the reader with one POST.
        mail["List-Unsubscribe"] = f"<{settings.base_url}{message.stop_path}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text)
    mail.add_alternative(message.html or html_of(message), subtype="html")
    if message.calendar:
        mail.add_attachment(message.calendar.encode(), maintype="text", subtype="calendar", filename="plenary.ics")
    return mail


def html_of(message: Message) -> str:
    """The same words for mail programs that show HTML: paragraphs, and addresses that can be followed."""
    paragraphs = [_linked(one) for one in re.split(r"\n\s*\n", message.text.strip())]
    return render("emails/_mail.html", locale=message.locale, subject=message.subject, paragraphs=paragraphs)


def _linked(text: str) -> list[tuple[str, bool]]:
    """The pieces of a paragraph, each with whether it is an address of this site."""
    address = re.compile(rf"({re.escape(get_settings().base_url)}\S*)")
    return [(piece, bool(address.fullmatch(piece))) for piece in address.split(text) if piece]
