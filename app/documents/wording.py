"""Sentences and places in the reader's language: as plain text, as HTML, and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.lists import format_list
from markupsafe import Markup, escape

from app import language
from app.documents.ladder import LEADS
from app.documents.model import Passage, Place, Section, Sentence
from app.language import band, current_locale, gettext, num, pct
from app.refusals import N_
from app.taxonomies import constituencies, genders, languages, regions

TAXONOMIES = {
    "constituency": constituencies.TAXONOMY,
    "region": regions.TAXONOMY,
    "language": languages.TAXONOMY,
    "gender": genders.TAXONOMY,
}
TOO_FEW = N_("too few to show")
QUOTES = {
    "ar": ("«", "»"),
    "en": ("“", "”"),
    "es": ("«", "»"),
    "fr": ("«\u00a0", "\u00a0»"),
    "ru": ("«", "»"),
    "zh": ("“", "”"),
}
"""The quotation marks of the reader's language, whatever language stands between them."""
PLACES = re.compile(r"%\((\w+)\)s")
STATEMENT_CITATION = re.compile(r"\[([1-9][0-9]{0,5})\]")
ADDED_CITATION = re.compile(r"\\\[([1-9][0-9]{0,5}(?:, ?[1-9][0-9]{0,5})*)\\\]")
"""The same in Markdown, whose brackets are escaped already."""


@dataclass(frozen=True)
class Run:
    """Passages in a row that are supported and doubted alike, so that it is said once; a single passage by itself."""

    passages: list[Passage]

    @property
    def is_list(self) -> bool:
        return len(self.passages) > 1

    @property
    def lead(self) -> str:
        """What is said before the list."""
        return gettext(LEADS[self.passages[0].sentences[0].message])

    @property
    def dissent(self) -> str:
        """What is said after it, where there is dissent."""
        second = self.passages[0].sentences[1:2]
        return gettext(LEADS[second[0].message]) if second and second[0].says == "dissent" else ""


def runs(section: Section) -> list[Run]:
    """The passages of a section, those with one word of support and the same dissent together."""
    found: list[Run] = []
    for passage in section.passages:
        if found and _kind(passage) is not None and _kind(found[-1].passages[-1]) == _kind(passage):
            found[-1].passages.append(passage)
        else:
            found.append(Run([passage]))
    return found


def _kind(passage: Passage) -> tuple[str, str] | None:
    """Support and dissent of a passage that begins with them; one that says more of either stands alone."""
    bound = [one for one in passage.sentences if one.says in ("support", "dissent")]
    if not bound or bound[0].says != "support" or bound != passage.sentences[: len(bound)] or len(bound) > 2:
        return None
    if "statement" not in bound[0].places or "statement" not in bound[0].places["statement"]:
        return None
    return bound[0].message, bound[1].message if len(bound) > 1 else ""


def item(passage: Passage) -> tuple[Place, list[Sentence]]:
    """What a list says of one passage: its statement, and the sentences beyond support and dissent."""
    rest = [one for one in passage.sentences if one.says not in ("support", "dissent")]
    return passage.sentences[0].places["statement"], rest


def quoted(words: str) -> str:
    """The words in the reader's quotation marks."""
    before, after = QUOTES[current_locale()]
    return f"{before}{words}{after}"


def text(sentence: Sentence) -> str:
    """The sentence as plain text."""
    return gettext(sentence.message) % {name: _plain(place) for name, place in sentence.places.items()}


def markdown(sentence: Sentence) -> str:
    """The sentence as Markdown; what people wrote cannot become markup."""
    if sentence.says == "added":
        linked = ADDED_CITATION.sub(lambda found: _linked(found.group(1)), _mark(sentence.places["text"]["text"]))
        return str(linked)
    message = _mark(gettext(sentence.message).replace("%%", "%"), skip=PLACES)
    return PLACES.sub(lambda found: _marked(sentence.places[found.group(1)]), message)


def html(sentence: Sentence, at: str = "") -> Markup:
    """The sentence as HTML, with citations that lead to the statement's row on the page `at`, or on this one."""
    if sentence.says == "added":
        place = sentence.places["text"]
        return Markup('<span lang="{lang}" dir="auto">{text}</span>').format(
            lang=place["language"], text=_with_links(place["text"], at)
        )
    message = Markup(escape(gettext(sentence.message)))  # noqa: S704  # escaped on the spot
    return message % {name: place_html(place, at) for name, place in sentence.places.items()}


def _with_links(text_: str, at: str) -> Markup:
    """What a person wrote, its citations of statements as links."""
    parts = STATEMENT_CITATION.split(text_)
    return Markup("").join(_cite_html(int(part), at) if nth % 2 else escape(part) for nth, part in enumerate(parts))


def _linked(numbers: str) -> str:
    return ", ".join(f"[\\[{one.strip()}\\]](#s{one.strip()})" for one in numbers.split(","))


def place_html(place: Place, at: str = "") -> Markup:
    """A place as HTML."""
    if "statement" in place:
        before, after = QUOTES[current_locale()]
        return Markup('{before}<span class="quoted" lang="{lang}" dir="auto">{text}</span>{after}\u00a0{cite}').format(
            before=before,
            after=after,
            lang=place["language"],
            text=place["text"],
            cite=_cite_html(place["statement"], at),
        )
    if "cite" in place:
        return Markup(" ").join(_cite_html(number, at) for number in place["cite"])
    if "text" in place:
        return Markup('<span lang="{lang}" dir="auto">{text}</span>').format(lang=place["language"], text=place["text"])
    if "parts" in place:
        return Markup("; ").join(
            Markup("{}: {}").format(*(place_html(each, at) for each in part)) for part in place["parts"]
        )
    if "list" in place:
        parts = {f"\ue000{nth}\ue001": place_html(part, at) for nth, part in enumerate(place["list"])}
        joined = escape(format_list(list(parts), locale=current_locale())) if parts else Markup("")
        for key, part in parts.items():
            joined = Markup(str(joined).replace(key, str(part)))  # noqa: S704  # both sides are markup already
        return joined
    return Markup(escape(_plain(place)))  # noqa: S704  # escaped on the spot


def place_markdown(place: Place) -> str:
    """A place as Markdown, for the cell of a table."""
    return _marked(place).replace("|", "\\|").replace("\n", " ")


def unmarked(text: str) -> str:
    """A text as Markdown in which nothing of it is markup."""
    return place_markdown({"text": text, "language": "und"})


def place_text(place: Place) -> str:
    """A place as plain text."""
    return _plain(place)


def _cite_html(number: int, at: str) -> Markup:
    return Markup('<a class="cite" href="{at}#s{number}"><span class="sr">{word} </span>[{shown}]</a>').format(
        at=at, number=number, word=gettext("Statement"), shown=num(number)
    )


def _marked(place: Place) -> str:
    if "statement" in place:
        return f"{quoted(_mark(place['text']))} [\\[{num(place['statement'])}\\]](#s{place['statement']})"
    if "cite" in place:
        return " ".join(f"[\\[{num(number)}\\]](#s{number})" for number in place["cite"])
    if "parts" in place:
        return "; ".join(": ".join(map(_marked, part)) for part in place["parts"])
    if "list" in place:
        return format_list([_marked(part) for part in place["list"]], locale=current_locale())
    return _mark(_plain(place))


def _mark(words: str, *, skip: re.Pattern[str] | None = None) -> str:
    """The characters by which text could become markup are escaped; what `skip` finds stays."""
    if skip is not None:
        parts = re.split(r"(%\(\w+\)s)", words)
        return "".join(part if skip.fullmatch(part) else _mark(part) for part in parts)
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", words)


def _plain(place: Place) -> str:
    for kind, words in KINDS.items():
        if kind in place:
            return words(place)
    raise ValueError(f"no such place: {sorted(place)}")


def _share(place: Place) -> str:
    if "of" in place:  # fewer than 20 people, told exactly
        n = round(Decimal(place["share"]) * place["of"])
        return gettext("%(n)s of %(all)s") % {"n": num(n), "all": num(place["of"])}
    shown = pct(float(place["share"]))
    bound = {"at_least": gettext("%(share)s or more"), "at_most": gettext("%(share)s or less")}.get(place["bound"])
    return bound % {"share": shown} if bound else shown


def _category(place: Place) -> str:
    attribute, code = place["category"]
    if not code:
        return gettext("Not stated")
    if code == "other":
        return gettext("Others, too few to tell apart")
    return gettext(TAXONOMIES[attribute].label(code))


def _band(place: Place) -> str:
    low, high = place["band"]
    return gettext("fewer than %(bound)s") % {"bound": num(high + 1)} if low == 0 else band((low, high))


KINDS: dict[str, Callable[[Place], str]] = {
    "statement": lambda place: f"{quoted(place['text'])} [{num(place['statement'])}]",
    "asked": lambda place: quoted(gettext(place["asked"])),
    "cite": lambda place: " ".join(f"[{num(number)}]" for number in place["cite"]),
    "number": lambda place: num(place["number"]),
    "people": lambda place: num(place["people"]),
    "band": _band,
    "withheld": lambda _place: gettext(TOO_FEW),
    "share": _share,
    "decimal": lambda place: num(Decimal(place["decimal"]), 2),
    "group": lambda place: gettext("group %(letter)s") % {"letter": place["group"]},
    "category": _category,
    "parts": lambda place: "; ".join(": ".join(map(_plain, part)) for part in place["parts"]),
    "list": lambda place: format_list([_plain(part) for part in place["list"]], locale=current_locale()),
    "term": lambda place: gettext(place["term"]),
    "text": lambda place: str(place["text"]),
    "day": lambda place: language.date(date.fromisoformat(place["day"])),
}


def placeholders(message: str) -> frozenset[str]:
    """The named places of a message."""
    return frozenset(PLACES.findall(message))


def head(label: str) -> str:
    """The head of a table's column: a message id, or `group:A`."""
    kind, _, letter = label.partition(":")
    return gettext("Group %(letter)s") % {"letter": letter} if kind == "group" and letter else gettext(label)
