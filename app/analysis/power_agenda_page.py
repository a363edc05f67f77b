"""Who sets the agenda, as the page shows it: each measure in a sentence and a table, released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.analysis.alert_words import PASSED_NAMES, label_of, rounded
from app.analysis.power_released import NOTHING, Figures, Picture, percent
from app.language import gettext, ngettext, num
from app.refusals import N_
from deliberation.additions import AdditionsSettings
from deliberation.disclosure import Audience, release_share, release_tally
from deliberation.exchange import ExchangeSettings
from deliberation.exposure import ExposureSettings

CONSTITUENCY = "constituency"
MOST_ORGANISATIONS = 3
STEP_NAMES = {
    "shown": N_("Shown"),
    "voted": N_("Enough votes"),
    "participants_slate": N_("Participants' slate"),
    "curated_slate": N_("Curated slate"),
    "committed": N_("Commitment"),
}


@dataclass(frozen=True)
class AgendaPage:
    """The pictures of the agenda."""

    funnel: Picture
    influence: Picture
    exposure: Picture
    exchange: Picture
    waits: Picture
    additions: Picture


def agenda_page(figures: Figures) -> AgendaPage | None:
    """The measures of the last check; None before a check has made them."""
    agenda = figures.data.get("agenda")
    if not agenda:
        return None
    if figures.index(0.0, figures.n) is None:
        few = Picture(gettext("Too few people take part for these figures to be shown."))
        return AgendaPage(few, few, few, few, few, few)
    return AgendaPage(
        _funnel(figures, agenda),
        _influence(figures, agenda),
        _exposure(figures, agenda),
        _exchange(figures, agenda),
        _waits(figures, agenda),
        _additions(figures),
    )


def _name(figures: Figures, agenda: Mapping[str, Any], code: str) -> str | None:
    """The constituency's name where enough people wrote for it."""
    told = figures.index(0.0, int(agenda["n_authors"].get(code, 0))) is not None
    return label_of(CONSTITUENCY, code) if told else None


def _share(figures: Figures, part: int, whole: int) -> str:
    shown = release_share(part, whole, figures.mode, audience=Audience.INSIDE, n_participants=figures.n).value
    return NOTHING if shown is None else rounded(shown, is_nothing=part == 0)


def _funnel(figures: Figures, agenda: Mapping[str, Any]) -> Picture:
    """From proposed to committed: of those that could pass each step, how many of each constituency did."""
    steps = list(agenda["steps"])
    rows: dict[str, list[str]] = {}
    marked: list[str] = []
    for row in agenda["passages"]:
        name = _name(figures, agenda, row["category"])
        if name is None or row["step"] not in steps:
            continue
        cells = rows.setdefault(name, [])
        cells.append(_share(figures, row["n_passed"], row["n_asked"]))
        if row["level"] and (odds := figures.gate.odds(row["odds"], CONSTITUENCY, row["category"])):
            words = gettext("Of equally supported proposals, those by %(name)s %(passed)s %(odds)s as often.")
            marked.append(words % {"name": name, "passed": gettext(PASSED_NAMES[row["step"]]), "odds": odds})
    if not rows:
        return Picture(gettext("Too few people have written for this to be shown."))
    tested = any(row["odds"] for row in agenda["passages"])
    calm = gettext("Of equally supported proposals, no constituency's pass more or less often than chance explains.")
    early = gettext("So far too few proposals have passed a step for equally supported ones to be compared.")
    head = (gettext("Constituency"), *(gettext(STEP_NAMES[step]) for step in steps))
    return Picture(" ".join(marked) or (calm if tested else early), head, _filled(rows, len(steps)))


def _filled(rows: Mapping[str, list[str]], n: int) -> tuple[tuple[str, ...], ...]:
    return tuple((name, *cells, *[NOTHING] * (n - len(cells))) for name, cells in sorted(rows.items()))


def _influence(figures: Figures, agenda: Mapping[str, Any]) -> Picture:
    """How much of the participants' slate would change without each constituency."""
    rows: list[tuple[str, ...]] = []
    beyond = []
    for row in agenda["influence"]:
        value, chance = (figures.index(row[key], row["n"]) for key in ("influence", "chance"))
        if value is None or chance is None:
            continue
        name = label_of(CONSTITUENCY, row["category"])
        if row["level"]:
            beyond.append(name)
        reading = gettext("beyond chance") if row["level"] else gettext("as chance")
        rows.append((name, rounded(value, is_nothing=row["influence"] == 0), rounded(chance), reading))
    rows += _influence_of_organisations(figures, agenda)
    if not rows:
        return Picture(gettext("There is no participants' slate yet, or too few people are behind it."))
    sentence = gettext("The slate would hardly be another without any one constituency.")
    if beyond:
        sentence = gettext(
            "Without these the slate would change more than without as many people at random: %(names)s."
        )
        sentence %= {"names": ", ".join(beyond)}
    head = (gettext("Without"), gettext("Slate that changes"), gettext("By chance, at most"), gettext("Reading"))
    return Picture(sentence, head, tuple(rows))


def _influence_of_organisations(figures: Figures, agenda: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The same without each organisation, the most beyond chance first; unnamed in every mode, for nobody spoke in an
    organisation's name by voting."""
    rows: list[tuple[str, ...]] = []
    for row in agenda.get("influence_of_organisations", ()):
        value, chance = (figures.index(row[key], row["n"]) for key in ("influence", "chance"))
        if value is None or chance is None:
            continue
        name = gettext("One organisation") if not rows else gettext("Another organisation")
        reading = gettext("beyond chance") if row["level"] else gettext("as chance")
        rows.append((name, rounded(value, is_nothing=row["influence"] == 0), rounded(chance), reading))
    return rows[:MOST_ORGANISATIONS]


def _exposure(figures: Figures, agenda: Mapping[str, Any]) -> Picture:
    """Whether statements were shown alike, and whether first votes differ from later ones."""
    position = agenda["position"]
    if position is None:
        return Picture(gettext("There are too few statements to compare how often they were shown."))
    n_below, n_gaps = (release_tally(int(n)).value for n in (position["n_below_floor"], agenda["n_early_gaps"]))
    assert isinstance(n_below, int) and isinstance(n_gaps, int)
    parts = [gettext("Early and late statements were shown alike.")]
    if position["level"]:
        parts = [
            gettext("Early statements were shown more often than late ones.")
            if position["correlation"] < 0
            else gettext("Late statements were shown more often than early ones.")
        ]
    if n_below:
        parts.append(
            ngettext(
                "%(n)s statement was shown to fewer than %(floor)s people.",
                "%(n)s statements were shown to fewer than %(floor)s people.",
                n_below,
            )
            % {"n": num(n_below), "floor": num(position["floor"])}
        )
    if n_gaps:
        parts.append(
            ngettext(
                "On %(n)s statement the first twenty votes differ from the later ones.",
                "On %(n)s statements the first twenty votes differ from the later ones.",
                n_gaps,
            )
            % {"n": num(n_gaps)}
        )
    shown = [figures.index(position[name], figures.n) for name in ("correlation", "lower", "upper")]
    if any(one is None for one in shown):
        return Picture(" ".join(parts))
    value, lower, upper = (num(one or 0, 2) for one in shown)
    words = gettext("%(value)s (%(lower)s to %(upper)s)") % {"value": value, "lower": lower, "upper": upper}
    row = (words, num(ExposureSettings().correlation_over, 1), num(n_below), num(n_gaps))
    head = (
        gettext("Order of submission with times shown, 95 per cent interval"),
        gettext("Bound"),
        gettext("Statements shown too seldom"),
        gettext("Statements whose first votes differ"),
    )
    return Picture(" ".join(parts), head, (row,))


def _exchange(figures: Figures, agenda: Mapping[str, Any]) -> Picture:
    """Whether amendments are accepted in both directions."""
    exchange = agenda["exchange"]
    if not exchange["n_across"]:
        return Picture(gettext("No amendment from one constituency to another has been decided yet."))
    rows = []
    for category, given, given_yes, received, received_yes, level in exchange["rows"]:
        name = _name(figures, agenda, category)
        if name is not None:
            cells = (_share(figures, given_yes, given), _share(figures, received_yes, received))
            rows.append((name, *cells, gettext("one way") if level else gettext("as expected")))
    n = release_tally(int(exchange["n_across"])).value
    assert isinstance(n, int)
    sentence = ngettext(
        "%(n)s amendment went from one constituency to another.",
        "%(n)s amendments went from one constituency to another.",
        n,
    ) % {"n": num(n)}
    if exchange["reciprocity"] is not None:
        answered = figures.index(exchange["reciprocity"], figures.n)
        sentence += " " + gettext("Of those accepted, %(share)s were answered in kind.") % {"share": percent(answered)}
    head = (
        gettext("Constituency"),
        gettext("Others accept theirs"),
        gettext("They accept others'"),
        gettext("Reading"),
    )
    return Picture(sentence, head if rows else (), tuple(rows))


def _waits(figures: Figures, agenda: Mapping[str, Any]) -> Picture:
    """How long each constituency's proposals waited to be taken up."""
    rows, longer = [], []
    for row in agenda["waits"]:
        name = _name(figures, agenda, row["category"])
        if name is None:
            continue
        hours = [_hours(figures, row.get(key), row["n"]) for key in ("median", "lower", "upper", "others")]
        reading = gettext("longer") if row["level"] else gettext("as expected")
        if row["n"] < ExchangeSettings().fewest_waits:
            reading = gettext("too few to compare")
        elif row["level"]:
            longer.append(name)
        interval = gettext("%(lower)s to %(upper)s") % {"lower": hours[1], "upper": hours[2]}
        rows.append((name, hours[0], interval, hours[3], reading))
    if not rows:
        return Picture(gettext("Too few people have written for waits to be shown."))
    sentence = gettext("No constituency's proposals wait longer for a moderator than chance explains.")
    if longer:
        sentence = gettext("Longer for a moderator wait the proposals of: %(names)s.") % {"names": ", ".join(longer)}
    head = (
        gettext("Constituency"),
        gettext("Median wait"),
        gettext("95 per cent interval"),
        gettext("Median wait of the others"),
        gettext("Reading"),
    )
    return Picture(sentence, head, tuple(rows))


def _hours(figures: Figures, hours: float | None, n: int) -> str:
    """None stands for a wait without an end: half of the proposals or more have not been taken up."""
    if hours is None:
        return gettext("not taken up")
    shown = figures.index(hours, n)
    return NOTHING if shown is None else gettext("%(n)s h") % {"n": num(round(shown))}


def _additions(figures: Figures) -> Picture:
    """Whose proposals curators added to what participants chose."""
    additions = figures.data.get("additions")
    if not additions:
        return Picture(gettext("There are not two slates to compare yet."))
    n, fewest = release_tally(int(additions["n"])).value, AdditionsSettings().fewest_added
    assert isinstance(n, int)
    rows, marked = [], []
    for name, label in ((CONSTITUENCY, gettext("One constituency")), ("organisation", gettext("One organisation"))):
        one = additions[name]
        shown = [figures.index(one[key], one["n_people"]) for key in ("share", "pool_share", "chance")] if one else []
        if not one or any(part is None for part in shown):
            continue
        who = label_of(CONSTITUENCY, one["top"]) if name == CONSTITUENCY else label
        reading = gettext("Look again") if one["level"] else gettext("as chance")
        if one["level"]:
            marked.append(who)
        effective = figures.index(one["effective"], one["n_people"])
        rows.append((who, *(percent(part) for part in shown), num(effective or 0, 1), reading))
    sentence = ngettext(
        "Curators added %(n)s statement to the participants' slate.",
        "Curators added %(n)s statements to the participants' slate.",
        n,
    ) % {"n": num(n)}
    if n < fewest:
        words = gettext("Under %(n)s additions are too few to say whose they are.")
        return Picture(f"{sentence} {words % {'n': num(fewest)}}")
    if not rows:
        return Picture(f"{sentence} {gettext('Too few people are behind them for more to be said.')}")
    words = gettext("They come from everywhere, as far as chance explains.")
    if marked:
        words = gettext("More than chance explains come from: %(names)s.") % {"names": ", ".join(marked)}
    head = (
        gettext("Behind most of them"),
        gettext("Share of additions"),
        gettext("Share of what could be added"),
        gettext("By chance, at most"),
        gettext("As if so many were behind them"),
        gettext("Reading"),
    )
    return Picture(f"{sentence} {words}", head, tuple(rows))
