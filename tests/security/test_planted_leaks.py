"""Twenty-eight leaks are built into the running application, one at a time; the search for canaries finds each.

They stand where polling tools really leaked: in hashes of addresses, headers, mails, logs, jobs and the metadata of
files. Nothing is given to the search that did not come out of the application.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import unicodedata
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import pytest_asyncio
from jinja2 import ChoiceLoader, DictLoader

from app import emails, logs, queue
from app.actions import summaries
from app.controllers import files
from app.database import execute, fetch
from app.documents import archives, docx, pdf
from app.rendering import environment
from tests import rooms
from tests.cast import person, signed_in
from tests.factories import actor, join, make_consultation, propose
from tests.leaks import Canary, Scanner

TOKEN = uuid4().hex[:12]
NAME, EMAIL, BODY = f"Zoë {TOKEN} O'Mark", f"zoe.{TOKEN}@leak-{TOKEN}.example", f"Body “{TOKEN}” & Sons"


@dataclass
class World:
    """Chidi, with a mark on everything that is theirs, has written the statement with this number."""

    client: Any
    number: int
    participant: str
    account: Any
    scanner: Scanner

    async def page(self, path: str, **headers: str) -> bool:
        """Whether a mark stands in what a visitor gets from there."""
        self.client.cookies.clear()
        answer = await self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        assert answer.status_code < 500, "nothing can be found on a page that fails"
        return bool(self.scanner.find(answer.content, answer.headers))


@pytest_asyncio.fixture
async def world(client: Any) -> World:
    here = await make_consultation()
    who = await person("chidi")
    chidi = await join("chidi", here, organisation=BODY)
    assert chidi.participant is not None
    await execute("update accounts set name = $2, email = $3 where id = $1", who.id, NAME, EMAIL)
    made = await propose(chidi, "Each village keeps its own wells.")
    marks = (
        NAME,
        EMAIL,
        EMAIL.split("@")[0],
        BODY,
        str(who.id),
        who.id.hex,
        str(who.id.int),
        str(chidi.participant.id),
    )
    scanner = Scanner([Canary("chidi", "mark", mark) for mark in marks])
    return World(client, made.number, str(chidi.participant.id), who.id, scanner)


@contextlib.contextmanager
def in_template(name: str, words: str, **known: Any) -> Iterator[None]:
    """The template says this, with these values, right after what it says at the end of its first block."""
    env = environment()
    source, _, _ = env.loader.get_source(env, name)  # type: ignore[union-attr]
    before = env.loader
    at = source.rindex("{% endblock %}") if "{% endblock %}" in source else len(source)
    env.loader = ChoiceLoader([DictLoader({name: source[:at] + words + source[at:]}), before])  # type: ignore[list-item]
    env.globals |= known
    env.cache.clear()  # type: ignore[union-attr]
    try:
        yield
    finally:
        env.loader = before
        env.cache.clear()  # type: ignore[union-attr]
        for one in known:
            env.globals.pop(one, None)


STATEMENTS, LIST = "/en/c/water/statements", "proposals/_list.html"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


IN_PAGES: dict[str, tuple[str, Callable[[World], dict[str, Any]]]] = {
    "a comment in the source": ("<!-- {{ leak }} -->", lambda w: {"leak": EMAIL}),
    "an attribute for scripts": ('<i data-by="{{ leak }}"></i>', lambda w: {"leak": w.participant}),
    "the picture of an address": ('<img alt="" src="/a/{{ leak }}.png">', lambda w: {"leak": md5(EMAIL)}),
    "a digest in a link": (
        '<a href="/u/{{ leak }}">·</a>',
        lambda w: {"leak": hashlib.sha256(EMAIL.encode()).hexdigest()},
    ),
    "the account in an id": ('<i id="a{{ leak }}"></i>', lambda w: {"leak": w.account.hex}),
    "the account as a number": ("<i>{{ leak }}</i>", lambda w: {"leak": w.account.int}),
    "a name in base64": ('<i title="{{ leak }}"></i>', lambda w: {"leak": b64encode(f"by {NAME}".encode()).decode()}),
    "a name with its marks apart": ("{{ leak }}", lambda w: {"leak": unicodedata.normalize("NFD", NAME)}),
    "a name in capitals": ("{{ leak }}", lambda w: {"leak": NAME.upper()}),
    "a name torn by markup": ("<b>{{ leak[:8] }}</b><i>{{ leak[8:] }}</i>", lambda w: {"leak": NAME}),
    "a name with invisible breaks": ("{{ leak }}", lambda w: {"leak": "\u200b".join(NAME)}),
    "an address in a query": ('<a href="?by={{ leak }}">·</a>', lambda w: {"leak": quote(EMAIL)}),
    "a code in hexadecimal": ("{{ leak }}", lambda w: {"leak": f"{int(w.participant):x}"}),
    "a code with spaces between thousands": (
        "{{ leak }}",
        lambda w: {"leak": f"{int(w.participant):,}".replace(",", " ")},
    ),
    "an organisation": ("{{ leak }}", lambda w: {"leak": BODY}),
}


@pytest.mark.parametrize("what", IN_PAGES)
async def test_a_leak_built_into_a_page_is_found(world: World, what: str) -> None:
    words, known = IN_PAGES[what]
    assert not await world.page(STATEMENTS), "without it nothing is found"
    with in_template(LIST, words, **known(world)):
        assert await world.page(STATEMENTS)
        assert await world.page(STATEMENTS, hx_request="true"), "the fragment leaks, too"


async def test_a_leak_on_an_error_page_is_found(world: World) -> None:
    assert not await world.page("/en/c/water/statements/999999")
    with in_template("errors/404.html", "{{ leak }}", leak=EMAIL):
        assert await world.page("/en/c/water/statements/999999")


@pytest.mark.parametrize("header", ["hx-trigger", "etag", "link"])
async def test_a_leak_in_a_header_is_found(world: World, monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    from app import rendering

    made = rendering._respond

    def leaking(*args: Any, **more: Any) -> Any:
        answer = made(*args, **more)
        answer.headers[header] = json.dumps({"by": world.participant if header != "link" else EMAIL})
        return answer

    assert not await world.page(STATEMENTS)
    monkeypatch.setattr(rendering, "_respond", leaking)
    assert await world.page(STATEMENTS)


async def test_a_leak_in_the_interface_for_programs_is_found(world: World) -> None:
    path = "/api/v1/consultations/water/statements"
    assert not await world.page(path)
    await execute("update proposals set statement = $1", f"{NAME} says: wells are needed.")
    assert await world.page(path)


async def test_a_leak_in_a_mail_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note to moderators that names who asked: how an anonymous poll was once given away."""
    here = (await fetch("select id from consultations"))[0]["id"]
    ben = await person("ben")

    async def found() -> bool:
        mails = await fetch('select subject, text from messages where "to" = $1', ben.email)
        assert mails
        return any(world.scanner.find(f"{mail['subject']}\n{mail['text']}".encode()) for mail in mails)

    from app.tables.consultations import Consultation

    consultation = await Consultation.objects().where(Consultation.id == here).first()
    assert consultation is not None
    told = {"n": 1, "hours": 24, "level": 1}
    await emails.send_to([ben.id], "queue_late", consultation, **told)
    assert not await found()
    with in_template("emails/queue_late.txt", "{{ leak }}", leak=f"From {NAME}"):
        await emails.send_to([ben.id], "queue_late", consultation, **told)
    assert await found()


async def test_a_leak_in_the_log_is_found(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A field that is not among those that are dropped."""
    logs.configure_logs(is_json=True)
    await world.page(STATEMENTS)
    assert not world.scanner.find(capsys.readouterr().err.encode())
    logs.log().info("proposal seen", by=world.participant)
    assert world.scanner.find(capsys.readouterr().err.encode())


async def test_a_leak_in_the_arguments_of_a_job_is_found(world: World) -> None:
    async def found() -> bool:
        rows = await fetch("select args::text, lock, queueing_lock from procrastinate_jobs")
        return any(world.scanner.find(str(dict(row)).encode()) for row in rows)

    assert not await found()
    await queue.enqueue("tell_news", to=EMAIL)
    assert await found()


async def test_a_leak_in_the_governance_log_is_found(world: World) -> None:
    async def found() -> bool:
        rows = await fetch("select actor, subject, payload::text from audit_events")
        return any(world.scanner.find(str(dict(row)).encode()) for row in rows)

    assert not await found()
    from app.actions.record import append_event

    await append_event("site", actor=f"participant:{world.participant}", action="x", subject="", payload={})
    assert await found()


# -------- files: the summary of a room, made by the application


@pytest_asyncio.fixture
async def summary(client: Any) -> Any:
    here = await rooms.crowd()
    await summaries.draft_of(await actor("amara", here))
    return await signed_in(client, "amara")


def _word(monkeypatch: pytest.MonkeyPatch) -> None:
    made = docx._metadata

    def leaking(document: Any, told: Any) -> None:
        made(document, told)
        document.core_properties.author = NAME

    monkeypatch.setattr(docx, "_metadata", leaking)


def _sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    import xlsxwriter

    made = xlsxwriter.Workbook.set_properties
    monkeypatch.setattr(
        xlsxwriter.Workbook, "set_properties", lambda self, said: made(self, said | {"manager": NAME, "author": EMAIL})
    )


class NotedMember(zipfile.ZipInfo):
    """A member of an archive with a note on who made it."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.comment = EMAIL.encode()


def _data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives.zipfile, "ZipInfo", NotedMember)


def _pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    made = pdf.html
    monkeypatch.setattr(
        pdf, "html", lambda told: made(told).replace("<head>", f'<head><meta name="author" content="{NAME}">')
    )


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "plant"), [("docx", _word), ("xlsx", _sheet), ("zip", _data), ("pdf", _pdf)])
async def test_a_leak_in_the_metadata_of_a_file_is_found(
    summary: Any, monkeypatch: pytest.MonkeyPatch, ending: str, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    if ending == "pdf" and not pdf.is_possible():
        pytest.skip("no PDFs here: WeasyPrint is not installed")
    scanner = Scanner([Canary("zoe", "name", NAME), Canary("zoe", "email", EMAIL)])
    files.kept.clear()
    answer = await summary.get(f"/en/c/water/summary.{ending}?draft=1")
    assert answer.status_code == 200 and len(answer.content) > 1_000
    assert not scanner.find(answer.content, answer.headers)
    plant(monkeypatch)
    files.kept.clear()
    answer = await summary.get(f"/en/c/water/summary.{ending}?draft=1")
    files.kept.clear()
    assert scanner.find(answer.content, answer.headers)
