"""Curated slates as the core sees them: the frozen analysis behind one, the draft as it stands, and what it costs whom.

Nothing here is released yet: `curation_page` words these figures, through the disclosure gate.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from app import access
from app.access import Actor
from app.database import fetch, fetchrow, fetchval
from app.tables.participants import Participant
from app.tables.rounds import Round
from deliberation.certificates import (
    Certificate,
    EstimatedCertificate,
    check_slate,
    strongest_challengers,
)
from deliberation.curation import (
    CurationReview,
    CurationSettings,
    Difference,
    MissingReason,
    NoiseBand,
    Reason,
    ReasonCode,
    difference,
    missing_reasons,
    review_curation,
)
from deliberation.holdings import Holdings, Stance
from deliberation.phases import TEMPLATES, Action, Phase
from deliberation.slates import Slate, SpokenFor, assign_spoken_for
from deliberation.votes import Choice

MAX_FROZEN, MAX_REVIEWS = 6, 48
N_CHALLENGERS = 20
SMALL_ROOM = 30
"""Below this many participants a participant drawn by lot may give the second signature."""


@dataclass(frozen=True, eq=False)
class Frozen:
    """What a frozen analysis holds for curators; it never changes, so that it is kept decoded."""

    id: UUID
    slate: Slate
    holdings: Holdings
    noise: NoiseBand | None
    observed: Certificate
    estimated: EstimatedCertificate | None
    challengers: tuple[Stance, ...] = ()

    @property
    def stances(self) -> tuple[Stance, ...]:
        """The whole participants' slate: common ground, then distinct stances."""
        return (*self.slate.common_ground, *self.slate.stances)

    @property
    def has_groups(self) -> bool:
        return any(label for label in np.unique(self.holdings.labels.get("group", np.array([""]))))

    def distinct(self, stances: Sequence[Stance]) -> tuple[Stance, ...]:
        """Those that take a place: all but the participants' common ground."""
        return tuple(stance for stance in stances if stance not in self.slate.common_ground)

    def known(self, stances: Sequence[Stance]) -> tuple[Stance, ...]:
        """Those on statements that enough people could vote on to be measured."""
        ids = set(self.holdings.statement_ids.tolist())
        return tuple(stance for stance in stances if stance.statement_id in ids)


@dataclass(frozen=True)
class Signature:
    """One person's signature under the present version."""

    account: UUID
    role: str
    signed_at: datetime


@dataclass(frozen=True)
class Draft:
    """A curated slate as it stands, with the reasons given so far and the signatures under its present version."""

    id: UUID
    round: UUID
    analysis: UUID
    status: str
    version: int
    n_places: int
    stances: tuple[Stance, ...]
    reasons: dict[Stance, Reason]
    signatures: tuple[Signature, ...]
    published_at: datetime | None
    report: dict[str, Any]
    scoring_closed_at: datetime | None = None
    last_step: Mapping[str, Any] = field(default_factory=dict)
    """What the last edit did, and the slate as it was before; empty where nothing can be undone."""

    @property
    def is_published(self) -> bool:
        return self.status == "published"


@dataclass(frozen=True, eq=False)
class Review:
    """All that is computed of a draft.

    changes : over the whole slate, common ground included; everything else is about the distinct stances
    """

    changes: Difference
    measured: CurationReview
    observed: Certificate
    estimated: EstimatedCertificate
    spoken_before: SpokenFor
    spoken_after: SpokenFor
    spoken_stances: tuple[Stance, ...]


@dataclass(frozen=True)
class Statement:
    """A statement as a slate shows it."""

    id: int
    number: int
    text: str
    language: str
    status: str
    is_starter: bool


_frozen: OrderedDict[UUID, Frozen] = OrderedDict()
_reviews: OrderedDict[tuple[UUID, tuple[Stance, ...]], Review] = OrderedDict()


def settings_of(item: Round) -> CurationSettings:
    """What the round asks of its curators."""
    given = json.loads(item.settings) if isinstance(item.settings, str) else item.settings
    return CurationSettings(moves_need_reasons=bool(given.get("moves_need_reasons", False)))


def propose_round_before(actor: Actor, item: Round) -> Round | None:
    """The propose round whose slate a curate round works on."""
    before = [other for other in actor.rounds if other.phase == Phase.PROPOSE and other.number < item.number]
    return before[-1] if before else None


async def evidence_on(proposed: Round) -> tuple[UUID | None, bool]:
    """The full frozen analysis of a propose round, and whether a quick one is there already."""
    rows = await fetch(
        "select id, evidence, slate <> '{}'::jsonb as has_slate from analyses "
        "where round = $1 and kind = 'frozen' order by created_at desc",
        proposed.id,
    )
    full = [row["id"] for row in rows if row["evidence"] == "full" and row["has_slate"]]
    return (full[0] if full else None), bool(rows)


async def analysis_for(actor: Actor) -> UUID | None:
    """The frozen analysis that the open curate round works on, None before there is one."""
    proposed = None if actor.round is None else propose_round_before(actor, actor.round)
    return None if proposed is None else (await evidence_on(proposed))[0]


async def n_votes_before(proposed: Round) -> int:
    """How many votes a propose round closed with."""
    return int(
        await fetchval(
            "select count(*) from votes where consultation = $1 and cast_at < $2",
            proposed.consultation,
            proposed.closes_at,
        )
    )


async def frozen_of(analysis: UUID) -> Frozen:
    """The analysis with its holdings decoded, from this process's memory where it was asked for lately."""
    found = _frozen.get(analysis)
    if found is None:
        row = await fetchrow("select slate, holdings, noise from analyses where id = $1", analysis)
        assert row is not None
        found = await asyncio.to_thread(_decoded, analysis, row["slate"], bytes(row["holdings"]), row["noise"])
        _keep(_frozen, analysis, found, MAX_FROZEN)
    return found


def _decoded(analysis: UUID, slate: str, holdings: bytes, noise: str) -> Frozen:
    record, band = json.loads(slate), json.loads(noise)
    return Frozen(
        analysis,
        Slate.from_json(record["slate"]),
        Holdings.from_bytes(holdings),
        NoiseBand.from_json(band) if band else None,
        Certificate.from_json(record["observed"]),
        EstimatedCertificate.from_json(record["estimated"]) if record.get("estimated") else None,
        tuple(Stance.from_json(stance) for stance in record.get("challengers", ())),
    )


def _keep(kept: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


async def review(frozen: Frozen, curated: tuple[Stance, ...]) -> Review:
    """What the curated stances change, and for whom; computed off the event loop and remembered."""
    key = (frozen.id, curated)
    found = _reviews.get(key)
    if found is None:
        found = await asyncio.to_thread(_reviewed, frozen, curated)
        _keep(_reviews, key, found, MAX_REVIEWS)
    return found


def _reviewed(frozen: Frozen, curated: tuple[Stance, ...]) -> Review:
    slate, holdings = frozen.slate, frozen.holdings
    distinct = frozen.distinct(curated)
    known = frozen.known(distinct)
    measured = review_curation(holdings, slate, distinct, band=frozen.noise)
    is_same = set(distinct) == set(slate.stances)
    k = max(slate.size, len(known), 1)
    observed = frozen.observed
    if not is_same:
        observed = check_slate(votes_as_cast(holdings), known, k=k, candidates=slate.candidates)
    estimated = frozen.estimated if is_same and frozen.estimated is not None else measured.certificate
    return Review(
        difference(frozen.stances, curated),
        measured,
        observed,
        estimated,
        assign_spoken_for(holdings, slate.stances),
        assign_spoken_for(holdings, known),
        known,
    )


def votes_as_cast(holdings: Holdings) -> Holdings:
    """The stances really taken: a vote that was cast stands in every draw as it is, and all else falls away."""
    return replace(holdings, bits=(holdings.bits[0] & np.repeat(holdings.answered, 2, axis=0))[None])


async def challengers_of(frozen: Frozen, curated: Sequence[Stance]) -> tuple[Stance, ...]:
    """The left-out stances that come closest to a justified complaint, each statement once, none that is listed."""

    def found() -> tuple[Stance, ...]:
        known = frozen.known(frozen.distinct(curated))
        k = max(frozen.slate.size, len(known), 1)
        return strongest_challengers(
            frozen.holdings, known, k=k, candidates=frozen.slate.candidates, n=4 * N_CHALLENGERS
        )

    seen = {stance.statement_id for stance in curated}
    kept: list[Stance] = []
    for stance in await asyncio.to_thread(found):
        if stance.statement_id not in seen:
            seen.add(stance.statement_id)
            kept.append(stance)
    return tuple(kept[:N_CHALLENGERS])


def missing_of(frozen: Frozen, draft: Draft, settings: CurationSettings) -> tuple[MissingReason, ...]:
    """The differences that still lack a code or a sentence."""
    return missing_reasons(difference(frozen.stances, draft.stances), draft.reasons, settings=settings)


# -------- rows


async def draft_of_round(item: Round) -> Draft | None:
    """The curated slate of a curate round, None before the desk was first opened."""
    slate = await fetchval("select id from curated_slates where round = $1", item.id)
    return None if slate is None else await draft(slate)


async def published_before(actor: Actor, item: Round | None) -> Draft | None:
    """The published slate of the last curate round, or of the last one before a round."""
    slate = await fetchval(
        "select s.id from curated_slates s join rounds r on r.id = s.round "
        "where s.consultation = $1 and s.status = 'published' and r.number < $2 order by r.number desc limit 1",
        actor.consultation.id,
        item.number if item is not None else 32_767,
    )
    return None if slate is None else await draft(slate)


async def draft(slate: UUID) -> Draft:
    """A curated slate with its items, reasons and signatures."""
    row = await fetchrow("select * from curated_slates where id = $1", slate)
    assert row is not None
    items = await fetch("select proposal, choice from slate_items where slate = $1 order by position, proposal", slate)
    reasons = await fetch("select proposal, choice, reason_code, sentence from slate_reasons where slate = $1", slate)
    signed = await fetch(
        "select account, role, signed_at from slate_signatures where slate = $1 and version = $2 order by signed_at",
        slate,
        row["version"],
    )
    return Draft(
        row["id"],
        row["round"],
        row["analysis"],
        row["status"],
        row["version"],
        row["n_places"],
        tuple(_stance(item) for item in items),
        {_stance(r): Reason(code_of(r["reason_code"]), r["sentence"]) for r in reasons},
        tuple(Signature(s["account"], s["role"], s["signed_at"]) for s in signed),
        row["published_at"],
        json.loads(row["report"]),
        row["scoring_closed_at"],
        json.loads(row["last_step"]),
    )


def _stance(row: Any) -> Stance:
    return Stance(row["proposal"], Choice(row["choice"]))


def code_of(text: str) -> ReasonCode | None:
    """The reason code that is meant, None for none of them."""
    return ReasonCode(text) if text in set(ReasonCode) else None


async def statements_of(ids: Sequence[int], consultation: UUID | None = None) -> dict[int, Statement]:
    """The statements with these ids, whatever became of them; where ids were sent to us, of one consultation only."""
    rows = await fetch(
        "select id, number, statement, language, status, is_starter from proposals "
        "where id = any($1::int[]) and ($2::uuid is null or consultation = $2)",
        list(ids),
        consultation,
    )
    return {row["id"]: Statement(*row.values()) for row in rows}


async def search_statements(actor: Actor, words: str, *, n: int = 20) -> tuple[Statement, ...]:
    """Accepted statements that carry this number or contain these words."""
    number = int(words) if words.isascii() and words.isdigit() and len(words) < 9 else -1
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = await fetch(
        "select id, number, statement, language, status, is_starter from proposals "
        "where consultation = $1 and status = 'accepted' and (number = $2 or statement ilike $3) "
        "order by number limit $4",
        actor.consultation.id,
        number,
        f"%{escaped}%",
        n,
    )
    return tuple(Statement(*row.values()) for row in rows)


# -------- the second signature


def is_one_meeting(actor: Actor) -> bool:
    """Whether the rounds are those of "One meeting"."""
    return tuple(Phase(item.phase) for item in actor.rounds) == TEMPLATES["one_meeting"]


async def drawn_by_lot(actor: Actor, slate: Draft) -> UUID | None:
    """The account that may sign as a participant: drawn anew for each version once it has a first signature.

    The draw is among accounts, so that it leads to nobody's pseudonym; who holds another role here is left out.
    """
    if not slate.signatures or slate.is_published or not is_one_meeting(actor):
        return None
    rows = await fetch(
        "select account from memberships where consultation = $1 group by account having array_agg(role::text) = $2",
        actor.consultation.id,
        ["participant"],
    )
    if await Participant.n_in(actor.consultation.id) >= SMALL_ROOM:
        return None
    seed = f"{actor.consultation.seed}:{slate.id}:{slate.version}"
    order = sorted((row["account"] for row in rows), key=lambda a: hashlib.sha256(f"{seed}:{a}".encode()).digest())
    for account in order:
        participant = await access.participant_of(actor.consultation.id, account)
        if participant is not None and not participant.is_excluded:
            return account  # type: ignore[no-any-return]
    return None


async def asked_to_sign(actor: Actor) -> bool:
    """Whether this person was drawn by lot to give the second signature, and has not given it."""
    item = actor.round
    if actor.person is None or item is None or item.phase != Phase.CURATE or not actor.may(Action.SIGN_SLATE):
        return False
    slate = await draft_of_round(item)
    return slate is not None and await drawn_by_lot(actor, slate) == actor.person.id


async def organisations_by_constituency(actor: Actor) -> dict[str, int]:
    """How many organisations speak in each constituency: the gate asks for it in small rooms."""
    rows = await fetch(
        "select constituency, count(distinct organisation) as n from participants where consultation = $1 group by 1",
        actor.consultation.id,
    )
    return {row["constituency"]: row["n"] for row in rows}
