"""A chart of a page as a picture that stands alone: what the stylesheet says is written out, and title, legend and
source are in it.

A program that shows the file knows neither the page's stylesheet nor its fonts. Labels have no halo: some programs
paint it over the letters. Links are gone: they lead nowhere from a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from app.documents.lettering import isolated, script_of, width_of, wrapped
from app.language import current_locale, direction

INK, INK_2, LINE, LINE_STRONG = "#10263b", "#43586b", "#dcd8cd", "#808d99"
AGREE, DISAGREE, REST = "#0a5688", "#cc6a24", "#b9c0c6"
GROUPS = {
    "ga": "#2a2877",
    "gb": "#a67c00",
    "gc": "#b8527e",
    "gd": "#6c87d8",
    "ge": "#5a1e16",
    "gf": "#115f52",
    "gx": INK_2,
}
OWN = "K"
"""Stands for the colour of the opinion group an element belongs to."""
FONTS = '"Source Sans 3", "Noto Sans", "Noto Sans Arabic", "Noto Sans CJK SC", "DejaVu Sans", Arial, sans-serif'
SCRIPTS = {
    "arabic": '"Noto Sans Arabic", "Noto Naskh Arabic", "DejaVu Sans", Arial, sans-serif',
    "chinese": '"Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif',
}
"""Programs that look no further than the first font they find are given one that has the letters."""


def _css(text: str) -> dict[str, str]:
    return dict(part.strip().split(": ") for part in text.split(";"))


STYLES = {
    name: _css(text)
    for name, text in {
        "hull": f"fill: none; stroke: {OWN}; stroke-width: 1.5; stroke-dasharray: 5 4",
        "d1": f"fill: {OWN}; fill-opacity: .12",
        "d2": f"fill: {OWN}; fill-opacity: .17",
        "d3": f"fill: {OWN}; fill-opacity: .22",
        "shape": f"fill: {OWN}",
        "shape-t": "fill: #ffffff; font-weight: 700; text-anchor: middle",
        "lab": f"fill: {INK}; font-weight: 600",
        "val": f"fill: {INK}",
        "axis": f"stroke: {LINE_STRONG}; stroke-width: 1",
        "gridl": f"stroke: {LINE}; stroke-width: 1",
        "zero": f"stroke: {INK}; stroke-width: 1.5",
        "f-agree": f"fill: {AGREE}",
        "f-disagree": f"fill: {DISAGREE}",
        "f-unsure": f"fill: {REST}",
        "f-bg": "fill: #e9e6dd",
        "f-empty": "fill: #e9e6dd",
        "f-met": "fill: #7f9bb0",
        "q1": "fill: #0a5688",
        "q2": "fill: #8fc0dc",
        "q3": "fill: #e7e3d8",
        "q4": "fill: #f3c5a4",
        "q5": "fill: #cc6a24",
        "pt": f"fill: #ffffff; stroke: {INK_2}; stroke-width: 1.5",
        "pt-on": f"fill: {INK}; stroke: {INK}",
        "band": "fill: #e8e4d9",
        "tick": f"stroke: {INK}; stroke-width: 3",
        "gap-line": f"stroke: {LINE_STRONG}; stroke-width: 2",
        "gap-bad": f"stroke: {DISAGREE}; stroke-width: 3",
        "m-p": f"fill: #ffffff; stroke: {INK}; stroke-width: 2",
        "m-v": f"fill: #8fa3b3; stroke: {INK}; stroke-width: 1.5",
        "m-s": f"fill: {INK}; stroke: #ffffff; stroke-width: 1.5",
        "ln": "fill: none; stroke-width: 2.5; stroke-linejoin: round",
        "l1": "stroke: #5f7282; stroke-dasharray: 2 4; stroke-linecap: round",
        "l2": f"stroke: {AGREE}",
        "l3": f"stroke: {DISAGREE}; stroke-dasharray: 9 4",
        "eq": f"stroke: {LINE_STRONG}; stroke-width: 1.5",
        "colbar": "fill: #7f9bb0",
        "colbar-flag": f"fill: {DISAGREE}",
        "edge": "stroke: #9aa7b1",
        "node": f"fill: #ffffff; stroke: {INK}; stroke-width: 1.5",
        "node-hub": f"fill: {DISAGREE}; stroke: #ffffff",
        "node-bridge": f"fill: {AGREE}; stroke: #ffffff",
    }.items()
}
"""What the classes of the stylesheet say, as attributes; a test compares their colours with the stylesheet."""
DROPPED = frozenset({"short", "narrow"})
ACROSS = frozenset({"x", "x1", "x2", "cx", "width"})
UP = frozenset({"y", "y1", "y2", "cy", "height"})
PAD, LEAST_WIDTH, FLUID = 24.0, 520.0, (900.0, 372.0)
"""The room around a picture; how wide it is at least; and the size of a chart that fills its page's width."""
TITLE, SAID, SMALL = 18.0, 13.5, 11.5
SWAPPED = {"start": "end", "end": "start", "middle": "middle"}


@dataclass(frozen=True)
class Box:
    """The room that parts of the whole are measured by."""

    width: float
    height: float


def standalone(
    figure: str, *, title: str, sentence: str, details: str = "", source: str = "", is_framed: bool = True
) -> str:
    """The chart of a `<figure>` of the macros as a picture in the current language.

    details : what is read aloud behind the sentence
    is_framed : with title, sentence and source in it; a document says these beside the picture.
    """
    title, sentence, details, source = map(_legible, (title, sentence, details, source))
    root = ElementTree.fromstring(f"<div>{_legible(figure)}</div>")  # noqa: S314  # our own macros' output, without entities
    chart = next(one for one in root.iter("svg") if "chart" in _classes(one) and not DROPPED & set(_classes(one)))
    box = _box(chart)
    drawn = Element("g")
    for child in chart:
        _copy(child, drawn, box, "", is_mirrored=direction() == "rtl" and "mirror" in _classes(chart))
    page = _Page(max(box.width, LEAST_WIDTH if is_framed else 0.0), PAD if is_framed else 6.0)
    if is_framed:
        page.text(title, TITLE, fill=INK, weight="700")
        page.text(sentence, SAID, most=6)
        page.y += 10
    is_mirrored = direction() == "rtl" and "mirror" in _classes(chart)
    page.chart(drawn, box, is_mirrored=is_mirrored)
    page.legend(list(_legend(root)))
    if is_framed and source:
        page.y += 6
        page.text(source, SMALL)
    return page.picture(title, f"{sentence} {details}".strip())


def _legible(text: str) -> str:
    """The text without signs that XML cannot hold."""
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n")


def _classes(element: Element) -> list[str]:
    return (element.get("class") or "").split()


def _box(chart: Element) -> Box:
    view = (chart.get("viewBox") or "").split()
    return Box(float(view[2]), float(view[3])) if view else Box(*FLUID)


def _length(text: str, of: float) -> float:
    return float(text[:-1]) * of / 100 if text.endswith("%") else float(text)


def _said(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


# -------- elements


def _copy(element: Element, into: Element, box: Box, group: str, *, is_mirrored: bool) -> None:
    classes = _classes(element)
    if DROPPED & set(classes) or element.tag in ("title", "desc"):
        return
    group = next((one for one in classes if one in GROUPS), group)
    inner = box
    if element.tag in ("a", "svg"):
        made, inner = SubElement(into, "g"), _inner(element, box)
        place = [_length(element.get(name, "0"), of) for name, of in (("x", box.width), ("y", box.height))]
        if any(place):
            made.set("transform", f"translate({_said(place[0])} {_said(place[1])})")
    else:
        made = SubElement(into, element.tag)
        made.attrib.update(_attributes(element, box))
    made.attrib.update(_style(element, classes, group))
    made.text = element.text.strip() if element.text and element.text.strip() else None
    if element.tag == "text":
        _turned(made, is_mirrored=is_mirrored)
    for child in element:
        _copy(child, made, inner, group, is_mirrored=is_mirrored)


def _inner(element: Element, box: Box) -> Box:
    return Box(_length(element.get("width", "100%"), box.width), _length(element.get("height", "100%"), box.height))


def _attributes(element: Element, box: Box) -> dict[str, str]:
    found = {}
    for name, value in element.attrib.items():
        if name in ("class", "href", "id") or name.startswith(("aria-", "focus")):
            continue
        if value.endswith("%") and name in ACROSS | UP:
            value = _said(_length(value, box.width if name in ACROSS else box.height))
        found[name] = value
    return found


def _style(element: Element, classes: list[str], group: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if element.tag == "text":
        found |= {"fill": INK_2, "font-size": element.get("font-size", "13")}
    for name in classes:
        found |= STYLES.get(name, {})
    if "shape-t" in classes and group == "gd":
        found["fill"] = "#081420"
    return {name: GROUPS.get(group, INK_2) if value == OWN else value for name, value in found.items()}


def _write(element: Element, words: str) -> None:
    """Words in their direction and in a font that has their letters."""
    element.text = isolated(words)
    if script := script_of(words):
        element.set("font-family", SCRIPTS[script])


def _turned(made: Element, *, is_mirrored: bool) -> None:
    """Words keep their direction, and where the chart is mirrored they are turned back around their own place."""
    _write(made, made.text or "")
    if is_mirrored:
        x = float(made.get("x", "0"))
        made.set("transform", f"translate({_said(2 * x)} 0) scale(-1 1)")
        made.set("text-anchor", SWAPPED[made.get("text-anchor", "start")])


def _legend(root: Element) -> Iterator[tuple[Element | None, str]]:
    """Each line of the legends: its sample, where it has one, and its words."""
    for legend in (one for one in root.iter("ul") if "legend" in _classes(one)):
        for line in legend.iter("li"):
            yield line.find("svg"), " ".join("".join(line.itertext()).split())


# -------- the page


class _Page:
    """The picture as it grows from top to bottom; in languages from right to left it is aligned on the right."""

    def __init__(self, width: float, pad: float) -> None:
        self.width, self.pad, self.y = width, pad, pad
        self.body = Element("g")
        self.is_right = direction() == "rtl"

    def text(self, words: str, size: float, *, fill: str = INK_2, weight: str = "400", most: int = 3) -> None:
        for line in wrapped(words, size, self.width, most):
            self.y += size * 1.32
            self._line(line, size, 0.0, fill=fill, weight=weight)

    def _line(self, words: str, size: float, at: float, *, fill: str = INK_2, weight: str = "400") -> None:
        x = self.pad + (self.width - at if self.is_right else at)
        made = SubElement(self.body, "text", {"x": _said(x), "y": _said(self.y), "font-size": _said(size)})
        made.attrib.update({"fill": fill, "font-weight": weight, "text-anchor": "end" if self.is_right else "start"})
        _write(made, words)

    def chart(self, drawn: Element, box: Box, *, is_mirrored: bool) -> None:
        left = self.pad + (self.width - box.width if self.is_right else 0.0)
        place = f"translate({_said(left)} {_said(self.y)})"
        if is_mirrored:
            place = f"translate({_said(left + box.width)} {_said(self.y)}) scale(-1 1)"
        drawn.set("transform", place)
        self.body.append(drawn)
        self.y += box.height

    def legend(self, lines: list[tuple[Element | None, str]]) -> None:
        """The samples with their words, as many in a line as there is room for."""
        if not lines:
            return
        self.y += 24
        at = 0.0
        for sample, words in lines:
            room = (27 if sample is not None else 0) + width_of(words, SAID - 1)
            if at and at + room > self.width:
                at, self.y = 0.0, self.y + 20
            if sample is not None:
                left = self.pad + (self.width - at - 20 if self.is_right else at)
                mark = SubElement(self.body, "g", {"transform": f"translate({_said(left)} {_said(self.y - 11.5)})"})
                for child in sample:
                    _copy(child, mark, Box(20, 14), "", is_mirrored=False)
            self._line(words, SAID - 1, at + (27 if sample is not None else 0))
            at += room + 18
        self.y += 6

    def picture(self, title: str, sentence: str) -> str:
        width, height = self.width + 2 * self.pad, self.y + self.pad
        root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {_said(width)} {_said(height)}"})
        root.attrib.update({"width": _said(width), "height": _said(height), "xml:lang": current_locale()})
        root.attrib.update({"role": "img", "font-family": FONTS})
        name = SubElement(root, "title")
        name.text = title
        if sentence:
            # Beside others on one page it would not be the only one with these names.
            root.set("aria-labelledby", "t d")
            name.set("id", "t")
            SubElement(root, "desc", {"id": "d"}).text = sentence
        SubElement(root, "rect", {"width": _said(width), "height": _said(height), "fill": "#ffffff"})
        root.append(self.body)
        return ElementTree.tostring(root, encoding="unicode")
