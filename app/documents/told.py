"""A summary as it is told in the reader's language, without a format: what Word files and PDFs are made from.

Text is in runs, each in one language, so that every format can say which words are in which and in what direction they
run. A run may lead to a statement or to figures; both are numbered as everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from babel.lists import format_list

from app.documents import wording
from app.documents.added import Added
from app.documents.balance import BalanceTest, in_words
from app.documents.measures import measures
from app.documents.model import Document, Fact, Passage, Place, Section, Sentence, Table
from app.documents.pictures import Picture
from app.documents.summary import introduction
from app.documents.summary_pictures import of_summary
from app.language import current_locale, direction, gettext, num
from app.refusals import N_

DRAFT = N_("Draft until two people sign")
SIGNERS = {
    "convenor": N_("a convenor"),
    "curator": N_("a curator"),
    "participant": N_("a participant drawn by lot"),
}
HOW_TO_READ = N_(
    "A number in brackets leads to a statement. A small raised number leads to the figure a sentence rests on, below."
)


@dataclass(frozen=True)
class Run:
    """Words in one language (empty: the reader's); they may lead to a statement, or to a figure by its place."""

    text: str
    language: str = ""
    statement: int = 0
    fact: int = 0


Runs = list[Run]


@dataclass(frozen=True)
class Text:
    """A heading (`level` from 1), an item of a list, or a paragraph."""

    runs: Runs
    level: int = 0
    is_item: bool = False
    is_note: bool = False


@dataclass(frozen=True)
class Grid:
    """A table; `anchors` names its rows, where they can be led to."""

    caption: str
    head: list[str]
    rows: list[list[Runs]]
    anchors: list[str] = field(default_factory=list)
    is_of_chart: bool = False


@dataclass(frozen=True)
class Chart:
    """A picture that stands alone, its finding as caption, and what it says to those who do not see it."""

    svg: str
    caption: str
    alternative: str


Block = Text | Grid | Chart


@dataclass(frozen=True)
class Told:
    """The whole document. `day` is that of its publication, of a draft the day its last round closed.

    mark : what stands in every page's footer, so that a page alone can be traced to its source
    """

    title: str
    title_language: str
    locale: str
    direction: str
    day: date
    hash: str
    is_draft: bool
    blocks: list[Block]
    facts: list[Fact]
    mark: str = ""
    draft_note: str = DRAFT


def tell(record: Mapping[str, Any]) -> Told:
    """The summary in the current language, from a published record or from a draft's body."""
    body = record.get("snapshot", record)
    document, added = Document.from_json(body["document"]), Added.from_json(body["added"])
    consultation, hash_ = body["consultation"], str(record.get("hash", ""))
    places = {fact.id: at for at, fact in enumerate(document.facts, 1)}
    blocks: list[Block] = [*_top(body, is_draft=not hash_)]
    opening = introduction({one.id: one for one in document.facts}, added)
    if opening and document.section("introduction") is None:
        blocks += [Text([Run(gettext("Introduction"))], 2), Text(_saying(opening, places))]
    drawn = of_summary(body)
    for section in document.sections:
        blocks += section_blocks(section, places, drawn.get(section.code, ()))
    blocks += [*_balance(body), *_seal(record), *figures(document.facts)]
    return Told(
        title=consultation["title"],
        title_language=consultation["language"],
        locale=current_locale(),
        direction=direction(),
        day=date.fromisoformat(body.get("published_on", consultation["rounds"][-1]["closes_on"])),
        hash=hash_,
        is_draft=not hash_,
        blocks=blocks,
        facts=document.facts,
        mark=mark_of(record),
    )


def mark_of(record: Mapping[str, Any]) -> str:
    """The snapshot a document is made from, in short; of a draft the analysis it rests on."""
    if "hash" in record:
        return str(record["hash"])[:12]
    digest = record["analysis"]["digest"][:12]
    return gettext("draft on analysis %(digest)s") % {"digest": digest}


def plain(runs: Sequence[Run]) -> str:
    """The words alone, without the raised numbers."""
    return "".join(run.text for run in runs if not run.fact)


# -------- the parts


def _top(body: Mapping[str, Any], *, is_draft: bool) -> Iterator[Text]:
    consultation, number = body["consultation"], num(body["number"])
    language = consultation["language"]
    yield Text([Run(consultation["title"], language)], 1)
    if is_draft:
        yield Text([Run(gettext(DRAFT))], is_note=True)
    yield Text([Run(consultation["question"], language)])
    if "published_on" in body:
        day = wording.place_text({"day": body["published_on"]})
        status = gettext("Summary %(number)s, published on %(day)s") % {"number": number, "day": day}
    else:
        status = gettext("Summary %(number)s, not published") % {"number": number}
    yield Text([Run(status)])


def section_blocks(section: Section, places: Mapping[str, int], drawn: Sequence[Picture] = ()) -> Iterator[Block]:
    """A section as it is told, its charts where they belong: before the table that says the same."""
    yield Text([Run(gettext(section.title))], 2)
    yield from passages_of(section, places)
    captions = {gettext(table.caption) for table in section.tables}
    for picture in drawn:
        if picture.title not in captions:
            yield from _chart(picture)
    for at, table in enumerate(section.tables):
        for picture in drawn:
            if picture.title == gettext(table.caption):
                yield from _chart(picture)
        yield _grid(table, is_statements=section.code == "annex_statements" and at == 0)


def _chart(picture: Picture) -> Iterator[Block]:
    yield Chart(picture.svg(is_framed=False), f"{picture.title}. {picture.sentence}", picture.alternative)
    if picture.table is not None:
        rows = [[[Run(cell)] for cell in row] for row in picture.table.rows]
        yield Grid(picture.table.caption, list(picture.table.head), rows, is_of_chart=True)


def passages_of(section: Section, places: Mapping[str, int]) -> Iterator[Text]:
    """What a section says in sentences."""
    for run in wording.runs(section):
        if not run.is_list:
            yield Text(_saying(run.passages[0].sentences, places))
            continue
        yield Text([Run(run.lead)])
        for passage in run.passages:
            yield Text(_item(passage, places), is_item=True)
        if run.dissent:
            yield Text([Run(run.dissent)])


def _item(passage: Passage, places: Mapping[str, int]) -> Runs:
    """A statement of a list; it rests on the figures of the words of support and dissent around the list too."""
    statement, rest = wording.item(passage)
    bound = [fact for one in passage.sentences if one not in rest for fact in one.facts]
    runs = [*place_runs(statement), *_mark(bound, places)]
    return [*runs, Run(" "), *_saying(rest, places)] if rest else runs


def _grid(table: Table, *, is_statements: bool) -> Grid:
    rows = [[place_runs(cell) for cell in row] for row in table.rows]
    anchors = [f"s{row[0]['statement']}" if "statement" in row[0] else "" for row in table.rows]
    head = [wording.head(label) for label in table.head]
    return Grid(gettext(table.caption), head, rows, anchors if is_statements else [])


def _balance(body: Mapping[str, Any]) -> Iterator[Text]:
    yield Text([Run(gettext("Balance tests"))], 2)
    for record in body["balance"]["tests"]:
        test = BalanceTest(**record)
        title, found = in_words(test)
        verdict = gettext("passed") if test.passed else gettext("not passed")
        yield Text([Run(f"{title}: {verdict}. {found}")], is_item=True)
    reason = body["balance"]["reason"]
    if reason:
        yield Text([Run(f"{gettext('Public reason')}: "), Run(reason, body["consultation"]["language"])])


def _seal(record: Mapping[str, Any]) -> Iterator[Text]:
    if "hash" not in record:
        return
    signers = ", ".join(gettext(SIGNERS[one["role"]]) for one in record["snapshot"]["signers"])
    yield Text([Run(gettext("Signatures"))], 2)
    yield Text([Run(f"{gettext('Signed by')}: {signers}")])
    yield Text([Run(f"{gettext('Hash of this snapshot')}: "), Run(record["hash"], "en")])
    yield Text([Run(f"{gettext('Key')}: "), Run(record["signature"]["key_id"], "en")])


def figures(facts: Sequence[Fact]) -> Iterator[Block]:
    """All facts, numbered in their order, under the ids by which the signed record names them."""
    yield Text([Run(gettext("Figures"))], 2)
    yield Text([Run(gettext(HOW_TO_READ))])
    rows = []
    for at, fact in enumerate(facts, 1):
        said = "; ".join(f"{one.label}: {one.text}" if one.label else one.text for one in measures(fact.value))
        cites = " ".join(f"[{num(number)}]" for number in fact.statements)
        rows.append([[Run(num(at))], [Run(fact.id, "en")], [Run(said)], [Run(cites)]])
    head = [gettext("Number"), gettext("Figure"), gettext("What was released"), gettext("Statement")]
    yield Grid(gettext("The figures behind this summary"), head, rows, [f"f{at}" for at in range(1, len(facts) + 1)])


# -------- sentences and places


def _saying(sentences: Sequence[Sentence], places: Mapping[str, int]) -> Runs:
    said = [[*_merged(sentence_runs(one)), *_mark(one.facts, places)] for one in sentences]
    return _joined(said, " ")


def _mark(facts: Sequence[str], places: Mapping[str, int]) -> Runs:
    """The raised numbers of facts, each once, commas between them."""
    numbers = sorted({places[fact] for fact in facts if fact in places})
    return [Run(num(number) if at == 0 else f",\u00a0{num(number)}", fact=number) for at, number in enumerate(numbers)]


def sentence_runs(sentence: Sentence) -> Runs:
    """A sentence; what a person added keeps its language and its citations."""
    if sentence.says == "added":
        place = sentence.places["text"]
        parts = wording.STATEMENT_CITATION.split(place["text"])
        return [_cite(int(part)) if at % 2 else Run(part, place["language"]) for at, part in enumerate(parts) if part]
    parts = wording.PLACES.split(gettext(sentence.message))
    runs: Runs = []
    for at, part in enumerate(parts):
        runs += place_runs(sentence.places[part]) if at % 2 else [Run(part.replace("%%", "%"))]
    return [run for run in runs if run.text]


def place_runs(place: Place) -> Runs:
    """What stands in a place; words of people in their own language."""
    if "statement" in place:
        before, after = wording.QUOTES[current_locale()]
        return [Run(before), Run(place["text"], place["language"]), Run(f"{after}\u00a0"), _cite(place["statement"])]
    if "cite" in place:
        return _joined([[_cite(number)] for number in place["cite"]], " ")
    if "text" in place:
        return [Run(place["text"], "" if place["language"] == "und" else place["language"])]
    if "parts" in place:
        return _joined([_joined([place_runs(one) for one in part], ": ") for part in place["parts"]], "; ")
    if "list" in place:
        return _listed([place_runs(one) for one in place["list"]])
    return [Run(wording.place_text(place))]


def _merged(runs: Sequence[Run]) -> Runs:
    """The same words in as few runs as possible: a number stays in the line of the words around it."""
    found: Runs = []
    for run in runs:
        last = found[-1] if found else None
        if last and not (last.statement or last.fact or run.statement or run.fact) and last.language == run.language:
            found[-1] = Run(last.text + run.text, run.language)
        else:
            found.append(run)
    return found


def _cite(number: int) -> Run:
    return Run(f"[{num(number)}]", statement=number)


def _joined(parts: Sequence[Runs], between: str) -> Runs:
    return [run for at, part in enumerate(parts) for run in ([Run(between), *part] if at else part)]


def _listed(parts: Sequence[Runs]) -> Runs:
    """The parts with the commas and the "and" of the reader's language."""
    if not parts:
        return []
    marks = [chr(0xE000 + at) for at in range(len(parts))]
    runs: Runs = []
    words = ""
    for sign in format_list(marks, locale=current_locale()):
        if sign in marks:
            runs += [Run(words), *parts[marks.index(sign)]]
            words = ""
        else:
            words += sign
    return [run for run in [*runs, Run(words)] if run.text]
