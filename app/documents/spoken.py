"""How people write numbers, quantities and support in the six languages: what a written sentence is read by.

Only what clearly speaks of people is read: "many villages" claims nothing about who agreed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from deliberation.quantifiers import Word

PEOPLE = (
    r"(?:participants?|people|persons?|members?|partners?|voices?|respondents?|delegates?|delegations?|experts?|"
    r"organi[sz]ations?|of (?:them|us|those|the room)|"
    r"personnes?|membres?|partenaires?|voix|d[’']entre (?:eux|elles|nous)|"
    r"participantes?|personas?|miembros?|socios?|voces|organizaciones?|"
    r"участни\w+|человек\w*|людей|люди|член\w*|партн[её]р\w*|голос\w*|"
    r"(?:ال)?مشارك\w*|شخص\w*|(?:ال)?أشخاص|الناس|(?:ال)?أعضاء|(?:ال)?شركاء|(?:ال)?منظمات|"
    r"与会者|参与者|参加者|代表|成员|伙伴|的?人)"
)

QUANTIFIERS: dict[Word, str] = {
    Word.MANY: r"many|de nombreu(?:x|ses)|beaucoup|much[ao]s|многие|многих|много|كثير|كثيرون|العديد|许多|很多|不少",
    Word.SEVERAL: r"several|plusieurs|vari[ao]s|несколько|нескольких|ряд|عدة|عدد|若干|数名|几名|几位",
    Word.SOME: r"some|a few|certaine?s|quelques|algun[ao]s|un[ao]s|некоторые|некоторых|بعض|一些|部分|有些",
}
"""Words that are followed by the people they count."""

PHRASES: dict[Word, str] = {
    Word.GENERAL_AGREEMENT: r"generally agreed|(?:general|broad) agreement|broadly agreed|généralement d[’']accord|"
    r"accord général|large accord|coincidieron en general|(?:amplio )?acuerdo general|amplio acuerdo|"
    r"в целом соглас\w+|общее согласие|اتفق المشاركون بوجه عام|اتفاق عام|普遍(?:同意|认为|赞成)",
    Word.STRESSED: r"(?:participants|people) stressed|ont souligné|subrayaron|особо отметили|подчеркнули|شدد|强调",
    Word.VIEWS_DIFFERED: r"(?:views|opinions) differed|avis (?:ont divergé|divergeaient|étaient partagés)|"
    r"opiniones (?:difirieron|divergieron)|мнения (?:разошлись|разделились)|اختلفت الآراء|(?:意见|看法)(?:不一|分歧)",
}
"""Words that stand by themselves."""

AGAINST = (
    r"\b(?:disagree\w*|oppos\w+|reject\w*|against|objected|"
    r"désapprouv\w*|désaccord|rejet\w*|contre|"
    r"rechaz\w+|opon\w+|opus\w+|en contra|desacuerdo|"
    r"отверг\w+|против|возраж\w+|отклон\w+)\b|رفض\w*|عارض\w*|反对|拒绝|不同意|不赞成"
)
FOR = (
    r"\b(?:agree\w*|support\w*|favou?r\w*|back(?:ed|s)?|endors\w+|welcom\w+|"
    r"approuv\w*|soutien\w*|soutenu\w*|appuy\w+|favorables?|d[’']accord|"
    r"apoy\w+|de acuerdo|a favor|respald\w+|coincid\w+|"
    r"соглас\w+|поддерж\w+|одобр\w+)\b|يؤيد\w*|أيد\w*|وافق\w*|اتفق\w*|دعم\w*|同意|支持|赞成|赞同"
)
NOT = (
    r"(?:\b(?:not|never|no|hardly)\b|n[’']t\b|\bne?[’']?\s?\w*\s?(?:pas|jamais)\b|\bне\b|\bلم\b|\bلا\b|\bلن\b|不|没有?)"
    r"\W{0,2}(?:\w+\W+){0,2}?"
)

SHARE_AFTER = r"(?:%|per\s?cent|percent|pour\s?cent|por\s?ciento|процент\w*|في المائة|بالمائة|في المئة|بالمئة)"
DIGITS = re.compile(r"(?<![\w.,])\d+(?:[ \u00a0\u202f.,’']\d{3})*(?:[.,]\d+)?(?![\w])")
CHINESE = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2}
CHINESE_SHARE = re.compile(r"百分之([零一二三四五六七八九十百两\d]+)|([一二三四五六七八九])成")
WORDS: dict[str, str] = {
    "2": "two both deux dos два две двое двух اثنان اثنين 两名 两位 两人",
    "3": "three trois tres три трое трёх трех ثلاثة ثلاث 三名 三位 三人",
    "4": "four quatre cuatro четыре четверо четырёх أربعة أربع 四名 四位 四人",
    "5": "five cinq cinco пять пятеро пяти خمسة خمس 五名 五位 五人",
    "6": "six seis шесть шестеро ستة ست 六名 六位 六人",
    "7": "seven sept siete семь семеро سبعة سبع 七名 七位 七人",
    "8": "eight huit ocho восемь ثمانية ثمان 八名 八位 八人",
    "9": "nine neuf nueve девять تسعة تسع 九名 九位 九人",
    "10": "ten dix diez десять عشرة عشر 十名 十位 十人",
    "12": "twelve dozen douze douzaine doce docena двенадцать дюжина",
    "15": "fifteen quinze quince пятнадцать",
    "20": "twenty vingt veinte двадцать عشرون عشرين 二十名 二十位 二十人",
    "30": "thirty trente treinta тридцать ثلاثون ثلاثين 三十名 三十人",
    "40": "forty quarante cuarenta сорок أربعون أربعين",
    "50": "fifty cinquante cincuenta пятьдесят خمسون خمسين",
    "100": "hundred cent cien сто مائة مئة 一百名 一百人",
}
NUMBER_WORDS = {word: Decimal(value) for value, words in WORDS.items() for word in words.split()}
FRACTIONS: dict[str, str] = {
    "50": r"half of|half the|la moitié|la mitad|половин\w+|نصف|半数|一半",
    "66.7": r"two[ -]thirds|deux tiers|dos tercios|две трети|двух третей|ثلثي|ثلثا|三分之二",
    "33.3": r"(?:a|one)[ -]third of|un tiers|un tercio|треть|ثلث |三分之一",
    "75": r"three[ -]quarters|trois quarts|tres cuartas? partes|три четверти|ثلاثة أرباع|四分之三",
    "25": r"(?:a|one)[ -]quarter of|un quart|una cuarta parte|четверть|ربع|四分之一",
}
NAMED = re.compile(
    r"(?:statements?|proposals?|énoncés?|propositions?|declaraci\w+|propuestas?|утвержден\w+|предложен\w+|"
    r"العبارة|المقترح|陈述|提案)\s*(?:no\.?|n[°º]|№)?\s*\d+(?:(?:,| and| et| y| и| و|、)\s*\d+)*",
    re.IGNORECASE,
)
"""A number by which a statement is named counts nothing."""
SPACELESS = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Figure:
    """A number as it is written: the values it may stand for, and whether it claims to be a share in percent."""

    shown: str
    values: tuple[Decimal, ...]
    is_share: bool
    slack: Decimal = Decimal()


def plain(text: str) -> str:
    """The text with the digits and signs of every script as those of ASCII."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(str(unicodedata.decimal(one)) if unicodedata.decimal(one, None) is not None else one for one in text)
    return text.translate({0x066A: "%", 0x066B: ".", 0x066C: ","})


def figures_of(text: str) -> Iterator[Figure]:
    """Every number that is written in digits, and every number in words that counts people or parts of them."""
    text = plain(text)
    for found in DIGITS.finditer(text):
        after = re.match(rf"\s*{SHARE_AFTER}", text[found.end() :], re.IGNORECASE)
        values = _values(found.group())
        slack = Decimal("0.5") if all(value == value.to_integral_value() for value in values) else Decimal("0.05")
        shown = found.group() + (after.group() if after else "")
        yield Figure(shown, values, after is not None, slack if after else Decimal())
    for found in CHINESE_SHARE.finditer(text):
        tens, whole = found.group(2), found.group(1)
        value = Decimal(CHINESE[tens] * 10) if tens else _chinese(whole)
        yield Figure(found.group(), (value,), True, Decimal("0.5"))
    for part, pattern in FRACTIONS.items():
        for found in re.finditer(pattern, text, re.IGNORECASE):
            yield Figure(found.group().strip(), (Decimal(part),), True, Decimal("2"))
    yield from _in_words(text)


def _in_words(text: str) -> Iterator[Figure]:
    """Number words with the people they count."""
    for word, value in NUMBER_WORDS.items():
        joined = SPACELESS.search(word)
        pattern = re.escape(word) if joined else rf"\b{re.escape(word)}\b\W+(?:\w+\W+){{0,2}}?{PEOPLE}"
        for found in re.finditer(pattern, text, re.IGNORECASE):
            yield Figure(found.group().strip(), (value,), False)


def _values(written: str) -> tuple[Decimal, ...]:
    """What digits with marks between them may mean: "1,900" is nineteen hundred or one and nine tenths."""
    bare = re.sub(r"[ \u00a0\u202f’']", "", written)
    found = {Decimal(re.sub(r"[.,]", "", bare))} if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+|\d+", bare) else set()
    last = re.fullmatch(r"([\d.,]*?)[.,](\d+)", bare)
    if last:
        found.add(Decimal(f"{re.sub(r'[.,]', '', last.group(1)) or 0}.{last.group(2)}"))
    return tuple(sorted(found))


def _chinese(written: str) -> Decimal:
    if written.isdigit():
        return Decimal(written)
    if written == "百":
        return Decimal(100)
    tens, mark, ones = written.rpartition("十")
    if not mark:
        return Decimal(CHINESE.get(written, 0))
    return Decimal((CHINESE.get(tens, 1) if tens else 1) * 10 + (CHINESE.get(ones, 0) if ones else 0))


def quantifiers_of(text: str) -> Iterator[tuple[str, Word]]:
    """Every word of the ladder that the text says of people, as it is written."""
    text = plain(text)
    for word, pattern in QUANTIFIERS.items():
        between = r"(?:\W+(?:\w+\W+){0,2}?|[^。，,.]{0,3})"
        for found in re.finditer(
            rf"(?:\b(?:{pattern})\b|(?:{pattern})(?=[\u3400-\u9fff])){between}{PEOPLE}", text, re.I
        ):
            yield found.group().strip(), word
    for word, pattern in PHRASES.items():
        for found in re.finditer(pattern, text, re.IGNORECASE):
            yield found.group().strip(), word


def direction_of(text: str) -> int:
    """1 where the text says that people are for something, -1 against it, 0 where it says neither or both."""
    text = plain(text)
    if not re.search(PEOPLE, text, re.IGNORECASE):
        return 0
    negated = re.search(f"{NOT}(?:{FOR})", text, re.IGNORECASE)
    rest = re.sub(f"{NOT}(?:{FOR})|{AGAINST}", " ", text, flags=re.IGNORECASE)
    is_against = bool(negated or re.search(AGAINST, text, re.IGNORECASE))
    is_for = bool(re.search(FOR, rest, re.IGNORECASE))
    return int(is_for) - int(is_against)
