"""The handbook: the files of `docs/`, as pages of the site."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from markupsafe import Markup

from app.markdown import render_handbook
from app.refusals import N_
from app.rendering import url

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "screenshots"
PAGES: Mapping[str, str] = {
    "stakeholders": N_("For stakeholders"),
    "convenors": N_("For convenors"),
    "moderators": N_("For moderators"),
    "operators": N_("For operators"),
    "developers": N_("For developers"),
    "architecture": N_("How it is built"),
    "library": N_("The core as a library"),
    "api": N_("The interface for programs"),
    "snapshots": N_("Published records and how to check them"),
    "words": N_("The words used here"),
}
"""What can be read at `/help`, in this order; the methods have their own page, made from their tests."""


def handbook_page(name: str) -> Markup:
    """One page, without its first heading's file name. Raises `KeyError` for a page that is not in the handbook."""
    if name not in PAGES:
        raise KeyError(name)
    return _rendered(name, url("/help"))


@cache
def _rendered(name: str, base: str) -> Markup:
    def address(target: str) -> str:
        path, hash_, anchor = target.partition("#")
        if path.startswith(("https://", "http://", "mailto:")) or not path:
            return target
        if path.startswith("screenshots/"):
            return f"{base}/pictures/{path.removeprefix('screenshots/')}"
        page = path.removesuffix(".md")
        # Files that are no page of the handbook are found in the repository, and from here at its start.
        return (f"{base}/{page}" if page in PAGES else base) + hash_ + anchor

    return render_handbook((DOCS / f"{name}.md").read_text(encoding="utf-8"), address=address)


def picture(name: str) -> bytes:
    """A picture of the handbook. Raises `KeyError` for one that is not there."""
    found = {file.name: file for file in PICTURES.glob("*.png")}
    return found[name].read_bytes()
