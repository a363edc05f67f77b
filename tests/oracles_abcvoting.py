"""abcvoting without the solvers that it asks for: they do what is compared nowhere, and weigh 800 MB.

Lackner, Regner and Krenn, "abcvoting: A Python package for approval-based multi-winner voting rules" (2023).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

SOLVERS = ("gurobipy", "pulp", "networkx")


@dataclass(frozen=True)
class Abcvoting:
    """Its modules of rules and of axioms."""

    rules: Any
    properties: Any
    preferences: Any

    def profile(self, approvals: Iterable[Iterable[int]], n_candidates: int) -> Any:
        """Approvals in its own form."""
        found = self.preferences.Profile(n_candidates)
        found.add_voters([sorted(approved) for approved in approvals])
        return found


def load() -> Abcvoting | None:
    """abcvoting, or None where it is not installed; whatever solver is installed remains what it is."""
    absent = {name: MagicMock(spec=ModuleType(name), __name__=name) for name in SOLVERS if name not in sys.modules}
    sys.modules.update(absent)
    try:
        from abcvoting import abcrules, preferences, properties
    except ImportError:
        return None
    finally:
        for name in absent:
            del sys.modules[name]
    return Abcvoting(abcrules, properties, preferences)
