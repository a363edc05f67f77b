"""The demo's open round in several languages: translations by volunteers, simpler words, drafts, a glossary."""

from __future__ import annotations

from collections.abc import Sequence

from app.access import Actor, actor_in
from app.actions import glossary, translations
from app.actions.translations import Written
from app.auth import Person
from app.database import fetchrow
from app.demo.story import Staff
from app.tables.proposals import Proposal

READ = {
    "en": {
        "Un téléphone simple doit suffire pour consulter les données de sa commune.": (
            "A simple telephone should be enough to look up the data of one's municipality."
        ),
        "Los datos abiertos sirven de poco sin alguien que enseñe a leerlos.": (
            "Open data are of little use without somebody who teaches how to read them."
        ),
        "ينبغي أن تُنشر البيانات مصنفة بحسب الإعاقة والعمر والجنس.": (
            "Data should be published by disability, age and sex."
        ),
        "Методика подсчёта должна быть опубликована раньше, чем результат.": (
            "How something is counted should be published before the result."
        ),
        "卫星图像应当免费提供给小农户。": "Satellite images should be free for small farmers.",
    },
    "fr": {
        "Every published figure should say how sure it is, in plain words.": (
            "Chaque chiffre publié devrait dire, en mots simples, à quel point il est sûr."
        ),
        "Each community should choose three indicators of its own.": (
            "Chaque communauté devrait choisir elle-même trois indicateurs."
        ),
    },
    "ar": {"Data about a village should be kept in the village.": "ينبغي أن تُحفظ بيانات القرية في القرية."},
}
"""Written by one person and read by another, so that they are shown."""
DRAFTS = {
    "es": {
        "Nobody should have to give personal data to receive help.": (
            "Nadie debería tener que dar datos personales para recibir ayuda."
        ),
        "Every survey should end with a visit that tells the people asked what it found.": (
            "Toda encuesta debería terminar con una visita que cuente sus resultados a quienes respondieron."
        ),
    }
}
"""These wait for a reader."""
SIMPLER = {
    "Local government should publish its spending every month in a form that anybody can check.": (
        "The council says each month what it spends. Everybody can check it."
    ),
    "Artificial intelligence should never decide who is entitled to support.": (
        "A machine must not decide who gets help. A person decides."
    ),
}
WORDS = (
    ("indicator", "Something that is counted again and again, to see whether it gets better or worse.", "en"),
    ("hazard", "Something that can hurt people or places, such as a flood or a landslide.", "en"),
    ("indicateur", "Ce que l'on compte régulièrement pour voir si la situation change.", "fr"),
)


async def translate(by: Actor, staff: Staff, persons: Sequence[Person]) -> None:
    """Two participants translate and read each other's texts; the convenor explains words."""
    writer, reader = [await actor_in(by.consultation, person) for person in persons[9:11]]
    for language, texts in READ.items():
        await _written(texts, language, writer, reader)
    await _written(SIMPLER, "en", writer, reader, is_simpler=True)
    await _written(DRAFTS["es"], "es", writer, None)
    convenor = await actor_in(by.consultation, staff.convenor)
    for term, explanation, code in WORDS:
        await glossary.keep(term=term, explanation=explanation, language=code, by=convenor)


async def _written(
    texts: dict[str, str], language: str, writer: Actor, reader: Actor | None, *, is_simpler: bool = False
) -> None:
    found = {text: await _found(writer, statement) for statement, text in texts.items()}
    written = [Written(proposal, text, 0) for text, proposal in found.items() if proposal is not None]
    await translations.save(texts=written, language=language, is_simpler=is_simpler, by=writer)
    for one in written if reader else ():
        row = await fetchrow(
            "select id, version from translations where proposal = $1 and language = $2 and is_simpler = $3",
            one.proposal.id,
            language,
            is_simpler,
        )
        assert row is not None
        assert reader is not None
        await translations.approve(chosen=[(row["id"], row["version"])], by=reader)


async def _found(by: Actor, statement: str) -> Proposal | None:
    """The statement, where it is open for votes already."""
    return (
        await Proposal.objects()
        .where(
            (Proposal.consultation == by.consultation.id)
            & (Proposal.statement == statement)
            & (Proposal.status == "accepted")
        )
        .first()
    )
