"""What a convenor adds to a summary: every sentence must cite a statement or a fact of the document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.documents.ladder import unbound_claim
from app.refusals import N_

CITATION = re.compile(r"\[([A-Za-z0-9_.\- ]{1,60}(?:,\s*[A-Za-z0-9_.\-]{1,60})*)\]")
LATE_CITATION = re.compile(r"([.!?…。！？؟])\s*((?:\[[^\]\n]{1,80}\]\s*)+)")
ENDS = re.compile(r"(?<=[.!?…؟])\s+|(?<=[。！？])|\n+")
OPEN_TO_ADDITIONS = (
    "one_page",
    "participation",
    "context",
    "views",
    "common_ground",
    "partial",
    "divergence",
    "minority",
    "slates",
    "coalitions",
    "method",
)
"""Sections to which a convenor may add a sentence."""
AUDIENCES = {
    "decision_makers": N_("For decision makers: a version of the short text, written by the convenor"),
    "young_people": N_("For young people: a version of the short text, written by the convenor"),
    "communities": N_("For communities: a version of the short text, written by the convenor"),
}
"""Readers for whom the short text may be said again in other words; signed and published with the summary."""


@dataclass(frozen=True)
class FollowUp:
    """Who does what by when, as the convenor wrote it."""

    what: str
    who: str
    by_when: str


@dataclass(frozen=True)
class Added:
    """A person's part of a summary; drafts may still lack citations.

    versions : by the code of an audience, the short text as it is said to them
    rewordings, left_out : by the key of a generated passage, the text that stands for its plain sentences, or the
        public reason why the whole passage is not printed
    """

    introduction: str = ""
    follow_up: tuple[FollowUp, ...] = ()
    sentences: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    rewordings: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    balance_reason: str = ""
    correction: str = ""
    language: str = "en"

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Added:
        return cls(
            introduction=str(record.get("introduction", "")),
            follow_up=tuple(FollowUp(**one) for one in record.get("follow_up", ())),
            sentences=dict(record.get("sentences", {})),
            versions=dict(record.get("versions", {})),
            rewordings=dict(record.get("rewordings", {})),
            left_out=dict(record.get("left_out", {})),
            balance_reason=str(record.get("balance_reason", "")),
            correction=str(record.get("correction", "")),
            language=str(record.get("language", "en")),
        )

    def to_json(self) -> dict[str, Any]:
        versions = {code: text for code, text in self.versions.items() if text}
        return {
            **({"versions": versions} if versions else {}),
            "introduction": self.introduction,
            "follow_up": [{"what": one.what, "who": one.who, "by_when": one.by_when} for one in self.follow_up],
            "sentences": {code: text for code, text in self.sentences.items() if text},
            "rewordings": dict(self.rewordings),
            "left_out": dict(self.left_out),
            "balance_reason": self.balance_reason,
            "correction": self.correction,
            "language": self.language,
        }

    def texts(self) -> list[tuple[str, str]]:
        """Every text on facts, with the field it was written in."""
        texts = [("introduction", self.introduction)]
        texts += [(f"what_{place}", one.what) for place, one in enumerate(self.follow_up, 1)]
        texts += [(f"section_{code}", text) for code, text in self.sentences.items()]
        texts += [(f"version_{code}", text) for code, text in self.versions.items()]
        texts += [(f"passage_{key}", text) for key, text in self.rewordings.items()]
        return [(name, text) for name, text in texts if text.strip()]


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; a citation after the full stop belongs to the sentence before it."""
    moved = LATE_CITATION.sub(lambda found: f" {found.group(2).strip()}{found.group(1)} ", text)
    return [part.strip() for part in ENDS.split(moved) if part.strip()]


def citations_of(text: str) -> list[str]:
    """What a text cites: statement numbers and fact ids, each once, in their order."""
    found: dict[str, None] = {}
    for match in CITATION.finditer(text):
        for one in match.group(1).split(","):
            found.setdefault(one.strip(), None)
    return list(found)


@dataclass(frozen=True)
class Uncited:
    """A sentence that cannot be published: it cites nothing, or something that is not there."""

    field: str
    sentence: str
    unknown: str = ""


def uncited(added: Added, known: frozenset[str]) -> tuple[Uncited, ...]:
    """Every added sentence without a citation that the document knows (`known`: statement numbers and fact ids).

    A reworded passage keeps the facts it had, so it need not cite them again.
    """
    found = []
    for name, text in added.texts():
        for sentence in sentences_of(text):
            cited = citations_of(sentence)
            unknown = next((one for one in cited if one not in known), "")
            is_due = not cited and not name.startswith("passage_")
            if is_due or unknown:
                found.append(Uncited(name, sentence, unknown))
    return tuple(found)


def claims_outside_the_ladder(added: Added) -> tuple[tuple[str, str], ...]:
    """Field and word of every added claim of support that no rule binds."""
    return tuple((name, word) for name, text in added.texts() if (word := unbound_claim(text)))
