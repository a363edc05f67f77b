"""Languages side by side: how readers of a translation voted beside those of the original, and what is unclear.

Figures are counted with the power balance, in a worker, and kept with it; pages are released from there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis.power_rows import stored_figures
from app.analysis.translations import language_name
from app.database import fetch
from app.language import band, gettext, num, pct
from app.tables.participants import Participant
from deliberation.disclosure import (
    Attribution,
    Audience,
    Basis,
    ReleasedRow,
    Row,
    release,
    release_again,
    release_share,
    release_tally,
)
from deliberation.parity import ParityGap, ParitySettings, Seen, parity_gaps
from deliberation.phases import Action
from deliberation.power import Imbalance, Level

KEY, KIND, DISPLAYED = "parity", "uneven_translation", "displayed"

# Only statements that somebody has read in translation; whoever is left out of results is left out here.
COUNTS = """
select v.proposal, v.language, p.number, v.language <> p.language as is_translation, count(*) as n,
  count(*) filter (where v.choice = 'agree') as n_agrees, count(*) filter (where v.choice = 'disagree') as n_disagrees
from votes v join proposals p on p.id = v.proposal join participants q on q.id = v.participant
where v.consultation = $1 and not q.is_excluded and not q.has_objected and v.proposal = any(array(
  select t.proposal from translations t join proposals o on o.id = t.proposal
  where o.consultation = $1 and t.approved_at is not null and not t.is_simpler))
group by v.proposal, v.language, p.number, p.language order by v.proposal, v.language
"""
UNCLEAR = """
select p.language, count(*) as n, count(*) filter (where exists(
  select from clarifications c where c.proposal = p.id)) as n_unclear
from proposals p where p.consultation = $1 and p.author is not null and p.status <> 'withdrawn'
group by p.language order by p.language
"""


async def look(consultation: UUID, mode: Attribution, previous: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """What is kept for the page, and the counts of this look."""
    rows = await fetch(COUNTS, consultation)
    n_people = await Participant.n_in(consultation)
    before = Basis.from_records(previous["basis"]) if previous else None
    released = release(_rows(rows), before, mode, audience=Audience.INSIDE, n_participants=n_people)
    return {"basis": released.basis.records(), "n_participants": n_people}, rows


def _rows(counted: list[Any]) -> list[Row]:
    totals: dict[int, Counter[str]] = {}
    rows = []
    for row in counted:
        agrees, disagrees = row["n_agrees"], row["n_disagrees"]
        passes = row["n"] - agrees - disagrees
        totals.setdefault(row["proposal"], Counter()).update(a=agrees, d=disagrees, p=passes)
        rows.append(Row((str(row["proposal"]), DISPLAYED, row["language"]), agrees, disagrees, passes))
    return [Row((str(key),), one["a"], one["d"], one["p"]) for key, one in totals.items()] + rows


def gaps(counted: list[Any]) -> list[tuple[Imbalance, bool]]:
    """Translations whose readers voted otherwise than the original's, and whether only relaxed bounds hold them."""
    numbers = {row["proposal"]: row["number"] for row in counted}
    seen = [Seen(row["proposal"], row["language"], row["is_translation"], row["n_agrees"], row["n"]) for row in counted]
    return [
        (_imbalance(one, numbers[one.statement_id]), one.level is None)
        for one in parity_gaps(seen)
        if one.level is not None or one.lingers
    ]


def _imbalance(one: ParityGap, number: int) -> Imbalance:
    parameters = {"number": number, "language": one.language, "n": one.n_voters, "p_value": one.p_adjusted}
    subject = f"{one.statement_id}:{one.language}"
    bound, level = ParitySettings().gap_over, one.level or Level.NOTE
    return Imbalance(KIND, subject, abs(one.gap), bound, level, parameters)


# -------- the page


@dataclass(frozen=True)
class Compared:
    """One statement: each language in which it was read, who agreed, who was unsure, and how many voted, in words."""

    number: int
    statement: str
    language: str
    rows: tuple[tuple[str, ...], ...]
    is_shown: bool


@dataclass(frozen=True)
class ParityPage:
    """`compared` is None while results are kept back; `unclear` is language, statements, and how many were unclear."""

    compared: tuple[Compared, ...] | None
    unclear: tuple[tuple[str, ...], ...]
    is_small_room: bool


async def parity_page(actor: Actor) -> ParityPage:
    """The page as of the last look at the balance. Agreement is a result, and shown when results are."""
    mode = Attribution(actor.consultation.attribution)
    is_held = mode is Attribution.CHATHAM_HOUSE and actor.state == "propose:open"
    kept = (await stored_figures(actor.consultation.id)).get(KEY, {})
    n_people = int(kept.get("n_participants", 0))
    compared = None if is_held or not actor.may(Action.SEE_RESULTS) else await _compared(actor, kept, mode)
    small = mode is Attribution.CHATHAM_HOUSE and n_people < 30
    return ParityPage(compared, await _unclear(actor, mode, n_people), small)


async def _compared(actor: Actor, kept: dict[str, Any], mode: Attribution) -> tuple[Compared, ...]:
    if not kept:
        return ()
    basis = Basis.from_records(kept["basis"])
    released = release_again(basis, mode, audience=Audience.INSIDE, n_participants=int(kept["n_participants"]))
    texts = await fetch(
        "select id, number, statement, language from proposals where consultation = $1 and id = any($2::int[]) "
        "order by number",
        actor.consultation.id,
        [int(key) for key in basis.statements],
    )
    found = []
    for text in texts:
        rows = [row for row in released if row.key[0] == str(text["id"]) and len(row.key) == 3]
        shown = tuple(_told(row, text["language"]) for row in rows if row.is_shown)
        found.append(Compared(text["number"], text["statement"], text["language"], shown, len(shown) > 1))
    return tuple(found)


def _told(row: ReleasedRow, original: str) -> tuple[str, ...]:
    code = row.key[2]
    name = gettext("Others, too few to tell apart") if code == "other" else language_name(code)
    if code == original:
        name = gettext("%(language)s (as written)") % {"language": name}
    shares = tuple(_share(row, value) for value in (row.agree_share, row.pass_share))
    n = row.n_voters
    return (name, *shares, band(n) if isinstance(n, tuple) else num(n or 0))


def _share(row: ReleasedRow, value: float | None) -> str:
    if value is None:
        return "–"
    words = {"at_least": gettext("%(share)s or more"), "at_most": gettext("%(share)s or less")}.get(row.bound(value))
    return words % {"share": pct(value)} if words else pct(value)


async def _unclear(actor: Actor, mode: Attribution, n_people: int) -> tuple[tuple[str, ...], ...]:
    found = []
    for row in await fetch(UNCLEAR, actor.consultation.id):
        share = release_share(row["n_unclear"], row["n"], mode, audience=Audience.INSIDE, n_participants=n_people)
        n = release_tally(row["n"]).value
        told = gettext("too few to show") if share.value is None else pct(share.value)
        found.append((language_name(row["language"]), band(n) if isinstance(n, tuple) else num(n or 0), told))
    return tuple(found)
