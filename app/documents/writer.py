"""Collects facts while sentences are written, so that no sentence can cite what is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.analysis.summary_material import Material, Statement
from app.documents import model
from app.documents.ladder import DISSENT, SUPPORT
from app.documents.model import Fact, Passage, Place, Sentence
from app.refusals import N_
from deliberation.disclosure import ReleasedRow, ReleasedWords

NO_GROUP = frozenset({"between", "other"})
"""Rows of a table by group that are no opinion group."""


class Writer:
    """The facts of one document, each under a stable id that people can quote."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.facts: dict[str, Fact] = {}
        self.shown: set[int] = set()

    def fact(self, id: str, kind: str, value: Mapping[str, Any], statements: Sequence[int] = ()) -> str:
        """The fact is in the document; the same id always stands for the same figure."""
        known = self.facts.setdefault(id, Fact(id, kind, dict(value), list(statements)))
        if known.value != dict(value):
            raise ValueError(f"two facts are called {id}")
        return id

    def say(self, message: str, facts: Sequence[str], says: model.Says = "plain", **places: Place) -> Sentence:
        """A sentence on facts that are in the document."""
        unknown = [one for one in facts if one not in self.facts]
        if unknown or not facts:
            raise ValueError(f"a sentence without its facts: {message} {unknown}")
        return Sentence(message, dict(places), list(facts), says)

    def statement(self, id: int) -> Statement:
        return self.material.statements[id]

    def place(self, id: int) -> Place:
        one = self.statement(id)
        return model.statement(one.number, one.text, one.language)

    def row(self, id: int, attribute: str = "", category: str = "") -> str:
        """The fact of a released row: of everybody, or of one category."""
        one = self.statement(id)
        row = self._row(one, attribute, category)
        name = f"s{one.number}" + (f".{attribute}.{category}" if attribute else "")
        kind = "support" if not attribute else f"support_{attribute}"
        return self.fact(name, kind, model.row_value(row) if row is not None else {"withheld": True}, [one.number])

    @staticmethod
    def _row(one: Statement, attribute: str, category: str) -> ReleasedRow | None:
        if not attribute:
            return one.row
        return (one.by_group if attribute == "group" else one.by_constituency).get(category)

    def words(self, fact: str, words: ReleasedWords, about: Place) -> list[Sentence]:
        """The ladder's sentence for a support, and the dissent without which it may not stand."""
        found: list[Sentence] = []
        if words.word is not None:
            found.append(self.say(SUPPORT[words.word], [fact], "support", statement=about))
        if words.word is not None and words.dissent is not None:
            found.append(self.say(DISSENT[words.dissent], [fact], "dissent"))
        return found

    def support(self, id: int) -> list[Sentence]:
        """What may be said of a statement's support: its word, its dissent, and its share where one may leave."""
        row = self.statement(id).row
        if row is None or row.words is None or row.words.word is None:
            return []
        fact = self.row(id)
        self.shown.add(id)
        found = self.words(fact, row.words, self.place(id))
        if row.agree_share is not None:
            found.append(self.voted(fact, row))
        return found

    def voted(self, fact: str, row: ReleasedRow) -> Sentence:
        """How many of those who voted agree."""
        share = model.agreement(row)
        if model.is_counted(share):
            return self.say(N_("%(share)s people who voted on it agree."), [fact], share=share)
        n = model.people_number(row.n_voters)
        return self.say(N_("%(share)s of the %(n)s people who voted on it agree."), [fact], share=share, n=n)

    def groups_of(self, id: int) -> dict[str, ReleasedRow]:
        """The rows of opinion groups that are shown, by letter."""
        return {letter: row for letter, row in self.statement(id).by_group.items() if letter not in NO_GROUP}

    def passage(self, id: int, *more: Sentence) -> list[Passage]:
        """The passage on a statement, empty where nothing may be said of it."""
        found = self.support(id)
        return [Passage([*found, *more], self.statement(id).number)] if found else []
