"""map_landscape: one analysis of the votes, from counts to groups to lists, that a reader can compute again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from deliberation.blocks import Workers, in_turn
from deliberation.checks import check_between, finite_numbers
from deliberation.common_ground import CommonGround, Divide
from deliberation.errors import BadShape, BadValue
from deliberation.groups import GroupsStatus, OpinionGroups
from deliberation.landscape_parts import GROUP, LandscapeSettings, Parts, Watch
from deliberation.records import from_record, to_record
from deliberation.representativeness import RepresentativeStatement
from deliberation.space import OpinionSpace, check_votes
from deliberation.statements import CONSTITUENCY, Counts, StatementResult, WeightedShare, count_statements
from deliberation.tallies import Categories, categories_of
from deliberation.votes import VoteMatrix

__all__ = [
    "GROUP",
    "METHOD_VERSIONS",
    "Counts",
    "Landscape",
    "LandscapeSettings",
    "StatementResult",
    "WeightedShare",
    "landscape_digest",
    "map_landscape",
]

METHOD_VERSIONS = {"default": "3", "polis": "3"}
"""Raised whenever the same votes, settings and seed would give other discrete outcomes."""

Evidence = Literal["quick", "full", "kept"]

Constituencies = Mapping[str, NDArray[Any]] | NDArray[Any]


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
        takes map, groups and what sets these apart from `previous`, as it was found, and places everybody in them by
        the votes of now; counts, common ground and constituencies are of now
    clock : any function that returns seconds, to fill `timings`
    workers : who counts votes, places participants and weighs evidence in parts; the result does not depend on it
    Errors: NoVotes, TooFewParticipants, TooFewStatements, BadShape, BadValue.
    """
    _check(votes, seed, method, evidence, previous, weights)
    categories = _constituencies(constituencies, votes.n_participants)
    parts = Parts(votes, categories, settings, seed, Watch(clock), workers)
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
    seed: int,
    method: str,
    evidence: str,
    previous: Landscape | None,
    weights: NDArray[np.float64] | None,
) -> None:
    check_votes(votes)
    check_between("seed", seed, 0, whole=True)
    if method not in METHOD_VERSIONS:
        raise BadValue(name="method", value=method, allowed=sorted(METHOD_VERSIONS))
    if evidence not in get_args(Evidence):
        raise BadValue(name="evidence", value=evidence, allowed=list(get_args(Evidence)))
    if evidence == "kept" and (method == "polis" or not (previous is not None and previous.can_be_kept)):
        raise BadValue(name="previous", value=None, allowed="a landscape of the default method with a map, to be kept")
    if weights is not None:
        given = finite_numbers("weights", weights)
        if given.shape != (votes.n_participants,):
            raise BadShape(name="weights", expected=(votes.n_participants,), found=given.shape)
        if not (given > 0).all():
            raise BadValue(name="weights", value=0.0, allowed="> 0")


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
