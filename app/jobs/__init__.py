"""What a worker does, one kind of job a file. Each registers on `app.queue.jobs` when it is imported."""

from __future__ import annotations

import pkgutil
from importlib import import_module


def import_all() -> None:
    """Every job of this folder is registered."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
