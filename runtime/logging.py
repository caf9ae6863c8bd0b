"""Structured logs, in which no phone number stands whole (P1)."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

# What has many digits and is no phone number, and must stay readable. Looked for first.
_KEPT = r"""
      (?<![\w.+]) [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12} (?!\w)                   # a UUID
    | (?<!\w) (?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}) (?!\w)                        # a digest
    | (?<![\w.+]) (?:[a-z][a-z0-9]{0,15}-)? 1[6-9][0-9]{8}\.[0-9]{1,9} (?!\d)             # line1-1764000000.42
    | (?<![\w.+-]) [12][0-9]{3}-[01][0-9]-[0-3][0-9] (?!\d)                            # 2026-05-04
      (?:[T ][0-2][0-9]:[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?
    | (?<![\w.+-]) (?:[12]?[0-9]?[0-9]\.){3}[12]?[0-9]?[0-9] (?![\w-]|\.\d)      # 192.168.100.200
    | (?<![\w.+-]) [0-9]{1,7}\.[0-9]{1,6}\ ?(?:s|ms|seconds|milliseconds) \b           # a duration
"""
# What may stand between two digits of a number: at most three of these, and never the dash before a channel's own
# number (PJSIP/+14155550100-0000001a).
_BETWEEN = r"(?:(?!-[0-9a-f]{8}(?![0-9a-f]))(?:[ \t\u00a0\u202f.()/+\u2010-\u2015\u2212\u00b7-]|%20|%2[8-9d-f])){0,3}"
_PLUS = r"(?:[+\uff0b]|%2b|\\u002b|\\x2b|&\#43;|&\#x2b;|&plus;)"
# A number as carriers, people and percent-encoded addresses write it, in the digits of any script. Behind a plus sign
# few digits are enough; ten in a row are one wherever they stand.
_NUMBER = re.compile(
    rf"""
      (?P<kept> {_KEPT} )
    | {_PLUS}? \d{{10,}}                                                            # +14155550100, 4155550100
    | {_PLUS} {_BETWEEN} \d (?:{_BETWEEN} \d){{6,17}}                               # +1 (415) 555-0100
    | (?<!\d)(?<!\d\.) (?:\((?=\d{{1,5}}\)))? \d (?:{_BETWEEN} \d){{9,17}}             # (415) 555-0100, 0151 2345-67
    """,
    re.VERBOSE | re.IGNORECASE,
)


def mask(text: str) -> str:
    """The text with every phone number cut down to its last two digits."""
    return _NUMBER.sub(_cut, text)


def _cut(found: re.Match[str]) -> str:
    if found["kept"] is not None:
        return found[0]
    return "…" + "".join(character for character in found[0] if character.isdigit())[-2:]


def _mask_value(value: object) -> object:
    if isinstance(value, bool | type(None)):
        return value
    if isinstance(value, int | float):
        # A float with a fraction is a duration or an instant.
        whole = int(value) if isinstance(value, int) or value.is_integer() else 0
        masked = mask(str(whole))
        return value if masked == str(whole) else masked
    if isinstance(value, dict):
        return {mask(_text(key)): _mask_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask_value(item) for item in value]
    return mask(_text(value))


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - what is logged must not stop who logs
        return f"({type(value).__name__} that cannot be shown: {type(error).__name__})"


def mask_numbers(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """A structlog processor: masks every field and its name, tracebacks included."""
    return {mask(key): _mask_value(value) for key, value in event.items()}


class _Handler(logging.StreamHandler[TextIO]):
    """Of an event that cannot be written, the standard handler prints every argument as it is."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in the library
        """Say that there was one."""
        kind, _, _ = sys.exc_info()
        log = {"event": "log_failed", "level": "error", "logger": record.name, "line": record.lineno}
        with suppress(Exception):
            self.stream.write(json.dumps(log | {"error": kind.__name__ if kind else None}) + "\n")
            self.flush()


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """In place of Python's own, which prints every message as it is."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        structlog.get_logger("runtime").critical("uncaught", exc_info=(kind, error, trace))


def _uncaught_in_thread(what: threading.ExceptHookArgs) -> None:
    if what.exc_value is not None and not isinstance(what.exc_value, SystemExit):
        _uncaught(what.exc_type, what.exc_value, what.exc_traceback)


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """One JSON object a line, from structlog and from every library that uses `logging`, of exceptions that nobody
    caught, and of warnings.
    """
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
    handler = _Handler(stream or sys.stderr)
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
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # They log every address they ask for, and an address can hold a secret or a number (P1, P3).
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
