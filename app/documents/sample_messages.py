"""What each kind of message looks like, with invented people and words, to see before any is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from app import emails
from app.analysis.lineage import Step
from app.language import use_locale
from app.topics import KINDS

TITLE, SLUG = "Clean water for all", "clean-water-for-all"
WORDS = "Each village keeps its own wells."
COALITION = "Well keepers"
_CONSULTATION = SimpleNamespace(
    title=TITLE,
    slug=SLUG,
    question="What would bring clean water to every village?",
    language="en",
    attribution="chatham_house",
)
_ROUND = {
    "phase": "propose",
    "closes_at": datetime(2027, 5, 28, 21, tzinfo=UTC),
    "zone": "Africa/Nairobi",
    "venue_zone": "America/New_York",
}
_COALITION = {"coalition": COALITION, "path": "/coalitions/1"}
_INVITED = {"consultation": _CONSULTATION, "path": f"/en/c/{SLUG}/join?invitation=example"}
_CODE = "00000000-0000-4000-8000-000000000000"


def _news() -> dict[str, Any]:
    steps = [Step(code="accepted", day=SimpleNamespace(), number=12)]  # type: ignore[arg-type]
    return {"items": [(SimpleNamespace(number=12), steps)]}


VALUES: Mapping[str, Mapping[str, Any]] = {
    "sign_in_code": {"code": "12345678"},
    "digest": {"items": [("A first message", WORDS), ("A second message", WORDS)]},
    "invitation": _INVITED,
    "invitation_again": _INVITED,
    "amendment_answered": {"amendment": 3, "answer": WORDS, "is_accepted": False, "number": 12},
    "amendment_proposed": {"amendment": 3, "number": 12},
    "appeal_decided": {"answer": WORDS, "is_overturned": True, "number": 12},
    "appeal_made": {"number": 12},
    "author_revealed": {"cause": "safety", "number": 12, "words": WORDS},
    "alert_contact": {"words": WORDS},
    "alert_raised": {"alert": _CODE, "for_convenor": False, "headline": WORDS, "words": ""},
    "card_closed": {"reason_label": "Names a person"},
    "charter_asks": {"coalition": COALITION, "number": 1, "what": "ready"},
    "clarification_asked": _ROUND | {"is_open": False, "kind_label": "Two ideas", "number": 12, "question": WORDS},
    "coalition_formed": {"coalition": SimpleNamespace(title=COALITION), "path": f"/en/c/{SLUG}/coalitions/1"},
    "coalition_invited": {
        "coalition": SimpleNamespace(title=COALITION),
        "consultation": _CONSULTATION,
        "path": f"/en/c/{SLUG}/coalitions/1",
    },
    "contact_wished": {"days": 30},
    "engagement_asked": {"coalition": COALITION},
    "exclusion_proposed": {"exclusion": _CODE},
    "introduction_asked": _COALITION,
    "introduction_made": _COALITION,
    "merge_suggested": {"number": 12, "other": 31, "request": 3},
    "new_statements": {"items": [{"title": TITLE, "slug": SLUG, "n": 7}]},
    "proposal_decided": {"decision": "accepted", "number": 12, "reason": "", "reason_label": ""},
    "pulse_due": _COALITION,
    "queue_late": {"hours": 24, "level": 1, "n": 7},
    "reveal_answered": {"reveal": _CODE},
    "reveal_asked": {"reveal": _CODE},
    "role_removed": {"role": "moderator"},
    "round_closing": _ROUND,
    "round_opened": _ROUND,
}
"""What the templates that need more than a consultation's name are filled with."""


def sample_of(kind: str, locale: str) -> tuple[str, str]:
    """Subject and text of an invented message of this kind in a language. Raises `KeyError` for an unknown kind."""
    if kind not in KINDS:
        raise KeyError(kind)
    with use_locale(locale):
        values = _news() if kind == "proposal_news" else VALUES.get(kind, {})
        return emails.compose(kind, locale=locale, **({"title": TITLE, "slug": SLUG} | dict(values)))
