"""Routing: which statement a participant is shown next, why, and with what probability.

Of ten showings six go to the statements least seen by people like this participant, three to the slate and its
challengers, whose votes decide the certificate (Halpern, Kehne, Procaccia, Tucker-Foltz and Wüthrich, "Representation
with Incomplete Votes", AAAI 2023), one to statements whose result is least certain. Nothing here looks at how popular
a statement is: routers that chase agreement learn least and are least fair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.checks import check_between, column_of_ids, finite_numbers
from deliberation.errors import BadShape, BadValue


class ShowingReason(StrEnum):
    """Why a statement is shown."""

    FRESH = "fresh"
    STARTER = "starter"
    LEAST_SEEN = "least_seen"
    DECISIVE = "decisive"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class RoutingSettings:
    least_seen: float = 6.0
    """Parts of all showings that even out exposure: in simulation this alone gave the best group rates."""
    decisive: float = 3.0
    """Parts that go to the slate and the stances that could overturn it."""
    uncertain: float = 1.0
    """Parts that go to statements whose share of agreement is least known."""
    fresh_votes: int = 10
    """Votes until which a new statement goes before all others: a rate of fewer says nothing."""
    cold_start: int = 50
    """Participants below which there is no slate worth testing: least seen only, starters first."""
    n_starters: int = 5
    """Starter statements, of opposite views, that open a cold start."""

    def __post_init__(self) -> None:
        parts = (self.least_seen, self.decisive, self.uncertain)
        for name in self.__dataclass_fields__:
            check_between(name, getattr(self, name), 0, 1e9)
        if self.least_seen <= 0:
            raise BadValue(name="least_seen", value=parts, allowed="parts of 0 or more, least_seen above 0")


@dataclass(frozen=True)
class Showing:
    """A statement to show. `propensity` is the probability with which it was drawn, over all reasons: a vote divided
    by it counts for those to whom it was not shown."""

    statement_id: int
    reason: ShowingReason
    propensity: float


def choose_statement(
    unseen: ArrayLike,
    *,
    exposures: ArrayLike,
    votes: ArrayLike,
    decisive: ArrayLike = (),
    starters: ArrayLike = (),
    uncertainties: ArrayLike | None = None,
    n_participants: int,
    seed: int,
    settings: RoutingSettings | None = None,
) -> Showing | None:
    """One of the unseen statements, None if there is none; the same for the same seed, in whatever order they come.

    unseen : ids, each once, of open statements that this participant neither voted on nor wrote
    exposures, votes : for each, how often it was shown within the participant's group or constituency, and its votes
    decisive : ids of slate items and challengers; starters : ids of starter statements; others are ignored
    uncertainties : for each, as from `uncertainty`; None leaves that part to the least seen

    Errors: BadValue for ids and numbers that are none, BadShape where they are not one for each unseen statement.
    """
    settings = settings or RoutingSettings()
    ids = column_of_ids("unseen", unseen)
    check_between("seed", seed, -np.inf, whole=True)
    check_between("n_participants", n_participants, 0, whole=True)
    if not ids.size:
        return None
    given = _columns(ids.size, exposures, votes, uncertainties)
    chances = _chances(ids, given, decisive, starters, n_participants, settings)
    random = Random(seed)
    reason = _draw_reason({reason: part for reason, (part, _) in chances.items()}, random)
    order = np.argsort(ids, kind="stable")
    cumulated = np.cumsum(chances[reason][1][order])
    at = order[min(int(np.searchsorted(cumulated, random.random() * cumulated[-1], side="right")), ids.size - 1)]
    propensity = sum(part * chance[at] for part, chance in chances.values())
    return Showing(int(ids[at]), reason, float(propensity))


def propensities(
    unseen: ArrayLike,
    *,
    exposures: ArrayLike,
    votes: ArrayLike,
    decisive: ArrayLike = (),
    starters: ArrayLike = (),
    uncertainties: ArrayLike | None = None,
    n_participants: int,
    settings: RoutingSettings | None = None,
) -> NDArray[np.float64]:
    """The probability with which each unseen statement would be shown next, (n,) in their order, summing to 1.

    Arguments and errors are those of `choose_statement`: BadValue, BadShape.
    """
    ids = column_of_ids("unseen", unseen)
    given = _columns(ids.size, exposures, votes, uncertainties)
    check_between("n_participants", n_participants, 0, whole=True)
    if not ids.size:
        return np.zeros(0)
    chances = _chances(ids, given, decisive, starters, n_participants, settings or RoutingSettings())
    return np.asarray(sum(part * chance for part, chance in chances.values()), np.float64)


def uncertainty(agrees: ArrayLike, votes: ArrayLike) -> NDArray[np.float64]:
    """Variance of the share of agreement, p (1 - p) / (votes + 3) with p = (agrees + 1) / (votes + 2).

    Errors: BadValue for counts that are no numbers of 0 or more, or more agrees than votes.
    """
    n, agreed = finite_numbers("votes", votes), finite_numbers("agrees", agrees)
    if np.any(agreed > n):
        raise BadValue(name="agrees", value="more than votes", allowed="agrees <= votes")
    p = (agreed + 1) / (n + 2)
    return np.asarray(p * (1 - p) / (n + 3), np.float64)


def _columns(
    size: int, exposures: ArrayLike, votes: ArrayLike, uncertainties: ArrayLike | None
) -> dict[str, NDArray[np.float64]]:
    given = {"exposures": _column("exposures", exposures, size), "votes": _column("votes", votes, size)}
    if uncertainties is not None:
        given["uncertainties"] = _column("uncertainties", uncertainties, size)
    return given


def _column(name: str, values: ArrayLike, size: int) -> NDArray[np.float64]:
    column = finite_numbers(name, values).ravel()
    if column.size != size:
        raise BadShape(name=name, expected=(size,), found=(column.size,))
    return column


def _chances(
    ids: NDArray[np.int64],
    given: Mapping[str, NDArray[np.float64]],
    decisive: ArrayLike,
    starters: ArrayLike,
    n_participants: int,
    settings: RoutingSettings,
) -> dict[ShowingReason, tuple[float, NDArray[np.float64]]]:
    """For each reason its part, together 1, and the chance of each statement under it."""
    exposures = given["exposures"]
    if n_participants < settings.cold_start:
        first = np.sort(column_of_ids("starters", starters))[: settings.n_starters]
        waiting = np.isin(ids, first)
        if waiting.any():
            return {ShowingReason.STARTER: (1.0, _least(exposures, waiting))}
    fresh = given["votes"] < settings.fresh_votes
    if fresh.any():
        return {ShowingReason.FRESH: (1.0, _least(exposures, fresh))}
    everything = np.ones(ids.size, bool)
    parts = {ShowingReason.LEAST_SEEN: (settings.least_seen, _least(exposures, everything))}
    if n_participants >= settings.cold_start:
        wanted = np.isin(ids, column_of_ids("decisive", decisive))
        if wanted.any() and settings.decisive:
            parts[ShowingReason.DECISIVE] = (settings.decisive, wanted / wanted.sum())
        doubt = given.get("uncertainties")
        if doubt is not None and doubt.sum() > 0 and settings.uncertain:
            parts[ShowingReason.UNCERTAIN] = (settings.uncertain, doubt / doubt.sum())
    total = sum(part for part, _ in parts.values())
    return {reason: (part / total, chance) for reason, (part, chance) in parts.items()}


def _least(exposures: NDArray[np.float64], among: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Equal chances for those of the least exposure among some."""
    least = among & (exposures == exposures[among].min())
    return np.asarray(least / least.sum(), np.float64)


def _draw_reason(parts: Mapping[ShowingReason, float], random: Random) -> ShowingReason:
    drawn = random.random()
    for reason, part in parts.items():
        drawn -= part
        if drawn < 0:
            return reason
    return next(iter(parts))
