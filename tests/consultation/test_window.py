"""The window: half-open (W1), over for good (W4), the same in every time zone (W5)."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consultation.window import PRECEDENCE, Margins, Phase, Window
from tests.consultation.examples import (
    HOUR,
    MICROSECOND,
    MINUTE,
    clock,
    instants,
    margins,
    moments,
    window,
    windows,
    zones,
)


@pytest.mark.parametrize(
    ("now", "phase"),
    [
        (clock("8:59") - MICROSECOND, Phase.NOT_YET),
        (clock("8:59"), Phase.MINUTE_BEFORE),
        (clock("9:00") - MICROSECOND, Phase.MINUTE_BEFORE),
        (clock("9:00"), Phase.SCHEDULED),
        (clock("9:30") - MICROSECOND, Phase.SCHEDULED),
        (clock("9:30"), Phase.MINUTE_AFTER),
        (clock("9:31") - MICROSECOND, Phase.MINUTE_AFTER),
        (clock("9:31"), Phase.OVER),
    ],
)
def test_w1_every_edge_belongs_to_what_begins_there(now: datetime, phase: Phase) -> None:
    assert window("9:00", "9:30").phase(now) is phase


def test_w1_both_margins_are_a_minute_unless_set() -> None:
    assert Margins() == Margins(before=MINUTE, after=MINUTE)


def test_w1_each_margin_is_set_by_itself() -> None:
    lopsided = window("9:00", "9:30", Margins(before=MINUTE * 5, after=MINUTE * 2))
    assert (lopsided.opens_at, lopsided.closes_at) == (clock("8:55"), clock("9:32"))


def test_w1_without_margins_the_line_keeps_to_the_appointment_itself() -> None:
    bare = window("9:00", "9:30", Margins(timedelta(0), timedelta(0)))
    assert [bare.phase(clock("9:00") - MICROSECOND), bare.phase(clock("9:00"))] == [Phase.NOT_YET, Phase.SCHEDULED]
    assert [bare.phase(clock("9:30") - MICROSECOND), bare.phase(clock("9:30"))] == [Phase.SCHEDULED, Phase.OVER]


@given(windows, moments)
def test_w1_the_line_is_open_from_opens_at_until_just_before_closes_at(window: Window, now: datetime) -> None:
    assert (window.phase(now) in PRECEDENCE) == (window.opens_at <= now < window.closes_at)


@given(windows, moments, moments)
def test_w4_what_is_over_stays_over(window: Window, one: datetime, other: datetime) -> None:
    earlier, later = sorted([one, other])
    assert window.phase(earlier) is not Phase.OVER or window.phase(later) is Phase.OVER


# W5. Local times at which Python's own arithmetic and comparison within one zone go wrong, or might.
HARD_DAYS = {
    "clocks go forward": ("America/New_York", datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
    "clocks go back": ("America/New_York", datetime(2026, 11, 1, 6, 0, tzinfo=UTC)),
    "clocks go back at one in the morning": ("Europe/London", datetime(2026, 10, 25, 1, 0, tzinfo=UTC)),
    "half an hour of summer time": ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, 0, tzinfo=UTC)),
    "clocks go forward at midnight": ("America/Santiago", datetime(2026, 9, 6, 4, 0, tzinfo=UTC)),
    "summer time stops for Ramadan": ("Africa/Casablanca", datetime(2026, 2, 15, 2, 0, tzinfo=UTC)),
    "midnight": ("Asia/Kathmandu", datetime(2026, 5, 3, 18, 15, tzinfo=UTC)),
    "the year's end": ("Pacific/Kiritimati", datetime(2026, 12, 31, 10, 0, tzinfo=UTC)),
    "the year's end in UTC": ("UTC", datetime(2027, 1, 1, tzinfo=UTC)),
    "a leap day": ("Pacific/Pago_Pago", datetime(2028, 2, 29, 11, 0, tzinfo=UTC)),
}


@pytest.mark.parametrize(("name", "turn"), HARD_DAYS.values(), ids=HARD_DAYS.keys())
@pytest.mark.parametrize("minutes", range(-90, 91, 15))
def test_w5_a_hard_day_is_a_day_like_any_other(name: str, turn: datetime, minutes: int) -> None:
    zone, starts_at = ZoneInfo(name), turn + MINUTE * minutes
    local = Window(starts_at.astimezone(zone), (starts_at + MINUTE * 30).astimezone(zone), Margins())
    for second, phase in EDGES.items():
        now = starts_at + timedelta(seconds=second)
        assert local.phase(now) is phase
        assert local.phase(now.astimezone(zone)) is phase


# Of half an hour from second 0, with a minute before and after.
EDGES = {
    -61: Phase.NOT_YET,
    -60: Phase.MINUTE_BEFORE,
    -1: Phase.MINUTE_BEFORE,
    0: Phase.SCHEDULED,
    1799: Phase.SCHEDULED,
    1800: Phase.MINUTE_AFTER,
    1859: Phase.MINUTE_AFTER,
    1860: Phase.OVER,
}

around = st.timedeltas(-HOUR * 2, HOUR * 2)
NEW_YORK = ZoneInfo("America/New_York")


@given(instants, around, around, margins, st.tuples(zones, zones, zones))
@example(HARD_DAYS["clocks go forward"][1], HOUR, -MINUTE, Margins(), (NEW_YORK, NEW_YORK, NEW_YORK))
@example(HARD_DAYS["clocks go back"][1] - HOUR, HOUR, HOUR, Margins(), (NEW_YORK, NEW_YORK, NEW_YORK))
def test_w5_no_zone_changes_a_judgement(
    starts_at: datetime,
    length: timedelta,
    later: timedelta,
    margins: Margins,
    zones: tuple[tzinfo, tzinfo, tzinfo],
) -> None:
    ends_at, now = starts_at + max(abs(length), MICROSECOND), starts_at + later
    plain = Window(starts_at, ends_at, margins)
    zoned = Window(starts_at.astimezone(zones[0]), ends_at.astimezone(zones[1]), margins)
    assert zoned.phase(now.astimezone(zones[2])) is plain.phase(now)
    assert (zoned.opens_at - plain.opens_at, zoned.closes_at - plain.closes_at) == (timedelta(0), timedelta(0))
    assert zoned == plain


def test_w5_an_hour_that_happens_twice_is_two_hours() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    again = first.replace(fold=1)
    twice = Window(first, again, Margins())
    assert twice.ends_at - twice.starts_at == HOUR
    assert twice.phase(again.astimezone(UTC) - MICROSECOND) is Phase.SCHEDULED


def test_w5_an_instant_without_a_zone_is_none() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Window(clock("9:00").replace(tzinfo=None), clock("9:30"), Margins())
    with pytest.raises(ValueError, match="time zone"):
        Window(clock("9:00"), clock("9:30").replace(tzinfo=None), Margins())


@pytest.mark.parametrize("ends", ["9:00", "8:59"])
def test_a_window_ends_after_it_starts(ends: str) -> None:
    with pytest.raises(ValueError, match="end after it starts"):
        window("9:00", ends)


def test_w7_windows_that_only_touch_do_not_overlap() -> None:
    assert not window("9:00", "9:28").overlaps(window("9:30", "10:00"))
    assert window("9:00", "9:28").overlaps(Window(clock("9:30") - MICROSECOND, clock("10:00"), Margins()))


@given(windows, windows)
def test_w7_windows_overlap_where_both_are_open_at_some_instant(one: Window, other: Window) -> None:
    both_open = [now for now in (one.opens_at, other.opens_at) if {one.phase(now), other.phase(now)} <= set(PRECEDENCE)]
    assert one.overlaps(other) == other.overlaps(one) == bool(both_open)
