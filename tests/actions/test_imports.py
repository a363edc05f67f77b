"""Importing real consultations, exporting them again to the byte, and refusing damaged files without a trace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.actions import exports, imports
from app.actions.imports import import_polis
from app.database import fetch, fetchval
from app.refusals import Denied
from deliberation.errors import BadFile, DeliberationError
from tests.factories import make_consultation

DATA = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
FOLDERS = sorted(path for path in (DATA / "polis-conversations").glob("*") if path.is_dir())
needs_data = pytest.mark.skipif(not FOLDERS, reason=f"no real consultations in {DATA}: set PLENARY_REAL_DATA")

COMMENTS = (
    "timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body\n"
    "1500000000000,x,0,0,5,0,1,Wells need care.\n1500000000000,x,1,1,5,0,-1,Something rude.\n"
)
VOTES = "timestamp,datetime,comment-id,voter-id,vote\n" + "".join(
    f"15000000{place:02d}000,x,{statement},{voter},1\n"
    for place, (statement, voter) in enumerate((s, v) for s in (0, 1) for v in range(5))
)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, newline="")
    return folder


@needs_data
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
@pytest.mark.slow
async def test_a_real_consultation_comes_back_to_the_byte(database: None, tmp_path: Path, folder: Path) -> None:
    made = await import_polis(folder=folder, by="test")
    assert made.n_events >= made.n_votes > 0
    written = await exports.export_polis(slug=made.slug, folder=tmp_path, by="test")
    assert set(written.files) == {path.name for path in folder.iterdir()}
    for name in written.files:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


async def test_the_latest_vote_counts_and_rejected_statements_stay_declined(database: None, tmp_path: Path) -> None:
    later = "1500000099000,x,0,3,-1\n"
    made = await import_polis(folder=write(tmp_path, comments=COMMENTS, votes=VOTES + later), by="test", title="Wells")
    assert (made.slug, made.n_events, made.n_votes) == ("wells", 11, 10)
    rows = await fetch("select number, status from proposals order by number")
    assert [tuple(row) for row in rows] == [(0, "accepted"), (1, "declined")]
    choices = await fetch(
        "select choice, count(*) as n from votes v join proposals p on p.id = v.proposal where p.number = 0 "
        "group by choice order by choice"
    )
    assert [tuple(row) for row in choices] == [("agree", 4), ("disagree", 1)]


async def test_an_import_is_closed_public_and_on_record(database: None, tmp_path: Path) -> None:
    await import_polis(folder=write(tmp_path, comments=COMMENTS, votes=VOTES), by="test", title="Wells")
    row = (await fetch("select is_imported, attribution from consultations"))[0]
    assert (row["is_imported"], row["attribution"]) == (True, "open")
    assert await fetchval("select count(*) from rounds where closes_at < clock_timestamp()") == 1
    assert await fetchval("select action from audit_events") == "imports.import_polis"
    assert await fetchval("select count(*) from procrastinate_jobs where task_name = 'freeze'") == 1


@pytest.mark.parametrize(
    "votes",
    [
        "",
        "timestamp,datetime,comment-id,voter-id,vote\n1,x,0,0,7\n",
        "timestamp,datetime,comment-id,voter-id,vote\n1,x,zero,0,1\n",
        "timestamp,datetime,comment-id,voter-id,vote\n1,x,0,99999999999999999999999,1\n",
        "timestamp,datetime,comment-id,voter-id,vote\n1,x,0\n",
        "something,else\n1,2\n",
        "timestamp,datetime,comment-id,voter-id,vote\n1,x,0,\x00,1\n",
    ],
    ids=["empty", "unknown choice", "no number", "overflow", "truncated", "other columns", "nul"],
)
async def test_a_damaged_log_leaves_nothing_behind(database: None, tmp_path: Path, votes: str) -> None:
    with pytest.raises(DeliberationError):
        await import_polis(folder=write(tmp_path, comments=COMMENTS, votes=votes), by="test")
    assert await fetchval("select count(*) from consultations") == 0


async def test_bytes_that_are_no_text_name_their_file(database: None, tmp_path: Path) -> None:
    write(tmp_path, comments=COMMENTS)
    (tmp_path / "votes.csv").write_bytes(b"timestamp,datetime,comment-id,voter-id,vote\n\xff\xfe\x00\x01\n")
    with pytest.raises(BadFile) as refused:
        await import_polis(folder=tmp_path, by="test")
    assert refused.value.parameters["file"] == "votes.csv"


async def test_a_folder_without_votes_is_refused(database: None, tmp_path: Path) -> None:
    with pytest.raises(BadFile):
        imports.read_folder(tmp_path)


async def test_votes_under_the_chatham_house_rule_never_leave_line_by_line(database: None, tmp_path: Path) -> None:
    made = await make_consultation()
    with pytest.raises(Denied) as refused:
        await exports.export_polis(slug=made.slug, folder=tmp_path, by="test")
    assert refused.value.message == exports.CHATHAM_HOUSE
    assert list(tmp_path.iterdir()) == []
