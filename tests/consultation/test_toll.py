"""Numbers that the line never calls (A11)."""

import pytest

from consultation.numbers import PhoneNumber
from consultation.toll import may_be_called

DENIED = ("+1900", "+881")


@pytest.mark.parametrize("number", ["+14155550142", "+442071838750", "+4930123456"])
def test_a11_ordinary_numbers_may_be_called(number: str) -> None:
    assert may_be_called(PhoneNumber(number), DENIED)


@pytest.mark.parametrize("number", ["+19005550142", "+881612345678"])
def test_a11_a_denied_beginning_is_never_called(number: str) -> None:
    assert not may_be_called(PhoneNumber(number), DENIED)


@pytest.mark.parametrize("number", ["+19002345678", "+449012345678", "+499001234567"])
def test_a11_a_premium_rate_number_is_never_called_whatever_the_setting_says(number: str) -> None:
    assert not may_be_called(PhoneNumber(number), ())
