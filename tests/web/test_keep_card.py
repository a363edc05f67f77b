"""My card: what I bring, need and must get out of it; private to the matcher but for the parts that I open."""

from __future__ import annotations

import json
from typing import Any

from app.actions import accounts
from app.analysis import cards, my_data
from app.database import execute, fetch, fetchval
from app.tables.accounts import Account
from deliberation.phases import Phase
from tests.cast import signed_in
from tests.factories import actor, join, make_consultation

FORM = {
    "offer_people": "Two engineers for a month.",
    "served_people": "3",
    "need_finance": "Pumps for two districts.",
    "must_get": "Our name on the wells.",
    "motivation": "Children walk too far.",
    "region": "african",
    "place": "Two districts in the north",
    "goals": ["6", "17"],
    "targets": "6.1, 17.16",
    "refused_organisations": "Bottled Springs Ltd\nAqua Holdings",
    "refused_constituencies": ["business"],
    "refused_terms": ["commercial_use"],
    "required_terms": ["open_results"],
    "red_lines": "Nobody who sells our water.",
}


async def test_a_card_is_kept_shown_again_and_read_by_the_matcher_in_codes(client: Any) -> None:
    here = await make_consultation()
    chidi_here = await join("chidi", here, constituency="farmers", organisation="Wells Union")
    chidi = await signed_in(client, "chidi")
    assert (await chidi.get("/en/c/water/card")).status_code == 200
    answer = await chidi.post("/en/c/water/card", FORM)
    assert answer.status_code == 303
    page = (await chidi.get("/en/c/water/card")).text
    for text in ("Two engineers for a month.", "Our name on the wells.", "Aqua Holdings", "6.1, 17.16"):
        assert text in page
    (card,) = await cards.partners_of(here.id)
    assert chidi_here.participant is not None
    assert card.participant == chidi_here.participant.id
    assert (card.needs, card.offers) == ({"finance"}, {"people": 3})
    assert (card.goals, card.region, card.constituency) == ({6, 17}, "african", "farmers")
    assert (card.refused_constituencies, card.refused_terms) == ({"business"}, {"commercial_use"})
    assert (card.required_terms, card.open_parts) == ({"open_results"}, frozenset())
    names = await fetch("select id from organisations where name in ('Bottled Springs Ltd', 'Aqua Holdings')")
    assert card.refused_organisations == {str(row["id"]) for row in names}


async def test_keeping_it_again_replaces_it_and_the_log_tells_nothing_of_it(client: Any) -> None:
    here = await make_consultation()
    await join("chidi", here)
    chidi = await signed_in(client, "chidi")
    await chidi.post("/en/c/water/card", FORM)
    await chidi.post("/en/c/water/card", {"offer_knowledge": "Maps of wells.", "_version": "1"})
    (card,) = await cards.partners_of(here.id)
    assert (card.needs, card.offers, card.goals) == (frozenset(), {"knowledge": 1}, frozenset())
    rows = await fetch("select actor, subject, payload from audit_events where action = 'cards.keep'")
    assert [tuple(row) for row in rows] == [("participant", "", "{}")] * 2


async def test_a_need_for_money_may_be_a_symptom_and_its_cause_becomes_a_need_on_request(client: Any) -> None:
    here = await make_consultation()
    await join("chidi", here)
    chidi = await signed_in(client, "chidi")
    await chidi.post("/en/c/water/card", FORM | {"cause": "contacts"})
    assert (await cards.partners_of(here.id))[0].needs == {"finance"}, "not unless asked for"
    await chidi.post("/en/c/water/card", FORM | {"cause": "contacts", "add_need": "1"})
    assert (await cards.partners_of(here.id))[0].needs == {"finance", "access"}
    assert await fetchval("select cause from card_rows where kind = 'finance'") == "contacts"
    assert "Contacts to those who give it" in (await chidi.get("/en/c/water/card")).text
    await chidi.post("/en/c/water/card", {"need_people": "Drivers.", "cause": "contacts", "add_need": "1"})
    assert (await cards.partners_of(here.id))[0].needs == {"people"}, "there is no need for money to ask about"


async def test_what_cannot_be_used_is_said_and_nothing_is_lost(client: Any) -> None:
    await join("chidi", await make_consultation())
    chidi = await signed_in(client, "chidi")
    for wrong, sentence in (
        ({"served_people": "21"}, "a number from 1 to 20"),
        ({"targets": "6.1 99.9"}, "99.9"),
        ({"refused_constituencies": ["kings"]}, "Please choose one of the answers offered"),
        ({"cause": "laziness"}, "Please choose one of the answers offered"),
        ({"open_parts": ["everything"]}, "Please choose one of the answers offered"),
        ({"refused_terms": ["open_results"]}, "needed and refused at once"),
        ({"refused_organisations": "\n".join(f"Body {n}" for n in range(21))}, "At most 20 names"),
        ({"offer_people": "x" * 301}, "at most 300 characters"),
    ):
        answer = await chidi.post("/en/c/water/card", FORM | wrong)
        assert answer.status_code == 422, wrong
        assert sentence in answer.text, wrong
        assert "Our name on the wells." in answer.text
    assert await fetchval("select count(*) from cards") == 0


async def test_an_older_copy_of_the_card_does_not_overwrite_a_newer_one(client: Any) -> None:
    await join("chidi", await make_consultation())
    chidi = await signed_in(client, "chidi")
    await chidi.post("/en/c/water/card", FORM)
    await chidi.post("/en/c/water/card", FORM | {"_version": "1", "place": "The north coast"})
    answer = await chidi.post("/en/c/water/card", FORM | {"_version": "1", "place": "The south coast"})
    assert answer.status_code == 409
    assert "The south coast" in answer.text
    assert await fetchval("select place from cards") == "The north coast"


async def test_its_owner_takes_it_along_and_takes_it_back(client: Any) -> None:
    await join("chidi", await make_consultation())
    chidi = await signed_in(client, "chidi")
    await chidi.post("/en/c/water/card", FORM)
    person = await Account.objects().where(Account.email == "chidi@example.org").first()
    assert person is not None
    copy = json.dumps(await my_data.package(person), default=str)
    for text in ("Two engineers for a month.", "Our name on the wells.", "Aqua Holdings", "17.16"):
        assert text in copy
    assert (await chidi.post("/en/c/water/card/withdraw")).status_code == 303
    assert await fetchval("select count(*) from cards") == await fetchval("select count(*) from card_rows") == 0


async def test_it_is_gone_with_the_account(client: Any) -> None:
    await join("chidi", await make_consultation())
    await (await signed_in(client, "chidi")).post("/en/c/water/card", FORM)
    person = await Account.objects().where(Account.email == "chidi@example.org").first()
    assert person is not None
    await accounts.erase(account=person, typed=person.email)
    assert await fetchval("select count(*) from cards") == await fetchval("select count(*) from card_rows") == 0


async def test_who_does_not_take_part_has_no_card(client: Any) -> None:
    here = await make_consultation()
    for name in ("eve", "amara", "ben"):
        browser = await signed_in(client, name)
        assert (await browser.get("/en/c/water/card")).status_code == 403
        assert (await browser.post("/en/c/water/card", FORM)).status_code == 403
    await join("chidi", here)
    await execute("update consultations set lifecycle = 'archived'")
    answer = await (await signed_in(client, "chidi")).post("/en/c/water/card", FORM)
    assert answer.status_code == 403
    assert "until it is archived" in answer.text


async def test_the_matcher_leaves_out_who_was_excluded(client: Any) -> None:
    here = await make_consultation(phases=(Phase.PROPOSE,))
    chidi = await join("chidi", here)
    await (await signed_in(client, "chidi")).post("/en/c/water/card", FORM)
    assert chidi.participant is not None
    await execute("update participants set is_excluded = true where id = $1", chidi.participant.id)
    assert await cards.partners_of(here.id) == ()
    assert (await actor("chidi", here)).participant is not None


def partner(number: int, **more: Any) -> cards.PartnerCard:
    empty: dict[str, Any] = {
        **{name: frozenset() for name in ("needs", "goals", "refused_organisations", "refused_constituencies")},
        **{name: frozenset() for name in ("refused_terms", "required_terms")},
        "offers": {},
        "region": "",
        "constituency": "",
        "organisation": None,
        "gender": "",
    }
    return cards.PartnerCard(participant=number, **(empty | more))


def test_a_red_line_of_either_side_keeps_two_apart() -> None:
    room = [
        partner(4, refused_constituencies=frozenset({"business"})),
        partner(1, constituency="business"),
        partner(2, organisation="b", required_terms=frozenset({"named_credit"})),
        partner(3, refused_organisations=frozenset({"b"}), refused_terms=frozenset({"own_money"})),
        partner(5, refused_terms=frozenset({"named_credit"})),
    ]
    assert cards.conflicts(room) == ((1, 4), (2, 3), (2, 5))


def test_a_card_without_red_lines_rules_nobody_out() -> None:
    assert cards.conflicts([partner(1), partner(2, constituency="business", organisation="b")]) == ()
