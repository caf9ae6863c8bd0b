"""Everything but calls that a number passes through: texts, the API, the pages."""

from __future__ import annotations

from typing import Any

import httpx

from tests.calls.no_number_in_logs.calls import Stage
from tests.calls.scene import HERE, LINE_NUMBER

TEXTS = HERE / "texts" / "provider_texts.xml"


def texts(stage: Stage) -> None:
    """Texts that come in, of words and of numbers."""
    for body in ("STOP", "START", f"call me at {stage.number()}", f"STOP {stage.number()}"):
        assert stage.provider(TEXTS, [(stage.number(), LINE_NUMBER, body)]).finish()


def through_the_api(stage: Stage) -> None:
    """Numbers that cannot be accepted; what the API answers is said to have been said."""
    booking, settings = stage.book(), stage.line
    taken = {"name": "P", "time_zone": "UTC", "caller_numbers": [{"number": booking.caller_number, "label": "x"}]}
    strange = [{"number": f"{stage.number()}999999", "label": stage.number()}]
    requests: list[tuple[str, str, Any]] = [
        ("PUT", "/v1/clients/kind-bad", {"name": "Sam", "number": f"{stage.number()}99999"}),
        ("PUT", "/v1/clients/kind-bad", {"name": "Sam", "number": [stage.number()], stage.number(): 1}),
        ("PUT", "/v1/clients/kind-bad", f'{{"number": "{stage.number()}"'),
        ("PUT", "/v1/providers/kind-taken", taken),
        ("PUT", "/v1/providers/kind-bad", {**taken, "caller_numbers": strange, "time_zone": stage.number()}),
        ("PUT", f"/v1/line-numbers/{stage.number()}99999", {}),
        ("PUT", f"/v1/line-numbers/{stage.number().replace('+', '%2B')}x", {}),
        ("GET", f"/v1/appointments/{stage.number()}", None),
        ("GET", f"/v1/nothing/{stage.number()}?caller={stage.number()}", None),
        ("GET", f"/v1/calls?decision={stage.number()}&since={stage.number()}", None),
        ("POST", f"/v1/appointments/{booking.appointment_id}/status", {"occurred": stage.number()}),
        ("POST", "/v1/texts", {"from": stage.number(), "text": stage.number()}),
    ]
    with httpx.Client(base_url=settings.api_url, headers={"Authorization": f"Bearer {settings.api_token}"}) as http:
        for method, path, body in requests:
            sent = {"content": body, "headers": {"Content-Type": "application/json"}} if isinstance(body, str) else {}
            answer = http.request(method, path, **(sent or {"json": body}))  # type: ignore[arg-type]
            assert answer.status_code in (200, 404, 409, 422), (answer.status_code, path[:12])
            stage.said.append(str(answer.headers).encode() + answer.content)
        stage.said.append(http.get("/metrics").raise_for_status().content)


def on_the_pages(stage: Stage) -> None:
    """A provider looks at their clients' numbers: shown to them, and written down nowhere."""
    booking = stage.book()
    link = stage.platform.post(f"/v1/providers/{booking.appointment_id}/portal-sessions")["url"]
    with httpx.Client(base_url=stage.line.api_url, follow_redirects=True) as browser:
        browser.get(httpx.URL(link).path).raise_for_status()
        own_site = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        browser.post(httpx.URL(link).path, data={"csrf": ""}, headers=own_site).raise_for_status()
        shown = browser.get(f"/p/clients/{booking.appointment_id}").raise_for_status().text
        assert f"tel:{booking.client_number}" in shown
        browser.get(f"/p/appointments/{booking.appointment_id}/contact").raise_for_status()
        browser.get(f"/p/clients/{stage.number()}")
        browser.get(f"/p/appointments?before={stage.number()}")
