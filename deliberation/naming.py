"""Texts that tell who wrote them: by the words of their language, or by the writer's own name or organisation.

A list of words finds what people write without thinking of it ("we at ...", "as the minister of ..."). It does not
recognise a style, and somebody who wants to be known will be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_SELF: dict[str, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:i|i'm|i’m|i've|i’ve|my|me|myself|we|our|(?-i:us))\b"
        r"|^as (?:the|an?|former|director|minister|host|head|representative)\b"
        r"|\bas (?:an? |the )?(?:head|former|minister|director|representative|member|mayor)\b"
        r"|\bon behalf of\b|\bspeaking (?:for|as)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:je|mon|ma|mes|moi|nous|notre|nos|en tant que|au nom d[eu])\b|\bj['’]"
        r"|^comme (?:ministre|direct\w+|représentant\w*|maire|membre|ancienn?e?)\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"\b(?:yo|mi|mis|nosotros|nosotras|nuestr[oa]s?|en nombre de|hablo)\b"
        r"|^como (?:ministr[oa]|director\w*|representante|alcalde\w*|miembro|únic[oa]|ex\w*)\b|\bcomo representante\b",
        re.IGNORECASE,
    ),
    "ru": re.compile(
        r"\b(?:я|мой|моя|моё|мое|мои|моей|моего|мы|нас|наш|наша|наше|наши|от имени|от лица)\b"
        r"|\bкак (?:представитель|министр|директор|глава|мэр|член|бывш\w+)\b",
        re.IGNORECASE,
    ),
    "de": re.compile(r"\b(?:ich|mein\w*|wir|unser\w*|im namen)\b", re.IGNORECASE),
    "ar": re.compile(
        r"\b(?:و?أنا|نحن|بصفتي|بصفتنا|باسم|نيابة عن|بلدي|بلدنا|منظمتي|منظمتنا|وزارتي|وزارتنا|زملائي|أعضاؤنا|مؤسستنا)\b"
        r"|^ك(?:مدير|وزير|ممثل|رئيس|عضو)"
    ),
    "zh": re.compile(
        r"我们|我們|我|本人|本部|本组织|本組織|本国|本國"
        r"|作为.{0,12}(?:代表|部长|主任|主席|会长|成员)|代表.{0,12}(?:发言|發言)"
    ),
}
_AS_THE = re.compile(r"\bas (?:the|a|an) \w+ of\b", re.IGNORECASE)
SHORTEST_NAME, SHORTEST_PART, FEWEST_INITIALS = 4, 5, 2
"""Letters below which a name, and a part of one, is a common word or a syllable of one."""


def names_self(text: str, language: str, *, own_names: Sequence[str] = ()) -> bool:
    """Whether the text tells who speaks, by the words of its language or by one of the writer's own names.

    own_names : the writer's name and organisation; of each the whole, its last word, and the initials of several words
    """
    pattern = _SELF.get(language)
    by_words = bool(_AS_THE.search(text) or (pattern is not None and pattern.search(text)))
    return by_words or any(_is_named(name, text) for name in own_names)


def _is_named(name: str, text: str) -> bool:
    words = name.split()
    if len(name.strip()) < SHORTEST_NAME and name.isascii():
        return False
    if name.strip() and _holds(text, name):
        return True
    last = words[-1] if len(words) > 1 else ""
    # A name within a sentence has its capital; "the union" is nobody's name.
    if len(last) >= SHORTEST_PART and re.search(rf"(?<!\w){re.escape(last)}(?!\w)", text) and last[0].isupper():
        return not re.search(rf"(?<!\w){re.escape(last.casefold())}(?!\w)", text)
    initials = "".join(word[0] for word in words if word[:1].isupper())
    is_long = len(initials) >= FEWEST_INITIALS
    return is_long and re.search(rf"(?<!\w){re.escape(initials)}(?!\w)", text) is not None


def _holds(text: str, name: str) -> bool:
    """Whether the name stands in the text as words, however it is spelt; scripts without spaces need none."""
    edge = r"(?<!\w){}(?!\w)" if name.isascii() or " " in name else "{}"
    return re.search(edge.format(re.escape(_folded(name))), _folded(text)) is not None


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
