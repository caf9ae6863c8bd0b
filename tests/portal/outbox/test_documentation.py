"""docs/webhooks.md: what stands there to copy works."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from schema.engine import Store
from schema.queries.outbox import EventType
from tests.portal.outbox.conftest import SECRET, RunningWorker, tell
from tests.portal.outbox.receiver import Receiver

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()


def test_the_receiver_in_the_documentation_takes_in_what_we_send_once_and_nothing_else(
    store: Store, receivers: Callable[..., Receiver], works: Callable[..., RunningWorker]
) -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(code.strip().splitlines()) <= 11
    names: dict[str, Any] = {}
    exec(code, names)
    take_in = names["take_in"]
    receiver = receivers()
    works(webhook_url=receiver.url)
    tell(store, "call-1")
    (heard,) = receiver.wait_for(1)
    seen: set[str] = set()
    assert take_in(SECRET, heard.headers, heard.body, seen)["data"]["call_id"] == "call-1"
    assert take_in(SECRET, heard.headers, heard.body, seen) == {}
    assert take_in(SECRET, heard.headers, heard.body + b" ", set()) is None


def test_every_event_that_can_be_told_stands_in_the_documentation() -> None:
    assert [event for event in EventType if f"`{event}`" not in PAGE] == []
