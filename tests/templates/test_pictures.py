"""Pictures of charts for files: every style is written in them, words keep their direction, nothing foreign is in."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app import charts
from app.documents import lettering, pictures, raster, standalone
from app.language import gettext, use_locale
from app.taxonomies.sdgs import GOALS

SVG = "{http://www.w3.org/2000/svg}"
SHEET = Path(__file__).parents[2] / "app" / "static" / "app.css"
LANGUAGES = ("en", "ar", "zh", "ru")
ARABIC = "ينبغي أن تكون للنساء نصف المقاعد."


def rows():
    shares = (("A", 0.8, 0.1), ("B", 0.4, 0.45), ("D", 0.2, 0.7))
    return tuple(charts.vote_row(f"Group {x}", yes, no, text=f"{yes:.0%}", letter=x) for x, yes, no in shares)


def every():
    statements = [(number, number / 40) for number in range(1, 25)]
    goals = [(goal.number, gettext(goal.title), goal.colour) for goal in GOALS]
    known = charts.Representation(gettext("Women"), 0.25, 0.3, 0.2, 0.1, 0.05, "15 points under")
    half = [(step / 20) ** 2 for step in range(21)]
    return [
        pictures.gaps(charts.swarm(statements, chosen=[1], words={3: "3 Wells & <pumps>", 9: f"9 {ARABIC}"})),
        pictures.bars("common", gettext("Common ground"), [("1 · Wells", rows()), (f"2 · {ARABIC}", rows())]),
        pictures.goals(charts.goals_covered({6: 3, 17: 1}, goals)),
        pictures.tracks(gettext("From target to slate"), "Women are under.", charts.gap_chart([known])),
        pictures.timeline("Votes", "Most on day 2.", charts.timeline([3, 9], ["1 Mar", "2 Mar"], flagged=[1])),
        pictures.lorenz("Talking", "Uneven.", charts.lorenz({gettext("votes"): half})),
        pictures.shares("people", "People", [(gettext("Women"), 0.3, 0.25, "30%"), ("Men", 0.7, None, "70%")]),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_stands_alone(language):
    with use_locale(language):
        for picture in every():
            root = ElementTree.fromstring(picture.svg(source="Water, votes until 1 March"))
            assert root.tag == f"{SVG}svg"
            assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == language
            assert root.find(f"{SVG}title").text == picture.title
            assert root.find(f"{SVG}desc").text == picture.alternative
            assert root.get("role") == "img"
            drawn = [one for one in root.iter() if one.tag in {f"{SVG}{tag}" for tag in ("path", "rect", "circle")}]
            # An element without a fill of its own would be black: the stylesheet is not there to say otherwise.
            assert all("fill" in one.attrib or "stroke" in one.attrib for one in drawn)
            for one in root.iter():
                assert not {"class", "href", "style"} & set(one.attrib)
                assert one.tag not in (f"{SVG}a", f"{SVG}script", f"{SVG}style")
                assert not any(value.endswith("%") for name, value in one.attrib.items() if name in standalone.ACROSS)
            assert all(text.get("fill") and text.get("font-size") for text in root.iter(f"{SVG}text"))


def test_what_people_wrote_cannot_become_markup():
    picture = pictures.bars("common", "Ground", [('<script>alert("x")</script> & \x0b', rows())])
    root = ElementTree.fromstring(picture.svg())
    assert '<script>alert("x")</script> &' in [text.text for text in root.iter(f"{SVG}text")]


def test_the_colours_are_those_of_the_stylesheet():
    sheet = SHEET.read_text(encoding="utf-8")
    # The first of each name; later ones are for readers who ask for more contrast.
    tokens = dict(reversed(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", sheet)))
    first = {name: tokens[name] for name in ("ink", "ink-2", "line", "line-strong", "agree", "disagree", "rest")}
    constants = (standalone.INK, standalone.INK_2, standalone.LINE, standalone.LINE_STRONG)
    assert tuple(first.values()) == (*constants, standalone.AGREE, standalone.DISAGREE, standalone.REST)
    groups = [re.search(rf"--g-{letter}: (#\w+)", sheet).group(1) for letter in "abcdef"]
    assert groups == [standalone.GROUPS[f"g{letter}"] for letter in "abcdef"]


def test_in_arabic_quantities_are_mirrored_and_time_is_not():
    def places(language: str, picture_name: str, fill: str) -> list[float]:
        with use_locale(language):
            picture = next(one for one in every() if one.name == picture_name)
            root = ElementTree.fromstring(picture.svg(is_framed=False))
        group = root.find(f"{SVG}g")
        mirrored = "scale(-1 1)" in (group.find(f"{SVG}g").get("transform") or "")
        found = [float(one.get("x", "0")) for one in group.iter(f"{SVG}rect") if one.get("fill") == fill]
        return [-x if mirrored else x for x in found]

    assert places("en", "common", standalone.AGREE)[0] > 0
    assert places("ar", "common", standalone.AGREE)[0] < 0
    assert places("ar", "days", standalone.DISAGREE)[0] > 0


def test_words_from_right_to_left_stay_together():
    with use_locale("ar"):
        root = ElementTree.fromstring(every()[1].svg())
    texts = [text for text in root.iter(f"{SVG}text") if ARABIC[:10] in (text.text or "")]
    assert texts
    for text in texts:
        assert text.text.startswith(lettering.ISOLATE)
        assert text.text.endswith(lettering.END)
        assert "Arabic" in text.get("font-family")


def test_lines_break_between_words_and_between_chinese_signs():
    words = "妇女应在水务委员会中拥有一半席位，所有村庄都应公布水质检测结果。"
    lines = lettering.wrapped(words, 13, 200)
    assert "".join(lines) == words
    assert all(lettering.width_of(line, 13) <= 215 for line in lines)
    assert not any(line.startswith(("，", "。")) for line in lines)
    assert lettering.wrapped("one two three four", 13, 60, 2)[-1].endswith("…")


def size(content: bytes) -> tuple[int, int]:
    return struct.unpack(">II", content[16:24])


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_png_has_two_hundred_dots_to_the_inch_and_says_so(language):
    with use_locale(language):
        svg = every()[1].svg()
    content = raster.png(svg)
    width = float(re.search(r'width="([\d.]+)"', svg).group(1))
    assert size(content)[0] == pytest.approx(width * 200 / 96, abs=2)
    assert content[37:41] == b"pHYs"
    assert struct.unpack(">I", content[41:45])[0] == 7874
    chunks = re.findall(rb"tEXt|iTXt|tIME|eXIf", content)
    assert chunks == []


def test_without_a_font_for_them_words_give_way_to_their_numbers(monkeypatch):
    monkeypatch.setattr(raster, "can_write", lambda language: language != "ar")
    readable = raster._readable(every()[1].svg())
    assert not lettering.is_right_to_left("".join(ElementTree.fromstring(readable).find(f"{SVG}g").itertext()))
    assert ">2<" in readable


def test_a_letter_that_no_font_has_is_noticed(monkeypatch):
    if not raster.can_write("ru"):
        pytest.skip("no font with Cyrillic letters is installed")
    monkeypatch.setitem(raster.SCRIPTS, "ru", "\U0010fffe")
    assert not raster.can_write("ru")
    assert raster.can_write("en")
