"""Texts that tell who wrote them: nine in ten of a hundred such texts are hinted at, and few others are.

The hundred were written by hand: names, offices, bodies and "we at", in the six languages of the interface.
"""

from __future__ import annotations

import pytest

from app.demo.community_data import PROPOSALS as DATA
from app.demo.expert_meeting import PROPOSALS as MEETING
from app.demo.partnership_proposals import PROPOSALS as PARTNERSHIPS
from deliberation.texts import Hint, hints

PLANTED = {
    "en": (
        "As the minister of water I ask for more wells.",
        "As minister of finance in a small country, speaking plainly: debts should be cancelled.",
        "We at the Wells Union have built pumps for years, and others should too.",
        "At our ministry this works already.",
        "My organisation has done this since 2015.",
        "In my country, which chairs the group this year, this is law.",
        "I wrote the report on wells and it should be followed.",
        "On behalf of the delegation of a landlocked state: transit must be free.",
        "As a former head of a water board, one learns that pumps break.",
        "Our foundation should not be the only one that pays.",
        "Speaking for the youth caucus, we want two seats.",
        "As an economist at a regional bank I see no risk.",
        "When I was mayor, the council met in public.",
        "As director of a clinic near the border, the question is staff.",
        "Let me say as the only farmer here that prices matter.",
        "We, the women of the northern district, need safe roads.",
        "Our delegation proposed this in April.",
        "As representative of the islands: sea levels decide.",
        "My colleague and I run the largest training centre in the region.",
        "As the host of the last summit we know what it costs.",
        "The Wells Union believes that fees must fall.",
        "Chidi Okafor thinks that reports are too long.",
        "It is the view of the Wells Union that maps should be open.",
        "Ask Okafor: he has measured the flow for ten years.",
        "WU has the only lorry in the valley and would lend it.",
    ),
    "fr": (
        "En tant que ministre de l'eau, cela me paraît nécessaire.",
        "Nous avons construit cent puits et nous continuerons.",
        "Au nom de la délégation, il faut des routes.",
        "Mon organisation le fait depuis 2015.",
        "Notre ministère l'a décidé en avril.",
        "J'ai dirigé la commission et elle doit être dissoute.",
        "Comme directrice d'une clinique, je demande du personnel.",
        "Au nom du groupe des jeunes, deux sièges.",
        "Dans mon pays, qui préside cette année, c'est la loi.",
        "Chez nous, à l'Union des puits, cela marche.",
        "Moi, qui ai écrit le rapport, demande qu'il soit suivi.",
        "Nos membres paient déjà trop.",
        "En tant que seule paysanne ici, les prix comptent.",
        "Union des puits demande que les cartes soient ouvertes.",
        "Chidi Okafor pense que les rapports sont trop longs.",
    ),
    "es": (
        "Como ministra de agua pido más pozos.",
        "Nosotros en la Unión de Pozos lo hacemos desde 2015.",
        "En nombre de la delegación, el tránsito debe ser libre.",
        "Mi organización lo ha pagado sola.",
        "Nuestro ministerio lo decidió en abril.",
        "Como representante de las islas: el mar decide.",
        "Yo dirigí la comisión y debe cerrarse.",
        "En mi país, que preside este año, es ley.",
        "Como director de una clínica, la cuestión es el personal.",
        "Hablo por los jóvenes: dos asientos.",
        "Nuestras socias pagan ya demasiado.",
        "Mis colegas y yo llevamos el mayor centro de la región.",
        "Como única campesina aquí, los precios importan.",
        "Unión de Pozos pide mapas abiertos.",
        "Chidi Okafor cree que los informes son largos.",
    ),
    "ru": (
        "Как министр водных ресурсов прошу новых колодцев.",
        "Мы построили сто колодцев и будем строить дальше.",
        "От имени делегации: транзит должен быть свободным.",
        "Моя организация делает это с 2015 года.",
        "Наше министерство решило это в апреле.",
        "Я руководил комиссией, и её надо распустить.",
        "Как представитель островов: всё решает море.",
        "В моей стране, которая председательствует, это закон.",
        "Как директор клиники скажу: нужны люди.",
        "От лица молодёжи: два места.",
        "Наши члены уже платят слишком много.",
        "У нас в Союзе колодцев это работает.",
        "Мои коллеги и я ведём крупнейший центр региона.",
        "Союз колодцев просит открытых карт.",
        "Chidi Okafor считает, что отчёты длинны.",
    ),
    "ar": (
        "بصفتي وزير المياه أطلب مزيدا من الآبار.",
        "نحن في اتحاد الآبار نفعل ذلك منذ سنوات.",
        "باسم الوفد: يجب أن يكون العبور حرا.",
        "أنا كتبت التقرير ويجب اتباعه.",
        "نيابة عن الشباب: مقعدان.",
        "منظمتنا تدفع وحدها.",
        "وزارتنا قررت ذلك في أبريل.",
        "في بلدي الذي يرأس هذا العام هذا قانون.",
        "بصفتنا ممثلي الجزر: البحر يقرر.",
        "كمدير لعيادة أقول إن المسألة في الموظفين.",
        "أعضاؤنا يدفعون كثيرا.",
        "زملائي وأنا ندير أكبر مركز في المنطقة.",
        "لقد قدت اللجنة ويجب حلها، وأنا أعرف ذلك.",
        "اتحاد الآبار يطلب خرائط مفتوحة.",
        "يرى Chidi Okafor أن التقارير طويلة.",
    ),
    "zh": (
        "作为水利部长，应当多打井。",
        "我们水井联盟多年来一直这样做。",
        "我代表代表团发言：过境应当自由。",
        "我国今年担任主席，这已是法律。",
        "本部四月已作出决定。",
        "本人写了这份报告，应当遵守。",
        "作为岛国代表：海平面决定一切。",
        "我的同事和我管理着本地区最大的中心。",
        "我们的成员已经付得太多。",
        "代表青年发言：两个席位。",
        "作为一家诊所的主任，问题是人员。",
        "本组织自2015年以来一直这样做。",
        "我方已提供唯一的卡车。",
        "水井联盟要求公开地图。",
        "Chidi Okafor认为报告太长。",
    ),
}
OWN = {
    "en": ("Chidi Okafor", "Wells Union"),
    "fr": ("Chidi Okafor", "Union des puits"),
    "es": ("Chidi Okafor", "Unión de Pozos"),
    "ru": ("Chidi Okafor", "Союз колодцев"),
    "ar": ("Chidi Okafor", "اتحاد الآبار"),
    "zh": ("Chidi Okafor", "水井联盟"),
}


def is_hinted(text: str, language: str) -> bool:
    return Hint.NAMES_SELF in hints(text, language, is_chatham_house=True, own_names=OWN.get(language, OWN["en"]))


def test_there_are_a_hundred_planted_texts() -> None:
    assert sum(map(len, PLANTED.values())) == 100


def test_nine_in_ten_texts_that_name_their_author_are_hinted_at() -> None:
    missed = [
        (language, text) for language, texts in PLANTED.items() for text in texts if not is_hinted(text, language)
    ]
    assert len(missed) <= 10, missed


@pytest.mark.parametrize("language", PLANTED)
def test_in_each_language_four_in_five(language: str) -> None:
    texts = PLANTED[language]
    assert sum(is_hinted(text, language) for text in texts) >= 0.8 * len(texts)


def test_few_of_the_demo_s_statements_are_hinted_at_without_reason() -> None:
    statements = [(one.statement, one.language) for one in (*PARTNERSHIPS, *MEETING, *DATA)]
    false = [text for text, language in statements if is_hinted(text, language)]
    assert len(statements) > 100
    assert len(false) <= 0.03 * len(statements), false


@pytest.mark.parametrize(
    "text",
    ["Wells should be built by unions of villages.", "The okra harvest was good.", "What you do at home counts."],
)
def test_words_that_are_only_like_a_name_are_none(text: str) -> None:
    assert not is_hinted(text, "en")


def test_short_and_common_names_are_not_looked_for() -> None:
    assert Hint.NAMES_SELF not in hints("All people need water.", "en", is_chatham_house=True, own_names=("Al", ""))
