"""We asked, you said, we did: what whoever convened answers to a published summary, line by line.

A reply is a record like a summary: language-neutral but for what people wrote, and made from the summary's record, so
that it says of a statement what the summary says. It is told in the same formats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from app.documents import wording
from app.documents.measures import WORDS
from app.documents.told import Block, Grid, Run, Text, Told
from app.language import current_locale, direction, gettext, num
from app.language import date as shown_day
from app.refusals import N_
from app.taxonomies import themes
from deliberation.snapshots import digest

DECISIONS = {
    "will_do": N_("We will do it"),
    "in_part": N_("We will do it in part"),
    "will_not": N_("We will not do it"),
}
DRAFT = N_("Draft of a reply, not published")
MOST_LINES = 60


@dataclass(frozen=True)
class Line:
    """The answer to one statement, or to several that belong together. `by_when` is an ISO day or empty."""

    statements: tuple[int, ...]
    decision: str
    reason: str
    theme: str = ""
    who: str = ""
    by_when: str = ""
    is_done: bool = False
    done_words: str = ""
    id: str = field(default_factory=lambda: uuid4().hex[:12])

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Line:
        return cls(**{**record, "statements": tuple(record["statements"])})

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "statements": list(self.statements)}


def asked(snapshot: Mapping[str, Any]) -> list[int]:
    """The statements a reply owes an answer: those of the curated slate, else of the participants' slate."""
    slate = snapshot["slate"]
    stances = slate["curated"] if slate["curated"] is not None else [*slate["common_ground"], *slate["participants"]]
    return list(dict.fromkeys(one["statement"] for one in stances))


def unanswered(snapshot: Mapping[str, Any], lines: Sequence[Line]) -> list[int]:
    """Those of them that no line answers."""
    answered = {number for line in lines for number in line.statements}
    return [number for number in asked(snapshot) if number not in answered]


def build(
    summary: Mapping[str, Any],
    lines: Sequence[Line],
    *,
    number: int,
    body: str,
    introduction: str,
    correction: str,
    due_on: date | None,
) -> dict[str, Any]:
    """The record of a reply to the published record `summary`, not published yet."""
    snapshot = summary["snapshot"]
    statements = {one["number"]: one for one in snapshot["statements"]}
    undertaken = [fact for fact in snapshot["document"]["facts"] if fact["kind"] == "commitment"]
    consultation = {key: snapshot["consultation"][key] for key in ("slug", "title", "question", "language")}
    return {
        "kind": "reply",
        "number": number,
        "consultation": consultation,
        "summary": {"number": snapshot["number"], "hash": summary["hash"], "on": snapshot["published_on"]},
        "body": body,
        "introduction": introduction,
        "correction": correction,
        "due_on": due_on.isoformat() if due_on else "",
        "lines": [_line(line, statements, undertaken) for line in lines],
        "unanswered": [_said(statements[one]) for one in unanswered(snapshot, lines) if one in statements],
    }


def _line(line: Line, statements: Mapping[int, Any], undertaken: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    linked = [
        {"title": fact["value"]["title"], "due": fact["value"]["due"] or ""}
        for fact in undertaken
        if set(fact["statements"]) & set(line.statements)
    ]
    said = [_said(statements[one]) for one in line.statements if one in statements]
    return {**line.to_json(), "statements": said, "commitments": linked}


def _said(statement: Mapping[str, Any]) -> dict[str, Any]:
    word = (statement["votes"] or {}).get("word") or ""
    return {"number": statement["number"], "text": statement["text"], "language": statement["language"], "word": word}


def published(record: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The record as it is published: with its day, under its digest."""
    dated = {**record, "published_on": day.isoformat()}
    return {**dated, "hash": digest(dated)}


def is_overdue(line: Mapping[str, Any], today: date) -> bool:
    """Whether the day by which it would be done has passed."""
    return bool(
        line["by_when"]
        and not line["is_done"]
        and line["decision"] != "will_not"
        and date.fromisoformat(line["by_when"]) < today
    )


def owes(record: Mapping[str, Any], today: date) -> bool:
    """Whether statements are unanswered though the day promised for the answers has passed."""
    return bool(record["unanswered"] and record["due_on"] and date.fromisoformat(record["due_on"]) < today)


COMPARED = ("statements", "decision", "reason", "theme", "who", "by_when", "is_done", "done_words")


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What differs from an earlier version: `added`, `changed` and `dropped` lines, in the order of the document."""
    earlier, later = ({line["id"]: line for line in one["lines"]} for one in (before, after))
    found = []
    for id, line in later.items():
        if id not in earlier:
            found.append(("added", line))
        elif any(line[name] != earlier[id][name] for name in COMPARED):
            found.append(("changed", line))
    return [*found, *(("dropped", line) for id, line in earlier.items() if id not in later)]


# -------- as it is told


def theme_label(code: str) -> str:
    return gettext(themes.TAXONOMY.label(code)) if code else ""


def word_of(statement: Mapping[str, Any]) -> str:
    """How widely the summary says it is held; empty where it says nothing."""
    return gettext(WORDS[statement["word"]]) if statement["word"] in WORDS else ""


def day(text: str) -> str:
    """A day of the record as the reader writes days."""
    return shown_day(date.fromisoformat(text))


def done_by(line: Mapping[str, Any]) -> str:
    """Until when, or that it is done."""
    if line["is_done"]:
        return gettext("Done")
    return day(line["by_when"]) if line["by_when"] else "–"


def tell(record: Mapping[str, Any], today: date) -> Told:
    """The reply in the current language, as Word files, PDFs and Markdown are made from it."""
    consultation, hash_ = record["consultation"], str(record.get("hash", ""))
    on = record.get("published_on", record["summary"]["on"])
    return Told(
        title=f"{gettext('We asked, you said, we did')}: {consultation['title']}",
        title_language=current_locale(),
        locale=current_locale(),
        direction=direction(),
        day=date.fromisoformat(on),
        hash=hash_,
        is_draft=not hash_,
        blocks=[*_opening(record, is_draft=not hash_), *_lines(record, today), *_closing(record, today)],
        facts=[],
        mark=hash_[:12] or gettext("draft"),
        draft_note=DRAFT,
    )


def _opening(record: Mapping[str, Any], *, is_draft: bool) -> Iterator[Block]:
    consultation = record["consultation"]
    yield Text([Run(gettext("We asked, you said, we did"))], 1)
    if is_draft:
        yield Text([Run(gettext(DRAFT))], is_note=True)
    yield Text([Run(consultation["title"], consultation["language"])])
    yield Text([Run(gettext("We asked"))], 2)
    yield Text([Run(consultation["question"], consultation["language"])])
    summary = gettext("This answers summary %(number)s, published on %(day)s (%(hash)s).") % {
        "number": num(record["summary"]["number"]),
        "day": day(record["summary"]["on"]),
        "hash": record["summary"]["hash"][:12],
    }
    yield Text([Run(summary)])
    if record["body"]:
        yield Text([Run(f"{gettext('Who answers')}: "), Run(record["body"], consultation["language"])])
    if record["introduction"]:
        yield Text([Run(record["introduction"], consultation["language"])])


def _lines(record: Mapping[str, Any], today: date) -> Iterator[Block]:
    language = record["consultation"]["language"]
    if not record["lines"]:
        return
    yield Text([Run(gettext("You said, we did"))], 2)
    yield _overview(record)
    for at, line in enumerate(record["lines"], 1):
        title = theme_label(line["theme"]) or gettext("Answer %(number)s") % {"number": num(at)}
        yield Text([Run(title)], 3)
        for one in line["statements"]:
            yield Text(_quoted(one), is_item=True)
        yield Text([Run(f"{gettext(DECISIONS[line['decision']])}. "), Run(line["reason"], language)])
        if line["who"]:
            yield Text([Run(f"{gettext('Who')}: "), Run(line["who"], language)])
        if line["decision"] != "will_not":
            late = f" ({gettext('overdue')})" if is_overdue(line, today) else ""
            yield Text([Run(f"{gettext('By when')}: {done_by(line)}{late}")])
        if line["done_words"]:
            yield Text([Run(f"{gettext('What was done')}: "), Run(line["done_words"], language)])
        for one in line["commitments"]:
            yield Text([Run(f"{gettext('A coalition has undertaken')}: "), Run(one["title"], "und")])


def _quoted(statement: Mapping[str, Any]) -> list[Run]:
    before, after = wording.QUOTES[current_locale()]
    word = word_of(statement)
    end = f"{after} [{num(statement['number'])}]" + (f" – {word}" if word else "")
    return [Run(before), Run(statement["text"], statement["language"]), Run(end)]


def _overview(record: Mapping[str, Any]) -> Grid:
    language = record["consultation"]["language"]
    rows = [
        [
            [Run(" ".join(f"[{num(one['number'])}]" for one in line["statements"]) or "–")],
            [Run(gettext(DECISIONS[line["decision"]]))],
            [Run(line["who"] or "–", language if line["who"] else "")],
            [Run(done_by(line) if line["decision"] != "will_not" else "–")],
        ]
        for line in record["lines"]
    ]
    head = [gettext("Statement"), gettext("Answer"), gettext("Who"), gettext("By when")]
    return Grid(gettext("All answers in short"), head, rows)


def _closing(record: Mapping[str, Any], today: date) -> Iterator[Block]:
    if record["unanswered"]:
        yield Text([Run(gettext("Not answered yet"))], 2)
        if record["due_on"]:
            said = (
                gettext("Answers were promised by %(day)s and are overdue.")
                if owes(record, today)
                else gettext("Answers are promised by %(day)s.")
            )
            yield Text([Run(said % {"day": day(record["due_on"])})])
        for one in record["unanswered"]:
            yield Text(_quoted(one), is_item=True)
    if record["correction"]:
        yield Text([Run(gettext("What has changed since the version before"))], 2)
        yield Text([Run(record["correction"], record["consultation"]["language"])])
    if "hash" in record:
        yield Text([Run(f"{gettext('Hash of this reply')}: "), Run(record["hash"], "en")])
