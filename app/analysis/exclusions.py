"""Votes left out of the results by two persons: which ones, what is told of them, and both results side by side.

Nobody reads here who the people are or how they voted; what is told of them passes the disclosure gate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis.results import VOTES
from app.database import fetch, fetchrow, fetchval
from app.refusals import N_
from app.tables.exclusions import Exclusion, ExclusionObjection
from app.tables.participants import Participant
from app.tables.publications import Publication
from deliberation.bursts import BurstSettings
from deliberation.disclosure import (
    Attribution,
    Audience,
    Basis,
    ReleasedDay,
    release_day,
)
from deliberation.exclusions import (
    LEFT_OUT,
    Outcome,
    ReleasedComparison,
    ReleasedExclusion,
    Standing,
    Step,
    kept_since,
    may_follow_release,
    release_comparison,
    release_excluded,
)
from deliberation.phases import Phase, Role

KINDS = frozenset({"near_identical", "burst"})
"""Kinds of alerts that are about votes, from which votes can be left out."""
REASONS: dict[str, str] = {
    "one_person": N_("one person seems to have voted more than once"),
    "script": N_("the votes seem to have been cast by a program"),
    "shared_list": N_("the votes seem to follow a list that was handed round"),
    "not_entitled": N_("the accounts do not belong to people who were invited"),
}
"""Why votes are left out: the reason that everybody reads. The two persons' own words stay with those who moderate."""
STAND = [one.value for one in sorted(LEFT_OUT)]


# -------- which votes


async def left_out(consultation: UUID) -> tuple[str, ...]:
    """The exclusions that hold now, as sorted ids."""
    rows = await fetch(
        "select id from exclusions where consultation = $1 and standing = any($2::text[])", consultation, STAND
    )
    return tuple(sorted(str(row["id"]) for row in rows))


async def concerned(consultation: UUID, kind: str, subject: str, figures: Mapping[str, Any]) -> tuple[int, ...]:
    """Whose votes an alert is about: those who voted in the burst, or whose votes copy each other's; else nobody."""
    if kind == "near_identical":
        rows = figures.get("agenda", {}).get("near_identical", ())
        return next((tuple(row.get("people", ())) for row in rows if row["subject"] == subject), ())
    if kind != "burst":
        return ()
    start = int(subject.rpartition(":")[2])
    rows = await fetch(
        """
        select distinct participant from votes, (
          select date_trunc('minute', min(cast_at)) + make_interval(mins => $2) as since
          from votes where consultation = $1
        ) burst
        where consultation = $1 and cast_at >= since and cast_at < since + make_interval(mins => $3)
        order by participant
        """,
        consultation,
        start,
        BurstSettings().window_minutes,
    )
    return tuple(row["participant"] for row in rows)


async def kept_rows(consultation: UUID, previous: Basis | None, excluded: Sequence[str]) -> tuple[str, ...]:
    """Statements whose released rows stay as they are, now that these exclusions hold.

    Where votes were left out, or taken in again, after they had been released, every row released so far stays: the
    difference of two would be those votes.
    """
    stored = await Publication.stored(consultation, VOTES)
    known = json.loads(stored) if stored else {}
    before = set(known.get("excluded", ()))
    new = [UUID(one) for one in excluded if one not in before]
    is_correction = bool(before - set(excluded)) or await fetchval(
        "select coalesce(bool_or(is_correction), false) from exclusions where id = any($1::uuid[])", new
    )
    return kept_since(known.get("kept", ()), previous, is_correction=bool(is_correction))


async def stay_released(consultation: UUID) -> frozenset[str]:
    """Statements of which nothing is released anew, as the last publication says."""
    stored = await fetchval(
        "select row -> 'kept' from publications where consultation = $1 and audience = 'both' and key = $2",
        consultation,
        VOTES,
    )
    return frozenset(json.loads(stored)) if stored else frozenset()


async def waiting(actor: Actor) -> tuple[UUID, ...]:
    """Exclusions on which this person may be asked: those that wait for a second person, and for convenors those with
    an objection to answer."""
    rows = await fetch(
        """
        select x.id from exclusions x where x.consultation = $1 and (
          x.standing in ('proposed', 'lifting') and ($3 or $2) or $2 and exists(
            select from exclusion_objections o where o.exclusion = x.id and o.answer = ''))
        order by x.id
        """,
        actor.consultation.id,
        Role.CONVENOR in actor.roles,
        Role.MODERATOR in actor.roles,
    )
    return tuple(row["id"] for row in rows)


RELEASED = """
select exists(
  select from publications p join analyses a on a.id = p.analysis, votes v
  where p.consultation = $1 and p.audience = 'both' and p.key = 'votes'
    and v.participant = any($2::bigint[]) and v.cast_at < a.votes_until
    and ($3 = any(string_to_array(a.excluded, ','))) = $4
)
"""


async def is_released(exclusion: Exclusion, people: Sequence[int], *, without: bool) -> bool:
    """Whether what was released last counted the votes of these people (or, `without`, left them out)."""
    return bool(await fetchval(RELEASED, exclusion.consultation, list(people), str(exclusion.id), without))


async def moved_by(exclusion: Exclusion) -> tuple[int, ...]:
    """Those of the people concerned whose votes count or not by this exclusion alone."""
    rows = await fetch(
        """
        select unnest($2::bigint[]) as participant except
        select unnest(participants) from exclusions where consultation = $1 and id <> $3 and standing = any($4::text[])
        """,
        exclusion.consultation,
        exclusion.participants,
        exclusion.id,
        STAND,
    )
    return tuple(sorted(row["participant"] for row in rows))


IN_USE = """
select exists(
  select from analyses a where a.round = $1 and a.kind = 'frozen' and (
    exists(select from curated_slates s where s.analysis = a.id)
    or exists(select from summaries s where s.analysis = a.id and (s.status = 'published' or s.shown_until is not null
      or exists(select from summary_signatures g where g.summary = s.id and g.version = s.version)))))
"""


async def rests_on_result(actor: Actor) -> bool:
    """Whether curators or a summary have gone on from the result that an exclusion would change now."""
    item = actor.round
    if item is not None and item.phase == Phase.PROPOSE and actor.is_open:
        return False
    closed = actor.last_closed(Phase.PROPOSE)
    return closed is not None and bool(await fetchval(IN_USE, closed.id))


async def may_change_again(actor: Actor, n_people: int) -> bool:
    """Whether the votes of so many may be left out, or taken in, after results with the others have been released."""
    mode = Attribution(actor.consultation.attribution)
    return may_follow_release(n_people, mode, n_participants=await Participant.n_in(actor.consultation.id))


async def n_moderators(consultation: UUID) -> int:
    return int(
        await fetchval("select count(*) from memberships where consultation = $1 and role = 'moderator'", consultation)
    )


# -------- what is told


@dataclass(frozen=True)
class StepLine:
    """One step: who is told by role alone."""

    step: str
    role: str
    words: str
    day: ReleasedDay
    is_own: bool


@dataclass(frozen=True)
class ObjectionLine:
    """What one of those concerned says, and the answer to it; nobody is told who."""

    id: UUID
    words: str
    answer: str


@dataclass(frozen=True)
class Shown:
    """An exclusion as those who moderate may read it."""

    exclusion: Exclusion
    standing: Standing
    reason: str
    steps: tuple[StepLine, ...]
    told: ReleasedExclusion
    objections: tuple[ObjectionLine, ...]
    proposed_by_reader: bool

    @property
    def counts_out(self) -> bool:
        return self.standing in LEFT_OUT


STEPS = "select step, account, role, words, taken_at from exclusion_steps where exclusion = $1 order by taken_at, id"


async def shown(actor: Actor, exclusion: Exclusion) -> Shown:
    """The exclusion with every step, and how many it is about as this reader may know."""
    rows = await fetch(STEPS, exclusion.id)
    own = actor.person.id if actor.person else None
    proposals = [row for row in rows if row["step"] in (Step.PROPOSE, Step.PROPOSE_LIFTING)]
    said = (
        await ExclusionObjection.objects()
        .where(ExclusionObjection.exclusion == exclusion.id)
        .order_by(ExclusionObjection.id)
    )
    return Shown(
        exclusion,
        Standing(exclusion.standing),
        REASONS[exclusion.reason_code],
        tuple(
            StepLine(row["step"], row["role"], row["words"], release_day(row["taken_at"]), row["account"] == own)
            for row in rows
        ),
        release_excluded(
            len(exclusion.participants),
            exclusion.n_votes,
            Attribution(actor.consultation.attribution),
            audience=Audience.INSIDE,
        ),
        tuple(ObjectionLine(one.id, one.words, one.answer) for one in said),
        bool(proposals) and proposals[-1]["account"] == own,
    )


async def of_alert(alert: UUID) -> list[Exclusion]:
    """What was proposed from an alert, the latest first."""
    rows = await fetch(
        "select x.id from exclusions x join exclusion_steps s on s.exclusion = x.id and s.step = 'propose' "
        "where x.alert = $1 order by s.taken_at desc",
        alert,
    )
    found = [await Exclusion.objects().where(Exclusion.id == row["id"]).first() for row in rows]
    return [one for one in found if one is not None]


@dataclass(frozen=True)
class Told:
    """What a reader of results is told about votes that are left out of them."""

    told: ReleasedExclusion
    reasons: tuple[str, ...]
    by_convenor: bool
    rows_kept: bool


async def told_of(excluded: str, actor: Actor, audience: Audience) -> Told | None:
    """What everybody is told of the votes an analysis leaves out; None where everybody's count."""
    ids = [UUID(one) for one in excluded.split(",") if one]
    row = await fetchrow(TOLD, ids) if ids else None
    if row is None or not row["n_people"]:
        return None
    mode = Attribution(actor.consultation.attribution)
    return Told(
        release_excluded(row["n_people"], row["n_votes"], mode, audience=audience),
        tuple(REASONS[code] for code in REASONS if code in row["codes"]),
        row["by_convenor"],
        bool(await stay_released(actor.consultation.id)),
    )


TOLD = """
select count(distinct q) as n_people, array_agg(distinct x.reason_code) as codes,
  (select count(*) from votes v where v.participant = any(array_agg(distinct q))) as n_votes,
  coalesce(bool_or((select bool_or(s.role = 'convenor') from exclusion_steps s
    where s.exclusion = x.id and s.step = 'confirm')), false) as by_convenor
from exclusions x, unnest(x.participants) q where x.id = any($1::uuid[])
"""


@dataclass(frozen=True)
class Own:
    """What one of those concerned reads: their own standing, and nothing of anybody else's."""

    exclusion: UUID
    since: ReleasedDay
    reason: str
    objection: ObjectionLine | None


async def own(actor: Actor) -> Own | None:
    """Whether this participant's own votes are left out, since when and why; the latest where it is twice."""
    if actor.participant is None:
        return None
    row = await fetchrow(
        """
        select x.id, x.excluded_at, x.reason_code, o.id as objection, o.words, o.answer
        from exclusions x left join exclusion_objections o on o.exclusion = x.id and o.participant = $2
        where x.consultation = $1 and $2 = any(x.participants) and x.standing = any($3::text[])
        order by x.excluded_at desc limit 1
        """,
        actor.consultation.id,
        actor.participant.id,
        STAND,
    )
    if row is None:
        return None
    objection = ObjectionLine(row["objection"], row["words"], row["answer"]) if row["objection"] else None
    return Own(row["id"], release_day(row["excluded_at"]), REASONS[row["reason_code"]], objection)


# -------- both results


COMPARED = """
select landscape, slate, whole, excluded from analyses
where consultation = $1 and kind = 'frozen' and evidence = 'full' and whole <> ''
  and $2 = any(string_to_array(excluded, ',')) order by created_at desc limit 1
"""


async def compared(actor: Actor, exclusion: Exclusion) -> ReleasedComparison | None:
    """The outcome with and without the votes left out; None before the round has been worked out without them."""
    row = await fetchrow(COMPARED, actor.consultation.id, str(exclusion.id))
    if row is None:
        return None
    whole = json.loads(row["whole"])
    return release_comparison(
        outcome_of(whole["landscape"], whole["slate"]),
        outcome_of(json.loads(row["landscape"]), json.loads(row["slate"])),
        await fetchval(
            "select count(distinct q) from exclusions x, unnest(x.participants) q where x.id = any($1::uuid[])",
            [UUID(one) for one in row["excluded"].split(",")],
        ),
        Attribution(actor.consultation.attribution),
        n_participants=await Participant.n_in(actor.consultation.id),
    )


def outcome_of(landscape: Mapping[str, Any], record: Mapping[str, Any]) -> Outcome:
    """What a stored landscape and its slate come to."""
    slate = record["slate"]
    stances = [*slate["common_ground"], *(item["stance"] for item in slate["distinct"])]
    statuses = []
    if record.get("observed"):
        statuses.append("holds" if record["observed"]["holds"] else "fails")
    if record.get("estimated"):
        statuses.append(record["estimated"]["status"])
    return Outcome(
        len(landscape["groups"]["letters"]),
        frozenset(int(item["statement_id"]) for item in landscape["common_ground"]),
        frozenset((int(one["statement_id"]), one["choice"]) for one in stances),
        tuple(statuses),
    )


__all__ = [
    "KINDS",
    "REASONS",
    "compared",
    "concerned",
    "is_released",
    "kept_rows",
    "left_out",
    "may_change_again",
    "moved_by",
    "n_moderators",
    "of_alert",
    "own",
    "rests_on_result",
    "shown",
    "stay_released",
    "told_of",
    "waiting",
]
