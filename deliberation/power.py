"""Power and voice: who is here, who is heard and who decides, against agreed targets; each finding with its bound.

Measures inform a moderator; none blocks anybody. A flag needs an effect beyond its minimum and evidence that holds
however often one looks; an alert clears below half that minimum, whatever the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from deliberation.chance import as_few_by_chance, holm, most_by_chance, tail_of
from deliberation.errors import BadShape
from deliberation.inequality import Theil, effective_number, theil_of
from deliberation.participation import (
    COLUMNS,
    CONVENOR,
    CategoryRow,
    Level,
    Participation,
    Status,
    category_rows,
    known_labels,
    unstated_share,
    weights_of,
)
from deliberation.shares import Ratio, distance_from_targets, e_bh, e_of_p, e_value, representation_ratio

__all__ = [
    "CONVENOR",
    "Between",
    "CategoryRow",
    "Declines",
    "Imbalance",
    "Level",
    "Participation",
    "PowerSettings",
    "Ratio",
    "Status",
    "between_constituencies",
    "category_rows",
    "declines",
    "distance_from_targets",
    "e_bh",
    "e_of_p",
    "e_value",
    "imbalances",
    "largest_organisation",
    "lingering",
    "representation_ratio",
    "unstated_share",
]


@dataclass(frozen=True)
class PowerSettings:
    """Bounds of the findings; each is a minimum effect, chosen so that a fair consultation seldom crosses it."""

    fewest_people: int = 15
    """Below it shares of people move by 7 points with each person."""
    fewest_events: int = 30
    """Proposals or decisions below which a share of them says little."""
    fewest_in_moderation: int = 20
    """Decided proposals of a language or constituency before its declines are compared."""
    ratio_low: float = 0.67
    ratio_high: float = 1.5
    """Half as much again, or a third less, than agreed."""
    alpha: float = 0.05
    """Chance that a fair consultation raises any flag, however often it is looked at."""
    author_share_over: float = 0.10
    organisation_share_over: float = 0.15
    times_equal_share: float = 2.0
    """Among few authors or organisations the bound is twice what each would have if all had the same."""
    fewest_effective_authors: float = 10.0
    effective_authors_share: float = 1 / 3
    """In a small room a third of the people is asked for instead of ten authors."""
    between_share_over: float = 0.15
    """Highest between-constituency share of Theil's index seen in ordinary consultations is .13."""
    n_permutations: int = 200
    """Chance alone puts (categories - 1) / (people - 1) of the inequality between categories."""
    declined_ratio_over: float = 1.5
    clear_below: float = 0.5
    """An alert is cleared when its effect stays below this part of its minimum at two looks in a row."""


@dataclass(frozen=True)
class Imbalance:
    """A measured departure of power or voice from its bound.

    kind : what is out of bounds; subject : of whom or what (a category, an organisation's or author's key, or "")
    measure, bound : the figure and what it is held against; parameters : what its sentence and interval need
    """

    kind: str
    subject: str
    measure: float
    bound: float
    level: Level
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Case:
    """One measure of one subject, out of its bound or not.

    effect, minimum : how far it departs, and from where on that counts; evidence : an e-value, valid at every look
    is_noted : whether an ordinary interval or test, looked at once, would speak of it
    """

    imbalance: Imbalance
    effect: float
    minimum: float
    evidence: float
    is_noted: bool = True


def imbalances(
    participation: Participation, *, seed: int, settings: PowerSettings | None = None
) -> tuple[Imbalance, ...]:
    """Every measure that is out of its bounds, flags first, then by kind and subject; none where too few took part.

    A flag needs an effect beyond its minimum and evidence that e-BH (Wang and Ramdas 2022) accepts among all measures
    taken here, so that a fair consultation that is looked at all the time raises any with a chance of `alpha` at most.
    A note is what an ordinary test at one look would speak of.
    seed : of the permutations behind "between_constituencies"
    """
    settings = settings or PowerSettings()
    cases = _cases(participation, seed, settings)
    accepted = e_bh([case.evidence for case in cases], alpha=settings.alpha)
    found = []
    for case, is_sure in zip(cases, accepted, strict=True):
        is_far = case.effect > case.minimum or (case.imbalance.kind == "missing_from_slate" and case.effect >= 1)
        if is_far and is_sure:
            found.append(replace(case.imbalance, level=Level.FLAG))
        elif case.is_noted and (is_far or case.imbalance.kind in ("over_represented", "under_represented")):
            found.append(case.imbalance)
    return tuple(sorted(found, key=lambda one: (one.level is Level.NOTE, one.kind, one.subject, -one.measure)))


def lingering(
    participation: Participation, *, seed: int, settings: PowerSettings | None = None
) -> tuple[Imbalance, ...]:
    """Every measure that is beyond `clear_below` of its minimum effect, whatever the evidence: its alert stays open.

    An alert is raised at the whole minimum and cleared below half of it, so that it does not come and go with a few
    people. By kind and subject.
    """
    settings = settings or PowerSettings()
    cases = _cases(participation, seed, settings)
    kept = [case.imbalance for case in cases if case.effect >= settings.clear_below * case.minimum]
    return tuple(sorted(kept, key=lambda one: (one.kind, one.subject, -one.measure)))


def _cases(participation: Participation, seed: int, settings: PowerSettings) -> list[_Case]:
    if participation.n_participants < settings.fewest_people:
        return []
    return [
        *_represented(participation, settings),
        *_missing_from_slate(participation),
        *_concentrated(participation, settings),
        *_between(participation, seed, settings),
        *_moderated(participation, settings),
    ]


def _represented(participation: Participation, settings: PowerSettings) -> list[_Case]:
    """Each category against its target. Votes and proposals count as their effective number of people, since one
    person's many votes are not many independent events."""
    cases = [
        (attribute, category, target, column)
        for attribute, targets in participation.targets.items()
        for category, target in targets.items()
        for column in COLUMNS
    ]
    found = []
    for attribute, category, target, column in cases:
        labels = participation.attributes[attribute]
        stated = np.array([label is not None for label in labels], dtype=bool)
        weights = weights_of(participation, column)[stated]
        mine = np.array([label == category for label in labels], dtype=bool)[stated]
        if weights.sum() <= 0 or (n := effective_number(weights)) < settings.fewest_people:
            continue
        n_in = min(n * float(weights[mine].sum() / weights.sum()), n)
        ratio = representation_ratio(n_in, n, target)
        evidence, over = e_value(n_in, n - n_in, target), ratio.ratio > 1
        bound = settings.ratio_high if over else settings.ratio_low
        parameters = {
            "attribute": attribute,
            "column": column,
            "share": ratio.share,
            "target": target,
            "lower": ratio.lower,
            "upper": ratio.upper,
            "e_value": evidence,
        }
        kind = "over_represented" if over else "under_represented"
        one = Imbalance(kind, category, ratio.ratio, bound, Level.NOTE, parameters)
        is_noted = not ratio.lower <= 1 <= ratio.upper
        found.append(_Case(one, abs(ratio.ratio - 1), abs(bound - 1), evidence, is_noted))
    return found


def _missing_from_slate(participation: Participation) -> list[_Case]:
    """A constituency that proposed and has no part of the slate: a fact to look at, with no chance in it, hence a note.
    Its alert clears when the part is half the target."""
    found = []
    for attribute in participation.targets:
        for row in category_rows(participation, attribute):
            if row.slate is None or row.target is None or not row.proposals:
                continue
            parameters = {"attribute": attribute, "participants": row.participants, "proposals": row.proposals}
            one = Imbalance("missing_from_slate", row.category, row.slate, row.target, Level.NOTE, parameters)
            found.append(_Case(one, 1 - row.slate / row.target, 1.0, 1.0))
    return found


def largest_organisation(participation: Participation) -> tuple[str, float, int] | None:
    """The organisation on most proposals that are not declined, its share of them, and how many it is on.

    An organisation is on a proposal whose author or co-sponsor is its member. None where no organisation is on any.
    """
    alive = [at for at, status in enumerate(participation.statuses) if status is not Status.DECLINED]
    counts: dict[str, int] = {}
    for proposal in alive:
        rows = participation.sponsors(proposal)
        for name in {participation.organisations[row] for row in rows}:
            if name is not None:
                counts[name] = counts.get(name, 0) + 1
    if not counts:
        return None
    name = min(counts, key=lambda key: (-counts[key], key))
    return name, counts[name] / len(alive), counts[name]


def _concentrated(participation: Participation, settings: PowerSettings) -> list[_Case]:
    """The author and the organisation with most proposals, and how many authors there are in effect: 1 over the sum of
    squared shares. The null is that each participant, or each organisation, is equally likely to be behind a proposal:
    binomial tails over all holders, and Pearson's chi-squared on the authors; from `fewest_events` proposals on."""
    by_author = participation.n_proposals
    n = int(by_author.sum())
    if n < settings.fewest_events:
        return []
    n_people, top = participation.n_participants, int(by_author.argmax())
    share = float(by_author[top]) / n
    bound = max(settings.author_share_over, settings.times_equal_share / n_people)
    p = most_by_chance(int(by_author[top]), n, 1 / n_people, n_people)
    found = [_holding("one_author", str(top), share, bound, {"n": int(by_author[top]), "of": n}, p, n, settings)]
    largest = largest_organisation(participation)
    if largest is not None:
        name, share, count = largest
        n_alive, n_held = round(count / share), _n_held(participation)
        n_bodies = len(known_labels(participation.organisations))
        bound = max(settings.organisation_share_over, settings.times_equal_share / n_bodies)
        p = most_by_chance(count, n_alive, min(n_held / n_alive / n_bodies, 1.0), n_bodies)
        parameters = {"n": count, "of": n}
        found.append(_holding("one_organisation", name, share, bound, parameters, p, n_alive, settings))
    effective = effective_number(by_author)
    wanted = min(settings.fewest_effective_authors, settings.effective_authors_share * n_people)
    one = Imbalance("few_authors", "", effective, wanted, Level.NOTE, {"of": n})
    evidence = e_of_p(as_few_by_chance(by_author), n, settings.fewest_events)
    return [*found, _Case(one, wanted / effective, 1.0, evidence)]


def _holding(
    kind: str,
    subject: str,
    share: float,
    bound: float,
    parameters: Mapping[str, Any],
    p: float,
    n: int,
    settings: PowerSettings,
) -> _Case:
    one = Imbalance(kind, subject, share, bound, Level.NOTE, parameters)
    return _Case(one, share, bound, e_of_p(p, n, settings.fewest_events))


def _n_held(participation: Participation) -> int:
    """How often an organisation is on a proposal that is not declined, all organisations and proposals together."""
    return sum(
        len({participation.organisations[row] for row in participation.sponsors(at)} - {None})
        for at, status in enumerate(participation.statuses)
        if status is not Status.DECLINED
    )


@dataclass(frozen=True)
class Between:
    """Theil's index of votes or proposals with its part between constituencies, beside shuffled constituencies.

    chance : 95 % point of the between share when constituencies are shuffled; p_value : of so large a share
    """

    theil: Theil
    chance: float
    p_value: float
    n_people: int


def between_constituencies(
    participation: Participation, *, seed: int, settings: PowerSettings | None = None
) -> dict[str, Between]:
    """How much of the inequality of "votes" and "proposals" lies between constituencies; only what enough took part in.

    Theil's T is the mean of (x / mean) ln(x / mean); its between part is the sum over constituencies of their share of
    contributions times ln(mean of the constituency / mean). The null shuffles constituencies among people.
    """
    settings = settings or PowerSettings()
    labels = participation.attributes.get("constituency", ())
    rows = [row for row, label in enumerate(labels) if label is not None]
    if len(rows) < settings.fewest_people:
        return {}
    _, index = np.unique(np.array([labels[row] for row in rows], dtype=str), return_inverse=True)
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(rows)) for _ in range(settings.n_permutations)]
    found = {}
    for column in ("votes", "proposals"):
        values = weights_of(participation, column)[rows]
        if values.sum() < settings.fewest_events:
            continue
        whole = theil_of(values, index)
        shuffled = np.array([theil_of(values, index[order]).between_share for order in orders])
        p = tail_of(shuffled, whole.between_share)
        found[column] = Between(whole, float(np.quantile(shuffled, 0.95)), p, len(rows))
    return found


def _between(participation: Participation, seed: int, settings: PowerSettings) -> list[_Case]:
    found = []
    for column, one in between_constituencies(participation, seed=seed, settings=settings).items():
        share, bound = one.theil.between_share, settings.between_share_over
        parameters = {"column": column, "chance": one.chance}
        imbalance = Imbalance("between_constituencies", column, share, bound, Level.NOTE, parameters)
        evidence = e_of_p(one.p_value, one.n_people, settings.fewest_people)
        found.append(_Case(imbalance, share, bound, evidence, is_noted=share > one.chance))
    return found


def _moderated(participation: Participation, settings: PowerSettings) -> list[_Case]:
    """Languages and constituencies whose proposals are declined more often: Fisher's test, Holm's correction."""
    by_constituency = participation.attributes.get("constituency", ())
    labelled: dict[str, list[str | None]] = {
        "language": list(participation.proposal_languages),
        "constituency": [
            by_constituency[row] if row != CONVENOR and by_constituency else None for row in participation.authors
        ],
    }
    found = []
    for attribute, labels in labelled.items():
        table = declines(labels, participation.statuses, settings=settings)
        n = sum(row.n_decided for row in table.values())
        for category, compared in table.items():
            if compared.p_value is None:
                continue
            times = compared.declined_share / max(compared.others_share, 1e-9)
            parameters = {"attribute": attribute, "n": compared.n_decided, "p_value": compared.p_value}
            measure, others = compared.declined_share, compared.others_share
            one = Imbalance("uneven_moderation", category, measure, others, Level.NOTE, parameters)
            evidence = e_of_p(min(1.0, 2 * compared.p_uncorrected), n, 2 * settings.fewest_in_moderation)
            is_noted = compared.p_value < settings.alpha
            found.append(_Case(one, times - 1, settings.declined_ratio_over - 1, evidence, is_noted))
    return found


@dataclass(frozen=True)
class Declines:
    """How often a category's decided proposals are declined, beside all others'.

    p_value : corrected over the categories, None if too few; p_uncorrected : 1 if too few
    """

    n_decided: int
    n_declined: int
    declined_share: float
    others_share: float
    p_value: float | None
    p_uncorrected: float = 1.0


def declines(
    labels: Sequence[str | None], statuses: Sequence[Status], *, settings: PowerSettings | None = None
) -> dict[str, Declines]:
    """Whether each category is declined more often than the rest, by name.

    The null is that who is declined does not depend on the category, given how many are: one-sided Fisher's exact test,
    corrected by Holm over the categories with at least `fewest_in_moderation` decided proposals, and as many others;
    waiting ones are left out. An effect is the ratio of both rates, above `declined_ratio_over`. Raises `BadShape`.
    """
    from scipy.stats import hypergeom

    settings = settings or PowerSettings()
    if len(labels) != len(statuses):
        raise BadShape(name="statuses", expected=len(labels), found=len(statuses))
    decided = [(label, status is Status.DECLINED) for label, status in zip(labels, statuses, strict=True)
               if label is not None and status is not Status.WAITING]  # fmt: skip
    n, n_declined = len(decided), sum(declined for _, declined in decided)
    counted: dict[str, tuple[int, int]] = {}
    for label, declined in decided:
        size, hits = counted.get(label, (0, 0))
        counted[label] = size + 1, hits + declined
    raw = {
        label: float(hypergeom.sf(hits - 1, n, n_declined, size))
        for label, (size, hits) in counted.items()
        if size >= settings.fewest_in_moderation and n - size >= settings.fewest_in_moderation
    }
    corrected = holm(raw)
    return {
        label: Declines(
            size,
            hits,
            hits / size,
            (n_declined - hits) / max(n - size, 1),
            corrected.get(label),
            raw.get(label, 1.0),
        )
        for label, (size, hits) in sorted(counted.items())
    }
