"""Messages leave the outbox through a mail server, or wait in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from uuid import UUID

import aiosmtplib
import pytest
import pytest_asyncio

from app import emails
from app.database import fetch, fetchrow, now
from app.settings import get_settings
from app.tables.outbox import Message


@dataclass
class MailServer:
    """A mail server of a few lines on a real socket: it takes every message, or refuses every recipient."""

    port: int = 0
    refuses: bool = False
    received: list[str] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            command = line.split(b" ")[0].strip().upper()
            if command == b"DATA":
                writer.write(b"354 go on\r\n")
                self.received.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                writer.write(b"250 taken\r\n")
            elif command == b"RCPT" and self.refuses:
                writer.write(b"550 no such mailbox\r\n")
            elif command == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 fine\r\n")
        writer.close()


@pytest_asyncio.fixture
async def mail_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MailServer]:
    server = MailServer()
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    settings = replace(get_settings(), smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from="Plenary <p@example.org>")
    monkeypatch.setattr(emails, "get_settings", lambda: settings)
    yield server
    listening.close()


async def in_outbox(text: str = "Your code is 12345678.\n", subject: str = "Sign in", html: str = "") -> UUID:
    message = Message(
        kind="sign_in_code", to="dana@example.org", subject=subject, text=text, html=html, created_at=await now()
    )
    await message.save()
    return UUID(str(message.id))


async def test_a_message_is_sent_once_and_marked(database: None, mail_server: MailServer) -> None:
    message = await in_outbox()
    assert await emails.deliver(message)
    assert not await emails.deliver(message)
    (text,) = mail_server.received
    assert "To: dana@example.org" in text
    assert "Subject: Sign in" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "Your code is 12345678." in text
    row = await fetchrow("select status, n_tries, sent_at is not null as is_sent from messages")
    assert row is not None
    assert dict(row) == {"status": "sent", "n_tries": 1, "is_sent": True}


async def test_a_message_in_any_script_arrives_as_it_was_written(database: None, mail_server: MailServer) -> None:
    from email import message_from_string, policy

    await emails.deliver(await in_outbox(text="رمز الدخول: ١٢٣\n你好\n", subject="تسجيل الدخول", html="<p>你好</p>"))
    mail = message_from_string(mail_server.received[0].rpartition("\r\n.\r\n")[0], policy=policy.default)
    assert mail["Subject"] == "تسجيل الدخول"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == ["رمز الدخول: ١٢٣", "你好"]
    assert html.get_content().strip() == "<p>你好</p>"


async def test_a_refused_message_stays_with_the_kind_of_failure(database: None, mail_server: MailServer) -> None:
    mail_server.refuses = True
    message = await in_outbox()
    with pytest.raises(aiosmtplib.SMTPException):
        await emails.deliver(message)
    row = await fetchrow("select status, n_tries, problem from messages")
    assert row is not None
    assert dict(row) == {"status": "waiting", "n_tries": 1, "problem": "SMTPRecipientsRefused"}


async def test_without_a_mail_server_messages_wait_in_the_outbox(database: None) -> None:
    assert not await emails.deliver(await in_outbox())
    assert [row["status"] for row in await fetch("select status from messages")] == ["waiting"]


async def test_a_demo_sends_nothing_even_with_a_mail_server(
    database: None, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(emails.get_settings(), is_demo=True)
    monkeypatch.setattr(emails, "get_settings", lambda: settings)
    assert not await emails.deliver(await in_outbox())
    assert mail_server.received == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", {"port": 587, "use_tls": False, "start_tls": True}),
        ("smtps://mail.example.org", {"port": 465, "use_tls": True, "start_tls": None}),
        ("smtp://127.0.0.1:25", {"port": 25, "use_tls": False, "start_tls": False}),
        ("smtp://me:a%40b@127.0.0.1:25", {"start_tls": True, "username": "me", "password": "a@b"}),
    ],
)
def test_a_mail_server_elsewhere_is_always_spoken_to_in_private(url: str, expected: dict[str, object]) -> None:
    assert expected.items() <= emails.smtp_options(url).items()


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://"])
def test_a_malformed_mail_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="PLENARY_SMTP_URL"):
        emails.smtp_options(url)
