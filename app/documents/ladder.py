"""The words of the quantifier ladder as sentences, and what a person may not claim beside them."""

from __future__ import annotations

import re

from app.refusals import N_
from deliberation.quantifiers import Dissent, Word

SUPPORT: dict[Word, str] = {
    Word.GENERAL_AGREEMENT: N_("Participants generally agreed: %(statement)s"),
    Word.STRESSED: N_("Participants stressed: %(statement)s"),
    Word.MANY: N_("Many participants agreed: %(statement)s"),
    Word.SEVERAL: N_("Several participants agreed: %(statement)s"),
    Word.SOME: N_("Some participants agreed: %(statement)s"),
    Word.SUGGESTED: N_("It was suggested: %(statement)s"),
    Word.VIEWS_DIFFERED: N_("Views differed on this: %(statement)s"),
}
"""The only sentences by which a summary says how far a statement is supported."""

DISSENT: dict[Dissent, str] = {
    Dissent.CAUTIONED: N_("However, some cautioned against it."),
    Dissent.NOTE_OF_CAUTION: N_("A note of caution was expressed."),
}
"""The sentences without which a support may not be printed where the counts ask for one."""

LEADS: dict[str, str] = {
    SUPPORT[Word.GENERAL_AGREEMENT]: N_("Participants generally agreed on the following:"),
    SUPPORT[Word.STRESSED]: N_("Participants stressed the following:"),
    SUPPORT[Word.MANY]: N_("Many participants agreed on the following:"),
    SUPPORT[Word.SEVERAL]: N_("Several participants agreed on the following:"),
    SUPPORT[Word.SOME]: N_("Some participants agreed on the following:"),
    SUPPORT[Word.SUGGESTED]: N_("The following was suggested:"),
    SUPPORT[Word.VIEWS_DIFFERED]: N_("Views differed on the following:"),
    DISSENT[Dissent.CAUTIONED]: N_("On each of these, however, some cautioned."),
    DISSENT[Dissent.NOTE_OF_CAUTION]: N_("On each of these a note of caution was expressed."),
}
"""How a page or a text says once what holds for several statements in a row."""

NAMES: dict[Word, str] = {
    Word.GENERAL_AGREEMENT: N_("Participants generally agreed"),
    Word.STRESSED: N_("Participants stressed"),
    Word.MANY: N_("Many participants agreed"),
    Word.SEVERAL: N_("Several participants agreed"),
    Word.SOME: N_("Some participants agreed"),
    Word.SUGGESTED: N_("It was suggested"),
    Word.VIEWS_DIFFERED: N_("Views differed"),
}
"""The words alone, for tables."""

DISSENT_NAMES: dict[Dissent, str] = {
    Dissent.CAUTIONED: N_("some cautioned against it"),
    Dissent.NOTE_OF_CAUTION: N_("with a note of caution"),
}

RULES: tuple[tuple[Word, str], ...] = (
    (Word.SUGGESTED, N_("one or two voices; the number is never shown")),
    (Word.SOME, N_("at least three voices and under 25 per cent of those who took a position")),
    (Word.SEVERAL, N_("from 25 to under 45 per cent")),
    (Word.MANY, N_("from 45 to under 75 per cent, or more where one group does not share it")),
    (Word.STRESSED, N_("as “many”, and in the top quarter by what matters to people")),
    (
        Word.GENERAL_AGREEMENT,
        N_("75 per cent or more, and 60 per cent or more in every group and constituency of five or more"),
    ),
    (Word.VIEWS_DIFFERED, N_("two groups are more than 40 points apart")),
)

CLAIMS = re.compile(
    r"\b(most|majority|majorities|minority|nearly all|almost all|all participants|everyone|everybody|no one|nobody|"
    r"unanimous\w*|consensus|overwhelming\w*|hardly any|widely|vast|the room agreed)\b",
    re.IGNORECASE,
)
"""English words that claim a support which no rule of the ladder binds; a person's sentence may not use them."""


def unbound_claim(text: str) -> str | None:
    """A word of the text that claims a support outside the ladder, None if there is none."""
    found = CLAIMS.search(text)
    return found.group(0) if found else None
