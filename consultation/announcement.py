"""What a refused caller hears, as the names of recordings, one after the other (A13)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from consultation.admission import Profile, Reason, Refuse

LANGUAGES = ("en", "es")

_WORDS = {
    Reason.CALLER_WITHHELD: "withheld",
    Reason.CALLER_UNKNOWN: "not-recognised",
    Reason.CALLER_UNVERIFIED: "unverified",
    Reason.WRONG_LINE_NUMBER: "wrong-line-number",
    Reason.TOO_EARLY: "opens",
    Reason.TOO_LATE: "has-closed",
    Reason.NO_CONSULTATION: "none-near",
    Reason.LINE_UNAVAILABLE: "unavailable",
    Reason.PIN_LOCKED: "pin-locked",
    Reason.PIN_MISSING: "pin-missing",
    Reason.PIN_WRONG: "pin-wrong",
    Reason.TOO_MANY_CALLS: "too-many-calls",
    Reason.DESTINATION_DENIED: "not-callable",
}


def spoken_language(profile: Profile | None, default: str) -> str:
    """The language to speak: the provider's where there are recordings in it, else the default."""
    wanted = profile.language.partition("-")[0].lower() if profile else default
    return wanted if wanted in LANGUAGES else default


def announcement(refusal: Refuse, profile: Profile | None, now: datetime, language: str) -> list[str]:
    """The recordings for a refusal, in order.

    Whoever is on a profile hears first that the number is recognised. Times are spoken in the provider's zone.
    Nothing here depends on a consultation unless the caller is on a profile.
    """
    words = [_WORDS[refusal.reason]]
    if profile is None or refusal.reason is Reason.CALLER_UNVERIFIED:
        # Whoever borrows a provider's number does not learn that it is one.
        return words
    if refusal.opens_at is not None:
        zone = ZoneInfo(profile.time_zone)
        words += _time(refusal.opens_at.astimezone(zone), now.astimezone(zone), language)
    return ["recognised", *words]


def _time(instant: datetime, now: datetime, language: str) -> list[str]:
    """Day and time of an instant at most a day and a bit ahead, both in the zone in which to speak."""
    day = "today" if instant.date() == now.date() else "tomorrow"
    hour = instant.hour % 12 or 12
    speak = {"en": _english, "es": _spanish}[language]
    return [day, *speak(hour, instant)]


def _english(hour: int, instant: datetime) -> list[str]:
    """Nine A M; nine oh five A M; nine thirty A M."""
    minute = (
        [] if instant.minute == 0 else ["oh", str(instant.minute)] if instant.minute < 10 else [str(instant.minute)]
    )
    return ["at", str(hour), *minute, "am" if instant.hour < 12 else "pm"]


def _spanish(hour: int, instant: datetime) -> list[str]:
    """A las nueve en punto de la mañana; a la una y cinco de la tarde."""
    minute = ["o-clock"] if instant.minute == 0 else ["oh", str(instant.minute)]
    part = "am" if 1 <= instant.hour < 12 else "pm" if 12 <= instant.hour < 20 else "night"
    return ["at-one" if hour == 1 else "at", str(hour), *minute, part]
