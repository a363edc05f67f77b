"""The sections on what people hold: groups, common ground, partial agreement, divergence, and voices that are few."""

from __future__ import annotations

from app.documents import model
from app.documents.model import Passage, Section, Sentence
from app.documents.writer import Writer
from app.refusals import N_
from deliberation.disclosure import Standing
from deliberation.quantifiers import Dissent, Word

MOST = 8
"""Statements in one section; the rest is in the annex."""
SHORT, FURTHER = 3, 12
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
    elif m.is_spectrum:
        message = N_("The votes show one spectrum of views without a gap in it, and no distinct opinion groups.")
        shown = N_("Agreement is therefore told of everybody together.")
        found.append(Passage([w.say(message, [fact]), w.say(shown, [fact])]))
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


SPLIT = 1 / 3
"""Where at least a third agree and a third disagree, a statement divides the room whether or not there are groups."""


def split_ids(w: Writer) -> list[int]:
    """Statements on which the whole room is split, the most evenly first; told by shares, so never in a small room."""
    taken = {*common_ids(w), *divide_ids(w)}
    shares = {
        id: (row.agree_share, row.disagree_share)
        for id, one in w.material.statements.items()
        if (row := one.row) is not None and row.agree_share is not None and row.disagree_share is not None
    }
    split = {id: abs(a - d) for id, (a, d) in shares.items() if min(a, d) >= SPLIT and id not in taken}
    return sorted((id for id in split if word_of(w, id)), key=lambda one: (split[one], w.statement(one).number))


def rejected(w: Writer) -> list[Passage]:
    """What participants have in common in what they do not want, by the share that disagrees."""
    found = []
    for id in w.material.common_rejection[:SHORT]:
        row = w.statement(id).row
        if row is None or row.disagree_share is None or w.material.is_small_room:
            continue
        fact = w.row(id)
        w.shown.add(id)
        message = N_("Widely rejected: %(statement)s %(share)s of the %(n)s people who voted on it disagree.")
        places = {"share": w.facts[fact].value["disagree"], "n": model.people_number(row.n_voters)}
        if model.is_counted(places["share"]):
            message = N_("Widely rejected: %(statement)s %(share)s people who voted on it disagree.")
            del places["n"]
        found.append(Passage([w.say(message, [fact], statement=w.place(id), **places)], w.statement(id).number))
    return found


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
    message = N_("Common ground, too, with its figures in the annex: %(cites)s.")
    further = _further(w, common_ids(w)[MOST:], message)
    return Section("common_ground", N_("Common ground"), [*found, *further, *rejected(w)])


def _further(w: Writer, ids: list[int], message: str) -> list[Passage]:
    """What a section has no room for, by number; what there is no room for even so is in the annex."""
    told = [id for id in ids if w.statement(id).row is not None]
    if not told:
        return []
    sentences = [
        w.say(message, [w.row(id) for id in told], cites=model.cite([w.statement(id).number for id in told[:FURTHER]]))
    ]
    if len(told) > FURTHER:
        more = N_("So are %(n)s others, which stand in the annex alone.")
        sentences.append(w.say(more, [w.row(id) for id in told], n=model.number(len(told) - FURTHER)))
    return [Passage(sentences)]


def partial(w: Writer) -> Section:
    """What many hold, but not everybody: where two groups meet, and what would have to be settled for the others."""
    taken = {*common_ids(w), *divide_ids(w)[:MOST], *split_ids(w), *w.material.common_rejection}
    m = w.material
    order = [Word.STRESSED, Word.MANY, Word.SEVERAL, Word.GENERAL_AGREEMENT]
    wanted = [id for id in m.statements if id not in taken and word_of(w, id) in order[:3]]
    if m.is_small_room:
        wanted.sort(
            key=lambda one: (order.index(word_of(w, one) or Word.MANY), _caution(w, one), w.statement(one).number)
        )
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
    left = [id for id in wanted[MOST:] if word_of(w, id) in order[:2]]
    message = N_("Held by many as well, with its figures in the annex: %(cites)s.")
    return Section("partial", N_("Conditional and partial agreement"), [*found, *_further(w, left, message)])


def _caution(w: Writer, id: int) -> str:
    """The dissent of a statement, by which a list is ordered that tells nothing else."""
    row = w.statement(id).row
    return row.words.dissent.value if row is not None and row.words is not None and row.words.dissent else ""


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
    split = split_ids(w)[: max(0, MOST - len(found))]
    if split:
        message = N_("Opinion was divided on what follows: a third or more agreed, and a third or more did not.")
        found.append(Passage([w.say(message, [w.row(id) for id in split])]))
    for id in split:
        row = w.statement(id).row
        assert row is not None
        value = w.facts[w.row(id)].value
        message = N_("%(disagree)s disagree.")
        found += w.passage(id, w.say(message, [w.row(id)], disagree=value["disagree"]))
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
    found += _cautions(w)
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


def _cautions(w: Writer) -> list[Passage]:
    """Where a statement that is widely held was cautioned against: dissent is told once more, by itself."""
    split = {*split_ids(w), *divide_ids(w)}
    held = [id for id in w.material.statements if id in w.shown and id not in split and word_of(w, id) in AGREED]
    found = []
    for caution, message in (
        (Dissent.CAUTIONED, N_("Some cautioned against these, though they are widely held: %(cites)s.")),
        (
            Dissent.NOTE_OF_CAUTION,
            N_("A note of caution was expressed on these, though they are widely held: %(cites)s."),
        ),
    ):
        ids = [id for id in held if _caution(w, id) == caution.value]
        if ids:
            cites = model.cite([w.statement(id).number for id in ids])
            found.append(Passage([w.say(message, [w.row(id) for id in ids], cites=cites)]))
    return found


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
