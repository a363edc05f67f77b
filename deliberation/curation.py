"""Curation: how far the curated slate departs from the participants' slate, whom that costs, and what would repair it.

Overlap alone is a bad alarm: several good slates exist, and slates of resampled participants share only two thirds to
nine tenths of their items. The alarm is representation loss: how much less of the slate a group holds than it did.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from deliberation.balance import ROUNDING, Balance, BalanceSettings, LabelTable, balance_of, label_table
from deliberation.certificates import EstimatedCertificate, estimate_certificate
from deliberation.errors import BadValue
from deliberation.holdings import Holdings, Stance
from deliberation.slates import Slate, SlateSettings, select_slate


class ReasonCode(StrEnum):
    """Why a curated slate differs from the participants' slate. "legal" is law, "harm" danger to a person."""

    OUT_OF_MANDATE = "out_of_mandate"
    DUPLICATE = "duplicate"
    NOT_FEASIBLE_NOW = "not_feasible_now"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"
    LEGAL = "legal"
    BALANCE = "balance"
    MERGED_WITH_CONSENT = "merged_with_consent"
    WITHDRAWN = "withdrawn"
    OTHER_ADDRESSEE = "other_addressee"
    HARM = "harm"
    PERSONAL_DATA = "personal_data"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class CurationSettings:
    loss_alarm: float = 0.10
    """Loss of mean support that a group must suffer for an alarm: between equally good slates 95 % of losses stay
    below .075; a curator who served one group cost the worst-off group .24 to .49 in 13 of 15 trials."""
    n_resamples: int = 30
    """Slates of resampled participants that the noise band is drawn from."""
    balance: BalanceSettings = field(default_factory=BalanceSettings)
    """Which labels have figures and floors."""
    moves_need_reasons: bool = False
    """Whether another order needs a reason too: it changes what is read first, and not what is on the slate."""


@dataclass(frozen=True)
class Reason:
    """A curator's reason for one difference; either part may still be missing in a draft."""

    code: ReasonCode | None
    sentence: str


@dataclass(frozen=True)
class Move:
    """A kept stance with its place on either slate, counted from 0."""

    stance: Stance
    before: int
    after: int


@dataclass(frozen=True)
class Difference:
    """What a curated slate keeps, adds, drops and moves.

    moved : the fewest kept stances that must be taken out for the others to stand in the participants' order
    overlap : kept stances as a share of the participants' slate, 1 if that is empty
    tau_b : Kendall's rank correlation over all stances of both, absent ones tied at the end; None if undefined
    """

    kept: tuple[Stance, ...]
    added: tuple[Stance, ...]
    dropped: tuple[Stance, ...]
    moved: tuple[Move, ...]
    overlap: float
    tau_b: float | None


@dataclass(frozen=True)
class MissingReason:
    stance: Stance
    change: Literal["added", "dropped", "moved"]
    lacks: tuple[Literal["code", "sentence"], ...]


@dataclass(frozen=True)
class RepresentationLoss:
    """How much less of the curated slate a label holds, on average, than of the participants' slate.

    before, after : mean share of the items that members hold; loss is before - after, negative for a gain
    bound : the loss above which an alarm is raised
    """

    dimension: str
    label: str
    before: float
    after: float
    loss: float
    bound: float

    @property
    def is_alarm(self) -> bool:
        return self.loss > self.bound + ROUNDING


@dataclass(frozen=True)
class NoiseBand:
    """How much slates differ by chance alone: those of resampled participants against the participants' slate.

    loss : per (dimension, label) the 95 % quantile of the loss
    overlap_median, overlap_q05 : of the share of items in common
    """

    loss: Mapping[tuple[str, str], float]
    overlap_median: float
    overlap_q05: float
    n_resamples: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        rows = [{"dimension": d, "label": label, "loss": loss} for (d, label), loss in sorted(self.loss.items())]
        return {**asdict(self), "loss": rows}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NoiseBand:
        loss = {(row["dimension"], row["label"]): float(row["loss"]) for row in data["loss"]}
        return cls(loss, data["overlap_median"], data["overlap_q05"], data["n_resamples"], data["seed"])


@dataclass(frozen=True)
class Repair:
    """The single swap after which the label that loses most loses least.

    loss_before, loss_after : the greatest loss over all labels; dimension and label are those that lose most before
    """

    remove: Stance
    add: Stance
    dimension: str
    label: str
    loss_before: float
    loss_after: float


@dataclass(frozen=True)
class Flag:
    """Something curators must repair or answer for in public.

    code : "representation_loss" and "floor_lost" name a label, "certificate" none
    value, bound : loss and its bound, promised places met now and before, alpha* (95 % quantile) and 1
    """

    code: Literal["representation_loss", "floor_lost", "certificate"]
    dimension: str | None
    label: str | None
    value: float
    bound: float


@dataclass(frozen=True)
class CurationReview:
    """All that the curation desk shows beside a draft.

    unmeasured : curated stances on statements nobody could vote on; they count as held by nobody
    """

    difference: Difference
    before: Balance
    after: Balance
    losses: tuple[RepresentationLoss, ...]
    certificate: EstimatedCertificate
    flags: tuple[Flag, ...]
    repair: Repair | None
    unmeasured: tuple[Stance, ...]


def difference(participants: Sequence[Stance], curated: Sequence[Stance]) -> Difference:
    """What the curated list keeps, adds, drops and moves; raises `BadValue` for a stance listed twice."""
    for name, stances in (("participants' slate", participants), ("curated slate", curated)):
        if len(set(stances)) < len(stances):
            raise BadValue(name=name, value="a stance twice", allowed="each stance once")
    before = {stance: place for place, stance in enumerate(participants)}
    after = {stance: place for place, stance in enumerate(curated)}
    kept = tuple(stance for stance in curated if stance in before)
    in_order = _longest_in_order([before[stance] for stance in kept])
    return Difference(
        kept=kept,
        added=tuple(stance for stance in curated if stance not in before),
        dropped=tuple(stance for stance in participants if stance not in after),
        moved=tuple(Move(stance, before[stance], after[stance]) for stance in kept if before[stance] not in in_order),
        overlap=len(kept) / len(participants) if participants else 1.0,
        tau_b=_tau_b(before, after),
    )


def missing_reasons(
    changes: Difference, reasons: Mapping[Stance, Reason], *, settings: CurationSettings | None = None
) -> tuple[MissingReason, ...]:
    """The differences that lack a reason's code or sentence; a curated slate without any is ready to be signed."""
    settings = settings or CurationSettings()
    moved = tuple(move.stance for move in changes.moved) if settings.moves_need_reasons else ()
    listed: tuple[tuple[Literal["added", "dropped", "moved"], tuple[Stance, ...]], ...] = (
        ("added", changes.added),
        ("dropped", changes.dropped),
        ("moved", moved),
    )
    found = []
    for change, stances in listed:
        for stance in stances:
            reason = reasons.get(stance, Reason(None, ""))
            lacks: list[Literal["code", "sentence"]] = [] if reason.code else ["code"]
            if not reason.sentence.strip():
                lacks.append("sentence")
            if lacks:
                found.append(MissingReason(stance, change, tuple(lacks)))
    return tuple(found)


def representation_loss(
    holdings: Holdings,
    participants: Sequence[Stance],
    curated: Sequence[Stance],
    *,
    band: NoiseBand | None = None,
    settings: CurationSettings | None = None,
) -> tuple[RepresentationLoss, ...]:
    """The loss of each label, the greatest first, each with the bound above which it is an alarm."""
    settings = settings or CurationSettings()
    table = label_table(holdings, settings=settings.balance)
    before, after = _mean_support(holdings, table, participants), _mean_support(holdings, table, curated)
    noise = band.loss if band else {}
    rows = [
        RepresentationLoss(*key, float(b), float(a), float(b - a), max(settings.loss_alarm, noise.get(key, 0.0)))
        for key, b, a in zip(table.keys, before, after, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (-round(row.loss, 9), row.dimension, row.label)))


def noise_band(
    holdings: Holdings,
    slate: Slate,
    *,
    seed: int,
    settings: CurationSettings | None = None,
    slate_settings: SlateSettings | None = None,
) -> NoiseBand:
    """How far the slates of resampled participants lie from the slate, in loss and overlap.

    Computed once for a frozen analysis: it takes `n_resamples` selections.
    """
    settings = settings or CurationSettings()
    rng = np.random.default_rng(seed)
    table = label_table(holdings, settings=settings.balance)
    stances = slate.stances
    before = _mean_support(holdings, table, stances)
    losses, overlaps = [], []
    n = holdings.n_participants
    for _ in range(settings.n_resamples if stances else 0):
        times = np.bincount(rng.integers(0, n, n), minlength=n) * holdings.weights
        if not times.any():
            continue
        again = select_slate(
            holdings.with_weights(times),
            slate.common_ground,
            size=slate.size,
            candidates=slate.candidates,
            settings=slate_settings,
        ).stances
        losses.append(before - _mean_support(holdings, table, again))
        overlaps.append(len(set(stances) & set(again)) / len(stances))
    bound = np.quantile(losses, 0.95, axis=0) if losses else np.zeros(len(table.keys))
    middle, low = np.quantile(overlaps, [0.5, 0.05]) if overlaps else (1.0, 1.0)
    by_label = {key: max(0.0, float(loss)) for key, loss in zip(table.keys, bound, strict=True)}
    return NoiseBand(by_label, float(middle), float(low), len(losses), seed)


def best_repair(
    holdings: Holdings,
    participants: Slate,
    curated: Sequence[Stance],
    *,
    settings: CurationSettings | None = None,
) -> Repair | None:
    """The swap with the greatest fall of the greatest loss, None where nobody loses or no swap helps.

    What may be added: the participants' slate and its candidates. Of equal swaps one that restores an item of the
    participants' slate comes first, then the order of stances.
    """
    settings = settings or CurationSettings()
    table = label_table(holdings, settings=settings.balance)
    original = participants.stances
    more = sorted({*participants.candidates, *original} - set(curated), key=lambda s: (s not in set(original), s))
    if not curated or not more or not table.keys:
        return None
    before = _mean_support(holdings, table, original)
    held, offered = _support(holdings, table, curated), _support(holdings, table, more)
    losses = before - held.mean(axis=0)
    worst = int(np.flatnonzero(losses >= losses.max() - ROUNDING)[0])
    swapped = (held.sum(axis=0) - held[:, None] + offered[None]) / len(curated)
    greatest = (before - swapped).max(axis=2)
    best = float(greatest.min())
    if losses[worst] <= ROUNDING or best >= losses[worst] - ROUNDING:
        return None
    by_incoming = greatest.T
    incoming, outgoing = np.argwhere(by_incoming <= best + ROUNDING)[0]
    return Repair(curated[int(outgoing)], more[int(incoming)], *table.keys[worst], float(losses[worst]), best)


def review_curation(
    holdings: Holdings,
    participants: Slate,
    curated: Sequence[Stance],
    *,
    band: NoiseBand | None = None,
    settings: CurationSettings | None = None,
) -> CurationReview:
    """Difference, balance, losses, estimated certificate, flags and best repair of a draft."""
    settings = settings or CurationSettings()
    known = [stance for stance in curated if _is_known(holdings, stance)]
    before = balance_of(holdings, participants.stances, size=participants.size, settings=settings.balance)
    after = balance_of(holdings, known, size=participants.size, settings=settings.balance)
    losses = representation_loss(holdings, participants.stances, curated, band=band, settings=settings)
    certificate = estimate_certificate(
        holdings, known, k=max(participants.size, len(known), 1), candidates=participants.candidates
    )
    return CurationReview(
        difference=difference(participants.stances, curated),
        before=before,
        after=after,
        losses=losses,
        certificate=certificate,
        flags=_flags(losses, certificate, before, after),
        repair=best_repair(holdings, participants, curated, settings=settings),
        unmeasured=tuple(stance for stance in curated if stance not in known),
    )


def _flags(
    losses: Sequence[RepresentationLoss], certificate: EstimatedCertificate, before: Balance, after: Balance
) -> tuple[Flag, ...]:
    flags = [
        Flag("representation_loss", row.dimension, row.label, row.loss, row.bound) for row in losses if row.is_alarm
    ]
    for was, now in zip(before.labels, after.labels, strict=True):
        if now.floor_met < was.floor_met:
            flags.append(Flag("floor_lost", now.dimension, now.label, now.floor_met, was.floor_met))
    if certificate.alpha_q95 >= 1 - ROUNDING:
        flags.append(Flag("certificate", None, None, certificate.alpha_q95, 1.0))
    return tuple(flags)


def _is_known(holdings: Holdings, stance: Stance) -> bool:
    at = int(np.searchsorted(holdings.statement_ids, stance.statement_id))
    return at < holdings.n_statements and int(holdings.statement_ids[at]) == stance.statement_id


def _support(holdings: Holdings, table: LabelTable, stances: Sequence[Stance]) -> NDArray[np.float64]:
    """Share of each label that holds each stance, (n_stances, n_labels); nobody holds what nobody could vote on."""
    known = np.array([_is_known(holdings, stance) for stance in stances], bool)
    support = np.zeros((len(stances), len(table.keys)))
    columns = holdings.columns_of([stance for stance, is_known in zip(stances, known, strict=True) if is_known])
    support[known] = holdings.support_within(table.shares, columns)
    return support


def _mean_support(holdings: Holdings, table: LabelTable, stances: Sequence[Stance]) -> NDArray[np.float64]:
    support = _support(holdings, table, stances)
    return np.asarray(support.mean(axis=0) if len(stances) else np.zeros(len(table.keys)), np.float64)


def _longest_in_order(places: Sequence[int]) -> set[int]:
    """A longest increasing subsequence (Fredman 1975)."""
    tails: list[int] = []
    chains: list[tuple[int, ...]] = []
    for place in places:
        at = bisect_left(tails, place)
        chain = (*(chains[at - 1] if at else ()), place)
        tails[at:] = [place, *tails[at + 1 :]]
        chains[at:] = [chain, *chains[at + 1 :]]
    return set(chains[-1]) if chains else set()


def _tau_b(before: Mapping[Stance, int], after: Mapping[Stance, int]) -> float | None:
    """Kendall's tau-b (1945). Written out: importing scipy.stats takes a second, in the process that serves pages."""
    everything = sorted({*before, *after})
    first = np.array([before.get(stance, len(before)) for stance in everything])
    second = np.array([after.get(stance, len(after)) for stance in everything])
    signs = [np.sign(ranks[:, None] - ranks[None]) for ranks in (first, second)]
    spread = float((signs[0] ** 2).sum()) * float((signs[1] ** 2).sum())
    return float((signs[0] * signs[1]).sum() / np.sqrt(spread)) if spread else None
