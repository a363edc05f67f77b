"""Published records, checked again with nothing but what they contain.

`CHECKS` has one function for each kind of record. It yields its checks one by one, so that the first that fails names
what is wrong; other modules add their kinds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deliberation.certificates import CertificateRecord, check_slate
from deliberation.common_ground import find_common_ground
from deliberation.errors import BadValue, DeliberationError
from deliberation.holdings import Stance, observed_holdings
from deliberation.landscape import Landscape
from deliberation.outputs import FORMAT, landscape_parts, output_digest, votes_of_record
from deliberation.slates import Slate, SlateSettings, select_slate
from deliberation.tallies import categories_of
from deliberation.votes import VoteMatrix

TOLERANCE = 1e-6
"""Largest difference between a recorded and a recomputed number: processors round sums differently."""


@dataclass(frozen=True)
class Check:
    """One thing that was checked. `detail` says where recorded and recomputed differ; empty if they do not."""

    name: str
    holds: bool
    detail: str = ""


def verify_record(
    record: Mapping[str, Any],
    *,
    key: str | None = None,
    previous: Mapping[str, Any] | None = None,
    log: Mapping[str, Any] | None = None,
) -> tuple[Check, ...]:
    """Every check of this record; each that holds was recomputed from the record's own content.

    key, previous, log : of a published record, the public key (hex), the summary before, and the governance log that
        the reader holds
    A record too damaged to be read fails the check `form`. Raises `BadValue` for a kind nobody can check.
    """
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in CHECKS:
        raise BadValue(name="kind", value=kind, allowed=sorted(CHECKS))
    found: list[Check] = []
    try:
        for check in CHECKS[kind](record):
            found.append(check)
        if key is not None or previous is not None or log is not None:
            from deliberation.snapshots import check_against

            found += [Check(name, not problem, problem) for name, problem in check_against(record, key, previous, log)]
    except (DeliberationError, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as problem:
        found.append(Check("form", False, f"{type(problem).__name__}: {problem}"))
    return tuple(found)


def check_slate_record(record: Mapping[str, Any]) -> Iterator[Check]:
    """Whether the votes are those the certificate speaks of, and slate and certificate follow from them."""
    yield _equal("format", record["format"], FORMAT)
    votes, labels = votes_of_record(record["votes"])
    slate, certificate = Slate.from_json(record["slate"]), CertificateRecord.from_json(record["certificate"])
    yield _equal("input_digest", certificate.input_digest, votes.digest())
    yield _slate_form(slate, votes)
    observed = certificate.observed
    yield _equal("certified_slate", [stance.to_json() for stance in observed.slate], _json(slate.stances))
    yield _equal("certified_size", observed.k, slate.size)
    holdings = observed_holdings(votes, labels=labels)
    recomputed = check_slate(holdings, slate.stances, k=slate.size, candidates=slate.candidates)
    yield _equal("observed", observed.to_json(), recomputed.to_json())
    groups = {dimension: categories_of(codes, votes.n_participants) for dimension, codes in labels.items()}
    agreed = [Stance(one.statement_id, one.stance) for one in find_common_ground(votes, groups)]
    yield _equal("common_ground", _json(slate.common_ground), _json(agreed[: SlateSettings().n_common]))
    if record["chosen_on"] == "observed":
        chosen = select_slate(holdings, agreed, size=slate.size)
        yield _equal("selection", slate.to_json(), chosen.to_json())
    yield _equal("digest", record["digest"], output_digest(record))


def check_landscape_record(record: Mapping[str, Any]) -> Iterator[Check]:
    """Whether the landscape fits its own digest, and whatever stands before it is taken from it."""
    yield _equal("format", record["format"], FORMAT)
    landscape = Landscape.from_json(record["landscape"])
    for name, part in landscape_parts(landscape).items():
        yield _equal(name, record[name], part)
    yield _equal("digest", record["digest"], output_digest(record))


Checker = Callable[[Mapping[str, Any]], Iterator[Check]]


def check_published_record(record: Mapping[str, Any]) -> Iterator[Check]:
    """Whether a published summary or curated slate is what was signed, and says of itself what it contains."""
    from deliberation.snapshots import check_snapshot

    yield from (Check(name, not problem, problem) for name, problem in check_snapshot(record))


def check_audit_record(record: Mapping[str, Any]) -> Iterator[Check]:
    """Whether a downloaded governance log is one unbroken chain."""
    from deliberation.snapshots import check_audit

    yield from (Check(name, not problem, problem) for name, problem in check_audit(record))


CHECKS: dict[str, Checker] = {
    "slate": check_slate_record,
    "landscape": check_landscape_record,
    "summary": check_published_record,
    "curated_slate": check_published_record,
    "curation_ledger": check_published_record,
    "audit": check_audit_record,
}
"""Kind of record -> its checks."""


def not_rechecked(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What a record claims beyond the votes it holds, so that no check of them can confirm it."""
    certificate = record.get("certificate") or {}
    claims = [name for name in ("estimated", "audited") if certificate.get(name) is not None]
    return tuple(claims + (["selection"] if record.get("chosen_on") == "draws" else []))


def first_difference(recorded: Any, found: Any, path: str = "") -> str | None:
    """Where two plain values differ first, None if they are equal; numbers may differ by rounding."""
    if isinstance(recorded, Mapping) and isinstance(found, Mapping):
        if recorded.keys() != found.keys():
            return f"{path or 'fields'}: {', '.join(sorted(map(str, recorded.keys() ^ found.keys())))}"
        pairs = [(f"{path}.{key}".lstrip("."), recorded[key], found[key]) for key in sorted(found)]
    elif isinstance(recorded, list) and isinstance(found, list):
        if len(recorded) != len(found):
            return f"{path or 'entries'}: {len(recorded)} recorded, {len(found)} found"
        pairs = [
            (f"{path}[{index}]", one, other) for index, (one, other) in enumerate(zip(recorded, found, strict=True))
        ]
    else:
        return None if _same(recorded, found) else f"{path or 'value'}: {recorded!r} recorded, {found!r} found"
    return next((problem for at, one, other in pairs if (problem := first_difference(one, other, at))), None)


def _same(recorded: Any, found: Any) -> bool:
    if isinstance(recorded, float) or isinstance(found, float):
        numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (recorded, found))
        return numbers and math.isclose(recorded, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(recorded) is type(found) and bool(recorded == found)


def _equal(name: str, recorded: Any, found: Any) -> Check:
    problem = first_difference(recorded, found)
    return Check(name, problem is None, problem or "")


def _json(stances: tuple[Stance, ...] | list[Stance]) -> list[dict[str, Any]]:
    return [stance.to_json() for stance in stances]


def _slate_form(slate: Slate, votes: VoteMatrix) -> Check:
    """No more items than places, each once, none on common ground, all of them candidates the votes know."""
    statements = {stance.statement_id for stance in slate.common_ground}
    known = set(votes.statement_ids.tolist())
    problems = {
        "more items than places": len(slate.stances) > slate.size,
        "an item twice": len(set(slate.stances)) != len(slate.stances),
        "an item on common ground": any(stance.statement_id in statements for stance in slate.stances),
        "an item that was no candidate": not set(slate.stances) <= set(slate.candidates),
        "a statement without votes": not {stance.statement_id for stance in slate.candidates} | statements <= known,
    }
    found = [problem for problem, there in problems.items() if there]
    return Check("slate", not found, "; ".join(found))
