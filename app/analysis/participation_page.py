"""Who is missing: each category from invited to slate against its target, whom to invite next, unusual pairs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from app.access import Actor
from app.analysis.alert_words import ATTRIBUTE_NAMES, label_of
from app.analysis.power_released import NOTHING, Figures, Picture, listed, percent
from app.analysis.power_rows import stored_figures
from app.analysis.results import CONSTITUENCY, published_basis
from app.database import fetch
from app.language import band, gettext, ngettext, num
from deliberation.crossing import release_crossing
from deliberation.disclosure import (
    Attribution,
    Audience,
    Basis,
    Standing,
    release_again,
    release_breakdown,
    release_count,
    release_standing,
)
from deliberation.outreach import next_invitations, unusual_pairings

AGREES = 0.6
"""Both agree with a statement when three in five of each do, as released."""
INVITED = """
select constituency, count(*) as n from invitations where consultation = $1 and constituency <> '' group by constituency
"""


@dataclass(frozen=True)
class Outreach:
    """One kind of people to invite: how many, and what they are, in words."""

    n: str
    words: str


@dataclass(frozen=True)
class Paired:
    """Two constituencies that seldom stand behind one proposal, and statements that both agree on."""

    one: str
    other: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class ParticipationPage:
    """The page; `tables` by the name of their attribute."""

    reading: str
    tables: tuple[tuple[str, Picture], ...]
    outreach: tuple[Outreach, ...]
    outreach_text: str
    pairs: tuple[Paired, ...]
    crossed: Picture | None
    is_small_room: bool


async def participation_page(actor: Actor) -> ParticipationPage | None:
    """The page as of the last look at the balance; None before the first one."""
    data = await stored_figures(actor.consultation.id)
    if not data:
        return None
    figures = Figures(data, Attribution(actor.consultation.attribution))
    invited = {row["constituency"]: row["n"] for row in await fetch(INVITED, actor.consultation.id)}
    kinds = _outreach(figures, actor.consultation.n_participants_expected)
    under = under_target(figures, CONSTITUENCY, audience=Audience.INSIDE)
    return ParticipationPage(
        _reading(under, kinds),
        tuple(
            (gettext(name), _table(figures, attribute, invited if attribute == CONSTITUENCY else {}))
            for attribute, name in ATTRIBUTE_NAMES.items()
            if figures.data["attributes"].get(attribute)
        ),
        kinds,
        "\n".join(f"{kind.n} × {kind.words}" for kind in kinds),
        await _pairs(actor, figures),
        _crossed(figures),
        figures.index(0.0, figures.n) is None,
    )


async def still_few(actor: Actor) -> tuple[str, ...]:
    """Constituencies under their target so far, as anybody may know, with how many are here of how many hoped for, as
    far as that may be told: for those who could bring somebody."""
    data = await stored_figures(actor.consultation.id)
    if not data or actor.state != "propose:open":
        return ()
    figures = Figures(data, Attribution(actor.consultation.attribution))
    n_expected = max(actor.consultation.n_participants_expected, figures.n)
    return tuple(
        _so_far(figures, code, n_expected) for code in under_target(figures, CONSTITUENCY, audience=Audience.PUBLIC)
    )


def _so_far(figures: Figures, code: str, n_expected: int) -> str:
    name = label_of(CONSTITUENCY, code)
    n = released_count(figures, f"{CONSTITUENCY}/participants", code)
    if n is None:
        return name
    hoped = math.ceil(figures.data["attributes"][CONSTITUENCY][code]["target"] * n_expected - 1e-9)
    here = num(n) if isinstance(n, int) else band(n)
    return gettext("%(name)s: %(here)s of %(hoped)s") % {"name": name, "here": here, "hoped": num(hoped)}


def released_count(figures: Figures, table: str, code: str) -> int | tuple[int, int] | None:
    """How many people of a category everybody may know of, from the table as it was published inside."""
    records = figures.data["tables"].get(table)
    if not records:
        return None
    basis = Basis.from_records(records)
    counts, people = (listed(basis, part) for part in ("counts", "people"))
    released = release_breakdown(
        counts,
        figures.mode,
        audience=Audience.PUBLIC,
        n_participants=figures.n,
        n_people=people,
        previous=basis,
    )
    return next((row.n for row in released.categories if row.code == code), None)


def under_target(figures: Figures, attribute: str, *, audience: Audience) -> tuple[str, ...]:
    """Categories of which fewer take part than was aimed at, where that may be said."""
    return tuple(
        code
        for code in sorted(figures.data["attributes"][attribute])
        if _standing(figures, attribute, code, audience) is Standing.UNDER
    )


def _standing(figures: Figures, attribute: str, code: str, audience: Audience) -> Standing | None:
    row = figures.data["attributes"][attribute][code]
    if row["target"] is None or row["participants"] is None:
        return None
    return release_standing(
        row["participants"],
        row["target"],
        figures.mode,
        audience=audience,
        n_people=row["n_people"],
        n_organisations=row["n_organisations"],
        n_participants=figures.n,
    ).standing


def _reading(under: Collection[str], kinds: Collection[Outreach]) -> str:
    if not under and not kinds:
        return gettext("No constituency is under its target, as far as may be said.")
    names = ", ".join(label_of(CONSTITUENCY, code) for code in under)
    if not names:
        return gettext("Some targets are not met yet.")
    words = ngettext("Under its target: %(names)s.", "Under their targets: %(names)s.", len(under))
    return words % {"names": names}


# -------- from invited to slate


def _table(figures: Figures, attribute: str, invited: Mapping[str, int]) -> Picture:
    columns = {
        name: {}
        if (table := figures.table(f"{attribute}/{name}")) is None
        else {row.code: row for row in table.categories}
        for name in ("participants", "voters", "authors", "slate", "curated")
    }
    slate = columns["curated"] or columns["slate"]
    known = figures.data["attributes"][attribute]
    has_targets = any(row["target"] is not None for row in known.values())
    codes = [code for code in sorted(known) if code]
    codes += [code for code in ("", "other") if code in columns["participants"]]
    rows = []
    for code in codes:
        target = known.get(code, {}).get("target")
        standing = None if code not in known else _standing(figures, attribute, code, Audience.INSIDE)
        rows.append(
            [
                (True, label_of(attribute, code)),
                (has_targets, percent(target)),
                (bool(invited), _invited(figures, invited.get(code, 0))),
                *((True, _people(columns[name].get(code))) for name in ("participants", "voters", "authors")),
                # Who is too few to be counted as joined is too few to be followed to the slate.
                (
                    bool(slate),
                    percent(slate[code].share if code in slate and code in columns["participants"] else None),
                ),
                (has_targets, _words(standing)),
            ]
        )
    head = [
        (True, gettext(ATTRIBUTE_NAMES[attribute])),
        (has_targets, gettext("Target")),
        (bool(invited), gettext("Invited")),
        *((True, name) for name in (gettext("Joined"), gettext("Voted"), gettext("Proposed"))),
        (bool(slate), gettext("On the slate")),
        (has_targets, gettext("Reading")),
    ]
    return Picture(gettext(ATTRIBUTE_NAMES[attribute]), _shown(head), tuple(_shown(row) for row in rows))


def _crossed(figures: Figures) -> Picture | None:
    """Who joined by constituency and region at once; None where the mode crosses nothing, where that would tell too
    much, or where there is nothing to cross."""
    counts = {(one, other): n for one, other, n in figures.data.get("crossed", ())}
    released = release_crossing(counts, figures.mode, audience=Audience.INSIDE, n_participants=figures.n)
    if not released.is_shown or any(len({cell[side] for cell in released.cells} - {""}) < 2 for side in (0, 1)):
        return None
    rows = sorted({row for row, _ in released.cells}, key=lambda code: (not code, label_of(CONSTITUENCY, code)))
    columns = sorted({column for _, column in released.cells}, key=lambda code: (not code, label_of("region", code)))
    told = tuple(
        (label_of(CONSTITUENCY, row), *(_cell(released.cells[row, column]) for column in columns)) for row in rows
    )
    n_empty = sum(n == 0 and row != "" and column != "" for (row, column), n in released.cells.items())
    sentence = ngettext(
        "In %(n)s pair of a constituency and a region there is nobody.",
        "In %(n)s pairs of a constituency and a region there is nobody.",
        n_empty,
    ) % {"n": num(n_empty)}
    if not n_empty:
        sentence = gettext("Of every constituency somebody is here from every region.")
    head = (gettext("Constituency"), *(label_of("region", column) for column in columns))
    return Picture(sentence, head, told)


def _cell(n: int | None) -> str:
    return NOTHING if n is None else num(n)


def _shown(cells: Sequence[tuple[bool, str]]) -> tuple[str, ...]:
    """The cells of the columns that this table has."""
    return tuple(text for is_there, text in cells if is_there)


def _people(category: Any) -> str:
    if category is None or category.n is None:
        return NOTHING
    return num(category.n) if isinstance(category.n, int) else band(category.n)


def _invited(figures: Figures, n: int) -> str:
    shown = release_count(n, figures.mode, audience=Audience.INSIDE).value
    return NOTHING if shown is None else num(shown) if isinstance(shown, int) else band(shown)


def _words(standing: Standing | None) -> str:
    return {
        Standing.UNDER: gettext("under its target"),
        Standing.NEAR: gettext("in balance"),
        Standing.OVER: gettext("over its target"),
        None: gettext("too few people to tell, or no target"),
    }[standing]


# -------- whom to invite next


def _outreach(figures: Figures, n_expected: int) -> tuple[Outreach, ...]:
    """The fewest invitations that meet the targets, from counts as they are released."""
    counts: dict[str, dict[str, float]] = {}
    targets: dict[str, dict[str, float]] = {}
    for attribute, rows in figures.data["attributes"].items():
        shown = figures.shares(f"{attribute}/participants")
        told = {code: row["target"] for code, row in rows.items() if row["target"] is not None and code in shown}
        # Categories too small to be told are asked for in full: that says no more than their target does.
        told |= {
            code: row["target"] for code, row in rows.items() if row["target"] is not None and row["n_people"] == 0
        }
        targets[attribute] = told
        counts[attribute] = {code: shown.get(code, 0.0) * figures.n for code in told}
    found = next_invitations(counts, targets, n_expected=max(n_expected, figures.n))
    return tuple(
        Outreach(num(kind.n), ", ".join(label_of(attribute, code) for attribute, code in kind.categories))
        for kind in found
    )


# -------- pairings that would be new


async def _pairs(actor: Actor, figures: Figures) -> tuple[Paired, ...]:
    basis = await published_basis(actor.consultation.id)
    if basis is None:
        return ()
    released = release_again(basis, figures.mode, audience=Audience.INSIDE, n_participants=figures.n)
    agreed: dict[str, set[int]] = {}
    for row in released.rows:
        if len(row.key) == 3 and row.key[1] == CONSTITUENCY and row.is_shown and (row.agree_share or 0) >= AGREES:
            agreed.setdefault(row.key[2], set()).add(int(row.key[0]))
    n_agreeing = Counter(statement for statements in agreed.values() for statement in statements)
    # What few agree on says more of a pair than what everybody agrees on.
    common = {
        (one, other): sorted(agreed[one] & agreed[other], key=lambda statement: (n_agreeing[statement], statement))
        for one, other in combinations(sorted(code for code in agreed if code != "other"), 2)
    }
    found = unusual_pairings(figures.data.get("stands_behind", ()), common)
    ids = sorted({statement for pair in found for statement in pair.agreed[:3]})
    rows = await fetch("select id, number from proposals where id = any($1::int[])", ids)
    number = {row["id"]: row["number"] for row in rows}
    return tuple(
        Paired(
            label_of(CONSTITUENCY, pair.one),
            label_of(CONSTITUENCY, pair.other),
            tuple(number[one] for one in pair.agreed[:3] if one in number),
        )
        for pair in found
    )


__all__ = ["Outreach", "Paired", "ParticipationPage", "participation_page", "still_few"]
