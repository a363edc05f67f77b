"""The page of the power balance: the figures of the last check, released, with the sentence that each picture shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from datetime import date as Date
from typing import Any
from uuid import UUID

from babel.dates import format_skeleton

from app import charts, maps
from app.access import Actor
from app.analysis.alert_words import TAXONOMIES, Gate, Told, label_of, tell
from app.analysis.power import stored_figures
from app.charts import GapChart, LorenzCurve, Representation, Timeline
from app.database import fetch
from app.language import LANGUAGES, band, current_locale, date, gettext, ngettext, num, pct
from app.tables.alerts import Alert
from deliberation.disclosure import (
    Attribution,
    Audience,
    Basis,
    ReleasedBreakdown,
    ReleasedDay,
    Standing,
    release_breakdown,
    release_day,
    release_holder,
    release_index,
    release_name,
    release_share,
    release_standing,
    release_tally,
)
from deliberation.inequality import REFERENCE_GINI, against_reference
from deliberation.power import PowerSettings
from deliberation.suppression import voters_of

SETTINGS = PowerSettings()
NOTHING = "–"


@dataclass(frozen=True)
class Kpi:
    """One of the four figures on top."""

    label: str
    value: str
    note: str
    tag: str = ""
    tag_kind: str = ""


@dataclass(frozen=True)
class Picture:
    """What stands with a chart: its sentence, and the table that says the same."""

    sentence: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class AlertLine:
    """An alert in the list."""

    id: UUID
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
    moderation: tuple[tuple[str, str, str, str, str, str], ...]
    waiting: tuple[AlertLine, ...]
    decided: tuple[AlertLine, ...]


@dataclass(frozen=True)
class _Figures:
    """The stored figures, and the only ways in which they are read out."""

    data: Mapping[str, Any]
    mode: Attribution

    @property
    def n(self) -> int:
        return int(self.data["n_participants"])

    def table(self, name: str) -> ReleasedBreakdown | None:
        """A table as it was published, for the readers inside."""
        records = self.data["tables"].get(name)
        if not records:
            return None
        basis = Basis.from_records(records)
        counts, people = (_listed(basis, part) for part in ("counts", "people"))
        return release_breakdown(
            counts, self.mode, audience=Audience.INSIDE, n_participants=self.n, n_people=people, previous=basis
        )

    def shares(self, name: str) -> dict[str, float]:
        released = self.table(name)
        return {} if released is None else {row.code: row.share for row in released.categories if row.share is not None}

    def index(self, value: float, n_people: int) -> float | None:
        return release_index(value, n_people, self.mode, audience=Audience.INSIDE, n_participants=self.n).value

    @property
    def gate(self) -> Gate:
        people = {
            name: {code: row["n_people"] for code, row in rows.items()}
            for name, rows in self.data["attributes"].items()
        }
        return Gate(self.mode, self.n, people)

    @property
    def standing_column(self) -> str:
        """What the words over, near and under speak of: the curated slate, else the participants', else the people."""
        slate = self.data["slate"]
        return "curated" if slate["n_curated"] else "slate" if slate["n"] else "participants"


def _listed(basis: Basis, part: str) -> dict[str, int]:
    return voters_of(basis.statements[part].tables.get("category", {}))


async def balance_of(actor: Actor, attribute: str) -> Balance | None:
    """The page as of the last check; None before the first one."""
    data = await stored_figures(actor.consultation.id)
    if not data:
        return None
    figures = _Figures(data, Attribution(actor.consultation.attribution))
    waiting, decided = await alerts_of(actor, figures.gate)
    standings = _standings(figures, attribute)
    return Balance(
        attribute=attribute,
        reading=_reading(figures, waiting, standings),
        kpis=(_target_kpi(figures, attribute, standings), *_spread_kpis(figures), _holder_kpi(figures)),
        gap=_gap(figures, attribute, standings),
        gap_picture=_gap_picture(figures, attribute, standings),
        standings=_words_only(figures, attribute, standings),
        curves=_curves(figures),
        spread_picture=_spread_picture(figures),
        days=_timeline(figures, actor),
        days_picture=_days_picture(figures),
        network=await _network(figures),
        network_picture=_network_picture(figures),
        moderation=_moderation(figures),
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
    return _Figures(data, mode).gate if data else Gate(mode, 0, {})


# -------- words


def _reading(figures: _Figures, waiting: Sequence[AlertLine], standings: Mapping[str, Standing | None]) -> str:
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
    if under or over:
        parts.append(
            gettext("Against their targets %(over)s are over and %(under)s under.")
            % {"over": num(over), "under": num(under)}
        )
    return " ".join(parts)


def _standings(figures: _Figures, attribute: str) -> dict[str, Standing | None]:
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


def column_name(column: str) -> str:
    """What a column of the chart counts."""
    return {
        "participants": gettext("participants"),
        "slate": gettext("participants' slate"),
        "curated": gettext("curated slate"),
    }[column]


def _standing_words(
    figures: _Figures, code: str, attribute: str, standing: Standing | None, share: float | None
) -> str:
    if standing is None:
        return gettext("too few people to tell")
    if standing is Standing.NEAR:
        return gettext("in balance")
    if share is not None and figures.standing_column != "participants" and share == 0:
        return gettext("missing from the slate")
    target = figures.data["attributes"][attribute][code]["target"]
    if share is None or figures.mode is Attribution.CHATHAM_HOUSE:
        return gettext("over its target") if standing is Standing.OVER else gettext("under its target")
    points = num(abs(round(100 * (share - target))))
    words = gettext("%(n)s points over") if standing is Standing.OVER else gettext("%(n)s points under")
    return words % {"n": points}


# -------- from target to slate


def _share_columns(figures: _Figures, attribute: str) -> dict[str, dict[str, float]]:
    names = ("participants", "votes", "proposals", "slate", "curated")
    return {name: figures.shares(f"{attribute}/{name}") for name in names}


def _gap(figures: _Figures, attribute: str, standings: Mapping[str, Standing | None]) -> GapChart | None:
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
                texts=(pct(target), _pct(shown)),
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


def _pct(share: float | None) -> str:
    return NOTHING if share is None else pct(share)


def _gap_picture(figures: _Figures, attribute: str, standings: Mapping[str, Standing | None]) -> Picture:
    columns = _share_columns(figures, attribute)
    codes = list(standings)
    others = _ordered(attribute, columns["participants"])
    codes += [code for code in others if code not in standings and code != "other"]
    codes += ["other"] if any("other" in shares for shares in columns.values()) else []
    rows = []
    for code in codes:
        target = figures.data["attributes"][attribute].get(code, {}).get("target")
        cells = [_pct(columns[name].get(code)) for name in columns]
        rows.append((label_of(attribute, code), _pct(target), *cells))
    head = (
        gettext("Category"),
        gettext("Target"),
        gettext("Participants"),
        gettext("Votes"),
        gettext("Proposals"),
        gettext("Participants' slate"),
        gettext("Curated slate"),
    )
    near = sum(standing is Standing.NEAR for standing in standings.values())
    known = sum(standing is not None for standing in standings.values())
    words = gettext("%(near)s of %(known)s are inside the band around their target, by their share of: %(what)s.")
    sentence = words % {"near": num(near), "known": num(known), "what": column_name(figures.standing_column)}
    return Picture(sentence if known else gettext("There are no targets to compare with."), head, tuple(rows))


def _words_only(
    figures: _Figures, attribute: str, standings: Mapping[str, Standing | None]
) -> tuple[tuple[str, str], ...]:
    """In a small room there is no chart, only a word for each category."""
    if figures.shares(f"{attribute}/participants"):
        return ()
    return tuple(
        (label_of(attribute, code), _standing_words(figures, code, attribute, standing, None))
        for code, standing in standings.items()
    )


# -------- the four figures


def _target_kpi(figures: _Figures, attribute: str, standings: Mapping[str, Standing | None]) -> Kpi:
    known = [standing for standing in standings.values() if standing is not None]
    near = release_tally(sum(standing is Standing.NEAR for standing in known)).value
    label = {
        "constituency": gettext("Constituencies inside their target band"),
        "region": gettext("Regions inside their target band"),
        "language": gettext("Languages inside their target band"),
    }[attribute]
    if not known:
        return Kpi(label, NOTHING, gettext("no targets, or too few people to tell"))
    assert isinstance(near, int)
    value = gettext("%(n)s of %(all)s") % {"n": num(near), "all": num(len(known))}
    return Kpi(label, value, gettext("by their share of: %(what)s") % {"what": column_name(figures.standing_column)})


def _spread_kpis(figures: _Figures) -> tuple[Kpi, Kpi]:
    labels = {"votes": gettext("Votes: how evenly spread"), "proposals": gettext("Proposals: how evenly spread")}
    return _spread_kpi(figures, "votes", labels["votes"]), _spread_kpi(figures, "proposals", labels["proposals"])


def _spread_kpi(figures: _Figures, kind: str, label: str) -> Kpi:
    spread = figures.data["spread"][kind]
    value = figures.index(spread["gini"], spread["n_people"]) if spread else None
    if value is None:
        note = gettext("not shown under 30 people") if spread else gettext("nothing to show yet")
        return Kpi(label, NOTHING, note)
    low, high = (num(bound, 2) for bound in REFERENCE_GINI[kind])
    words = {"below": gettext("More even"), "within": gettext("Usual"), "above": gettext("Less even")}
    place = against_reference(kind, spread["gini"])
    note = gettext("Gini; %(low)s to %(high)s elsewhere") % {"low": low, "high": high}
    kind_of_tag = {"below": "ok", "within": "", "above": "warn"}[place]
    return Kpi(label, num(value, 2), note, words[place], kind_of_tag)


def _holder_kpi(figures: _Figures) -> Kpi:
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


# -------- how evenly things are spread


def _curves(figures: _Figures) -> tuple[LorenzCurve, ...]:
    found = {}
    for kind, label in (("votes", gettext("votes")), ("proposals", gettext("proposals"))):
        spread = figures.data["spread"][kind]
        if not spread:
            continue
        per_step = spread["n_people"] // (len(spread["curve"]) - 1)
        points = [figures.index(point, per_step) for point in spread["curve"]]
        if all(point is not None for point in points):
            found[label] = [float(point or 0) for point in points]
    return charts.lorenz(found) if found else ()


def _spread_picture(figures: _Figures) -> Picture:
    rows = []
    for kind, label in (("votes", gettext("Votes")), ("proposals", gettext("Proposals"))):
        spread = figures.data["spread"][kind]
        top = figures.index(spread["top"], spread["n_people"] // 10) if spread else None
        value = figures.index(spread["gini"], spread["n_people"]) if spread else None
        low, high = (num(bound, 2) for bound in REFERENCE_GINI[kind])
        rows.append((label, _pct(top), NOTHING if value is None else num(value, 2), f"{low}–{high}"))
    if all(row[1] == NOTHING for row in rows):
        return Picture(gettext("Too few people take part for these figures to be shown."))
    sentence = gettext("The most active tenth cast %(votes)s of votes and wrote %(proposals)s of proposals.") % {
        "votes": rows[0][1],
        "proposals": rows[1][1],
    }
    head = (gettext("What"), gettext("By the most active tenth"), gettext("Gini"), gettext("Gini elsewhere"))
    return Picture(sentence, head, tuple(rows))


# -------- votes per day


def _days(figures: _Figures) -> list[tuple[Date, int | tuple[int, int] | None]]:
    """Every day with its released number of votes, None where too few people voted on it."""
    released = figures.table("days")
    if released is None or not released.is_shown:
        return []
    known = {row.code: row.n for row in released.categories}
    days = sorted(_listed(released.basis, "counts"))
    return [(Date.fromisoformat(day), known.get(day)) for day in days]


def _height(n: int | tuple[int, int] | None) -> int:
    return 0 if n is None else n if isinstance(n, int) else sum(n) // 2


def _timeline(figures: _Figures, actor: Actor) -> Timeline | None:
    days = _days(figures)
    if not days:
        return None
    places = {day: place for place, (day, _) in enumerate(days)}
    events = []
    for item in actor.rounds:
        moments = ((item.opens_at, gettext("Round %(n)s opened")), (item.closes_at, gettext("Round %(n)s closed")))
        for moment, words in moments:
            day = release_day(moment).day
            if moment <= actor.now and day in places:
                events.append((places[day], words % {"n": num(item.number)}))
    flagged = []
    for day, n_votes, _ in figures.data["bursts"]:
        place = places.get(Date.fromisoformat(day))
        if place is not None:
            flagged.append(place)
            events.append((place, gettext("%(n)s votes in 10 minutes") % {"n": num(n_votes)}))
    names = [_short_day(day) for day, _ in days]
    return charts.timeline([_height(n) for _, n in days], names, events=sorted(set(events)), flagged=flagged)


def _short_day(day: Date) -> str:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return str(format_skeleton("MMMd", noon, locale=current_locale()))


def _count_words(n: int | tuple[int, int] | None) -> str:
    return gettext("too few people") if n is None else num(n) if isinstance(n, int) else band(n)


def _days_picture(figures: _Figures) -> Picture:
    days = [(day, n) for day, n in _days(figures) if n != 0]
    if not days:
        return Picture(gettext("No figures by day: too few people have voted."))
    most = max(days, key=lambda pair: (_height(pair[1]), pair[0]))
    sentence = gettext("Most votes came on %(day)s: %(n)s.") % {"day": date(most[0]), "n": _count_words(most[1])}
    n_bursts = len(figures.data["bursts"])
    if n_bursts:
        sentence += " " + ngettext(
            "%(n)s burst stands out from the hours around it.",
            "%(n)s bursts stand out from the hours around them.",
            n_bursts,
        ) % {"n": num(n_bursts)}
    else:
        sentence += " " + gettext("No burst stands out from the hours around it.")
    rows = tuple((date(day), _count_words(n)) for day, n in days)
    return Picture(sentence, (gettext("Day (UTC)"), gettext("Votes")), rows)


# -------- who stands behind what together


async def _network(figures: _Figures) -> maps.Network | None:
    net = figures.data["network"]
    if not net["links"] or _is_small_room(figures):
        return None
    kinds = dict.fromkeys(net["bridges"], "bridge")
    largest = figures.data["largest"]
    is_over = largest and figures.data["n_alive"] and largest[1] > figures.data["organisation_bound"]
    if is_over and largest[0] in net["organisations"]:
        kinds[largest[0]] = "hub"
    return maps.network(
        net["organisations"],
        [(one, other, float(n)) for one, other, n in net["links"]],
        seed=figures.data["seed"],
        kinds=kinds,
        labels=await _names(figures, list(kinds)),
    )


async def _names(figures: _Figures, ids: list[str]) -> dict[str, str]:
    """Names of organisations where the mode allows them: co-sponsoring is an act in the organisation's own name."""
    rows = await fetch("select id, name from organisations where id = any($1::uuid[])", ids)
    names = {str(row["id"]): release_name(row["name"], figures.mode, has_consented=True).name for row in rows}
    return {key: name for key, name in names.items() if name}


def _is_small_room(figures: _Figures) -> bool:
    return figures.index(0.0, figures.n) is None


def _network_picture(figures: _Figures) -> Picture:
    net = figures.data["network"]
    if _is_small_room(figures):
        return Picture(gettext("Too few people take part for this picture to be shown."))
    n_all, n_pairs = release_tally(net["n_all"]).value, release_tally(len(net["links"])).value
    if not net["links"]:
        return Picture(gettext("No two organisations stand behind the same proposal yet."))
    assert isinstance(n_all, int) and isinstance(n_pairs, int)
    sentence = gettext("%(n)s organisations stand behind a proposal together with another one.") % {"n": num(n_all)}
    if net["bridges"]:
        sentence += " " + ngettext(
            "Without %(n)s of them the network would fall apart further.",
            "Without any one of %(n)s of them the network would fall apart further.",
            len(net["bridges"]),
        ) % {"n": num(len(net["bridges"]))}
    by_weight: dict[int, int] = {}
    for _, _, n in net["links"]:
        by_weight[n] = by_weight.get(n, 0) + 1
    rows = tuple((num(weight), num(by_weight[weight])) for weight in sorted(by_weight, reverse=True))
    return Picture(sentence, (gettext("Shared proposals"), gettext("Pairs of organisations")), rows)


# -------- is moderation even-handed?


def _moderation(figures: _Figures) -> tuple[tuple[str, str, str, str, str, str], ...]:
    """Language, submitted and decided, declined, median wait in hours, reading, and the kind of its tag."""
    released = figures.table("moderation")
    if released is None:
        return ()
    found = []
    for category in released.categories:
        row = figures.data["moderation"].get(category.code)
        if row is None:
            continue
        declined = release_share(
            row["n_declined"], row["n"], figures.mode, audience=Audience.INSIDE, n_participants=figures.n
        )
        wait = None if row["wait"] is None else figures.index(row["wait"], row["n_authors"])
        is_marked = row["p_value"] is not None and row["p_value"] < SETTINGS.alpha and row["is_higher"]
        reading = gettext("Look again") if is_marked else gettext("as expected")
        if row["p_value"] is None:
            reading = gettext("too few to compare")
        found.append(
            (
                LANGUAGES.get(category.code, category.code),
                _count_words(category.n),
                _share_words(declined.value, declined.bound),
                NOTHING if wait is None else gettext("%(n)s h") % {"n": num(round(wait))},
                reading,
                "warn" if is_marked else "",
            )
        )
    return tuple(found)


def _share_words(share: float | None, bound: str) -> str:
    if share is None:
        return NOTHING
    if bound == "at_most":
        return gettext("at most %(share)s") % {"share": pct(share)}
    if bound == "at_least":
        return gettext("at least %(share)s") % {"share": pct(share)}
    return pct(share)
