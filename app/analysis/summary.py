"""What a summary is written from: reads a closed round and all that followed it, every figure through the gate.

The public is the reader, whoever asks: what a summary says, it says to everybody.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis.cards import overview_of
from app.analysis.curation import published_before
from app.analysis.dial import bottom_up
from app.analysis.exclusions import told_of
from app.analysis.indicators import indicators_of
from app.analysis.ledger import ledger_now
from app.analysis.partnering import recommended_in, undertaken_in
from app.analysis.responses import closed_round
from app.analysis.responses_result import counted_of
from app.analysis.results import CONSTITUENCY, GROUP, VOTES, large_columns, published_basis
from app.analysis.results_views import Kept
from app.analysis.summary_material import (
    AlertLine,
    Answers,
    LedgerLine,
    Material,
    Moderation,
    OpinionGroup,
    Partnering,
    People,
    Slates,
    Statement,
)
from app.database import fetch, fetchrow, fetchval
from app.tables.participants import Participant
from app.tables.publications import Publication
from app.tables.rounds import Round
from deliberation.disclosure import (
    Attribution,
    Audience,
    Basis,
    Released,
    ReleasedCount,
    ReleasedRow,
    ReleasedShare,
    ReleasedStanding,
    ReleasedWords,
    release_again,
    release_breakdown,
    release_count,
    release_day,
    release_index,
    release_share,
    release_standing,
    release_words,
)
from deliberation.disclosure_rules import DisclosureSettings
from deliberation.phases import Phase
from deliberation.released import ReleasedIndex

ATTRIBUTES = ("constituency", "region", "language", "gender")
BREAKDOWN_KEY = "summary/%s"
"""Under which key the counts behind a published table of people are stored, for the next summary's gate."""


FROZEN = """
select id, method, method_version, seed, input_digest, digest, evidence, n_participants, n_votes, votes_until, excluded
from analyses where consultation = $1 and round = $2 and kind = 'frozen' and evidence = 'full'
order by created_at desc limit 1
"""


async def last_closed(actor: Actor) -> Round | None:
    """The closed propose round that a summary would speak of."""
    return actor.last_closed(Phase.PROPOSE)


async def gather(actor: Actor) -> Material | None:
    """The material of a summary; None until a propose round has closed and its full frozen analysis is on record."""
    closed = await last_closed(actor)
    if closed is None:
        return None
    row = await fetchrow(FROZEN, actor.consultation.id, closed.id)
    gate = await _Gate.of(actor)
    opened = None if row is None else await _opened(actor.consultation.id, row["id"], row["votes_until"], gate)
    if row is None or opened is None:
        return None
    landscape, record, released = opened
    statements = await _statements(actor.consultation.id, released)
    people, bases = await _people(actor, gate, row["n_votes"], row["votes_until"])
    return Material(
        mode=gate.mode,
        is_small_room=gate.is_small_room,
        analysis_id=row["id"],
        analysis={
            "method": row["method"],
            "method_version": row["method_version"],
            "seed": row["seed"],
            "input_digest": row["input_digest"],
            "digest": row["digest"],
            "evidence": row["evidence"],
            "votes_until": row["votes_until"].date().isoformat(),
        },
        closed=closed,
        coming=tuple(item for item in actor.rounds if item.opens_at > actor.now),
        n_voters=row["n_participants"],
        people=people,
        statements=statements,
        groups_status=landscape["groups"]["status"],
        is_spectrum=landscape["groups"]["status"] == "none" and bool(landscape["space"]["rank"]),
        groups=_groups(landscape, gate, statements),
        common_ground=tuple(_known(landscape["common_ground"], statements)),
        common_rejection=tuple(_known(landscape["common_rejection"], statements)),
        divides=_divides(landscape, statements),
        n_seen_by_too_few=sum(one["is_below_floor"] for one in landscape["statements"]),
        slates=await _slates(actor, record, row["id"], gate, statements),
        answers=await _answers(actor, gate),
        coalitions=await _coalitions(actor.consultation.id, gate),
        undertaken=await undertaken_in(actor),
        recommended=await recommended_in(actor.consultation.id),
        needs=await overview_of(actor.consultation, audience=Audience.PUBLIC),
        moderation=await _moderation(actor.consultation.id),
        alerts=await _alerts(actor.consultation.id),
        indicators=await indicators_of(actor.consultation.id, gate.mode),
        left_out=await told_of(row["excluded"], actor, Audience.PUBLIC),
        bases=bases,
    )


@dataclass(frozen=True)
class _Gate:
    """The disclosure gate towards the public."""

    mode: Attribution
    n_participants: int

    @classmethod
    async def of(cls, actor: Actor) -> _Gate:
        return cls(Attribution(actor.consultation.attribution), await Participant.n_in(actor.consultation.id))

    @property
    def is_small_room(self) -> bool:
        below = DisclosureSettings().small_room_below
        return self.mode is Attribution.CHATHAM_HOUSE and self.n_participants < below

    def count(self, n: int) -> ReleasedCount:
        return release_count(n, self.mode, audience=Audience.PUBLIC)

    def share(self, part: int, whole: int, *, is_bloc: bool = False) -> ReleasedShare:
        return release_share(
            part, whole, self.mode, audience=Audience.PUBLIC, n_participants=self.n_participants, is_bloc=is_bloc
        )

    def words(self, yes: int, no: int) -> ReleasedWords:
        return release_words(yes, no, self.mode, n_participants=self.n_participants)

    def index(self, value: float, n_people: int) -> ReleasedIndex:
        return release_index(value, n_people, self.mode, audience=Audience.PUBLIC, n_participants=self.n_participants)


_kept: Kept[tuple[dict[str, Any], dict[str, Any], Released]] = Kept(6)
PUBLISHED = "select analysis from publications where consultation = $1 and audience = 'both' and key = $2"


async def _opened(
    consultation: UUID, analysis: UUID, until: Any, gate: _Gate
) -> tuple[dict[str, Any], dict[str, Any], Released] | None:
    """Landscape, slate and released rows of a frozen analysis; kept, because none of them changes until it is published
    anew. None where nothing was published."""
    key = (analysis, await fetchval(PUBLISHED, consultation, VOTES), gate)
    found = _kept.get(key)
    if found is not None:
        return found
    basis = await published_basis(consultation)
    if basis is None:
        return None
    importance = await _importance(consultation, until)
    landscape, record = await large_columns(analysis)
    released = await asyncio.to_thread(
        release_again,
        basis,
        gate.mode,
        audience=Audience.PUBLIC,
        n_participants=gate.n_participants,
        importance=importance,
    )
    return _kept.put(key, (landscape, record, released))


def _known(entries: list[dict[str, Any]], statements: Mapping[int, Statement]) -> list[int]:
    return [one["statement_id"] for one in entries if one["statement_id"] in statements]


# -------- votes


async def _importance(consultation: UUID, until: Any) -> dict[str, float]:
    """Rank 0 to 1 of each statement by the share of its voters to whom it matters a lot."""
    rows = await fetch(
        "select proposal, avg(matters::int) as share from votes where consultation = $1 and cast_at < $2 "
        "group by proposal having count(*) >= 10 order by 2, 1",
        consultation,
        until,
    )
    if len({row["share"] for row in rows}) < 2:
        return {}
    return {str(row["proposal"]): place / (len(rows) - 1) for place, row in enumerate(rows)}


async def _statements(consultation: UUID, released: Released) -> dict[int, Statement]:
    shown = {row.key: row for row in released if row.is_shown}
    tables: dict[tuple[str, str], dict[str, ReleasedRow]] = {}
    for key, row in shown.items():
        if len(key) == 3:
            tables.setdefault((key[0], key[1]), {})[key[2]] = row
    rows = await fetch(
        "select id, number, statement, language, theme from proposals "
        "where consultation = $1 and status in ('accepted', 'merged') order by number",
        consultation,
    )
    return {
        row["id"]: Statement(
            row["id"],
            row["number"],
            row["statement"],
            row["language"],
            row["theme"],
            shown.get((str(row["id"]),)),
            tables.get((str(row["id"]), GROUP), {}),
            tables.get((str(row["id"]), CONSTITUENCY), {}),
        )
        for row in rows
    }


def _groups(landscape: Mapping[str, Any], gate: _Gate, statements: Mapping[int, Statement]) -> tuple[OpinionGroup, ...]:
    groups = landscape["groups"]
    labels = Counter(groups["labels"]["values"])
    n_placed = sum(n for label, n in labels.items() if label >= 0)
    return tuple(
        OpinionGroup(
            letter,
            gate.share(labels[place], n_placed, is_bloc=True),
            tuple(
                (one["statement_id"], one["stance"])
                for one in landscape["representative"].get(letter, ())
                if one["statement_id"] in statements
            ),
        )
        for place, letter in enumerate(groups["letters"])
    )


def _divides(
    landscape: Mapping[str, Any], statements: Mapping[int, Statement]
) -> tuple[tuple[int, str, str, str], ...]:
    """Statement, dimension, and the categories that agree most and least; one line for each statement."""
    found: dict[int, tuple[int, str, str, str]] = {}
    for one in landscape["divides"]:
        if one["statement_id"] in statements:
            found.setdefault(one["statement_id"], (one["statement_id"], one["dimension"], one["high"], one["low"]))
    return tuple(found.values())


# -------- people


PEOPLE = """
select q.id, q.constituency, q.region, q.language, q.gender, q.organisation,
  exists(select from votes v where v.participant = q.id and v.cast_at < $2) as voted,
  exists(select from proposals p where p.author = q.id and p.status <> 'withdrawn') as wrote
from participants q where q.consultation = $1 order by q.id
"""


async def _people(actor: Actor, gate: _Gate, n_votes: int, until: Any) -> tuple[People, dict[str, Basis]]:
    consultation = actor.consultation.id
    rows = await fetch(PEOPLE, consultation, until)
    tables, bases = {}, {}
    for attribute in ATTRIBUTES:
        counts = Counter(row[attribute] for row in rows)
        if len(counts) < 2:
            continue
        tables[attribute] = release_breakdown(
            dict(counts),
            gate.mode,
            audience=Audience.PUBLIC,
            n_participants=gate.n_participants,
            previous=await _previous(consultation, attribute),
        )
        bases[attribute] = tables[attribute].basis
    counted = await fetchrow(
        """
        select count(*) filter (where status <> 'withdrawn') as proposals,
          count(*) filter (where status = 'accepted') as statements,
          (select count(*) from invitations where consultation = $1) as invited
        from proposals where consultation = $1
        """,
        consultation,
    )
    assert counted is not None
    return (
        People(
            n_invited=counted["invited"],
            joined=gate.count(len(rows)),
            voted=gate.count(sum(row["voted"] for row in rows)),
            wrote=gate.count(sum(row["wrote"] for row in rows)),
            tables=tables,
            standings=await _standings(consultation, rows, gate),
            n_proposals=counted["proposals"],
            n_statements=counted["statements"],
            n_votes=None if gate.is_small_room else n_votes,
        ),
        bases,
    )


async def _previous(consultation: UUID, attribute: str) -> Basis | None:
    stored = await Publication.stored(consultation, BREAKDOWN_KEY % attribute, "public")
    return None if stored is None else Basis.from_records(json.loads(stored))


async def _standings(
    consultation: UUID, rows: list[Any], gate: _Gate
) -> tuple[tuple[str, str, float, ReleasedStanding], ...]:
    targets = await fetch(
        "select attribute, code, share from targets where consultation = $1 order by attribute, share desc, code",
        consultation,
    )
    found = []
    for target in targets:
        if target["attribute"] not in ATTRIBUTES or not rows:
            continue
        members = [row for row in rows if row[target["attribute"]] == target["code"]]
        aim = round(float(target["share"]), 6)
        standing = release_standing(
            len(members) / len(rows),
            aim,
            gate.mode,
            audience=Audience.PUBLIC,
            n_people=len(members),
            n_organisations=len({row["organisation"] for row in members if row["organisation"]}),
            n_participants=gate.n_participants,
        )
        found.append((target["attribute"], target["code"], aim, standing))
    return tuple(found)


# -------- slates, answers, coalitions


CURATED = """
select s.id, s.analysis, r.number as round,
  (select array_agg(distinct g.role) from slate_signatures g where g.slate = s.id and g.version = s.version) as roles
from curated_slates s join rounds r on r.id = s.round
where s.consultation = $1 and s.status = 'published' and s.analysis = $2 order by r.number desc limit 1
"""


async def _slates(
    actor: Actor, record: Mapping[str, Any], analysis: UUID, gate: _Gate, statements: Mapping[int, Statement]
) -> Slates:
    slate = record.get("slate") or {}
    # A statement taken down since is no longer told of, on either slate.
    common = tuple(one for one in map(_stance, slate.get("common_ground", ())) if one[0] in statements)
    distinct = tuple(one for one in map(_stance_of, slate.get("distinct", ())) if one[0] in statements)
    own = (*common, *distinct)
    row = await fetchrow(CURATED, actor.consultation.id, analysis)
    curated, ledger = None, tuple(LedgerLine(*stance, "participants") for stance in own)
    n_own, interests = None, {}
    if row is not None:
        curated, ledger = await _curated(row["id"], own, statements)
        n_own = len(await bottom_up([one for one, _ in curated]) & {one for one, _ in curated})
        interests = (await ledger_now(row["round"], actor.consultation.id)).interests
    observed, estimated = record.get("observed"), record.get("estimated")
    return Slates(
        common_ground=common,
        participants=own,
        curated=curated,
        ledger=tuple(line for line in ledger if line.statement_id in statements),
        is_held=observed["holds"] if observed and distinct else None,
        estimated=estimated["status"] if estimated else None,
        alpha=gate.index(observed["alpha_star"], observed["n_participants"]) if observed and distinct else None,
        signers=tuple(sorted(row["roles"] or ())) if row else (),
        n_own=n_own,
        interests=interests,
    )


def _stance_of(item: Mapping[str, Any]) -> tuple[int, str]:
    return _stance(item["stance"])


def _stance(record: Mapping[str, Any]) -> tuple[int, str]:
    return int(record["statement_id"]), str(record["choice"])


async def _curated(
    slate: UUID,
    own: tuple[tuple[int, str], ...],
    statements: Mapping[int, Statement],
) -> tuple[tuple[tuple[int, str], ...], tuple[LedgerLine, ...]]:
    items = await fetch("select proposal, choice from slate_items where slate = $1 order by position", slate)
    reasons = {
        (row["proposal"], row["choice"]): (row["reason_code"], row["sentence"])
        for row in await fetch(
            "select proposal, choice, reason_code, sentence from slate_reasons where slate = $1", slate
        )
    }
    curated = tuple((row["proposal"], row["choice"]) for row in items if row["proposal"] in statements)
    lines = [LedgerLine(*one, "kept" if one in own else "added", *_reason(one, reasons, own)) for one in curated]
    lines += [LedgerLine(*one, "dropped", *reasons.get(one, ("", ""))) for one in own if one not in curated]
    return curated, tuple(lines)


def _reason(
    stance: tuple[int, str], reasons: Mapping[tuple[int, str], tuple[str, str]], own: tuple[tuple[int, str], ...]
) -> tuple[str, str]:
    return ("", "") if stance in own else reasons.get(stance, ("", ""))


YES, NO = ("yes", "agree"), ("no", "disagree")
RESPONSES = """
select r.represents, r.can_live_with from responses r join rounds o on o.id = r.round
where o.consultation = $1 and o.closes_at <= $2
  and o.number = (select max(number) from rounds where consultation = $1 and phase = 'respond' and closes_at <= $2)
"""


async def _answers(actor: Actor, gate: _Gate) -> Answers | None:
    """Answers of the last respond round that is over."""
    rows = await fetch(RESPONSES, actor.consultation.id, actor.now)
    if not rows:
        return None

    def told(column: str) -> tuple[ReleasedWords, ReleasedShare]:
        yes, no = (sum(row[column] in words for row in rows) for words in (YES, NO))
        return gate.words(yes, no), gate.share(yes, len(rows))

    return Answers(gate.count(len(rows)), told("represents"), told("can_live_with"), await _outcome(actor))


async def _outcome(actor: Actor) -> str:
    """What the rule that was set before the round makes of the answers; empty without a round about a slate."""
    draft = await published_before(actor, None)
    item = None if draft is None else closed_round(actor, draft)
    if draft is None or item is None:
        return ""
    return (await counted_of(actor, draft, item)).verdict.outcome


COALITIONS = """
select c.number, c.title, c.purpose, p.number as statement_number,
  (select count(*) from coalition_seats s where s.coalition = c.id and s.status = 'accepted') as members
from coalitions c join proposals p on p.id = c.proposal
where c.consultation = $1 and c.status = 'formed' order by c.number
"""


async def _coalitions(consultation: UUID, gate: _Gate) -> tuple[Partnering, ...]:
    return tuple(
        Partnering(
            row["number"],
            row["title"],
            row["purpose"],
            row["statement_number"],
            gate.count(row["members"]),
        )
        for row in await fetch(COALITIONS, consultation)
    )


# -------- moderation


async def _moderation(consultation: UUID) -> Moderation:
    rows = await fetch(
        "select status, reason_code, count(*) as n from proposals where consultation = $1 and not is_starter "
        "group by 1, 2",
        consultation,
    )
    by_status: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for row in rows:
        by_status[row["status"]] += row["n"]
        if row["status"] == "declined":
            reasons[row["reason_code"]] += row["n"]
    return Moderation(
        by_status["accepted"],
        by_status["declined"],
        by_status["merged"],
        tuple(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


async def _alerts(consultation: UUID) -> tuple[AlertLine, ...]:
    rows = await fetch(
        "select kind, decision, raised_at, cleared_at from alerts where consultation = $1 order by raised_at, id",
        consultation,
    )
    return tuple(
        AlertLine(row["kind"], row["decision"], release_day(row["raised_at"]), row["cleared_at"] is not None)
        for row in rows
    )
