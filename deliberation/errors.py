"""One class for each way the core can refuse. Each carries parameters and no prose: the page words them."""

from __future__ import annotations

from typing import Any


class DeliberationError(Exception):
    """The core refuses. `parameters` say why, in plain values that can be shown in any language."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__(", ".join(f"{name}={value!r}" for name, value in sorted(parameters.items())))
        self.parameters = parameters

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process may have refused: an exception is pickled with its message otherwise, and not made anew.
        return _again, (type(self), self.parameters), self.__dict__


def _again(kind: type[DeliberationError], parameters: dict[str, Any]) -> DeliberationError:
    return kind(**parameters)


class TooFewParticipants(DeliberationError):
    """Parameters: needed, found."""


class TooFewStatements(DeliberationError):
    """Parameters: needed, found."""


class NoVotes(DeliberationError):
    """There is nothing to analyse."""


class UnknownChoice(DeliberationError):
    """Parameters: choice, and where it stood (row or file and line) if known."""


class DuplicateVote(DeliberationError):
    """Two votes by one participant on one statement. Parameters: participant, statement."""


class BadShape(DeliberationError):
    """Arrays that belong together differ in length. Parameters: name, expected, found."""


class BadValue(DeliberationError):
    """A value outside its range. Parameters: name, value, allowed."""


class TooLarge(DeliberationError):
    """An input beyond the stated bound. Parameters: name, found, allowed."""


class BadFile(DeliberationError):
    """A file that cannot be read as what it claims to be. Parameters: file, line, problem."""


class AmbiguousSign(DeliberationError):
    """The sign convention of an export cannot be told. Parameters: file, agrees_if_plus, agrees_if_minus, recorded."""


class CrossedAttributes(DeliberationError):
    """A published row may name at most one attribute of people besides its statement. Parameters: key."""


class NotReleased(DeliberationError):
    """A published value was made without the disclosure gate. Parameters: type."""


class Infeasible(DeliberationError):
    """No choice meets every demand. Parameters: demand, and what it is about (attribute, category, needed, found)."""
