"""Every GET route in states of which there is little to show: a new consultation in each phase, and refusals.

What a page with much on it looks like is asked of the demo, in `tests/journeys/test_every_page.py`. Whoever adds a
route finds it walked here: as the convenor and as nobody, as a moderator and as somebody who takes part.
"""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest

from app import static_files
from app.actions.accounts import open_session
from app.auth import cookie_name
from app.database import execute, fetchval
from app.language import LANGUAGES
from deliberation.phases import Phase
from tests import factories
from tests.cast import person
from tests.inventory import PROJECT, python_files, routes
from tests.pages import parse, problems
from tests.security.test_canaries import PLACES, Route, a_reason, routes_of

PHASES = (Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.COMMIT)
READERS: dict[bool, tuple[str | None, ...]] = {False: ("amara", None), True: ("ben", "chidi")}
"""Who look at a consultation with nobody in it, and who at one in which somebody has spoken."""
ANYTHING = {"number": "1", "which": "1", "language": "fr", "version": "1"}
NO_SUCH = "00000000-0000-4000-8000-000000000000"


async def small(*, with_people: bool) -> Any:
    """A consultation of four rounds: with nobody in it, or with one statement and one vote."""
    here = await factories.make_consultation(phases=PHASES)
    if with_people:
        chidi, dana = [await factories.join(name, here, organisation=f"Body of {name}") for name in ("chidi", "dana")]
        accepted = await factories.propose(chidi, "Wells should be dug where women ask for them.", accepted=True)
        await factories.propose(chidi, "A statement that waits.", accepted=False)
        await factories.vote(dana, accepted, "agree")
    return here


async def address(route: Route) -> str | None:
    """The address with what there is, or with what there is not: that too is answered by a page."""
    path = route.path
    for place in route.places:
        starts = [start for start, name in PLACES if name == place and path.startswith(start)]
        value = await fetchval(PLACES[max(starts, key=len), place]) if starts else None
        path = path.replace(f"{{{place}}}", str(value or ANYTHING.get(place, NO_SUCH)))
    return None if path.startswith(("/live", "/api", "/healthz", "/readyz", "/metrics")) else f"/en{path}"


async def faults(
    client: Any, application: Any, readers: tuple[str | None, ...], number: int
) -> tuple[set[str], dict[int, int]]:
    """What is wrong with any page that any reader is sent, and how many pages had which status."""
    found, statuses, titles = set(), {}, {}
    headers: dict[str | None, dict[str, str]] = {None: {}}
    for name in filter(None, readers):
        headers[name] = {"cookie": f"{cookie_name('sid')}={await open_session((await person(name)).id)}"}
    for route in routes_of(application):
        if "." in route.path or (number > 1 and "{slug}" not in route.path):
            continue  # a file; or a page of the site, which was asked for in the first round
        path, checked = await address(route), set()
        for reader in readers if path else ():
            client.cookies.clear()
            answer = await client.get(path, headers=headers[reader])
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
            assert answer.status_code < 500, (path, reader)
            kind = (answer.status_code, len(answer.text))
            if not answer.headers.get("content-type", "").startswith("text/html") or kind in checked or not answer.text:
                continue
            checked.add(kind)
            page = parse(answer.text)
            found |= {f"{answer.status_code} {path} for {reader}: {one}" for one in problems(page)}
            if answer.status_code == 200:
                titles.setdefault(page.title, set()).add(route.path)
    found |= {f"{sorted(places)} are all called {title!r}" for title, places in titles.items() if len(places) > 1}
    return found, statuses


@pytest.mark.slow
@pytest.mark.parametrize("with_people", [False, True], ids=["with nobody in it", "with one statement and one vote"])
async def test_every_page_of_a_new_consultation_is_right_in_each_phase(client, application, with_people):
    here, found = await small(with_people=with_people), set()
    for number in range(1, 5) if with_people else (1, 4):
        await execute("update votes set cast_at = cast_at - interval '1 day'")
        await factories.move_to(here, number)
        more, statuses = await faults(client, application, READERS[with_people], number)
        found |= {f"round {number}: {one}" for one in more}
        assert statuses[200] > 30 and statuses[403] > 10 and statuses[404] > 10, statuses
    assert found == set(), "\n".join(sorted(found))


async def test_forms_that_are_refused_come_back_as_pages_that_are_right(client):
    here = await factories.make_consultation()
    await factories.join("chidi", here)
    base = f"/en/c/{here.slug}"
    session = await open_session((await person("chidi")).id)
    client.cookies.set(cookie_name("sid"), session)
    form = (await client.get(f"{base}/propose")).text
    page = parse(form)
    hidden = {one.get("name"): one.get("value") for one in page.all("input") if one.get("type") == "hidden"}
    for typed in ({"statement": ""}, {"statement": "x" * 300}, {"statement": "Should we?", "goals": ["99"]}):
        answer = await client.post(f"{base}/propose/check", data=hidden | typed)
        assert answer.status_code == 422, answer.status_code
        refused = parse(answer.text)
        assert problems(refused) == []
        links = [one.get("href") for one in refused.all("a") if (one.get("href") or "").startswith("#")]
        assert links[1:], "the summary of what is wrong leads to the fields"
    assert await a_reason()


@pytest.mark.parametrize("code", list(LANGUAGES))
async def test_the_pages_of_the_site_are_right_in_every_language(client, code):
    await factories.make_consultation()
    for path in ("/", "/help", "/method", "/privacy", "/accessibility", "/sign-in", "/c/water", "/nothing-here"):
        page = parse((await client.get(f"/{code}{path}")).text)
        assert problems(page) == []
        assert page.root.get("lang") == code


async def test_the_first_visit_to_the_vote_page_weighs_at_most_thirty_kilobytes(client):
    here = await small(with_people=True)
    client.cookies.set(cookie_name("sid"), await open_session((await person("dana")).id))
    text = (await client.get(f"/en/c/{here.slug}/vote")).text
    assert ("A statement" not in text and "ballot" in text) or "every statement" in text
    named = re.findall(r'(?:src|href)="/static/\w+/([^"]+)"', text)
    assert {"app.css", "plenary.js", "vendor/htmx-4.0.1/htmx.min.js"} <= set(named)
    sent = [static_files.files()[name] for name in set(named)]
    weight = len(gzip.compress(text.encode(), 9)) + sum(len(file.gzipped or file.body) for file in sent)
    assert weight <= 30_000, weight


MACHINES = ("/live", "/healthz", "/readyz", "/metrics", "/.well-known", "/robots.txt", "/api")


def test_some_page_or_mail_leads_to_every_page():
    texts = [file.read_text() for file in (PROJECT / "templates").rglob("*.*")]
    code = [line for file in python_files("app") for line in file.read_text().splitlines() if "@get(" not in line]
    said = "\n".join([*texts, *code])
    last = {route.path: [part for part in route.path.split("/") if part and "{" not in part][-1:] for route in routes()}
    pages = [route.path for route in routes() if route.method == "GET" and not route.path.startswith(MACHINES)]
    pages = [path for path in pages if "." not in path]  # files stand beside their page, under names put together
    assert [path for path in pages if last[path] and not re.search(rf"/{re.escape(last[path][0])}\b", said)] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<p id=a></p>text<b id=a>x</b>", "occurs 2 times"),
        ("<p><div>x</div></p>", "unexpected-end-tag"),
        ('<input name="q">', "has no label"),
        ("<table><tr><th>x</th></tr></table>", "without a caption"),
        ("<table><caption>c</caption><tr><th>x</th></tr></table>", "without a scope"),
        ('<a href="/x"><svg aria-hidden="true"></svg></a>', "an empty a"),
        ('<b style="color:red">x</b>', "inline style"),
        ('<b onclick="x()">x</b>', "inline handler"),
        ("<script>x</script>", "inline script"),
        ('<q dir="auto" lang="english">x</q>', "lang="),
        ("<svg></svg>", "neither named nor hidden"),
        ("<ul><p>x</p></ul>", "a ul holds"),
        ("<h1>a</h1><h3>b</h3>", "follows a heading of level 1"),
        ("<h1>a</h1><h1>b</h1>", "2 elements h1"),
        ('<div role="status"></div><div role="status"></div>', "2 status regions"),
        ('<a href="#x">x</a>', "leads nowhere"),
    ],
)
def test_the_check_finds_what_it_looks_for(text, fault):
    assert any(fault in one for one in problems(parse(f"<!doctype html><title>Page · Site</title>{text}")))
