"""Webhooks on the wire: what a receiver gets, and what receivers can do to us."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from portal.outbox import worker as worker_module
from schema.delivery import Channel, State
from schema.engine import Store
from schema.models import DeliveryAttempt, Effect
from schema.queries import deliveries, effects
from tests.portal.outbox.conftest import SECRET, RunningWorker, WorkerProcess, make_due, tell
from tests.portal.outbox.receiver import OK, Answer, Heard, Receiver, endless, endless_head, hang, reset, status

Receivers = Callable[..., Receiver]
Works = Callable[..., RunningWorker]
NEW_SECRET = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4"


def standings(store: Store) -> list[effects.Standing]:
    with store.transaction() as session:
        return effects.standings(session, tuple(State))


def wait_for(store: Store, *states: State, seconds: float = 60) -> list[effects.Standing]:
    """How all effects stand, once they stand so, in the order in which they were written."""
    deadline = time.monotonic() + seconds
    while True:
        found = standings(store)
        if [one.state for one in found] == list(states):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_the_platform_is_told_at_once_with_a_signature_that_the_standard_library_accepts(
    store: Store, receivers: Receivers, works: Works
) -> None:
    receiver = receivers()
    works(webhook_url=receiver.url)
    assert worker_module.POLL_SECONDS < 1
    tell(store, "call-1")
    (heard,) = receiver.wait_for(1)
    assert heard.path == "/hooks?for=line"
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["host"] == f"localhost:{receiver.port}"
    said = Webhook(SECRET).verify(heard.body, heard.headers)
    assert set(said) == {"type", "timestamp", "data"}
    assert (said["type"], said["data"]) == ("call.ended", {"call_id": "call-1", "appointment_id": "a-1"})
    assert datetime.fromisoformat(said["timestamp"]).tzinfo is not None
    (standing,) = wait_for(store, State.DELIVERED)
    assert (standing.attempts, standing.last_status_code, standing.last_error) == (1, 200, None)


def test_p3_a_webhook_that_somebody_changed_or_signed_otherwise_does_not_verify(
    store: Store, receivers: Receivers, works: Works
) -> None:
    receiver = receivers()
    works(webhook_url=receiver.url)
    tell(store, "call-1")
    (heard,) = receiver.wait_for(1)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(heard.body.replace(b"call-1", b"call-2"), heard.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW_SECRET).verify(heard.body, heard.headers)


def test_p3_while_the_secret_is_changed_both_verify(store: Store, receivers: Receivers, works: Works) -> None:
    receiver = receivers()
    works(webhook_url=receiver.url, webhook_secret=f"{NEW_SECRET}, {SECRET}")
    tell(store, "call-1")
    (heard,) = receiver.wait_for(1)
    assert Webhook(SECRET).verify(heard.body, heard.headers) == Webhook(NEW_SECRET).verify(heard.body, heard.headers)


@pytest.mark.parametrize(
    ("answer", "code", "error"),
    [
        (status(500), 500, "refused"),
        (status(404), 404, "refused"),
        (status(410), 410, "refused"),
        (reset, None, "http_ReadError"),
        (endless_head, None, "http_RemoteProtocolError"),
    ],
    ids=["500", "404", "410", "reset", "endless-head"],
)
def test_whatever_is_no_2xx_is_tried_again_with_the_same_id_until_it_is_one(
    store: Store, receivers: Receivers, works: Works, answer: Answer, code: int | None, error: str
) -> None:
    receiver = receivers(answer)
    works(webhook_url=receiver.url)
    tell(store, "call-1")
    (standing,) = wait_for(store, State.FAILING)
    assert (standing.last_status_code, standing.last_error) == (code, error)
    receiver.answer = status(204)
    make_due(store)
    (standing,) = wait_for(store, State.DELIVERED)
    assert standing.attempts == 2
    first, *_, last = receiver.heard
    assert first.headers["webhook-id"] == last.headers["webhook-id"]
    assert re.fullmatch(r"msg_[0-9a-f]{32}", first.headers["webhook-id"])
    assert first.body == last.body


def test_a_redirect_is_a_failure_and_never_followed(store: Store, receivers: Receivers, works: Works) -> None:
    elsewhere = receivers()
    receiver = receivers(status(307, f"Location: {elsewhere.url}\r\n"))
    works(webhook_url=receiver.url)
    tell(store, "call-1")
    (standing,) = wait_for(store, State.FAILING)
    assert (standing.last_status_code, standing.last_error) == (307, "redirected")
    assert elsewhere.heard == []


def test_a_body_without_an_end_is_not_heard_out(store: Store, receivers: Receivers, works: Works) -> None:
    receiver = receivers(endless)
    works(webhook_url=receiver.url)
    tell(store, "call-1")
    (standing,) = wait_for(store, State.DELIVERED)
    assert standing.last_status_code == 200


def test_a_receiver_that_never_answers_to_one_appointment_holds_up_no_other(
    store: Store, receivers: Receivers, works: Works
) -> None:
    def stuck(connection: object, heard: Heard) -> None:
        (hang if b"stuck" in heard.body else OK)(connection, heard)  # type: ignore[arg-type]

    receiver = receivers(stuck)
    works(webhook_url=receiver.url)
    tell(store, "stuck", "a-1")
    tell(store, "waits behind it", "a-1")
    receiver.wait_for(1)
    for number in range(20):
        tell(store, f"call-{number}", f"b-{number}")
    heard = receiver.wait_until(lambda heard: len({one.body for one in heard}) == 21)
    assert not [one for one in heard if b"waits behind it" in one.body]


def test_an_answer_that_does_not_come_is_a_failure_in_ten_seconds(
    store: Store, receivers: Receivers, works: Works
) -> None:
    receiver = receivers(hang)
    works(webhook_url=receiver.url)
    tell(store, "call-1")
    (standing,) = wait_for(store, State.FAILING)
    assert standing.last_error == "timeout"
    with store.transaction() as session:
        assert 9.5 < (session.scalars(select(DeliveryAttempt.took_seconds)).one() or 0) < 30


def test_nobody_there_is_a_failure(store: Store, receivers: Receivers, works: Works) -> None:
    gone = receivers()
    gone.close()
    works(webhook_url=gone.url)
    tell(store, "call-1")
    (standing,) = wait_for(store, State.FAILING)
    assert standing.last_error == "cannot_connect"


def test_the_events_of_an_appointment_arrive_in_order_though_each_fails_first(
    store: Store, receivers: Receivers, works: Works
) -> None:
    tried: set[bytes] = set()

    def at_the_second_try(connection: object, heard: Heard) -> None:
        answer = OK if heard.body in tried else status(503)
        tried.add(heard.body)
        answer(connection, heard)  # type: ignore[arg-type]

    receiver = receivers(at_the_second_try)
    for number in range(5):
        tell(store, f"call-{number}")
    works(webhook_url=receiver.url)
    for count in range(1, 10):
        receiver.wait_for(count)
        make_due(store)
    wait_for(store, *[State.DELIVERED] * 5)
    assert [one.json["data"]["call_id"] for one in receiver.heard] == [f"call-{n}" for n in range(5) for _ in range(2)]


def test_what_waits_behind_a_delivery_is_told_as_soon_as_that_is_over(
    monkeypatch: pytest.MonkeyPatch, store: Store, receivers: Receivers, works: Works
) -> None:
    for number in range(8):
        tell(store, f"call-{number}")
    # With one look in ten minutes, only the end of a delivery can be why the next one begins.
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 600)
    receiver = receivers()
    works(webhook_url=receiver.url)
    said = [one.json["data"]["call_id"] for one in receiver.wait_for(8)]
    assert said == [f"call-{number}" for number in range(8)]


def test_what_was_told_while_nobody_worked_is_told_once_somebody_does(
    store: Store, receivers: Receivers, works: Works
) -> None:
    for number in range(40):
        tell(store, f"call-{number}", f"a-{number}")
    receiver = receivers()
    works(webhook_url=receiver.url)
    assert len({one.headers["webhook-id"] for one in receiver.wait_for(40)}) == 40


def test_a_worker_that_is_killed_half_way_loses_nothing_and_others_go_on(
    store: Store, receivers: Receivers, processes: Callable[..., WorkerProcess]
) -> None:
    """Three workers; the one that holds deliveries is killed over them. Everything arrives, with the same ids."""
    receiver = receivers(hang)
    victim = processes(webhook_url=receiver.url)
    for number in range(10):
        tell(store, f"call-{number}", f"a-{number}")
        tell(store, f"later-{number}", f"a-{number}")
    begun = {one.headers["webhook-id"] for one in receiver.wait_for(10)}
    victim.kill()
    receiver.answer = OK
    others = [processes(webhook_url=receiver.url) for _ in range(2)]
    with store.transaction() as session:
        assert session.scalar(select(func.count()).where(Effect.lease.is_not(None))) == 10
        session.execute(update(Effect).where(Effect.lease.is_not(None)).values(leased_until=func.clock_timestamp()))
    found = wait_for(store, *[State.DELIVERED] * 20)
    assert {one.attempts for one in found if one.id in {found[2 * n].id for n in range(10)}} == {2}
    after = receiver.heard[10:]
    assert begun == {one.headers["webhook-id"] for one in after if b"call-" in one.body}
    for number in range(10):
        mine = [one.json["data"]["call_id"] for one in after if one.json["data"]["appointment_id"] == f"a-{number}"]
        assert mine == [f"call-{number}", f"later-{number}"]
    with store.transaction() as session:
        assert (
            session.scalars(select(DeliveryAttempt.error).where(DeliveryAttempt.error.is_not(None))).all()
            == ["worker_lost"] * 10
        )
    assert [other.stop() for other in others] == [0, 0]


def test_a_worker_that_is_stopped_finishes_what_it_began_and_logs_neither_address_nor_number(
    store: Store, receivers: Receivers, processes: Callable[..., WorkerProcess]
) -> None:
    def slow(connection: object, heard: Heard) -> None:
        time.sleep(1)
        OK(connection, heard)  # type: ignore[arg-type]

    receiver = receivers(slow)
    process = processes(webhook_url=receiver.url, log_level="debug")
    tell(store, "call-1")
    receiver.wait_for(1)
    tell(store, "call-2")
    assert process.stop() == 0
    assert [one.state for one in standings(store)] == [State.DELIVERED, State.WAITING]
    log = process.log.read_text()
    assert '"event": "delivered"' in log
    assert '"event": "stopped"' in log
    for secret in ("hooks", "for=line", str(receiver.port), SECRET):
        assert secret not in log


def test_a_worker_that_is_stopped_gives_back_what_takes_too_long(
    monkeypatch: pytest.MonkeyPatch, store: Store, receivers: Receivers, works: Works
) -> None:
    monkeypatch.setattr(worker_module, "STOP_SECONDS", 0.2)
    receiver = receivers(hang)
    worker = works(webhook_url=receiver.url)
    tell(store, "call-1")
    receiver.wait_for(1)
    worker.stop()
    with store.transaction() as session:
        (taken,) = deliveries.take(session, Channel.WEBHOOK, most=1, seconds=1)
    assert not taken.resumed, "what was given back is no dead worker's"
    assert taken.failures == 0


def test_without_an_address_nothing_is_told_and_nothing_is_lost(
    store: Store, receivers: Receivers, works: Works
) -> None:
    tell(store, "call-1")
    works(webhook_url=None, webhook_secret=None).stop()
    wait_for(store, State.WAITING)
    receiver = receivers()
    works(webhook_url=receiver.url)
    receiver.wait_for(1)


def test_an_address_without_a_secret_is_an_error_that_says_how_to_make_one(
    tmp_path: Path, processes: Callable[..., WorkerProcess]
) -> None:
    process = processes(webhook_url="https://platform.example/", webhook_secret=None)
    assert process.wait() == 1
    assert "LINE_WEBHOOK_SECRET: needed with LINE_WEBHOOK_URL" in process.log.read_text()
