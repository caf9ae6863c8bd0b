"""A secret key of 32 bytes, as people write one: in hex or in base64."""

from __future__ import annotations

import base64
import binascii
import re

BYTES = 32
HOW_TO_MAKE_ONE = "openssl rand -hex 32"
# Stands in messages and documentation, so that it must never be anybody's key.
EXAMPLE = base64.b64encode(b"an example, and nobody's own key").decode()


class MalformedKeyError(ValueError):
    """The text is no key; the message says what one looks like, and nothing of the text."""


def parse(text: str) -> bytes:
    """The 32 bytes that are written here: 64 hex digits or base64, its URL-safe form and unpadded too.

    Raises MalformedKeyError.
    """
    written = text.strip()
    if re.fullmatch(r"[0-9A-Fa-f]{64}", written):
        return bytes.fromhex(written)
    if re.fullmatch(r"[A-Za-z0-9+/_-]{43}=?", written):
        standard = written.rstrip("=").translate(str.maketrans("-_", "+/"))
        try:
            return base64.b64decode(standard + "=", validate=True)
        except binascii.Error:
            pass
    raise MalformedKeyError(f"not {BYTES} bytes as 64 hex digits or as base64; make one with `{HOW_TO_MAKE_ONE}`")
