"""The jobs `tell_news` and `ask_voters`: authors hear once what became of their proposals, voters what waits."""

from __future__ import annotations

from typing import Any

import pytest

from app.actions import moderation, news
from app.database import execute, fetch, fetchval
from app.jobs.tell_news import ask_voters, tell_news
from app.tables.outbox import Message
from tests import factories, slates
from tests.cast import signed_in
from tests.web.test_two_slates import answered, participants


async def messages(kind: str) -> list[Message]:
    return list(await Message.objects().where(Message.kind == kind).order_by(Message.to))


async def written(name: str, here: Any, *statement_ids: int) -> None:
    """These statements are this participant's."""
    who = await factories.actor(name, here)
    assert who.participant is not None
    await execute(
        "update proposals set author = $2, is_starter = false where id = any($1::int[])",
        list(statement_ids),
        who.participant.id,
    )


async def merged(here: Any) -> None:
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    one = await factories.propose(chidi, "Every village should have a well.")
    two = await factories.propose(dana, "Every village should have one well.")
    for name in ("hana", "ivan"):
        await factories.vote(await factories.join(name, here), one, "agree")
    await factories.vote(await factories.actor("hana", here), two, "agree")
    await moderation.let_stand_for(proposal=one, into=two)


async def test_after_a_merge_its_author_is_told_once_and_only_whose_vote_waits_is_asked(database: None) -> None:
    here = await factories.make_consultation()
    await merged(here)
    for _ in range(2):
        await tell_news(consultation_id=str(here.id))
        await ask_voters(consultation_id=str(here.id))
    told = await messages("proposal_news")
    assert [message.to for message in told] == ["chidi@example.org"]
    assert "Your statement 1:" in told[0].text
    assert "statement 2 stands for it now" in told[0].text
    assert "Every village" not in told[0].text
    asked = await messages("votes_waiting")
    assert [message.to for message in asked] == ["ivan@example.org"]
    assert "/c/water/me/carry" in asked[0].text


async def test_a_merge_asks_for_both_jobs_once_for_all_that_happens_within_minutes(database: None) -> None:
    here = await factories.make_consultation()
    await merged(here)
    await news.ask_soon("tell_news", here.id)
    rows = await fetch(
        "select task_name, count(*) as n, bool_and(scheduled_at > now() + interval '5 minutes') as later "
        "from procrastinate_jobs where task_name in ('tell_news', 'ask_voters') group by 1 order by 1"
    )
    assert [(row["task_name"], row["n"], row["later"]) for row in rows] == [
        ("ask_voters", 1, True),
        ("tell_news", 1, True),
    ]


async def test_after_the_round_no_voter_is_asked_for_what_cannot_be_carried_any_more(database: None) -> None:
    here = await factories.make_consultation()
    await merged(here)
    await factories.move_to(here, 1, standing="closed")
    assert await news.ask_voters(consultation_id=here.id) == 0
    assert await messages("votes_waiting") == []


@pytest.mark.slow
async def test_a_slate_is_told_to_authors_with_the_curators_reason_in_their_language(client: Any) -> None:
    here = await slates.curating(joining=("chidi", "dana"))
    frozen, draft = await slates.published(here)
    dropped, kept = frozen.slate.stances[0].statement_id, draft.stances[0].statement_id
    added = draft.stances[-1].statement_id
    on_lists = {stance.statement_id for stance in (*frozen.stances, *draft.stances)}
    other = await fetchval(
        "select id from proposals where consultation = $1 and not id = any($2::int[]) order by id limit 1",
        here.id,
        list(on_lists),
    )
    await written("chidi", here, dropped, kept, other)
    await written("dana", here, added)
    await execute("update accounts set locale = 'fr' where email = 'dana@example.org'")
    await tell_news(consultation_id=str(here.id))
    chidis, danas = await messages("proposal_news")
    assert (chidis.to, danas.to, danas.locale) == ("chidi@example.org", "dana@example.org", "fr")
    assert "On the participants' slate, but the curators left it out: Needed so that a group" in chidis.text
    assert f"Because of number {dropped}." in chidis.text
    assert "On the curated slate" in chidis.text
    assert "On neither slate" in chidis.text
    assert f"Because of number {added}." in danas.text
    assert f"Because of number {added}." not in chidis.text
    page = (await (await signed_in(client, "chidi")).get("/en/c/water/me/proposals")).text
    assert "We asked, you said" in page


async def test_adoption_is_told_when_the_respond_round_has_closed_and_shows_in_the_lineage(client: Any) -> None:
    here = await slates.curating(joining=("chidi",))
    _, draft = await slates.published(here)
    await written("chidi", here, draft.stances[0].statement_id)
    await tell_news(consultation_id=str(here.id))
    await factories.move_to(here, 3)
    people = participants()
    await slates.everybody_takes_its_side(here, draft)
    await answered(here, people, [("yes", "yes", "")] * len(people))
    await tell_news(consultation_id=str(here.id))
    assert len(await messages("proposal_news")) == 1, "while the round is open there is nothing to tell"
    await factories.move_to(here, 3, standing="closed")
    await tell_news(consultation_id=str(here.id))
    latest = (await messages("proposal_news"))[-1]
    assert "Participants adopted the slate on which it stands" in latest.text
    assert "On the curated slate" not in latest.text, "that was told before"
    number = await fetchval("select number from proposals where id = $1", draft.stances[0].statement_id)
    page = (await client.get(f"/en/c/water/statements/{number}/lineage")).text
    assert "Participants adopted the slate on which it stands" in page


async def test_who_is_told_stands_in_no_record(database: None) -> None:
    here = await factories.make_consultation()
    await merged(here)
    await news.tell(consultation_id=here.id)
    rows = await fetch("select payload, actor from audit_events where action = 'news.tell'")
    assert [(row["payload"], row["actor"]) for row in rows] == [('{"told": true}', "system")]
