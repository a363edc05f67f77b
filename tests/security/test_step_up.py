"""A fresh code of the second factor before what has consequences for others: asked once, with what was typed kept."""

from __future__ import annotations

import html
import re
from contextlib import suppress
from typing import Any

import pytest

from app import auth
from app.access import is_stale
from app.database import execute, fetchval, now, transaction
from deliberation.phases import ALLOWED, FACTOR_LIFE, Action, Role
from tests import factories
from tests.cast import Browser, code_of, person, signed_in, with_factor
from tests.inventory import SAFE, routes
from tests.security import test_matrix as matrix

world = matrix.world
EXTEND = "/en/c/water/convene/extend"
TYPED = {
    "closes_date": "2099-05-01",
    "closes_time": "12:00",
    "reason": 'Delegates "of two" provinces <b>arrive</b> late.',
    "_key": "k" * 22,
}


def is_asked(answer: Any) -> bool:
    return answer.status_code == 403 and 'name="_factor"' in answer.text


def hidden(page: str) -> dict[str, str]:
    """What the page's form would send, without the code."""
    return {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    }


def cookie_of(answer: Any) -> str:
    found = re.search(rf"{auth.cookie_name('sid')}=([^;]{{43}});", str(answer.headers))
    assert found is not None
    return found[1]


async def asked_extensions() -> int:
    return int(await fetchval("select count(*) from audit_events where action = 'rounds.ask_to_extend'"))


async def test_every_form_that_asks_for_a_code_asks_before_anything_else(client: Any, world: matrix.World) -> None:
    n, before = 0, await fetchval("select count(*) from audit_events")
    for route in matrix.tried_over_http():
        row = ALLOWED[Action(route.action)]
        if route.method in SAFE or not row.asks_factor:
            continue
        role = next(role for role in (Role.CONVENOR, Role.CURATOR, Role.MODERATOR) if row[role])
        state = next(state for state in matrix.REACHABLE if state in row[role])
        with suppress(matrix.Undo):
            async with transaction():
                await matrix.stand_in(world, state)
                browser = await with_factor(client, str(matrix.NAMES[role]), minutes_ago=11)
                path = route.filled(**world.places, **{p: "x" for p in route.parameters if p not in world.places})
                assert is_asked(await browser.post(path)), route.name
                assert await fetchval("select count(*) from audit_events") == before
                raise matrix.Undo
        n += 1
    assert n >= 15


async def test_pages_that_only_show_a_form_ask_for_nothing(client: Any) -> None:
    await factories.make_consultation()
    amara = await with_factor(client, "amara", minutes_ago=None)
    for path in ("/en/c/water/convene", EXTEND, "/en/c/water/convene/rounds", "/en/c/water/convene/curators"):
        assert (await amara.get(path)).status_code == 200, path


async def test_the_form_comes_back_with_what_was_typed_and_counts_once_the_code_is_there(client: Any) -> None:
    await factories.make_consultation()
    amara = await with_factor(client, "amara", minutes_ago=60)
    asked = await amara.post(EXTEND, TYPED)
    assert is_asked(asked)
    assert f'action="{EXTEND}"' in asked.text
    form = hidden(asked.text[asked.text.index(f'action="{EXTEND}"') :])
    assert {name: value for name, value in form.items() if name in TYPED} == TYPED
    assert "<b>arrive" not in asked.text
    assert auth.Visit(token=amara.token).accepts(form["_csrf_token"])
    answer = await amara.post(EXTEND, form | {"_factor": await code_of("amara")})
    assert answer.status_code == 303, answer.text
    assert await asked_extensions() == 1
    assert await fetchval("select reason from extensions") == TYPED["reason"]
    renewed = Browser(client, cookie_of(answer))
    assert renewed.token != amara.token
    assert (await amara.get("/en/me")).status_code == 303, "the old token leads nowhere"
    assert (await renewed.get("/en/me")).status_code == 200
    second = await renewed.post(EXTEND, TYPED)
    assert not is_asked(second), "not asked again for ten minutes"
    await execute("update sessions set factor_at = factor_at - interval '10 minutes 1 second'")
    assert is_asked(await renewed.post(EXTEND, TYPED))


@pytest.mark.parametrize("code", ["000000", "12345", "abc", "１２", "x" * 500])
async def test_a_wrong_code_changes_nothing_and_loses_nothing(client: Any, code: str) -> None:
    await factories.make_consultation()
    amara = await with_factor(client, "amara", minutes_ago=60)
    answer = await amara.post(EXTEND, TYPED | {"_factor": code})
    assert is_asked(answer)
    assert "wrong or was used already" in answer.text
    assert hidden(answer.text)["reason"] == TYPED["reason"]
    assert await asked_extensions() == 0
    assert (await amara.get("/en/me")).status_code == 200, "the session stays as it was"


async def test_a_code_that_was_used_to_sign_in_is_not_taken_again(client: Any) -> None:
    await factories.make_consultation()
    amara = await with_factor(client, "amara", minutes_ago=60)
    code = await code_of("amara")
    given = await amara.post("/en/sign-in/factor", {"code": code})
    again = Browser(client, cookie_of(given))
    await execute("update sessions set factor_at = factor_at - interval '1 hour'")
    assert is_asked(await again.post(EXTEND, TYPED | {"_factor": f"{code[:3]} {code[3:]}"}))


async def test_codes_are_tried_a_few_times_only(client: Any) -> None:
    await factories.make_consultation()
    amara = await with_factor(client, "amara", minutes_ago=60)
    statuses = [(await amara.post(EXTEND, TYPED | {"_factor": "1234567"})).status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]


async def test_a_form_that_is_refused_after_the_code_is_the_new_session_s(client: Any) -> None:
    await factories.make_consultation()
    amara = await with_factor(client, "amara", minutes_ago=60)
    answer = await amara.post(EXTEND, TYPED | {"closes_date": "never", "_factor": await code_of("amara")})
    assert answer.status_code == 422
    token = cookie_of(answer)
    assert auth.Visit(token=token).accepts(hidden(answer.text)["_csrf_token"])
    assert html.escape(TYPED["reason"], quote=False)[:8] in answer.text


async def test_a_page_says_beforehand_that_a_code_will_be_asked_for(client: Any) -> None:
    await factories.make_consultation()
    said = "You will be asked for a code"
    assert said in (await (await with_factor(client, "amara", minutes_ago=11)).get(EXTEND)).text
    assert said not in (await (await with_factor(client, "amara", minutes_ago=9)).get(EXTEND)).text
    assert said not in (await (await signed_in(client, "hana")).get("/en/c/water")).text


async def test_a_part_of_a_page_brings_the_question_into_the_page(client: Any) -> None:
    await factories.make_consultation()
    amara = await with_factor(client, "amara", minutes_ago=60)
    answer = await amara.post(EXTEND, TYPED, headers={"hx-request": "true"})
    assert is_asked(answer)
    assert "<html" not in answer.text
    assert answer.headers["hx-retarget"] == "#main"


async def test_who_has_no_second_factor_is_asked_for_none(client: Any) -> None:
    await factories.make_consultation()
    assert (await (await signed_in(client, "amara")).post(EXTEND, TYPED)).status_code == 303


async def test_a_code_in_the_form_of_who_has_no_factor_means_nothing(client: Any) -> None:
    await factories.make_consultation()
    amara = await signed_in(client, "amara")
    answer = await amara.post(EXTEND, TYPED | {"_factor": "123456"})
    assert answer.status_code == 303
    assert auth.cookie_name("sid") not in str(answer.headers)


async def test_a_code_is_fresh_for_ten_minutes_to_the_second(database: None) -> None:
    from dataclasses import replace

    amara, moment = await person("amara"), await now()
    assert not is_stale(amara, moment)
    assert is_stale(replace(amara, has_factor=True), moment)
    given = replace(amara, has_factor=True, factor_at=moment - FACTOR_LIFE)
    assert not is_stale(given, moment)
    assert is_stale(given, moment + FACTOR_LIFE / 600)


def test_routes_that_ask_are_those_of_the_table() -> None:
    asking = {Action(route.action) for route in routes() if route.method not in SAFE}
    waiting = {Action.ARCHIVE}
    assert {action for action in Action if ALLOWED[action].asks_factor} - asking <= waiting
