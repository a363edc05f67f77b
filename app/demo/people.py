"""The people of the demo: names from Faker in the languages of five regions, constituencies as a convenor meets them.

Everything here is a function of a seed. Names and addresses go into accounts alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from faker import Faker
from numpy.typing import NDArray

from app.demo.organisations import FORUM_NAME, ORGANISATIONS

# Which languages people of a region speak here, and in which of Faker's places their names are found.
LANGUAGES_OF: Mapping[str, Mapping[str, float]] = {
    "african": {"en": 0.6, "fr": 0.28, "ar": 0.12},
    "asia_pacific": {"en": 0.58, "zh": 0.24, "ar": 0.18},
    "eastern_european": {"en": 0.45, "ru": 0.55},
    "grulac": {"es": 0.72, "en": 0.28},
    "weog": {"en": 0.74, "fr": 0.2, "es": 0.06},
}
PLACES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("african", "en"): ("en_NG", "en_KE", "zu_ZA", "tw_GH"),
    ("african", "fr"): ("fr_DZ",),
    ("african", "ar"): ("ar_DZ", "ar_PS"),
    ("asia_pacific", "en"): ("en_IN", "id_ID"),
    ("asia_pacific", "zh"): ("zh_CN",),
    ("asia_pacific", "ar"): ("ar_PS",),
    ("eastern_european", "en"): ("pl_PL", "ro_RO", "hr_HR"),
    ("eastern_european", "ru"): ("ru_RU",),
    ("grulac", "es"): ("es_MX", "es_CO", "es_AR"),
    ("grulac", "en"): ("pt_BR",),
    ("weog", "en"): ("en_GB", "sv_SE", "nl_NL"),
    ("weog", "fr"): ("fr_FR", "fr_BE"),
    ("weog", "es"): ("es_ES",),
}
GENDERS = ("woman", "man", "self_described", "not_said", "")
GENDER_SHARES = (0.49, 0.38, 0.02, 0.04, 0.07)


@dataclass(frozen=True)
class DemoPerson:
    """A person with what they say about themselves when joining; `view` is an index into the consultation's views."""

    name: str
    email: str
    language: str
    constituency: str
    region: str
    organisation: str
    gender: str
    view: int


@dataclass(frozen=True)
class Composition:
    """How many people speak for each constituency, which view they lean to, where they come from.

    counts : people by constituency; views : chances of the three views by constituency; regions : shares by region.
    in_organisations : the share that speaks for an organisation; n_forum : how many of them for the largest one.
    """

    counts: Mapping[str, int]
    views: Mapping[str, tuple[float, float, float]]
    regions: Mapping[str, float]
    in_organisations: float = 0.72
    n_forum: int = 0


def gather(composition: Composition, *, seed: int, domain: str) -> tuple[DemoPerson, ...]:
    """The people of one consultation, in an order that tells nothing. `domain` keeps their addresses apart."""
    chance, names = np.random.default_rng(seed), _Names(seed)
    constituencies = [code for code, n in composition.counts.items() for _ in range(n)]
    order = chance.permutation(len(constituencies))
    n_forum_left = composition.n_forum
    people: list[DemoPerson] = []
    for index in order:
        constituency = constituencies[index]
        in_forum = constituency == "ngos" and n_forum_left > 0
        n_forum_left -= in_forum
        people.append(_person(composition, constituency, in_forum, chance, names, f"{len(people) + 1:03d}@{domain}"))
    return tuple(people)


def _person(
    composition: Composition,
    constituency: str,
    in_forum: bool,
    chance: np.random.Generator,
    names: _Names,
    address: str,
) -> DemoPerson:
    region = _draw(composition.regions, chance)
    language = _draw(LANGUAGES_OF[region], chance)
    gender = GENDERS[int(chance.choice(len(GENDERS), p=GENDER_SHARES))]
    if constituency == "women":
        gender = "woman"
    view = int(chance.choice(3, p=_shares(composition.views[constituency])))
    organisation = ""
    if in_forum:
        organisation, view = FORUM_NAME, 1
    elif chance.random() < composition.in_organisations:
        organisation = _organisation(constituency, region, chance)
    name = _name(names.of(str(chance.choice(PLACES[region, language]))), language, gender, chance)
    return DemoPerson(name, f"{_latin(name)}.{address}", language, constituency, region, organisation, gender, view)


def _organisation(constituency: str, region: str, chance: np.random.Generator) -> str:
    """One that speaks for the constituency, from the same region where there is one; else none."""
    names = [item.name for item in ORGANISATIONS if item.constituency == constituency and item.name != FORUM_NAME]
    near = [item.name for item in ORGANISATIONS if item.name in names and item.region == region]
    choice = near or (names if chance.random() < 0.3 else [])
    return str(chance.choice(choice)) if choice else ""


def _name(faker: Any, language: str, gender: str, chance: np.random.Generator) -> str:
    is_woman = gender == "woman" or (gender != "man" and chance.random() < 0.5)
    first = faker.first_name_female() if is_woman else faker.first_name_male()
    last = faker.last_name_female() if is_woman else faker.last_name_male()
    return f"{last}{first}" if language == "zh" else f"{first} {last}"


class _Names:
    """Names of each place from the start of the seed's own sequence, whatever was drawn before."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.fakers: dict[str, Any] = {}

    def of(self, place: str) -> Any:
        if place not in self.fakers:
            self.fakers[place] = Faker(place, providers=["faker.providers.person"])
            self.fakers[place].seed_instance(self.seed)
        return self.fakers[place]


def _latin(name: str) -> str:
    """The name in plain letters as the first part of an address; `delegate` where the script has none."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]+", ".", plain).strip(".") or "delegate"


def _draw(shares: Mapping[str, float], chance: np.random.Generator) -> str:
    names = list(shares)
    return names[int(chance.choice(len(names), p=_shares(tuple(shares.values()))))]


def _shares(weights: tuple[float, ...]) -> NDArray[np.float64]:
    array = np.asarray(weights, dtype=np.float64)
    return np.asarray(array / array.sum(), dtype=np.float64)


# Far fewer Indigenous Peoples and Farmers than the targets ask for, far more non-governmental organisations.
PARTNERSHIPS_PEOPLE = Composition(
    counts={
        "ngos": 99,
        "local_authorities": 54,
        "children_and_youth": 46,
        "women": 44,
        "business": 38,
        "science": 28,
        "workers": 27,
        "persons_with_disabilities": 20,
        "education_and_academia": 14,
        "member_states": 14,
        "un_entities": 10,
        "indigenous_peoples": 9,
        "farmers": 8,
    },
    views={
        "ngos": (0.62, 0.12, 0.26),
        "local_authorities": (0.78, 0.17, 0.05),
        "children_and_youth": (0.22, 0.14, 0.64),
        "women": (0.18, 0.1, 0.72),
        "business": (0.08, 0.87, 0.05),
        "science": (0.22, 0.66, 0.12),
        "workers": (0.6, 0.1, 0.3),
        "persons_with_disabilities": (0.28, 0.1, 0.62),
        "education_and_academia": (0.3, 0.5, 0.2),
        "member_states": (0.15, 0.8, 0.05),
        "un_entities": (0.15, 0.8, 0.05),
        "indigenous_peoples": (0.3, 0.02, 0.68),
        "farmers": (0.65, 0.05, 0.3),
    },
    regions={"african": 0.24, "asia_pacific": 0.22, "eastern_european": 0.08, "grulac": 0.18, "weog": 0.28},
    n_forum=14,
)

EXPERTS = Composition(
    counts={"ngos": 4, "education_and_academia": 4, "business": 3, "un_entities": 3},
    views={
        "ngos": (0.4, 0.1, 0.5),
        "education_and_academia": (0.4, 0.4, 0.2),
        "business": (0.6, 0.4, 0.0),
        "un_entities": (0.2, 0.7, 0.1),
    },
    regions={"african": 0.25, "asia_pacific": 0.2, "eastern_european": 0.1, "grulac": 0.15, "weog": 0.3},
    in_organisations=0.0,
)

DATA_PEOPLE = Composition(
    counts={
        "ngos": 14,
        "local_authorities": 9,
        "women": 8,
        "science": 8,
        "children_and_youth": 7,
        "member_states": 5,
        "indigenous_peoples": 4,
        "farmers": 4,
    },
    views={
        "ngos": (0.5, 0.35, 0.15),
        "local_authorities": (0.4, 0.15, 0.45),
        "women": (0.35, 0.5, 0.15),
        "science": (0.45, 0.15, 0.4),
        "children_and_youth": (0.45, 0.45, 0.1),
        "member_states": (0.1, 0.15, 0.75),
        "indigenous_peoples": (0.1, 0.85, 0.05),
        "farmers": (0.55, 0.35, 0.1),
    },
    regions={"african": 0.38, "asia_pacific": 0.24, "eastern_european": 0.06, "grulac": 0.18, "weog": 0.14},
    in_organisations=0.6,
)
