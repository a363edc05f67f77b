"""Parity of languages: whether those who read a translation agree as often as those who read a statement as written.

A gap has two explanations, a translation that says something else and readers who think otherwise; only a person who
reads both can tell. For a worker: it imports scipy.stats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deliberation.errors import BadValue
from deliberation.power import Level
from deliberation.shares import e_bh, e_of_p


@dataclass(frozen=True)
class ParitySettings:
    """When a translation is to be read again."""

    gap_over: float = 0.20
    """Points between the two shares of agreement. Constituencies of one language differ by half of it at any time."""
    fewest_voters: int = 15
    """Of both sides. With fewer, a gap of 20 points comes by chance in more than one fair comparison of four."""
    alpha: float = 0.05
    """Of the flags, the share expected to be false, however often one looks."""
    false_discovery_rate: float = 0.05
    """Of the notes of one look."""


@dataclass(frozen=True)
class Seen:
    """The votes that were cast on one statement in the words of one language."""

    statement_id: int
    language: str
    is_translation: bool
    n_agrees: int
    n_voters: int


@dataclass(frozen=True)
class ParityGap:
    """One translation beside its original. `gap` is the share of its readers who agree, less that of the original's.

    p_adjusted : Fisher's exact test, Benjamini-Hochberg over all translations; None where a side is too small
    level : None where nothing is out of bounds; lingers : where the gap is still more than half of its bound
    """

    statement_id: int
    language: str
    agree_share: float
    original_share: float
    gap: float
    n_voters: int
    p_adjusted: float | None
    level: Level | None
    lingers: bool


def parity_gaps(seen: Sequence[Seen], *, settings: ParitySettings | None = None) -> tuple[ParityGap, ...]:
    """How far agreement with each translation lies from agreement with its original, by statement and language.

    The null is that who reads a translation agrees as often as who reads the original: Fisher's exact test, two-sided.
    Note: more than `gap_over` apart, with a p that stands after correction. Flag: with evidence, besides, that e-BH
    accepts among all translations, which holds however often one looks. Raises `BadValue`.
    """
    from scipy.stats import false_discovery_control, fisher_exact

    settings = settings or ParitySettings()
    for one in seen:
        if not 0 <= one.n_agrees <= one.n_voters:
            raise BadValue(name="n_agrees", value=one.n_agrees, allowed=f"0 to {one.n_voters}")
    originals = {one.statement_id: one for one in seen if not one.is_translation and one.n_voters}
    pairs = sorted(
        ((one, originals[one.statement_id]) for one in seen if _is_comparable(one, originals)),
        key=lambda pair: (pair[0].statement_id, pair[0].language),
    )
    tested = [pair for pair in pairs if min(one.n_voters for one in pair) >= settings.fewest_voters]
    p = [float(fisher_exact([[s.n_agrees, s.n_voters - s.n_agrees] for s in pair]).pvalue) for pair in tested]
    adjusted = [float(value) for value in false_discovery_control(p, method="bh")] if p else []
    evidence = [e_of_p(min(value, 1.0), sum(s.n_voters for s in pair), 2 * settings.fewest_voters)
                for value, pair in zip(p, tested, strict=True)]  # fmt: skip
    known = dict(zip(tested, zip(adjusted, e_bh(evidence, alpha=settings.alpha), strict=True), strict=True))
    return tuple(_gap(pair, known.get(pair), settings) for pair in pairs)


def _is_comparable(one: Seen, originals: dict[int, Seen]) -> bool:
    return one.is_translation and one.n_voters > 0 and one.statement_id in originals


def _gap(pair: tuple[Seen, Seen], known: tuple[float, bool] | None, settings: ParitySettings) -> ParityGap:
    one, original = pair
    here, there = one.n_agrees / one.n_voters, original.n_agrees / original.n_voters
    level = None
    if known is not None and abs(here - there) > settings.gap_over:
        level = Level.FLAG if known[1] else Level.NOTE if known[0] < settings.false_discovery_rate else None
    lingers = known is not None and abs(here - there) > settings.gap_over / 2
    p = None if known is None else known[0]
    return ParityGap(one.statement_id, one.language, here, there, here - there, one.n_voters, p, level, lingers)
