"""The glossary: written by an office, read by everybody, found in statements."""

from __future__ import annotations

import pytest

from app.analysis.glossary import stands_in
from app.database import fetchval
from tests import factories
from tests.cast import signed_in

WORD = {"term": "Aquifer", "explanation": "Rock that holds water under the ground.", "language": "en"}


@pytest.mark.parametrize(
    ("word", "text", "is_there"),
    [
        ("aquifer", "Protect the AQUIFERS of the valley.", True),
        ("aquifer", "Protect the valley.", False),
        ("aid", "Give first aid.", True),
        ("aid", "They said so.", False),
        ("wash", "Washington decides.", False),
        ("скважина", "Стройте скважины.", False),
        ("скважин", "Стройте скважины.", True),
        ("حوكمة", "نريد الحوكمة المحلية.", True),
        ("含水层", "保护含水层和村庄。", True),
        ("e.g", "exg", False),
    ],
)
def test_a_word_is_found_with_its_endings_and_not_inside_others(word, text, is_there):
    assert stands_in(word, text) is is_there


async def test_a_word_of_the_glossary_is_linked_beside_the_statement(client, database):
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    await factories.join("dana", here)
    await factories.propose(chidi, "Districts protect the aquifers they drink from.")
    amara, dana = await signed_in(client, "amara"), await signed_in(client, "dana")
    assert (await amara.post("/en/c/water/glossary", WORD | {"_key": "g"})).status_code == 303
    number = await fetchval("select id from glossary_terms")
    link = f'<a href="/en/c/water/glossary#g{number}" lang="en" dir="auto">Aquifer</a>'
    assert link in (await dana.get("/en/c/water/vote")).text
    assert link in (await dana.get("/en/c/water/statements/1")).text
    page = (await dana.get("/en/c/water/glossary")).text
    assert f'id="g{number}"' in page
    assert WORD["explanation"] in page
    assert 'method="post" action="/en/c/water/glossary' not in page
    assert (await dana.post("/en/c/water/glossary", WORD)).status_code == 403


async def test_of_two_who_explain_one_word_the_second_sees_the_first(client, database):
    await factories.make_consultation()
    amara, ben = await signed_in(client, "amara"), await signed_in(client, "ben")
    assert (await amara.post("/en/c/water/glossary", WORD | {"_key": "a"})).status_code == 303
    late = await ben.post("/en/c/water/glossary", WORD | {"explanation": "Wet rock.", "_key": "b"})
    assert late.status_code == 409
    assert "Wet rock." in late.text
    assert WORD["explanation"] in late.text
    better = WORD | {"explanation": "Wet rock.", "_version": "1", "_key": "c"}
    assert (await ben.post("/en/c/water/glossary", better)).status_code == 303
    assert await fetchval("select explanation from glossary_terms") == "Wet rock."
    number = await fetchval("select id from glossary_terms")
    assert (await ben.post(f"/en/c/water/glossary/{number}/drop", {"_key": "d"})).status_code == 303
    assert await fetchval("select count(*) from glossary_terms") == 0


@pytest.mark.parametrize("wrong", [{"term": ""}, {"explanation": "x" * 401}, {"language": "xx"}])
async def test_what_cannot_be_a_word_is_said_and_kept(client, database, wrong):
    await factories.make_consultation()
    answer = await (await signed_in(client, "amara")).post("/en/c/water/glossary", WORD | wrong)
    assert answer.status_code == 422
    assert await fetchval("select count(*) from glossary_terms") == 0
