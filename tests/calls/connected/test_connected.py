"""C1, C2, C3, E1-E3, S2: the provider dials, the client answers, they talk, the provider hangs up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.calls.scene import ANSWERS, CALLS, LINE_NUMBER, Scene, assert_hides, invites

HANGS_UP = Path(__file__).parent / "client_hangs_up.xml"
WAITS = Path(__file__).parent / "provider_waits.xml"
PROVIDER_TONE, CLIENT_TONE = 440, 620


def test_c1_c2_c3_e1_e2_e3_s2_a_connected_call_shows_the_provider_carries_both_voices_and_completes(
    scene: Scene,
) -> None:
    booking = scene.book()
    mouth_of_provider, mouth_of_client = scene.headset(PROVIDER_TONE), scene.headset(CLIENT_TONE)
    client = scene.client(ANSWERS, [(booking.client_number, mouth_of_client.port)])
    provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, mouth_of_provider.port)], pause_ms=1500)
    offer = client.wait_for(lambda message: message.received and message.method == "INVITE")
    answer = provider.wait_for(lambda message: message.received and message.status == 200)
    assert offer.audio is not None
    assert answer.audio is not None
    mouth_of_client.point_at(*offer.audio)
    mouth_of_provider.point_at(*answer.audio)
    assert provider.finish()
    assert client.finish()

    # C1: what the client's phone shows
    assert f"sip:{booking.client_number}@" in offer.first_line
    assert (offer.header("From") or "").startswith(f"<sip:{booking.caller_number}@")
    assert (offer.header("P-Asserted-Identity") or "").startswith(f"<sip:{booking.caller_number}@")
    assert (offer.header("Diversion") or "").startswith(f"<sip:{LINE_NUMBER}@")
    # C2, C3: what the provider's phone was told
    assert [message.status for message in provider.received() if message.status] == [100, 180, 200, 200]
    assert_hides(provider, booking.client_number)
    line = scene.line.settings
    for seen, message in ((offer, "the client's INVITE"), (answer, "the provider's 200")):
        assert line.sip_bind in (seen.header("Contact") or ""), message
        assert seen.audio is not None
        assert line.rtp_ports[0] <= seen.audio[1] <= line.rtp_ports[1], f"{message}: audio runs through the line"
    assert mouth_of_provider.loudest([PROVIDER_TONE, CLIENT_TONE]) == CLIENT_TONE
    assert mouth_of_client.loudest([PROVIDER_TONE, CLIENT_TONE]) == PROVIDER_TONE
    # E3, E5: the record
    call = scene.call_of(booking)
    assert call["decision"] == "admitted"
    assert call["disposition"] == "connected"
    assert call["ended_by"] == "provider"
    assert call["hangup_cause"] == 16
    assert 1.3 < call["talk_seconds"] < 1.9
    assert call["arrived_at"] < call["ringing_at"] < call["answered_at"] < call["ended_at"]
    assert call["answered_at"] <= call["connected_at"] < call["ended_at"]
    # S2: completed, by the line
    appointment = scene.appointment(booking)
    assert (appointment["status"], appointment["status_by"]) == ("completed", "line")
    assert appointment["talk_seconds"] == call["talk_seconds"]


def test_e3_the_client_may_hang_up_first(scene: Scene) -> None:
    booking = scene.book()
    client = scene.client(HANGS_UP, [(booking.client_number, 9)], pause_ms=400)
    provider = scene.provider(WAITS, [(booking.caller_number, LINE_NUMBER, 9)])
    assert client.finish()
    assert provider.finish()
    call = scene.call_of(booking)
    assert (call["disposition"], call["ended_by"]) == ("connected", "client")
    assert_hides(provider, booking.client_number)


def test_w3_a_redial_inside_the_window_reaches_the_same_client_and_talk_time_adds_up(scene: Scene) -> None:
    booking = scene.book()
    talked = 0.0
    for number in (1, 2):
        client = scene.client(ANSWERS, [(booking.client_number, 9)], pause_ms=100)
        provider = scene.provider(CALLS, [(booking.caller_number, LINE_NUMBER, 9)], pause_ms=500)
        assert provider.finish()
        assert client.finish()
        assert f"sip:{booking.client_number}@" in invites(client)[0].first_line
        talked += scene.call_of(booking, number)["talk_seconds"]
        client.stop()
    assert scene.appointment(booking)["talk_seconds"] == pytest.approx(talked, abs=0.002)  # shown in milliseconds
