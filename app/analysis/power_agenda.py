"""Who sets the agenda, who waits, whose absence would show, and votes that copy each other: measured by a worker.

What it returns are exact figures, kept beside the other figures of the balance; only the disclosure gate shows them.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.analysis import landscape as bridge
from app.analysis.curation import Frozen, frozen_of
from app.analysis.power_rows import slate_of
from app.analysis.queue_age import AWAY
from app.analysis.results import GROUP, vote_rows
from app.database import fetch, fetchrow
from app.tables.consultations import Consultation
from deliberation.agenda import STEPS, AgendaSettings, OddsRatio, passages
from deliberation.common_ground import vote_floor
from deliberation.coordination import CoordinationSettings, level_of, near_identical
from deliberation.exchange import ExchangeSettings, amendment_exchange, uptake_latency
from deliberation.exposure import ExposureSettings, early_gaps, position_bias
from deliberation.influence import leave_one_out
from deliberation.landscape import Landscape, LandscapeSettings
from deliberation.power import Imbalance, Level, PowerSettings
from deliberation.slates import SlateSettings, select_slate

FIGURES = "2"
"""Counts up when the figures hold something else, so that those of before are measured again."""
PAIR = 2
MOST_ORGANISATIONS = 20
ENDLESS = 1e9
"""What stands for infinite odds, which JSON cannot hold."""
PROPOSALS = f"""
select p.id, p.author, q.constituency, p.is_starter,
  extract(epoch from p.decided_at - p.waiting_since - {AWAY}) / 3600 as hours, p.status,
  (select count(*) from showings s where s.proposal = p.id) as n_shown,
  (select count(*) from votes v where v.proposal = p.id) as n_votes,
  exists(select from slate_items i join curated_slates c on c.id = i.slate
    where i.proposal = p.id and c.status = 'published') as is_curated,
  exists(select from coalitions c join commitments k on k.coalition = c.id
    where c.proposal = p.id and k.status in ('made', 'paused', 'delivered')) as is_committed
from proposals p left join participants q on q.id = p.author
where p.consultation = $1 and p.status <> 'withdrawn' order by p.id
"""  # noqa: S608  # a constant
AMENDMENTS = """
select a.status, q.constituency as amender, r.constituency as author
from amendments a join proposals p on p.id = a.proposal
  left join participants q on q.id = a.participant left join participants r on r.id = p.author
where p.consultation = $1 and a.status in ('accepted', 'declined', 'own') order by a.id
"""
LATEST = """
select id, round, kind, landscape, slate, holdings is not null as has_holdings from analyses
where consultation = $1 and kind <> 'search' order by (kind = 'frozen') desc, created_at desc limit 1
"""
EARLY_VOTES = """
select proposal, sum((place <= $2 and choice = 'agree')::int) as first_agrees, sum((place <= $2)::int) as n_first,
  sum((place > $2 and choice = 'agree')::int) as later_agrees, sum((place > $2)::int) as n_later
from (select proposal, choice, row_number() over (partition by proposal order by cast_at, id) as place
  from votes where consultation = $1) v
group by proposal order by proposal
"""
JOINED = "select id, constituency, organisation, joined_on from participants where consultation = $1 order by id"


@dataclass(frozen=True, eq=False)
class Agenda:
    """The rows the agenda is measured from."""

    proposals: Sequence[Mapping[str, Any]]
    amendments: Sequence[Mapping[str, Any]]
    early: Sequence[Mapping[str, Any]]
    rushed: frozenset[int]
    joined: Mapping[int, int]
    constituency_of: Mapping[int, str]
    organisation_of: Mapping[int, str]
    landscape: Landscape | None
    chosen: frozenset[int]
    frozen: Frozen | None
    given: bridge.Input | None
    source: str


async def read_agenda(
    consultation: Consultation, until: datetime, measured: str, rushed: frozenset[int]
) -> Agenda | None:
    """The rows, or None where just what they hold has been `measured` before.

    rushed : participants who voted in a burst
    """
    latest = await fetchrow(LATEST, consultation.id)
    source = f"{FIGURES}:{latest['id']}" if latest else FIGURES
    proposals = await fetch(PROPOSALS, consultation.id)
    source += f":{sum(row['is_curated'] for row in proposals)}:{sum(row['is_committed'] for row in proposals)}"
    amendments = await fetch(AMENDMENTS, consultation.id)
    source += f":{len(amendments)}"
    if source == measured:
        return None
    joined = await fetch(JOINED, consultation.id)
    early = await fetch(EARLY_VOTES, consultation.id, ExposureSettings().n_first)
    return Agenda(
        # The database's own rows stay in the process that asked for them; what is worked out in another travels.
        [dict(row) for row in proposals],
        [dict(row) for row in amendments],
        [dict(row) for row in early],
        rushed,
        {row["id"]: row["joined_on"].toordinal() for row in joined},
        {row["id"]: row["constituency"] for row in joined if row["constituency"]},
        {row["id"]: str(row["organisation"]) for row in joined if row["organisation"]},
        Landscape.from_json(json.loads(latest["landscape"])) if latest else None,
        frozenset(slate_of(latest["slate"])) if latest else frozenset(),
        await frozen_of(latest["id"]) if latest and latest["has_holdings"] else None,
        await bridge.read_input(consultation, until),
        source,
    )


def agenda_figures(read: Agenda, n_participants: int, *, seed: int) -> dict[str, Any]:
    """Everything measured, as plain values for storage."""
    return {
        "source": read.source,
        "n_authors": _authors(read),
        **_passages(read, n_participants),
        "waits": _waits(read, seed),
        "position": _position(read, n_participants),
        "n_early_gaps": _n_early_gaps(read),
        "exchange": _exchange(read),
        "influence": _influence(read, read.constituency_of, seed),
        "influence_of_organisations": _influence(read, _large(read.organisation_of), seed),
        "near_identical": _near_identical(read),
    }


def _authors(read: Agenda) -> dict[str, int]:
    people: dict[str, set[int]] = {}
    for row in read.proposals:
        if row["constituency"]:
            people.setdefault(row["constituency"], set()).add(row["author"])
    return {code: len(ids) for code, ids in people.items()}


def _passages(read: Agenda, n_participants: int) -> dict[str, Any]:
    """The funnel by constituency: steps that nobody has passed yet are left out."""
    support = _support(read.landscape)
    shown_floor = min(AgendaSettings().fewest_exposures, max(n_participants // 2, 1))
    voted_floor = vote_floor(n_participants, LandscapeSettings().common_ground)
    passed = np.array(
        [
            (
                max(row["n_shown"], row["n_votes"]) >= shown_floor,
                row["n_votes"] >= voted_floor,
                row["id"] in read.chosen,
                row["is_curated"],
                row["is_committed"],
            )
            for row in read.proposals
        ],
        bool,
    ).reshape(-1, len(STEPS))
    found = passages(
        [row["constituency"] or None for row in read.proposals],
        [support.get(row["id"], float("nan")) for row in read.proposals],
        passed,
    )
    return {
        "steps": [step for place, step in enumerate(STEPS) if passed[:, place].any()],
        "passages": [
            {
                "category": one.category,
                "step": one.step,
                "n_asked": one.n_asked,
                "n_passed": one.n_passed,
                "n_others_asked": one.n_others_asked,
                "n_others_passed": one.n_others_passed,
                "odds": None if one.odds is None else [min(end, ENDLESS) for end in _ends(one.odds)],
                "level": one.level,
            }
            for one in found
        ],
    }


def _ends(odds: OddsRatio) -> tuple[float, float, float]:
    return odds.value, odds.lower, odds.upper


def _support(landscape: Landscape | None) -> dict[int, float]:
    """Least share of any opinion group that agrees with each statement; of everyone where there are no groups."""
    if landscape is None:
        return {}
    least: dict[int, float] = {}
    for row in vote_rows(landscape):
        n = row.agrees + row.disagrees + row.passes
        if n and (len(row.key) == 1 or row.key[1] == GROUP):
            statement = int(row.key[0])
            least[statement] = min(least.get(statement, 1.0), row.agrees / n)
    return least


def _waits(read: Agenda, seed: int) -> list[dict[str, Any]]:
    rows = [row for row in read.proposals if not row["is_starter"] and row["author"]]
    hours = [np.nan if row["hours"] is None else max(float(row["hours"]), 0.0) for row in rows]
    # What never had to wait was put up at once: not a wait of its author.
    found = uptake_latency([row["constituency"] or None for row in rows], hours, seed=seed)
    return [
        {
            "category": one.category,
            "n": one.n,
            "median": _finite(one.median),
            "lower": _finite(one.lower),
            "upper": _finite(one.upper),
            "others": _finite(one.others_median),
            "level": one.level,
        }
        for one in found
    ]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _position(read: Agenda, n_participants: int) -> dict[str, Any] | None:
    shown = [max(row["n_shown"], row["n_votes"]) for row in read.proposals if row["status"] in ("accepted", "merged")]
    found = position_bias(shown, n_participants=n_participants)
    if found is None:
        return None
    return {
        "correlation": found.correlation,
        "lower": found.lower,
        "upper": found.upper,
        "floor": found.floor,
        "n_below_floor": found.n_below_floor,
        "n": found.n_statements,
        "level": found.level,
    }


def _n_early_gaps(read: Agenda) -> int:
    first = [[row["first_agrees"], row["n_first"] - row["first_agrees"]] for row in read.early]
    later = [[row["later_agrees"], row["n_later"] - row["later_agrees"]] for row in read.early]
    return len(early_gaps([row["proposal"] for row in read.early], first, later))


def _exchange(read: Agenda) -> dict[str, Any]:
    found = amendment_exchange(
        [row["amender"] or None for row in read.amendments],
        [row["author"] or None for row in read.amendments],
        [row["status"] == "accepted" for row in read.amendments],
    )
    return {
        "reciprocity": found.reciprocity,
        "n_across": found.n_across,
        "rows": [
            [one.category, one.n_given, one.n_given_accepted, one.n_received, one.n_received_accepted, one.level]
            for one in found.rows
        ],
    }


def _large(organisation_of: Mapping[int, str]) -> dict[int, str]:
    """The organisations with most participants: each costs a choice of the slate, and some twenty for its size."""
    sizes = Counter(organisation_of.values())
    kept = set(sorted(sizes, key=lambda name: (-sizes[name], name))[:MOST_ORGANISATIONS])
    return {person: name for person, name in organisation_of.items() if name in kept}


def _influence(read: Agenda, category_of: Mapping[int, str], seed: int) -> list[dict[str, Any]]:
    """How much of the participants' slate hangs on each category."""
    frozen = read.frozen
    if frozen is None or not frozen.slate.distinct:
        return []
    holdings, slate = frozen.holdings, frozen.slate
    size = slate.size
    settings = SlateSettings(n_distinct=size)
    labels = [category_of.get(int(one)) for one in holdings.participant_ids]

    def choose(kept: NDArray[np.bool_]) -> frozenset[Any]:
        part = holdings.sample(np.flatnonzero(kept))
        again = select_slate(part, slate.common_ground, size=size, candidates=slate.candidates, settings=settings)
        return frozenset(again.stances)

    return [
        {"category": one.category, "n": one.n_members, "influence": one.influence, "chance": one.chance,
         "level": one.level}
        for one in leave_one_out(labels, choose, seed=seed)
    ]  # fmt: skip


def _near_identical(read: Agenda) -> list[dict[str, Any]]:
    """Sets of participants whose votes copy each other's, under the least of their pseudonyms."""
    if read.given is None:
        return []
    return [
        {
            "subject": str(found.participants[0]),
            "people": list(found.participants),
            "n": len(found.participants),
            "n_pairs": found.n_pairs,
            "same_share": found.same_share,
            "least_common": found.least_common,
            "level": level_of(found, read.joined, read.rushed),
        }
        for found in near_identical(read.given.votes, settings=replace(CoordinationSettings(), fewest_people=PAIR))
    ]


CLEAR_BELOW = PowerSettings().clear_below
"""The alerts of the agenda clear by the rule of all others: below half the minimum effect, at two looks in a row."""


def agenda_imbalances(figures: Mapping[str, Any]) -> list[tuple[Imbalance, bool]]:
    """What of the figures asks for a moderator's decision, and, marked True, what is still beyond half of that."""
    found: list[tuple[Imbalance, bool]] = []
    for part in (_passed, _waited, _positioned, _exchanged, _alike):
        found += part(figures)
    return found


def _passed(figures: Mapping[str, Any]) -> Iterator[tuple[Imbalance, bool]]:
    over = AgendaSettings().odds_over
    half = 1 + (over - 1) * CLEAR_BELOW
    for row in figures["passages"]:
        if not row["odds"]:
            continue
        odds = row["odds"][0]
        if row["level"] or odds >= half or odds <= 1 / half:
            parameters = {name: row[name] for name in ("step", "n_asked", "n_passed", "odds")}
            kind = "favoured_at_equal_support" if odds > 1 else "passed_over_at_equal_support"
            bound = over if odds > 1 else 1 / over
            subject = f"constituency:{row['category']}:{row['step']}"
            yield Imbalance(kind, subject, odds, bound, _level(row["level"]), parameters), not row["level"]


def _waited(figures: Mapping[str, Any]) -> Iterator[tuple[Imbalance, bool]]:
    over = ExchangeSettings().times_as_long
    half = 1 + (over - 1) * CLEAR_BELOW
    for row in figures["waits"]:
        own, others = (math.inf if row[name] is None else row[name] for name in ("median", "others"))
        if row["level"] or (others < math.inf and own > 0 and own >= half * others):
            parameters = {"n": row["n"], "others": row["others"]}
            measure = -1.0 if row["median"] is None else row["median"]
            level = _level(row["level"])
            one = Imbalance("long_wait", f"constituency:{row['category']}", measure, over, level, parameters)
            yield one, not row["level"]


def _positioned(figures: Mapping[str, Any]) -> Iterator[tuple[Imbalance, bool]]:
    position, over = figures["position"], ExposureSettings().correlation_over
    if position and (position["level"] or abs(position["correlation"]) >= over * CLEAR_BELOW):
        level = _level(position["level"])
        yield (
            Imbalance("uneven_exposure", "", position["correlation"], over, level, {"n": position["n"]}),
            not position["level"],
        )


def _exchanged(figures: Mapping[str, Any]) -> Iterator[tuple[Imbalance, bool]]:
    over = ExchangeSettings().gap_over
    for category, given, given_yes, received, received_yes, level in figures["exchange"]["rows"]:
        if not given or not received:
            continue
        rates = given_yes / given, received_yes / received
        if level or abs(rates[0] - rates[1]) >= over * CLEAR_BELOW:
            parameters = {"given": [given_yes, given], "received": [received_yes, received]}
            subject = f"constituency:{category}"
            yield Imbalance("one_way_amendments", subject, *rates, _level(level), parameters), not level


def _level(stored: str | None) -> Level:
    return Level(stored) if stored else Level.NOTE


def _alike(figures: Mapping[str, Any]) -> Iterator[tuple[Imbalance, bool]]:
    """Sets of so many people; of a set that has shrunk to a pair the alert stays open."""
    fewest = CoordinationSettings().fewest_people
    for row in figures["near_identical"]:
        parameters = {name: row[name] for name in ("n", "n_pairs", "least_common")}
        one = Imbalance("near_identical", row["subject"], row["same_share"], 1.0, Level(row["level"]), parameters)
        yield one, row["n"] < fewest


__all__ = ["Agenda", "agenda_figures", "agenda_imbalances", "read_agenda"]
