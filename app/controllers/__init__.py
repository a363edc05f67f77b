"""Every route of the product, in one list. Each declares the one action it carries out."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from litestar.types import ControllerRouterHandler

MODULES = (
    "health",
    "csp_reports",
    "home",
    "accounts",
    "factors",
    "roles",
    "oidc",
    "sessions",
    "my_data",
    "messages",
    "unsent",
    "consultations",
    "voting",
    "proposals",
    "rapporteur",
    "amendments",
    "carrying",
    "translations",
    "glossary",
    "moderation",
    "clarifications",
    "families",
    "appeals",
    "record",
    "power",
    "exclusions",
    "reveals",
    "convene",
    "archiving",
    "rounds",
    "extensions",
    "exports",
    "results",
    "api",
    "scoring",
    "curation",
    "signing",
    "slates",
    "ledger",
    "respond",
    "coalitions",
    "assemblies",
    "portfolio",
    "charters",
    "commitments",
    "pulses",
    "roster",
    "register",
    "backing",
    "briefs",
    "cards",
    "contacts",
    "sharing",
    "summary",
    "summary_files",
    "pictures",
    "replies",
    "meetings",
    "objections",
    "method",
)
DEMO_MODULES = ("demo",)


def routes(*, is_demo: bool) -> Sequence[ControllerRouterHandler]:
    """All handlers; those of the demo exist in a demo only."""
    found: list[ControllerRouterHandler] = []
    for name in (*MODULES, *(DEMO_MODULES if is_demo else ())):
        found.extend(import_module(f"app.controllers.{name}").HANDLERS)
    return found
