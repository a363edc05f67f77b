"""Released figures in the reader's words: shares and their bounds, the quantifier ladder, evidence, certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from babel.lists import format_list

from app import charts
from app.analysis.results import BETWEEN, GROUP, Gate
from app.charts import Swarm, VoteRow
from app.language import band, current_locale, gettext, num, pct
from app.maps import OpinionMap
from app.refusals import N_
from app.taxonomies import constituencies
from deliberation.disclosure import ReleasedRow, ReleasedShare
from deliberation.quantifiers import Dissent, Word
from deliberation.released import Bound, Number
from deliberation.shares import share_interval

SPOKEN = {
    Word.GENERAL_AGREEMENT: N_("Participants generally agreed"),
    Word.STRESSED: N_("Many participants stressed"),
    Word.MANY: N_("Many participants agreed"),
    Word.SEVERAL: N_("Several participants agreed"),
    Word.SOME: N_("Some participants agreed"),
    Word.SUGGESTED: N_("It was suggested"),
    Word.VIEWS_DIFFERED: N_("Views differed"),
}
"""The ladder, in the order in which a page goes down it."""
DISSENT = {
    Dissent.NOTE_OF_CAUTION: N_("With a note of caution."),
    Dissent.CAUTIONED: N_("Others cautioned against it."),
}
NOT_SHOWN = N_("not shown")


FEW = 20
"""Below it people are counted, as "8 of 12": one person more or less would move a percentage by five points."""


def share_in_words(share: float, bound: Bound) -> str:
    """A share as it was released: "88%", "90% or more", "10% or less"."""
    if bound == "at_least":
        return gettext("%(share)s or more") % {"share": pct(share)}
    if bound == "at_most":
        return gettext("%(share)s or less") % {"share": pct(share)}
    return pct(share)


def number_in_words(value: Number | None) -> str:
    """A number of people as it was released."""
    if value is None:
        return gettext(NOT_SHOWN)
    if isinstance(value, tuple):
        return gettext("fewer than %(bound)s") % {"bound": num(value[1] + 1)} if value[0] == 0 else band(value)
    return num(value)


def share_released(share: ReleasedShare) -> str | None:
    return None if share.value is None else share_in_words(share.value, share.bound)


def label_of(attribute: str, code: str) -> str:
    """The name of a category of people in the reader's language."""
    if attribute == GROUP:
        if code == "other":
            return gettext("Others, together")
        return gettext("Between groups") if code == BETWEEN else gettext("Group %(letter)s") % {"letter": code}
    if code == "other":
        return gettext("Others, too few to tell apart")
    _, _, plain = code.rpartition(":")
    return gettext(constituencies.label(plain))


def agreement(row: ReleasedRow | None) -> str:
    """How many agree, in the words that stand beside a bar."""
    if row is None or row.agree_share is None:
        return gettext(NOT_SHOWN)
    return gettext("%(share)s agree") % {"share": voters_in_words(row, row.agree_share)}


def agreement_between(row: ReleasedRow | None) -> str:
    """How many agree, with the 95 per cent interval of an exact share; a rounded share is an interval itself."""
    said = agreement(row)
    if row is None or row.agree_share is None or row.cap is not None or not isinstance(row.n_voters, int):
        return said
    if is_few(row):
        return said
    low, high = share_interval(row.agree_share * row.n_voters, row.n_voters)
    return gettext("%(words)s (%(low)s to %(high)s)") % {"words": said, "low": pct(low), "high": pct(high)}


def cut_short(n_listed: int, n_all: int) -> str:
    """How much of a long list is on the page; nothing where all of it is."""
    if n_all <= n_listed:
        return ""
    said = gettext("Listed: %(n)s of %(all)s. Each statement's own page has its figures.")
    return said % {"n": num(n_listed), "all": num(n_all)}


def is_few(row: ReleasedRow) -> bool:
    """So few people stand behind the row, told exactly, that a percentage would claim more than it knows."""
    return isinstance(row.n_voters, int) and row.cap is None and row.n_voters < FEW


def voters_in_words(row: ReleasedRow, share: float) -> str:
    """A share of the row's voters: "8 of 12" where they are few, "85%" or "90% or more" where they are not."""
    if is_few(row) and isinstance(row.n_voters, int):
        return gettext("%(n)s of %(all)s") % {"n": num(round(share * row.n_voters)), "all": num(row.n_voters)}
    return share_in_words(share, row.bound(share))


def bar(label: str, row: ReleasedRow | None, *, letter: str | None = None) -> VoteRow:
    """A released row beside its bar, or the reason why there is none."""
    if row is None or row.agree_share is None or row.disagree_share is None:
        return charts.vote_row(label, None, None, text="", letter=letter, hidden=gettext(NOT_SHOWN))
    bound = row.bound(row.agree_share)
    # Beside a bar there is little room, and where a bound is told, the bar itself says of what.
    text = share_in_words(row.agree_share, bound) if bound in ("at_least", "at_most") else agreement(row)
    return charts.vote_row(label, row.agree_share, row.disagree_share, text=text, letter=letter)


def widest_gap(swarm: Swarm) -> str:
    """What the swarm shows: on which statement those who agree most and least are furthest apart, on which nearest."""
    widest, narrowest = (choose(swarm.bees, key=lambda bee: (bee.gap, -bee.number)) for choose in (max, min))
    return gettext(
        "The gap between those who agree most and least is widest on statement %(high)s, %(most)s points, and "
        "narrowest on statement %(low)s, %(least)s points."
    ) % {
        "high": num(widest.number),
        "most": num(widest.gap),
        "low": num(narrowest.number),
        "least": num(narrowest.gap),
    }


def on_the_map(drawn: OpinionMap, *, is_grouped: bool) -> str:
    """What the opinion map shows: the groups and their sizes, or one crowd."""
    said = (
        gettext("Groups as crowded areas; nobody's own place is drawn")
        if is_grouped
        else gettext("Everybody as one crowd; nobody's own place is drawn")
    )
    sizes = [f"{shape.name}: {shape.size}" for shape in drawn.groups if shape.name and shape.size]
    return ". ".join([said, *(["; ".join(sizes)] if sizes else [])]) + "."


def evidence(landscape: Mapping[str, Any], gate: Gate) -> tuple[str, ...]:
    """What speaks for the map and the groups, one sentence each."""
    space, groups = landscape["space"], landscape["groups"]
    said = []
    if space is not None:
        n = space["positions"]["shape"][0]
        best = next((g for g in space["gains"] if (g["rank"], g["prior"]) == (space["rank"], space["prior"])), None)
        gain = None if best is None else gate.index(best["gain"], n).value
        if space["rank"] and gain is not None:
            said.append(
                gettext("On votes held back, the map explains %(gain)s of what a statement's popularity leaves open.")
                % {"gain": pct(max(gain, 0.0))}
            )
        if not space["rank"]:
            said.append(gettext("No map predicts votes held back better than each statement's popularity does."))
    found = next((e for e in groups["evidence"] if e["accepted"] and e["k"] == len(groups["letters"])), None)
    if found is not None:
        values = {"jaccard": num(found["jaccard"], 2), "p": num(found["p_holm"] or 0.0, 2)}
        said.append(
            gettext(
                "The groups come back when people are drawn anew: the least stable one overlaps with itself "
                "by %(jaccard)s (at least 0.75 is asked)."
            )
            % values
        )
        said.append(
            gettext("Votes without groups look as clear as these with a probability of %(p)s at most.") % values
        )
    if landscape["evidence"] == "kept":
        said.append(
            gettext(
                "Groups were looked for a little earlier; whoever has voted since stands in the nearest one until "
                "they are looked for again."
            )
        )
    return tuple(said)


def certificate(record: Mapping[str, Any], n_people: int, gate: Gate) -> tuple[tuple[str, str], ...]:
    """What is certified of the participants' slate: (which block, its sentence), and no more than that."""
    said = []
    observed, estimated, audited = (record.get(block) for block in ("observed", "estimated", "audited"))
    if observed:
        said.append((gettext("Observed"), _observed(observed, n_people, gate)))
    if estimated:
        said.append((gettext("Estimated"), _estimated(estimated)))
    if not audited:
        said.append(
            (gettext("Audited"), gettext("Not yet: only answers of participants to the slate itself can prove it."))
        )
    return tuple(said)


def _observed(block: Mapping[str, Any], n_people: int, gate: Gate) -> str:
    covered = share_released(gate.share(round(block["coverage_1"] * n_people), n_people))
    reach = (
        gettext(" %(share)s of participants hold at least one of its stances.") % {"share": covered} if covered else ""
    )
    if block["holds"]:
        held = gettext("On the votes as cast, no group large enough for a place is left without one.")
        return held + reach
    witness = block["witness"] or {}
    size = share_released(gate.share(witness.get("n_people") or 0, n_people, is_bloc=True))
    if size:
        owed = gettext("On the votes as cast, a group of %(share)s that shares a stance has fewer places than its due.")
        return owed % {"share": size} + reach
    return gettext("On the votes as cast, a group that shares a stance has fewer places than its due.") + reach


ESTIMATED = {
    "pass": N_("Completed by the model, the votes speak for it: each large enough group is heard. This is no proof."),
    "unclear": N_("Completed by the model, the votes do not decide whether each large enough group is heard."),
    "fail": N_("Completed by the model, the votes speak against it: a large enough group is not heard."),
}


def _estimated(block: Mapping[str, Any]) -> str:
    return gettext(ESTIMATED[block["status"]])


def listed(names: Sequence[str]) -> str:
    """Names in a row, as the language joins them."""
    return format_list(list(names), locale=current_locale())
