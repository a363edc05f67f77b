"""What is told without a format as Markdown, and its tables as sheets of data."""

from __future__ import annotations

from itertools import pairwise

from app.documents.data import AS_SHOWN, Cell, Field, Sheet
from app.documents.told import Block, Grid, Text, Told, plain
from app.documents.wording import unmarked
from app.language import gettext
from app.refusals import N_


def markdown(told: Told) -> str:
    """Headings, paragraphs, lists and tables; what people wrote cannot become markup."""
    lines: list[str] = []
    for block, following in pairwise([*told.blocks, None]):
        lines += _block(block)
        if not (isinstance(block, Text) and block.is_item and isinstance(following, Text) and following.is_item):
            lines.append("")
    return "\n".join([*lines, "---", "", unmarked(f"{told.title} · {told.mark}"), ""])


def _block(block: Block | None) -> list[str]:
    if isinstance(block, Text):
        words = unmarked(plain(block.runs))
        if block.level:
            return [f"{'#' * block.level} {words}"]
        return [f"- {words}" if block.is_item else f"**{words}**" if block.is_note else words]
    if isinstance(block, Grid):
        head = f"| {' | '.join(map(unmarked, block.head))} |"
        rows = [f"| {' | '.join(unmarked(plain(cell)) for cell in row)} |" for row in block.rows]
        return [f"### {unmarked(block.caption)}", "", head, f"|{'---|' * len(block.head)}", *rows]
    return []


def sheets(told: Told) -> list[Sheet]:
    """Every paragraph in its order, then each table, for spreadsheets and programs."""
    fields = [
        Field("position", "integer", N_("The place in the document, from 1.")),
        Field("kind", "string", N_("Heading, item of a list, or paragraph.")),
        Field("text", "string", N_("The words in the language of this file.")),
    ]
    texts = [block for block in told.blocks if isinstance(block, Text)]
    kinds = ["heading" if one.level else "item" if one.is_item else "paragraph" for one in texts]
    rows: list[list[Cell]] = [
        [at, kind, plain(one.runs)] for at, (kind, one) in enumerate(zip(kinds, texts, strict=True), 1)
    ]
    found = [Sheet("text", gettext("Text"), fields, rows)]
    for at, grid in enumerate((block for block in told.blocks if isinstance(block, Grid)), 1):
        columns = [Field(head or "-", "string", AS_SHOWN) for head in grid.head]
        cells: list[list[Cell]] = [[plain(cell) for cell in row] for row in grid.rows]
        found.append(Sheet(f"table_{at:02d}", grid.caption, columns, cells))
    return found
