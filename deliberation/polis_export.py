"""What a Polis export consists of, and the votes that hold in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deliberation.polis_sign import PolisSign
from deliberation.votes import VoteMatrix

STATEMENTS, VOTES, SUMMARY = "comments.csv", "votes.csv", "summary.csv"
TABLES = ("participants-votes.csv", "participant-votes.csv")
DECLARATION = "format.json"


@dataclass(frozen=True)
class PolisStatement:
    """One row of comments.csv. None where the file has no such column or an empty cell.

    moderated : -1 rejected, 0 not looked at, 1 accepted
    recorded_agrees, recorded_disagrees : what the file says; it counts vote events, changed votes included
    other_cells : (column, text) of the columns that mean nothing here
    """

    id: int
    author_id: int | None
    text: str
    timestamp_ms: int | None
    moderated: int | None
    is_meta: bool | None = None
    is_seed: bool | None = None
    recorded_agrees: int | None = None
    recorded_disagrees: int | None = None
    other_cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PolisParticipant:
    """One row of participants-votes.csv without its votes; texts stay as they were.

    published_group : the group Polis showed, None for participants it did not group. A label, not a finding of ours.
    """

    id: int
    xid: str
    published_group: int | None
    n_statements: int | None
    n_votes: int | None
    n_agrees: int | None
    n_disagrees: int | None


@dataclass(frozen=True, eq=False)
class PolisVoteLog:
    """Vote events in the order of the file: arrays of shape (n_events,).

    timestamps_ms, statements, participants : int64; signs : int8, +1 agree, -1 disagree, 0 pass
    other_cells : column -> texts in UTF-8, of the columns that mean nothing here
    """

    timestamps_ms: NDArray[np.int64]
    statements: NDArray[np.int64]
    participants: NDArray[np.int64]
    signs: NDArray[np.int8]
    other_cells: Mapping[str, NDArray[np.bytes_]] = field(default_factory=dict)


@dataclass(frozen=True)
class PolisNote:
    """Something found while reading that a person should know, as a code and its figures.

    superseded_votes(n) · times_in_seconds · no_times · missing_file(file) · no_final_newline(file) · unquoted_text(n)
    votes_on_unlisted_statements(n) · statements_without_votes(n)
    recorded_counts(equal_to_events, equal_to_last_votes, different): of statements, each counted once, in this order
    table_differs(cells): cells of the table that are not the last vote of the log
    summary_differs(row, recorded, found) · author_votes_differ(agrees, disagrees): against the declared sign
    """

    code: str
    parameters: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class PolisLayout:
    """Which files there are, in which form, so that they can be written back.

    columns : file -> its header, in order; line_ends : file -> how its lines end
    in_seconds : file -> whether its times are seconds
    sign_of_agree : the sign that stands for agree in the files
    texts : file -> first-line remark of votes.csv, and the whole of format.json
    """

    columns: Mapping[str, tuple[str, ...]]
    line_ends: Mapping[str, str] = field(default_factory=dict)
    in_seconds: Mapping[str, bool] = field(default_factory=dict)
    sign_of_agree: int = 1
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PolisExport:
    """One conversation as its files tell it. `summary` holds every row of summary.csv; `log` every vote event."""

    summary: tuple[tuple[str, str], ...]
    statements: tuple[PolisStatement, ...]
    participants: tuple[PolisParticipant, ...]
    log: PolisVoteLog
    sign: PolisSign
    layout: PolisLayout
    notes: tuple[PolisNote, ...] = ()

    @property
    def topic(self) -> str:
        return self.summary_row("topic")

    @property
    def description(self) -> str:
        return self.summary_row("conversation-description")

    def summary_row(self, name: str) -> str:
        """The text beside this name in summary.csv, empty if there is none."""
        return next((text for row, text in self.summary if row == name), "")


def latest_votes(export: PolisExport) -> VoteMatrix:
    """One vote per participant and statement: the latest by time, of equal times the later in the file.

    Statements and participants without a vote are not in it.
    """
    log = export.log
    order = np.argsort(log.timestamps_ms, kind="stable")
    return VoteMatrix.from_votes(
        log.participants[order], log.statements[order], log.signs[order].astype(np.int64), last_wins=True
    )
