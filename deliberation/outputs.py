"""The results of the command line as plain records, built so that `deliberation.verification` can check them again.

Their fields are described in docs/core-output.md. They hold votes under the ids of the files they came from: they are
for people who may see those files, not for publication by a platform that promises less.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.certificate_records import CertificateRecord
from deliberation.errors import BadValue
from deliberation.landscape import Landscape
from deliberation.polis_files import PolisExport
from deliberation.records import to_record
from deliberation.slates import Slate
from deliberation.votes import CHOICE_OF_SIGN, SIGN, Choice, VoteMatrix

FORMAT = 1
"""Raised whenever a reader of the old form would misread the new one."""

MARKS: dict[Choice, str] = {Choice.AGREE: "+", Choice.DISAGREE: "-", Choice.PASS: "0"}
"""A choice as one character, so that a table of votes stays readable and short."""


def output_digest(record: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of everything in a record but its own digest, independent of the order of its fields."""
    rest = {name: value for name, value in record.items() if name != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(b"plenary output 1\n" + text.encode()).hexdigest()


def landscape_output(
    export: PolisExport, votes: VoteMatrix, landscape: Landscape, *, timings: Mapping[str, float]
) -> dict[str, Any]:
    """The whole landscape, and before it the parts a reader wants first, under the export's ids."""
    record = {
        "kind": "landscape",
        "format": FORMAT,
        "source": source(export),
        "statements": statements(export, votes),
        **landscape_parts(landscape),
        "landscape": landscape.to_json(),
        "timings": dict(timings),
    }
    return {**record, "digest": output_digest(record)}


def landscape_parts(landscape: Landscape) -> dict[str, Any]:
    """Groups with their members, everybody's position, and the lists: all taken from the landscape itself."""
    groups, space = landscape.groups, landscape.space
    ids = groups.participant_ids
    return {
        "n_participants": landscape.n_participants,
        "n_votes": landscape.n_votes,
        "n_statements": landscape.n_statements,
        "is_indicative": landscape.is_indicative,
        "status": str(groups.status.value),
        "groups": [
            {
                "letter": letter,
                "size": int(np.count_nonzero(groups.labels == index)),
                "members": ids[groups.labels == index].tolist(),
                "representative": to_record(landscape.representative.get(letter, ())),
            }
            for index, letter in enumerate(groups.letters)
        ],
        "unplaced": ids[groups.labels < 0].tolist() if groups.letters else [],
        "positions": []
        if space is None
        else [
            {"participant": participant, "position": position, "group": groups.letters[label] if label >= 0 else None}
            for participant, position, label in zip(
                space.participant_ids.tolist(), space.positions.tolist(), groups.labels.tolist(), strict=True
            )
        ],
        "common_ground": to_record(landscape.common_ground),
        "common_rejection": to_record(landscape.common_rejection),
        "divides": to_record(landscape.divides),
    }


def slate_output(
    export: PolisExport,
    votes: VoteMatrix,
    labels: Mapping[str, NDArray[np.str_]],
    slate: Slate,
    certificate: CertificateRecord,
    *,
    chosen_on: str,
    seed: int,
    timings: Mapping[str, float],
) -> dict[str, Any]:
    """A slate with the votes it answers to and its certificate.

    chosen_on : "observed" votes, or "draws" of completed ones
    """
    record = {
        "kind": "slate",
        "format": FORMAT,
        "source": source(export),
        "statements": statements(export, votes),
        "seed": seed,
        "chosen_on": chosen_on,
        "slate": slate.to_json(),
        "certificate": certificate.to_json(),
        "votes": votes_record(votes, labels),
        "timings": dict(timings),
    }
    return {**record, "digest": output_digest(record)}


def source(export: PolisExport) -> dict[str, Any]:
    """What was read, under which sign, and what a person should know about it."""
    return {
        "topic": export.topic,
        "url": export.summary_row("url"),
        "files": sorted(export.layout.columns),
        "n_events": int(export.log.signs.size),
        "sign": to_record(export.sign),
        "notes": to_record(export.notes),
    }


def statements(export: PolisExport, votes: VoteMatrix) -> list[dict[str, Any]]:
    """Every statement of the export and every one with a vote; `included` says which took part."""
    included = set(votes.statement_ids.tolist())
    listed = [
        {
            "id": one.id,
            "text": one.text,
            "author": one.author_id,
            "moderated": one.moderated,
            "is_meta": one.is_meta,
            "is_starter": one.is_seed,
            "included": one.id in included,
        }
        for one in export.statements
    ]
    missing = sorted(included - {one.id for one in export.statements})
    unknown = dict.fromkeys(("author", "moderated", "is_meta", "is_starter"))
    return listed + [{"id": one, "text": "", **unknown, "included": True} for one in missing]


def votes_record(votes: VoteMatrix, labels: Mapping[str, NDArray[np.str_]]) -> dict[str, Any]:
    """Votes as three parallel lists, with the labels of every participant; its size grows with the votes alone."""
    return {
        "participant_ids": votes.participant_ids.tolist(),
        "statement_ids": votes.statement_ids.tolist(),
        "rows": votes.rows.tolist(),
        "columns": votes.columns.tolist(),
        "choices": "".join(MARKS[CHOICE_OF_SIGN[sign]] for sign in votes.signs.tolist()),
        "labels": {dimension: codes.tolist() for dimension, codes in labels.items()},
    }


def votes_of_record(record: Mapping[str, Any]) -> tuple[VoteMatrix, dict[str, NDArray[np.str_]]]:
    """The votes and labels that `votes_record` wrote. Raises `BadValue` or `BadShape` where they cannot be votes."""
    sign_of = {mark: SIGN[choice] for choice, mark in MARKS.items()}
    unknown = sorted(set(record["choices"]) - sign_of.keys())
    if unknown:
        raise BadValue(name="choices", value=unknown[0], allowed=sorted(sign_of))
    people, items = (np.array(record[name], np.int64) for name in ("participant_ids", "statement_ids"))
    rows, columns = (np.array(record[name], np.int64) for name in ("rows", "columns"))
    for name, places, ids in (("rows", rows, people), ("columns", columns, items)):
        if places.size and (places.min() < 0 or places.max() >= ids.size):
            raise BadValue(name=name, value="out of range", allowed=f"0 to {ids.size - 1}")
    votes = VoteMatrix.from_votes(
        people[rows],
        items[columns],
        np.array([sign_of[mark] for mark in record["choices"]], np.int64),
        participant_ids=people,
        statement_ids=items,
    )
    return votes, {str(dimension): np.array(codes, np.str_) for dimension, codes in record["labels"].items()}
