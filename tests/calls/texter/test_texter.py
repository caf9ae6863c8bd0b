"""C4, P3: the manager's user for text messages can hand over a message, and nothing else that touches a call."""

from __future__ import annotations

import pytest

from ops.line import Line
from tests.calls.manager_user import texter as logged_in
from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Scene


def test_p3_the_texter_has_the_right_to_send_messages_and_no_other(line: Line) -> None:
    texter = logged_in(line)
    rights = texter.rights()
    texter.close()
    assert {name for name, right in rights.items() if right != "<none>"} == {"MessageSend"}


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("Originate", {"Channel": "PJSIP/+14155550123@trunk", "Application": "Hangup"}),
        ("Originate", {"Channel": "Local/s@connect", "Context": "connect", "Exten": "s", "Priority": "1"}),
        ("Redirect", {"Channel": "PJSIP/trunk-00000001", "Context": "connect", "Exten": "s", "Priority": "1"}),
        ("Command", {"Command": "channel originate PJSIP/+14155550123@trunk application Hangup"}),
        ("Atxfer", {"Channel": "PJSIP/trunk-00000001", "Exten": "s", "Context": "connect"}),
        ("Bridge", {"Channel1": "PJSIP/trunk-00000001", "Channel2": "PJSIP/trunk-00000002"}),
        ("Hangup", {"Channel": "/.*/"}),
        ("Status", {}),
        ("CoreShowChannels", {}),
        ("Getvar", {"Variable": "SIP_DOMAIN"}),
        ("Setvar", {"Variable": "AGI_SERVERS", "Value": "203.0.113.5:4573"}),
        ("DialplanExtensionAdd", {"Context": "connect", "Extension": "x", "Priority": "1", "Application": "Hangup"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("ModuleLoad", {"LoadType": "load", "Module": "app_mixmonitor.so"}),
        ("UserEvent", {"UserEvent": "LineUnavailable"}),
        ("SendText", {"Channel": "PJSIP/trunk-00000001", "Message": "x"}),
        ("DBPut", {"Family": "x", "Key": "x", "Val": "x"}),
        ("Filter", {"Operation": "Add", "Filter": ".*"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_c4_the_texter_cannot_start_change_end_or_see_a_call(line: Line, action: str, fields: dict[str, str]) -> None:
    texter = logged_in(line)
    said = texter.ask(action, **fields)
    texter.close()
    assert "Response: Error" in said
    assert "Permission denied" in said or "Invalid/unknown command" in said


def test_p1_the_texter_sees_no_event_of_a_call(line: Line, scene: Scene) -> None:
    texter = logged_in(line)
    booking = scene.book()
    client = scene.client(ANSWERS, [(booking.client_number, 9)])
    assert scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)]).finish()
    assert client.finish()
    assert "Ping: Pong" in texter.ask("Ping"), "the first thing heard since the login is the answer to this"
    texter.close()
