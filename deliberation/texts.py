"""Texts as people write them: what is no text at all, what resembles what, and hints before a statement is sent.

Hints, never verdicts: nothing here merges, refuses for style, or changes a word. Only `clean_text` refuses, and only
what no reader can see.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import BadValue
from deliberation.languages import language_of
from deliberation.naming import names_self

N_BUCKETS = 1 << 20
"""Hashed features: at a few thousand different n-grams a language, collisions change cosines in the third digit."""

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ALLOWED_CONTROLS = frozenset("\n\t")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?…:;؟؛。！？]+(?=\s|$)|[。！？]|\n+")
_QUESTION = re.compile(r"[?？؟]")


def clean_text(text: str, *, longest: int | None = None) -> str:
    """The text in normal form C with plain line ends and no blank edges; every form uses it before anything is stored.

    Raises `BadValue` with `problem` NUL, CONTROL, BIDI, SURROGATE or TOO_LONG: characters no reader sees can hide text,
    forge an export or break a database. Marks that scripts need (joiners, right-to-left marks) stay.
    """
    found = text.replace("\r\n", "\n").replace("\r", "\n")
    for at, character in enumerate(found):
        problem = _problem(character)
        if problem is not None:
            raise BadValue(name="text", value=f"U+{ord(character):04X}", allowed="visible text", problem=problem, at=at)
    found = unicodedata.normalize("NFC", found).strip()
    if longest is not None and len(found) > longest:
        raise BadValue(name="text", value=len(found), allowed=longest, problem="TOO_LONG", at=longest)
    return found


def _problem(character: str) -> str | None:
    if character == "\0":
        return "NUL"
    if "\ud800" <= character <= "\udfff":
        return "SURROGATE"
    if character in _BIDI:
        return "BIDI"
    if unicodedata.category(character) == "Cc" and character not in _ALLOWED_CONTROLS:
        return "CONTROL"
    return None


# Near duplicates


@dataclass(frozen=True)
class SimilaritySettings:
    """Cosines of character n-grams from which texts are shown as alike. Never merged: "of māori descent" and "of asian
    descent" are alike in all but the one word that matters."""

    suggest_from: float = 0.55
    """Copies with one word in eight dropped, swapped or misspelt are all found in four real consultations, beside 42
    other pairs of 491 statements; with n-grams that all count alike it was 81."""
    suggest_unspaced_from: float = 0.50
    """Chinese and Japanese carry more meaning in a character, so copies share fewer n-grams: .97 of them are found."""
    probably_same_from: float = 0.75
    n_most: int = 5
    n_beside: int = 100
    """Texts that are thought to stand beside those compared, sharing nothing with them: two alike in a handful would
    make what they share look common. Among hundreds it changes the third digit."""


@dataclass(frozen=True, eq=False)
class TextVector:
    """A text as hashed character n-grams: sorted feature numbers and weights of length 1.

    features : uint32 array, strictly increasing; weights : float32 array of the same length
    """

    features: NDArray[np.uint32]
    weights: NDArray[np.float32]

    def to_bytes(self) -> bytes:
        """The vector for storage with its proposal, some 6 bytes for each different n-gram: half-precision weights."""
        return self.features.astype("<u4").tobytes() + self.weights.astype("<f2").tobytes()

    @classmethod
    def from_bytes(cls, stored: bytes) -> TextVector:
        """The vector that `to_bytes` stored. Raises `BadValue`."""
        n, rest = divmod(len(stored), 6)
        if rest:
            raise BadValue(name="vector", value=len(stored), allowed="6 bytes for each n-gram")
        features = np.frombuffer(stored, "<u4", n).astype(np.uint32)
        weights = np.frombuffer(stored, "<f2", n, offset=4 * n).astype(np.float32)
        return cls(features, weights)


@dataclass(frozen=True)
class Similar:
    """A text that resembles another: its place in the list searched, its cosine, whether it is probably the same."""

    index: int
    cosine: float
    is_probably_same: bool


def normalised(text: str) -> str:
    """The text as compared: compatibility forms unified, case folded, spaces single."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def n_grams(text: str) -> Counter[str]:
    """Character 2- to 4-grams inside words, each word between two spaces ("char_wb" of scikit-learn)."""
    counts: Counter[str] = Counter()
    for word in normalised(text).split():
        padded = f" {word} "
        for n in (2, 3, 4):
            counts.update(padded[at : at + n] for at in range(max(len(padded) - n, 0) + 1))
            if len(padded) <= n:
                break
    return counts


def vector(text: str) -> TextVector:
    """The text's hashed n-grams with weights 1 + ln(count), scaled to length 1; empty for an empty text."""
    weights: dict[int, float] = {}
    for gram, count in n_grams(text).items():
        feature = zlib.crc32(gram.encode("utf-8", "surrogatepass")) % N_BUCKETS
        weights[feature] = weights.get(feature, 0.0) + 1.0 + float(np.log(count))
    features = np.array(sorted(weights), dtype=np.uint32)
    values = np.array([weights[feature] for feature in sorted(weights)], dtype=np.float64)
    length = float(np.sqrt((values**2).sum()))
    return TextVector(features, (values / length if length else values).astype(np.float32))


@dataclass(frozen=True, eq=False)
class TextIndex:
    """Vectors laid end to end, so that one text is compared with all of them in one pass.

    An n-gram counts the more the fewer of the texts have it: its weight is multiplied by 1 + ln(texts / texts that have
    it) (Spärck Jones 1972), and each text is scaled to length 1 again. What no text has counts as what one has.

    features, weights : of all texts, shape (n_features,); owners : the place of each feature's text, same shape
    known, rarity : (n_known,) the different features in order, and what their weights are multiplied by
    rarest : the same for a feature of one text, or of none
    """

    n_texts: int
    features: NDArray[np.uint32]
    weights: NDArray[np.float64]
    owners: NDArray[np.int64]
    known: NDArray[np.uint32]
    rarity: NDArray[np.float64]
    rarest: float

    @classmethod
    def of(cls, vectors: Sequence[TextVector], *, settings: SimilaritySettings = SimilaritySettings()) -> TextIndex:
        """The index of these vectors, in this order."""
        features = np.concatenate([np.zeros(0, np.uint32), *(one.features for one in vectors)])
        owners = np.repeat(np.arange(len(vectors)), [one.features.size for one in vectors]).astype(np.int64)
        known, place, n_having = np.unique(features, return_inverse=True, return_counts=True)
        n_all = settings.n_beside + len(vectors)
        rarity = 1.0 + np.log(n_all / n_having)
        weights = np.concatenate([np.zeros(0), *(one.weights for one in vectors)]).astype(np.float64) * rarity[place]
        length = np.sqrt(np.bincount(owners, weights=weights**2, minlength=len(vectors)))
        scaled = weights / length[owners]
        return cls(len(vectors), features, scaled, owners, known, rarity, 1.0 + float(np.log(max(n_all, 1))))

    def cosines(self, one: TextVector) -> NDArray[np.float64]:
        """Cosine of one text with each text of the index, shape (n_texts,); 0 for an empty one."""
        if not one.features.size or not self.features.size:
            return np.zeros(self.n_texts)
        weights = self._weighted(one)
        at = np.minimum(np.searchsorted(one.features, self.features), one.features.size - 1)
        shared = one.features[at] == self.features
        products = self.weights[shared] * weights[at[shared]]
        return np.bincount(self.owners[shared], weights=products, minlength=self.n_texts).astype(np.float64)

    def _weighted(self, one: TextVector) -> NDArray[np.float64]:
        at = np.minimum(np.searchsorted(self.known, one.features), self.known.size - 1)
        rarity = np.where(self.known[at] == one.features, self.rarity[at], self.rarest)
        weights = one.weights.astype(np.float64) * rarity
        return np.asarray(weights / np.sqrt((weights**2).sum()), np.float64)


def similar(
    text: str, among: TextIndex | Sequence[TextVector], *, settings: SimilaritySettings | None = None
) -> tuple[Similar, ...]:
    """The texts most like `text`, the likest first and ties by their place, all above the suggestion bound.

    TF-IDF over character n-grams; how rare an n-gram is, is counted over the texts that are compared with.
    """
    settings = settings or SimilaritySettings()
    index = among if isinstance(among, TextIndex) else TextIndex.of(among, settings=settings)
    cosines = index.cosines(vector(text))
    bound = settings.suggest_unspaced_from if is_unspaced(text) else settings.suggest_from
    order = sorted(np.flatnonzero(cosines >= bound).tolist(), key=lambda at: (-round(float(cosines[at]), 6), at))
    return tuple(
        Similar(at, float(cosines[at]), bool(cosines[at] >= settings.probably_same_from))
        for at in order[: settings.n_most]
    )


def is_unspaced(text: str) -> bool:
    """Whether most letters are of a script written without spaces, such as Chinese, Japanese or Thai."""
    letters = [character for character in text if character.isalpha()]
    return bool(letters) and 2 * sum(bool(_UNSPACED.match(letter)) for letter in letters) > len(letters)


# Hints while writing


class Hint(StrEnum):
    """Something a writer may want to change before sending."""

    TOO_SHORT = "too_short"
    LONG = "long"
    QUESTION = "question"
    SEVERAL_IDEAS = "several_ideas"
    HARD_TO_READ = "hard_to_read"
    SHOUTING = "shouting"
    NAMES_SELF = "names_self"
    HAS_LINK = "has_link"
    ABBREVIATION = "abbreviation"
    OTHER_LANGUAGE = "other_language"


@dataclass(frozen=True)
class HintSettings:
    """Bounds of the hints: about the highest quarter of the statements of public consultations."""

    shortest: int = 10
    long_from: int = 160
    """The last fifth of the room a statement has."""
    long_unspaced_from: int = 70
    """A character of Chinese or Japanese says about what two or three letters do."""
    lix_over: tuple[tuple[str, float], ...] = (
        ("en", 53.0), ("fr", 67.0), ("es", 66.0), ("ru", 76.0), ("de", 60.0), ("fi", 60.0)
    )  # fmt: skip
    """LIX above which a statement is hard for its language: three of four are below.

    en : the 75 % quantile, 53.4, of the 420 statements of at least `fewest_words` words in four English consultations
    (15-per-hour-seattle, bg2050-volunteers, brexit-consensus, london.youth.policing; open data of Polis).
    fr, es, ru : that bound, moved by how much the 75 % quantile of the same texts is higher in the language: the 602
    texts of the interface with at least so many words and at most 300 characters; 31.9 in English, 46.3 in French, 44.9
    in Spanish, 55.3 in Russian. A plain text has longer words there, and must not be flagged for it.
    de, fi : compounds are one word; medians of consultations are en 40 and de 53. Arabic and Chinese have no LIX: the
    length of their sentences is measured alone."""
    lix_over_elsewhere: float = 53.0
    sentence_over_unspaced: float = 40.0
    """Characters per sentence where there is no LIX."""
    fewest_words: int = 8
    """LIX of fewer words is chance."""
    rare_below: float = 3.0
    """Zipf frequency: less than once in a million words. Shows typing errors and place names, too."""
    rare_from: int = 5
    """Letters; shorter words that are rare are names and abbreviations."""
    n_rare: int = 3
    """Words named at once: more would be a reproach."""
    plain_words: int = 20
    """Words of the longest sentence of a simpler wording, as the plain-language guides of the European Union ask."""


AND_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset({"and", "also", "plus", "furthermore", "additionally"}),
    "fr": frozenset({"et", "aussi", "ainsi"}),
    "es": frozenset({"y", "e", "también", "además"}),
    "ru": frozenset({"и", "также", "кроме"}),
    "ar": frozenset({"أيضا", "أيضًا", "كذلك", "كما"}),
    "de": frozenset({"und", "auch", "außerdem", "sowie"}),
}
"""Words that join two ideas. Arabic writes "and" as a prefix, so only its adverbs are seen."""
AND_UNSPACED = ("并且", "以及", "而且", "同时", "還有", "並且", "そして", "また、")

KNOWN_ABBREVIATIONS = frozenset({"UN", "EU", "US", "USA", "UK", "TV", "OK", "AIDS", "HIV", "COVID"}) | frozenset(
    {"ONU", "UE", "OMS", "VIH", "SIDA", "ООН", "ЕС", "США", "ВОЗ", "СССР", "ВИЧ", "СПИД"}
)
"""Abbreviations that stand in any newspaper; others want to be explained to whoever is new to the matter."""
_ABBREVIATION = re.compile(r"\b(?=[^\W_]*[^\W\d_]{2})[A-ZА-ЯЁ][A-ZА-ЯЁ0-9]{1,5}(?=s?\b)")
_ENDS = re.compile(r"[.!?…:;؟؛]\s*$")
_ROMAN = re.compile(r"[IVXLCDM]+")

_LINK = re.compile(r"https?://|www\.\S", re.IGNORECASE)


def hints(
    text: str,
    language: str,
    *,
    is_chatham_house: bool = False,
    own_names: Sequence[str] = (),
    settings: HintSettings | None = None,
) -> tuple[Hint, ...]:
    """What a writer may want to change in a statement, each at most once, in the order of `Hint`.

    language : code such as "en" or "zh"; unknown languages get the hints that need no word list
    is_chatham_house : also hint at words that tell who speaks, and at the writer's `own_names`
    """
    settings = settings or HintSettings()
    unspaced = is_unspaced(text)
    base = language.split("-")[0].lower()
    letters = [character for character in text if character.isalpha()]
    n_upper = sum(character.isupper() for character in letters)
    found = {
        Hint.TOO_SHORT: len(text.strip()) < (settings.shortest // 2 if unspaced else settings.shortest),
        Hint.LONG: len(text) > (settings.long_unspaced_from if unspaced else settings.long_from),
        Hint.QUESTION: bool(_QUESTION.search(text)),
        Hint.SEVERAL_IDEAS: has_several_ideas(text, base),
        Hint.HARD_TO_READ: is_hard_to_read(text, base, settings=settings),
        Hint.SHOUTING: len(letters) >= 12 and n_upper > 0.7 * len(letters),
        Hint.NAMES_SELF: is_chatham_house and names_self(text, base, own_names=own_names),
        Hint.HAS_LINK: bool(_LINK.search(text)),
        Hint.ABBREVIATION: bool(abbreviations(text)),
        Hint.OTHER_LANGUAGE: language_of(text) not in (None, base),
    }
    return tuple(hint for hint in Hint if found[hint])


def rare_words(
    text: str, frequency: Callable[[str], float], *, settings: HintSettings | None = None
) -> tuple[str, ...]:
    """Words that a reader from elsewhere may not know, each once, as they come: to be explained perhaps, never a score.

    frequency : Zipf frequency of a word in the text's language, log10 of its occurrences in a thousand million words
    (van Heuven and others 2014); 0 for one that no list has. Names in capitals and words with digits are left alone.
    """
    settings = settings or HintSettings()
    found: dict[str, None] = {}
    for match in _WORD.finditer(text):
        word = match.group()
        is_name = (
            word[:1].isupper()
            and bool(text[: match.start()].strip(" \n\t\"'“«¿¡("))
            and not _ENDS.search(text[: match.start()])
        )
        if len(word) >= settings.rare_from and not is_name and not word.isupper():
            parts = [part for part in re.split(r"[-'’]", word.casefold()) if part]
            if any(len(part) >= settings.rare_from and frequency(part) < settings.rare_below for part in parts):
                found.setdefault(word.casefold())
    return tuple(found)[: settings.n_rare]


def has_several_ideas(text: str, language: str) -> bool:
    """Whether the text seems to say two things: two sentences, a list, or an "and" between long parts."""
    if len(_sentences(text)) > 1 or ";" in text or "؛" in text or "；" in text:
        return True
    if is_unspaced(text):
        return any(word in text for word in AND_UNSPACED)
    words = [word.casefold() for word in _WORD.findall(text)]
    joins = AND_WORDS.get(language, frozenset())
    at = [place for place, word in enumerate(words) if word in joins]
    return any(place >= 4 and len(words) - place > 4 for place in at)


def abbreviations(text: str) -> tuple[str, ...]:
    """Words in capitals of two to six characters that a newcomer may not know ("SDG", "NGOs"), each once, as they come.

    None of a text that is written in capitals altogether.
    """
    capitals = [word for word in _WORD.findall(text) if word.isupper() and len(word) > 1]
    if 2 * len(capitals) > len(_WORD.findall(text)) and len(capitals) > 1:
        return ()
    found = dict.fromkeys(_ABBREVIATION.findall(text))
    return tuple(one for one in found if one not in KNOWN_ABBREVIATIONS and not _ROMAN.fullmatch(one))


def lix(text: str) -> float | None:
    """LIX: words per sentence plus the percentage of words longer than six letters (Björnsson 1968).

    None for scripts without spaces and for texts without words.
    """
    words = _WORD.findall(text)
    if not words or is_unspaced(text):
        return None
    n_long = sum(len(word) > 6 for word in words)
    return len(words) / max(len(_sentences(text)), 1) + 100 * n_long / len(words)


def is_hard_to_read(text: str, language: str, *, settings: HintSettings | None = None) -> bool:
    """Whether a text is above its language's bound: LIX where words have spaces and Latin-like lengths, else length.

    Arabic words carry articles and prepositions as prefixes, so their length says little; sentences are measured.
    """
    settings = settings or HintSettings()
    if is_unspaced(text):
        n_letters = sum(character.isalpha() for character in text)
        return n_letters / max(len(_sentences(text)), 1) > settings.sentence_over_unspaced
    n_words = len(_WORD.findall(text))
    if language == "ar":
        return n_words / max(len(_sentences(text)), 1) > settings.sentence_over_unspaced / 2
    value = lix(text)
    bound = dict(settings.lix_over).get(language, settings.lix_over_elsewhere)
    return value is not None and n_words >= settings.fewest_words and value > bound


def has_long_sentence(text: str, *, settings: HintSettings | None = None) -> bool:
    """Whether some sentence has more words than plain language has, or more characters in a script without spaces."""
    settings = settings or HintSettings()
    for part in _sentences(text):
        if is_unspaced(part):
            if sum(character.isalpha() for character in part) > settings.sentence_over_unspaced:
                return True
        elif len(_WORD.findall(part)) > settings.plain_words:
            return True
    return False


def _sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE.split(text) if len(part.strip()) > 2]
