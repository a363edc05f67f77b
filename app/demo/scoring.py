"""How three curators of "Partnerships that deliver" scored on their own; the fourth has yet to declare and to score."""

from __future__ import annotations

from app.access import Actor, actor_in
from app.actions import curators
from app.analysis.scoring import DECLARED, OWN, RECUSED, Conflict
from app.auth import Person
from app.database import fetch
from app.demo.story import Staff
from app.tables.proposals import Proposal

Given = tuple[str, str, str]

# One figure for each of the four criteria; a dash where they cannot judge, nothing where they are recused.
SCORES: dict[str, Given] = {
    "Those who select proposals should say in writing why they left one out.": ("4433", "4434", "3433"),
    "Meeting notes should record what was said without naming who said it.": ("3423", "3424", "2413"),
    "All partnership documents should exist in plain language, not only in the language of the United Nations.": (
        "4444",
        "3443",
        "4434",
    ),
    "Every partnership should publish who decides and who pays.": ("4443", "4444", "2213"),
    "Indigenous Peoples should have the right to stop a partnership on their land.": ("4244", "4343", "2013"),
    "The United Nations should help those who lose by a change, not only those who lead it.": ("313-", "3142", "213-"),
    "Companies should lead the partnerships that bring technology to scale.": ("2302", "3301", ""),
    "Lack of money is often a lack of skill in writing proposals; teach that first.": ("2312", "1301", "3423"),
    "What is said about money should always be on the record.": ("3323", "4424", "0112"),
    "Coalitions should form around one issue and end when it is solved.": ("3422", "3423", "3422"),
    "Each coalition should stand under one shared national target, so that efforts add up.": ("3213", "2112", "4324"),
    "A partnership with fewer than ten partners needs no secretariat.": ("2412", "2412", "242-"),
    "Women's organisations should hold half of the seats in every steering group.": ("3342", "4443", "1101"),
    "Les médiateurs professionnels doivent être payés par un fonds commun, jamais par un seul partenaire.": (
        "3322",
        "",
        "22--",
    ),
    "ينبغي أن تشارك السلطات المحلية في رئاسة كل شراكة تعمل في نطاقها.": ("3333", "3343", "3232"),
    "A partnership should be able to try something small for six months without any approval.": (
        "3413",
        "2413",
        "4413",
    ),
    "A few large partnerships with clear targets are better than hundreds of small ones.": ("2202", "1101", "3213"),
    "Each resident coordinator should have a small fund that local partnerships can apply to in a week.": (
        "4433",
        "4443",
        "3322",
    ),
    "The United Nations should curate what participants propose, and never choose first.": ("3323", "3332", "321-"),
    "Les décisions doivent être prises par celles et ceux qui les mettent en œuvre.": ("3232", "4342", "2122"),
    "Partners should choose each other; nobody should be placed in a partnership by a convenor.": (
        "3312",
        "3322",
        "3312",
    ),
    "Whoever pays the most should not also chair.": ("3432", "4442", "0102"),
    "Les partenaires locaux doivent pouvoir changer le plan sans demander l'accord du siège.": ("3333", "4333", "2223"),
    "Seats should go to those who can deliver, whoever they are.": ("2312", "1201", "3423"),
    "Global standards protect local people better than local rules do.": ("2113", "1102", "3213"),
    "Ни одно партнёрство не следует расширять, пока независимое исследование не покажет, что оно работает.": (
        "3224",
        "3234",
        "2124",
    ),
    "ينبغي أن يكون للشباب حق التصويت، لا مجرد كلمة في حفل الافتتاح.": ("3342", "4443", "2232"),
}
CURATION = "The United Nations should curate what participants propose, and never choose first."
MEDIATORS = "Les médiateurs professionnels doivent être payés par un fonds commun, jamais par un seul partenaire."
COMPANIES = "Companies should lead the partnerships that bring technology to scale."
CHAIRS = "Whoever pays the most should not also chair."
INTERESTS: tuple[dict[str, Conflict], ...] = (
    {CURATION: Conflict(DECLARED, "public_stance")},
    {MEDIATORS: Conflict(RECUSED, "funding")},
    {COMPANIES: Conflict(RECUSED, OWN), CHAIRS: Conflict(DECLARED, "close_tie")},
)


async def score_alone(by: Actor, staff: Staff, colleagues: tuple[Person, Person]) -> None:
    """The convenor and two curators of this round have declared, scored and finished."""
    for person in colleagues:
        await curators.appoint(email=person.email, numbers=[2], by=by)
    rows = await fetch("select id, statement from proposals where consultation = $1", by.consultation.id)
    ids = {row["statement"]: row["id"] for row in rows}
    for place, person in enumerate((staff.convenor, *colleagues)):
        curator = await actor_in(by.consultation, person)
        bound = {ids[statement]: conflict for statement, conflict in INTERESTS[place].items()}
        await curators.declare(interests=bound, by=curator)
        for statement, given in SCORES.items():
            if given[place]:
                proposal = await Proposal.objects().where(Proposal.id == ids[statement]).first()
                assert proposal is not None
                figures = [None if figure == "-" else int(figure) for figure in given[place]]
                await curators.score(proposal=proposal, scores=figures, by=curator)
        await curators.finish(by=curator)
