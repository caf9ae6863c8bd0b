"""Reminders on their way to a gateway: sent once, in the daytime, and only while there is a reason to (S4)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update

from consultation.numbers import PhoneNumber
from consultation.texting import Answer, reminder
from consultation.window import Margins
from portal.outbox import webhook
from portal.outbox import worker as worker_module
from portal.outbox.post import Poster
from schema.delivery import Channel, State
from schema.engine import Store
from schema.models import Consultation, DeliveryAttempt, Effect
from schema.queries import appointments, deliveries, effects, people, texts
from schema.queries.line import clock
from tests.daytime import zone_where_it_is
from tests.portal.outbox.conftest import RunningWorker, WorkerProcess, make_due, tell
from tests.portal.outbox.receiver import OK, Receiver, hang, status

Receivers = Callable[..., Receiver]
Works = Callable[..., RunningWorker]

PHONE = PhoneNumber("+14155550166")
SENDER = "+14155550199"
PORTAL = "https://line.example"
QUESTIONS = f"{PORTAL}/p/"


NOON = zone_where_it_is(12)


def book(
    store: Store, name: str = "a-1", *, zone: str = NOON, language: str = "en", number: PhoneNumber | None = PHONE
) -> None:
    """A consultation that ended 25 hours ago, and nobody said yet whether it took place."""
    with store.transaction() as session:
        people.put_provider(session, name, name="Dr", time_zone=zone, language=language, numbers={}, sms_number=number)
        people.put_client(session, name, name="Jane Doe", number=PhoneNumber("+14155550123"))
        ends_at = clock(session) - timedelta(hours=25)
        appointments.put(
            session,
            name,
            provider_id=name,
            client_id=name,
            starts_at=ends_at - timedelta(minutes=30),
            ends_at=ends_at,
            referred=True,
            margins=Margins(),
        )


def by_http(receiver: Receiver) -> dict[str, object]:
    return {
        "sms": "http",
        "sms_url": receiver.url,
        "sms_token": "a-gateways-token",
        "sms_from": SENDER,
        "sms_allow_private": True,
        "portal_url": PORTAL,
    }


def reminders(store: Store) -> list[effects.Standing]:
    with store.transaction() as session:
        return [one for one in effects.standings(session, tuple(State)) if one.channel == "text"]


def wait_for(store: Store, state: State, seconds: float = 60) -> effects.Standing:
    deadline = time.monotonic() + seconds
    while True:
        found = reminders(store)
        if found and found[0].state is state:
            return found[0]
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_s4_an_unanswered_consultation_is_one_text_to_the_number_on_the_profile(
    store: Store, receivers: Receivers, works: Works
) -> None:
    book(store, language="es-MX")
    gateway = receivers()
    works(**by_http(gateway))
    wait_for(store, State.DELIVERED)
    (heard,) = gateway.heard
    assert heard.headers["authorization"] == "Bearer a-gateways-token"
    assert heard.json == {
        "from": SENDER,
        "to": PHONE.e164,
        "text": reminder("es", QUESTIONS),
        "id": heard.headers["idempotency-key"],
    }


def test_s4_two_workers_send_one_text(store: Store, receivers: Receivers, works: Works) -> None:
    for number in range(8):
        book(store, f"a-{number}")
    gateway = receivers()
    workers = [works(**by_http(gateway)) for _ in range(2)]
    gateway.wait_for(8)
    # Each has looked once more for what there is to write and send by the time it has stopped.
    for worker in workers:
        worker.stop()
    assert len(gateway.heard) == 8
    assert len({one.headers["idempotency-key"] for one in gateway.heard}) == 8


def test_s4_at_night_nothing_is_sent_and_the_text_waits_for_the_morning(
    store: Store, receivers: Receivers, works: Works
) -> None:
    book(store, "day")
    book(store, "night", zone=zone_where_it_is(3))
    gateway = receivers()
    works(**by_http(gateway))
    gateway.wait_for(1)
    wait_for(store, State.DELIVERED)
    (waiting,) = [one for one in reminders(store) if one.state is State.WAITING]
    assert waiting.due_at is not None
    assert timedelta(hours=3) < waiting.due_at - datetime.now(UTC) < timedelta(hours=6)
    # Even if it is taken up too early, by a clock or by hand, it is judged again and put back.
    make_due(store)
    deadline = time.monotonic() + 60
    while min(one.due_at for one in reminders(store) if one.due_at) < datetime.now(UTC) + timedelta(hours=1):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(gateway.heard) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [("stop", "opted_out"), ("cancelled", "withdrawn"), ("no number", "no_number"), ("answered", "status_final")],
)
def test_s4_s6_what_changes_between_two_attempts_stops_the_text(
    store: Store, receivers: Receivers, works: Works, change: str, reason: str
) -> None:
    book(store)
    gateway = receivers(status(503))
    works(**by_http(gateway))
    wait_for(store, State.FAILING)
    with store.transaction() as session:
        match change:
            case "stop":
                texts.keep_answer(session, PHONE, Answer.OPT_OUT)
            case "cancelled":
                appointments.cancel(session, "a-1")
            case "no number":
                people.put_provider(session, "a-1", name="Dr", time_zone=NOON, language="en", numbers={})
            case _:
                session.execute(
                    update(Consultation).values(
                        status="completed", status_by="provider", status_at=func.clock_timestamp()
                    )
                )
    gateway.answer = OK
    make_due(store)
    assert wait_for(store, State.WITHDRAWN).reason == reason
    assert len(gateway.heard) == 1


def test_s4_a_gateway_that_fails_is_asked_again_with_the_same_id(
    store: Store, receivers: Receivers, works: Works
) -> None:
    book(store)
    gateway = receivers(status(500))
    works(**by_http(gateway))
    wait_for(store, State.FAILING)
    gateway.answer = status(201)
    make_due(store)
    assert wait_for(store, State.DELIVERED).attempts == 2
    assert len({one.headers["idempotency-key"] for one in gateway.heard}) == 1


def test_s4_a_text_that_never_goes_out_is_given_up_three_days_after_the_end(
    store: Store, receivers: Receivers, works: Works
) -> None:
    book(store)
    gateway = receivers(status(500))
    works(**by_http(gateway))
    wait_for(store, State.FAILING)
    with store.transaction() as session:
        ends_at = session.scalars(select(Consultation.ends_at)).one()
        assert session.scalars(select(Effect.give_up_at)).one() == ends_at + timedelta(days=3)
        session.execute(update(Effect).values(give_up_at=func.clock_timestamp()))
    make_due(store)
    assert wait_for(store, State.GIVEN_UP).reason == "refused"


def test_s4_a_platform_that_never_answers_its_webhooks_holds_up_no_text(
    monkeypatch: pytest.MonkeyPatch, store: Store, receivers: Receivers, works: Works
) -> None:
    monkeypatch.setattr(webhook, "Poster", partial(Poster, seconds=600))
    monkeypatch.setattr(worker_module, "STOP_SECONDS", 0.1)
    platform, gateway = receivers(hang), receivers()
    for number in range(40):
        tell(store, f"call-{number}", f"b-{number}")
    works(webhook_url=platform.url, **by_http(gateway))
    platform.wait_for(16)
    book(store)
    gateway.wait_for(1)
    assert len(platform.heard) == 16, "no webhook has come to its end"


def test_p1_no_number_and_no_word_of_a_text_stands_in_the_log_of_the_worker(
    store: Store, receivers: Receivers, processes: Callable[..., WorkerProcess]
) -> None:
    book(store)
    gateway = receivers(status(500))
    process = processes(log_level="debug", **by_http(gateway))
    wait_for(store, State.FAILING)
    gateway.answer = OK
    make_due(store)
    wait_for(store, State.DELIVERED)
    assert process.stop() == 0
    log = process.log.read_text()
    for secret in (PHONE.e164[-4:], SENDER[-4:], "STOP", "booking", "a-gateways-token"):
        assert secret not in log
    with store.transaction() as session:
        kept = [*session.execute(select(Effect.__table__)), *session.execute(select(DeliveryAttempt.__table__))]
    assert PHONE.e164[-7:] not in str(kept)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"sms": "http", "sms_from": None, "sms_url": "https://sms.example/"}, "LINE_SMS_FROM"),
        ({"sms": "http", "sms_from": SENDER, "sms_url": None}, "LINE_SMS_URL"),
        ({"sms": "sip", "sms_from": SENDER, "ami_texter_secret": None}, "LINE_AMI_TEXTER_SECRET"),
    ],
)
def test_a_worker_that_lacks_a_setting_for_texts_names_it(
    processes: Callable[..., WorkerProcess], changes: dict[str, object], missing: str
) -> None:
    process = processes(**changes)
    assert process.wait() == 1
    assert f"{missing}: needed with LINE_SMS" in process.log.read_text()


class Manager:
    """Asterisk's manager interface, which does to each connection what a test says."""

    def __init__(self, behave: Callable[[socket.socket, list[str]], None]) -> None:
        self._behave = behave
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"Asterisk Call Manager/11.0.0\r\n")
                action: list[str] = []
                try:
                    for line in lines:
                        if text := line.decode().strip():
                            action.append(text)
                            continue
                        self.asked.append(action[0])
                        self._behave(connection, action)
                        action = []
                except OSError:
                    continue


def answers(to_login: bytes, to_message: bytes | None) -> Callable[[socket.socket, list[str]], None]:
    """How a manager answers; None cuts the connection over the message."""

    def behave(connection: socket.socket, action: list[str]) -> None:
        answer = to_login if action[0] == "Action: Login" else to_message
        if answer is None:
            connection.shutdown(socket.SHUT_RDWR)
        else:
            connection.sendall(answer + b"\r\n\r\n")

    return behave


@pytest.fixture
def managers() -> Iterator[Callable[..., Manager]]:
    """Call it for a manager that behaves so."""
    made: list[Manager] = []

    def manager(behave: Callable[[socket.socket, list[str]], None]) -> Manager:
        made.append(Manager(behave))
        return made[-1]

    yield manager
    for one in made:
        one.close()


def by_sip(manager: Manager) -> dict[str, object]:
    return {"sms": "sip", "sms_from": SENDER, "ami_texter_secret": "a-long-word", "ami_address": manager.address}


@pytest.mark.parametrize(
    ("behave", "state", "word"),
    [
        (answers(b"Response: Success", b"Response: Success"), State.DELIVERED, None),
        (answers(b"Response: Success", b"Event: X\r\n\r\nResponse: Success"), State.DELIVERED, None),
        (answers(b"Response: Error", b"Response: Success"), State.FAILING, "manager_login_refused"),
        (answers(b"Response: Success", b"Response: Error"), State.FAILING, "manager_refused"),
        # It may have gone out: never again.
        (answers(b"Response: Success", None), State.GIVEN_UP, "maybe_sent"),
    ],
    ids=["sent", "event-between", "login-refused", "refused", "cut"],
)
def test_s4_a_text_by_sip_is_tried_again_only_where_asterisk_certainly_did_not_take_it(
    store: Store,
    managers: Callable[..., Manager],
    works: Works,
    behave: Callable[[socket.socket, list[str]], None],
    state: State,
    word: str | None,
) -> None:
    book(store)
    manager = managers(behave)
    works(**by_sip(manager))
    assert wait_for(store, state).last_error == word
    if state is not State.FAILING:
        # Another reminder has come to the same end: by then the worker has looked, and left the first one alone.
        make_due(store)
        book(store, "a-2")
        deadline = time.monotonic() + 60
        while [one.state for one in reminders(store)] != [state, state]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert manager.asked.count("Action: MessageSend") == 2


def test_s4_a_text_over_which_a_worker_died_is_not_sent_by_sip_again(
    store: Store, managers: Callable[..., Manager], works: Works
) -> None:
    book(store)
    with store.transaction() as session:
        now, unasked = texts.unasked(session)
        texts.enqueue_reminder(session, unasked[0], now)
    with store.transaction() as session:
        (taken,) = deliveries.take(session, Channel.TEXT, most=1, seconds=0)
        deliveries.begin(session, taken)
    manager = managers(answers(b"Response: Success", b"Response: Success"))
    works(**by_sip(manager))
    assert wait_for(store, State.GIVEN_UP).reason == "maybe_sent"
    assert manager.asked == []
