"""Every deed that is to be answered for leaves its row in the audit, and no row holds a number (P2, P1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from runtime.settings import Settings
from schema.engine import Store
from schema.queries import audit, audit_chain, tokens
from schema.scopes import Scope
from tests.portal.conftest import ADA, BEN, BOB, LINE, OTHER_LINE, Platform, api, digits_of, observe

PIN, OTHER_PIN = "4711", "0815"
BY = "token LINE_API_TOKEN"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With pages."""
    return settings.model_copy(update={"portal_url": "https://line.example.org"})


@pytest.fixture(autouse=True)
def whole(store: Store) -> Iterator[None]:
    """Whatever a test did, the audit holds, and neither a number nor a name nor a PIN stands in it."""
    yield
    with store.transaction() as session:
        kept = session.scalar(text("SELECT string_agg(audit::text, ' ' ORDER BY id) FROM audit")) or ""
    unhashed = kept.replace("\n", " ")
    assert not [digits for digits in digits_of(ADA, BOB, BEN, LINE, OTHER_LINE) if digits in unhashed]
    assert not [word for word in ("Ben", "Finch", "mobile", f'"{PIN}"', f'"{OTHER_PIN}"') if word in unhashed]
    with store.transaction() as session:
        assert audit_chain.verify(session).broken is None


def rows(store: Store, *actions: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Who did what to whom."""
    with store.transaction() as session:
        return [
            (f"{row.actor_kind} {row.actor}", row.action, f"{row.subject_kind} {row.subject_id}", row.details)
            for row in audit.listed(session, actions=actions)
        ]


def test_p2_every_profile_that_is_created_leaves_a_row(platform: Platform, store: Store) -> None:
    desk = [{"number": BOB, "label": "desk"}]
    platform.put("practices/elm", {"name": "Elm", "caller_numbers": desk})
    platform.book()
    provider = ["caller_numbers", "language", "name", "pin_always", "pin_when_unverified", "time_zone"]
    assert rows(store) == [
        (BY, "practice.created", "practice elm", {"fields": ["caller_numbers", "name"], "numbers_added": ["…01"]}),
        (BY, "line_number.added", "line_number 1", {"numbers_added": ["…99"]}),
        (BY, "provider.created", "provider p-1", {"fields": provider, "numbers_added": ["…00"]}),
        (BY, "client.created", "client c-1", {"fields": ["name", "number"], "numbers_added": ["…23"]}),
    ]


def test_p2_what_is_put_as_it_was_leaves_no_row(platform: Platform, store: Store) -> None:
    for _ in range(2):
        platform.put("practices/elm", {"name": "Elm", "caller_numbers": [{"number": BOB, "label": "desk"}]})
        platform.line_number()
        platform.client_()
        platform.provider("p-1", ADA, practice_id="elm", pin=PIN, sms_number=BEN)
    platform.provider("p-1", ADA, practice_id="elm", sms_number=BEN)
    assert [row[1].partition(".")[2] for row in rows(store)] == ["created", "added", "created", "created"]


@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({"name": "Dr. Eve"}, {"fields": ["name"]}),
        ({"time_zone": "Europe/Berlin", "language": "de"}, {"fields": ["language", "time_zone"]}),
        ({"pin": OTHER_PIN}, {"fields": ["pin"]}),
        ({"pin_always": True, "pin_when_unverified": True}, {"fields": ["pin_always", "pin_when_unverified"]}),
        ({"practice_id": None}, {"fields": ["practice_id"]}),
        (
            {"sms_number": BOB},
            {"fields": ["sms_number"], "numbers_added": ["…01"], "numbers_removed": ["…23"]},
        ),
        (
            {"caller_numbers": [{"number": BOB, "label": "mobile"}]},
            {"fields": ["caller_numbers"], "numbers_added": ["…01"], "numbers_removed": ["…00"]},
        ),
        ({"caller_numbers": [{"number": ADA, "label": "office"}]}, {"fields": ["caller_numbers"]}),
        ({"caller_numbers": []}, {"fields": ["caller_numbers"], "numbers_removed": ["…00"]}),
    ],
)
def test_p2_a_change_to_a_provider_says_which_fields(
    platform: Platform, store: Store, change: dict[str, Any], details: dict[str, Any]
) -> None:
    platform.put("practices/elm", {"name": "Elm", "caller_numbers": []})
    before = {"practice_id": "elm", "pin": PIN, "sms_number": BEN}
    platform.provider("p-1", ADA, **before)
    answer = platform.provider("p-1", ADA, **before | change)
    assert answer.status_code == 200, answer.text
    assert rows(store, "provider.changed") == [(BY, "provider.changed", "provider p-1", details)]


def test_p2_a_change_to_a_client_or_a_practice_says_which_fields(platform: Platform, store: Store) -> None:
    platform.client_()
    platform.client_(number=BOB)
    platform.client_(number=BOB, name="Benjamin")
    platform.put("practices/elm", {"name": "Elm", "caller_numbers": []})
    platform.put("practices/elm", {"name": "Elm", "caller_numbers": [{"number": ADA, "label": "desk"}]})
    number = {"fields": ["number"], "numbers_added": ["…01"], "numbers_removed": ["…23"]}
    desk = {"fields": ["caller_numbers"], "numbers_added": ["…00"]}
    assert rows(store, "client.changed", "practice.changed") == [
        (BY, "client.changed", "client c-1", number),
        (BY, "client.changed", "client c-1", {"fields": ["name"]}),
        (BY, "practice.changed", "practice elm", desk),
    ]


def test_p2_a_change_that_was_refused_leaves_no_row(platform: Platform, store: Store) -> None:
    platform.provider("p-1", ADA)
    before = rows(store)
    assert platform.provider("p-2", ADA).status_code == 409
    assert rows(store) == before


def test_p2_a_number_that_was_shown_leaves_a_row(platform: Platform, store: Store) -> None:
    platform.book()
    platform.get("appointments/a-1")
    observe(store, trunk="down")
    platform.get("appointments/a-1")
    details = {"reason": "line_down", "appointment_id": "a-1"}
    assert rows(store, "number.shown") == [(BY, "number.shown", "client c-1", details)]


def test_p2_ways_into_a_providers_pages_and_calendar_leave_rows(platform: Platform, store: Store) -> None:
    platform.provider("p-1", ADA)
    link = platform.client.post("/v1/providers/p-1/portal-sessions").json()
    key = platform.client.post("/v1/providers/p-1/calendar-key").json()["url"]
    assert platform.client.post("/v1/providers/nobody/portal-sessions").status_code == 404
    expires_at = datetime.fromisoformat(link["expires_at"])
    told = rows(store)[1:]
    assert [row[:3] for row in told] == [
        (BY, "portal_link.made", "provider p-1"),
        (BY, "calendar_key.made", "provider p-1"),
    ]
    assert datetime.fromisoformat(told[0][3]["expires_at"]) == expires_at
    secrets = (link["url"].rpartition("/")[2], key.rpartition("=")[2])
    assert not [secret for secret in secrets if secret in json.dumps(told)]


def test_p2_a_token_is_written_down_when_made_used_and_revoked(platform: Platform, store: Store) -> None:
    with store.transaction() as session:
        token = tokens.create(session, "app", [Scope.PLATFORM], None)
    mine = {"Authorization": f"Bearer {token}"}
    for _ in range(3):
        assert platform.client.put("/v1/line-numbers/" + LINE, headers=mine).status_code in (200, 201)
    with store.transaction() as session:
        assert tokens.revoke(session, "app")
        assert not tokens.revoke(session, "app")
    for _ in range(3):
        assert platform.client.get("/v1/line", headers=mine).status_code == 401
    assert rows(store) == [
        ("line consultline", "token.created", "token app", {"scopes": ["platform"], "expires_at": None}),
        ("token app", "token.used", "token app", {}),
        ("token app", "line_number.added", "line_number 1", {"numbers_added": ["…99"]}),
        ("line consultline", "token.revoked", "token app", {}),
        ("token app", "token.refused", "token app", {"reason": "revoked"}),
    ]
    with store.transaction() as session:
        assert token.rpartition("_")[2] not in json.dumps(rows(store))


@pytest.mark.parametrize(("before", "used"), [(timedelta(0), 1), (timedelta(minutes=1), 2)])
def test_p2_the_use_of_a_token_is_written_down_once_in_each_hour_of_the_clock(
    platform: Platform, store: Store, before: timedelta, used: int
) -> None:
    last_use = text("UPDATE api_tokens SET last_used_at = date_trunc('hour', clock_timestamp()) - :before")
    with store.transaction() as session:
        token = tokens.create(session, "app", [Scope.READ], None)
    for _ in range(2):
        assert platform.client.get("/v1/line", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        with store.transaction() as session:
            session.execute(last_use, {"before": before})
    assert len(rows(store, "token.used")) == used


def test_p2_an_expired_token_is_written_down_and_a_wrong_one_is_not(platform: Platform, store: Store) -> None:
    with store.transaction() as session:
        token = tokens.create(session, "old", [Scope.READ], datetime.now(UTC) - timedelta(hours=1))
    for text_ in (token, token[:-1] + ("a" if token[-1] != "a" else "b"), "clt_999_" + "x" * 43):
        assert platform.client.get("/v1/line", headers={"Authorization": f"Bearer {text_}"}).status_code == 401
    assert rows(store)[1:] == [("token old", "token.refused", "token old", {"reason": "expired"})]
    with store.transaction() as session:
        session.execute(text("UPDATE api_tokens SET refused_at = refused_at - interval '1 hour'"))
    platform.client.get("/v1/line", headers={"Authorization": f"Bearer {token}"})
    assert len(rows(store, "token.refused")) == 2


@pytest.mark.parametrize("path", ["clients/c-1", "providers/p-1", "practices/elm", f"line-numbers/{OTHER_LINE}"])
def test_p2_no_row_no_deed(platform: Platform, store: Store, settings: Settings, path: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit ADD CONSTRAINT full_disk CHECK (false) NOT VALID")
    bodies = {
        "clients": {"name": "Ben Ode", "number": BEN},
        "providers": {"name": "Dr. Ada Finch", "time_zone": "UTC", "caller_numbers": [{"number": ADA, "label": "x"}]},
        "practices": {"name": "Elm", "caller_numbers": []},
    }
    kind = path.partition("/")[0]
    with api(settings, store) as client:
        assert client.put(f"/v1/{path}", json=bodies.get(kind)).status_code == 409
    with store.transaction() as session:
        assert session.scalar(text(f"SELECT count(*) FROM {kind.replace('-', '_')}")) == 0
