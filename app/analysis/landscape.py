"""From rows to a landscape and a slate: reads votes into arrays and asks the core. Runs in workers only."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import Any, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.analysis.exclusions import left_out
from app.analysis.loading import one_moment, read_held
from app.cluster import workers_for
from app.database import fetch, fetchrow
from app.tables.consultations import Consultation
from app.taxonomies.constituencies import SMALL
from deliberation.disclosure_rules import DEFAULT
from deliberation.exclusions import named_digest
from deliberation.holdings import Holdings, Stance, imputed_holdings, observed_holdings
from deliberation.landscape import GROUP, Evidence, Landscape, LandscapeSettings, landscape_digest, map_landscape
from deliberation.slates import Slate, SlateSettings, select_slate
from deliberation.votes import Choice, VoteMatrix

CONSTITUENCY = "constituency"
N_DRAWS, N_FRESH_DRAWS = 5, 20
N_SAMPLED = 10_000
"""People in the draws: with 10,000 any share is known to a point, which is far below the error of the votes."""


@dataclass(frozen=True, eq=False)
class Input:
    """The votes cast before `until` and what people declared of themselves, aligned with the votes' participants.

    excluded : the exclusions whose votes were left out, as sorted ids
    """

    votes: VoteMatrix
    constituencies: NDArray[np.str_]
    weights: NDArray[np.float64] | None
    until: datetime
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Chosen:
    """The participants' slate with everything the curation desk needs: holdings, noise, certificates, challengers."""

    slate: Slate
    holdings: Holdings
    record: dict[str, Any]
    noise: dict[str, Any]


PEOPLE = """
select id, constituency from participants
where consultation = $1 and ($2 or not is_excluded) and not has_objected order by id
"""
STATEMENTS = "select id from proposals where consultation = $1 and status = 'accepted' order by id"


async def read_input(consultation: Consultation, until: datetime, *, whole: bool = False) -> Input | None:
    """The input of an analysis, None where nobody has voted.

    whole : with the votes that two persons have left out of the results
    """
    async with one_moment():
        excluded = () if whole else await left_out(consultation.id)
        people = await fetch(PEOPLE, consultation.id, whole)
        statements = await fetch(STATEMENTS, consultation.id)
        held = await read_held(consultation.id, until)
    ids = np.array([row["id"] for row in people], np.int64)
    codes = np.array([row["constituency"] for row in people], np.str_)
    voted = np.isin(ids, held.people)
    votes = held.matrix(participant_ids=ids[voted], statement_ids=np.array([row["id"] for row in statements], np.int64))
    if not votes.n_votes:
        return None
    constituencies = pooled(codes[voted])
    weights = await _weights(consultation, constituencies) if consultation.uses_weights else None
    return Input(votes, constituencies, weights, until, excluded)


def pooled(codes: NDArray[np.str_]) -> NDArray[np.str_]:
    """Constituencies with too few voters to be told as one, together; unstated where even together they are too few.

    One person's constituency could otherwise keep a statement off the common ground, and the list would tell who did.
    """
    names, index, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    small = (sizes < DEFAULT.fewest_inside) & (names != "")
    label = SMALL if sizes[small].sum() >= DEFAULT.fewest_inside else ""
    return np.asarray(np.where(small, label, names)[index], np.str_)


async def _weights(consultation: Consultation, constituencies: NDArray[np.str_]) -> NDArray[np.float64] | None:
    from deliberation.tallies import categories_of
    from deliberation.weights import rake

    rows = await fetch(
        "select code, share from targets where consultation = $1 and attribute = 'constituency'", consultation.id
    )
    targets = {row["code"]: float(row["share"]) for row in rows}
    categories = categories_of(constituencies, constituencies.size)
    whole = sum(targets.values())
    if not targets or set(categories.names) - set(targets) or not 0.99 < whole < 1.01:
        return None
    scaled = {code: share / whole for code, share in targets.items()}
    return rake({CONSTITUENCY: categories}, {CONSTITUENCY: scaled}).weights


async def previous_landscape(consultation: UUID, *, before: UUID | None = None) -> tuple[UUID, Landscape] | None:
    """The latest complete analysis of another round, or an earlier one of this round, which lends letters and axes."""
    row = await fetchrow(
        """
        select id, landscape from analyses
        where consultation = $1 and evidence = 'full'
          and (kind = 'frozen' and round is distinct from $2 or kind = 'past' and round = $2)
        order by created_at desc limit 1
        """,
        consultation,
        before,
    )
    return None if row is None else (row["id"], Landscape.from_json(json.loads(row["landscape"])))


def compute(
    given: Input,
    *,
    seed: int,
    evidence: Evidence,
    previous: Landscape | None,
    method: Literal["default", "polis"] = "default",
) -> Landscape:
    """The landscape of the input. Takes seconds to minutes of one core."""
    with workers_for(given.votes.n_votes) as workers:
        found = map_landscape(
            given.votes,
            seed=seed,
            method=method,
            constituencies={CONSTITUENCY: given.constituencies},
            weights=given.weights,
            previous=previous,
            evidence=evidence,
            clock=perf_counter,
            workers=workers,
        )
    if not given.excluded:
        return found
    named = replace(found, input_digest=named_digest(found.input_digest, given.excluded))
    return replace(named, digest=landscape_digest(named))


def choose(given: Input, landscape: Landscape, *, seed: int, size: int) -> Chosen:
    """The participants' slate on the landscape, with certificates on observed votes and on fresh draws."""
    from deliberation.certificates import METHOD, check_slate, estimate_certificate, strongest_challengers
    from deliberation.curation import noise_band
    from deliberation.slate_of_votes import cross_check

    holdings = _holdings(given, landscape, seed=seed, n_draws=N_DRAWS)
    candidates = _candidates(given, landscape)
    common = [Stance(item.statement_id, Choice(item.stance)) for item in landscape.common_ground]
    settings = SlateSettings(n_distinct=size)
    slate = select_slate(holdings, common, size=size, candidates=candidates, settings=settings)
    fresh = _holdings(given, landscape, seed=seed + 1, n_draws=N_FRESH_DRAWS)
    observed = observed_holdings(given.votes, weights=given.weights, labels=_labels(given, landscape))
    challengers = strongest_challengers(holdings, slate.stances, candidates=slate.candidates)
    # Without a model nothing is completed, and what the votes cast say is not said twice.
    is_completed = landscape.space is not None and bool(slate.distinct)
    record = {
        "method": METHOD,
        "seed": seed,
        "input_digest": given.votes.digest(),
        "total_weight": float(observed.weights.sum()),
        "slate": slate.to_json(),
        "observed": check_slate(observed, slate.stances, k=size, candidates=slate.candidates).to_json(),
        "estimated": estimate_certificate(fresh, slate.stances, k=size, candidates=slate.candidates).to_json()
        if is_completed
        else None,
        "audited": None,
        "cross_check": cross_check(holdings, slate, judged_on=fresh).to_json() if slate.distinct else None,
        "challengers": [stance.to_json() for stance in challengers],
        "decisive": sorted({stance.statement_id for stance in (*slate.stances, *challengers)}),
    }
    noise = noise_band(holdings, slate, seed=seed, slate_settings=settings)
    return Chosen(slate, holdings, record, noise.to_json())


def _labels(given: Input, landscape: Landscape) -> dict[str, NDArray[np.str_]]:
    letters = np.full(given.votes.n_participants, "", dtype="<U8")
    groups = landscape.groups
    if groups.letters:
        place = np.searchsorted(given.votes.participant_ids, groups.participant_ids)
        names = np.array([*groups.letters, ""])
        letters[place] = names[groups.labels]
    return {GROUP: letters, CONSTITUENCY: given.constituencies}


def _holdings(given: Input, landscape: Landscape, *, seed: int, n_draws: int) -> Holdings:
    """Imputed draws where there is a model of the votes; in a small room the votes themselves."""
    labels = _labels(given, landscape)
    if landscape.space is None:
        return observed_holdings(given.votes, weights=given.weights, labels=labels)
    from deliberation.space import complete_votes

    on_map = np.isin(given.votes.statement_ids, landscape.space.statement_ids)
    people = np.isin(given.votes.participant_ids, landscape.space.participant_ids)
    votes = given.votes.select(participants=people, statements=on_map)
    completed = complete_votes(landscape.space, votes, seed=seed, n_draws=n_draws, n_participants=N_SAMPLED)
    return imputed_holdings(
        completed,
        votes,
        weights=None if given.weights is None else given.weights[people],
        labels={name: codes[people] for name, codes in labels.items()},
    )


def _candidates(given: Input, landscape: Landscape) -> list[Stance]:
    """Both sides of every statement that enough people have voted on to be ranked."""
    from deliberation.common_ground import vote_floor

    floor = vote_floor(landscape.n_participants, LandscapeSettings().common_ground)
    counted = given.votes.counts().votes >= floor
    ids = given.votes.statement_ids[counted]
    if landscape.space is not None:
        ids = ids[np.isin(ids, landscape.space.statement_ids)]
    return [Stance(int(item), choice) for item in ids for choice in (Choice.AGREE, Choice.DISAGREE)]


__all__ = ["Chosen", "Input", "choose", "compute", "previous_landscape", "read_input"]
