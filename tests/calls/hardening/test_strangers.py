"""P3: who is not the trunk gets nothing; what is no number gets a 404, and no channel is made for it."""

from __future__ import annotations

import itertools
import re
import socket

import pytest

from ops.line import Line
from tests.calls.scene import HERE, LINE_NUMBER, Scene, invites, new_number

REQUEST = """{method} sip:{to}@{line} SIP/2.0
Via: SIP/2.0/UDP {here};rport;branch=z9hG4bK{id}
From: <sip:{caller}@{here}>;tag=1
To: <sip:{to}@{line}>
Call-ID: {id}
CSeq: 1 {method}
Contact: <sip:x@{here}>
Max-Forwards: 70
Content-Length: 0

"""
_ids = itertools.count(1)
METHODS = ["INVITE", "REGISTER", "SUBSCRIBE", "PUBLISH", "REFER", "MESSAGE", "NOTIFY", "INFO", "UPDATE"]
NO_NUMBERS = ["s", "h", "i", "t", "T", "admission", "connect", "ask", "123456", "+1415555019912345", "+1415555019a"]
# *8 is Asterisk's own code to pick up a call that rings elsewhere, unless features.conf says otherwise.
NO_NUMBERS += ["%2B14155550199%0a", "*8", "*", "trunk", "%00", "%24%7BEXTEN%7D", "14155550199%26PJSIP", "'"]


def _console(line: Line, command: str) -> str:
    assert line.asterisk is not None
    return line.asterisk.command(command)


def _status(line: Line, source: str, method: str, to: str, caller: str, seconds: float = 5) -> int | None:
    """The first status that one request gets; None if there is no answer."""
    bind = line.settings.sip_bind
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind((source, 0))
        phone.settimeout(seconds)
        here = f"{source}:{phone.getsockname()[1]}"
        text = REQUEST.format(method=method, to=to, line=bind, here=here, caller=caller, id=f"stranger{next(_ids)}")
        phone.sendto(text.replace("\n", "\r\n").encode(), (bind.host, bind.port))
        try:
            return int(phone.recv(4096).split()[1])
        except TimeoutError:
            return None


def _newest_channel(scene: Scene) -> int:
    """The number of the channel that is made now: Asterisk counts them, whatever becomes of them."""
    booking = scene.book()
    client = scene.client(HERE / "client_rings.xml", [(booking.client_number,)])
    phone = scene.provider(HERE / "provider_gives_up" / "provider.xml", [(booking.caller_number, LINE_NUMBER, 9)])
    client.wait_for(lambda message: message.method == "INVITE")
    numbers = re.findall(
        r"^PJSIP/trunk-([0-9a-f]{8})!", _console(scene.line, "core show channels concise"), re.MULTILINE
    )
    assert len(numbers) == 2, "the provider's leg and the client's"
    assert phone.finish()
    assert client.finish()
    assert len(invites(client)) == 1
    return max(int(number, 16) for number in numbers)


def test_p3_what_is_no_number_is_a_404_and_no_channel_is_made(line: Line, scene: Scene) -> None:
    before = _newest_channel(scene)
    caller = scene.book().caller_number
    answers = {to: _status(line, "127.0.0.1", "INVITE", to, caller) for to in NO_NUMBERS}
    assert answers == dict.fromkeys(NO_NUMBERS, 404)
    assert _newest_channel(scene) == before + 2, "the two legs of the call in between, and nothing else"
    assert scene.refusals(expected=0) == []


@pytest.mark.parametrize("method", METHODS)
def test_p3_whoever_is_not_the_trunk_is_asked_for_a_password_that_does_not_exist(line: Line, method: str) -> None:
    answers = {_status(line, "127.0.0.2", method, to, new_number(), 2) for to in (LINE_NUMBER, "s")}
    # 481: INFO, UPDATE and NOTIFY belong to a call, and there is none.
    assert answers <= {401, 481, 489, None}, answers


def test_p3_a_stranger_makes_no_channel(line: Line, scene: Scene) -> None:
    before = _newest_channel(scene)
    caller = scene.book().caller_number
    assert {_status(line, "127.0.0.2", "INVITE", LINE_NUMBER, caller) for _ in range(5)} == {401}
    assert _newest_channel(scene) == before + 2
    assert scene.refusals(expected=0) == []


@pytest.mark.parametrize("method", ["REGISTER", "SUBSCRIBE", "PUBLISH", "REFER", "NOTIFY"])
def test_p3_not_even_the_trunk_may_register_watch_or_transfer(line: Line, method: str) -> None:
    status = _status(line, "127.0.0.1", method, LINE_NUMBER, new_number())
    assert status is not None
    assert status >= 400


def test_p3_the_one_endpoint_is_the_trunk_known_by_its_address(line: Line) -> None:
    endpoints = re.findall(r"^ Endpoint:  (\w\S*) ", _console(line, "pjsip show endpoints"), re.MULTILINE)
    assert endpoints == ["trunk"]
    identifies = re.findall(
        r"^ Identify:  (\w\S*)\n +Match: (\S+)", _console(line, "pjsip show identifies"), re.MULTILINE
    )
    assert identifies == [("trunk/trunk", "127.0.0.1/32")]
    # By address alone: no name in From, no user of a digest. (The module of `ip` can do `header`, which is not asked.)
    assert re.search(r"^ endpoint_identifier_order +: ip$", _console(line, "pjsip show settings"), re.MULTILINE)
    names = set(re.findall(r"^(\w+)", _console(line, "pjsip show identifiers").partition("---\n")[2], re.MULTILINE))
    assert names <= {"ip", "header"}
    assert "0 modules loaded" in _console(line, "module show like anonymous")
    said = _console(line, "pjsip show endpoint trunk")
    for option, value in {
        "identify_by": "ip",
        "allow_transfer": "false",
        "allow_subscribe": "false",
        "direct_media": "false",
        "allow_overlap": "false",
        "context": "from-trunk",
    }.items():
        assert re.search(rf"^ {option} +: {value}$", said, re.MULTILINE), option
