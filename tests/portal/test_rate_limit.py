"""Whom a wrong key counts against (P3)."""

from __future__ import annotations

import pytest

from portal.rate_limit import sender


def test_p3_all_addresses_of_one_ipv6_network_are_one_sender() -> None:
    assert sender({"client": ("2001:db8::1", 1)}) == sender({"client": ("2001:db8::ffff:1", 2)})
    assert sender({"client": ("2001:db8::1", 1)}) != sender({"client": ("2001:db8:0:1::1", 1)})


def test_p3_an_ipv4_address_is_itself_in_either_form() -> None:
    assert sender({"client": ("192.0.2.1", 1)}) == sender({"client": ("::ffff:192.0.2.1", 2)})
    assert sender({"client": ("192.0.2.1", 1)}) != sender({"client": ("192.0.2.2", 1)})


@pytest.mark.parametrize("client", [None, ("testclient", 1), ("", 0)])
def test_p3_who_has_no_address_is_one_sender(client: tuple[str, int] | None) -> None:
    assert sender({"client": client}) == (client[0] if client else "")
