"""Attacks on the disclosure gate: subtracting publications from one another, and rows from their margins."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from deliberation.disclosure import Attribution, Audience, Basis, Row, release
from deliberation.suppression import Table, added, n_moved, split, statements_of, voters_of

CATEGORIES = ("africa", "asia", "europe", "oceania")
CHOICES = ("agree", "disagree", "pass", "withdraw")
N_PEOPLE = 60

event = st.tuples(st.integers(0, N_PEOPLE - 1), st.sampled_from(CHOICES))
burst = st.lists(event, min_size=0, max_size=30)


def home(person: int) -> str | None:
    """Sizes 30, 15, 7 and 5, and three who told no region."""
    for category, until in zip(CATEGORIES, (30, 45, 52, 57), strict=True):
        if person < until:
            return category
    return None


def rows_of(votes: dict[int, str]) -> list[Row]:
    def counted(key: tuple[str, ...], people: Iterable[int]) -> Row:
        said = [votes[person] for person in people]
        return Row(key, said.count("agree"), said.count("disagree"), said.count("pass"))

    tables = [
        counted(("s", "region", category), [person for person in votes if home(person) == category])
        for category in CATEGORIES
    ]
    return [counted(("s",), votes), *tables]


def publications(
    history: list[list[tuple[int, str]]], audiences: list[Audience], *, is_growing: bool
) -> list[tuple[tuple[int, int, int], Table]]:
    """The counts behind each publication: the total, and the region table as the room sees it."""
    votes: dict[int, str] = {}
    basis: Basis | None = None
    found = []
    for events, audience in zip(history, audiences, strict=False):
        for person, choice in events:
            if is_growing and (person in votes or choice == "withdraw"):
                continue
            if choice == "withdraw":
                votes.pop(person, None)
            else:
                votes[person] = choice
        basis = release(rows_of(votes), basis, Attribution.CHATHAM_HOUSE, audience=audience, n_participants=60).basis
        found.append((basis.statements["s"].total, dict(basis.statements["s"].tables["region"])))
    return found


def derivable(total: tuple[int, int, int], table: Table) -> dict[frozenset[str], tuple[int, int, int]]:
    """Every union of published rows, "other" being one of them, for a reader who knows which categories are empty."""
    if sum(total) < 5:
        return {}
    is_shown, withheld = split(voters_of(table), 5)
    cells = [frozenset({category}) for category in is_shown] + ([frozenset(withheld)] if withheld else [])
    cells += [frozenset({category}) for category in CATEGORIES if sum(table[category]) == 0]
    unions = chain.from_iterable(combinations(cells, n) for n in range(1, len(cells) + 1))
    return {frozenset().union(*union): added(added([table[c] for c in cell]) for cell in union) for union in unions}


def moves(versions: list[tuple[tuple[int, int, int], Table]], pairs: Iterable[tuple[int, int]]) -> list[int]:
    found = []
    for one, two in pairs:
        if min(sum(versions[one][0]), sum(versions[two][0])) >= 5:
            found.append(n_moved(versions[one][0], versions[two][0]))
        before, after = derivable(*versions[one]), derivable(*versions[two])
        found += [n_moved(before[cell], after[cell]) for cell in before.keys() & after.keys()]
    return found


def moves_in_parts(versions: list[tuple[tuple[int, int, int], Table]], pairs: Iterable[tuple[int, int]]) -> list[int]:
    """The same for the finest sets that both publications give away.

    Where votes change and go, those of one part may make up for another's in their union: it then seems to move less
    than its parts, whose movements can both be read and are large.
    """
    found = []
    for one, two in pairs:
        if min(sum(versions[one][0]), sum(versions[two][0])) >= 5:
            found.append(n_moved(versions[one][0], versions[two][0]))
        before, after = derivable(*versions[one]), derivable(*versions[two])
        both = before.keys() & after.keys()
        finest = [cell for cell in both if not any(other < cell for other in both)]
        found += [n_moved(before[cell], after[cell]) for cell in finest]
    return found


@settings(max_examples=100, deadline=None)
@given(st.lists(burst, min_size=2, max_size=6), st.lists(st.sampled_from(list(Audience)), min_size=6, max_size=6))
def test_no_two_publications_differ_by_one_to_four_voters_in_anything_both_give_away(
    history: list[list[tuple[int, str]]], audiences: list[Audience]
) -> None:
    versions = publications(history, audiences, is_growing=True)
    pairs = combinations(range(len(versions)), 2)
    assert all(moved == 0 or moved >= 5 for moved in moves(versions, pairs))


@settings(max_examples=100, deadline=None)
@given(st.lists(burst, min_size=2, max_size=6), st.lists(st.sampled_from(list(Audience)), min_size=6, max_size=6))
def test_changed_and_withdrawn_votes_cannot_be_seen_from_one_publication_to_the_next(
    history: list[list[tuple[int, str]]], audiences: list[Audience]
) -> None:
    versions = publications(history, audiences, is_growing=False)
    pairs = [(at, at + 1) for at in range(len(versions) - 1)]
    assert all(moved == 0 or moved >= 5 for moved in moves_in_parts(versions, pairs))


sizes = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 40), max_size=8)


@given(sizes, st.integers(0, 8), st.integers(1, 12), st.integers(0, 12))
def test_what_the_public_sees_merges_what_the_room_sees(
    people: dict[str, int], unlisted: int, fewest: int, more: int
) -> None:
    everybody = {**people, "": unlisted} if unlisted else people
    inside, inside_withheld = split(everybody, fewest)
    public, public_withheld = split(everybody, fewest + more)
    assert set(public) <= set(inside)
    assert set(inside_withheld) <= set(public_withheld)
    assert list(public) == list(inside)[: len(public)]


@settings(max_examples=60, deadline=None)
@given(st.lists(sizes, min_size=1, max_size=3), st.integers(0, 9))
def test_no_solver_finds_a_withheld_row_from_the_published_margins(tables: list[dict[str, int]], rest: int) -> None:
    """The attacker knows every total, shown row and merged row, and bounds each withheld row by linear programming."""
    total = max(sum(table.values()) for table in tables) + rest
    votes = [Row(("s",), total, 0, 0)]
    votes += [Row(("s", f"t{i}", c), n, 0, 0) for i, table in enumerate(tables) for c, n in table.items()]
    released = release(votes, None, Attribution.OPEN, audience=Audience.PUBLIC, n_participants=500)
    shown = {row.key: row.n_voters for row in released if row.is_shown}
    names = [(f"t{i}", c) for i, table in enumerate(tables) for c in [*table, ""]]
    equations: list[tuple[np.ndarray, float]] = []
    for i in range(len(tables)):
        inside = np.array([name[0] == f"t{i}" for name in names], float)
        if ("s",) in shown:
            equations.append((inside, float(total)))
        for at, name in enumerate(names):
            if ("s", *name) in shown:
                equations.append((np.eye(len(names))[at], float(shown["s", *name])))
        hidden = np.array([name[0] == f"t{i}" and ("s", *name) not in shown for name in names], float)
        if ("s", f"t{i}", "other") in shown:
            equations.append((hidden, float(shown["s", f"t{i}", "other"])))
    known = statements_of(votes)["s"].tables
    for at, (table, category) in enumerate(names):
        n_hidden = sum(known.get(table, {}).get(category, (0, 0, 0)))
        if ("s", table, category) not in shown and n_hidden:
            low, high = (bound(np.eye(len(names))[at], equations, sign) for sign in (1, -1))
            assert high - low >= 5


def bound(objective: np.ndarray, equations: list[tuple[np.ndarray, float]], sign: int) -> float:
    matrix = np.array([row for row, _ in equations]) if equations else None
    values = np.array([value for _, value in equations]) if equations else None
    solved = linprog(sign * objective, A_eq=matrix, b_eq=values, bounds=(0, 1000))
    assert solved.success
    return sign * float(solved.fun)
