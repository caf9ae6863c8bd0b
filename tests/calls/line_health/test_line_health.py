"""F1, F2: a part of the real line dies. Down within 15 s of it, and the client's number in place of the line's."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ops.demo import own_line
from ops.demo.platform import Platform
from ops.line import Line
from portal.line_watch import LineWatch
from runtime.settings import Settings, load
from schema.engine import Store
from schema.models import Effect, Reveal
from tests.calls.line_health.carrier import Carrier
from tests.calls.scene import LINE_NUMBER

SEEN_WITHIN = 15.0  # seconds from a part's death
HOLD = 3.0  # seconds; 30 in production


class Watched:
    """A line of this file's own, since its parts are to die, with a platform and a worker's watch."""

    def __init__(self, line: Line, platform: Platform, store: Store, carrier: Carrier) -> None:
        self.line, self.platform, self.store, self.carrier = line, platform, store, carrier

    def state(self) -> dict[str, Any]:
        """`GET /v1/line`."""
        found: dict[str, Any] = self.platform.get("/v1/line")
        return found

    def contact(self) -> dict[str, Any]:
        """How the API says that the client is reached."""
        found: dict[str, Any] = self.platform.get("/v1/appointments/booked")["contact"]
        return found

    def wait_for(self, state: str, seconds: float) -> float:
        """Wait for the line to be in this state; returns for how long."""
        began = time.monotonic()
        while self.state()["state"] != state:
            assert time.monotonic() - began < seconds, self.state()
            time.sleep(0.1)
        return time.monotonic() - began

    def told(self) -> list[str]:
        """What the platform was told of the line, in order."""
        with self.store.transaction() as session:
            kinds = session.scalars(select(Effect.event_type).order_by(Effect.id))
            return [kind for kind in kinds if kind.startswith("line.")]

    def told_after(self, already: int, count: int) -> list[str]:
        """What it was told after the first so many, waited for until so many are."""
        deadline = time.monotonic() + 5
        while len(self.told()) < already + count and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.told()[already:]

    def reveals(self) -> int:
        """How often the client's number was shown."""
        with self.store.transaction() as session:
            return len(session.scalars(select(Reveal.id).where(Reveal.reason == "line_down")).all())


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A line that is up, with one booked consultation."""
    usual = Settings.model_fields["trunk_qualify_seconds"].default
    settings = own_line.settings(
        tmp_path_factory.mktemp("line"),
        load(),
        numbers=[LINE_NUMBER],
        trunk_qualify_seconds=usual,
        up_after_seconds=int(HOLD),
    )
    carrier = Carrier(settings.trunk_address.port)
    line = Line(settings)
    stop = threading.Event()
    watch: threading.Thread | None = None
    try:
        carrier.start()
        line.start(lambda _: None)
        store = Store(line.database_url)
        watch = threading.Thread(target=LineWatch(store, timedelta(seconds=HOLD)).run, args=(stop,))
        watch.start()
        platform = Platform(line.api_url, line.api_token)
        platform.provider("dr", "Dr. Rivera", "+14152190001")
        platform.client("sam", "Sam", "+14152190002")
        platform.appointment("booked", "dr", "sam")
        found = Watched(line, platform, store, carrier)
        found.wait_for("up", 30)
        assert found.told_after(0, 1) == ["line.up"]
        yield found
        platform.close()
        stop.set()
        watch.join()
        store.close()
    finally:
        stop.set()
        line.stop()
        carrier.stop()


def kill(part: str) -> Callable[[Watched], None]:
    """SIGKILL for a process of the line."""

    def killed(watched: Watched) -> None:
        os.kill(watched.line.parts[part].pid, signal.SIGKILL)
        watched.line.parts[part].wait(10)

    return killed


def freeze(part: str) -> Callable[[Watched], None]:
    """SIGSTOP: the process is there, and answers nothing."""
    return lambda watched: os.kill(watched.line.parts[part].pid, signal.SIGSTOP)


def thaw(part: str) -> Callable[[Watched], None]:
    """SIGCONT."""
    return lambda watched: os.kill(watched.line.parts[part].pid, signal.SIGCONT)


def start_asterisk(watched: Watched) -> None:
    """Asterisk comes back."""
    assert watched.line.asterisk is not None
    watched.line.asterisk.start()


@pytest.mark.parametrize(
    ("part", "dies", "returns"),
    [
        ("asterisk", kill("asterisk"), start_asterisk),
        ("admission", kill("agi"), lambda watched: watched.line.start_agi()),
        ("admission", freeze("agi"), thaw("agi")),
        ("listener", kill("listener"), lambda watched: watched.line.start_listener()),
        ("listener", freeze("listener"), thaw("listener")),
        ("trunk", lambda watched: watched.carrier.stop(), lambda watched: watched.carrier.start()),
    ],
    ids=["asterisk killed", "FastAGI killed", "FastAGI frozen", "listener killed", "listener frozen", "trunk silent"],
)
def test_f1_f2_a_part_dies_and_the_direct_number_is_shown_until_it_stays_back(
    watched: Watched, part: str, dies: Callable[[Watched], None], returns: Callable[[Watched], None]
) -> None:
    assert watched.contact()["kind"] == "line"
    before, told = watched.reveals(), len(watched.told())
    dies(watched)
    watched.wait_for("down", SEEN_WITHIN)
    state = watched.state()
    assert state["parts"][part]["state"] == "down"
    assert (watched.contact()["kind"], watched.contact()["reason"]) == ("direct", "line_down")
    assert watched.reveals() == before + 2
    returns(watched)
    seen_back = time.monotonic()
    while watched.state()["holds_until"] is None:
        assert time.monotonic() - seen_back < 30, watched.state()
        time.sleep(0.05)
    assert watched.contact()["kind"] == "direct", "it is back, but has not stayed back yet"
    held = watched.wait_for("up", 30)
    assert held > HOLD - 2.5, "the listener looks every 2 s"
    assert watched.contact()["kind"] == "line"
    assert watched.told_after(told, 2) == ["line.down", "line.up"]
