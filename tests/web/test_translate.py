"""Translations: written as a draft, read by another person, shown with their origin, and kept with each vote."""

from __future__ import annotations

import re

import pytest

from app.actions import news, translations
from app.actions.translations import Written
from app.analysis import translations as reading
from app.database import execute, fetch, fetchrow, fetchval
from app.language import use_locale
from app.refusals import Conflict, Invalid, NotFound
from app.tables.outbox import Message
from app.tables.translations import Translation
from tests import factories
from tests.cast import signed_in

WELLS = "Build wells with the villages that use them."
PUITS = "Construire les puits avec les villages qui les utilisent."
AUTRES = "Construire les puits dans les villages voisins."


async def reads_french(name: str, here):
    by = await factories.join(name, here)
    await execute("update participants set language = 'fr' where id = $1", by.participant.id)
    return await factories.actor(name, here)


@pytest.fixture
async def room(client):
    """Chidi wrote in English; Dana reads French, and so does Eve."""
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    proposal = await factories.propose(chidi, WELLS)
    return here, proposal, chidi, await reads_french("dana", here), await reads_french("eve", here)


async def translated(proposal, text, *, writer, reader, language="fr", is_material=None, **more):
    """The text, written by one person and read by another."""
    draft = await fetchval(
        "select max(version) from translations where proposal = $1 and status = 'draft'", proposal.id
    )
    await translations.save(texts=[Written(proposal, text, draft or 0)], language=language, by=writer, **more)
    row = await fetchrow(
        "select id, version from translations where proposal = $1 and language = $2 and status = 'draft'",
        proposal.id,
        language,
    )
    await translations.approve(chosen=[(row["id"], row["version"])], is_material=is_material, by=reader)
    return row["id"]


async def test_a_draft_is_shown_to_voters_once_another_reader_has_approved_it(client, room):
    _, proposal, _, dana, _eve = room
    browser, other = await signed_in(client, "dana"), await signed_in(client, "eve")
    page = (await browser.get("/en/c/water/translate?language=fr")).text
    assert WELLS in page
    sent = {"language": "fr", "number_1": str(proposal.number), "version_1": "0", "text_1": PUITS, "_key": "a"}
    assert (await browser.post("/en/c/water/translate", sent)).status_code == 303
    assert PUITS not in (await other.get("/en/c/water/vote")).text
    draft = await Translation.objects().first()
    assert (draft.origin, draft.status, draft.participant) == ("volunteer", "draft", dana.participant.id)
    own = await browser.post("/en/c/water/translate/approve", {"chosen": f"{draft.id}:1", "language": "fr"})
    assert own.status_code == 422
    assert "Somebody else has to read" in own.text
    page = (await other.get("/en/c/water/translate?language=fr&standing=drafts")).text
    assert PUITS in page
    assert WELLS in page
    done = await other.post("/en/c/water/translate/approve", {"chosen": f"{draft.id}:1", "language": "fr"})
    assert done.status_code == 303
    card = (await other.get("/en/c/water/vote")).text
    assert f'lang="fr" dir="auto">{PUITS}' in card
    assert "Translation by a volunteer. Original language: English." in card
    assert re.search(r"<summary>Show original</summary><p[^>]+lang=\"en\" dir=\"auto\">" + re.escape(WELLS), card)
    events = await fetch("select actor, payload from audit_events where action = 'translations.save'")
    assert [event["actor"] for event in events] == ["participant"]
    assert PUITS not in events[0]["payload"]


async def test_each_vote_keeps_the_words_that_were_seen(client, room):
    here, proposal, _, dana, eve = room
    number = await translated(proposal, PUITS, writer=dana, reader=eve)
    browser = await signed_in(client, "eve")
    card = (await browser.get("/fr/c/water/vote")).text
    seen = re.search(r'name="seen" value="(\d+)"', card)[1]
    assert int(seen) == number
    await browser.post(f"/fr/c/water/votes/{proposal.number}", {"choice": "agree", "seen": seen})
    frank = await factories.join("frank", here)
    await factories.vote(frank, proposal, "agree")
    rows = {row["participant"]: row for row in await fetch("select participant, language, translation from votes")}
    assert (rows[eve.participant.id]["language"], rows[eve.participant.id]["translation"]) == ("fr", number)
    assert (rows[frank.participant.id]["language"], rows[frank.participant.id]["translation"]) == ("en", 0)


async def test_a_forged_number_of_words_is_kept_as_the_original(client, room):
    _, proposal, _, dana, eve = room
    await translations.save(texts=[Written(proposal, PUITS, 0)], language="fr", by=dana)
    draft = await fetchval("select id from translations")
    browser = await signed_in(client, "eve")
    for seen in (draft, 987_654):  # a draft was before nobody, and there is no such text
        await browser.post(f"/en/c/water/votes/{proposal.number}", {"choice": "agree", "seen": str(seen)})
        row = await fetchrow("select language, translation from votes where participant = $1", eve.participant.id)
        assert (row["language"], row["translation"]) == ("en", 0)
    assert (
        await browser.post(f"/en/c/water/votes/{proposal.number}", {"choice": "agree", "seen": "x"})
    ).status_code == 422


async def test_who_reads_the_original_language_sees_the_original(client, room):
    _here, proposal, _, dana, eve = room
    await translated(proposal, PUITS, writer=dana, reader=eve)
    browser = await signed_in(client, "eve")
    form = {"constituency": "ngos", "language": "fr", "reads": ["en"], "region": "african", "_key": "d"}
    assert (await browser.post("/fr/c/water/me", form)).status_code == 303
    assert await fetchval("select reads from participants where id = $1", eve.participant.id) == ["en"]
    card = (await browser.get("/fr/c/water/vote")).text
    assert WELLS in card
    assert PUITS not in card, "the language of the pages is not that of the statements"
    assert (await browser.post("/fr/c/water/me", form | {"reads": ["xx"], "_key": "e"})).status_code == 422


async def test_the_authors_own_text_stands_before_a_volunteers(room):
    _, proposal, chidi, dana, eve = room
    await translated(proposal, AUTRES, writer=dana, reader=eve)
    await translated(proposal, PUITS, writer=chidi, reader=eve, is_material=False)
    assert await fetchval("select count(*) from translations where status = 'approved'") == 2
    with use_locale("en"):
        shown = await reading.wording_of(eve, proposal)
    assert (shown.text, shown.label) == (PUITS, "Translation by the author. Original language: English.")


async def test_of_two_who_write_at_once_the_second_sees_both_texts(client, room):
    _, proposal, _, _, _ = room
    first, second = await signed_in(client, "dana"), await signed_in(client, "eve")
    sent = {"language": "fr", "number_1": str(proposal.number), "version_1": "0"}
    assert (await first.post("/en/c/water/translate", sent | {"text_1": PUITS, "_key": "a"})).status_code == 303
    late = await second.post("/en/c/water/translate", sent | {"text_1": AUTRES, "_key": "b"})
    assert late.status_code == 409
    assert PUITS in late.text
    assert AUTRES in late.text
    assert await fetchval("select array_agg(text) from translations") == [PUITS]


async def test_several_are_saved_and_approved_at_once(client, room):
    _here, proposal, chidi, _dana, eve = room
    other = await factories.propose(chidi, "Train a pump mechanic in every village.")
    browser = await signed_in(client, "dana")
    sent = {"language": "fr", "_key": "a", "number_1": str(proposal.number), "text_1": PUITS, "version_1": "0"}
    sent |= {"number_2": str(other.number), "text_2": "Former un mécanicien par village.", "version_2": "0"}
    assert (await browser.post("/en/c/water/translate", sent)).status_code == 303
    chosen = [
        f"{row['id']}:{row['version']}" for row in await fetch("select id, version from translations order by id")
    ]
    answer = await (await signed_in(client, "ben")).post("/en/c/water/translate/approve", {"chosen": chosen})
    assert answer.status_code == 303
    assert await fetchval("select count(*) from translations where status = 'approved'") == 2
    assert (await reading.n_missing(eve, ("fr", "ar")))["ar"] == 2
    assert "fr" not in await reading.n_missing(eve, ("fr", "ar"))


async def test_a_material_change_asks_those_who_voted_on_the_words_before(client, room):
    here, proposal, _, dana, eve = room
    wrong = await translated(proposal, AUTRES, writer=dana, reader=eve)
    browser = await signed_in(client, "eve")
    await browser.post(f"/en/c/water/votes/{proposal.number}", {"choice": "agree", "seen": str(wrong)})
    frank = await factories.join("frank", here)
    await factories.vote(frank, proposal, "agree")
    with pytest.raises(Invalid, match="mean the same"):
        await translated(proposal, PUITS, writer=dana, reader=await factories.actor("ben", here))
    right = await fetchrow("select id, version from translations where status = 'draft'")
    await translations.approve(
        chosen=[(right["id"], right["version"])], is_material=True, by=await factories.actor("ben", here)
    )
    assert await news.ask_voters(consultation_id=here.id) == 1
    assert await news.ask_voters(consultation_id=here.id) == 0, "nobody is asked twice"
    assert [one.to for one in await Message.objects().where(Message.kind == "votes_waiting")] == ["eve@example.org"]
    assert "vote of yours waits" in (await browser.get("/en/c/water/vote")).text
    page = (await browser.get("/en/c/water/me/carry")).text
    assert "Keep my vote: Agree" in page
    assert "<del" in page
    stale = await browser.post(f"/en/c/water/me/reworded/{proposal.number}", {"seen": "0"})
    assert stale.status_code == 409
    kept = await browser.post(f"/en/c/water/me/reworded/{proposal.number}", {"seen": str(right["id"])})
    assert kept.status_code == 303
    row = await fetchrow("select choice, translation from votes where participant = $1", eve.participant.id)
    assert (row["choice"], row["translation"]) == ("agree", right["id"])
    assert "No vote of yours waits" in (await browser.get("/en/c/water/me/carry")).text


async def test_a_cosmetic_change_asks_nobody(client, room):
    here, proposal, _, dana, eve = room
    first = await translated(proposal, PUITS, writer=dana, reader=eve)
    browser = await signed_in(client, "eve")
    await browser.post(f"/en/c/water/votes/{proposal.number}", {"choice": "agree", "seen": str(first)})
    await translated(proposal, PUITS + " ", writer=dana, reader=eve, is_material=False)
    assert await news.ask_voters(consultation_id=here.id) == 0
    assert "vote of yours waits" not in (await browser.get("/en/c/water/vote")).text
    assert await fetchval("select count(*) from translations where status = 'approved'") == 1


async def test_a_moderator_withdraws_a_text_with_a_reason(client, room):
    _, proposal, _, dana, eve = room
    number = await translated(proposal, AUTRES, writer=dana, reader=eve)
    await (await signed_in(client, "eve")).post(
        f"/en/c/water/votes/{proposal.number}", {"choice": "agree", "seen": str(number)}
    )
    ben = await signed_in(client, "ben")
    path = f"/en/c/water/texts/{number}/withdraw"
    assert (await ben.post(path, {"reason": ""})).status_code == 422
    assert (await (await signed_in(client, "dana")).post(path, {"reason": "No."})).status_code == 403
    gone = await ben.post(path, {"reason": "It names other villages.", "is_wrong": "1", "_key": "w"})
    assert gone.status_code == 303
    assert await fetchval("select is_outdated from translations where id = $1", number)
    page = (await ben.get(f"/en/c/water/statements/{proposal.number}/translate/fr")).text
    assert "It names other villages." in page
    assert "dana" not in page.lower()
    eve_page = (await (await signed_in(client, "eve")).get("/en/c/water/me/carry")).text
    assert WELLS in eve_page
    assert AUTRES in eve_page


async def test_simpler_words_have_short_sentences_and_stand_beside_the_statement(client, room):
    _, proposal, _, _dana, eve = room
    browser = await signed_in(client, "dana")
    sent = {"language": "en", "kind": "simpler", "number_1": str(proposal.number), "version_1": "0", "_key": "a"}
    long = await browser.post("/en/c/water/translate", sent | {"text_1": "word " * 21})
    assert long.status_code == 422
    assert "at most 20 words" in long.text
    easy = "Ask the village first. Then build the well."
    assert (await browser.post("/en/c/water/translate", sent | {"text_1": easy, "_key": "b"})).status_code == 303
    draft = await fetchval("select id from translations")
    await translations.approve(chosen=[(draft, 1)], by=eve)
    await factories.join("frank", room[0])
    card = (await (await signed_in(client, "frank")).get("/en/c/water/vote")).text
    assert f'dir="auto">{WELLS}' in card
    assert "<summary>Simpler wording</summary>" in card
    assert easy in card
    assert "In simpler words, by a volunteer" in card
    assert 'name="seen" value="0"' in card


async def test_what_cannot_be_translated_is_not_found(client, room):
    here, proposal, _, dana, _ = room
    browser = await signed_in(client, "dana")
    for path in (
        f"statements/{proposal.number}/translate/en",
        f"statements/{proposal.number}/translate/xx",
        "statements/99/translate/fr",
    ):
        assert (await browser.get(f"/en/c/water/{path}")).status_code == 404
    with pytest.raises(NotFound):
        await translations.approve(chosen=[(2**31, 1)], by=dana)
    with pytest.raises(Invalid):
        await translations.save(texts=[Written(proposal, "Wells", 0)], language="en", by=dana)
    await execute("update proposals set status = 'declined' where id = $1", proposal.id)
    declined = await factories.actor("ben", here)
    proposal.status = "declined"
    with pytest.raises(Conflict):
        await translations.save(texts=[Written(proposal, PUITS, 0)], language="fr", by=declined)
