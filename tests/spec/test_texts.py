"""Texts: what is refused, what resembles what, and what a writer is hinted at."""

from __future__ import annotations

import csv
import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation import texts
from deliberation.errors import BadValue
from deliberation.texts import (
    Hint,
    SimilaritySettings,
    TextIndex,
    TextVector,
    clean_text,
    hints,
    n_grams,
    similar,
    vector,
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a\0b", "NUL"),
        ("a\x1bb", "CONTROL"),
        ("a\x85b", "CONTROL"),
        ("pay \u202e001 dollars", "BIDI"),
        ("\u2066hidden\u2069", "BIDI"),
        ("a\ud800", "SURROGATE"),
        ("abcdef", "TOO_LONG"),
    ],
)
def test_text_that_no_reader_sees_is_refused(text: str, problem: str) -> None:
    with pytest.raises(BadValue) as refused:
        clean_text(text, longest=5 if problem == "TOO_LONG" else None)
    assert refused.value.parameters["problem"] == problem


def test_text_is_kept_in_one_normal_form_with_the_marks_that_scripts_need() -> None:
    assert clean_text("  Cafe\u0301\r\nau lait\r") == "Café\nau lait"
    assert clean_text("می\u200cخواهم\u200f") == "می\u200cخواهم\u200f"
    assert clean_text("👩\u200d🌾 grow\tfood", longest=20) == "👩\u200d🌾 grow\tfood"


@given(st.text())
def test_clean_text_is_clean_and_stays_so(text: str) -> None:
    try:
        once = clean_text(text)
    except BadValue:
        return
    assert clean_text(once) == once == unicodedata.normalize("NFC", once)
    assert "\r" not in once


STATEMENTS = (
    "Reporting for small partnerships should fit on one page a year.",
    "Local governments should co-chair partnerships in their territory.",
    "I am of Māori descent",
    "I am of Asian descent",
    "小型伙伴关系的报告每年应限于一页。",
    "Правительства должны гарантировать стабильные правила.",
    "a",
    "",
)


@pytest.mark.filterwarnings("ignore")
def test_cosines_equal_those_of_a_plain_tf_idf() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    peer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, smooth_idf=False, preprocessor=texts.normalised
    )
    matrix = peer.fit_transform(STATEMENTS)
    expected = (matrix @ matrix.T).toarray()
    # scikit-learn thinks of no further texts beside.
    index = TextIndex.of([vector(text) for text in STATEMENTS], settings=SimilaritySettings(n_beside=0))
    found = np.array([index.cosines(vector(text)) for text in STATEMENTS])
    np.testing.assert_allclose(found, expected, atol=2e-3)
    for text in STATEMENTS:
        assert n_grams(text) == unweighted(peer.build_analyzer()(text))


def test_what_many_statements_say_makes_two_of_them_less_alike() -> None:
    """Rarity by Spärck Jones 1972: "partnerships should" opens every statement here, and tells none from another."""
    one, other = "Partnerships should publish budgets", "Partnerships should hire locals"
    alone = TextIndex.of([vector(other)]).cosines(vector(one))[0]
    crowd = [
        f"Partnerships should {rest}" for rest in ("wait", "grow", "listen more", "meet on Zoom", "use maps", "end")
    ]
    among = TextIndex.of([vector(text) for text in (other, *crowd * 20)]).cosines(vector(one))[0]
    assert among < 0.6 * alone
    copy = TextIndex.of([vector(text) for text in (one, *crowd * 20)]).cosines(vector(one + "!"))[0]
    assert copy > 0.9


def test_in_a_handful_of_statements_what_two_share_does_not_look_common() -> None:
    pair = [vector("Wells need a mechanic nearby"), vector("Wells need a trained mechanic nearby")]
    (few,) = TextIndex.of(pair[1:]).cosines(pair[0])
    (even,) = TextIndex.of(pair[1:], settings=SimilaritySettings(n_beside=10**9)).cosines(pair[0])
    assert few == pytest.approx(even, abs=0.03)


def unweighted(grams: list[str]) -> dict[str, int]:
    return {gram: grams.count(gram) for gram in grams}


def test_a_stored_vector_compares_as_the_fresh_one_does() -> None:
    fresh = [vector(text) for text in STATEMENTS]
    stored = [TextVector.from_bytes(one.to_bytes()) for one in fresh]
    assert len(fresh[0].to_bytes()) < 1200
    np.testing.assert_allclose(TextIndex.of(stored).cosines(fresh[0]), TextIndex.of(fresh).cosines(fresh[0]), atol=1e-3)
    with pytest.raises(BadValue):
        TextVector.from_bytes(b"12345")


def test_a_copy_with_a_typo_is_probably_the_same_and_another_word_only_alike() -> None:
    vectors = [vector(text) for text in STATEMENTS]
    (found,) = similar("reporting for small partnership should fit on ONE page a year!", vectors)
    assert (found.index, found.is_probably_same) == (0, True)
    descent = similar("I am of Māori descent.", vectors)
    assert [one.index for one in descent] == [2, 3]
    assert not descent[1].is_probably_same
    assert similar("Oceans need clean rivers", vectors) == ()
    assert similar("", vectors) == similar("x", []) == ()


def test_chinese_is_suggested_from_a_lower_bound() -> None:
    (found,) = similar("小型伙伴关系的年度报告应限于一页。", [vector(text) for text in STATEMENTS])
    assert found.index == 4
    assert 0.5 <= found.cosine < 0.75


def real_statements(name: str, n: int) -> list[str]:
    root = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
    path = root / "polis-conversations" / name / "comments.csv"
    if not path.exists():
        pytest.skip(f"real consultation {name} is not here; set PLENARY_REAL_DATA")
    with path.open(encoding="utf-8", newline="") as lines:
        return [row["comment-body"] for row in csv.DictReader(lines) if len(row["comment-body"]) > 15][:n]


@pytest.mark.parametrize("name", ["london.youth.policing", "vtaiwan.uberx"])
def test_real_statements_with_a_dropped_letter_are_found(name: str) -> None:
    statements = real_statements(name, 150)
    index = TextIndex.of([vector(text) for text in statements])
    rng = np.random.default_rng(1)
    n_found = 0
    for at, text in enumerate(statements):
        cut = int(rng.integers(1, len(text) - 1))
        n_found += at in {one.index for one in similar(text[:cut] + text[cut + 1 :], index)}
    assert n_found >= 0.95 * len(statements)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Partnerships should publish who pays.", "en", ()),
        ("Pay us.", "en", (Hint.TOO_SHORT,)),
        ("Should the UN steer partnerships?", "en", (Hint.QUESTION,)),
        ("联合国应当领导伙伴关系吗？", "zh", (Hint.QUESTION,)),
        ("هل ينبغي للأمم المتحدة أن تقود؟", "ar", (Hint.QUESTION,)),
        ("Women and men should lead together.", "en", ()),
        ("Reports should be short and simple, and young people should vote on boards.", "en", (Hint.SEVERAL_IDEAS,)),
        ("Reports should be short. Youth should vote.", "en", (Hint.SEVERAL_IDEAS,)),
        ("报告应简短，并且青年应有表决权。", "zh", (Hint.SEVERAL_IDEAS,)),
        ("PARTNERSHIPS SHOULD PUBLISH WHO PAYS.", "en", (Hint.SHOUTING,)),
        ("See https://example.org for the idea.", "en", (Hint.HAS_LINK,)),
    ],
)
def test_hints_follow_from_the_text(text: str, language: str, expected: tuple[Hint, ...]) -> None:
    assert hints(text, language) == expected


def test_long_statements_and_hard_ones_are_hinted_at() -> None:
    hard = (
        "Multistakeholder partnerships operationalising interlinkages necessitate institutionalised accountability "
        "mechanisms throughout implementation arrangements notwithstanding sovereignty."
    )
    assert hints(hard, "en") == (Hint.LONG, Hint.HARD_TO_READ)
    assert Hint.LONG in hints("应" * 71, "zh")
    assert hints("应" * 30 + "。", "zh") == ()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("As the minister of energy of a small state this cannot work.", "en"),
        ("We at the Brokers Forum have tried this.", "en"),
        ("I think reports are too long.", "en"),
        ("As a farmer this is too late.", "en"),
        ("This fails, speaking as former director.", "en"),
        ("En tant que maire cela me paraît impossible.", "fr"),
        ("J’ai vu trop de rapports.", "fr"),
        ("Nosotros ya lo hicimos en la capital.", "es"),
        ("Я представляю министерство энергетики.", "ru"),
        ("我们部门已经试过。", "zh"),
        ("نحن في الوزارة جربنا ذلك.", "ar"),
    ],
)
def test_a_text_that_tells_who_speaks_is_hinted_at_under_the_chatham_house_rule(text: str, language: str) -> None:
    assert Hint.NAMES_SELF in hints(text, language, is_chatham_house=True)
    assert Hint.NAMES_SELF not in hints(text, language)


@pytest.mark.parametrize(
    "text", ["The US should pay.", "Youth in the Pacific should lead.", "Reports as a rule are too long."]
)
def test_a_country_a_group_and_a_rule_are_no_speaker(text: str) -> None:
    assert Hint.NAMES_SELF not in hints(text, "en", is_chatham_house=True)


def test_lix_has_its_book_value_and_none_without_spaces() -> None:
    """Ten words, one sentence, two words of more than six letters: 10 + 20."""
    assert texts.lix("The big partners should not write long reports every year.") == 30
    assert texts.lix("小型伙伴关系的报告。") is None
    assert texts.lix("12 34") is None


ZIPF = {"water": 5.5, "needs": 5.4, "subsidiarity": 2.0, "rules": 5.0, "stock": 4.9, "taking": 5.3, "wells": 3.9}


def test_words_rarer_than_once_in_a_million_are_named_as_they_come_and_once() -> None:
    """Zipf 3 is one in a million; a word that no list has counts as rarer than any."""

    def frequency(word: str) -> float:
        return ZIPF.get(word, 0.0)

    assert texts.rare_words("Water needs subsidiarity; Subsidiarity needs rules.", frequency) == ("subsidiarity",)
    assert texts.rare_words("Water-subsidiarity needs stock-taking.", frequency) == ("water-subsidiarity",)
    # Short words, names within a sentence and abbreviations are left alone.
    assert texts.rare_words("Wells near Ouagadougou need NEPAD, a qanat and a zaï.", frequency) == ("qanat",)
    assert texts.rare_words("", frequency) == ()


def test_three_rare_words_are_named_at_most() -> None:
    assert len(texts.rare_words("alphax bravox charlyx deltax", lambda word: 0.0)) == 3
