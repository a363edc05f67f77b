"""A chart as it leaves a page: drawn by the page's macros from released values, with its title and its finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import charts
from app.analysis import results_words
from app.charts import GapChart, GoalBar, LorenzCurve, Swarm, Timeline, VoteRow
from app.documents import layouts
from app.documents.standalone import standalone
from app.language import gettext, num
from app.maps import GroupShape, Network, OpinionMap
from app.rendering import render


@dataclass(frozen=True)
class Figures:
    """The table of a chart, for a document that has no other with the same figures."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A chart before it is drawn: `kind` is a macro of `templates/pictures.html`, `given` what that macro takes."""

    name: str
    title: str
    sentence: str
    kind: str
    given: Any
    has_targets: bool = False
    details: str = ""
    table: Figures | None = None

    @property
    def alternative(self) -> str:
        """What the picture shows, for those who do not see it."""
        return f"{self.sentence} {self.details}".strip()

    def svg(self, *, source: str = "", is_framed: bool = True) -> str:
        """The picture in the current language; where it is framed, title, sentence and source are in it."""
        figure = render(
            "pictures.html",
            kind=self.kind,
            given=self.given,
            title=self.title,
            sentence=self.sentence,
            has_targets=self.has_targets,
        )
        if not is_framed:
            return standalone(figure, title=self.alternative, sentence="", is_framed=False)
        return standalone(figure, title=self.title, sentence=self.sentence, details=self.details, source=source)


def gaps(swarm: Swarm) -> Picture:
    """From common ground to divides: which statement has the widest gap, and which the narrowest."""
    said = results_words.widest_gap(swarm)
    return Picture("gaps", gettext("From common ground to divides"), said, "swarm", swarm)


def bars(name: str, title: str, items: list[tuple[str, tuple[VoteRow, ...]]], sentence: str = "") -> Picture:
    """Statements in their own words, each over the bars of those whose votes were released."""
    said = sentence or gettext("How those named voted on each statement: agree from the start, disagree from the end.")
    details = "; ".join(
        f"{text}: " + ", ".join(f"{row.label} {row.text or row.hidden}" for row in rows) for text, rows in items
    )
    return Picture(name, title, said, "bars", layouts.bars(items), details="" if sentence else details)


def goals(every: tuple[GoalBar, ...]) -> Picture:
    named = [f"{bar.number} {bar.title}: {num(bar.n)}" for bar in every if bar.n]
    said = gettext("Proposals on the participants' slate that name each goal")
    return Picture("goals", gettext("Goals covered"), f"{said}: {'; '.join(named)}", "goals", layouts.goals(every))


def opinion_map(drawn: OpinionMap, *, is_grouped: bool) -> Picture:
    said = results_words.on_the_map(drawn, is_grouped=is_grouped)
    return Picture("map", gettext("Opinion map"), said, "map" if is_grouped else "spectrum", drawn)


def lands(
    title: str, sentence: str, groups: tuple[GroupShape, ...], landing: Any, corners: Mapping[str, str]
) -> Picture:
    given = {"groups": groups, "hexagons": landing.hexagons, "corners": corners, "at_least": landing.at_least}
    return Picture("lands", title, sentence, "lands", given)


def tracks(title: str, sentence: str, chart: GapChart) -> Picture:
    return Picture("target", title, sentence, "tracks", {"places": layouts.tracks(chart), "chart": chart})


def timeline(title: str, sentence: str, line: Timeline) -> Picture:
    return Picture("days", title, sentence, "timeline", line)


def lorenz(title: str, sentence: str, curves: tuple[LorenzCurve, ...]) -> Picture:
    return Picture("spread", title, sentence, "lorenz", curves)


def network(title: str, sentence: str, drawn: Network) -> Picture:
    return Picture("network", title, sentence, "network", drawn)


def shares(name: str, title: str, rows: list[tuple[str, float, float | None, str]]) -> Picture:
    """Shares of people by category, beside their targets where there are any."""
    said = "; ".join(f"{label}: {words}" for label, _, _, words in rows)
    has_targets = any(target is not None for _, _, target, _ in rows)
    return Picture(name, title, said, "shares", layouts.shares(rows), has_targets)


def swarm_for_paper(statements: list[tuple[int, float]], chosen: list[int]) -> Swarm:
    """The swarm as wide as a page of paper, each number legible there."""
    return charts.swarm(statements, chosen=chosen, words={n: num(n) for n, _ in statements}, width=layouts.WIDTH)
