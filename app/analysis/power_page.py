"""The page of the power balance: the figures of the last check, released, with the sentence that each picture shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app import charts, maps
from app.access import Actor
from app.analysis import power_pictures
from app.analysis.alert_words import TAXONOMIES, Gate, Told, label_of, tell
from app.analysis.power_agenda_page import AgendaPage, agenda_page
from app.analysis.power_released import NOTHING, Figures, Picture, cell, percent
from app.analysis.power_rows import stored_figures
from app.charts import GapChart, LorenzCurve, Representation, Timeline
from app.language import gettext, ngettext, num, pct
from app.refusals import N_
from app.tables.alerts import Alert
from deliberation.disclosure import (
    Attribution,
    Audience,
    ReleasedDay,
    Standing,
    release_count,
    release_day,
    release_holder,
    release_standing,
    release_tally,
)
from deliberation.inequality import REFERENCE_GINI, against_reference
from deliberation.power import PowerSettings
from deliberation.shares import representation_ratio

SETTINGS = PowerSettings()
MODERATED = (
    ("language", N_("Language"), N_("Declined statements by language")),
    ("constituency", N_("Constituency"), N_("Declined statements by constituency of their authors")),
)


@dataclass(frozen=True)
class Kpi:
    """One of the four figures on top."""

    label: str
    value: str
    note: str
    tag: str = ""
    tag_kind: str = ""


@dataclass(frozen=True)
class AlertLine:
    """An alert in the list."""

    id: UUID
    kind: str
    told: Told
    is_flag: bool
    decision: str
    reason: str
    decided_on: ReleasedDay | None
    is_cleared: bool


@dataclass(frozen=True)
class Balance:
    """Everything the page shows. Charts are None where the gate withholds what they would show."""

    attribute: str
    reading: str
    kpis: tuple[Kpi, ...]
    gap: GapChart | None
    gap_picture: Picture
    standings: tuple[tuple[str, str], ...]
    curves: tuple[LorenzCurve, ...]
    spread_picture: Picture
    days: Timeline | None
    days_picture: Picture
    network: maps.Network | None
    network_picture: Picture
    moderation: tuple[tuple[str, str, tuple[power_pictures.ModerationRow, ...]], ...]
    agenda: AgendaPage | None
    waiting: tuple[AlertLine, ...]
    decided: tuple[AlertLine, ...]


async def balance_of(actor: Actor, attribute: str) -> Balance | None:
    """The page as of the last check; None before the first one."""
    data = await stored_figures(actor.consultation.id)
    if not data:
        return None
    figures = Figures(data, Attribution(actor.consultation.attribution))
    waiting, decided = await alerts_of(actor, figures.gate)
    standings = _standings(figures, attribute)
    return Balance(
        attribute=attribute,
        reading=_reading(figures, waiting, standings),
        kpis=(_target_kpi(figures, attribute, standings), *_spread_kpis(figures), _holder_kpi(figures)),
        gap=_gap(figures, attribute, standings),
        gap_picture=_gap_picture(figures, attribute, standings),
        standings=_words_only(figures, attribute, standings),
        curves=power_pictures.curves(figures),
        spread_picture=power_pictures.spread_picture(figures),
        days=power_pictures.timeline(figures, actor),
        days_picture=power_pictures.days_picture(figures),
        network=await power_pictures.network(figures),
        network_picture=power_pictures.network_picture(figures),
        moderation=tuple(
            (head, caption, rows)
            for name, head, caption in MODERATED
            if (rows := power_pictures.moderation(figures, name))
        ),
        agenda=agenda_page(figures),
        waiting=waiting,
        decided=decided,
    )


# -------- alerts


async def alerts_of(actor: Actor, gate: Gate) -> tuple[tuple[AlertLine, ...], tuple[AlertLine, ...]]:
    """Alerts that wait for a decision, flags first, and those that were decided or cleared, the latest first."""
    rows = await Alert.objects().where(Alert.consultation == actor.consultation.id).order_by(Alert.raised_at, Alert.id)
    lines = [(row, line_of(row, gate)) for row in rows]
    waiting = [line for row, line in lines if not row.decision and row.cleared_at is None]
    done = [(row.decided_at or row.cleared_at, line) for row, line in lines if row.decision or row.cleared_at]
    done.sort(key=lambda pair: (pair[0], str(pair[1].id)), reverse=True)
    return tuple(sorted(waiting, key=lambda line: not line.is_flag)), tuple(line for _, line in done)


def line_of(row: Alert, gate: Gate) -> AlertLine:
    """An alert with its words and its decision."""
    return AlertLine(
        id=row.id,
        kind=row.kind,
        told=tell(row.kind, row.subject, measure_of(row), gate),
        is_flag=row.level == "flag",
        decision=row.decision,
        reason=row.reason,
        decided_on=release_day(row.decided_at) if row.decided_at else None,
        is_cleared=row.cleared_at is not None,
    )


def measure_of(row: Alert) -> dict[str, Any]:
    """The measured figures of an alert as plain values."""
    stored = row.measure
    return dict(json.loads(stored)) if isinstance(stored, str) else dict(stored or {})


def earlier_of(row: Alert) -> tuple[tuple[str, str, ReleasedDay], ...]:
    """Decisions on the same alert from before it cleared and came back: decision, reason and day."""
    return tuple(
        (old["decision"], old["reason"], release_day(datetime.fromisoformat(old["at"])))
        for old in measure_of(row).get("earlier", ())
    )


async def gate_of(actor: Actor) -> Gate:
    """How figures leave this consultation."""
    data = await stored_figures(actor.consultation.id)
    mode = Attribution(actor.consultation.attribution)
    return Figures(data, mode).gate if data else Gate(mode, 0, {})


# -------- words


def _reading(figures: Figures, waiting: Sequence[AlertLine], standings: Mapping[str, Standing | None]) -> str:
    n = len(waiting)
    parts = [
        gettext("Nothing needs your decision.")
        if not n
        else ngettext("%(n)s thing needs a decision.", "%(n)s things need a decision.", n) % {"n": num(n)}
    ]
    proposals = figures.data["spread"]["proposals"]
    top = figures.index(proposals["top"], proposals["n_people"] // 10) if proposals else None
    if top is not None:
        parts.append(
            gettext("The most active tenth of participants wrote %(share)s of proposals.") % {"share": pct(top)}
        )
    under = sum(standing is Standing.UNDER for standing in standings.values())
    over = sum(standing is Standing.OVER for standing in standings.values())
    n_missing = sum(line.kind == "missing_from_slate" for line in waiting)
    if n_missing:
        parts.append(
            ngettext(
                "%(n)s constituency that wrote proposals is missing from the slate.",
                "%(n)s constituencies that wrote proposals are missing from the slate.",
                n_missing,
            )
            % {"n": num(n_missing)}
        )
    elif under or over:
        parts.append(
            gettext("Against their targets %(over)s are over and %(under)s under.")
            % {"over": num(over), "under": num(under)}
        )
    return " ".join(parts)


def _standings(figures: Figures, attribute: str) -> dict[str, Standing | None]:
    """Each category that has a target: over, near or under it, or None where too few people would be described."""
    column, found = figures.standing_column, {}
    for code in _ordered(attribute, figures.data["attributes"][attribute]):
        row = figures.data["attributes"][attribute][code]
        if row["target"] is None:
            continue
        share = row[column]
        released = (
            None
            if share is None
            else release_standing(
                share,
                row["target"],
                figures.mode,
                audience=Audience.INSIDE,
                n_people=row["n_people"],
                n_organisations=row["n_organisations"],
                n_participants=figures.n,
            )
        )
        found[code] = released.standing if released else None
    return found


def _ordered(attribute: str, codes: Mapping[str, Any]) -> list[str]:
    """Categories in the order of their vocabulary."""
    order = {entry.code: place for place, entry in enumerate(TAXONOMIES[attribute].entries)}
    return sorted(codes, key=lambda code: (order.get(code, len(order)), code))


BY_COLUMN = {
    "participants": N_("by their share of participants"),
    "slate": N_("by their share of the participants' slate"),
    "curated": N_("by their share of the curated slate"),
}


def _standing_words(figures: Figures, code: str, attribute: str, standing: Standing | None, share: float | None) -> str:
    if standing is None:
        return gettext("too few people to tell")
    if standing is Standing.NEAR:
        return gettext("in balance")
    row = figures.data["attributes"][attribute][code]
    if figures.standing_column != "participants" and row[figures.standing_column] == 0:
        return gettext("missing from the slate")
    target = row["target"]
    if share is None or figures.mode is Attribution.CHATHAM_HOUSE:
        return gettext("over its target") if standing is Standing.OVER else gettext("under its target")
    points = num(abs(round(100 * (share - target))))
    words = gettext("%(n)s points over") if standing is Standing.OVER else gettext("%(n)s points under")
    return words % {"n": points}


# -------- from target to slate


def _share_columns(figures: Figures, attribute: str) -> dict[str, dict[str, float]]:
    names = ("participants", "votes", "proposals", "slate", "curated")
    return {name: figures.shares(f"{attribute}/{name}") for name in names}


def _gap(figures: Figures, attribute: str, standings: Mapping[str, Standing | None]) -> GapChart | None:
    columns = _share_columns(figures, attribute)
    if not standings or not columns["participants"]:
        return None
    slate = columns["curated"] or columns["slate"]
    rows, codes = [], []
    for code, standing in standings.items():
        target = figures.data["attributes"][attribute][code]["target"]
        shown = (slate or columns["participants"]).get(code)
        rows.append(
            Representation(
                label=label_of(attribute, code),
                target=target,
                participants=columns["participants"].get(code),
                votes=columns["votes"].get(code),
                slate=slate.get(code),
                tolerance=target * (SETTINGS.ratio_high - 1),
                reading=_standing_words(figures, code, attribute, standing, shown),
                texts=(
                    pct(target),
                    cell(shown, figures.data["attributes"][attribute][code][figures.standing_column]),
                ),
            )
        )
        codes.append(code)
    return _with_bands(charts.gap_chart(rows), rows, [standings[code] for code in codes])


def _with_bands(chart: GapChart, rows: Sequence[Representation], standings: Sequence[Standing | None]) -> GapChart:
    """The band from two thirds of the target to half as much again, and the gate's own word for what is outside."""
    scale = 100 / chart.ticks[-1].value
    drawn = tuple(
        replace(
            row,
            band_start=round(given.target * SETTINGS.ratio_low * scale, 2),
            band_width=round(given.target * (SETTINGS.ratio_high - SETTINGS.ratio_low) * scale, 2),
            outside=standing in (Standing.OVER, Standing.UNDER),
        )
        for row, given, standing in zip(chart.rows, rows, standings, strict=True)
    )
    return GapChart(drawn, chart.ticks)


def _gap_picture(figures: Figures, attribute: str, standings: Mapping[str, Standing | None]) -> Picture:
    columns = _share_columns(figures, attribute)
    codes = list(standings)
    others = _ordered(attribute, columns["participants"])
    codes += [code for code in others if code not in standings and code != "other"]
    codes += ["other"] if any("other" in shares for shares in columns.values()) else []
    rows = []
    for code in codes:
        target = figures.data["attributes"][attribute].get(code, {}).get("target")
        exact = figures.data["attributes"][attribute].get(code, {})
        cells = [cell(columns[name].get(code), exact.get(name)) for name in columns]
        ratio = _ratio_words(figures, columns["participants"].get(code), target)
        rows.append((label_of(attribute, code), percent(target), *cells, ratio))
    head = (
        gettext("Category"),
        gettext("Target"),
        gettext("Participants"),
        gettext("Votes"),
        gettext("Proposals"),
        gettext("Participants' slate"),
        gettext("Curated slate"),
        gettext("Participants over target, 95 per cent interval"),
    )
    near = sum(standing is Standing.NEAR for standing in standings.values())
    known = sum(standing is not None for standing in standings.values())
    if not standings:
        return Picture(gettext("There are no targets to compare with."), head, tuple(rows))
    if not known:
        return Picture(gettext("Too few people take part for anything to be said of a single one of them."))
    words = gettext("%(near)s of %(known)s are inside the band around their target, %(by)s.")
    sentence = words % {
        "near": num(near),
        "known": num(known),
        "by": gettext(BY_COLUMN[figures.standing_column]),
    }
    has_figures = any(columns.values())
    if distance := _distance_words(figures, attribute, columns["participants"]):
        sentence += " " + distance
    return Picture(sentence, head if has_figures else (), tuple(rows) if has_figures else ())


def _ratio_words(figures: Figures, share: float | None, target: float | None) -> str:
    """How many times its target a category has, with Wilson's interval; from the share as it is released, so that it
    tells nothing that the share does not."""
    n = release_count(figures.n, figures.mode, audience=Audience.INSIDE).value
    if share is None or not target or n is None:
        return NOTHING
    told = n if isinstance(n, int) else n[0]
    if told < SETTINGS.fewest_people:
        return NOTHING
    ratio = representation_ratio(share * told, told, target)
    parts = {"value": num(ratio.ratio, 1), "lower": num(ratio.lower, 1), "upper": num(ratio.upper, 1)}
    return gettext("%(value)s (%(lower)s to %(upper)s)") % parts


def _distance_words(figures: Figures, attribute: str, shares: Mapping[str, float]) -> str:
    """How many people would have to be of another category for the targets to be met, as far as they are released."""
    rows = figures.data["attributes"][attribute]
    targets = {code: row["target"] for code, row in rows.items() if row["target"] is not None and code in shares}
    if not targets or figures.n < SETTINGS.fewest_people:
        return ""
    gap = sum(max(target - shares[code], 0.0) for code, target in targets.items())
    words = gettext("Short of their targets are categories by %(share)s of the people in all.")
    return words % {"share": pct(gap)}


def _words_only(
    figures: Figures, attribute: str, standings: Mapping[str, Standing | None]
) -> tuple[tuple[str, str], ...]:
    """In a small room there is no chart, only a word for each category."""
    if figures.shares(f"{attribute}/participants"):
        return ()
    return tuple(
        (label_of(attribute, code), _standing_words(figures, code, attribute, standing, None))
        for code, standing in standings.items()
    )


# -------- the four figures


def _target_kpi(figures: Figures, attribute: str, standings: Mapping[str, Standing | None]) -> Kpi:
    known = [standing for standing in standings.values() if standing is not None]
    near = release_tally(sum(standing is Standing.NEAR for standing in known)).value
    label = {
        "constituency": gettext("Constituencies inside their target band"),
        "region": gettext("Regions inside their target band"),
        "language": gettext("Languages inside their target band"),
        "gender": gettext("Genders inside their target band"),
    }[attribute]
    if not known:
        return Kpi(label, NOTHING, gettext("no targets, or too few people to tell"))
    assert isinstance(near, int)
    value = gettext("%(n)s of %(all)s") % {"n": num(near), "all": num(len(known))}
    return Kpi(label, value, gettext(BY_COLUMN[figures.standing_column]))


def _spread_kpis(figures: Figures) -> tuple[Kpi, Kpi]:
    labels = {"votes": gettext("Votes: how evenly spread"), "proposals": gettext("Proposals: how evenly spread")}
    return _spread_kpi(figures, "votes", labels["votes"]), _spread_kpi(figures, "proposals", labels["proposals"])


def _spread_kpi(figures: Figures, kind: str, label: str) -> Kpi:
    spread = figures.data["spread"][kind]
    value = figures.index(spread["gini"], spread["n_people"]) if spread else None
    if value is None:
        note = gettext("not shown under 30 people") if spread else gettext("nothing to show yet")
        return Kpi(label, NOTHING, note)
    if not power_pictures.has_enough(spread):
        return Kpi(label, NOTHING, power_pictures.too_few_words())
    low, high = (num(bound, 2) for bound in REFERENCE_GINI[kind])
    words = {"below": gettext("More even"), "within": gettext("Usual"), "above": gettext("Less even")}
    place = against_reference(kind, spread["gini"])
    note = gettext("Gini; %(low)s to %(high)s elsewhere") % {"low": low, "high": high}
    kind_of_tag = {"below": "ok", "within": "", "above": "warn"}[place]
    return Kpi(label, num(value, 2), note, words[place], kind_of_tag)


def _holder_kpi(figures: Figures) -> Kpi:
    label, bound = gettext("Largest single organisation"), figures.data["organisation_bound"]
    largest = figures.data["largest"]
    if not largest:
        return Kpi(label, NOTHING, gettext("no proposal is by an organisation"))
    whole = figures.data["n_alive"]
    share = release_holder("", largest[2], whole, figures.mode, n_participants=figures.n).share
    if share is None:
        return Kpi(label, NOTHING, gettext("not shown under 30 people"))
    note = gettext("of proposals, bound %(bound)s") % {"bound": pct(bound)}
    if whole < SETTINGS.fewest_events:
        return Kpi(label, pct(share), note)
    if share > bound:
        return Kpi(label, pct(share), note, gettext("Over the bound"), "stop")
    return Kpi(label, pct(share), note, gettext("Inside"), "ok")
