"""What the assembler says in words: the demand that stands in the way, and to each partner what they would win."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.access import Actor
from app.analysis.alert_words import TAXONOMIES
from app.analysis.assembly import Asked, read_pool
from app.database import fetch
from app.language import gettext, num, pct
from app.refusals import N_
from app.tables.coalitions import Coalition
from app.taxonomies import cards
from deliberation.assembly import Demand, describe
from deliberation.disclosure_rules import DEFAULT

PROBLEMS: dict[str, str] = {
    Demand.SIZE: N_("There are too few people: a line-up has at least %(needed)s, and %(found)s have left a card."),
    Demand.WIN_WIN: N_(
        "Win for each: no %(needed)s of these people can each receive something and give something. More cards help."
    ),
    Demand.RED_LINES: N_("Red lines: without them there would be a line-up. They are their owners' to change."),
    Demand.PART: N_("No part above 40 per cent: too many of these people are of one kind: %(category)s."),
    Demand.QUOTA: N_("Quota: the share that is asked for cannot be met: %(category)s."),
    Demand.CONSTITUENCIES: N_("Constituencies: these people are of fewer than are asked for."),
    Demand.TOGETHER: N_("Several demands cannot be met together. Ask for less of one of them."),
    Demand.TIME: N_("No line-up was found in the time. Ask for fewer people or for less."),
}


def sentence_of(problem: Mapping[str, Any]) -> str:
    """Which demand cannot be met, in one sentence; an organisation stays unnamed."""
    attribute, category = problem.get("attribute", ""), problem.get("category", "")
    known = TAXONOMIES.get(attribute)
    named = gettext(known.label(category)) if known else gettext("One organisation")
    return gettext(PROBLEMS[problem["demand"]]) % {
        "needed": num(problem.get("needed", 0)),
        "found": num(problem.get("found", 0)),
        "category": named,
    }


def gap_words(gap: float | None) -> str:
    """How good the best line-up is, in one sentence."""
    if gap is None:
        return ""
    if gap <= 0.01:
        return gettext("No other line-up is better by more than one per cent.")
    text = gettext("It is the best one found in the time; another could be better by %(share)s at most.")
    return text % {"share": pct(gap)}


@dataclass(frozen=True)
class OwnGift:
    """A kind of help, and the kind of partner it would come from or go to; empty where that could say who it is."""

    kind: str
    partner: str


@dataclass(frozen=True)
class OwnWin:
    """What one partner would receive and give in a coalition."""

    receives: tuple[OwnGift, ...]
    gives: tuple[OwnGift, ...]


async def own_win(actor: Actor, coalition: Coalition) -> OwnWin | None:
    """What the reader would win among those who are asked or have accepted; None for whoever is not, or has no card."""
    if actor.participant is None:
        return None
    rows = await fetch(
        "select participant from coalition_seats where coalition = $1 and status in ('invited', 'accepted')",
        coalition.id,
    )
    pool = await read_pool(actor.consultation.id, coalition.proposal, Asked())
    known = {one.participant: one for one in pool.candidates}
    me = actor.participant.id
    here = [row["participant"] for row in rows if row["participant"] in known]
    if me not in here:
        return None
    line_up = describe(here, pool)
    partners = await _partner_names(actor, [known[one].constituency for one in here])
    received = [OwnGift(gettext(cards.label(gift.kind)), partners.get(known[gift.giver].constituency or "", ""))
                for gift in line_up.received_by(me)]  # fmt: skip
    given = [OwnGift(gettext(cards.label(gift.kind)), partners.get(known[gift.receiver].constituency or "", ""))
             for gift in line_up.given_by(me)]  # fmt: skip
    return OwnWin(tuple(received), tuple(given))


async def _partner_names(actor: Actor, codes: list[str | None]) -> dict[str, str]:
    """Names of constituencies that are large enough to hide a person; none in a small room."""
    rows = await fetch(
        "select constituency, count(*) as n from participants where consultation = $1 group by constituency",
        actor.consultation.id,
    )
    n_of = {row["constituency"]: row["n"] for row in rows}
    if sum(n_of.values()) < DEFAULT.small_room_below:
        return {}
    # Cards are private in every mode, so that five must stand behind a name in the open too.
    told = {code for code in codes if code and n_of.get(code, 0) >= DEFAULT.fewest_inside}
    return {code: gettext(TAXONOMIES["constituency"].label(code)) for code in sorted(told)}
