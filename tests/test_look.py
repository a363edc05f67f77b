"""The look as a machine checks it: every piece rendered at once, the stylesheet, vendored files, templates."""

from __future__ import annotations

import datetime
import hashlib
import html.parser
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jinja2 import ChoiceLoader, FileSystemLoader

from app import charts, maps, rendering
from app.language import direction, use_locale
from app.taxonomies.sdgs import GOALS
from deliberation.inequality import lorenz
from deliberation.released_map import cells_of, centre_of
from tests.grids import grid_counts

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "app" / "static"
CSS = (STATIC / "app.css").read_text()
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
VOID = {"meta", "link", "input", "br", "hr", "img", "source", "wbr"}


def _opinion_map() -> tuple[maps.OpinionMap, tuple[maps.Hexagon, ...]]:
    rng = np.random.default_rng(17)
    places = {
        "A": rng.normal((-2, -1.2), 0.8, (171, 2)),
        "B": rng.normal((2.4, 0.2), 0.9, (128, 2)),
        "C": rng.normal((-1.4, 1.6), 0.7, (113, 2)),
    }
    everybody = np.concatenate(list(places.values()))
    frame = maps.frame_of(everybody)
    names = {"A": "Local first", "B": "Scale and coherence", "C": "Fair seats"}
    groups = [(g, names[g], f"{len(p)} people", grid_counts(p, frame)) for g, p in places.items()]
    statements = [
        (int(n), float(x), float(y))
        for n, (x, y) in zip((8, 13, 4, 22, 12, 19, 18, 15), rng.normal(0, 1.3, (8, 2)), strict=True)
    ]
    signs = np.where(rng.random(len(everybody)) < (0.2 + 0.6 * (everybody[:, 0] > 0.5)), 1.0, -1.0)
    votes: dict[tuple[int, int], list[float]] = {}
    for cell, sign in zip(cells_of(everybody, 0.4), signs, strict=True):
        votes.setdefault(cell, []).append(sign)
    centres = {cell: centre_of(cell, 0.4) for cell, given in votes.items() if len(given) >= 3}
    cells = tuple(
        maps.hexagon(frame.x(x), frame.y(y), reach=0.4 * frame.scale - 1, mean=float(np.mean(votes[cell])))
        for cell, (x, y) in sorted(centres.items())
    )
    return maps.opinion_map(groups, statements, frame, chosen=[8, 13, 4]), cells


def _network() -> maps.Network:
    ids = ["hub", "b1", "b2"] + [f"n{i:02}" for i in range(20)]
    links = [("hub", f"n{i:02}", 3.0) for i in range(7)] + [("b1", f"n{i:02}", 2.0) for i in (2, 5, 8, 10)]
    links += [("b2", f"n{i:02}", 2.0) for i in (9, 12, 15, 18)] + [
        (f"n{i:02}", f"n{i + 1:02}", 1.0) for i in range(7, 19)
    ]
    kinds, labels = (
        {"hub": "hub", "b1": "bridge", "b2": "bridge"},
        {"hub": "One organisation", "b1": "Another", "b2": "A third"},
    )
    return maps.network(ids, links, seed=5, kinds=kinds, labels=labels)


def _gaps() -> charts.GapChart:
    rows = [
        ("Local authorities", 0.12, 0.13, 0.14, 0.22),
        ("NGOs", 0.14, 0.24, 0.27, 0.30),
        ("Women", 0.12, 0.12, 0.12, 0.12),
    ]
    rows += [("Farmers", 0.08, 0.03, 0.02, 0.0)]
    shown = [
        charts.Representation(
            n, t, p, v, s, 0.04, "in balance" if abs(s - t) <= 0.04 else "outside", (f"{t:.0%}", f"{s:.0%}")
        )
        for n, t, p, v, s in rows
    ]
    shown.append(
        charts.Representation("Indigenous Peoples", 0.08, None, None, None, 0.03, "fewer than 10 people", ("8%", "–"))
    )
    return charts.gap_chart(shown)


def kitchen_sink_context() -> dict[str, Any]:
    """What a page with every piece on it needs."""
    rng = np.random.default_rng(3)
    drawn, cells = _opinion_map()
    gaps = [(n, float(g)) for n, g in enumerate(rng.uniform(0.03, 0.72, 60), start=1)]
    daily = [
        820,
        610,
        420,
        300,
        180,
        120,
        260,
        240,
        210,
        190,
        110,
        90,
        300,
        620,
        410,
        260,
        160,
        120,
        240,
        470,
        280,
        300,
        190,
        210,
        330,
        360,
        520,
        900,
    ]
    amounts = {
        "votes": rng.gamma(3.2, 1, 400),
        "proposals": rng.gamma(0.6, 1, 400),
        "support for the slate": rng.gamma(0.3, 1, 400),
    }
    bars = [
        charts.vote_row("Local first", 0.85, 0.10, text="85% agree", letter="A"),
        charts.vote_row("Scale and coherence", 0.75, 0.15, text="75% agree", letter="B"),
        charts.vote_row("Fair seats", None, None, text="", letter="C", hidden="hidden: fewer than 10 voters"),
    ]
    return {
        "closes_at": datetime.datetime(2027, 5, 28, 21, tzinfo=datetime.UTC),
        "errors": {"name": "Please fill this in.", "goals": "Choose at most three."},
        "map": drawn,
        "hexagons": cells,
        "swarm": charts.swarm(
            gaps, chosen=[1, 2, 3, 4], words={1: "1 plain language", 5: "5 seats for newcomers", 9: "9 business leads"}
        ),
        "vote_rows": bars,
        "constituency_rows": [
            charts.vote_row("Women", 0.9, 0.1, text="90% agree"),
            charts.vote_row("Farmers", 0.4, 0.35, text="40% agree"),
        ],
        "balance": [
            charts.balance_row("Local first", 0.72, 0.6, text="72% served", letter="A"),
            charts.balance_row("Fair seats", 0.31, 0.6, text="29 points short", letter="C"),
        ],
        "goals": charts.goals_covered({4: 2, 5: 1, 16: 5, 17: 8}, [(g.number, g.title, g.colour) for g in GOALS]),
        "gaps": _gaps(),
        "timeline": charts.timeline(
            daily,
            [f"{d} May" for d in range(1, 29)],
            events=[
                (0, "Round opened"),
                (13, "Reminder in six languages"),
                (19, "41 votes in 6 minutes"),
                (27, "Closing day"),
            ],
            flagged=[19],
        ),
        "lorenz": charts.lorenz({name: lorenz(values, n_points=21).contributions for name, values in amounts.items()}),
        "network": _network(),
        "status_line": rendering.StatusLine("You agreed with statement 46", "/en/votes/46/undo"),
        "account": None,
    }


def kitchen_sink(locale: str = "en") -> str:
    """The page with every piece on it, in a language."""
    env = rendering.environment().overlay(
        loader=ChoiceLoader(
            [FileSystemLoader(rendering.TEMPLATES), FileSystemLoader(Path(__file__).parent / "templates")]
        )
    )
    with use_locale(locale):
        text: str = env.get_template("kitchen_sink.html").render(
            locale=locale, dir=direction(), **kitchen_sink_context()
        )
    return text


class Outline(html.parser.HTMLParser):
    """What the tests ask of a page: its tags in balance, its ids, labels and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.problems: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> at {self.getpos()} closes {self.open[-1:]}")
        else:
            self.open.pop()

    def of(self, *names: str) -> list[dict[str, str]]:
        return [attrs for tag, attrs in self.tags if tag in names]


@pytest.fixture(scope="module", params=["en", "ar", "fr"])
def sink(request: pytest.FixtureRequest) -> str:
    return kitchen_sink(request.param)


def test_every_tag_of_every_piece_is_closed_in_its_turn(sink: str) -> None:
    outline = Outline(sink)
    assert outline.problems == []
    assert outline.open == []


def test_every_picture_is_well_formed_xml(sink: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>(?:</svg>)*", re.sub(r"<svg [^>]*class=\"pin\".*?</svg>", "", sink), re.DOTALL)
    assert len(pictures) > 40
    for picture in pictures:
        ET.fromstring(picture)


def test_no_id_occurs_twice(sink: str) -> None:
    ids = [attrs["id"] for _, attrs in Outline(sink).tags if "id" in attrs]
    assert sorted(ids) == sorted(set(ids))


def test_every_reference_by_id_leads_somewhere(sink: str) -> None:
    outline = Outline(sink)
    ids = {attrs["id"] for _, attrs in outline.tags if "id" in attrs}
    for _, attrs in outline.tags:
        for name in ("for", "aria-describedby", "aria-labelledby", "data-count"):
            assert set(attrs.get(name, "").split()) <= ids, (name, attrs)


def test_every_input_has_a_label(sink: str) -> None:
    outline = Outline(sink)
    labelled = {attrs["for"] for attrs in outline.of("label") if "for" in attrs}
    wrapped = {"priority", "closes_date", "closes_time"}
    shown = [a for a in outline.of("input", "textarea", "select") if a.get("type") != "hidden"]
    assert len(shown) == 13
    for attrs in shown:
        assert attrs.get("id") in labelled or attrs["name"] in wrapped, attrs


def test_every_post_form_carries_the_token_and_a_key_unless_it_only_undoes(sink: str) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', sink, re.DOTALL):
        assert 'name="_csrf_token"' in form
        assert 'name="_key"' in form or "/undo" in form


def test_there_is_one_status_region_and_one_heading_of_the_first_level(sink: str) -> None:
    outline = Outline(sink)
    assert len([a for _, a in outline.tags if a.get("role") == "status"]) == 1
    assert len(outline.of("h1")) == 1


def test_every_picture_is_named_or_hidden(sink: str) -> None:
    nested = [a for a in Outline(sink).of("svg") if a.get("class") != "pin"]
    for attrs in nested:
        assert attrs.get("aria-hidden") == "true" or attrs.get("aria-label") or attrs.get("aria-labelledby"), attrs


def test_agree_and_disagree_weigh_the_same_and_come_before_unsure(sink: str) -> None:
    choices = [a for a in Outline(sink).of("button") if "choice" in a.get("class", "").split()]
    assert [a["value"] for a in choices] == ["agree", "disagree", "pass"]


def _sources() -> list[tuple[str, str]]:
    return [(str(p.relative_to(ROOT)), re.sub(r"\{#.*?#\}", "", p.read_text(), flags=re.DOTALL)) for p in TEMPLATES]


@pytest.mark.parametrize(("name", "source"), _sources(), ids=[name for name, _ in _sources()])
def test_no_template_holds_inline_style_script_or_unescaped_text(name: str, source: str) -> None:
    assert not re.search(r"\sstyle\s*=", source)
    assert not re.search(r"<style\b", source)
    assert not re.search(r"\son[a-z]+\s*=", source)
    assert not re.search(r"hx-on|\bjs:|javascript:", source)
    assert not re.search(r"hx-disable\b", source)
    assert not re.search(r"\|\s*safe\b|\bMarkup\b|autoescape false", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", source)
    assert not re.search(r"<\w+[^>]*\shx-", source), "htmx attributes are written data-hx-"


def test_one_stylesheet_serves_both_directions() -> None:
    declarations = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
    physical = re.findall(r"[{;]\s*((?:margin|padding|border|inset)?-?(?:left|right|top|bottom))\s*:", declarations)
    assert physical == []
    assert re.findall(r"text-align:\s*(?:left|right)|float:", declarations) == []
    assert (
        re.findall(
            r"(?<![\w-])(?:width|height|max-width|min-height|max-height)\s*:", re.sub(r"@media[^{]*", "", declarations)
        )
        == []
    )


def test_the_stylesheet_names_nothing_outside_and_stays_small() -> None:
    import gzip

    assert "@import" not in CSS
    assert all(target.startswith('"fonts/') for target in re.findall(r"url\(([^)]*)\)", CSS))
    assert len(gzip.compress(CSS.encode(), 9)) <= 9_000


def class_names(css: str) -> set[str]:
    """The classes that the rules of a stylesheet name."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return set(re.findall(r"\.(-?[A-Za-z_][\w-]*)(?=[^{}]*\{)", bare))


def said_in_templates() -> set[str]:
    """Words that stand in a class attribute, as an option of a macro, or in a script or module that names classes."""
    found: set[str] = set()
    for file in TEMPLATES:
        text = file.read_text()
        found |= set(re.findall(r"[\w-]+", " ".join(re.findall(r'class="((?:[^"{]|{{.*?}}|{%.*?%})*)"', text))))
        found |= set(re.findall(r"[\w-]+", " ".join(re.findall(r"block main_class %}(.*?){%", text))))
        found |= {f"{kind}-{word}" for kind in ("note", "tag", "w", "btn") for word in re.findall(r'"(\w+)"', text)}
        found |= {word for words in re.findall(r"'( [a-z][\w -]*)'", text) for word in words.split()}
    return found | set(re.findall(r"htmx-request", (STATIC / "vendor/htmx-4.0.1/htmx.min.js").read_text()))


NUMBERED = {"btn-stop", *(f"{kind}{n}" for kind, most in (("d", 3), ("q", 5), ("l", 3)) for n in range(1, most + 1))}
LETTERED = {f"g{letter}" for letter in "abcdefx"} | {"done", "now", "held", "over", "low"}
"""Classes that a template puts together from a number, a letter or a state, and those that a script gives."""


def test_every_rule_of_the_stylesheet_is_used_by_some_template() -> None:
    assert class_names(CSS) - said_in_templates() - NUMBERED - LETTERED == set()


def test_a_rule_that_no_template_uses_is_noticed() -> None:
    assert "of-nobody" in class_names(CSS + ".of-nobody { color: red }") - said_in_templates()


def tokens() -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", CSS.split("@media (prefers-contrast")[0]))


def contrast(a: str, b: str) -> float:
    """WCAG 2.2 contrast ratio of two sRGB colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, bl = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * bl

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *[
            (text, ground)
            for text in ("ink", "ink-2", "brand", "brand-hover", "stop", "warn", "ok")
            for ground in ("paper", "surface")
        ],
        *[("ink", ground) for ground in ("sunk", "agree-tint", "disagree-tint", "unsure-tint", "brand-tint")],
        ("ok", "ok-tint"),
        ("warn", "warn-tint"),
        ("stop", "stop-tint"),
        ("brand", "brand-tint"),
        ("brand-hover", "brand-tint"),
        ("ink-3", "paper"),
        ("ink-2", "sunk"),
    ],
)
def test_text_stands_out_by_four_and_a_half_to_one(text: str, ground: str) -> None:
    assert contrast(tokens()[text], tokens()[ground]) >= 4.5


@pytest.mark.parametrize(
    "mark", ["agree", "disagree", "unsure", "line-strong", "g-a", "g-b", "g-c", "g-d", "g-e", "g-f", "brand"]
)
def test_marks_and_borders_stand_out_from_white_by_three_to_one(mark: str) -> None:
    assert contrast(tokens()[mark], "#ffffff") >= 3.0


def test_letters_in_badges_can_be_read() -> None:
    # White on the group's colour, bold, and always beside the group's name; the light one has a dark letter.
    assert all(contrast(tokens()[f"g-{group}"], "#ffffff") >= 3.7 for group in "abcef")
    assert ".gd .shape-t { fill: #081420; }" in CSS
    assert contrast(tokens()["g-d"], "#081420") >= 4.5


def test_votes_differ_in_lightness_so_that_grey_printing_keeps_them_apart() -> None:
    assert contrast(tokens()["agree"], tokens()["disagree"]) >= 1.8
    assert contrast(tokens()["disagree"], tokens()["rest"]) >= 1.8


def test_no_goal_colour_is_used_for_text() -> None:
    for goal in GOALS:
        assert goal.colour not in CSS.lower()


def _vendored() -> list[tuple[Path, dict[str, Any]]]:
    return [(p.parent, entry) for p in sorted(STATIC.rglob("VENDOR.json")) for entry in json.loads(p.read_text())]


def test_vendored_files_are_the_ones_that_were_recorded() -> None:
    listed = set()
    for folder, entry in _vendored():
        assert {"name", "version", "licence", "files"} == set(entry)
        for name, digest in entry["files"].items():
            listed.add(folder / name)
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    present = {p for folder in ("vendor", "fonts") for p in (STATIC / folder).rglob("*") if p.is_file()}
    assert {p for p in present if p.name != "VENDOR.json"} == listed


def test_every_vendored_thing_has_its_licence_beside_it() -> None:
    for _, entry in _vendored():
        assert any("LICENSE" in name for name in entry["files"])
