"""Variables of the environment, read with their types; every complaint names its variable and repeats no secret."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

KEY_BYTES = 32


class SettingsError(Exception):
    """The environment asks for something that Plenary refuses; `reasons` are sentences without any secret in them."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class Reader:
    """The variables of one environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def optional(self, name: str) -> str | None:
        return self.environment.get(name, "").strip() or None

    def secret(self, name: str) -> str | None:
        """The value, or what the file holds that `..._FILE` names; raises SettingsError for one that can be guessed."""
        value = self.content(f"{name}_FILE")
        value = self.optional(name) if value is None else value
        if value is not None and (len(value) < KEY_BYTES or not value.isascii() or not value.isprintable()):
            raise SettingsError(f"{name} must have at least {KEY_BYTES} plain characters: `openssl rand -hex 32`.")
        return value

    def content(self, name: str) -> str | None:
        """What the file holds that the variable names; None where it names none."""
        file = self.optional(name)
        return None if file is None else content_of(Path(file), name)

    def text(self, name: str, default: str) -> str:
        return self.optional(name) or default

    def names(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.optional(name)
        return default if value is None else tuple(part.strip() for part in value.split(",") if part.strip())

    def networks(self, name: str) -> tuple[str, ...]:
        values = self.names(name, ())
        try:
            return tuple(str(ipaddress.ip_network(value, strict=False)) for value in values)
        except ValueError as error:
            raise SettingsError(f"{name} must list addresses or networks such as 10.0.0.0/8.") from error

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = (self.optional(name) or "").lower()
        if value not in ("", "0", "1", "true", "false", "yes", "no"):
            raise SettingsError(f"{name} must be 1 or 0.")
        return default if value == "" else value in ("1", "true", "yes")

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.optional(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            raise SettingsError(f"{name} must be a whole number from {least} to {most}.")
        return int(value)


def content_of(file: Path, variable: str) -> str:
    """What the file holds; raises SettingsError with the variable that named it."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable} cannot be read: {type(error).__name__}.") from error


class Keys:
    """Keys from a variable, from the file that `..._FILE` names, or made once in a folder only we may enter."""

    def __init__(self, reader: Reader, folder: Path, *, may_generate: bool) -> None:
        self.reader, self.folder, self.may_generate = reader, folder, may_generate
        self.files: list[Path] = []

    def read(self, name: str) -> bytes:
        variable = f"PLENARY_{name.upper()}"
        value, file = self.reader.optional(variable), self.reader.optional(f"{variable}_FILE")
        if value is not None and file is not None:
            raise SettingsError(f"Set {variable} or {variable}_FILE, not both.")
        if value is None:
            value = self._from_file(variable, Path(file) if file else self._generated(variable, name))
        return _key_from_hex(variable, value)

    def _from_file(self, variable: str, file: Path) -> str:
        value = content_of(file, f"{variable}_FILE")
        self.files.append(file)
        return value

    def _generated(self, variable: str, name: str) -> Path:
        file = self.folder / name
        if file.exists():
            return file
        if not self.may_generate:
            raise SettingsError(
                f"{variable} is missing: set it, or {variable}_FILE, to {KEY_BYTES * 2} hexadecimal digits."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        # A link never replaces an existing key: of two processes starting at once, both read the first one's.
        with tempfile.NamedTemporaryFile("w", dir=self.folder, encoding="ascii") as draft:
            draft.write(secrets.token_hex(KEY_BYTES))
            draft.flush()
            os.fsync(draft.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft.name, file)
        return file


def _key_from_hex(variable: str, value: str) -> bytes:
    try:
        key = bytes.fromhex(value)
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise SettingsError(f"{variable} must be {KEY_BYTES * 2} hexadecimal digits: `openssl rand -hex {KEY_BYTES}`.")
    return key
