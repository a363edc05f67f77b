"""How long it takes to verify all that a consultation of 1,000 people and 200 statements publishes: 10 s at most."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measuring import Row

MOST_SECONDS = 10.0


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    """Both verifiers, one after the other, on every record."""
    os.environ.setdefault("PLENARY_DATA_DIR", tempfile.mkdtemp())
    from deliberation.verification import verify_record
    from tests import honest, second_verifier

    published = honest.consultation(3, n_people=1_000, n_statements=200)
    began = time.perf_counter()
    holds = all(check.holds for record in published.records for check in verify_record(record))
    ours = time.perf_counter() - began
    began = time.perf_counter()
    holds = holds and not any(second_verifier.faults(record) for record in published.records)
    theirs = time.perf_counter() - began
    yield Row(
        goal="verify",
        name="all records, 1,000 x 200",
        peer="the second verifier",
        plenary_s=ours,
        peer_s=theirs,
        ratio_time=theirs / ours,
        figures={"records": len(published.records), "asked, s": MOST_SECONDS},
        holds=holds and max(ours, theirs) <= MOST_SECONDS,
    )
