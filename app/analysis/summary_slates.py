"""What became of a closed round, as a summary tells it to the public: slates, the answers to them, coalitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis.curation import published_before
from app.analysis.dial import bottom_up
from app.analysis.ledger import ledger_now
from app.analysis.responses import closed_round
from app.analysis.responses_result import counted_of
from app.analysis.results import Gate
from app.analysis.summary_material import Answers, LedgerLine, Partnering, Slates, Statement
from app.database import fetch, fetchrow
from deliberation.disclosure import ReleasedShare, ReleasedWords

CURATED = """
select s.id, s.analysis, r.number as round,
  (select array_agg(distinct g.role) from slate_signatures g where g.slate = s.id and g.version = s.version) as roles
from curated_slates s join rounds r on r.id = s.round
where s.consultation = $1 and s.status = 'published' and s.analysis = $2 order by r.number desc limit 1
"""


async def slates_of(
    actor: Actor, record: Mapping[str, Any], analysis: UUID, gate: Gate, statements: Mapping[int, Statement]
) -> Slates:
    """Both slates as they may be told of: the participants', and what the curators made of it once it is published."""
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


async def answers_of(actor: Actor, gate: Gate) -> Answers | None:
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


async def coalitions_of(consultation: UUID, gate: Gate) -> tuple[Partnering, ...]:
    """The coalitions that have formed."""
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
