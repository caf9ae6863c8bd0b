"""A webhook goes to the address that was checked, and never to one inside (SSRF)."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.outbox.addresses import is_public
from portal.outbox.post import Posted, Poster
from tests.portal.outbox.receiver import Receiver

INSIDE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1"),
    # Other ways to write such an IPv4 address: mapped, 6to4, NAT64.
    *(
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:100.64.0.1",
        "::ffff:224.0.0.1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a00:1",
    ),
    *("localhost", "", "1", "0x7f000001"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_p3_no_address_inside_passes_however_it_is_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_pass(address: str) -> None:
    assert is_public(address)


@given(st.sampled_from(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"]), st.data())
def test_p3_no_private_ipv4_address_passes_in_any_of_its_spellings(network: str, data: st.DataObject) -> None:
    inside = data.draw(st.ip_addresses(network=network))
    number = int(inside)
    mapped = ipaddress.IPv6Address((0xFFFF << 32) + number)
    nat64 = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + number)
    six_to_four = ipaddress.IPv6Address((0x2002 << 112) + (number << 80))
    assert not any(is_public(str(spelling)) for spelling in (inside, mapped, nat64, six_to_four))


def post(url: str, *, allow_private: bool) -> Posted:
    async def once() -> Posted:
        poster = Poster(url, allow_private=allow_private, seconds=5)
        try:
            return await poster.post(b"{}", {})
        finally:
            poster.close()

    return asyncio.run(once())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def names(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name has these addresses now. Returns the names that were looked up."""
    asked = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        kinds = [(socket.AF_INET6 if ":" in one else socket.AF_INET, (one, port)) for one in addresses]
        return [(family, socket.SOCK_STREAM, 6, "", place) for family, place in kinds]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_p3_a_receiver_on_this_machine_is_refused_unless_allowed(receiver: Receiver) -> None:
    assert post(receiver.url, allow_private=False).error == "address_not_allowed"
    assert receiver.heard == []
    assert post(receiver.url, allow_private=True).status_code == 200


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["::ffff:127.0.0.1"]]
)
def test_p3_a_public_name_that_leads_inside_is_refused_and_nothing_is_connected(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver, addresses: list[str]
) -> None:
    names(monkeypatch, *addresses)
    url = f"https://platform.example:{receiver.port}/"
    assert post(url, allow_private=False).error == "address_not_allowed"
    assert receiver.heard == []


def test_p3_the_name_is_looked_up_once_so_that_a_second_answer_can_lead_nowhere(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    asked = names(monkeypatch, "127.0.0.1")
    assert post(f"http://platform.example:{receiver.port}/x", allow_private=True).status_code == 200
    # The connection itself is made to an address, whose look-up asks no server.
    assert [name for name in asked if name != "127.0.0.1"] == ["platform.example"]
    assert receiver.heard[0].headers["host"] == f"platform.example:{receiver.port}"


def test_where_the_first_address_does_not_answer_the_next_one_is_tried(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    names(monkeypatch, "127.0.0.2", "127.0.0.1")
    assert post(f"http://platform.example:{receiver.port}/", allow_private=True).status_code == 200


def test_a_name_that_there_is_not_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    assert post("https://platform.example/", allow_private=False).error == "name_not_found"


def test_p3_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    proxy = Receiver()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert post(receiver.url, allow_private=True).status_code == 200
    assert (len(receiver.heard), len(proxy.heard)) == (1, 0)
    proxy.close()


def certificate(folder: Path, name: str) -> Path:
    """A certificate for this name, signed by itself, with its key."""
    path = folder / f"{name}.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(path), "-out", "-"]
    made = subprocess.run(words, capture_output=True, check=True).stdout
    with path.open("ab") as file:
        file.write(made)
    return path


@pytest.mark.parametrize(
    ("name", "trusted", "error"),
    [
        ("platform.example", True, None),
        ("other.example", True, "tls_failed"),
        ("platform.example", False, "tls_failed"),
    ],
)
def test_p3_the_certificate_must_be_the_names_although_the_connection_is_to_an_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, trusted: bool, error: str | None
) -> None:
    pem = certificate(tmp_path, name)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    shown: list[str | None] = []
    tls.sni_callback = lambda _socket, server_name, _context: shown.append(server_name)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    receiver = Receiver(tls=tls)
    names(monkeypatch, "127.0.0.1")
    posted = post(f"https://platform.example:{receiver.port}/", allow_private=True)
    receiver.close()
    assert posted.error == error
    assert shown == ["platform.example"]
    assert len(receiver.heard) == (1 if error is None else 0)
