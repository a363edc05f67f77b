"""Coalitions: how balanced a drafted one is, who wins what in it, whom it lacks, and whether it has formed.

Nobody is ever placed in a coalition: figures describe a draft, suggestions are invitations, and only acceptance forms
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from deliberation.errors import BadValue


class Answer(StrEnum):
    """What somebody said to an invitation, their own "I would work on this" included."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True)
class Partner:
    """Somebody who is in a draft or could be: what they speak for, what they lack and what they bring (codes)."""

    participant: int
    organisation: str | None = None
    constituency: str | None = None
    needs: frozenset[str] = frozenset()
    offers: frozenset[str] = frozenset()
    answer: Answer = Answer.INVITED


@dataclass(frozen=True)
class CoalitionSettings:
    """Bounds of balance and of forming."""

    fewest_members: int = 3
    """Two partners have an agreement; a coalition can lose one and go on."""
    fewest_organisations: int = 2
    """Partners of one organisation are that organisation."""
    share_over: float = 0.40
    """A constituency or organisation with more could carry most decisions with one ally."""


@dataclass(frozen=True)
class Part:
    """A constituency's or organisation's part of a coalition; gap is share minus target, None without a target."""

    name: str
    n_members: int
    share: float
    target: float | None = None
    is_over: bool = False

    @property
    def gap(self) -> float | None:
        return None if self.target is None else self.share - self.target


@dataclass(frozen=True)
class CoalitionBalance:
    """Who a draft consists of, by constituency and organisation, the largest part first.

    missing : constituencies with a target and without a member, the largest target first
    n_unstated : members who stated no constituency; shares are of those who did
    distance : share of members who would have to be of another constituency for the targets to be met, None without
    """

    n_members: int
    constituencies: tuple[Part, ...]
    organisations: tuple[Part, ...]
    missing: tuple[str, ...]
    n_unstated: int
    distance: float | None

    @property
    def over(self) -> tuple[str, ...]:
        """Constituencies and organisations with more than the allowed part."""
        return tuple(part.name for part in (*self.constituencies, *self.organisations) if part.is_over)


@dataclass(frozen=True)
class Win:
    """What one member gets and gives in a draft: own needs that others offer, own offers that others need."""

    participant: int
    receives: tuple[str, ...]
    gives: tuple[str, ...]
    lacks: tuple[str, ...]

    @property
    def is_win(self) -> bool:
        """Whether they get something and give something."""
        return bool(self.receives) and bool(self.gives)


@dataclass(frozen=True)
class Readiness:
    """Whether a coalition has formed; `reasons` keep it from it, `notes` are worth talking about."""

    is_formed: bool
    n_accepted: int
    n_open: int
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...]


class Reason(StrEnum):
    """Why a draft has not formed, or what is worth a word before it does."""

    TOO_FEW_ACCEPTED = "too_few_accepted"
    ONE_ORGANISATION = "one_organisation"
    OVER_LIMIT = "over_limit"
    MISSING_CONSTITUENCY = "missing_constituency"
    UNMET_NEED = "unmet_need"
    NO_WIN = "no_win"


@dataclass(frozen=True)
class Suggestion:
    """Somebody worth inviting and why: a constituency they would add, needs they would meet, what they would get."""

    participant: int
    adds_constituency: str | None
    meets: tuple[str, ...]
    receives: tuple[str, ...]


def balance(
    members: Sequence[Partner], targets: Mapping[str, float], *, settings: CoalitionSettings | None = None
) -> CoalitionBalance:
    """How a draft compares with the agreed targets; those who declined do not count.

    targets : agreed share 0..1 of each constituency. Raises `BadValue` for a target out of range or a repeated member.
    """
    settings = settings or CoalitionSettings()
    present = _present(members)
    for name, target in targets.items():
        if not 0 < target <= 1:
            raise BadValue(name=f"target of {name}", value=target, allowed="above 0, at most 1")
    stated = [partner.constituency for partner in present if partner.constituency is not None]
    constituencies = _parts(stated, targets, settings)
    held = {part.name: part.share for part in constituencies}
    gaps = [abs(held.get(name, 0.0) - targets.get(name, 0.0)) for name in sorted({*held, *targets})]
    return CoalitionBalance(
        n_members=len(present),
        constituencies=constituencies,
        organisations=_parts([p.organisation for p in present if p.organisation is not None], {}, settings),
        missing=tuple(sorted((name for name in targets if name not in held), key=lambda name: (-targets[name], name))),
        n_unstated=len(present) - len(stated),
        distance=sum(gaps) / 2 if targets and stated else None,
    )


def _present(members: Iterable[Partner]) -> list[Partner]:
    present: dict[int, Partner] = {}
    for partner in members:
        if partner.participant in present:
            raise BadValue(name="participant", value=partner.participant, allowed="each once")
        if partner.answer is not Answer.DECLINED:
            present[partner.participant] = partner
    return list(present.values())


def _parts(names: Sequence[str], targets: Mapping[str, float], settings: CoalitionSettings) -> tuple[Part, ...]:
    """A part of one member is over no limit: in the smallest coalition everybody is a third or more."""
    parts = [
        Part(
            name,
            n := names.count(name),
            n / len(names),
            targets.get(name),
            is_over=n > 1 and n / len(names) > settings.share_over,
        )
        for name in sorted(set(names))
    ]
    return tuple(sorted(parts, key=lambda part: (-part.n_members, part.name)))


def wins(members: Sequence[Partner]) -> tuple[Win, ...]:
    """What each member gets and gives, in the order of members: a coalition should hold a win for each of them."""
    present = _present(members)
    found = []
    for partner in present:
        others = [other for other in present if other.participant != partner.participant]
        offered = frozenset[str]().union(*(other.offers for other in others))
        needed = frozenset[str]().union(*(other.needs for other in others))
        found.append(
            Win(
                partner.participant,
                tuple(sorted(partner.needs & offered)),
                tuple(sorted(partner.offers & needed)),
                tuple(sorted(partner.needs - offered)),
            )
        )
    return tuple(found)


def ready(
    members: Sequence[Partner], targets: Mapping[str, float], *, settings: CoalitionSettings | None = None
) -> Readiness:
    """Whether the coalition has formed: enough members accepted, of more than one organisation.

    Only those who accepted count, for the notes too. Imbalance, missing constituencies and unmet needs are notes: they
    are for the partners to weigh and keep nobody from working together.
    """
    settings = settings or CoalitionSettings()
    accepted = [partner for partner in _present(members) if partner.answer is Answer.ACCEPTED]
    reasons = []
    if len(accepted) < settings.fewest_members:
        reasons.append(Reason.TOO_FEW_ACCEPTED)
    if len(_voices(accepted)) < settings.fewest_organisations:
        reasons.append(Reason.ONE_ORGANISATION)
    held = balance(accepted, targets, settings=settings)
    gained = wins(accepted)
    notes = {
        Reason.OVER_LIMIT: bool(held.over),
        Reason.MISSING_CONSTITUENCY: bool(held.missing),
        Reason.UNMET_NEED: any(win.lacks for win in gained),
        Reason.NO_WIN: any(not win.is_win for win in gained),
    }
    return Readiness(
        is_formed=not reasons,
        n_accepted=len(accepted),
        n_open=sum(partner.answer is Answer.INVITED for partner in members),
        reasons=tuple(reasons),
        notes=tuple(reason for reason in Reason if notes.get(reason)),
    )


def _voices(members: Iterable[Partner]) -> set[str]:
    """Organisations, each person without one standing for themselves."""
    return {
        f"organisation {partner.organisation}" if partner.organisation is not None else f"person {partner.participant}"
        for partner in members
    }


def suggestions(
    members: Sequence[Partner],
    candidates: Sequence[Partner],
    targets: Mapping[str, float],
    *,
    n_most: int = 5,
    settings: CoalitionSettings | None = None,
) -> tuple[Suggestion, ...]:
    """Candidates who would add a missing constituency or meet a need that is open, the most useful first.

    A missing constituency comes first, then the number of open needs met, then what the candidate gets; ties by id.
    Members, those who declined, and whoever would push a part over its limit are left out.
    """
    settings = settings or CoalitionSettings()
    present = _present(members)
    known = {partner.participant for partner in members}
    missing = balance(present, targets, settings=settings).missing
    lacking = frozenset(need for win in wins(present) for need in win.lacks)
    offered = frozenset[str]().union(*(partner.offers for partner in present))
    over = set(balance(present, targets, settings=settings).over)
    found = []
    for one in candidates:
        if one.participant in known or one.answer is Answer.DECLINED:
            continue
        if set(balance([*present, one], targets, settings=settings).over) - over:
            continue
        adds = one.constituency if one.constituency in missing else None
        meets, receives = tuple(sorted(one.offers & lacking)), tuple(sorted(one.needs & offered))
        if adds is not None or meets:
            found.append(Suggestion(one.participant, adds, meets, receives))
    found.sort(key=lambda s: (s.adds_constituency is None, -len(s.meets), -len(s.receives), s.participant))
    return tuple(found[:n_most])
