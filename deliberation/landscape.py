"""map_landscape: one analysis of the votes, from counts to groups to lists, that a reader can compute again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from deliberation.blocks import Workers, in_turn
from deliberation.common_ground import (
    CommonGround,
    CommonGroundSettings,
    Divide,
    find_common_ground,
    find_divides,
)
from deliberation.errors import BadShape, BadValue
from deliberation.groups import GroupSettings, GroupsStatus, OpinionGroups, find_groups, keep_groups, no_groups
from deliberation.records import from_record, to_record
from deliberation.representativeness import (
    CrossFit,
    RepresentativenessSettings,
    RepresentativeStatement,
    cross_fit,
    representative_of_constituencies,
    representative_statements,
)
from deliberation.space import OpinionSpace, SpaceSettings, align, check_votes, fit_space, placed_in
from deliberation.statements import CONSTITUENCY, Counts, StatementResult, WeightedShare, count_statements
from deliberation.tallies import Categories, categories_of, tally
from deliberation.votes import Choice, VoteMatrix

__all__ = [
    "METHOD_VERSIONS",
    "Counts",
    "Landscape",
    "LandscapeSettings",
    "StatementResult",
    "WeightedShare",
    "landscape_digest",
    "map_landscape",
]

METHOD_VERSIONS = {"default": "3", "polis": "2"}
"""Raised whenever the same votes, settings and seed would give other discrete outcomes."""

GROUP = "group"
"""The dimension of opinion groups, beside the constituencies that people declare."""

Evidence = Literal["quick", "full", "kept"]

Constituencies = Mapping[str, NDArray[Any]] | NDArray[Any]


@dataclass(frozen=True)
class LandscapeSettings:
    """What goes into a landscape, and the settings of its parts. Every value has its reason."""

    least_participants: int = 30
    """Fewer are a small room: no map in any mode, since every point would be a person; results are indicative."""
    least_votes: int = 7
    """Votes a participant needs to stand on the map, or all statements where fewer; all count in the tables."""
    least_statement_votes: int = 10
    """Votes a statement needs to shape the map; all are counted in the tables."""
    space: SpaceSettings = field(default_factory=SpaceSettings)
    groups: GroupSettings = field(default_factory=GroupSettings)
    representativeness: RepresentativenessSettings = field(default_factory=RepresentativenessSettings)
    common_ground: CommonGroundSettings = field(default_factory=CommonGroundSettings)


@dataclass(frozen=True, eq=False)
class Landscape:
    """The result of one analysis. Equal votes, seed, settings and previous landscape give an equal digest.

    input_digest : of votes, constituencies and weights; digest : of inputs, settings and discrete outcomes, not floats
    n_participants : those with a vote; n_statements : all of them
    space : None in a small room and where nobody has enough votes; its rank is 0 where the votes make no picture
    groups : over the participants of the space; nobody is in one at CHECKING, NONE and TOO_FEW
    statements : in order of id, every statement of the votes
    representative : per letter; representative_by_constituency : per dimension and category, declared, not cross-fit
    common_ground, common_rejection : what every category agrees with, and what every category disagrees with
    is_indicative : a small room, where a few more people could change every figure
    timings : seconds per part, if a clock was given; not part of the digest
    """

    method: str
    method_version: str
    seed: int
    settings: dict[str, Any]
    evidence: str
    input_digest: str
    previous_digest: str | None
    digest: str
    n_participants: int
    n_votes: int
    n_statements: int
    space: OpinionSpace | None
    groups: OpinionGroups
    statements: tuple[StatementResult, ...]
    representative: dict[str, tuple[RepresentativeStatement, ...]]
    representative_by_constituency: dict[str, dict[str, tuple[RepresentativeStatement, ...]]]
    common_ground: tuple[CommonGround, ...]
    common_rejection: tuple[CommonGround, ...]
    divides: tuple[Divide, ...]
    is_indicative: bool
    timings: dict[str, float]

    @property
    def can_be_kept(self) -> bool:
        """Whether there is a map on which groups have been looked for, so that others can be placed in both."""
        return self.method == "default" and self.space is not None and self.groups.status is not GroupsStatus.CHECKING

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers that `from_json` reads back into an equal landscape."""
        record: dict[str, Any] = to_record(self)
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Landscape:
        """The landscape that was written. BadValue where the record is none, or its digest does not fit its content."""
        landscape: Landscape = from_record(cls, record)
        if landscape_digest(landscape) != landscape.digest:
            raise BadValue(name="digest", value=landscape.digest, allowed=landscape_digest(landscape))
        return landscape


def landscape_digest(landscape: Landscape) -> str:
    """SHA-256 (hex) of inputs, settings and discrete outcomes; floats are left out, as processors round differently."""
    groups, space = landscape.groups, landscape.space
    return _digest(
        {
            "method": [landscape.method, landscape.method_version, landscape.seed, landscape.evidence],
            "settings": landscape.settings,
            "input": [landscape.input_digest, landscape.previous_digest],
            "space": None if space is None else [space.rank, space.prior, to_record(space.participant_ids)],
            "groups": [
                groups.status,
                groups.letters,
                groups.is_one_spectrum,
                [array.tolist() for array in (groups.labels, groups.nearest, groups.bands)],
                [[e.k, e.accepted, e.refused_because] for e in groups.evidence],
            ],
            "statements": [[s.statement_id, to_record(s.counts), to_record(s.by_group)] for s in landscape.statements],
            "lists": [
                {name: [[r.statement_id, r.stance] for r in found] for name, found in landscape.representative.items()},
                [c.statement_id for c in landscape.common_ground],
                [c.statement_id for c in landscape.common_rejection],
                [[d.statement_id, d.dimension, d.high, d.low] for d in landscape.divides],
            ],
        }
    )


def map_landscape(
    votes: VoteMatrix,
    *,
    seed: int,
    method: Literal["default", "polis"] = "default",
    constituencies: Constituencies | None = None,
    weights: NDArray[np.float64] | None = None,
    previous: Landscape | None = None,
    evidence: Evidence = "full",
    settings: LandscapeSettings = LandscapeSettings(),
    clock: Callable[[], float] | None = None,
    workers: Workers = in_turn,
) -> Landscape:
    """The landscape of these votes: the same for the same votes in any order, seed, settings and previous landscape.

    constituencies : one label per participant ("" or negative is not stated), or such an array per dimension
    weights : (n_participants,) positive; they only add weighted shares beside the plain ones
    previous : lends the letters of its groups and the direction of its axes; nothing else, unless it is "kept"
    evidence : "quick" leaves out the resampling that groups need: status CHECKING, and nobody is in a group; "kept"
        takes map and groups from `previous`, with its evidence, and places everybody in them by the votes of now
    clock : any function that returns seconds, to fill `timings`
    workers : who counts votes, places participants and weighs evidence in parts; the result does not depend on it
    Errors: NoVotes, TooFewParticipants, TooFewStatements, BadShape, BadValue.
    """
    _check(votes, method, evidence, previous, weights)
    categories = _constituencies(constituencies, votes.n_participants)
    parts = _Parts(votes, categories, settings, seed, _Watch(clock), workers)
    input_digest = workers.meanwhile(partial(_input_digest, votes, categories, weights))
    picture = parts.pictured(method, evidence, previous)
    groups = picture.categories(votes)
    lists = parts.lists(picture, groups)
    landscape = Landscape(
        method=method,
        method_version=METHOD_VERSIONS[method],
        seed=seed,
        settings=to_record(settings),
        evidence=evidence,
        input_digest=input_digest(),
        previous_digest=None if previous is None else previous.digest,
        digest="",
        n_participants=parts.n_voters,
        n_votes=votes.n_votes,
        n_statements=votes.n_statements,
        space=picture.space,
        groups=picture.groups,
        statements=count_statements(
            votes,
            groups=groups,
            constituencies=categories,
            weights=weights,
            settings=settings.common_ground,
            workers=workers,
        ),
        **lists,
        is_indicative=parts.n_voters < settings.least_participants,
        timings=parts.watch.seconds,
    )
    return replace(landscape, digest=landscape_digest(landscape))


def _check(
    votes: VoteMatrix,
    method: str,
    evidence: str,
    previous: Landscape | None,
    weights: NDArray[np.float64] | None,
) -> None:
    check_votes(votes)
    if method not in METHOD_VERSIONS:
        raise BadValue(name="method", value=method, allowed=sorted(METHOD_VERSIONS))
    if evidence not in get_args(Evidence):
        raise BadValue(name="evidence", value=evidence, allowed=list(get_args(Evidence)))
    if evidence == "kept" and (method == "polis" or not (previous is not None and previous.can_be_kept)):
        raise BadValue(name="previous", value=None, allowed="a landscape of the default method with a map, to be kept")
    if weights is not None:
        if np.shape(weights) != (votes.n_participants,):
            raise BadShape(name="weights", expected=(votes.n_participants,), found=np.shape(weights))
        if not (np.isfinite(weights).all() and (np.asarray(weights) > 0).all()):
            raise BadValue(name="weights", value="not finite and positive", allowed="> 0")


def _constituencies(given: Constituencies | None, n: int) -> dict[str, Categories]:
    if given is None:
        return {}
    by_dimension = given if isinstance(given, Mapping) else {CONSTITUENCY: given}
    if GROUP in by_dimension:
        raise BadValue(name="constituencies", value=GROUP, allowed="a dimension that is not an opinion group")
    return {dimension: categories_of(by_dimension[dimension], n) for dimension in sorted(by_dimension)}


def _input_digest(votes: VoteMatrix, categories: Mapping[str, Categories], weights: NDArray[np.float64] | None) -> str:
    return _digest(
        {
            "votes": votes.digest(),
            "constituencies": {name: [c.names, c.index.tolist()] for name, c in categories.items()},
            "weights": None if weights is None else [f"{weight:.9g}" for weight in weights.tolist()],
        }
    )


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(b"plenary landscape 1\n" + text.encode()).hexdigest()


class _Watch:
    """Seconds per part by a clock that the caller lends; none without."""

    def __init__(self, clock: Callable[[], float] | None) -> None:
        self.clock = clock
        self.seconds: dict[str, float] = {}
        self.since = clock() if clock else 0.0

    def stop(self, part: str) -> None:
        if self.clock:
            now = self.clock()
            self.seconds[part] = now - self.since
            self.since = now


@dataclass(frozen=True, eq=False)
class _Picture:
    """Space and groups, over the participants of the votes that are marked in `kept`.

    representative : the method's own list, or None where it is to be tested by cross-fitting
    """

    space: OpinionSpace | None
    groups: OpinionGroups
    kept: NDArray[np.bool_]
    representative: dict[str, tuple[RepresentativeStatement, ...]] | None = None

    def categories(self, votes: VoteMatrix) -> Categories:
        """Opinion group of every participant of the votes; -1 for those who are not placed or not on the map."""
        index = np.full(votes.n_participants, -1, np.int64)
        index[self.kept] = self.groups.labels
        return Categories(self.groups.letters, index)


@dataclass(frozen=True, eq=False)
class _Parts:
    """The parts of one analysis, each with its own seed so that none depends on how much chance another used."""

    votes: VoteMatrix
    constituencies: Mapping[str, Categories]
    settings: LandscapeSettings
    seed: int
    watch: _Watch
    workers: Workers

    @property
    def n_voters(self) -> int:
        return int((self.votes.votes_per_participant() > 0).sum())

    def seed_of(self, part: Literal["space", "groups", "lists"]) -> int:
        spawned = np.random.SeedSequence(self.seed).generate_state(3)
        return int(spawned[("space", "groups", "lists").index(part)])

    def nothing(self, status: GroupsStatus) -> _Picture:
        """No map, and nobody in a group."""
        everybody = np.ones(self.votes.n_participants, bool)
        return _Picture(None, no_groups(status, self.votes.participant_ids), everybody)

    def pictured(self, method: str, evidence: str, previous: Landscape | None) -> _Picture:
        if method == "polis":
            return self.polis_picture(previous)
        before = None if previous is None else previous.space
        if evidence == "kept" and before is not None:
            statements = np.isin(self.votes.statement_ids, before.statement_ids)
        else:
            statements = self.votes.counts().votes >= self.settings.least_statement_votes
        needed = min(self.settings.least_votes, int(statements.sum()))
        kept = self.votes.votes_per_participant(statements) >= max(needed, 1)
        if min(self.n_voters, int(kept.sum())) < self.settings.least_participants:
            return self.nothing(GroupsStatus.TOO_FEW)
        if statements.sum() < 2:
            return self.nothing(GroupsStatus.NONE)
        on_map = self.workers.select(self.votes, participants=kept, statements=statements)
        if evidence == "kept" and previous is not None and before is not None:
            space, groups = self.kept_picture(on_map, before, previous.groups)
        else:
            space, groups = self.new_picture(on_map, evidence, previous)
        return _Picture(space, groups, kept)

    def kept_picture(
        self, on_map: VoteMatrix, space: OpinionSpace, groups: OpinionGroups
    ) -> tuple[OpinionSpace, OpinionGroups]:
        placed = placed_in(space, on_map, workers=self.workers)
        self.watch.stop("space")
        found = keep_groups(groups, placed, seed=self.seed_of("groups"), settings=self.settings.groups)
        self.watch.stop("groups")
        return placed, found

    def new_picture(
        self, on_map: VoteMatrix, evidence: str, previous: Landscape | None
    ) -> tuple[OpinionSpace, OpinionGroups]:
        space = fit_space(on_map, seed=self.seed_of("space"), settings=self.settings.space, workers=self.workers)
        self.watch.stop("space")
        if evidence == "quick" and space.rank > 0:
            groups = no_groups(GroupsStatus.CHECKING, on_map.participant_ids)
        else:
            groups = find_groups(
                space,
                on_map,
                seed=self.seed_of("groups"),
                settings=self.settings.groups,
                previous=None if previous is None else previous.groups,
                workers=self.workers,
            )
        self.watch.stop("groups")
        if previous is not None and previous.space is not None:
            space, groups = _aligned(space, groups, previous.space)
        return space, groups

    def polis_picture(self, previous: Landscape | None) -> _Picture:
        from deliberation.polis_landscape import polis_picture

        if self.n_voters < self.settings.least_participants:
            return self.nothing(GroupsStatus.TOO_FEW)
        space, groups, found = polis_picture(self.votes, previous=None if previous is None else previous.groups)
        self.watch.stop("space")
        return _Picture(space, groups, np.isin(self.votes.participant_ids, space.participant_ids), found)

    def lists(self, picture: _Picture, groups: Categories) -> dict[str, Any]:
        """Representative statements, common ground and divides of groups and constituencies."""
        options, votes = self.settings, self.votes
        dimensions = ({GROUP: groups} if groups.names else {}) | dict(self.constituencies)
        for categories in dimensions.values():
            tally(votes, categories, workers=self.workers)
        representative = picture.representative or {}
        fitted: dict[str, CrossFit] = {}
        if groups.names:
            on_map, seed = votes.select(participants=picture.kept), self.seed_of("lists")
            halves = cross_fit(on_map, picture.groups, seed=seed, settings=options.representativeness)
            if picture.representative is None:
                representative = representative_statements(
                    on_map, picture.groups, seed=seed, settings=options.representativeness, fitted=halves
                )
            fitted[GROUP] = halves.spread(picture.kept)
        common = options.common_ground
        found = {
            "representative": representative,
            "representative_by_constituency": {
                dimension: representative_of_constituencies(votes, categories, settings=options.representativeness)
                for dimension, categories in self.constituencies.items()
            },
            "common_ground": find_common_ground(votes, dimensions, settings=common),
            "common_rejection": find_common_ground(votes, dimensions, stance=Choice.DISAGREE, settings=common),
            "divides": find_divides(votes, dimensions, cross_fits=fitted, settings=common),
        }
        self.watch.stop("lists")
        return found


def _aligned(space: OpinionSpace, groups: OpinionGroups, previous: OpinionSpace) -> tuple[OpinionSpace, OpinionGroups]:
    """Space and centres of groups turned towards the previous axes; who is in which group stays."""
    turned = align(space, previous)
    if not groups.letters:
        return turned, groups
    members = [groups.nearest == index for index in range(len(groups.letters))]
    centres = np.stack([turned.positions[member, :2].mean(axis=0) for member in members])
    return turned, replace(groups, centres=centres)
