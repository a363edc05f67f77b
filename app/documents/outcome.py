"""The sections on what was done with the views: slates, coalitions, follow-up; and how everything can be checked."""

from __future__ import annotations

from app.analysis.summary_material import LedgerLine
from app.documents import model
from app.documents.added import Added
from app.documents.ladder import DISSENT_NAMES, NAMES, RULES
from app.documents.model import Passage, Place, Section, Sentence, Table
from app.documents.views import target_fact
from app.documents.writer import Writer
from app.refusals import N_
from app.tables.consultations import Consultation
from app.taxonomies import curation_reasons, moderation_reasons
from deliberation.disclosure import Attribution, release_day
from deliberation.released import Standing
from deliberation.votes import Choice

CHANGES = {
    "kept": N_("on both slates"),
    "added": N_("added by curators"),
    "dropped": N_("left out by curators"),
    "participants": N_("on the participants' slate"),
}
STANCES = {Choice.AGREE.value: N_("for"), Choice.DISAGREE.value: N_("against")}
STANDINGS = {Standing.OVER: N_("over"), Standing.NEAR: N_("near"), Standing.UNDER: N_("under")}
REPRESENTS = N_("The curated slate represents us.")
CAN_LIVE = N_("We can live with the reasons given for the differences.")
RULE = {
    Attribution.ATTRIBUTED: N_("Authors who chose to be are named; how a person voted is never shown."),
    Attribution.OPEN: N_("Authors are not named, and how a person voted is never shown."),
    Attribution.CHATHAM_HOUSE: N_(
        "The Chatham House Rule holds: neither who said something nor who took part may be revealed."
    ),
}


# -------- slates


def slates(w: Writer) -> Section:
    s = w.material.slates
    found: list[Passage] = []
    if s.participants:
        own = w.fact("slate.participants", "slate", {"stances": _stances(w, s.participants)})
        sentences = [
            w.say(
                N_("The participants' slate has %(common)s statements of common ground and %(n)s distinct stances."),
                [own],
                common=model.number(len(s.common_ground)),
                n=model.number(len(s.participants) - len(s.common_ground)),
            ),
            w.say(N_("It was chosen by a method that gives each view its share of the places."), [own]),
        ]
        found.append(Passage([*sentences, *_certificate(w, own)]))
    if s.curated is not None:
        found += _curation(w)
    found += _answers(w)
    table = [_ledger_table(w)] if s.ledger else []
    return Section("slates", N_("From the participants' slate to the curated slate"), found, table)


def _stances(w: Writer, stances: tuple[tuple[int, str], ...]) -> list[list[object]]:
    return [[w.statement(id).number, choice] for id, choice in stances if id in w.material.statements]


def _certificate(w: Writer, own: str) -> list[Sentence]:
    s = w.material.slates
    found = []
    if s.is_held is not None:
        alpha = model.index(s.alpha) if s.alpha else {"withheld": True}
        fact = w.fact("certificate.observed", "certificate", {"holds": s.is_held, "alpha": alpha})
        held = N_("On the votes as cast, no group large enough for a place is left without one.")
        lost = N_("On the votes as cast, a group that shares a stance has fewer places than its due.")
        found.append(w.say(held if s.is_held else lost, [fact, own]))
    if s.estimated is not None and not w.material.is_small_room:
        fact = w.fact("certificate.estimated", "certificate", {"status": s.estimated})
        message = {
            "pass": N_("Completed by a model, the votes speak for the slate; this is an estimate and no proof."),
            "unclear": N_("Completed by a model, the votes do not decide whether the slate is proportional."),
            "fail": N_("Completed by a model, the votes speak against the slate: a group is not heard enough."),
        }[s.estimated]
        found.append(w.say(message, [fact]))
    return found


def _count(lines: tuple[LedgerLine, ...], change: str) -> int:
    return sum(line.change == change for line in lines)


def curation_sentence(w: Writer) -> Sentence | None:
    """What curators changed, in one sentence."""
    s = w.material.slates
    if s.curated is None:
        return None
    n = {change: _count(s.ledger, change) for change in ("kept", "added", "dropped")}
    fact = w.fact("slate.ledger", "ledger", dict(n))
    if not n["added"] and not n["dropped"]:
        return w.say(N_("Curators kept the participants' slate as it was."), [fact])
    return w.say(
        N_("Curators kept %(kept)s stances of the participants' slate, added %(added)s and left out %(dropped)s."),
        [fact],
        kept=model.number(n["kept"]),
        added=model.number(n["added"]),
        dropped=model.number(n["dropped"]),
    )


def _curation(w: Writer) -> list[Passage]:
    s = w.material.slates
    curated = w.fact("slate.curated", "slate", {"stances": _stances(w, s.curated or ())})
    first = curation_sentence(w)
    assert first is not None
    sentences = [first]
    if _count(s.ledger, "added") or _count(s.ledger, "dropped"):
        message = N_("Each difference has a reason, listed below, and the slate was signed by two people.")
        sentences.append(w.say(message, ["slate.ledger"]))
    if s.participants:
        share = len(set(s.participants) & set(s.curated or ())) / len(s.participants)
        value = model.part(share)
        fact = w.fact("slate.overlap", "overlap", value)
        message = N_("%(share)s of the participants' slate is on the curated slate.")
        sentences.append(w.say(message, [fact, curated], share=value))
    if s.n_own is not None and s.curated:
        fact = w.fact("slate.own", "tally", {"own": s.n_own, "all": len(s.curated)})
        message = N_("Of its %(all)s items, %(own)s began with participants and the others with the convenor.")
        sentences.append(w.say(message, [fact], own=model.number(s.n_own), all=model.number(len(s.curated))))
    if s.interests.get("curators"):
        fact = w.fact("slate.interests", "tally", dict(s.interests))
        message = N_(
            "Curators who declared their interests: %(n)s; times one stood aside from a statement: %(recused)s."
        )
        n, recused = model.number(s.interests["curators"]), model.number(s.interests["recused"])
        sentences.append(w.say(message, [fact], n=n, recused=recused))
    return [Passage(sentences)]


def _ledger_table(w: Writer) -> Table:
    rows: list[list[Place]] = []
    for line in w.material.slates.ledger:
        reason = model.term(curation_reasons.label(line.reason_code)) if line.reason_code else model.term("–")
        rows.append(
            [
                w.place(line.statement_id),
                model.term(STANCES[line.choice]),
                model.term(CHANGES[line.change]),
                reason,
                model.prose(line.sentence or "–", "und"),
            ]
        )
    fact = "slate.ledger" if "slate.ledger" in w.facts else "slate.participants"
    head = [N_("Statement"), N_("Stance"), N_("Slate"), N_("Reason"), N_("In the curators' words")]
    return Table(N_("Both slates, with a reason for every difference"), head, rows, [fact])


def _answers(w: Writer) -> list[Passage]:
    answers = w.material.answers
    if answers is None:
        return []
    n = w.fact("answers", "people", {"n": model.people(answers.n)})
    found = [w.say(N_("People who answered to the curated slate: %(n)s."), [n], n=model.people(answers.n))]
    for name, claim, (words, share) in (
        ("answers.represents", REPRESENTS, answers.represents),
        ("answers.can_live_with", CAN_LIVE, answers.can_live_with),
    ):
        value = {
            "word": words.word.value if words.word else None,
            "dissent": words.dissent.value if words.dissent else None,
            "yes": model.share(share, answers.n),
        }
        fact = w.fact(name, "support_answer", value)
        found += w.words(fact, words, model.asked(claim))
        if share.value is not None:
            yes = model.share(share, answers.n)
            counted, said = N_("%(share)s people who answered say so."), N_("%(share)s of those who answered say so.")
            found.append(w.say(counted if model.is_counted(yes) else said, [fact], share=yes))
    adopted = adoption_sentence(w)
    return [Passage([*found, *([adopted] if adopted else [])])]


ADOPTION = {
    "adopted": N_("By the rule set before the round, the curated slate is adopted."),
    "returned": N_("By the rule set before the round, the curated slate goes back to the curators."),
    "too_few": N_("Too few answered for the rule set before the round to decide on the curated slate."),
}


def adoption_sentence(w: Writer) -> Sentence | None:
    """What became of the curated slate, in one sentence."""
    answers = w.material.answers
    if answers is None or not answers.outcome:
        return None
    return w.say(ADOPTION[answers.outcome], [w.fact("adoption", "adoption", {"outcome": answers.outcome})])


PHASES = {
    "propose": N_("a round of proposals"),
    "curate": N_("a round of curation"),
    "respond": N_("a round of responses"),
    "commit": N_("a round of commitments"),
}


def next_sentence(w: Writer) -> Sentence | None:
    """What comes next and when."""
    if not w.material.coming:
        return None
    item = w.material.coming[0]
    first, last = (release_day(moment).day for moment in (item.opens_at, item.closes_at))
    value = {"phase": item.phase, "first": first.isoformat(), "last": last.isoformat()}
    fact = w.fact("next", "held", value)
    message = N_("Next comes %(what)s, from %(first)s to %(last)s.")
    return w.say(message, [fact], what=model.term(PHASES[item.phase]), first=model.day(first), last=model.day(last))


# -------- coalitions and follow-up


def coalitions(w: Writer) -> Section:
    found = []
    for one in w.material.coalitions:
        fact = w.fact(
            f"coalition.{one.number}",
            "coalition",
            {"members": model.people(one.members)},
            [one.statement_number],
        )
        sentences = [
            w.say(
                N_("The coalition “%(title)s” has formed for statement %(cites)s, by the acceptance of its members."),
                [fact],
                title=model.prose(one.title, "und"),
                cites=model.cite([one.statement_number]),
            )
        ]
        if one.members.value is not None:
            sentences.append(w.say(N_("People in it: %(n)s."), [fact], n=model.people(one.members)))
        if one.purpose:
            sentences.append(w.say(N_("Its purpose: %(text)s"), [fact], text=model.prose(one.purpose, "und")))
        found.append(Passage(sentences, one.statement_number))
    return Section("coalitions", N_("Coalitions and commitments"), found)


def follow_up(w: Writer, consultation: Consultation, added: Added) -> Section:
    found, tables = [], []
    if consultation.promise:
        fact = w.fact("promise", "promise", {"text": consultation.promise})
        message = N_("The convenor promised: %(text)s")
        found.append(Passage([w.say(message, [fact], text=model.prose(consultation.promise, consultation.language))]))
    coming = next_sentence(w)
    rule = w.fact("rule", "rule", {"mode": w.material.mode.value, "is_small_room": w.material.is_small_room})
    corrects = N_(
        "Whoever finds an error tells the convenor; a correction is a new summary, and this one stays readable."
    )
    found.append(Passage([*([coming] if coming else []), w.say(corrects, [rule])]))
    if added.follow_up:
        rows = [
            [
                model.prose(one.what, added.language),
                model.prose(one.who, added.language),
                model.prose(one.by_when, added.language),
            ]
            for one in added.follow_up
        ]
        tables.append(Table(N_("What follows"), [N_("What"), N_("Who"), N_("By when")], rows))
    return Section("follow_up", N_("Follow-up"), found, tables)


# -------- method and annexes


def method(w: Writer, consultation: Consultation) -> Section:
    m = w.material
    fact = w.fact("analysis", "analysis", dict(m.analysis))
    rule = w.fact("rule", "rule", {"mode": m.mode.value, "is_small_room": m.is_small_room})
    sentences = [
        w.say(
            N_("The figures are from analysis %(digest)s (method %(method)s, version %(version)s, seed %(seed)s)."),
            [fact],
            digest=model.prose(m.analysis["digest"][:12], "en"),
            method=model.prose(m.analysis["method"], "en"),
            version=model.prose(m.analysis["method_version"], "en"),
            seed=model.prose(str(m.analysis["seed"]), "en"),
        ),
        w.say(
            N_("It counts the votes cast before the round closed on %(day)s, and no others."),
            [fact],
            day={"day": m.analysis["votes_until"]},
        ),
        w.say(RULE[m.mode], [rule]),
        w.say(N_("Statements are quoted as they were written, in the language they were written in."), [rule]),
        w.say(N_("People chose to take part and were not drawn at random; others may think otherwise."), [rule]),
    ]
    if m.is_small_room:
        message = N_(
            "Under 30 people only words are told, and each word leaves open which of several counts it stands for."
        )
        sentences.append(w.say(message, [rule]))
    key = w.fact("ladder", "ladder", {"version": "1"})
    words = [[model.term(NAMES[word]), model.term(bound)] for word, bound in RULES]
    table = Table(N_("What the words of this summary mean"), [N_("Words"), N_("Support they stand for")], words, [key])
    return Section("method", N_("Method and limits"), [Passage(sentences)], [table])


def statements_annex(w: Writer) -> Section:
    """Every statement with what was released of its votes."""
    m = w.material
    ids = [id for id, one in m.statements.items() if one.row is not None]
    facts = [w.row(id) for id in ids]
    if m.is_small_room:
        rows = []
        for id in ids:
            words = row.words if (row := w.statement(id).row) is not None else None
            word = model.term(NAMES[words.word]) if words and words.word else {"withheld": True}
            dissent = model.term(DISSENT_NAMES[words.dissent]) if words and words.dissent else model.term("–")
            rows.append([w.place(id), word, dissent])
        head = [N_("Statement"), N_("Support"), N_("Dissent")]
    else:
        rows, head = (
            [_shares(w, id) for id in ids],
            [N_("Statement"), N_("Agree"), N_("Disagree"), N_("Unsure"), N_("People")],
        )
    tables = [Table(N_("All statements with their released votes"), head, rows, facts)]
    if m.groups and not m.is_small_room:
        tables.append(_by_group(w, ids))
    return Section("annex_statements", N_("Annex: statements and votes"), [], tables)


def _shares(w: Writer, id: int) -> list[Place]:
    value = w.facts[w.row(id)].value
    columns = [value.get(name, {"withheld": True}) for name in ("agree", "disagree", "pass", "voters")]
    return [w.place(id), *columns]


def _by_group(w: Writer, ids: list[int]) -> Table:
    letters = [one.letter for one in w.material.groups]
    rows, facts = [], []
    for id in ids:
        shown = w.groups_of(id)
        if not shown:
            continue
        facts += [w.row(id, "group", letter) for letter in letters if letter in shown]
        rows.append([model.cite([w.statement(id).number]), *(model.agreement(shown.get(letter)) for letter in letters)])
    caption = N_("Share of each opinion group that agrees")
    return Table(caption, [N_("Statement"), *(f"group:{letter}" for letter in letters)], rows, facts)


def moderation_annex(w: Writer) -> Section:
    one = w.material.moderation
    value = {
        "accepted": one.n_accepted,
        "declined": one.n_declined,
        "merged": one.n_merged,
        "reasons": [[code, n] for code, n in one.reasons],
    }
    fact = w.fact("moderation", "moderation", value)
    sentence = w.say(
        N_("Of participants' statements %(accepted)s were accepted, %(declined)s declined, %(merged)s merged."),
        [fact],
        accepted=model.number(one.n_accepted),
        declined=model.number(one.n_declined),
        merged=model.number(one.n_merged),
    )
    rows = [[model.term(moderation_reasons.label(code)), model.number(n)] for code, n in one.reasons]
    caption = N_("Reasons for declining")
    tables = [Table(caption, [N_("Reason"), N_("Statements")], rows, [fact])] if rows else []
    return Section("annex_moderation", N_("Annex: moderation"), [Passage([sentence])], tables)


def recompute_annex(w: Writer, number: int, added: Added, previous_number: int | None) -> Section:
    m = w.material
    fact = w.fact("analysis", "analysis", dict(m.analysis))
    sentences = [
        w.say(N_("Download this summary as JSON and run: python -m deliberation verify FILE"), [fact]),
        w.say(
            N_("It checks the signature, the arithmetic of the tables, the words, and the slate against its ledger."),
            [fact],
        ),
        w.say(
            N_("Votes that went in: %(input)s. What came out: %(digest)s."),
            [fact],
            input=model.prose(m.analysis["input_digest"], "en"),
            digest=model.prose(m.analysis["digest"], "en"),
        ),
    ]
    if previous_number is not None:
        id = w.fact("previous", "previous", {"number": previous_number})
        sentences.append(
            w.say(
                N_("This is summary %(number)s. It follows summary %(previous)s, which stays published: %(text)s"),
                [id],
                number=model.number(number),
                previous=model.number(previous_number),
                text=model.prose(added.correction or "–", added.language),
            )
        )
    return Section("annex_recompute", N_("Annex: how to check this"), [Passage(sentences)])


def left_out_annex(w: Writer, sections: list[Section], added: Added) -> Section:
    """What was generated and is not printed, each with the reason."""
    found = []
    for section in sections:
        for passage in section.passages:
            reason = added.left_out.get(passage.key)
            if reason is None:
                continue
            fact = w.fact(f"left_out.{passage.key}", "left_out", {"section": section.code})
            about = [] if passage.about is None else [passage.about]
            message = (
                N_("The convenor left out the passage on %(cites)s in “%(section)s”: %(text)s")
                if about
                else N_("The convenor left out a passage of “%(section)s”: %(text)s")
            )
            places = {"section": model.term(section.title), "text": model.prose(reason, added.language)}
            places |= {"cites": model.cite(about)} if about else {}
            found.append(Passage([Sentence(message, places, [fact])]))
    return Section("annex_left_out", N_("Annex: what was left out"), found)


def standings_table(w: Writer) -> list[Table]:
    """Each target beside what became of it."""
    rows, facts = [], []
    for attribute, code, share, one in w.material.people.standings:
        facts.append(target_fact(w, attribute, code))
        reading = model.term(STANDINGS[one.standing]) if one.standing else {"withheld": True}
        rows.append([model.category(attribute, code), model.part(share), reading])
    head = [N_("Category"), N_("Target"), N_("Reading")]
    is_told = any("withheld" not in row[2] for row in rows)
    return [Table(N_("Participants against the targets"), head, rows, facts)] if is_told else []
