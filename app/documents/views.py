"""The sections on what people hold: groups, common ground, partial agreement, divergence, and voices that are few."""

from __future__ import annotations

from app.documents import model
from app.documents.model import Passage, Section, Sentence
from app.documents.writer import Writer
from app.refusals import N_
from deliberation.disclosure import Standing
from deliberation.quantifiers import Word

MOST = 8
"""Statements in one section; the rest is in the annex."""
SHORT = 3
AGREEING, NOT_AGREEING = 0.6, 0.5
"""A group agrees from 60 % on (the ladder's bound for every group), and does not below half."""
AGREED = (Word.GENERAL_AGREEMENT, Word.STRESSED, Word.MANY)


def views(w: Writer) -> Section:
    m = w.material
    fact = w.fact("groups", "groups", {"status": m.groups_status, "n": len(m.groups)})
    found: list[Passage] = []
    if m.groups_status == "found":
        found.append(
            Passage(
                [
                    w.say(
                        N_("The votes show %(n)s opinion groups, found from the votes alone and stable when repeated."),
                        [fact],
                        n=model.number(len(m.groups)),
                    ),
                    w.say(N_("A group is a view, not a set of organisations: no constituency stands for one."), [fact]),
                ]
            )
        )
        found += [Passage(_group(w, place)) for place in range(len(m.groups))]
    elif m.groups_status == "too_few":
        found.append(
            Passage(
                [w.say(N_("In so small a room no opinion groups are looked for; agreement is told in words."), [fact])]
            )
        )
    else:
        found.append(
            Passage([w.say(N_("The votes show no distinct opinion groups, so agreement is shown directly."), [fact])])
        )
    return Section("views", N_("How views are structured"), found)


def _group(w: Writer, place: int) -> list[Sentence]:
    group = w.material.groups[place]
    fact = w.fact(f"group.{group.letter}", "group", model.share(group.share))
    letter = model.group(group.letter)
    if group.share.value is None:
        return [w.say(N_("Of %(group)s nothing is told: it is too small."), [fact], group=letter)]
    sentences = [
        w.say(
            N_("%(share)s of those whose view is clear are in %(group)s."),
            [fact],
            group=letter,
            share=model.share(group.share),
        )
    ]
    for stance, message in (
        ("agree", N_("More than others, it agrees with %(cites)s.")),
        ("disagree", N_("More than others, it disagrees with %(cites)s.")),
    ):
        held = [id for id, choice in group.typical if choice == stance and group.letter in w.groups_of(id)][:SHORT]
        if held:
            facts = [w.row(id, "group", group.letter) for id in held]
            sentences.append(w.say(message, facts, cites=model.cite([w.statement(id).number for id in held])))
    return sentences


def common_ids(w: Writer) -> list[int]:
    """Statements on common ground, the least disputed first; in a small room by number, which tells nothing."""
    m = w.material
    if m.is_small_room:
        return [id for id, one in m.statements.items() if word_of(w, id) is Word.GENERAL_AGREEMENT]
    return [id for id in m.common_ground if word_of(w, id) in AGREED]


def word_of(w: Writer, id: int) -> Word | None:
    row = w.statement(id).row
    return row.words.word if row is not None and row.words is not None else None


def divide_ids(w: Writer) -> list[int]:
    """Statements on which groups or constituencies part, the widest gap first; none in a small room."""
    if w.material.is_small_room:
        return []
    common = set(common_ids(w))
    return [one[0] for one in w.material.divides if one[0] not in common and word_of(w, one[0]) is not None]


def common_ground(w: Writer) -> Section:
    found: list[Passage] = []
    for id in common_ids(w)[:MOST]:
        rows = w.groups_of(id)
        more: list[Sentence] = []
        told = {letter: row.agree_share for letter, row in rows.items() if row.agree_share is not None}
        if len(told) == len(w.material.groups) > 1:
            least = min(told, key=lambda letter: (told[letter], letter))
            more.append(
                w.say(
                    N_("Of the groups, %(group)s agrees least, with %(share)s."),
                    [w.row(id, "group", least)],
                    group=model.group(least),
                    share=model.agreement(rows[least]),
                )
            )
        found += w.passage(id, *more)
    return Section("common_ground", N_("Common ground"), found)


def partial(w: Writer) -> Section:
    """What many hold, but not everybody: where two groups meet, and what would have to be settled for the others."""
    taken = {*common_ids(w), *divide_ids(w)[:MOST]}
    m = w.material
    order = [Word.STRESSED, Word.MANY, Word.SEVERAL, Word.GENERAL_AGREEMENT]
    wanted = [id for id in m.statements if id not in taken and word_of(w, id) in order[:3]]
    if m.is_small_room:
        wanted.sort(key=lambda one: (order.index(word_of(w, one) or Word.MANY), w.statement(one).number))
    else:
        wanted.sort(key=lambda one: (not _split(w, one)[1], -(_share(w, one) or 0), w.statement(one).number))
    found: list[Passage] = []
    for id in wanted[:MOST]:
        for_it, against = _split(w, id)
        more = []
        if for_it and against:
            facts = [w.row(id, "group", letter) for letter in (*for_it, *against)]
            message = N_("It is held by %(for_it)s, and not by %(against)s.")
            more.append(w.say(message, facts, for_it=model.groups(for_it), against=model.groups(against)))
        found += w.passage(id, *more)
    return Section("partial", N_("Conditional and partial agreement"), found)


def _share(w: Writer, id: int) -> float | None:
    row = w.statement(id).row
    return None if row is None else row.agree_share


def _split(w: Writer, id: int) -> tuple[list[str], list[str]]:
    told = {letter: row.agree_share for letter, row in w.groups_of(id).items() if row.agree_share is not None}
    agreeing = sorted(letter for letter, share in told.items() if share >= AGREEING)
    return agreeing, sorted(letter for letter, share in told.items() if share < NOT_AGREEING)


def divergence(w: Writer) -> Section:
    found: list[Passage] = []
    by_id = {one[0]: one for one in w.material.divides}
    for id in divide_ids(w)[:MOST]:
        _, dimension, high, low = by_id[id]
        one = w.statement(id)
        rows = one.by_group if dimension == "group" else one.by_constituency
        more = []
        if high in rows and low in rows:
            name = model.group if dimension == "group" else lambda code: model.category("constituency", code)
            more.append(
                w.say(
                    N_("Agreement goes from %(low_share)s (%(low)s) to %(high_share)s (%(high)s)."),
                    [w.row(id, dimension, high), w.row(id, dimension, low)],
                    low=name(low),
                    high=name(high),
                    low_share=model.agreement(rows[low]),
                    high_share=model.agreement(rows[high]),
                )
            )
        found += w.passage(id, *more)
    return Section("divergence", N_("Divergence"), found)


def minority(w: Writer) -> Section:
    """One item for each group that it ranks high, what few hold, who is thinly there, and what too few have seen."""
    m = w.material
    found: list[Passage] = []
    for group in m.groups:
        own = _own_item(w, group.letter)
        if own is not None:
            row = w.groups_of(own)[group.letter]
            found += w.passage(
                own,
                w.say(
                    N_("In %(group)s %(share)s agree."),
                    [w.row(own, "group", group.letter)],
                    group=model.group(group.letter),
                    share=model.agreement(row),
                ),
            )
    if m.is_small_room or not m.groups:
        few = [id for id in m.statements if id not in w.shown and word_of(w, id) in (Word.SOME, Word.SUGGESTED)]
        for id in few[:MOST]:
            found += w.passage(id)
    under = [(attribute, code) for attribute, code, _, one in m.people.standings if one.standing is Standing.UNDER]
    for attribute, code in under:
        fact = target_fact(w, attribute, code)
        message = N_("%(category)s took part less than aimed for, so their views may be missing.")
        found.append(Passage([w.say(message, [fact], category=model.category(attribute, code))]))
    if m.n_seen_by_too_few:
        fact = w.fact("seen_by_too_few", "tally", {"number": m.n_seen_by_too_few})
        message = N_("Too few people voted on %(n)s of the statements to judge them.")
        found.append(Passage([w.say(message, [fact], n=model.number(m.n_seen_by_too_few))]))
    return Section("minority", N_("Minority, unheard and cautionary voices"), found)


def target_fact(w: Writer, attribute: str, code: str) -> str:
    """The fact of a target and what became of it."""
    for known, category, share, one in w.material.people.standings:
        if (known, category) == (attribute, code):
            standing = one.standing.value if one.standing else None
            value = {"target": model.decimal(share), "standing": standing}
            return w.fact(f"target.{attribute}.{code}", "target", value)
    raise KeyError(code)


def ranked(w: Writer, letter: str) -> list[int]:
    """Statements in the order in which a group agrees with them, by its released rows."""
    rows = {
        id: row.agree_share
        for id in w.material.statements
        if (row := w.groups_of(id).get(letter)) is not None and row.agree_share is not None
    }
    return sorted(rows, key=lambda one: (-(rows[one] or 0), w.statement(one).number))


def top_quarter(w: Writer, letter: str) -> set[int]:
    order = ranked(w, letter)
    return set(order[: max(1, len(order) // 4)]) if order else set()


def _own_item(w: Writer, letter: str) -> int | None:
    """A statement that the group ranks in its top quarter and agrees with, where none of these stands there yet."""
    top = top_quarter(w, letter)
    if top & w.shown:
        return None
    group = next(one for one in w.material.groups if one.letter == letter)
    typical = [id for id, stance in group.typical if stance == "agree"]
    for id in [*(id for id in typical if id in top), *ranked(w, letter)]:
        share = w.groups_of(id)[letter].agree_share
        if id in top and word_of(w, id) is not None and share is not None and share >= NOT_AGREEING:
            return id
    return None
