"""Respond rounds: what is asked, what a participant has answered, and what all answers say after the close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.access import Actor
from app.analysis import curation, results_words
from app.analysis.curation import Draft, Frozen
from app.analysis.curation_page import stance_words
from app.analysis.results import BETWEEN, CONSTITUENCY, GROUP, STAFF, Gate
from app.database import fetch, fetchrow, fetchval
from app.language import gettext
from app.refusals import N_
from app.tables.rounds import Round
from deliberation.certificates import AuditedCertificate, audit_certificate
from deliberation.disclosure import Released, ReleasedRow, ReleasedShare, Row, release
from deliberation.disclosure_rules import DEFAULT
from deliberation.holdings import Stance
from deliberation.phases import Phase
from deliberation.votes import SIGN, Choice, VoteMatrix

QUESTIONS = ("represents", "can_live_with")
FEWEST_ANSWERS = DEFAULT.fewest_public
"""Answers of a group or constituency that its objection needs, so that whatever decides can be shown to everybody."""
ADOPTION_RULE = N_(
    "The slate is adopted if more participants can live with its reasons than cannot, overall and in every opinion "
    "group and constituency with at least %(n)s answers. Otherwise it goes back to the curators."
)
ADOPTION_RULE_SMALL = N_(
    "The slate is adopted if more participants can live with its reasons than cannot. Otherwise it goes back to the "
    "curators."
)


@dataclass(frozen=True)
class Asked:
    """One statement of a respond round. `choice` is the participant's vote, "" where there is none yet."""

    id: int
    number: int
    text: str
    language: str
    is_starter: bool
    is_on_slate: bool
    choice: str
    matters: bool


@dataclass(frozen=True)
class Answer:
    """A participant's overall answer."""

    represents: str
    can_live_with: str
    sentence: str


@dataclass(frozen=True)
class Line:
    """How one question was answered, by everybody or by a part of them, in released words."""

    label: str
    letter: str | None
    yes: str
    no: str
    unsure: str


@dataclass(frozen=True)
class Question:
    """One overall question with its answers. `words` is all that a small room is told."""

    code: str
    everybody: Line | None
    words: str
    parts: tuple[Line, ...]


@dataclass(frozen=True)
class Result:
    """What a closed respond round said.

    outcome : "adopted", "returned" or "too_few"
    objecting : groups and constituencies that kept it from being adopted
    audited : sentence of the audit, where enough answered for one
    """

    questions: tuple[Question, ...]
    outcome: str
    objecting: tuple[str, ...]
    rule: str
    response: ReleasedShare
    audited: str
    sentences: tuple[str, ...]


ITEMS = """
select p.id, p.number, p.statement, p.language, p.is_starter, coalesce(v.choice, '') as choice,
       coalesce(v.matters, false) as matters
from proposals p left join votes v on v.proposal = p.id and v.participant = $2
where p.id = any($1::int[]) and p.status = 'accepted'
"""


def listed(draft: Draft) -> tuple[list[int], list[int]]:
    """Statements of a published slate, and of the left-out stances that block most, as fixed when it was published."""
    items = list(dict.fromkeys(stance.statement_id for stance in draft.stances))
    challengers = [row["statement_id"] for row in draft.report.get("challengers", ())]
    return items, [item for item in challengers if item not in items]


async def slate_of(actor: Actor, item: Round | None = None) -> Draft | None:
    """The published slate that a respond round (the current one) is about."""
    return await curation.published_before(actor, item or actor.round)


async def asked_about(actor: Actor) -> tuple[Asked, ...]:
    """What the open respond round asks this participant: the slate's items, then at most 20 left-out statements."""
    draft = await slate_of(actor)
    if draft is None or actor.participant is None:
        return ()
    items, challengers = listed(draft)
    rows = await fetch(ITEMS, [*items, *challengers], actor.participant.id)
    found = {row["id"]: row for row in rows}
    return tuple(
        Asked(
            one,
            found[one]["number"],
            found[one]["statement"],
            found[one]["language"],
            found[one]["is_starter"],
            one in items,
            found[one]["choice"],
            found[one]["matters"],
        )
        for one in (*items, *challengers)
        if one in found
    )


async def answer_of(actor: Actor) -> Answer | None:
    """The participant's overall answer in the current respond round."""
    assert actor.participant is not None and actor.round is not None
    row = await fetchrow(
        "select represents, can_live_with, sentence from responses where round = $1 and participant = $2",
        actor.round.id,
        actor.participant.id,
    )
    return None if row is None else Answer(*row.values())


# -------- the result


ANSWERS = """
select a.participant, q.constituency, a.represents, a.can_live_with, a.sentence
from responses a join participants q on q.id = a.participant where a.round = $1 and not q.is_excluded
order by a.participant
"""
VOTES = """
select v.participant, v.proposal, v.choice
from (
  select participant, proposal, choice from votes where proposal = any($1::int[]) and cast_at < $2
  union all
  select participant, proposal, choice from earlier_votes
  where proposal = any($1::int[]) and cast_at < $2 and ended_at >= $2
) v join participants q on q.id = v.participant where not q.is_excluded
"""


def closed_round(actor: Actor, draft: Draft) -> Round | None:
    """The respond round after a slate's curate round, once it is over."""
    curated = next(item for item in actor.rounds if item.id == draft.round)
    after = [item for item in actor.rounds if item.number > curated.number and item.phase == Phase.RESPOND]
    return after[0] if after and after[0].closes_at <= actor.now else None


async def result_of(actor: Actor, draft: Draft, gate: Gate) -> Result | None:
    """What the respond round about this slate said, None before it has closed. It never changes afterwards."""
    item = closed_round(actor, draft)
    if item is None:
        return None
    frozen = await curation.frozen_of(draft.analysis)
    people = await fetch(ANSWERS, item.id)
    groups = _groups(frozen)
    rows = {code: _rows(code, people, groups) for code in QUESTIONS}
    released = release(
        [row for code in QUESTIONS for row in rows[code]],
        None,
        gate.mode,
        audience=gate.audience,
        n_participants=gate.n_participants,
    )
    n_asked = await fetchval(
        "select count(*) from participants where consultation = $1 and not is_excluded", actor.consultation.id
    )
    outcome, objecting = _outcome(rows["can_live_with"], is_small=gate.tells_words_only)
    rule = gettext(ADOPTION_RULE_SMALL) if gate.tells_words_only else gettext(ADOPTION_RULE) % {"n": FEWEST_ANSWERS}
    return Result(
        tuple(_question(code, released) for code in QUESTIONS),
        outcome,
        tuple(results_words.label_of(*one) for one in objecting if released.row("can_live_with", *one).is_shown),
        rule,
        gate.share(len(people), int(n_asked)),
        await _audited(actor, frozen, draft, item, gate),
        _sentences(actor, people),
    )


def _groups(frozen: Frozen) -> dict[int, str]:
    letters = frozen.holdings.labels.get(GROUP)
    if letters is None:
        return {}
    return {
        int(person): str(letter)
        for person, letter in zip(frozen.holdings.participant_ids, letters, strict=True)
        if letter
    }


def _rows(code: str, people: list[object], groups: dict[int, str]) -> list[Row]:
    """The rows of one question for the gate: yes, no and unsure stand in for agree, disagree and pass."""
    table: dict[tuple[str, ...], list[int]] = {(code,): [0, 0, 0]}
    for person in people:
        given = person[code]  # type: ignore[index]  # a database record is a mapping
        between = BETWEEN if groups else ""
        labels = {GROUP: groups.get(person["participant"], between), CONSTITUENCY: person["constituency"]}  # type: ignore[index]
        keys = [(code,), *((code, attribute, label) for attribute, label in labels.items() if label)]
        for key in keys:
            table.setdefault(key, [0, 0, 0])[("yes", "no", "unsure").index(given)] += 1
    return [Row(key, *counts) for key, counts in sorted(table.items())]


def _question(code: str, released: Released) -> Question:
    whole = released.row(code)
    parts = [row for row in released if len(row.key) == 3 and row.key[0] == code and row.is_shown]
    parts.sort(key=lambda row: row.key[1] != GROUP)
    words = ""
    if whole.words is not None and whole.words.word is not None and whole.agree_share is None:
        words = gettext(results_words.SPOKEN[whole.words.word])
        if whole.words.dissent is not None:
            words += ". " + gettext(results_words.DISSENT[whole.words.dissent])
    return Question(
        code,
        _line(gettext("Everybody who answered"), None, whole) if whole.agree_share is not None else None,
        words,
        tuple(
            _line(
                results_words.label_of(row.key[1], row.key[2]),
                row.key[2] if row.key[1] == GROUP and row.key[2] not in {"other", BETWEEN} else None,
                row,
            )
            for row in parts
            if row.agree_share is not None
        ),
    )


def _line(label: str, letter: str | None, row: ReleasedRow) -> Line:
    shares = (row.agree_share, row.disagree_share, row.pass_share)
    yes, no, unsure = (results_words.share_in_words(share or 0.0, row.bound(share or 0.0)) for share in shares)
    return Line(label, letter, yes, no, unsure)


def _outcome(rows: list[Row], *, is_small: bool) -> tuple[str, list[tuple[str, str]]]:
    """Whether the slate is adopted by the rule, and who stands against it; groups decide where they can be shown."""
    whole = next(row for row in rows if len(row.key) == 1)
    if whole.n_voters < DEFAULT.fewest_inside:
        return "too_few", []
    parts = [] if is_small else [row for row in rows if len(row.key) == 3 and row.key[2] != BETWEEN]
    against = [row for row in parts if row.n_voters >= FEWEST_ANSWERS]
    objecting = [(row.key[1], row.key[2]) for row in against if row.agrees <= row.disagrees]
    return ("adopted" if whole.agrees > whole.disagrees and not objecting else "returned"), objecting


def _sentences(actor: Actor, people: list[object]) -> tuple[str, ...]:
    """What participants added, for those who run the consultation, in the order of the alphabet and of nothing else."""
    said = sorted(person["sentence"] for person in people if person["sentence"])  # type: ignore[index]
    return tuple(said) if actor.roles & STAFF and len(people) >= DEFAULT.fewest_inside else ()


async def _audited(actor: Actor, frozen: Frozen, draft: Draft, item: Round, gate: Gate) -> str:
    certificate = await audit_of(actor, frozen, draft, item)
    if certificate is None or certificate.status == "unclear":
        return ""
    if certificate.status == "holds":
        return gettext(
            "Asked about the slate and the statements it leaves out, participants leave no doubt: no group large "
            "enough for a place is left without one, even if all who did not answer thought otherwise."
        )
    witness = certificate.witness
    texts = await curation.statements_of([witness.stance.statement_id]) if witness else {}
    bloc = gate.share(witness.n_people or 0, certificate.n_answered, is_bloc=True) if witness else None
    if witness is None or bloc is None or bloc.value is None or witness.stance.statement_id not in texts:
        return gettext("Asked about the slate, participants show that a group large enough for a place has none.")
    said = gettext("Asked about the slate, participants show that a large enough group has no place for %(stance)s.")
    return said % {"stance": stance_words(texts[witness.stance.statement_id], witness.stance)}


async def audit_of(actor: Actor, frozen: Frozen, draft: Draft, item: Round) -> AuditedCertificate | None:
    """What the votes at the close of the respond round prove of the slate; everybody was asked."""
    items, left_out = listed(draft)
    stances = frozen.distinct(draft.stances)
    challengers = [Stance.from_json(row) for row in draft.report.get("challengers", ())]
    ids = await fetch(
        "select id from participants where consultation = $1 and not is_excluded order by id", actor.consultation.id
    )
    people = np.array([row["id"] for row in ids], np.int64)
    if not people.size or not stances:
        return None
    rows = await fetch(VOTES, [*items, *left_out], item.closes_at)
    signs = np.array([SIGN[Choice(row["choice"])] for row in rows], np.int64)
    votes = VoteMatrix.from_votes(
        [row["participant"] for row in rows],
        [row["proposal"] for row in rows],
        signs,
        participant_ids=people,
        statement_ids=np.array(sorted({*items, *left_out}), np.int64),
    )
    k = max(frozen.slate.size, len(stances))
    return audit_certificate(votes, stances, challengers, k=k, n_population=people.size, drawn_at_random=False)


def n_answered(asked: tuple[Asked, ...]) -> int:
    """How many of the asked statements have a vote."""
    return sum(bool(one.choice) for one in asked)
