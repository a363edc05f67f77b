"""The coalition of the expert meeting at work: a charter that is nearly agreed, and a commitment that is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.access import Actor
from app.actions import backing, charters, commitments
from app.database import fetchval
from app.tables.coalitions import Coalition
from deliberation.charters import Consent

AGREED = (
    ("purpose", "Partnerships that were launched last year still meet, decide and deliver two years from now."),
    ("principles", "We say honestly what does not work. Who lives with the problem speaks first."),
    ("scope", "Five partnerships in three regions; we advise and help, and lead none of them."),
    ("decisions", "By consent, within ten days; silence after a reminder means that one can live with it."),
    ("dissent", "Whoever disagrees writes it down in three sentences, and it stays beside the decision."),
)
MONEY = "Each partner pays its own time, and a quarter of the shared costs."
OBJECTION = "We have no budget line for shared costs before next year; time we can give at once."
MONEY_OTHERWISE = "Each partner pays its own time; shared costs are paid by those who have a budget for them."
CREDIT = "All partners are named in alphabetical order; data stay with those who gave them."

COMMITMENT: dict[str, Any] = {
    "title": "Forty coordinators who keep partnerships going",
    "what": "Forty people who coordinate partnerships finish a course of ten weeks; each is called every month after.",
    "indicator": "Coordinators who still do the work a year after the course",
    "baseline": "About half, as far as anybody has counted",
    "target": "32 of 40",
    "achievable": "The course was tried with forty people last year; the calls need one person, one day a week.",
    "place": "Five partnerships in East Africa, South Asia and the Caribbean",
    "region": "global",
    "role": "scale",
    "beneficiaries": "People who coordinate partnerships, most of them beside another job",
    "monitoring": "A call with each of them after six and twelve months",
    "targets": ["17.9", "17.16", "17.17"],
}
DELIVERABLES = (
    ("The first twenty people have finished the course.", 120),
    ("The second twenty have finished, and all forty are called once a month.", 300),
)
EVIDENCE: tuple[dict[str, Any], ...] = (
    {
        "about": "problem",
        "claim": "Of twelve partnerships of one network, seven had no coordinator any more two years after the launch.",
        "source": "Own count of the network, from minutes and calls",
        "kind": "practice",
        "place": "East Africa",
        "year": 2025,
    },
    {
        "about": "solution",
        "claim": "Of forty people who took the course, thirty-one still coordinated a year later.",
        "source": "Follow-up calls, list with the course's organisers",
        "kind": "measured",
        "place": "South Asia",
        "year": 2026,
    },
)
BARRIER: dict[str, Any] = {
    "kind": "financing",
    "words": "Grants pay for projects and end with them; nobody pays for coordinating between two projects.",
    "place": "",
    "owner_kind": "donor",
    "owner": "",
    "ask": "Let a twentieth of each grant be spent on coordinating, up to two years after the project's end.",
}


async def agree(partners: Sequence[Actor], coalition: Coalition) -> None:
    """Five clauses are agreed, one has an objection and other words beside it, one waits, two have no words yet."""
    first, second, third, *_ = partners
    review_on = first.now.date() + timedelta(days=365)
    await charters.begin(coalition=coalition, review_on=review_on, by=first)
    for clause, words in AGREED:
        await charters.write(coalition=coalition, clause=clause, words=words, by=first)
        for partner in partners[1:]:
            consent = Consent.LIVE_WITH if clause == "decisions" and partner is second else Consent.AGREE
            await charters.answer(coalition=coalition, clause=clause, number=1, consent=consent, by=partner)
    await charters.write(coalition=coalition, clause="money", words=MONEY, by=second)
    await charters.answer(coalition=coalition, clause="money", number=1, consent=Consent.AGREE, by=first)
    await charters.answer(
        coalition=coalition, clause="money", number=1, consent=Consent.OBJECT, reason=OBJECTION, by=third
    )
    await charters.write(coalition=coalition, clause="money", words=MONEY_OTHERWISE, by=third)
    await charters.write(coalition=coalition, clause="credit", words=CREDIT, by=first)


async def undertake(partners: Sequence[Actor], coalition: Coalition) -> None:
    """One commitment is made: two deliverables, a leader's pledge, two claims, and a barrier that was asked about."""
    first, second, *_ = partners
    today = first.now.date()
    given = COMMITMENT | {"starts_on": today, "due_on": today + timedelta(days=365)}
    made = await commitments.draft(coalition=coalition, given=given, by=first)
    here: dict[str, Any] = {"coalition": coalition, "commitment": made}
    for words, days in DELIVERABLES:
        await commitments.add_deliverable(words=words, due_on=today + timedelta(days=days), by=first, **here)
    await commitments.add_resource(
        kind="people", amount=Decimal(50), unit="days", words="two trainers", from_role="a university", by=first, **here
    )
    await commitments.add_resource(
        kind="finance", amount=Decimal(18_000), unit="USD", words="travel", from_role="a foundation", by=second, **here
    )
    await backing.pledge(
        office="Director of the regional office",
        level="director",
        asset="staff",
        words="One person, one day a week, for the monthly calls.",
        due_on=today + timedelta(days=60),
        is_open=False,
        by=second,
        **here,
    )
    for card in EVIDENCE:
        await backing.add_evidence(**card, by=first, **here)
    checked = await fetchval("select id from evidence_cards where commitment = $1 and about = 'solution'", made.id)
    await backing.check_evidence(card=checked, checked_by="A researcher of another partner", by=second, **here)
    await backing.add_barrier(**BARRIER, by=first, **here)
    await commitments.make(by=first, **here)
    await backing.follow_barrier(number=1, what="asked", reply_due=today + timedelta(days=45), by=first, **here)
