"""`GET /metrics`: what Prometheus sees, and that no number is in it (P1)."""

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from schema.engine import Store
from tests.portal.conftest import ADA, BEN, ENDS, LINE, STARTS, Platform, digits_of, observe

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scraped(platform: Platform) -> Samples:
    """What Prometheus makes of it."""
    answer = platform.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert not [digits for digits in digits_of(ADA, BEN, LINE) if digits in answer.text]
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_calls_are_counted_by_decision_reason_and_disposition(platform: Platform) -> None:
    platform.book()
    platform.refused_call(STARTS)
    platform.refused_call(STARTS)
    platform.admitted_call("a-1", STARTS)
    ended = {"disposition": "connected", "connected_at": STARTS, "ended_at": ENDS, "talk_seconds": 90.5, "slot": 2}
    platform.admitted_call("a-1", STARTS, **ended, witnesses_disagree=True)
    seen = scraped(platform)

    def calls(decision: str, reason: str, disposition: str) -> float:
        labels = (("decision", decision), ("disposition", disposition), ("reason", reason))
        return seen["consultline_calls_total", labels]

    assert calls("refused", "too_early", "refused") == 2
    assert calls("admitted", "", "") == calls("admitted", "", "connected") == 1
    assert seen["consultline_calls_up", ()] == 1
    assert seen["consultline_talk_seconds_total", ()] == 90.5
    assert seen["consultline_witnesses_disagree_total", ()] == 1


def test_f1_the_line_and_each_part_are_gauges(platform: Platform, store: Store) -> None:
    assert scraped(platform)["consultline_up", ()] == 1
    observe(store, trunk="down")
    seen = scraped(platform)
    assert seen["consultline_up", ()] == 0
    assert seen["consultline_part_up", (("part", "trunk"),)] == 0
    assert seen["consultline_part_up", (("part", "asterisk"),)] == 1
    assert 0 <= seen["consultline_listener_silent_seconds", ()] < 10


def test_s5_what_nobody_swept_is_seen(platform: Platform, store: Store) -> None:
    platform.book()
    assert scraped(platform)["consultline_overdue_consultations", ()] == 0
    with store.transaction() as session:
        session.execute(text("UPDATE consultations SET starts_at = '2020-01-01', ends_at = '2020-01-02'"))
    seen = scraped(platform)
    assert seen["consultline_overdue_consultations", ()] == 1
    assert seen["consultline_consultations", (("status", "pending"),)] == 1


def test_p2_showings_are_counted(platform: Platform) -> None:
    platform.book(referred=False)
    assert scraped(platform)["consultline_reveals_total", ()] == 1


def test_an_empty_line_has_metrics_too(platform: Platform) -> None:
    seen = scraped(platform)
    assert seen["consultline_calls_up", ()] == seen["consultline_talk_seconds_total", ()] == 0
