"""A coalition's brief for who makes policy, as Markdown, and what is asked of the owners of barriers, as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from app.analysis.commitments import Brief
from app.documents.ledger import cell
from app.documents.wording import unmarked
from app.language import gettext, num
from app.tables.commitments import Barrier, EvidenceCard, Resource
from app.taxonomies import barriers as barrier_terms
from app.taxonomies import commitments as terms

COLUMNS = (
    "owner_kind",
    "owner",
    "barrier_kind",
    "barrier",
    "place",
    "ask",
    "asked_on",
    "reply_due",
    "status",
    "answer",
    "answered_on",
    "commitment",
    "sdg_targets",
    "coalition",
)


def recommendations(rows: Iterable[Mapping[str, Any]]) -> str:
    """One row for each barrier under its owner; a cell cannot become a formula of a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        values = (
            gettext(barrier_terms.label(row["owner_kind"])),
            row["owner"],
            gettext(barrier_terms.label(row["kind"])),
            row["words"],
            row["place"],
            row["ask"],
            row["asked_on"],
            row["reply_due"],
            row["status"],
            row["answer"],
            row["answered_on"],
            row["commitment_title"],
            " ".join(row["targets"]),
            row["coalition_title"],
        )
        writer.writerow([cell(value) for value in values])
    return text.getvalue()


def kind_of(card: EvidenceCard) -> str:
    """The label of a card's kind of evidence with its place and year, and who looked it up."""
    parts = [gettext(terms.label(card.kind)), card.place, str(card.year) if card.year else ""]
    if card.checked_by:
        parts.append(gettext("checked by %(who)s") % {"who": card.checked_by})
    return ", ".join(part for part in parts if part)


def amount_of(resource: Resource) -> str:
    """A resource in one line: how much of what, and from which role."""
    amount = " ".join(
        part for part in (_number(resource.amount) if resource.amount is not None else "", resource.unit) if part
    )
    said = f"{gettext(terms.label(resource.kind))}: " + "; ".join(part for part in (amount, resource.words) if part)
    said = said.removesuffix(": ")
    return (
        gettext("%(what)s, from %(role)s") % {"what": said, "role": resource.from_role} if resource.from_role else said
    )


def _number(amount: Decimal) -> str:
    return num(int(amount)) if amount == int(amount) else num(amount)


def addressee_of(barrier: Barrier) -> str:
    """Who is asked: the owner's name, or its kind where nobody named one."""
    return str(barrier.owner) or gettext(barrier_terms.label(barrier.owner_kind))


def markdown(brief: Brief) -> str:
    """The brief as Markdown, in the reader's language; what people wrote cannot become markup."""
    lines = [f"# {unmarked(brief.coalition.title)}", ""]
    lines += [unmarked(brief.coalition.purpose), ""] if brief.coalition.purpose else []
    sections = (
        (gettext("The problem"), [_evidence(card) for card in brief.problem]),
        (gettext("What works"), [_evidence(card) for card in brief.solution]),
        (gettext("Where it was shown"), [unmarked(place) for place in brief.places]),
        (
            gettext("What it costs"),
            [*(_evidence(card) for card in brief.cost), *(unmarked(amount_of(one)) for one in brief.resources)],
        ),
        (
            gettext("What we ask"),
            [f"**{unmarked(addressee_of(one))}**: {unmarked(one.ask)} ({unmarked(one.words)})" for one in brief.asks],
        ),
        (
            gettext("What we undertake"),
            [unmarked(f"{one.title}: {one.target} ({one.indicator})") for one in brief.commitments],
        ),
    )
    for title, items in sections:
        if items:
            lines += [f"## {title}", "", *(f"- {item}" for item in items), ""]
    lines += [gettext("Claims without a source are left out."), ""] if brief.n_unsourced else []
    return "\n".join(lines)


def _evidence(card: EvidenceCard) -> str:
    return f"{unmarked(card.claim)} ({unmarked(kind_of(card))}; {unmarked(card.source)})"
