"""What a person writes about a summary's facts: numbers, words of quantity and direction are those of the facts."""

from __future__ import annotations

import pytest

from app.documents.added import Added
from app.documents.figures import DIRECTION, NUMBER, QUANTIFIER, misquoted
from app.documents.model import Document, Fact, Passage, Section, Sentence
from app.documents.spoken import direction_of, figures_of, quantifiers_of
from app.language import LANGUAGES, use_locale


def share(value):
    return {"share": value, "bound": "about"}


DOCUMENT = Document(
    [
        Fact("question", "question", {"text": "What works by 2030?"}),
        Fact("joined", "people", {"n": {"people": 1921}}),
        Fact(
            "s7",
            "support",
            {
                "agree": share("0.65"),
                "disagree": share("0.2"),
                "pass": share("0.15"),
                "voters": {"band": [10, 19]},
                "word": "many",
                "dissent": "cautioned",
            },
            [7],
        ),
        Fact("s8", "support", {"word": "some", "dissent": None}, [8]),
        Fact("s9", "support", {"word": "general_agreement", "dissent": None}, [9]),
        Fact("ledger", "ledger", {"kept": 4, "added": 1, "dropped": 2}),
    ],
    [
        Section(
            "common_ground",
            "Common ground",
            [
                Passage(
                    [
                        Sentence(
                            "%(statement)s", {"statement": {"statement": 9, "text": "Report once, on 3 pages."}}, ["s9"]
                        )
                    ],
                    9,
                    "common_ground.abc",
                )
            ],
        )
    ],
)


def problems(text, **more):
    return [one.message for one in misquoted(Added(introduction=text, **more), DOCUMENT)]


@pytest.mark.parametrize(
    "text",
    [
        "Of 1,921 people who joined, not all voted [joined].",
        "1 921 personnes ont pris part [joined].",
        "1.921 personas participaron [joined].",
        "انضم ١٬٩٢١ مشاركا [joined].",
        "65 % agreed, 20 per cent did not [7].",
        "65 процентов согласны [7].",
        "百分之六十五同意[7]。",
        "وافق ٦٥٪ منهم [7].",
        "Agreement was 65 to 20 [7].",
        "Many participants agreed, and some people cautioned [7].",
        "De nombreux participants étaient d’accord [7].",
        "اتفق كثير من المشاركين [7].",
        "Reports on 3 pages were asked for [9].",
        "The 2030 Agenda needs it [9].",
        "Curators added 1 and dropped 2 [ledger].",
        "Many villages have wells [9].",
        "Participants supported it [9].",
    ],
)
def test_what_the_facts_say_may_be_written_in_any_language(text):
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Of 1,922 people who joined, not all voted [joined].", NUMBER),
        ("1 922 personnes ont pris part [joined].", NUMBER),
        ("انضم ١٬٩٢٢ مشاركا [joined].", NUMBER),
        ("66 % agreed [7].", NUMBER),
        ("56 por ciento estaba de acuerdo [7].", NUMBER),
        ("百分之五十六同意[7]。", NUMBER),
        ("六成的人同意[7]。", NUMBER),
        ("Two thirds of the people agreed [joined].", NUMBER),
        ("La moitié des personnes était d’accord [7].", NUMBER),
        ("Seven participants agreed [7].", NUMBER),
        ("Семь участников согласились [7].", NUMBER),
        ("Several participants agreed [7].", QUANTIFIER),
        ("Plusieurs participants étaient d’accord [7].", QUANTIFIER),
        ("Многие участники согласились [8].", QUANTIFIER),
        ("اتفق كثير من المشاركين [8].", QUANTIFIER),
        ("许多与会者同意[8]。", QUANTIFIER),
        ("Muchas personas coincidieron [8].", QUANTIFIER),
        ("Participants generally agreed [7].", QUANTIFIER),
        ("Participants rejected it [9].", DIRECTION),
        ("Participants did not agree with it [9].", DIRECTION),
        ("Les participants ont rejeté cette idée [9].", DIRECTION),
        ("Участники отклонили это [9].", DIRECTION),
        ("与会者反对这一点[9]。", DIRECTION),
        ("Participants supported it [8].", DIRECTION),
    ],
)
def test_what_the_facts_do_not_say_is_named(text, message):
    assert message in problems(text)


def test_a_sentence_says_which_figure_is_wrong_and_what_the_facts_say():
    one = misquoted(Added(introduction="About 70 % agreed [7]."), DOCUMENT)[0]
    with use_locale("en"):
        assert str(one.refusal).startswith("“70 %” is in none of the facts that this sentence cites")
        assert "65%" in str(one.refusal)
    assert one.field == "introduction"


def test_a_reworded_passage_rests_on_the_facts_it_had():
    added = Added(rewordings={"common_ground.abc": "Participants opposed short reports."})
    assert [one.message for one in misquoted(added, DOCUMENT)] == [DIRECTION]
    added = Added(rewordings={"common_ground.abc": "Short reports of 3 pages were favoured by the people."})
    assert misquoted(added, DOCUMENT) == ()


def test_plans_have_numbers_of_their_own():
    from app.documents.added import FollowUp

    assert misquoted(Added(follow_up=(FollowUp("Hold 12 workshops [7].", "x", "2029"),)), DOCUMENT) == ()


@pytest.mark.parametrize("text", ["", "[7]", "百分之", "%", "１２３٤ … 5,,5 1.2.3.4 ٪", "no n't not", "成成成"])
def test_no_text_is_too_odd_to_be_read(text):
    assert list(figures_of(text)) is not None
    assert list(quantifiers_of(text)) == []
    assert direction_of(text) in (-1, 0, 1)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "zh"])
def test_the_ladder_s_own_sentences_are_read_as_their_words(language):
    """What the platform writes in a language, it also recognises when a person writes it."""
    from app.documents import wording
    from app.documents.ladder import SUPPORT
    from deliberation.quantifiers import Word

    for word in (Word.MANY, Word.SOME, Word.GENERAL_AGREEMENT, Word.VIEWS_DIFFERED):
        with use_locale(language):
            said = wording.text(Sentence(SUPPORT[word], {"statement": {"text": "x", "language": "en"}}, ["s1"]))
        assert word in {found for _, found in quantifiers_of(said)}, said
