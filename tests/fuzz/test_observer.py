"""What watches must see: each kind of violation, brought about once, is told."""

from __future__ import annotations

import os
import socket
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from runtime.settings import load
from schema.engine import Store
from schema.keyring import keyring_of
from tests.agi.platform_side import CLIENT, book
from tests.agi.wire import CALLER
from tests.fuzz import alone, complaints, process
from tests.fuzz.attempts import Attempts
from tests.fuzz.logs import Logs
from tests.fuzz.records import Records
from tests.fuzz.sip.carrier import Outbound
from tests.fuzz.sip.world import LINE_NUMBER, Booked


@pytest.fixture
def records(store: Store, database_url: str) -> Any:
    """The records of a line on which one consultation is open now."""
    book(store)
    made = Records(database_url, keyring_of(load()))
    made.booked.append(Booked(CALLER, CLIENT))
    yield made
    made.close()


def test_p1_a_number_in_any_log_is_seen_and_not_repeated(tmp_path: Path) -> None:
    log = tmp_path / "asterisk/log/messages"
    log.parent.mkdir(parents=True)
    log.write_text("[x] ERROR[1] res_pjsip.c: nothing\n")
    logs = Logs(tmp_path)
    assert logs.read() == []
    with log.open("a") as more:
        more.write("[x] ERROR[1] res_pjsip.c: INVITE sip:%2B14152100001@127.0.0.1\n[x] half of a line 4152100002")
    (said,) = logs.read()
    assert "2100001" not in said
    assert logs.read() == []


def test_p1_the_random_id_of_a_call_is_no_number(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log/agi.log").write_text('{"call_id": "0dc91c28-6e7a-450a-9c8a-3f4152100001"}\n')
    assert Logs(tmp_path).read() == []


def test_a_complaint_that_nobody_explained_is_told_once() -> None:
    kinds = Counter({"asterisk ERROR astobj2.c bad magic": 2, "agi.log warning unknown_script": 5})
    (said,) = complaints.unknown(kinds)
    assert "bad magic" in said
    assert complaints.unknown(kinds) == []


@pytest.mark.parametrize(
    ("invite", "wrong"),
    [
        (Outbound("a", CLIENT, CALLER, CALLER, LINE_NUMBER), False),
        (Outbound("a", "+14152109999", CALLER, CALLER, LINE_NUMBER), True),
        (Outbound("a", CLIENT, "+14152109999", CALLER, LINE_NUMBER), True),
        (Outbound("a", CLIENT, CALLER, "", LINE_NUMBER), True),
        (Outbound("a", CLIENT, CALLER, CALLER, ""), True),
    ],
)
def test_a10_c1_an_invite_that_the_rules_do_not_allow_is_seen(records: Records, invite: Outbound, wrong: bool) -> None:
    assert bool(records.left(invite)) is wrong


def test_a10_a_call_that_left_the_line_and_was_never_admitted_is_seen(records: Records) -> None:
    records.begin()
    assert records.left(Outbound("a", CLIENT, CALLER, CALLER, LINE_NUMBER)) == []
    (said,) = records.look(b"INVITE")
    assert "0 calls were admitted" in said


def test_a12_a_refusal_of_asterisks_own_that_nobody_recorded_is_seen(records: Records, tmp_path: Path) -> None:
    (tmp_path / "line.json").write_text('{"eventtype":"LINE_UNAVAILABLE","linkedid":"line1-1.2"}\n{"eventtype":"HAN')
    attempts = Attempts(tmp_path)
    attempts.read()
    attempts.read()
    assert attempts.seen == 1
    assert records.unrecorded(attempts) == ["1 calls that no server decided on are not recorded"]


def test_threads_files_and_connections_are_counted_by_the_kernel() -> None:
    before = process.holding(os.getpid())
    done = threading.Event()
    worker = threading.Thread(target=done.wait)
    worker.start()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert process.tcp_connections(port) == 0
        with socket.create_connection(("127.0.0.1", port)):
            assert process.tcp_connections(port) == 1
            held = process.holding(os.getpid())
    done.set()
    worker.join()
    assert held.threads >= before.threads + 1
    assert held.files >= before.files + 2
    assert (held.pid, held.started) == (before.pid, before.started)


def test_memory_that_grows_after_the_first_batches_is_told() -> None:
    warm = [50.0, *[60.0] * 19]
    assert alone.grown([*warm, 61, 70, 80]) == []
    assert alone.grown([*warm, 61, 70, 120]) != []
