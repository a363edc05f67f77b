"""Two slates side by side, for the desk and the public page: every figure released, every finding a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app import charts
from app.access import Actor
from app.analysis import curation, results_words
from app.analysis.curation import Draft, Frozen, Review, Statement
from app.analysis.results import CONSTITUENCY, GROUP, Gate, audience_of
from app.analysis.translations import Wording
from app.charts import BalanceRow
from app.language import gettext, ngettext, num
from app.refusals import N_
from app.tables.participants import Participant
from app.taxonomies import curation_reasons
from deliberation.certificates import Certificate, EstimatedCertificate
from deliberation.curation import Flag, MissingReason, Reason
from deliberation.disclosure import Attribution, Audience, Standing, release_standing
from deliberation.holdings import Stance
from deliberation.slates import SpokenFor
from deliberation.votes import Choice

NOTHING = "–"
GONE = {
    "withdrawn": N_("withdrawn by its author"),
    "merged": N_("merged into another statement"),
    "declined": N_("taken down by a moderator"),
    "waiting": N_("waits for a moderator"),
    "returned": N_("returned to its author with a question"),
}
"""What became of a statement that cannot be voted on any more; it is flagged, and never dropped silently."""
STANDINGS = {
    Standing.OVER: N_("speaks for them more than the participants' slate"),
    Standing.NEAR: N_("speaks for them about as much as the participants' slate"),
    Standing.UNDER: N_("speaks for them less than the participants' slate"),
}


@dataclass(frozen=True)
class Grid:
    """Head and rows of a table."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Item:
    """One stance on a slate. `standing` is kept, added, dropped or moved; `speaks_for` is a released share."""

    statement: Statement
    stance: Stance
    is_common: bool
    standing: str
    reason: Reason | None
    lacks: tuple[str, ...]
    speaks_for: str | None
    gone: str
    is_unmeasured: bool
    wording: Wording | None = None
    """The statement as its reader has it before them; the desk shows it as it was written."""

    @property
    def is_against(self) -> bool:
        return self.stance.choice is Choice.DISAGREE

    @property
    def reason_label(self) -> str:
        code = self.reason.code if self.reason else None
        return gettext(curation_reasons.label(code.value)) if code else ""


@dataclass(frozen=True)
class Effect:
    """What the curated slate does to one group or constituency; `bar` is None where no figure may be shown."""

    attribute: str
    label: str
    bar: BalanceRow | None
    before: str
    after: str
    change: str
    chance: str
    is_alarm: bool
    words: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The same as a row of a table."""
        return self.label, self.before, self.after, self.change, self.chance, self.words


@dataclass(frozen=True)
class Repair:
    """The swap that lessens the greatest loss most."""

    remove: Stance
    add: Stance
    add_number: int
    words: str
    label: str


@dataclass(frozen=True)
class Certified:
    """A slate's certificate in words, block by block."""

    blocks: tuple[tuple[str, str], ...]
    witness: str


@dataclass(frozen=True)
class TwoSlates:
    """Everything that is shown of a participants' slate and the curated slate beside it."""

    before: tuple[Item, ...]
    after: tuple[Item, ...]
    finding: str
    effects: Mapping[str, tuple[Effect, ...]]
    flags: tuple[str, ...]
    repair: Repair | None
    certificate_before: Certified
    certificate_after: Certified
    nobody_before: str | None
    nobody_after: str | None
    spoken: Grid
    has_groups: bool
    words_only: bool

    @property
    def added(self) -> tuple[Item, ...]:
        return tuple(item for item in self.after if item.standing == "added")

    @property
    def dropped(self) -> tuple[Item, ...]:
        return tuple(item for item in self.before if item.standing == "dropped")

    @property
    def kept(self) -> tuple[Item, ...]:
        return tuple(item for item in self.after if item.standing in {"kept", "moved"})


async def gate_for(actor: Actor, *, audience: Audience | None = None) -> Gate:
    """The gate for figures of a slate, for this reader unless an audience is named."""
    mode = Attribution(actor.consultation.attribution)
    return Gate(mode, audience or audience_of(actor), await Participant.n_in(actor.consultation.id))


async def two_slates(
    actor: Actor, frozen: Frozen, draft: Draft, gate: Gate, *, missing: Sequence[MissingReason] = ()
) -> TwoSlates:
    """The two slates for the readers of this gate."""
    found = await curation.review(frozen, draft.stances)
    repair = found.measured.repair
    extra = [repair.add.statement_id] if repair else []
    witnesses = [w.stance.statement_id for w in (found.observed.witness, frozen.observed.witness) if w]
    ids = {stance.statement_id for stance in (*frozen.stances, *draft.stances)} | {*extra, *witnesses}
    texts = await curation.statements_of(sorted(ids))
    n_organisations = await curation.organisations_by_constituency(actor) if gate.tells_words_only else {}
    effects = effects_of(found, gate, n_organisations)
    n = frozen.holdings.n_participants
    return TwoSlates(
        before=_items(frozen.stances, frozen, draft, found, texts, gate, missing, before=True),
        after=_items(draft.stances, frozen, draft, found, texts, gate, missing, before=False),
        finding=_finding(found, effects),
        effects=effects,
        flags=tuple(_flag(flag, found, gate) for flag in found.measured.flags),
        repair=_repair(found, texts, gate),
        certificate_before=_certified(frozen.observed, frozen.estimated, n, texts, gate),
        # Where nothing was completed for the one slate, nothing was for the other.
        certificate_after=_certified(found.observed, found.estimated if frozen.estimated else None, n, texts, gate),
        nobody_before=_share(found.spoken_before.nobody, n, gate),
        nobody_after=_share(found.spoken_after.nobody, n, gate),
        spoken=_spoken_table(found, n, texts, gate),
        has_groups=frozen.has_groups,
        words_only=gate.tells_words_only,
    )


def _share(share: float, n_people: int, gate: Gate) -> str | None:
    return results_words.share_released(gate.share(round(share * n_people), n_people))


def stance_words(statement: Statement, stance: Stance) -> str:
    """How a sentence names a stance: by its number, and by its side where that is disagreement."""
    if stance.choice is Choice.AGREE:
        return gettext("statement %(number)s") % {"number": num(statement.number)}
    return gettext("disagreement with statement %(number)s") % {"number": num(statement.number)}


# -------- the lists


def _items(
    stances: Sequence[Stance],
    frozen: Frozen,
    draft: Draft,
    found: Review,
    texts: Mapping[int, Statement],
    gate: Gate,
    missing: Sequence[MissingReason],
    *,
    before: bool,
) -> tuple[Item, ...]:
    changes, n = found.changes, frozen.holdings.n_participants
    listed = frozen.slate.stances if before else found.spoken_stances
    shares = dict(zip(listed, (found.spoken_before if before else found.spoken_after).shares.tolist(), strict=True))
    standing = dict.fromkeys(changes.kept, "kept") | {moved.stance: "moved" for moved in changes.moved}
    standing |= dict.fromkeys(changes.added, "added") | dict.fromkeys(changes.dropped, "dropped")
    lacks = {one.stance: tuple(one.lacks) for one in missing}
    items = []
    for stance in stances:
        statement = texts[stance.statement_id]
        items.append(
            Item(
                statement,
                stance,
                stance in frozen.slate.common_ground,
                standing[stance],
                draft.reasons.get(stance),
                lacks.get(stance, ()),
                _share(shares[stance], n, gate) if stance in shares else None,
                gettext(GONE[statement.status]) if statement.status in GONE else "",
                stance in found.measured.unmeasured,
            )
        )
    return tuple(items)


def _finding(found: Review, effects: Mapping[str, tuple[Effect, ...]]) -> str:
    """The one sentence above the lists."""
    changes = found.changes
    if not (changes.added or changes.dropped or changes.moved):
        return gettext("The curated slate is the participants' slate, unchanged.")
    n_before = len(changes.kept) + len(changes.dropped)
    counted = gettext(
        "The curated slate keeps %(kept)s of the %(n)s items of the participants' slate, "
        "drops %(dropped)s and adds %(added)s."
    ) % {
        "kept": num(len(changes.kept)),
        "n": num(n_before),
        "dropped": num(len(changes.dropped)),
        "added": num(len(changes.added)),
    }
    told = [effect for rows in effects.values() for effect in rows if effect.bar is not None]
    if not told:
        return counted
    alarmed = [effect.label for effect in told if effect.is_alarm]
    if alarmed:
        who = results_words.listed(alarmed)
        return f"{counted} " + gettext("More than chance explains is lost by: %(who)s.") % {"who": who}
    return f"{counted} " + gettext("No group or constituency loses more than chance explains.")


# -------- effects on groups and constituencies


def effects_of(found: Review, gate: Gate, n_organisations: Mapping[str, int]) -> dict[str, tuple[Effect, ...]]:
    """What happens to each opinion group and each constituency that has enough people to speak of."""
    effects: dict[str, list[Effect]] = {GROUP: [], CONSTITUENCY: []}
    for row in sorted(found.measured.losses, key=lambda one: (one.dimension, one.label)):
        held = found.measured.after.of(row.dimension, row.label)
        if held is None or row.dimension not in effects:
            continue
        name, n = results_words.label_of(row.dimension, row.label), held.n_people
        letter = row.label if row.dimension == GROUP else None
        before, after = (gate.share(round(share * n), n) for share in (row.before, row.after))
        if before.value is None or after.value is None:
            words = _standing(row.after, row.before, n, n_organisations.get(row.label, 0), gate)
            effects[row.dimension].append(
                Effect(row.dimension, name, None, NOTHING, NOTHING, NOTHING, NOTHING, False, words)
            )
            continue
        text = gettext("%(after)s, was %(before)s") % {
            "after": results_words.share_in_words(after.value, after.bound),
            "before": results_words.share_in_words(before.value, before.bound),
        }
        bar = charts.balance_row(name, after.value, before.value, text=text, letter=letter)
        effects[row.dimension].append(
            Effect(
                row.dimension,
                name,
                replace(bar, short=row.is_alarm),
                results_words.share_in_words(before.value, before.bound),
                results_words.share_in_words(after.value, after.bound),
                _told_points(round(100 * (after.value - before.value)), signed=True),
                _points(row.bound, n, gate) or NOTHING,
                row.is_alarm,
                _own(held.items_held, held.floor_wanted),
            )
        )
    return {attribute: tuple(rows) for attribute, rows in effects.items()}


def _own(n_held: int, n_promised: int) -> str:
    held = ngettext("%(shown)s item that most of them hold", "%(shown)s items that most of them hold", n_held)
    words = held % {"shown": num(n_held)}
    if not n_promised:
        return words
    return gettext("%(held)s, %(promised)s promised") % {"held": words, "promised": num(n_promised)}


def _standing(after: float, before: float, n: int, n_organisations: int, gate: Gate) -> str:
    told = release_standing(
        after,
        before,
        gate.mode,
        audience=gate.audience,
        n_people=n,
        n_organisations=n_organisations,
        n_participants=gate.n_participants,
    ).standing
    return gettext(results_words.NOT_SHOWN) if told is None else gettext(STANDINGS[told])


def _points(value: float, n_people: int, gate: Gate) -> str | None:
    shown = gate.index(value, n_people).value
    return None if shown is None else _told_points(round(100 * shown))


def _told_points(points: int, *, signed: bool = False) -> str:
    words = ngettext("%(n)s point", "%(n)s points", abs(points)) % {"n": num(abs(points))}
    if not signed or not points:
        return words
    return ("+" if points > 0 else "−") + words


def _flag(flag: Flag, found: Review, gate: Gate) -> str:
    """What curators must repair or answer for, in words; who it is about only where that may be told."""
    if flag.code == "certificate":
        return gettext("By our estimate a group large enough for a place may be left without one.")
    name, n = _named(flag.dimension or "", flag.label or "", found, gate)
    if flag.code == "floor_lost":
        values = {"who": name, "now": num(round(flag.value)), "before": num(round(flag.bound))}
        if n is None:
            return gettext("%(who)s loses an item that most of it holds.") % values
        return gettext("%(who)s has %(now)s of the %(before)s promised items that it had.") % values
    points = _lost(flag.dimension or "", flag.label or "", n, found, gate)
    if points is None:
        return gettext("%(who)s holds less of this slate than of the participants' slate.") % {"who": name}
    return gettext("%(who)s holds %(points)s less of this slate than of the participants' slate.") % {
        "who": name,
        "points": points,
    }


def _lost(dimension: str, label: str, n_people: int | None, found: Review, gate: Gate) -> str | None:
    """What a label loses, as the difference of the two shares that are shown of it, so that a reader finds the same."""
    row = next((one for one in found.measured.losses if (one.dimension, one.label) == (dimension, label)), None)
    if n_people is None or row is None:
        return None
    before, after = (gate.share(round(share * n_people), n_people).value for share in (row.before, row.after))
    if before is None or after is None or before <= after:
        return None
    return _told_points(round(100 * (before - after)))


def _named(dimension: str, label: str, found: Review, gate: Gate) -> tuple[str, int | None]:
    """Who a finding is about, with the number of people where figures of them may be shown."""
    held = found.measured.after.of(dimension, label)
    if held is not None and gate.index(0.0, held.n_people).value is not None:
        return results_words.label_of(dimension, label), held.n_people
    return gettext("One opinion group") if dimension == GROUP else gettext("One constituency"), None


def _repair(found: Review, texts: Mapping[int, Statement], gate: Gate) -> Repair | None:
    repair = found.measured.repair
    if repair is None or not any(flag.code != "certificate" for flag in found.measured.flags):
        return None
    out, into = texts[repair.remove.statement_id], texts[repair.add.statement_id]
    if into.status != "accepted":
        return None
    swap = {"out": stance_words(out, repair.remove), "into": stance_words(into, repair.add)}
    name, n = _named(repair.dimension, repair.label, found, gate)
    before = _lost(repair.dimension, repair.label, n, found, gate)
    after = None if n is None else _points(max(repair.loss_after, 0.0), n, gate)
    if before is None or after is None:
        words = gettext("Swapping %(out)s for %(into)s lessens the greatest loss.") % swap
    else:
        said = gettext("Swapping %(out)s for %(into)s brings the greatest loss, that of %(who)s, from %(a)s to %(b)s.")
        words = said % (swap | {"who": name, "a": before, "b": after})
    label = gettext("Swap %(out)s for %(into)s") % swap
    return Repair(repair.remove, repair.add, into.number, words, label)


# -------- certificates, and who is spoken for


def statements_of(slates: TwoSlates) -> list[Statement]:
    """Every statement on either slate, once."""
    return list({item.statement.id: item.statement for item in (*slates.before, *slates.after)}.values())


def worded(slates: TwoSlates, wordings: Mapping[int, Wording]) -> TwoSlates:
    """The same slates with each statement in these words, by its id."""
    before, after = (
        tuple(replace(item, wording=wordings.get(item.statement.id)) for item in items)
        for items in (slates.before, slates.after)
    )
    return replace(slates, before=before, after=after)


def with_audit(slates: TwoSlates, sentence: str) -> TwoSlates:
    """The same slates, with what the answers to the curated slate proved as the last block of its certificate."""
    if not sentence:
        return slates
    proved = slates.certificate_after
    blocks = (*proved.blocks[:-1], (gettext("Audited"), sentence))
    return replace(slates, certificate_after=replace(proved, blocks=blocks))


def _certified(
    observed: Certificate,
    estimated: EstimatedCertificate | None,
    n_people: int,
    texts: Mapping[int, Statement],
    gate: Gate,
) -> Certified:
    record = {"observed": observed.to_json(), "estimated": estimated.to_json() if estimated else None}
    witness = ""
    if not observed.holds and observed.witness is not None and observed.witness.stance.statement_id in texts:
        bloc = gate.share(observed.witness.n_people or 0, n_people, is_bloc=True)
        if bloc.value is not None:
            named = stance_words(texts[observed.witness.stance.statement_id], observed.witness.stance)
            witness = gettext("What they share: %(stance)s.") % {"stance": named}
    return Certified(results_words.certificate(record, n_people, gate), witness)


def _spoken_table(found: Review, n: int, texts: Mapping[int, Statement], gate: Gate) -> Grid:
    """For how many each item of the curated slate speaks when everybody is counted once: all, and by opinion group."""
    spoken: SpokenFor = found.spoken_after
    groups = [
        (label, held.n_people)
        for (dimension, label) in spoken.by_label
        if dimension == GROUP and (held := found.measured.after.of(dimension, label)) is not None
    ]
    rows = []
    for place, stance in enumerate(found.spoken_stances):
        cells = [_share(float(spoken.shares[place]), n, gate) or NOTHING]
        cells += [
            _share(float(spoken.by_label[(GROUP, label)][place]), people, gate) or NOTHING for label, people in groups
        ]
        rows.append((stance_words(texts[stance.statement_id], stance), *cells))
    head = (gettext("Item"), gettext("Everybody"), *(results_words.label_of(GROUP, label) for label, _ in groups))
    return Grid(head, tuple(rows))
