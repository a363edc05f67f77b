"""What Plenary holds of one person: where it stands, what they get of it, and what becomes of it when they leave.

`PARTS` is the one list: the file a person downloads is read from it, erasing goes through it, and a test compares it
with every column of the database that leads to a person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from app import access
from app.database import fetch, now
from app.refusals import N_
from app.tables.accounts import Account


class Whose(StrEnum):
    """What a column says of a person."""

    ACCOUNT = "account"
    PARTICIPANT = "participant"
    EMAIL = "email"


class Fate(StrEnum):
    """What becomes of the rows when the person erases themselves."""

    ERASED = "erased"
    """They are gone."""
    UNLINKED = "unlinked"
    """They stay in totals and texts under a code; what led from the code to the person is gone."""
    EMPTIED = "emptied"
    """The row stays, for others refer to it, without anything that says who it was."""


@dataclass(frozen=True)
class Part:
    """One column that leads to a person. `sql` reads what they get, with the person's key as $1; none if it is said
    elsewhere in the file or says nothing that is not theirs already."""

    table: str
    column: str
    whose: Whose
    fate: Fate
    title: str = ""
    sql: str = ""


A, P, E = Whose.ACCOUNT, Whose.PARTICIPANT, Whose.EMAIL
ERASED, UNLINKED, EMPTIED = Fate.ERASED, Fate.UNLINKED, Fate.EMPTIED

PARTS = (
    Part(
        "accounts",
        "email",
        E,
        EMPTIED,
        N_("Account"),
        "select email, name, locale, zone, created_at from accounts where email = $1",
    ),
    Part(
        "messages",
        "to",
        E,
        ERASED,
        N_("Messages"),
        'select kind, subject, text, status, created_at, sent_at from messages where "to" = $1 order by created_at',
    ),
    Part(
        "invitations",
        "email",
        E,
        ERASED,
        N_("Invitations"),
        "select c.title as consultation, i.constituency, i.created_at, i.used_at, i.declined_at from invitations i "
        "join consultations c on c.id = i.consultation where i.email = $1 order by i.created_at",
    ),
    Part(
        "unsent_forms",
        "account",
        A,
        ERASED,
        N_("What was sent after a session had ended"),
        "select path, created_at from unsent_forms where account = $1 order by created_at",
    ),
    Part(
        "message_settings",
        "account",
        A,
        ERASED,
        N_("How messages are wanted"),
        "select topic, delivery from message_settings where account = $1 order by topic",
    ),
    Part("sign_in_codes", "email", E, ERASED),
    Part(
        "sessions",
        "account",
        A,
        ERASED,
        N_("Signed-in browsers"),
        "select created_at, seen_at, expires_at, factor_at from sessions where account = $1 order by created_at",
    ),
    Part(
        "second_factors",
        "account",
        A,
        ERASED,
        N_("Second factor"),
        "select created_at, enabled_at from second_factors where account = $1",
    ),
    Part(
        "recovery_codes",
        "account",
        A,
        ERASED,
        N_("Recovery codes"),
        "select used_at from recovery_codes where account = $1 order by used_at nulls last",
    ),
    Part(
        "factor_removals",
        "account",
        A,
        ERASED,
        N_("Removal of my second factor asked for"),
        "select reason, asked_at from factor_removals where account = $1",
    ),
    Part(
        "factor_removals",
        "asked_by",
        A,
        ERASED,
        N_("Removals of second factors I asked for"),
        "select reason, asked_at from factor_removals where asked_by = $1 order by asked_at",
    ),
    Part(
        "memberships",
        "account",
        A,
        ERASED,
        N_("Roles"),
        "select c.title as consultation, m.role from memberships m join consultations c on c.id = m.consultation "
        "where m.account = $1 order by c.title, m.role",
    ),
    Part(
        "slate_signatures",
        "account",
        A,
        EMPTIED,
        N_("Signatures under slates"),
        "select c.title as consultation, s.role, s.signed_at from slate_signatures s "
        "join curated_slates l on l.id = s.slate join consultations c on c.id = l.consultation where s.account = $1",
    ),
    Part(
        "summary_signatures",
        "account",
        A,
        EMPTIED,
        N_("Signatures under summaries"),
        "select c.title as consultation, s.signed_at from summary_signatures s "
        "join summaries y on y.id = s.summary join consultations c on c.id = y.consultation where s.account = $1",
    ),
    Part(
        "alerts",
        "decided_by",
        A,
        EMPTIED,
        N_("Alerts I decided on"),
        "select c.title as consultation, a.decision, a.decided_at from alerts a "
        "join consultations c on c.id = a.consultation where a.decided_by = $1",
    ),
    Part(
        "extensions",
        "asked_by",
        A,
        EMPTIED,
        N_("Extensions I asked for"),
        "select e.reason, e.asked_at from extensions e where e.asked_by = $1",
    ),
    Part(
        "exclusion_steps",
        "account",
        A,
        EMPTIED,
        N_("Exclusions I decided on"),
        "select step, role, words, taken_at from exclusion_steps where account = $1 order by taken_at",
    ),
    Part("exclusion_objections", "answered_by", A, EMPTIED),
    Part(
        "translations",
        "account",
        A,
        EMPTIED,
        N_("Translations I wrote in an office"),
        "select p.number as statement, t.language, t.text, t.status from translations t "
        "join proposals p on p.id = t.proposal where t.account = $1 order by t.id",
    ),
    Part(
        "reveals",
        "asked_by",
        A,
        EMPTIED,
        N_("Reveals of an author I asked for"),
        "select cause, words, asked_at, is_confirmed from reveals where asked_by = $1 order by asked_at",
    ),
    Part(
        "reveals",
        "answered_by",
        A,
        EMPTIED,
        N_("Reveals of an author I decided on"),
        "select cause, answer, law, answered_at, is_confirmed from reveals where answered_by = $1 order by answered_at",
    ),
    Part(
        "participants",
        "id",
        P,
        UNLINKED,
        N_("As what I take part"),
        "select q.constituency, o.name as organisation, q.mandate, q.region, q.language, q.reads, q.gender, "
        "q.joined_on, q.has_objected, q.consent, q.consented_on from participants q "
        "left join organisations o on o.id = q.organisation where q.id = $1",
    ),
    Part(
        "proposals",
        "author",
        P,
        UNLINKED,
        N_("Statements"),
        "select number, statement, details, status, reason_code, reason, submitted_on, "
        "(select a.reason from appeals a where a.proposal = p.id) as appeal, "
        "array(select c.answer from clarifications c where c.proposal = p.id and c.answer <> '' order by c.asked_at) "
        "as answers_to_moderators, (select jsonb_agg(jsonb_build_object('cause', r.cause, 'reason', r.words, 'on', "
        "r.answered_at::date)) from reveals r where r.proposal = p.id and r.is_confirmed and r.law = '') "
        "as author_told_to_two_persons from proposals p where author = $1 order by number",
    ),
    Part(
        "votes",
        "participant",
        P,
        UNLINKED,
        N_("Votes"),
        "select p.number as statement, v.choice, v.matters, v.language as seen_in from votes v "
        "join proposals p on p.id = v.proposal where v.participant = $1 order by p.number",
    ),
    Part(
        "earlier_votes",
        "participant",
        P,
        UNLINKED,
        N_("Votes of earlier rounds that I changed since"),
        "select p.number as statement, v.choice from earlier_votes v join proposals p on p.id = v.proposal "
        "where v.participant = $1 order by p.number",
    ),
    Part("packed_votes", "participant", P, UNLINKED),
    Part(
        "vote_carries",
        "participant",
        P,
        UNLINKED,
        N_("Votes I was asked to carry to other words"),
        "select p.number as statement, v.answer from vote_carries v join proposals p on p.id = v.proposal "
        "where v.participant = $1 order by p.number",
    ),
    Part(
        "showings",
        "participant",
        P,
        UNLINKED,
        N_("Statements I was shown"),
        "select p.number as statement, s.reason, s.is_set_aside from showings s join proposals p on p.id = s.proposal "
        "where s.participant = $1 order by p.number",
    ),
    Part(
        "responses",
        "participant",
        P,
        UNLINKED,
        N_("Responses to slates"),
        "select r.number as round, s.represents, s.can_live_with, s.sentence from responses s "
        "join rounds r on r.id = s.round where s.participant = $1 order by r.number",
    ),
    Part(
        "cosponsors",
        "participant",
        P,
        UNLINKED,
        N_("Statements I co-sponsor for my organisation"),
        "select p.number as statement, o.name as organisation from cosponsors s "
        "join proposals p on p.id = s.proposal join organisations o on o.id = s.organisation where s.participant = $1",
    ),
    Part(
        "flags",
        "participant",
        P,
        ERASED,
        N_("Statements I asked a moderator to look at"),
        "select p.number as statement, f.reason_code, f.note from flags f join proposals p on p.id = f.proposal "
        "where f.participant = $1 order by p.number",
    ),
    Part(
        "amendments",
        "participant",
        P,
        UNLINKED,
        N_("Other words I proposed"),
        "select p.number as statement, a.statement as words, a.reason, a.status from amendments a "
        "join proposals p on p.id = a.proposal where a.participant = $1 order by a.created_at",
    ),
    Part(
        "translations",
        "participant",
        P,
        UNLINKED,
        N_("Translations and simpler words I wrote"),
        "select p.number as statement, t.language, t.text, t.status from translations t "
        "join proposals p on p.id = t.proposal where t.participant = $1 order by t.id",
    ),
    Part(
        "objections",
        "participant",
        P,
        UNLINKED,
        N_("Objections to summaries"),
        "select passage, reason, answer, said from objections where participant = $1",
    ),
    Part(
        "exclusion_objections",
        "participant",
        P,
        UNLINKED,
        N_("Objections to the exclusion of votes"),
        "select words, answer, written_at from exclusion_objections where participant = $1",
    ),
    Part("alerts", "participants", P, UNLINKED),
    Part("exclusions", "participants", P, UNLINKED),
    Part("samples", "participants", P, UNLINKED),
    Part(
        "work_offers",
        "participant",
        P,
        ERASED,
        N_("What I would work on"),
        "select p.number as statement, w.brings from work_offers w join proposals p on p.id = w.proposal "
        "where w.participant = $1 order by p.number",
    ),
    Part(
        "coalition_seats",
        "participant",
        P,
        UNLINKED,
        N_("Coalitions"),
        "select c.number, c.title, s.status, s.answered_at from coalition_seats s "
        "join coalitions c on c.id = s.coalition where s.participant = $1 and s.status <> 'drafted' order by c.number",
    ),
    Part("line_up_steps", "comes", P, UNLINKED),
    Part("line_up_steps", "goes", P, UNLINKED),
    Part("line_up_seats", "participant", P, UNLINKED),
    Part(
        "cards",
        "participant",
        P,
        ERASED,
        N_("My card"),
        "select c.must_get, c.motivation, c.region, c.place, c.goals, c.targets, c.refused_constituencies, "
        "c.refused_terms, c.required_terms, c.red_lines, c.open_parts, "
        "(select jsonb_agg(o.name order by o.name) from organisations o where o.id = any(c.refused_organisations)) "
        "as refused_organisations, "
        "(select jsonb_agg(jsonb_build_object('side', r.side, 'kind', r.kind, 'capacity', r.capacity, 'sentence', "
        "r.sentence, 'cause', r.cause) order by r.side, r.kind) from card_rows r where r.card = c.id) as rows "
        "from cards c where c.participant = $1",
    ),
    Part(
        "contact_wishes",
        "participant",
        P,
        ERASED,
        N_("Partners I would share my contact with"),
        "select is_willing, lapses_at, shared_at from contact_wishes where participant = $1",
    ),
    Part("contact_wishes", "partner", P, ERASED),
    Part(
        "clause_wordings",
        "participant",
        P,
        UNLINKED,
        N_("Words of charters I wrote"),
        "select clause, words, created_at from clause_wordings where participant = $1 order by created_at",
    ),
    Part(
        "clause_answers",
        "participant",
        P,
        UNLINKED,
        N_("Answers to clauses of charters"),
        "select w.clause, a.answer, a.reason, a.answered_on from clause_answers a "
        "join clause_wordings w on w.id = a.wording where a.participant = $1",
    ),
    Part(
        "charter_signatures",
        "participant",
        P,
        UNLINKED,
        N_("Charters I signed"),
        "select digest, opens, signed_on from charter_signatures where participant = $1",
    ),
    Part(
        "renewal_answers",
        "participant",
        P,
        UNLINKED,
        N_("Answers to renewals of charters"),
        "select n.until, a.renews from renewal_answers a join charter_renewals n on n.id = a.renewal "
        "where a.participant = $1",
    ),
    Part(
        "pledges",
        "participant",
        P,
        UNLINKED,
        N_("Pledges"),
        "select office, level, asset, words, due_on, status from pledges where participant = $1",
    ),
    Part(
        "evidence_cards",
        "participant",
        P,
        UNLINKED,
        N_("Evidence I gave"),
        "select claim, source, kind, place, year from evidence_cards where participant = $1",
    ),
    Part(
        "pulses",
        "participant",
        P,
        UNLINKED,
        N_("Pulses I wrote"),
        "select value, story, obstacle_words, ask, minutes, sent_at from pulses where participant = $1",
    ),
    Part(
        "pulse_marks",
        "participant",
        P,
        UNLINKED,
        N_("How well I found that we work together"),
        "select mark from pulse_marks where participant = $1",
    ),
    Part("pulse_reminders", "participant", P, ERASED),
    Part("peer_introductions", "asking", P, UNLINKED),
    Part("peer_introductions", "answering", P, UNLINKED),
    Part(
        "roster_entries",
        "participant",
        P,
        ERASED,
        N_("My entry in the roster"),
        "select name, services, about, languages, fee, amount, currency, funder, conflicts, status "
        "from roster_entries where participant = $1",
    ),
    Part("engagements", "asked_by", P, UNLINKED),
)


@dataclass(frozen=True)
class Held:
    """How many rows of one part there are."""

    title: str
    n: int
    fate: Fate


@dataclass(frozen=True)
class Seat:
    """One consultation a person takes part in."""

    consultation: UUID
    slug: str
    title: str
    participant: int


async def seats_of(account: UUID) -> tuple[Seat, ...]:
    """Where the person takes part; only this person's own request may ask."""
    rows = await fetch(
        "select distinct c.id, c.slug, c.title from memberships m join consultations c on c.id = m.consultation "
        "where m.account = $1 order by c.title",
        account,
    )
    found = [(row, await access.participant_of(row["id"], account)) for row in rows]
    return tuple(Seat(row["id"], row["slug"], row["title"], one.id) for row, one in found if one is not None)


async def held(person: Account) -> dict[str, tuple[Held, ...]]:
    """How much there is, by consultation; "" is what belongs to none."""
    everything = await _everything(person)
    fates = {part.title: part.fate for part in PARTS}
    return {
        place: tuple(Held(title, len(rows), fates[title]) for title, rows in parts.items() if rows)
        for place, parts in everything.items()
    }


async def package(person: Account) -> dict[str, Any]:
    """Everything as plain values, for the person's own file."""
    everything = await _everything(person)
    return {
        "of": person.email,
        "made_at": (await now()).isoformat(timespec="seconds"),
        "account": everything.pop(""),
        "consultations": everything,
    }


async def _everything(person: Account) -> dict[str, dict[str, list[dict[str, Any]]]]:
    found = {"": await _rows({A: "$1::uuid", E: "$2::varchar"}, person.id, person.email)}
    for seat in await seats_of(person.id):
        found[seat.title] = await _rows({P: "$1::bigint"}, seat.participant)
    return found


async def _rows(places: Mapping[Whose, str], *keys: Any) -> dict[str, list[dict[str, Any]]]:
    """What each part holds, read by one query."""
    parts = [part for part in PARTS if part.sql and part.whose in places]
    # Put together from the list above; what a person typed comes as a value only.
    asked = " union all ".join(
        f"select {n} as part, (select jsonb_agg(q) from ({part.sql.replace('$1', places[part.whose])}) q) as rows"  # noqa: S608  constants
        for n, part in enumerate(parts)
    )
    return {parts[row["part"]].title: json.loads(row["rows"] or "[]") for row in await fetch(asked, *keys)}
