"""An installation may have its own name, logo and colour; what would harm a reader is refused at the start."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import branding, emails, rendering, settings, static_files
from app.environment import SettingsError
from app.settings import Settings
from tests.pages import parse, problems
from tests.web.test_rendering import get

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = """<?xml version="1.0"?><!-- by hand --><svg xmlns="http://www.w3.org/2000/svg"
 xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:x="https://example.org/x" viewBox="0 0 9 9" onload="steal()">
<script>steal()</script><style>@import "https://example.org/x.css"</style><metadata><x:y/></metadata>
<a xlink:href="https://example.org"><path d="M0 0h9"/></a><foreignObject><p>x</p></foreignObject>
<image href="https://example.org/track.png"/><use xlink:href="https://example.org/x.svg#a"/><use href="#kept"/>
<g onclick="steal()" style="fill:url(https://example.org)"><path id="kept" d="M0 0h9v9z" fill="#00558a"/>
<circle r="3" fill="url(https://example.org/#g)"/></g><animate attributeName="href" to="javascript:x()"/></svg>"""


@pytest.fixture
def branded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Sets the variables and reads everything anew; afterwards nothing of it is left."""

    def forget() -> None:
        for known in (settings.get_settings, static_files.files, static_files.digest, rendering.environment):
            known.cache_clear()

    def set_(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"PLENARY_{name.upper()}", value)
        forget()

    yield set_
    monkeypatch.undo()
    forget()


def test_a_page_carries_the_name_the_logo_and_the_colour(branded: Any, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(HOSTILE)
    branded(site_name="Water Forum", logo=str(tmp_path / "logo.svg"), accent="#7a1f5c")
    text = rendering.page(get(), "errors/404.html").content
    page = parse(text)
    assert problems(page) == []
    assert page.title.endswith(" · Water Forum")
    (logo,) = page.all("img")
    assert re.fullmatch(r"/static/[0-9a-f]{12}/logo\.svg", logo.get("src") or "")
    served, is_fresh = static_files.find((logo.get("src") or "").removeprefix("/static"))
    assert served is not None and is_fresh and served.media_type == "image/svg+xml"
    assert b"steal" not in served.body
    styles = [one.get("href") or "" for one in page.all("link") if one.get("rel") == "stylesheet"]
    assert styles[1].endswith("/brand.css") and "style=" not in text
    found, _ = static_files.find(styles[1].removeprefix("/static"))
    assert found is not None and b"--brand: #7a1f5c" in found.body


def test_messages_name_the_installation_and_not_its_software(branded: Any) -> None:
    branded(site_name="Water & Land Forum")
    subject, _ = emails.compose("sign_in_code", locale="en", code="12345678")
    assert subject == "Your sign-in code for Water & Land Forum"
    for kind in ("factor_removed", "factor_removal_asked"):
        _, text = emails.compose(kind, locale="en")
        assert "of Water & Land Forum" in text or "govern Water & Land Forum" in text
    words = "".join(file.read_text() for file in sorted((rendering.TEMPLATES / "emails").iterdir()))
    assert "Plenary" not in words


def test_what_other_sites_embed_has_the_colour_too(branded: Any) -> None:
    for accent, n_styles in (("#7a1f5c", 2), ("", 1)):
        branded(accent=accent)
        here = SimpleNamespace(title="Water", question="What now?", language="en")
        text = rendering.render(
            "sharing/embed.html",
            locale="en",
            actor=SimpleNamespace(consultation=here),
            found=None,
            n_statements=0,
            address="https://plenary.example/c/water/results",
        )
        assert text.count('rel="stylesheet"') == n_styles
        assert ("brand.css" in text) == bool(accent)


def test_without_settings_the_page_is_the_brands_own(branded: Any) -> None:
    branded()
    page = parse(rendering.page(get(), "errors/404.html").content)
    assert page.title.endswith(" · Plenary")
    assert page.all("img") == []
    assert "brand.css" not in static_files.files()


def test_an_svg_keeps_its_shapes_and_nothing_else() -> None:
    kept = branding.shapes_of(HOSTILE.encode()).decode()
    assert "M0 0h9v9z" in kept and 'href="#kept"' in kept and 'viewBox="0 0 9 9"' in kept
    for gone in ("steal", "script", "style", "example.org", "foreignObject", "image", "animate", "metadata", "by hand"):
        assert gone not in kept.replace("http://www.w3.org/2000/svg", "")


def test_a_png_is_served_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "logo").write_bytes(PNG)
    assert branding.read_logo(tmp_path / "logo") == branding.Logo("logo.png", PNG)


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("big.png", PNG + bytes(branding.MAX_LOGO_BYTES), "are allowed"),
        ("a.gif", b"GIF89a", "neither a PNG nor"),
        ("a.html", b"<html/>", "is not an SVG"),
        ("empty.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "holds no shapes"),
        (
            "bomb.svg",
            b'<!DOCTYPE svg [<!ENTITY a "aaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
            "entities",
        ),
    ],
)
def test_a_picture_that_cannot_be_used_refuses_the_start_and_says_why(
    tmp_path: Path, name: str, body: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(SettingsError, match=f"PLENARY_LOGO: .*{reason}"):
        Settings.from_environment({"PLENARY_DATA_DIR": str(tmp_path), "PLENARY_LOGO": str(tmp_path / name)})


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("ACCENT", "#009edb", "stands out from white by 3.0"),
        ("ACCENT", "#ffcf3f", "Choose a darker one"),
        ("ACCENT", "red", "must be a colour like"),
        ("LOGO", "/nowhere/logo.svg", "cannot be read"),
        ("SITE_NAME", "x" * 41, "at most 40 characters"),
    ],
)
def test_a_setting_that_harms_a_reader_refuses_the_start(
    tmp_path: Path, variable: str, value: str, reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        Settings.from_environment({"PLENARY_DATA_DIR": str(tmp_path), f"PLENARY_{variable}": value})


def test_every_colour_that_is_accepted_can_be_read_on_every_ground_it_stands_on() -> None:
    accepted = []
    for red in range(0, 256, 51):
        for green in range(0, 256, 51):
            for blue in range(0, 256, 51):
                colour = f"#{red:02x}{green:02x}{blue:02x}"
                try:
                    style = branding.accent_style(colour)
                except ValueError:
                    continue
                accepted.append(colour)
                _, hover, tint = re.findall(r"#[0-9a-f]{6}", style)
                for ground in ("#ffffff", "#f6f4ef", tint):
                    assert branding.contrast(colour, ground) >= 4.5
                    assert branding.contrast(hover, ground) >= branding.contrast(colour, ground)
    assert 30 < len(accepted) < 150
