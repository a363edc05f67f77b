"""A curate round's criteria, interests and scores as pages show them: to curators as they are, in public released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.access import Actor
from app.analysis import scoring
from app.analysis.curation import Draft, Statement, draft_of_round, statements_of
from app.analysis.curation_page import Grid
from app.language import gettext, ngettext, num
from app.refusals import N_
from app.tables.rounds import Round
from app.taxonomies import conflict_grounds
from deliberation.disclosure import ReleasedCount, release_conflicts, release_scores, release_tally
from deliberation.phases import Action
from deliberation.scoring import SEES, Consolidated, Part, Viewer

VIEWERS = {
    Viewer.UNDECLARED: N_("A curator who has not declared their interests"),
    Viewer.SCORING: N_("A curator who is scoring"),
    Viewer.FINISHED: N_("A curator who has finished"),
    Viewer.AFTER: N_("A curator once scoring is closed"),
    Viewer.PUBLIC: N_("Everybody, before the slate is published"),
    Viewer.PUBLIC_AFTER: N_("Everybody, once it is published"),
}
PARTS = {
    Part.CRITERIA: N_("The criteria"),
    Part.CONFLICT_COUNTS: N_("How many interests, on which grounds"),
    Part.OWN_SCORES: N_("Their own scores"),
    Part.CONSOLIDATION: N_("All scores side by side, without names"),
    Part.NOTES: N_("Notes of the discussion"),
    Part.DESK: N_("The curation desk"),
}
SCALE = {
    "4": N_("4: fully"),
    "3": N_("3: mostly"),
    "2": N_("2: partly"),
    "1": N_("1: hardly"),
    "0": N_("0: not at all"),
    "none": N_("I cannot judge"),
}
SAME, NEAR = 0.0, 1.0


@dataclass(frozen=True)
class Row:
    """One candidate with the scores of all curators; figures are words already."""

    statement: Statement
    median: str
    spread: str
    disagreement: str
    by_criterion: tuple[str, ...]
    n_cannot_judge: int
    rank: float = -1.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recused:
    """A statement that curators have an interest in; counts are None where they would tell of one person."""

    statement: Statement
    n_recused: ReleasedCount
    n_declared: ReleasedCount
    nobody_decides: bool


@dataclass(frozen=True)
class Public:
    """What everybody may know of who curates a round, and how."""

    item: Round
    criteria: tuple[str, ...]
    n_curators: ReleasedCount
    n_declared: ReleasedCount
    grounds: tuple[tuple[str, ReleasedCount], ...]
    recused: tuple[Recused, ...]
    n_withheld: int
    rows: tuple[Row, ...]
    is_published: bool


def who_sees_what() -> Grid:
    """The table that decides it, in words."""
    head = (gettext("Who"), *(gettext(PARTS[part]) for part in Part))
    rows = tuple(
        (gettext(VIEWERS[viewer]), *(gettext("yes") if part in SEES[viewer] else gettext("no") for part in Part))
        for viewer in Viewer
    )
    return Grid(head, rows)


async def side_by_side(item: Round, draft: Draft | None) -> tuple[Row, ...]:
    """For curators: every candidate with all scores, those they differ on most first, and what they noted."""
    found = await scoring.consolidation_of(item, is_closed=draft is not None and draft.scoring_closed_at is not None)
    texts = await statements_of([one.statement_id for one in found])
    notes = await scoring.notes_of(item)
    return tuple(
        _row(one, texts[one.statement_id], one.median, one.spread, one.by_criterion, notes.get(one.statement_id, ()))
        for one in found
        if one.statement_id in texts
    )


def _row(
    one: Consolidated,
    statement: Statement,
    median: float | None,
    spread: float | None,
    by_criterion: Sequence[tuple[float, float] | None],
    notes: Sequence[str] = (),
) -> Row:
    return Row(
        statement,
        _told(median),
        _told(spread),
        _disagreement(spread),
        tuple(_told(None if pair is None else pair[0]) for pair in by_criterion),
        one.n_cannot_judge,
        -1.0 if median is None else median,
        tuple(notes),
    )


def _told(value: float | None) -> str:
    return "–" if value is None else num(round(value, 1))


def _disagreement(spread: float | None) -> str:
    if spread is None:
        return ""
    return gettext("agreed") if spread <= SAME else gettext("close") if spread <= NEAR else gettext("apart")


def medians(rows: Sequence[Row]) -> Mapping[int, Row]:
    """The rows by statement, for the desk's lists."""
    return {row.statement.id: row for row in rows}


async def public_of(actor: Actor) -> Public | None:
    """What everybody may know; None where the consultation has no curate round."""
    item = scoring.curate_round_of(actor)
    if item is None:
        return None
    curators, draft = await scoring.curators_of(item), await draft_of_round(item)
    is_published = draft is not None and draft.is_published and actor.may(Action.SEE_SLATES)
    criteria = scoring.criteria_of(item)
    viewer = Viewer.PUBLIC_AFTER if is_published else Viewer.PUBLIC
    rows: tuple[Row, ...] = ()
    if Part.CONSOLIDATION in SEES[viewer] and criteria:
        rows = await _released_rows(item)
    recused = await _recused(curators)
    shown = tuple(one for one in recused if one.n_recused.value is not None or one.nobody_decides)
    return Public(
        item=item,
        criteria=criteria,
        n_curators=release_tally(curators.n),
        n_declared=release_tally(curators.n_declared),
        grounds=tuple(
            (gettext(conflict_grounds.label(code)), release_tally(n)) for code, n in sorted(curators.grounds.items())
        ),
        recused=shown,
        n_withheld=len(recused) - len(shown),
        rows=rows,
        is_published=is_published,
    )


async def record_of(item: Round) -> dict[str, Any]:
    """Criteria, interests and scores as a published slate keeps them, every figure as the public may read it."""
    curators = await scoring.curators_of(item)
    found = await scoring.consolidation_of(item, is_closed=True)
    texts = await statements_of([one.statement_id for one in found])
    scores = []
    for one in found:
        median, spread = (given.value for given in release_scores(one.median, one.spread, one.n_scores))
        if median is not None:
            scores.append({"number": texts[one.statement_id].number, "median": median, "spread": spread})
    return {
        "n": release_tally(curators.n).value,
        "interests": {code: release_tally(n).value for code, n in sorted(curators.grounds.items())},
        "criteria": list(scoring.criteria_of(item)),
        "scores": scores,
    }


async def _recused(curators: scoring.Curators) -> list[Recused]:
    ids = sorted({*curators.n_recused, *curators.n_declared_in})
    texts = await statements_of(ids)
    found = [
        Recused(
            texts[one],
            release_conflicts(curators.n_recused.get(one, 0), curators.n),
            release_conflicts(curators.n_declared_in.get(one, 0), curators.n),
            curators.nobody_decides(one),
        )
        for one in ids
        if texts[one].status in {"accepted", "merged"}
    ]
    return sorted(found, key=lambda one: one.statement.number)


async def _released_rows(item: Round) -> tuple[Row, ...]:
    found = await scoring.consolidation_of(item, is_closed=True)
    texts = await statements_of([one.statement_id for one in found])
    rows = []
    for one in found:
        median, spread = (given.value for given in release_scores(one.median, one.spread, one.n_scores))
        if median is not None and texts[one.statement_id].status in {"accepted", "merged"}:
            rows.append(_row(one, texts[one.statement_id], median, spread, ()))
    return tuple(rows)


def interests_in_words(n_recused: int, n_declared: int) -> str:
    """How many curators step back from an item, and how many declare an interest and go on."""
    parts = []
    if n_recused:
        said = ngettext("%(shown)s curator is recused", "%(shown)s curators are recused", n_recused)
        parts.append(said % {"shown": num(n_recused)})
    if n_declared:
        said = ngettext("%(shown)s declares an interest", "%(shown)s declare an interest", n_declared)
        parts.append(said % {"shown": num(n_declared)})
    return ", ".join(parts)
