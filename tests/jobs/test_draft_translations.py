"""Drafts by a machine: an engine that is installed, on only where the operator says so, read by a person first."""

from __future__ import annotations

import sys

import pytest

from app import access
from app.actions import translations
from app.analysis import translations as reading
from app.database import fetch, fetchrow, fetchval
from app.jobs.draft_translations import draft_translations, translator_named
from app.language import use_locale
from app.refusals import Conflict
from app.settings import get_settings
from tests import factories
from tests.cast import signed_in

ENGINE = """
from dataclasses import dataclass

@dataclass
class Draft:
    text: str

async def translate(text, source, target):
    if "pump" in text:
        raise RuntimeError("the engine is away")
    return Draft(f"[{source}>{target}] {text}")

async def empty(text, source, target):
    return Draft("")
"""

POINTS = """[plenary.translators]
echo = echo_engine:translate
empty = echo_engine:empty
broken = nothing_here:translate
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A distribution on the path, as pip would install one: a module, its metadata, its entry points."""
    (tmp_path / "echo_engine.py").write_text(ENGINE)
    info = tmp_path / "echo_engine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-engine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda name: _choose(monkeypatch, name)
    sys.modules.pop("echo_engine", None)
    get_settings.cache_clear()


def _choose(monkeypatch, name: str) -> None:
    monkeypatch.setenv("PLENARY_TRANSLATOR", name)
    get_settings.cache_clear()


@pytest.fixture
async def here(database):
    made = await factories.make_consultation()
    chidi = await factories.join("chidi", made)
    await factories.propose(chidi, "Build wells with the villages that use them.")
    await factories.propose(chidi, "Train a pump mechanic in every village.")
    return made


async def test_an_engine_drafts_under_its_name_and_its_failure_loses_nothing(here, installed):
    installed("echo")
    await draft_translations(consultation_id=str(here.id), language="fr")
    rows = await fetch("select text, origin, status, engine, participant, account from translations")
    assert [tuple(row.values()) for row in rows] == [
        ("[en>fr] Build wells with the villages that use them.", "machine", "draft", "echo", None, None)
    ]
    with use_locale("en"):
        said = await reading.last_run(here.id)
    assert said.startswith(
        "The last time it was asked, echo made 1 drafts. It failed on 1 statements; nothing was lost."
    )
    await draft_translations(consultation_id=str(here.id), language="fr")
    assert await fetchval("select count(*) from translations") == 1, "nothing is drafted twice"


async def test_a_machines_draft_is_shown_with_its_name_once_a_person_has_read_it(client, here, installed):
    installed("echo")
    await draft_translations(consultation_id=str(here.id), language="fr")
    eve = await factories.join("eve", here)
    browser = await signed_in(client, "eve")
    form = {"constituency": "ngos", "language": "fr", "region": "african", "_key": "d"}
    assert (await browser.post("/en/c/water/me", form)).status_code == 303
    assert "[en&gt;fr]" not in (await browser.get("/en/c/water/statements/1")).text
    page = (await browser.get("/en/c/water/translate?language=fr&standing=drafts")).text
    assert "Machine draft: echo" in page
    draft = await fetchrow("select id, version from translations")
    await translations.approve(chosen=[(draft["id"], draft["version"])], by=eve)
    page = (await browser.get("/en/c/water/statements/1")).text
    assert "[en&gt;fr]" in page
    assert "Machine translation (echo), read by a person. Original language: English." in page


async def test_what_a_person_changes_in_a_machines_draft_is_theirs_and_says_how_it_began(here, installed):
    installed("echo")
    await draft_translations(consultation_id=str(here.id), language="fr")
    dana = await factories.join("dana", here)
    proposal = await access.proposal_for(dana, 1)
    await translations.save(texts=[translations.Written(proposal, "Construire des puits.", 1)], language="fr", by=dana)
    row = await fetchrow("select origin, engine from translations")
    assert (row["origin"], row["engine"]) == ("volunteer", "echo")
    shown = reading.Text(1, "fr", "", "volunteer", "echo", is_simpler=False)
    with use_locale("en"):
        assert shown.label("en").endswith("It began as a machine's draft (echo).")


@pytest.mark.parametrize("name", ["broken", "unknown", "empty"])
async def test_an_engine_that_cannot_work_is_a_sentence_for_moderators(client, here, installed, name):
    installed(name)
    await draft_translations(consultation_id=str(here.id), language="ar")
    assert await fetchval("select count(*) from translations") == 0
    page = (await (await signed_in(client, "ben")).get("/en/c/water/translate?language=ar")).text
    assert "It failed on 2 statements; nothing was lost." in page


async def test_it_is_off_by_default_and_an_office_asks_for_it(client, here, installed):
    assert get_settings().translator is None
    assert translator_named("echo") is not None
    ben = await signed_in(client, "ben")
    assert "/translate/machine" not in (await ben.get("/en/c/water/translate?language=fr")).text
    assert (await ben.post("/en/c/water/translate/machine", {"language": "fr"})).status_code == 409
    with pytest.raises(Conflict):
        await translations.ask_machine(language="fr", by=await factories.actor("ben", here))
    installed("echo")
    assert "Ask echo for drafts" in (await ben.get("/en/c/water/translate?language=fr")).text
    assert (await ben.post("/en/c/water/translate/machine", {"language": "fr", "_key": "m"})).status_code == 303
    assert await fetchval("select count(*) from procrastinate_jobs where task_name = 'draft_translations'") == 1
    await factories.join("dana", here)
    dana = await signed_in(client, "dana")
    assert (await dana.post("/en/c/water/translate/machine", {"language": "fr"})).status_code == 403
