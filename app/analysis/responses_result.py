"""What a respond round said: counted once it is over, and told through the disclosure gate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.access import Actor
from app.analysis import curation, results_words
from app.analysis.curation import Draft, Frozen
from app.analysis.curation_page import gate_for, stance_words
from app.analysis.responses import QUESTIONS, Drawn, closed_round, listed, rule_of, sample_of
from app.analysis.results import BETWEEN, CONSTITUENCY, GROUP, STAFF, Gate
from app.database import fetch
from app.language import gettext, num, pct
from app.refusals import N_
from app.tables.publications import Publication
from app.tables.rounds import Round
from deliberation.adoption import AdoptionRule, AdoptionSettings, Answered, Verdict, decide
from deliberation.certificates import AuditedCertificate, audit_certificate
from deliberation.disclosure import Released, ReleasedRow, ReleasedShare, Row, release
from deliberation.disclosure_rules import DEFAULT
from deliberation.holdings import Stance
from deliberation.votes import SIGN, Choice, VoteMatrix

KEY = "responses:%s"
"""Under which the counts of a closed respond round are stored; one count serves both audiences."""
SETTINGS = AdoptionSettings()


@dataclass(frozen=True)
class Counted:
    """The counts of a closed respond round; they never change, whatever becomes of its statements and people.

    rows : per question and part, what the gate needs
    n_asked, n_answered : participants, and those of them who answered the overall questions
    n_complete : of those whom the certificate counts on, how many answered every statement
    objections : per stance of the slate, how many took the other side, of how many answers
    """

    rows: tuple[Row, ...]
    n_asked: int
    n_answered: int
    n_complete: int
    objections: Mapping[Stance, tuple[int, int]]
    certificate: AuditedCertificate | None
    rule: AdoptionRule
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        objections = [{**stance.to_json(), "against": a, "answers": n} for stance, (a, n) in self.objections.items()]
        return {
            "rows": [[list(row.key), row.agrees, row.disagrees, row.passes] for row in self.rows],
            "n_asked": self.n_asked,
            "n_answered": self.n_answered,
            "n_complete": self.n_complete,
            "objections": objections,
            "certificate": None if self.certificate is None else self.certificate.to_json(),
            "rule": self.rule.to_json(),
            "verdict": asdict(self.verdict),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Counted:
        verdict = data["verdict"] | {"against": tuple((one[0], one[1]) for one in data["verdict"]["against"])}
        return cls(
            tuple(Row(tuple(key), *counts) for key, *counts in data["rows"]),
            data["n_asked"],
            data["n_answered"],
            data["n_complete"],
            {Stance.from_json(row): (row["against"], row["answers"]) for row in data["objections"]},
            None if data["certificate"] is None else AuditedCertificate.from_json(data["certificate"]),
            AdoptionRule.from_json(data["rule"]),
            Verdict(**verdict),
        )


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
class Audited:
    """The last block of the certificate. `is_audited` is whether the answers, and not a model, carry it."""

    is_audited: bool
    words: str


@dataclass(frozen=True)
class Result:
    """What a closed respond round said.

    outcome : "adopted", "returned" or "too_few"
    objecting : groups and constituencies that kept it from being adopted
    sampled : who was asked by lot, as counts; "" where everybody was
    """

    questions: tuple[Question, ...]
    outcome: str
    objecting: tuple[str, ...]
    rule: str
    response: ReleasedShare
    sampled: str
    audited: Audited
    sentences: tuple[str, ...]
    counted: Counted


# -------- counting


ANSWERS = """
select a.participant, q.constituency, a.represents, a.can_live_with
from responses a join participants q on q.id = a.participant where a.round = $1 and not q.is_excluded
order by a.participant
"""
SENTENCES = """
select a.sentence from responses a join participants q on q.id = a.participant
where a.round = $1 and not q.is_excluded and a.sentence <> ''
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


async def counted_of(actor: Actor, draft: Draft, item: Round) -> Counted:
    """The counts as they were stored when the round was settled; until then, as they stand."""
    stored = await Publication.stored(actor.consultation.id, KEY % item.id)
    return await count(actor, draft, item) if stored is None else Counted.from_json(json.loads(stored))


async def count(actor: Actor, draft: Draft, item: Round) -> Counted:
    """What the database holds of a respond round: everything answered before its close."""
    frozen, gate = await curation.frozen_of(draft.analysis), await gate_for(actor)
    answers = await fetch(ANSWERS, item.id)
    rows = _rows(answers, _groups(frozen))
    people = await fetch(
        "select id from participants where consultation = $1 and not is_excluded order by id", actor.consultation.id
    )
    ids = np.array([row["id"] for row in people], np.int64)
    votes, stances, challengers = await _votes(draft, frozen, item, ids)
    drawn = await sample_of(item)
    asked = votes if drawn is None else _of_sample(votes, drawn)
    certificate, n_population = None, ids.size if drawn is None else drawn.n_population
    if stances and n_population:
        k = max(frozen.slate.size, len(stances))
        certificate = audit_certificate(
            asked, stances, challengers, k=k, n_population=n_population, drawn_at_random=drawn is not None
        )
    complete = asked.votes_per_participant() == asked.n_statements if asked.n_statements else np.zeros(0, bool)
    parts = {
        (row.key[1], row.key[2]): _answered(row) for row in rows if len(row.key) == 3 and row.key[0] == "can_live_with"
    }
    rule = rule_of(item)
    return Counted(
        rows,
        int(ids.size),
        len(answers),
        int(complete.sum()),
        {stance: _objections(votes, stance) for stance in draft.stances if stance.statement_id in votes.statement_ids},
        certificate,
        rule,
        decide(
            rule,
            next(_answered(row) for row in rows if row.key == ("can_live_with",)),
            # In a room so small that only words leave, parts cannot be shown, and what cannot be shown does not decide.
            {} if gate.tells_words_only else {key: part for key, part in parts.items() if key[1] != BETWEEN},
            n_asked=int(ids.size),
            settings=SETTINGS,
        ),
    )


def _groups(frozen: Frozen) -> dict[int, str]:
    letters = frozen.holdings.labels.get(GROUP)
    if letters is None:
        return {}
    people = zip(frozen.holdings.participant_ids.tolist(), letters.tolist(), strict=True)
    return {person: letter for person, letter in people if letter}


def _rows(people: Sequence[Any], groups: Mapping[int, str]) -> tuple[Row, ...]:
    """The rows of all questions for the gate: yes, no and unsure stand in for agree, disagree and pass."""
    table: dict[tuple[str, ...], list[int]] = {(code,): [0, 0, 0] for code in QUESTIONS}
    between = BETWEEN if groups else ""
    for person in people:
        labels = {GROUP: groups.get(person["participant"], between), CONSTITUENCY: person["constituency"]}
        for code in QUESTIONS:
            at = ("yes", "no", "unsure").index(person[code])
            for key in ((code,), *((code, attribute, label) for attribute, label in labels.items() if label)):
                table.setdefault(key, [0, 0, 0])[at] += 1
    return tuple(Row(key, *counts) for key, counts in sorted(table.items()))


def _answered(row: Row) -> Answered:
    return Answered(row.agrees, row.disagrees, row.passes)


async def _votes(
    draft: Draft, frozen: Frozen, item: Round, people: NDArray[np.int64]
) -> tuple[VoteMatrix, tuple[Stance, ...], tuple[Stance, ...]]:
    """Everybody's answers, with the slate's stances and those left out that they were asked about.

    What was withdrawn, merged or taken down meanwhile was not asked about: on the slate it speaks for nobody.
    """
    items, left_out = listed(draft)
    texts = await curation.statements_of([*items, *left_out])
    asked = {id for id, text in texts.items() if text.status == "accepted"}
    rows = await fetch(VOTES, sorted(asked), item.closes_at)
    found = VoteMatrix.from_votes(
        [row["participant"] for row in rows],
        [row["proposal"] for row in rows],
        np.array([SIGN[Choice(row["choice"])] for row in rows], np.int64),
        participant_ids=people,
        statement_ids=np.array(sorted(asked), np.int64),
    )
    challengers = [Stance.from_json(row) for row in draft.report.get("challengers", ())]
    distinct = frozen.distinct(draft.stances)
    return (
        found,
        tuple(stance for stance in distinct if stance.statement_id in asked),
        tuple(stance for stance in challengers if stance.statement_id in asked),
    )


def _of_sample(votes: VoteMatrix, drawn: Drawn) -> VoteMatrix:
    """The answers of those drawn; who left the consultation since stays among them as one who did not answer."""
    ids = np.array(sorted(drawn.participants), np.int64)
    kept = np.isin(votes.participant_ids[votes.rows], ids)
    return VoteMatrix.from_votes(
        votes.participant_ids[votes.rows[kept]],
        votes.statement_ids[votes.columns[kept]],
        votes.signs[kept],
        participant_ids=ids,
        statement_ids=votes.statement_ids,
    )


def _objections(votes: VoteMatrix, stance: Stance) -> tuple[int, int]:
    signs = votes.signs[votes.statement_ids[votes.columns] == stance.statement_id]
    return int((signs == -SIGN[stance.choice]).sum()), int(signs.size)


# -------- telling


async def result_of(actor: Actor, draft: Draft, gate: Gate) -> Result | None:
    """What the respond round about this slate said, None before it has closed."""
    item = closed_round(actor, draft)
    if item is None:
        return None
    counted = await counted_of(actor, draft, item)
    drawn = await sample_of(item)
    released = release(counted.rows, None, gate.mode, audience=gate.audience, n_participants=gate.n_participants)
    return Result(
        tuple(_question(code, released) for code in QUESTIONS),
        counted.verdict.outcome,
        tuple(
            results_words.label_of(*one)
            for one in counted.verdict.against
            if released.row("can_live_with", *one).is_shown
        ),
        rule_words(counted.rule, words_only=gate.tells_words_only),
        gate.share(counted.n_answered, counted.n_asked),
        sampled_words(drawn.n, drawn.n_population, gate) if drawn else "",
        await _audited(counted, gate),
        await _sentences(actor, counted, item),
        counted,
    )


def rule_words(rule: AdoptionRule, *, words_only: bool) -> str:
    """The adoption rule as everybody reads it, before the round and after."""
    said = [
        gettext("The slate is adopted if %(share)s of those who say yes or no can live with its reasons.")
        % {"share": _at_least(rule.people)}
    ]
    if rule.parts and not words_only:
        each = gettext("In each opinion group and constituency with %(n)s answers or more it must be %(share)s, too.")
        said.append(each % {"share": _at_least(rule.parts), "n": num(SETTINGS.fewest_in_part)})
    if rule.quorum:
        quorum = gettext("At least %(share)s of the participants must have answered.")
        said.append(quorum % {"share": pct(rule.quorum / 100)})
    return " ".join([*said, gettext("Otherwise it goes back to the curators.")])


def _at_least(per_cent: int) -> str:
    return (
        gettext("more than half") if per_cent == 50 else gettext("at least %(share)s") % {"share": pct(per_cent / 100)}
    )


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
    yes, no, unsure = (results_words.voters_in_words(row, share or 0.0) for share in shares)
    return Line(label, letter, yes, no, unsure)


async def _sentences(actor: Actor, counted: Counted, item: Round) -> tuple[str, ...]:
    """What participants added, for those who run the consultation, in the order of the alphabet and of nothing else."""
    if not actor.roles & STAFF or counted.n_answered < DEFAULT.fewest_inside:
        return ()
    return tuple(sorted(row["sentence"] for row in await fetch(SENTENCES, item.id)))


def sampled_words(n_drawn: int, n_population: int, gate: Gate) -> str:
    """Who was asked by lot, as counts and never as names."""
    n, of = (results_words.number_in_words(gate.count(found).value) for found in (n_drawn, n_population))
    said = gettext("%(n)s of %(of)s participants were drawn at random and asked; everybody could answer.")
    return said % {"n": n, "of": of}


PROVEN = N_(
    "Asked about the slate and the statements it leaves out, participants leave no doubt: no group large enough for a "
    "place is left without one, even if all who did not answer thought otherwise."
)
PROVEN_BY_SAMPLE = N_(
    "In a random sample of %(n)s participants, with %(confidence)s confidence: of the statements left out that were "
    "asked about, none is held by a group that is large enough for a place and has none."
)


async def _audited(counted: Counted, gate: Gate) -> Audited:
    """Audited is what the answers prove, or what everybody asked has answered; all else stays an estimate."""
    proof = counted.certificate
    if proof is None:
        return Audited(False, gettext("Too few were asked to prove anything: the certificate stays an estimate."))
    if proof.status == "unclear":
        if counted.n_complete == proof.n_asked:
            return Audited(True, gettext("Everybody asked has answered, and the answers are too close to decide it."))
        complete = results_words.share_released(gate.share(counted.n_complete, proof.n_asked))
        stays = gettext("The answers prove it neither way: the certificate stays an estimate.")
        if complete is None:
            return Audited(False, stays)
        rate = gettext("%(share)s of those asked answered every statement.")
        return Audited(False, f"{stays} {rate % {'share': complete}}")
    if proof.status == "fails":
        return Audited(True, await _failed(proof, gate))
    if proof.everybody_asked:
        return Audited(True, gettext(PROVEN))
    n = results_words.number_in_words(gate.count(proof.n_asked).value)
    return Audited(True, gettext(PROVEN_BY_SAMPLE) % {"n": n, "confidence": pct(proof.confidence)})


async def _failed(proof: AuditedCertificate, gate: Gate) -> str:
    witness = proof.witness
    texts = await curation.statements_of([witness.stance.statement_id]) if witness else {}
    bloc = gate.share(witness.n_people or 0, proof.n_answered, is_bloc=True) if witness else None
    if witness is None or bloc is None or bloc.value is None or witness.stance.statement_id not in texts:
        return gettext("Asked about the slate, participants show that a group large enough for a place has none.")
    said = gettext("Asked about the slate, participants show that a large enough group has no place for %(stance)s.")
    return said % {"stance": stance_words(texts[witness.stance.statement_id], witness.stance)}
