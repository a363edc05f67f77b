"""Votes in from pandas and landscapes out to it. pandas is no dependency: it is loaded when a function is called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from deliberation.common_ground import CommonGround, Divide
from deliberation.errors import BadValue
from deliberation.evidence import GroupEvidence
from deliberation.representativeness import RepresentativeStatement
from deliberation.votes import CHOICE_OF_SIGN, VoteMatrix

if TYPE_CHECKING:
    from deliberation.landscape import Landscape

GROUP = "group"


def _pandas() -> Any:
    import pandas  # type: ignore[import-untyped]

    return pandas


def votes_from_frame(
    frame: Any,
    *,
    participant: str = "participant",
    statement: str = "statement",
    choice: str = "choice",
    last_wins: bool = False,
) -> VoteMatrix:
    """The votes of a long table, one row a vote, whatever the order of its rows and its index.

    participant, statement, choice : names of its columns: whole-number ids, and choices in words (agree, disagree,
        pass) or as signs (+1, -1, 0). A pair without a row is unseen; an empty cell is refused, never read as pass.
    last_wins : the rows are in the order in which they were cast, and a later vote replaces an earlier one
    Errors: BadValue for a missing column, an empty cell or ids that are no whole numbers, UnknownChoice, DuplicateVote.
    """
    for name in (participant, statement, choice):
        if name not in frame.columns:
            raise BadValue(name="column", value=name, allowed=[str(column) for column in frame.columns])
        if frame[name].isna().any():
            raise BadValue(name=name, value="empty cell", allowed="a value in every row")
    return VoteMatrix.from_votes(
        _plain(frame[participant]), _plain(frame[statement]), _plain(frame[choice]), last_wins=last_wins
    )


def _plain(column: Any) -> Any:
    """The column as numpy's integers where it holds any, else as objects: pandas has kinds of its own for both."""
    if _pandas().api.types.is_integer_dtype(column.dtype):
        return column.to_numpy("int64")
    return column.to_numpy(object) if column.dtype.kind not in "fb" else column.to_numpy()


def votes_to_frame(votes: VoteMatrix) -> Any:
    """One row a vote, in order of participant and statement: columns participant, statement, choice (in words).

    People without votes and statements nobody saw have no row. `votes_from_frame` reads it back.
    """
    return _pandas().DataFrame(
        {
            "participant": votes.participant_ids[votes.rows],
            "statement": votes.statement_ids[votes.columns],
            "choice": [CHOICE_OF_SIGN[sign].value for sign in votes.signs.tolist()],
        }
    )


def landscape_to_frames(landscape: Landscape) -> dict[str, Any]:
    """The landscape as tables, each with its columns even where it has no rows.

    participants : those on the map, or all where there is none: participant, group (letter, "" for none), nearest,
        confidence (share, 0 to 1), band (0 to 2, -1 for none), axis_1 to axis_3 as far as there are axes, in votes
    statements : statement, agrees, disagrees, passes, votes, agree_share (0 to 1, NaN without votes), is_below_floor
    counts : the same counts within each opinion group and constituency: statement, dimension, category
    evidence : one row for each number of groups tried; representative : one row an entry, with its dimension;
    common_ground : agreed by all and, with stance disagree, rejected by all; divides
    """
    return {
        "participants": _pandas().DataFrame(_participants(landscape)),
        "statements": _pandas().DataFrame(
            [_counted(one.statement_id, one.counts) | {"is_below_floor": one.is_below_floor} for one in
             landscape.statements],
            columns=["statement", "agrees", "disagrees", "passes", "votes", "agree_share", "is_below_floor"],
        ),
        "counts": _pandas().DataFrame(
            _counts(landscape),
            columns=["statement", "dimension", "category", "agrees", "disagrees", "passes", "votes", "agree_share"],
        ),
        "evidence": _frame(GroupEvidence, landscape.groups.evidence),
        "representative": _representative(landscape),
        "common_ground": _frame(CommonGround, (*landscape.common_ground, *landscape.common_rejection)),
        "divides": _frame(Divide, landscape.divides),
    }  # fmt: skip


def _participants(landscape: Landscape) -> dict[str, Any]:
    groups, space = landscape.groups, landscape.space
    letters = [*groups.letters, ""]
    table: dict[str, Any] = {
        "participant": groups.participant_ids,
        "group": [letters[label] for label in groups.labels.tolist()],
        "nearest": [letters[label] for label in groups.nearest.tolist()],
        "confidence": groups.confidence,
        "band": groups.bands,
    }
    positions: Any = () if space is None else space.positions.T
    return table | {f"axis_{number}": axis for number, axis in enumerate(positions, start=1)}


def _counted(statement_id: int, counts: Any) -> dict[str, Any]:
    share = counts.agrees / counts.votes if counts.votes else float("nan")
    return {"statement": statement_id, **asdict(counts), "votes": counts.votes, "agree_share": share}


def _counts(landscape: Landscape) -> list[dict[str, Any]]:
    rows = []
    for one in landscape.statements:
        for dimension, by_category in ((GROUP, one.by_group), ("constituency", one.by_constituency)):
            for category, counts in by_category.items():
                rows.append({"dimension": dimension, "category": category} | _counted(one.statement_id, counts))
    return rows


def _frame(kind: type[Any], entries: Iterable[Any]) -> Any:
    """One row an entry, the columns being the fields of its class."""
    return _pandas().DataFrame([asdict(entry) for entry in entries], columns=[field.name for field in fields(kind)])


def _representative(landscape: Landscape) -> Any:
    by_dimension = {GROUP: landscape.representative, **landscape.representative_by_constituency}
    entries = [
        (dimension, entry)
        for dimension, by_name in by_dimension.items()
        for found in by_name.values()
        for entry in found
    ]
    frame = _frame(RepresentativeStatement, [entry for _, entry in entries])
    frame.insert(0, "dimension", [dimension for dimension, _ in entries])
    return frame
