"""Proposals that say nearly the same, and hints about a text: suggestions while writing, never decisions."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.database import fetch
from app.refusals import N_
from deliberation import texts
from deliberation.disclosure import Attribution

HINTS = {
    "question": N_("It ends with a question mark. People can only agree or disagree with a statement."),
    "two_ideas": N_("It may hold two ideas. Somebody who agrees with one of them cannot say so."),
    "long": N_("It is long. Shorter statements are understood, and answered, by more people."),
    "hard": N_("It is hard to read. Shorter words and sentences help readers in other languages."),
    "identifies": N_("It seems to say who you are. Under the Chatham House Rule, please write it without."),
}
AT_MOST = 5


@dataclass(frozen=True)
class Similar:
    """A proposal that is close to a text; `is_same` where it is probably the same."""

    number: int
    statement: str
    language: str
    is_same: bool


async def to(
    statement: str, language: str, *, consultation: UUID, leave_out: int | None = None
) -> tuple[Similar, ...]:
    """The closest proposals of the consultation that are open for votes, most similar first."""
    rows = await fetch(
        """
        select id, number, statement, language, vector from proposals
        where consultation = $1 and status = 'accepted' and vector is not null and id is distinct from $2
        """,
        consultation,
        leave_out,
    )
    found = texts.similar(statement, [bytes(row["vector"]) for row in rows], language=language, at_most=AT_MOST)
    return tuple(
        Similar(rows[match.index]["number"], rows[match.index]["statement"], rows[match.index]["language"],
                match.is_same)
        for match in found
    )


def hints(statement: str, language: str, *, mode: str) -> tuple[str, ...]:
    """Message ids of what the writer may want to look at again."""
    codes = texts.hints(statement, language=language)
    return tuple(
        HINTS[code]
        for code in codes
        if code in HINTS and (code != "identifies" or mode == Attribution.CHATHAM_HOUSE)
    )
