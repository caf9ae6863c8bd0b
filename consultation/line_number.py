"""Which of the line's numbers an appointment gets (W7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from consultation.numbers import PhoneNumber
from consultation.window import Window

Booking = tuple[PhoneNumber, Window]


def choose(pool: Sequence[PhoneNumber], window: Window, bookings: Iterable[Booking]) -> PhoneNumber | None:
    """The first number of `pool` on which no window of `bookings` overlaps `window`.

    `bookings` are the other consultations of the same caller. Where every number is taken, the one with the
    fewest overlaps: W6 then decides. None only if the pool is empty.
    """
    taken = [number for number, booked in bookings if booked.overlaps(window)]
    return min(pool, key=taken.count, default=None)
