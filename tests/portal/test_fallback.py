"""While the line is down an appointment shows the client's own number, says why, and every showing is kept (F2, P2)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from portal.line_watch import LineWatch
from runtime.settings import Settings
from schema.engine import Store
from schema.models import Effect, Reveal
from tests.portal.conftest import BEN, LINE, PARTS, Platform, api, observe


def reveals(store: Store) -> list[tuple[str, str, str | None, str, str]]:
    with store.transaction() as session:
        rows = session.scalars(select(Reveal).order_by(Reveal.id))
        return [(row.actor_kind, row.actor, row.appointment_id, row.client_id, row.reason) for row in rows]


def shown_for(reason: str, appointment_id: str = "a-1") -> tuple[str, str, str, str, str]:
    return ("token", "LINE_API_TOKEN", appointment_id, "c-1", reason)


@pytest.mark.parametrize("part", PARTS)
def test_f2_while_a_part_is_down_the_direct_number_is_shown_and_why(
    platform: Platform, store: Store, part: str
) -> None:
    assert platform.book()["contact"]["number"] == LINE
    observe(store, **{part: "down"})
    down = platform.get("appointments/a-1")
    assert down["contact"] == {"kind": "direct", "number": BEN, "reason": "line_down"}
    observe(store)
    assert platform.get("appointments/a-1")["contact"]["number"] == LINE


def test_f2_without_any_observer_the_line_counts_as_down(platform: Platform, store: Store) -> None:
    platform.book()
    with store.transaction() as session:
        session.execute(text("UPDATE line_parts SET seen_at = seen_at - interval '11 s'"))
    assert platform.get("appointments/a-1")["contact"]["reason"] == "line_down"


def test_f2_the_line_number_returns_only_once_the_line_stays_back(settings: Settings, store: Store) -> None:
    with api(settings.model_copy(update={"up_after_seconds": 30}), store) as client:
        platform = Platform(client, store)
        observe(store)
        assert platform.book()["contact"]["reason"] == "line_down"
        state = platform.get("line")
        assert (state["state"], state["holds_until"] is not None) == ("down", True)
        with store.transaction() as session:
            session.execute(text("UPDATE line_parts SET since = since - interval '30 s'"))
        # A PostgreSQL that has just begun must hold as well.
        expected = "up" if _postgres_is_up_for_30_seconds(store) else "down"
        assert platform.get("line")["state"] == expected


def _postgres_is_up_for_30_seconds(store: Store) -> bool:
    with store.transaction() as session:
        return bool(session.scalar(text("SELECT clock_timestamp() - pg_postmaster_start_time() > interval '30 s'")))


def test_f2_p2_every_showing_is_recorded_with_who_and_why_and_no_number(platform: Platform, store: Store) -> None:
    platform.book()
    platform.get("appointments/a-1")
    assert reveals(store) == []
    observe(store, trunk="down")
    platform.get("appointments/a-1")
    platform.get("appointments/a-1")
    platform.appointment()
    platform.appointment("a-2", referred=False)
    assert reveals(store) == [shown_for("line_down")] * 3 + [shown_for("not_referred", "a-2")]
    with store.transaction() as session:
        kept = session.scalar(text("SELECT string_agg(reveals::text, '') FROM reveals"))
    assert BEN[1:] not in kept


def test_f2_nothing_that_is_not_in_force_is_revealed(platform: Platform, store: Store) -> None:
    platform.book()
    observe(store, trunk="down")
    assert platform.cancel().json()["contact"] is None
    assert platform.get("appointments/a-1")["contact"] is None
    assert reveals(store) == []


def test_f2_no_record_no_number(platform: Platform, store: Store) -> None:
    platform.book()
    observe(store, trunk="down")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE reveals ADD CONSTRAINT full_disk CHECK (false)")
    answer = platform.client.get("/v1/appointments/a-1")
    assert answer.status_code == 409
    assert BEN[1:] not in answer.text


def test_f1_a_watch_has_each_change_told_once_and_since_when_survives_the_hold(
    platform: Platform, store: Store, settings: Settings
) -> None:
    watches = [LineWatch(store, hold_of(settings)) for _ in range(2)]
    for states in ({}, {"trunk": "down"}, {"trunk": "down"}, {}):
        observe(store, **states)
        for watch in watches:
            watch.once()
    with store.transaction() as session:
        told = session.scalars(select(Effect.event_type).order_by(Effect.id)).all()
    assert told == ["line.up", "line.down", "line.up"]


def hold_of(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.up_after_seconds)
