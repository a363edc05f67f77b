"""A coalition's charter as its partners see it: each clause and its wordings, what would help, who has signed.

What a partner answered is shown to that partner alone; objections leave as reasons, without names or numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app import access
from app.access import Actor
from app.database import fetch, fetchval
from app.refusals import N_
from app.tables.charters import Charter, CharterRenewal
from app.tables.coalitions import Coalition
from deliberation.charters import (
    CLAUSES,
    ChangeSet,
    ClauseStanding,
    ClauseState,
    Consent,
    Wording,
    canonical_text,
    digest_of,
    fewest_changes,
    standings,
)
from deliberation.wordings import Piece, compare_wordings

CLAUSE_NAMES: dict[str, str] = {
    "purpose": N_("Purpose"),
    "principles": N_("Principles"),
    "scope": N_("Scope"),
    "decisions": N_("How we decide"),
    "money": N_("Money"),
    "credit": N_("Credit and rights"),
    "exit": N_("Leaving"),
    "review": N_("Review and end"),
    "dissent": N_("Dissent"),
}
CLAUSE_HINTS: dict[str, str] = {
    "purpose": N_("What you want to have changed, in one sentence each of you would sign."),
    "principles": N_("What you hold to while you work: openness, local lead, equal voice."),
    "scope": N_("Where you work, for whom, and what you leave to others."),
    "decisions": N_("Who decides what, by consent or by vote, and within which time."),
    "money": N_("Who pays what, who holds it, who sees the accounts."),
    "credit": N_("Who is named, who may use results and data."),
    "exit": N_("How a partner leaves, and what stays."),
    "review": N_("What you look at on the review date before you vote on going on."),
    "dissent": N_("How a partner who disagrees says so, and where it is kept."),
}

WORDINGS = """
select w.id, w.clause, w.number, w.words, w.participant from clause_wordings w where w.charter = $1
order by w.clause, w.number
"""
ANSWERS = """
select a.wording, a.participant, a.answer, a.reason from clause_answers a join clause_wordings w on w.id = a.wording
where w.charter = $1 order by a.answered_on, a.id
"""
PARTNERS = "select participant from coalition_seats where coalition = $1 and status = 'accepted'"
SIGNATURES = "select participant, digest, opens from charter_signatures where charter = $1"


@dataclass(frozen=True)
class Version:
    """A charter with all that was written and answered, before anybody looks at it."""

    charter: Charter
    title: str
    partners: frozenset[int]
    rows: tuple[Mapping[str, Any], ...]
    answers: tuple[Mapping[str, Any], ...]
    signatures: tuple[Mapping[str, Any], ...]

    @property
    def wordings(self) -> tuple[Wording, ...]:
        said: dict[UUID, dict[int, Consent]] = {row["id"]: {} for row in self.rows}
        for row in self.answers:
            said[row["wording"]][row["participant"]] = Consent(row["answer"])
        return tuple(Wording(row["clause"], row["number"], said[row["id"]]) for row in self.rows)

    @property
    def standings(self) -> tuple[ClauseStanding, ...]:
        return standings(self.wordings, self.partners)

    @property
    def chosen(self) -> dict[str, str]:
        """The words that stand, by clause; clauses that are not agreed are left out."""
        words = {(row["clause"], row["number"]): row["words"] for row in self.rows}
        return {one.clause: words[one.clause, one.chosen] for one in self.standings if one.chosen is not None}

    @property
    def text(self) -> str | None:
        """What is to be signed; None while a clause or the review date is open. Once signed, the frozen text."""
        if self.charter.status == "signed":
            return str(self.charter.text)
        if self.charter.review_on is None or set(self.chosen) != set(CLAUSES):
            return None
        return canonical_text(
            title=self.title, version=self.charter.version, review_on=self.charter.review_on, words=self.chosen
        )

    def still_to_answer(self, partner: int) -> tuple[str, ...]:
        """Clauses whose words on the table this partner has not answered, in the order of the text."""
        shown = {one.clause: one.shown for one in self.standings}
        known = {(one.clause, one.number): one.answers for one in self.wordings}
        return tuple(
            clause
            for clause in CLAUSES
            if (number := shown[clause]) is not None and partner not in known[clause, number]
        )

    def objects(self, partner: int) -> bool:
        """Whether this partner objects to words that are on the table."""
        shown = {(one.clause, one.shown) for one in self.standings}
        return any(
            (one.clause, one.number) in shown and one.answers.get(partner) is Consent.OBJECT for one in self.wordings
        )

    def has_signed(self, partner: int) -> bool:
        text = self.text
        digest = digest_of(text) if text is not None else None
        return any(row["participant"] == partner and row["digest"] == digest for row in self.signatures)

    @property
    def is_signed_by_all(self) -> bool:
        return self.text is not None and bool(self.partners) and all(self.has_signed(one) for one in self.partners)

    @property
    def is_open(self) -> bool:
        """Whether the public may read it: it is signed, and every signer who is still a partner has said so."""
        signers = [row for row in self.signatures if row["participant"] in self.partners]
        return self.charter.status == "signed" and bool(signers) and all(row["opens"] for row in signers)


async def version_of(charter: Charter) -> Version:
    """The charter with its wordings, answers and signatures, and who its partners are now."""
    title = await fetchval("select title from coalitions where id = $1", charter.coalition)
    return Version(
        charter,
        str(title),
        frozenset(row["participant"] for row in await fetch(PARTNERS, charter.coalition)),
        tuple(await fetch(WORDINGS, charter.id)),
        tuple(await fetch(ANSWERS, charter.id)),
        tuple(await fetch(SIGNATURES, charter.id)),
    )


async def charters_of(coalition: UUID) -> tuple[Charter, ...]:
    """Every version, the latest first."""
    rows = await Charter.objects().where(Charter.coalition == coalition).order_by(Charter.version, ascending=False)
    return tuple(rows)


async def is_partner(actor: Actor, coalition: Coalition) -> bool:
    """Whether the reader has accepted a place in it."""
    return actor.participant is not None and bool(
        await fetchval(
            "select true from coalition_seats where coalition = $1 and participant = $2 and status = 'accepted'",
            coalition.id,
            actor.participant.id,
        )
    )


async def door_of(actor: Actor, coalition: Coalition) -> str | None:
    """What the reader finds behind the link to the charter: none, draft or signed; None where nothing is for them."""
    known = [await version_of(one) for one in await charters_of(coalition.id)]
    if await is_partner(actor, coalition) and (known or coalition.status == "formed"):
        return str(known[0].charter.status) if known else "none"
    return "signed" if any(one.is_open for one in known) else None


# -------- as a partner sees it


@dataclass(frozen=True)
class WordingView:
    """One wording; `pieces` compare it with the words on the table, `reasons` are the objections to it."""

    number: int
    words: str
    pieces: tuple[Piece, ...]
    reasons: tuple[str, ...]
    is_shown: bool
    is_chosen: bool
    own_answer: str
    own_reason: str


@dataclass(frozen=True)
class ClauseView:
    """One clause as it stands; `waits_for_me` means that the reader has not answered the words on the table."""

    code: str
    state: ClauseState
    wordings: tuple[WordingView, ...]
    waits_for_me: bool


@dataclass(frozen=True)
class PartnerView:
    """A partner on the signing sheet, by the name that partners see."""

    name: str
    is_me: bool
    has_signed: bool
    has_answered: bool


@dataclass(frozen=True)
class CharterView:
    """The charter as one partner sees it; `why_not` is the sentence that keeps them from signing, or None."""

    version: Version
    clauses: tuple[ClauseView, ...]
    changes: ChangeSet
    partners: tuple[PartnerView, ...]
    text: str | None
    digest: str
    why_not: str | None
    opens: bool


async def view_of(actor: Actor, version: Version) -> CharterView:
    """The charter as this partner sees it."""
    assert actor.participant is not None
    own = actor.participant.id
    text = version.text
    waiting = version.still_to_answer(own)
    return CharterView(
        version,
        tuple(_clause(version, standing, own, standing.clause in waiting) for standing in version.standings),
        fewest_changes(version.wordings, version.partners),
        await _partners(version, own),
        text,
        digest_of(text) if text is not None else "",
        why_not_sign(version, own),
        any(row["participant"] == own and row["opens"] for row in version.signatures),
    )


NOT_AGREED = N_("The charter can be signed once every clause is agreed and it has a review date.")
NOT_ANSWERED = N_("Please answer every clause first.")
OBJECTS = N_("You object to a clause. Please change your answer first, or write other words.")
SIGNED = N_("You have signed.")


def why_not_sign(version: Version, partner: int) -> str | None:
    """What keeps a partner from signing, or None. Who joins after the freezing signs the text as it is."""
    if version.has_signed(partner):
        return SIGNED
    if version.charter.status == "signed":
        return None
    if version.text is None:
        return NOT_AGREED
    if version.still_to_answer(partner):
        return NOT_ANSWERED
    return OBJECTS if version.objects(partner) else None


def _clause(version: Version, standing: ClauseStanding, own: int, waits: bool) -> ClauseView:
    rows = [row for row in version.rows if row["clause"] == standing.clause]
    shown = next((row["words"] for row in rows if row["number"] == standing.shown), "")
    views = tuple(_wording(version, row, standing, shown, own) for row in rows)
    return ClauseView(standing.clause, standing.state, views, waits)


def _wording(version: Version, row: Mapping[str, Any], standing: ClauseStanding, shown: str, own: int) -> WordingView:
    said = [one for one in version.answers if one["wording"] == row["id"]]
    mine = next((one for one in said if one["participant"] == own), None)
    objections = [one for one in said if one["answer"] == Consent.OBJECT and one["participant"] in version.partners]
    is_shown = row["number"] == standing.shown
    return WordingView(
        row["number"],
        row["words"],
        () if is_shown else compare_wordings(shown, row["words"]),
        tuple(sorted(one["reason"] for one in objections if one["participant"] != own)),
        is_shown,
        row["number"] == standing.chosen,
        mine["answer"] if mine else "",
        mine["reason"] if mine else "",
    )


async def _partners(version: Version, own: int) -> tuple[PartnerView, ...]:
    names = await names_of(sorted(version.partners))
    found = [
        PartnerView(names[one], one == own, version.has_signed(one), not version.still_to_answer(one))
        for one in version.partners
        if one in names
    ]
    return tuple(sorted(found, key=lambda partner: (not partner.is_me, partner.name)))


async def names_of(participants: Sequence[int]) -> dict[int, str]:
    """The names that partners of a formed coalition see of each other; for nobody else."""
    accounts = await access.accounts_of(participants)
    rows = await fetch("select id, name, email from accounts where id = any($1::uuid[])", list(accounts.values()))
    by_account = {row["id"]: row["name"] or row["email"] for row in rows}
    return {one: by_account[account] for one, account in accounts.items() if account in by_account}


# -------- how long it holds


@dataclass(frozen=True)
class Term:
    """Until when a signed charter holds, and whether that day has passed; an open vote on a later day, if there is one.

    own_answer : what the reader said to it; None if nothing yet
    """

    until: date
    is_over: bool
    renewal: CharterRenewal | None
    own_answer: bool | None


async def term_of(actor: Actor, charter: Charter) -> Term | None:
    """How long the signed charter holds; None for a draft."""
    until = charter.renewed_until or charter.review_on
    if charter.status != "signed" or until is None:
        return None
    renewal = (
        await CharterRenewal.objects()
        .where((CharterRenewal.charter == charter.id) & (CharterRenewal.status == "open"))
        .first()
    )
    own = None
    if renewal is not None and actor.participant is not None:
        sql = "select renews from renewal_answers where renewal = $1 and participant = $2"
        own = await fetchval(sql, renewal.id, actor.participant.id)
    return Term(until, until < actor.now.date(), renewal, own)
