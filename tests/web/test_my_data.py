"""/me/data and /me/erase: what Plenary holds of a person, all of it in one file, and leaving for good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app import access
from app.actions import coalitions
from app.analysis import integrity, my_data
from app.database import execute, fetch, fetchrow, fetchval
from deliberation.phases import Phase
from tests import cast, slates
from tests.cast import signed_in
from tests.factories import actor, join, make_consultation, move_to, propose, vote

NAMES = {"email", "to", "participant", "participants", "account"}


async def columns_that_lead_to_a_person() -> set[tuple[str, str]]:
    """Foreign keys to accounts and participants, and columns with an address or a participant's code in them."""
    keys = await fetch(
        "select k.conrelid::regclass::text as table, a.attname as column from pg_constraint k "
        "join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey) "
        "where k.contype = 'f' and k.confrelid in ('accounts'::regclass, 'participants'::regclass)"
    )
    named = await fetch(
        "select table_name as table, column_name as column from information_schema.columns "
        "where table_schema = 'public' and table_name not like 'procrastinate%' and column_name = any($1)",
        list(NAMES),
    )
    return {(row["table"].strip('"'), row["column"]) for row in (*keys, *named)}


async def test_every_column_that_leads_to_a_person_is_on_the_list(database: None) -> None:
    listed = {(part.table, part.column) for part in my_data.PARTS}
    assert await columns_that_lead_to_a_person() - listed == set()
    assert ("votes", "participant") in await columns_that_lead_to_a_person()


@pytest.mark.parametrize("part", my_data.PARTS, ids=lambda part: f"{part.table}.{part.column}")
async def test_each_part_can_be_read(database: None, part: my_data.Part) -> None:
    key: Any = {my_data.Whose.EMAIL: "nobody@example.org", my_data.Whose.PARTICIPANT: 7}.get(part.whose)
    if part.sql:
        assert part.title
        rows = await fetch(part.sql, key or "00000000-0000-4000-8000-000000000000")
        assert rows == []


async def taking_part() -> tuple[Any, Any]:
    here = await make_consultation()
    chidi = await join("chidi", here, organisation="Wells Union")
    return here, chidi


def flat(value: Any) -> Iterator[str]:
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from flat(one)
    if not isinstance(value, dict | list):
        yield str(value)


async def test_the_file_holds_what_the_person_wrote_and_voted_and_nobody_else_s(client: Any) -> None:
    here, chidi = await taking_part()
    dana = await join("dana", here)
    mine = await propose(chidi, "Build wells with the villages.")
    other = await propose(dana, "Pay the people who keep the pumps.")
    await vote(chidi, other, "disagree")
    await vote(dana, mine, "agree")
    browser = await signed_in(client, "chidi")
    answer = await browser.post("/en/me/data", {})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    package = json.loads(answer.content)
    (place,) = package["consultations"].values()
    assert [row["statement"] for row in place["Statements"]] == [mine.statement]
    assert [(row["statement"], row["choice"]) for row in place["Votes"]] == [(other.number, "disagree")]
    assert place["As what I take part"][0]["organisation"] == "Wells Union"
    everything = list(flat(package))
    assert not any("dana" in text or str(chidi.participant.id) == text for text in everything)
    page = (await browser.get("/en/me/data")).text
    assert "Statements" in page and "Votes" in page
    assert 'href="/en/me/data"' in (await browser.get("/en/me")).text


async def test_the_file_is_given_a_few_times_an_hour(client: Any) -> None:
    await taking_part()
    browser = await signed_in(client, "chidi")
    answers = [(await browser.post("/en/me/data", {})).status_code for _ in range(7)]
    assert answers == [200] * 6 + [429]


async def texts_of_the_database() -> str:
    """Every row of every table as text."""
    tables = await fetch("select tablename from pg_tables where schemaname = 'public'")
    found = [await fetch(f'select t::text as row from "{row["tablename"]}" t') for row in tables]
    return "\n".join(row["row"] for rows in found for row in rows).casefold()


async def test_who_leaves_is_found_nowhere_and_what_was_published_still_holds(client: Any) -> None:
    here = await slates.curating(phases=(Phase.PROPOSE, Phase.CURATE, Phase.RESPOND), joining=("chidi",))
    await slates.published(here)
    person = await cast.person("chidi")
    await execute("update accounts set name = 'Chidi Canary-Okafor' where id = $1", person.id)
    await execute(
        "insert into invitations (id, consultation, email, token_hash, created_at, expires_at) "
        "values (gen_random_uuid(), $1, $2, 'x', now(), now())",
        here.id,
        person.email,
    )
    browser = await signed_in(client, "chidi")
    participant = await access.participant_of(here.id, person.id)
    assert participant is not None
    before = await texts_of_the_database()
    assert person.email.casefold() in before and "canary-okafor" in before
    answer = await browser.post("/en/me/erase", {"email": person.email.upper()})
    assert answer.status_code == 303, answer.text
    after = await texts_of_the_database()
    for canary in (person.email, person.email.partition("@")[0] + "@", "canary-okafor"):
        assert canary.casefold() not in after
    assert await access.participant_of(here.id, person.id) is None
    assert await access.accounts_of([participant.id]) == {}
    assert (await browser.get("/en/me")).status_code in (303, 401)
    assert [one.problem for one in await integrity.examine(here.id) if not one.holds] == []
    assert await fetchval("select count(*) from audit_events where action = 'accounts.erase'") == 1


async def test_votes_of_the_open_round_are_withdrawn_and_those_of_closed_rounds_stay(client: Any) -> None:
    here = await make_consultation(phases=(Phase.PROPOSE, Phase.PROPOSE))
    chidi, dana = await join("chidi", here), await join("dana", here)
    first = await propose(dana, "Pay the people who keep the pumps.")
    second = await propose(dana, "Publish what each well costs.")
    await vote(chidi, first, "agree")
    await execute("update votes set cast_at = cast_at - interval '20 days'")
    await move_to(here, 2)
    await vote(await actor("chidi", here), second, "disagree")
    waiting = await propose(await actor("chidi", here), "Train the young as mechanics.", accepted=False)
    browser = await signed_in(client, "chidi")
    assert (await browser.post("/en/me/erase", {"email": "chidi@example.org"})).status_code == 303
    rows = await fetch("select proposal from votes where participant = $1", chidi.participant.id)
    assert [row["proposal"] for row in rows] == [first.id]
    assert await fetchval("select status from proposals where id = $1", waiting.id) == "withdrawn"


async def test_a_wrong_address_changes_nothing_and_is_kept(client: Any) -> None:
    await taking_part()
    browser = await signed_in(client, "chidi")
    answer = await browser.post("/en/me/erase", {"email": "dana@example.org"})
    assert answer.status_code == 422
    assert 'value="dana@example.org"' in answer.text
    assert await fetchval("select count(*) from participant_links") == 1


async def test_the_only_convenor_of_a_running_consultation_names_another_first(client: Any) -> None:
    await make_consultation()
    browser = await signed_in(client, "amara")
    email = (await cast.person("amara")).email
    answer = await browser.post("/en/me/erase", {"email": email})
    assert answer.status_code == 403
    assert "only convenor" in answer.text
    row = await fetchrow("select disabled_at from accounts where email = $1", email)
    assert row is not None and row["disabled_at"] is None


@pytest.mark.slow
async def test_offers_and_places_in_coalitions_go_with_them(client: Any) -> None:
    here = await slates.curating(joining=("chidi", "dana"))
    _, draft = await slates.published(here)
    await move_to(here, 4)
    proposal = await slates.proposal_of(draft.stances[0])
    chidi = await actor("chidi", here)
    await coalitions.offer(proposal=proposal, brings="A drilling rig", by=chidi)
    browser = await signed_in(client, "chidi")
    assert (await browser.post("/en/me/erase", {"email": "chidi@example.org"})).status_code == 303
    assert await fetchval("select count(*) from work_offers") == 0
    assert "drilling rig" not in await texts_of_the_database()
