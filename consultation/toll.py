"""Which numbers the line never calls, whoever asks: those that cost by the minute or that an operator rules out."""

from __future__ import annotations

from collections.abc import Iterable

import phonenumbers

from consultation.numbers import PhoneNumber

_COSTLY = {phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST}


def may_be_called(number: PhoneNumber, denied: Iterable[str]) -> bool:
    """Whether a client's number is one that the line may call: not premium-rate, and with none of these beginnings.

    `denied` are beginnings in E.164 (`+1900`). Toll fraud books a costly number as a client and calls it.
    """
    if number.e164.startswith(tuple(denied)):
        return False
    return phonenumbers.number_type(phonenumbers.parse(number.e164)) not in _COSTLY
