"""Which language a statement is in, and which of its words a newcomer may not know."""

from __future__ import annotations

import pytest

from deliberation.languages import language_of
from deliberation.texts import Hint, abbreviations, hints

SENTENCES = {
    "en": "Every well needs a trained mechanic within a day's walk.",
    "fr": "Les rapports doivent tenir sur une page par an.",
    "es": "Los informes deben caber en una página al año.",
    "ru": "Отчёты должны помещаться на одной странице в год.",
    "ar": "يجب أن تكون التقارير في صفحة واحدة كل عام.",
    "zh": "报告每年应限于一页，并用浅显的语言写成。",
    "de": "Die Berichte sollten auf eine Seite im Jahr passen.",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_tells_its_language(code: str) -> None:
    assert language_of(SENTENCES[code]) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Water for all",  # too short to say
        "Chlorine tablets, hand pumps, spare parts",  # no small words
        "Звіти мають бути на одній сторінці на рік.",  # Ukrainian
        "گزارش‌ها باید در یک صفحه باشند و ساده نوشته شوند.",  # Persian
        "報告は年に一ページに限るべきである。",  # Japanese
        "The reports of the boards, les rapports des conseils, doivent be short.",
        "1234567890 1234567890 %%%%%",
    ],
)
def test_no_language_is_named_where_that_is_not_plain(text: str) -> None:
    assert language_of(text) is None


def test_a_text_in_another_language_than_the_chosen_one_is_hinted_at() -> None:
    assert hints(SENTENCES["fr"], "en") == (Hint.OTHER_LANGUAGE,)
    assert all(Hint.OTHER_LANGUAGE not in hints(text, code) for code, text in SENTENCES.items())
    assert Hint.OTHER_LANGUAGE not in hints(SENTENCES["en"], "en-GB")
    assert Hint.OTHER_LANGUAGE not in hints("Water for all", "fr")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Partnerships for the SDGs should publish their MoU and their ODA.", ("SDG", "ODA")),
        ("The UN and the EU should pay for HIV tests.", ()),
        ("Article IV should be read aloud.", ()),
        ("A vitamin C pill and 100 MB of data are cheap.", ("MB",)),
        ("The 2030 agenda, COP28 and G77 matter.", ("COP28",)),
        ("ЮНИСЕФ и МСБ должны публиковать бюджеты.", ("ЮНИСЕФ", "МСБ")),
        ("PARTNERSHIPS SHOULD PAY US NOW.", ()),
        ("La OCDE y la ONU deben escuchar.", ("OCDE",)),
        ("", ()),
    ],
)
def test_abbreviations_that_no_newspaper_uses_are_named(text: str, found: tuple[str, ...]) -> None:
    assert abbreviations(text) == found


def test_an_abbreviation_is_hinted_at_and_a_shouting_text_only_for_its_capitals() -> None:
    assert hints("Boards should publish what they count as ODA.", "en") == (Hint.ABBREVIATION,)
    assert hints("PARTNERSHIPS SHOULD PUBLISH WHO PAYS.", "en") == (Hint.SHOUTING,)
