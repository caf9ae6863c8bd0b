"""The line went up, the line went down: each once, whoever saw it (F1)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text

from schema.engine import ConflictError, Store, Transaction
from schema.models import Effect, LineState
from schema.queries.line import clock, last_state, note_state


def note(session: Transaction, state: str, *down_parts: str) -> bool:
    return note_state(session, state, clock(session), down_parts)


def told(session: Transaction) -> list[tuple[str, dict[str, Any]]]:
    rows = session.execute(select(Effect.event_type, Effect.payload).order_by(Effect.id))
    return [(row.event_type, row.payload) for row in rows]


def test_f1_each_change_is_written_and_told_once(store: Store) -> None:
    with store.transaction() as session:
        seen = [("up",), ("up",), ("down", "trunk"), ("down", "trunk", "asterisk"), ("up",), ("up",)]
        assert [note(session, *entry) for entry in seen] == [True, False, True, False, True, False]
        assert [(kind, payload["down_parts"]) for kind, payload in told(session)] == [
            ("line.up", []),
            ("line.down", ["trunk"]),
            ("line.up", []),
        ]


def test_f1_a_new_line_was_never_down(store: Store) -> None:
    with store.transaction() as session:
        assert not note(session, "down", "listener")
        assert last_state(session) is None


def test_f1_of_ten_who_see_the_same_change_at_once_one_writes_it(store: Store, database_url: str) -> None:
    with store.transaction() as session:
        note(session, "up")
    many = Store(database_url, pool=10)

    def see(_: int) -> bool:
        with many.transaction() as session:
            return note(session, "down", "trunk")

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(see, range(10))) == [False] * 9 + [True]
    many.close()
    with store.transaction() as session:
        assert [kind for kind, _ in told(session)] == ["line.up", "line.down"]


def test_f1_what_was_written_stays(store: Store) -> None:
    with store.transaction() as session:
        note(session, "up")
    with pytest.raises(ConflictError, match="line_states_stay"), store.transaction() as session:
        session.execute(text("UPDATE line_states SET state = 'down'"))
    with store.transaction() as session:
        assert [row.state for row in session.scalars(select(LineState))] == ["up"]
