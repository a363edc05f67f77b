"""The core at the command line: a Polis export in, a landscape or slate out, and published records checked again.

    python -m deliberation landscape FOLDER [--method default|polis] [--seed N] [--json]
    python -m deliberation slate FOLDER --size K [--method default|polis] [--seed N] [--json]
    python -m deliberation verify FILE [--key HEX] [--previous FILE] [--log FILE]

This is the only module of the core that opens files, looks at a clock, or speaks. Results go to standard output,
progress to standard error if that is a terminal. It ends with 0 if all is well, 1 if a record is not what it says, 2 if
the input cannot be used.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from deliberation.errors import (
    AmbiguousSign,
    BadFile,
    BadValue,
    DeliberationError,
    TooFewParticipants,
    TooFewStatements,
    TooLarge,
)

FILES = ("comments.csv", "votes.csv", "participants-votes.csv", "participant-votes.csv", "summary.csv", "format.json")
LARGEST_RECORD = 1 << 30
"""Bytes of a record that are read: over ten million votes."""

OK, NOT_WHAT_IT_SAYS, BAD_INPUT = 0, 1, 2

PROBLEMS = {
    "missing": "the folder has neither votes.csv nor participants-votes.csv",
    "empty": "there is nothing in it",
    "missing_column": "the column {column!r} is missing",
    "column_twice": "the column {column!r} is there twice",
    "unknown_column": "the column {column!r} is neither known nor the number of a statement",
    "wrong_number_of_cells": "{found} cells stand where {expected} are expected",
    "not_an_integer": "{found!r} is not a whole number",
    "number_out_of_range": "{found} is out of range",
    "unknown_choice": "{found!r} is neither 1, -1 nor 0",
    "not_true_or_false": "{found!r} is neither true nor false",
    "statement_twice": "a statement is listed twice",
    "participant_twice": "a participant is listed twice",
    "row_too_long": "the row is too long",
    "cell_too_long": "a cell is longer than {allowed} characters",
    "nul_character": "there is a NUL character",
    "not_utf8": "the text is not UTF-8",
    "unclosed_quote": "a quotation mark that opens here is never closed",
    "misplaced_quote": "a quotation mark ends in the middle of a cell",
    "stray_carriage_return": "there is a line end in the middle of a cell without quotation marks",
    "not_csv": "it is not comma-separated text",
    "not_json": "it is not JSON",
    "not_a_record": "it holds no record",
}


class Unusable(Exception):
    """The input cannot be used; the message is one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one command."""
    options = _parser().parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        return int(options.run(options))
    except (Unusable, DeliberationError, OSError) as refusal:
        print(sentence_of(refusal), file=sys.stderr)
        return BAD_INPUT


def map_folder(options: argparse.Namespace) -> int:
    """`landscape`: the groups, lists and positions of one conversation."""
    from deliberation.landscape import map_landscape
    from deliberation.outputs import landscape_output

    watch = Watch()
    export, votes = _read(options, watch)
    with watch("landscape"):
        landscape = map_landscape(votes, seed=options.seed, method=options.method, clock=time.perf_counter)
    record = landscape_output(export, votes, landscape, timings={**watch.seconds, **landscape.timings})
    return _show(record, _landscape_lines(record), options)


def choose_slate(options: argparse.Namespace) -> int:
    """`slate`: common ground, distinct stances that speak for everybody, and how well they do."""
    from deliberation.landscape import map_landscape
    from deliberation.outputs import slate_output
    from deliberation.slate_of_votes import slate_of_votes

    watch = Watch()
    export, votes = _read(options, watch)
    with watch("landscape"):
        landscape = map_landscape(votes, seed=options.seed, method=options.method)
    with watch("slate"):
        chosen = slate_of_votes(votes, landscape, size=options.size, seed=options.seed)
    record = slate_output(
        export,
        votes,
        chosen.labels,
        chosen.slate,
        chosen.certificate,
        chosen_on=chosen.chosen_on,
        seed=options.seed,
        timings=watch.seconds,
    )
    return _show(record, _slate_lines(record), options)


def verify_file(options: argparse.Namespace) -> int:
    """`verify`: each check of a published record, with what was found."""
    from deliberation.verification import not_rechecked, verify_record

    record = _record(options.file)
    previous = _record(options.previous) if options.previous else None
    log = _record(options.log) if options.log else None
    checks = verify_record(record, key=options.key, previous=previous, log=log)
    for check in checks:
        print(f"ok      {check.name}" if check.holds else f"FAILED  {check.name}  {check.detail}")
    failed = [check.name for check in checks if not check.holds]
    if failed:
        return NOT_WHAT_IT_SAYS
    for claim in not_rechecked(record):
        print(f"--      {claim}  rests on completed votes and was not computed again")
    return OK


class Watch:
    """Seconds of each part; says what is being done where somebody is looking."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        if sys.stderr.isatty():
            print(f"{part} ...", file=sys.stderr, flush=True)
        start = time.perf_counter()
        yield
        self.seconds[part] = time.perf_counter() - start


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deliberation", description="What the votes of a consultation say.")
    commands = parser.add_subparsers(required=True, metavar="command")
    landscape = commands.add_parser("landscape", help="opinion groups, common ground and divides of a Polis export")
    landscape.set_defaults(run=map_folder)
    slate = commands.add_parser("slate", help="a few stances that together speak for everyone, with a certificate")
    slate.set_defaults(run=choose_slate)
    slate.add_argument("--size", type=_places, required=True, metavar="K", help="places for distinct stances")
    for command in (landscape, slate):
        command.add_argument("folder", type=Path, metavar="FOLDER", help="a folder with the files of a Polis export")
        command.add_argument("--method", choices=("default", "polis"), default="default", help="how groups are found")
        command.add_argument("--seed", type=int, default=0, metavar="N", help="fixes chance (0)")
        command.add_argument("--json", action="store_true", help="print everything, as docs/core-output.md says")
        command.add_argument(
            "--agree", choices=("plus", "minus"), help="the sign of agree in the files, where they do not tell"
        )
    verify = commands.add_parser("verify", help="check a published summary, slate, landscape or governance log again")
    verify.set_defaults(run=verify_file)
    verify.add_argument("file", type=Path, metavar="FILE", help="a record that this program or a platform wrote")
    verify.add_argument("--key", metavar="HEX", help="the platform's public key, as you know it from elsewhere")
    verify.add_argument("--previous", type=Path, metavar="FILE", help="the summary before, as you kept it")
    verify.add_argument("--log", type=Path, metavar="FILE", help="the governance log, which the record must stand in")
    return parser


def _places(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one place is needed")
    return number


def _read(options: argparse.Namespace, watch: Watch) -> tuple[Any, Any]:
    """The export in a folder, and the last votes on statements that were neither rejected nor meta."""
    import numpy as np

    from deliberation.polis_files import latest_votes, read_export

    folder = _folder(options.folder)
    with ExitStack() as stack, watch("reading"):
        streams = {
            name: stack.enter_context((folder / name).open(encoding="utf-8", newline=""))
            for name in FILES
            if (folder / name).is_file()
        }
        sign = {"plus": 1, "minus": -1, None: None}[options.agree]
        export = read_export(streams, sign_of_agree=sign)
        votes = latest_votes(export)
        left_out = [one.id for one in export.statements if one.moderated == -1 or one.is_meta]
        kept = votes.select(statements=~np.isin(votes.statement_ids, left_out))
        return export, kept.select(participants=kept.votes_per_participant() > 0)


def _folder(path: Path) -> Path:
    """The folder that holds the files: this one, or the only one inside it that does."""
    if not path.is_dir():
        raise Unusable(f"{path} is not a folder.")
    found = [
        folder
        for folder in (path, *sorted(inner for inner in path.iterdir() if inner.is_dir()))
        if any((folder / name).is_file() for name in FILES[1:4])
    ]
    if not found or (found[0] != path and len(found) > 1):
        raise Unusable(f"{path} holds no Polis export (votes.csv or participants-votes.csv).")
    return found[0]


def _record(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as stream:
        stored = stream.read(LARGEST_RECORD + 1)
    if len(stored) > LARGEST_RECORD:
        raise TooLarge(name=path.name, found=f"over {LARGEST_RECORD}", allowed=LARGEST_RECORD)
    try:
        record = json.loads(stored)
    except (ValueError, RecursionError):
        raise BadFile(file=path.name, line=1, problem="not_json") from None
    if not isinstance(record, dict):
        raise BadFile(file=path.name, line=1, problem="not_a_record")
    return record


def _show(record: Mapping[str, Any], lines: Iterator[str], options: argparse.Namespace) -> int:
    try:
        if options.json:
            json.dump(record, sys.stdout, ensure_ascii=False, allow_nan=False, indent=1)
            print()
        else:
            print("\n".join(lines))
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()  # whoever reads has seen enough; Python would complain once more at its end
    return OK


def _landscape_lines(record: Mapping[str, Any]) -> Iterator[str]:
    text_of = {one["id"]: one["text"].strip() for one in record["statements"]}
    yield record["source"]["topic"] or "(no topic)"
    yield f"{record['n_participants']} participants, {record['n_statements']} statements, {record['n_votes']} votes"
    yield f"groups: {record['status']}" + (" (indicative)" if record["is_indicative"] else "")
    for group in record["groups"]:
        yield f"\n{group['letter']}  {group['size']} participants"
        for one in group["representative"][:5]:
            yield f"   {one['stance']:8} {one['holders']}/{one['n_in']}  {text_of[one['statement_id']]}"
    for title, name in (("common ground", "common_ground"), ("rejected by all", "common_rejection")):
        if record[name]:
            yield f"\n{title}"
        for one in record[name][:8]:
            yield f"   {one['stance']:8} {one['share']:.0%}  {text_of[one['statement_id']]}"


def _slate_lines(record: Mapping[str, Any]) -> Iterator[str]:
    text_of = {one["id"]: one["text"].strip() for one in record["statements"]}
    yield record["source"]["topic"] or "(no topic)"
    for title, stances in (
        ("common ground", record["slate"]["common_ground"]),
        ("distinct stances", [item["stance"] for item in record["slate"]["distinct"]]),
    ):
        yield f"\n{title}"
        for one in stances:
            yield f"   {one['choice']:8} {text_of[one['statement_id']]}"
    observed, estimated = record["certificate"]["observed"], record["certificate"]["estimated"]
    yield f"\nobserved   alpha* {observed['alpha_star']:.2f}  {'holds' if observed['holds'] else 'does not hold'}"
    if estimated:
        yield f"estimated  alpha* {estimated['alpha_mean']:.2f}  {estimated['status']}"


def sentence_of(refusal: Exception) -> str:
    """What was refused and why, in one sentence for the person at the terminal."""
    if isinstance(refusal, OSError):
        return f"{refusal.filename}: {refusal.strerror}."
    if not isinstance(refusal, DeliberationError):
        return str(refusal)
    found = refusal.parameters
    if isinstance(refusal, BadFile):
        problem = PROBLEMS.get(found["problem"], found["problem"]).format(**found)
        return f"{found['file']}, line {found['line']}: {problem}."
    if isinstance(refusal, AmbiguousSign):
        if "problem" in found:
            return f"{found['file']}: the files declare both 1 and -1 to mean agree; say which with --agree."
        return (
            f"{found['file']}: 1 could mean agree or disagree ({found['agrees_if_plus']} agrees if 1 does, "
            f"{found['agrees_if_minus']} if -1 does); say which with --agree plus or --agree minus."
        )
    if isinstance(refusal, TooLarge):
        return f"{found['name']}: {found['found']} is more than the {found['allowed']} that are read."
    if isinstance(refusal, BadValue):
        return f"{found['name']}: {found['value']!r} is not allowed, but {found['allowed']}."
    if isinstance(refusal, (TooFewParticipants, TooFewStatements)):
        what = "participants" if isinstance(refusal, TooFewParticipants) else "statements"
        return f"There are too few {what}: {found['found']} where at least {found['needed']} are needed."
    return f"The votes cannot be used: {type(refusal).__name__} ({refusal})." if found else "There are no votes."


if __name__ == "__main__":
    sys.exit(main())
