"""The API with its token, and a platform that keeps providers, clients and appointments there."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from consultation.numbers import PhoneNumber
from portal.app import create_app
from runtime.settings import Settings, load
from schema.engine import Store
from schema.models import Call
from schema.queries import appointments, line
from tests.portal.log import logged

with warnings.catch_warnings():
    # Starlette would rather have httpx2, which is not among our dependencies.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

__all__ = ["logged"]  # a fixture from elsewhere

TOKEN = "a-token-of-these-tests"
# To come, by the database's clock: nothing booked here is overdue.
STARTS = datetime(2126, 3, 1, 17, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(minutes=30)

LINE = "+14155550199"
OTHER_LINE = "+14155550198"
ADA = "+14155550100"
BOB = "+14155550101"
BEN = "+14155550123"


@pytest.fixture
def settings() -> Settings:
    """The defaults, whatever the environment says, with a token."""
    return load(
        _env_file=None,
        api_token=TOKEN,
        default_region="US",
        opens_before_seconds=60,
        closes_after_seconds=60,
        up_after_seconds=0,
    )


@pytest.fixture
def client(settings: Settings, store: Store) -> Iterator[TestClient]:
    """A client of the API that shows the token."""
    with api(settings, store) as client:
        yield client


@contextmanager
def api(settings: Settings, store: Store) -> Iterator[TestClient]:
    """A client, with the token, of an API with these settings."""
    with TestClient(create_app(settings, store), headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client


@pytest.fixture
def severed(settings: Settings) -> Iterator[TestClient]:
    """A client of an API whose database is down: its address is a port where nothing listens."""
    store = Store("postgresql://line@127.0.0.1:1/line")
    with api(settings, store) as client:
        yield client
    store.close()


class Platform:
    """The scheduling platform: what it puts, with defaults for what a test does not care about."""

    def __init__(self, client: TestClient, store: Store) -> None:
        self.client = client
        self.store = store

    def put(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """A PUT with a JSON body, or without any."""
        answer: httpx.Response = self.client.put(f"/v1/{path}", json=body)
        return answer

    def get(self, path: str, **query: Any) -> Any:
        """What a GET that must succeed returns."""
        answer: httpx.Response = self.client.get(f"/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def cancel(self, appointment_id: str = "a-1") -> httpx.Response:
        """Cancel an appointment."""
        answer: httpx.Response = self.client.post(f"/v1/appointments/{appointment_id}/cancel")
        return answer

    def line_number(self, number: str = LINE) -> httpx.Response:
        """Add a number to the pool."""
        return self.put(f"line-numbers/{number}")

    def provider(self, provider_id: str = "p-1", *numbers: str, **changes: Any) -> httpx.Response:
        """Put a provider who dials from these numbers."""
        return self.put(f"providers/{provider_id}", provider_body(*numbers) | changes)

    def client_(self, client_id: str = "c-1", **changes: Any) -> httpx.Response:
        """Put a client."""
        return self.put(f"clients/{client_id}", {"name": "Ben Ode", "number": BEN} | changes)

    def appointment(self, appointment_id: str = "a-1", **changes: Any) -> httpx.Response:
        """Put an appointment of provider p-1 with client c-1."""
        return self.put(f"appointments/{appointment_id}", appointment_body() | changes)

    def book(self, appointment_id: str = "a-1", **changes: Any) -> dict[str, Any]:
        """Put an appointment with all it needs, and return it."""
        self.line_number()
        self.provider("p-1", ADA)
        self.client_()
        answer = self.appointment(appointment_id, **changes)
        assert answer.status_code == 201, answer.text
        booked: dict[str, Any] = answer.json()
        return booked

    def refused_call(self, arrived_at: datetime, reason: str = "too_early") -> str:
        """A call that the line refused; returns its id."""
        return self._call(arrived_at, decision="refused", reason=reason, disposition="refused")

    def admitted_call(self, appointment_id: str, arrived_at: datetime, **changes: Any) -> str:
        """A call that the line admitted to the appointment's current occurrence; returns its id."""
        with self.store.transaction() as session:
            booked = appointments.get(session, appointment_id)
        assert booked is not None
        return self._call(arrived_at, decision="admitted", consultation_id=booked.consultation.id, **changes)

    def _call(self, arrived_at: datetime, **values: Any) -> str:
        call_id: UUID = uuid4()
        with self.store.transaction() as session:
            session.add(
                Call(
                    id=call_id,
                    channel=f"line1-{call_id}",
                    caller=PhoneNumber(ADA),
                    line_number=PhoneNumber(LINE),
                    arrived_at=arrived_at,
                    decided_on={},
                    **values,
                )
            )
        return str(call_id)


@pytest.fixture
def platform(client: TestClient, store: Store) -> Platform:
    """The platform, at work on an empty line that is up."""
    observe(store)
    return Platform(client, store)


PARTS = ("asterisk", "trunk", "admission", "listener")


def observe(store: Store, **states: str) -> None:
    """What the listener would write now: every part up, but for these."""
    with store.transaction() as session:
        line.observe(session, dict.fromkeys(PARTS, "up") | states)


def provider_body(*numbers: str) -> dict[str, Any]:
    """A provider who dials from these numbers."""
    return {
        "name": "Dr. Ada Finch",
        "time_zone": "America/New_York",
        "caller_numbers": [{"number": number, "label": "mobile"} for number in numbers],
    }


def appointment_body() -> dict[str, Any]:
    """A referred appointment of half an hour."""
    return {
        "provider_id": "p-1",
        "client_id": "c-1",
        "starts_at": STARTS.isoformat(),
        "ends_at": ENDS.isoformat(),
        "referred": True,
    }


def digits_of(*numbers: str) -> list[str]:
    """What must stand in no error answer and no log: the numbers' national digits."""
    return [number.removeprefix("+1") for number in numbers]
