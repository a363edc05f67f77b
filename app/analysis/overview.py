"""What a consultation is about and where it stands, for its page and the list of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.access import Actor
from app.auth import Person
from app.database import fetch, fetchrow, now
from app.language import gettext
from app.refusals import N_
from app.tables.rounds import Round
from deliberation.disclosure import Attribution, Audience, ReleasedCount, release_count
from deliberation.phases import Lifecycle, Phase, RoundTimes, State, current_round, state_of

PHASE_NAMES = {
    Phase.PROPOSE: N_("Propose and vote"),
    Phase.CURATE: N_("Curate"),
    Phase.RESPOND: N_("Respond"),
    Phase.COMMIT: N_("Commit"),
}
ATTRIBUTION_NAMES = {
    Attribution.ATTRIBUTED: N_("Attributed: authors who wish are named; nobody sees how a person voted."),
    Attribution.OPEN: N_("Open results, hidden authors: nobody sees who wrote what or how a person voted."),
    Attribution.CHATHAM_HOUSE: N_(
        "Chatham House Rule: what is said may be used, but neither who said it nor who took part is revealed."
    ),
}


@dataclass(frozen=True)
class Listed:
    """One line of the list of consultations."""

    slug: str
    title: str
    question: str
    language: str
    state: State
    phase_name: str
    closes_at: datetime | None
    opens_at: datetime | None
    zone: str
    is_member: bool
    is_staff: bool


@dataclass(frozen=True)
class Overview:
    """What the page of a consultation says of it."""

    phases: tuple[tuple[str, str], ...]
    attribution: str
    n_participants: ReleasedCount
    n_proposals: int
    is_joined: bool
    has_commitments: bool


LISTED = """
select c.*,
  array(select role from memberships m where m.consultation = c.id and m.account = $1) as roles
from consultations c
where c.lifecycle <> 'draft' or exists(select from memberships m where m.consultation = c.id and m.account = $1)
order by c.created_at desc limit 200
"""


async def listed(person: Person | None) -> tuple[Listed, ...]:
    """All consultations the person may know of: those that run first, in the order in which they close."""
    moment = await now()
    rows = await fetch(LISTED, person.id if person else None)
    times = await _times([row["id"] for row in rows])
    lines = [_line(row, times.get(row["id"], []), moment) for row in rows]
    far = datetime.max.replace(tzinfo=moment.tzinfo)
    return tuple(sorted(lines, key=lambda line: (not line.state.endswith(":open"), line.closes_at or far, line.title)))


async def _times(consultations: list[object]) -> dict[object, list[RoundTimes]]:
    found: dict[object, list[RoundTimes]] = {}
    if consultations:
        rows = await fetch(
            "select consultation, phase, opens_at, closes_at from rounds where consultation = any($1) order by number",
            consultations,
        )
        for row in rows:
            found.setdefault(row["consultation"], []).append(
                RoundTimes(Phase(row["phase"]), row["opens_at"], row["closes_at"])
            )
    return found


def _line(row: object, times: list[RoundTimes], moment: datetime) -> Listed:
    fields = dict(row)  # type: ignore[call-overload]  # a database record is a mapping
    index = current_round(times, moment)
    current = None if index is None else times[index]
    roles = set(fields["roles"])
    return Listed(
        slug=fields["slug"],
        title=fields["title"],
        question=fields["question"],
        language=fields["language"],
        state=state_of(Lifecycle(fields["lifecycle"]), times, moment),
        phase_name=PHASE_NAMES[current.phase] if current else "",
        closes_at=current.closes_at if current else None,
        opens_at=current.opens_at if current else None,
        zone=fields["zone"],
        is_member="participant" in roles,
        is_staff=bool(roles - {"participant"}),
    )


def phase_bar(rounds: tuple[Round, ...], actor: Actor) -> tuple[tuple[str, str], ...]:
    """The rounds for the phase bar: name and done, now or next."""
    index = current_round([item.times for item in rounds], actor.now)
    bar = []
    for place, item in enumerate(rounds):
        if item.closes_at <= actor.now:
            standing = "done"
        else:
            standing = "now" if place == index and item.opens_at <= actor.now else "next"
        bar.append((gettext(PHASE_NAMES[Phase(item.phase)]), standing))
    return tuple(bar)


async def of(actor: Actor) -> Overview:
    """The facts for one consultation's page; the number of participants as the disclosure gate gives it out."""
    row = await fetchrow(
        """
        select (select count(*) from participants where consultation = $1) as n_participants,
               (select count(*) from proposals where consultation = $1 and status = 'accepted') as n_proposals,
               exists(select from commitments m join coalitions k on k.id = m.coalition
                      where k.consultation = $1 and m.made_at is not null) as has_commitments
        """,
        actor.consultation.id,
    )
    assert row is not None
    mode = Attribution(actor.consultation.attribution)
    return Overview(
        phases=phase_bar(actor.rounds, actor),
        attribution=ATTRIBUTION_NAMES[mode],
        n_participants=release_count(row["n_participants"], mode, audience=Audience.PUBLIC),
        n_proposals=row["n_proposals"],
        is_joined=actor.participant is not None,
        has_commitments=row["has_commitments"],
    )
