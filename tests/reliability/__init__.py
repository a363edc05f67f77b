"""Faults on purpose: processes are killed and databases restarted under load, and nothing acknowledged may be lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

_MODULES = {
    "crash": "faults",
    "database": "faults",
    "worker": "faults",
    "servers": "servers",
    "close": "closing",
    "disk": "storage",
    "cut": "storage",
    "sweep": "sweeping",
    "load": "load",
    "stop": "load",
}


class _Tests(Mapping[str, Any]):
    """Each test by its name; imported when it is asked for, once the environment says where the data are."""

    def __getitem__(self, name: str) -> Any:
        return getattr(import_module(f"tests.reliability.{_MODULES[name]}"), name)

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


TESTS = _Tests()
