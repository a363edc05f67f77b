"""Pages and fragments without a database: shapes, languages, numbers, people's texts, static files, error pages."""

from __future__ import annotations

import datetime
import gzip
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from jinja2 import UndefinedError
from litestar import Litestar, Request
from litestar.testing import RequestFactory, TestClient
from markupsafe import Markup

from app import language, rendering, static_files
from app.language import use_locale
from app.markdown import render_markdown
from app.refusals import N_, Denied

DEADLINE = datetime.datetime(2027, 5, 28, 21, 0, tzinfo=datetime.UTC)


@dataclass
class FakeSession:
    """The two things that pages ask of a session."""

    csrf_token: str = "token-of-this-session"
    account: Any = None


def get(
    path: str = "/en/c/sdg17/results", *, query: dict[str, str | list[str]] | None = None, **state: Any
) -> Request[Any, Any, Any]:
    request = RequestFactory().get(path, query_params=query or {})
    request.scope["state"] = state
    return request


def htmx(path: str = "/en/c/x", **headers: str) -> Request[Any, Any, Any]:
    return RequestFactory().get(path, headers={"HX-Request": "true", **headers})


# -------- shapes


def test_a_page_needs_neither_session_nor_account_nor_language() -> None:
    response = rendering.page(RequestFactory().get("/"), "errors/404.html", status=404)
    assert response.status_code == 404
    assert '<html lang="en" dir="ltr">' in response.content
    assert "There is no such page" in response.content


def test_htmx_is_given_the_fragment_and_everybody_else_the_page() -> None:
    parts = ("errors/410.html", "errors/_fragment.html")
    whole = rendering.page_or_fragment(get(), *parts, sentence="It has closed.")
    part = rendering.page_or_fragment(htmx(), *parts, sentence="It has closed.")
    assert "<html" in whole.content and "<html" not in part.content
    assert "It has closed." in whole.content and "It has closed." in part.content


def test_going_back_in_the_history_is_given_the_whole_page() -> None:
    request = htmx(**{"HX-History-Restore-Request": "true"})
    response = rendering.page_or_fragment(request, "errors/410.html", "errors/_fragment.html", sentence="x")
    assert "<html" in response.content


@pytest.mark.parametrize("request_", [get(), htmx()])
def test_caches_are_always_told_that_there_are_two_shapes(request_: Request[Any, Any, Any]) -> None:
    response = rendering.page_or_fragment(request_, "errors/410.html", "errors/_fragment.html", sentence="x")
    assert response.headers["Vary"] == "HX-Request"


def test_a_whole_page_cannot_be_sent_as_a_fragment() -> None:
    with pytest.raises(ValueError, match="_name"):
        rendering.fragment(get(), "errors/404.html")


def test_a_name_that_nobody_gave_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError):
        rendering.page(get(), "confirm.html", title="Publish")


def test_what_people_wrote_is_escaped() -> None:
    page = rendering.page(get(), "errors/410.html", status=410, typed={"text": '"><script>x</script>'})
    assert "<script>x" not in page.content
    assert "&lt;script&gt;x" in page.content


def test_everything_but_a_plain_mail_is_escaped() -> None:
    escape = rendering.environment().autoescape
    assert callable(escape)
    assert [escape(name) for name in ("page.html", "_part.html", "picture.svg", None, "emails/code.txt")] == [
        True
    ] * 4 + [False]


def test_forms_carry_the_token_of_the_session_and_a_new_key_each_time() -> None:
    def draw() -> str:
        return rendering.page(
            get(session=FakeSession()), "confirm.html", title="Close", sentence="It closes.", consequences=[],
            action="/en/x", label="Close", cancel_url="/en/y",
        ).content  # fmt: skip

    first, second = draw(), draw()
    assert 'name="_csrf_token" value="token-of-this-session"' in first
    assert first != second


def test_the_token_of_one_page_does_not_reach_the_next() -> None:
    rendering.page(get(session=FakeSession()), "errors/404.html")
    assert rendering.csrf_token() == ""


def test_a_processor_adds_to_whole_pages() -> None:
    rendering.processors.append(lambda _request: {"sentence": "From a processor."})
    try:
        assert "From a processor." in rendering.page(get(), "errors/404.html").content
    finally:
        rendering.processors.pop()


# -------- what just happened


def test_the_sentence_after_a_redirect_is_shown_once_with_its_undo() -> None:
    sent = rendering.see_other(get(), "/en/c/x", said="You agreed with statement 46; well done", undo="/en/undo/46")
    assert sent.status_code == 303 and sent.headers["Location"] == "/en/c/x"
    cookie = sent.cookies[0]
    assert cookie.httponly
    request = RequestFactory().get("/en/c/x", headers={"Cookie": f"{cookie.key}={cookie.value}"})
    shown = rendering.page(request, "errors/404.html")
    assert "You agreed with statement 46; well done" in shown.content
    assert 'action="/en/undo/46"' in shown.content
    assert [(c.key, c.max_age) for c in shown.cookies] == [(cookie.key, 0)]


@pytest.mark.parametrize(
    "undo", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:x"]
)
def test_an_undo_that_leads_elsewhere_is_dropped(undo: str) -> None:
    request = RequestFactory().get("/en/c/x", headers={"Cookie": f"__Host-said=Done%0A{quote(undo)}"})
    content = rendering.page(request, "errors/404.html").content
    assert "Done" in content and "elsewhere" not in content and "javascript:" not in content


@pytest.mark.parametrize("path", ["https://elsewhere.example", "//elsewhere.example", "elsewhere"])
def test_nobody_is_led_to_another_site(path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        rendering.see_other(get(), path)
    with pytest.raises(ValueError, match="not a path"):
        rendering.url(path)


# -------- languages


def test_the_language_row_keeps_the_reader_on_the_same_page() -> None:
    content = rendering.page(get(query={"s": "22"}), "errors/404.html").content
    for code, name in language.LANGUAGES.items():
        assert f'href="/{code}/c/sdg17/results?s=22" lang="{code}" hreflang="{code}"' in content
        assert name in content


def test_the_language_of_the_request_comes_before_the_one_in_the_address() -> None:
    assert '<html lang="fr" dir="ltr">' in rendering.page(get(locale="fr"), "errors/404.html").content
    assert '<html lang="ar" dir="rtl">' in rendering.page(get("/ar/c/x"), "errors/404.html").content
    assert '<html lang="en"' in rendering.page(get("/en/c/x", locale="tlh"), "errors/404.html").content


def test_addresses_carry_the_language_of_the_page() -> None:
    with use_locale("ru"):
        assert rendering.url("/c/x", s=22, page=None) == "/ru/c/x?s=22"


def test_the_arabic_page_speaks_arabic() -> None:
    content = rendering.page(get("/ar/c/x"), "errors/404.html").content
    assert "انتقل إلى المحتوى" in content
    assert "Skip to content" not in content


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (0, "حرف"),
        (1, "حرف واحد"),
        (2, "حرفان"),
        (3, "أحرف"),
        (10, "أحرف"),
        (11, "حرفاً"),
        (99, "حرفاً"),
        (100, "حرف"),
        (102, "حرف"),
        (103, "أحرف"),
    ],
)
def test_arabic_takes_the_form_that_the_number_asks_for(n: int, words: str) -> None:
    # The rule that Babel writes for a new catalogue has the last two of the six forms the wrong way round.
    with use_locale("ar"):
        said = language.ngettext("At most %(shown)s character", "At most %(shown)s characters", n)
    assert words in said
    assert ("حرفاً" in said) == (11 <= n % 100 <= 99)


def test_a_plural_shows_the_number_as_its_language_writes_it() -> None:
    template = '{% import "_macros.html" as m %}{{ m.field("a", "A", rows=2, maxlength=12345) }}'
    with use_locale("en"):
        shown = rendering.environment().from_string(template).render()
    assert "At most 12\u00a0345 characters" in shown


def test_no_plural_of_any_template_prints_a_raw_number() -> None:
    # In `{% trans n=n %}{{ n }} votes` a million is 1000000 in every language: a formatted number is passed beside.
    plural = re.compile(r"{%-? *trans\b([^%]*)%}((?:(?!endtrans).)*?pluralize *(\w*).*?){%-? *endtrans", re.DOTALL)
    found = 0
    for path in sorted(rendering.TEMPLATES.rglob("*.*")):
        for head, body, named in plural.findall(path.read_text(encoding="utf-8")):
            counted = named or re.search(r"(\w+) *=", head)[1]
            found += 1
            assert not re.search(r"{{ *" + counted + r" *}}", body), f"{path.name}: {counted} in {body[:80]}"
    assert found > 40


def test_a_language_that_no_native_reader_has_read_says_so_at_the_foot_of_every_page() -> None:
    said = "This translation has not been reviewed by a native reader yet."
    for code in language.LANGUAGES:
        with use_locale(code):
            words = language.gettext(said)
            page = rendering.render("errors/404.html", account=None, status_line=None)
            assert (words in page) == (code not in language.REVIEWED)


def test_a_time_is_told_with_the_city_of_the_meeting_and_in_the_readers_own() -> None:
    moment = datetime.datetime(2027, 5, 28, 21, tzinfo=datetime.UTC)
    template = '{% import "_macros.html" as m %}{{ m.when(moment, "America/New_York", "Asia/Shanghai") }}'
    for code, cities in (("en", ("New York", "Shanghai")), ("ru", ("Нью-Йорк", "Шанхай")), ("zh", ("纽约", "上海"))):
        with use_locale(code):
            shown = rendering.environment().from_string(template).render(moment=moment)
        assert "17:00" in shown
        assert "05:00" in shown
        assert all(city in shown for city in cities)


def test_a_refusal_is_worded_in_the_language_of_the_page() -> None:
    refusal = Denied(N_("fewer than %(bound)s"), bound=12345)
    with use_locale("ar"):
        assert language.sentence(refusal) == "أقل من 12\u00a0345"
    assert language.sentence("as it is") == "as it is"


def test_every_translation_has_the_places_of_its_original() -> None:
    from babel.messages.pofile import read_po

    for path in language.CATALOGUES.rglob("*.po"):
        with path.open("rb") as lines:
            catalogue = read_po(lines, locale=path.parent.parent.name)
        for message in catalogue:
            if message.id and message.string:
                assert not list(message.check(catalogue)), message.id


def test_every_sentence_has_its_translation_in_every_language() -> None:
    from babel.messages.pofile import read_po

    assert {path.parent.parent.name for path in language.CATALOGUES.rglob("*.po")} == set(language.LANGUAGES) - {"en"}
    for path in language.CATALOGUES.rglob("*.po"):
        with path.open("rb") as lines:
            missing = [
                message.id
                for message in read_po(lines)
                if message.id and (message.fuzzy or not message.string or not all(message.string))
            ]
        assert missing == [], path


# -------- numbers and times


@pytest.mark.parametrize("code", list(language.LANGUAGES))
def test_a_number_is_never_broken_by_an_ordinary_space(code: str) -> None:
    # "50 000" with an ordinary space is drawn as "000 50" in a right-to-left sentence.
    with use_locale(code):
        assert language.num(50_000) == "50\u00a0000"
        assert " " not in language.pct(0.455, 1)


@pytest.mark.parametrize(("code", "expected"), [("en", "45%"), ("fr", "45\u00a0%"), ("ru", "45\u00a0%"), ("zh", "45%")])
def test_a_share_is_written_as_its_language_writes_it(code: str, expected: str) -> None:
    with use_locale(code):
        assert language.pct(0.45) == expected


def test_a_time_names_its_city_and_is_the_clock_of_that_city() -> None:
    with use_locale("en"):
        assert language.dt(DEADLINE, "America/New_York") == "Friday 28 May, 17:00 New York"
        assert language.dt(DEADLINE, "Africa/Nairobi", year=True) == "Saturday 29 May 2027, 00:00 Nairobi"
        assert language.date(DEADLINE, "Africa/Nairobi") == "29 May 2027"
    with use_locale("ar"):
        assert "أيار/مايو" in language.dt(DEADLINE, "UTC")
    with use_locale("es"):
        assert language.dt(DEADLINE, "UTC") == "viernes 28 de mayo, 21:00 UTC"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        language.dt(datetime.datetime(2027, 5, 28), "UTC")


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [((10, 19), "10 to 19"), ((None, 9), "fewer than 10"), ((100, None), "100 or more"), ((7, 7), "7")],
)
def test_a_released_band_is_said_in_words(bounds: tuple[int | None, int | None], expected: str) -> None:
    assert language.band(bounds) == expected


def test_isolated_text_is_escaped() -> None:
    assert language.bdi("<b>") == Markup("<bdi>&lt;b&gt;</bdi>")


# -------- people's longer texts


class Seen(HTMLParser):
    """The tags and attributes that a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


def test_a_longer_text_may_have_emphasis_lists_quotations_and_links() -> None:
    text = render_markdown("**Why** it *matters*:\n\n- one\n- two\n\n> said\n\n[source](https://example.org/a)")
    for part in (
        "<strong>Why</strong>",
        "<em>matters</em>",
        "<li>one</li>",
        "<blockquote>",
        'href="https://example.org/a"',
        "nofollow",
    ):
        assert part in text


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://tracker.example/x.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        "<div hx-get=/x hx-trigger=load>y</div>",
        '<a href="#" data-hx-post="/en/votes/1">z</a>',
        "<style>*{display:none}</style>",
        "<svg onload=alert(1)>",
        "<iframe src=//x>",
        '[x](https://e.example "\\" onmouseover=alert(1)")',
    ],
)
def test_a_longer_text_can_do_nothing(attack: str) -> None:
    seen = Seen()
    seen.feed(str(render_markdown(attack)))
    for tag, attrs in seen.found:
        assert tag in {"p", "a", "em", "strong", "code"}
        for name, value in attrs:
            assert name in {"href", "rel"}
            assert name != "href" or (value or "").startswith("https://")


def test_deep_nesting_stays_shallow() -> None:
    assert str(render_markdown(">" * 3000 + " x")).count("<blockquote>") <= 20


# -------- static files


@pytest.fixture(scope="module")
def site() -> Any:
    with TestClient(Litestar([static_files.static_files], openapi_config=None)) as client:
        yield client


def test_a_static_file_at_its_hashed_address_is_kept_for_ever(site: Any) -> None:
    answer = site.get(static_files.static("app.css"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == (static_files.ROOT / "app.css").read_text()


def test_an_address_of_an_earlier_release_finds_the_file_but_is_not_kept(site: Any) -> None:
    answer = site.get("/static/0123456789ab/plenary.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


def test_a_known_static_file_is_not_sent_again(site: Any) -> None:
    first = site.get(static_files.static("mark.svg"))
    again = site.get(static_files.static("mark.svg"), headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


@pytest.mark.parametrize(
    "name",
    ["../rendering.py", "..%2frendering.py", "nothing.css", "", "fonts/", "vendor/htmx-4.0.1/../../../settings.py"],
)
def test_nothing_but_the_static_files_can_be_named(site: Any, name: str) -> None:
    assert site.get(f"/static/{static_files.digest()}/{name}").status_code == 404


def test_static_files_cannot_be_written(site: Any) -> None:
    assert site.post(static_files.static("app.css")).status_code == 405


def test_a_misspelt_static_file_is_an_error_where_it_is_written() -> None:
    with pytest.raises(KeyError, match=r"ap\.css"):
        static_files.static("ap.css")


def test_the_first_page_with_all_it_needs_weighs_less_than_thirty_kilobytes() -> None:
    page = gzip.compress(rendering.page(get(), "errors/404.html").content.encode(), 9)
    needed = [static_files.files()[name] for name in ("app.css", "plenary.js", "vendor/htmx-4.0.1/htmx.min.js")]
    assert len(page) + sum(len(file.gzipped or file.body) for file in needed) < 30_000


# -------- error pages


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503])
@pytest.mark.parametrize("code", list(language.LANGUAGES))
def test_every_error_has_its_page_in_every_language(status: int, code: str) -> None:
    response = rendering.page(get(f"/{code}/x"), f"errors/{status}.html", status=status)
    assert response.status_code == status
    assert f'<html lang="{code}"' in response.content
    assert str(status) in response.content


def test_the_text_that_was_not_saved_can_be_copied_from_the_error_page() -> None:
    content = rendering.page(get(), "errors/410.html", status=410, typed={"statement": "We should\npublish."}).content
    assert "We should\npublish.</textarea>" in content


def test_every_template_compiles_and_is_kept() -> None:
    rendering.compile_templates()
    files = {path.relative_to(rendering.TEMPLATES).as_posix() for path in rendering.TEMPLATES.rglob("*.*")}
    kept = rendering.environment().cache
    assert kept is not None
    assert files <= {name for _, name in kept}
