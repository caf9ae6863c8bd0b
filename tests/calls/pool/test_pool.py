"""A6, W7: back-to-back appointments on two line numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from consultation.numbers import PhoneNumber
from ops.line import Line
from schema.engine import Store
from schema.models import Consultation, LineNumber
from tests.calls.scene import LINE_NUMBER, Scene, new_number


@pytest.fixture
def second_number(line: Line, scene: Scene) -> Iterator[str]:
    """A second number in the pool, for this test only: every other test relies on there being one."""
    number = new_number()
    scene.platform.put(f"/v1/line-numbers/{number}")
    yield number
    store = Store(line.database_url, pool=1)
    with store.transaction() as session:
        mine = LineNumber.number == PhoneNumber(number)
        session.execute(
            update(Consultation).where(Consultation.line_number_id == LineNumber.id, mine).values(line_number_id=None)
        )
        session.execute(delete(LineNumber).where(mine))
    store.close()


def test_w7_overlapping_windows_get_different_numbers_and_each_number_its_own_client(
    scene: Scene, second_number: str
) -> None:
    first = scene.book(starts_in=timedelta(minutes=-30), lasts=timedelta(minutes=30, seconds=30))
    second = scene.book_again(first, starts_in=timedelta(seconds=30))
    numbers = [scene.appointment(booking)["contact"]["number"] for booking in (first, second)]
    assert sorted(numbers) == sorted([LINE_NUMBER, second_number])
    assert scene.reached(first, second, line_number=numbers[0]) == first
    assert scene.reached(second, first, line_number=numbers[1]) == second


def test_a6_an_open_window_on_another_line_number_is_named_as_the_reason(scene: Scene, second_number: str) -> None:
    booking = scene.book()
    (other,) = {LINE_NUMBER, second_number} - {scene.appointment(booking)["contact"]["number"]}
    assert scene.dial(booking.caller_number, other).final_status() == 480
    assert scene.refusal()["reason"] == "wrong_line_number"
