"""An imported Polis export as one block of bytes, and back: JSON and plain arrays in a zip file, nothing executable."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import BadFile
from deliberation.polis_export import (
    PolisExport,
    PolisLayout,
    PolisNote,
    PolisParticipant,
    PolisStatement,
    PolisVoteLog,
)
from deliberation.polis_sign import PolisSign

VERSION = 1
ARRAYS = ("timestamps_ms", "statements", "participants", "signs")


def pack(export: PolisExport) -> bytes:
    """Everything of the export; `unpack` gives an equal one back."""
    log = export.log
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.json", json.dumps(_head(export)))
        arrays: dict[str, NDArray[Any]] = {name: getattr(log, name) for name in ARRAYS}
        arrays |= {f"cells/{number}": cells for number, cells in enumerate(log.other_cells.values())}
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", _array_bytes(array))
    return content.getvalue()


def unpack(content: bytes) -> PolisExport:
    """The export that `pack` wrote. Raises `BadFile` for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            head = json.loads(archive.read("export.json"))
            if head["version"] != VERSION:
                raise BadFile(file="export.json", line=0, problem="version")
            arrays = {name: _array(archive, name) for name in ARRAYS}
            cells = {name: _array(archive, f"cells/{number}") for number, name in enumerate(head["other_cells"])}
    except (zipfile.BadZipFile, KeyError, ValueError, UnicodeDecodeError) as error:
        raise BadFile(file="export.json", line=0, problem="archive") from error
    return PolisExport(
        summary=tuple((name, text) for name, text in head["summary"]),
        statements=tuple(_statement(row) for row in head["statements"]),
        participants=tuple(PolisParticipant(**row) for row in head["participants"]),
        log=PolisVoteLog(**arrays, other_cells=cells),
        sign=PolisSign(**head["sign"]),
        layout=PolisLayout(
            columns={file: tuple(columns) for file, columns in head["layout"].pop("columns").items()}, **head["layout"]
        ),
        notes=tuple(PolisNote(row["code"], row["parameters"]) for row in head["notes"]),
    )


def _head(export: PolisExport) -> dict[str, Any]:
    return {
        "version": VERSION,
        "summary": export.summary,
        "statements": [asdict(item) for item in export.statements],
        "participants": [asdict(item) for item in export.participants],
        "sign": asdict(export.sign),
        "layout": asdict(export.layout),
        "notes": [{"code": note.code, "parameters": dict(note.parameters)} for note in export.notes],
        "other_cells": list(export.log.other_cells),
    }


def _statement(row: dict[str, Any]) -> PolisStatement:
    return PolisStatement(**{**row, "other_cells": tuple((name, text) for name, text in row["other_cells"])})


def _array_bytes(array: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
    return stream.getvalue()


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    return np.asarray(np.load(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False))
