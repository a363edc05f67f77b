"""What a published curated slate keeps of itself: differences, divergence and certificates as they were released."""

from __future__ import annotations

from typing import Any

from app.access import Actor
from app.analysis import curation, scoring_page
from app.analysis.curation import Draft, Frozen, Statement
from app.analysis.curation_page import gate_for
from app.analysis.results import Gate
from deliberation.certificates import Certificate, EstimatedCertificate
from deliberation.disclosure import Audience
from deliberation.holdings import Stance

FORMAT = "plenary curated slate 1"


async def report_of(actor: Actor, frozen: Frozen, draft: Draft) -> dict[str, Any]:
    """The report of a signed slate, every figure as the public may read it."""
    gate = await gate_for(actor, audience=Audience.PUBLIC)
    found = await curation.review(frozen, draft.stances)
    challengers = await curation.challengers_of(frozen, draft.stances)
    ids = {stance.statement_id for stance in (*frozen.stances, *draft.stances, *challengers)}
    texts = await curation.statements_of(sorted(ids))
    changes, n = found.changes, frozen.holdings.n_participants
    return {
        "format": FORMAT,
        "analysis": str(frozen.id),
        "version": draft.version,
        "n_places": draft.n_places,
        "participants_slate": [_stance(stance, texts) for stance in frozen.stances],
        "curated_slate": [_stance(stance, texts) for stance in draft.stances],
        "difference": {
            "kept": [_stance(stance, texts) for stance in changes.kept],
            "added": [_reasoned(stance, texts, draft) for stance in changes.added],
            "dropped": [_reasoned(stance, texts, draft) for stance in changes.dropped],
            "moved": [_reasoned(moved.stance, texts, draft) for moved in changes.moved],
            "overlap": changes.overlap,
        },
        "n_from_participants": sum(not texts[stance.statement_id].is_starter for stance in draft.stances),
        "divergence": _divergence(found, gate),
        "certificates": {
            "participants_slate": _certificates(
                frozen.observed, frozen.estimated, frozen.holdings.n_participants, gate
            ),
            "curated_slate": _certificates(found.observed, found.estimated, n, gate),
        },
        "curators": await scoring_page.record_of(next(item for item in actor.rounds if item.id == draft.round)),
        "signatures": [signature.role for signature in draft.signatures],
        "challengers": [_stance(stance, texts) for stance in challengers],
    }


def _stance(stance: Stance, texts: dict[int, Statement]) -> dict[str, Any]:
    return stance.to_json() | {"number": texts[stance.statement_id].number}


def _reasoned(stance: Stance, texts: dict[int, Statement], draft: Draft) -> dict[str, Any]:
    reason = draft.reasons.get(stance)
    code = None if reason is None or reason.code is None else reason.code.value
    return _stance(stance, texts) | {"reason_code": code, "sentence": "" if reason is None else reason.sentence}


def _divergence(found: curation.Review, gate: Gate) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for row in found.measured.losses:
        held = found.measured.after.of(row.dimension, row.label)
        n = 0 if held is None else held.n_people
        before, after = (gate.share(round(share * n), n).value for share in (row.before, row.after))
        if before is not None and after is not None:
            loss = gate.index(row.loss, n).value
            named = {"dimension": row.dimension, "label": row.label, "before": before, "after": after}
            rows.append(named | {"loss": loss, "is_alarm": row.is_alarm})
    return sorted(rows, key=lambda row: (row["dimension"], row["label"]))


def _certificates(
    observed: Certificate, estimated: EstimatedCertificate | None, n: int, gate: Gate
) -> dict[str, dict[str, Any] | None]:
    said: dict[str, Any] = {
        "observed": {
            "holds": observed.holds,
            "alpha_star": gate.index(observed.alpha_star, n).value,
            "coverage_1": gate.share(round(observed.coverage_1 * n), n).value,
            "coverage_2": gate.share(round(observed.coverage_2 * n), n).value,
        },
        "estimated": None,
        "audited": None,
    }
    if estimated is not None:
        said["estimated"] = {
            "status": estimated.status,
            "alpha_q95": gate.index(estimated.alpha_q95, n).value,
            "coverage_1": gate.share(round(estimated.coverage_1 * n), n).value,
            "coverage_2": gate.share(round(estimated.coverage_2 * n), n).value,
        }
    return said
