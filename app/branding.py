"""What an installation may change of the look: its name, its logo and the colour of its links and buttons.

Whatever would harm a reader is refused with the reason, before anything listens: a colour too pale to read, a picture
too heavy for a phone. From an SVG everything is dropped that is not a shape.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

MAX_LOGO_BYTES = 32_768  # with the page's own 30 kB a first visit stays bearable on a slow line
MAX_NAME = 40
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3: text of ordinary size
GROUNDS = {"white": "#ffffff", "the paper of the pages": "#f6f4ef"}
SVG = "http://www.w3.org/2000/svg"
SHAPES = frozenset(
    re.findall(
        r"\S+",
        """svg g path rect circle ellipse line polyline polygon title desc defs linearGradient radialGradient
    stop clipPath mask use symbol""",
    )
)
ATTRIBUTES = frozenset(
    re.findall(
        r"\S+",
        """id d x y x1 y1 x2 y2 cx cy r rx ry fx fy width height viewBox points transform offset fill fill-rule
        fill-opacity stroke stroke-width stroke-linecap stroke-linejoin stroke-dasharray stroke-opacity
        stroke-miterlimit opacity clip-path clip-rule mask stop-color stop-opacity gradientUnits gradientTransform
        preserveAspectRatio clipPathUnits maskUnits spreadMethod href""",
    )
)


@dataclass(frozen=True)
class Logo:
    """A picture that is safe to serve: its name below the static files, and its bytes."""

    name: str
    body: bytes


def site_name(text: str) -> str:
    """The name as it stands in every page's title. Raises ValueError for one that is too long or not one line."""
    if len(text) > MAX_NAME or not text.isprintable():
        raise ValueError(f"must be one line of at most {MAX_NAME} characters")
    return text


def contrast(one: str, two: str) -> float:
    """The contrast of two colours like `#00558a`, from 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(one), _luminance(two)))
    return (high + 0.05) / (low + 0.05)


def accent_style(colour: str) -> str:
    """The rules that put a colour in the place of the brand's own. Raises ValueError where it is hard to read."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValueError("must be a colour like #00558a")
    colour = colour.lower()
    tint, hover = _mixed(colour, "#ffffff", 0.9), _mixed(colour, "#000000", 0.25)
    for name, ground in {**GROUNDS, "its own tint": tint}.items():
        found = contrast(colour, ground)
        if found < LEAST_CONTRAST:
            raise ValueError(
                f"{colour} stands out from {name} by {found:.2f} to 1 only; links and buttons in it could not be read "
                f"by everybody. Choose a darker one: {LEAST_CONTRAST} to 1 is needed"
            )
    return f"@layer tokens {{ :root {{ --brand: {colour}; --brand-hover: {hover}; --brand-tint: {tint}; }} }}\n"


def read_logo(path: Path) -> Logo:
    """The picture of a file, an SVG as its shapes alone. Raises ValueError with the reason it cannot be used."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {type(error).__name__}") from error
    if len(body) > MAX_LOGO_BYTES:
        raise ValueError(f"has {len(body):,} bytes; {MAX_LOGO_BYTES:,} are allowed")
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return Logo("logo.png", body)
    return Logo("logo.svg", shapes_of(body))


def shapes_of(svg: bytes) -> bytes:
    """The SVG with its shapes and nothing else: no script, style, link, text, image or comment; ValueError if none."""
    if b"<!ENTITY" in svg.upper():
        raise ValueError("declares entities")
    try:
        root = ET.fromstring(svg)  # noqa: S314 -- entities are refused above, the size is bounded, the operator's own file
    except ET.ParseError as error:
        raise ValueError("is neither a PNG nor a well-formed SVG") from error
    if root.tag != f"{{{SVG}}}svg":
        raise ValueError("is not an SVG")
    _keep_shapes(root)
    if not len(root):
        raise ValueError("holds no shapes")
    ET.register_namespace("", SVG)
    kept: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return kept


def _keep_shapes(one: ET.Element) -> None:
    for name, value in list(one.attrib.items()):
        is_away = ("href" in name and not value.startswith("#")) or re.search(r"url\((?!#)|javascript:", value, re.I)
        if name not in ATTRIBUTES or is_away:
            del one.attrib[name]
    for child in list(one):
        plain = str(child.tag).removeprefix(f"{{{SVG}}}")
        if plain in SHAPES and str(child.tag) != plain:
            _keep_shapes(child)
        else:
            one.remove(child)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def _luminance(colour: str) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (p / 255 for p in _parts(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
