"""The balanced summary: from released material to a document in which every sentence cites its facts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.analysis.summary_material import Material, Statement
from app.analysis.summary_people import ATTRIBUTES
from app.documents import model, outcome, partnering, power, views, wording
from app.documents.added import AUDIENCES, OPEN_TO_ADDITIONS, Added, citations_of, sentences_of
from app.documents.ladder import NAMES
from app.documents.model import Document, Passage, Section, Sentence, Table, content_key
from app.documents.writer import Writer
from app.refusals import N_
from app.tables.consultations import Consultation
from app.taxonomies import themes
from deliberation.disclosure import Standing, release_day
from deliberation.quantifiers import Word

ORDER = (
    Word.GENERAL_AGREEMENT,
    Word.STRESSED,
    Word.MANY,
    Word.VIEWS_DIFFERED,
    Word.SEVERAL,
    Word.SOME,
    Word.SUGGESTED,
)
ATTRIBUTE_TITLES = {
    "constituency": N_("Participants by constituency"),
    "region": N_("Participants by region"),
    "language": N_("Participants by language"),
    "gender": N_("Participants by gender"),
}


@dataclass(frozen=True)
class SummarySettings:
    """The bounds of a summary's own judgements."""

    indicative_below: int = 30
    """A few more people could change every figure, as in a landscape of a small room."""
    anecdotal_below: int = 10
    """Fewer voices than a published row must have are stories, not a room."""
    fewest_voices_share: float = 0.80
    """Share of claims that at least three people must stand behind: a summary of single remarks is no summary."""
    space_low: float = 0.5
    space_high: float = 1.5
    """A group's part of the passages may be half as much again or half as little as its part of the people."""
    minority_share: float = 0.15
    """The part of the passages that is kept for voices that are few, where there are groups without a passage."""
    hardest_text: int = 55
    """Lix of official texts; above it only specialists read on (Björnsson 1968)."""


DEFAULT = SummarySettings()


def build(
    material: Material,
    consultation: Consultation,
    added: Added,
    *,
    number: int,
    previous_number: int | None = None,
) -> Document:
    """The document of this material; the same for the same material and additions, in whatever language."""
    w = Writer(material)
    # What is said of views comes first, for the one page and the minority section build on what is shown already.
    w.fact("question", "question", {"text": consultation.question})
    held = [views.common_ground(w), views.divergence(w), views.partial(w), views.minority(w)]
    common, divergence, partial, minority = held
    sections = [
        header(w, consultation),
        one_page(w, consultation, added),
        participation(w),
        context(w, consultation),
        views.views(w),
        common,
        partial,
        divergence,
        minority,
        highlights(w),
        outcome.slates(w),
        partnering.coalitions(w),
        partnering.recommendations(w),
        outcome.follow_up(w, consultation, added),
        outcome.method(w, consultation),
        people_annex(w),
        outcome.statements_annex(w),
        outcome.moderation_annex(w),
        power.indicators_annex(w),
        power.alerts_annex(w),
        outcome.recompute_annex(w, number, added, previous_number),
    ]
    kept = [with_added(w, section, added) for section in edited(w, sections, added)]
    kept[2:2] = _versions(w, added)
    opening = introduction(w.facts, added)
    if opening:
        kept.insert(1, Section("introduction", N_("Introduction, by the convenor"), [Passage(opening)]))
    return Document(list(w.facts.values()), [one for one in kept if one.passages or one.tables])


def header(w: Writer, consultation: Consultation) -> Section:
    rule = w.fact("rule", "rule", {"mode": w.material.mode.value, "is_small_room": w.material.is_small_room})
    status = N_("This is an informal summary. It is not negotiated and binds nobody who took part.")
    views_of = N_("It does not necessarily reflect the views of the United Nations or of any participant.")
    sentences = [w.say(status, [rule]), w.say(views_of, [rule]), w.say(outcome.RULE[w.material.mode], [rule])]
    return Section("header", N_("Status of this document"), [Passage([_held(w, consultation)]), Passage(sentences)])


def _held(w: Writer, consultation: Consultation) -> Sentence:
    """When and where, to the day."""
    closed = w.material.closed
    first, last = (release_day(moment).day for moment in (closed.opens_at, closed.closes_at))
    value = {"first": first.isoformat(), "last": last.isoformat(), "venue": consultation.venue}
    fact = w.fact("held", "held", value)
    places = {"first": model.day(first), "last": model.day(last)}
    if consultation.venue:
        places["venue"] = model.prose(consultation.venue, consultation.language)
    messages = {
        (True, True): N_("Proposals and votes were collected on %(last)s (%(venue)s)."),
        (True, False): N_("Proposals and votes were collected on %(last)s."),
        (False, True): N_("Proposals and votes were collected from %(first)s to %(last)s (%(venue)s)."),
        (False, False): N_("Proposals and votes were collected from %(first)s to %(last)s."),
    }
    message = messages[first == last, bool(consultation.venue)]
    named = wording.placeholders(message)
    return Sentence(message, {name: place for name, place in places.items() if name in named}, [fact])


def one_page(w: Writer, consultation: Consultation, added: Added) -> Section:
    """The question, who took part, what is common, what divides, what curators changed, and what comes next."""
    asked = w.say(
        N_("The question was: %(text)s"), ["question"], text=model.prose(consultation.question, consultation.language)
    )
    found = [Passage([asked]), Passage([*_who(w), *_missing(w)])]
    dividing = [*views.divide_ids(w), *views.split_ids(w)][: views.SHORT]
    found += [one for id in views.common_ids(w)[: views.SHORT] for one in _in_short(w, id)]
    if dividing:
        facts = [w.row(id) for id in dividing]
        found.append(Passage([w.say(N_("These statements divided opinion most:"), facts)]))
        found += [one for id in dividing for one in _in_short(w, id)]
    if w.material.is_small_room:
        message = N_(
            "In so small a room nobody is told who differed from whom; where there was dissent, a note says so."
        )
        found.append(Passage([w.say(message, ["rule"])]))
    done = [outcome.curation_sentence(w), outcome.adoption_sentence(w), outcome.next_sentence(w)]
    told = [one for one in done if one is not None]
    return Section("one_page", N_("In one page"), [*found, *([Passage(told)] if told else [])])


def _in_short(w: Writer, id: int) -> list[Passage]:
    """Support and dissent alone; shares stand in the sections."""
    return [replace(one, sentences=[s for s in one.sentences if s.says != "plain"]) for one in w.passage(id)]


def _missing(w: Writer) -> list[Sentence]:
    """Whom the convenor aimed for and who came less."""
    under = [one for one in w.material.people.standings if one[3].standing is Standing.UNDER]
    if not under:
        return []
    facts = [views.target_fact(w, attribute, code) for attribute, code, _, _ in under]
    who = {"list": [model.category(attribute, code) for attribute, code, _, _ in under]}
    return [w.say(N_("Fewer than aimed for came from: %(who)s."), facts, who=who)]


def confidence(material: Material, settings: SummarySettings = DEFAULT) -> str:
    """How far the document may be leant on: firm, indicative or anecdotal."""
    if material.n_voters < settings.anecdotal_below:
        return "anecdotal"
    return "indicative" if material.n_voters < settings.indicative_below else "firm"


CONFIDENCE = {
    "firm": N_("Confidence: firm. Enough people voted for the figures to hold if a few more had come."),
    "indicative": N_("Confidence: indicative. In so small a room a few more people could change what is said here."),
    "anecdotal": N_("Confidence: anecdotal. So few people voted that this records voices, not a room."),
}


def _who(w: Writer) -> list[Sentence]:
    people = w.material.people
    joined = w.fact("joined", "people", {"n": model.people(people.joined)})
    voted = w.fact("voted", "people", {"n": model.people(people.voted)})
    sentences = [
        w.say(
            N_("People who joined: %(joined)s; people who voted: %(voted)s."),
            [joined, voted],
            joined=model.people(people.joined),
            voted=model.people(people.voted),
        )
    ]
    table = people.tables.get("constituency")
    if table is not None and table.is_shown:
        codes = [one.code for one in table.categories if one.code not in {"", "other"}]
        fact = _table_fact(w, "constituency")
        sentences.append(w.say(N_("They spoke for %(kinds)s."), [fact], kinds=model.categories("constituency", codes)))
    return sentences


def participation(w: Writer) -> Section:
    people = w.material.people
    sentences = []
    if people.n_invited:
        invited = w.fact("invited", "tally", {"number": people.n_invited})
        sentences.append(
            w.say(N_("%(n)s personal invitations were sent."), [invited], n=model.number(people.n_invited))
        )
    sentences += _who(w)
    sentences += _missing(w)
    counts = w.fact("proposals", "tally", {"proposals": people.n_proposals, "statements": people.n_statements})
    if people.wrote.value is not None:
        wrote = w.fact("wrote", "people", {"n": model.people(people.wrote)})
        message = N_("People who wrote proposals: %(people)s.")
        sentences.append(w.say(message, [wrote], people=model.people(people.wrote)))
    message = N_("Proposals, those of the convenor included: %(n)s.")
    sentences.append(w.say(message, [counts], n=model.number(people.n_proposals)))
    message = N_("Of these, %(kept)s were put to the vote.")
    sentences.append(w.say(message, [counts], kept=model.number(people.n_statements)))
    if people.n_votes is not None:
        votes = w.fact("votes", "tally", {"number": people.n_votes})
        sentences.append(w.say(N_("Together they cast %(n)s votes."), [votes], n=model.number(people.n_votes)))
    label = confidence(w.material)
    fact = w.fact("confidence", "confidence", {"label": label})
    sentences.append(w.say(CONFIDENCE[label], [fact, "voted"]))
    title = N_("Participation and its limits")
    return Section("participation", title, [Passage(sentences)], outcome.standings_table(w))


def people_annex(w: Writer) -> Section:
    """Who took part, each attribute in a table of its own beside what was aimed for; never two attributes crossed."""
    tables = [_people_table(w, attribute) for attribute in ATTRIBUTES if _is_shown(w, attribute)]
    if not tables:
        return Section("annex_people", N_("Annex: who took part"))
    fact = _table_fact(w, next(attribute for attribute in ATTRIBUTES if _is_shown(w, attribute)))
    said = N_("Each attribute is told by itself, and categories with too few people are put together or not shown.")
    return Section("annex_people", N_("Annex: who took part"), [Passage([w.say(said, [fact])])], tables)


def _is_shown(w: Writer, attribute: str) -> bool:
    table = w.material.people.tables.get(attribute)
    return table is not None and table.is_shown


def _table_fact(w: Writer, attribute: str) -> str:
    table = w.material.people.tables[attribute]
    rows = [
        [one.code, model.people_number(one.n), None if one.share is None else model.decimal(one.share)]
        for one in table.categories
    ]
    return w.fact(f"people.{attribute}", "breakdown", {"rows": rows, "is_rounded": table.is_rounded})


def _people_table(w: Writer, attribute: str) -> Table:
    table = w.material.people.tables[attribute]
    aims = {code: (share, one) for known, code, share, one in w.material.people.standings if known == attribute}
    none: model.Place = {"term": "–"}
    rows, facts = [], [_table_fact(w, attribute)]
    for one in table.categories:
        row = [model.category(attribute, one.code), model.people_number(one.n), model.share_of_table(table, one)]
        if one.code in aims:
            aim, standing = aims[one.code]
            reading = model.term(outcome.STANDINGS[standing.standing]) if standing.standing else {"withheld": True}
            row += [model.part(aim), reading]
            facts.append(views.target_fact(w, attribute, one.code))
        rows.append(row + [none] * (5 - len(row)))
    head = [N_("Category"), N_("People"), N_("Share"), N_("Target"), N_("Reading")]
    if not aims:
        rows, head = [row[:3] for row in rows], head[:3]
    return Table(ATTRIBUTE_TITLES[attribute], head, rows, facts)


def context(w: Writer, consultation: Consultation) -> Section:
    found = []
    for place, text in enumerate(consultation.questions, 1):
        fact = w.fact(f"question.{place}", "question", {"text": text})
        found.append(
            Passage([w.say(N_("Guiding question: %(text)s"), [fact], text=model.prose(text, consultation.language))])
        )
    if consultation.goals:
        fact = w.fact("goals", "goals", {"numbers": list(consultation.goals)})
        goals = {"list": [model.number(int(goal)) for goal in consultation.goals]}
        found.append(Passage([w.say(N_("Sustainable Development Goals concerned: %(goals)s."), [fact], goals=goals)]))
    return Section("context", N_("Context and guiding questions"), found)


def edited(w: Writer, sections: list[Section], added: Added) -> list[Section]:
    """The sections with each passage under its key, those left out gone, the others as a person reworded them.

    Sentences of the ladder and the dissent that goes with them stay as they are: a passage is left out whole or not.
    """
    keyed = [
        replace(one, passages=[replace(passage, key=content_key(one, passage)) for passage in one.passages])
        for one in sections
    ]
    gone = [passage for one in keyed for passage in one.passages if passage.key in added.left_out]
    silent = {passage.about for passage in gone if passage.about is not None}
    found = []
    for one in keyed:
        kept = [
            reworded(w, passage, added)
            for passage in one.passages
            if passage.key not in added.left_out and not (one.code == "one_page" and passage.about in silent)
        ]
        found.append(replace(one, passages=kept))
    return [*found, outcome.left_out_annex(w, keyed, added)]


def reworded(w: Writer, passage: Passage, added: Added) -> Passage:
    """The passage with a person's words in the place of its plain sentences, on the same facts."""
    text = added.rewordings.get(passage.key, "")
    if not text:
        return passage
    bound = [one for one in passage.sentences if one.says in ("support", "dissent")]
    facts = list(dict.fromkeys(fact for one in passage.sentences for fact in one.facts))
    written = [_cited(w.facts, sentence, added) for sentence in sentences_of(text)]
    written = [replace(one, facts=list(dict.fromkeys([*facts, *one.facts]))) for one in written]
    return replace(passage, sentences=[*bound, *written])


FAMILIES = {
    themes.INSIDE: N_("Inside partnerships"),
    themes.AROUND: N_("Around partnerships"),
    themes.MEANS: N_("Means of implementation"),
}
FEWEST_THEMES = 3
"""Fewer themes are no picture of the debate."""


def highlights(w: Writer) -> Section:
    """What was said of each theme, and how widely it is held, statement by statement."""
    rows, facts = [], []
    for family, title in FAMILIES.items():
        for entry in themes.of_kind(family):
            held = [
                one for one in w.material.statements.values() if one.theme == entry.code and views.word_of(w, one.id)
            ]
            if held:
                facts += [w.row(one.id) for one in held]
                rows.append([model.term(title), model.term(entry.label), _by_word(w, held)])
    head = [N_("Dimension"), N_("Theme"), N_("What was said, by number, and how widely it is held")]
    tables = [Table(N_("Highlights by theme"), head, rows, facts)] if len(rows) >= FEWEST_THEMES else []
    return Section("highlights", N_("Highlights by dimension"), [], tables)


def _by_word(w: Writer, held: list[Statement]) -> model.Place:
    """The statements of one theme under their words of the ladder, the widest held first."""
    parts: list[list[model.Place]] = []
    for word in ORDER:
        numbers = [one.number for one in held if views.word_of(w, one.id) is word]
        if numbers:
            parts.append([model.term(NAMES[word]), model.cite(numbers)])
    return {"parts": parts}


def with_added(w: Writer, section: Section, added: Added) -> Section:
    """The section with what the convenor wrote for it; what it cites comes along as facts."""
    texts = [added.sentences.get(section.code, "")] if section.code in OPEN_TO_ADDITIONS else []
    written = [Passage([_added(w, sentence, added)]) for text in texts for sentence in sentences_of(text)]
    return replace(section, passages=[*section.passages, *written])


def introduction(w_facts: dict[str, model.Fact], added: Added) -> list[Sentence]:
    """The convenor's introduction, sentence by sentence."""
    return [_cited(w_facts, sentence, added) for sentence in sentences_of(added.introduction)]


def _versions(w: Writer, added: Added) -> list[Section]:
    """The short text as it is said to each audience, after the page that it is a version of."""
    return [
        Section(f"version_{code}", title, [Passage([_added(w, one, added)]) for one in sentences_of(text)])
        for code, title in AUDIENCES.items()
        if (text := added.versions.get(code, ""))
    ]


def _added(w: Writer, sentence: str, added: Added) -> Sentence:
    return _cited(w.facts, sentence, added)


def _cited(facts: dict[str, model.Fact], sentence: str, added: Added) -> Sentence:
    cited = [f"s{one}" if one.isdigit() else one for one in citations_of(sentence)]
    known = [one for one in cited if one in facts]
    return Sentence("%(text)s", {"text": model.prose(sentence, added.language)}, known, "added")


def known_citations(document: Document) -> frozenset[str]:
    """What an added sentence may cite: numbers of statements with a released support, and ids of facts."""
    numbers = {
        str(one.statements[0]) for one in document.facts if one.kind == "support" and "withheld" not in one.value
    }
    return frozenset(numbers | {one.id for one in document.facts})
