"""The stored figures of the power balance, and the only ways in which they are read out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.analysis.alert_words import Gate, rounded
from app.language import pct
from deliberation.disclosure import Attribution, Audience, Basis, ReleasedBreakdown, release_breakdown, release_index
from deliberation.suppression import voters_of

NOTHING = "–"


@dataclass(frozen=True)
class Picture:
    """What stands with a chart: its sentence, and the table that says the same."""

    sentence: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Figures:
    """The figures of the last check. Nothing else on the page reads them."""

    data: Mapping[str, Any]
    mode: Attribution

    @property
    def n(self) -> int:
        return int(self.data["n_participants"])

    def table(self, name: str) -> ReleasedBreakdown | None:
        """A table as it was published, for the readers inside."""
        records = self.data["tables"].get(name)
        if not records:
            return None
        basis = Basis.from_records(records)
        counts, people = (listed(basis, part) for part in ("counts", "people"))
        return release_breakdown(
            counts, self.mode, audience=Audience.INSIDE, n_participants=self.n, n_people=people, previous=basis
        )

    def shares(self, name: str) -> dict[str, float]:
        """The shares of a table that may be shown."""
        released = self.table(name)
        return {} if released is None else {row.code: row.share for row in released.categories if row.share is not None}

    def index(self, value: float, n_people: int) -> float | None:
        """A figure about so many people, rounded where the mode wants it; None where they are too few."""
        return release_index(value, n_people, self.mode, audience=Audience.INSIDE, n_participants=self.n).value

    @property
    def gate(self) -> Gate:
        """The way out for the figures of alerts."""
        people = {
            name: {code: row["n_people"] for code, row in rows.items()}
            for name, rows in self.data["attributes"].items()
        }
        return Gate(self.mode, self.n, people)

    @property
    def standing_column(self) -> str:
        """What the words over, near and under speak of: the curated slate, else the participants', else the people."""
        slate = self.data["slate"]
        return "curated" if slate["n_curated"] else "slate" if slate["n"] else "participants"


def listed(basis: Basis, part: str) -> dict[str, int]:
    """The exact counts of one column of a stored table, to be given back to the gate."""
    return voters_of(basis.statements[part].tables.get("category", {}))


def cell(shown: float | None, exact: float | None) -> str:
    """A released share for a table; what was rounded down to nothing is not called nothing."""
    return NOTHING if shown is None else rounded(shown, is_nothing=exact == 0)


def percent(share: float | None) -> str:
    """A released share, or a dash where it is withheld."""
    return NOTHING if share is None else pct(share)
