"""What the default method says about five real conversations, and what it honestly does not say.

Data was gathered using the Polis software (compdemocracy.org/polis), sub-licensed under CC BY 4.0 with attribution to
The Computational Democracy Project.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from deliberation.groups import GroupSettings, GroupsStatus
from deliberation.landscape import Landscape, LandscapeSettings, map_landscape
from deliberation.polis_files import latest_votes, read_export
from deliberation.space import complete_votes
from deliberation.votes import VoteMatrix

DATA = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))

FILES = ("comments.csv", "votes.csv", "participants-votes.csv", "summary.csv")


@cache
def conversation(name: str) -> VoteMatrix:
    """Last votes on the statements that moderators let stand."""
    folder = DATA / "polis-conversations" / name
    if not folder.is_dir():
        pytest.skip(f"no real data: set PLENARY_REAL_DATA to a folder that holds polis-conversations/{name}")
    with ExitStack() as stack:
        streams = {file: stack.enter_context((folder / file).open(encoding="utf-8", newline="")) for file in FILES}
        export = read_export(streams)
    votes = latest_votes(export)
    rejected = [statement.id for statement in export.statements if statement.moderated == -1]
    return votes.select(statements=~np.isin(votes.statement_ids, rejected))


@cache
def quick(name: str) -> Landscape:
    return map_landscape(conversation(name), seed=1, evidence="quick")


def test_26_people_get_no_map_but_counts_and_indications() -> None:
    landscape = quick("london.youth.policing")
    assert landscape.space is None
    assert landscape.groups.status == GroupsStatus.TOO_FEW
    assert landscape.is_indicative and landscape.n_participants == 26
    assert len(landscape.common_ground) > 5


def test_votes_that_make_no_picture_get_none() -> None:
    # 107 people, 316 statements: no rank predicts hidden votes better than statement and person alone.
    landscape = quick("bg2050-volunteers")
    assert landscape.space is not None and landscape.space.rank == 0
    assert max(gain.gain for gain in landscape.space.gains) < 0.02
    assert landscape.groups.status == GroupsStatus.NONE
    completed = complete_votes(landscape.space, conversation("bg2050-volunteers"), seed=1, n_draws=2)
    # Two of the 126 voted on moderated statements only.
    assert completed.signs.shape == (2, 124, landscape.space.statement_ids.size)


@pytest.mark.parametrize("name", ["15-per-hour-seattle", "brexit-consensus", "vtaiwan.uberx"])
@pytest.mark.slow
def test_a_map_predicts_votes_it_has_not_seen(name: str) -> None:
    space = quick(name).space
    assert space is not None and space.rank >= 2
    assert space.gain is not None and 0.15 < space.gain.gain < 0.4


def test_how_far_out_a_statement_lies_does_not_follow_how_often_it_was_shown() -> None:
    # Mean imputation makes them correlate at .39 to .85; the fit to observed votes does not.
    space = quick("vtaiwan.uberx").space
    votes = conversation("vtaiwan.uberx")
    assert space is not None
    shown = votes.counts().votes[np.isin(votes.statement_ids, space.statement_ids)]
    assert abs(spearmanr(shown, np.abs(space.loadings[:, 0])).statistic) < 0.3


@pytest.mark.slow
def test_brexit_is_one_spectrum_whose_two_ends_each_hold_statements_of_their_own() -> None:
    groups = GroupSettings(bootstraps=20, max_groups=3, null_draws=39)
    landscape = map_landscape(conversation("brexit-consensus"), seed=1, settings=LandscapeSettings(groups=groups))
    assert landscape.groups.status == GroupsStatus.NONE  # two sides with many people between them
    assert set(landscape.groups.bands.tolist()) == {0, 1, 2}
    ends = LandscapeSettings(groups=replace(groups, refuse_spectrum=False))
    landscape = map_landscape(conversation("brexit-consensus"), seed=1, settings=ends)
    assert landscape.groups.status == GroupsStatus.FOUND and landscape.groups.is_one_spectrum
    assert landscape.groups.letters == ("A", "B")
    assert all(len(found) >= 3 for found in landscape.representative.values())
    assert len(landscape.common_ground) >= 5 and len(landscape.divides) >= 5


def test_a_first_view_of_2000_people_takes_seconds() -> None:
    votes = conversation("vtaiwan.uberx")
    began = time.process_time()
    map_landscape(votes, seed=1, evidence="quick")
    assert time.process_time() - began < 5


@pytest.mark.slow
def test_the_whole_evidence_for_2000_people_takes_less_than_two_minutes() -> None:
    votes = conversation("vtaiwan.uberx")
    began = time.process_time()
    landscape = map_landscape(votes, seed=1)
    assert time.process_time() - began < 120
    by_k = {evidence.k: evidence for evidence in landscape.groups.evidence}
    assert by_k[2].jaccard > 0.9  # two groups are stable, and yet no clearer than leanings alone would show
    assert by_k[2].refused_because == "not_clearer_than_no_groups"
