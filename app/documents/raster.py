"""A picture as PNG at 200 dots per inch, for word processors and slides, with the fonts this machine has."""

from __future__ import annotations

import re
import struct
import zlib
from functools import cache
from xml.etree import ElementTree

from app.documents.lettering import script_of

DPI, SCREEN = 200, 96
FAMILIES = ("Noto Sans", "DejaVu Sans", "Liberation Sans", "Arial", "Helvetica", "FreeSans", "Open Sans", "Roboto")
"""One of these stands for any sans-serif typeface: the renderer knows no such alias by itself."""
SCRIPTS = {"ar": "ع", "zh": "共", "ru": "Ж"}
"""A letter of each language that is not written in Latin letters."""
LETTERS = {
    "ar": re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"),
    "zh": re.compile(r"[\u3400-\u9fff\uf900-\ufaff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
}
PURE = re.compile(r"[\u0600-\u06ff\u0750-\u077f\u2066-\u2069\d\s.:%()\[\]«»–-]*")
"""What fonts for Arabic have; with anything else among the words, one is taken that has Latin letters too."""
MIXED = '"DejaVu Sans", "Noto Sans Arabic", Arial, sans-serif'
SVG = "http://www.w3.org/2000/svg"
NOBODYS = "\U0010fffd"
"""A sign that no font has: where another looks like it, a font is missing."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(svg: str) -> bytes:
    """The picture on white. Words in a script that no font of this machine has give way to the numbers in them."""
    return _with_density(_drawn(_readable(svg), DPI / SCREEN))


def can_write(language: str) -> bool:
    """Whether a font of this machine has the letters of the language."""
    letter = SCRIPTS.get(language)
    return letter is None or _looks(letter) not in (_looks(NOBODYS), _looks(""))


def _drawn(svg: str, zoom: float) -> bytes:
    import resvg_py

    family = _family()
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom, font_family=family, sans_serif_family=family))


@cache
def _family() -> str:
    """The first of the families that is installed."""
    import resvg_py

    def looks(family: str) -> bytes:
        return bytes(resvg_py.svg_to_bytes(svg_string=_sample("A", family)))

    empty = bytes(resvg_py.svg_to_bytes(svg_string=_sample("", FAMILIES[0])))
    return next((family for family in FAMILIES if looks(family) != empty), FAMILIES[0])


@cache
def _looks(letter: str) -> bytes:
    return _drawn(_sample(letter, _family()), 1.0)


def _sample(letter: str, family: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><text x="8" y="30" font-size="24" '
        f'font-family="{family}">{letter}</text></svg>'
    )


def _readable(svg: str) -> str:
    """The picture for a renderer that takes one font for all of a text; where none is there the numbers are left."""
    missing = [language for language in SCRIPTS if not can_write(language)]
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(svg)  # noqa: S314  # written by app.documents.standalone
    for text in list(root.iter(f"{{{SVG}}}text")):
        words = text.text or ""
        if any(LETTERS[language].search(words) for language in missing):
            found = re.search(r"\d+", words)
            text.text = found.group() if found else ""
            text.attrib.pop("font-family", None)
        elif script_of(words) == "arabic" and not PURE.fullmatch(words):
            text.set("font-family", MIXED)
    return ElementTree.tostring(root, encoding="unicode")


def _with_density(content: bytes) -> bytes:
    """The PNG says how large it is on paper, right behind its header; and nothing of who drew it or when."""
    per_metre = round(DPI / 0.0254)
    data = struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", len(data)) + b"pHYs" + data + struct.pack(">I", zlib.crc32(b"pHYs" + data))
    after_header = len(SIGNATURE) + 4 + 4 + 13 + 4
    return content[:after_header] + chunk + content[after_header:]


def width_of(content: bytes) -> int:
    """The width of a PNG in dots."""
    return int(struct.unpack(">I", content[16:20])[0])
