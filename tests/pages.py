"""What is wrong with a page as it is sent: HTML by the standard's own parser, and what a reader of it depends on.

Used over every page in `tests/web/test_every_page.py` and `tests/journeys/test_every_page.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import html5lib

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
CONTROLS = ("input", "select", "textarea")
POINTERS = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "list")
ITEMS = {"ul": {"li"}, "ol": {"li"}, "dl": {"dt", "dd", "div"}}
SVG = "{http://www.w3.org/2000/svg}"
KNOWN_ROLES = {"search", "status", "list", "region", "alert", "img", "group", "presentation", "timer"}
LANGUAGE = re.compile(r"(und|[a-z]{2,3})(-[A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Page:
    """A page that was sent, parsed; `is_whole` unless it is a fragment."""

    text: str
    root: Element
    faults: tuple[str, ...]
    is_whole: bool = True

    @property
    def title(self) -> str:
        return words_of(self.root.find(".//title"))

    def all(self, *names: str) -> list[Element]:
        return [one for one in self.root.iter() if one.tag in names]


def parse(text: str, *, is_whole: bool = True) -> Page:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(text) if is_whole else parser.parseFragment(text)
    faults = tuple(f"{code} {values or ''} at line {place[0]}" for place, code, values in parser.errors)
    if not is_whole:
        whole = Element("html")
        whole.extend(list(root))
        root = whole
    return Page(text, root, faults, is_whole)


def words_of(element: Element | None) -> str:
    """What an element says to somebody who cannot see: its text, and the names of its pictures."""
    if element is None:
        return ""
    if element.get("aria-label"):
        return str(element.get("aria-label"))
    if element.get("aria-hidden") == "true":
        return ""
    inner = "".join(words_of(child) + (child.tail or "") for child in element)
    return f"{element.text or ''}{inner}".strip()


def problems(page: Page) -> list[str]:
    """Every fault of the page, in words; empty when it is right."""
    found = list(page.faults)
    checks = [ids, pointers, controls, tables, names, lists, inline, languages, pictures, roles]
    for check in checks + ([frame, headings] if page.is_whole else []):
        found += check(page)
    return found


def ids(page: Page) -> Iterator[str]:
    given = Counter(one.get("id") for one in page.root.iter() if one.get("id") is not None)
    yield from (f"id {name!r} occurs {n} times" for name, n in given.items() if n > 1)
    yield from (f"id {name!r} has a space or is empty" for name in given if not name or re.search(r"\s", name))


def pointers(page: Page) -> Iterator[str]:
    known = {one.get("id") for one in page.root.iter()}
    if not page.is_whole:
        return
    for one in page.root.iter():
        for name in POINTERS:
            for target in (one.get(name) or "").split():
                if target not in known:
                    yield f"{name}={target!r} leads nowhere"
        href = one.get("href") or ""
        if href.startswith("#") and href[1:] not in known:
            yield f"href={href!r} leads nowhere"


def controls(page: Page) -> Iterator[str]:
    labelled = {one.get("for") for one in page.all("label")}
    wrapped = {id(inner) for label in page.all("label") for inner in label.iter()}
    for one in page.all(*CONTROLS):
        if one.get("type") in {"hidden", "submit", "button"}:
            continue
        named = one.get("aria-label") or one.get("aria-labelledby")
        if not (one.get("id") in labelled or id(one) in wrapped or named):
            yield f"{one.tag} {one.get('name')!r} has no label"
        if one.get("placeholder"):
            yield f"{one.tag} {one.get('name')!r} has a placeholder"
    suggested = {id(one) for each in page.all("datalist") for one in each}
    for one in page.all("label", "legend", "summary", "option", "caption"):
        if not words_of(one) and id(one) not in suggested:
            yield f"an empty {one.tag}"
    for one in page.all("fieldset"):
        if not len(one) or one[0].tag != "legend":
            yield "a fieldset does not begin with its legend"


def tables(page: Page) -> Iterator[str]:
    for table in page.all("table"):
        name = words_of(table.find("caption"))
        if not name:
            yield "a table without a caption"
        for head in table.iter("th"):
            if head.get("scope") not in {"row", "col", "rowgroup", "colgroup"}:
                yield f"table {name!r}: a head without a scope"
        for row in table.iter("tr"):
            if not len(row):
                yield f"table {name!r}: an empty row"
        for body in table.iter("tbody"):
            n_heads = {sum(int(cell.get("colspan", 1)) for cell in row) for row in body}
            if len(n_heads) > 1 and not any(cell.get("rowspan") for cell in body.iter()):
                yield f"table {name!r}: rows of different lengths {sorted(n_heads)}"


def names(page: Page) -> Iterator[str]:
    for one in page.all("a", "button", f"{SVG}a"):
        if not words_of(one):
            yield f"an empty {one.tag} to {one.get('href') or one.get('value')!r}"
        if one.tag == "a" and one.get("href") is None:
            yield "a link that leads nowhere"
    for one in page.all("progress", "nav", "meter"):
        if not (one.get("aria-label") or one.get("aria-labelledby")) and one.tag != "nav":
            yield f"a {one.tag} without a name"
    navs = Counter(one.get("aria-label") for one in page.all("nav"))
    yield from (f"{n} navigations are named {name!r}" for name, n in navs.items() if n > 1 or not name)
    for one in page.root.iter():
        if one.get("role") == "region" and not (one.get("aria-label") or one.get("aria-labelledby")):
            yield "a region without a name"
        scrolls = "scroll" in (one.get("class") or "").split()
        if scrolls and not (one.get("tabindex") == "0" and (one.get("aria-label") or one.get("aria-labelledby"))):
            yield "what scrolls sideways cannot be reached by keyboard"


def lists(page: Page) -> Iterator[str]:
    for one in page.all(*ITEMS):
        strange = {str(child.tag) for child in one if child.tag not in ITEMS[str(one.tag)] | {"script", "template"}}
        if strange:
            yield f"a {one.tag} holds {sorted(strange)}"
        if one.tag in {"ul", "ol"} and not len(one):
            yield f"an empty {one.tag}"
    for one in page.all("p", "h1", "h2", "h3", "h4"):
        if not words_of(one) and not len(one):
            yield f"an empty {one.tag}"


def inline(page: Page) -> Iterator[str]:
    for one in page.root.iter():
        if one.get("style") is not None or one.tag == "style":
            yield f"an inline style on {one.tag}"
        if any(str(name).startswith("on") for name in one.keys()):  # noqa: SIM118 -- an element is no dict
            yield f"an inline handler on {one.tag}"
        if one.tag == "script" and one.get("src") is None:
            yield "an inline script"


def languages(page: Page) -> Iterator[str]:
    for one in page.root.iter():
        lang = one.get("lang")
        if lang is not None and not LANGUAGE.fullmatch(lang):
            yield f"lang={lang!r}"
        if one.get("dir") not in {None, "ltr", "rtl", "auto"}:
            yield f"dir={one.get('dir')!r}"
    # What people wrote says its language where that is known, and is set in its own direction in any case.
    for one in page.all("blockquote", "q"):
        if one.get("lang") is None and one.get("dir") is None:
            yield f"a {one.tag} that says neither language nor direction: {words_of(one)[:40]!r}"


def pictures(page: Page) -> Iterator[str]:
    inner = {id(one) for outer in page.all(f"{SVG}svg") for one in outer.iter(f"{SVG}svg") if one is not outer}
    for one in page.all(f"{SVG}svg"):
        is_named = one.get("aria-label") or one.get("aria-labelledby")
        if id(one) not in inner and not is_named and one.get("aria-hidden") != "true":
            yield "a picture that is neither named nor hidden"
        if is_named and one.get("role") not in {"img", "group"}:
            yield "a named picture without a role"
    yield from ("an image without alt" for one in page.all("img") if one.get("alt") is None)


def roles(page: Page) -> Iterator[str]:
    given = {one.get("role") for one in page.root.iter()} - {None} - KNOWN_ROLES
    yield from (f"an unknown role {role!r}" for role in sorted(map(str, given)))


def frame(page: Page) -> Iterator[str]:
    root = page.root
    for name, n in (("main", 1), ("h1", 1), ("title", 1), ("header", None), ("footer", None)):
        found = page.all(name)
        if n is not None and len(found) != n:
            yield f"{len(found)} elements {name}"
        if n is None and not found:
            yield f"no {name}"
    status = [one for one in root.iter() if one.get("role") == "status"]
    if len(status) != 1:
        yield f"{len(status)} status regions"
    if len([one for one in root.iter() if one.get("autofocus") is not None]) > 1:
        yield "several things ask for the focus"
    if root.get("lang") is None or root.get("dir") not in {"ltr", "rtl"}:
        yield "the page does not say its language and direction"
    if not page.text.lower().startswith("<!doctype html>"):
        yield "no doctype at the start"
    name, _, site = page.title.rpartition(" · ")
    if len(name) < 2 or not site:
        yield f"the title {page.title!r} says little"


def headings(page: Page) -> Iterator[str]:
    last = 0
    for one in page.all(*HEADINGS):
        level = int(str(one.tag)[1])
        if not words_of(one):
            yield f"an empty {one.tag}"
        if level > last + 1:
            yield f"{one.tag} {words_of(one)[:40]!r} follows a heading of level {last}"
        last = level
