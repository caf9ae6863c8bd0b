"""A row that Asterisk would not write is told from one that it writes, and nothing of it is repeated (P1)."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_listener.cel import MalformedRowError, read_row
from ami_listener.events import Unavailable
from consultation.evidence import Kind
from schema.queries.calls import Sighting
from tests.ami_listener.cel_rows import hangup, row

NUMBER = "+14155550177"
ORDINARY: dict[str, dict[str, Any]] = {
    event: json.loads(row(event, 1, extra=extra))
    for event, extra in {
        "ANSWER": "",
        "BRIDGE_ENTER": '{"bridge_id":"one"}',
        "BRIDGE_EXIT": '{"bridge_id":"one"}',
        "HANGUP": hangup(16, "provider", "BUSY"),
        "LINE_UNAVAILABLE": "",
    }.items()
}


def written(fields: dict[str, Any]) -> str:
    """A row of these fields, as Asterisk writes it."""
    return json.dumps(fields, separators=(",", ":"))


def complaint(line: str) -> str:
    """What is said of a malformed row."""
    with pytest.raises(MalformedRowError) as refused:
        read_row(line)
    return str(refused.value)


@pytest.mark.parametrize("event", ORDINARY)
@pytest.mark.parametrize("field", ["eventtime", "uniqueid", "linkedid"])
@pytest.mark.parametrize("value", [None, "", [], {}, 1, True, NUMBER, "x" * 100, "line1-\0", "line1 1", f"{1:0100}.1"])
def test_a_field_that_is_missing_or_strange_is_named_and_not_repeated(event: str, field: str, value: object) -> None:
    said = complaint(written({**ORDINARY[event], field: value}))
    assert said == f"no {field}"


@pytest.mark.parametrize("bridge", [None, "", 1, [], {"a": 1}, NUMBER, "a b", "\0"])
def test_a_bridge_without_a_name_is_no_bridge(bridge: object) -> None:
    extra = json.dumps({"bridge_id": bridge})
    assert complaint(written({**ORDINARY["BRIDGE_ENTER"], "eventextra": extra})) == "no bridge_id"


@pytest.mark.parametrize("cause", [None, "16", "", -1, 1000, 10**40, 1.5, True, [], {}, float("inf")])
def test_e4_an_end_without_a_usable_cause_is_an_end_all_the_same(cause: object) -> None:
    extra = json.dumps({"hangupcause": cause, "hangupsource": [], "dialstatus": {}})
    (found,) = read_row(written({**ORDINARY["HANGUP"], "eventextra": extra}))
    assert isinstance(found, Sighting)
    assert (found.fact.kind, found.fact.cause) == (Kind.HANGUP, None)


@pytest.mark.parametrize("extra", ["x", "[]", "1", "null", "{", '"x"', "[" * 100_000, "9" * 5000])
def test_details_that_are_none_make_the_row_malformed(extra: str) -> None:
    complaint(written({**ORDINARY["HANGUP"], "eventextra": extra}))


def test_a_life_of_asterisk_that_is_no_word_is_none() -> None:
    strange: list[object] = [NUMBER, None, [], "x" * 100]
    for value in strange:
        (found,) = read_row(written({**ORDINARY["LINE_UNAVAILABLE"], "accountcode": value}))
        assert found.asterisk_start == ""


LINES = ["", "\0" * 5000, "[]", "null", "1", '"x"', "{}", '{"eventtype":', '{"eventtype":{}', '{"eventtype":"HANGUP"}']
LINES += ['{"eventtype":' * 3, '{"eventtype":' + "[" * 100_000, '{"eventtype":' + "9" * 5000 + "}", "ÿþ\ud800"]


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_what_is_no_row_is_malformed(line: str) -> None:
    complaint(line)


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.sampled_from([*ORDINARY, "BUSY", "1795470355.099942", "line1-1.0", "16", hangup(17), '{"bridge_id":"x"}']),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=5,
)


@settings(deadline=None)
@given(event=st.sampled_from(sorted(ORDINARY)), data=st.data())
def test_whatever_stands_in_a_row_it_is_read_or_malformed(event: str, data: st.DataObject) -> None:
    fields = dict(ORDINARY[event])
    for field in data.draw(st.sets(st.sampled_from(sorted(fields)), max_size=4)):
        fields[field] = data.draw(values)
    _read_or_malformed(written(fields))


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(), st.sampled_from([written(fields) for fields in ORDINARY.values()])), max_size=4))
def test_whatever_stands_in_a_line_it_is_read_or_malformed(pieces: list[str]) -> None:
    line = "".join(pieces)
    _read_or_malformed(line)
    _read_or_malformed(line[: len(line) // 2])


def _read_or_malformed(line: str) -> None:
    try:
        found = read_row(line)
    except MalformedRowError:
        return
    assert all(isinstance(entry, Sighting | Unavailable) for entry in found)


@pytest.mark.parametrize("value", [[], {}, ["HANGUP"], None, 1])
def test_an_event_that_is_no_word_is_named_and_not_looked_up(value: object) -> None:
    assert "eventtype" in complaint(written({**ORDINARY["HANGUP"], "eventtype": value}))


@pytest.mark.parametrize("status", [[], {}, ["BUSY"], None, 1])
def test_e4_an_end_whose_dial_status_is_no_word_is_an_end_all_the_same(status: object) -> None:
    extra = json.dumps({"hangupcause": 16, "hangupsource": "", "dialstatus": status})
    (found,) = read_row(row("HANGUP", 1, extra=extra))
    assert isinstance(found, Sighting)
    assert found.fact.kind is Kind.HANGUP
