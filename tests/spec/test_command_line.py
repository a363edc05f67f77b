"""The core at the command line: exports in, landscapes and slates out, and records that are checked again."""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deliberation
from deliberation.__main__ import BAD_INPUT, NOT_WHAT_IT_SAYS, OK, PROBLEMS, main
from deliberation.errors import BadValue
from deliberation.outputs import output_digest, votes_of_record, votes_record
from deliberation.verification import CHECKS, Check, first_difference, not_rechecked, verify_record
from deliberation.votes import VoteMatrix

pytestmark = pytest.mark.slow  # processes of their own are started

CORE = Path(deliberation.__file__).parent
REAL = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
T = 1_600_000_000_000


def write_folder(path: Path, n: int, m: int, *, sign: int = 1, times: int = T) -> Path:
    """An export of two camps who differ on all statements but the first two; statement m is rejected, m + 1 meta."""
    rng = np.random.default_rng(n)
    path.mkdir(parents=True, exist_ok=True)
    comments, votes = [], []
    for statement in range(m + 2):
        rejected, meta = -1 if statement == m else 1, str(statement == m + 1).lower()
        comments.append(f'{times},{statement},{statement % n},{rejected},{meta},"Statement {statement}, in words"')
        for person in range(n):
            side = 1 if statement < 2 or statement % n == person else (-1) ** (person + statement % 3)
            if rng.random() < 0.85:
                votes.append(f"{times},{statement},{person},{sign * int(side if rng.random() < 0.9 else 0)}")
    head = "timestamp,comment-id,author-id,moderated,is-meta,comment-body\n"
    (path / "comments.csv").write_text(head + "\n".join(comments) + "\n", encoding="utf-8")
    head = "timestamp,comment-id,voter-id,vote\n"
    (path / "votes.csv").write_text(head + "\n".join(votes) + "\n", encoding="utf-8")
    (path / "summary.csv").write_text('topic,"Löschwasser, für alle"\nurl,https://example.org/x\n', encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("exports") / "small", 20, 8)


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("exports") / "larger", 50, 12)


def output(*arguments: object) -> dict[str, Any]:
    """What a command prints as JSON; it prints nothing else."""
    printed, progress = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(progress):
        assert main([*map(str, arguments), "--json"]) == OK
    assert progress.getvalue() == ""
    record: dict[str, Any] = json.loads(printed.getvalue())
    return record


@pytest.fixture(scope="module")
def small_slate(small: Path) -> dict[str, Any]:
    return output("slate", small, "--size", 4)


@pytest.fixture(scope="module")
def larger_slate(larger: Path) -> dict[str, Any]:
    return output("slate", larger, "--size", 4, "--method", "polis")


@pytest.fixture(scope="module")
def larger_landscape(larger: Path) -> dict[str, Any]:
    return output("landscape", larger, "--method", "polis", "--seed", 3)


def failed(record: dict[str, Any]) -> list[str]:
    return [check.name for check in verify_record(record) if not check.holds]


# --------------------------------------------------------------------------------------------------------- landscape


def test_a_landscape_names_the_members_of_every_group(larger_landscape: dict[str, Any]) -> None:
    assert larger_landscape["kind"] == "landscape"
    assert len(larger_landscape["groups"]) >= 2
    members = [person for group in larger_landscape["groups"] for person in group["members"]]
    assert sorted(members + larger_landscape["unplaced"]) == list(range(50))
    for group in larger_landscape["groups"]:
        assert group["size"] == len(group["members"])
        assert group["representative"]
    group_of = {one["participant"]: one["group"] for one in larger_landscape["positions"]}
    assert all(
        group_of[person] == group["letter"] for group in larger_landscape["groups"] for person in group["members"]
    )


def test_rejected_and_meta_statements_take_no_part(larger_landscape: dict[str, Any]) -> None:
    included = {one["id"] for one in larger_landscape["statements"] if one["included"]}
    assert included == set(range(12))
    assert larger_landscape["n_statements"] == 12
    assert [one["id"] for one in larger_landscape["statements"] if one["is_meta"]] == [13]


def test_a_landscape_says_what_was_read_and_how_long_it_took(larger_landscape: dict[str, Any]) -> None:
    assert larger_landscape["source"]["topic"] == "Löschwasser, für alle"
    assert larger_landscape["source"]["sign"]["agree"] == 1
    assert {"reading", "landscape"} <= larger_landscape["timings"].keys()
    assert larger_landscape["landscape"]["seed"] == 3


def test_a_process_of_its_own_prints_utf_8_whatever_the_locale(small: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deliberation", "landscape", small, "--json"],
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "LC_ALL": "C", "PYTHONUTF8": "0"},
    )
    assert (done.returncode, done.stderr) == (OK, b"")
    assert json.loads(done.stdout.decode("utf-8"))["source"]["topic"] == "Löschwasser, für alle"


def test_a_small_room_has_no_map_and_no_groups(small: Path) -> None:
    record = output("landscape", small)
    assert (record["groups"], record["positions"], record["is_indicative"]) == ([], [], True)
    assert record["common_ground"]


def test_the_same_votes_and_seed_give_the_same_landscape(larger: Path, larger_landscape: dict[str, Any]) -> None:
    again = output("landscape", larger, "--method", "polis", "--seed", 3)
    for record in (again, larger_landscape):
        assert record["landscape"]["digest"] == larger_landscape["landscape"]["digest"]
    assert again["groups"] == larger_landscape["groups"]


def test_without_json_a_short_text_is_printed(larger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["landscape", str(larger), "--method", "polis"]) == OK
    printed = capsys.readouterr()
    assert "50 participants, 12 statements" in printed.out
    assert "Statement 0, in words" in printed.out
    assert printed.err == ""
    assert main(["slate", str(larger), "--size", "3", "--method", "polis"]) == OK
    assert "distinct stances" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------------------- slate


def test_the_size_counts_distinct_stances_and_common_ground_is_apart(larger_slate: dict[str, Any]) -> None:
    slate = larger_slate["slate"]
    assert slate["size"] == len(slate["distinct"]) == 4
    common = {one["statement_id"] for one in slate["common_ground"]}
    assert {0, 1} <= common
    assert not common & {item["stance"]["statement_id"] for item in slate["distinct"]}


def test_a_slate_is_certified_on_votes_as_cast_and_estimated_on_completed_ones(larger_slate: dict[str, Any]) -> None:
    certificate = larger_slate["certificate"]
    assert certificate["observed"]["k"] == certificate["estimated"]["k"] == 4
    assert certificate["estimated"]["n_draws"] == 20
    assert certificate["audited"] is None
    assert larger_slate["chosen_on"] == "draws"
    assert {row["dimension"] for row in certificate["observed"]["labels"]} == {"group"}


def test_statements_seen_by_one_or_two_do_not_matter(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "sparse", 50, 12)
    with (folder / "votes.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{T},{statement},{statement % 7},1\n" for statement in range(100, 140))
    record = output("slate", folder, "--size", 4, "--method", "polis")
    assert failed(record) == []
    assert {stance["statement_id"] for stance in record["slate"]["candidates"]} <= set(range(12))


def test_a_small_room_is_served_by_the_votes_as_cast(small_slate: dict[str, Any]) -> None:
    assert small_slate["chosen_on"] == "observed"
    assert small_slate["certificate"]["estimated"] is None


# ------------------------------------------------------------------------------------------------------------ verify


def test_what_was_written_is_verified(
    small_slate: dict[str, Any], larger_slate: dict[str, Any], larger_landscape: dict[str, Any]
) -> None:
    for record in (small_slate, larger_slate, larger_landscape):
        assert failed(record) == []
    assert "selection" in {check.name for check in verify_record(small_slate)}
    assert not_rechecked(small_slate) == ()
    assert not_rechecked(larger_slate) == ("estimated", "selection")


def test_verify_ends_with_0_and_lists_its_checks(
    larger_slate: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "slate.json"
    file.write_text(json.dumps(larger_slate), encoding="utf-8")
    assert main(["verify", str(file)]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert "ok      observed" in lines
    assert lines[-1].startswith("--      selection")


def test_verify_ends_with_1_and_names_the_check_that_failed(
    larger_slate: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = copy.deepcopy(larger_slate)
    changed["certificate"]["observed"]["alpha_star"] -= 0.1
    file = tmp_path / "slate.json"
    file.write_text(json.dumps(changed), encoding="utf-8")
    assert main(["verify", str(file)]) == NOT_WHAT_IT_SAYS
    printed = capsys.readouterr()
    assert "FAILED  observed  alpha_star" in printed.out
    assert "FAILED  digest" in printed.out


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def changed_at(record: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """A copy in which one value is another one of its kind."""
    copied = copy.deepcopy(record)
    where: Any = copied
    for key in path[:-1]:
        where = where[key]
    old = where[path[-1]]
    if isinstance(old, bool):
        new: Any = not old
    elif isinstance(old, (int, float)):
        new = old + 1
    elif isinstance(old, str):
        new = {"agree": "disagree", "disagree": "agree"}.get(old, old + "x")
    else:
        new = 0
    where[path[-1]] = new
    return copied


def by_place(record: dict[str, Any]) -> list[tuple[Any, ...]]:
    """One value of every field, wherever it stands, and the last of it."""
    first: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    last: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for path in leaves(record):
        place = tuple(key for key in path if not isinstance(key, int))
        first.setdefault(place, path)
        last[place] = path
    return [path for path in dict.fromkeys([*first.values(), *last.values()]) if path != ("kind",)]


def test_any_single_change_of_a_record_is_found(
    small_slate: dict[str, Any], larger_slate: dict[str, Any], larger_landscape: dict[str, Any]
) -> None:
    for record in (small_slate, larger_slate, larger_landscape):
        unnoticed = [path for path in by_place(record) if not failed(changed_at(record, path))]
        assert unnoticed == []


def test_any_missing_field_is_found(small_slate: dict[str, Any]) -> None:
    for name in small_slate.keys() - {"kind"}:
        assert failed({key: value for key, value in small_slate.items() if key != name})


@pytest.mark.parametrize(
    ("path", "check"),
    [
        (("votes", "choices"), "form"),
        (("votes", "columns", 5), "input_digest"),
        (("votes", "columns", -1), "form"),
        (("votes", "participant_ids", -1), "input_digest"),
        (("certificate", "input_digest"), "input_digest"),
        (("slate", "distinct", 0, "stance", "choice"), "certified_slate"),
        (("slate", "size"), "certified_size"),
        (("slate", "common_ground", 0, "statement_id"), "common_ground"),
        (("slate", "distinct", 0, "support"), "selection"),
        (("slate", "distinct", 1, "spoken_for"), "selection"),
        (("certificate", "observed", "alpha_star"), "observed"),
        (("certificate", "observed", "coverage_1"), "observed"),
        (("certificate", "observed", "witness", "n_people"), "observed"),
        (("certificate", "observed", "holds"), "observed"),
        (("certificate", "method"), "form"),
        (("format",), "format"),
    ],
)
def test_whoever_forges_the_digest_too_is_found_out_by_the_votes(
    small_slate: dict[str, Any], path: tuple[Any, ...], check: str
) -> None:
    forged = changed_at(small_slate, path)
    forged["digest"] = output_digest(forged)
    found = failed(forged)
    assert check in found
    assert "digest" not in found


def test_a_changed_vote_is_found_although_the_digest_was_forged(small_slate: dict[str, Any]) -> None:
    forged = copy.deepcopy(small_slate)
    choices = forged["votes"]["choices"]
    forged["votes"]["choices"] = ("-" if choices[0] == "+" else "+") + choices[1:]
    forged["digest"] = output_digest(forged)
    assert "input_digest" in failed(forged)


def test_a_forged_member_of_a_group_is_found(larger_landscape: dict[str, Any]) -> None:
    forged = copy.deepcopy(larger_landscape)
    forged["groups"][0]["members"].append(forged["groups"][1]["members"].pop())
    forged["digest"] = output_digest(forged)
    assert failed(forged) == ["groups"]
    labels = forged["landscape"]["groups"]["labels"]["values"]
    labels[0] = 1 - labels[0]
    forged["digest"] = output_digest(forged)
    assert failed(forged) == ["form"]


def test_a_forged_item_must_be_a_candidate_apart_from_common_ground(small_slate: dict[str, Any]) -> None:
    forged = copy.deepcopy(small_slate)
    forged["slate"]["distinct"][0]["stance"] = forged["slate"]["common_ground"][0]
    slate = next(check for check in verify_record(forged) if check.name == "slate")
    assert not slate.holds
    assert "common ground" in slate.detail
    assert "no candidate" in slate.detail


def test_other_kinds_of_records_can_be_added(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadValue):
        verify_record({"kind": "oracle"})
    monkeypatch.setitem(CHECKS, "oracle", lambda record: iter([Check("answer", record["answer"] == 42)]))
    assert failed({"kind": "oracle", "answer": 42}) == []
    assert failed({"kind": "oracle", "answer": 41}) == ["answer"]
    assert failed({"kind": "oracle"}) == ["form"]


def test_recorded_numbers_may_differ_by_rounding_only() -> None:
    assert first_difference({"a": [1.0, 2]}, {"a": [1.0 + 1e-9, 2]}) is None
    assert first_difference({"a": [1.0, 2]}, {"a": [1.0, 3]}) == "a[1]: 2 recorded, 3 found"
    assert first_difference([1], [True]) is not None
    assert first_difference([0.0], [False]) is not None
    assert first_difference({"a": 1}, {"b": 1}) == "fields: a, b"
    assert first_difference([1], [1, 2]) == "entries: 1 recorded, 2 found"


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), st.sampled_from(["agree", "disagree", "pass"])
    )
)
@settings(max_examples=50)
def test_votes_written_into_a_record_come_back(cast: dict[tuple[int, int], str]) -> None:
    people, items = [person for person, _ in cast], [statement for _, statement in cast]
    votes = VoteMatrix.from_votes(people, items, list(cast.values()))
    labels = {"group": np.array(["A"] * votes.n_participants, np.str_)}
    back, back_labels = votes_of_record(json.loads(json.dumps(votes_record(votes, labels))))
    assert back.digest() == votes.digest()
    assert back_labels["group"].tolist() == labels["group"].tolist()


# -------------------------------------------------------------------------------------------------------- exit codes


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(argument) for argument in arguments]) == BAD_INPUT
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


def test_bad_input_ends_with_2_and_one_sentence(
    tmp_path: Path, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "is not a folder" in refusal(capsys, "landscape", tmp_path / "nowhere")
    assert "holds no Polis export" in refusal(capsys, "landscape", tmp_path)
    assert "No such file" in refusal(capsys, "verify", tmp_path / "nothing.json")
    (tmp_path / "text.json").write_text("{")
    assert refusal(capsys, "verify", tmp_path / "text.json") == "text.json, line 1: it is not JSON.\n"
    (tmp_path / "list.json").write_text("[]")
    assert "holds no record" in refusal(capsys, "verify", tmp_path / "list.json")
    (tmp_path / "deep.json").write_text("[" * 10**6)
    assert "not JSON" in refusal(capsys, "verify", tmp_path / "deep.json")
    (tmp_path / "kind.json").write_text('{"kind": "dream"}')
    assert "'dream' is not allowed" in refusal(capsys, "verify", tmp_path / "kind.json")
    broken = write_folder(tmp_path / "broken", 5, 3)
    with (broken / "votes.csv").open("a") as file:
        file.write("1,2,three,1\n")
    n_lines = len((broken / "votes.csv").read_text().splitlines())
    expected = f"votes.csv, line {n_lines}: 'three' is not a whole number.\n"
    assert refusal(capsys, "slate", broken, "--size", 3) == expected
    (broken / "votes.csv").write_bytes(b"timestamp,comment-id,voter-id,vote\n1,2,3,\xff\n")
    assert refusal(capsys, "landscape", broken) == "votes.csv, line 2: the text is not UTF-8.\n"
    (broken / "votes.csv").write_text("timestamp,comment-id,voter-id,vote\n")
    assert refusal(capsys, "landscape", broken) == ("There are too few participants: 0 where at least 2 are needed.\n")


@pytest.mark.parametrize("size", ["0", "-1", "many"])
def test_a_slate_needs_a_place(small: Path, size: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["slate", str(small), "--size", size])
    assert ended.value.code == BAD_INPUT


def test_an_ambiguous_sign_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(tmp_path / "report", 40, 3, sign=-1, times=T // 1000)
    assert "--agree plus or --agree minus" in refusal(capsys, "landscape", folder, "--method", "polis")
    assert main(["landscape", str(folder), "--method", "polis", "--agree", "minus", "--json"]) == OK
    common = json.loads(capsys.readouterr().out)["common_ground"]
    assert [one["statement_id"] for one in common] == [0]


def test_a_folder_inside_the_folder_is_found(larger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["landscape", str(larger.parent), "--method", "polis"]) == OK
    assert "50 participants" in capsys.readouterr().out


def test_every_problem_has_its_words() -> None:
    named = set()
    for module in ("polis_csv", "polis_rows", "polis_sign", "polis_files", "__main__"):
        for node in ast.walk(ast.parse((CORE / f"{module}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "problem" and isinstance(node.value, ast.Constant):
                named.add(node.value.value)
    assert {"not_an_integer", "nul_character"} < named
    assert named - PROBLEMS.keys() - {"declared_both"} == set()


def test_no_other_module_of_the_core_opens_files() -> None:
    for module in CORE.glob("*.py"):
        if module.name == "__main__.py":
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            opens = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
            imports = isinstance(node, (ast.Import, ast.ImportFrom)) and any(
                (getattr(node, "module", None) or alias.name).split(".")[0] in {"pathlib", "os", "socket", "tempfile"}
                for alias in node.names
            )
            assert not opens and not imports, f"{module.name}, line {getattr(node, 'lineno', 0)}"


def test_a_real_conversation_is_summarised_and_verified(tmp_path: Path) -> None:
    folder = REAL / "polis-conversations" / "london.youth.policing"
    if not folder.is_dir():
        pytest.skip("no real data: set PLENARY_REAL_DATA to a folder that holds polis-conversations")
    record = output("slate", folder, "--size", 8)
    assert failed(record) == []
    assert record["certificate"]["observed"]["n_participants"] == 26
    assert [one["text"][:14] for one in record["statements"] if one["id"] == 35] == ["Eliminate bias"]
