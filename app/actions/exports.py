"""Exporting votes line by line: an imported, already public conversation; of others, the reason why not."""

from __future__ import annotations

import asyncio
import contextlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from app import access
from app.access import Actor
from app.actions.record import change
from app.database import fetchrow
from app.refusals import N_, Denied, NotFound
from app.tables.consultations import Consultation
from deliberation.disclosure import Attribution
from deliberation.phases import Action
from deliberation.polis_archive import unpack
from deliberation.polis_writing import write_export

CHATHAM_HOUSE = N_(
    "Under the Chatham House Rule no list of votes leaves this platform, at any size: three known votes are often "
    "enough to find a person in it. Published totals can be downloaded with the summary."
)
NOT_ASKED = N_(
    "A list of votes could leave this platform only if everybody had agreed to it when they joined, and nobody was "
    "asked. Published totals can be downloaded with the summary."
)


@dataclass(frozen=True)
class Exported:
    """What an export wrote."""

    slug: str
    files: tuple[str, ...]
    n_events: int

    def lines(self) -> list[str]:
        """What was written, for a person."""
        return [f"{self.slug}: {self.n_events} vote events in {', '.join(self.files)}"]

    def as_json(self) -> dict[str, Any]:
        return {"slug": self.slug, "files": list(self.files), "n_events": self.n_events}


def refusal(consultation: Consultation) -> str | None:
    """Why the votes of a consultation cannot be exported line by line, or None."""
    if consultation.is_imported:
        return None
    return CHATHAM_HOUSE if consultation.attribution == Attribution.CHATHAM_HOUSE else NOT_ASKED


async def export_polis(*, slug: str, folder: Path, by: str) -> Exported:
    """The consultation as the files it was imported from, written into a folder. Raises Denied with the reason."""
    found = await Consultation.objects().where(Consultation.slug == slug).first()
    if found is None:
        raise NotFound(N_("There is no consultation “%(slug)s”."), slug=slug)
    files, n_events = await _files(await access.system_actor(found.id), by)
    await asyncio.to_thread(_write, folder, files)
    return Exported(slug, tuple(files), n_events)


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


async def zipped(*, by: Actor) -> bytes:
    """The same files in a zip, for a browser."""
    files, _ = await _files(by, by.label)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


async def _files(by: Actor, who: str) -> tuple[dict[str, str], int]:
    why_not = refusal(by.consultation)
    if why_not is not None:
        raise Denied(why_not)
    async with change("exports.export_polis", Action.EXPORT_VOTES, by=by) as made:
        content, n_events = await _stored(by.consultation.id)
        made.payload = {"n_events": n_events, "by": who}
    return await asyncio.to_thread(_written, content), n_events


async def _stored(consultation: UUID) -> tuple[bytes, int]:
    row = await fetchrow("select content, n_events from imported_logs where consultation = $1", consultation)
    if row is None:
        raise NotFound
    return bytes(row["content"]), int(row["n_events"])


def _written(content: bytes) -> dict[str, str]:
    files: dict[str, str] = {}

    @contextlib.contextmanager
    def open_stream(name: str) -> Iterator[TextIO]:
        stream = io.StringIO(newline="")
        yield stream
        files[name] = stream.getvalue()

    write_export(unpack(content), open_stream)
    return files
