"""A seed is enough to see a schedule again."""

from __future__ import annotations

from collections import Counter

from tests.faults.schedule import Behaviour, Kind, Moment, Order, generate


def test_the_same_order_makes_the_same_schedule() -> None:
    assert [generate(Order(seed)) for seed in range(50)] == [generate(Order(seed)) for seed in range(50)]
    assert len({generate(Order(seed)) for seed in range(50)}) == 50


def test_an_order_survives_the_way_to_a_worker() -> None:
    order = Order(7, (Kind.DISK_FULL, Kind.AMI_CUT), every=True, short=True)
    assert Order.read(order.line()) == order


def test_a_failing_schedule_names_the_command_that_plays_it_again() -> None:
    assert Order(7).again() == "make faults SCHEDULES=1 SEED=7"
    order = Order(7, (Kind.DISK_FULL,), every=True, short=True)
    assert order.again() == 'make faults SCHEDULES=1 SEED=7 ARGS="--kind disk_full --every --short"'


def test_schedules_in_a_row_show_every_kind_at_every_moment_and_every_behaviour() -> None:
    schedules = [generate(Order(seed)) for seed in range(360)]
    first = Counter(schedule.faults[0].kind for schedule in schedules)
    assert first == dict.fromkeys(Kind, 20)
    assert {fault.moment for schedule in schedules for fault in schedule.faults} == set(Moment)
    assert {call.behaviour for schedule in schedules for call in schedule.calls} == set(Behaviour)
    assert {len(schedule.faults) for schedule in schedules} == {1, 2}
    assert {len(schedule.calls) for schedule in schedules} == {2, 3, 4, 5}


def test_every_schedule_has_a_call_that_talks_and_faults_hit_one_that_does() -> None:
    for schedule in (generate(Order(seed)) for seed in range(200)):
        talking = {call.number for call in schedule.calls if call.behaviour.talks}
        assert {fault.call for fault in schedule.faults} <= talking


def test_every_kind_that_was_asked_for_happens() -> None:
    kinds = (Kind.CLOCK_STEPPED, Kind.AGI_SILENT)
    assert tuple(fault.kind for fault in generate(Order(3, kinds, every=True)).faults) == kinds
