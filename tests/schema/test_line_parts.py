"""The line knows how its parts are, each with since when (F1)."""

from datetime import timedelta

from sqlalchemy import text

from schema.engine import Store
from schema.queries.line import FRESH, clock, observe, parts


def test_f1_a_part_is_as_it_was_last_seen(store: Store) -> None:
    with store.transaction() as session:
        before = clock(session)
        observe(session, {"asterisk": "up", "trunk": "down"})
        now, seen = parts(session)
    assert {part: state.state for part, state in seen.items()} == {"asterisk": "up", "trunk": "down"}
    assert all(before <= state.since <= state.seen_at <= now for state in seen.values())


def test_f1_since_moves_only_when_the_state_changes(store: Store) -> None:
    with store.transaction() as session:
        observe(session, {"asterisk": "up"})
        first = parts(session)[1]["asterisk"]
        observe(session, {"asterisk": "up"})
        again = parts(session)[1]["asterisk"]
        observe(session, {"asterisk": "down"})
        changed = parts(session)[1]["asterisk"]
    assert again.since == first.since < again.seen_at
    assert again.seen_at < changed.since <= changed.seen_at


def test_f1_what_was_never_observed_is_not_there(store: Store) -> None:
    with store.transaction() as session:
        assert parts(session)[1] == {}


def test_f1_f2_what_nobody_vouched_for_meanwhile_is_up_since_it_was_seen_again(store: Store) -> None:
    with store.transaction() as session:
        observe(session, {"asterisk": "up", "trunk": "up"})
        session.execute(
            text("UPDATE line_parts SET since = since - :away, seen_at = seen_at - :away WHERE part = 'trunk'"),
            {"away": FRESH + timedelta(seconds=1)},
        )
        before = clock(session)
        observe(session, {"asterisk": "up", "trunk": "up"})
        _, seen = parts(session)
    assert seen["asterisk"].since < before < seen["trunk"].since
