"""What a certificate says, as records: plain values and codes, no prose, written to and read from JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from deliberation.errors import BadValue
from deliberation.holdings import Stance

METHOD = "plenary certificate 1"

Block = Literal["observed", "estimated", "audited"]


@dataclass(frozen=True)
class CertificateSettings:
    pass_at: float = 0.9
    """Estimated alpha* up to which a slate passes: imputed votes are optimistic by about this margin when opinions are
    polarised (0.17 in a simulated split of 55, 30 and 15 %)."""
    fail_at: float = 1.1
    """Estimated alpha* above which it fails; between the two the votes do not decide."""
    confidence: float = 0.95
    """Of an audit, for all its bounds together."""
    min_sample: int = 300
    """Fewest people drawn for an audit: with 400 about four of five good slates are certified, with 200 one of two."""
    min_people: int = 5
    """Fewest people of a label whose coverage is stated."""


@dataclass(frozen=True)
class Witness:
    """The bloc that comes closest to a justified complaint: people who hold `stance` and fewer than `level` items.

    share : the bloc's weight share
    n_people : how many people it has, None for a mean over draws
    """

    stance: Stance
    level: int
    share: float
    n_people: int | None

    def to_json(self) -> dict[str, Any]:
        return {**_plain(self), "stance": self.stance.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Witness:
        return cls(Stance.from_json(data["stance"]), data["level"], data["share"], data["n_people"])


@dataclass(frozen=True)
class LabelCoverage:
    """Share of a label that holds one item or more; low and high are its 5 and 95 % quantiles over draws."""

    dimension: str
    label: str
    coverage: float
    low: float
    high: float


@dataclass(frozen=True)
class Certificate:
    """What one table of holdings says of a slate.

    holds : whether the slate satisfies EJR+ on this table, which is `alpha_star` < 1
    jr_bloc : greatest weight share of people who hold one left-out stance and no item
    coverage_1, coverage_2 : weight shares of those who hold at least one and two items
    labels : coverage of each label of enough people; `worst` is the lowest, None without labels
    mean_answered : mean number of the slate's statements that a participant really voted on
    """

    block: Block
    k: int
    slate: tuple[Stance, ...]
    n_participants: int
    n_candidates: int
    alpha_star: float
    holds: bool
    witness: Witness | None
    jr_bloc: float
    coverage_1: float
    coverage_2: float
    labels: tuple[LabelCoverage, ...]
    mean_answered: float

    @property
    def worst(self) -> LabelCoverage | None:
        return _worst(self.labels)

    def to_json(self) -> dict[str, Any]:
        return _certificate_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Certificate:
        return cls(**_certificate_fields(cls, data))


@dataclass(frozen=True)
class EstimatedCertificate:
    """What several imputed draws say of a slate: means, 5 and 95 % quantiles.

    status : "pass", "unclear" or "fail" by the 95 % quantile of alpha*; never a proof
    witness : the stance and level that were the witness in most draws, with its mean share in those
    p_holds : share of the draws in which the slate satisfies EJR+
    """

    k: int
    slate: tuple[Stance, ...]
    n_participants: int
    n_candidates: int
    n_draws: int
    alpha_mean: float
    alpha_q05: float
    alpha_q95: float
    status: Literal["pass", "unclear", "fail"]
    p_holds: float
    witness: Witness | None
    jr_bloc_mean: float
    jr_bloc_q95: float
    coverage_1: float
    coverage_1_q05: float
    coverage_2: float
    labels: tuple[LabelCoverage, ...]
    mean_answered: float

    @property
    def worst(self) -> LabelCoverage | None:
        return _worst(self.labels)

    def to_json(self) -> dict[str, Any]:
        return _certificate_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EstimatedCertificate:
        return cls(**_certificate_fields(cls, data))


@dataclass(frozen=True)
class AuditedCertificate:
    """What the answers of a random sample, or of everybody, prove of a slate against the challengers asked about.

    alpha_lower, alpha_upper : bounds that hold together with `confidence` (with certainty if everybody was asked);
        whoever did not answer counts against the slate in the one and for it in the other
    alpha_star, witness : among those who answered
    jr_bloc_upper : no larger share of people holds one challenger and no item
    status : "holds" if alpha_upper < 1, "fails" if alpha_lower >= 1, else "unclear"
    """

    k: int
    slate: tuple[Stance, ...]
    challengers: tuple[Stance, ...]
    n_population: int
    n_asked: int
    n_answered: int
    everybody_asked: bool
    confidence: float
    alpha_star: float
    alpha_lower: float
    alpha_upper: float
    jr_bloc_upper: float
    witness: Witness | None
    status: Literal["holds", "fails", "unclear"]

    @property
    def response_rate(self) -> float:
        return self.n_answered / self.n_asked

    def to_json(self) -> dict[str, Any]:
        return {
            **_plain(self),
            "slate": [stance.to_json() for stance in self.slate],
            "challengers": [stance.to_json() for stance in self.challengers],
            "witness": None if self.witness is None else self.witness.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AuditedCertificate:
        return cls(
            **{
                **{field.name: data[field.name] for field in fields(cls)},
                "slate": tuple(map(Stance.from_json, data["slate"])),
                "challengers": tuple(map(Stance.from_json, data["challengers"])),
                "witness": None if data["witness"] is None else Witness.from_json(data["witness"]),
            }
        )


@dataclass(frozen=True)
class CertificateRecord:
    """The three blocks of a slate's certificate with what is needed to check them again.

    input_digest : digest of the votes or holdings behind `observed`
    audited : None until an audit has taken place
    """

    input_digest: str
    observed: Certificate
    estimated: EstimatedCertificate | None
    audited: AuditedCertificate | None

    @property
    def strongest_claim(self) -> Block:
        """The block whose wording may be used: "estimated" never allows the word representative."""
        if self.audited is not None:
            return "audited"
        return "observed" if self.estimated is None else "estimated"

    def to_json(self) -> dict[str, Any]:
        return {
            "method": METHOD,
            "input_digest": self.input_digest,
            "observed": self.observed.to_json(),
            "estimated": None if self.estimated is None else self.estimated.to_json(),
            "audited": None if self.audited is None else self.audited.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CertificateRecord:
        if data["method"] != METHOD:
            raise BadValue(name="method", value=data["method"], allowed=METHOD)
        estimated, audited = data["estimated"], data["audited"]
        return cls(
            data["input_digest"],
            Certificate.from_json(data["observed"]),
            None if estimated is None else EstimatedCertificate.from_json(estimated),
            None if audited is None else AuditedCertificate.from_json(audited),
        )


def _worst(labels: Sequence[LabelCoverage]) -> LabelCoverage | None:
    return min(labels, key=lambda row: (row.coverage, row.dimension, row.label), default=None)


def _plain(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _certificate_json(record: Certificate | EstimatedCertificate) -> dict[str, Any]:
    return {
        **_plain(record),
        "slate": [stance.to_json() for stance in record.slate],
        "witness": None if record.witness is None else record.witness.to_json(),
        "labels": [_plain(row) for row in record.labels],
    }


def _certificate_fields(cls: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{field.name: data[field.name] for field in fields(cls)},
        "slate": tuple(map(Stance.from_json, data["slate"])),
        "witness": None if data["witness"] is None else Witness.from_json(data["witness"]),
        "labels": tuple(LabelCoverage(**row) for row in data["labels"]),
    }
