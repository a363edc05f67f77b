"""Reports that a pulse also answers: which of its fields stands for which field of theirs.

`FIELDS` is the whole mapping: the pulse page, the exports and their tests read it. A report that is not listed is not
promised.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

PULSE_FIELDS = ("deliverables", "value", "story", "obstacle", "ask", "minutes", "marks")
"""The seven fields of a pulse, in the order of its page."""

TAXONOMY = Taxonomy(
    name="reports",
    version="2026",
    source="Progress report of the Partnerships for SDGs platform (achievements, challenges, next steps, support "
    "needed); annual update of SDG Actions; Handbook for the preparation of Voluntary National Reviews, 2024 edition",
    valid_from=date(2026, 1, 1),
    entries=(
        Entry("progress", N_("Progress report of the Partnerships for SDGs platform")),
        Entry("sdg_actions", N_("Annual update of SDG Actions")),
        Entry("vnr", N_("Input to a Voluntary National Review")),
    ),
)

FIELDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "progress": (
        ("deliverables", N_("Status of deliverables")),
        ("story", N_("Achievements")),
        ("obstacle", N_("Challenges")),
        ("ask", N_("Support needed")),
    ),
    "sdg_actions": (
        ("deliverables", N_("Deliverables and their timeline")),
        ("value", N_("Progress against the indicator")),
        ("story", N_("Achievements in the year")),
        ("obstacle", N_("Challenges faced")),
    ),
    "vnr": (
        ("value", N_("Means of implementation: data on partnerships")),
        ("story", N_("Good practices and lessons learned")),
        ("obstacle", N_("Challenges and gaps")),
        ("ask", N_("Needs for support")),
    ),
}
"""For each report, fields of a pulse and the name that the report has for them."""

label, codes, options = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options
