"""Five real conversations as Polis exported them: read completely, written back byte for byte.

Data was gathered using the Polis software (compdemocracy.org/polis), sub-licensed under CC BY 4.0 with attribution to
The Computational Democracy Project.
"""

from __future__ import annotations

import io
import os
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from deliberation.polis_files import PolisExport, latest_votes, read_export, write_export

DATA = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))

# voters, statements with votes, vote events, last votes (openData, as described in its case studies)
EXPECTED = {
    "15-per-hour-seattle": (339, 54, 2_995, 2_872),
    "bg2050-volunteers": (126, 371, 14_341, 14_283),
    "brexit-consensus": (204, 50, 5_312, 5_303),
    "london.youth.policing": (26, 36, 640, 638),
    "vtaiwan.uberx": (1_921, 197, 49_997, 49_443),
}


class Kept(io.StringIO):
    """A text that can still be read when its writer has closed it."""

    def close(self) -> None:
        pass


def folder(name: str) -> Path:
    path = DATA / "polis-conversations" / name
    if not path.is_dir():
        pytest.skip(f"no real data: set PLENARY_REAL_DATA to a folder that holds polis-conversations/{name}")
    return path


def read(path: Path, *files: str) -> PolisExport:
    with ExitStack() as stack:
        chosen = [file for file in path.iterdir() if not files or file.name in files]
        return read_export({file.name: stack.enter_context(file.open(encoding="utf-8", newline="")) for file in chosen})


@pytest.fixture(scope="module", params=EXPECTED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def export(name: str) -> PolisExport:
    return read(folder(name))


def test_every_vote_event_is_read(name: str, export: PolisExport) -> None:
    votes = latest_votes(export)
    assert (votes.n_participants, votes.n_statements, export.log.signs.size, votes.n_votes) == EXPECTED[name]


def test_the_last_votes_are_the_ones_in_the_table_of_votes(export: PolisExport) -> None:
    assert "table_differs" not in {note.code for note in export.notes}


def test_the_table_of_votes_alone_gives_the_same_last_votes(name: str, export: PolisExport) -> None:
    alone = read(folder(name), "comments.csv", "participants-votes.csv", "summary.csv")
    assert latest_votes(alone).digest() == latest_votes(export).digest()
    assert "no_times" in {note.code for note in alone.notes}


def test_authors_agree_with_their_own_statements(export: PolisExport) -> None:
    assert (export.sign.agree, export.sign.evidence) == (1, "authors")
    assert export.sign.own_agrees > 9 * export.sign.own_disagrees


def test_recorded_counts_are_of_vote_events(export: PolisExport) -> None:
    counts = next(dict(note.parameters) for note in export.notes if note.code == "recorded_counts")
    assert counts == {"equal_to_events": len(export.statements), "equal_to_last_votes": 0, "different": 0}
    assert "superseded_votes" in {note.code for note in export.notes}


def test_files_are_written_back_byte_for_byte(name: str, export: PolisExport) -> None:
    written: dict[str, Kept] = {}

    def open_stream(file: str) -> Kept:
        written[file] = Kept(newline="")
        return written[file]

    write_export(export, open_stream)
    assert set(written) == {file.name for file in folder(name).iterdir()}
    for file, text in written.items():
        assert text.getvalue().encode() == (folder(name) / file).read_bytes(), file


def test_newer_columns_are_read() -> None:
    statements = read(folder("bg2050-volunteers")).statements
    assert sum(statement.is_meta is True for statement in statements) == 1
    assert any(statement.is_seed for statement in statements)
    assert dict(statements[0].other_cells).keys() == {"group-informed-consensus"}


def test_the_largest_is_read_in_well_under_two_seconds() -> None:
    path = folder("vtaiwan.uberx")
    start = time.perf_counter()
    read(path, "comments.csv", "votes.csv", "summary.csv")
    assert time.perf_counter() - start < 2
