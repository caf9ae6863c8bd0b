"""The line knows how its parts are, each with since when (F1)."""

from schema.engine import Store
from schema.queries.line import clock, observe, parts


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
