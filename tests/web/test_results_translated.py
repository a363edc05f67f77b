"""Translations on the results, the two slates and the respond card: labelled, escaped, and never older than today."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.database import execute, fetchrow, fetchval
from deliberation.disclosure import Attribution
from deliberation.phases import Phase
from tests import factories, simulated, slates
from tests.cast import signed_in

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

RESULTS, SLATES, RESPOND = "/c/water/results", "/c/water/slates", "/c/water/respond"
PUITS = "Construire <b>les puits</b> avec les villages & leurs écoles."
SHOWN = "Construire &lt;b&gt;les puits&lt;/b&gt; avec les villages &amp; leurs écoles."
ABAR = "حفر الآبار مع القرى التي تستخدمها."


async def closed(attribution: Attribution = Attribution.OPEN) -> Any:
    here = await factories.make_consultation(attribution=attribution)
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here)
    await simulated.freeze_first_round(here)
    return here


async def translate(proposal: int, text: str, language: str = "fr", *, by: Any = None) -> int:
    """An approved translation by a volunteer."""
    return int(
        await fetchval(
            "insert into translations (proposal, language, is_simpler, text, origin, status, engine, version, "
            "is_outdated, reason, participant, created_at, approved_at) values ($1, $2, false, $3, 'volunteer', "
            "'approved', '', 1, false, '', $4, clock_timestamp(), clock_timestamp()) returning id",
            proposal,
            language,
            text,
            by,
        )
    )


async def withdraw(text: int) -> None:
    await execute("update translations set status = 'withdrawn', withdrawn_at = clock_timestamp() where id = $1", text)


async def quoted_first(page: str) -> Any:
    """The first statement of the short version, which the page shows in several places."""
    number = int(re.search(r'class="cite" href="[^"]*#s(\d+)"', page)[1])
    return await fetchrow("select id, number, statement, language from proposals where number = $1", number)


async def test_results_follow_the_language_of_the_page_and_say_what_is_translated(client):
    await closed()
    english, chinese = (await client.get(f"/en{RESULTS}")).text, (await client.get(f"/zh{RESULTS}")).text
    first = await quoted_first(english)
    language = "ru" if first["language"] != "ru" else "fr"
    await translate(first["id"], PUITS, language)
    page = (await client.get(f"/{language}{RESULTS}?s={first['number']}")).text
    assert f'<q lang="{language}" dir="auto">{SHOWN}</q>' in page
    assert PUITS not in page
    assert f'href="/{language}/c/water/statements/{first["number"]}" title=' in page
    landed = page[page.index('id="lands"') :]
    assert f'<p class="says" lang="{language}" dir="auto">{SHOWN}</p>' in landed
    assert re.search(r'<details class="beside">.*?lang="' + first["language"] + '"', landed)
    fragment = await client.get(f"/{language}{RESULTS}/lands?s={first['number']}", headers={"hx-request": "true"})
    assert SHOWN in fragment.text
    assert f'<option value="{first["number"]}" selected>{first["number"]} · {SHOWN} (' in page
    assert SHOWN not in (await client.get(f"/zh{RESULTS}")).text
    assert english.count("<q") == (await client.get(f"/en{RESULTS}")).text.count("<q")
    assert "title=" not in chinese[chinese.index("<q") : chinese.index("</q>")]


async def test_a_translation_approved_or_withdrawn_later_is_on_the_next_page(client):
    await closed()
    first = await quoted_first((await client.get(f"/en{RESULTS}")).text)
    path = f"/{'fr' if first['language'] != 'fr' else 'ru'}{RESULTS}"
    language = path[1:3]
    assert SHOWN not in (await client.get(path)).text
    text = await translate(first["id"], PUITS, language)
    assert SHOWN in (await client.get(path)).text
    better = await translate(first["id"], "Mieux dit.", language)
    page = (await client.get(path)).text
    assert "Mieux dit." in page
    assert SHOWN not in page
    await withdraw(better)
    assert SHOWN in (await client.get(path)).text
    await withdraw(text)
    page = (await client.get(path)).text
    assert SHOWN not in page
    assert "Mieux dit." not in page


async def test_the_wall_and_the_charts_to_take_along_say_what_is_translated(client):
    await closed()
    first = await quoted_first((await client.get(f"/en{RESULTS}")).text)
    language = "fr" if first["language"] != "fr" else "ru"
    await translate(first["id"], "Mieux dit.", language)
    wall = (await (await signed_in(client, "amara")).get(f"/{language}/c/water/present")).text
    assert re.search(
        rf'<blockquote lang="{language}" dir="auto">Mieux dit\.</blockquote><p class="meta">[^<]+</p>', wall
    )
    chart = (await client.get(f"/{language}{RESULTS}/charts/common.svg")).text
    assert f"{first['number']} · Mieux dit. (" in chart


async def test_what_somebody_reads_besides_changes_nothing_in_results_that_others_share(client):
    here = await factories.make_consultation(attribution=Attribution.OPEN)
    chidi = await factories.join("chidi", here)
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here)
    await simulated.freeze_first_round(here)
    await execute("update participants set language = 'fr' where id = $1", chidi.participant.id)
    browser = await signed_in(client, "chidi")
    first = await quoted_first((await browser.get(f"/en{RESULTS}")).text)
    await translate(first["id"], PUITS, "fr")
    assert SHOWN not in (await browser.get(f"/en{RESULTS}")).text


async def test_each_organisation_once_in_arabic_from_right_to_left_with_its_translation(client):
    await closed()
    page = (await client.get(f"/ar{RESULTS}?view=constituencies")).text
    number = int(re.search(r'<q lang="en" dir="auto"><a href="[^"]*/statements/(\d+)"', page)[1])
    await translate(await fetchval("select id from proposals where number = $1", number), ABAR, "ar")
    page = (await client.get(f"/ar{RESULTS}?view=constituencies")).text
    assert re.search(r'<html[^>]* lang="ar"[^>]* dir="rtl"', page)
    linked = rf'<q lang="ar" dir="auto"><a href="/ar/c/water/statements/{number}">{ABAR}</a></q>'
    row = page[re.search(linked, page).start() :]
    assert f'<a class="small" href="/ar/c/water/statements/{number}" title="' in row[: row.index("</li>")]


async def test_under_the_chatham_house_rule_no_writer_of_a_translation_is_told(client):
    here = await factories.make_consultation(attribution=Attribution.CHATHAM_HOUSE)
    chidi = await factories.join("chidi", here, organisation="Well Keepers Union")
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here)
    await simulated.freeze_first_round(here)
    first = await quoted_first((await client.get(f"/en{RESULTS}")).text)
    language = "fr" if first["language"] != "fr" else "ru"
    await translate(first["id"], PUITS, language, by=chidi.participant.id)
    page = (await client.get(f"/{language}{RESULTS}")).text
    assert SHOWN in page
    for one in ("Chidi", "Well Keepers Union", str(chidi.participant.id)):
        assert one not in page


async def test_a_small_room_reads_its_words_over_translated_statements(client):
    here = await factories.make_consultation(attribution=Attribution.CHATHAM_HOUSE)
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here, n_participants=16, n_statements=12, votes_per_person=12.0)
    await simulated.freeze_first_round(here)
    page = (await client.get(f"/fr{RESULTS}")).text
    number = int(re.search(r'<q lang="en" dir="auto"><a href="[^"]*/statements/(\d+)"', page)[1])
    await translate(await fetchval("select id from proposals where number = $1", number), PUITS)
    page = (await client.get(f"/fr{RESULTS}")).text
    assert f'<q lang="fr" dir="auto"><a href="/fr/c/water/statements/{number}">{SHOWN}</a></q>' in page


# -------- the two slates


async def test_both_slates_are_read_in_translation_with_the_original_one_press_away(client):
    here = await slates.curating()
    frozen, draft = await slates.published(here)
    await factories.move_to(here, 2, standing="closed")
    kept = next(one for one in draft.stances if one in frozen.stances)
    proposal = await slates.proposal_of(kept)
    language = "ar" if proposal.language != "ar" else "fr"
    text = await translate(proposal.id, ABAR, language)
    page = (await client.get(f"/{language}{SLATES}")).text
    for heading in ("h-before", "h-after"):
        part = slates.section(page, heading)
        said = part[part.index(f'<q lang="{language}" dir="auto">{ABAR}</q>') :]
        said = said[: said.index("</li>")]
        assert re.search(rf'<details class="beside">.*lang="{proposal.language}" dir="auto"', said)
    assert ABAR not in (await client.get(f"/zh{SLATES}")).text
    await withdraw(text)
    assert ABAR not in (await client.get(f"/{language}{SLATES}")).text


async def test_the_participants_slate_alone_is_read_in_translation_and_escaped(client):
    here = await slates.curating()
    frozen, _ = await slates.reasoned(here)
    await factories.move_to(here, 2, standing="closed")
    proposal = await slates.proposal_of(frozen.stances[0])
    language = "fr" if proposal.language != "fr" else "ru"
    await translate(proposal.id, PUITS, language)
    page = (await client.get(f"/{language}{SLATES}")).text
    assert f'<q lang="{language}" dir="auto">{SHOWN}</q>' in page
    assert PUITS not in page


# -------- the respond card


async def responding(client: Any) -> tuple[Any, Any, Any, str, int]:
    """Chidi, who reads a language of which the first statement asked about has a translation."""
    here = await slates.curating(joining=("chidi",))
    _, draft = await slates.published(here)
    await factories.move_to(here, 3)
    proposal = await slates.proposal_of(draft.stances[0])
    language = "fr" if proposal.language != "fr" else "ru"
    chidi = await factories.actor("chidi", here)
    await execute("update participants set language = $2 where id = $1", chidi.participant.id, language)
    text = await translate(proposal.id, PUITS, language, by=chidi.participant.id)
    return await signed_in(client, "chidi"), chidi, proposal, language, text


async def test_the_respond_card_is_in_a_language_that_is_read_and_the_vote_keeps_its_words(client):
    browser, chidi, proposal, language, text = await responding(client)
    page = (await browser.get(f"/en{RESPOND}?item={proposal.number}")).text
    assert re.search(rf'<blockquote id="st"[^>]* lang="{language}" dir="auto">{re.escape(SHOWN)}</blockquote>', page)
    assert "Translation by a volunteer. Original language: " in page
    assert "<summary>Show original</summary>" in page
    assert f'<input type="hidden" name="seen" value="{text}">' in page
    assert f'<q lang="{language}" dir="auto">{SHOWN}</q>' in page[page.index("All statements of this round") :]
    sent = {"choice": "agree", "seen": str(text)}
    assert (await browser.post(f"/en{RESPOND}/{proposal.number}", sent)).status_code == 303
    vote = await fetchrow(
        "select translation, language from votes where participant = $1 and proposal = $2",
        chidi.participant.id,
        proposal.id,
    )
    assert (vote["translation"], vote["language"]) == (text, language)


async def test_the_differences_before_the_overall_questions_are_translated_too(client):
    browser, _, _, language, _ = await responding(client)
    page = (await browser.get(f"/en{RESPOND}?overall=1")).text
    number = slates.numbers(page[page.index("Every difference") : page.index("All statements of this round")])[0]
    await translate(await fetchval("select id from proposals where number = $1", number), "Dit autrement.", language)
    page = (await browser.get(f"/en{RESPOND}?overall=1")).text
    told = page[page.index("Every difference") : page.index("All statements of this round")]
    assert f'<q lang="{language}" dir="auto">Dit autrement.</q>' in told


# -------- what it costs


async def test_a_translation_costs_each_page_one_query_at_most(client, monkeypatch):
    from app.analysis import translations

    asked = []
    fetch = translations.fetch

    async def counted(query: str, *values: Any) -> Any:
        asked.append(query)
        return await fetch(query, *values)

    monkeypatch.setattr(translations, "fetch", counted)
    here = await slates.curating(phases=(Phase.PROPOSE, Phase.CURATE, Phase.RESPOND), joining=("chidi",))
    await slates.published(here)
    await factories.move_to(here, 3)
    browser = await signed_in(client, "chidi")
    for path, most in ((f"/fr{RESULTS}?view=constituencies", 1), (f"/fr{RESULTS}", 0), (f"/fr{SLATES}", 1)):
        asked.clear()
        assert (await browser.get(path)).status_code == 200
        assert len(asked) == most, path
    for path in (f"/fr{RESPOND}", f"/fr{RESPOND}?overall=1"):
        asked.clear()
        assert (await browser.get(path)).status_code == 200
        assert len(asked) == 1, path
