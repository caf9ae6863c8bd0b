"""One call through the server, counted: one query, one record, one commit, one command. In that order (A12)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from agi.server import Server
from schema.engine import Store
from tests.agi.asterisk_side import Call, health, serving
from tests.agi.platform_side import CLIENT, OTHER_LINE, STRANGER, book, calls
from tests.agi.wire import CALLER


@contextmanager
def database_traffic(store: Store) -> Iterator[list[str]]:
    """What goes to the database meanwhile: the first word of every statement, and the end of every transaction."""
    seen: list[str] = []

    def statement(_connection: object, _cursor: object, text: str, *_rest: object) -> None:
        words = [word for word in ("INSERT", "UPDATE", "DELETE") if word in text.split()]
        seen.append(words[0] if words else "SELECT")

    def commit(_connection: object) -> None:
        seen.append("COMMIT")

    def rollback(_connection: object) -> None:
        seen.append("ROLLBACK")

    listeners: dict[str, Callable[..., None]] = {
        "before_cursor_execute": statement,
        "commit": commit,
        "rollback": rollback,
    }
    for name, listener in listeners.items():
        event.listen(store.engine, name, listener)
    try:
        yield seen
    finally:
        for name, listener in listeners.items():
            event.remove(store.engine, name, listener)


DECIDED = {CALLER: "admit", STRANGER: "refuse", "": "refuse"}


def test_a12_a_decision_costs_one_query_one_record_one_commit_and_one_command(line: Store, server: Server) -> None:
    for place, (caller, decision) in enumerate(DECIDED.items()):
        with database_traffic(line) as traffic, Call(server) as call:
            call.admit(caller, channel=f"line1-1764000000.{place}")
            # `answer` fails if a second command follows.
            assert call.answer()["LINE_DECISION"] == decision
        assert traffic == ["SELECT", "INSERT", "COMMIT"]


def test_the_decision_is_the_last_variable_so_that_it_stands_for_all(server: Server) -> None:
    for caller in DECIDED:
        with Call(server) as call:
            call.admit(caller)
            assert list(call.answer())[-1] == "LINE_DECISION"


@pytest.mark.parametrize("caller", [CALLER, STRANGER])
def test_a12_the_decision_is_kept_before_asterisk_hears_of_it(database_url: str, server: Server, caller: str) -> None:
    elsewhere = Store(database_url)
    with Call(server) as call:
        call.admit(caller)
        heard = call.variables()
        # The command has arrived and nobody has replied to it: whatever happens now, the record is there.
        (kept,) = calls(elsewhere)
    elsewhere.close()
    assert {"admitted": "admit", "refused": "refuse"}[kept.decision] == heard["LINE_DECISION"]


def test_a12_what_is_kept_is_what_was_decided(line: Store, server: Server) -> None:
    with Call(server) as call:
        call.admit(channel="line1-1764000000.7")
        call.answer()
    (kept,) = calls(line)
    assert (kept.channel, kept.decision, kept.reason, kept.disposition) == (
        "line1-1764000000.7",
        "admitted",
        None,
        None,
    )
    assert kept.caller is not None
    assert kept.line_number is not None
    assert (kept.caller.e164, kept.provider_id, kept.consultation_id is None) == (CALLER, "lee", False)


@pytest.mark.parametrize("refused_first", [True, False])
def test_a12_a_call_that_is_decided_twice_is_kept_once_and_the_last_word_counts(
    store: Store, server: Server, refused_first: bool
) -> None:
    for caller in [STRANGER, CALLER] if refused_first else [CALLER, STRANGER]:
        with Call(server) as call:
            call.admit(caller)
            call.answer()
    (kept,) = calls(store)
    assert (kept.decision, kept.reason, kept.disposition) == (
        ("admitted", None, None) if refused_first else ("refused", "caller_unknown", "refused")
    )


def test_a2_the_arguments_decide_and_the_environment_does_not(server: Server) -> None:
    with Call(server) as call:
        call.admit("", callerid=CALLER, calleridname=CALLER, dnid=OTHER_LINE, callingpres="0")
        assert call.answer()["LINE_REASON"] == "caller_withheld"
    with Call(server) as call:
        call.admit(CALLER, callerid="anonymous", dnid=OTHER_LINE, extension=OTHER_LINE, callingpres="35")
        assert call.answer()["LINE_CLIENT"] == CLIENT


def test_a10_a_caller_who_hangs_up_before_the_answer_leaves_the_decision_on_record(store: Store) -> None:
    book(store)
    with serving(store, workers=1) as server:
        with Call(server) as call:
            call.admit()
            call.variables()
            call.reply("HANGUP")
        assert health(server)
    assert [kept.decision for kept in calls(store)] == ["admitted"]
