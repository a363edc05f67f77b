"""The certificates of two slates as tables, the cross-check, and who is spoken for by which item; through the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.analysis import curation, results_words
from app.analysis.curation import Frozen, Statement
from app.analysis.curation_page import NOTHING, Grid
from app.analysis.results import CONSTITUENCY, GROUP, Gate
from app.database import fetchval
from app.language import gettext, num
from deliberation.certificates import AuditedCertificate, Certificate, EstimatedCertificate, LabelCoverage
from deliberation.holdings import Holdings, Stance
from deliberation.slates import SpokenFor
from deliberation.votes import Choice


@dataclass(frozen=True)
class Figures:
    """What stands behind a slate's certificate.

    table : a row for each block; empty in a room so small that only words leave
    spoken : per attribute, for how many of whom each item speaks when everybody is counted once
    """

    table: Grid
    spoken: tuple[tuple[str, Grid], ...]


async def figures_of(
    frozen: Frozen,
    observed: Certificate,
    estimated: EstimatedCertificate | None,
    audited: AuditedCertificate | None,
    spoken: SpokenFor,
    stances: Sequence[Stance],
    gate: Gate,
) -> Figures:
    """The figures of one slate: what was observed, estimated and audited, and who is spoken for."""
    texts = await curation.statements_of(sorted({stance.statement_id for stance in stances}))
    n = frozen.holdings.n_participants
    rows = [_observed(observed, frozen.holdings, gate)]
    if estimated is not None:
        rows.append(_estimated(estimated, frozen.holdings, gate))
    if audited is not None:
        rows.append(_audited(audited, gate))
    head = (
        gettext("Block"),
        gettext("Nearest complaint"),
        gettext("Largest group with nothing"),
        gettext("Hold one item or more"),
        gettext("Hold two or more"),
        gettext("Reached least"),
    )
    table = Grid(head, () if gate.tells_words_only else tuple(rows))
    return Figures(table, () if gate.tells_words_only else _spoken(spoken, stances, frozen.holdings, n, texts, gate))


def _index(value: float, n: int, gate: Gate, *, low: float | None = None, high: float | None = None) -> str:
    told = [None if one is None else gate.index(one, n).value for one in (value, low, high)]
    if told[0] is None:
        return NOTHING
    if told[1] is None or told[2] is None:
        return num(told[0], 2)
    between = gettext("%(value)s (%(low)s to %(high)s)")
    return between % {"value": num(told[0], 2), "low": num(told[1], 2), "high": num(told[2], 2)}


def _share(share: float, n: int, gate: Gate) -> str:
    return results_words.share_released(gate.share(round(share * n), n)) or NOTHING


def _worst(labels: Sequence[LabelCoverage], holdings: Holdings, gate: Gate) -> str:
    """The group or constituency that holds least of the slate, among those of which a figure may be told."""
    sizes = {key: int(mask.sum()) for key, mask in holdings.label_masks().items()}
    shown = [(row, sizes.get((row.dimension, row.label), 0)) for row in labels]
    told = [(row, n) for row, n in shown if gate.share(0, n).value is not None]
    if not told:
        return NOTHING
    row, n = min(told, key=lambda one: (round(one[0].coverage, 9), one[0].dimension, one[0].label))
    said = gettext("%(who)s, %(share)s")
    return said % {"who": results_words.label_of(row.dimension, row.label), "share": _share(row.coverage, n, gate)}


def _observed(block: Certificate, holdings: Holdings, gate: Gate) -> tuple[str, ...]:
    n = block.n_participants
    return (
        gettext("Observed"),
        _index(block.alpha_star, n, gate),
        _share(block.jr_bloc, n, gate),
        _share(block.coverage_1, n, gate),
        _share(block.coverage_2, n, gate),
        _worst(block.labels, holdings, gate),
    )


def _estimated(block: EstimatedCertificate, holdings: Holdings, gate: Gate) -> tuple[str, ...]:
    n = block.n_participants
    return (
        gettext("Estimated"),
        _index(block.alpha_mean, n, gate, low=block.alpha_q05, high=block.alpha_q95),
        _share(block.jr_bloc_mean, n, gate),
        _share(block.coverage_1, n, gate),
        _share(block.coverage_2, n, gate),
        _worst(block.labels, holdings, gate),
    )


def _audited(block: AuditedCertificate, gate: Gate) -> tuple[str, ...]:
    n = block.n_asked
    return (
        gettext("Audited"),
        _index(block.alpha_star, n, gate, low=block.alpha_lower, high=block.alpha_upper),
        _share(block.jr_bloc_upper, n, gate),
        NOTHING,
        NOTHING,
        NOTHING,
    )


# -------- who is spoken for


def _spoken(
    spoken: SpokenFor,
    stances: Sequence[Stance],
    holdings: Holdings,
    n: int,
    texts: Mapping[int, Statement],
    gate: Gate,
) -> tuple[tuple[str, Grid], ...]:
    """A table for each attribute: none crosses two."""
    names = {GROUP: gettext("By opinion group"), CONSTITUENCY: gettext("By constituency")}
    sizes = {key: int(mask.sum()) for key, mask in holdings.label_masks().items()}
    found = []
    for attribute, title in names.items():
        of_it = {label: size for (dimension, label), size in sizes.items() if dimension == attribute}
        labels = [label for label in shown_labels(of_it, n, gate) if (attribute, label) in spoken.by_label]
        if not labels and attribute == CONSTITUENCY:
            continue
        # Each row is of one number of people, and tells of all of them: the items, then those who hold none.
        everybody = (gettext("Everybody"), n, spoken.shares)
        rows = [
            everybody,
            *((results_words.label_of(attribute, one), of_it[one], spoken.by_label[attribute, one]) for one in labels),
        ]
        cells = tuple(
            (name, *(_share(float(share), size, gate) for share in (*shares, max(0.0, 1 - float(shares.sum())))))
            for name, size, shares in rows
        )
        head = (gettext("Who"), *(_short(texts[one.statement_id], one) for one in stances), gettext("No item"))
        found.append((title, Grid(head, cells)))
    return tuple(found)


def _short(statement: Statement, stance: Stance) -> str:
    """A stance in the head of a column: the statement's number, marked where the stance is disagreement."""
    if stance.choice is Choice.AGREE:
        return num(statement.number)
    return gettext("not %(number)s") % {"number": num(statement.number)}


def shown_labels(sizes: Mapping[str, int], n: int, gate: Gate) -> list[str]:
    """The labels whose figures may stand beside everybody's: who is left over must be nobody, or a row's size."""
    shown = {label: size for label, size in sorted(sizes.items()) if gate.share(0, size).value is not None}
    while shown and n - sum(shown.values()) > 0 and gate.share(0, n - sum(shown.values())).value is None:
        del shown[min(shown, key=lambda label: (shown[label], label))]
    return list(shown)


# -------- the cross-check


async def cross_check(frozen: Frozen, gate: Gate) -> str:
    """What another rule for proportional slates finds on the same votes; "" where it was not run."""
    stored = await fetchval("select slate -> 'cross_check' from analyses where id = $1", frozen.id)
    found = json.loads(stored) if stored else None
    if not found:
        return ""
    n = frozen.holdings.n_participants
    ours, theirs = (gate.index(found[name], n).value for name in ("alpha", "alpha_other"))
    same = gettext(
        "As a check, another rule (local search for the greatest proportional approval) was run on the same votes: "
        "%(same)s of its %(n)s stances are the same."
    ) % {"same": num(found["n_shared"]), "n": num(found["n_items"])}
    if ours is None or theirs is None:
        return same
    reach = gettext("The nearest complaint stands at %(ours)s here and at %(theirs)s there; 1 would be a complaint.")
    return f"{same} {reach % {'ours': num(ours, 2), 'theirs': num(theirs, 2)}}"
