"""Simulation: votes of people with known views, for the demo, the tests and the benchmarks.

Participants stand around the views they come from, on two axes; a statement pulls along its loadings and is liked by
its intercept; who agrees, passes or disagrees follows an ordered logit of intercept + loadings x position. Numbers of
votes have a long tail, statements arrive over time, and a few authors may write most of them, as in real life.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.checks import check_between, column_of_ids, finite_numbers
from deliberation.errors import BadShape, BadValue
from deliberation.votes import SIGN, Choice, VoteMatrix

STARTER = 0
"""The author of a starter statement: the convenor, no participant."""

MOST_PEOPLE, MOST_STATEMENTS = 10_000_000, 100_000
"""More fit no memory that this is run on; the largest real consultation has a three-hundredth of it."""
_BLOCK_CELLS = 8_000_000


@dataclass(frozen=True)
class View:
    """People who think alike: `share` of the participants (shares need not sum to 1), around `position`.

    constituencies : mix of constituency codes, in any unit; empty leaves these people without one
    """

    position: tuple[float, float]
    share: float
    spread: float = 0.35
    constituencies: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = (*self.position, self.share, self.spread, *self.constituencies.values())
        is_mix = not self.constituencies or sum(self.constituencies.values()) > 0
        if not np.isfinite(numbers).all() or min(numbers[2:]) < 0 or not is_mix:
            raise BadValue(name="view", value=(self.share, self.spread), allowed="share, spread and mix of 0 or more")


@dataclass(frozen=True)
class SimulationSettings:
    votes_per_person: float = 25.0
    """Median number of votes of a participant; real consultations have 10 to 40."""
    votes_tail: float = 0.8
    """Spread of the logarithm of that number: at 0.8 one in ten casts three times the median. 0: all alike."""
    min_votes: int = 3
    """Fewest votes a participant tries to cast."""
    steepness: float = 3.0
    """How strictly opinion decides the vote; 0 is chance."""
    pass_margin: float = 0.25
    """Strength of opinion below which people tend to pass."""
    n_starters: int = 5
    """Statements there from the start."""
    arrival_share: float = 0.6
    """Part of the time in which further statements arrive."""
    age_bias: float = 0.0
    """How far earlier statements are shown first: 0 evenly, above 3 almost strictly by age."""
    author_concentration: float = 0.8
    """Exponent of the Zipf law of authorship: 0 evenly, 2 a single author writes most."""
    duration: float = 7 * 86400.0
    """Seconds from the first arrival to the last."""
    seconds_per_vote: float = 12.0
    """Mean time between two votes of one participant."""

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if not getattr(self, name) >= 0:
                raise BadValue(name=name, value=getattr(self, name), allowed="0 or more")
        if self.votes_per_person <= 0 or self.duration <= 0 or self.arrival_share > 1:
            raise BadValue(name="votes_per_person", value=self.votes_per_person, allowed="above 0, over some time")


@dataclass(frozen=True, eq=False)
class SimulatedConsultation:
    """People, statements and votes, with the truth behind them. Offsets are seconds from the start.

    participant_ids (n,) from 1 in order of arrival; positions (n, 2); views (n,) index into the views; constituencies
    (n,) codes or ""; arrival_offsets (n,)
    statement_ids (m,) from 1; loadings (m, 2); intercepts (m,); authors (m,) participant ids, 0 for starter
    statements; statement_offsets (m,)
    votes, and vote_offsets (n_votes,) in the order of the votes' own rows and columns
    """

    participant_ids: NDArray[np.int64]
    positions: NDArray[np.float64]
    views: NDArray[np.int64]
    constituencies: NDArray[np.str_]
    arrival_offsets: NDArray[np.float64]
    statement_ids: NDArray[np.int64]
    loadings: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    authors: NDArray[np.int64]
    statement_offsets: NDArray[np.float64]
    votes: VoteMatrix
    vote_offsets: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CastVotes:
    """Further votes, and vote_offsets in the order of the votes' own rows and columns."""

    votes: VoteMatrix
    vote_offsets: NDArray[np.float64]


def simulate(
    *,
    seed: int,
    views: Sequence[View],
    n_participants: int,
    n_statements: int | None = None,
    loadings: ArrayLike | None = None,
    intercepts: ArrayLike | None = None,
    authors: ArrayLike | None = None,
    settings: SimulationSettings | None = None,
) -> SimulatedConsultation:
    """A consultation of people with these views; the same for the same seed.

    `loadings` (m, 2) and `intercepts` (m,) place written statements; without them `n_statements` are made from the
    positions of their authors. Loadings of zero make votes without structure; one view makes people without groups.
    `authors` (m,) are participant ids, 0 for starter statements; each agrees with their own statement.
    Errors: BadValue, BadShape.
    """
    settings = settings or SimulationSettings()
    check_between("seed", seed, 0, whole=True)
    check_between("n_participants", n_participants, 0, MOST_PEOPLE, whole=True)
    rng = np.random.default_rng(seed)
    positions, of_view, constituencies = _people(rng, views, n_participants)
    m = _number_of_statements(n_statements, loadings)
    arrivals = np.sort(rng.uniform(0, settings.duration, n_participants))
    by_rank = (1.0 + rng.permutation(n_participants)) ** -settings.author_concentration
    weights = np.asarray(by_rank / max(by_rank.sum(), 1e-300), np.float64)
    starters = min(settings.n_starters, m) if n_participants else m
    if loadings is None:
        written_by = _authors(rng, authors, m, starters, weights)
        pull, liked = _written(rng, written_by, positions, views), rng.normal(0.2, 0.5, m)
    else:
        pull, liked = _array("loadings", loadings, (m, 2)), np.zeros(m)
        written_by = _authors(rng, authors, m, starters, weights, likely=(positions, pull))
    if intercepts is not None:
        liked = _array("intercepts", intercepts, (m,))
    offsets = _statement_offsets(rng, written_by, arrivals, settings)
    consultation = SimulatedConsultation(
        participant_ids=np.arange(1, n_participants + 1),
        positions=positions,
        views=of_view,
        constituencies=constituencies,
        arrival_offsets=arrivals,
        statement_ids=np.arange(1, m + 1),
        loadings=pull,
        intercepts=liked,
        authors=written_by,
        statement_offsets=offsets,
        votes=VoteMatrix.from_votes([], [], []),
        vote_offsets=np.zeros(0),
    )
    return _voted(rng, consultation, settings)


def cast_votes(
    consultation: SimulatedConsultation,
    *,
    seed: int,
    statement_ids: ArrayLike,
    participant_ids: ArrayLike | None = None,
    loadings: ArrayLike | None = None,
    intercepts: ArrayLike | None = None,
    response_share: float = 1.0,
    starts_at: float = 0.0,
    settings: SimulationSettings | None = None,
) -> CastVotes:
    """The votes of a respond round: whoever answers, votes on every listed statement.

    Someone who has voted on a statement before votes the same again. `loadings` and `intercepts` place statements that
    the consultation does not have. `votes` lists all who were asked, also those who did not answer. Errors: BadValue,
    BadShape.
    """
    settings = settings or SimulationSettings()
    rng = np.random.default_rng(seed)
    statements = np.unique(np.asarray(statement_ids, np.int64))
    asked = (
        consultation.participant_ids if participant_ids is None else np.unique(np.asarray(participant_ids, np.int64))
    )
    if not np.isin(asked, consultation.participant_ids).all():
        raise BadValue(name="participant_ids", value="unknown", allowed="participants of the consultation")
    if loadings is None or intercepts is None:
        at = np.searchsorted(consultation.statement_ids, statements)
        if not np.isin(statements, consultation.statement_ids).all():
            raise BadValue(name="statement_ids", value="unknown", allowed="statements of the consultation")
        pull, liked = consultation.loadings[at], consultation.intercepts[at]
    else:
        pull = _array("loadings", loadings, (statements.size, 2))
        liked = _array("intercepts", intercepts, (statements.size,))
    answers = asked[rng.random(asked.size) < response_share]
    rows = np.repeat(np.arange(answers.size), statements.size)
    columns = np.tile(np.arange(statements.size), answers.size)
    people = np.searchsorted(consultation.participant_ids, answers)
    opinion = liked[columns] + np.einsum("va,va->v", consultation.positions[people][rows], pull[columns])
    signs = _signs(rng, opinion, settings)
    _repeat_earlier(consultation.votes, answers[rows], statements[columns], signs)
    begins = starts_at + np.sort(rng.uniform(0, settings.duration, answers.size))
    pauses = rng.exponential(settings.seconds_per_vote, (answers.size, statements.size)).cumsum(axis=1)
    votes = VoteMatrix.from_votes(
        answers[rows], statements[columns], signs, participant_ids=asked, statement_ids=statements
    )
    return CastVotes(votes, (begins[:, None] + pauses).ravel())


def with_newcomers(
    consultation: SimulatedConsultation, *, seed: int, views: Sequence[View], n_participants: int, arrives_at: float
) -> SimulatedConsultation:
    """The consultation with further people who have not voted yet; their ids follow on. `cast_votes` lets them vote."""
    rng = np.random.default_rng(seed)
    positions, of_view, constituencies = _people(rng, views, n_participants)
    first = int(consultation.participant_ids[-1]) + 1 if consultation.participant_ids.size else 1
    return replace(
        consultation,
        participant_ids=np.concatenate((consultation.participant_ids, np.arange(first, first + n_participants))),
        positions=np.concatenate((consultation.positions, positions)),
        views=np.concatenate((consultation.views, of_view)),
        constituencies=np.concatenate((consultation.constituencies, constituencies)),
        arrival_offsets=np.concatenate((consultation.arrival_offsets, np.full(n_participants, arrives_at))),
    )


def agree_probability(opinion: ArrayLike, settings: SimulationSettings) -> NDArray[np.float64]:
    """Probability of agreeing given intercept + loadings x position, and of disagreeing given its negative."""
    strength = settings.steepness * (np.asarray(opinion, np.float64) - settings.pass_margin)
    return np.asarray(0.5 * (1 + np.tanh(strength / 2)), np.float64)


def _people(
    rng: np.random.Generator, views: Sequence[View], n: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.str_]]:
    shares = np.array([view.share for view in views], np.float64)
    if n < 0 or (n and shares.sum() <= 0):
        raise BadValue(name="views", value=shares.tolist(), allowed="some view with a share above 0")
    of_view = rng.choice(len(views), n, p=shares / shares.sum()) if n else np.zeros(0, np.int64)
    centres = np.array([view.position for view in views], np.float64).reshape(-1, 2)
    spreads = np.array([view.spread for view in views], np.float64)
    positions = centres[of_view] + spreads[of_view][:, None] * rng.standard_normal((n, 2))
    longest = max((len(code) for view in views for code in view.constituencies), default=1)
    constituencies = np.zeros(n, f"<U{longest}")
    for number, view in enumerate(views):
        members = np.flatnonzero(of_view == number)
        codes, parts = list(view.constituencies), np.array(list(view.constituencies.values()), np.float64)
        if codes:
            constituencies[members] = rng.choice(codes, members.size, p=parts / parts.sum())
    return positions, of_view.astype(np.int64), constituencies


def _number_of_statements(n_statements: int | None, loadings: ArrayLike | None) -> int:
    if loadings is not None:
        found = int(np.atleast_1d(finite_numbers("loadings", loadings, low=-np.inf)).shape[0])
        if n_statements is not None and n_statements != found:
            raise BadShape(name="loadings", expected=(n_statements, 2), found=np.asarray(loadings).shape)
        return found
    check_between("n_statements", n_statements, 0, MOST_STATEMENTS, whole=True)
    return int(n_statements or 0)


def _array(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = finite_numbers(name, values, low=-np.inf)
    if array.shape != shape:
        raise BadShape(name=name, expected=shape, found=array.shape)
    return array


def _authors(
    rng: np.random.Generator,
    given: ArrayLike | None,
    m: int,
    starters: int,
    weights: NDArray[np.float64],
    likely: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> NDArray[np.int64]:
    """Authors drawn by their weights; where positions and loadings are `likely` given, the keenest of five drawn."""
    if given is not None:
        authors = column_of_ids("authors", given)
        if authors.shape != (m,) or (authors < 0).any() or (authors > weights.size).any():
            raise BadValue(name="authors", value="unknown", allowed="a participant id or 0 for each statement")
        return authors
    authors = np.full(m, STARTER, np.int64)
    if likely is None:
        authors[starters:] = 1 + rng.choice(weights.size, m - starters, p=weights) if m > starters else 0
        return authors
    for at in range(starters, m):
        some = rng.choice(weights.size, 5, p=weights)
        authors[at] = 1 + some[(likely[0][some] @ likely[1][at]).argmax()]
    return authors


def _written(
    rng: np.random.Generator,
    authors: NDArray[np.int64],
    positions: NDArray[np.float64],
    views: Sequence[View],
) -> NDArray[np.float64]:
    """Loadings that point to where a statement's author stands, a starter statement's to one of the views in turn."""
    centres = np.array([view.position for view in views], np.float64).reshape(-1, 2)
    towards = centres[np.arange(authors.size) % max(1, len(views))] if len(views) else np.zeros((authors.size, 2))
    written = authors != STARTER
    towards[written] = positions[authors[written] - 1]
    towards = towards + 0.5 * rng.standard_normal(towards.shape)
    length = np.linalg.norm(towards, axis=1, keepdims=True)
    return np.asarray(rng.uniform(0.4, 1.4, (authors.size, 1)) * towards / np.maximum(length, 1e-9), np.float64)


def _statement_offsets(
    rng: np.random.Generator,
    authors: NDArray[np.int64],
    arrivals: NDArray[np.float64],
    settings: SimulationSettings,
) -> NDArray[np.float64]:
    """When statements arrive: in their own order, none before its author, starter statements at the start."""
    written = authors != STARTER
    offsets = np.zeros(authors.size)
    offsets[written] = np.sort(rng.uniform(0, settings.arrival_share * settings.duration, int(written.sum())))
    offsets[written] = np.maximum(offsets[written], arrivals[authors[written] - 1])
    return offsets


def _voted(
    rng: np.random.Generator, consultation: SimulatedConsultation, settings: SimulationSettings
) -> SimulatedConsultation:
    n, m = consultation.participant_ids.size, consultation.statement_ids.size
    wanted = settings.votes_per_person * np.exp(settings.votes_tail * rng.standard_normal(n))
    at_least = np.maximum(settings.min_votes, np.rint(wanted)).astype(np.int64)
    rows, columns = _seen(rng, consultation, at_least, settings)
    pauses = rng.exponential(settings.seconds_per_vote, rows.size)
    offsets = consultation.arrival_offsets[rows] + _cumulated_within(rows, pauses)
    signs = _signs(rng, _opinion(consultation, rows, columns), settings)
    written = np.flatnonzero(consultation.authors != STARTER)
    author_rows = consultation.authors[written] - 1
    # An author's own vote is cast with the statement; whatever was drawn for that pair before gives way.
    rows, columns = np.concatenate((rows, author_rows)), np.concatenate((columns, written))
    signs = np.concatenate((signs, np.full(written.size, SIGN[Choice.AGREE], np.int8)))
    offsets = np.concatenate((offsets, consultation.statement_offsets[written]))
    key = rows * max(m, 1) + columns
    order = np.argsort(key, kind="stable")
    last = np.append(key[order][1:] != key[order][:-1], True) if key.size else np.zeros(0, bool)
    kept = order[last]
    votes = VoteMatrix(
        consultation.participant_ids,
        consultation.statement_ids,
        rows[kept].astype(np.int32),
        columns[kept].astype(np.int32),
        signs[kept],
    )
    return replace(consultation, votes=votes, vote_offsets=offsets[kept])


def _seen(
    rng: np.random.Generator,
    consultation: SimulatedConsultation,
    wanted: NDArray[np.int64],
    settings: SimulationSettings,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Who votes on what: for each participant the wanted number of the statements there when they arrive."""
    n, m = wanted.size, consultation.statement_ids.size
    age = np.argsort(np.argsort(consultation.statement_offsets, kind="stable")) / max(1, m)
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    step = max(1, _BLOCK_CELLS // max(1, m))
    for start in range(0, n if m else 0, step):
        people = slice(start, min(start + step, n))
        keys = rng.random((people.stop - start, m), np.float32)
        keys += (settings.age_bias * age).astype(np.float32)
        keys[consultation.statement_offsets > consultation.arrival_offsets[people, None]] = np.inf
        place = np.minimum(wanted[people], m) - 1
        limit = np.take_along_axis(np.sort(keys, axis=1), place[:, None], axis=1)
        rows, columns = np.nonzero((keys <= limit) & (keys < np.inf))
        pairs.append((rows + start, columns))
    rows, columns = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    return rows, columns


def _cumulated_within(rows: NDArray[np.int64], pauses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Running sums of pauses that begin anew with each row; rows are sorted."""
    if not rows.size:
        return pauses
    total = np.cumsum(pauses)
    begins = np.flatnonzero(np.concatenate(([True], rows[1:] != rows[:-1])))
    before = np.repeat(total[begins] - pauses[begins], np.diff(np.append(begins, rows.size)))
    return np.asarray(total - before, np.float64)


def _opinion(
    consultation: SimulatedConsultation, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    pull = (consultation.positions[rows] * consultation.loadings[columns]).sum(axis=1)
    return np.asarray(consultation.intercepts[columns] + pull, np.float64)


def _signs(rng: np.random.Generator, opinion: NDArray[np.float64], settings: SimulationSettings) -> NDArray[np.int8]:
    agree, disagree = agree_probability(opinion, settings), agree_probability(-opinion, settings)
    drawn = rng.random(opinion.size)
    signs = np.full(opinion.size, SIGN[Choice.PASS], np.int8)
    signs[drawn < agree] = SIGN[Choice.AGREE]
    signs[drawn >= 1 - disagree] = SIGN[Choice.DISAGREE]
    return signs


def _repeat_earlier(
    earlier: VoteMatrix, people: NDArray[np.int64], statements: NDArray[np.int64], signs: NDArray[np.int8]
) -> None:
    """Overwrites the signs of pairs that have voted before with their earlier ones."""
    if not earlier.n_votes or not people.size:
        return
    width = int(max(earlier.statement_ids.max(), statements.max())) + 1
    known = earlier.participant_ids[earlier.rows] * width + earlier.statement_ids[earlier.columns]
    at = np.minimum(np.searchsorted(known, people * width + statements), known.size - 1)
    again = known[at] == people * width + statements
    signs[again] = earlier.signs[at[again]]
