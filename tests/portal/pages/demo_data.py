"""A provider's day, for screenshots and for looking at every page. Nobody in it exists; numbers are of 555-01xx."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.portal.pages.served import Line

LINES = ("+14155550199", "+14155550198")
ZONE = ZoneInfo("America/New_York")


def fill(living: Line) -> None:
    """A day with everything in it: open now, later, past with and without an answer, moved, cancelled, not referred."""
    for number in LINES:
        living.put(f"line-numbers/{number}")
    living.provider(
        "ada", "Dr. Ada Finch", ("Mobile", "+14155550100"), ("Office", "+14155550102"), ("Google Voice", "+14155550103")
    )
    living.provider("ines", "Inés Robledo", ("Móvil", "+14155550104"), language="es")
    living.provider("new", "Sam Newcomer")
    for place, name in enumerate(
        ("Ben Ode", "Carla Montoya-Villanueva", "Dee Okafor", "Eli Brandt", "Fatima Noor", "Grace Lindqvist"), start=20
    ):
        living.client(f"c-{place}", name, f"+141555501{place}")
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    living.appointment("now", "c-20", timedelta(minutes=-12), lasts=timedelta(minutes=30))
    living.appointment("soon", "c-21", timedelta(minutes=42), lasts=timedelta(minutes=30))
    living.appointment("direct", "c-22", hour + timedelta(hours=26), referred=False)
    living.appointment("moved", "c-23", hour + timedelta(hours=30))
    living.appointment("moved", "c-23", hour + timedelta(hours=50))
    living.appointment("later", "c-24", hour + timedelta(hours=75))
    living.appointment("called-off", "c-25", hour + timedelta(hours=54))
    living.post("appointments/called-off/cancel")
    living.appointment("asked", "c-24", hour - timedelta(hours=22))
    living.appointment("answered", "c-23", hour - timedelta(hours=46))
    living.appointment("past", "c-20", hour - timedelta(days=9))
    living.appointment("ines-now", "c-21", timedelta(minutes=-5), provider_id="ines")
