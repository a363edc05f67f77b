"""People's longer texts as safe HTML. The one place where text becomes markup without being escaped by a template."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "a", "code"}
RULES = [
    "emphasis",
    "link",
    "list",
    "blockquote",
    "newline",
    "escape",
    "backticks",
    "autolink",
]


@cache
def _parser() -> MarkdownIt:
    # "zero" knows paragraphs only; each rule is added by name, so images, raw HTML and headings cannot come back.
    return MarkdownIt("zero", {"html": False, "maxNesting": 20, "linkify": False}).enable(RULES)


def render_markdown(text: str | None, *, address: Callable[[str], str] | None = None) -> Markup:
    """The text as HTML of ten tags, in which only `href` of a link is an attribute and no image can appear.

    address : what a link leads to instead
    """
    clean = nh3.clean(
        _parser().render(text or ""),
        tags=TAGS,
        # "*" is named because its default allows `lang` and `title` everywhere.
        attributes={"a": {"href"}, "*": set()},
        url_schemes={"https", "http", "mailto"},
        attribute_filter=None
        if address is None
        else lambda _tag, name, link: address(link) if name == "href" else None,
        link_rel="nofollow ugc noopener noreferrer",
    )
    # Marked as markup only because the allow-list above has just gone over it.
    return Markup(clean)  # noqa: S704  see above


def render_handbook(text: str, *, address: Callable[[str], str]) -> Markup:
    """A page of our own handbook as HTML: tables, code and pictures as well; each heading can be linked to.

    address : what a link or picture of the text leads to here
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    dressed: list[Token] = []
    heading = ""
    tokens = parser.parse(text)
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[place + 1].content
            token.attrSet("id", anchor_of(heading))
        elif token.type == "th_open":
            token.attrSet("scope", "col")
        dressed += _framed(token, escape(heading))
        for child in token.children or ():
            for name in ("href", "src"):
                if name in child.attrs:
                    child.attrSet(name, address(str(child.attrs[name])))
    # The files of this repository alone come here.
    return Markup(parser.renderer.render(dressed, parser.options, {}))  # noqa: S704  see above


def _framed(token: Token, name: str) -> list[Token]:
    """A table stands in a frame that can have the focus, so that it is scrolled sideways by keyboard too."""
    if token.type == "table_open":
        frame = f'<div class="scroll" tabindex="0" role="group" aria-label="{name}">'
        caption = f'<caption class="sr">{name}</caption>'
        return [Token("html_block", "", 0, content=frame), token, Token("html_block", "", 0, content=caption)]
    if token.type == "table_close":
        return [token, Token("html_block", "", 0, content="</div>")]
    return [token]


def anchor_of(heading: str) -> str:
    """The name by which a heading is linked to: its words in small letters, joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
