"""The third demo consultation, "Data that communities can use": an open round of proposals, some still unread."""

from __future__ import annotations

from app.demo.content import DemoConsultation, DemoProposal, UnpublishedProposal

P = DemoProposal

# Support is given for the views "open by default", "protect people first" and "official and comparable".
PROPOSALS = (
    P(
        "Every survey should end with a visit that tells the people asked what it found.",
        (88, 92, 78),
        "data",
        goals=(16, 17),
        details="We have been surveyed six times in four years. Nobody ever came back with an answer.",
        author="starter",
    ),
    P("Data paid for by the public should be free for everybody to use.", (96, 52, 74), "data", author="starter"),
    P(
        "Nobody should have to give personal data to receive help.",
        (72, 96, 56),
        "data",
        goals=(1, 10, 16),
        author="starter",
    ),
    P(
        "Only national statistical offices should publish official figures.",
        (16, 34, 92),
        "data",
        author="member_states",
    ),
    P(
        "Maps of hazards and services should be printed and hung where people meet.",
        (86, 84, 72),
        "data",
        goals=(11, 13),
    ),
    P(
        "Communities should be able to correct a figure about themselves.",
        (90, 88, 40),
        "data",
        goals=(10, 16),
        details="The register says our valley has a clinic. It closed in the year of the flood.",
        author="ngos",
    ),
    P("Data about a village should be kept in the village.", (38, 88, 22), "data", author="indigenous_peoples"),
    P("Every published figure should say how sure it is, in plain words.", (84, 82, 88), "language", author="science"),
    P(
        "Citizens' measurements of air and water should count in national reports.",
        (92, 66, 32),
        "data",
        goals=(6, 11, 13),
    ),
    P("One national platform is better than one dashboard for every donor.", (58, 54, 92), "structure"),
    P(
        "Photographs of children should never be collected as proof of a project.",
        (66, 95, 62),
        "monitoring",
        goals=(16,),
        author="children_and_youth",
    ),
    P(
        "Young people should be paid to collect data in their own neighbourhoods.",
        (84, 74, 48),
        "capacity",
        goals=(4, 8),
    ),
    P(
        "Les données doivent être disponibles dans les langues que parlent les gens.",
        (90, 88, 64),
        "language",
        language="fr",
        goals=(4, 10),
    ),
    P(
        "Un téléphone simple doit suffire pour consulter les données de sa commune.",
        (88, 78, 66),
        "technology",
        language="fr",
        goals=(9, 11),
    ),
    P(
        "Antes de publicar un mapa, hay que preguntar a quienes viven en él.",
        (54, 94, 36),
        "data",
        language="es",
        goals=(15, 16),
        author="indigenous_peoples",
    ),
    P(
        "Los datos abiertos sirven de poco sin alguien que enseñe a leerlos.",
        (80, 80, 78),
        "capacity",
        language="es",
        goals=(4, 17),
    ),
    P(
        "ينبغي أن تُنشر البيانات مصنفة بحسب الإعاقة والعمر والجنس.",
        (84, 48, 86),
        "data",
        language="ar",
        goals=(5, 10),
        author="persons_with_disabilities",
    ),
    P("ينبغي حذف البيانات الشخصية بعد انتهاء المشروع.", (58, 95, 46), "data", language="ar", goals=(16,)),
    P(
        "Статистику следует объяснять примерами из жизни, а не только таблицами.",
        (84, 78, 70),
        "language",
        language="ru",
        goals=(4,),
    ),
    P(
        "Методика подсчёта должна быть опубликована раньше, чем результат.",
        (80, 72, 90),
        "evidence",
        language="ru",
        goals=(16, 17),
        author="science",
    ),
    P("社区应当有一名经过培训的数据员，由公共经费支付报酬。", (74, 70, 62), "capacity", language="zh", goals=(4, 8)),
    P("卫星图像应当免费提供给小农户。", (92, 60, 62), "technology", language="zh", goals=(2, 9), author="farmers"),
    P("Companies should share the data they hold when a disaster strikes.", (90, 70, 82), "data", goals=(11, 13)),
    P(
        "Artificial intelligence should never decide who is entitled to support.",
        (52, 93, 50),
        "technology",
        goals=(1, 10, 16),
    ),
    P("Indicators should be fewer, and measured everywhere in the same way.", (40, 38, 94), "monitoring"),
    P(
        "Each community should choose three indicators of its own.",
        (86, 82, 30),
        "monitoring",
        goals=(11, 17),
        author="ngos",
    ),
    P(
        "Data on land ownership should be public.",
        (88, 30, 56),
        "data",
        goals=(1, 5, 15),
        details="Those who hold most of the land in our province are the only ones who know who holds it.",
    ),
    P(
        "Local government should publish its spending every month in a form that anybody can check.",
        (92, 76, 62),
        "data",
        goals=(11, 16),
        author="women",
    ),
    P("A school lesson on reading statistics would do more than another portal.", (72, 70, 60), "capacity", goals=(4,)),
    P("Funders should pay for keeping data up to date, not only for collecting it.", (84, 78, 88), "finance"),
)

U = UnpublishedProposal
UNPUBLISHED = (
    U(
        "Health posts should show their stock of medicines on a board outside the door.",
        "data",
        details="People walk for three hours and find that there is none.",
    ),
    U("ينبغي أن يعرف كل شخص من اطلع على بياناته.", "data", language="ar", author="women"),
    U("Los censos deben preguntar a las personas qué idioma hablan en casa.", "data", language="es"),
    U("Each survey should come with a visit that tells the people who were asked what was found.", "data"),
    U(
        "The statistical office should be closed.",
        "data",
        reason_code="off_topic",
        reason="The question is how data can be of use. Please say what the office should do differently.",
    ),
    U(
        "يجب نشر البيانات وتدريب الناس عليها وحماية الخصوصية.",
        "data",
        language="ar",
        reason_code="several_ideas",
        reason="These are three proposals in one. Please submit each on its own, so that people can vote on each.",
    ),
)

COMMUNITY_DATA = DemoConsultation(
    slug="data-that-communities-can-use",
    title="Data that communities can use",
    question="What would make data about a place useful to the people who live there?",
    description="Governments, agencies and companies count wells, pupils, trees and incomes. The people who are "
    "counted seldom see the numbers, and more seldom can do anything with them. Propose what would change that, and "
    "vote on what others propose.",
    promise="The statistical commission's friends-of-the-chair group discusses the participants' slate at its next "
    "meeting and answers each item in writing.",
    questions=(
        "Which data would you use tomorrow if you had them today?",
        "What must never be collected or published?",
        "Who should explain the figures, and in which language?",
    ),
    venue="Online",
    zone="Africa/Nairobi",
    goals=(11, 16, 17),
    views=("Open by default", "Protect people first", "Official and comparable"),
    proposals=PROPOSALS,
    unpublished=UNPUBLISHED,
    targets={
        "constituency": {
            "ngos": 0.2,
            "local_authorities": 0.15,
            "women": 0.15,
            "children_and_youth": 0.12,
            "science": 0.12,
            "indigenous_peoples": 0.1,
            "farmers": 0.08,
            "member_states": 0.08,
        }
    },
)
