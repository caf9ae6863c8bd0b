"""The line number an appointment gets (W7)."""

from hypothesis import given
from hypothesis import strategies as st

from consultation.line_number import Booking, choose
from consultation.numbers import PhoneNumber
from consultation.window import Window
from tests.consultation.examples import LINE, OTHER_LINE, window, windows

THIRD_LINE = PhoneNumber("+14155550197")
POOL = [LINE, OTHER_LINE, THIRD_LINE]

bookings = st.lists(st.tuples(st.sampled_from(POOL), windows), max_size=8)


def test_w7_a_caller_with_nothing_booked_gets_the_first_number() -> None:
    assert choose(POOL, window("9:00", "9:30"), []) == LINE


def test_w7_back_to_back_appointments_get_two_numbers() -> None:
    assert choose(POOL, window("9:30", "10:00"), [(LINE, window("9:00", "9:30"))]) == OTHER_LINE


def test_w7_windows_that_only_touch_share_a_number() -> None:
    assert choose(POOL, window("9:30", "10:00"), [(LINE, window("9:00", "9:28"))]) == LINE


def test_w7_the_only_free_number_is_found_wherever_it_stands() -> None:
    taken = [(LINE, window("9:00", "9:30")), (OTHER_LINE, window("9:15", "9:45"))]
    assert choose(POOL, window("9:30", "10:00"), taken) == THIRD_LINE


def test_w7_a_pool_too_small_gives_the_number_with_the_fewest_overlaps() -> None:
    taken = [(LINE, window("9:00")), (LINE, window("9:10")), (OTHER_LINE, window("9:20"))]
    assert choose([LINE, OTHER_LINE], window("9:00", "9:30"), taken) == OTHER_LINE


def test_w7_an_empty_pool_has_none_to_give() -> None:
    assert choose([], window("9:00", "9:30"), []) is None


@given(st.lists(st.sampled_from(POOL), unique=True, min_size=1), windows, bookings)
def test_w7_a_number_without_overlap_is_given_where_there_is_one(
    pool: list[PhoneNumber], window: Window, bookings: list[Booking]
) -> None:
    overlapping = {number for number, booked in bookings if booked.overlaps(window)}
    chosen = choose(pool, window, bookings)
    assert chosen in pool
    assert chosen not in overlapping or overlapping >= set(pool)


@given(st.lists(st.sampled_from(POOL), unique=True, min_size=1), windows, bookings)
def test_w7_an_appointment_is_never_refused_for_want_of_a_number(
    pool: list[PhoneNumber], window: Window, bookings: list[Booking]
) -> None:
    assert choose(pool, window, bookings) is not None
