"""The tests a summary must pass before it may be signed, or answer for in public: computed from the document itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app.analysis.summary_material import Material
from app.documents import views, wording
from app.documents.added import Added, claims_outside_the_ladder
from app.documents.ladder import DISSENT, SUPPORT
from app.documents.model import Document
from app.documents.summary import DEFAULT, SummarySettings
from app.documents.writer import Writer
from app.language import LANGUAGES, catalogue, gettext, num, pct, use_locale
from app.refusals import N_
from deliberation.snapshot_checks import disclosure_problem

HELD = ("common_ground", "partial", "divergence", "minority")
"""The sections on what people hold."""

TITLES = {
    "top_quarter": N_("Every opinion group has a passage on something it ranks in its top quarter"),
    "space": N_("Each opinion group's part of the passages fits its part of the people"),
    "dissent": N_("Every support is followed by the dissent there was"),
    "voices": N_("Enough claims have three or more voices behind them"),
    "ladder": N_("No sentence claims a support that no rule binds"),
    "reading": N_("The text can be read without being a specialist"),
    "suppression": N_("Nothing is told that could single out a person"),
    "minority": N_("Minority and cautionary voices have a section of their own"),
    "languages": N_("All six languages tell the same facts"),
}
OBLIGATORY = frozenset({"dissent", "suppression"})
"""Tests that no public reason makes good: dissent that is not told, and figures that could single out a person."""


@dataclass(frozen=True)
class BalanceTest:
    """One test with what was found: places of its message are plain values."""

    code: str
    passed: bool
    message: str
    places: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check(
    document: Document, material: Material, added: Added, *, settings: SummarySettings = DEFAULT
) -> tuple[BalanceTest, ...]:
    """All tests of a document, in one order."""
    w = Writer(material)
    return (
        _top_quarter(document, w),
        _space(document, w, settings),
        _dissent(document),
        _voices(document, settings),
        _ladder(document, added),
        _reading(document, settings),
        _suppression(document),
        _minority(document, w, settings),
        _languages(document),
    )


def failed(tests: tuple[BalanceTest, ...]) -> tuple[BalanceTest, ...]:
    return tuple(test for test in tests if not test.passed)


def in_words(test: BalanceTest) -> tuple[str, str]:
    """Title and finding in the reader's language."""
    return gettext(TITLES[test.code]), gettext(test.message) % test.places


def _about(document: Document) -> set[int]:
    """Statements that the sections on views speak of."""
    sections = [document.section(code) for code in HELD]
    return {passage.about for one in sections if one for passage in one.passages if passage.about is not None}


def _top_quarter(document: Document, w: Writer) -> BalanceTest:
    about, missing = _about(document), []
    for group in w.material.groups:
        top = {w.statement(id).number for id in views.top_quarter(w, group.letter)}
        if top and not top & about:
            missing.append(group.letter)
    if missing:
        return BalanceTest("top_quarter", False, N_("Missing: %(groups)s."), {"groups": ", ".join(missing)})
    if not w.material.groups:
        return BalanceTest("top_quarter", True, N_("There are no opinion groups to miss."), {})
    return BalanceTest("top_quarter", True, N_("All %(n)s groups have one."), {"n": str(len(w.material.groups))})


def _space(document: Document, w: Writer, settings: SummarySettings) -> BalanceTest:
    """Each passage is divided among the groups of which at least half agree with its statement."""
    numbers = {one.number: id for id, one in w.material.statements.items()}
    space = {group.letter: 0.0 for group in w.material.groups}
    for number in _about(document) & set(numbers):
        rows = w.groups_of(numbers[number])
        holding = [letter for letter in space if letter in rows and (rows[letter].agree_share or 0) >= 0.5]
        for letter in holding:
            space[letter] += 1 / len(holding)
    whole = sum(space.values())
    told = {group.letter: group.share.value for group in w.material.groups if group.share.value is not None}
    if not whole or not told:
        return BalanceTest("space", True, N_("There are no opinion groups to compare."), {})
    off = [
        letter
        for letter, share in told.items()
        if not settings.space_low * share <= space[letter] / whole <= settings.space_high * share
    ]
    shown = ", ".join(f"{letter} {pct(space[letter] / whole)} / {pct(told[letter])}" for letter in sorted(told))
    message = N_("Part of the passages / part of the people: %(shown)s.")
    return BalanceTest("space", not off, message, {"shown": shown})


def _dissent(document: Document) -> BalanceTest:
    lacking = []
    for section in document.sections:
        for passage in section.passages:
            said = {fact for one in passage.sentences if one.says == "dissent" for fact in one.facts}
            for one in passage.sentences:
                is_due = one.says == "support" and document.fact(one.facts[0]).value.get("dissent") is not None
                if is_due and one.facts[0] not in said:
                    lacking.append(one.facts[0])
    if lacking:
        return BalanceTest("dissent", False, N_("Missing at %(facts)s."), {"facts": ", ".join(lacking)})
    return BalanceTest("dissent", True, N_("Every one is there."), {})


def _voices(document: Document, settings: SummarySettings) -> BalanceTest:
    claims = [one for one in document.sentences() if one.says == "support"]
    if not claims:
        return BalanceTest("voices", False, N_("There is no claim about what people support."), {})
    many = [one for one in claims if document.fact(one.facts[0]).value["word"] != "suggested"]
    share = len(many) / len(claims)
    message = N_("%(share)s of the claims; at least %(bound)s is asked.")
    places = {"share": pct(share), "bound": pct(settings.fewest_voices_share)}
    return BalanceTest("voices", share >= settings.fewest_voices_share, message, places)


def _ladder(document: Document, added: Added) -> BalanceTest:
    unbound = [
        one.message for one in document.sentences() if (one.says == "support") != (one.message in SUPPORT.values())
    ]
    unbound += [
        one.message for one in document.sentences() if (one.says == "dissent") != (one.message in DISSENT.values())
    ]
    words = [word for _, word in claims_outside_the_ladder(added)]
    if unbound or words:
        message = N_("Outside the ladder: %(words)s.")
        return BalanceTest("ladder", False, message, {"words": ", ".join([f"“{word}”" for word in words] + unbound)})
    return BalanceTest("ladder", True, N_("Every claim uses a word of the ladder."), {})


def lix(text: str) -> float:
    """Words per sentence plus the percentage of words with more than six letters (Björnsson 1968); 0 without words."""
    words = [word.strip(".,;:!?()[]“”\"'") for word in text.split()]
    words = [word for word in words if any(letter.isalpha() for letter in word)]
    if not words:
        return 0.0
    sentences = max(1, sum(text.count(mark) for mark in ".!?:"))
    return len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)


def _reading(document: Document, settings: SummarySettings) -> BalanceTest:
    with use_locale("en"):
        text = "\n".join(wording.text(one) for one in document.sentences())
    found = lix(text)
    message = N_("Lix %(found)s; at most %(bound)s is asked.")
    places = {"found": num(round(found)), "bound": num(settings.hardest_text)}
    return BalanceTest("reading", found <= settings.hardest_text, message, places)


def _suppression(document: Document) -> BalanceTest:
    facts = [{"id": one.id, "kind": one.kind, "value": one.value} for one in document.facts]
    problem = disclosure_problem(facts, document.fact("rule").value)
    if problem:
        return BalanceTest("suppression", False, N_("Found: %(problem)s."), {"problem": problem})
    return BalanceTest("suppression", True, N_("Every figure was let out by the disclosure gate."), {})


def _minority(document: Document, w: Writer, settings: SummarySettings) -> BalanceTest:
    """One passage for each opinion group, or the reserved part of all passages on views."""
    sections = {code: document.section(code) for code in HELD}
    n = {code: len(one.passages) if one else 0 for code, one in sections.items()}
    whole, due = sum(n.values()), len(w.material.groups)
    share = n["minority"] / whole if whole else 0.0
    passed = n["minority"] >= due or share >= settings.minority_share
    places = {"n": num(n["minority"]), "share": pct(share), "bound": pct(settings.minority_share)}
    message = N_("%(n)s passages, %(share)s of those on views; one for each group, or %(bound)s, is asked.")
    return BalanceTest("minority", passed, message, places)


def _languages(document: Document) -> BalanceTest:
    """A translation that lost a place would tell fewer facts than the others."""
    broken = [
        f"{code}: {one.message[:40]}"
        for code in LANGUAGES
        for one in document.sentences()
        if wording.placeholders(catalogue(code).gettext(one.message)) != wording.placeholders(one.message)
    ]
    if broken:
        return BalanceTest(
            "languages", False, N_("A place is missing in %(broken)s."), {"broken": "; ".join(broken[:3])}
        )
    n = sum(len(one.facts) for one in document.sentences())
    return BalanceTest("languages", True, N_("Each cites the same %(n)s facts."), {"n": num(n)})
