"""Importing a Polis export: one conversation becomes one consultation with its log, or nothing of it does."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from app.access import new_participant_id
from app.actions.consultations import slug_from
from app.actions.record import append_event
from app.database import connection, fetchval, now, transaction
from app.queue import enqueue
from app.tables.consultations import Consultation
from app.tables.rounds import Round
from deliberation import texts
from deliberation.disclosure import Attribution
from deliberation.errors import BadValue
from deliberation.phases import Lifecycle, Phase
from deliberation.polis_archive import pack
from deliberation.polis_export import PolisExport, PolisStatement
from deliberation.polis_files import read_export
from deliberation.votes import CHOICE_OF_SIGN

LONGEST_TITLE, LONGEST_STATEMENT = 120, 1000
FILES = ("comments.csv", "votes.csv", "participants-votes.csv", "participant-votes.csv", "summary.csv", "format.json")
# Times are of the log; one that has none is taken to have ended a day ago.
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Imported:
    """What an import made, for whoever asked for it."""

    slug: str
    n_participants: int
    n_statements: int
    n_events: int
    n_votes: int
    sign_of_agree: int
    notes: tuple[dict[str, Any], ...]

    def lines(self) -> list[str]:
        """What was found, for a person."""
        return [
            f"Imported as {self.slug}: {self.n_participants} participants, {self.n_statements} statements,",
            f"{self.n_events} vote events, {self.n_votes} current votes; agree is {self.sign_of_agree:+d} in the files",
            *(" ".join([note["code"], *(f"{k}={v}" for k, v in note.items() if k != "code")]) for note in self.notes),
        ]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_folder(folder: Path, sign_of_agree: int | None = None) -> PolisExport:
    """The export in a folder. Raises the core's `BadFile`, `TooLarge` or `AmbiguousSign`, naming file and line."""
    with contextlib.ExitStack() as stack:
        streams = {
            name: stack.enter_context((folder / name).open(encoding="utf-8-sig", newline=""))
            for name in FILES
            if (folder / name).is_file()
        }
        return read_export(streams, sign_of_agree=sign_of_agree)


async def import_polis(*, folder: Path, by: str, title: str = "", sign_of_agree: int | None = None) -> Imported:
    """The conversation in the folder is a consultation here, marked as public already; all of it or nothing.

    sign_of_agree : +1 or -1 where the person knows it; None finds out, and refuses where it cannot be told
    """
    export = await asyncio.to_thread(read_folder, folder, sign_of_agree)
    async with transaction():
        consultation, round_id = await _make_consultation(export, title or export.topic or folder.name)
        participants = await _save_participants(export, consultation)
        proposals = await _save_statements(export, consultation, round_id, participants)
        n_votes = await _save_votes(export, consultation, participants, proposals)
        await _save_log(export, consultation, participants, proposals)
        result = _report(export, consultation, len(participants), n_votes)
        await append_event(
            str(consultation.id),
            actor=by,
            action="imports.import_polis",
            subject=consultation.slug,
            payload={"n_events": result.n_events, "n_votes": n_votes, "n_statements": result.n_statements},
        )
        await enqueue("freeze", queueing_lock=f"freeze:{round_id}", round_id=str(round_id))
    return result


def _times(export: PolisExport, moment: datetime) -> tuple[datetime, datetime]:
    known = export.log.timestamps_ms[export.log.timestamps_ms > 0]
    if not known.size:
        return moment - 2 * DAY, moment - DAY
    opened, closed = (datetime.fromtimestamp(int(edge) / 1000, UTC) for edge in (known.min(), known.max()))
    return opened, min(closed + timedelta(seconds=1), moment)


async def _make_consultation(export: PolisExport, title: str) -> tuple[Consultation, UUID]:
    moment = await now()
    clean = _clean(title)[:LONGEST_TITLE] or "Imported consultation"
    slug = slug_from(clean) or uuid4().hex[:8]
    if await fetchval("select 1 from consultations where slug = $1", slug):
        slug = f"{slug}-{uuid4().hex[:6]}"
    consultation = Consultation(
        slug=slug,
        title=clean,
        question=clean,
        description=_clean(export.description)[:5000],
        attribution=Attribution.OPEN.value,
        joining="invitation",
        lifecycle=Lifecycle.RUNNING.value,
        is_imported=True,
        next_number=max((statement.id for statement in export.statements), default=0) + 1,
        seed=int(np.uint32(abs(hash_of(clean))) >> 1),
        created_at=moment,
    )
    await consultation.save()
    opens_at, closes_at = _times(export, moment)
    only = Round(
        consultation=consultation.id,
        number=1,
        phase=Phase.PROPOSE.value,
        opens_at=min(opens_at, closes_at - timedelta(seconds=1)),
        closes_at=closes_at,
        settings={"n_places": 8},
    )
    await only.save()
    return consultation, only.id


def hash_of(text: str) -> int:
    """A number that follows from a text, the same in every process: the seed of an imported consultation."""
    return int.from_bytes(texts.normalised(text).encode()[:8].ljust(8, b"\0"), "little") & 0xFFFFFFFF


def _clean(text: str) -> str:
    """The text without what no form would let in; an import must not fail for one odd character in old data."""
    try:
        return texts.clean_text(text)
    except BadValue:
        kept = "".join(mark for mark in text if mark in "\n\t" or (mark.isprintable() and mark not in _INVISIBLE))
        return texts.clean_text(kept)


_INVISIBLE = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xD900))))


async def _copy(table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    async with connection() as open_connection:
        await open_connection.copy_records_to_table(table, records=rows, columns=columns)


async def _save_participants(export: PolisExport, consultation: Consultation) -> dict[int, int]:
    """Random ids for everybody who voted, wrote or is listed; the export's number leads to them, not back."""
    sources = {int(number) for number in np.unique(export.log.participants)}
    sources |= {item.id for item in export.participants}
    sources |= {item.author_id for item in export.statements if item.author_id is not None}
    participants = {source: new_participant_id() for source in sorted(sources)}
    joined_on = consultation.created_at.date()
    await _copy(
        "participants",
        ["id", "consultation", "constituency", "region", "language", "gender", "is_excluded", "joined_on"],
        [(number, consultation.id, "", "", "en", "", False, joined_on) for number in sorted(participants.values())],
    )
    return participants


async def _save_statements(
    export: PolisExport, consultation: Consultation, round_id: UUID, participants: dict[int, int]
) -> dict[int, int]:
    """Every statement as a proposal under its own number; what its moderators rejected stays declined."""
    found: dict[int, int] = {}
    for statement in export.statements:
        found[statement.id] = await fetchval(INSERT_STATEMENT, *_row(statement, consultation, round_id, participants))
    return found


INSERT_STATEMENT = """
insert into proposals (consultation, number, round, author, is_starter, author_is_named, statement, details,
  details_html, language, goals, theme, status, reason_code, reason, vector, version, submitted_on)
values ($1, $2, $3, $4, $5, false, $6, '', '', 'en', '{}', $7, $8, $9, '', $10, 1, $11) returning id
"""


def _row(
    statement: PolisStatement, consultation: Consultation, round_id: UUID, participants: dict[int, int]
) -> tuple[Any, ...]:
    text = _clean(statement.text)[:LONGEST_STATEMENT] or "–"
    declined = statement.moderated == -1
    when = consultation.created_at
    if statement.timestamp_ms:
        when = datetime.fromtimestamp(statement.timestamp_ms / 1000, UTC)
    author = None if statement.author_id is None else participants.get(statement.author_id)
    return (
        consultation.id,
        statement.id,
        round_id,
        author,
        bool(statement.is_seed),
        text,
        "meta" if statement.is_meta else "",
        "declined" if declined else "accepted",
        "unclear" if declined else "",
        texts.vector(text).to_bytes(),
        when.date(),
    )


async def _save_votes(
    export: PolisExport, consultation: Consultation, participants: dict[int, int], proposals: dict[int, int]
) -> int:
    """Of each participant's votes on a statement the latest, by time and then by place in the log."""
    log = export.log
    order = np.argsort(log.timestamps_ms, kind="stable")
    last: dict[tuple[int, int], int] = {}
    for place in order.tolist():
        last[int(log.participants[place]), int(log.statements[place])] = place
    start = consultation.created_at - DAY
    rows = [
        (
            uuid4(),
            consultation.id,
            participants[participant],
            proposals[statement],
            CHOICE_OF_SIGN[int(log.signs[place])].value,
            False,
            "",
            _moment(int(log.timestamps_ms[place]), start),
        )
        for (participant, statement), place in last.items()
        if statement in proposals
    ]
    await _copy(
        "votes", ["id", "consultation", "participant", "proposal", "choice", "matters", "language", "cast_at"], rows
    )
    return len(rows)


def _moment(timestamp_ms: int, otherwise: datetime) -> datetime:
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC) if timestamp_ms > 0 else otherwise - DAY


async def _save_log(
    export: PolisExport, consultation: Consultation, participants: dict[int, int], proposals: dict[int, int]
) -> None:
    content = await asyncio.to_thread(pack, export)
    await _copy(
        "imported_logs",
        ["id", "consultation", "content", "n_events", "imported_at"],
        [(uuid4(), consultation.id, content, int(export.log.signs.size), consultation.created_at)],
    )


def _report(export: PolisExport, consultation: Consultation, n_participants: int, n_votes: int) -> Imported:
    return Imported(
        slug=consultation.slug,
        n_participants=n_participants,
        n_statements=len(export.statements),
        n_events=int(export.log.signs.size),
        n_votes=n_votes,
        sign_of_agree=export.layout.sign_of_agree,
        notes=tuple({"code": note.code, **note.parameters} for note in export.notes),
    )
