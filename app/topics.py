"""What messages are about, and how each person may have them: at once, in one mail a day, once a week, or not at all.

A message's kind is the name of its template in `templates/emails`; each kind belongs to one topic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.refusals import N_


class Delivery(StrEnum):
    """When a message of a topic reaches somebody."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


class Topic(StrEnum):
    """What a message is about, as a person would choose it."""

    OWN = "own"
    ROUNDS = "rounds"
    CLOSING = "closing"
    STATEMENTS = "statements"
    RESULTS = "results"
    PARTNERS = "partners"
    DUTIES = "duties"
    INVITATIONS = "invitations"
    NECESSARY = "necessary"


@dataclass(frozen=True)
class Rule:
    """The ways in which a topic may be had, the usual one first, and what it is called."""

    label: str
    ways: tuple[Delivery, ...]

    @property
    def usual(self) -> Delivery:
        return self.ways[0]

    @property
    def quietest(self) -> Delivery:
        """What somebody gets who asks for no more of these."""
        return self.ways[-1]


AT_ONCE, DAILY, WEEKLY, NEVER = Delivery.AT_ONCE, Delivery.DAILY, Delivery.WEEKLY, Delivery.NEVER
RULES: Mapping[Topic, Rule] = {
    Topic.OWN: Rule(N_("What becomes of what I wrote and voted"), (AT_ONCE, DAILY, NEVER)),
    Topic.ROUNDS: Rule(N_("A round opens"), (AT_ONCE, DAILY, NEVER)),
    Topic.CLOSING: Rule(N_("A round closes in a day, and I have not finished"), (AT_ONCE, NEVER)),
    Topic.STATEMENTS: Rule(N_("New statements to vote on, once a week at most"), (NEVER, WEEKLY)),
    Topic.RESULTS: Rule(N_("Results and summaries"), (AT_ONCE, DAILY, NEVER)),
    Topic.PARTNERS: Rule(N_("Partners, coalitions and their reports"), (AT_ONCE, DAILY, NEVER)),
    # Somebody has taken these on: they may come together, but they come.
    Topic.DUTIES: Rule(N_("What waits for me as moderator, curator or convenor"), (AT_ONCE, DAILY)),
}
"""What people choose between. `NEVER` first means that it comes only to whoever asks for it."""

KINDS: Mapping[str, Topic] = {
    "sign_in_code": Topic.NECESSARY,
    "factor_removal_asked": Topic.NECESSARY,
    "factor_removed": Topic.NECESSARY,
    "role_removed": Topic.NECESSARY,
    "digest": Topic.NECESSARY,
    "author_revealed": Topic.NECESSARY,
    "invitation": Topic.INVITATIONS,
    "invitation_again": Topic.INVITATIONS,
    "amendment_answered": Topic.OWN,
    "amendment_proposed": Topic.OWN,
    "appeal_decided": Topic.OWN,
    "clarification_asked": Topic.OWN,
    "exclusion_proposed": Topic.OWN,
    "merge_suggested": Topic.OWN,
    "proposal_decided": Topic.OWN,
    "proposal_news": Topic.OWN,
    "votes_waiting": Topic.OWN,
    "alert_contact": Topic.OWN,
    "round_opened": Topic.ROUNDS,
    "respond_drawn": Topic.ROUNDS,
    "round_closing": Topic.CLOSING,
    "new_statements": Topic.STATEMENTS,
    "summary_published": Topic.RESULTS,
    "reply_published": Topic.RESULTS,
    "summary_shown": Topic.RESULTS,
    "card_closed": Topic.PARTNERS,
    "charter_asks": Topic.PARTNERS,
    "coalition_formed": Topic.PARTNERS,
    "coalition_invited": Topic.PARTNERS,
    "contact_shared": Topic.PARTNERS,
    "contact_wished": Topic.PARTNERS,
    "engagement_asked": Topic.PARTNERS,
    "introduction_asked": Topic.PARTNERS,
    "introduction_made": Topic.PARTNERS,
    "pulse_due": Topic.PARTNERS,
    "alert_raised": Topic.DUTIES,
    "appeal_made": Topic.DUTIES,
    "extension_asked": Topic.DUTIES,
    "queue_late": Topic.DUTIES,
    "reveal_answered": Topic.DUTIES,
    "reveal_asked": Topic.DUTIES,
    "summary_to_sign": Topic.DUTIES,
}


def topic_of(kind: str) -> Topic:
    """What a message is about; one that nobody has put under a topic is delivered."""
    return KINDS.get(kind, Topic.NECESSARY)
