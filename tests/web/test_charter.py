"""A charter: partners word clauses, answer each by itself, sign one text, which is frozen, and vote on going on."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest_asyncio

from app.database import execute, fetch, fetchval, now
from app.tables.coalitions import Coalition
from deliberation.charters import CLAUSES
from deliberation.phases import Phase
from tests.cast import Browser, signed_in
from tests.factories import coalition_of, make_consultation

PARTNERS = ("chidi", "dana", "hana")
HOME = "/en/c/water/coalitions/1/charter"


@pytest_asyncio.fixture
async def coalition(database: None) -> Coalition:
    made = await make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT))
    return await coalition_of(PARTNERS, made)


@pytest_asyncio.fixture
async def partners(client: Any, coalition: Coalition) -> dict[str, Browser]:
    return {name: await signed_in(client, name) for name in PARTNERS}


async def day(days: int) -> str:
    return ((await now()).date() + timedelta(days=days)).isoformat()


async def begin(partner: Browser) -> None:
    answer = await partner.post(HOME, {"review_on": await day(365)})
    assert answer.status_code == 303, answer.text


async def write(partner: Browser, clause: str, words: str) -> Any:
    return await partner.post(f"{HOME}/words", {"clause": clause, "words": words})


async def answer(partner: Browser, clause: str, said: str, *, number: int = 1, reason: str = "") -> Any:
    sent = {"clause": clause, "number": str(number), "answer": said, "reason": reason}
    return await partner.post(f"{HOME}/answer", sent)


async def agree_on_all(partners: dict[str, Browser]) -> None:
    await begin(partners["chidi"])
    for clause in CLAUSES:
        assert (await write(partners["chidi"], clause, f"We agree on {clause}.")).status_code == 303
        for name in ("dana", "hana"):
            assert (await answer(partners[name], clause, "agree")).status_code == 303


async def digest(partner: Browser) -> str:
    page = (await partner.get(HOME)).text
    return str(page.split('name="digest" value="')[1].split('"')[0])


async def sign(partner: Browser, *, opens: bool = False) -> Any:
    return await partner.post(f"{HOME}/sign", {"digest": await digest(partner)} | ({"opens": "1"} if opens else {}))


async def test_only_partners_see_a_charter_that_is_being_agreed(client: Any, partners: dict[str, Browser]) -> None:
    await begin(partners["chidi"])
    assert (await partners["dana"].get(HOME)).status_code == 200
    assert f'href="{HOME}"' in (await partners["dana"].get("/en/c/water/coalitions/1")).text
    for name in ("amara", "eve", "fatima"):
        assert (await (await signed_in(client, name)).get(HOME)).status_code == 404
    client.cookies.clear()
    assert (await client.get(HOME)).status_code == 404
    assert f'href="{HOME}"' not in (await client.get("/en/c/water/coalitions/1")).text
    refused = await (await signed_in(client, "amara")).post(HOME, {"review_on": await day(365)})
    assert refused.status_code == 403


async def test_an_objection_is_read_without_its_author_and_needs_a_reason(partners: dict[str, Browser]) -> None:
    await begin(partners["chidi"])
    await write(partners["chidi"], "money", "Each partner pays a third.")
    bare = await answer(partners["hana"], "money", "object")
    assert bare.status_code == 422
    assert "what would have to be different" in bare.text
    assert 'href="#reason-money-1"' in bare.text and 'id="reason-money-1"' in bare.text
    assert (await answer(partners["hana"], "money", "object", reason="We have no budget line.")).status_code == 303
    page = (await partners["dana"].get(HOME)).text
    assert "An objection stands" in page
    assert "We have no budget line." in page
    near = page[page.index("We have no budget line.") - 300 : page.index("We have no budget line.") + 300]
    assert "Hana" not in near and "hana" not in near
    events = await fetch("select payload, actor from audit_events where action = 'charters.answer'")
    assert [(row["payload"], row["actor"]) for row in events] == [
        ('{"clause": "money", "version": 1, "wording": 1}', "participant")
    ]


async def test_other_words_that_nobody_objects_to_stand(partners: dict[str, Browser]) -> None:
    await begin(partners["chidi"])
    await write(partners["chidi"], "money", "Each partner pays a third.")
    await answer(partners["dana"], "money", "agree")
    await answer(partners["hana"], "money", "object", reason="We have no budget line.")
    assert (await write(partners["dana"], "money", "Each partner pays what it can.")).status_code == 303
    page = (await partners["hana"].get(HOME)).text
    assert "Other words: wording 2" in page
    assert "<ins>" in page and "what it can" in page
    await answer(partners["hana"], "money", "live_with", number=2)
    page = (await partners["chidi"].get(HOME)).text
    assert "Wording 2: it stands" in " ".join(page.split())
    twice = await write(partners["chidi"], "money", "Each  partner pays what it can.")
    assert twice.status_code == 422


async def test_wordings_that_would_help_are_named(partners: dict[str, Browser], coalition: Coalition) -> None:
    await begin(partners["chidi"])
    await write(partners["chidi"], "money", "Each partner pays a third.")
    await answer(partners["dana"], "money", "object", reason="Too much for us.")
    await answer(partners["hana"], "money", "object", reason="We have no budget line.")
    await write(partners["chidi"], "money", "Each pays by its size.")
    await answer(partners["dana"], "money", "object", number=2, reason="Size of what?")
    await answer(partners["hana"], "money", "agree", number=2)
    page = " ".join((await partners["chidi"].get(HOME)).text.split())
    assert "wording 2 would leave fewer objections" in page
    assert "needs new words; every wording has an objection" in page


async def test_all_sign_one_text_and_it_is_frozen_under_its_hash(
    client: Any, partners: dict[str, Browser], coalition: Coalition
) -> None:
    await agree_on_all(partners)
    for name in PARTNERS[:2]:
        assert (await sign(partners[name])).status_code == 303
    assert await fetchval("select status from charters") == "draft"
    assert (await sign(partners["hana"])).status_code == 303
    row = (await fetch("select status, text, digest from charters"))[0]
    assert row["status"] == "signed"
    file = await partners["dana"].get(f"{HOME}/1")
    assert hashlib.sha256(file.content).hexdigest() == row["digest"]
    assert "[dissent]\n  We agree on dissent." in file.text
    assert row["digest"] in (await partners["dana"].get(HOME)).text
    late = await answer(partners["chidi"], "money", "object", reason="I have changed my mind.")
    assert late.status_code == 409
    assert "I have changed my mind." in late.text
    client.cookies.clear()
    assert (await client.get(HOME)).status_code == 404, "nobody has opened it"
    assert (await client.get(f"{HOME}/1")).status_code == 404


async def test_the_public_reads_it_once_every_signer_has_opened_it(client: Any, partners: dict[str, Browser]) -> None:
    await agree_on_all(partners)
    for name in PARTNERS:
        await sign(partners[name], opens=name != "hana")
    client.cookies.clear()
    assert (await client.get(HOME)).status_code == 404
    assert (await partners["hana"].post(f"{HOME}/openness", {"opens": "1"})).status_code == 303
    client.cookies.clear()
    page = await client.get(HOME)
    assert page.status_code == 200
    assert "We agree on exit." in page.text
    for word in ("Chidi", "Dana", "Hana", "@example.org", "Union"):
        assert word not in page.text
    assert (await partners["dana"].post(f"{HOME}/openness")).status_code == 303
    client.cookies.clear()
    assert (await client.get(HOME)).status_code == 404


async def test_partners_hear_when_they_are_asked_and_not_of_what_they_do_themselves(
    partners: dict[str, Browser],
) -> None:
    await agree_on_all(partners)
    sql = 'select subject, "to" from messages where kind = \'charter_asks\' order by created_at, "to"'
    told = [(row["subject"], row["to"].split("@")[0]) for row in await fetch(sql)]
    begun, ready = "Your coalition has begun its charter", "Your coalition's charter waits for your signature"
    assert told[:2] == [(begun, "dana"), (begun, "hana")]
    assert {who for subject, who in told if subject == ready} == {"chidi", "hana"}, "Dana's answer made it ready"
    assert len(told) == 4


async def test_a_signature_under_older_words_does_not_count(partners: dict[str, Browser]) -> None:
    await agree_on_all(partners)
    old = await digest(partners["chidi"])
    await sign(partners["dana"])
    await partners["chidi"].post(f"{HOME}/review", {"review_on": await day(200)})
    refused = await partners["chidi"].post(f"{HOME}/sign", {"digest": old})
    assert refused.status_code == 409
    assert "changed in the meantime" in refused.text
    for name in ("chidi", "hana"):
        await sign(partners[name])
    assert await fetchval("select status from charters") == "draft", "Dana signed another text"
    await sign(partners["dana"])
    assert await fetchval("select status from charters") == "signed"


async def test_who_has_not_answered_every_clause_cannot_sign(partners: dict[str, Browser]) -> None:
    await begin(partners["chidi"])
    for clause in CLAUSES:
        await write(partners["chidi"], clause, f"We agree on {clause}.")
        await answer(partners["dana"], clause, "live_with")
    page = (await partners["hana"].get(HOME)).text
    assert "Please answer every clause first." in page
    assert "Waits for you" in page
    refused = await partners["hana"].post(f"{HOME}/sign", {"digest": await digest(partners["chidi"])})
    assert refused.status_code == 409


async def test_a_partner_who_leaves_frees_the_others_and_one_who_returns_signs_later(
    client: Any, partners: dict[str, Browser], coalition: Coalition
) -> None:
    await execute("update coalitions set n_needed = 2")
    await agree_on_all(partners)
    for name in ("chidi", "dana"):
        await sign(partners[name])
    leave = "/en/c/water/coalitions/1/answer"
    assert (await partners["hana"].post(leave, {"answer": "decline"})).status_code == 303
    assert await fetchval("select status from charters") == "signed", "everybody who is a partner has signed"
    assert (await partners["hana"].get(HOME)).status_code == 404
    await partners["hana"].post(leave, {"answer": "accept"})
    assert "You joined after it was signed" in (await partners["hana"].get(HOME)).text
    assert (await sign(partners["hana"])).status_code == 303
    assert await fetchval("select count(*) from charter_signatures") == 3


async def test_a_coalition_that_has_too_few_partners_keeps_its_charter_as_it_is(
    partners: dict[str, Browser], coalition: Coalition
) -> None:
    await begin(partners["chidi"])
    await partners["hana"].post("/en/c/water/coalitions/1/answer", {"answer": "decline"})
    assert "has to form again" in (await partners["dana"].get(HOME)).text
    refused = await write(partners["dana"], "money", "Each partner pays a third.")
    assert refused.status_code == 409
    assert "too few partners" in refused.text


async def test_a_change_is_a_new_version_with_the_words_and_answers_carried_over(partners: dict[str, Browser]) -> None:
    await agree_on_all(partners)
    for name in PARTNERS:
        await sign(partners[name])
    assert (await partners["dana"].post(HOME, {"review_on": await day(700)})).status_code == 303
    assert [row["status"] for row in await fetch("select status from charters order by version")] == ["signed", "draft"]
    page = (await partners["hana"].get(HOME)).text
    assert "We agree on exit." in page
    assert "Version 1 is signed" in page
    assert page.count(">Agreed<") == 9
    again = await partners["chidi"].post(HOME, {"review_on": await day(700)})
    assert again.status_code == 409


async def test_going_on_takes_more_than_half_of_the_partners(partners: dict[str, Browser]) -> None:
    await agree_on_all(partners)
    for name in PARTNERS:
        await sign(partners[name])
    too_early = await partners["chidi"].post(f"{HOME}/renewal", {"until": await day(100)})
    assert too_early.status_code == 422
    assert (await partners["chidi"].post(f"{HOME}/renewal", {"until": await day(700)})).status_code == 303
    assert await fetchval("select renewed_until from charters") is None
    assert "Should the charter hold until" in (await partners["hana"].get(HOME)).text
    await partners["hana"].post(f"{HOME}/renewal/answer", {"answer": "end"})
    await partners["dana"].post(f"{HOME}/renewal/answer", {"answer": "renew"})
    assert (await fetchval("select renewed_until from charters")).isoformat() == await day(700)
    late = await partners["hana"].post(f"{HOME}/renewal/answer", {"answer": "end"})
    assert late.status_code == 409


async def test_a_charter_ends_on_its_day_unless_it_is_renewed(partners: dict[str, Browser]) -> None:
    await agree_on_all(partners)
    for name in PARTNERS:
        await sign(partners[name])
    await execute("update charters set review_on = current_date - 1")
    page = (await partners["dana"].get(HOME)).text
    assert ">Ended<" in page
    await partners["chidi"].post(f"{HOME}/renewal", {"until": await day(300)})
    for name in ("dana", "hana"):
        await partners[name].post(f"{HOME}/renewal/answer", {"answer": "end"})
    assert await fetchval("select status from charter_renewals") == "fallen"


async def test_pressing_twice_writes_once(partners: dict[str, Browser]) -> None:
    await begin(partners["chidi"])
    sent = {"clause": "scope", "words": "Three districts, no more.", "_key": "once"}
    first = await partners["chidi"].post(f"{HOME}/words", sent)
    second = await partners["chidi"].post(f"{HOME}/words", sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.headers["location"] == f"{HOME}#clause-scope"
    assert await fetchval("select count(*) from clause_wordings") == 1


async def test_a_past_review_date_and_an_unknown_clause_are_refused(partners: dict[str, Browser]) -> None:
    assert (await partners["chidi"].post(HOME, {"review_on": await day(-1)})).status_code == 422
    assert (await partners["chidi"].post(HOME, {"review_on": "soon"})).status_code == 422
    await begin(partners["chidi"])
    assert (await write(partners["chidi"], "weather", "It rains too much.")).status_code == 404
    assert (await answer(partners["chidi"], "money", "agree")).status_code == 404
