"""The page of the results: what an analysis says of agreement and of difference, released, worded and drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from app import charts
from app.analysis import results_maps, results_units, results_words
from app.analysis.results import BETWEEN, CONSTITUENCY, GROUP, Text
from app.analysis.results_maps import Picture
from app.analysis.results_reading import (
    Grid,
    GroupCard,
    Landed,
    Line,
    Reading,
    Results,
    SlateLine,
    Split,
    StatementResults,
)
from app.analysis.results_words import agreement, agreement_between, bar, label_of, number_in_words
from app.charts import GoalBar, Swarm
from app.language import gettext, num, pct
from app.taxonomies.sdgs import GOALS
from deliberation.disclosure import release_breakdown
from deliberation.quantifiers import Word

NOTHING = "–"
N_FIRST = 5
"""Statements of a list that stand open; the others are one press away."""
N_CITED = 3
MOST_LISTED = 50
"""Statements of a list on the page. A thousand with their bars are two megabytes, which nobody reads to the end."""
MOST_TABLED = 150
"""Rows of a table, for the same reason."""


Ends = tuple[float, str, str, str, float]
"""A gap, the attribute and the two categories it lies between, and the share of the variance between them."""


def build(reading: Reading) -> Results:
    """The page of an analysis; nothing on it but released values. Takes some tens of milliseconds."""
    held = {name: common_ground(reading, name) for name in ("common_ground", "common_rejection")}
    common, rejected = (tuple(map(reading.line, ids[:MOST_LISTED])) for ids in held.values())
    ends = find_divides(reading)
    divides = tuple(_divide(reading, *entry) for entry in ends[:MOST_LISTED])
    splits = tuple(_split(reading, *entry) for entry in ends[:N_CITED])
    n_found = {name: len(ids) for name, ids in held.items()} | {"divides": len(ends)}
    marked = [*(line.text for line in common[:N_FIRST]), *(line.text for line in divides[:N_FIRST])]
    marked += [text for text, _, _ in reading.stances]
    picture = draw(reading, marked)
    swarm, swarm_table = gaps(reading, [line.text for line in (*common[:N_CITED], *divides[:N_CITED])])
    is_small = reading.shape == "small_room"
    return Results(
        shape=reading.shape,
        n_groups=len(reading.letters),
        is_indicative=bool(reading.landscape["is_indicative"]),
        is_rounded=not reading.gate.is_exact,
        counts=counts(reading),
        common=common,
        rejected=rejected,
        divides=divides,
        splits=splits,
        cut={name: results_words.cut_short(MOST_LISTED, n) for name, n in n_found.items()},
        spoken=spoken(reading) if is_small else (),
        swarm=swarm,
        swarm_table=swarm_table,
        swarm_sentence="" if swarm is None else results_words.widest_gap(swarm),
        picture=picture,
        map_table=map_table(reading, picture),
        map_sentence=("" if picture is None else results_words.on_the_map(picture.map, is_grouped=picture.is_grouped)),
        left_out=_left_out(picture),
        groups=group_cards(reading),
        evidence=() if is_small else results_words.evidence(reading.landscape, reading.gate),
        slate=slate_lines(reading),
        n_places=int((reading.slate.get("slate") or {}).get("size", 0)),
        certificate=results_words.certificate(reading.slate, reading.stored.n_participants, reading.gate),
        goals=goals(reading),
        constituencies=by_constituency(reading),
        choices=tuple((str(text.number), text.numbered) for text in _released_texts(reading)),
    )


def counts(reading: Reading) -> tuple[str, ...]:
    """How many took part, voted and wrote, as released."""
    stored, gate = reading.stored, reading.gate
    people = gate.count(stored.n_participants).value
    said = []
    if people is not None:
        said.append(gettext("%(n)s participants voted") % {"n": number_in_words(people)})
    if not gate.tells_words_only:
        said.append(gettext("%(n)s votes") % {"n": number_in_words(gate.count(stored.n_votes).value)})
    said.append(gettext("%(n)s statements") % {"n": num(stored.n_statements)})
    return tuple(said)


def _released_texts(reading: Reading) -> list[Text]:
    return [text for text in reading.texts.values() if reading.gate.row(str(text.id)) is not None]


def _order(reading: Reading, found: Iterable[tuple[float, int]]) -> list[int]:
    """Statements by a released figure, the largest first. Where figures are rounded, ties say nothing more."""
    places = list(found)
    rank = {statement: place for place, (_, statement) in enumerate(places)}
    number = {statement: reading.texts[statement].number for _, statement in places}
    tie = rank if reading.gate.is_exact else number
    return [s for _, s in sorted(places, key=lambda pair: (-round(pair[0], 9), tie[pair[1]]))]


# -------- the lists


def common_ground(reading: Reading, name: str) -> list[int]:
    """What every group and constituency agrees with (or rejects), ordered by the least agreeing one that is shown."""
    if reading.shape == "small_room":
        return []
    found = []
    for item in reading.landscape[name]:
        statement = item["statement_id"]
        row = reading.gate.row(str(statement))
        if statement in reading.texts and row is not None and row.agree_share is not None:
            shares = [row.agree_share, *reading.shares(statement, GROUP).values()]
            shares += reading.shares(statement, CONSTITUENCY).values()
            found.append((min(shares) if name == "common_ground" else -max(shares), statement))
    return _order(reading, found)


def find_divides(reading: Reading) -> list[tuple[int, Ends]]:
    """Statements on which two groups, or else two constituencies, stand apart, by the gap that is shown."""
    if reading.shape == "small_room":
        return []
    ends: dict[int, Ends] = {}
    for item in reading.landscape["divides"]:
        statement, attribute = item["statement_id"], item["dimension"]
        shares = reading.shares(statement, attribute) if attribute in (GROUP, CONSTITUENCY) else {}
        if statement not in reading.texts or len(shares) < 2 or {item["high"], item["low"]} - set(shares):
            continue
        high, low = max(sorted(shares), key=shares.__getitem__), min(sorted(shares), key=shares.__getitem__)
        gap = shares[high] - shares[low]
        if statement not in ends or (attribute == GROUP and ends[statement][1] != GROUP):
            ends[statement] = (gap, attribute, high, low, float(item["variance_share"]))
    order = _order(reading, ((entry[0], statement) for statement, entry in ends.items()))
    return [(statement, ends[statement]) for statement in order]


def _divide(reading: Reading, statement: int, ends: Ends) -> Line:
    gap, attribute, high, low, between = ends
    extra = () if attribute == GROUP else ((attribute, high), (attribute, low))
    told = reading.gate.index(between, reading.stored.n_participants).value
    parts = [gettext("Gap: %(n)s points") % {"n": num(round(100 * gap))}]
    if told is not None:
        parts.append(
            gettext("%(share)s of the differences in answers lie between the groups") % {"share": pct(told)}
            if attribute == GROUP
            else gettext("%(share)s of the differences in answers lie between constituencies") % {"share": pct(told)}
        )
    return reading.line(statement, extra=extra, note=" · ".join(parts))


def _split(reading: Reading, statement: int, ends: Ends) -> Split:
    _, attribute, high, low, _ = ends
    words = [
        gettext("%(who)s: %(words)s")
        % {"who": label_of(attribute, code), "words": agreement(reading.gate.row(str(statement), attribute, code))}
        for code in (high, low)
    ]
    return Split(reading.texts[statement], *words)


def spoken(reading: Reading) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """In a small room: the statements under the words that the gate lets out, from general agreement downwards."""
    under: dict[Word | None, list[Line]] = {}
    for text in reading.texts.values():
        row = reading.gate.row(str(text.id))
        words = None if row is None else row.words
        if words is not None and words.word is not None:
            note = gettext(results_words.DISSENT[words.dissent]) if words.dissent else ""
            under.setdefault(words.word, []).append(Line(text, (), text.id in reading.on_slate, note))
    return tuple(
        (gettext(heading), tuple(under[word])) for word, heading in results_words.SPOKEN.items() if word in under
    )


# -------- the pictures


def gaps(reading: Reading, named: Sequence[Text]) -> tuple[Swarm | None, Grid]:
    """Every statement on one axis by the gap between groups, or between constituencies where there are no groups."""
    attribute = GROUP if reading.shape == "groups" else CONSTITUENCY
    shown = []
    for text in _released_texts(reading):
        shares = reading.shares(text.id, attribute)
        if len(shares) >= 2:
            shown.append((text, max(shares.values()) - min(shares.values()), shares))
    if len(shown) < 3:
        return None, Grid((), ())
    codes = reading.letters if attribute == GROUP else reading.categories
    words = {text.number: _shortened(f"{text.number} {text.text}") for text in named}
    chosen = [reading.texts[s].number for s in reading.on_slate]
    drawn = charts.swarm([(text.number, gap) for text, gap, _ in shown], chosen=chosen, words=words)
    head = (gettext("Statement"), gettext("Gap in points"), *(label_of(attribute, code) for code in codes))
    by_gap = sorted(shown, key=lambda entry: (round(entry[1], 9), entry[0].number))
    # Of many, as many from either end: what is held in common, and what divides.
    ends = by_gap if len(by_gap) <= MOST_TABLED else [*by_gap[: MOST_TABLED // 2], *by_gap[-MOST_TABLED // 2 :]]
    rows = tuple(
        (
            text.numbered,
            num(round(100 * gap)),
            *(agreement_between(reading.gate.row(str(text.id), attribute, code)) for code in codes),
        )
        for text, gap, _ in ends
    )
    return drawn, Grid(head, rows, results_words.cut_short(len(rows), len(by_gap)))


def _shortened(text: str, length: int = 30) -> str:
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def group_sizes(reading: Reading) -> dict[str, tuple[str, str]]:
    """Per letter the released number and share of people; a group that may not be shown has neither."""
    groups, gate = reading.landscape["groups"], reading.gate
    labels = groups["labels"]["values"]
    sizes = {letter: labels.count(index) for index, letter in enumerate(groups["letters"])}
    sizes[BETWEEN] = reading.stored.n_participants - sum(sizes.values())
    told = release_breakdown(
        {code: n for code, n in sizes.items() if n},
        gate.mode,
        audience=gate.audience,
        n_participants=gate.n_participants,
    )
    return {
        category.code: (number_in_words(category.n), NOTHING if category.share is None else pct(category.share))
        for category in told.categories
    }


def draw(reading: Reading, marked: Sequence[Text]) -> Picture | None:
    """The opinion map with its groups and the statements that the page speaks of."""
    if reading.shape not in ("groups", "checking", "spectrum"):
        return None
    sizes = group_sizes(reading) if reading.shape == "groups" else {}
    names = {
        letter: (label_of(GROUP, letter), gettext("%(n)s people") % {"n": sizes[letter][0]} if letter in sizes else "")
        for letter in reading.letters
    }
    return results_maps.draw(
        reading.landscape,
        reading.gate,
        names=names,
        numbers={text.id: text.number for text in marked},
        chosen=[reading.texts[statement].number for statement in reading.on_slate],
    )


def map_table(reading: Reading, picture: Picture | None) -> Grid:
    """Groups with their sizes and which other group is nearest; without groups, the statements that are drawn."""
    if reading.shape != "groups":
        return Grid((), ()) if picture is None else _on_one_crowd(reading, picture)
    sizes = group_sizes(reading)
    places = {} if picture is None else {place.group: (place.x, place.y) for place in picture.released.groups}
    rows = []
    for code in (*reading.letters, BETWEEN, "other"):
        if code in sizes or code in reading.letters:
            n, share = sizes.get(code, (gettext(results_words.NOT_SHOWN), NOTHING))
            rows.append((label_of(GROUP, code), n, share, _nearest(code, places)))
    return Grid((gettext("Group"), gettext("People"), gettext("Share"), gettext("Closest to")), tuple(rows))


def _on_one_crowd(reading: Reading, picture: Picture) -> Grid:
    texts = {text.number: text.numbered for text in reading.texts.values()}
    words = {True: gettext("yes"), False: gettext("no")}
    rows = tuple((texts[one.number], words[one.chosen]) for one in picture.map.statements)
    return Grid((gettext("Statement"), gettext("On the participants' slate")), rows)


def _nearest(code: str, places: Mapping[str, tuple[float, float]]) -> str:
    others = [other for other in places if other != code]
    if code not in places or not others:
        return NOTHING
    x, y = places[code]
    return min(others, key=lambda other: (np.hypot(places[other][0] - x, places[other][1] - y), other))


def _left_out(picture: Picture | None) -> str:
    share = None if picture is None else picture.released.left_out_share
    if not share:
        return ""
    return gettext("About %(share)s of people stand where too few others do; they are not drawn.") % {
        "share": pct(share)
    }


def group_cards(reading: Reading) -> tuple[GroupCard, ...]:
    """Each group by its letter, and up to three stances it holds more than the others do."""
    if reading.shape != "groups":
        return ()
    sizes = group_sizes(reading)
    cards = []
    for letter in reading.letters:
        held = [
            (
                gettext("against") if item["stance"] == "disagree" else gettext("for"),
                reading.texts[item["statement_id"]],
            )
            for item in reading.landscape["representative"].get(letter, ())
            if item["statement_id"] in reading.texts
            and reading.gate.row(str(item["statement_id"]), GROUP, letter) is not None
        ]
        n, share = sizes.get(letter, ("", ""))
        size = gettext("%(n)s people, %(share)s") % {"n": n, "share": share} if n else gettext(results_words.NOT_SHOWN)
        cards.append(GroupCard(letter, label_of(GROUP, letter), size, tuple(held[:N_CITED])))
    return tuple(cards)


# -------- slate, goals, constituencies


def slate_lines(reading: Reading) -> tuple[SlateLine, ...]:
    """The participants' slate in its order, with the groups most of which hold each stance, as far as released."""
    lines = []
    for text, is_against, is_common in reading.stances:
        holders = []
        for letter in reading.letters if reading.shape == "groups" else ():
            row = reading.gate.row(str(text.id), GROUP, letter)
            share = None if row is None else row.disagree_share if is_against else row.agree_share
            if share is not None and share > 0.5:
                holders.append(letter)
        lines.append(SlateLine(text, is_against, is_common, tuple(holders)))
    return tuple(lines)


def goals(reading: Reading) -> tuple[GoalBar, ...]:
    """How many of the slate's proposals name each goal."""
    named: dict[int, int] = {}
    for text, is_against, _ in reading.stances:
        for goal in text.goals if not is_against else ():
            named[goal] = named.get(goal, 0) + 1
    if not named:
        return ()
    return charts.goals_covered(named, [(goal.number, gettext(goal.title), goal.colour) for goal in GOALS])


def by_constituency(reading: Reading) -> Grid:
    """Agreement by constituency, a table of its own; never in a small room under the Chatham House Rule."""
    codes = reading.categories
    if not codes or reading.gate.tells_words_only:
        return Grid((), ())
    rows, texts = [], _released_texts(reading)
    for text in texts[:MOST_TABLED]:
        cells = [agreement_between(reading.gate.row(str(text.id), CONSTITUENCY, code)) for code in (*codes, "other")]
        rows.append((text.numbered, *cells))
    head = (gettext("Statement"), *(label_of(CONSTITUENCY, code) for code in (*codes, "other")))
    return Grid(head, tuple(rows), results_words.cut_short(len(rows), len(texts)))


# -------- where one statement lands


def land(reading: Reading, picture: Picture | None, statement: int, signs: Mapping[int, int] | None) -> Landed | None:
    """Where a statement lands. `signs` are the votes on it by participant, None where only bars may be drawn."""
    if statement not in reading.texts or reading.gate.row(str(statement)) is None or reading.shape == "small_room":
        return None
    landing = None
    if picture is not None and signs is not None:
        space = reading.landscape["space"]
        voted = np.array([signs.get(person, np.nan) for person in space["participant_ids"]["values"]], dtype=float)
        landing = results_maps.land(results_maps.plane(space, "positions"), voted, picture, reading.gate)
    corners = {c: agreement(reading.gate.row(str(statement), GROUP, c)) for c in reading.letters}
    bars = reading.bars(statement)
    said = results_words.listed(
        [gettext("%(who)s: %(words)s") % {"who": b.label, "words": b.text or b.hidden} for b in bars]
    )
    return Landed(reading.texts[statement], bars, landing, corners, said)


# -------- one statement


def of_statement(reading: Reading, statement: int) -> StatementResults | None:
    """A statement's released rows, None where nothing may be said of it."""
    row = reading.gate.row(str(statement))
    if row is None or statement not in reading.texts:
        return None
    words = row.words
    spoken_word = gettext(results_words.SPOKEN[words.word]) if words and words.word else ""
    note = gettext(results_words.DISSENT[words.dissent]) if words and words.word and words.dissent else ""
    if reading.gate.tells_words_only:
        return StatementResults(spoken_word, note, (), ())
    key = str(statement)
    bars = [bar(gettext("Everybody"), row)]
    if reading.shape == "groups":
        bars += [bar(label_of(GROUP, c), reading.gate.row(key, GROUP, c), letter=c) for c in reading.letters]
    bars += results_units.bars_of(reading, statement)
    split = [bar(label_of(CONSTITUENCY, c), reading.gate.row(key, CONSTITUENCY, c)) for c in reading.categories]
    return StatementResults(spoken_word, note, tuple(bars), tuple(split))
