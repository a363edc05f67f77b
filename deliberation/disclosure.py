"""The disclosure gate: the one place every published number passes, which withholds what could identify a person.

What a page, export, mail or answer shows is a `ReleasedValue`, and only the gate makes them. Three modes: in
`attributed` and `open` rows of at least five voters are exact; in `chatham_house` figures are rounded, capped, banded
and seldom renewed, and in a small room only words leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from deliberation.errors import BadValue
from deliberation.quantifiers import (
    Dissent,
    Quantified,
    QuantifierSettings,
    dissent_for_count,
    qualify,
    word_for_count,
)
from deliberation.released import (
    _GATE,
    Attribution,
    Audience,
    Released,
    ReleasedBreakdown,
    ReleasedCategory,
    ReleasedCount,
    ReleasedDay,
    ReleasedHolder,
    ReleasedIndex,
    ReleasedName,
    ReleasedRow,
    ReleasedShare,
    ReleasedStanding,
    ReleasedValue,
    ReleasedWords,
    Standing,
    bound_of,
)
from deliberation.suppression import (
    OTHER,
    UNLISTED,
    Basis,
    Counts,
    Row,
    Statement,
    Table,
    added,
    advance,
    split,
    statements_of,
    voters_of,
)

__all__ = [
    "Attribution",
    "Audience",
    "Basis",
    "DisclosureSettings",
    "Released",
    "ReleasedBreakdown",
    "ReleasedCategory",
    "ReleasedCount",
    "ReleasedDay",
    "ReleasedHolder",
    "ReleasedIndex",
    "ReleasedName",
    "ReleasedRow",
    "ReleasedShare",
    "ReleasedStanding",
    "ReleasedValue",
    "ReleasedWords",
    "Row",
    "Standing",
    "release",
    "release_breakdown",
    "release_count",
    "release_day",
    "release_holder",
    "release_index",
    "release_name",
    "release_share",
    "release_standing",
    "release_tally",
    "release_words",
    "words_by_count",
]


@dataclass(frozen=True)
class DisclosureSettings:
    """The thresholds of the gate. A convenor may raise the counts of people, and never lower them."""

    fewest_open: int = 5
    """Voters in a row where authors are hidden but figures exact."""
    fewest_inside: int = 5
    """Those who take part already know who was in the room."""
    fewest_public: int = 10
    """The usual threshold of statistical offices for published tables (ONS research outputs)."""
    fewest_moved: int = 5
    """New or changed voters before a row is renewed: the difference of two publications describes only these."""
    small_room_below: int = 30
    """Below it figures single out people whatever their rounding; words only."""
    exact_from: int = 50
    """Below it a number of voters with a rounded share gives the exact count away."""
    bands: tuple[int, ...] = (5, 10, 20, 30)
    """Lowest counts of the bands in which smaller numbers are told."""
    n_steps: int = 20
    """Shares are told in steps of 5 points."""
    cap: float = 0.10
    """A unanimous row would say how each of its voters voted."""
    fewest_counts: int = 3
    """A word must leave open which of three counts it stands for."""
    fewest_dissenters: int = 3
    """Fewer are passed over: else silence about dissent would mean unanimity."""
    fewest_organisations: int = 3
    """A standing of a category with fewer organisations is the standing of one organisation."""
    near_between: tuple[float, float] = (0.67, 1.5)
    """Ratio of a share to its target that is still "near": the minimum effect of the power measures."""
    group: str = "group"
    constituency: str = "constituency"
    """Names of the two attributes that the quantifier ladder looks at."""

    def __post_init__(self) -> None:
        floors = {"fewest_open": 5, "fewest_inside": 5, "fewest_public": 10, "fewest_moved": 5, "small_room_below": 30}
        for name, floor in floors.items():
            if getattr(self, name) < floor:
                raise BadValue(name=name, value=getattr(self, name), allowed=f"{floor} or more")
        if self.fewest_public < self.fewest_inside:
            raise BadValue(name="fewest_public", value=self.fewest_public, allowed="at least fewest_inside")


DEFAULT = DisclosureSettings()


@dataclass(frozen=True)
class _Rules:
    """The settings as they bind one release."""

    mode: Attribution
    settings: DisclosureSettings
    fewest: int
    fewest_inside: int
    is_small_room: bool

    @property
    def is_exact(self) -> bool:
        return self.mode is not Attribution.CHATHAM_HOUSE

    @property
    def cap(self) -> float | None:
        return None if self.is_exact else self.settings.cap


def _rules(
    mode: Attribution, audience: Audience, n_participants: int, settings: DisclosureSettings = DEFAULT
) -> _Rules:
    is_exact = mode is not Attribution.CHATHAM_HOUSE
    fewest = settings.fewest_public if audience is Audience.PUBLIC else settings.fewest_inside
    return _Rules(
        mode,
        settings,
        settings.fewest_open if is_exact else fewest,
        settings.fewest_open if is_exact else settings.fewest_inside,
        not is_exact and n_participants < settings.small_room_below,
    )


def release(
    rows: Iterable[Row],
    previous: Basis | None,
    mode: Attribution,
    *,
    audience: Audience,
    n_participants: int,
    importance: Mapping[str, float] | None = None,
    settings: DisclosureSettings = DEFAULT,
) -> Released:
    """Nothing in the result singles out a voter, also beside what was released before.

    rows : every current row, totals and tables; each table's categories, also the small ones
    previous : `Released.basis` of the last publication of this consultation, to either audience
    n_participants : people in the consultation, which decides whether it is a small room
    importance : rank 0..1 of each statement by marks of importance, for "stressed"

    Raises `CrossedAttributes` for a row that names two attributes of people, `BadValue` for rows that do not add up.
    """
    asked = list(rows)
    for row in asked:
        if len(row.key) == 3 and row.key[2] == UNLISTED:
            raise BadValue(name="category", value=UNLISTED, allowed="a named category")
    rules = _rules(mode, audience, n_participants, settings)
    basis = _next_basis(statements_of(asked), previous, rules)
    shown: list[ReleasedRow] = []
    for statement, attributes in _order(asked).items():
        known = basis.statements[statement]
        shown.append(_total_row(statement, known, (importance or {}).get(statement), rules))
        for attribute, categories in attributes.items():
            shown += _table_rows((statement, attribute), categories, known.tables.get(attribute, {}), rules)
    return Released(gate=_GATE, rows=tuple(shown), basis=basis)


def _next_basis(new: Mapping[str, Statement], previous: Basis | None, rules: _Rules) -> Basis:
    old = previous.statements if previous is not None else {}
    moved = 1 if rules.is_exact else rules.settings.fewest_moved
    renewed = {s: advance(old.get(s), now, fewest=rules.fewest_inside, fewest_moved=moved) for s, now in new.items()}
    return Basis({**old, **renewed})


def _order(rows: Iterable[Row]) -> dict[str, dict[str, list[str]]]:
    order: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        attributes = order.setdefault(row.key[0], {})
        if len(row.key) == 3:
            attributes.setdefault(row.key[1], []).append(row.key[2])
    return order


def _total_row(statement: str, known: Statement, importance: float | None, rules: _Rules) -> ReleasedRow:
    words = _words_of(known, importance, rules)
    if not rules.is_small_room:
        return _row((statement,), known.total, words, rules)
    if words.word is None:
        return _withheld((statement,))
    return ReleasedRow(gate=_GATE, key=(statement,), is_shown=True, words=_released(words))


def _table_rows(key: tuple[str, str], categories: Iterable[str], table: Table, rules: _Rules) -> list[ReleasedRow]:
    if rules.is_small_room:
        return [_withheld((*key, category)) for category in categories]
    shown, withheld = split(voters_of(table), rules.fewest)
    found = []
    for category in categories:
        row_key = (*key, category)
        if category in shown:
            found.append(_row(row_key, table[category], _counted(*table[category][:2], rules), rules))
        else:
            found.append(_withheld(row_key))
    if shown and withheld:
        merged = added(table[category] for category in withheld)
        found.append(_row((*key, OTHER), merged, _counted(*merged[:2], rules), rules))
    return found


def _withheld(key: tuple[str, ...]) -> ReleasedRow:
    return ReleasedRow(gate=_GATE, key=key, is_shown=False)


def _released(words: Quantified) -> ReleasedWords:
    return ReleasedWords(gate=_GATE, word=words.word, dissent=words.dissent)


def _row(key: tuple[str, ...], counts: Counts, words: Quantified, rules: _Rules) -> ReleasedRow:
    n = sum(counts)
    if n < rules.fewest:
        return _withheld(key)
    agree, disagree, neither = (_share(part, n, rules) for part in counts)
    return ReleasedRow(
        gate=_GATE,
        key=key,
        is_shown=True,
        agree_share=agree,
        disagree_share=disagree,
        pass_share=neither,
        n_voters=_number(n, rules),
        words=_released(words),
        cap=rules.cap,
    )


def _share(part: int, whole: int, rules: _Rules) -> float:
    if rules.is_exact:
        return part / whole
    cap = rules.settings.cap
    return min(max(_stepped(part, whole, rules.settings.n_steps), cap), round(1 - cap, 9))


def _stepped(part: int, whole: int, n_steps: int) -> float:
    """Half a step goes up, in whole numbers, so that every machine rounds alike."""
    return ((2 * n_steps * part + whole) // (2 * whole)) / n_steps


def _number(n: int, rules: _Rules) -> int | tuple[int, int]:
    settings = rules.settings
    if rules.is_exact or n >= settings.exact_from:
        return n
    edges = (0, *settings.bands, settings.exact_from)
    low = max(edge for edge in edges if edge <= n)
    return low, edges[edges.index(low) + 1] - 1


def _words_of(known: Statement, importance: float | None, rules: _Rules) -> Quantified:
    """The words of a statement as a whole: elsewhere than in a small room only rows that are shown can change one.

    In a small room a group that does not share a general agreement still weakens it to "many", which says less; gaps
    and stress are passed over, and dissent is a note.
    """
    agrees, disagrees, _ = known.total
    counted = _counted(agrees, disagrees, rules)
    tables = []
    for attribute in (rules.settings.group, rules.settings.constituency):
        table = known.tables.get(attribute, {})
        shown = table if rules.is_small_room else split(voters_of(table), rules.fewest)[0]
        tables.append({category: table[category] for category in shown if category != UNLISTED})
    if not rules.is_small_room:
        return qualify(counted, by_group=tables[0], by_constituency=tables[1], importance=importance)
    no_gaps = QuantifierSettings(differed_gap_over=1.0)
    return qualify(counted, by_group=tables[0], by_constituency=tables[1], settings=no_gaps)


def _counted(agrees: int, disagrees: int, rules: _Rules) -> Quantified:
    positions = agrees + disagrees
    if positions < QuantifierSettings().fewest_positions:
        return Quantified(None, None)
    if rules.is_exact:
        return Quantified(word_for_count(agrees, positions), dissent_for_count(disagrees, positions))
    words = _discreet(agrees, positions, rules.settings)
    if positions <= WORDS_BY_COUNT_TO:
        words = words_by_count(positions, rules.settings)[agrees]
    note = Dissent.NOTE_OF_CAUTION if words.dissent and rules.is_small_room else words.dissent
    return Quantified(words.word, note)


WORDS_BY_COUNT_TO = 200
"""From 51 positions on every word stands for three counts or more by itself."""


def _discreet(agrees: int, positions: int, settings: DisclosureSettings) -> Quantified:
    disagrees = positions - agrees
    told = disagrees >= settings.fewest_dissenters
    return Quantified(word_for_count(agrees, positions), dissent_for_count(disagrees, positions) if told else None)


@lru_cache(maxsize=1024)
def words_by_count(positions: int, settings: DisclosureSettings = DEFAULT) -> tuple[Quantified, ...]:
    """The words told in `chatham_house` for 0, 1 ... `positions` agreeing: each for at least three counts, or for none.

    A word that fewer counts could have produced becomes the next vaguer one, from the top of the ladder down. A reader
    who knows how many took a position still cannot tell how many agreed, nor that all did.
    """
    told = [_discreet(agrees, positions, settings) for agrees in range(positions + 1)]
    start = positions
    while start >= 0:
        end = start
        while end > 0 and told[end - 1] == told[start]:
            end -= 1
        if start - end + 1 < settings.fewest_counts and end > 0:
            told[end : start + 1] = [told[end - 1]] * (start - end + 1)
        else:
            start = end - 1
    return tuple(told)


def release_words(
    agrees: int, disagrees: int, mode: Attribution, *, n_participants: int, settings: DisclosureSettings = DEFAULT
) -> ReleasedWords:
    """The ladder's words for a count that is no row of the results, such as support for a merger."""
    return _released(_counted(agrees, disagrees, _rules(mode, Audience.PUBLIC, n_participants, settings)))


def release_tally(n: int) -> ReleasedCount:
    """A number of things that are not people, such as statements or rounds: exact in every mode."""
    return ReleasedCount(gate=_GATE, value=n)


def release_count(
    n: int, mode: Attribution, *, audience: Audience, settings: DisclosureSettings = DEFAULT
) -> ReleasedCount:
    """A number of people: exact in the open and from 50 on, a band below, None where too few."""
    rules = _rules(mode, audience, n, settings)
    is_told = rules.is_exact or n >= rules.fewest
    return ReleasedCount(gate=_GATE, value=_number(n, rules) if is_told else None)


def release_share(
    part: int,
    whole: int,
    mode: Attribution,
    *,
    audience: Audience,
    n_participants: int,
    is_bloc: bool = False,
    settings: DisclosureSettings = DEFAULT,
) -> ReleasedShare:
    """The share that `part` are of `whole` people, rounded and capped like a row's; None in a small room or too few.

    is_bloc : the part is itself described, as the witness of a certificate is, and must be a row's size too
    """
    rules = _rules(mode, audience, n_participants, settings)
    if rules.is_small_room or whole < rules.fewest or (is_bloc and part < rules.fewest):
        return ReleasedShare(gate=_GATE, value=None, bound="exact")
    share = _share(part, whole, rules)
    return ReleasedShare(gate=_GATE, value=share, bound=bound_of(share, rules.cap))


def release_index(
    value: float,
    n_people: int,
    mode: Attribution,
    *,
    audience: Audience,
    n_participants: int,
    settings: DisclosureSettings = DEFAULT,
) -> ReleasedIndex:
    """A figure computed from `n_people`, in steps of .05 in `chatham_house`; None in a small room or below a row."""
    rules = _rules(mode, audience, n_participants, settings)
    if rules.is_small_room or n_people < rules.fewest:
        return ReleasedIndex(gate=_GATE, value=None)
    n_steps = settings.n_steps
    return ReleasedIndex(gate=_GATE, value=value if rules.is_exact else round(value * n_steps) / n_steps)


def release_standing(
    share: float,
    target: float,
    mode: Attribution,
    *,
    audience: Audience,
    n_people: int,
    n_organisations: int,
    n_participants: int,
    settings: DisclosureSettings = DEFAULT,
) -> ReleasedStanding:
    """A category's share against its target as over, near or under.

    In a small room told for at least three organisations, else for a row's size of people.
    """
    rules = _rules(mode, audience, n_participants, settings)
    few_organisations = n_organisations < settings.fewest_organisations
    is_told = not few_organisations if rules.is_small_room else n_people >= rules.fewest
    if not is_told or target <= 0:
        return ReleasedStanding(gate=_GATE, standing=None)
    low, high = settings.near_between
    ratio = share / target
    standing = Standing.UNDER if ratio < low else Standing.OVER if ratio > high else Standing.NEAR
    return ReleasedStanding(gate=_GATE, standing=standing)


def release_holder(
    name: str,
    part: int,
    whole: int,
    mode: Attribution,
    *,
    n_participants: int,
    has_consented: bool = False,
    settings: DisclosureSettings = DEFAULT,
) -> ReleasedHolder:
    """What one organisation holds of `whole` things, to the percent; named only if `attributed` and it consented."""
    rules = _rules(mode, Audience.PUBLIC, n_participants, settings)
    is_named = mode is Attribution.ATTRIBUTED and has_consented
    is_told = not rules.is_small_room and whole >= rules.fewest
    share = _stepped(part, whole, 100) if is_told else None
    return ReleasedHolder(gate=_GATE, name=name if is_named else None, share=share)


def release_name(name: str, mode: Attribution, *, has_consented: bool) -> ReleasedName:
    """An author's name, only in `attributed` and only with the author's consent."""
    return ReleasedName(gate=_GATE, name=name if mode is Attribution.ATTRIBUTED and has_consented else None)


def release_day(at: datetime) -> ReleasedDay:
    """The day in UTC. Raises `BadValue` for a time without a zone."""
    if at.tzinfo is None:
        raise BadValue(name="at", value=at.isoformat(), allowed="a time with its zone")
    return ReleasedDay(gate=_GATE, day=at.astimezone(UTC).date())


def release_breakdown(
    counts: Mapping[str, int],
    mode: Attribution,
    *,
    audience: Audience,
    n_participants: int,
    previous: Basis | None = None,
    n_people: Mapping[str, int] | None = None,
    settings: DisclosureSettings = DEFAULT,
) -> ReleasedBreakdown:
    """A table of one attribute, such as participants or proposals by constituency, without its small categories.

    counts : what is counted in each category; together the published whole
    n_people : people behind each category where what is counted are not people; they decide what is withheld
    previous : `basis` of the last publication of this very table
    Withheld in a small room. Shares are in steps of 5 points in `chatham_house`, without the cap that protects answers.
    """
    rules = _rules(mode, audience, n_participants, settings)
    basis = _breakdown_basis(counts, counts if n_people is None else n_people, previous, rules)
    n_of = voters_of(basis.statements["counts"].tables.get("category", {}))
    people_of = voters_of(basis.statements["people"].tables.get("category", {}))
    shown, withheld = split(people_of, rules.fewest)
    listed = [(category, n_of.get(category, 0)) for category in shown if not rules.is_small_room]
    if listed and withheld:
        listed.append((OTHER, sum(n_of.get(category, 0) for category in withheld)))
    whole = sum(n_of.values())
    categories = [
        ReleasedCategory(gate=_GATE, code=code, n=_number(n, rules), share=_part_of(n, whole, rules))
        for code, n in listed
    ]
    return ReleasedBreakdown(
        gate=_GATE, categories=tuple(categories), is_shown=bool(listed), is_rounded=not rules.is_exact, basis=basis
    )


def _part_of(n: int, whole: int, rules: _Rules) -> float | None:
    if not whole:
        return None
    return n / whole if rules.is_exact else _stepped(n, whole, rules.settings.n_steps)


def _breakdown_basis(
    counts: Mapping[str, int], people: Mapping[str, int], previous: Basis | None, rules: _Rules
) -> Basis:
    """Both columns are renewed together or not at all: what is counted gives away who came with it.

    What is counted must have moved enough in each category, since people decide which of them are merged.
    """
    now = {"people": _one_table(people), "counts": _one_table(counts)}
    if previous is None:
        return Basis(now)
    moved = 1 if rules.is_exact else rules.settings.fewest_moved
    for name, fewest in (("people", rules.fewest_inside), ("counts", 1)):
        if advance(previous.statements[name], now[name], fewest=fewest, fewest_moved=moved) != now[name]:
            return previous
    return Basis(now)


def _one_table(counts: Mapping[str, int]) -> Statement:
    rows = [Row(("table",), sum(counts.values()), 0, 0)]
    rows += [Row(("table", "category", category), n, 0, 0) for category, n in sorted(counts.items())]
    return statements_of(rows)["table"]
