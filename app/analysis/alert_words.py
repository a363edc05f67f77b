"""What an alert says: its headline, what was measured and its bound, in the reader's language and through the gate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.language import band, date, gettext, num, pct
from app.refusals import N_
from app.taxonomies import constituencies, genders, languages, regions
from deliberation.disclosure import (
    Attribution,
    Audience,
    release_count,
    release_day,
    release_holder,
    release_index,
    release_share,
)

ATTRIBUTE_NAMES = {
    "constituency": N_("Constituency"),
    "region": N_("Region"),
    "language": N_("Language"),
    "gender": N_("Gender"),
}
TAXONOMIES = {
    "constituency": constituencies.TAXONOMY,
    "region": regions.TAXONOMY,
    "language": languages.TAXONOMY,
    "gender": genders.TAXONOMY,
}
COLUMN_NAMES = {
    "participants": N_("participants"),
    "votes": N_("votes"),
    "proposals": N_("proposals"),
}
DECISIONS = {
    "watch": N_("Keep watching"),
    "count_as_is": N_("Count everything as it is"),
    "contact": N_("Write to those concerned"),
    "tell_convenor": N_("Tell the convenor"),
    "dismiss": N_("Dismiss: it is no imbalance"),
    "exclude": N_("Leave these votes out of the results"),
}
"""What can be decided; to leave votes out takes two persons (`app/actions/exclusions.py`). None deletes a vote."""
HEADLINES = {
    "one_organisation": N_("One organisation is on many of the proposals"),
    "one_author": N_("One person wrote many of the proposals"),
    "few_authors": N_("Few people wrote most of the proposals"),
    "between_constituencies": N_("Some constituencies take part far more than others"),
    "over_represented": N_("A category is over its target"),
    "under_represented": N_("A category is under its target"),
    "missing_from_slate": N_("A constituency drops out of the slate"),
    "uneven_moderation": N_("Statements of one kind are declined more often"),
    "burst": N_("Many votes within minutes"),
    "favoured_at_equal_support": N_("A constituency's proposals pass more often than equally supported ones"),
    "passed_over_at_equal_support": N_("A constituency's proposals pass less often than equally supported ones"),
    "long_wait": N_("A constituency's proposals wait longer"),
    "uneven_exposure": N_("Early and late statements were not shown alike"),
    "one_way_amendments": N_("Amendments go one way"),
    "near_identical": N_("Some people's votes are nearly identical"),
    "uneven_translation": N_("Readers of a translation vote otherwise than readers of the original"),
    "coalition_dominated": N_("One constituency or organisation holds much of a coalition"),
}


@dataclass(frozen=True)
class Told:
    """An alert in words. `facts` are label and text; `remedy` says what would bring it back inside its bound."""

    title: str
    text: str
    facts: tuple[tuple[str, str], ...]
    remedy: str


@dataclass(frozen=True)
class Gate:
    """How figures leave here: the mode, how many people there are, and how many of each category."""

    mode: Attribution
    n_participants: int
    n_people: Mapping[str, Mapping[str, int]]

    def figure(self, value: float, n_people: int) -> float | None:
        """The figure as it may be told here; None where too few people are behind it."""
        return release_index(
            value, n_people, self.mode, audience=Audience.INSIDE, n_participants=self.n_participants
        ).value

    def share(self, value: float, n_people: int) -> str | None:
        """A share as a percentage, rounded where the mode wants it; None where too few people are behind it."""
        shown = self.figure(value, n_people)
        return None if shown is None else rounded(shown, is_nothing=value == 0)

    def odds(self, odds: Sequence[float], attribute: str, code: str) -> str | None:
        """How many times as often, with its interval; None where too few people are behind it."""
        n = self.n_people.get(attribute, {}).get(code, 0)
        shown = [self.figure(one, n) for one in odds if one < 1e3]
        if len(shown) < len(odds) or any(one is None for one in shown):
            return None
        value, lower, upper = (num(one or 0, 1) for one in shown)
        return gettext("%(value)s times (%(lower)s to %(upper)s)") % {"value": value, "lower": lower, "upper": upper}

    def part(self, part: int, whole: int) -> str | None:
        """What one holder has of a whole, to the percent; unnamed."""
        shown = release_holder("", part, whole, self.mode, n_participants=self.n_participants).share
        return None if shown is None else pct(shown)

    def category(self, attribute: str, code: str) -> str | None:
        """The name of a category, if it has enough people for something to be said of them."""
        n = self.n_people.get(attribute, {}).get(code, 0)
        is_told = release_count(n, self.mode, audience=Audience.INSIDE).value is not None
        return label_of(attribute, code) if is_told else None


def rounded(shown: float, *, is_nothing: bool = False) -> str:
    """A released share as a percentage; what was rounded down to nothing is not called nothing."""
    return pct(shown) if shown or is_nothing else gettext("under %(share)s") % {"share": pct(0.05)}


def headline(kind: str) -> str:
    """What the alert is about, without a figure: this may stand in a message."""
    return gettext(HEADLINES.get(kind, kind))


def label_of(attribute: str, code: str) -> str:
    """The name of a category in the reader's language."""
    if not code:
        return gettext("Not stated")
    if code == "other":
        return gettext("Others, too few to tell apart")
    return gettext(TAXONOMIES[attribute].label(code))


def tell(kind: str, subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    """The alert in words. Figures that the gate withholds are left out of its sentences."""
    teller = TELLERS.get(kind)
    return teller(subject, measure, gate) if teller else Told(headline(kind), "", (), "")


def _holder(kind: str, title: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    n, bound = int(measure["parameters"]["n"]), float(measure["bound"])
    whole = round(n / float(measure["measure"]))
    share = gate.part(n, whole)
    facts = ((gettext("Bound"), pct(bound)),)
    missing = max(0, math.ceil(n / bound - whole - 1e-9))
    remedy = gettext("%(n)s more proposals by others would bring the share back to the bound.") % {"n": num(missing)}
    if share is None:
        text = gettext("The share is above the bound of %(bound)s. Under 30 people no figure is shown.")
        return Told(headline(kind), text % {"bound": pct(bound)}, facts, "")
    return Told(
        title % {"share": share},
        gettext("The bound is %(bound)s. Who it is stays unnamed.") % {"bound": pct(bound)},
        ((gettext("Share of proposals"), share), *facts),
        remedy,
    )


def _one_organisation(_subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    return _holder("one_organisation", gettext("One organisation is on %(share)s of proposals"), measure, gate)


def _one_author(_subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    return _holder("one_author", gettext("One person wrote %(share)s of proposals"), measure, gate)


def _few_authors(_subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    shown = gate.figure(float(measure["measure"]), gate.n_participants)
    bound = num(float(measure["bound"]), 1)
    facts: tuple[tuple[str, str], ...] = ((gettext("Wanted at least"), bound),)
    text = gettext("The proposals are spread as if fewer than %(bound)s people had written all of them.")
    if shown is not None:
        facts = ((gettext("As if written by"), num(shown, 1)), *facts)
    return Told(headline("few_authors"), text % {"bound": bound}, facts, gettext("Invite those who have not written."))


def _between(subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    share = gate.share(float(measure["measure"]), gate.n_participants)
    bound = pct(float(measure["bound"]))
    what = gettext(COLUMN_NAMES.get(subject, subject))
    title = gettext("Some constituencies hold most of the %(what)s") % {"what": what}
    facts: tuple[tuple[str, str], ...] = ((gettext("Bound"), bound),)
    if share is not None:
        facts = (
            (gettext("Part of the inequality that lies between constituencies"), share),
            *facts,
            (gettext("What chance alone would give"), pct(float(measure["parameters"]["chance"]))),
        )
    text = gettext("More of the inequality lies between constituencies than the bound of %(bound)s allows.")
    return Told(title, text % {"bound": bound}, facts, gettext("Invite the quiet constituencies."))


def _represented(title: str, subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    parameters = measure["parameters"]
    code = subject.split(":")[1]
    attribute, column = parameters["attribute"], gettext(COLUMN_NAMES[parameters["column"]])
    name = gate.category(attribute, code) or gettext("A small category")
    share = gate.share(float(parameters["share"]), gate.n_people.get(attribute, {}).get(code, 0))
    target = pct(float(parameters["target"]))
    facts: tuple[tuple[str, str], ...] = ((gettext("Target"), target),)
    text = gettext("The target is %(target)s.") % {"target": target}
    if share is not None:
        facts = ((gettext("Share of %(what)s") % {"what": column}, share), *facts)
        text = gettext("%(share)s of %(what)s, target %(target)s.") % {"share": share, "what": column, "target": target}
    remedy = gettext("An invitation to those who are missing changes this; nobody's votes are weighed differently.")
    return Told(title % {"name": name, "what": column}, text, facts, remedy)


def _over(subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    return _represented(gettext("%(name)s: over the target among %(what)s"), subject, measure, gate)


def _under(subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    return _represented(gettext("%(name)s: under the target among %(what)s"), subject, measure, gate)


def _missing(subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    parameters = measure["parameters"]
    attribute, code = subject.split(":")[0], subject.split(":")[1]
    name = gate.category(attribute, code)
    target = pct(float(measure["bound"]))
    share = gate.share(float(parameters["proposals"]), gate.n_people.get(attribute, {}).get(code, 0))
    facts: tuple[tuple[str, str], ...] = ((gettext("Target"), target), (gettext("Share of the slate"), pct(0)))
    if share is not None:
        facts = ((gettext("Share of proposals"), share), *facts)
    title = gettext("%(name)s: missing from the slate") % {"name": name or gettext("A small category")}
    text = gettext("They wrote proposals, and none of the slate's statements is by them or co-sponsored by them.")
    return Told(title, text, facts, gettext("The convenor can look again at their proposals while curating."))


def _uneven(subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    parameters = measure["parameters"]
    attribute, code, n = parameters["attribute"], subject.split(":")[1], int(parameters["n"])
    name = label_of(attribute, code) if attribute == "language" else gate.category(attribute, code)
    shown = release_share(
        round(float(measure["measure"]) * n), n, gate.mode, audience=Audience.INSIDE, n_participants=gate.n_participants
    ).value
    others = gate.share(float(measure["bound"]), gate.n_participants)
    title = gettext("%(name)s: statements are declined more often") % {"name": name or gettext("A small category")}
    text = gettext("The difference is unlikely to be chance. Another moderator could read them again.")
    facts: tuple[tuple[str, str], ...] = ((gettext("Decided statements"), num(n)),)
    if shown is not None and others is not None:
        facts = ((gettext("Declined"), pct(shown)), (gettext("Declined elsewhere"), others), *facts)
    return Told(title, text, facts, gettext("A second reader of the declined statements, and a look at their reasons."))


def _burst(_subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    parameters = measure["parameters"]
    day = release_day(datetime.combine(datetime.fromisoformat(_subject.split(":")[0]).date(), datetime.min.time(), UTC))
    people = release_count(int(parameters["n_people"]), gate.mode, audience=Audience.INSIDE).value
    who = gettext("a few people")
    if people is not None:
        who = gettext("%(n)s people") % {"n": num(people) if isinstance(people, int) else band(people)}
    votes, minutes = num(int(parameters["n"])), num(int(parameters["minutes"]))
    return Told(
        gettext("%(votes)s votes in %(minutes)s minutes") % {"votes": votes, "minutes": minutes},
        gettext("On %(day)s, from %(who)s. They count until a person decides.") % {"day": date(day.day), "who": who},
        (
            (gettext("Votes within %(minutes)s minutes") % {"minutes": minutes}, votes),
            (gettext("Expected from the hours around"), num(float(measure["bound"]), 1)),
            (gettext("From"), who),
        ),
        gettext("Nothing needs to change: a session in one room looks like this as well."),
    )


def _at_equal_support(kind: str) -> Callable[[str, Mapping[str, Any], Gate], Told]:
    def told(subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
        _, code, step = subject.split(":")
        name = gate.category("constituency", code)
        odds = gate.odds(measure["parameters"]["odds"], "constituency", code)
        passed = gettext(PASSED_NAMES[step])
        title = f"{name or gettext('A small category')}: {headline(kind)}"
        text = gettext("Proposals were compared with others that had as much support in every group.")
        facts: tuple[tuple[str, str], ...] = ((gettext("Step"), passed),)
        if odds is not None:
            text = gettext("Of equally supported proposals theirs %(passed)s %(odds)s as often.") % {
                "passed": passed,
                "odds": odds,
            }
            facts = (*facts, (gettext("Odds beside the others"), odds))
        return Told(title, text, facts, gettext("Read again what was passed over, and say why."))

    return told


def _long_wait(subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    name = gate.category("constituency", subject.split(":")[1]) or gettext("A small category")
    hours, others = measure["measure"], measure["parameters"]["others"]
    facts: tuple[tuple[str, str], ...] = ()
    if gate.category("constituency", subject.split(":")[1]) and hours >= 0 and others is not None:
        facts = (
            (gettext("Median wait"), gettext("%(n)s h") % {"n": num(round(hours))}),
            (gettext("Median wait of the others"), gettext("%(n)s h") % {"n": num(round(others))}),
        )
    text = gettext("Their proposals wait at least half as long again for a moderator, which is unlikely to be chance.")
    title = gettext("%(name)s: proposals wait longer") % {"name": name}
    return Told(title, text, facts, gettext("A moderator who reads their language takes these first."))


def _uneven_exposure(_subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    shown = gate.figure(float(measure["measure"]), gate.n_participants)
    facts = () if shown is None else ((gettext("Correlation of order and exposure"), num(shown, 2)),)
    text = gettext("Which statements a person is shown should not depend on when they were written.")
    return Told(headline("uneven_exposure"), text, facts, gettext("Look for pinned or late statements."))


def _one_way(subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    name = gate.category("constituency", subject.split(":")[1])
    title = gettext("%(name)s: amendments go one way") % {"name": name or gettext("A small category")}
    given, received = measure["parameters"]["given"], measure["parameters"]["received"]
    rates = [
        release_share(yes, n, gate.mode, audience=Audience.INSIDE, n_participants=gate.n_participants).value
        for yes, n in (given, received)
    ]
    facts: tuple[tuple[str, str], ...] = ()
    if name and None not in rates:
        facts = (
            (gettext("Their amendments that others accept"), rounded(rates[0] or 0)),
            (gettext("Others' amendments that they accept"), rounded(rates[1] or 0)),
        )
    text = gettext("One side gives way far more often than the other, which is unlikely to be chance.")
    return Told(title, text, facts, gettext("Offer a mediator, or let both draft a third wording together."))


def _near_identical(_subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    parameters = measure["parameters"]
    people = release_count(int(parameters["n"]), gate.mode, audience=Audience.INSIDE).value
    who = gettext("A few people")
    if people is not None:
        who = gettext("%(n)s people") % {"n": num(people) if isinstance(people, int) else band(people)}
    text = gettext(
        "Their votes are alike beyond what their views and habits explain. Two devices of one person, a list that was "
        "shared or a script look the same from here. They count until a person decides."
    )
    return Told(
        gettext("%(who)s voted nearly identically") % {"who": who},
        text,
        ((gettext("Statements in common, at least"), num(int(parameters["least_common"]))),),
        gettext("Ask before you decide: nobody is named or left out by this."),
    )


def _dominated(subject: str, measure: Mapping[str, Any], gate: Gate) -> Told:
    parameters, bound = measure["parameters"], pct(float(measure["bound"]))
    attribute = parameters["attribute"]
    name = gate.category(attribute, subject.split(":", 2)[2]) if attribute in TAXONOMIES else None
    who = name or (gettext("One organisation") if attribute == "organisation" else gettext("A small category"))
    title = gettext("%(name)s: more than %(bound)s of coalition %(number)s")
    return Told(
        title % {"name": who, "bound": bound, "number": num(int(parameters["coalition"]))},
        gettext("With that much, one ally makes a majority. Invitations are not held: its partners decide."),
        ((gettext("Bound"), bound),),
        gettext("The convenor can add somebody else to the line-up, or swap before inviting."),
    )


PASSED_NAMES = {
    "shown": N_("were shown"),
    "voted": N_("got enough votes"),
    "participants_slate": N_("came on the participants' slate"),
    "curated_slate": N_("came on the curated slate"),
    "committed": N_("led to a commitment"),
}


def _uneven_translation(_subject: str, measure: Mapping[str, Any], _gate: Gate) -> Told:
    parameters = measure["parameters"]
    places = {"number": int(parameters["number"]), "language": label_of("language", parameters["language"])}
    return Told(
        gettext("Statement %(number)s: read its translation again (%(language)s)") % places,
        gettext("Those who read it voted otherwise than those who read the original, by more than chance would."),
        ((gettext("Bound, in points"), num(100 * float(measure["bound"]))),),
        gettext("Somebody who reads both compares them. Where both say the same, the readers simply disagree."),
    )


TELLERS = {
    "one_organisation": _one_organisation,
    "one_author": _one_author,
    "few_authors": _few_authors,
    "between_constituencies": _between,
    "over_represented": _over,
    "under_represented": _under,
    "missing_from_slate": _missing,
    "uneven_moderation": _uneven,
    "burst": _burst,
    "favoured_at_equal_support": _at_equal_support("favoured_at_equal_support"),
    "passed_over_at_equal_support": _at_equal_support("passed_over_at_equal_support"),
    "long_wait": _long_wait,
    "uneven_exposure": _uneven_exposure,
    "one_way_amendments": _one_way,
    "near_identical": _near_identical,
    "coalition_dominated": _dominated,
    "uneven_translation": _uneven_translation,
}
