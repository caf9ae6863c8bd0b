"""What was seen becomes facts, outcomes and statuses, however it comes in (E4, S2)."""

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from ami_listener.events import Unavailable
from ami_listener.record import Seen, record
from consultation.evidence import Fact, Kind, Leg
from schema.engine import Store, Transaction
from schema.models import Call
from schema.queries import outcomes
from schema.queries.calls import Sighting
from tests.agi.asterisk_side import LINE_NUMBER, defaults
from tests.agi.platform_side import STRANGER
from tests.agi.wire import CALLER
from tests.ami_listener.decided import call, decide_on, facts, outcome, status, write
from tests.ami_listener.recordings import seen
from tests.consultation.examples import clock
from tests.schema.platform import admit, book, settle_in

CHANNEL = "line1-1764000000.42"


def ways(told: Sequence[Seen]) -> list[list[Sequence[Seen]]]:
    """The same facts as batches of many kinds, in many orders."""
    backwards, mixed = told[::-1], random.Random(4).sample(told, len(told))
    orders = (told, backwards, mixed)
    at_once: list[list[Sequence[Seen]]] = [[order] for order in orders]
    one_by_one: list[list[Sequence[Seen]]] = [[[fact] for fact in order] for order in orders]
    return [*at_once, *one_by_one, [told[:4], told[4:]], [told[4:], told[:4]], [told, mixed, told]]


def test_e4_however_facts_come_in_the_outcome_is_the_same(line: Store) -> None:
    for name in ("connected", "declined", "gave_up"):
        outcomes = []
        for place in range(len(ways(seen(name)))):
            channel = f"line1-{name}.{place}"
            decide_on(line, channel)
            for batch in ways(seen(name, channel))[place]:
                write(line, batch)
            outcomes.append(outcome(line, channel))
        assert outcomes[0]["disposition"] is not None
        assert outcomes == [outcomes[0]] * len(outcomes)


def test_e4_a_fact_that_is_seen_twice_is_one(line: Store) -> None:
    told = seen("connected", CHANNEL)
    write(line, [*told, *told])
    write(line, told)
    assert len(facts(line)) == len(told)


def test_e4_facts_are_kept_in_the_order_in_which_they_were_seen(line: Store) -> None:
    told = seen("connected", CHANNEL)
    write(line, told)
    assert facts(line) == [(CHANNEL, found.fact.kind) for found in told if not isinstance(found, Unavailable)]


def test_s2_a_connected_call_completes_its_consultation_in_the_transaction_of_its_outcome(line: Store) -> None:
    decide_on(line, CHANNEL)
    write(line, seen("connected", CHANNEL))
    assert outcome(line, CHANNEL)["disposition"] == "connected"
    assert status(line) == ("completed", "line")
    with line.transaction() as session:
        # xmin: the transaction that wrote the row as it is now.
        writers = "SELECT xmin::text FROM calls UNION SELECT xmin::text FROM consultations"
        assert len(session.execute(text(writers)).all()) == 1


def test_s3_calls_that_did_not_connect_leave_the_question_open(line: Store) -> None:
    for name in ("busy", "declined", "number_gone", "no_answer", "gave_up"):
        decide_on(line, f"line1-{name}")
        write(line, seen(name, f"line1-{name}"))
        assert outcome(line, f"line1-{name}")["disposition"] is not None
    assert status(line) == ("pending", None)


def test_s2_a_talk_that_is_shorter_than_the_setting_leaves_the_question_open(line: Store) -> None:
    decide_on(line, CHANNEL)
    write(line, seen("connected", CHANNEL), completed_after_seconds=60)
    assert (outcome(line, CHANNEL)["disposition"], status(line)) == ("connected", ("pending", None))


def test_s2_a_call_that_is_up_is_no_completion_yet(line: Store) -> None:
    decide_on(line, CHANNEL)
    write(line, seen("connected", CHANNEL)[:4])
    found = outcome(line, CHANNEL)
    assert (found["connected_at"] is not None, found["disposition"]) == (True, None)
    assert status(line) == ("pending", None)


def test_e4_a_call_on_which_no_decision_was_kept_keeps_its_facts(line: Store) -> None:
    write(line, seen("gave_up", CHANNEL))
    decide_on(line, CHANNEL)
    write(line, seen("gave_up", CHANNEL)[-1:])
    assert outcome(line, CHANNEL)["disposition"] == "caller_gave_up"


def test_a12_a_call_that_a_server_refused_stays_refused_whatever_its_leg_did(line: Store) -> None:
    decide_on(line, CHANNEL, STRANGER)
    write(line, seen("refused", CHANNEL))
    refused = call(line, CHANNEL)
    assert (refused.decision, refused.reason, refused.disposition) == ("refused", "caller_unknown", "refused")
    assert (refused.hangup_cause, refused.ended_by, refused.ended_at is None) == (21, "line", False)


def test_a10_a_call_that_no_server_decided_is_recorded_as_refused_for_the_line_was_unavailable(line: Store) -> None:
    attempt, ended = seen("unavailable", CHANNEL)
    assert isinstance(attempt, Unavailable)
    write(line, [attempt, ended])
    refused = call(line, CHANNEL)
    assert (refused.decision, refused.reason, refused.disposition) == ("refused", "line_unavailable", "refused")
    assert (refused.hangup_cause, refused.ended_by, refused.ended_at is None) == (42, "line", False)
    assert refused.caller is not None
    assert refused.line_number is not None
    assert (refused.caller.e164, refused.line_number.e164) == (STRANGER, LINE_NUMBER)
    assert refused.arrived_at == attempt.at


def test_a12_an_attempt_without_a_usable_number_is_recorded_all_the_same(line: Store) -> None:
    for place, caller in enumerate(["", "anonymous", "+999", "x" * 1000]):
        channel = f"line1-1764000000.{place}"
        write(line, [Unavailable(channel, caller, dialled="", at=datetime(2026, 5, 4, tzinfo=UTC))])
        assert (call(line, channel).reason, call(line, channel).caller) == ("line_unavailable", None)


def test_a12_a_decision_that_was_kept_is_not_overwritten_by_a_server_that_came_too_late(line: Store) -> None:
    decide_on(line, CHANNEL, CALLER)
    write(line, seen("unavailable", CHANNEL))
    kept = call(line, CHANNEL)
    assert (kept.decision, kept.reason, kept.disposition) == ("admitted", None, "line_failed")
    assert status(line) == ("pending", None)


def test_e4_two_witnesses_who_tell_of_the_same_attempts_in_another_order_wait_for_each_other(line: Store) -> None:
    at = datetime(2026, 5, 4, tzinfo=UTC)
    for turn in range(10):
        attempts = [Unavailable(f"line1-{turn}.{place:02}", STRANGER, LINE_NUMBER, at) for place in range(40)]
        together = threading.Barrier(2)

        def tell(batch: list[Unavailable], together: threading.Barrier = together) -> None:
            together.wait()
            with line.transaction() as transaction:
                record(transaction, batch, defaults())

        with ThreadPoolExecutor(2) as witnesses:
            # A deadlock would be a StoreUnavailableError here: one of the two is ended, and begins anew.
            list(witnesses.map(tell, [attempts, attempts[::-1]]))
    with line.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM calls WHERE reason = 'line_unavailable'")).scalar() == 400


def told_of(channel: str) -> list[Sighting]:
    """What a witness tells of a call that connected and is over."""
    leg, began, over = f"{channel}.client", clock("9:19"), clock("9:20")
    return [
        Sighting("ami", channel, channel, Fact(Kind.BRIDGE_ENTER, Leg.PROVIDER, began, bridge="one")),
        Sighting("ami", channel, leg, Fact(Kind.BRIDGE_ENTER, Leg.CLIENT, began, bridge="one")),
        Sighting("ami", channel, leg, Fact(Kind.HANGUP, Leg.CLIENT, over, cause=16)),
        Sighting("ami", channel, channel, Fact(Kind.HANGUP, Leg.PROVIDER, over, cause=16)),
    ]


def test_e4_two_who_tell_of_calls_of_the_same_two_consultations_wait_for_each_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    morning, noon = clock("9:00"), clock("12:00")
    with store.transaction() as session:
        settle_in(session)
        for name, at in (("first", morning), ("second", noon)):
            book(session, name, at)
        # By their names one batch is of the first consultation and then of the second, the other the other way round.
        for channel, at in (("1", morning), ("2", noon), ("3", noon), ("4", morning)):
            admit(session, f"line1-{channel}", at)
    half_way = threading.Barrier(2)
    settle = outcomes.settle

    def settle_and_wait(session: Transaction, channel: str, completed_after_seconds: int) -> Call | None:
        settled = settle(session, channel, completed_after_seconds)
        # Each has one consultation by now, and wants the other; unless one waits for the other already.
        with suppress(threading.BrokenBarrierError):
            half_way.wait(1)
        return settled

    monkeypatch.setattr(outcomes, "settle", settle_and_wait)

    def tell(channels: tuple[str, ...]) -> None:
        with store.transaction() as transaction:
            record(transaction, [fact for channel in channels for fact in told_of(f"line1-{channel}")], defaults())

    with ThreadPoolExecutor(2) as witnesses:
        list(witnesses.map(tell, [("1", "3"), ("2", "4")]))
    with store.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM calls WHERE disposition = 'connected'")).scalar() == 4
