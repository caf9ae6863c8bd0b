"""E4: whatever dies while a call is up, it has one outcome, which claims what was seen and no more."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select, text

from ops.line import Line
from schema.engine import Store
from schema.models import Call, CallFact, Effect
from schema.queries import calls
from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Booking, Scene

TALK_SECONDS = 1.5


def kept(store: Store, booking: Booking) -> Call:
    """A booking's only call."""
    with store.transaction() as session:
        (call,) = calls.of_appointment(session, booking.appointment_id)
        return call


def facts_of(store: Store, call: Call) -> list[CallFact]:
    """All that was seen of a call."""
    with store.transaction() as session:
        return list(session.scalars(select(CallFact).where(CallFact.channel == call.channel)))


def witnesses(facts: Iterable[CallFact], *kinds: str) -> set[str]:
    """Who saw one of these."""
    return {fact.witness for fact in facts if fact.kind in kinds}


def effects(store: Store, booking: Booking) -> Counter[str]:
    """What somebody outside is told of an appointment."""
    with store.transaction() as session:
        query = select(Effect.event_type).where(Effect.appointment_id == booking.appointment_id)
        return Counter(session.scalars(query))


ONCE_EACH = {"call.connected": 1, "call.ended": 1, "consultation.status_changed": 1}


def test_e3_e4_p1_two_witnesses_tell_of_an_ordinary_call_and_neither_knows_a_number(
    line: Line, scene: Scene, store: Store
) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=50)
    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=500)
    assert provider.finish()
    assert client.finish()
    scene.call_of(booking)
    call = kept(store, booking)
    until_told_by(store, call, "ami", "cel")
    facts = facts_of(store, call)
    for kinds in (["bridge_enter"], ["bridge_leave"], ["dialled"], ["hangup"], ["hangup_request"]):
        assert witnesses(facts, *kinds) == {"ami", "cel"}, kinds
    # Both know in which life of which Asterisk they saw it.
    assert len({(fact.node, fact.asterisk_start) for fact in facts}) == 1
    assert facts[0].asterisk_start
    assert not kept(store, booking).witnesses_disagree
    assert kept(store, booking).outcome_version == 1
    assert effects(store, booking) == ONCE_EACH
    written = [path.read_text() for path in line.settings.cel_folder().iterdir()]
    assert written
    with store.transaction() as session:
        for table in ("call_facts", "call_outcomes", "cel_files", "outbox"):
            written += session.scalars(text(f"SELECT t::text FROM {table} t")).all()
    for number in (booking.caller_number, booking.client_number, LINE_NUMBER):
        assert not [row for row in written if number[2:] in row]


def until_told_by(store: Store, call: Call, *names: str) -> None:
    """Wait until each of these witnesses has told how the provider's leg ended."""
    while not set(names) <= witnesses(facts_of(store, call), "hangup"):
        time.sleep(0.05)


def test_e4_s2_a_call_that_ended_while_nobody_listened_is_connected_by_the_word_of_the_disk(
    line: Line, scene: Scene, store: Store
) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=50)
    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=int(TALK_SECONDS * 1000))
    provider.wait_for(lambda message: message.received and message.status == 200)
    line.parts["listener"].stop(sign=signal.SIGKILL)
    assert provider.finish()
    assert client.finish()
    assert kept(store, booking).disposition is None
    line.start_listener()
    told = scene.call_of(booking)
    assert (told["disposition"], told["ended_by"], told["hangup_cause"]) == ("connected", "provider", 16)
    assert abs(told["talk_seconds"] - TALK_SECONDS) < 1
    appointment = scene.appointment(booking)
    assert (appointment["status"], appointment["status_by"]) == ("completed", "line")
    call = kept(store, booking)
    facts = facts_of(store, call)
    assert witnesses(facts, "hangup", "bridge_leave") == {"cel"}
    assert "gone" not in {fact.kind for fact in facts}
    assert (call.talk_partial, call.witnesses_disagree, call.outcome_version) == (False, False, 1)
    assert effects(store, booking) == ONCE_EACH


def test_a11_e4_s2_calls_that_asterisk_took_with_it_are_interrupted_and_their_places_are_free(
    line: Line, scene: Scene, store: Store
) -> None:
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)] * 3, pause_ms=0)
    phones = [scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=60_000) for _ in range(3)]
    for phone in phones:
        phone.wait_for(lambda message: message.received and message.status == 200)
    assert scene.dial(booking.caller_number).final_status() == 486
    until_seen_again(store, booking, 3)
    assert line.asterisk is not None
    line.asterisk.part.stop(sign=signal.SIGKILL)
    for phone in (client, *phones):
        phone.stop()
    line.asterisk.start()
    for number in (1, 2, 3):
        told = scene.call_of(booking, number)
        assert (told["disposition"], told["ended_by"], told["hangup_cause"]) == ("interrupted", None, None)
        # As long as somebody saw both, which was at least once, and not until it was found gone.
        assert told["connected_at"] < told["ended_at"]
        assert 0 < told["talk_seconds"] < 30
    with store.transaction() as session:
        taken = calls.of_appointment(session, booking.appointment_id)
        assert [(call.talk_partial, call.outcome_version) for call in taken] == [(True, 1)] * 3
    assert scene.appointment(booking)["status"] == "completed"
    assert effects(store, booking) == {"call.connected": 3, "call.ended": 3, "consultation.status_changed": 1}

    client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=0)
    again = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=300)
    assert again.finish()
    assert client.finish()
    assert scene.call_of(booking, 4)["disposition"] == "connected"
    starts = {fact.asterisk_start for fact in facts_of(store, taken[0]) if fact.asterisk_start}
    with store.transaction() as session:
        later = calls.of_appointment(session, booking.appointment_id)[3]
    assert len(starts) == 1
    assert starts.isdisjoint(fact.asterisk_start for fact in facts_of(store, later))


def until_seen_again(store: Store, booking: Booking, number: int) -> None:
    """Wait until both legs of so many calls of a booking were seen in their bridge by who asks what is up."""
    while True:
        with store.transaction() as session:
            up = calls.of_appointment(session, booking.appointment_id)
        if [call.talk_partial for call in up] == [False] * number and all(
            len([fact for fact in facts_of(store, call) if fact.kind == "seen"]) >= 2 for call in up
        ):
            return
        time.sleep(0.05)
