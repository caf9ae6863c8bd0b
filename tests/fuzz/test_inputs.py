"""What the fuzzers throw: the same again for the same seed, of every family, and aimed at no place but the line."""

from __future__ import annotations

import re
from collections import Counter

from tests.fuzz.draws import chance
from tests.fuzz.octets import mutated, pieces
from tests.fuzz.sip.inputs import FUZZER, Family, make
from tests.fuzz.sip.world import Booked, World

WORLD = World(
    "127.0.0.1:5060",
    "127.0.0.1:5070",
    [Booked("+14152100000", "+14152100001"), Booked("+14152100002", "+14152100003")],
    ["+14152100004"],
    ["+14152100005"],
)


def test_a_seed_and_a_number_make_the_same_input_again() -> None:
    again = [make(7, number, WORLD) for number in range(300)]
    assert [make(7, number, WORLD) for number in range(300)] == again
    assert [make(8, number, WORLD).octets for number in range(300)] != [one.octets for one in again]


def test_every_family_is_thrown_and_most_inputs_are_invites() -> None:
    thrown = Counter(make(1, number, WORLD).family for number in range(2000))
    assert set(thrown) == set(Family)
    assert sum(count for family, count in thrown.items() if family is not Family.STRAY) > 1700


def test_who_hides_says_so_and_nothing_else_is_wrong_with_the_call() -> None:
    hidden = [one.octets for number in range(2000) if (one := make(1, number, WORLD)).family is Family.HIDDEN]
    assert len(hidden) > 100
    for octets in hidden:
        assert octets.startswith(b"INVITE sip:+14155550199@127.0.0.1:5060 SIP/2.0\r\n")
        assert re.search(
            rb"anonymous\.invalid|\r\nPrivacy: |(?i:verstat=TN-Validation-Failed)|sip:(%22|0{10}|2666)|%0a@", octets
        )


def test_no_address_lies_beyond_this_machine() -> None:
    for number in range(3000):
        one = make(2, number, WORLD)
        # Mutated octets may make any address; Asterisk sends what it answers to where it came from.
        if one.family is Family.OCTETS:
            continue
        for header in re.findall(rb"^(?:Via|Contact|Route|Record-Route)[ \t]*:.*$", one.octets, re.MULTILINE | re.I):
            for host in re.findall(rb"\d+\.\d+\.\d+\.\d+", header):
                assert host.startswith((b"127.", b"2.0.")), header


def test_pieces_are_the_whole_and_mutations_change_it() -> None:
    data = bytes(range(256))
    rng = chance(1, FUZZER, 0)
    assert all(b"".join(pieces(rng, data)) == data for _ in range(200))
    assert sum(mutated(rng, data) != data for _ in range(200)) > 190
