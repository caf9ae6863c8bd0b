"""Who calls from a borrowed number does not lock out the practice that owns it (A8, A9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from agi.server import Server
from consultation.numbers import PhoneNumber
from consultation.window import Margins
from schema.engine import Store
from schema.queries import appointments, people
from tests.agi.asterisk_side import LINE_NUMBER, Call
from tests.agi.platform_side import CLIENT

SHARED = "+14155550150"
FAILED, SIGNED, VOUCHED = (
    "verstat=TN-Validation-Failed",
    "verstat=TN-Validation-Passed-B",
    "verstat=TN-Validation-Passed-A",
)

_place = count(1)


@pytest.fixture
def practice(store: Store) -> None:
    """Two providers who share a phone; one has a consultation now, the other chose a PIN for when A8 fails."""
    now = datetime.now(UTC)
    with store.transaction() as session:
        people.add_line_number(session, PhoneNumber(LINE_NUMBER))
        people.put_practice(session, "elm", name="Elm", numbers={PhoneNumber(SHARED): "desk"})
        for name, pin in {"ash": "4711", "kim": "5822"}.items():
            people.put_provider(
                session,
                name,
                name=name,
                time_zone="UTC",
                language="en",
                numbers={},
                practice_id="elm",
                pin=pin,
                pin_when_unverified=name == "kim",
            )
        people.put_client(session, "joe", name="Joe Roe", number=PhoneNumber(CLIENT))
        appointments.put(
            session,
            "second",
            provider_id="ash",
            client_id="joe",
            starts_at=now - timedelta(minutes=5),
            ends_at=now + timedelta(minutes=55),
            referred=True,
            margins=Margins(),
        )


def said(server: Server, verstat: str, channel: str, pin: str | None = None) -> str:
    """What the dialplan is told to do with the call, and why."""
    entered = {} if pin is None else {"arg_6": pin, "arg_7": "1"}
    with Call(server) as call:
        call.admit(SHARED, channel=channel, arg_4="", arg_5="", arg_8=verstat, **entered)
        answer = call.answer()
    return answer.get("LINE_REASON") or answer["LINE_DECISION"]


def call(server: Server, verstat: str, *pins: str) -> str:
    """One call, with what is entered when the PIN is asked for."""
    channel = f"line1-1764000000.{next(_place)}"
    last = said(server, verstat, channel)
    for pin in pins:
        if last == "ask_pin":
            last = said(server, verstat, channel, pin)
    return last


def test_a8_a9_wrong_pins_from_a_forged_number_do_not_lock_its_owner_out(practice: None, server: Server) -> None:
    assert [call(server, FAILED, "0000", "0000", "0000") for _ in range(5)] == ["pin_wrong"] * 5
    assert call(server, FAILED, "5822") == "pin_locked"
    assert call(server, "", "4711") == "admit"
    assert call(server, VOUCHED, "4711") == "admit"


def test_a8_a9_wrong_pins_from_an_unsigned_call_do_not_lock_out_a_call_that_is_vouched_for(
    practice: None, server: Server
) -> None:
    assert [call(server, "", "0000", "0000", "0000") for _ in range(5)] == ["pin_wrong"] * 5
    assert call(server, SIGNED, "4711") == "pin_locked"
    assert call(server, VOUCHED, "4711") == "admit"


def test_a8_a9_calls_that_are_refused_before_the_prompt_or_not_answered_there_lock_nothing(
    store: Store, practice: None, server: Server
) -> None:
    with store.transaction() as session:
        people.put_provider(
            session, "kim", name="kim", time_zone="UTC", language="en", numbers={}, practice_id="elm", pin="5822"
        )
    assert {call(server, FAILED, "0000", "0000", "0000") for _ in range(6)} == {"caller_unverified"}
    assert {call(server, "") for _ in range(3)} == {"ask_pin"}  # hung up at the prompt
    assert {call(server, "", "", "", "") for _ in range(3)} == {"pin_missing"}
    assert call(server, "", "4711") == "admit"


def test_a7_a9_calls_outside_any_window_with_the_right_pin_lock_nothing(practice: None, server: Server) -> None:
    assert {call(server, "", "5822") for _ in range(6)} == {"no_consultation"}
    assert call(server, "", "4711") == "admit"
