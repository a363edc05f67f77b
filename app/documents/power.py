"""The annexes on power and voice: the indicators of the last look, alerts with their decisions, what was left out."""

from __future__ import annotations

from app.analysis.alert_words import DECISIONS, HEADLINES
from app.analysis.indicators import Indicator
from app.documents import model
from app.documents.model import Passage, Place, Section, Sentence, Table
from app.documents.writer import Writer
from app.refusals import N_
from deliberation.released import ReleasedCount, ReleasedHolder

NAMES = {
    "gini_votes": N_("Votes: how evenly spread (Gini)"),
    "gini_proposals": N_("Proposals: how evenly spread (Gini)"),
    "top_votes": N_("Votes by the most active tenth"),
    "top_proposals": N_("Proposals by the most active tenth"),
    "between_votes": N_("Inequality of votes that lies between constituencies (Theil)"),
    "between_proposals": N_("Inequality of proposals that lies between constituencies (Theil)"),
    "authors": N_("Proposals are spread as if written by so many people"),
    "organisation": N_("Proposals with the largest single organisation on them"),
    "declined_language": N_("Languages whose statements are declined more often"),
    "declined_constituency": N_("Constituencies whose statements are declined more often"),
    "passages": N_("Steps of a constituency's proposals that differ from equally supported ones"),
    "waits": N_("Constituencies whose proposals wait longer"),
    "position": N_("Order of submission with times shown (correlation)"),
    "amendments": N_("Constituencies between which amendments go one way"),
    "influence": N_("Constituencies without which the slate changes beyond chance"),
    "influence_organisations": N_("Organisations without which the slate changes beyond chance"),
    "additions": N_("Additions of curators that one constituency is behind"),
}
NOT_YET = N_("No decision yet")
NONE: Place = {"term": "–"}


def indicators_annex(w: Writer) -> Section:
    """The indicators in a table, how many are beyond their line, and how many alerts were decided."""
    found, tables = [], []
    indicators = w.material.indicators
    if indicators:
        facts = [w.fact(f"power.{one.code}", "indicator", _value(one)) for one in indicators]
        n = {"measured": len(indicators), "beyond": sum(one.is_beyond for one in indicators)}
        whole = w.fact("power", "tally", n)
        found.append(
            w.say(
                N_("Power and voice were measured in %(measured)s ways; %(beyond)s of them are beyond their line."),
                [whole, *facts],
                measured=model.number(n["measured"]),
                beyond=model.number(n["beyond"]),
            )
        )
        head = [N_("Measure"), N_("Figure"), N_("95 per cent interval"), N_("Line, or number compared"), N_("Reading")]
        tables = [Table(N_("Indicators of power and voice"), head, [_row(one) for one in indicators], facts)]
    else:
        rule = w.fact("rule", "rule", {"mode": w.material.mode.value, "is_small_room": w.material.is_small_room})
        few = N_("Too few people took part, or too little happened, for any measure of power to be told.")
        found.append(w.say(few, [rule]))
    found.append(_alerts(w))
    return Section("annex_power", N_("Annex: power and voice"), [Passage(found)], tables)


def _alerts(w: Writer) -> Sentence:
    alerts = w.material.alerts
    n = {
        "raised": len(alerts),
        "decided": sum(bool(one.decision) for one in alerts),
        "cleared": sum(one.is_cleared and not one.decision for one in alerts),
    }
    fact = w.fact("alerts", "tally", n)
    if not alerts:
        return w.say(N_("No alert was raised."), [fact])
    return w.say(
        N_("Alerts raised: %(raised)s; decided by a moderator: %(decided)s; cleared by themselves: %(cleared)s."),
        [fact],
        raised=model.number(n["raised"]),
        decided=model.number(n["decided"]),
        cleared=model.number(n["cleared"]),
    )


def _value(one: Indicator) -> dict[str, object]:
    value: dict[str, object] = {"figure": _figure(one), "is_beyond": one.is_beyond}
    if one.of is not None:
        value["of"] = _count(one.of)
    if one.interval is not None:
        value["interval"] = [model.index(end) for end in one.interval]
    if one.line is not None:
        value["line"] = _line(one)
    return value


def _figure(one: Indicator) -> Place:
    if isinstance(one.value, ReleasedHolder):
        return {"withheld": True} if one.value.share is None else model.part(one.value.share)
    if isinstance(one.value, ReleasedCount):
        return _count(one.value)
    if one.is_share and one.value.value is not None:
        return model.part(one.value.value)
    return model.index(one.value)


def _count(count: ReleasedCount) -> Place:
    """A number of categories or organisations, which are not people."""
    assert isinstance(count.value, int)
    return model.number(count.value)


def _line(one: Indicator) -> Place:
    assert one.line is not None
    return model.part(one.line) if one.is_share else {"decimal": model.decimal(one.line)}


def _row(one: Indicator) -> list[Place]:
    ends: Place = NONE
    if one.interval is not None:
        ends = {"list": [model.index(end) for end in one.interval]}
    line = _count(one.of) if one.of is not None else NONE if one.line is None else _line(one)
    reading = N_("look again") if one.is_beyond else N_("as expected")
    return [model.term(NAMES[one.code]), _figure(one), ends, line, model.term(reading)]


def alerts_annex(w: Writer) -> Section:
    rows, facts = [], []
    for place, one in enumerate(w.material.alerts, 1):
        value = {"kind": one.kind, "decision": one.decision, "day": one.day.day.isoformat(), "cleared": one.is_cleared}
        facts.append(w.fact(f"alert.{place}", "alert", value))
        undecided = N_("It cleared by itself") if one.is_cleared else NOT_YET
        done = DECISIONS.get(one.decision, "") if one.decision else undecided
        rows.append([model.term(HEADLINES.get(one.kind, one.kind)), model.day(one.day), model.term(done)])
    head = [N_("Alert"), N_("Day"), N_("Decision of a moderator")]
    tables = [Table(N_("Imbalances that were measured, and what was decided"), head, rows, facts)] if rows else []
    return Section("annex_alerts", N_("Annex: alerts"), _left_out(w), tables)


def _left_out(w: Writer) -> list[Passage]:
    """That votes are left out of what this document says, by whom and why; nothing where everybody's count."""
    one = w.material.left_out
    if one is None:
        return []
    people, votes = model.people_number(one.told.n_people), model.people_number(one.told.n_votes)
    roles = N_("a moderator and a convenor") if one.by_convenor else N_("two moderators")
    value = {"people": people, "votes": votes, "reasons": list(one.reasons), "by": roles}
    fact = w.fact("left_out", "left_out", value)
    who = model.term(roles)
    if one.told.n_people is None:
        few = N_("The votes of a few participants are left out of these results by %(who)s. They stay stored.")
        said = w.say(few, [fact], who=who)
    else:
        n = N_("%(votes)s votes of %(people)s participants are left out of these results by %(who)s. They stay stored.")
        said = w.say(n, [fact], votes=votes, people=people, who=who)
    reasons = [w.say(N_("Reason: %(reason)s."), [fact], reason=model.term(reason)) for reason in one.reasons]
    kept = N_("The result with these votes is stored beside this one, and only the outcomes of both are compared.")
    return [Passage([said, *reasons, w.say(kept, [fact])])]
