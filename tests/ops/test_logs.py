"""The operational log says what happened and never what was said."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from app.logs import configure_logs, log, log_request, pseudonym

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """What the log holds, as parsed lines."""
    before = structlog.get_config()
    configure_logs(is_json=True)
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    # Another file's tests read the log of the application that this process has made already.
    structlog.configure(**before)


def test_a_request_is_one_line_with_its_route_and_without_its_path(lines: Lines) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/c/secret-name",
        "query_string": b"q=canary",
        "path_template": "/c/{slug}",
        "headers": [(b"cookie", b"sid=canary")],
    }
    log_request(scope, status=200, seconds=0.0123, request_id="abc")  # type: ignore[arg-type]
    (line,) = lines()
    assert line["route"] == "/c/{slug}"
    assert (line["status"], line["ms"], line["request_id"]) == (200, 12.3, "abc")
    assert line["timestamp"].endswith("Z")
    assert "canary" not in json.dumps(line)
    assert "secret-name" not in json.dumps(line)


def test_what_people_typed_is_dropped_whoever_logs_it(lines: Lines) -> None:
    log().info("vote cast", choice="agree", email="dana@example.org", text="canary", consultation="c1")
    (line,) = lines()
    assert line["consultation"] == "c1"
    assert not {"choice", "email", "text"} & line.keys()


def test_an_exception_is_logged_by_kind_and_place_without_its_message(lines: Lines) -> None:
    try:
        raise ValueError("canary: what somebody typed")
    except ValueError as error:
        log().error("crashed", exc_info=error)
        logging.getLogger("some.library").exception("failed")
    ours, theirs = lines()
    assert ours["error"] == theirs["error"] == "ValueError"
    assert "test_logs.py" in ours["error_at"][-1]
    assert "canary" not in json.dumps([ours, theirs])


def test_a_value_cannot_begin_a_line_of_its_own_or_colour_a_terminal(lines: Lines) -> None:
    log().info("event", agent="a\r\n{}\x1b[31m\u2028b")
    (line,) = lines()
    assert line["agent"] == "a\\x0d\\x0a{}\\x1b[31m\\u2028b"


def test_an_account_has_one_mark_that_does_not_show_who_it_is() -> None:
    assert pseudonym("dana@example.org") == pseudonym("dana@example.org") != pseudonym("eve@example.org")
    assert "dana" not in pseudonym("dana@example.org")
