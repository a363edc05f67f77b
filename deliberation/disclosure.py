"""The disclosure gate: the one place every published number passes, which withholds what could identify a person.

What a page, export, mail or answer shows is a `ReleasedValue`, and only the gate makes them. Three modes: in
`attributed` and `open` rows of at least five voters are exact; in `chatham_house` figures are rounded, capped, banded
and seldom renewed, and in a small room only words leave.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from deliberation.disclosure_rules import (
    DEFAULT,
    DisclosureSettings,
    Rules,
    number_told,
    rules_for,
    share_told,
    stepped,
    words_by_count,
    words_told,
)
from deliberation.errors import BadValue
from deliberation.quantifiers import Quantified, QuantifierSettings, qualify
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
    "DEFAULT",
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
    "release_again",
    "release_breakdown",
    "release_conflicts",
    "release_count",
    "release_day",
    "release_holder",
    "release_index",
    "release_name",
    "release_origins",
    "release_scores",
    "release_share",
    "release_standing",
    "release_tally",
    "release_words",
    "words_by_count",
]


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
    rules = rules_for(mode, audience, n_participants, settings)
    basis = _next_basis(statements_of(asked), previous, rules)
    return _released_rows(basis, _order(asked), importance or {}, rules)


def release_again(
    basis: Basis,
    mode: Attribution,
    *,
    audience: Audience,
    n_participants: int,
    statements: Collection[str] | None = None,
    importance: Mapping[str, float] | None = None,
    settings: DisclosureSettings = DEFAULT,
) -> Released:
    """What was released before, from its stored basis, as this mode and audience may see it; nothing is renewed.

    statements : those that a page shows, None for all; 1,000 statements by 15 categories take most of a second
    """
    rules = rules_for(mode, audience, n_participants, settings)
    order = {
        statement: {
            attribute: [category for category in table if category != UNLISTED]
            for attribute, table in known.tables.items()
        }
        for statement, known in basis.statements.items()
        if statements is None or statement in statements
    }
    return _released_rows(basis, order, importance or {}, rules)


def _released_rows(
    basis: Basis, order: Mapping[str, Mapping[str, list[str]]], importance: Mapping[str, float], rules: Rules
) -> Released:
    shown: list[ReleasedRow] = []
    for statement, attributes in order.items():
        known = basis.statements[statement]
        shown.append(_total_row(statement, known, importance.get(statement), rules))
        for attribute, categories in attributes.items():
            shown += _table_rows((statement, attribute), categories, known.tables.get(attribute, {}), rules)
    return Released(gate=_GATE, rows=tuple(shown), basis=basis)


def _next_basis(new: Mapping[str, Statement], previous: Basis | None, rules: Rules) -> Basis:
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


def _total_row(statement: str, known: Statement, importance: float | None, rules: Rules) -> ReleasedRow:
    words = _words_of(known, importance, rules)
    if not rules.is_small_room:
        return _row((statement,), known.total, words, rules)
    if words.word is None:
        return _withheld((statement,))
    return ReleasedRow(gate=_GATE, key=(statement,), is_shown=True, words=_released(words))


def _table_rows(key: tuple[str, str], categories: Iterable[str], table: Table, rules: Rules) -> list[ReleasedRow]:
    if rules.is_small_room:
        return [_withheld((*key, category)) for category in categories]
    shown, withheld = split(voters_of(table), rules.fewest)
    found = []
    for category in categories:
        row_key = (*key, category)
        if category in shown:
            found.append(_row(row_key, table[category], words_told(*table[category][:2], rules), rules))
        else:
            found.append(_withheld(row_key))
    if shown and withheld:
        merged = added(table[category] for category in withheld)
        found.append(_row((*key, OTHER), merged, words_told(*merged[:2], rules), rules))
    return found


def _withheld(key: tuple[str, ...]) -> ReleasedRow:
    return ReleasedRow(gate=_GATE, key=key, is_shown=False)


def _released(words: Quantified) -> ReleasedWords:
    return ReleasedWords(gate=_GATE, word=words.word, dissent=words.dissent)


def _row(key: tuple[str, ...], counts: Counts, words: Quantified, rules: Rules) -> ReleasedRow:
    n = sum(counts)
    if n < rules.fewest:
        return _withheld(key)
    agree, disagree, neither = (share_told(part, n, rules) for part in counts)
    return ReleasedRow(
        gate=_GATE,
        key=key,
        is_shown=True,
        agree_share=agree,
        disagree_share=disagree,
        pass_share=neither,
        n_voters=number_told(n, rules),
        words=_released(words),
        cap=rules.cap_for(n),
    )


def _words_of(known: Statement, importance: float | None, rules: Rules) -> Quantified:
    """The words of a statement as a whole: elsewhere than in a small room only rows that are shown can change one.

    In a small room a group that does not share a general agreement still weakens it to "many", which says less; gaps
    and stress are passed over, and dissent is a note.
    """
    agrees, disagrees, _ = known.total
    counted = words_told(agrees, disagrees, rules)
    tables = []
    for attribute in (rules.settings.group, rules.settings.constituency):
        table = known.tables.get(attribute, {})
        shown = table if rules.is_small_room else split(voters_of(table), rules.fewest)[0]
        tables.append({category: table[category] for category in shown if category != UNLISTED})
    if not rules.is_small_room:
        return qualify(counted, by_group=tables[0], by_constituency=tables[1], importance=importance)
    no_gaps = QuantifierSettings(differed_gap_over=1.0)
    return qualify(counted, by_group=tables[0], by_constituency=tables[1], settings=no_gaps)


def release_words(
    agrees: int, disagrees: int, mode: Attribution, *, n_participants: int, settings: DisclosureSettings = DEFAULT
) -> ReleasedWords:
    """The ladder's words for a count that is no row of the results, such as support for a merger."""
    return _released(words_told(agrees, disagrees, rules_for(mode, Audience.PUBLIC, n_participants, settings)))


def release_tally(n: int) -> ReleasedCount:
    """A number of things that are not people, such as statements or rounds: exact in every mode."""
    return ReleasedCount(gate=_GATE, value=n)


def release_conflicts(n: int, n_curators: int, *, settings: DisclosureSettings = DEFAULT) -> ReleasedCount:
    """How many curators declared an interest in one item; None among too few, where it would tell who did."""
    return ReleasedCount(gate=_GATE, value=n if n_curators >= settings.fewest_curators else None)


def release_origins(n: int, mode: Attribution, *, settings: DisclosureSettings = DEFAULT) -> ReleasedCount:
    """How many independent origins a statement has; None for one or two where authors are protected."""
    is_told = mode is not Attribution.CHATHAM_HOUSE or n >= settings.fewest_origins
    return ReleasedCount(gate=_GATE, value=n if is_told else None)


def release_scores(
    median: float | None, spread: float | None, n: int, *, settings: DisclosureSettings = DEFAULT
) -> tuple[ReleasedIndex, ReleasedIndex]:
    """Median and spread of the scores of `n` curators; None of too few, which would give each one's away."""
    is_told = n >= settings.fewest_curators
    told = (median, spread) if is_told else (None, None)
    return ReleasedIndex(gate=_GATE, value=told[0]), ReleasedIndex(gate=_GATE, value=told[1])


def release_count(
    n: int, mode: Attribution, *, audience: Audience, settings: DisclosureSettings = DEFAULT
) -> ReleasedCount:
    """A number of people: exact in the open and from 50 on, a band below, None where too few."""
    rules = rules_for(mode, audience, n, settings)
    is_told = rules.is_exact or n >= rules.fewest
    return ReleasedCount(gate=_GATE, value=number_told(n, rules) if is_told else None)


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
    rules = rules_for(mode, audience, n_participants, settings)
    if rules.is_small_room or whole < rules.fewest or (is_bloc and part < rules.fewest):
        return ReleasedShare(gate=_GATE, value=None, bound="exact")
    share = share_told(part, whole, rules)
    return ReleasedShare(gate=_GATE, value=share, bound=bound_of(share, rules.cap_for(whole)))


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
    rules = rules_for(mode, audience, n_participants, settings)
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
    rules = rules_for(mode, audience, n_participants, settings)
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
    rules = rules_for(mode, Audience.PUBLIC, n_participants, settings)
    is_named = mode is Attribution.ATTRIBUTED and has_consented
    is_told = not rules.is_small_room and whole >= rules.fewest
    share = stepped(part, whole, 100) if is_told else None
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
    rules = rules_for(mode, audience, n_participants, settings)
    basis = _breakdown_basis(counts, counts if n_people is None else n_people, previous, rules)
    n_of = voters_of(basis.statements["counts"].tables.get("category", {}))
    people_of = voters_of(basis.statements["people"].tables.get("category", {}))
    shown, withheld = split(people_of, rules.fewest)
    listed = [(category, n_of.get(category, 0)) for category in shown if not rules.is_small_room]
    if listed and withheld:
        listed.append((OTHER, sum(n_of.get(category, 0) for category in withheld)))
    whole = sum(n_of.values())
    categories = [
        ReleasedCategory(gate=_GATE, code=code, n=number_told(n, rules), share=_part_of(n, whole, rules))
        for code, n in listed
    ]
    return ReleasedBreakdown(
        gate=_GATE, categories=tuple(categories), is_shown=bool(listed), is_rounded=not rules.is_exact, basis=basis
    )


def _part_of(n: int, whole: int, rules: Rules) -> float | None:
    if not whole:
        return None
    return n / whole if rules.is_exact else stepped(n, whole, rules.settings.n_steps)


def _breakdown_basis(
    counts: Mapping[str, int], people: Mapping[str, int], previous: Basis | None, rules: Rules
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
