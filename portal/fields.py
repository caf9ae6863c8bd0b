"""What the platform may write into a field: parsed here, at the edge, with reasons a person understands."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from consultation.numbers import InvalidNumberError, PhoneNumber, parse
from portal.problems import FieldError, InvalidError

REASON = "reason"
"""The type of the validation errors whose message is ours."""

_ID = "[A-Za-z0-9._:-]{1,64}"
_LANGUAGE = "[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?"
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_LOST_PLUS = re.compile(r":[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? [0-9]{2}:[0-9]{2}$")
# A year outside is a slip of the pen, and near year 1 or 9999 the margins of a window would leave the calendar.
_YEARS = range(2000, 2200)
# Control characters, surrogates, line and paragraph separators. Format characters (Cf) stay: names in some scripts
# need them.
_NOT_IN_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})


def invalid(reason: str) -> PydanticCustomError:
    """The error for a validator to raise; `reason` goes to the caller as it stands, and must not quote the input."""
    return PydanticCustomError(REASON, "{reason}", {"reason": reason})


def read_number(text: str, region: str, field: str) -> PhoneNumber:
    """A phone number in E.164 or, for `region` (ISO 3166), national (A1). Raises InvalidError naming `field`."""
    try:
        return parse(text, region)
    except InvalidNumberError as error:
        raise InvalidError(FieldError(field, str(error))) from None


def _id(value: str) -> str:
    if not re.fullmatch(_ID, value):
        raise invalid("must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -")
    return value


def _text(longest: int) -> AfterValidator:
    def check(value: str) -> str:
        text = value.strip()
        if any(unicodedata.category(character) in _NOT_IN_TEXT for character in text):
            raise invalid("must not hold line breaks or other control characters")
        if not 0 < len(text) <= longest:
            raise invalid(f"must have 1 to {longest} characters")
        return text

    return AfterValidator(check)


@cache
def _time_zones() -> frozenset[str]:
    # These two depend on the machine, or mean that nobody chose.
    return frozenset(available_timezones() - {"localtime", "Factory"})


def _time_zone(value: str) -> str:
    if value not in _time_zones():
        raise invalid("must be a time zone of the IANA database, such as America/New_York")
    return value


def _language(value: str) -> str:
    if not re.fullmatch(_LANGUAGE, value):
        raise invalid("must be a language tag such as en or es-MX")
    return value


def _pin(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9]{4,8}", value.get_secret_value()):
        raise invalid("must be 4 to 8 digits")
    return value


def _instant(value: Any) -> datetime:
    """An RFC 3339 date-time with its offset, in UTC (W5); digits beyond the microsecond are dropped."""
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None and isinstance(value, str) and _LOST_PLUS.search(value):
        raise invalid("has a space where its offset begins: in an address, + is written %2B")
    if match is None:
        raise invalid("must be an RFC 3339 instant such as 2026-03-01T17:00:00Z")
    if match[1] is None:
        raise invalid("has no offset from UTC: end it with Z or with an offset such as -05:00")
    try:
        instant = datetime.fromisoformat(match[0].upper())
    except ValueError:
        raise invalid("is no date and time that exists") from None
    if instant.year not in _YEARS:
        raise invalid(f"must be in the years {_YEARS.start} to {_YEARS.stop - 1}")
    return instant.astimezone(UTC)


def _schema(**members: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **members})


Id = Annotated[str, AfterValidator(_id), _schema(pattern=f"^{_ID}$")]
Name = Annotated[str, _text(200), _schema(minLength=1, maxLength=200)]
Label = Annotated[str, _text(40), _schema(minLength=1, maxLength=40)]
TimeZone = Annotated[str, AfterValidator(_time_zone), _schema(description="From the IANA database")]
Language = Annotated[str, AfterValidator(_language), _schema(pattern=f"^{_LANGUAGE}$")]
Pin = Annotated[SecretStr, AfterValidator(_pin), _schema(pattern="^[0-9]{4,8}$", format="password")]
Instant = Annotated[datetime, BeforeValidator(_instant), _schema(format="date-time")]
NumberText = Annotated[str, _schema(description="E.164, or national for the deployment's region")]
Seconds = Annotated[float, AfterValidator(lambda seconds: round(seconds, 3))]
"""A duration that goes out: to the millisecond, which is as fine as Asterisk's clock tells."""
