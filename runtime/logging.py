"""Structured logs, in which no phone number stands whole (P1)."""

from __future__ import annotations

import logging
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

# A number as carriers, people and percent-encoded addresses write it. A call's id (line1-1764000000.42) is none of
# these: it has a dash before its digits, or a dot and more behind them. The last two digits are looked at, not taken.
_NUMBER = re.compile(
    r"""
      (?:\+|%2B) [0-9]{5,13} (?=[0-9]{2})                        # +14155550100
    | (?:\+|%2B) (?:[0-9][ .()-]{0,2}){5,13} (?=[0-9]{2})        # +1 (415) 555-0100
    | (?<![\w.+-]) [0-9]{8,13} (?=[0-9]{2}(?!\w|\.\w))           # 4155550100, and 415-555-0100:
    | (?<![\w.+-]) (?:1[ .-])? (?:\([0-9]{3}\)[ .-]?|[0-9]{3}[ .-]) [0-9]{3}[ .-][0-9]{2} (?=[0-9]{2}(?!\w|\.\w))
    """,
    re.VERBOSE | re.IGNORECASE,
)


def mask(text: str) -> str:
    """The text with every phone number cut down to its last two digits."""
    return _NUMBER.sub("…", text)


def _mask_value(value: object) -> object:
    if isinstance(value, bool | float | type(None)):
        return value
    if isinstance(value, int):
        masked = mask(str(value))
        return value if masked == str(value) else masked
    if isinstance(value, dict):
        return {mask(str(key)): _mask_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask_value(item) for item in value]
    return mask(str(value))


def mask_numbers(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """A structlog processor: masks every field, tracebacks included."""
    return {key: _mask_value(value) for key, value in event.items()}


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """One JSON object a line, from structlog and from every library that uses `logging`."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_numbers,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                mask_numbers,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # They log every address they ask for, and an address can hold a secret or a number (P1, P3).
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
