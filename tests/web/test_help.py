"""The handbook inside the site: every page of it, its links, its pictures."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.documents.handbook import DOCS, PAGES, PICTURES


@pytest.mark.parametrize("name", PAGES)
async def test_each_page_of_the_handbook_is_there_with_one_heading_and_links_that_lead_somewhere(
    client: Any, name: str
) -> None:
    answer = await client.get(f"/en/help/{name}")
    assert answer.status_code == 200
    assert len(re.findall(r"<h1\b", answer.text)) == 1
    article = re.search(r"<article.*?</article>", answer.text, re.S)
    assert article is not None
    assert "](" not in article[0]
    for link in set(re.findall(r'(?:href|src)="(/en/help/[^"#]+)', article[0])):
        assert (await client.get(link)).status_code == 200, link
    for anchor in re.findall(r'href="#([^"]+)"', article[0]):
        assert f'id="{anchor}"' in article[0]


async def test_help_leads_to_every_page_and_says_in_other_languages_that_they_are_english(client: Any) -> None:
    page = (await client.get("/ar/help")).text
    for name in PAGES:
        assert f'href="/ar/help/{name}"' in page
    assert 'lang="en" dir="ltr"' in (await client.get("/ar/help/words")).text


@pytest.mark.parametrize("name", ["nothing", "benchmarks", "..%2FREADME", "stakeholders.md", "third-party"])
async def test_what_is_not_in_the_handbook_is_not_read(client: Any, name: str) -> None:
    assert (await client.get(f"/en/help/{name}")).status_code == 404


async def test_pictures_are_those_of_the_handbook_alone(client: Any) -> None:
    for file in PICTURES.glob("*.png"):
        answer = await client.get(f"/en/help/pictures/{file.name}")
        assert answer.content == file.read_bytes()
        assert answer.headers["content-type"] == "image/png"
    assert (await client.get("/en/help/pictures/..%2F..%2Fmark.svg")).status_code == 404


def test_every_reader_has_a_page() -> None:
    assert {"stakeholders", "convenors", "moderators", "operators", "developers"} <= set(PAGES)
    assert all((DOCS / f"{name}.md").exists() for name in PAGES)
