"""Doors and checks: who comes in, in what capacity, and what they may do; the one place that opens sealed links.

Controllers and actions get a consultation only as an `Actor`, which has passed the door. Every refusal is one sentence,
shared by the rule, the error page and the disabled button.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.auth import Person
from app.database import execute, fetch, fetchrow, now
from app.refusals import N_, Closed, Denied, FactorAsked, NotFound, NotSignedIn, Refusal
from app.seals import key_for, seal, unseal
from app.tables.alerts import Alert
from app.tables.consultations import Consultation
from app.tables.participants import Participant, ParticipantLink
from app.tables.proposals import Proposal
from app.tables.rounds import Round
from deliberation.disclosure import Attribution
from deliberation.phases import (
    ALLOWED,
    FACTOR_LIFE,
    Action,
    Lifecycle,
    Phase,
    Role,
    Standing,
    State,
    asks_factor,
    could_ever,
    current_round,
    is_allowed,
    state_of,
)

NOT_YOU: dict[Role, str] = {
    Role.PARTICIPANT: N_("Only participants can do this. Please join the consultation first."),
    Role.MODERATOR: N_("Only moderators of this consultation can do this."),
    Role.CURATOR: N_("Only curators of this consultation can do this."),
    Role.CONVENOR: N_("Only convenors can do this."),
    Role.AUDITOR: N_("Only auditors of this consultation can do this."),
    Role.ADMINISTRATOR: N_("Only administrators can do this."),
    Role.VISITOR: N_("You take part or have a role in this consultation already."),
}

NOT_NOW: dict[Action, str] = {
    Action.VOTE: N_("Voting is not open. Your earlier votes are kept."),
    Action.PROPOSE: N_("Proposals are accepted only while a propose round is open."),
    Action.COSPONSOR: N_("Organisations can co-sponsor only while a propose round is open."),
    Action.AMEND: N_("Other wordings can be proposed only while a propose round is open."),
    Action.ANSWER_AMENDMENT: N_("A wording can be answered only while a propose round is open. All stays as it is."),
    Action.SUGGEST_MERGE: N_("Statements can be merged only while a propose round is open."),
    Action.ANSWER_MERGE: N_("A merge can be answered only while a propose round is open. Both statements stay."),
    Action.ANSWER_CLARIFICATION: N_(
        "A question can be answered only while a propose round is open. Your words are kept."
    ),
    Action.APPEAL: N_("An appeal can be made only while the consultation runs."),
    Action.JOIN: N_("This consultation does not take new participants at the moment."),
    Action.RESPOND: N_("Responses are accepted only while a respond round is open."),
    Action.CURATE: N_("The slate can be curated only while a curate round is open."),
    Action.SIGN_SLATE: N_("The slate can be signed only while its curate round is open."),
    Action.SEE_RESULTS: N_("Results open when the round has closed."),
    Action.SEE_SLATES: N_("The slates can be seen once the curators have published theirs."),
    Action.SEE_COALITIONS: N_("Coalitions start from a published slate."),
    Action.OFFER_WORK: N_("You can offer to work on a proposal once a slate has been published."),
    Action.TRANSLATE: N_("Translations can be written while the consultation runs."),
    Action.KEEP_GLOSSARY: N_("The glossary can be changed while the consultation runs."),
    Action.KEEP_CARD: N_("A card can be written from the launch of the consultation until it is archived."),
    Action.SHARE_CONTACT: N_("Contacts can be shared once a slate has been published."),
    Action.AGREE_CHARTER: N_("This consultation is archived: its charters stay as they are."),
    Action.COMMIT: N_("This consultation is archived: its commitments stay as they are."),
    Action.REPORT: N_("This consultation is archived: its pulses stay as they are."),
    Action.KEEP_ROSTER: N_("This consultation is archived: its roster stays as it is."),
    Action.CHECK_ROSTER: N_("This consultation is archived: its roster stays as it is."),
    Action.ENGAGE: N_("This consultation is archived: its engagements stay as they are."),
    Action.SEE_POWER: N_("The power balance can be seen once the round has closed."),
    Action.CONFIGURE: N_("Drafts can be edited only before the consultation is launched; later rounds also after."),
    Action.WRITE_STARTER: N_("Starter proposals can be written only before the propose round opens."),
}
GENERAL_NOT_NOW = N_("This is not possible at this point of the consultation.")
ANOTHER_ROUND = N_("You are appointed as curator of another round.")
REMOVED = N_("You are not a curator of this round any more. What you saved is kept.")
CURATING = frozenset({Action.CURATE, Action.SIGN_SLATE})
"""What curators do in the round that they are appointed for."""
CLOSING = frozenset(
    {
        Action.VOTE,
        Action.PROPOSE,
        Action.COSPONSOR,
        Action.AMEND,
        Action.ANSWER_AMENDMENT,
        Action.SUGGEST_MERGE,
        Action.ANSWER_MERGE,
        Action.ANSWER_CLARIFICATION,
        Action.RESPOND,
        Action.CURATE,
        Action.SIGN_SLATE,
    }
)
"""Actions that end at a deadline: one that comes too late is answered with 410 and what was typed."""


@dataclass(frozen=True)
class Actor:
    """Somebody at work in one consultation: who, in what roles, and what the clock says about its rounds."""

    consultation: Consultation
    rounds: tuple[Round, ...]
    now: datetime
    roles: frozenset[Role]
    person: Person | None = None
    participant: Participant | None = None
    is_system: bool = False
    curated: frozenset[int] = frozenset()
    """Numbers of the rounds that they are appointed for as curator; empty for all of them."""

    @property
    def state(self) -> State:
        return state_of(Lifecycle(self.consultation.lifecycle), [item.times for item in self.rounds], self.now)

    @property
    def round(self) -> Round | None:
        """The round that decides what is open now."""
        index = current_round([item.times for item in self.rounds], self.now)
        return None if index is None else self.rounds[index]

    @property
    def is_open(self) -> bool:
        return self.state.endswith(f":{Standing.OPEN}")

    def last_closed(self, phase: Phase) -> Round | None:
        """The latest round of this phase that is over."""
        closed = [item for item in self.rounds if item.phase == phase and item.closes_at <= self.now]
        return closed[-1] if closed else None

    def may(self, action: Action) -> bool:
        if self.is_system:
            return True
        return is_allowed(action, self._roles_for(action), self.state) and not self._is_kept_back(action)

    def _roles_for(self, action: Action) -> frozenset[Role]:
        """A curator of other rounds is none in this one."""
        is_elsewhere = bool(self.curated) and (self.round is None or self.round.number not in self.curated)
        return self.roles - {Role.CURATOR} if action in CURATING and is_elsewhere else self.roles

    def _is_kept_back(self, action: Action) -> bool:
        """Under the Chatham House Rule nobody sees results before a round of proposals has closed."""
        return (
            action is Action.SEE_RESULTS
            and self.state == f"{Phase.PROPOSE}:{Standing.OPEN}"
            and self.consultation.attribution == Attribution.CHATHAM_HOUSE
            and not self.consultation.is_imported
            and self.last_closed(Phase.PROPOSE) is None
        )

    def check(self, action: Action) -> None:
        """Raises the refusal that fits: not signed in, not you, not now, or a moment too late."""
        if not self.may(action):
            raise self.refusal(action)

    def asks_factor(self, action: Action, *, is_write: bool = True) -> bool:
        """Whether they will be asked for a code of their second factor before they do this."""
        return asks_factor(action, is_write=is_write) and is_stale(self.person, self.now)

    def check_factor(self, action: Action, *, is_write: bool = True) -> None:
        """Raises FactorAsked where a fresh code is asked for first."""
        if self.asks_factor(action, is_write=is_write):
            raise FactorAsked

    def refusal(self, action: Action) -> Refusal:
        others = [role for role in Role if ALLOWED[action][role] and role is not Role.VISITOR]
        if not could_ever(action, self.roles):
            if self.person is None and others:
                return NotSignedIn(N_("Please sign in first."))
            return Denied(NOT_YOU[others[0] if others else Role.VISITOR])
        if is_allowed(action, self.roles, self.state) and not is_allowed(action, self._roles_for(action), self.state):
            return Denied(ANOTHER_ROUND)
        sentence = NOT_NOW.get(action, GENERAL_NOT_NOW)
        return Closed(sentence) if self._is_too_late(action) else Denied(sentence)

    def _is_too_late(self, action: Action) -> bool:
        """Whether a round is over in which the action was open to these roles: also when the next one has begun."""
        over = {f"{item.phase}:{Standing.OPEN}" for item in self.rounds if item.closes_at <= self.now}
        is_running = self.consultation.lifecycle == Lifecycle.RUNNING
        return is_running and action in CLOSING and any(is_allowed(action, self.roles, state) for state in over)

    def why_not(self, action: Action) -> str | None:
        """The sentence with which the action would be refused, or None."""
        return None if self.may(action) else self.refusal(action).message

    @property
    def label(self) -> str:
        """How the audit log names the actor: staff by role and a keyed short code, participants by role alone."""
        if self.is_system:
            return "system"
        staff = [
            role
            for role in (Role.CONVENOR, Role.MODERATOR, Role.CURATOR, Role.AUDITOR, Role.ADMINISTRATOR)
            if role in self.roles
        ]
        if staff and self.person is not None:
            return f"{staff[0]}:{short_code(self.person.id)}"
        return str(Role.PARTICIPANT if Role.PARTICIPANT in self.roles else Role.VISITOR)


def short_code(account: UUID) -> str:
    """A keyed code by which one account's acts can be told from another's, without naming it."""
    return hmac.new(key_for("audit"), str(account).encode(), hashlib.sha256).hexdigest()[:8]


def curator_code(round_id: UUID, account: UUID) -> str:
    """Who somebody is as a curator of one round: their interests and scores stand under it, and lead to no account."""
    return hmac.new(key_for("curator"), round_id.bytes + account.bytes, hashlib.sha256).hexdigest()


async def curator_codes(item: Round) -> frozenset[str]:
    """The codes of everybody who curates this round now: its convenors, and the curators appointed for it."""
    rows = await fetch(
        "select account from memberships where consultation = $1 and (role = 'convenor' or role = 'curator' "
        "and (rounds = '{}' or $2 = any(rounds)))",
        item.consultation,
        item.number,
    )
    return frozenset(curator_code(item.id, row["account"]) for row in rows)


async def _has_curated(round_id: UUID, account: UUID) -> bool:
    sql = "select 1 from curator_declarations where round = $1 and curator = $2"
    return await fetchrow(sql, round_id, curator_code(round_id, account)) is not None


def is_stale(person: Person | None, moment: datetime) -> bool:
    """Whether somebody who has a second factor has not given a code of it lately. Who has none is asked for none."""
    if person is None or not person.has_factor:
        return False
    return person.factor_at is None or moment - person.factor_at > FACTOR_LIFE


async def enter(person: Person | None, slug: str, action: Action, *, is_write: bool = False) -> Actor:
    """The door to a consultation: an Actor who may do this. Raises NotFound for what the person may not know of."""
    actor = await approach(person, slug)
    await check_still(actor, action)
    actor.check_factor(action, is_write=is_write)
    return actor


async def check_still(actor: Actor, action: Action) -> None:
    """Raises the refusal that fits; who has curated in this round and is removed is told so."""
    if action in CURATING and not actor.may(action) and actor.state == f"{Phase.CURATE}:{Standing.OPEN}":
        item, person = actor.round, actor.person
        if item is not None and person is not None and await _has_curated(item.id, person.id):
            raise Denied(REMOVED)
    actor.check(action)


async def as_now(actor: Actor) -> Actor:
    """The same person with the roles of this moment, for what must not outlive an appointment."""
    roles, curated = await _roles(actor.consultation.id, actor.person)
    return replace(actor, roles=roles, curated=curated)


async def approach(person: Person | None, slug: str) -> Actor:
    """The same without a check of the action, for pages that show different things to different people."""
    found = None
    if slug.isprintable() and len(slug) <= MAX_SLUG:
        found = await Consultation.objects().where(Consultation.slug == slug).first()
    if found is None:
        raise NotFound
    actor = await actor_in(found, person)
    if not actor.may(Action.SEE_CONSULTATION):
        raise NotFound
    return actor


async def actor_in(consultation: Consultation, person: Person | None) -> Actor:
    """The person as they stand in this consultation at this moment of the database's clock."""
    rounds = await Round.objects().where(Round.consultation == consultation.id).order_by(Round.number)
    roles, curated = await _roles(consultation.id, person)
    participant = None
    if Role.PARTICIPANT in roles and person is not None:
        participant = await participant_of(consultation.id, person.id)
    return Actor(consultation, tuple(rounds), await now(), roles, person, participant, curated=curated)


async def system_actor(consultation_id: UUID) -> Actor:
    """The reserved actor under which jobs and the command line act."""
    found = await Consultation.objects().where(Consultation.id == consultation_id).first()
    if found is None:
        raise NotFound
    return replace(await actor_in(found, None), is_system=True, roles=frozenset())


async def _roles(consultation_id: UUID, person: Person | None) -> tuple[frozenset[Role], frozenset[int]]:
    """The roles of a person, and the rounds that their being a curator is limited to."""
    if person is None:
        return frozenset({Role.VISITOR}), frozenset()
    rows = await fetch(
        "select role, rounds from memberships where consultation = $1 and account = $2", consultation_id, person.id
    )
    roles = {Role(row["role"]) for row in rows}
    if person.is_administrator:
        roles.add(Role.ADMINISTRATOR)
    curated = frozenset(number for row in rows if row["role"] == Role.CURATOR for number in row["rounds"])
    return frozenset(roles or {Role.VISITOR}), curated


async def check_site(person: Person | None, action: Action, *, is_write: bool = False) -> None:
    """The door to what concerns no single consultation."""
    _check_site_roles(person, action)
    if asks_factor(action, is_write=is_write) and is_stale(person, await now()):
        raise FactorAsked


def _check_site_roles(person: Person | None, action: Action) -> None:
    roles = {Role.VISITOR}
    if person is not None:
        roles = {Role.PARTICIPANT}
        if person.may_convene:
            roles.add(Role.CONVENOR)
        if person.is_administrator:
            roles.add(Role.ADMINISTRATOR)
    if is_allowed(action, roles, Lifecycle.DRAFT.value):
        return
    if person is None:
        raise NotSignedIn(N_("Please sign in first."))
    others = [role for role in Role if ALLOWED[action][role] and role is not Role.VISITOR]
    raise Denied(NOT_YOU[others[0]] if others else GENERAL_NOT_NOW)


MAX_SLUG = 60
MAX_NUMBER = 2**31 - 1
"""The largest number that a column holds; addresses may carry any."""


def speaks_for(actor: Actor, proposal: Proposal) -> bool:
    """Whether this person answers for the statement: its author, or the convenor for one without an author.

    For what was noted in the room, moderators answer too: one of them may have written it down.
    """
    if proposal.consultation != actor.consultation.id:
        return False
    if proposal.author is None:
        return Role.CONVENOR in actor.roles or (proposal.is_noted and Role.MODERATOR in actor.roles)
    return actor.participant is not None and proposal.author == actor.participant.id


async def proposal_for(actor: Actor, number: int) -> Proposal:
    """The proposal people quote by this number, if the actor may see it."""
    if not 0 <= number <= MAX_NUMBER:
        raise NotFound
    found = (
        await Proposal.objects()
        .where((Proposal.consultation == actor.consultation.id) & (Proposal.number == number))
        .first()
    )
    staff = actor.is_system or bool(actor.roles & {Role.MODERATOR, Role.CONVENOR, Role.AUDITOR, Role.CURATOR})
    if found is None:
        raise NotFound
    is_own = actor.participant is not None and found.author == actor.participant.id
    if found.status not in {"accepted", "merged"} and not staff and not is_own:
        raise NotFound
    return found


async def alert_for(actor: Actor, number: UUID) -> Alert:
    """The alert, if it is of this consultation."""
    found = await Alert.objects().where((Alert.id == number) & (Alert.consultation == actor.consultation.id)).first()
    if found is None:
        raise NotFound
    return found


# --- the sealed link between an account and a participant -------------------------------------------------------------


def _account_key(consultation: UUID, account: UUID) -> bytes:
    return hmac.new(key_for("account"), consultation.bytes + account.bytes, hashlib.sha256).digest()


def _participant_key(participant: int) -> bytes:
    return hmac.new(key_for("participant"), str(participant).encode(), hashlib.sha256).digest()


def new_participant_id() -> int:
    """A random pseudonym; 52 bits, so that it survives every program that reads numbers as floats."""
    return secrets.randbits(52) + 1


def sealed_link(consultation: UUID, account: UUID, participant: int) -> ParticipantLink:
    """The row that links an account to a participant, unsaved; it tells nothing to whoever lacks the key."""
    account_key, participant_key = _account_key(consultation, account), _participant_key(participant)
    return ParticipantLink(
        consultation=consultation,
        account_key=account_key,
        participant_key=participant_key,
        sealed_participant=seal("to participant", str(participant), account_key),
        sealed_account=seal("to account", str(account), participant_key),
    )


async def participant_of(consultation: UUID, account: UUID) -> Participant | None:
    """The participant that an account is in a consultation."""
    key = _account_key(consultation, account)
    row = await fetchrow("select sealed_participant from participant_links where account_key = $1", key)
    if row is None:
        return None
    number = int(unseal("to participant", bytes(row["sealed_participant"]), key))
    return await Participant.objects().where(Participant.id == number).first()


async def sever(consultation: UUID, account: UUID) -> None:
    """Nothing leads from the account to its participant any more, nor back; it cannot be undone."""
    await execute("delete from participant_links where account_key = $1", _account_key(consultation, account))


async def accounts_of(participants: Iterable[int]) -> dict[int, UUID]:
    """The accounts behind participants, to send them what concerns them; never shown to anybody."""
    keys = {_participant_key(number): number for number in participants}
    rows = await fetch(
        "select participant_key, sealed_account from participant_links where participant_key = any($1::bytea[])",
        list(keys),
    )
    found: dict[int, UUID] = {}
    for row in rows:
        key = bytes(row["participant_key"])
        found[keys[key]] = UUID(unseal("to account", bytes(row["sealed_account"]), key))
    return found
