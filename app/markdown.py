"""People's longer texts as safe HTML. The one place where text becomes markup without being escaped by a template."""

from __future__ import annotations

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

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


def render_markdown(text: str | None) -> Markup:
    """The text as HTML of ten tags, in which only `href` of a link is an attribute and no image can appear."""
    clean = nh3.clean(
        _parser().render(text or ""),
        tags=TAGS,
        # "*" is named because its default allows `lang` and `title` everywhere.
        attributes={"a": {"href"}, "*": set()},
        url_schemes={"https", "http", "mailto"},
        link_rel="nofollow ugc noopener noreferrer",
    )
    # Marked as markup only because the allow-list above has just gone over it.
    return Markup(clean)  # noqa: S704  see above
