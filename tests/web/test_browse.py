"""/c/{slug}/statements, the list of consultations, and the pages of the house."""

from __future__ import annotations

from typing import Any

import pytest

from app.actions import proposals
from tests import factories
from tests.cast import signed_in


async def three(client: Any) -> Any:
    made = await factories.make_consultation()
    chidi = await factories.join("chidi", made)
    await factories.propose(chidi, "Build wells together.")
    await factories.propose(chidi, "Spend 100 % of fees_on pipes.")
    french = await proposals.submit(statement="Construire des puits ensemble.", language="fr", by=chidi)
    from app.actions import moderation

    await moderation.accept(proposal=french, by=await factories.actor("ben", made))
    await factories.propose(chidi, "Nobody has read this one.", accepted=False)
    return made


async def test_everybody_sees_accepted_statements_and_only_those(client: Any) -> None:
    await three(client)
    page = (await client.get("/en/c/water/statements")).text
    assert page.index("Build wells together") < page.index("Construire des puits")
    assert "Nobody has read this one" not in page
    assert 'lang="fr"' in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=WELLS", "Build wells"),
        ("q=100+%25", "Spend 100"),
        ("q=fees_on", "Spend 100"),
        ("language=fr", "Construire"),
    ],
)
async def test_it_searches_words_and_languages(client: Any, query: str, shown: str) -> None:
    await three(client)
    page = (await client.get(f"/en/c/water/statements?{query}")).text
    assert shown in page
    assert page.count("<blockquote") + page.count("<q ") == 1


@pytest.mark.parametrize("query", ["q=%25", "q=_", "q=%5C", "q=%27%20or%201=1--"])
async def test_signs_of_the_search_language_are_plain_text(client: Any, query: str) -> None:
    await three(client)
    page = (await client.get(f"/en/c/water/statements?{query}")).text
    assert "Construire" not in page


async def test_a_waiting_statement_is_for_its_author_and_for_staff(client: Any) -> None:
    await three(client)
    assert (await client.get("/en/c/water/statements/4")).status_code == 404
    for name, status in (("chidi", 200), ("ben", 200), ("eve", 404)):
        browser = await signed_in(client, name)
        assert (await browser.get("/en/c/water/statements/4")).status_code == status, name


async def test_a_statement_s_page_shows_the_own_vote_and_nobody_else_s(client: Any) -> None:
    from app.tables.proposals import Proposal

    made = await three(client)
    proposal = await Proposal.objects().where(Proposal.number == 1).first()
    assert proposal is not None
    dana = await factories.join("dana", made)
    await factories.vote(dana, proposal, "disagree")
    own = (await (await signed_in(client, "dana")).get("/en/c/water/statements/1")).text
    assert "Disagree" in own
    other = (await (await signed_in(client, "chidi")).get("/en/c/water/statements/1")).text
    assert "You voted" not in other


async def test_the_list_shows_drafts_to_their_staff_only(client: Any) -> None:
    await factories.make_consultation(launched=False)
    assert "Clean water for all" not in (await client.get("/en/")).text
    assert "Clean water for all" in (await (await signed_in(client, "ben")).get("/en/")).text
    assert "Clean water for all" not in (await (await signed_in(client, "eve")).get("/en/")).text


async def test_a_consultation_s_page_says_where_it_stands(client: Any) -> None:
    made = await factories.make_consultation()
    page = (await client.get("/en/c/water")).text
    assert "What would bring clean water to every village?" in page
    assert "Start voting" in page
    assert "Chatham House Rule" in page
    await factories.set_lifecycle(made, "published")
    assert "Start voting" not in (await client.get("/en/c/water")).text


@pytest.mark.parametrize("path", ["/", "/help", "/privacy", "/accessibility", "/sign-in", "/sign-in/password"])
@pytest.mark.parametrize("language", ["en", "fr", "ar", "zh", "ru", "es"])
async def test_the_pages_of_the_house_are_there_in_six_languages(client: Any, path: str, language: str) -> None:
    page = await client.get(f"/{language}{path}")
    assert page.status_code == 200
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page.text


async def test_an_address_without_a_language_leads_to_the_reader_s(client: Any) -> None:
    for accepted, language in (("ar,en;q=0.5", "ar"), ("de", "en"), ("en;q=0.1,fr;q=0.9", "fr"), ("x;q=y,,;", "en")):
        answer = await client.get("/c/water?a=1", headers={"accept-language": accepted})
        assert (answer.status_code, answer.headers["location"]) == (302, f"/{language}/c/water?a=1")
