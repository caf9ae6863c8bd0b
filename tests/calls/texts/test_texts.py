"""S4 on the wire: the reminder as SIP MESSAGE through the trunk, and the answers to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from consultation.numbers import PhoneNumber
from consultation.texting import reminder
from ops import ports
from ops.demo.phone import Phone
from ops.demo.sip import Message
from ops.line import Line
from schema.delivery import State
from schema.engine import Store
from schema.queries import effects, texts
from tests.calls.agi_failures import impostor
from tests.calls.scene import ANSWERS, LINE_NUMBER, Booking, Scene, invites, new_number
from tests.calls.trunk.test_trunk import NAME, PASSWORD, up
from tests.daytime import zone_where_it_is

HERE = Path(__file__).parent
TEXTED = HERE / "provider_is_texted.xml"
CHALLENGED = HERE / "provider_is_texted_after_a_challenge.xml"
REGISTERS = HERE.parent / "trunk" / "client_registers.xml"
TEXTS = HERE / "provider_texts.xml"


@pytest.fixture
def store(line: Line) -> Iterator[Store]:
    """The line's own store."""
    store = Store(line.database_url, pool=2)
    yield store
    store.close()


def book_yesterday(scene: Scene, phone: str) -> str:
    """A consultation that ended 25 hours ago, of a provider who is texted on this phone. Returns its id."""
    booking = scene.book()
    name = booking.appointment_id
    numbers = [{"number": booking.caller_number, "label": "mobile"}]
    body = {"name": "Dr. Rivera", "time_zone": zone_where_it_is(12), "caller_numbers": numbers, "sms_number": phone}
    scene.platform.put(f"/v1/providers/{name}", body)
    ended = f"{name}-y"
    scene.platform.appointment(ended, name, name, starts_in=timedelta(hours=-26), lasts=timedelta(hours=1))
    return ended


def text(scene: Scene, sender: str, body: str, to: str = LINE_NUMBER) -> int | None:
    """A phone sends a text to the line. Returns the status it got."""
    phone = scene.provider(TEXTS, [(sender, to, body)])
    assert phone.finish()
    return next((message.status for message in phone.received()), None)


def texts_to(phone: Phone) -> list[Message]:
    seen = {message.header("Call-ID"): message for message in phone.received() if message.method == "MESSAGE"}
    return list(seen.values())


def wait_until_opted_out(store: Store, number: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not opted_out(store, number):
        assert time.monotonic() < deadline, "the STOP was not kept"
        time.sleep(0.05)


def opted_out(store: Store, number: str) -> bool:
    with store.transaction() as session:
        return texts.is_opted_out(session, PhoneNumber(number))


def standing(store: Store, appointment_id: str) -> effects.Standing | None:
    with store.transaction() as session:
        every = effects.standings(session, tuple(State), most=10_000)
    return next((one for one in every if one.channel == "text" and one.appointment_id == appointment_id), None)


def test_s4_an_unanswered_consultation_is_one_sip_message_to_the_provider(scene: Scene, store: Store) -> None:
    number = new_number()
    phone = scene.client(TEXTED, [(number,)])
    appointment_id = book_yesterday(scene, number)
    assert phone.finish()
    (message,) = texts_to(phone)
    assert message.first_line.startswith(f"MESSAGE sip:{number}@{scene.line.settings.trunk_address} ")
    assert (message.header("From") or "").startswith(f"<sip:{LINE_NUMBER}@")
    assert message.header("Content-Type") == "text/plain"
    assert message.text.endswith(reminder("en", "https://line.example/p/"))
    found = standing(store, appointment_id)
    assert found is not None
    assert (found.state, found.attempts) == (State.DELIVERED, 1)


def test_s4_p3_a_carrier_that_challenges_a_text_is_given_our_name_and_password(tmp_path: Path) -> None:
    (port,) = ports.free(1)
    registrar = Phone(REGISTERS, tmp_path / "registrar", port=port, rows=[(NAME, PASSWORD)])
    registrar.start()
    trunk = {"trunk_address": f"127.0.0.1:{port}", "trunk_username": NAME, "trunk_password": PASSWORD}
    with up(tmp_path, trunk_realm="carrier.test", sms="sip", sms_from=LINE_NUMBER, **trunk) as scene:
        assert registrar.finish(30)
        phone = scene.client(CHALLENGED, [(new_number(), NAME, PASSWORD)])
        book_yesterday(scene, new_number())
        assert phone.finish()
    registrar.stop()


def test_p3_where_texts_are_off_no_text_comes_in(tmp_path: Path) -> None:
    with up(tmp_path) as scene:
        assert text(scene, new_number(), "STOP") == 404


def test_s4_after_a_stop_on_the_wire_no_text_goes_out(scene: Scene, store: Store) -> None:
    number, other = new_number(), new_number()
    assert text(scene, number, "Stop") == 202
    wait_until_opted_out(store, number)
    phone = scene.client(TEXTED, [(number,)])
    silenced = book_yesterday(scene, number)
    # Another provider's reminder, written later, arrives: the first one's would have been there.
    book_yesterday(scene, other)
    assert phone.finish()
    assert [message.first_line.split("@")[0] for message in texts_to(phone)] == [f"MESSAGE sip:{other}"]
    assert standing(store, silenced) is None


def test_s4_a_start_on_the_wire_opts_in_again(scene: Scene, store: Store) -> None:
    number = new_number()
    assert text(scene, number, "UNSUBSCRIBE") == 202
    wait_until_opted_out(store, number)
    assert text(scene, number, "start") == 202
    deadline = time.monotonic() + 15
    while opted_out(store, number):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("to", ["+1415555019a", "%2B14155550199%0d%0a", "s", "text", "h", "12345", "trunk"])
def test_p3_a_text_to_anything_but_a_number_is_a_404_before_the_dialplan(scene: Scene, store: Store, to: str) -> None:
    number = new_number()
    assert text(scene, number, "STOP", to) == 404
    assert not opted_out(store, number)


def test_c4_a_text_never_becomes_a_call(scene: Scene) -> None:
    booking: Booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    assert text(scene, booking.caller_number, "STOP", LINE_NUMBER) == 202
    assert text(scene, booking.caller_number, booking.client_number, booking.client_number) == 202
    time.sleep(1)
    assert invites(client) == []
    assert scene.platform.get(f"/v1/appointments/{booking.appointment_id}/calls") == []


def test_p1_what_a_text_says_goes_nowhere(scene: Scene, store: Store) -> None:
    number, word = new_number(), "xylophone"
    assert text(scene, number, f'Stop, {word} " \\ ) $[1+1] ${{EXTEN}} {number}') == 202
    wait_until_opted_out(store, number)
    folder = scene.line.folder
    for log in [*(folder / "log").iterdir(), *(folder / "asterisk" / "log").rglob("*")]:
        if log.is_file():
            assert word not in log.read_text(errors="replace"), log.name


def test_s4_a_stop_that_comes_while_every_server_is_down_is_kept_once_one_is_back(scene: Scene, store: Store) -> None:
    number, line = new_number(), scene.line
    line.parts["agi"].stop()
    try:
        assert text(scene, number, "STOP") == 202
        with impostor.impostor(line.settings.agi_addresses[0], impostor.hang):
            assert text(scene, new_number(), "hello") == 202
            time.sleep(1)
    finally:
        line.start_agi()
    wait_until_opted_out(store, number, seconds=30)


def test_p1_a_text_that_nobody_could_keep_is_said_in_asterisks_log_without_its_number(
    scene: Scene, store: Store
) -> None:
    line, number = scene.line, new_number()
    assert line.asterisk is not None
    line.parts["agi"].stop()
    line.asterisk.command("dialplan set global TEXT_ROUNDS 1")
    try:
        assert text(scene, number, "STOP") == 202
        deadline = time.monotonic() + 20
        while "a text message was lost" not in line.asterisk.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert number[-7:] not in line.asterisk.log.read_text()
    finally:
        line.asterisk.command("dialplan set global TEXT_ROUNDS 120")
        line.start_agi()
    assert text(scene, number, "STOP") == 202
    wait_until_opted_out(store, number)
