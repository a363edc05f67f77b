"""Who sets the agenda, as the page shows it: each measure in a sentence and a table, released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.analysis.alert_words import PASSED_NAMES, label_of, rounded
from app.analysis.power_released import NOTHING, Figures, Picture
from app.language import gettext, ngettext, num
from app.refusals import N_
from deliberation.disclosure import Audience, release_share, release_tally

CONSTITUENCY = "constituency"
STEP_NAMES = {
    "shown": N_("Shown"),
    "voted": N_("Enough votes"),
    "participants_slate": N_("Participants' slate"),
    "curated_slate": N_("Curated slate"),
    "committed": N_("Coalition"),
}


@dataclass(frozen=True)
class AgendaPage:
    """The pictures of the agenda."""

    funnel: Picture
    influence: Picture
    exposure: Picture
    exchange: Picture


def agenda_page(figures: Figures) -> AgendaPage | None:
    """The measures of the last check; None before a check has made them."""
    agenda = figures.data.get("agenda")
    if not agenda:
        return None
    if figures.index(0.0, figures.n) is None:
        few = Picture(gettext("Too few people take part for these figures to be shown."))
        return AgendaPage(few, few, few, few)
    return AgendaPage(
        _funnel(figures, agenda), _influence(figures, agenda), _exposure(figures, agenda), _exchange(figures, agenda)
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
        if row["level"] == "flag" and (odds := figures.gate.odds(row["odds"], CONSTITUENCY, row["category"])):
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
    rows, beyond = [], []
    for row in agenda["influence"]:
        value, chance = (figures.index(row[key], row["n"]) for key in ("influence", "chance"))
        if value is None or chance is None:
            continue
        name = label_of(CONSTITUENCY, row["category"])
        if row["level"]:
            beyond.append(name)
        reading = gettext("beyond chance") if row["level"] else gettext("as chance")
        rows.append((name, rounded(value, is_nothing=row["influence"] == 0), rounded(chance), reading))
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
    return Picture(" ".join(parts))


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
    head = (
        gettext("Constituency"),
        gettext("Others accept theirs"),
        gettext("They accept others'"),
        gettext("Reading"),
    )
    return Picture(sentence, head if rows else (), tuple(rows))
