"""The sections on what coalitions undertook and what they ask of others, by addressee."""

from __future__ import annotations

from app.analysis.partnering import Recommended, Undertaken
from app.documents import model, outcome
from app.documents.model import Passage, Place, Section, Sentence, Table
from app.documents.writer import Writer
from app.refusals import N_
from app.taxonomies import cards, commitments
from deliberation.pulses import Colour
from deliberation.released import Standing

ADDRESSEES: dict[str, tuple[str, ...]] = {
    N_("Member States"): ("ministry", "parliament", "regulator"),
    N_("Local authorities"): ("local_authority",),
    N_("The United Nations system"): ("un_entity",),
    N_("Private sector"): ("company",),
    N_("Donors and financial institutions"): ("donor", "bank"),
    N_("Civil society and communities"): ("community",),
}
"""Whom recommendations go to, in the order of the outline, and which owners of barriers each stands for."""
LIGHTS = {
    Colour.GREEN: N_("on course"),
    Colour.YELLOW: N_("needs attention"),
    Colour.RED: N_("in trouble"),
    Colour.PAUSED: N_("paused by its partners"),
    Colour.COMPLETED: N_("delivered"),
    Colour.WITHDRAWN: N_("withdrawn"),
}
NONE: Place = {"term": "–"}


def coalitions(w: Writer) -> Section:
    """Coalitions that formed, what they undertook, what their opened pulses ask for, and what is offered and needed."""
    section = outcome.coalitions(w)
    passages, tables = [*section.passages], [*section.tables]
    for made in (_undertaken(w), _needs(w)):
        if made is not None:
            passages.append(made[0])
            tables.append(made[1])
    return Section(section.code, section.title, passages, tables)


def _undertaken(w: Writer) -> tuple[Passage, Table] | None:
    undertaken = w.material.undertaken
    if not undertaken:
        return None
    facts = [_fact(w, one) for one in undertaken]
    head = [N_("Commitment"), N_("Indicator and target"), N_("By"), N_("SDG targets"), N_("Delivered"), N_("Light")]
    rows = [_row(one) for one in undertaken]
    n = w.fact("commitments", "tally", {"n": len(undertaken)})
    first = w.say(N_("Commitments made by coalitions: %(n)s."), [n, *facts], n=model.number(len(undertaken)))
    asks = [
        _ask(w, one, fact) for one, fact in zip(undertaken, facts, strict=True) if one.reports and one.reports[0].ask
    ]
    return Passage([first, *asks]), Table(N_("What coalitions undertook"), head, rows, facts)


OFFERED = {
    Standing.OVER: N_("more offered than needed"),
    Standing.NEAR: N_("about as much offered as needed"),
    Standing.UNDER: N_("less offered than needed"),
}


def _needs(w: Writer) -> tuple[Passage, Table] | None:
    """How the kinds of help that are needed compare with those that are brought, as far as may be told to everybody."""
    needs = w.material.needs
    if needs is None or not needs.is_told:
        return None
    rows, facts = [], []
    for line in needs.kinds:
        needing, offering = model.people(line.n_needing), model.people(line.n_offering)
        if "withheld" in needing and "withheld" in offering:
            continue
        standing = line.standing.standing
        value = {"needing": needing, "offering": offering, "standing": standing.value if standing else None}
        facts.append(w.fact(f"needs.{line.kind}", "needs", value))
        reading: Place = model.term(OFFERED[standing]) if standing else {"withheld": True}
        rows.append([model.term(cards.label(line.kind)), needing, offering, reading])
    n = w.fact("cards", "people", {"n": model.people(needs.n_cards)})
    said = [w.say(N_("People who said what they need and bring: %(n)s."), [n], n=model.people(needs.n_cards))]
    if needs.gaps:
        short = [f"needs.{kind}" for kind in needs.gaps]
        kinds = {"list": [model.term(cards.label(kind)) for kind in needs.gaps]}
        said.append(w.say(N_("Less is offered than needed of: %(kinds)s."), short, kinds=kinds))
    head = [N_("Kind"), N_("People who need it"), N_("People who bring it"), N_("Offered against needed")]
    return Passage(said), Table(N_("Table of needs and offers"), head, rows, facts)


def _fact(w: Writer, one: Undertaken) -> str:
    commitment = one.situation.commitment
    return w.fact(
        f"commitment.{one.coalition.number}.{commitment.number}",
        "commitment",
        {
            "title": commitment.title,
            "due": commitment.due_on.isoformat() if commitment.due_on else None,
            "targets": list(commitment.targets),
            "delivered": one.n_delivered,
            "deliverables": len(one.situation.deliverables),
            "light": one.situation.light.colour.value,
        },
        [one.statement_number],
    )


def _row(one: Undertaken) -> list[Place]:
    commitment = one.situation.commitment
    goal = ": ".join(part for part in (commitment.indicator, commitment.target) if part)
    return [
        model.prose(commitment.title, "und"),
        model.prose(goal, "und") if goal else NONE,
        model.day(commitment.due_on) if commitment.due_on else NONE,
        model.prose(" ".join(commitment.targets), "en") if commitment.targets else NONE,
        model.prose(f"{one.n_delivered}/{len(one.situation.deliverables)}", "en"),
        model.term(LIGHTS[one.situation.light.colour]),
    ]


def _ask(w: Writer, one: Undertaken, fact: str) -> Sentence:
    return w.say(
        N_("For “%(title)s” its coalition asks for: %(text)s"),
        [fact],
        title=model.prose(one.situation.commitment.title, "und"),
        text=model.prose(one.reports[0].ask, "und"),
    )


def recommendations(w: Writer) -> Section:
    """What coalitions ask of each addressee, with the support and the dissent of the statement they work on."""
    found = []
    for addressee, owners in ADDRESSEES.items():
        for one in w.material.recommended:
            if one.owner_kind in owners:
                found.append(Passage(_recommendation(w, one, addressee)))
    return Section("recommendations", N_("Recommendations by addressee"), found)


def _recommendation(w: Writer, one: Recommended, addressee: str) -> list[Sentence]:
    known = w.material.statements.get(one.statement_id)
    value = {"owner": one.owner_kind, "evidence": list(one.evidence)}
    fact = w.fact(f"recommendation.{one.id}", "recommendation", value, [known.number] if known else [])
    sentences = [
        w.say(
            N_("To %(who)s, from the coalition “%(title)s”: %(text)s"),
            [fact],
            who=model.term(addressee),
            title=model.prose(one.coalition, "und"),
            text=model.prose(one.ask, "und"),
        )
    ]
    if one.evidence:
        kinds = {"list": [model.term(commitments.label(code)) for code in one.evidence]}
        sentences.append(w.say(N_("Evidence with a source stands behind it: %(kinds)s."), [fact], kinds=kinds))
    else:
        sentences.append(w.say(N_("No evidence with a source was given for it."), [fact]))
    if known is not None:
        message = N_("It descends from statement %(cites)s.")
        sentences.append(w.say(message, [fact], cites=model.cite([known.number])))
        if known.row is not None and known.row.words is not None:
            sentences += w.words(w.row(known.id), known.row.words, w.place(known.id))
    return sentences
