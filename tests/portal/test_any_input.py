"""Whatever is sent, the answer is one that the contract knows."""

from typing import Any

from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.portal.conftest import ADA, appointment_body, provider_body

BODIES: dict[str, dict[str, Any]] = {
    "providers/p-1": provider_body(ADA),
    "clients/c-1": {"name": "Ben Ode", "number": ADA},
    "appointments/a-1": appointment_body(),
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
instants = st.builds(
    "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}".format,
    st.integers(0, 9999),
    *[st.integers(0, 61)] * 5,
    st.sampled_from(["Z", "", "+14:00", "-12:00", "+99:99", ".5z"]),
)
numbers = st.from_regex(r"\A(tel:)?\+?[0-9 ()x;.-]{0,20}\Z")
unchecked = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@unchecked
@given(st.sampled_from(sorted(BODIES)), st.data())
def test_any_value_in_any_field_is_judged_without_the_database(
    severed: TestClient, path: str, data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(sorted(BODIES[path])))
    value = data.draw(json_values | instants | numbers)
    answer = severed.put(f"/v1/{path}", json=BODIES[path] | {field: value})
    # 503: all of it was acceptable, and this API has no database.
    assert answer.status_code in (422, 503)
    for error in answer.json().get("errors", ()):
        assert error["field"].startswith(field) or error["field"] == "ends_at"
        assert error["reason"] != "cannot be accepted"


@unchecked
@given(json_values)
def test_any_body_is_judged_without_the_database(severed: TestClient, body: Any) -> None:
    for path in BODIES:
        answer = severed.put(f"/v1/{path}", json=body)
        assert answer.status_code == 422
        assert all(error["reason"] != "cannot be accepted" for error in answer.json()["errors"])


@unchecked
@given(st.text(min_size=1))
def test_any_line_number_is_judged_without_the_database(severed: TestClient, text: str) -> None:
    encoded = "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))
    answer = severed.put(f"/v1/line-numbers/{encoded}")
    assert answer.status_code in (404, 422, 503)  # 404: a slash in it makes it another address


@unchecked
@given(st.sampled_from(["decision", "since", "limit", "before", "else"]), st.text() | instants | st.uuids().map(str))
def test_any_query_is_judged_without_the_database(severed: TestClient, name: str, value: str) -> None:
    answer = severed.get("/v1/calls", params={name: value})
    assert answer.status_code in (422, 503)
    assert all(error["reason"] != "cannot be accepted" for error in answer.json().get("errors", ()))
