"""The parts of a landscape: its settings, space and groups over those who are on the map, and the lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from deliberation.blocks import Workers
from deliberation.common_ground import CommonGroundSettings, Divide, find_common_ground, find_divides, widest_first
from deliberation.groups import GroupSettings, GroupsStatus, OpinionGroups, find_groups, keep_groups, no_groups
from deliberation.representativeness import (
    CrossFit,
    RepresentativenessSettings,
    RepresentativeStatement,
    cross_fit,
    representative_of_constituencies,
    representative_statements,
)
from deliberation.space import OpinionSpace, SpaceSettings, align, fit_space, placed_in
from deliberation.tallies import Categories, tally
from deliberation.votes import Choice, VoteMatrix

GROUP = "group"
"""The dimension of opinion groups, beside the constituencies that people declare."""


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


class Watch:
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
class Picture:
    """Space and groups, over the participants of the votes that are marked in `kept`.

    representative : the method's own list, or None where it is to be tested by cross-fitting
    divides : between groups, as found by an earlier search whose groups are kept; None where they are to be found
    """

    space: OpinionSpace | None
    groups: OpinionGroups
    kept: NDArray[np.bool_]
    representative: dict[str, tuple[RepresentativeStatement, ...]] | None = None
    divides: tuple[Divide, ...] | None = None

    def categories(self, votes: VoteMatrix) -> Categories:
        """Opinion group of every participant of the votes; -1 for those who are not placed or not on the map."""
        index = np.full(votes.n_participants, -1, np.int64)
        index[self.kept] = self.groups.labels
        return Categories(self.groups.letters, index)


class Before(Protocol):
    """What an earlier landscape lends."""

    @property
    def space(self) -> OpinionSpace | None: ...

    @property
    def groups(self) -> OpinionGroups: ...

    @property
    def representative(self) -> dict[str, tuple[RepresentativeStatement, ...]]: ...

    @property
    def divides(self) -> tuple[Divide, ...]: ...


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of one analysis, each with its own seed so that none depends on how much chance another used."""

    votes: VoteMatrix
    constituencies: Mapping[str, Categories]
    settings: LandscapeSettings
    seed: int
    watch: Watch
    workers: Workers

    @property
    def n_voters(self) -> int:
        return int((self.votes.votes_per_participant() > 0).sum())

    def seed_of(self, part: Literal["space", "groups", "lists"]) -> int:
        spawned = np.random.SeedSequence(self.seed).generate_state(3)
        return int(spawned[("space", "groups", "lists").index(part)])

    def nothing(self, status: GroupsStatus) -> Picture:
        """No map, and nobody in a group."""
        everybody = np.ones(self.votes.n_participants, bool)
        return Picture(None, no_groups(status, self.votes.participant_ids), everybody)

    def pictured(self, method: str, evidence: str, previous: Before | None) -> Picture:
        if method == "polis":
            return self.polis_picture(previous)
        known = previous.space if evidence == "kept" and previous is not None else None
        if known is not None:
            statements = np.isin(self.votes.statement_ids, known.statement_ids)
        else:
            statements = self.votes.counts().votes >= self.settings.least_statement_votes
        needed = min(self.settings.least_votes, int(statements.sum()))
        kept = self.votes.votes_per_participant(statements) >= max(needed, 1)
        if min(self.n_voters, int(kept.sum())) < self.settings.least_participants:
            return self.nothing(GroupsStatus.TOO_FEW)
        if statements.sum() < 2:
            return self.nothing(GroupsStatus.NONE)
        on_map = self.workers.select(self.votes, participants=kept, statements=statements)
        if known is not None and previous is not None:
            space, groups = self.kept_picture(on_map, known, previous.groups)
            between = tuple(divide for divide in previous.divides if divide.dimension == GROUP)
            return Picture(space, groups, kept, previous.representative, between)
        space, groups = self.new_picture(on_map, evidence, previous)
        return Picture(space, groups, kept)

    def kept_picture(
        self, on_map: VoteMatrix, space: OpinionSpace, groups: OpinionGroups
    ) -> tuple[OpinionSpace, OpinionGroups]:
        placed = placed_in(space, on_map, workers=self.workers)
        self.watch.stop("space")
        found = keep_groups(groups, placed, seed=self.seed_of("groups"), settings=self.settings.groups)
        self.watch.stop("groups")
        return placed, found

    def new_picture(
        self, on_map: VoteMatrix, evidence: str, previous: Before | None
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

    def polis_picture(self, previous: Before | None) -> Picture:
        from deliberation.polis_landscape import polis_picture

        if self.n_voters < self.settings.least_participants:
            return self.nothing(GroupsStatus.TOO_FEW)
        space, groups, found = polis_picture(self.votes, previous=None if previous is None else previous.groups)
        self.watch.stop("space")
        return Picture(space, groups, np.isin(self.votes.participant_ids, space.participant_ids), found)

    def lists(self, picture: Picture, groups: Categories) -> dict[str, Any]:
        """Representative statements, common ground and divides of groups and constituencies."""
        options, votes = self.settings, self.votes
        dimensions = ({GROUP: groups} if groups.names else {}) | dict(self.constituencies)
        for categories in dimensions.values():
            tally(votes, categories, workers=self.workers)
        representative = picture.representative or {}
        fitted: dict[str, CrossFit] = {}
        if groups.names and picture.divides is None:
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
            "divides": self.divides(picture, dimensions, fitted),
        }
        self.watch.stop("lists")
        return found

    def divides(
        self, picture: Picture, dimensions: Mapping[str, Categories], fitted: Mapping[str, CrossFit]
    ) -> tuple[Divide, ...]:
        settings = self.settings.common_ground
        if picture.divides is None:
            return find_divides(self.votes, dimensions, cross_fits=fitted, settings=settings)
        declared = find_divides(self.votes, self.constituencies, settings=settings)
        return widest_first((*picture.divides, *declared))


def _aligned(space: OpinionSpace, groups: OpinionGroups, previous: OpinionSpace) -> tuple[OpinionSpace, OpinionGroups]:
    """Space and centres of groups turned towards the previous axes; who is in which group stays."""
    turned = align(space, previous)
    if not groups.letters:
        return turned, groups
    members = [groups.nearest == index for index in range(len(groups.letters))]
    centres = np.stack([turned.positions[member, :2].mean(axis=0) for member in members])
    return turned, replace(groups, centres=centres)
