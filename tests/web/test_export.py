"""/c/{slug}/export: votes line by line where they were public before, a reason everywhere else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app.actions import imports
from app.database import execute
from tests import factories
from tests.actions.test_imports import COMMENTS, VOTES
from tests.cast import signed_in

PATH = "/en/c/water/export"


async def closed(client: Any) -> Any:
    made = await factories.make_consultation()
    chidi = await factories.join("chidi", made)
    proposal = await factories.propose(chidi, "Build wells together.")
    await factories.vote(chidi, proposal, "agree")
    await factories.move_to(made, 2)
    return made


@pytest.mark.parametrize("name", ["amara", "fatima"])
async def test_votes_of_a_consultation_of_ours_leave_nobody_s_hands(client: Any, name: str) -> None:
    await closed(client)
    browser = await signed_in(client, name)
    page = await browser.get(PATH)
    assert page.status_code == 200
    answer = await browser.post(PATH)
    assert answer.status_code == 403
    assert "Build wells" not in answer.text
    assert "content-disposition" not in answer.headers


async def test_an_imported_consultation_comes_back_as_an_export(client: Any, tmp_path: Path) -> None:
    for name, text in {"comments": COMMENTS, "votes": VOTES}.items():
        (tmp_path / f"{name}.csv").write_text(text, newline="")
    made = await imports.import_polis(folder=tmp_path, by="test", title="Wells")
    fatima = await signed_in(client, "fatima")
    await execute(
        "insert into memberships (id, consultation, account, role) "
        "select gen_random_uuid(), c.id, a.id, 'auditor' from consultations c, accounts a where c.slug = $1",
        made.slug,
    )
    answer = await fatima.post(f"/en/c/{made.slug}/export")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{made.slug}.zip"'
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert {name: archive.read(name).decode() for name in archive.namelist()} == {
        "comments.csv": COMMENTS,
        "votes.csv": VOTES,
    }


@pytest.mark.parametrize("name", ["chidi", "ben", "gus", "eve"])
async def test_who_may_not_download_is_told_why(client: Any, name: str) -> None:
    await closed(client)
    await execute("update consultations set is_imported = true")
    browser = await signed_in(client, name)
    assert (await browser.get(PATH)).status_code == 200
    answer = await browser.post(PATH)
    assert answer.status_code == 403
    assert "content-disposition" not in answer.headers


async def test_while_the_round_is_open_there_is_nothing_to_download(client: Any) -> None:
    await factories.make_consultation()
    amara = await signed_in(client, "amara")
    assert (await amara.get(PATH)).status_code == 403
    assert (await amara.post(PATH)).status_code == 403
