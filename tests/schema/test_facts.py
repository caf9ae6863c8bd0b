"""What witnesses saw is appended and never rewritten; the same fact twice is one (E4)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from consultation.evidence import DialStatus, Fact, Kind, Leg
from schema.engine import ConflictError, Store
from schema.models import CallFact
from schema.queries.calls import Sighting, add_facts, facts_of

CHANNEL = "line1-1764000000.42"
CLIENT_CHANNEL = "line1-1764000001.43"
SEEN_AT = datetime(2026, 5, 4, 9, 0, 10, 123456, tzinfo=UTC)

ENTERED = Sighting("ami", CHANNEL, CHANNEL, Fact(Kind.BRIDGE_ENTER, Leg.PROVIDER, SEEN_AT, bridge="one"))
DIALLED = Sighting("ami", CHANNEL, CLIENT_CHANNEL, Fact(Kind.DIALLED, Leg.CLIENT, SEEN_AT, dial_status=DialStatus.BUSY))
GONE = Sighting("ami", CHANNEL, CLIENT_CHANNEL, Fact(Kind.HANGUP, Leg.CLIENT, SEEN_AT, cause=17))
ELSEWHERE = Sighting("ami", "line1-1764000002.44", "line1-1764000002.44", ENTERED.fact)


def rows(store: Store) -> int | None:
    """How many facts are kept."""
    with store.transaction() as session:
        return session.scalar(select(func.count()).select_from(CallFact))


def test_e4_facts_come_back_as_they_were_seen_each_with_its_call_and_leg(store: Store) -> None:
    with store.transaction() as session:
        add_facts(session, [ENTERED, DIALLED, GONE, ELSEWHERE])
    with store.transaction() as session:
        assert set(facts_of(session, CHANNEL)["ami"]) == {ENTERED.fact, DIALLED.fact, GONE.fact}


def test_e4_the_same_fact_twice_is_one(store: Store) -> None:
    with store.transaction() as session:
        add_facts(session, [ENTERED, ENTERED])
    with store.transaction() as session:
        add_facts(session, [GONE, ENTERED])
    assert rows(store) == 2


def test_e4_two_witnesses_of_one_thing_are_two(store: Store) -> None:
    with store.transaction() as session:
        add_facts(session, [ENTERED, replace(ENTERED, witness="cel")])
    assert rows(store) == 2


def test_e4_a_fact_that_is_there_stays_as_it_was(store: Store) -> None:
    with store.transaction() as session:
        add_facts(session, [GONE])
        add_facts(session, [replace(GONE, fact=replace(GONE.fact, cause=16))])
        assert facts_of(session, CHANNEL) == {"ami": [GONE.fact]}


def test_e4_nothing_seen_is_nothing_added(store: Store) -> None:
    with store.transaction() as session:
        add_facts(session, [])
    assert rows(store) == 0


@pytest.mark.parametrize("change", ["cause = 16", "occurred_at = now()", "channel = 'other'", "recorded_at = now()"])
def test_e4_the_database_refuses_to_rewrite_a_fact(store: Store, change: str) -> None:
    with store.transaction() as session:
        add_facts(session, [GONE])
    with pytest.raises(ConflictError, match="facts_stay"), store.transaction() as session:
        session.execute(text(f"UPDATE call_facts SET {change}"))


def test_p2_facts_can_be_deleted_when_their_time_is_over(store: Store) -> None:
    with store.transaction() as session:
        add_facts(session, [GONE])
        session.execute(text("DELETE FROM call_facts"))
    assert rows(store) == 0
