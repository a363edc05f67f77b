"""The balance dial: where the items of a slate began, and how participants took what curators added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app import charts
from app.analysis import results_words
from app.analysis.curation_page import NOTHING, Grid, Item, TwoSlates
from app.analysis.responses_result import Counted
from app.analysis.results import Gate
from app.charts import BalanceRow
from app.database import fetch
from app.language import gettext, ngettext, num, pct
from deliberation.disclosure import ReleasedShare, release_tally
from deliberation.holdings import Stance


@dataclass(frozen=True)
class Dial:
    """The finding in sentences, the same as bars, and as a table. Nothing of it tells of a person."""

    sentence: str
    resistance: str
    bars: tuple[BalanceRow, ...]
    table: Grid


ANCESTORS = """
with recursive line(id, root, is_own) as (
  select id, id, not is_starter from proposals where id = any($1::int[])
  union
  select p.id, l.root, not p.is_starter from proposals p join line l on p.merged_into = l.id
)
select root from line group by root having bool_or(is_own)
"""


async def bottom_up(ids: Sequence[int]) -> frozenset[int]:
    """The statements that began with a participant: by its author, or by that of a proposal merged into it."""
    return frozenset(row["root"] for row in await fetch(ANCESTORS, sorted(set(ids))))


async def dial_of(slates: TwoSlates, counted: Counted | None, gate: Gate) -> Dial | None:
    """The dial of two slates, with the objections of a respond round that is over; None for an empty slate."""
    if not slates.after:
        return None
    own = await bottom_up([item.statement.id for item in (*slates.after, *slates.before)])
    kinds = {
        gettext("Kept from the participants' slate"): slates.kept,
        gettext("Added by curators"): slates.added,
        gettext("Dropped by curators"): slates.dropped,
    }
    objections = counted.objections if counted else {}
    rows = []
    for label, items in kinds.items():
        rate = _rate(items, objections, gate)
        rows.append((label, _tally(len(items)), _tally(_n_own(items, own)), NOTHING if rate is None else _told(rate)))
    added = _rate(slates.added, objections, gate)
    from_below = _rate([item for item in slates.kept if item.statement.id in own], objections, gate)
    head = ("", gettext("Items"), gettext("Began with participants"), gettext("Answers against it"))
    bars = [_share_bar(gettext("Began with participants"), slates, own)]
    for label, rate in (
        (gettext("Answers against what curators added"), added),
        (gettext("Answers against kept items of participants"), from_below),
    ):
        if rate is not None and from_below is not None and rate.value is not None:
            bars.append(charts.balance_row(label, rate.value, from_below.value or 0.0, text=_told(rate)))
    # Less from participants, or more against them, is no shortfall of anybody: no bar is drawn as an alarm.
    drawn = tuple(replace(bar, short=False) for bar in bars)
    return Dial(_sentence(slates, own), _resistance(added, from_below), drawn, Grid(head, tuple(rows)))


def _n_own(items: Sequence[Item], own: frozenset[int]) -> int:
    return sum(item.statement.id in own for item in items)


def _tally(n: int) -> str:
    """A number of statements, which tells of nobody."""
    value = release_tally(n).value
    assert isinstance(value, int)
    return num(value)


def _share_bar(label: str, slates: TwoSlates, own: frozenset[int]) -> BalanceRow:
    """The curated slate's share as the bar, the participants' slate's as its mark."""
    shares = [_n_own(items, own) / len(items) if items else 0.0 for items in (slates.after, slates.before)]
    return charts.balance_row(label, *shares, text=pct(shares[0]))


def _sentence(slates: TwoSlates, own: frozenset[int]) -> str:
    n, n_own = len(slates.after), _n_own(slates.after, own)
    began = gettext(
        "%(share)s of the final items (%(own)s of %(n)s) began with participants; %(rest)s with the convenor."
    ) % {"share": pct(n_own / n), "own": _tally(n_own), "n": _tally(n), "rest": _tally(n - n_own)}
    n_added, n_dropped = len(slates.added), len(slates.dropped)
    added = ngettext("Curators added %(shown)s item", "Curators added %(shown)s items", n_added)
    dropped = ngettext("and dropped %(shown)s.", "and dropped %(shown)s.", n_dropped)
    return f"{began} {added % {'shown': _tally(n_added)}} {dropped % {'shown': _tally(n_dropped)}}"


def _rate(items: Sequence[Item], objections: Mapping[Stance, tuple[int, int]], gate: Gate) -> ReleasedShare | None:
    """The share of the answers to these items that take the other side; None where too few people gave them."""
    asked = [objections[item.stance] for item in items if item.stance in objections]
    n_people = max((answers for _, answers in asked), default=0)
    if gate.share(0, n_people).value is None:
        return None
    return gate.share(sum(against for against, _ in asked), sum(answers for _, answers in asked))


def _told(rate: ReleasedShare) -> str:
    return results_words.share_released(rate) or NOTHING


def _resistance(added: ReleasedShare | None, from_below: ReleasedShare | None) -> str:
    if added is None or from_below is None:
        return ""
    said = gettext(
        "Of the answers, %(added)s are against what curators added, %(own)s against kept items of participants."
    )
    return said % {"added": _told(added), "own": _told(from_below)}
