"""A provider's appointments as a calendar (RFC 5545), with the number to dial and nothing of the client (P1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

from consultation.numbers import PhoneNumber
from consultation.window import Margins, Window
from schema.queries.calendars import Entry, Owner

MEDIA_TYPE = "text/calendar; charset=utf-8"
_ALARM_BEFORE = timedelta(minutes=1)

_WORDS = {
    "en": {
        "calendar": "Consultations",
        "summary": "Consultation",
        "what": "Dial {number} from a number on your profile. The line is open from {opens} to {closes}.",
        "alarm": "Consultation in one minute: dial {number}",
    },
    "es": {
        "calendar": "Consultas",
        "summary": "Consulta",
        "what": "Marque {number} desde un número de su perfil. La línea está abierta de {opens} a {closes}.",
        "alarm": "Consulta en un minuto: marque {number}",
    },
}


def written(owner: Owner, entries: Iterable[Entry], margins: Margins) -> bytes:
    """The calendar, with times in its owner's zone. The same entries make the same bytes."""
    words = _WORDS.get(owner.language.partition("-")[0], _WORDS["en"])
    calendar = Calendar()
    calendar.add("prodid", "-//consultline//calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", words["calendar"])
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry, ZoneInfo(owner.time_zone), margins, words))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(entry: Entry, zone: ZoneInfo, margins: Margins, words: dict[str, str]) -> Event:
    number = entry.line_number.e164
    event = Event()
    # The same for all occurrences: a reschedule moves the event.
    event.add("uid", f"{entry.appointment_id}@consultline")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", entry.starts_at.astimezone(zone))
    event.add("dtend", entry.ends_at.astimezone(zone))
    event.add("summary", words["summary"])
    event.add("class", "PRIVATE")
    if entry.cancelled:
        event.add("status", "CANCELLED")
        return event
    window = Window(entry.starts_at, entry.ends_at, margins)
    opens, closes = (_clock(at.astimezone(zone)) for at in (window.opens_at, window.closes_at))
    event.add("status", "CONFIRMED")
    event.add("location", number)
    event.add("description", words["what"].format(number=number, opens=opens, closes=closes))
    event.add_component(_alarm(entry.line_number, words))
    return event


def _alarm(number: PhoneNumber, words: dict[str, str]) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -_ALARM_BEFORE)
    alarm.add("description", words["alarm"].format(number=number.e164))
    return alarm


def _clock(at: datetime) -> str:
    # Whoever sets a margin of 90 s is told the seconds; %H:%M is understood in both languages.
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")
