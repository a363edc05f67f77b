"""A text's author told to two named persons: two causes, two reasons, never votes, and the author hears of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app import access
from app.database import execute, fetch, fetchrow, fetchval
from deliberation.phases import Role
from tests.cast import person, signed_in
from tests.factories import join, make_consultation, propose, vote

WHY = "The text announces where a village leader is to be attacked."
YES = "The police ask us, and there is no other way to warn him."


async def threatened() -> tuple[Any, Any]:
    """Chidi's statement, on which Dana has voted."""
    here = await make_consultation()
    chidi = await join("chidi", here)
    proposal = await propose(chidi, "Somebody should stop him at the well tonight.")
    await vote(await join("dana", here), proposal, "agree")
    return here, proposal


async def asked(client: Any, cause: str = "safety") -> tuple[Any, Any, Any]:
    here, proposal = await threatened()
    ben = await signed_in(client, "ben")
    answer = await ben.post(f"/en/c/water/statements/{proposal.number}/reveal", {"cause": cause, "words": WHY})
    assert answer.status_code == 303, answer.text
    return here, proposal, await fetchval("select id from reveals")


async def mails_to(name: str) -> list[str]:
    rows = await fetch('select kind from messages where "to" = $1 order by created_at', f"{name}@example.org")
    return [row["kind"] for row in rows]


async def test_a_moderator_asks_a_convenor_confirms_and_the_author_is_told(client: Any) -> None:
    here, proposal, reveal = await asked(client)
    ben, amara = await signed_in(client, "ben"), await signed_in(client, "amara")
    for browser in (ben, amara):
        assert "chidi@example.org" not in (await browser.get(f"/en/c/water/reveals/{reveal}")).text
    assert await mails_to("amara") == ["reveal_asked"]
    answer = await amara.post(f"/en/c/water/reveals/{reveal}", {"answer": "confirm", "words": YES})
    assert answer.status_code == 303
    for browser in (ben, amara):
        page = (await browser.get(f"/en/c/water/reveals/{reveal}")).text
        assert "chidi@example.org" in page and "Chidi" in page
        assert "dana" not in page.lower()
    told = await fetchrow("select subject, text from messages where kind = 'author_revealed'")
    assert told is not None and WHY in told["text"] and f"statement {proposal.number}" in told["text"]
    assert await mails_to("chidi") and (await mails_to("chidi"))[-1] == "author_revealed"
    assert "reveal_answered" in await mails_to("ben")
    chidi = await signed_in(client, "chidi")
    held = json.loads((await chidi.post("/en/me/data", {})).content)
    (statement,) = next(iter(held["consultations"].values()))["Statements"]
    assert [one["reason"] for one in statement["author_told_to_two_persons"]] == [WHY]
    assert here.id


async def test_the_public_log_says_that_it_happened_and_not_of_which_text(client: Any) -> None:
    here, proposal, reveal = await asked(client)
    await (await signed_in(client, "amara")).post(f"/en/c/water/reveals/{reveal}", {"answer": "confirm", "words": YES})
    rows = await fetch(
        "select actor, action, subject, payload from audit_events where chain = $1 and action like 'reveals.%' "
        "order by sequence",
        str(here.id),
    )
    assert [row["action"] for row in rows] == ["reveals.ask", "reveals.confirm"]
    assert [json.loads(row["payload"]) for row in rows] == [
        {"cause": "safety"},
        {"cause": "safety", "author_is_told": True},
    ]
    assert all(row["subject"] == "" for row in rows)
    assert rows[0]["actor"].startswith("moderator:") and rows[1]["actor"].startswith("convenor:")
    page = (await client.get("/en/c/water/audit")).text
    assert "An author revealed to two persons" in page
    assert WHY not in page and "chidi" not in page.lower()
    assert proposal.id


async def test_others_are_told_nothing_and_the_auditor_reads_the_case_without_the_name(client: Any) -> None:
    _, _, reveal = await asked(client)
    await execute(
        "insert into memberships (id, consultation, account, role, rounds) select gen_random_uuid(), consultation, $1, "
        "'moderator', '{}' from reveals",
        (await person("hugo")).id,
    )
    await (await signed_in(client, "amara")).post(f"/en/c/water/reveals/{reveal}", {"answer": "confirm", "words": YES})
    for name in ("fatima", "hugo"):
        page = await (await signed_in(client, name)).get(f"/en/c/water/reveals/{reveal}")
        assert page.status_code == 200 and WHY in page.text
        assert "chidi" not in page.text.lower()
    for name in ("chidi", "dana", "eve", "gus"):
        browser = await signed_in(client, name)
        assert (await browser.get(f"/en/c/water/reveals/{reveal}")).status_code == 403
        assert (await browser.get("/en/c/water/reveals")).status_code == 403


async def test_the_name_stands_there_for_a_week(client: Any) -> None:
    _, _, reveal = await asked(client)
    amara = await signed_in(client, "amara")
    await amara.post(f"/en/c/water/reveals/{reveal}", {"answer": "confirm", "words": YES})
    await execute("update reveals set answered_at = answered_at - interval '7 days'")
    assert "chidi" not in (await amara.get(f"/en/c/water/reveals/{reveal}")).text.lower()


async def test_where_a_law_forbids_it_the_author_is_not_told_and_the_law_is_on_record(client: Any) -> None:
    _, _, reveal = await asked(client, cause="law")
    amara = await signed_in(client, "amara")
    given = {"answer": "confirm", "words": YES, "is_untold": "1"}
    answer = await amara.post(f"/en/c/water/reveals/{reveal}", given)
    assert answer.status_code == 422 and "name the law" in answer.text
    assert (await amara.post(f"/en/c/water/reveals/{reveal}", given | {"law": "Penal Code 12"})).status_code == 303
    assert "author_revealed" not in await mails_to("chidi")
    assert "Penal Code 12" in (await amara.get(f"/en/c/water/reveals/{reveal}")).text


async def test_a_convenor_refuses_and_nobody_is_told(client: Any) -> None:
    _, _, reveal = await asked(client)
    amara = await signed_in(client, "amara")
    await amara.post(f"/en/c/water/reveals/{reveal}", {"answer": "refuse", "words": "Nobody is named in it at all."})
    assert "chidi" not in (await amara.get(f"/en/c/water/reveals/{reveal}")).text.lower()
    assert "author_revealed" not in await mails_to("chidi")
    again = await amara.post(f"/en/c/water/reveals/{reveal}", {"answer": "confirm", "words": YES})
    assert again.status_code == 409


async def test_it_takes_another_person_and_each_their_own_part(client: Any) -> None:
    here, proposal = await threatened()
    path = f"/en/c/water/statements/{proposal.number}/reveal"
    ben, amara = await signed_in(client, "ben"), await signed_in(client, "amara")
    assert (await amara.post(path, {"cause": "safety", "words": WHY})).status_code == 403
    assert (await ben.post(path, {"cause": "safety", "words": WHY})).status_code == 303
    assert (await ben.post(path, {"cause": "safety", "words": WHY})).status_code == 409, "one waits already"
    reveal = await fetchval("select id from reveals")
    assert (await ben.post(f"/en/c/water/reveals/{reveal}", {"answer": "confirm", "words": YES})).status_code == 403
    # Even somebody in both capacities is one person.
    await execute(
        "insert into memberships (id, consultation, account, role, rounds) "
        "values (gen_random_uuid(), $1, $2, 'convenor', '{}')",
        here.id,
        (await person("ben")).id,
    )
    answer = await ben.post(f"/en/c/water/reveals/{reveal}", {"answer": "confirm", "words": YES})
    assert answer.status_code == 403 and "another person" in answer.text


@pytest.mark.parametrize(("cause", "words"), [("curiosity", WHY), ("safety", "Because."), ("", WHY)])
async def test_only_two_causes_and_only_with_a_reason(client: Any, cause: str, words: str) -> None:
    _, proposal = await threatened()
    ben = await signed_in(client, "ben")
    answer = await ben.post(f"/en/c/water/statements/{proposal.number}/reveal", {"cause": cause, "words": words})
    assert answer.status_code == 422
    assert await fetchval("select count(*) from reveals") == 0


async def test_nobody_is_revealed_where_nothing_leads_to_an_author(client: Any) -> None:
    here, proposal = await threatened()
    await access.sever(here.id, (await person("chidi")).id)
    ben = await signed_in(client, "ben")
    path = f"/en/c/water/statements/{proposal.number}/reveal"
    assert "Nothing leads to its author any more" in (await ben.get(path)).text
    assert (await ben.post(path, {"cause": "safety", "words": WHY})).status_code == 403


async def test_a_confirmation_asks_for_a_fresh_second_factor() -> None:
    from deliberation.phases import ALLOWED, Action

    assert ALLOWED[Action.CONFIRM_REVEAL].asks_factor
    assert {role for role in Role if ALLOWED[Action.CONFIRM_REVEAL][role]} == {Role.CONVENOR}
