"""The second demo consultation: fifteen experts, one afternoon, the Chatham House Rule, eighteen statements."""

from __future__ import annotations

from app.demo.content import DemoConsultation, DemoProposal

P = DemoProposal

# Support is given for the views "practice first", "policy first" and "people first".
PROPOSALS = (
    P("Partnerships work when each partner knows what it wins.", (97, 97, 96), "self_assembly", author="starter"),
    P(
        "Partners should be free to find each other; what is assembled from above rarely lasts.",
        (86, 44, 80),
        "self_assembly",
    ),
    P(
        "Differences of power should be named in the first meeting.",
        (82, 80, 97),
        "power",
        goals=(10, 17),
        details="Unnamed they decide everything; named they can be worked with.",
        author="starter",
    ),
    P("Without commitment at the highest level a partnership stays a project.", (60, 92, 48), "leadership"),
    P("Coalitions around one focused issue move faster than broad platforms.", (90, 62, 66), "coalitions", question=1),
    P("Without umbrella targets the efforts of many partners fragment.", (40, 90, 52), "coalitions"),
    P("Local leadership matters more than global design.", (84, 34, 90), "locally_led", goals=(11, 17), question=1),
    P(
        "With the most marginalized people, partnerships should speak without any jargon.",
        (97, 96, 98),
        "language",
        goals=(4, 10),
        author="starter",
    ),
    P(
        "Lack of capacity is the cause; lack of cash is often only its symptom.",
        (76, 80, 46),
        "capacity",
        details="Projects that banks would finance are missing, not banks that would finance projects.",
        question=2,
    ),
    P("For small partnerships, monitoring costs more than it tells anybody.", (86, 40, 72), "monitoring"),
    P("Public money should follow evidence of change.", (56, 90, 50), "evidence", question=2),
    P("A lean structure serves a partnership better than a large secretariat.", (95, 84, 90), "structure", question=1),
    P(
        "Professional partnering services are worth their price, as long as they do not become a business.",
        (88, 84, 86),
        "services",
    ),
    P("Some deliberation and curation is needed to bring coherence.", (96, 98, 95), "curation", author="starter"),
    P("Curation from the top alone meets resistance.", (94, 84, 96), "curation", author="starter"),
    P(
        "Governments should create stable conditions before they ask others to invest.",
        (70, 88, 42),
        "enabling",
        goals=(8, 17),
    ),
    P(
        "The United Nations is better at launching partnerships than at keeping them alive.",
        (97, 95, 97),
        "un_role",
        details="The work after the launch is underestimated, also by those who vote on budgets.",
        question=3,
    ),
    P("Mediators and psychologists belong in partnership teams.", (52, 38, 84), "services", goals=(3, 17)),
)

EXPERT_MEETING = DemoConsultation(
    slug="what-makes-partnerships-work",
    title="What makes partnerships for the Goals work?",
    question="What makes multi-stakeholder partnerships for the Sustainable Development Goals work?",
    description="An informal meeting of experts from academia, civil society, business and the "
    "United Nations, on the day after the Partnership Forum. Half a day, one room, and the Chatham House Rule: what is "
    "said may be used, who said it may not be told.",
    promise="The summary is published on the evening of the meeting and goes to the preparations of the High-level "
    "Political Forum. It is informal and not negotiated.",
    questions=(
        "What makes a partnership effective from the inside?",
        "What do partnerships need from the world around them?",
        "What is the role of the United Nations?",
    ),
    venue="United Nations Headquarters, New York",
    zone="America/New_York",
    goals=(17,),
    views=("Practice first", "Policy first", "People first"),
    proposals=PROPOSALS,
    targets={
        "constituency": {
            "education_and_academia": 0.3,
            "ngos": 0.3,
            "business": 0.2,
            "un_entities": 0.2,
        }
    },
)
