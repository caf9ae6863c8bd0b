"""The platform's side of the demo: books a consultation through the HTTP API, and asks what became of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from ops.errors import OperatorError


class Platform:
    """A scheduling system that uses our API."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    def put(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """PUT, and the answer. Raises OperatorError with the API's own words."""
        return self._checked(self._http.put(path, json=body if body is not None else {}))

    def post(self, path: str) -> Any:
        """POST, and the answer."""
        return self._checked(self._http.post(path))

    def get(self, path: str, **query: str) -> Any:
        """GET, and the answer."""
        return self._checked(self._http.get(path, params=query))

    def provider(self, provider_id: str, name: str, *numbers: str) -> None:
        """A provider with these caller numbers."""
        listed = [{"number": number, "label": f"phone {place}"} for place, number in enumerate(numbers, 1)]
        body = {"name": name, "time_zone": "America/Los_Angeles", "caller_numbers": listed}
        self.put(f"/v1/providers/{provider_id}", body)

    def client(self, client_id: str, name: str, number: str) -> None:
        """A client."""
        self.put(f"/v1/clients/{client_id}", {"name": name, "number": number})

    def appointment(
        self,
        appointment_id: str,
        provider_id: str,
        client_id: str,
        *,
        starts_in: timedelta = timedelta(minutes=-5),
        lasts: timedelta = timedelta(minutes=50),
        referred: bool = True,
    ) -> dict[str, Any]:
        """An appointment that starts so long after now; without more, one that is open now."""
        starts_at = datetime.now(UTC) + starts_in
        times = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + lasts).isoformat()}
        body = {"provider_id": provider_id, "client_id": client_id, "referred": referred, **times}
        booked: dict[str, Any] = self.put(f"/v1/appointments/{appointment_id}", body)
        return booked

    def settled_call(self, appointment_id: str, *, number: int = 1, seconds: float = 10) -> dict[str, Any]:
        """The appointment's call of this number, counted from 1, once it has ended and has its outcome.

        Raises OperatorError if that does not happen in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            calls: list[dict[str, Any]] = self.get(f"/v1/appointments/{appointment_id}/calls")
            if len(calls) >= number and calls[number - 1]["disposition"] and calls[number - 1]["ended_at"]:
                return calls[number - 1]
            time.sleep(0.05)
        raise OperatorError(f"call {number} of appointment {appointment_id} got no outcome in {seconds:.0f} s")

    def wait_until_up(self, seconds: float = 20) -> None:
        """Wait until the line says that it is up: before that, an appointment shows the client's own number (F2).

        Raises OperatorError with the line's own words if that does not happen in time.
        """
        deadline = time.monotonic() + seconds
        while (line := self.get("/v1/line"))["state"] != "up":
            if time.monotonic() > deadline:
                raise OperatorError(f"the line was not up after {seconds:.0f} s: {line}")
            time.sleep(0.05)

    def close(self) -> None:
        """Close the connections to the API."""
        self._http.close()

    @staticmethod
    def _checked(answer: httpx.Response) -> Any:
        if answer.is_error:
            raise OperatorError(f"the API answered {answer.status_code}: {answer.text}")
        return answer.json()
