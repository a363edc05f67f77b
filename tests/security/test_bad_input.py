"""Whatever a person or a program sends into a field, a parameter or a header: a page or a sentence, never a crash."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import auth
from app.access import Actor
from app.actions.accounts import open_session
from app.database import execute
from deliberation.phases import ALLOWED, Action, Phase, Role
from tests import factories
from tests.cast import Browser, person
from tests.inventory import SAFE, Route, routes

pytestmark = pytest.mark.slow  # every form is sent many bad values

NOBODY = "00000000-0000-4000-8000-000000000000"
# Each is one value; bytes are sent as they are, percent-encoded.
CORPUS: tuple[bytes, ...] = tuple(
    text if isinstance(text, bytes) else text.encode()
    for text in (
        "",
        " ",
        "\0",
        "a\0b",
        b"\xed\xa0\x80",  # a lone surrogate
        b"\xff\xfe\xfd",
        b"\xc0\xaf",
        "\\ud800",
        "\u202e\u2066gnihton",
        "\ufeff\u200b\u2028",
        "\u0001\u001b[31m",
        "a\r\nSet-Cookie: x=y",
        "9" * 25,
        "-1",
        "2147483648",
        "9223372036854775808",
        "1e400",
        "NaN",
        "-0",
        "１２",  # full-width digits
        "٣",
        "0x10",
        "1_000",
        "2027-02-30",
        "0000-00-00",
        "99999-12-31",
        "24:61",
        "12:00+25:00",
        "12:00Z",
        "' or 1=1 --",
        "{{ 7 * 7 }}%(number)s%s%n",
        "<script>alert(1)</script>",
        "../../../../etc/passwd",
        "🏳️‍🌈" * 40,
        "a\u0301" * 150,
        "ﷺ" * 120,
        "x" * 30_000,
    )
)
MULTIPART = {
    "broken": (b"--x\r\nContent-Disposition: form-data\r\n\r\nv", "multipart/form-data; boundary=x"),
    "no boundary": (b"--x\r\n\r\n", "multipart/form-data"),
    "empty": (b"", "multipart/form-data; boundary=x"),
    "a file": (
        b'--x\r\nContent-Disposition: form-data; name="statement"; filename="a\x00.txt"\r\n\r\nhello\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "json": (b'{"statement": null', "application/json"),
    "no form": (b"\x00\x01\x02", "application/octet-stream"),
    "odd charset": (b"statement=x", "application/x-www-form-urlencoded; charset=utf-7"),
    "broken percent": (b"statement=%&%zz=%u0041&&&=;language=%e4", "application/x-www-form-urlencoded"),
    "a wrong type": (b"statement=x", "\xff\xfe"),
    "too many fields": (b"&".join(b"f%d=1" % n for n in range(3_000)), "application/x-www-form-urlencoded"),
    "a million characters": (b"statement=" + b"x" * 1_000_000, "application/x-www-form-urlencoded"),
}


@pytest_asyncio.fixture
async def tokens(client: Any) -> AsyncIterator[dict[Role, str]]:
    """Sessions of everybody in a consultation with a statement."""
    made = await factories.make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.COMMIT))
    chidi = await factories.join("chidi", made, organisation="Wells Union")
    await factories.propose(chidi, "Build wells with the villages that use them.")
    await factories.propose(await factories.join("dana", made), "Train one pump mechanic.", accepted=False)
    names = {
        Role.VISITOR: "eve",
        Role.PARTICIPANT: "chidi",
        Role.CURATOR: "gus",
        Role.MODERATOR: "ben",
        Role.CONVENOR: "amara",
        Role.AUDITOR: "fatima",
    }
    yield {role: await open_session((await person(name)).id) for role, name in names.items()}


@pytest.fixture
def every_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doors are open to whoever may ever come in, so that what stands behind them meets the input, in any state."""
    may = Actor.may

    def may_ever(self: Actor, action: Action) -> bool:
        return may(self, action) or any(ALLOWED[action][role] for role in self.roles)

    monkeypatch.setattr(Actor, "may", may_ever)


def role_for(route: Route) -> Role:
    row = ALLOWED[Action(route.action or "see_site")]
    order = (Role.PARTICIPANT, Role.CONVENOR, Role.MODERATOR, Role.CURATOR, Role.AUDITOR, Role.VISITOR)
    return next((role for role in order if row[role]), Role.VISITOR)


def address(route: Route, **values: object) -> str:
    known = {"slug": "water", "number": 1, "role": "stakeholder"} | values
    return route.filled(**{name: known.get(name, NOBODY) for name in route.parameters})


def tried() -> list[Route]:
    return [route for route in routes() if not route.path.startswith(("/demo", "/outbox", "/live"))]


async def without_limits() -> None:
    await execute("delete from rate_windows")


def sound(answer: Any, what: str) -> None:
    assert answer.status_code < 500, f"{what}: {answer.status_code}"


@pytest.mark.slow
@pytest.mark.parametrize("route", [route for route in tried() if route.fields], ids=lambda route: route.name)
async def test_no_field_of_a_form_crashes_it(
    client: Any, tokens: dict[Role, str], every_state: None, route: Route
) -> None:
    browser = Browser(client, tokens[role_for(route)])
    # A form of 80 fields of few kinds: a few of the values in each. A password takes long to check, as it should.
    shown = 12 if len(route.fields) > 20 else 5 if "password" in route.fields else 1
    for place, name in enumerate(route.fields):
        for value in CORPUS[place % shown :: shown]:
            await send(browser, route, [(name, value)])
    for extra in ([("unknown", b"x")], [(name, b"1") for name in route.fields for _ in range(3)], [("", b"")]):
        await send(browser, route, extra)


async def send(browser: Browser, route: Route, fields: list[tuple[str, bytes]]) -> None:
    known = dict(PLAUSIBLE)
    given = {name for name, _ in fields}
    rest = [(name, known[name].encode()) for name in route.fields if name in known and name not in given]
    token = auth.Visit(token=browser.token).csrf_token
    body = "&".join(
        f"{quote(name)}={quote(value)}" for name, value in [("_csrf_token", token.encode()), *rest, *fields]
    )

    async def answered() -> Any:
        browser.client.cookies.clear()
        return await browser.client.post(
            address(route),
            content=body.encode(),
            headers={
                "content-type": "application/x-www-form-urlencoded",
                "cookie": f"{auth.cookie_name('sid')}={browser.token}",
            },
        )

    answer = await answered()
    if answer.status_code == 429:
        await without_limits()
        answer = await answered()
        assert answer.status_code != 429
    sound(answer, f"{route.name} {fields[0][0]}={fields[0][1][:40]!r}")
    if answer.status_code == 200 and browser.token:
        assert "Traceback" not in answer.text


PLAUSIBLE = {
    "statement": "Publish what each well costs.",
    "language": "en",
    "title": "Clean water",
    "question": "What would bring clean water?",
    "zone": "Africa/Nairobi",
    "locale": "en",
    "attribution": "chatham_house",
    "joining": "open",
    "round_1_phase": "propose",
    "round_1_opens_date": "2027-05-28",
    "round_1_opens_time": "09:00",
    "round_1_closes_date": "2027-05-28",
    "round_1_closes_time": "11:00",
    "constituency": "ngos",
    "consent": "yes",
    "choice": "agree",
    "email": "somebody@example.org",
    "role": "curator",
    "reason_code": "unclear",
    "reason": "It is not clear to me.",
    "closes_date": "2030-05-28",
    "closes_time": "09:00",
    "number": "1",
    "direction": "up",
    "sentence": "It says the same.",
    "answer": "yes",
    "into": "1",
    "decision": "count",
}


@pytest.mark.slow
@pytest.mark.parametrize("route", [route for route in tried() if route.query], ids=lambda route: route.name)
async def test_no_parameter_of_an_address_crashes_its_page(
    client: Any, tokens: dict[Role, str], every_state: None, route: Route
) -> None:
    browser = Browser(client, tokens[role_for(route)])
    for name in route.query:
        for value in CORPUS:
            query = f"{name}={quote(value[:3_000])}"
            for text in (query,) if value else (query, f"{query}&{query}", f"{name}[]=1", f"{name}=%zz%"):
                path = f"{address(route)}?{text}"
                answer = await (browser.get(path) if route.method in SAFE else browser.post(path))
                sound(answer, f"{route.name}?{name}={value[:40]!r}")


NUMBERS = (
    "0",
    "-1",
    "2147483648",
    "9" * 25,
    "9" * 5_000,
    "１",
    "1.5",
    "1e3",
    "%00",
    "%ff",
    "x",
    "%2e%2e",
    "1%0a",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "route", [route for route in tried() if set(route.parameters) - {"slug"}], ids=lambda route: route.name
)
async def test_no_number_or_id_in_an_address_crashes_it(
    client: Any, tokens: dict[Role, str], every_state: None, route: Route
) -> None:
    browser = Browser(client, tokens[role_for(route)])
    for value in (*NUMBERS, NOBODY, NOBODY[:-1]):
        path = address(route, **dict.fromkeys(set(route.parameters) - {"slug"}, value))
        answer = await (browser.get(path) if route.method in SAFE else browser.post(path))
        sound(answer, f"{route.name} with {value[:30]}")
        # A curator who has not declared their interests is led there, whatever is asked of the desk.
        refused = {403, 404, 409, 422} | ({303} if "/desk/" in route.path else set())
        if value in {"2147483648", "9" * 25, NOBODY[:-1], "x"}:
            assert answer.status_code in refused, f"{route.name} with {value[:30]}: {answer.status_code}"


@pytest.mark.parametrize("slug", [*NUMBERS, "x" * 3_000, "water%00", "water%20", "WATER", "w%C3%A4ter", "%ED%A0%80"])
async def test_no_name_of_a_consultation_crashes_the_door(client: Any, tokens: dict[Role, str], slug: str) -> None:
    for path in (f"/en/c/{slug}", f"/en/c/{slug}/results", f"/api/v1/consultations/{slug}"):
        answer = await client.get(path)
        assert answer.status_code in {302, 400, 404, 405}, path


@pytest.mark.parametrize("kind", MULTIPART)
async def test_no_body_crashes_a_form(client: Any, tokens: dict[Role, str], every_state: None, kind: str) -> None:
    body, media_type = MULTIPART[kind]
    for route in tried():
        if route.method in SAFE:
            continue
        token = tokens[role_for(route)]
        client.cookies.clear()
        answer = await client.post(
            address(route),
            content=body,
            headers={
                "content-type": media_type.encode("latin-1"),
                "cookie": f"{auth.cookie_name('sid')}={token}",
                "x-csrf-token": auth.Visit(token=token).csrf_token,
            },
        )
        sound(answer, f"{route.name} with {kind}")
        await without_limits()


@pytest.mark.parametrize(
    "headers",
    [
        {"accept-language": "\xff" * 50},
        {"accept-language": ",;q=,;q=nan,fr;q=inf"},
        {"hx-request": "\xff"},
        {"hx-request": "true", "hx-history-restore-request": "true"},
        {"content-type": "text/html; charset=\xff"},
        {"if-none-match": '"' * 100},
        {"if-modified-since": "yesterday"},
        {"x-csrf-token": "\xff" * 64},
        {"range": "bytes=9-1"},
        {"cookie": "__Host-said=" + quote("\ud83d<b>\n//evil".encode("utf-16", "surrogatepass"))},
        {"cookie": "__Host-said=%ED%A0%80%00"},
        {"cookie": "__Host-said=hello%0A//evil.example"},
        {"expect": "200-maybe"},
        {"x-http-method-override": "DELETE"},
    ],
    ids=str,
)
async def test_no_header_crashes_a_page(client: Any, headers: dict[str, str]) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    for path in ("/", "/en/", "/en/sign-in", "/static/app.css", "/healthz"):
        answer = await client.get(path, headers=encoded)
        sound(answer, f"{path} {headers}")
        assert "//evil" not in answer.text
    sound(await client.post("/en/sign-in", data={"email": "x"}, headers=encoded), str(headers))


async def test_what_was_typed_is_kept_whatever_refuses_it(client: Any, tokens: dict[Role, str]) -> None:
    chidi = Browser(client, tokens[Role.PARTICIPANT])
    text = "A sentence that took me ten minutes."
    form = {"statement": text, "language": "en"}
    for more in ({"unknown": "x"}, {"_csrf_token": "0" * 64}, {"language": "tlh"}, {"goals": "many"}):
        answer = await chidi.post("/en/c/water/propose", form | more)
        assert 400 <= answer.status_code < 500
        assert text in answer.text, more


# -------- anything at all


TEXT = st.text(st.characters(codec="utf-8"), max_size=400)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(typed=st.fixed_dictionaries({"statement": TEXT, "language": TEXT | st.just("en"), "details": TEXT}))
async def test_any_text_at_all_in_a_proposal(client: Any, tokens: dict[Role, str], typed: dict[str, str]) -> None:
    chidi = Browser(client, tokens[Role.PARTICIPANT])
    await without_limits()
    for path in ("/en/c/water/propose/check", "/en/c/water/propose", "/en/c/water/propose/similar"):
        answer = await chidi.post(path, typed)
        assert answer.status_code in {200, 303, 422}, path
    await execute("delete from proposals where number > 2")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    typed=st.fixed_dictionaries(
        {"constituency": TEXT | st.just("ngos"), "consent": st.sampled_from(["yes", "", "no"]) | TEXT},
        optional={"organisation": TEXT, "mandate": TEXT | st.just("delegate"), "region": TEXT, "token": TEXT},
    )
)
async def test_any_text_at_all_in_joining(client: Any, tokens: dict[Role, str], typed: dict[str, str]) -> None:
    eve = Browser(client, tokens[Role.VISITOR])
    answer = await eve.post("/en/c/water/join", typed)
    assert answer.status_code in {303, 403, 422}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    typed=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("title", "zone", "goals", "round_1_phase", "round_1_opens_date", "round_2_places", "question_1"), TEXT
        ),
    )
)
async def test_any_text_at_all_in_a_new_consultation(
    client: Any, tokens: dict[Role, str], typed: dict[str, str]
) -> None:
    amara = Browser(client, tokens[Role.CONVENOR])
    fields = {name: value for name, value in PLAUSIBLE.items() if name in NEW_FIELDS}
    answer = await amara.post("/en/convene/new", fields | typed)
    assert answer.status_code in {303, 422}


NEW_FIELDS = {"title", "question", "zone", "language", "attribution", "joining"} | {
    f"round_1_{part}" for part in ("phase", "opens_date", "opens_time", "closes_date", "closes_time")
}
