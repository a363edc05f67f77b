"""The charts of the pages of results and of the power balance, by the names their files have."""

from __future__ import annotations

from app.analysis.power_page import Balance
from app.analysis.results_reading import Landed, Line, Results
from app.documents import pictures
from app.documents.pictures import Picture
from app.language import gettext

MOST = 10
"""Statements in a picture of bars: what a slide holds."""


def of_results(results: Results, landed: Landed | None) -> dict[str, Picture]:
    """Every chart that a reader of this page of results sees."""
    found = [
        *([pictures.gaps(results.swarm)] if results.swarm else []),
        *_bars("common", gettext("Common ground"), results.common),
        *_bars("divides", gettext("Divides"), results.divides),
        *([pictures.goals(results.goals)] if results.goals else []),
    ]
    if results.picture:
        found.append(pictures.opinion_map(results.picture.map, is_grouped=results.picture.is_grouped))
    if landed is not None:
        found.append(_lands(results, landed))
    return {one.name: one for one in found}


def _words(line: Line | Landed) -> str:
    return line.text.numbered


def _bars(name: str, title: str, lines: tuple[Line, ...]) -> list[Picture]:
    shown = [(_words(line), line.bars) for line in lines[:MOST] if any(row.bar for row in line.bars)]
    return [pictures.bars(name, title, shown)] if shown else []


def _lands(results: Results, landed: Landed) -> Picture:
    title = gettext("Where one statement lands")
    if landed.landing is None or results.picture is None:
        return pictures.bars("lands", title, [(_words(landed), landed.bars)], landed.sentence)
    groups = results.picture.map.groups if results.picture.is_grouped else ()
    sentence = f"{_words(landed)} – {landed.sentence}"
    return pictures.lands(title, sentence, groups, landed.landing, landed.corners)


def of_power(balance: Balance) -> dict[str, Picture]:
    """Every chart of the power balance that the gate lets out."""
    found = []
    if balance.gap:
        title = gettext("From target to slate")
        found.append(pictures.tracks(title, balance.gap_picture.sentence, balance.gap))
    if balance.days:
        found.append(pictures.timeline(gettext("Votes per day"), balance.days_picture.sentence, balance.days))
    if balance.curves:
        title = gettext("Who does most of the talking")
        found.append(pictures.lorenz(title, balance.spread_picture.sentence, balance.curves))
    if balance.network:
        title = gettext("Who co-sponsors with whom")
        found.append(pictures.network(title, balance.network_picture.sentence, balance.network))
    return {one.name: one for one in found}
