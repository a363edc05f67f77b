"""A concept note and an annotated agenda for a meeting, drafted from a summary: for whoever prepares it to edit.

Every figure in them is one of the summary's, under a raised number that leads to it. Nothing is counted here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from app.documents import agenda, told, wording
from app.documents.agenda import Topic
from app.documents.model import Document, Fact, Passage, Section
from app.documents.told import Block, Grid, Run, Runs, Text, Told
from app.language import current_locale, direction, gettext, num
from app.language import date as shown_day
from app.refusals import N_

DRAFT = N_("Draft made from the consultation: please edit before use")
MOST_DIVIDES, MOST_CONFIRMED = 4, 12
OPENING, TABLE, CLOSING, ROOM = 10, 5, 10, 15
PER_CONFIRMED, PER_DIVIDE, PER_ITEM, PER_COMMITMENT = 3, 20, 4, 4
"""Minutes that each kind of topic takes in a meeting without a clock."""


@dataclass(frozen=True)
class Source:
    """A summary as a meeting is prepared from it, with its figures numbered as far as they are cited."""

    record: Mapping[str, Any]
    body: Mapping[str, Any]
    document: Document
    places: Mapping[str, int]
    cited: tuple[Fact, ...]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Source:
        body = record.get("snapshot", record)
        document = Document.from_json(body["document"])
        used = {
            fact for code in SECTIONS for one in _passages(document, code) for s in one.sentences for fact in s.facts
        }
        cited = tuple(fact for fact in document.facts if fact.id in used)
        return cls(record, body, document, {fact.id: at for at, fact in enumerate(cited, 1)}, cited)

    def section(self, code: str) -> Section | None:
        return self.document.section(code)

    def about(self, code: str) -> list[Passage]:
        """The passages of a section that speak of a statement of their own."""
        return [one for one in _passages(self.document, code) if one.about is not None]

    def slate(self) -> list[int]:
        slate = self.body["slate"]
        own = [*slate["common_ground"], *slate["participants"]]
        stances = own if slate["curated"] is None else slate["curated"]
        return list(dict.fromkeys(one["statement"] for one in stances))

    def statement(self, number: int) -> Runs:
        found = next((one for one in self.body["statements"] if one["number"] == number), None)
        before, after = wording.QUOTES[current_locale()]
        if found is None:
            return [Run(f"[{num(number)}]")]
        return [Run(before), Run(found["text"], found["language"]), Run(f"{after} [{num(number)}]")]


SECTIONS = (
    *("header", "context", "participation", "common_ground", "divergence", "minority"),
    *("slates", "coalitions", "recommendations", "follow_up", "annex_people"),
)
"""The sections of a summary that a meeting is prepared from."""


def _passages(document: Document, code: str) -> list[Passage]:
    section = document.section(code)
    return section.passages if section else []


# -------- what both begin and end with


def _told(source: Source, title: str, blocks: list[Block]) -> Told:
    consultation = source.body["consultation"]
    hash_ = str(source.record.get("hash", ""))
    return Told(
        title=f"{title}: {consultation['title']}",
        title_language=current_locale(),
        locale=current_locale(),
        direction=direction(),
        day=date.fromisoformat(source.body.get("published_on", consultation["rounds"][-1]["closes_on"])),
        hash=hash_,
        is_draft=True,
        blocks=[_unlinked(one) for one in (*_opening(source, title), *blocks, *_sources(source))],
        facts=list(source.cited),
        mark=told.mark_of(source.record),
        draft_note=DRAFT,
    )


def _opening(source: Source, title: str) -> Iterator[Block]:
    consultation = source.body["consultation"]
    yield Text([Run(title)], 1)
    yield Text([Run(gettext(DRAFT))], is_note=True)
    yield Text([Run(consultation["title"], consultation["language"])])
    number = num(source.body["number"])
    if "published_on" in source.body:
        day = shown_day(date.fromisoformat(source.body["published_on"]))
        said = gettext("Made from summary %(number)s, published on %(day)s, hash %(hash)s.") % {
            "number": number,
            "day": day,
            "hash": str(source.record["hash"])[:12],
        }
    else:
        said = gettext("Made from the draft of summary %(number)s, which is not published.") % {"number": number}
    yield Text([Run(said)])


def _sources(source: Source) -> Iterator[Block]:
    """The figures that are cited, each with what was released."""
    if source.cited:
        *_, grid = told.figures(source.cited)
        yield Text([Run(gettext("Sources of the figures"))], 2)
        yield Text([Run(gettext("A small raised number leads to the figure of the summary that a sentence rests on."))])
        yield grid


def _unlinked(block: Block) -> Block:
    """Numbers of statements lead nowhere here: the statements' table is the summary's."""
    if isinstance(block, Text):
        return replace(block, runs=[replace(run, statement=0) for run in block.runs])
    if isinstance(block, Grid):
        rows = [[[replace(run, statement=0) for run in cell] for cell in row] for row in block.rows]
        return replace(block, rows=rows, anchors=[one for one in block.anchors if one.startswith("f")])
    return block


def _section(source: Source, code: str, title: str, *, tables: bool = True) -> Iterator[Block]:
    section = source.section(code)
    if section is None:
        return
    blocks = list(told.section_blocks(replace(section, tables=section.tables if tables else []), source.places))
    yield Text([Run(title)], 2)
    yield from blocks[1:]


def _item(*runs: Run) -> Text:
    return Text(list(runs), is_item=True)


# -------- the concept note


def concept_note(record: Mapping[str, Any]) -> Told:
    """What the meeting is about, who is at the table, what is settled and what is not, and what to ask the room."""
    source = Source.of(record)
    blocks: list[Block] = [
        Text([Run(gettext("The question"))], 2),
        Text([Run(source.body["consultation"]["question"], source.body["consultation"]["language"])]),
        *_section(source, "header", gettext("Background")),
        *_section(source, "context", gettext("Guiding questions and goals")),
        Text([Run(gettext("What the meeting is for"))], 2),
        *_purpose(source),
        *_section(source, "participation", gettext("Who is at the table")),
        *list(_section(source, "annex_people", ""))[1:],
        *_section(source, "common_ground", gettext("Common ground to confirm")),
        *_section(source, "divergence", gettext("Divides to discuss")),
        *_section(source, "minority", gettext("Voices to keep in the room")),
        *_section(source, "slates", gettext("What is on the slate")),
        *_section(source, "coalitions", gettext("Commitments and their owners")),
        *_section(source, "recommendations", gettext("What is asked of others")),
        *_section(source, "follow_up", gettext("What has been promised so far")),
        Text([Run(gettext("Questions to the room"))], 2),
        *(_item(*runs) for runs in questions(source)),
    ]
    return _told(source, gettext("Concept note"), blocks)


def _purpose(source: Source) -> Iterator[Block]:
    common, divides, slate = len(source.about("common_ground")), len(source.about("divergence")), len(source.slate())
    said = (
        (common, gettext("Confirm the common ground. Statements: %(n)s.")),
        (divides, gettext("Discuss what divides. Statements: %(n)s.")),
        (slate, gettext("Agree what becomes of the slate. Items: %(n)s.")),
    )
    for n, message in said:
        if n:
            yield _item(Run(message % {"n": num(n)}))
    yield _item(Run(gettext("Agree who does what, and by when.")))


def questions(source: Source) -> list[Runs]:
    """What to ask the room: about each divide, each item of the slate nobody carries yet, and who is not there."""
    found: list[Runs] = []
    for passage in source.about("divergence")[:MOST_DIVIDES]:
        ask = gettext("What would have to change so that those who disagree could live with it?")
        found.append([*source.statement(passage.about or 0), Run(f" – {ask}")])
    carried = {
        number
        for fact in source.document.facts
        if fact.kind in ("coalition", "commitment")
        for number in fact.statements
    }
    for number in [one for one in source.slate() if one not in carried][:MOST_DIVIDES]:
        ask = gettext("Who takes it up, and what do they need for it?")
        found.append([*source.statement(number), Run(f" – {ask}")])
    if any(fact.kind == "target" and fact.value["standing"] == "under" for fact in source.document.facts):
        found.append(
            [Run(gettext("Fewer people than aimed for came from some parts. Who can speak to what they need?"))]
        )
    found.append([Run(gettext("What is missing from this picture?"))])
    return found


# -------- the annotated agenda


@dataclass(frozen=True)
class Slot:
    """One topic of the agenda: how long, what for, and what is known of it. `starts` is minutes from the beginning."""

    title: str
    minutes: int
    starts: int
    blocks: tuple[Block, ...]


def slots(source: Source, minutes: int) -> list[Slot]:
    """The agenda of a meeting of so many minutes: slots in their order, breaks included, that add up to its length."""
    contents = dict(_contents(source))
    has_break = minutes > agenda.WITHOUT_BREAK
    given = agenda.shared([topic for topic, _ in contents.values()], minutes - (agenda.BREAK if has_break else 0))
    planned = [(topic.code, n) for topic, n in given]
    if has_break:
        half, passed, at = minutes / 2, 0, 0
        while passed < half and at < len(planned) - 1:
            passed += planned[at][1]
            at += 1
        planned.insert(at, ("break", agenda.BREAK))
    found, starts = [], 0
    for code, n in planned:
        title, blocks = (gettext("Break"), ()) if code == "break" else contents[code][1]
        found.append(Slot(title, n, starts, tuple(blocks)))
        starts += n
    return found


Content = tuple[Topic, tuple[str, tuple[Block, ...]]]


def _contents(source: Source) -> Iterator[tuple[str, Content]]:
    """Each topic by its code: how long it would take, its title, and what to say of it."""

    def content(
        code: str, wants: int, title: str, blocks: Sequence[Block], *, optional: bool = False
    ) -> tuple[str, Content]:
        return code, (Topic(code, wants, optional), (title, tuple(blocks)))

    consultation = source.body["consultation"]
    opening = [
        Text([Run(f"{gettext('The question')}: "), Run(consultation["question"], consultation["language"])]),
        *_said(source, "header"),
    ]
    yield content("opening", OPENING, gettext("Opening: the question, and how we speak here"), opening)
    yield content(
        "table", TABLE, gettext("Who is at the table, and who is not"), _said(source, "participation"), optional=True
    )
    common = source.about("common_ground")
    if common:
        ask = Text(
            [Run(gettext("Read out; ask whether anybody cannot live with one of them; move those to the divides."))]
        )
        wants = PER_CONFIRMED * min(len(common), MOST_CONFIRMED)
        yield content("common", wants, gettext("Common ground to confirm"), [ask, *_said(source, "common_ground")])
    for at, passage in enumerate(source.about("divergence")[:MOST_DIVIDES], 1):
        title = gettext("Divide %(number)s: statement %(statement)s") % {
            "number": num(at),
            "statement": num(passage.about or 0),
        }
        one = Section("divergence", "", [passage])
        asked = [
            _item(Run(gettext("Who holds this, and what experience is behind it?"))),
            _item(Run(gettext("What would have to change so that those who disagree could live with it?"))),
            _item(Run(gettext("Put the changed words to the room, or note that the divide stays."))),
        ]
        blocks = [*told.passages_of(one, source.places), *asked]
        yield content(f"divide.{at}", PER_DIVIDE, title, blocks, optional=at > 1)
    slate = source.slate()
    if slate:
        ask = Text([Run(gettext("For each: is it adopted, who takes it up, and what comes first?"))])
        items = [_item(*source.statement(number)) for number in slate]
        yield content("slate", PER_ITEM * len(slate), gettext("The slate, item by item"), [ask, *items])
    made = [fact for fact in source.document.facts if fact.kind == "commitment"]
    if made or source.about("coalitions"):
        ask = Text([Run(gettext("Each owner says in a minute where it stands and what they need from the room."))])
        wants = PER_COMMITMENT * max(len(made), 2)
        section = source.section("coalitions")
        grids = list(told.section_blocks(section, source.places))[1:] if section else []
        yield content("commitments", wants, gettext("Commitments and their owners"), [ask, *grids])
    yield content(
        "room", ROOM, gettext("Questions to the room"), [_item(*runs) for runs in questions(source)], optional=True
    )
    closing = [
        Text(
            [Run(gettext("Say what was agreed, what stays open, who does what by when, and where people can read it."))]
        )
    ]
    yield content("closing", CLOSING, gettext("Closing: who does what by when"), closing)


def _said(source: Source, code: str) -> list[Block]:
    section = source.section(code)
    return list(told.passages_of(section, source.places)) if section else []


def annotated_agenda(record: Mapping[str, Any], *, minutes: int, start: str = "") -> Told:
    """The agenda with a table of times, then each slot with what is known, what is asked, and how long it takes.

    start : the time of day as HH:MM; empty: times count from the beginning
    """
    source = Source.of(record)
    planned = slots(source, minutes)
    rows = [[[Run(clock(start, one.starts))], [Run(one.title)], [Run(num(one.minutes))]] for one in planned]
    rows.append([[Run(clock(start, minutes))], [Run(gettext("End"))], [Run(num(minutes))]])
    blocks: list[Block] = [
        Text([Run(gettext("Length of the meeting: %(minutes)s minutes.") % {"minutes": num(minutes)})]),
        Grid(gettext("Agenda"), [gettext("Time"), gettext("Topic"), gettext("Minutes")], rows),
    ]
    for one in planned:
        length = gettext("%(minutes)s minutes") % {"minutes": num(one.minutes)}
        blocks.append(Text([Run(f"{clock(start, one.starts)} · {one.title} ({length})")], 2))
        blocks += one.blocks
    return _told(source, gettext("Annotated agenda"), blocks)


def clock(start: str, minutes: int) -> str:
    """The time of day so many minutes after `start`, or the minutes passed where no start is given."""
    if not start:
        return f"{minutes // 60}:{minutes % 60:02d}"
    return (datetime.strptime(start, "%H:%M") + timedelta(minutes=minutes)).strftime("%H:%M")  # noqa: DTZ007  # a time of day
