"""A summary as the record that is signed and published, and as the pages and files that are made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from app.analysis.summary_material import Material
from app.documents import model
from app.documents.added import Added
from app.documents.balance import BalanceTest
from app.documents.model import Document
from app.documents.summary import SummarySettings
from app.settings import get_settings
from app.tables.consultations import Consultation
from app.tables.rounds import Round
from deliberation.disclosure import release_day
from deliberation.disclosure_rules import DisclosureSettings
from deliberation.quantifiers import QuantifierSettings
from deliberation.snapshots import digest, key_id_of, public_key_of, rules_of, sign


@dataclass(frozen=True)
class Head:
    """The last event of the governance log before publication."""

    sequence: int
    hash: str


def rules() -> dict[str, Any]:
    """The rules a reader needs to check what is said, under their hash."""
    settings = rules_of((DisclosureSettings(), QuantifierSettings(), SummarySettings()))
    return {"settings": settings, "hash": digest(settings)}


def slate_part(material: Material) -> dict[str, Any]:
    """Both slates and the ledger, by statement numbers."""
    slates, number = material.slates, {id: one.number for id, one in material.statements.items()}

    def stances(listed: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
        return [{"statement": number[id], "choice": choice} for id, choice in listed if id in number]

    return {
        "common_ground": stances(slates.common_ground),
        "participants": stances(slates.participants),
        "curated": None if slates.curated is None else stances(slates.curated),
        "ledger": [
            {
                "statement": number[line.statement_id],
                "choice": line.choice,
                "change": line.change,
                "reason_code": line.reason_code,
                "sentence": line.sentence,
            }
            for line in slates.ledger
        ],
        "certificate": {
            "observed": slates.is_held,
            "alpha": None if slates.alpha is None else model.index(slates.alpha),
            "estimated": slates.estimated,
        },
    }


def statements_part(material: Material) -> list[dict[str, Any]]:
    """Every statement in its words, with its released rows."""
    return [
        {
            "number": one.number,
            "text": one.text,
            "language": one.language,
            "votes": None if one.row is None else model.row_value(one.row),
            "by_group": {code: model.row_value(row) for code, row in sorted(one.by_group.items())},
            "by_constituency": {code: model.row_value(row) for code, row in sorted(one.by_constituency.items())},
        }
        for one in material.statements.values()
    ]


def consultation_part(consultation: Consultation, rounds: Sequence[Round]) -> dict[str, Any]:
    return {
        "slug": consultation.slug,
        "title": consultation.title,
        "question": consultation.question,
        "questions": list(consultation.questions),
        "goals": [int(goal) for goal in consultation.goals],
        "venue": consultation.venue,
        "language": consultation.language,
        "attribution": consultation.attribution,
        "rounds": [
            {
                "number": one.number,
                "phase": one.phase,
                "opens_on": release_day(one.opens_at).day.isoformat(),
                "closes_on": release_day(one.closes_at).day.isoformat(),
            }
            for one in rounds
        ],
    }


def unsigned(
    *,
    material: Material,
    document: Document,
    added: Added,
    tests: Sequence[BalanceTest],
    consultation: Consultation,
    rounds: Sequence[Round],
    number: int,
) -> dict[str, Any]:
    """What the signers sign: everything but the moment of publication. Language-neutral but for what people wrote."""
    return {
        "kind": "summary",
        "number": number,
        "consultation": consultation_part(consultation, rounds),
        "analysis": dict(material.analysis),
        "document": document.to_json(),
        "added": added.to_json(),
        "statements": statements_part(material),
        "slate": slate_part(material),
        "balance": {"tests": [one.to_json() for one in tests], "reason": added.balance_reason},
        "rules": rules(),
        "software": f"plenary {version('plenary')}",
    }


def published(
    body: Mapping[str, Any], *, day: str, signers: Sequence[str], head: Head, previous: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The signed record: the body with its day, its signers' roles, and its place in both chains."""
    seed = get_settings().signing_key
    snapshot = {
        **body,
        "published_on": day,
        "signers": [{"role": role} for role in signers],
        "governance": {"sequence": head.sequence, "hash": head.hash},
        "previous": None if previous is None else dict(previous),
        "key_id": key_id_of(public_key_of(seed)),
    }
    return sign(snapshot, seed)


def curated_slate(
    material: Material, consultation: Consultation, rounds: Sequence[Round], *, signers: Sequence[str], head: Head
) -> dict[str, Any]:
    """A published curated slate as a signed record of its own."""
    body = {
        "kind": "curated_slate",
        "number": 1,
        "consultation": consultation_part(consultation, rounds),
        "analysis": dict(material.analysis),
        "statements": statements_part(material),
        "slate": slate_part(material),
        "rules": rules(),
        "software": f"plenary {version('plenary')}",
    }
    day = release_day(material.closed.closes_at).day.isoformat()
    return published(body, day=day, signers=signers, head=head, previous=None)


__all__ = ["Head", "curated_slate", "published", "rules", "unsigned"]
