"""Pictures of the power balance beside their sentences and tables: spread, days, network, moderation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from typing import Any

from babel.dates import format_date

from app import charts, maps
from app.access import Actor
from app.analysis.alert_words import label_of
from app.analysis.power_released import NOTHING, Figures, Picture, listed, percent
from app.charts import LorenzCurve, Timeline
from app.database import fetch
from app.language import LANGUAGES, band, current_locale, date, gettext, ngettext, num, pct
from deliberation.disclosure import Audience, release_day, release_name, release_share, release_tally
from deliberation.inequality import REFERENCE_GINI
from deliberation.power import PowerSettings

SETTINGS = PowerSettings()

# -------- how evenly things are spread


def curves(figures: Figures) -> tuple[LorenzCurve, ...]:
    """Lorenz curves of votes and proposals, where every step of them holds enough people."""
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


def has_enough(spread: Mapping[str, Any]) -> bool:
    """Whether so many took part that how evenly they did says something."""
    return bool(
        spread
        and spread["n_people"] >= SETTINGS.fewest_people
        and spread.get("n_events", SETTINGS.fewest_events) >= SETTINGS.fewest_events
    )


def too_few_words() -> str:
    """What stands in the place of a figure below the minimum."""
    return gettext("too few: %(people)s people and %(events)s votes or proposals are needed") % {
        "people": num(SETTINGS.fewest_people),
        "events": num(SETTINGS.fewest_events),
    }


def spread_picture(figures: Figures) -> Picture:
    """What the most active tenth did, and how evenly: Gini with its interval, Theil's index, authors in effect."""
    votes, proposals = _spread_column(figures, "votes"), _spread_column(figures, "proposals")
    if votes[0] == proposals[0] == NOTHING:
        if figures.index(0.0, figures.n) is None:
            return Picture(gettext("Too few people take part for these figures to be shown."))
        return Picture(gettext("Nothing to compare yet: %(why)s.") % {"why": too_few_words()})
    told = {"votes": votes[0], "proposals": proposals[0]}
    sentence = gettext("The most active tenth cast %(votes)s of votes and wrote %(proposals)s of proposals.")
    if proposals[0] == NOTHING:
        sentence = gettext("The most active tenth cast %(votes)s of votes; of proposals there are too few to say.")
    if votes[0] == NOTHING:
        sentence = gettext("The most active tenth wrote %(proposals)s of proposals; of votes there are too few to say.")
    names = (
        gettext("By the most active tenth"),
        gettext("Gini, 95 per cent interval"),
        gettext("Gini elsewhere"),
        gettext("Theil's index"),
        gettext("Of it, between constituencies"),
        gettext("By chance, at most"),
        gettext("As if by so many people"),
    )
    head = (gettext("Measure"), gettext("Votes"), gettext("Proposals"))
    return Picture(sentence % told, head, tuple(zip(names, votes, proposals, strict=True)))


def _spread_column(figures: Figures, kind: str) -> tuple[str, ...]:
    spread = figures.data["spread"][kind]
    elsewhere = f"{num(REFERENCE_GINI[kind][0], 2)}–{num(REFERENCE_GINI[kind][1], 2)}"
    if not has_enough(spread):
        return (NOTHING, NOTHING, elsewhere, *[NOTHING] * 4)
    n, n_between = spread["n_people"], spread.get("between_n", 0)

    def index(name: str, n_people: int) -> float | None:
        exact = spread.get(name)
        return None if exact is None else figures.index(exact, n_people)

    def shown(name: str, digits: int = 2) -> str:
        value = index(name, n)
        return NOTHING if value is None else num(value, digits)

    parts = {name: shown(f"gini{end}") for name, end in (("value", ""), ("lower", "_lower"), ("upper", "_upper"))}
    return (
        percent(index("top", n // 10)),
        NOTHING if NOTHING in parts.values() else gettext("%(value)s (%(lower)s to %(upper)s)") % parts,
        elsewhere,
        shown("theil"),
        *(percent(index(name, n_between)) for name in ("between", "between_chance")),
        shown("effective", 0),
    )


# -------- votes per day


def _days(figures: Figures) -> list[tuple[Date, int | tuple[int, int] | None]]:
    """Every day with its released number of votes, None where too few people voted on it."""
    released = figures.table("days")
    if released is None or not released.is_shown:
        return []
    known = {row.code: row.n for row in released.categories}
    days = sorted(listed(released.basis, "counts"))
    return [(Date.fromisoformat(day), known.get(day)) for day in days]


def _height(n: int | tuple[int, int] | None) -> int:
    return 0 if n is None else n if isinstance(n, int) else sum(n) // 2


def timeline(figures: Figures, actor: Actor) -> Timeline | None:
    """Votes by day with the rounds' opening and closing, and bursts."""
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
    pattern = "M月d日" if current_locale() == "zh" else "d MMM"
    return str(format_date(day, pattern, locale=current_locale()))


def _count_words(n: int | tuple[int, int] | None) -> str:
    return gettext("too few people") if n is None else num(n) if isinstance(n, int) else band(n)


def days_picture(figures: Figures) -> Picture:
    """The busiest day, and whether a burst stands out."""
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


async def network(figures: Figures) -> maps.Network | None:
    """Organisations linked by the proposals they stand behind together."""
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


async def _names(figures: Figures, ids: list[str]) -> dict[str, str]:
    """Names of organisations where the mode allows them: co-sponsoring is an act in the organisation's own name."""
    rows = await fetch("select id, name from organisations where id = any($1::uuid[])", ids)
    names = {str(row["id"]): release_name(row["name"], figures.mode, has_consented=True).name for row in rows}
    return {key: name for key, name in names.items() if name}


def _is_small_room(figures: Figures) -> bool:
    return figures.index(0.0, figures.n) is None


def network_picture(figures: Figures) -> Picture:
    """How many organisations stand together, and how many of them hold the network together."""
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


@dataclass(frozen=True)
class ModerationRow:
    """How the statements of one language or constituency were decided; `kind` is that of the reading's tag."""

    name: str
    n: str
    declined: str
    wait: str
    reading: str
    kind: str


def moderation(figures: Figures, attribute: str) -> tuple[ModerationRow, ...]:
    """Each language, or each constituency of authors, beside all others."""
    released = figures.table(f"moderation/{attribute}")
    known = figures.data["moderation"].get(attribute, {})
    found = []
    for category in released.categories if released else ():
        row = known.get(category.code)
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
            ModerationRow(
                LANGUAGES.get(category.code, category.code)
                if attribute == "language"
                else label_of(attribute, category.code),
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
