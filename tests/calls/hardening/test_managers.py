"""P3: the manager interface's users: two, each with the rights it needs, from where they are, and no other."""

from __future__ import annotations

import re

import pytest

from ops.asterisk.configuration import EVENTS
from ops.line import Line
from tests.calls.hardening import allowed
from tests.calls.manager_user import ManagerUser, listener, texter
from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Scene


def _console(line: Line, command: str) -> str:
    assert line.asterisk is not None
    return line.asterisk.command(command)


def test_p3_there_are_two_users_with_these_rights(line: Line) -> None:
    said = _console(line, "manager show users")
    assert re.findall(r"^(\w+)\n", said.partition("--------\n")[2], re.MULTILINE) == ["listener", "texter"]
    for user, read, write in (("listener", "system,call,user", "reporting"), ("texter", "<none>", "message")):
        said = _console(line, f"manager show user {user}")
        assert re.findall(r"(?:read|write) perm: (\S+)", said) == [read, write]


@pytest.mark.parametrize("user", ["listener", "texter"])
def test_p3_everybody_is_denied_before_anybody_is_permitted(line: Line, user: str) -> None:
    rules = re.findall(r"^ +\d+: +(deny|allow) - (\S+)$", _console(line, f"manager show user {user}"), re.MULTILINE)
    assert rules[:2] == [("deny", "0.0.0.0/0.0.0.0"), ("deny", "::/::")]
    assert rules[2:] == [("allow", "127.0.0.1/255.255.255.255")]


def test_p3_the_interface_listens_on_a_private_address_alone(line: Line) -> None:
    said = _console(line, "manager show settings")
    assert re.search(rf"TCP Bindaddress: +{re.escape(str(line.settings.ami_address))}\b", said)
    assert re.search(r"TLS Enable: +No", said)
    assert line.settings.ami_address.host == "127.0.0.1"


def test_p3_the_right_password_from_elsewhere_opens_nothing(line: Line) -> None:
    stranger = ManagerUser(line, "listener", line.settings.ami_secret, source="127.0.0.2")
    stranger.close()
    assert "Response: Error" in stranger.welcome
    assert "Authentication failed" in stranger.welcome


def test_p3_the_listener_may_read_and_do_nothing_to_a_call(line: Line) -> None:
    user = listener(line)
    rights = user.rights()
    user.close()
    with_a_right = {name for name, right in rights.items() if right != "<none>"}
    assert {"CoreShowChannels", "DeviceStateList"} <= with_a_right
    assert with_a_right - allowed.REPORTING == set()
    assert set(rights) - with_a_right - allowed.WITHOUT_A_RIGHT == set()


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("Originate", {"Channel": "PJSIP/+14155550123@trunk", "Application": "Hangup"}),
        ("Redirect", {"Channel": "PJSIP/trunk-00000001", "Context": "connect", "Exten": "s", "Priority": "1"}),
        ("Atxfer", {"Channel": "PJSIP/trunk-00000001", "Exten": "s", "Context": "connect"}),
        ("BlindTransfer", {"Channel": "PJSIP/trunk-00000001", "Exten": "s", "Context": "connect"}),
        ("Bridge", {"Channel1": "PJSIP/trunk-00000001", "Channel2": "PJSIP/trunk-00000002"}),
        ("Hangup", {"Channel": "/.*/"}),
        ("AGI", {"Channel": "PJSIP/trunk-00000001", "Command": "RECORD FILE x ulaw # -1"}),
        ("Command", {"Command": "core stop now"}),
        ("Setvar", {"Variable": "AGI_SERVERS", "Value": "203.0.113.5:4573"}),
        ("DBPut", {"Family": "x", "Key": "x", "Val": "x"}),
        ("DialplanExtensionAdd", {"Context": "connect", "Extension": "x", "Priority": "1", "Application": "Hangup"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("ModuleLoad", {"LoadType": "load", "Module": "app_mixmonitor.so"}),
        ("MessageSend", {"To": "pjsip:x", "Body": "x"}),
        ("UserEvent", {"UserEvent": "LineUnavailable"}),
        ("Filter", {"Operation": "Add", "Filter": ".*"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_c4_p3_the_listener_is_refused_what_would_touch_a_call(line: Line, action: str, fields: dict[str, str]) -> None:
    user = listener(line)
    said = user.ask(action, **fields)
    while said.startswith("Event: "):
        said = user.next()
    user.close()
    assert "Response: Error" in said
    assert "Permission denied" in said or "Invalid/unknown command" in said


def test_p1_the_listener_sees_the_events_on_its_list_alone(line: Line, scene: Scene) -> None:
    user = listener(line)
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    assert scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=100).finish()
    assert client.finish()
    seen = []
    said = user.ask("Ping")
    while "Ping: Pong" not in said:
        seen += re.findall(r"^Event: (\w+)", said, re.MULTILINE)
        said = user.next()
    user.close()
    assert {"BridgeEnter", "Hangup"} <= set(seen) <= set(EVENTS)


def test_p3_what_needs_no_right_is_known_by_name(line: Line) -> None:
    user = texter(line)
    rights = user.rights()
    user.close()
    assert {name for name, right in rights.items() if right == "<none>"} - allowed.WITHOUT_A_RIGHT == set()
