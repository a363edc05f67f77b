"""Proposals that say nearly the same, and hints about a text: suggestions while writing, never decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.database import fetch
from app.refusals import N_
from deliberation import texts
from deliberation.disclosure import Attribution
from deliberation.texts import Hint

HINTS = {
    Hint.TOO_SHORT: N_("It is very short. Would somebody who reads it alone know what they agree with?"),
    Hint.LONG: N_("It is long. Shorter statements are understood, and answered, by more people."),
    Hint.QUESTION: N_("It ends with a question mark. People can only agree or disagree with a statement."),
    Hint.SEVERAL_IDEAS: N_("It may hold two ideas. Somebody who agrees with one of them cannot say so."),
    Hint.HARD_TO_READ: N_("It is hard to read. Shorter words and sentences help readers in other languages."),
    Hint.SHOUTING: N_("It is written in capitals, which many people read as shouting."),
    Hint.NAMES_SELF: N_("It seems to say who you are. Under the Chatham House Rule, please write it without."),
    Hint.HAS_LINK: N_("It holds a link. Links belong in the details."),
    Hint.ABBREVIATION: N_("It uses an abbreviation. Perhaps explain it: not everybody here will know it."),
    Hint.OTHER_LANGUAGE: N_("It seems to be in another language than the one you chose for it."),
}


@dataclass(frozen=True)
class Similar:
    """A proposal that is close to a text; `is_same` where it is probably the same."""

    number: int
    statement: str
    language: str
    is_same: bool


async def to(statement: str, *, consultation: UUID, leave_out: int | None = None) -> tuple[Similar, ...]:
    """The closest proposals of the consultation that are open for votes, most similar first."""
    rows = await fetch(
        """
        select id, number, statement, language, vector from proposals
        where consultation = $1 and status = 'accepted' and vector is not null and id is distinct from $2
        """,
        consultation,
        leave_out,
    )
    found = texts.similar(statement, [texts.TextVector.from_bytes(bytes(row["vector"])) for row in rows])
    return tuple(
        Similar(
            rows[match.index]["number"],
            rows[match.index]["statement"],
            rows[match.index]["language"],
            match.is_probably_same,
        )
        for match in found
    )


async def is_close(statement: str, *, consultation: UUID, other: int) -> bool:
    """Whether this proposal is among those that resemble the text, as the moderators' queue compares them."""
    rows = await fetch(
        "select id, vector from proposals where consultation = $1 and status in ('accepted', 'waiting') "
        "and vector is not null order by id",
        consultation,
    )
    index = texts.TextIndex.of([texts.TextVector.from_bytes(bytes(row["vector"])) for row in rows])
    found = texts.similar(statement, index, settings=texts.SimilaritySettings(n_most=len(rows)))
    return any(rows[match.index]["id"] == other for match in found)


def hints(statement: str, language: str, *, mode: str, own_names: Sequence[str] = ()) -> tuple[str, ...]:
    """Message ids of what the writer may want to look at again. Their own names are looked for and not repeated."""
    found = texts.hints(statement, language, is_chatham_house=mode == Attribution.CHATHAM_HOUSE, own_names=own_names)
    return tuple(HINTS[hint] for hint in found)


COUNTED = frozenset({"ar", "en", "es", "fr", "ru"})
"""Languages whose words are told apart by spaces and counted by `wordfreq`; Chinese would need a dictionary more."""


def rare_words(statement: str, language: str) -> tuple[str, ...]:
    """Words that occur less than once in a million, perhaps to be explained; none where nobody has counted them."""
    if language not in COUNTED:
        return ()
    # A tenth of a second at first use, and pages that show no hints never need it. The small list holds just the words
    # of a frequency of 3 and more.
    from wordfreq import zipf_frequency

    return texts.rare_words(statement, lambda word: zipf_frequency(word, language, wordlist="small"))
