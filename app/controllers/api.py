"""The JSON API, read-only: consultations, statements, own votes and results, with the same doors and the same gate."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Litestar, Response, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.params import FromPath, QueryParameter

from app import auth
from app.access import Actor, enter
from app.analysis import overview, results, results_page, results_views
from app.analysis.exclusion_words import sentence_of
from app.analysis.results import Standing
from app.analysis.results_reading import Reading
from app.database import fetch
from app.refusals import N_, Invalid
from app.rendering import AnyRequest, page
from deliberation.disclosure import ReleasedCount, ReleasedRow, release_day
from deliberation.phases import Action
from deliberation.released import Number

BASE = "/api/v1"
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="Entries on a page.")]
Cursor = Annotated[str, QueryParameter(name="cursor", max_length=200, description="`next` of the page before.")]


class Consultation(msgspec.Struct):
    """A consultation as anybody who may see it sees it."""

    slug: str
    title: str
    question: str
    language: str
    state: str
    zone: str
    opens_at: datetime | None
    closes_at: datetime | None


class Consultations(msgspec.Struct):
    items: list[Consultation]
    next: str | None


class Round(msgspec.Struct):
    number: int
    phase: str
    opens_at: datetime
    closes_at: datetime


class ConsultationInFull(msgspec.Struct):
    slug: str
    title: str
    question: str
    description: str
    language: str
    zone: str
    attribution: str
    state: str
    rounds: list[Round]


class Statement(msgspec.Struct):
    """A statement; nothing of who wrote it. `is_noted`: spoken in the room. `question`: the guiding one, 0 for none."""

    number: int
    text: str
    language: str
    goals: list[int]
    is_starter: bool
    is_noted: bool
    question: int
    status: str


class Statements(msgspec.Struct):
    items: list[Statement]
    next: str | None


class OwnVote(msgspec.Struct):
    number: int
    choice: str
    matters: bool


class OwnVotes(msgspec.Struct):
    items: list[OwnVote]
    next: str | None


class Count(msgspec.Struct):
    """A number of people: between `low` and `high`, both included."""

    low: int
    high: int


class Share(msgspec.Struct):
    """A share from 0 to 1 as it was released; `bound` is exact, about, at_least or at_most."""

    value: float
    bound: str


class Row(msgspec.Struct):
    """One released row. `attribute` and `category` are null for everybody; figures are null where words alone leave."""

    statement: int
    attribute: str | None
    category: str | None
    agree: Share | None
    disagree: Share | None
    unsure: Share | None
    n_voters: Count | None
    word: str | None
    dissent: str | None


class Rows(msgspec.Struct):
    items: list[Row]
    next: str | None


class Analysis(msgspec.Struct):
    """`left_out` says in a sentence which votes are not in it, and why; empty where everybody's count."""

    id: UUID
    kind: str
    evidence: str
    method: str
    method_version: str
    seed: int
    input_digest: str
    digest: str
    votes_until: str
    left_out: str


WORDED = {"votes_until", "left_out"}


class SlateItem(msgspec.Struct):
    statement: int
    stance: str
    is_common_ground: bool


class Results(msgspec.Struct):
    """The lists of an analysis, as statement numbers; their figures are under `rows`."""

    standing: str
    shape: str | None
    analysis: Analysis | None
    n_participants: Count | None
    groups: list[str]
    common_ground: list[int]
    common_rejection: list[int]
    divides: list[int]
    participants_slate: list[SlateItem]


NOT_A_CURSOR = N_("This cursor is none that was given out.")


def _cursor(text: str) -> str:
    """What a cursor stands for; only those that were given out are taken."""
    try:
        return base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Invalid(NOT_A_CURSOR) from None


def _place(text: str) -> int:
    found = _cursor(text) or "0"
    if not (found.isascii() and found.isdigit() and len(found) <= 9):
        raise Invalid(NOT_A_CURSOR)
    return int(found)


def _next(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode()


@get(BASE, opt={"action": Action.SEE_SITE}, include_in_schema=False)
async def contents(request: AnyRequest) -> Response[Any]:
    """What the API offers, for people."""
    listed = [
        (path, operation["summary"], operation.get("description", ""))
        for path, item in schema()["paths"].items()
        for operation in item.values()
    ]
    return page(request, "results/api.html", listed=listed)


@get(f"{BASE}/openapi.json", opt={"action": Action.SEE_SITE}, include_in_schema=False)
async def describe() -> dict[str, Any]:
    """The same for programs, as OpenAPI."""
    return schema()


@get(f"{BASE}/consultations", opt={"action": Action.SEE_SITE}, summary="Consultations")
async def consultations(request: AnyRequest, limit: Limit = 50, cursor: Cursor = "") -> Consultations:
    """Consultations that you may see, in the order of their addresses."""
    after = _cursor(cursor)
    listed = sorted(await overview.listed(auth.visit(request).account), key=lambda item: item.slug)
    left = [item for item in listed if item.slug > after]
    items = [
        Consultation(
            item.slug, item.title, item.question, item.language, item.state, item.zone, item.opens_at, item.closes_at
        )
        for item in left[:limit]
    ]
    return Consultations(items, _next(items[-1].slug) if len(left) > limit else None)


@get(f"{BASE}/consultations/{{slug:str}}", opt={"action": Action.SEE_CONSULTATION}, summary="One consultation")
async def consultation(actor: NamedDependency[Actor]) -> ConsultationInFull:
    """A consultation with its rounds."""
    here = actor.consultation
    rounds = [Round(item.number, item.phase, item.opens_at, item.closes_at) for item in actor.rounds]
    return ConsultationInFull(
        here.slug,
        here.title,
        here.question,
        here.description,
        here.language,
        here.zone,
        here.attribution,
        actor.state,
        rounds,
    )


STATEMENTS = """
select number, statement as text, language, goals, is_starter, is_noted, question, status from proposals
where consultation = $1 and status in ('accepted', 'merged') and number > $2 order by number limit $3
"""


@get(f"{BASE}/consultations/{{slug:str}}/statements", opt={"action": Action.SEE_STATEMENTS}, summary="Statements")
async def statements(actor: NamedDependency[Actor], limit: Limit = 50, cursor: Cursor = "") -> Statements:
    """Statements open for votes or merged, by number."""
    rows = await fetch(STATEMENTS, actor.consultation.id, _place(cursor), limit + 1)
    items = [Statement(**row) for row in rows[:limit]]
    return Statements(items, _next(str(items[-1].number)) if len(rows) > limit else None)


OWN = """
select p.number, v.choice, v.matters from votes v join proposals p on p.id = v.proposal
where v.participant = $1 and p.number > $2 order by p.number limit $3
"""


@get(f"{BASE}/consultations/{{slug:str}}/me/votes", opt={"action": Action.SEE_OWN}, summary="Your own votes")
async def own_votes(actor: NamedDependency[Actor], limit: Limit = 50, cursor: Cursor = "") -> OwnVotes:
    """Your votes as they stand, by the number of the statement; needs the session of a participant."""
    assert actor.participant is not None
    rows = await fetch(OWN, actor.participant.id, _place(cursor), limit + 1)
    items = [OwnVote(**row) for row in rows[:limit]]
    return OwnVotes(items, _next(str(items[-1].number)) if len(rows) > limit else None)


@get(f"{BASE}/consultations/{{slug:str}}/results", opt={"action": Action.SEE_RESULTS}, summary="Results")
async def outcome(actor: NamedDependency[Actor]) -> Results:
    """Common ground, divides and the participants' slate of the analysis that you may see."""
    reading, standing = await _reading(actor)
    if reading is None:
        return Results(standing, None, None, None, [], [], [], [], [])
    stored = reading.stored
    fields = {name: getattr(stored, name) for name in Analysis.__struct_fields__ if name not in WORDED}
    numbers = {statement: text.number for statement, text in reading.texts.items()}
    return Results(
        standing=standing,
        shape=reading.shape,
        analysis=Analysis(
            **fields,
            votes_until=release_day(stored.votes_until).day.isoformat(),
            left_out=await sentence_of(actor, stored.id),
        ),
        n_participants=_count(reading.gate.count(stored.n_participants)),
        groups=list(reading.letters) if reading.shape == "groups" else [],
        common_ground=[numbers[one] for one in results_page.common_ground(reading, "common_ground")],
        common_rejection=[numbers[one] for one in results_page.common_ground(reading, "common_rejection")],
        divides=[numbers[one] for one, _ in results_page.find_divides(reading)],
        participants_slate=[
            SlateItem(text.number, "disagree" if is_against else "agree", is_common)
            for text, is_against, is_common in reading.stances
        ],
    )


@get(f"{BASE}/consultations/{{slug:str}}/results/rows", opt={"action": Action.SEE_RESULTS}, summary="Released rows")
async def rows(actor: NamedDependency[Actor], limit: Limit = 50, cursor: Cursor = "") -> Rows:
    """Votes on each statement as released: of all, by opinion group, by constituency. `limit` counts statements."""
    reading, _ = await _reading(actor)
    after = _place(cursor)
    texts = [] if reading is None else [text for text in reading.texts.values() if text.number > after]
    if reading is None:
        return Rows([], None)
    number = {str(text.id): text.number for text in texts[:limit]}
    items = [
        _row(number[row.key[0]], row) for row in reading.gate.rows.values() if row.is_shown and row.key[0] in number
    ]
    items.sort(key=lambda item: (item.statement, item.attribute or "", item.category or ""))
    return Rows(items, _next(str(texts[limit - 1].number)) if len(texts) > limit else None)


async def _reading(actor: Actor) -> tuple[Reading | None, str]:
    sight = await results.look(actor)
    if sight.analysis is None or sight.standing is not Standing.READY:
        return None, sight.standing.value
    return await results_views.reading_of(actor, sight.analysis), sight.standing.value


def _count(released: ReleasedCount) -> Count | None:
    return None if released.value is None else _between(released.value)


def _between(value: Number) -> Count:
    return Count(*value) if isinstance(value, tuple) else Count(value, value)


def _row(number: int, row: ReleasedRow) -> Row:
    agree, disagree, unsure = (
        None if share is None else Share(share, row.bound(share))
        for share in (row.agree_share, row.disagree_share, row.pass_share)
    )
    attribute, category = (row.key[1], row.key[2]) if len(row.key) == 3 else (None, None)
    n_voters = None if row.n_voters is None else _between(row.n_voters)
    word = row.words.word if row.words else None
    dissent = row.words.dissent if row.words else None
    return Row(number, attribute, category, agree, disagree, unsure, n_voters, word, dissent)


async def _door(slug: FromPath[str]) -> Actor:
    """The door as the description knows it: a visitor's, by the address of the consultation."""
    return await enter(None, slug, Action.SEE_CONSULTATION)


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI description of these routes and of no others: written by an application that holds nothing else."""
    described = Litestar(
        route_handlers=OPEN,
        dependencies={"actor": Provide(_door)},
        openapi_config=OpenAPIConfig(title="Plenary", version="1", use_handler_docstrings=True),
    )
    return described.openapi_schema.to_schema()


OPEN = [consultations, consultation, statements, own_votes, outcome, rows]
HANDLERS = [contents, describe, *OPEN]
