"""What a person reads when something is refused: a page in their language, a way on, and their own words back."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.cast import signed_in


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
async def test_a_page_that_is_not_there_is_a_page(client: Any, language: str) -> None:
    answer = await client.get(f"/{language}/c/nowhere")
    assert answer.status_code == 404
    assert f'<html lang="{language}"' in answer.text
    assert f'href="/{language}/"' in answer.text


async def test_the_reference_of_an_error_is_the_one_in_the_log(client: Any, capfd: Any) -> None:
    import json
    import re

    answer = await client.get("/en/c/nowhere")
    reference = re.search(r"mention <bdi>([0-9a-f]{16})</bdi>", answer.text)[1]
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert reference in [line.get("request_id") for line in lines]


async def test_several_texts_come_back_each_in_its_own_box(client: Any) -> None:
    here = await factories.make_consultation()
    await factories.join("chidi", here)
    await factories.move_to(here, 2)
    chidi = await signed_in(client, "chidi")
    form = {"statement": "One sentence of mine.", "details": "Two paragraphs of mine.", "language": "en"}
    answer = await chidi.post("/en/c/water/propose", form)
    assert answer.status_code == 410
    for text in ("One sentence of mine.", "Two paragraphs of mine."):
        assert text in answer.text
    assert answer.text.count("<textarea") == 2


async def test_secrets_and_addresses_do_not_come_back(client: Any) -> None:
    answer = await client.post(
        "/en/sign-in/password", data={"email": "who am i@example.org", "password": "correct horse battery"}
    )
    assert answer.status_code == 403
    assert "correct horse" not in answer.text
    assert "who am i@" not in answer.text


async def test_what_comes_back_is_text_and_nothing_else(client: Any) -> None:
    answer = await client.post("/en/sign-in", data={"thought": "</textarea><script>alert(1)</script> x"})
    assert answer.status_code == 403
    assert "<script>alert" not in answer.text
    assert "&lt;/textarea&gt;" in answer.text


async def test_a_program_gets_a_problem_instead_of_a_page(client: Any) -> None:
    answer = await client.get("/api/v1/consultations/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == 404


async def test_a_fragment_that_needs_an_account_sends_the_browser_to_sign_in(client: Any) -> None:
    answer = await client.get("/en/me", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith("/en/sign-in")


async def test_a_method_that_a_page_does_not_know_is_405(client: Any) -> None:
    for method in ("put", "patch", "delete"):
        answer = await getattr(client, method)("/en/help")
        assert answer.status_code == 405
        assert "This page does not work that way" in answer.text
