"""The landscape: one analysis of the votes, which anybody can compute again and check."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deliberation.errors import BadShape, BadValue, NoVotes, TooFewParticipants, TooFewStatements
from deliberation.groups import GroupSettings, GroupsStatus
from deliberation.landscape import Landscape, LandscapeSettings, map_landscape
from deliberation.records import PLAIN, from_record, to_record
from deliberation.votes import Choice, VoteMatrix
from tests.vote_tables import read_votes, simulated_votes

BRIEF = LandscapeSettings(groups=GroupSettings(bootstraps=8, max_groups=3, null_draws=39, evidence_restarts=1))


@pytest.fixture(scope="module")
def votes() -> VoteMatrix:
    return simulated_votes("groups", seed=1, n=150, m=40, contrast=2.5)


@pytest.fixture(scope="module")
def full(votes: VoteMatrix) -> Landscape:
    constituency = np.array(["ngo", "state", ""])[np.arange(150) // 50]
    weights = np.where(np.arange(150) < 50, 2.0, 0.5)
    return map_landscape(votes, seed=1, constituencies=constituency, weights=weights, settings=BRIEF)


def test_everything_is_counted_once(votes: VoteMatrix, full: Landscape) -> None:
    assert (full.n_participants, full.n_statements, full.n_votes) == (150, 40, votes.n_votes)
    assert sum(statement.counts.votes for statement in full.statements) == votes.n_votes
    first = full.statements[0]
    stated = [first.by_constituency["ngo"], first.by_constituency["state"]]
    assert sum(counts.votes for counts in stated) < first.counts.votes
    assert sum(counts.votes for counts in first.by_group.values()) <= first.counts.votes
    assert first.counts.share(Choice.AGREE) == first.counts.agrees / first.counts.votes


def test_groups_and_their_lists_come_out_together(full: Landscape) -> None:
    assert full.groups.status == GroupsStatus.FOUND
    assert full.groups.letters == ("A", "B", "C")
    assert set(full.representative) == {"A", "B", "C"}
    assert all(full.representative.values())
    assert {divide.dimension for divide in full.divides} == {"group"}  # constituencies were dealt at random
    shown = {s.statement_id: s for s in full.statements}
    for divide in full.divides:
        high, low = (shown[divide.statement_id].by_group[letter] for letter in (divide.high, divide.low))
        assert high.agrees / high.votes - low.agrees / low.votes == pytest.approx(divide.gap)


def test_common_ground_holds_in_every_group_and_constituency(full: Landscape) -> None:
    shown = {s.statement_id: s for s in full.statements}
    for found in full.common_ground:
        split = shown[found.statement_id].by_group | shown[found.statement_id].by_constituency
        assert all(counts.agrees / counts.votes > 0.5 for counts in split.values())


def test_weights_stand_beside_the_plain_figures(votes: VoteMatrix, full: Landscape) -> None:
    weighted = full.statements[0].weighted
    assert weighted is not None
    mine = votes.columns == 0
    weight = np.where(votes.rows[mine] < 50, 2.0, 0.5)
    assert weighted.agree == pytest.approx(float((weight * (votes.signs[mine] == 1)).sum() / weight.sum()))
    assert weighted.agree + weighted.disagree + weighted.passes == pytest.approx(1.0)
    assert weighted.n_effective < mine.sum()
    assert weighted.lower < weighted.agree < weighted.upper


def test_the_quick_view_shows_no_groups_before_they_are_checked(votes: VoteMatrix) -> None:
    quick = map_landscape(votes, seed=1, evidence="quick")
    assert quick.groups.status == GroupsStatus.CHECKING
    assert quick.space is not None and quick.space.rank > 0
    assert quick.groups.letters == () and (quick.groups.labels == -1).all()
    assert quick.representative == {} and quick.divides == ()


def test_a_kept_view_of_the_same_votes_is_that_of_the_search(votes: VoteMatrix, full: Landscape) -> None:
    kept = map_landscape(votes, seed=1, evidence="kept", previous=full, settings=BRIEF)
    assert kept.space is not None and full.space is not None
    np.testing.assert_allclose(kept.space.positions, full.space.positions, atol=1e-9)
    assert (kept.groups.labels == full.groups.labels).all()
    assert (kept.groups.letters, kept.groups.evidence) == (full.groups.letters, full.groups.evidence)
    assert (kept.representative, kept.divides) == (full.representative, full.divides)
    assert kept.common_ground == full.common_ground
    assert (kept.previous_digest, kept.evidence) == (full.digest, "kept")


def test_a_map_that_was_turned_towards_an_earlier_one_is_kept_as_it_was_turned(
    votes: VoteMatrix, full: Landscape
) -> None:
    assert full.space is not None
    turn = np.eye(full.space.rank)
    turn[:2, :2] = [[0.6, -0.8], [0.8, 0.6]]
    before = replace(
        full,
        space=replace(full.space, loadings=full.space.loadings @ turn, positions=full.space.positions @ turn),
    )
    aligned = map_landscape(votes, seed=1, previous=before, settings=BRIEF)
    kept = map_landscape(votes, seed=1, evidence="kept", previous=aligned, settings=BRIEF)
    assert kept.space is not None and aligned.space is not None
    assert np.abs(aligned.space.positions - full.space.positions).max() > 0.1
    np.testing.assert_allclose(kept.space.positions, aligned.space.positions, atol=1e-9)
    assert (kept.groups.labels == aligned.groups.labels).mean() > 0.98


def test_a_kept_view_places_newcomers_among_the_groups_that_were_found(votes: VoteMatrix, full: Landscape) -> None:
    sure = int(np.argmax(full.groups.confidence))
    theirs = votes.rows == sure
    more = VoteMatrix.from_votes(
        np.append(votes.participant_ids[votes.rows], np.full(theirs.sum(), 999)),
        np.append(votes.statement_ids[votes.columns], votes.statement_ids[votes.columns[theirs]]),
        np.append(votes.signs, votes.signs[theirs]),
    )
    kept = map_landscape(more, seed=1, evidence="kept", previous=full, settings=BRIEF)
    assert kept.groups.participant_ids.tolist()[-1] == 999
    assert kept.groups.labels[-1] == full.groups.labels[sure] >= 0
    assert kept.groups.confidence[-1] == full.groups.confidence[sure]
    assert (kept.groups.labels[:-1] == full.groups.labels).all()  # nobody moves since somebody else votes
    before = {s.statement_id: s.counts.votes for s in full.statements}
    counted = sum(s.counts.votes - before[s.statement_id] for s in kept.statements)
    assert counted == theirs.sum()


def test_a_kept_view_needs_a_map_on_which_groups_were_looked_for(votes: VoteMatrix, full: Landscape) -> None:
    quick = map_landscape(votes, seed=1, evidence="quick")
    polis = map_landscape(votes, seed=1, method="polis")
    for previous in (None, quick, polis):
        with pytest.raises(BadValue):
            map_landscape(votes, seed=1, evidence="kept", previous=previous)
    with pytest.raises(BadValue):
        map_landscape(votes, seed=1, evidence="kept", method="polis", previous=full)


def test_a_kept_spectrum_has_bands_and_votes_without_a_picture_have_none() -> None:
    for kind in ("spectrum", "structureless"):
        made = simulated_votes(kind, seed=0)
        full = map_landscape(made, seed=0, settings=BRIEF)
        assert full.groups.status == GroupsStatus.NONE
        kept = map_landscape(made, seed=0, evidence="kept", previous=full, settings=BRIEF)
        assert kept.groups.status == GroupsStatus.NONE
        assert (kept.groups.bands == full.groups.bands).all()
        assert kept.groups.evidence == full.groups.evidence


def test_a_room_of_under_thirty_has_no_map_by_any_method() -> None:
    room = simulated_votes("groups", seed=2, n=29, m=20)
    for method in ("default", "polis"):
        landscape = map_landscape(room, seed=1, method=method)  # type: ignore[arg-type]
        assert landscape.space is None
        assert landscape.groups.status == GroupsStatus.TOO_FEW
        assert landscape.is_indicative
        assert len(landscape.statements) == 20


def test_fifteen_people_still_have_common_ground_and_divides() -> None:
    rows = [f"{person} + {'+' if person <= 8 else '-'} 0" for person in range(1, 16)]
    room = read_votes("\n".join([". 1 2 3", *rows]))
    landscape = map_landscape(room, seed=1, constituencies=np.array(["ngo"] * 8 + ["state"] * 7))
    assert [found.statement_id for found in landscape.common_ground] == [1]
    assert [(divide.statement_id, divide.high, divide.low) for divide in landscape.divides] == [(2, "ngo", "state")]


def test_people_with_few_votes_count_in_tables_and_do_not_stand_on_the_map(votes: VoteMatrix) -> None:
    one = VoteMatrix.from_votes(
        np.append(votes.participant_ids[votes.rows], 999),
        np.append(votes.statement_ids[votes.columns], 0),
        np.append(votes.signs, 1).astype(np.int8),
    )
    landscape = map_landscape(one, seed=1, evidence="quick")
    assert landscape.n_participants == 151
    assert landscape.space is not None and 999 not in landscape.space.participant_ids


def test_votes_without_a_picture_have_counts_and_no_map() -> None:
    landscape = map_landscape(simulated_votes("structureless", seed=0), seed=0)
    assert landscape.space is not None and landscape.space.rank == 0
    assert landscape.groups.status == GroupsStatus.NONE
    assert all(not found for found in landscape.representative.values())


def test_the_polis_method_speaks_the_same_words(votes: VoteMatrix) -> None:
    landscape = map_landscape(votes, seed=1, method="polis")
    assert landscape.method == "polis"
    assert landscape.groups.status == GroupsStatus.FOUND
    assert landscape.space is not None and landscape.space.rank == 2
    assert set(landscape.representative) == set(landscape.groups.letters)
    assert all(1 <= len(found) <= 5 for found in landscape.representative.values())
    shown = {s.statement_id: s for s in landscape.statements}
    for letter, entries in landscape.representative.items():
        for entry in entries:
            counts = shown[entry.statement_id].by_group[letter]
            assert entry.n_in == counts.votes
            assert entry.holders == (counts.agrees if entry.stance == Choice.AGREE else counts.disagrees)


def test_a_landscape_is_written_and_read_back(full: Landscape) -> None:
    text = json.dumps(full.to_json(), allow_nan=False)
    again = Landscape.from_json(json.loads(text))
    assert json.dumps(again.to_json()) == text
    assert again.digest == full.digest
    assert again.groups.labels.dtype == np.int8
    assert again.representative == full.representative and again.statements == full.statements


@pytest.mark.parametrize("change", ["votes", "label", "missing", "shape"])
def test_a_record_that_was_altered_is_refused(full: Landscape, change: str) -> None:
    record: dict[str, Any] = json.loads(json.dumps(full.to_json()))
    if change == "votes":
        record["statements"][0]["counts"]["agrees"] += 1
    elif change == "label":
        record["groups"]["labels"]["values"][0] = -1 - record["groups"]["labels"]["values"][0]
    elif change == "missing":
        del record["divides"]
    else:
        record["space"]["positions"]["shape"] = [1, 1]
    with pytest.raises(BadValue):
        Landscape.from_json(record)


def test_the_digest_follows_inputs_settings_and_outcomes_and_no_floats(full: Landscape, votes: VoteMatrix) -> None:
    from deliberation.landscape import landscape_digest

    assert full.space is not None
    nudged = replace(full, space=replace(full.space, positions=full.space.positions + 1e-9), timings={"space": 1.0})
    assert landscape_digest(nudged) == full.digest
    assert landscape_digest(replace(full, seed=2)) != full.digest
    assert landscape_digest(replace(full, common_ground=full.common_ground[1:])) != full.digest
    plain = map_landscape(votes, seed=1, evidence="quick")
    assert map_landscape(votes, seed=1, evidence="quick").digest == plain.digest
    stricter = replace(LandscapeSettings(), least_votes=8)
    assert map_landscape(votes, seed=1, evidence="quick", settings=stricter).digest != plain.digest


def test_a_previous_landscape_lends_letters_and_axes_only(votes: VoteMatrix, full: Landscape) -> None:
    assert full.space is not None
    flipped = replace(
        full,
        space=replace(full.space, positions=-full.space.positions, loadings=-full.space.loadings),
        groups=replace(full.groups, letters=("C", "A", "B")),
    )
    again = map_landscape(votes, seed=1, previous=flipped, settings=BRIEF)
    assert again.previous_digest == full.digest
    assert again.groups.letters == ("C", "A", "B")
    assert (again.groups.labels == full.groups.labels).all()
    assert again.space is not None
    np.testing.assert_allclose(again.space.positions[:, :2], -full.space.positions[:, :2], atol=1e-8)
    np.testing.assert_allclose(again.groups.centres, -full.groups.centres, atol=0.05)


def test_time_is_an_argument(votes: VoteMatrix) -> None:
    ticks = iter(range(100))
    timed = map_landscape(votes, seed=1, evidence="quick", clock=lambda: float(next(ticks)))
    assert timed.timings == {"space": 1.0, "groups": 1.0, "lists": 1.0}
    assert map_landscape(votes, seed=1, evidence="quick").timings == {}


def test_bad_input_is_refused(votes: VoteMatrix) -> None:
    with pytest.raises(NoVotes):
        map_landscape(read_votes(". 1 2\n1 . .\n2 . .\n"), seed=1)
    with pytest.raises(TooFewParticipants):
        map_landscape(read_votes(". 1 2\n1 + -\n"), seed=1)
    with pytest.raises(TooFewStatements):
        map_landscape(read_votes(". 1\n1 +\n2 -\n"), seed=1)
    with pytest.raises(BadShape):
        map_landscape(votes, seed=1, constituencies=np.array(["ngo"]))
    with pytest.raises(BadShape):
        map_landscape(votes, seed=1, weights=np.ones(3))
    for weights in (np.full(150, np.nan), np.zeros(150)):
        with pytest.raises(BadValue):
            map_landscape(votes, seed=1, weights=weights)
    with pytest.raises(BadValue):
        map_landscape(votes, seed=1, constituencies={"group": np.zeros(150, int)})
    with pytest.raises(BadValue):
        map_landscape(votes, seed=1, method="guess")  # type: ignore[arg-type]


@pytest.mark.slow
def test_importing_the_package_loads_no_numbers() -> None:
    script = (
        "import sys, deliberation; assert 'numpy' not in sys.modules; "
        "deliberation.map_landscape; assert 'sklearn' not in sys.modules; "
        "assert all(hasattr(deliberation, name) for name in deliberation.__all__)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_many_places_are_written_as_bytes_and_read_back_to_the_last_bit() -> None:
    places = np.random.default_rng(1).standard_normal((PLAIN // 2 + 1, 2))
    written = json.loads(json.dumps(to_record(places)))
    assert "values" not in written
    np.testing.assert_array_equal(from_record(np.ndarray[Any, Any], written), places)
    assert to_record(places[:5])["values"] == places[:5].ravel().tolist()
    with pytest.raises(BadValue):
        from_record(np.ndarray[Any, Any], written | {"base64": "not bytes"})
