"""The first demo consultation, "Partnerships that deliver": its words, its targets, and what a moderator declined."""

from __future__ import annotations

from app.demo.content import DemoConsultation, UnpublishedProposal
from app.demo.partnership_proposals import PROPOSALS

U = UnpublishedProposal
UNPUBLISHED = (
    U(
        "Book our award-winning partnership academy: the first ten registrations pay half.",
        "services",
        author="business",
        reason_code="advertising",
        reason="This offers a service for sale. A proposal says what partnerships should do.",
    ),
    U(
        "The former director of the river basin partnership should give back the money.",
        "power",
        author="ngos",
        reason_code="personal_data",
        reason="This accuses a person who can be recognised. Please propose a rule instead, for instance on audits.",
    ),
    U(
        "ينبغي ترجمة الوثائق وتدريب الشركاء ودفع أجور المتطوعين.",
        "language",
        language="ar",
        reason_code="several_ideas",
        reason="These are three proposals in one. Please submit each on its own, so that people can vote on each.",
    ),
    U(
        "يجب تغيير كل شيء.",
        "effectiveness",
        language="ar",
        reason_code="unclear",
        reason="We could not tell what is to be done. Please say what should change, and for whom.",
    ),
    U(
        "Chaque partenariat doit publier qui décide et qui paie.",
        "power",
        language="fr",
        reason_code="duplicate",
        reason="Another proposal, open for voting, says the same. Your support for it can be given there.",
    ),
)

TARGETS = {
    "constituency": {
        "women": 0.11,
        "children_and_youth": 0.11,
        "indigenous_peoples": 0.08,
        "ngos": 0.14,
        "local_authorities": 0.12,
        "workers": 0.07,
        "business": 0.09,
        "science": 0.07,
        "farmers": 0.08,
        "persons_with_disabilities": 0.05,
        "education_and_academia": 0.03,
        "member_states": 0.03,
        "un_entities": 0.02,
    },
    "region": {"african": 0.28, "asia_pacific": 0.28, "eastern_european": 0.12, "grulac": 0.17, "weog": 0.15},
}

PARTNERSHIPS = DemoConsultation(
    slug="partnerships-that-deliver",
    title="Partnerships that deliver",
    question="What must change so that partnerships for the Goals deliver for the people they are made for?",
    description="Thousands of partnerships for sustainable development are registered, and many have fallen silent "
    "since their launch. This consultation asks those who work in partnerships, and those who were never asked to join "
    "one, what helps and what stands in the way: inside a partnership, and in the world around it.\n\n"
    "Everybody may propose and vote for four weeks. Then the curators draw up a short list from what participants "
    "said, give a reason for every difference, and ask you whether it speaks for you.",
    promise="The curated slate goes to the Partnership Forum as it stands, with every reason and every objection. "
    "Within three months of the forum we tell each participant what became of the proposals.",
    questions=(
        "What makes partners join, and what makes them stay when the launch is over?",
        "Who decides in a partnership today, and who should?",
        "What should the United Nations do more of, and what should it leave to others?",
    ),
    venue="Online, in six languages",
    zone="America/New_York",
    goals=(17,),
    views=("Local first", "Scale and coherence", "Fair seats"),
    proposals=PROPOSALS,
    unpublished=UNPUBLISHED,
    targets=TARGETS,
)
