"""/c/{slug}/statements/{n}/lineage: where a statement comes from and what became of it, by the day, and no counts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.actions import amendments, moderation, proposals
from app.database import execute
from app.tables.proposals import Proposal
from tests import factories
from tests.cast import signed_in


async def statement(number: int) -> Proposal:
    found = await Proposal.objects().where(Proposal.number == number).first()
    assert found is not None
    return found


@pytest.fixture
async def family(client: Any) -> Any:
    """1 is reworded as 3; 2 is merged into 3; Dana's words for 2 became 4, beside the others."""
    here = await factories.make_consultation()
    chidi, dana, eve = [await factories.join(name, here) for name in ("chidi", "dana", "eve")]
    ben = await factories.actor("ben", here)
    one = await factories.propose(chidi, "Every village should have a well.")
    two = await factories.propose(eve, "Each village should get one well.")
    await factories.vote(dana, one, "agree")
    made = await amendments.propose(
        proposal=one, statement="Every village should have a well of its own.", reason="Shared wells dry up.", by=dana
    )
    await amendments.accept(amendment=made, by=chidi)
    await moderation.accept(proposal=await statement(3), by=ben)
    made = await amendments.propose(
        proposal=two, statement="Each village should get two wells.", reason="One can break.", by=dana
    )
    await amendments.make_own(amendment=made, by=dana)
    await moderation.accept(proposal=await statement(4), by=ben)
    request = await moderation.suggest_merge(proposal=await statement(2), into=await statement(3), by=ben)
    for by in (chidi, eve):
        await moderation.answer_merge(request=request, agrees=True, by=by)
    return here


async def test_every_member_of_a_family_shows_the_whole_of_it(client: Any, family: Any) -> None:
    for number in (1, 2, 3, 4):
        page = (await client.get(f"/en/c/water/statements/{number}/lineage")).text
        assert [int(n) for n in re.findall(r'<h2 id="n(\d+)"', page)] == [1, 2, 3, 4], "what is older comes first"
        for said in (
            "Other words were accepted: statement 3 stands for it now",
            "Stands for statement 1, in other words",
            "Merged with the consent of both authors: statement 3 stands for it now",
            "Stands also for statement 2, which was merged into it",
            "Began as other words for statement 2",
            "A moderator accepted it: it is open for votes",
        ):
            assert said in page
        assert page.count("<ins>") >= 2
        assert page.count('class="edge"') == 2, "1 and 2 lead to 3"
        assert page.count('class="edge own"') == 1, "4 began as words for 2"
        assert "Read this as a table" in page


async def test_it_tells_days_and_neither_times_names_nor_votes(client: Any, family: Any) -> None:
    page = (await client.get("/en/c/water/statements/1/lineage")).text
    main = page[page.index("<main") : page.index("</main>")]
    assert re.findall(r'datetime="([^"]*)"', main)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in re.findall(r'datetime="([^"]*)"', main))
    assert not re.search(r"\d\d:\d\d|\d\s*%", main)
    for name in ("chidi", "dana", "example.org"):
        assert name not in main.lower()


async def test_words_that_nobody_of_the_staff_has_read_are_not_quoted(client: Any, family: Any) -> None:
    dana = await factories.actor("dana", family)
    made = await amendments.propose(
        proposal=await statement(3), statement="Wells are what my neighbour steals from.", reason="x", by=dana
    )
    page = (await client.get("/en/c/water/statements/3/lineage")).text
    assert "A participant proposed other words" in page
    assert "neighbour" not in page
    await amendments.decline(
        amendment=made, answer="That is about one person.", by=await factories.actor("chidi", family)
    )
    page = (await client.get("/en/c/water/statements/3/lineage")).text
    assert "its author kept these" in page
    assert "one person" not in page


async def test_what_was_withdrawn_is_left_out_for_others_and_stays_for_its_author(client: Any, family: Any) -> None:
    dana = await factories.actor("dana", family)
    await proposals.withdraw(proposal=await statement(4), by=dana)
    page = (await client.get("/en/c/water/statements/2/lineage")).text
    assert "two wells" not in page
    assert (await client.get("/en/c/water/statements/4/lineage")).status_code == 404
    browser = await signed_in(client, "dana")
    assert "two wells" in (await browser.get("/en/c/water/statements/4/lineage")).text


async def test_a_statement_alone_has_a_lineage_too(client: Any) -> None:
    here = await factories.make_consultation()
    await factories.propose(await factories.join("chidi", here), "Every village should have a well.")
    page = (await client.get("/en/c/water/statements/1/lineage")).text
    assert "neither been merged nor reworded" in page
    assert (await client.get("/en/c/water/statements/9/lineage")).status_code == 404


async def test_right_to_left_words_are_compared_from_right_to_left(client: Any) -> None:
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    await factories.propose(chidi, "يجب أن يكون لكل قرية بئر.")
    await execute("update proposals set language = 'ar'")
    made = await amendments.propose(
        proposal=await statement(1), statement="يجب أن يكون لكل قرية بئران.", reason="بئر واحدة لا تكفي.", by=chidi
    )
    page = (await (await signed_in(client, "chidi")).get(f"/ar/c/water/amendments/{made.id}")).text
    assert '<p class="wording" lang="ar" dir="rtl">' in page
    assert re.search(r"<del>.*?بئر.*?</del><ins>.*?بئران.*?</ins>", page)


async def test_my_proposals_tell_what_was_done_with_each_and_what_stands_for_it(client: Any, family: Any) -> None:
    browser = await signed_in(client, "dana")
    page = (await browser.get("/en/c/water/me/proposals")).text
    assert "We asked, you said" in page
    assert "Words I proposed for statements of others" in page
    assert "A proposal of its own now" in page
    eve = await signed_in(client, "eve")
    page = (await eve.get("/en/c/water/me/proposals")).text
    assert "statement 3 stands for it now" in page
    assert "Every village" not in page
