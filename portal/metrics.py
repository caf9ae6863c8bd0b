"""What Prometheus gets to see: counts from the database, the same from whichever process it asks. No number (P1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from portal.line_state import Line, State, current
from schema.engine import Store
from schema.queries import statistics
from schema.queries.statistics import Statistics

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PARTS = ("asterisk", "trunk", "admission", "database", "listener")


@dataclass(frozen=True, eq=False)
class _Collector:
    """Everything as of one moment."""

    counted: Statistics
    line: Line

    def collect(self) -> Iterator[Metric]:
        yield from self._calls()
        yield from self._consultations()
        yield from self._line()

    def _calls(self) -> Iterator[Metric]:
        calls = CounterMetricFamily(
            "consultline_calls",
            "Attempts to use the line, by what was decided, why it was refused, and what became of it",
            labels=["decision", "reason", "disposition"],
        )
        for row in self.counted.calls:
            calls.add_metric([row.decision, row.reason or "", row.disposition or ""], row.count)
        yield calls
        yield _counter("consultline_talk_seconds", "How long both legs were in one bridge", self.counted.talk_seconds)
        yield _gauge("consultline_calls_up", "Admitted calls that have no outcome yet", self.counted.calls_up)
        yield _counter(
            "consultline_witnesses_disagree",
            "Calls of which two witnesses tell different ends",
            self.counted.disagreements,
        )

    def _consultations(self) -> Iterator[Metric]:
        statuses = GaugeMetricFamily(
            "consultline_consultations", "Consultations, by their status as it is written", labels=["status"]
        )
        for status, count in sorted(self.counted.consultations.items()):
            statuses.add_metric([status], count)
        yield statuses
        yield _gauge(
            "consultline_overdue_consultations",
            "Pending ones past their deadline: what the worker has not swept yet",
            self.counted.overdue,
        )
        yield _counter("consultline_reveals", "How often a client's own number was shown", self.counted.reveals)

    def _line(self) -> Iterator[Metric]:
        yield _gauge("consultline_up", "1 if the line is up", int(self.line.state is State.UP))
        parts = GaugeMetricFamily("consultline_part_up", "1 if this part of the line is up", labels=["part"])
        for name in _PARTS:
            parts.add_metric([name], int(getattr(self.line.parts, name).state is State.UP))
        yield parts
        if self.counted.listener_silent is not None:
            silent = self.counted.listener_silent / timedelta(seconds=1)
            yield _gauge("consultline_listener_silent_seconds", "Since the listener last wrote how it is", silent)


def _gauge(name: str, what: str, value: float) -> Metric:
    gauge = GaugeMetricFamily(name, what)
    gauge.add_metric([], value)
    return gauge


def _counter(name: str, what: str, value: float) -> Metric:
    counter = CounterMetricFamily(name, what)
    counter.add_metric([], value)
    return counter


def exposition(store: Store, hold: timedelta) -> bytes:
    """The metrics in Prometheus' text format, all of one moment. Raises StoreUnavailableError."""
    with store.transaction() as session:
        collector = _Collector(statistics.count(session), current(session, hold))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return generate_latest(registry)
