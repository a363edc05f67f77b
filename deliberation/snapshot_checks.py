"""What a published summary says, checked against itself: facts, sentences, words, dissent, sums, and disclosure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from deliberation.disclosure_rules import DEFAULT as DISCLOSURE
from deliberation.disclosure_rules import DisclosureSettings
from deliberation.errors import BadValue
from deliberation.quantifiers import Dissent, Word
from deliberation.released import Attribution
from deliberation.votes import Choice

Finding = tuple[str, str]
"""Name of a check, and what is wrong; empty where it holds."""


def stances_of(listed: Sequence[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """Statement numbers and choices; `ValueError` for a choice that is none."""
    return [(int(one["statement"]), Choice(one["choice"]).value) for one in listed]


def document_checks(snapshot: Mapping[str, Any]) -> Iterator[Finding]:
    """Each check of a summary's document."""
    document = snapshot["document"]
    facts = {fact["id"]: fact for fact in document["facts"]}
    twice = len(facts) != len(document["facts"])
    known = {one["number"] for one in snapshot["statements"]}
    strangers = [fact["id"] for fact in document["facts"] if not set(fact["statements"]) <= known]
    yield "facts", "a fact stands twice" if twice else f"{strangers[0]} cites no statement" if strangers else ""
    yield "sentences", _sentence_problem(document, facts)
    yield "ladder", _ladder_problem(document, facts)
    yield "dissent", _dissent_problem(document, facts)
    yield "quotes", _quote_problem(document, {one["number"]: one["text"] for one in snapshot["statements"]})
    yield "disclosure", disclosure_problem(facts.values(), facts["rule"]["value"])
    yield "figures", _figures_problem(facts, snapshot["statements"]) or _told_problem(document, facts)
    yield "arithmetic", _arithmetic_problem(facts, snapshot["slate"])
    yield "analysis", "" if facts["analysis"]["value"] == snapshot["analysis"] else "two analyses are named"
    yield "balance", _balance_problem(snapshot["balance"])
    yield "objections", _objection_problem(document, facts, snapshot.get("objections"))
    yield "signers", _signers_problem(snapshot["signers"])


def _sentences(document: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for section in document["sections"]:
        for passage in section["passages"]:
            for sentence in passage["sentences"]:
                yield passage, sentence


PLACES = re.compile(r"%\((\w+)\)s")


def _sentence_problem(document: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    for _, sentence in _sentences(document):
        missing = [fact for fact in sentence["facts"] if fact not in facts]
        if missing or not sentence["facts"]:
            return f"no fact for: {sentence['message'][:60]}"
        if set(PLACES.findall(sentence["message"])) != set(sentence["places"]):
            return f"places that do not fit: {sentence['message'][:60]}"
    for section in document["sections"]:
        for table in section["tables"]:
            if any(len(row) != len(table["head"]) for row in table["rows"]):
                return f"a row of another length: {table['caption']}"
    return ""


WORDS: Mapping[str, tuple[Word, ...]] = {
    "Participants generally agreed: %(statement)s": (Word.GENERAL_AGREEMENT,),
    "Participants stressed: %(statement)s": (Word.STRESSED,),
    "Many participants agreed: %(statement)s": (Word.MANY,),
    "Several participants agreed: %(statement)s": (Word.SEVERAL,),
    "Some participants agreed: %(statement)s": (Word.SOME,),
    "It was suggested: %(statement)s": (Word.SUGGESTED,),
    "Views differed on this: %(statement)s": (Word.VIEWS_DIFFERED,),
}
"""The sentences by which a summary says how far a statement is supported, and the words they stand for."""
DISSENTS: Mapping[str, Dissent] = {
    "However, some cautioned against it.": Dissent.CAUTIONED,
    "A note of caution was expressed.": Dissent.NOTE_OF_CAUTION,
}


def _ladder_problem(document: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    for _, sentence in _sentences(document):
        value = facts[sentence["facts"][0]]["value"]
        message = sentence["message"]
        is_word, is_dissent = message in WORDS, message in DISSENTS
        if is_word != (sentence["says"] == "support") or is_dissent != (sentence["says"] == "dissent"):
            return f"a claim outside the ladder: {message[:60]}"
        if is_word and value.get("word") not in WORDS[message]:
            return f"another word than the fact's: {message[:60]}"
        if is_dissent and value.get("dissent") != DISSENTS[message]:
            return f"another dissent than the fact's: {message[:60]}"
    return ""


def _dissent_problem(document: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """No support without its dissent in the same passage."""
    for passage, sentence in _sentences(document):
        if sentence["says"] != "support":
            continue
        fact = sentence["facts"][0]
        if facts[fact]["value"].get("dissent") is None:
            continue
        if not any(one["says"] == "dissent" and fact in one["facts"] for one in passage["sentences"]):
            return f"{fact} stands without its dissent"
    return ""


def _quote_problem(document: Mapping[str, Any], texts: Mapping[int, str]) -> str:
    """Statements are quoted in their own words."""
    places = [place for _, sentence in _sentences(document) for place in sentence["places"].values()]
    for section in document["sections"]:
        for table in section["tables"]:
            places += [cell for row in table["rows"] for cell in row]
    for place in places:
        if "statement" in place and texts.get(place["statement"]) != place["text"]:
            return f"statement {place['statement']} is not quoted as it stands"
        if "cite" in place and not set(place["cite"]) <= set(texts):
            return f"a statement that is not there is cited: {place['cite']}"
    return ""


KINDS_OF_ROWS = ("support", "support_group", "support_constituency")


def statement_rows(statements: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every released row of the statements listed, with the id and the kind that its fact would have."""
    for one in statements:
        name = f"s{one['number']}"
        if one["votes"] is not None:
            yield name, "support", one["votes"]
        for attribute in ("group", "constituency"):
            for category, row in one[f"by_{attribute}"].items():
                yield f"{name}.{attribute}.{category}", f"support_{attribute}", row


def _figures_problem(facts: Mapping[str, Mapping[str, Any]], statements: Sequence[Mapping[str, Any]]) -> str:
    """A fact on votes and the statement's own row are one figure."""
    rows = {name: row for name, _, row in statement_rows(statements)}
    for id, fact in facts.items():
        if fact["kind"] in KINDS_OF_ROWS and fact["value"] != rows.get(id, {"withheld": True}):
            return f"{id} differs from the row of its statement"
    return ""


FIGURES = frozenset({"share", "people", "band"})


def _told_problem(document: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """A share or a number of people in a sentence is one of the facts that the sentence cites."""
    for _, sentence in _sentences(document):
        told = [place for place in sentence["places"].values() if FIGURES & place.keys()]
        held = [one for fact in sentence["facts"] for one in _figures(facts[fact]["value"])] if told else []
        if any(place not in held for place in told):
            return f"a figure that its facts do not hold: {sentence['message'][:60]}"
    return ""


def rows_problem(snapshot: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """Where a released row of the statements does not add up, or says more than the mode of attribution allows."""
    rows = {
        name: {"id": name, "kind": kind, "value": row} for name, kind, row in statement_rows(snapshot["statements"])
    }
    sums = next((problem for row in rows.values() if (problem := _sum_problem(row))), "")
    return sums or disclosure_problem(rows.values(), rule)


def _arithmetic_problem(facts: Mapping[str, Mapping[str, Any]], slate: Mapping[str, Any]) -> str:
    problem = next((found for fact in facts.values() if (found := _sum_problem(fact))), "")
    return problem or _ledger_arithmetic(facts, slate)


def _sum_problem(fact: Mapping[str, Any]) -> str:
    """Shares of one whole add up to 1, but for their rounding."""
    value = fact["value"]
    if fact["kind"].startswith("support") and "agree" in value:
        whole = sum((_decimal(value[name]["share"]) for name in ("agree", "disagree", "pass")), Decimal())
        # Rounded to steps of .05 and capped, three shares add up to 1 but for one step each.
        slack = Decimal("0.000003") if value["agree"]["bound"] == "exact" else Decimal("0.30")
        if abs(whole - 1) > slack:
            return f"the shares of {fact['id']} add up to {whole}"
    if fact["kind"] == "breakdown":
        shares = [_decimal(row[2]) for row in value["rows"] if row[2] is not None]
        slack = Decimal("0.025") * len(shares) if value["is_rounded"] else Decimal("0.0001")
        if shares and abs(sum(shares, Decimal()) - 1) > slack:
            return f"the shares of {fact['id']} add up to {sum(shares, Decimal())}"
    return ""


def _ledger_arithmetic(facts: Mapping[str, Mapping[str, Any]], slate: Mapping[str, Any]) -> str:
    for name, listed in (("slate.participants", slate["participants"]), ("slate.curated", slate["curated"])):
        if (name in facts) != bool(listed is not None and (listed or name == "slate.curated")):
            return f"{name} stands where there is no slate"
        if name in facts and facts[name]["value"]["stances"] != [[one["statement"], one["choice"]] for one in listed]:
            return f"{name} differs from the slate"
    if "slate.ledger" in facts:
        found = dict.fromkeys(("kept", "added", "dropped"), 0)
        for line in slate["ledger"]:
            found[line["change"]] += 1
        if facts["slate.ledger"]["value"] != found:
            return "the ledger's sums differ from its lines"
    if "slate.overlap" in facts:
        own, chosen = stances_of(slate["participants"]), stances_of(slate["curated"])
        share = Decimal(len(set(own) & set(chosen))) / len(own)
        if abs(_decimal(facts["slate.overlap"]["value"]["share"]) - share) > Decimal("0.000001"):
            return "the overlap is another one"
    return ""


def _decimal(text: Any) -> Decimal:
    if not isinstance(text, str):
        raise BadValue(name="share", value=text, allowed="a decimal string")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise BadValue(name="share", value=text, allowed="a decimal string") from None


def _balance_problem(balance: Mapping[str, Any]) -> str:
    """All tests are there; one that failed has its public reason."""
    tests = balance["tests"]
    if len({test["code"] for test in tests}) != len(tests) or not tests:
        return "a test stands twice or none is there"
    failed = [test["code"] for test in tests if not test["passed"]]
    if {"dissent", "suppression"} & set(failed):
        return "a test failed that no reason makes good"
    if failed and not balance["reason"].strip():
        return f"{failed[0]} failed without a public reason"
    return ""


NOTE = "Not everybody who read this passage before publication shares it: %(text)s"


def _objection_problem(
    document: Mapping[str, Any], facts: Mapping[str, Any], objections: Mapping[str, Any] | None
) -> str:
    """Each answer to an objection has its fact, and each note of dissent stands in the text."""
    if objections is None:
        return "facts speak of objections, and none are listed" if "objections" in facts else ""
    listed = [(one["passage"], one["answer"]) for one in objections["answers"]]
    told = [
        (facts[f"objection.{place}"]["value"]["passage"], facts[f"objection.{place}"]["value"]["answer"])
        for place in range(1, len(listed) + 1)
    ]
    if listed != told or objections["minutes"] != facts["objections"]["value"]["minutes"]:
        return "the answers listed are not those of the facts"
    notes = sorted(
        sentence["places"]["text"]["text"] for _, sentence in _sentences(document) if sentence["message"] == NOTE
    )
    due = sorted(one["text"] for one in objections["answers"] if one["answer"] == "noted")
    return "" if notes == due else "a note of dissent is missing or was not asked for"


def _signers_problem(signers: Sequence[Mapping[str, Any]]) -> str:
    allowed = {"convenor", "curator", "participant"}
    roles = [one["role"] for one in signers]
    if len(roles) < 2 or "convenor" not in roles or not set(roles) <= allowed:
        return "two people sign, one of them a convenor"
    return ""


def disclosure_problem(
    facts: Iterable[Mapping[str, Any]], rule: Mapping[str, Any], *, settings: DisclosureSettings = DISCLOSURE
) -> str:
    """Where a fact says more than its mode allows towards the public; empty if none does."""
    mode, is_small = Attribution(rule["mode"]), bool(rule["is_small_room"])
    fewest = settings.fewest_public if mode is Attribution.CHATHAM_HOUSE else settings.fewest_open
    for fact in facts:
        if not fact["kind"].startswith(("support", "breakdown", "group", "people", "coalition", "indicator")):
            continue
        for place in _figures(fact["value"]):
            problem = _figure_problem(
                place, mode, is_small, fewest, settings, is_vote=fact["kind"] not in ("breakdown", "indicator")
            )
            if problem:
                return f"{fact['id']}: {problem}"
    return ""


def _figures(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for item in value.values():
            yield from _figures(item)
    elif isinstance(value, list):
        for item in value:
            yield from _figures(item)


def _figure_problem(
    place: Mapping[str, Any],
    mode: Attribution,
    is_small: bool,
    fewest: int,
    settings: DisclosureSettings,
    *,
    is_vote: bool,
) -> str:
    is_chatham = mode is Attribution.CHATHAM_HOUSE
    if "people" in place and place["people"] < (settings.exact_from if is_chatham else 0):
        return "a number of people is exact"
    if "band" in place and place["band"][0] < fewest:
        return "a band is too small"
    if "share" in place:
        share = _decimal(place["share"])
        if not 0 <= share <= 1:
            return "a share lies outside 0 to 1"
        if is_small:
            return "a small room tells words only"
        if is_chatham and is_vote and (share * settings.n_steps) % 1:
            return "a share is not rounded"
        cap = Decimal(repr(settings.cap))
        if is_chatham and is_vote and not cap <= share <= 1 - cap:
            return "a share is not capped"
        expected = (
            "exact" if not is_chatham else "at_most" if share <= cap else "at_least" if share >= 1 - cap else "about"
        )
        if is_vote and place.get("bound") != expected:
            return "a share is to be read otherwise"
    return ""
