"""The people, numbers and times that the tests of the rules speak of, and the strategies that vary them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

from consultation.admission import Attempt, Candidate, Decision, Profile, decide
from consultation.numbers import Caller, PhoneNumber
from consultation.window import Margins, Window

PROVIDER = PhoneNumber("+14155550100")
CLIENT = PhoneNumber("+14155550142")
LINE = PhoneNumber("+14155550199")
OTHER_LINE = PhoneNumber("+14155550198")

PROFILE = Profile("dr-lee")
MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def clock(text: str) -> datetime:
    """`9:30` or `9:30:15` on an ordinary day, in UTC; so far ahead that by the database's clock nothing is overdue."""
    hour, minute, second = ([int(part) for part in text.split(":")] + [0])[:3]
    return datetime(2126, 5, 4, hour, minute, second, tzinfo=UTC)


def window(starts: str = "9:00", ends: str = "9:30", margins: Margins | None = None) -> Window:
    """A window on that day; by default with a minute before and a minute after."""
    return Window(clock(starts), clock(ends), margins or Margins())


def consultation(
    starts: str = "9:00",
    ends: str = "9:30",
    *,
    line_number: PhoneNumber | None = LINE,
    referred: bool = True,
    withdrawn: bool = False,
) -> Candidate:
    """A consultation of the caller on that day, such that nothing but the clock stands against it."""
    return Candidate(uuid4(), "appointment", window(starts, ends), line_number, CLIENT, referred, withdrawn)


def judged(
    *candidates: Candidate,
    now: datetime,
    caller: Caller = PROVIDER,
    line_number: PhoneNumber | None = LINE,
    profile: Profile | None = PROFILE,
) -> Decision:
    """The decision on a call that arrives now."""
    return decide(Attempt(caller, line_number), profile, candidates, now)


def every_second(first: str, last: str) -> list[datetime]:
    """Each second from the first to the last, both included."""
    seconds = int((clock(last) - clock(first)).total_seconds())
    return [clock(first) + SECOND * second for second in range(seconds + 1)]


zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)

instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds it)

# Near to one another and on whole seconds, so that edges meet.
_seconds = st.one_of(st.sampled_from([-7200, 0, 7200]), st.integers(-120, 120), st.integers(-100_000, 100_000))
_moments = _seconds.map(lambda seconds: clock("9:00") + SECOND * seconds)
moments = st.one_of(_moments, st.builds(lambda moment: moment - MICROSECOND, _moments))

margins = st.builds(Margins, *[st.sampled_from([0, 1, 60, 300]).map(lambda seconds: SECOND * seconds)] * 2)

windows = st.builds(
    lambda starts_at, seconds, margins: Window(starts_at, starts_at + SECOND * seconds, margins),
    _moments,
    st.one_of(st.just(1800), st.integers(1, 120), st.integers(1, 7200)),
    margins,
)

line_numbers = st.sampled_from([LINE, OTHER_LINE, None])

candidates = st.builds(
    Candidate,
    consultation_id=st.uuids(),
    appointment_id=st.just("appointment"),
    window=windows,
    line_number=line_numbers,
    client_number=st.just(CLIENT),
    referred=st.sampled_from([True, True, True, False]),
    withdrawn=st.sampled_from([False, False, False, True]),
)

diaries = st.lists(candidates, max_size=6, unique_by=lambda candidate: candidate.consultation_id)
