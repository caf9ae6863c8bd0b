"""Phone numbers: one value type, compared in E.164 (A1), never shown whole by accident (P1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

# Digits that carriers put in place of a number they withhold: all zeros, and "ANONYMOUS" on a phone's keypad.
_WITHHELD_DIGITS = re.compile(r"\+?(?:0+|266696687)")
_URI = re.compile(r"(?:sips?|tel):", re.IGNORECASE)
_VISUAL_SEPARATORS = str.maketrans("", "", "-.()")  # RFC 3966, 5.1.1
_WRITTEN = re.compile(r"(?:tel:)?[\s+]*[0-9(][0-9\s()./+-]*(?:(?:ext|x)[. ]*[0-9]+)?", re.IGNORECASE)
_DIGITS = re.compile(r"\+?[0-9]+")
_WITHHELD_WORDS = frozenset({"anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld"})
_HIDDEN_PRESENTATION = re.compile(r"prohib|unavailable")


class InvalidNumberError(ValueError):
    """The text is not a phone number; the message says why without repeating the text."""


class NoNumber(StrEnum):
    """Why a caller has no number to compare."""

    WITHHELD = "withheld"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A phone number in E.164. `str()` and `repr()` show its last two digits only (P1)."""

    e164: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", self.e164):
            raise InvalidNumberError("not an E.164 number: a plus sign and 7 to 15 digits")

    def __str__(self) -> str:
        return f"…{self.e164[-2:]}"

    def __repr__(self) -> str:
        return f"PhoneNumber({self})"


Caller = PhoneNumber | NoNumber


def parse(text: str, region: str) -> PhoneNumber:
    """The number a person or a platform wrote, in E.164.

    `region` (ISO 3166, e.g. `US`) completes a national number (A1). Raises InvalidNumberError, whose message can
    be shown to whoever wrote the text.
    """
    if len(text) > 64:
        raise InvalidNumberError("too long for a phone number")
    if not _WRITTEN.fullmatch(text):
        # phonenumbers would find the number in "call me at …", and read letters as keys.
        raise InvalidNumberError("not a phone number: only digits, spaces and + ( ) - . / may stand in one")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        reason = _PARSE_ERRORS[error.error_type]
        raise InvalidNumberError(reason) from None
    if number.extension:
        raise InvalidNumberError("a number with an extension cannot be dialled or recognised")
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise InvalidNumberError(_IMPOSSIBLE[possible])
    if not phonenumbers.is_valid_number(number):
        raise InvalidNumberError("no such number exists in that country's numbering plan")
    return PhoneNumber(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def parse_caller(text: str, region: str, *, presentation: str = "allowed", sender: str = "") -> Caller:
    """The caller number as a trunk presents it (A1), or why there is none (A2).

    `text` is a SIP user part or a whole `sip:`/`tel:` URI, with or without parameters. `presentation` is
    Asterisk's CALLERID(num-pres) and `sender` the From header: a number whose owner asked in either of them to
    hide it counts as withheld, even if it is there.
    """
    user = re.split(r"[;@]", _URI.sub("", text.strip(), count=1), maxsplit=1)[0].strip().translate(_VISUAL_SEPARATORS)
    hidden = _HIDDEN_PRESENTATION.search(presentation) or _says_nobody(sender)
    if hidden or not _DIGITS.fullmatch(user) or _WITHHELD_DIGITS.fullmatch(user):
        return NoNumber.WITHHELD
    for spelling in _spellings(user, region):
        try:
            return parse(spelling, region)
        except InvalidNumberError:
            continue
    return NoNumber.IMPOSSIBLE


def _spellings(digits: str, region: str) -> tuple[str, str]:
    """The two readings of digits without a plus sign, national and international, the likelier one first.

    `14155550100` means +1…, but in a region whose numbers may begin with those digits the national reading is the
    right one where it is valid. Not so for the region's own country code: where national numbers begin with a trunk
    prefix (0 in Germany), `4915123456789` is +49… and no national number, though its plan would allow one.
    """
    international = f"+{digits}"
    has_trunk_prefix = bool(phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True))
    if has_trunk_prefix and digits.startswith(str(phonenumbers.country_code_for_region(region))):
        return international, digits
    return digits, international


def _says_nobody(sender: str) -> bool:
    """Whether a From header names nobody: in its display name, its user or its host (RFC 3323, 4.1.1.3)."""
    name, _, address = sender.rpartition("<")
    # Parameters, a password and a port may stand behind user and host; none of them makes a caller somebody.
    user, _, host = (re.split("[;:?]", part)[0] for part in _URI.sub("", address.partition(">")[0]).partition("@"))
    words = (name.strip(' "'), user, host.removesuffix(".invalid"))
    return any(word.casefold() in _WITHHELD_WORDS for word in words)


_PARSE_ERRORS = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "the country code does not exist",
    phonenumbers.NumberParseException.NOT_A_NUMBER: "not a phone number",
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: "too short for a phone number",
    phonenumbers.NumberParseException.TOO_SHORT_NSN: "too short for a phone number",
    phonenumbers.NumberParseException.TOO_LONG: "too long for a phone number",
}

_IMPOSSIBLE = {
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "the area code is missing",
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: "the country code does not exist",
    phonenumbers.ValidationResult.TOO_SHORT: "too short for that country",
    phonenumbers.ValidationResult.TOO_LONG: "too long for that country",
    phonenumbers.ValidationResult.INVALID_LENGTH: "not a length that country uses",
}
