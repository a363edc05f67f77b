"""Bytes that no browser sends, bodies without end, and files that swell: refused, and the server goes on."""

from __future__ import annotations

import io
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.main import MAX_BODY
from deliberation.errors import DeliberationError, TooLarge
from deliberation.polis_files import PolisFileSettings, read_export
from tests.cast import signed_in
from tests.reliability.site import Site, free_port

pytestmark = pytest.mark.slow

HOST = b"Host: 127.0.0.1\r\n"
RAW: dict[str, bytes] = {
    "nothing": b"",
    "a line end": b"\r\n\r\n",
    "noise": bytes(range(256)) * 4,
    "no version": b"GET /healthz\r\n\r\n",
    "an odd version": b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n",
    "an odd method": b"\x00\xff /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\n" + HOST * 2 + b"\r\n",
    "a path without end": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a header without end": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
    "headers without end": b"GET /healthz HTTP/1.1\r\n" + HOST + b"".join(b"X%d: 1\r\n" % n for n in range(5_000)),
    "a folded header": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "a NUL in a header": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
    "two lengths": b"POST /en/sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a length below zero": b"POST /en/sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "a length and chunks": b"POST /en/sign-in HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    "odd chunks": b"POST /en/sign-in HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk of all there is": b"POST /en/sign-in HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "an address for a path": b"GET http://evil.example/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "an upgrade": b"GET /live/x HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "the preface of another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64,
    "a length that is never sent": b"POST /en/sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\nabc",
}


@pytest.fixture(scope="module")
def site(server_url: Any, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of its own on a loopback port."""
    import psycopg

    with psycopg.connect(server_url("postgres"), autocommit=True) as owner:
        owner.execute(f"create database of_sockets template {template_database}")
    site = Site(tmp_path_factory.mktemp("site"), server_url("of_sockets"), port=free_port(), n_web=1)
    site.start()
    yield site
    site.stop()


def answer_to(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=0.7) as line:
        received = b""
        try:
            line.sendall(sent)
            while part := line.recv(65_536):
                received += part
        except (ConnectionError, TimeoutError):
            pass
        return received


def test_no_bytes_stop_the_server_or_show_its_inside(site: Site) -> None:
    # The web server adds its name, without a version, to every answer; the balancer drops it.
    for what, sent in RAW.items():
        answer = answer_to(site.port, sent)
        status = answer.split(b" ", 2)[1] if answer.startswith(b"HTTP/") else b""
        assert not status.startswith(b"5"), f"{what}: {answer[:200]!r}"
        for inside in (b"Traceback", b"granian/", b"litestar", b"evil.example"):
            assert inside not in answer, f"{what}: {answer[:200]!r}"
        began = time.monotonic()
        good = answer_to(site.port, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert good.startswith(b"HTTP/1.1 200"), what
        assert time.monotonic() - began < 1.5, what


# -------- bodies and parts


async def test_a_form_beyond_64_kib_is_refused_soon(client: Any) -> None:
    chidi = await signed_in(client, "chidi")
    for size in (MAX_BODY + 1, 12_000_000):
        began = time.process_time()
        answer = await chidi.client.post(
            "/en/sign-in", content=b"a=" + b"x" * size, headers={"content-type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 413
        assert time.process_time() - began < 0.5
    assert MAX_BODY == 64 * 1024


@pytest.mark.parametrize(("n_parts", "is_taken"), [(20, True), (21, False), (900, False)])
async def test_a_form_in_more_than_20_parts_is_refused(client: Any, n_parts: int, is_taken: bool) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n'
    body = b"".join(part % n for n in range(n_parts)) + b"--x--\r\n"
    kind = {"content-type": "multipart/form-data; boundary=x"}
    answer = await client.post("/en/sign-in", content=body, headers=kind)
    assert (answer.status_code in {400, 413}) is not is_taken or is_taken
    assert answer.status_code < 500


# -------- imports that swell

VOTES = "timestamp,datetime,comment-id,voter-id,vote\n"
COMMENTS = "timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body\n"
TABLE = "participant,group-id,n-comments,n-votes,n-agree,n-disagree"
BOMBS: dict[str, dict[str, str]] = {
    "a cell of ten million": {"comments.csv": COMMENTS + '1,x,0,0,1,0,1,"' + "a" * 10_000_000 + '"\n'},
    "a quote that never closes": {"comments.csv": COMMENTS + '1,x,0,0,1,0,1,"' + "a\n" * 3_000_000},
    "a row without end": {"votes.csv": VOTES + "1," * 3_000_000},
    "a header without end": {"votes.csv": "a," * 3_000_000},
    "a line without end": {"votes.csv": VOTES + "9" * 10_000_000},
    "a number without end": {"votes.csv": VOTES + f"1,x,{'9' * 100_000},0,1\n"},
    "NULs": {"votes.csv": VOTES + "\0" * 1_000_000},
    "a packed file": {"votes.csv": "PK\x03\x04" + "\x00" * 1_000_000},
    "quotes in quotes": {"comments.csv": COMMENTS + '1,x,0,0,1,0,1,"' + '""' * 2_000_000},
    "columns without end": {"participants-votes.csv": TABLE + "".join(f",{n}" for n in range(400_000)) + "\n"},
    "formulas": {"votes.csv": VOTES + "=cmd(),x,=1,=1,=1\n"},
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_file_that_swells_is_refused_before_it_fills_the_memory(what: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    good = {"votes.csv": VOTES + "1,x,0,0,1\n"}
    with pytest.raises(DeliberationError):
        read_export(
            {name: io.StringIO(text, newline="") for name, text in (good | BOMBS[what]).items()}, sign_of_agree=1
        )
    assert time.process_time() - began < 10
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 50


def test_more_votes_than_are_read_are_refused_by_name() -> None:
    rows = "".join(f"{n},x,{n},{n},1\n" for n in range(60))
    with pytest.raises(TooLarge):
        read_export({"votes.csv": io.StringIO(VOTES + rows)}, sign_of_agree=1, settings=PolisFileSettings(max_votes=50))


def test_no_archive_that_somebody_sent_is_unpacked() -> None:
    project = Path(__file__).parents[2]
    for file in sorted((project / "app").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        for word in ("extractall", "unpack_archive", "UploadFile", "ZipFile(file", "ZipFile(path"):
            assert word not in text, f"{file}: {word}"
