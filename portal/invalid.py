"""Pydantic's complaints about a request, as fields and reasons that repeat nothing of the request (P1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError

from portal.fields import REASON
from portal.problems import FieldError

# Pydantic's own messages are not used: some quote the input.
_REASONS = {
    "missing": "is required",
    "extra_forbidden": "is not known here",
    "string_type": "must be text",
    "string_unicode": "must be valid Unicode text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "json_invalid": "must be JSON",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of a sensible size",
    "uuid_parsing": "must be the id of a call, or the `next` of a page",
}
_FIELD_NAME = re.compile(r"[A-Za-z_]{1,40}")


def field_errors(error: RequestValidationError) -> list[FieldError]:
    """Which fields of a request cannot be accepted, and why. A field of a list reads `caller_numbers[0].number`."""
    return [FieldError(_field(entry["loc"]), _reason(entry)) for entry in error.errors()]


def _reason(entry: Mapping[str, Any]) -> str:
    if entry["type"] == REASON:
        return str(entry["msg"])
    if entry["type"] == "enum":
        return f"must be {entry['ctx']['expected']}"
    if entry["loc"] == ("body",) and entry["type"] == "model_attributes_type":
        return "must be a JSON object, sent with Content-Type: application/json"
    return _REASONS.get(entry["type"], "cannot be accepted")


def _field(location: tuple[int | str, ...]) -> str:
    """The place inside the part of the request, or that part itself: `body`, `path`, `query`."""
    part, *path = location
    if not path or (part == "body" and isinstance(path[0], int)):  # the int is where the JSON text breaks off
        return str(part)
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{_shown(step)}" for step in path)
    return text.removeprefix(".")


def _shown(name: str) -> str:
    """A field's name is the caller's own text where the field is unknown, and might be anything, a number even."""
    return name if _FIELD_NAME.fullmatch(name) else "(unknown)"
