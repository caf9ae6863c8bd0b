"""A number under a key: the same each time, unlike any other, and unreadable once a character of it is changed (P1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.numbers import PhoneNumber
from runtime.settings import SettingsError, load
from schema.keyring import Keyring, MissingKeyError, NumberKey, UnreadableNumberError, keyring_of

KEY, OTHER_KEY = NumberKey(b"k" * 32), NumberKey(b"o" * 32)
NUMBER = PhoneNumber("+14155550100")
NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True).map(PhoneNumber)
KEYS = st.binary(min_size=32, max_size=32).map(NumberKey)


@given(NUMBERS, KEYS)
def test_p1_a_number_comes_back_from_under_its_key(number: PhoneNumber, key: NumberKey) -> None:
    assert key.open(key.seal(number)) == number


@given(NUMBERS, st.binary(min_size=32, max_size=32))
def test_p1_under_one_key_a_number_is_always_stored_alike(number: PhoneNumber, secret: bytes) -> None:
    assert NumberKey(secret).seal(number) == NumberKey(secret).seal(number)


@given(st.lists(NUMBERS, min_size=2, max_size=2, unique=True), KEYS)
def test_p1_two_numbers_share_neither_form_nor_nonce_nor_length(numbers: list[PhoneNumber], key: NumberKey) -> None:
    one, other = (key.seal(number) for number in numbers)
    beginning = len(key.id) + 1 + 16  # 96 bits of nonce are 16 characters
    assert one[:beginning] != other[:beginning]
    assert one[beginning:] != other[beginning:]
    assert len(one) == len(other)


@given(NUMBERS, st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=2, unique=True))
def test_p1_under_two_keys_nothing_of_a_number_is_alike(number: PhoneNumber, secrets: list[bytes]) -> None:
    one, other = (NumberKey(secret).seal(number).split(".") for secret in secrets)
    assert one[0] != other[0]
    assert one[1][:16] != other[1][:16]
    assert one[1][16:] != other[1][16:]


@given(NUMBERS, KEYS)
def test_p1_the_stored_form_shows_no_digit_group_of_the_number(number: PhoneNumber, key: NumberKey) -> None:
    assert number.e164[1:] not in key.seal(number)


@given(NUMBERS, st.data())
def test_p1_a_number_of_which_anything_was_changed_is_an_error_and_no_other_number(
    number: PhoneNumber, data: st.DataObject
) -> None:
    stored = KEY.seal(number)
    place = data.draw(st.integers(0, len(stored) - 1))
    character = data.draw(st.characters(codec="ascii").filter(lambda other: other != stored[place]))
    for changed in (stored[:place] + character + stored[place + 1 :], stored[:place], stored + character):
        with pytest.raises((UnreadableNumberError, MissingKeyError)) as caught:
            Keyring([KEY]).open(changed)
        assert number.e164[1:] not in str(caught.value)


@given(st.text(max_size=80))
def test_p1_text_that_no_key_made_is_an_error(text: str) -> None:
    for stored in (text, f"{KEY.id}.{text}"):
        with pytest.raises((UnreadableNumberError, MissingKeyError)):
            Keyring([KEY]).open(stored)


def test_p1_a_clear_number_is_not_taken_for_a_stored_one() -> None:
    with pytest.raises(UnreadableNumberError) as caught:
        Keyring([KEY]).open(NUMBER.e164)
    assert "4155550" not in repr(caught.value)


def test_p1_what_stands_behind_one_keys_id_cannot_stand_behind_anothers() -> None:
    """The id is associated data."""
    with pytest.raises(UnreadableNumberError):
        OTHER_KEY.open(KEY.seal(NUMBER).replace(KEY.id, OTHER_KEY.id))
    with pytest.raises(UnreadableNumberError):
        KEY.open(KEY.seal(NUMBER).replace(KEY.id, OTHER_KEY.id))


def test_p1_a_number_under_a_key_that_is_not_there_says_which_and_what_to_do() -> None:
    with pytest.raises(MissingKeyError) as caught:
        Keyring([KEY]).open(OTHER_KEY.seal(NUMBER))
    assert f"LINE_NUMBER_KEY: numbers in this database are under the key {OTHER_KEY.id}" in str(caught.value)
    assert "LINE_NUMBER_KEY_PREVIOUS" in str(caught.value)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3, unique=True), NUMBERS)
def test_p1_a_keyring_reads_what_any_of_its_keys_wrote(secrets: list[bytes], number: PhoneNumber) -> None:
    keyring = Keyring([NumberKey(secret) for secret in secrets])
    assert [keyring.open(form) for form in keyring.seal(number)] == [number] * len(secrets)
    assert [form.split(".")[0] for form in keyring.seal(number)] == keyring.ids


def test_p1_neither_key_nor_keyring_shows_a_secret() -> None:
    shown = f"{KEY} {KEY!r} {Keyring([KEY])!r}"
    assert KEY.id in shown
    assert not any(secret in shown for secret in ("kkk", b"k".hex() * 3))


def test_p1_a_key_is_known_again_in_every_version_of_this_program() -> None:
    """Stored numbers outlive us: what is derived from a key, and how, never changes."""
    assert KEY.seal(NUMBER) == "cad69ef6eafb.GJUsC-aJ5pBB2WShQeIuZMA4TE1am7I0mmfUvM_LbANlDwHRFMWGq9rX8j8"


def test_p1_without_a_key_there_is_no_keyring() -> None:
    with pytest.raises(SettingsError, match=r"LINE_NUMBER_KEY: not set.*openssl rand -hex 32"):
        keyring_of(load(_env_file=None, number_key=None, number_key_previous=None, number_key_file=None))
