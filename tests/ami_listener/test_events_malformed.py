"""An event that Asterisk would not send is told from one that it sends, and by its field, not by its value (P1)."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ami_listener.events import MalformedEventError, Unavailable, read
from consultation.evidence import DialStatus
from schema.queries.calls import Sighting
from tests.ami_listener.recordings import events

Fields = Mapping[str, Any]

ORDINARY: dict[str, Fields] = {
    **{event["Event"]: event for event in events("connected")},
    **{event["Event"]: event for event in events("unavailable") if event["Event"] == "UserEvent"},
}
LEG = ["Event", "Linkedid", "Uniqueid", "Timestamp"]
DIALLED_LEG = ["Event", "DestLinkedid", "DestUniqueid", "Timestamp"]
NEEDED = {
    "DialState": DIALLED_LEG,
    "DialEnd": [*DIALLED_LEG, "DialStatus"],
    "BridgeEnter": [*LEG, "BridgeUniqueid"],
    "BridgeLeave": [*LEG, "BridgeUniqueid"],
    "HangupRequest": LEG,
    "Hangup": LEG,
    "UserEvent": ["Event", "Uniqueid", "Timestamp"],
}
each_needed_field = pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, fields in NEEDED.items() for field in fields]
)
OPTIONAL = [("Hangup", "Cause"), ("HangupRequest", "Cause"), ("UserEvent", "Caller"), ("UserEvent", "Dialled")]


def complaint(event: Fields) -> str:
    """What is said of a malformed event."""
    with pytest.raises(MalformedEventError) as refused:
        read(event)
    return str(refused.value)


@each_needed_field
def test_a_field_that_is_missing_is_named(name: str, field: str) -> None:
    assert field in complaint({key: value for key, value in ORDINARY[name].items() if key != field})


@each_needed_field
def test_a_field_that_is_empty_is_named(name: str, field: str) -> None:
    assert field in complaint({**ORDINARY[name], field: ""})


@each_needed_field
def test_a_field_that_comes_twice_is_named_for_somebody_slipped_one_in(name: str, field: str) -> None:
    said = complaint({**ORDINARY[name], field: [ORDINARY[name][field], "+14155550177"]})
    assert field in said
    assert "0177" not in said


@pytest.mark.parametrize(("name", "field"), OPTIONAL)
def test_a_field_that_may_be_missing_must_not_come_twice_either(name: str, field: str) -> None:
    read({key: value for key, value in ORDINARY[name].items() if key != field})
    assert field in complaint({**ORDINARY[name], field: ["16", "16"]})


# What Python would take for a number, or come to grief over.
TIMES = ["x", "-1.5", "+1.5", "NaN", "sNaN", "Infinity", "-Infinity", "1e400", "1e999999999", "1_0", "0x10", "١٢٣"]
TIMES += ["1.5 ", "1.5\n", ".", "1.", ".5", "9" * 30, "1." + "9" * 30]


@pytest.mark.parametrize("timestamp", TIMES)
def test_a_timestamp_that_is_no_instant_is_named_and_not_repeated(timestamp: str) -> None:
    said = complaint({**ORDINARY["Hangup"], "Timestamp": timestamp})
    assert said == "Timestamp is not seconds since the epoch"


def test_a_dial_status_that_nobody_knows_is_named_and_not_repeated() -> None:
    said = complaint({**ORDINARY["DialEnd"], "DialStatus": "+14155550177"})
    assert "DialStatus" in said
    assert "0177" not in said


@pytest.mark.parametrize("status", DialStatus)
def test_every_dial_status_that_asterisk_documents_is_understood(status: DialStatus) -> None:
    found = read({**ORDINARY["DialEnd"], "DialStatus": str(status)})
    assert isinstance(found, Sighting)
    assert found.fact.dial_status is status


@pytest.mark.parametrize("cause", ["", "x", "-1", "1.5", "9999", "9" * 5000, "١٦", " 16"])
def test_e4_an_end_without_a_usable_cause_is_an_end_all_the_same(cause: str) -> None:
    found = read({**ORDINARY["Hangup"], "Cause": cause})
    assert isinstance(found, Sighting)
    assert found.fact.cause is None


values = st.one_of(
    st.text(),
    st.lists(st.text(), min_size=2, max_size=3),
    st.sampled_from([*TIMES, "ANSWER", "RINGING", "LineUnavailable", "1795458785.099942", "16", *ORDINARY]),
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(event=st.sampled_from(sorted(ORDINARY)), data=st.data())
def test_whatever_stands_in_an_event_it_is_read_or_malformed(event: str, data: st.DataObject) -> None:
    fields = dict(ORDINARY[event])
    for field in data.draw(st.sets(st.sampled_from(sorted({*fields, "Cause", "Caller", "DialStatus"})), max_size=4)):
        fields[field] = data.draw(values)
    try:
        found = read(fields)
    except MalformedEventError:
        return
    assert found is None or isinstance(found, Sighting | Unavailable)
    if isinstance(found, Unavailable):
        assert {type(found.caller), type(found.dialled)} == {str}
