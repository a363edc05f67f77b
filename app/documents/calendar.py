"""The rounds of a consultation as a calendar: when each opens and closes, with a reminder a day before it closes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from app.language import gettext
from app.refusals import N_
from app.rendering import absolute
from app.tables.consultations import Consultation
from app.tables.rounds import Round
from deliberation.phases import Phase

OPENS = {
    Phase.PROPOSE: N_("Proposals and votes open: %(title)s"),
    Phase.CURATE: N_("Curation opens: %(title)s"),
    Phase.RESPOND: N_("Responses open: %(title)s"),
    Phase.COMMIT: N_("Coalitions open: %(title)s"),
}
CLOSES = {
    Phase.PROPOSE: N_("Proposals and votes close: %(title)s"),
    Phase.CURATE: N_("Curation closes: %(title)s"),
    Phase.RESPOND: N_("Responses close: %(title)s"),
    Phase.COMMIT: N_("Coalitions close: %(title)s"),
}
ALARM = timedelta(hours=24)


def calendar_of(consultation: Consultation, rounds: Iterable[Round], *, made_at: datetime) -> str:
    """An iCalendar file (RFC 5545) in the reader's language; each event keeps its identity when a round is moved."""
    calendar = Calendar()
    calendar.add("prodid", "-//Plenary//Rounds//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", consultation.title)
    for item in rounds:
        for name, names, moment in (("opens", OPENS, item.opens_at), ("closes", CLOSES, item.closes_at)):
            words = gettext(names[Phase(item.phase)]) % {"title": consultation.title}
            calendar.add_component(_event(consultation, f"{item.id}-{name}", words, moment, made_at, name == "closes"))
    return str(calendar.to_ical(), "utf-8")


def _event(
    consultation: Consultation, identity: str, words: str, moment: datetime, made_at: datetime, has_alarm: bool
) -> Event:
    event = Event()
    event.add("uid", f"{identity}@plenary")
    event.add("dtstamp", made_at.astimezone(UTC))
    event.add("dtstart", moment.astimezone(UTC))
    event.add("duration", timedelta(0))
    event.add("summary", words)
    event.add("url", absolute(f"/c/{consultation.slug}"))
    event.add("transp", "TRANSPARENT")
    if has_alarm:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", words)
        alarm.add("trigger", -ALARM)
        event.add_component(alarm)
    return event
