"""The quantifier ladder: which words a summary may use for a support that was counted.

Codes, not prose: the page words them in its language. What may be published of them is decided in `disclosure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from deliberation.errors import BadValue

Counts = tuple[int, int, int]
"""Agrees, disagrees and passes of one group or constituency."""


class Word(StrEnum):
    """What a summary says of the support for a statement."""

    SUGGESTED = "suggested"
    SOME = "some"
    SEVERAL = "several"
    MANY = "many"
    STRESSED = "stressed"
    GENERAL_AGREEMENT = "general_agreement"
    VIEWS_DIFFERED = "views_differed"


class Dissent(StrEnum):
    """The companion sentence that a support must not be printed without."""

    NOTE_OF_CAUTION = "note_of_caution"
    CAUTIONED = "cautioned"


@dataclass(frozen=True)
class QuantifierSettings:
    """The bounds of the words. Shares are of the people who took a position (agree or disagree) on the statement."""

    fewest_positions: int = 5
    """No word on a smaller base: it would describe persons, not a room."""
    some_from: int = 3
    """One or two voices are never "some", whatever their percentage."""
    several_from: float = 0.25
    many_from: float = 0.45
    """A little under half, so that "many" never depends on a single voter at the middle."""
    general_from: float = 0.75
    general_in_every_group_from: float = 0.60
    """General agreement is a claim about every part of the room, so no group may be nearly split."""
    stressed_importance_from: float = 0.75
    """The top quarter of statements by marks of importance."""
    cautioned_from: int = 3
    cautioned_share_from: float = 0.10
    """Dissent of three voices or a tenth, whichever is larger, must have its sentence."""
    differed_gap_over: float = 0.40
    """A gap this wide between two groups makes an overall count misleading."""
    fewest_in_group: int = 5
    """A smaller group cannot veto a word or make a gap."""


@dataclass(frozen=True)
class Quantified:
    """The word for the support and the companion word for the dissent; None where there is nothing to say."""

    word: Word | None
    dissent: Dissent | None


def quantify(
    agrees: int,
    disagrees: int,
    passes: int = 0,
    *,
    by_group: Mapping[str, Counts] | None = None,
    by_constituency: Mapping[str, Counts] | None = None,
    importance: float | None = None,
    settings: QuantifierSettings | None = None,
) -> Quantified:
    """The word that the ladder binds to these counts, with its dissent.

    by_group, by_constituency : counts of each opinion group and of each constituency; small ones are left out
    importance : rank of the statement by marks of importance among all statements, 0 lowest to 1 highest

    Precedence: the count rule (one or two voices are "suggested"), a wide gap ("views differed"), general agreement,
    "stressed", then the share. A high share that fails in one group is "many", always with a dissent.
    No word where fewer than `fewest_positions` took a position. Raises `BadValue` for negative counts.
    """
    settings = settings or QuantifierSettings()
    for name, value in (("agrees", agrees), ("disagrees", disagrees), ("passes", passes)):
        if value < 0:
            raise BadValue(name=name, value=value, allowed="0 or more")
    positions = agrees + disagrees
    if positions < settings.fewest_positions:
        return Quantified(None, None)
    counted = Quantified(word_for_count(agrees, positions, settings), dissent_for_count(disagrees, positions, settings))
    return qualify(
        counted, by_group=by_group, by_constituency=by_constituency, importance=importance, settings=settings
    )


def qualify(
    counted: Quantified,
    *,
    by_group: Mapping[str, Counts] | None = None,
    by_constituency: Mapping[str, Counts] | None = None,
    importance: float | None = None,
    settings: QuantifierSettings | None = None,
) -> Quantified:
    """The overall count's word, corrected by what single groups say and by importance; precedence as in `quantify`."""
    settings = settings or QuantifierSettings()
    word, dissent = counted.word, counted.dissent
    if word is None or word is Word.SUGGESTED:
        return counted
    tables = [_shares(table or {}, settings.fewest_in_group) for table in (by_group, by_constituency)]
    if any(_gap(shares) > settings.differed_gap_over for shares in tables):
        return Quantified(Word.VIEWS_DIFFERED, dissent)
    lowest = min((share for shares in tables for share in shares), default=1.0)
    if word is Word.GENERAL_AGREEMENT and lowest < settings.general_in_every_group_from:
        word, dissent = Word.MANY, dissent or Dissent.NOTE_OF_CAUTION
    if word is Word.MANY and importance is not None and importance >= settings.stressed_importance_from:
        word = Word.STRESSED
    return Quantified(word, dissent)


def word_for_count(agrees: int, positions: int, settings: QuantifierSettings | None = None) -> Word:
    """The ladder's word for `agrees` among `positions`, by the overall count alone.

    Nobody agreeing is still "suggested": that a statement stands on the list says that somebody did.
    """
    settings = settings or QuantifierSettings()
    if agrees < settings.some_from:
        return Word.SUGGESTED
    share = agrees / positions
    if share >= settings.general_from:
        return Word.GENERAL_AGREEMENT
    if share >= settings.many_from:
        return Word.MANY
    return Word.SEVERAL if share >= settings.several_from else Word.SOME


def dissent_for_count(disagrees: int, positions: int, settings: QuantifierSettings | None = None) -> Dissent | None:
    """The companion word for `disagrees` among `positions`: below the bar a note, at nobody nothing."""
    settings = settings or QuantifierSettings()
    if disagrees >= settings.cautioned_from and disagrees / positions >= settings.cautioned_share_from:
        return Dissent.CAUTIONED
    return Dissent.NOTE_OF_CAUTION if disagrees else None


def _shares(table: Mapping[str, Counts], fewest: int) -> list[float]:
    return [a / (a + d) for a, d, _ in table.values() if a + d >= max(fewest, 1)]


def _gap(shares: list[float]) -> float:
    return round(max(shares) - min(shares), 9) if shares else 0.0
