"""Attackers on what is published: who cast the one vote between two publications, and what a withheld row holds.

`GAMES` sets how many events and histories are played; what a long run found stands in the docs for operators.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, milp
from scipy.stats import spearmanr

from app.access import new_participant_id
from deliberation.disclosure import Attribution, Audience, Basis, ReleasedRow, Row, release
from tests.properties.test_disclosure import (
    CATEGORIES,
    CHOICES,
    N_PEOPLE,
    home,
    moves,
    moves_in_parts,
    publications,
    rows_of,
)

N_GAMES = int(os.environ.get("GAMES", "100"))
N_HISTORIES = int(os.environ.get("GAMES", "300"))
K = 5
"""People in the room read rows of five; the public reads fewer."""


def seen(rows: list[Row], basis: Basis | None) -> tuple[dict[tuple[str, ...], ReleasedRow], Basis]:
    """Everything that both audiences can read of this publication."""
    everything = {}
    released = None
    for audience in (Audience.PUBLIC, Audience.INSIDE):
        released = release(rows, basis, Attribution.CHATHAM_HOUSE, audience=audience, n_participants=N_PEOPLE)
        everything |= {(audience.value, *row.key): row for row in released}
    assert released is not None
    return everything, released.basis


def events(chance: random.Random, n: int) -> Iterator[tuple[int, dict[int, str]]]:
    """Who did something, and the votes after it; the first forty votes are there from the start."""
    votes = {person: chance.choice(CHOICES[:3]) for person in chance.sample(range(N_PEOPLE), 40)}
    for _ in range(n):
        person, choice = chance.randrange(N_PEOPLE), chance.choice(CHOICES)
        if choice == "withdraw":
            votes.pop(person, None)
        else:
            votes[person] = choice
        yield person, dict(votes)


def suspects(changed: list[tuple[str, ...]]) -> list[int]:
    """Those who belong to every category whose row changed; everybody where none did."""
    found = set(range(N_PEOPLE))
    for key in changed:
        if len(key) == 4 and key[3] in CATEGORIES:
            found &= {person for person in range(N_PEOPLE) if home(person) == key[3]}
    return sorted(found) or list(range(N_PEOPLE))


@pytest.mark.slow
def test_whoever_cast_the_one_vote_between_two_publications_is_guessed_in_one_of_five_at_most() -> None:
    """The attacker knows everybody's region and reads all that is published before and after each single event."""
    chance = random.Random(20261123)
    before, basis = seen(rows_of({}), None)
    n_right = n_told = 0
    for person, votes in events(chance, N_GAMES):
        after, basis = seen(rows_of(votes), basis)
        changed = [key for key in after if after[key] != before.get(key)]
        n_told += bool(changed)
        n_right += chance.choice(suspects(changed)) == person
        before = after
    print(f"guessed {n_right} of {N_GAMES}; something changed in {n_told}")
    assert n_right / N_GAMES <= 1 / K + 3 * sqrt(1 / K * (1 - 1 / K) / N_GAMES)


def test_the_attacker_wins_where_there_is_no_gate() -> None:
    """The same attacker reads exact rows: the game is one that can be lost."""
    chance = random.Random(7)
    before: dict[tuple[str, ...], tuple[int, ...]] = {}
    n_right = n_told = 0
    for person, votes in events(chance, 300):
        after = {row.key: row.counts for row in rows_of(votes)}
        changed = [key for key in after if after[key] != before.get(key)]
        small = [key for key in changed if len(key) == 3 and key[2] == CATEGORIES[-1]]
        if small and before:
            n_told += 1
            n_right += chance.choice(suspects([("room", *key) for key in small])) == person
        before = after
    assert n_told and n_right / n_told > 0.08, "five people in the smallest region, against sixty"


@pytest.mark.slow
def test_no_released_cell_differs_by_one_to_four_over_random_histories() -> None:
    chance = random.Random(1)
    for _ in range(N_HISTORIES):
        history = [
            [(chance.randrange(N_PEOPLE), chance.choice(CHOICES)) for _ in range(chance.randrange(31))]
            for _ in range(4)
        ]
        audiences = [chance.choice(list(Audience)) for _ in history]
        is_growing = chance.random() < 0.5
        versions = publications(history, audiences, is_growing=is_growing)
        compared = moves if is_growing else moves_in_parts
        assert all(moved == 0 or moved >= K for moved in compared(versions, pairwise(range(len(versions)))))


def feasible(objective: np.ndarray, rules: list[LinearConstraint], sign: int) -> float:
    solved = milp(sign * objective, constraints=rules, integrality=np.ones(objective.size))
    assert solved.success
    return sign * float(solved.fun)


NAMES = (*CATEGORIES, "")


def told_as_rules(told: dict[tuple[str, ...], ReleasedRow]) -> list[LinearConstraint]:
    """What is published, as rules on whole numbers: who agrees in each category, then who voted in each."""
    members = [sum((home(person) or "") == name for person in range(N_PEOPLE)) for name in NAMES]
    one = np.eye(5)
    rules = [
        LinearConstraint(np.hstack([one, -one]), -np.inf, 0),
        LinearConstraint(np.hstack([0 * one, one]), 0, members),
    ]
    for (audience, *key), row in told.items():
        if not row.is_shown or row.agree_share is None or row.cap is None:
            continue
        inside = np.array([len(key) == 1 or name == key[-1] for name in NAMES], float)
        if key[-1] == "other":
            shown = {other[3] for other in told if other[0] == audience and len(other) == 4 and told[other].is_shown}
            inside = np.array([name not in shown for name in NAMES], float)
        fewest, most = row.n_voters if isinstance(row.n_voters, tuple) else (row.n_voters, row.n_voters)
        rules.append(LinearConstraint(np.hstack([0 * inside, inside])[None], fewest, most))
        if row.agree_share > row.cap:
            rules.append(
                LinearConstraint(np.hstack([inside, -(row.agree_share - 0.025) * inside])[None], -1e-9, np.inf)
            )
        if row.agree_share < 1 - row.cap - 1e-9:
            rules.append(
                LinearConstraint(np.hstack([inside, -(row.agree_share + 0.025) * inside])[None], -np.inf, 1e-9)
            )
    return rules


@pytest.mark.parametrize("seed", range(12))
def test_no_withheld_row_can_be_narrowed_to_fewer_than_three_whole_numbers(seed: int) -> None:
    """The attacker knows who belongs to which category, and solves for those who agree by all that both read."""
    chance = random.Random(seed)
    votes = {p: chance.choice(("agree", "agree", "disagree")) for p in chance.sample(range(N_PEOPLE), 50)}
    told, _ = seen(rows_of(votes), None)
    rules = told_as_rules(told)
    shown = {key[3] for key in told if len(key) == 4 and told[key].is_shown}
    withheld = [(at, name) for at, name in enumerate(NAMES) if name not in shown]
    assert withheld
    for at, name in withheld:
        low, high = feasible(np.eye(10)[at], rules, 1), feasible(np.eye(10)[at], rules, -1)
        assert low <= sum(votes[person] == "agree" for person in votes if (home(person) or "") == name) <= high
        assert high - low >= 2, (name, low, high)


@pytest.mark.parametrize("audience", list(Audience))
def test_from_what_is_told_of_a_row_nobody_learns_that_all_were_of_one_mind(audience: Audience) -> None:
    """Every count of every row of up to sixty: what is told of a unanimous one is told of others, too."""
    could_be = defaultdict(set)
    for n in range(5, 61):
        for agrees in range(n + 1):
            row = Row(("s",), agrees, n - agrees, 0)
            (told,) = release([row], None, Attribution.CHATHAM_HOUSE, audience=audience, n_participants=500)
            if told.is_shown:
                could_be[repr(told)].add((agrees, n - agrees))
    assert len(could_be) > 50
    for told_as, counts in could_be.items():
        unanimous = {count for count in counts if 0 in count}
        if unanimous:
            assert len(counts) >= 3 and counts - unanimous, (told_as, counts)


def test_the_order_of_codes_says_nothing_of_the_order_of_joining() -> None:
    """Rows of people are stored and exported in the order of their codes, which are random."""
    codes = [new_participant_id() for _ in range(4_000)]
    assert abs(spearmanr(range(len(codes)), codes).statistic) < 0.1
