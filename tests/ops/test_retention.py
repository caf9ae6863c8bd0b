"""`consultline retention` (P2)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schema.engine import Store
from schema.queries.retention import KINDS
from tests.ops.command import environment, run
from tests.schema import aged
from tests.schema.aged import days_ago
from tests.schema.test_retention import left


@pytest.fixture
def variables(tmp_path: Path, database_url: str, store: Store) -> dict[str, str]:
    """Two refused calls, one of them older than the setting."""
    with store.transaction() as session:
        for days in (3, 5):
            aged.refused(session, days_ago(session, days), f"line1-{days}")
    return environment(tmp_path, LINE_DATABASE_URL=database_url, LINE_KEEP_REFUSED_CALLS_DAYS="4")


def test_p2_it_shows_what_would_go_and_takes_nothing(variables: dict[str, str], store: Store) -> None:
    shown = run(variables, "retention")
    assert shown.returncode == 0, shown.stderr
    assert "LINE_KEEP_REFUSED_CALLS_DAYS" in shown.stdout
    rows = {row["kind"]: row for row in json.loads(run(variables, "retention", "--json").stdout)}
    assert rows.keys() == {kind.name for kind in KINDS}
    refused = rows["refused_calls"]
    assert (refused["days"], refused["due"], refused["oldest"] is None) == (4, 1, False)
    assert (rows["audit"]["days"], rows["audit"]["due"], rows["audit"]["oldest"]) == (2190, 0, None)
    assert left(store, "calls") == 2


def test_p2_now_takes_what_is_over_and_says_how_much(variables: dict[str, str], store: Store) -> None:
    done = run(variables, "retention", "--now")
    assert (done.returncode, done.stdout.strip()) == (0, "1 refused_calls"), done.stderr
    assert left(store, "calls") == 1
    assert run(variables, "retention", "--now").stdout.strip() == "nothing was over"
    assert set(json.loads(run(variables, "retention", "--now", "--json").stdout).values()) == {0}


@pytest.mark.parametrize("days", ["0", "forever", "-1"])
def test_p2_a_setting_that_cannot_be_is_named_with_an_example(variables: dict[str, str], days: str) -> None:
    refused = run({**variables, "LINE_KEEP_REFUSED_CALLS_DAYS": days}, "retention")
    assert refused.returncode != 0
    assert "LINE_KEEP_REFUSED_CALLS_DAYS" in refused.stderr
    assert "30" in refused.stderr
