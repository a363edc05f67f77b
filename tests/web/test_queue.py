"""GET /c/{slug}/moderate: what waits, the oldest first, without a trace of who wrote it; and reported statements."""

from __future__ import annotations

import re

from app.actions import proposals
from deliberation.disclosure import Attribution
from tests import factories
from tests.cast import signed_in


async def test_waiting_statements_stand_oldest_first(client):
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    for text in ("Build wells with the villages that use them.", "Train one pump mechanic in every village."):
        await factories.propose(chidi, text, accepted=False)
    page = (await (await signed_in(client, "ben")).get("/en/c/water/moderate")).text
    assert page.index("Build wells") < page.index("Train one pump")
    assert "2 statements wait for a decision" in page


async def test_nothing_on_the_page_leads_to_an_author(client):
    here = await factories.make_consultation(attribution=Attribution.ATTRIBUTED)
    chidi = await factories.join("chidi", here, organisation="Wells Without Borders")
    await factories.propose(chidi, "Build wells with the villages.", accepted=False, on_behalf=True)
    page = (await (await signed_in(client, "ben")).get("/en/c/water/moderate")).text
    assert "Build wells" in page
    assert "Chidi" not in page
    assert "Wells Without Borders" not in page
    assert str(chidi.participant.id) not in page


async def test_a_card_shows_accepted_statements_that_say_nearly_the_same(client):
    here = await factories.make_consultation()
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    first = await factories.propose(chidi, "Every village should have a well within walking distance.")
    await factories.propose(dana, "Every village should have a well within a walking distance.", accepted=False)
    page = (await (await signed_in(client, "ben")).get("/en/c/water/moderate")).text
    similar = page[page.index("Similar statements") :]
    assert f'<span class="num">{first.number}</span>' in similar
    assert "within walking distance" in similar


async def test_the_filter_narrows_by_language_and_by_words(client):
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    await proposals.submit(statement="Construire des puits avec les villages.", language="fr", by=chidi)
    await factories.propose(chidi, "Teach children how water stays clean.", accepted=False)
    ben = await signed_in(client, "ben")
    french = (await ben.get("/en/c/water/moderate?language=fr")).text
    assert "Construire des puits" in french
    assert "Teach children" not in french
    words = (await ben.get("/en/c/water/moderate?q=CHILDREN")).text
    assert "Teach children" in words
    assert "Construire" not in words
    nothing = (await ben.get("/en/c/water/moderate?q=%25")).text
    assert "Nothing matches" in nothing


async def test_odd_filters_are_left_out_of_account(client):
    await factories.make_consultation()
    ben = await signed_in(client, "ben")
    for query in ("page=-3", "page=99999999999", "page=x", "language=xx", "q=%00", "q=" + "a" * 500, "page=2"):
        assert (await ben.get(f"/en/c/water/moderate?{query}")).status_code == 200


async def test_25_statements_stand_on_a_page(client):
    here = await factories.make_consultation()
    for place in range(9):
        writer = await factories.join(f"writer{place}", here)
        for text in ("wells near schools", "taps near markets", "pipes along roads"):
            await factories.propose(writer, f"Plan number {place} pays for {text}.", accepted=False)
    ben = await signed_in(client, "ben")
    first, second = (await ben.get("/en/c/water/moderate")).text, (await ben.get("/en/c/water/moderate?page=2")).text
    assert len(re.findall(r'id="w\d+"', first)) == 25
    assert len(re.findall(r'id="w\d+"', second)) == 2
    assert "Page 1 of 2" in first


async def test_reported_statements_are_listed_with_their_reasons_and_can_be_kept(client):
    here = await factories.make_consultation()
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    made = await factories.propose(chidi, "The mayor of Elsewhere steals the water.")
    await proposals.flag(proposal=made, reason_code="personal_data", note="It means one man.", by=dana)
    ben = await signed_in(client, "ben")
    page = (await ben.get("/en/c/water/moderate")).text
    assert "Reported statements" in page
    assert "It names or identifies a person" in page
    assert "It means one man." in page
    answer = await ben.post(f"/en/c/water/moderate/{made.number}/keep", {"_key": "k1"})
    assert answer.status_code == 303
    assert "Reported statements" not in (await ben.get("/en/c/water/moderate")).text
    again = await ben.post(f"/en/c/water/moderate/{made.number}/keep", {"_key": "k2"})
    assert again.status_code == 409


async def test_a_reported_statement_that_is_taken_down_is_declined_with_its_reason(client):
    here = await factories.make_consultation()
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    made = await factories.propose(chidi, "The mayor of Elsewhere steals the water.")
    await factories.vote(dana, made, "agree")
    await proposals.flag(proposal=made, reason_code="personal_data", by=dana)
    ben = await signed_in(client, "ben")
    path = f"/en/c/water/moderate/{made.number}/remove"
    assert (await ben.post(path, {"reason_code": "personal_data", "reason": " "})).status_code == 422
    answer = await ben.post(path, {"reason_code": "personal_data", "reason": "It accuses one person."})
    assert answer.status_code == 303
    await made.refresh()
    assert (made.status, made.reason_code, made.reason) == ("declined", "personal_data", "It accuses one person.")


async def test_only_moderators_open_the_queue(client):
    here = await factories.make_consultation()
    await factories.join("chidi", here)
    for name in ("amara", "chidi", "eve", "fatima", "gus"):
        assert (await (await signed_in(client, name)).get("/en/c/water/moderate")).status_code == 403
    assert (await client.get("/en/c/water/moderate", headers={"cookie": ""})).status_code == 303
