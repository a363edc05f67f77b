"""A summary as Markdown: the same sentences and tables as the page, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.documents import wording
from app.documents.added import Added
from app.documents.model import Document, Passage, Section, Table
from app.documents.summary import introduction
from app.documents.wording import unmarked
from app.language import gettext


def render(record: Mapping[str, Any], *, is_draft: bool = False) -> str:
    """The text of a snapshot, published or (`is_draft`) not yet."""
    body = record.get("snapshot", record)
    document, added = Document.from_json(body["document"]), Added.from_json(body["added"])
    consultation = body["consultation"]
    lines = [f"# {unmarked(consultation['title'])}", ""]
    if is_draft:
        lines += [f"**{gettext('Draft until two people sign')}**", ""]
    facts = {one.id: one for one in document.facts}
    opening = [wording.markdown(sentence) for sentence in introduction(facts, added)]
    if opening and document.section("introduction") is None:
        lines += [" ".join(opening), ""]
    for section in document.sections:
        lines += _section(section)
    if "hash" in record:
        lines += ["---", "", gettext("Snapshot %(hash)s, signed with key %(key)s.") % _ends(record), ""]
    return "\n".join(lines)


def _ends(record: Mapping[str, Any]) -> dict[str, str]:
    return {"hash": record["hash"], "key": record["signature"]["key_id"]}


def _section(section: Section) -> list[str]:
    lines = [f"## {gettext(section.title)}", ""]
    for run in wording.runs(section):
        if run.is_list:
            lines += [run.lead, "", *(_item(passage) for passage in run.passages), ""]
            lines += [run.dissent, ""] if run.dissent else []
        else:
            lines += [" ".join(wording.markdown(sentence) for sentence in run.passages[0].sentences), ""]
    for table in section.tables:
        lines += [*_table(table, is_statements=section.code == "annex_statements"), ""]
    return lines


def _item(passage: Passage) -> str:
    statement, rest = wording.item(passage)
    return "- " + " ".join([wording.place_markdown(statement), *(wording.markdown(sentence) for sentence in rest)])


def _table(table: Table, *, is_statements: bool) -> list[str]:
    head = [wording.head(label) for label in table.head]
    lines = [f"### {gettext(table.caption)}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in table.rows:
        cells = [wording.place_markdown(cell) for cell in row]
        if is_statements and "statement" in row[0]:
            cells[0] = f'<a id="s{row[0]["statement"]}"></a>{cells[0]}'
        lines.append(f"| {' | '.join(cells)} |")
    return lines
