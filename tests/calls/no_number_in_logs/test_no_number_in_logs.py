"""P1: what Asterisk says of a message that it cannot make sense of goes to no log: it would be the message itself."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ops.line import Line
from tests.calls.scene import LINE_NUMBER, Scene, new_number

INVITE = """INVITE sip:{dialled}@{line} SIP/2.0
Via: SIP/2.0/UDP {here};rport;branch=z9hG4bK{caller}
From: {name}<sip:{caller}@127.0.0.1>;tag=1
To: <sip:{dialled}@{line}>
{call_id}CSeq: 1 INVITE
Contact: <sip:x@{here}>
Max-Forwards: 70
Content-Length: 0

"""
# Without its Call-ID a message is no message; a name that is not UTF-8 is mended, and said to have been.
MALFORMED = {"no Call-ID": ("", b""), "a name in Latin-1": ("Call-ID: {caller}\n", b'"Jos\xe9" ')}


@pytest.mark.parametrize("what", MALFORMED)
def test_p1_a_malformed_message_leaves_no_number_in_a_log(scene: Scene, line: Line, what: str) -> None:
    call_id, name = MALFORMED[what]
    caller = new_number()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as carrier:
        carrier.bind(("127.0.0.1", 0))
        here = f"127.0.0.1:{carrier.getsockname()[1]}"
        text = INVITE.format(
            dialled=LINE_NUMBER, line=line.settings.sip_bind, here=here, caller=caller, name="NAME", call_id=call_id
        ).format(caller=caller)
        message = text.replace("\n", "\r\n").encode().replace(b"NAME", name)
        carrier.sendto(message, (line.settings.sip_bind.host, line.settings.sip_bind.port))
    # A call that is over was read behind that message.
    scene.dial(new_number())
    logs = [path for path in Path(line.folder).rglob("log/**/*") if path.is_file()]
    assert logs
    digits = caller.removeprefix("+1").encode()
    assert [path.name for path in logs if digits in path.read_bytes()] == []
