"""Forms: what a browser sent, read field by field into a Struct; what was typed is kept when something is wrong.

A form is a msgspec Struct whose fields have the names of its inputs. `read` never raises on bad input: it returns a
`Filled` with sentences per field, and the page shows the form again. Three technical fields ride along in every form:
the CSRF token, the idempotency key, and the version of the thing that is edited; a fourth where a code is asked for.
"""

from __future__ import annotations

import hashlib
import types
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict

from app.refusals import N_, Invalid
from deliberation.errors import BadValue
from deliberation.texts import clean_text

MAX_FIELDS = 400
MAX_LENGTH = 20_000
TECHNICAL = ("_csrf_token", "_key", "_version", "_factor")
# Sentences are worth handing back; choices, addresses and secrets are not.
NEVER_SHOWN = frozenset({*TECHNICAL, "password", "current", "code", "email", "emails"})

Shape = TypeVar("Shape", bound=msgspec.Struct)


class NoFields(msgspec.Struct):
    """A form that is nothing but its button."""


NOT_TEXT = N_("This contains characters that cannot be stored. Please type it again without them.")
NOT_A_CHOICE = N_("Please choose one of the answers offered.")
NOT_A_REASON = N_("Please choose one of the reasons.")
NO_REASON = N_("Please give the reason in a sentence.")
NOT_A_LANGUAGE = N_("Please choose one of the six languages.")
MISSING = N_("Please fill this in.")
TOO_LONG = N_("This is too long: at most %(limit)s characters.")
TOO_SHORT = N_("This is too short: at least %(limit)s characters.")
NOT_A_NUMBER = N_("Please give a number.")
OUT_OF_RANGE = N_("Please give a number from %(low)s to %(high)s.")
NOT_USABLE = N_("This cannot be used here.")


@dataclass
class Filled(Generic[Shape]):
    """A form as it was sent. `data` is there when every field could be read; `errors` are refusals by field."""

    typed: dict[str, Any]
    errors: dict[str, Invalid] = field(default_factory=dict)
    parsed: Shape | None = None
    key: str = ""
    version: int | None = None

    @property
    def is_valid(self) -> bool:
        return self.parsed is not None and not self.errors

    @property
    def data(self) -> Shape:
        """What was sent, in its types. Only there when the form is valid."""
        if self.parsed is None:
            raise Invalid(N_("Some of what you entered cannot be used."))
        return self.parsed

    @property
    def content_hash(self) -> str:
        """Digest of what was typed, by which a repeated request is told from a reused key."""
        text = repr(sorted((name, value) for name, value in self.typed.items()))
        return hashlib.sha256(text.encode()).hexdigest()

    def refuse(self, name: str, message: str, **parameters: Any) -> None:
        """Adds a sentence to a field; the form is no longer valid."""
        self.errors[name] = Invalid(message, field=name, **parameters)

    def refusals(self, *, at: str = "") -> Refused:
        """Within it, what is Invalid ends as the sentence of its field, or of the field `at` where it names none."""
        return Refused(self.errors, at)

    def get(self, name: str, default: Any = "") -> Any:
        """What was typed into a field, for showing it again."""
        return self.typed.get(name, default)


@dataclass(frozen=True)
class Refused:
    """What `Filled.refusals` is entered as. A class, for the type checker to see that the code below is reached."""

    errors: dict[str, Invalid]
    at: str

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, refusal: BaseException | None, _: object) -> bool:
        if not isinstance(refusal, Invalid):
            return False
        self.errors[refusal.field or self.at] = refusal
        return True


def blank(**typed: Any) -> Filled[Any]:
    """A form nobody has filled in yet, with these values in place."""
    return Filled(typed=dict(typed))


async def remember(request: Request[Any, Any, Any]) -> None:
    """What was typed is at hand for the error page, whatever refuses the request, so that nobody types it twice."""
    sent = await request.form()
    request.scope["state"]["sent"] = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
    request.scope["state"]["typed"] = {
        name: value[:MAX_LENGTH]
        for name, value in sent.items()
        if isinstance(value, str) and name not in NEVER_SHOWN and " " in value.strip()
    }


async def read(request: Request[Any, Any, Any], shape: type[Shape]) -> Filled[Shape]:
    """What the browser sent, as `shape`. Unknown and repeated fields, odd characters and wrong types become errors."""
    sent = await request.form()
    return fill(sent, shape)


def fill(sent: FormMultiDict, shape: type[Shape]) -> Filled[Shape]:
    """The same for fields already read."""
    asked = _asked(shape)
    filled: Filled[Shape] = Filled(typed={}, key=_single(sent, "_key")[:64], version=_version(sent))
    values: dict[str, Any] = {}
    if len(sent) > MAX_FIELDS:
        raise Invalid(N_("The form has too many fields."))
    for name in sent:
        if name not in asked and name not in TECHNICAL:
            raise Invalid(N_("The form has a field that does not belong to it."))
    for name, (attribute, hint, many, optional) in asked.items():
        given = [value if isinstance(value, str) else "" for value in sent.getall(name, [])]
        filled.typed[name] = given if many else (given[0] if given else "")
        try:
            if len(given) > 1 and not many:
                raise Invalid(NOT_USABLE)
            cleaned = [value for value in map(_clean, given) if value]
            if many:
                values[attribute] = msgspec.convert(cleaned, hint, strict=False)
            elif cleaned:
                values[attribute] = _convert(cleaned[0], hint)
            elif not optional:
                raise Invalid(MISSING)
        except msgspec.ValidationError as error:
            filled.errors[name] = _worded(str(error), name)
        except Invalid as error:
            filled.errors[name] = Invalid(error.message, field=name, **error.parameters)
    if not filled.errors:
        filled.parsed = shape(**values)
    return filled


@cache
def _asked(shape: type[msgspec.Struct]) -> dict[str, tuple[str, Any, bool, bool]]:
    """Per field of a form its attribute and type, whether it takes many values, and whether it may be left out."""
    hints = get_type_hints(shape, include_extras=True)
    return {
        item.encode_name: (item.name, hints[item.name], _is_list(hints[item.name]), not item.required)
        for item in msgspec.structs.fields(shape)
    }


def _convert(value: str, hint: Any) -> Any:
    if _plain(hint) is bool:
        return value.lower() in {"1", "on", "true", "yes"}
    return msgspec.convert(value, hint, strict=False)


def _plain(hint: Any) -> Any:
    while get_origin(hint) is not None and hasattr(hint, "__metadata__"):
        hint = get_args(hint)[0]
    return hint


def _is_list(hint: Any) -> bool:
    hint = _plain(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return any(_is_list(part) for part in get_args(hint))
    return get_origin(hint) in (list, tuple)


def _clean(value: str) -> str:
    if len(value) > MAX_LENGTH:
        raise Invalid(TOO_LONG, limit=MAX_LENGTH)
    try:
        return clean_text(value).strip()
    except BadValue:
        raise Invalid(NOT_TEXT) from None


def _worded(problem: str, name: str) -> Invalid:
    """msgspec's English problem as one of our sentences."""
    numbers = [word for word in problem.replace("`", " ").split() if word.lstrip("-").isdigit()]
    limit = numbers[-1] if numbers else ""
    if "length <=" in problem:
        return Invalid(TOO_LONG, field=name, limit=limit)
    if "length >=" in problem:
        return Invalid(TOO_SHORT if limit not in {"", "1"} else MISSING, field=name, limit=limit)
    if "enum" in problem:
        return Invalid(NOT_A_CHOICE, field=name)
    if "int" in problem or "float" in problem:
        return Invalid(NOT_A_NUMBER, field=name)
    return Invalid(NOT_USABLE, field=name)


def _single(sent: FormMultiDict, name: str) -> str:
    value = sent.get(name, "")
    return value if isinstance(value, str) else ""


def _version(sent: FormMultiDict) -> int | None:
    text = _single(sent, "_version")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
