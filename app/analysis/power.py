"""One look at the power balance: what is out of its bounds, and what is kept for the page. Writes nothing.

What it returns as `figures` are exact counts that only the disclosure gate turns into what is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.analysis import parity
from app.analysis.coalition_power import coalition_imbalances
from app.analysis.power_figures import figures_of
from app.analysis.power_rows import KEY, Read, read_rows, stored_figures
from app.database import fetchval
from app.tables.consultations import Consultation
from deliberation.bursts import Burst
from deliberation.disclosure import Attribution
from deliberation.power import Imbalance, Level, imbalances, lingering

__all__ = ["KEY", "Checked", "Found", "check", "stored_figures"]


@dataclass(frozen=True)
class Found:
    """An imbalance under the key by which its alert is known; `lingers` where only the relaxed bounds hold it."""

    kind: str
    subject: str
    imbalance: Imbalance
    lingers: bool


@dataclass(frozen=True)
class Checked:
    """One look at the balance: what the page may be released from, and what is out of its bounds."""

    figures: dict[str, Any]
    found: tuple[Found, ...]
    n_voters: int


Run = Callable[..., Awaitable[Any]]
"""Who does the work of a look: `asyncio.to_thread`, or another process, called with a function and what it is given."""


async def check(consultation: Consultation, *, run: Run = asyncio.to_thread) -> Checked:
    """The balance as it is now, beside what was published of it before."""
    # Only workers look: what measures the agenda brings scipy.stats, which web processes do without.
    from app.analysis.power_agenda import read_agenda

    read = await read_rows(consultation.id)
    previous = await stored_figures(consultation.id)
    now = await fetchval("select clock_timestamp()")
    source = previous.get("agenda", {}).get("source", "")
    agenda = await read_agenda(consultation, now, source, read.rushed)
    mode = Attribution(consultation.attribution)
    figures, found = await run(_worked_out, read, agenda, mode, previous, seed=consultation.seed)
    figures[parity.KEY], counted = await parity.look(consultation.id, mode, previous.get(parity.KEY, {}))
    uneven = await asyncio.to_thread(parity.gaps, counted)
    found += tuple(Found(one.kind, one.subject, one, lingers=lingers) for one, lingers in uneven)
    inside = await coalition_imbalances(consultation.id)
    found += tuple(Found(one.kind, one.subject, one, lingers=lingers) for one, lingers in inside)
    return Checked(figures, found, sum(n > 0 for n in read.participation.n_votes))


def _worked_out(
    read: Read, agenda: Any, mode: Attribution, previous: dict[str, Any], *, seed: int
) -> tuple[dict[str, Any], tuple[Found, ...]]:
    """Figures and imbalances. The agenda's are those of before where no vote, slate or amendment was analysed since."""
    from app.analysis.power_agenda import agenda_figures

    figures = figures_of(read, mode, previous, seed=seed)
    figures["agenda"] = (
        previous.get("agenda", {})
        if agenda is None
        else agenda_figures(agenda, read.participation.n_participants, seed=seed)
    )
    return figures, (*_found(read, seed=seed), *_agenda_found(figures["agenda"]))


def _agenda_found(figures: dict[str, Any]) -> tuple[Found, ...]:
    from app.analysis.power_agenda import agenda_imbalances

    return tuple(Found(one.kind, one.subject, one, lingers=lingers) for one, lingers in agenda_imbalances(figures))


def _found(read: Read, *, seed: int) -> tuple[Found, ...]:
    """What asks for a decision, and what is still too near its bound for its alert to be cleared."""
    measured = read.curated if read.curated_size else read.participation
    strict = {_key(one, read): one for one in imbalances(measured, seed=seed) if _asks(one)}
    # Votes and proposals follow the people: where a category has too many of these, one decision is about all three.
    strict = {key: one for key, one in strict.items() if not _follows(key, strict)}
    loose = {_key(one, read): one for one in lingering(measured, seed=seed)}
    strict |= {_when(day, burst): _burst(day, burst) for day, burst in read.bursts}
    loose |= {_when(day, burst): _burst(day, burst) for day, burst in read.lingering}
    found = [Found(kind, subject, one, lingers=False) for (kind, subject), one in strict.items()]
    found += [Found(*key, one, lingers=True) for key, one in loose.items() if key not in strict]
    return tuple(found)


def _when(day: date, burst: Burst) -> tuple[str, str]:
    return "burst", f"{day.isoformat()}:{burst.start}"


def _burst(day: date, burst: Burst) -> Imbalance:
    parameters = {"n": burst.n_votes, "n_people": burst.n_people, "minutes": 10, "p_value": burst.p_value}
    return Imbalance("burst", day.isoformat(), burst.n_votes, burst.expected, Level.FLAG, parameters)


def _asks(one: Imbalance) -> bool:
    """What is beyond its minimum effect, as a flag or as a note. Of shares against their targets the table says more
    than notes would, so that only flags of them ask."""
    return one.level is Level.FLAG or one.kind not in ("over_represented", "under_represented")


def _follows(key: tuple[str, str], found: Collection[tuple[str, str]]) -> bool:
    kind, subject = key
    category, _, column = subject.rpartition(":")
    return column in ("votes", "proposals") and (kind, f"{category}:participants") in found


def _key(one: Imbalance, read: Read) -> tuple[str, str]:
    """Kind and subject of the alert: a subject stays the same from one check to the next."""
    if one.kind == "one_author":
        return one.kind, str(read.ids[int(one.subject)])
    if "attribute" in one.parameters:
        parts = (one.parameters["attribute"], one.subject, one.parameters.get("column", ""))
        return one.kind, ":".join(parts).rstrip(":")
    return one.kind, one.subject
