"""When the one text about an unanswered consultation goes out (S4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.reminder import AFTER, DEADLINE, Drop, Facts, Reason, Send, Wait, daytime, judge

NEW_YORK = "America/New_York"
ENDS = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # 10:00 in New York
PENDING = Facts(ENDS, NEW_YORK, pending=True, withdrawn=False, has_number=True, opted_out=False)

zones = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def at(text: str, zone: str = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_s4_it_goes_out_24_hours_after_the_end_and_not_before() -> None:
    due = ENDS + AFTER
    assert judge(PENDING, due) == Send()
    assert judge(PENDING, due - timedelta(microseconds=1)) == Wait(due)


@pytest.mark.parametrize(
    ("now", "goes_out"),
    [
        ("2026-03-03T20:59:59", "2026-03-03T20:59:59"),
        ("2026-03-03T21:00:00", "2026-03-04T08:00:00"),
        ("2026-03-04T07:59:59", "2026-03-04T08:00:00"),
        ("2026-03-04T08:00:00", "2026-03-04T08:00:00"),
        # The night in which clocks go forward, and the one in which they go back.
        ("2026-03-07T23:00:00", "2026-03-08T08:00:00"),
        ("2026-10-31T23:00:00", "2026-11-01T08:00:00"),
    ],
)
def test_s4_what_falls_due_at_night_waits_for_8_in_the_providers_zone(now: str, goes_out: str) -> None:
    assert daytime(at(now), NEW_YORK) == at(goes_out)


def test_s4_a_day_that_a_zone_left_out_is_no_obstacle() -> None:
    # Samoa went from the evening of December 29 to the morning of December 31, 2011.
    assert daytime(at("2011-12-29T22:00", "Pacific/Apia"), "Pacific/Apia") == at("2011-12-31T08:00", "Pacific/Apia")


@given(instants, zones)
def test_s4_in_no_zone_is_a_text_ever_sent_at_night_nor_later_than_need_be(instant: datetime, zone: str) -> None:
    goes_out = daytime(instant, zone)
    assert goes_out >= instant
    assert 8 <= goes_out.astimezone(ZoneInfo(zone)).hour < 21
    between = instant
    while between < goes_out:
        assert not 8 <= between.astimezone(ZoneInfo(zone)).hour < 21
        between += timedelta(minutes=15)


@given(instants, zones, st.timedeltas(timedelta(), timedelta(days=4)))
def test_s4_s5_the_first_moment_to_send_is_always_long_before_the_deadline(
    ends_at: datetime, zone: str, after: timedelta
) -> None:
    facts = replace(PENDING, ends_at=ends_at, time_zone=zone)
    verdict = judge(facts, ends_at + after)
    if after >= DEADLINE:
        assert verdict == Drop(Reason.TOO_LATE)
    elif isinstance(verdict, Wait):
        assert ends_at + after < verdict.until
        assert judge(facts, verdict.until) in (Send(), Drop(Reason.TOO_LATE))
    if after <= AFTER:
        assert isinstance(verdict, Wait | Send)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"pending": False}, Reason.STATUS_FINAL),
        ({"withdrawn": True}, Reason.WITHDRAWN),
        ({"withdrawn": True, "pending": False}, Reason.WITHDRAWN),
        ({"has_number": False}, Reason.NO_NUMBER),
        ({"opted_out": True}, Reason.OPTED_OUT),
    ],
)
@pytest.mark.parametrize("hours", [0, 24, 36, 71])
def test_s4_s6_nothing_goes_out_once_there_is_no_reason_to(changed: dict[str, Any], reason: Reason, hours: int) -> None:
    assert judge(replace(PENDING, **changed), ENDS + timedelta(hours=hours)) == Drop(reason)
