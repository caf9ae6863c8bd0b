"""FastAPI's own traces, metrics and logs: off, as they carry raw paths, and a path can hold a number (P1)."""

from __future__ import annotations

from fastapi.telemetry._api import TelemetryConfig

TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
