"""The torture messages are those of RFC 4475, octet for octet."""

from __future__ import annotations

import hashlib

from tests.fuzz.torture import messages


def test_there_are_the_49_messages_of_section_3_and_no_octet_of_them_has_changed() -> None:
    found = messages()
    assert len({one.section for one in found}) == len({one.name for one in found}) == 49
    whole = b"".join(one.octets for one in found)
    assert hashlib.sha256(whole).hexdigest() == "b24878056b0a361ed187ee3649973fbc153be07370925a38cd30011786b66b48"


def test_the_octets_that_text_does_not_survive_are_there() -> None:
    octets = {one.name: one.octets for one in messages()}
    assert b"\x00" in octets["intmeth"]
    assert b"NUL:\\\x00 DEL:\\\x7f" in octets["intmeth"]
    assert octets["dblreq"].count(b"SIP/2.0\r\n") == 2
    assert b"sip:null-%00-null@example.com" in octets["escnull"]
    assert len(octets["longreq"]) == 3515
