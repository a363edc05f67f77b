"""Results as pages show them: the landscape of a published analysis, every figure through the disclosure gate."""

from __future__ import annotations

from deliberation.disclosure import Row
from deliberation.landscape import Landscape


def basis_rows(landscape: Landscape) -> list[Row]:
    """Every row the gate has to know of: each statement's total, by opinion group, by constituency."""
    rows: list[Row] = []
    for result in landscape.statements:
        key = str(result.statement_id)
        rows.append(Row((key,), result.counts.agrees, result.counts.disagrees, result.counts.passes))
        for attribute, split in (("group", result.by_group), ("constituency", result.by_constituency)):
            for code, counts in split.items():
                if code:
                    rows.append(Row((key, attribute, code), counts.agrees, counts.disagrees, counts.passes))
    return rows
