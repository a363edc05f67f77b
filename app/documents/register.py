"""Commitments in the fields of the United Nations' partnership registration and of its progress reports, CSV and JSON.

Nothing stands here that its partners have not opened: no names of partners, no pulse that is not open. What a register
asks for and nobody has opened stays empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from app.analysis.partnering import Undertaken
from app.documents.ledger import cell
from app.documents.model import people
from app.tables.pulses import Pulse
from app.taxonomies import commitments, obstacles, regions, structures
from deliberation.pulses import Colour, PulseSettings

STATUSES = {Colour.PAUSED: "paused", Colour.COMPLETED: "completed", Colour.WITHDRAWN: "inactive"}
COLUMNS = (
    "id",
    "title",
    "description",
    "goals",
    "targets",
    "deliverables",
    "lead_entity",
    "n_partners",
    "place",
    "region",
    "beneficiaries",
    "start",
    "end",
    "resources",
    "implementation",
    "coordination",
    "monitoring",
    "transformation_role",
    "web",
    "status",
    "status_label",
    "report_date",
    "indicator",
    "target_value",
    "indicator_value",
    "achievements",
    "challenges",
    "next_steps",
    "support_needed",
)
"""One row of the CSV for each commitment, with its latest opened report."""


def record(one: Undertaken, base: str) -> dict[str, Any]:
    """A commitment as a registration with its progress reports; `base` is the address of its coalition."""
    commitment, now = one.situation.commitment, one.situation
    status = report_status(one)
    return {
        "id": f"{one.coalition.number}.{commitment.number}",
        "title": commitment.title,
        "description": commitment.what,
        "coalition": one.coalition.title,
        "objective": one.coalition.purpose,
        "goals": sorted({int(target.split(".")[0]) for target in commitment.targets}),
        "targets": list(commitment.targets),
        "deliverables": [
            {"what": line.words, "by": line.due.due_on.isoformat(), "done": line.due.done_on is not None}
            for line in now.deliverables
        ],
        "lead_entity": one.offices[0] if one.offices else "",
        "n_partners": people(one.n_partners),
        "place": commitment.place,
        "region": regions.label(commitment.region) if commitment.region else "",
        "beneficiaries": commitment.beneficiaries,
        "start": commitment.starts_on.isoformat() if commitment.starts_on else "",
        "end": commitment.due_on.isoformat() if commitment.due_on else "",
        "resources": [_resource(row) for row in one.resources],
        "implementation": commitment.achievable,
        "coordination": structures.label(one.coalition.structure) if one.coalition.structure else "",
        "monitoring": commitment.monitoring,
        "transformation_role": commitment.role,
        "indicator": commitment.indicator,
        "baseline": commitment.baseline,
        "target_value": commitment.target,
        "web": f"{base}/coalitions/{one.coalition.number}/commitments/{commitment.number}",
        "status": status,
        "status_label": commitments.label(status),
        "reports": [_report(pulse, one) for pulse in one.reports],
    }


def report_status(one: Undertaken, settings: PulseSettings | None = None) -> str:
    """The register's own status: by the date of the last report alone, with two states that it lacks."""
    settings = settings or PulseSettings()
    light = one.situation.light
    if light.colour in STATUSES:
        return STATUSES[light.colour]
    if light.n_days > settings.n_days_red:
        return "overdue"
    return "late" if light.n_days > settings.n_days_yellow else "on_track"


def _resource(row: Any) -> dict[str, Any]:
    amount = "" if row["amount"] is None else f"{row['amount']:f}"
    return {"kind": row["kind"], "amount": amount, "unit": row["unit"], "what": row["words"]}


def _report(pulse: Pulse, one: Undertaken) -> dict[str, Any]:
    challenge = obstacles.label(pulse.obstacle) if pulse.obstacle else ""
    assert pulse.sent_at is not None
    return {
        "date": pulse.sent_at.date().isoformat(),
        "achievements": pulse.story,
        "challenges": ": ".join(part for part in (challenge, pulse.obstacle_words) if part),
        "next_steps": [f"{words} ({standing})" for words, standing in one.lines[pulse.id] if standing != "done"],
        "support_needed": pulse.ask,
        "indicator_value": "" if pulse.value is None else f"{pulse.value:f}",
    }


def as_json(every: Sequence[Undertaken], *, title: str, base: str) -> dict[str, Any]:
    """All commitments of a consultation, as plain values."""
    return {
        "format": "plenary-register",
        "version": 1,
        "consultation": title,
        "commitments": [record(one, base) for one in every],
    }


def as_csv(every: Sequence[Undertaken], *, base: str) -> str:
    """One row for each commitment; a cell cannot become a formula of a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in every:
        found = record(one, base)
        last = found["reports"][0] if found["reports"] else {}
        row = found | {name: value for name, value in last.items() if name != "date"}
        row |= {"report_date": last.get("date", "")}
        writer.writerow([cell(_flat(row.get(name, ""))) for name in COLUMNS])
    return text.getvalue()


def _flat(value: Any) -> str:
    """A value in one cell: parts of a list after a semicolon, of a dictionary after a comma, empty ones left out."""
    if isinstance(value, list):
        return "; ".join(_flat(part) for part in value)
    if isinstance(value, dict):
        if "band" in value:
            return "-".join(str(part) for part in value["band"] if part is not None)
        if "withheld" in value:
            return ""
        return ", ".join(_flat(part) for part in value.values() if part not in ("", None))
    if isinstance(value, bool):
        return "done" if value else "open"
    return str(value)
