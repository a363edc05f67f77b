"""The visitor who writes down what should not happen does so: each fault, put into a page once, is found."""

from __future__ import annotations

from typing import Any

import pytest

from app.front import CONTENT_POLICY
from tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STRANGER = "http://127.0.0.2:9/picture.png"
IN_THE_PAGE = {
    "an inline script": ("<script>document.title = 1</script>", "the policy refused script-src-elem inline on /en/"),
    "an inline style": ('<p style="color: red">', "the policy refused style-src-attr inline on /en/"),
    "a picture from elsewhere": (f'<img src="{STRANGER}" alt="">', f"the policy refused img-src {STRANGER} on /en/"),
    "a file that is not there": ('<img src="/static/none.png" alt="">', "404 from"),
}
LEFT = {
    'localStorage.setItem("key", "1")': "session and local storage",
    'sessionStorage.setItem("key", "1")': "session and local storage",
    'new Promise(done => { indexedDB.open("one").onsuccess = done; }).then(() => 1)': "databases",
    'caches.open("one").then(() => 1)': "caches",
    'document.cookie = "plenary-sid=1"': "cookies that scripts can read",
}


@pytest.fixture
def visitor(site: str, chromium: Any) -> Visitor:
    context = chromium.new_context()
    found = Visitor(site, context, context.new_page(), True)
    found.watch()
    return found


def serve(visitor: Visitor, body: str, *, policy: str = CONTENT_POLICY) -> None:
    headers = {"content-type": "text/html", "content-security-policy": policy}
    visitor.page.route(f"{visitor.site}/en/", lambda route: route.fulfill(body=body, headers=headers))
    visitor.page.goto(f"{visitor.site}/en/", wait_until="load")


@pytest.mark.parametrize("fault", IN_THE_PAGE)
def test_what_a_page_must_not_hold_is_written_down(visitor: Visitor, fault: str) -> None:
    markup, said = IN_THE_PAGE[fault]
    serve(visitor, f"<!doctype html><title>Page</title>{markup}")
    assert any(said in complaint for complaint in visitor.complaints), visitor.complaints
    with pytest.raises(AssertionError):
        visitor.leave()


def test_a_request_that_the_policy_lets_through_to_a_stranger_is_written_down(visitor: Visitor) -> None:
    serve(visitor, f'<!doctype html><title>Page</title><img src="{STRANGER}" alt="">', policy="img-src *")
    assert f"request to a stranger: {STRANGER}" in visitor.complaints
    visitor.context.close()


@pytest.mark.parametrize("script", LEFT)
def test_what_a_page_leaves_behind_is_found(visitor: Visitor, script: str) -> None:
    visitor.open("/")
    visitor.page.evaluate(script)
    with pytest.raises(AssertionError, match=LEFT[script]):
        visitor.leave()


@pytest.mark.parametrize("change", [{"httpOnly": False}, {"sameSite": "Strict"}, {"name": "plenary-track"}], ids=str)
def test_a_cookie_with_other_flags_or_another_name_is_found(visitor: Visitor, change: dict[str, Any]) -> None:
    visitor.open("/")
    cookie = {"name": "plenary-sid", "value": "1", "url": visitor.site, "httpOnly": True, "sameSite": "Lax"}
    visitor.context.add_cookies([cookie])
    visitor.context.add_cookies([cookie | change])
    with pytest.raises(AssertionError):
        visitor.leave()


def test_a_visitor_whom_nothing_befell_leaves_in_peace(visitor: Visitor) -> None:
    visitor.open("/help")
    visitor.leave()
