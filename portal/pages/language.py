"""In which language a provider reads, and how times and numbers are written in it (W5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_name
from babel.units import format_unit

from consultation.numbers import PhoneNumber
from portal.pages.texts import en, es

# Each unit with its seconds, and below how many seconds a length is told in it.
_UNITS = (("second", 1, 60), ("minute", 60, 7200), ("hour", 3600, 172_800), ("day", 86_400, float("inf")))

TEXTS = {"en": en.TEXTS, "es": es.TEXTS}


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language, with times in one zone. `region` (ISO 3166): whose numbers are written nationally."""

    language: str
    locale: Locale
    zone: ZoneInfo
    region: str

    def text(self, key: str, **values: object) -> str:
        """The text of that key, with the values filled in. Raises KeyError for one that there is not."""
        return TEXTS[self.language][key].format(**values)

    def zone_name(self) -> str:
        """`Eastern Time (New York)`: what people call the zone, and a place in it."""
        if "/" not in self.zone.key or self.zone.key.startswith("Etc/"):  # UTC and the like have no place
            return self.zone.key.removeprefix("Etc/")
        name = get_timezone_name(self.zone, width="long", locale=self.locale, zone_variant="generic")
        place = self.zone.key.rpartition("/")[2].replace("_", " ")
        return name if place in name else f"{name} ({place})"

    def time(self, instant: datetime) -> str:
        """`12:30 PM`, in the zone."""
        return format_time(instant, "short", tzinfo=self.zone, locale=self.locale)

    def day(self, instant: datetime, now: datetime) -> str:
        """`Today`, `Tomorrow`, or `Monday, March 2`, with its year if that is not this one. Begins a line."""
        day = self._day(instant, now)
        return day[:1].upper() + day[1:]

    def _day(self, instant: datetime, now: datetime) -> str:
        local, today = instant.astimezone(self.zone), now.astimezone(self.zone)
        near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((local.date() - today.date()).days)
        if near is not None:
            return self.text(near)
        return self.date(instant) if local.year == today.year else format_date(local, "full", locale=self.locale)

    def date(self, instant: datetime) -> str:
        """`Monday, March 2`."""
        return format_date(instant.astimezone(self.zone), self.text("day_pattern"), locale=self.locale)

    def when(self, instant: datetime, now: datetime) -> str:
        """Day and time, inside a sentence: `tomorrow, 12:30 PM`."""
        return f"{self._day(instant, now)}, {self.time(instant)}"

    def span(self, start: datetime, end: datetime) -> str:
        """`12:00 PM – 12:30 PM`."""
        return f"{self.time(start)} – {self.time(end)}"

    def duration(self, length: timedelta) -> str:
        """`12 minutes`, rounded down to the whole minute, so that nobody is told they have more time than they do."""
        seconds = max(0, int(length.total_seconds()))
        unit, size = next((unit, size) for unit, size, below in _UNITS if seconds < below)
        return format_unit(seconds // size, f"duration-{unit}", "long", locale=self.locale)

    def number(self, number: PhoneNumber) -> str:
        """The whole number as people here write it. For the person who may see it, never for a log (P1)."""
        parsed = phonenumbers.parse(number.e164)
        national = phonenumbers.region_code_for_number(parsed) == self.region
        style = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(parsed, style)


def words(tag: str, default: str, time_zone: str, region: str) -> Words:
    """The texts for a language tag such as `es-MX`: the `default` language where there are none in it."""
    language = tag.partition("-")[0].lower()
    if language not in TEXTS:
        return words(default, default, time_zone, region)
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse(language)
    return Words(language, locale, ZoneInfo(time_zone), region)


def preferred(accept_language: str, default: str) -> str:
    """The first language of an Accept-Language header that there are texts in, by its order; else the default."""
    for part in accept_language.split(","):
        language = part.partition(";")[0].strip().partition("-")[0].lower()
        if language in TEXTS:
            return language
    return default
