"""Reading Polis exports: what is written comes back, the sign is never guessed, and bad files name their line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deliberation.errors import AmbiguousSign, BadFile, BadValue, DeliberationError, TooLarge
from deliberation.polis_files import (
    PolisExport,
    PolisFileSettings,
    PolisLayout,
    PolisParticipant,
    PolisSign,
    PolisStatement,
    PolisVoteLog,
    latest_votes,
    read_export,
    write_export,
)
from deliberation.polis_rows import LARGEST_ID
from deliberation.votes import CHOICE_OF_SIGN

VOTES = "timestamp,datetime,comment-id,voter-id,vote\n"
COMMENTS = "timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body\n"
T = 1_600_000_000_000


class Kept(io.StringIO):
    def close(self) -> None:
        pass


def read(files: Mapping[str, str], *, sign_of_agree: int | None = None) -> PolisExport:
    streams = {name: io.StringIO(text, newline="") for name, text in files.items()}
    return read_export(streams, sign_of_agree=sign_of_agree)


def written(export: PolisExport) -> dict[str, str]:
    streams: dict[str, Kept] = {}

    def open_stream(name: str) -> Kept:
        streams[name] = Kept(newline="")
        return streams[name]

    write_export(export, open_stream)
    return {name: stream.getvalue() for name, stream in streams.items()}


def events(*rows: str, header: str = VOTES) -> dict[str, str]:
    return {"votes.csv": header + "".join(f"{row}\n" for row in rows)}


def codes(export: PolisExport) -> dict[str, dict[str, int | str]]:
    return {note.code: dict(note.parameters) for note in export.notes}


# ------------------------------------------------------------------------------------------------------- round trips

ids = st.integers(0, LARGEST_ID)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
times = st.integers(10**11, 10**13)
optional = st.none() | st.integers(0, 10**6)


@st.composite
def statements(draw: st.DrawFn) -> tuple[PolisStatement, ...]:
    chosen = draw(st.lists(ids, max_size=5, unique=True))
    return tuple(
        PolisStatement(
            id=one,
            author_id=draw(optional),
            text=draw(texts),
            timestamp_ms=draw(times),
            moderated=draw(st.sampled_from([None, -1, 0, 1])),
            is_meta=draw(st.sampled_from([None, False, True])),
            is_seed=draw(st.sampled_from([None, False, True])),
            recorded_agrees=draw(optional),
            recorded_disagrees=draw(optional),
            other_cells=(("importance", draw(texts)),),
        )
        for one in chosen
    )


@st.composite
def exports(draw: st.DrawFn) -> PolisExport:
    rows = draw(st.lists(st.tuples(times, ids, ids, st.sampled_from([-1, 0, 1]), texts), max_size=12))
    columns = np.array([row[:4] for row in rows], np.int64).reshape(-1, 4).T
    agree = draw(st.sampled_from([1, -1]))
    seconds = draw(st.booleans()) and len(rows) > 0
    when = columns[0] // 1000 % 10**11 * 1000 if seconds else columns[0]
    dates = np.array([row[4][:20].encode() for row in rows], np.bytes_)
    log = PolisVoteLog(when, columns[1], columns[2], columns[3].astype(np.int8), {"datetime": dates})
    summary = (("topic", draw(texts)), ("vote-convention", f"agree={agree:+};disagree={-agree:+};pass=0"))
    people = tuple(
        PolisParticipant(one, draw(texts), draw(optional), draw(optional), draw(optional), None, draw(optional))
        for one in sorted(set(columns[2].tolist()))
    )
    fixed = ("participant", "xid", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree")
    layout = PolisLayout(
        columns={
            "summary.csv": (),
            "comments.csv": (
                *("comment-id", "importance", "timestamp", "author-id", "agrees", "disagrees", "moderated"),
                *("is-meta", "is-seed", "comment-body"),
            ),
            "votes.csv": ("timestamp", "datetime", "comment-id", "voter-id", "vote"),
            "participants-votes.csv": (*fixed, *(str(one) for one in sorted(set(columns[1].tolist())))),
        },
        line_ends={"votes.csv": draw(st.sampled_from(["\n", "\r\n"]))},
        in_seconds={"votes.csv": seconds, "comments.csv": False},
        sign_of_agree=agree,
    )
    return PolisExport(summary, draw(statements()), people, log, PolisSign(agree, "declared"), layout)


@given(exports())
@settings(max_examples=200, deadline=None)
@pytest.mark.slow
def test_what_is_written_comes_back(export: PolisExport) -> None:
    files = written(export)
    back = read(files)
    for name in ("timestamps_ms", "statements", "participants", "signs"):
        np.testing.assert_array_equal(getattr(back.log, name), getattr(export.log, name))
    assert back.statements == export.statements
    assert back.participants == export.participants
    assert back.summary == export.summary
    assert back.sign.agree == export.sign.agree
    assert "table_differs" not in codes(back)
    assert written(back) == files


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 3), st.sampled_from([-1, 0, 1]))))
def test_the_latest_vote_holds_and_of_equal_times_the_later_in_the_file(rows: list[tuple[int, int, int, int]]) -> None:
    export = read(events(*(f"{T + when},,{statement},{person},{sign}" for when, statement, person, sign in rows)))
    expected: dict[tuple[int, int], tuple[int, int]] = {}
    for when, statement, person, sign in rows:
        if when >= expected.get((person, statement), (-1, 0))[0]:
            expected[person, statement] = when, sign
    votes = latest_votes(export)
    found = {
        (int(votes.participant_ids[row]), int(votes.statement_ids[column])): sign
        for row, column, sign in zip(votes.rows, votes.columns, votes.signs.tolist(), strict=True)
    }
    assert found == {pair: sign for pair, (_, sign) in expected.items()}


# ------------------------------------------------------------------------------------------------------ hostile files

cells = st.sampled_from(
    ["", "0", "1", "-1", "x", "1600000000000", '"', '""', "a,b", "\r", "\n", "\0", "9" * 30, "\ufeff"]
)
junk = st.lists(st.lists(cells, max_size=6).map(",".join), max_size=6).map("\n".join)


@given(st.dictionaries(st.sampled_from(["votes.csv", "comments.csv", "participants-votes.csv", "summary.csv"]), junk))
@example({"votes.csv": ""})
@settings(max_examples=300, deadline=None)
@pytest.mark.slow
def test_any_text_is_either_read_or_refused(files: dict[str, str]) -> None:
    headers = {"votes.csv": VOTES, "comments.csv": COMMENTS, "participants-votes.csv": "participant,0,1\n"}
    for with_headers in (files, {name: headers.get(name, "") + text for name, text in files.items()}):
        try:
            export = read(with_headers)
        except DeliberationError as refusal:
            assert not isinstance(refusal, BadFile) or {"file", "line", "problem"} <= refusal.parameters.keys()
        else:
            assert export.log.signs.size >= latest_votes(export).n_votes


GOOD = f"{T},Wed,0,1,1\n"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "empty"),
        ("timestamp,comment-id,voter-id\n1,2,3\n", 1, "missing_column"),
        ("timestamp,comment-id,voter-id,vote,vote\n", 1, "column_twice"),
        (VOTES + GOOD + f"{T},Wed,0,1\n", 3, "wrong_number_of_cells"),
        (VOTES + GOOD + f"{T},We", 3, "wrong_number_of_cells"),
        (VOTES + GOOD + f"{T},Wed,0,1,1,1\n", 3, "wrong_number_of_cells"),
        (VOTES + GOOD + f"{T},Wed,zero,1,1\n", 3, "not_an_integer"),
        (VOTES + GOOD + f"{T},Wed,,1,1\n", 3, "not_an_integer"),
        (VOTES + GOOD + f"{T},Wed,1.0,1,1\n", 3, "not_an_integer"),
        (VOTES + GOOD + f"{T},Wed,1_0,1,1\n", 3, "not_an_integer"),
        (VOTES + GOOD + f"{T},Wed,٣,1,1\n", 3, "not_an_integer"),
        (VOTES + GOOD + f"{T},Wed,-1,1,1\n", 3, "number_out_of_range"),
        (VOTES + GOOD + f"{T},Wed,0,{2**31},1\n", 3, "number_out_of_range"),
        (VOTES + GOOD + f"{T},Wed,0,{2**63},1\n", 3, "number_out_of_range"),
        (VOTES + GOOD + f"{T},Wed,0,{'9' * 5000},1\n", 3, "number_out_of_range"),
        (VOTES + GOOD + f"{T}000,Wed,0,1,1\n", 3, "number_out_of_range"),
        (VOTES + GOOD + f"{T},Wed,0,1,2\n", 3, "number_out_of_range"),
        (VOTES + GOOD + f"{T},W\0d,0,1,1\n", 3, "nul_character"),
        (VOTES + GOOD + f'{T},"Wed,0,1,1\n' + GOOD, 3, "unclosed_quote"),
        (VOTES + GOOD + f'{T},"Wed"x,0,1,1\n', 3, "misplaced_quote"),
        (VOTES + GOOD + f"{T},{'d' * 500},0,1,1\n", 3, "cell_too_long"),
        (VOTES + f'{T},"We\nd",0,1,1\n' + f"{T},Wed,0,1,x\n", 4, "not_an_integer"),
    ],
)
def test_a_bad_line_is_named(text: str, line: int, problem: str) -> None:
    with pytest.raises(BadFile) as refusal:
        read({"votes.csv": text})
    found = refusal.value.parameters
    assert (found["file"], found["line"], found["problem"]) == ("votes.csv", line, problem)


@pytest.mark.parametrize(
    ("file", "text", "line", "problem"),
    [
        ("comments.csv", COMMENTS + "1,x,0,0,1,1,2,a\n", 2, "number_out_of_range"),
        ("comments.csv", COMMENTS + "1,x,0,0,1,1,1,a\n1,x,0,0,1,1,1,b\n", 1, "statement_twice"),
        ("comments.csv", COMMENTS + "1,x,,0,1,1,1,a\n", 2, "not_an_integer"),
        ("comments.csv", COMMENTS + "1,x,0,0,1,1\n", 2, "wrong_number_of_cells"),
        ("comments.csv", "comment-id,comment-body,is-meta\n0,a,perhaps\n", 2, "not_true_or_false"),
        ("participants-votes.csv", "participant,1\n4,1\n4,1\n", 1, "participant_twice"),
        ("participants-votes.csv", "participant,1\n4,agree\n", 2, "unknown_choice"),
        ("participants-votes.csv", "participant,one\n4,1\n", 1, "unknown_column"),
        ("participants-votes.csv", "participant,99999999999\n4,1\n", 1, "unknown_column"),
    ],
)
def test_a_bad_line_of_the_other_files_is_named(file: str, text: str, line: int, problem: str) -> None:
    with pytest.raises(BadFile) as refusal:
        read({"votes.csv": VOTES + GOOD, file: text})
    found = refusal.value.parameters
    assert (found["file"], found["line"], found["problem"]) == (file, line, problem)


def test_a_folder_without_votes_is_refused() -> None:
    with pytest.raises(BadFile):
        read({"comments.csv": COMMENTS})


def test_text_that_is_not_utf_8_is_refused_with_its_line() -> None:
    rows = (VOTES + GOOD * 3000).encode() + b"1600000000000,W\xffd,0,1,1\n"
    with pytest.raises(BadFile) as refusal:
        read_export({"votes.csv": io.TextIOWrapper(io.BytesIO(rows), encoding="utf-8", newline="")})
    assert refusal.value.parameters["problem"] == "not_utf8"
    assert refusal.value.parameters["line"] == 3002


class Endless(io.StringIO):
    """A text without end that counts what was asked of it."""

    def __init__(self, start: str, piece: str) -> None:
        super().__init__()
        self.given, self.start, self.piece = 0, start, piece

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        assert size > 0, "a line without bound was asked for"
        if self.start:
            line, _, self.start = self.start.partition("\n")
            return line + "\n"
        line = self.piece[:size] if self.piece.endswith("\n") else self.piece * size
        self.given += len(line)
        assert self.given < 10 * PolisFileSettings().max_row_characters, "read far more than one row may have"
        return line


def test_a_cell_without_end_is_refused_before_it_fills_the_memory() -> None:
    endless = Endless(COMMENTS + '1,x,0,0,1,1,1,"', "a")
    with pytest.raises(BadFile) as refusal:
        read_export({"votes.csv": io.StringIO(VOTES + GOOD), "comments.csv": endless})
    assert refusal.value.parameters["problem"] == "row_too_long"
    assert endless.given <= PolisFileSettings().max_row_characters + 1


def test_a_quote_that_is_never_closed_over_endless_lines_is_refused_likewise() -> None:
    endless = Endless(VOTES + f'{T},"\n', "all is well\n")
    usual = csv.field_size_limit(10**9)  # as another library in the same process may have set it
    try:
        with pytest.raises(BadFile) as refusal:
            read_export({"votes.csv": endless})
    finally:
        csv.field_size_limit(usual)
    assert refusal.value.parameters["problem"] == "row_too_long"
    assert endless.given <= PolisFileSettings().max_row_characters + 1


@pytest.mark.slow
def test_votes_without_end_are_refused() -> None:
    endless = Endless(VOTES, GOOD)
    with pytest.raises(TooLarge):
        read_export({"votes.csv": endless}, settings=replace(PolisFileSettings(), max_votes=200_000))


# ------------------------------------------------------------------------------------------------------------- traps


def test_old_new_and_reordered_headers_are_read() -> None:
    export = read(
        {
            "comments.csv": "comment-id,is-meta,is-seed,moderated,comment-body,author-id\n7,false,TRUE,-1,Hello,2\n",
            "votes.csv": f"vote,voter-id,comment-id,important,timestamp\n1,2,7,yes,{T}\n",
        }
    )
    assert export.statements == (
        PolisStatement(id=7, author_id=2, text="Hello", timestamp_ms=None, moderated=-1, is_meta=False, is_seed=True),
    )
    assert export.log.other_cells["important"].tolist() == [b"yes"]


def test_times_in_seconds_become_milliseconds() -> None:
    declared = {"summary.csv": "vote-convention,agree=+1;disagree=-1;pass=0;format=polis-export/1\n"}
    export = read({**events("1600000000,,0,1,1"), **declared})
    assert export.log.timestamps_ms.tolist() == [T]
    assert "times_in_seconds" in codes(export)


def test_line_ends_byte_order_marks_blank_lines_and_multi_line_texts_are_tolerated() -> None:
    export = read(
        {
            "votes.csv": "\ufeff" + VOTES.replace("\n", "\r\n") + f"{T},,0,1,1\r\n\r\n",
            "comments.csv": COMMENTS + '1,x,0,0,1,1,1,"two\nlines, ""quoted"""\n\n',
        }
    )
    assert export.log.signs.tolist() == [1]
    assert export.statements[0].text == 'two\nlines, "quoted"'


def test_texts_without_quotes_are_read_to_the_end_of_the_line() -> None:
    export = read({**events(f"{T},,0,1,1"), "comments.csv": COMMENTS + "1,x,0,0,1,1,1,No, never, ever\n"})
    assert export.statements[0].text == "No, never, ever"
    assert codes(export)["unquoted_text"] == {"n": 1}


def test_what_disagrees_is_noted() -> None:
    export = read(
        {
            **events(f"{T},,0,1,1", f"{T + 1},,0,1,-1", f"{T},,5,2,1"),
            "comments.csv": COMMENTS + "1,x,0,,1,1,1,a\n1,x,1,,0,0,0,b\n1,x,2,,3,0,0,c",
            "participants-votes.csv": "participant,group-id,0,5\n1,,1,\n2,0,,1\n",
            "summary.csv": "topic,T\nvoters,7\ncomments,2\n",
        }
    )
    assert codes(export) == {
        "no_final_newline": {"file": "comments.csv"},
        "superseded_votes": {"n": 1},
        "votes_on_unlisted_statements": {"n": 1},
        "statements_without_votes": {"n": 2},
        "recorded_counts": {"equal_to_events": 2, "equal_to_last_votes": 0, "different": 1},
        "summary_differs": {"row": "voters", "recorded": "7", "found": 2},
        "table_differs": {"cells": 1},
    }
    assert [one.published_group for one in export.participants] == [None, 0]


# ------------------------------------------------------------------------------------------------------ the sign


def authored(signs: list[int], *, seconds: bool = False, seed: bool = False) -> dict[str, str]:
    """Statement i by participant i, who votes on it as given; everybody else disagrees with what they see."""
    at = T // 1000 if seconds else T
    header = "comment-id,author-id,is-seed,comment-body\n"
    return {
        "comments.csv": header + "".join(f"{i},{i},{str(seed).lower()},text\n" for i in range(len(signs))),
        **events(*(f"{at},,{i},{i},{sign}" for i, sign in enumerate(signs)), f"{at},,0,99,-1"),
    }


@pytest.mark.parametrize("sign", [1, -1])
def test_authors_show_the_sign_of_a_report_export(sign: int) -> None:
    export = read(authored([sign] * 9 + [-sign], seconds=True))
    assert export.sign == PolisSign(sign, "authors", 9, 1)
    assert CHOICE_OF_SIGN[int(export.log.signs[0])] == "agree"


def test_a_report_export_whose_authors_say_too_little_is_refused() -> None:
    for signs in ([-1] * 3, [1, -1] * 10):
        with pytest.raises(AmbiguousSign) as refusal:
            read(authored(signs, seconds=True))
        assert refusal.value.parameters["file"] == "votes.csv"


def test_starter_statements_do_not_count_as_authors_votes() -> None:
    with pytest.raises(AmbiguousSign):
        read(authored([-1] * 20, seconds=True, seed=True))


def test_whoever_has_the_files_may_state_the_sign() -> None:
    files = authored([-1] * 3, seconds=True)
    assert read(files, sign_of_agree=-1).log.signs[0] == 1
    assert read(files, sign_of_agree=1).log.signs[0] == -1
    with pytest.raises(BadValue):
        read(files, sign_of_agree=0)


def test_a_declaration_decides_and_authors_who_contradict_it_are_noted() -> None:
    for declaration in (
        {"summary.csv": "topic,T\nvote-convention,agree=-1;disagree=+1;pass=0\n"},
        {"format.json": '{"votes": {"agree": -1, "disagree": 1, "pass": 0}}'},
    ):
        export = read({**authored([1] * 20, seconds=True), **declaration})
        assert (export.sign.agree, export.sign.evidence) == (-1, "declared")
        assert codes(export)["author_votes_differ"] == {"agrees": 0, "disagrees": 20}
    remark = events(f"{T},,0,1,1")["votes.csv"]
    assert read({"votes.csv": "# vote-convention: agree=-1;disagree=+1\n" + remark}).log.signs.tolist() == [-1]


def test_two_declarations_that_differ_are_refused() -> None:
    files = {
        **events(f"{T},,0,1,1"),
        "summary.csv": "vote-convention,agree=-1;disagree=+1\n",
        "format.json": '{"agree": 1, "disagree": -1}',
    }
    with pytest.raises(AmbiguousSign):
        read(files)
    assert read(files, sign_of_agree=-1).log.signs.tolist() == [-1]


def test_the_layout_of_the_zip_means_plus_unless_recorded_counts_say_minus() -> None:
    votes = events(f"{T},,0,1,1", f"{T},,0,2,1", f"{T},,0,3,-1")
    assert read(votes).sign == PolisSign(1, "layout")
    assert read({**votes, "comments.csv": COMMENTS + "1,x,0,,2,1,1,a\n"}).sign.agree == 1
    with pytest.raises(AmbiguousSign) as refusal:
        read({**votes, "comments.csv": COMMENTS + "1,x,0,,1,2,1,a\n"})
    assert refusal.value.parameters == {
        "file": "votes.csv",
        "agrees_if_plus": 2,
        "agrees_if_minus": 1,
        "recorded": 1,
    }


def test_recorded_counts_that_contradict_the_authors_are_refused() -> None:
    people = range(10)
    own_and_one_more = [f"{T},,{one},{one},-1" for one in people] + [f"{T},,{one},99,-1" for one in people]
    recorded = "".join(f"1,x,{one},{one},0,2,1,text\n" for one in people)
    with pytest.raises(AmbiguousSign):
        read({**events(*own_and_one_more), "comments.csv": COMMENTS + recorded})


def test_without_agrees_or_disagrees_there_is_nothing_to_tell() -> None:
    assert read(events(f"{T // 1000},,0,1,0")).sign == PolisSign(1, "no_votes")
