"""C1: how the call presents the provider's number, for carriers that differ (`LINE_CALLER_ID`)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ops.demo.sip import Message
from tests.calls.scene import CLIENT_BUSY, LINE_NUMBER, Booking, Scene, invites


def _invite(scene: Scene, booking: Booking) -> Message:
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    assert scene.dial(booking.caller_number).final_status() == 486
    assert client.finish()
    (invite,) = invites(client)
    return invite


@pytest.mark.parametrize("mode", ["diversion", "plain", "line_number"])
def test_c1_each_mode_on_the_wire(scene: Scene, decided_by: Callable[..., None], mode: str) -> None:
    booking = scene.book()
    decided_by(caller_id=mode)
    invite = _invite(scene, booking)
    presented = LINE_NUMBER if mode == "line_number" else booking.caller_number
    host = scene.line.settings.sip_bind.host
    assert (invite.header("From") or "").partition(";tag=")[0] == f"<sip:{presented}@{host}>"
    assert invite.header("P-Asserted-Identity") == f"<sip:{presented}@{host}>"
    diversion = f"<sip:{LINE_NUMBER}@{host}>;reason=unconditional;counter=1"
    assert invite.header("Diversion") == (diversion if mode == "diversion" else None)
    assert invite.header("Privacy") is None


def test_c1_no_name_goes_with_the_number(scene: Scene) -> None:
    invite = _invite(scene, scene.book())
    for header in ("From", "P-Asserted-Identity"):
        assert (invite.header(header) or "").startswith("<sip:"), header
    assert "Rivera" not in invite.text
