"""The charts of a summary, from the figures of its record alone: what was signed is what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app import charts
from app.charts import VoteRow
from app.documents import pictures, wording
from app.documents.model import Document, Section, Table
from app.documents.pictures import Figures, Picture
from app.language import gettext, num, pct

PEOPLE = ("annex_people", "participation")
"""Where people are counted; in summaries of earlier versions in the section itself."""
BARRED = ("common_ground", "divergence")
"""The sections whose statements have bars in files; on the page more have them."""
MOST_ROWS = 40
"""Statements in the table of gaps; the shares behind all of them stand in the annex."""
FEWEST = 3
"""Fewer statements with a gap are no picture."""


def of_summary(body: Mapping[str, Any]) -> dict[str, list[Picture]]:
    """The charts by the code of the section they stand in; none where nothing but words was released."""
    document = Document.from_json(body["document"])
    found: dict[str, list[Picture]] = {}
    for section in document.sections:
        made = [
            *(_people(document, section) if section.code in PEOPLE else []),
            *(_bars(document, section) if section.code in BARRED else []),
            *(_gaps(document) if section.code == "divergence" else []),
        ]
        if made:
            found[section.code] = made
    return found


def named(body: Mapping[str, Any]) -> dict[str, Picture]:
    """The charts by the names of their files."""
    return {one.name: one for several in of_summary(body).values() for one in several}


def bars_of(document: Document) -> dict[int, list[VoteRow]]:
    """For each statement the bars of the opinion groups whose figures are in the document."""
    found: dict[int, list[VoteRow]] = {}
    for fact in document.facts:
        if fact.kind != "support_group" or "agree" not in fact.value:
            continue
        letter = fact.id.rsplit(".", 1)[-1]
        agree, disagree = (float(fact.value[name]["share"]) for name in ("agree", "disagree"))
        shown = gettext("%(share)s agree") % {"share": wording.place_text(fact.value["agree"])}
        label = gettext("Group %(letter)s") % {"letter": letter}
        found.setdefault(fact.statements[0], []).append(
            charts.vote_row(label, agree, disagree, text=shown, letter=letter)
        )
    return {number: sorted(rows, key=lambda row: row.label) for number, rows in found.items()}


# -------- one by one


def _people(document: Document, section: Section) -> list[Picture]:
    facts = {one.id: one.value for one in document.facts}
    found = []
    for table in section.tables:
        attribute = table.facts[0].partition(".")[2] if table.facts and table.facts[0].startswith("people.") else ""
        rows = _rows(table, attribute, facts) if attribute else []
        if rows:
            found.append(pictures.shares(f"people-{attribute}", gettext(table.caption), rows))
    return found


def _rows(
    table: Table, attribute: str, facts: Mapping[str, Mapping[str, Any]]
) -> list[tuple[str, float, float | None, str]]:
    """Categories whose share was released, with their share and their target."""
    found = []
    for category, _, share, *_ in table.rows:
        if "share" not in share:
            continue
        target = facts.get(f"target.{attribute}.{category['category'][1]}", {}).get("target")
        aim = float(target) if target else None
        words = wording.place_text(share)
        if aim is not None:
            words = gettext("%(share)s, target %(target)s") % {"share": words, "target": pct(aim)}
        found.append((wording.place_text(category), float(share["share"]), aim, words))
    return found


def _statements(document: Document, section: Section) -> list[tuple[int, str]]:
    """The statements a section speaks of, in its order, with their words."""
    found: dict[int, str] = {}
    for passage in section.passages:
        for sentence in passage.sentences:
            place = sentence.places.get("statement", {})
            if passage.about is not None and "text" in place:
                found.setdefault(passage.about, place["text"])
    return list(found.items())


def _bars(document: Document, section: Section) -> list[Picture]:
    bars = bars_of(document)
    shown = [(number, text) for number, text in _statements(document, section) if number in bars]
    if not shown:
        return []
    name = "common" if section.code == "common_ground" else "divides"
    said = gettext("How each opinion group voted on the statements of this section, where its figures may be shown.")
    drawn = pictures.bars(
        name, gettext(section.title), [(f"[{num(n)}] {text}", tuple(bars[n])) for n, text in shown], said
    )
    letters = sorted({row.letter or "" for number, _ in shown for row in bars[number]})
    rows = tuple((f"[{num(number)}] {text}", *_agreeing(bars[number], letters)) for number, text in shown)
    heads = (gettext("Group %(letter)s") % {"letter": letter} for letter in letters)
    table = Figures(gettext("Share of each opinion group that agrees"), (gettext("Statement"), *heads), rows)
    details = "; ".join(f"{text}: " + ", ".join(f"{row.label} {row.text}" for row in bars[n]) for n, text in shown)
    return [replace(drawn, table=table, details=details)]


def _agreeing(rows: list[VoteRow], letters: list[str]) -> tuple[str, ...]:
    found = {row.letter: row.text for row in rows}
    return tuple(found.get(letter, gettext("too few to show")) for letter in letters)


def _gaps(document: Document) -> list[Picture]:
    agreed: dict[int, list[float]] = {}
    for fact in document.facts:
        if fact.kind == "support_group" and "agree" in fact.value:
            agreed.setdefault(fact.statements[0], []).append(float(fact.value["agree"]["share"]))
    gaps = [(number, max(shares) - min(shares)) for number, shares in sorted(agreed.items()) if len(shares) > 1]
    if len(gaps) < FEWEST:
        return []
    slate = next((one for one in document.facts if one.id == "slate.participants"), None)
    chosen = [number for number, _ in slate.value["stances"]] if slate else []
    drawn = pictures.gaps(pictures.swarm_for_paper(gaps, chosen))
    order = sorted(gaps, key=lambda pair: (-round(pair[1], 6), pair[0]))
    rows = tuple((f"[{num(number)}]", num(round(100 * gap))) for number, gap in order[:MOST_ROWS])
    head = (gettext("Statement"), gettext("Gap in points"))
    return [replace(drawn, table=Figures(gettext("Statements in the order of the gap"), head, rows))]
