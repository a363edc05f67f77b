"""GET /api/v1/...: read-only JSON through the same doors and the same gate, described by OpenAPI."""

from __future__ import annotations

from app.controllers.api import schema
from app.database import execute
from deliberation.disclosure import Attribution
from tests import factories, simulated
from tests.cast import signed_in

HERE = "/api/v1/consultations/water"


async def all_pages(browser, path: str, **query: object) -> list[dict]:
    items, cursor = [], ""
    for _ in range(50):
        answer = (await browser.get(path, params={**query, "cursor": cursor})).json()
        items += answer["items"]
        if answer["next"] is None:
            return items
        cursor = answer["next"]
    raise AssertionError("the pages have no end")


async def test_the_description_holds_the_routes_of_the_api_and_no_other(client, application):
    described = (await client.get("/api/v1/openapi.json")).json()
    served = {
        route.path_format
        for route in application.app.routes
        if route.path_format.startswith("/api/") and route.path_format not in ("/api/v1", "/api/v1/openapi.json")
    }
    assert set(described["paths"]) == served
    assert len(served) > 4
    assert all(set(item) == {"get"} for item in described["paths"].values())
    assert described == schema()


async def test_nothing_else_describes_the_application(client):
    for path in ("/schema", "/en/schema", "/schema/openapi.json", "/en/schema/openapi.json", "/api/v1/schema"):
        answer = await client.get(path, follow_redirects=True)
        assert answer.status_code == 404
        assert "paths" not in answer.text


async def test_the_list_for_people_names_every_route_and_loads_nothing_from_elsewhere(client):
    page = (await client.get("/api/v1")).text
    for path in schema()["paths"]:
        assert f"GET {path}" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "cdn" not in page.lower()


async def test_consultations_come_in_pages_and_drafts_are_not_among_them(client):
    for slug in ("a-water", "b-water", "c-water"):
        await factories.make_consultation(slug=slug, launched=slug != "b-water")
    found = await all_pages(client, "/api/v1/consultations", limit=1)
    assert [item["slug"] for item in found] == ["a-water", "c-water"]
    assert found[0]["state"] == "propose:open"
    hidden = await client.get("/api/v1/consultations/b-water")
    assert hidden.status_code == 404
    assert hidden.headers["content-type"].startswith("application/problem+json")


async def test_statements_come_by_number_without_a_trace_of_their_authors(client):
    here = await factories.make_consultation(attribution=Attribution.ATTRIBUTED)
    chidi = await factories.join("chidi", here)
    for text in (
        "Build wells with the villages.",
        "Train one mechanic in every village.",
        "Teach how water stays clean.",
    ):
        await factories.propose(chidi, text)
    await factories.propose(chidi, "This one waits for a moderator.", accepted=False)
    found = await all_pages(client, f"{HERE}/statements", limit=2)
    assert [item["text"][:5] for item in found] == ["Build", "Train", "Teach"]
    assert set(found[0]) == {"number", "text", "language", "goals", "is_starter", "is_noted", "question", "status"}


async def test_own_votes_are_for_their_owner_alone(client):
    here = await factories.make_consultation()
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    proposal = await factories.propose(chidi, "Build wells with the villages.")
    await factories.vote(dana, proposal, "disagree")
    mine = await (await signed_in(client, "dana")).get(f"{HERE}/me/votes")
    assert mine.json()["items"] == [{"number": proposal.number, "choice": "disagree", "matters": False}]
    theirs = await (await signed_in(client, "chidi")).get(f"{HERE}/me/votes")
    assert theirs.json()["items"] == []
    client.cookies.clear()
    visitor = await client.get(f"{HERE}/me/votes")
    assert visitor.status_code == 401
    assert visitor.json()["title"] == "Please sign in first."
    convenor = await (await signed_in(client, "amara")).get(f"{HERE}/me/votes")
    assert convenor.status_code == 403


async def test_results_open_when_the_round_has_closed(client):
    here = await factories.make_consultation()
    await simulated.fill(here, n_participants=28, n_statements=12)
    refused = await client.get(f"{HERE}/results")
    assert (refused.status_code, refused.json()["title"]) == (403, "Results open when the round has closed.")
    await factories.move_to(here, 2)
    await execute("update votes set cast_at = cast_at - interval '1 day'")
    await simulated.freeze_first_round(here)
    answer = (await client.get(f"{HERE}/results")).json()
    assert answer["standing"] == "ready"
    assert answer["shape"] == "small_room"
    assert len(answer["analysis"]["digest"]) == 64


async def test_rows_of_a_small_room_carry_words_and_no_figure(client):
    here = await factories.make_consultation()
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here, n_participants=28, n_statements=12)
    await simulated.freeze_first_round(here)
    rows = await all_pages(client, f"{HERE}/results/rows", limit=5)
    assert rows
    assert all(row["agree"] is None and row["n_voters"] is None and row["word"] for row in rows)
    assert all(row["attribute"] is None for row in rows)


async def test_rows_under_the_chatham_house_rule_are_rounded_and_bounded(client):
    here = await factories.make_consultation()
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here, n_participants=80, n_statements=20, views=simulated.ALIKE)
    await simulated.freeze_first_round(here)
    rows = await all_pages(client, f"{HERE}/results/rows", limit=7)
    shares = [row[part] for row in rows for part in ("agree", "disagree", "unsure") if row[part]]
    assert len(shares) > 30
    for share in shares:
        assert round(share["value"] * 20, 6) == round(share["value"] * 20)
        assert 0.1 <= share["value"] <= 0.9
        assert share["bound"] in ("about", "at_least", "at_most")
    assert {row["attribute"] for row in rows} >= {None, "constituency"}
    assert all(row["n_voters"]["high"] >= 10 for row in rows)


async def test_bad_cursors_and_limits_are_refused_in_a_sentence(client):
    await factories.make_consultation()
    for cursor in ("x", "====", "AAAA", "LTE=", "OTk5OTk5OTk5OTk5", "é"):
        answer = await client.get(f"{HERE}/statements", params={"cursor": cursor})
        assert answer.status_code == 422, cursor
        assert answer.json()["title"] == "This cursor is none that was given out."
    for limit in ("0", "201", "x", "-1", "1e9"):
        answer = await client.get(f"{HERE}/statements", params={"limit": limit})
        assert answer.status_code == 400, limit
        assert answer.headers["content-type"].startswith("application/problem+json")


async def test_the_api_changes_nothing(client):
    await factories.make_consultation()
    for path in (*schema()["paths"], "/api/v1/openapi.json"):
        filled = path.replace("{slug}", "water")
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = await client.request(method, filled)
            assert answer.status_code in (403, 405), (method, filled)
