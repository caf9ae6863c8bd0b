"""The server under load and under fire: nobody's trouble becomes another caller's (A10)."""

import contextlib
import socket
import threading
import time

import pytest

from agi.handlers import Context
from agi.server import HANDLERS, Server
from agi.session import Session
from schema.engine import Store
from tests.agi.asterisk_side import Call, health, serving


def test_a_script_that_nobody_knows_gets_no_answer(server: Server) -> None:
    with Call(server) as call:
        call.ask("nonsense")
        assert call.answer() == {}
    assert health(server)


def test_a10_a_bug_in_a_handler_refuses_its_own_call_and_no_other(line: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_session: Session, _context: Context) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("agi.server.HANDLERS", {**HANDLERS, "broken": broken})
    with serving(line, workers=1) as server, Call(server) as call, Call(server) as other:
        call.ask("broken")
        assert call.answer() == {}
        other.admit()
        assert other.answer()["LINE_DECISION"] == "admit"


def test_when_all_workers_are_stuck_as_many_calls_wait_and_the_next_is_turned_away_at_once(line: Store) -> None:
    with serving(line, workers=2, seconds=30) as server, contextlib.ExitStack() as stack:
        stuck = [stack.enter_context(Call(server)) for _ in range(2)]
        waiting = [stack.enter_context(Call(server)) for _ in range(2)]
        for call in waiting:
            call.admit()
        # Calls are accepted in the order in which they came: those before these two have all places.
        turned_away = [stack.enter_context(Call(server)) for _ in range(2)]
        assert [call.command() for call in turned_away] == ["", ""]
        # A place that becomes free is the next one's, and those who waited are served.
        for call in stuck:
            call.hang_up()
        assert [call.answer()["LINE_DECISION"] for call in waiting] == ["admit", "admit"]
        assert health(server)


def test_stop_lets_a_conversation_come_to_its_end_and_begins_no_new_one(line: Store) -> None:
    with serving(line) as server, Call(server) as call:
        call.admit()
        assert call.variables()["LINE_DECISION"] == "admit"
        server.stop()
        assert refused(server)
        call.reply()
        assert call.command() == ""


def refused(server: Server) -> bool:
    """Whether a new connection gets no answer."""
    try:
        return not health(server)
    except OSError:
        return True


def test_stop_ends_a_server_to_which_nobody_talks(line: Store) -> None:
    before = set(threading.enumerate())
    started = time.monotonic()
    with serving(line) as server:
        assert health(server)
    assert time.monotonic() - started < 3
    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address)
