"""Whether what a person writes fits the facts it cites: numbers, words of the ladder, and direction of support."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.documents import spoken
from app.documents.added import CITATION, Added, citations_of, sentences_of
from app.documents.ladder import NAMES
from app.documents.model import Document, Fact
from app.language import gettext, num, pct
from app.refusals import N_, Invalid
from deliberation.quantifiers import Dissent, Word

NUMBER = N_("“%(shown)s” is in none of the facts that this sentence cites: “%(sentence)s” They say: %(known)s.")
QUANTIFIER = N_("“%(shown)s” is not what the facts say: “%(sentence)s” Their words: %(known)s.")
DIRECTION = N_("This sentence says the opposite of its fact: “%(sentence)s” The fact says: %(known)s.")
UNQUOTED = ("introduction", "section_", "version_", "passage_")
"""Fields whose sentences speak of facts; what follows is a plan, with dates and sums of its own."""
CONTEXT = ("question", "goals", "promise", "held")
"""Facts whose numbers may be written anywhere: those of the question, the goals and the days."""
CLEARLY = (Word.GENERAL_AGREEMENT, Word.STRESSED, Word.MANY)
HARDLY = (Word.SOME, Word.SUGGESTED)
AGENDA = Decimal(2030)


@dataclass(frozen=True)
class Misquoted:
    """A sentence that differs from the facts it cites; `message` names the place."""

    field: str
    message: str
    places: dict[str, str]

    @property
    def refusal(self) -> Invalid:
        return Invalid(self.message, **self.places)


@dataclass
class Said:
    """What the cited facts say."""

    counts: set[Decimal] = field(default_factory=set)
    shares: set[Decimal] = field(default_factory=set)
    words: set[Word] = field(default_factory=set)
    directions: set[int] = field(default_factory=set)

    def has(self, figure: spoken.Figure) -> bool:
        near = any(abs(share - value) <= figure.slack for share in self.shares for value in figure.values)
        if figure.is_share:
            return near
        return bool(set(figure.values) & self.counts) or bool(set(figure.values) & self.shares)

    def known(self) -> str:
        told = [num(one) for one in sorted(self.counts)] + [pct(float(one / 100)) for one in sorted(self.shares)]
        return ", ".join(told[:8]) or gettext(N_("no number"))

    def known_words(self) -> str:
        return ", ".join(f"“{gettext(NAMES[one])}”" for one in Word if one in self.words) or gettext(N_("none"))


def misquoted(added: Added, document: Document) -> tuple[Misquoted, ...]:
    """Every written sentence with a number, a word of the ladder or a direction that its facts do not have."""
    facts = {one.id: one for one in document.facts}
    quotes = _quotes(document)
    everywhere = _said(one for one in document.facts if one.kind in CONTEXT)
    everywhere.counts.add(AGENDA)
    found: list[Misquoted] = []
    for name, text in added.texts():
        if name.startswith(UNQUOTED):
            own = _facts_of_passage(name, document)
            for sentence in sentences_of(text):
                found += _problems(name, sentence, own, facts, quotes, everywhere)
    return tuple(found)


def _facts_of_passage(name: str, document: Document) -> list[str]:
    """A reworded passage keeps its facts."""
    key = name.removeprefix("passage_")
    return [fact for _, one in document.passages() if one.key == key for said in one.sentences for fact in said.facts]


def _problems(
    name: str,
    sentence: str,
    own: list[str],
    facts: Mapping[str, Fact],
    quotes: Mapping[int, str],
    everywhere: Said,
) -> Iterator[Misquoted]:
    cited = [f"s{one}" if one.isdigit() else one for one in citations_of(sentence)]
    told = [facts[one] for one in [*cited, *own] if one in facts]
    said = _said(told)
    bare = CITATION.sub(" ", sentence)
    numbers = {number for one in told for number in one.statements}
    quoted = [figure for number in numbers for figure in spoken.figures_of(quotes.get(number, ""))]
    said.counts |= {value for figure in quoted for value in figure.values}
    said.shares |= {value for figure in quoted if figure.is_share for value in figure.values}
    for figure in spoken.figures_of(spoken.NAMED.sub(" ", bare)):
        if not said.has(figure) and not everywhere.has(figure):
            yield Misquoted(name, NUMBER, {"shown": figure.shown, "sentence": bare.strip(), "known": said.known()})
    spoken_words = list(spoken.quantifiers_of(bare))
    for shown, word in spoken_words:
        if word not in said.words:
            places = {"shown": shown, "sentence": bare.strip(), "known": said.known_words()}
            yield Misquoted(name, QUANTIFIER, places)
    direction = spoken.direction_of(_without_quotes(bare, (quotes.get(number, "") for number in numbers)))
    is_backed = any(word in said.words for _, word in spoken_words)
    if direction and not is_backed and said.directions == {-direction}:
        yield Misquoted(name, DIRECTION, {"sentence": bare.strip(), "known": said.known_words()})


def _without_quotes(text: str, quotes: Iterable[str]) -> str:
    """The text without what it quotes word for word."""
    for quote in quotes:
        text = text.replace(quote.rstrip("."), " ") if quote else text
    return text


def _said(facts: Iterable[Fact]) -> Said:
    said = Said()
    for fact in facts:
        _read(fact.value, said)
        word, dissent = fact.value.get("word"), fact.value.get("dissent")
        if word is not None:
            said.words.add(Word(word))
            if Word(word) is Word.STRESSED:
                said.words.add(Word.MANY)  # "stressed" is "many", of what matters most
        if dissent == Dissent.CAUTIONED.value:
            said.words.add(Word.SOME)
        said.directions |= {_direction(fact)} - {0}
    return said


def _direction(fact: Fact) -> int:
    """1 where the fact shows support, -1 where it shows none to speak of, 0 where it decides nothing."""
    word = fact.value.get("word")
    if word is not None:
        is_for, is_not = Word(word) in CLEARLY, Word(word) in HARDLY
        return int(is_for and fact.value.get("dissent") != Dissent.CAUTIONED.value) - int(is_not)
    if fact.kind.startswith("support_") and "agree" in fact.value:
        agree, disagree = (Decimal(fact.value[name]["share"]) for name in ("agree", "disagree"))
        return int(agree > disagree) - int(disagree > agree)
    return 0


def _read(value: Any, said: Said) -> None:
    """Every number in a fact's value, wherever it stands."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        said.counts.add(Decimal(value))
    elif isinstance(value, str):
        _read_text(value, said)
    elif isinstance(value, Mapping):
        if "share" in value:
            said.shares.add(Decimal(value["share"]) * 100)
        if "share" in value and "of" in value:
            said.counts.add(Decimal(round(Decimal(value["share"]) * value["of"])))
        if "decimal" in value:
            said.counts.add(Decimal(value["decimal"]))
        for name, item in value.items():
            if name not in ("share", "decimal"):
                _read(item, said)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _read(item, said)


def _read_text(value: str, said: Said) -> None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        said.counts |= {Decimal(value[:4]), Decimal(value[8:])}
    elif re.fullmatch(r"[01](\.\d+)?", value):
        said.shares.add(Decimal(value) * 100)
    elif " " in value:
        said.counts |= {number for figure in spoken.figures_of(value) for number in figure.values}


def _quotes(document: Document) -> dict[int, str]:
    """The statements' own words, which may hold numbers."""
    places = [place for sentence in document.sentences() for place in sentence.places.values()]
    places += [cell for section in document.sections for table in section.tables for row in table.rows for cell in row]
    return {place["statement"]: place["text"] for place in places if "statement" in place}
