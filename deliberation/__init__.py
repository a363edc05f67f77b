"""What the numbers mean: votes in, opinion space, groups, common ground, slates and certificates out. Pure functions.

    from deliberation import VoteMatrix, map_landscape

Names below are loaded when they are first asked for, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deliberation.common_ground import find_common_ground, find_divides
    from deliberation.groups import GroupsStatus, OpinionGroups, find_groups
    from deliberation.landscape import Landscape, LandscapeSettings, map_landscape
    from deliberation.representativeness import representative_statements
    from deliberation.space import OpinionSpace, complete_votes, fit_space
    from deliberation.votes import Choice, VoteMatrix
    from deliberation.weights import rake

__all__ = [
    "Choice",
    "GroupsStatus",
    "Landscape",
    "LandscapeSettings",
    "OpinionGroups",
    "OpinionSpace",
    "VoteMatrix",
    "complete_votes",
    "find_common_ground",
    "find_divides",
    "find_groups",
    "fit_space",
    "map_landscape",
    "rake",
    "representative_statements",
]

_HOME = {
    "Choice": "votes",
    "VoteMatrix": "votes",
    "OpinionSpace": "space",
    "complete_votes": "space",
    "fit_space": "space",
    "GroupsStatus": "groups",
    "OpinionGroups": "groups",
    "find_groups": "groups",
    "representative_statements": "representativeness",
    "find_common_ground": "common_ground",
    "find_divides": "common_ground",
    "Landscape": "landscape",
    "LandscapeSettings": "landscape",
    "map_landscape": "landscape",
    "rake": "weights",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
