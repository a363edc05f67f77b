"""The core as a library: alone with numpy, scipy and scikit-learn, with its example, its frames and its docstrings."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import inspect
import io
import re
import subprocess
import sys
from importlib import metadata
from typing import Any

import numpy as np
import pandas as pd
import pytest

import deliberation
from deliberation import errors
from deliberation.errors import BadShape, BadValue, DuplicateVote, UnknownChoice
from deliberation.frames import landscape_to_frames, votes_from_frame, votes_to_frame
from deliberation.groups import GroupSettings, GroupsStatus, no_groups
from deliberation.landscape import Landscape, LandscapeSettings, map_landscape
from deliberation.tallies import categories_of
from deliberation.votes import Choice, VoteMatrix
from tests.inventory import PROJECT
from tests.vote_tables import read_votes, simulated_votes

BRIEF = LandscapeSettings(groups=GroupSettings(bootstraps=8, max_groups=3, null_draws=39, evidence_restarts=1))

TABLE = """
. 10 20 30
1 +  -  .
2 0  .  +
5 +  +  -
"""

ALONE = """
import sys

class OnlyThese:
    allowed = set(sys.argv[1:])
    def find_spec(self, name, path=None, target=None):
        first = name.partition(".")[0]
        if first not in self.allowed and first not in sys.stdlib_module_names and not first.startswith("_"):
            raise ModuleNotFoundError(f"{name} is not there", name=name)
        return None

sys.meta_path.insert(0, OnlyThese())
for absent in ("pandas", "cryptography", "litestar", "statsmodels"):
    try:
        __import__(absent)
    except ModuleNotFoundError:
        continue
    raise SystemExit(f"{absent} is there")

import numpy as np
import deliberation
from deliberation.groups import GroupSettings
from deliberation.simulation import View, simulate
from deliberation.slate_of_votes import slate_of_votes
import deliberation.frames

room = simulate(seed=7, views=[View((1.6, 0), 0.5), View((-1.6, 0), 0.5)], n_participants=60, n_statements=30)
brief = deliberation.LandscapeSettings(groups=GroupSettings(bootstraps=4, max_groups=2, null_draws=19))
landscape = deliberation.map_landscape(room.votes, seed=1, settings=brief)
chosen = slate_of_votes(room.votes, landscape, size=4, seed=1)
everything = [getattr(deliberation, name) for name in deliberation.__all__]
print(landscape.groups.status.value, len(chosen.slate.stances), len(everything))
"""


def with_what_they_need(names: set[str]) -> set[str]:
    """Distributions and all that they require without extras."""
    needed: set[str] = set()
    left = set(names)
    while left:
        name = left.pop()
        needed.add(name)
        with contextlib.suppress(metadata.PackageNotFoundError):
            listed = [line for line in metadata.requires(name) or [] if "extra ==" not in line]
            left |= {re.split(r"[^\w\-.]", line)[0] for line in listed} - needed
    return needed


@pytest.mark.slow
def test_numpy_scipy_and_scikit_learn_are_enough() -> None:
    allowed = {"deliberation", "sklearn", *with_what_they_need({"numpy", "scipy", "scikit-learn"})}
    assert not allowed & {"pandas", "cryptography", "statsmodels", "networkx"}
    command = [sys.executable, "-c", ALONE, *sorted(allowed)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    status, n_stances, n_names = done.stdout.split()
    assert status == "found" and int(n_stances) >= 4 and int(n_names) == len(deliberation.__all__)


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (PROJECT / "docs" / "library.md").read_text("utf-8"), re.S | re.M)


@pytest.mark.slow
def test_the_example_in_the_documents_runs() -> None:
    names: dict[str, Any] = {"__name__": "example"}
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        for number, block in enumerate(blocks(), start=1):
            exec(compile(block, f"docs/library.md, block {number}", "exec"), names)
    assert len(blocks()) >= 8
    assert "speaks for" in said.getvalue() and "holds on the votes as cast" in said.getvalue()


# -------- docstrings


def public(kind: str) -> list[str]:
    chosen = {"function": inspect.isfunction, "class": inspect.isclass}[kind]
    return [name for name in deliberation.__all__ if chosen(getattr(deliberation, name))]


@pytest.mark.parametrize("name", deliberation.__all__)
def test_a_public_name_says_first_what_is_true_of_it(name: str) -> None:
    text = inspect.getdoc(getattr(deliberation, name)) or ""
    assert re.match(r"[A-Z].{20,}?[.:;]", text, re.S), text


@pytest.mark.parametrize("name", public("function"))
def test_a_public_function_names_its_errors_and_every_one_exists(name: str) -> None:
    function = getattr(deliberation, name)
    text = inspect.getdoc(function) or ""
    said = re.search(r"(?:Errors:|[Rr]aises) ([^\n]*(?:\n[^\n]+)*)", text)
    assert said, f"{name} does not say what it raises"
    named = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", said[1]))
    assert named and all(issubclass(getattr(errors, one), errors.DeliberationError) for one in named)
    raised = set(re.findall(r"raise (\w+)\(", inspect.getsource(function)))
    assert raised <= named, f"{name} raises {raised - named} and does not say so"


@pytest.mark.parametrize("name", public("class"))
def test_a_public_class_gives_the_shape_of_each_of_its_arrays(name: str) -> None:
    kind = getattr(deliberation, name)
    if not dataclasses.is_dataclass(kind):
        assert issubclass(kind, enum.Enum)
        return
    text = inspect.getdoc(kind) or ""
    for field in dataclasses.fields(kind):
        if re.search(r"NDArray|Floats|Labels", str(field.type)):
            described = re.search(rf"\b{field.name}\b[^:]*: [^;\n]*?(?:\(n|\(m|\(rank|\(number|of shape)", text)
            assert described, f"{name}.{field.name} has no shape"


def test_categories_and_groups_of_other_people_are_refused() -> None:
    votes, others = read_votes(TABLE), categories_of(np.array(["ngo", "state"]), 2)
    for function in (deliberation.find_common_ground, deliberation.find_divides):
        with pytest.raises(BadShape):
            function(votes, {"constituency": others})
    with pytest.raises(BadShape):
        deliberation.representative_statements(votes, no_groups(GroupsStatus.NONE, np.arange(2)), seed=1)


# -------- pandas


def test_a_long_table_is_read_whatever_its_order_its_index_and_its_columns() -> None:
    votes = read_votes(TABLE)
    frame = votes_to_frame(votes)
    assert list(frame.columns) == ["participant", "statement", "choice"]
    shuffled = frame.sample(frac=1, random_state=1).rename(columns={"participant": "who", "choice": "said"})
    shuffled["more"] = "ignored"
    again = votes_from_frame(shuffled, participant="who", statement="statement", choice="said")
    assert again.digest() == votes.digest()


@pytest.mark.parametrize("kind", ["int64", "int32", "uint16", "Int64"])
@pytest.mark.parametrize("words", ["object", "str", "category", "int8", "Int64"])
def test_pandas_kinds_of_ids_and_choices_mean_the_same(kind: str, words: str) -> None:
    frame = votes_to_frame(read_votes(TABLE))
    if "nt" in words:
        frame["choice"] = frame["choice"].map({"agree": 1, "disagree": -1, "pass": 0})
    frame = frame.astype({"participant": kind, "statement": kind, "choice": words})
    assert votes_from_frame(frame).digest() == read_votes(TABLE).digest()


def test_a_later_row_replaces_an_earlier_one_only_if_asked_to() -> None:
    twice = pd.DataFrame({"participant": [1, 1], "statement": [2, 2], "choice": ["agree", "pass"]})
    with pytest.raises(DuplicateVote):
        votes_from_frame(twice)
    assert votes_from_frame(twice, last_wins=True).counts().passes.tolist() == [1]


def test_bad_tables_are_refused() -> None:
    good = votes_to_frame(read_votes(TABLE))
    with pytest.raises(BadValue) as refused:
        votes_from_frame(good, choice="vote")
    assert refused.value.parameters["allowed"] == ["participant", "statement", "choice"]
    for column in good.columns:
        empty = good.astype(object)
        empty.loc[0, column] = None
        with pytest.raises(BadValue):
            votes_from_frame(empty)
    with pytest.raises(BadValue):
        votes_from_frame(good.astype({"participant": float}))
    with pytest.raises(UnknownChoice):
        votes_from_frame(good.replace({"choice": {"agree": "yes"}}))


@pytest.fixture(scope="module")
def landscape() -> Landscape:
    votes = simulated_votes("groups", seed=3, n=60, m=40, groups=2, contrast=3.0)
    labels = np.where(np.arange(60) % 2, "ngo", "state")
    return map_landscape(votes, seed=1, constituencies=labels, settings=BRIEF)


def test_the_tables_say_what_the_landscape_says(landscape: Landscape) -> None:
    tables = landscape_to_frames(landscape)
    people = tables["participants"]
    assert landscape.groups.letters and landscape.space is not None
    assert people["participant"].tolist() == landscape.groups.participant_ids.tolist()
    sizes = people["group"].value_counts()
    assert {letter: int(sizes.get(letter, 0)) for letter in landscape.groups.letters} == landscape.groups.sizes
    np.testing.assert_array_equal(people["axis_1"], landscape.space.positions[:, 0])
    assert tables["statements"]["votes"].sum() == landscape.n_votes
    by_group = tables["counts"].query("dimension == 'group'").groupby(["statement", "category"])["agrees"].sum()
    first = landscape.statements[0]
    assert by_group[first.statement_id, "A"] == first.by_group["A"].agrees
    assert tables["divides"]["statement_id"].tolist() == [divide.statement_id for divide in landscape.divides]
    assert len(tables["common_ground"]) == len(landscape.common_ground) + len(landscape.common_rejection)
    listed = tables["representative"].query("dimension == 'group' and name == 'A'")
    assert listed["statement_id"].tolist() == [entry.statement_id for entry in landscape.representative["A"]]
    assert set(tables["evidence"]["k"]) == {one.k for one in landscape.groups.evidence}
    assert set(tables["common_ground"]["stance"]) <= {Choice.AGREE, Choice.DISAGREE}


def test_a_room_without_map_has_the_same_tables_with_fewer_rows() -> None:
    small = landscape_to_frames(map_landscape(VoteMatrix.from_votes([1, 1, 2], [1, 2, 1], ["agree"] * 3), seed=1))
    assert set(small["participants"]["group"]) == {""}
    assert "axis_1" not in small["participants"]
    for name in ("evidence", "representative", "divides", "counts"):
        assert len(small[name]) == 0 and len(small[name].columns) > 3
