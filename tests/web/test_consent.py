"""What people agree to when they join, in words and figures that hold there; changed words are shown; objecting."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from app import settings
from app.analysis import consent, landscape
from app.database import execute, fetchrow, fetchval, now
from app.language import use_locale
from app.tables.consultations import Consultation
from deliberation.disclosure import Attribution
from tests.cast import signed_in
from tests.factories import join, make_consultation, propose, set_lifecycle, vote

FORM = {"mandate": "own", "constituency": "ngos", "region": "african", "language": "en", "consent": "yes"}
DIGEST = "ff1d7ff1d1602008"


def text_of(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page))


def test_other_words_are_another_version() -> None:
    """Whoever changes a sentence raises `WORDS`, so that those who agreed to the old ones are told."""
    with use_locale("en"):
        words = "\n".join("\n".join(consent.sentences(mode)) for mode in Attribution)
    found = hashlib.sha256(f"{consent.WORDS}\n{words}".encode()).hexdigest()[:16]
    assert found == DIGEST, f"raise WORDS, and write {found} here"


@pytest.mark.parametrize(
    ("mode", "said", "unsaid"),
    [
        (Attribution.CHATHAM_HOUSE, ("Chatham House Rule", "fewer than 10 people", "cannot see that code"), ("asks",)),
        (Attribution.OPEN, ("fewer than 5 people", "Nobody is told who wrote a proposal"), ("Chatham",)),
        (Attribution.ATTRIBUTED, ("only where you ask for it", "fewer than 5 people"), ("Chatham", "identify you")),
    ],
)
async def test_the_words_are_those_of_the_mode(
    client: Any, mode: Attribution, said: tuple[str, ...], unsaid: tuple[str, ...]
) -> None:
    await make_consultation(attribution=mode)
    page = text_of((await (await signed_in(client, "eve")).get("/en/c/water/join")).text)
    for words in (
        *said,
        "90 days after the consultation is archived",
        "Questions: ask the convenors.",
        "a duty by law",
    ):
        assert words in page
    for words in unsaid:
        assert words not in page


async def test_the_figures_and_names_are_those_of_this_installation(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = settings.get_settings()
    other = replace(
        here, keep_days=dict(here.keep_days) | {"links": 30}, privacy_contact="dpo@un.example", privacy_policy="ST/1"
    )
    for module in ("app.analysis.consent", "app.analysis.retention", "app.controllers.home"):
        monkeypatch.setattr(f"{module}.get_settings", lambda: other)
    await make_consultation()
    page = text_of((await (await signed_in(client, "eve")).get("/en/c/water/join")).text)
    assert "30 days after" in page and "Questions: dpo@un.example." in page and "bound by ST/1" in page
    privacy = text_of((await client.get("/en/privacy")).text)
    assert "dpo@un.example" in privacy and "bound by ST/1" in privacy


async def test_which_words_were_agreed_to_is_kept_and_changed_ones_are_shown(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await make_consultation()
    eve = await signed_in(client, "eve")
    await eve.post("/en/c/water/join", FORM)
    row = await fetchrow("select consent, consented_on, joined_on from participants")
    assert row is not None
    assert row["consent"] == consent.version(here) == f"{consent.WORDS}-chatham_house-10-90"
    assert row["consented_on"] == row["joined_on"]
    page = (await eve.get("/en/c/water/me")).text
    assert "You agreed to these words on" in page and "have changed" not in page
    monkeypatch.setattr(consent, "WORDS", consent.WORDS + 1)
    assert "have changed since you agreed" in (await eve.get("/en/c/water")).text
    assert "You agreed to other words on" in (await eve.get("/en/c/water/me")).text
    assert (await eve.post("/en/c/water/me/consent", {})).status_code == 303
    assert await fetchval("select consent from participants") == consent.version(here)
    assert "have changed" not in (await eve.get("/en/c/water")).text


async def test_who_joined_before_it_was_kept_is_asked(client: Any) -> None:
    await join("chidi", await make_consultation())
    await execute("update participants set consent = '', consented_on = null")
    chidi = await signed_in(client, "chidi")
    assert "You joined before it was kept" in (await chidi.get("/en/c/water/me")).text


async def analysed(here: Consultation) -> int:
    given = await landscape.read_input(here, await now())
    return 0 if given is None else int(given.votes.n_votes)


async def test_votes_of_who_objects_are_in_no_analysis_until_it_is_taken_back(client: Any) -> None:
    here = await make_consultation()
    chidi, dana = await join("chidi", here), await join("dana", here)
    proposal = await propose(chidi, "Each village keeps its own wells.")
    await vote(dana, proposal, "agree")
    before = await analysed(here)
    browser = await signed_in(client, "dana")
    assert "Leave my votes out of later analyses" in (await browser.get("/en/c/water/me")).text
    assert (await browser.post("/en/c/water/me/objection", {"objects": "1"})).status_code == 303
    assert await analysed(here) == before - 1
    assert await fetchval("select count(*) from votes where participant = $1", dana.participant.id) == 1, "it is kept"
    events = "select count(*) from audit_events where payload::text like $1 or action like 'participants.obj%'"
    assert await fetchval(events, f"%{dana.participant.id}%") == 0, "the log would tell when one person's votes went"
    await set_lifecycle(here, "published")
    assert (await browser.post("/en/c/water/me/objection", {})).status_code == 303
    assert await analysed(here) == before


async def test_only_who_takes_part_objects_and_only_for_themselves(client: Any) -> None:
    await join("chidi", await make_consultation())
    for name in ("amara", "ben", "eve"):
        assert (
            await (await signed_in(client, name)).post("/en/c/water/me/objection", {"objects": "1"})
        ).status_code == 403
    assert not await fetchval("select bool_or(has_objected) from participants")
