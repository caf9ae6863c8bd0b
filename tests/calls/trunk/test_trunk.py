"""How the line and its carrier know and trust each other: passwords, TLS, SRTP (P3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ops import ports
from ops.demo import own_line
from ops.demo.phone import Phone
from ops.demo.platform import Platform
from ops.line import Line
from runtime.settings import Address, load
from tests.calls.scene import CALLS, LINE_NUMBER, Scene
from tests.calls.trunk.certificates import Certificate, issue
from tests.calls.trunk.tls_side import towards_clients, towards_the_line

HERE = Path(__file__).parent
NAME, PASSWORD = "acme-line", "a-long-word"


@contextmanager
def up(folder: Path, **settings: Any) -> Iterator[Scene]:
    """A line with these settings, and a stage on it."""
    line = Line(own_line.settings(folder / "line", load(), numbers=[LINE_NUMBER], announce="off", **settings))
    platform = None
    try:
        line.start(lambda _: None)
        platform = Platform(line.api_url, line.api_token)
        scene = Scene(line, platform, folder)
        yield scene
        scene.close()
    finally:
        if platform:
            platform.close()
        line.stop()


def test_p3_a_carrier_that_challenges_is_given_our_name_and_password(tmp_path: Path) -> None:
    (port,) = ports.free(1)
    registrar = Phone(HERE / "client_registers.xml", tmp_path / "registrar", port=port, rows=[(NAME, PASSWORD)])
    registrar.start()
    settings = {"trunk_address": f"127.0.0.1:{port}", "trunk_username": NAME, "trunk_password": PASSWORD}
    with up(tmp_path, trunk_realm="carrier.test", **settings) as scene:
        assert registrar.finish(30)
        register = registrar.wait_for(lambda message: message.method == "REGISTER")
        assert f"sip:{NAME}@carrier.test" in (register.header("To") or "")
        booking = scene.book()
        client = scene.client(HERE / "client_challenges.xml", [(booking.client_number, NAME, PASSWORD)])
        assert scene.dial(booking.caller_number).final_status() == 486
        assert client.finish()
        assert all(PASSWORD not in message.text for message in [*client.messages(), *registrar.messages()])
    registrar.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """What both sides show."""
    return issue(tmp_path_factory.mktemp("certificates"))


def secured(certificate: Certificate, trusted: Path) -> dict[str, Any]:
    """Settings for TLS and SRTP, trusting whoever signed by this authority."""
    return {
        "trunk_transport": "tls",
        "media_encryption": "sdes",
        "sip_certificate": certificate.certificate,
        "sip_certificate_key": certificate.key,
        "trunk_ca": trusted,
    }


class Phones:
    """The carrier's sides towards clients and providers: SIPp by TCP, TLS before it."""

    def __init__(self, scene: Scene, folder: Path, certificate: Certificate) -> None:
        self._folder = folder
        client_port, self._provider_port = ports.free(2)
        settings = scene.line.settings
        self._trunk_port = settings.trunk_address.port
        self._client_port = client_port
        self._certificate = certificate
        self._sip_port = settings.sip_bind.port

    def client(self, number: str) -> Phone:
        """Answers; ready when this returns."""
        towards_clients(self._certificate, self._trunk_port, self._client_port)
        row = (number, 9, self._trunk_port)
        scenario = HERE / "client_answers_srtp.xml"
        phone = Phone(scenario, self._folder / "client", port=self._client_port, rows=[row], options=TCP, pause_ms=100)
        phone.start()
        return phone

    def provider(self, scenario: Path, number: str) -> Phone:
        """Has dialled when this returns."""
        relay = towards_the_line(self._certificate, self._sip_port)
        phone = Phone(
            scenario,
            self._folder / "provider",
            port=self._provider_port,
            rows=[(number, LINE_NUMBER, 9)],
            dials=Address(f"127.0.0.1:{relay.port}"),
            pause_ms=300,
            seconds=15,
            options=TCP,
        )
        phone.start()
        return phone


TCP = ("-t", "t1")


def test_p3_over_tls_audio_is_offered_and_taken_with_keys_only(tmp_path: Path, certificate: Certificate) -> None:
    with up(tmp_path, **secured(certificate, certificate.authority)) as scene:
        phones = Phones(scene, tmp_path, certificate)
        booking = scene.book()
        client = phones.client(booking.client_number)
        provider = phones.provider(HERE / "provider_calls_srtp.xml", booking.caller_number)
        assert provider.finish()
        assert client.finish()
        (offer,) = [message for message in client.received() if message.method == "INVITE"]
        assert "RTP/SAVP" in offer.text
        assert "a=crypto:" in offer.text
        assert "SIP/2.0/TLS" in (offer.header("Via") or "")
        answer = provider.wait_for(lambda message: message.received and message.status == 200)
        assert "RTP/SAVP" in answer.text
        assert scene.call_of(booking)["disposition"] == "connected"


def test_p3_a_carrier_that_offers_plain_audio_is_refused(tmp_path: Path, certificate: Certificate) -> None:
    with up(tmp_path, **secured(certificate, certificate.authority)) as scene:
        phones = Phones(scene, tmp_path, certificate)
        booking = scene.book()
        provider = phones.provider(CALLS, booking.caller_number)
        provider.wait_for(lambda message: message.received and message.status == 488)
        provider.stop()


def test_p3_a_carrier_with_another_authoritys_certificate_is_not_called(
    tmp_path: Path, certificate: Certificate
) -> None:
    with up(tmp_path, **secured(certificate, certificate.authority)) as scene:
        stranger = Phones(scene, tmp_path / "stranger", issue(tmp_path / "of-a-stranger"))
        booking = scene.book()
        client = stranger.client(booking.client_number)
        provider = Phones(scene, tmp_path, certificate).provider(
            HERE / "provider_calls_srtp.xml", booking.caller_number
        )
        provider.wait_for(lambda message: message.received and message.status == 480)
        assert client.messages() == []
        assert scene.call_of(booking)["disposition"] == "unreachable"
        client.stop()
        provider.stop()
