"""The ways the application says no. Each carries one sentence, which the rule, the error page and the button share.

Sentences are message ids with named parameters; they are worded in the reader's language when they are shown.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID


def N_(message: str) -> str:
    """Marks a sentence for translation where it is written; it is translated where it is shown."""
    return message


class Refusal(Exception):
    """Something is refused. `message` is a message id, `parameters` fill its named places."""

    status = 400

    def __init__(self, message: str, **parameters: Any) -> None:
        super().__init__(message % parameters if parameters else message)
        self.message = message
        self.parameters = parameters


class NotSignedIn(Refusal):
    """The page is for people who are signed in; the reader is led to sign in and back."""

    status = 401


class SessionLost(NotSignedIn):
    """The session ended before the form arrived; it is kept, and its sender is led to sign in and back to it."""

    def __init__(self, kept: UUID) -> None:
        super().__init__(N_("Please sign in first."))
        self.kept = kept


class Denied(Refusal):
    """You may see this, but you may not do that."""

    status = 403


class FactorOwed(Denied):
    """Who governs something sets up a second factor first; the reader is led there."""


class FactorAsked(Denied):
    """A fresh code of the second factor is asked for; the form comes back with what was typed and a place for it."""

    def __init__(self, message: str = N_("Type a code of your second factor to go on.")) -> None:
        super().__init__(message)


class NotFound(Refusal):
    """There is no such thing, or none that you may know of: the two cannot be told apart."""

    status = 404

    def __init__(self, message: str = N_("There is no such page, or it is not for you."), **parameters: Any) -> None:
        super().__init__(message, **parameters)


class Conflict(Refusal):
    """Somebody else changed it in the meantime, or the same form was sent with other content."""

    status = 409


class Closed(Refusal):
    """It was possible until a moment ago; what was typed is handed back."""

    status = 410


class Invalid(Refusal):
    """The input cannot be used as it is. `field` names the field it concerns, if one."""

    status = 422

    def __init__(self, message: str, *, field: str = "", **parameters: Any) -> None:
        super().__init__(message, **parameters)
        self.field = field


class TooMany(Refusal):
    """Too often in too short a time. `retry_after` is in seconds."""

    status = 429

    def __init__(self, message: str, *, retry_after: int, **parameters: Any) -> None:
        super().__init__(message, **parameters)
        self.retry_after = retry_after


class Busy(Refusal):
    """The server cannot do it right now, but will in some `retry_after` seconds."""

    status = 503
    retry_after = 5


class AlreadyDone(Exception):
    """The same form came twice: nothing is done again, and the answer leads to where the first one led."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome
