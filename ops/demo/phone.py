"""A phone made of SIPp: dials or answers by a scenario, and shows what stood on the wire."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ops.demo import sip
from ops.demo.sip import Message
from ops.processes import Part, PartFailedError
from runtime.settings import Address

SCENARIOS = Path(__file__).parent / "scenarios"


class NoPhoneError(Exception):
    """SIPp is not installed; the message says how to."""


class Phone:
    """One SIPp process. Everything it leaves lies under `folder`.

    `rows` fill the scenario's fields, one row a call; they go by file, not by argument, so that no number stands in
    the process list. `dials` is where to, or None for a phone that answers. `pause_ms` is how long the scenario's
    pauses are, `options` what else SIPp is told (TLS).
    """

    def __init__(
        self,
        scenario: Path,
        folder: Path,
        *,
        port: int,
        rows: Sequence[Sequence[object]],
        dials: Address | None = None,
        pause_ms: int = 0,
        seconds: int = 60,
        options: Sequence[str] = (),
    ) -> None:
        binary = shutil.which("sipp")
        if binary is None:
            raise NoPhoneError("SIPp is not installed: apt-get install sip-tester (`make` does it as root)")
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port
        self._dials = dials is not None
        self.scenario = scenario
        self._messages = folder / "messages.log"
        fields = folder / "fields.csv"
        fields.write_text("\n".join(["SEQUENTIAL", *(";".join(map(str, row)) for row in rows)]) + "\n")
        command = [binary, *([str(dials)] if dials else []), "-sf", str(scenario), "-inf", str(fields)]
        count = str(len(rows))
        command += ["-i", "127.0.0.1", "-p", str(port), "-d", str(pause_ms)]
        # All at once; SIPp looks at its work, the end of it included, once in a rate period.
        command += ["-m", count, "-l", count, "-r", count, "-rp", "50"]
        command += ["-nostdin", "-timeout", f"{seconds}s", "-timeout_error", "-buff_size", "1048576"]
        command += ["-trace_msg", "-message_file", str(self._messages), "-message_overwrite", "true"]
        command += options
        command += ["-trace_err", "-error_file", str(folder / "errors.log")]
        self._part = Part(f"SIPp ({scenario.stem})", command, folder / "screen.log", {**os.environ, "TZ": "UTC"})

    def start(self) -> None:
        """Dial; or answer, and be ready to when this returns."""
        self._part.start()
        # One that dials needs no waiting for, and a call that is refused at once may be over before we look.
        if not self._dials:
            self._part.wait_until(self._listens, 10)

    @property
    def running(self) -> bool:
        """Whether its scenario still goes on."""
        return self._part.running

    def messages(self) -> list[Message]:
        """What it sent and received so far."""
        return sip.read(self._messages)

    def received(self) -> list[Message]:
        """What it received so far."""
        return [message for message in self.messages() if message.received]

    def final_status(self) -> int | None:
        """The final status of its INVITE; None as long as there is none."""
        for message in self.received():
            if message.status and message.status >= 200 and (message.header("CSeq") or "").endswith("INVITE"):
                return message.status
        return None

    def wait_for(self, what: Callable[[Message], bool], seconds: float = 15) -> Message:
        """The first message of which `what` is true, waited for. Raises PartFailedError if it does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            running = self._part.running
            for message in self.messages():
                if what(message):
                    return message
            if not running:
                break
            time.sleep(0.02)
        raise PartFailedError(
            f"{self._part.name}: the message that was waited for did not come. {self._part.last_words()}"
        )

    def finish(self, seconds: float = 60) -> bool:
        """Wait for the scenario's end. Returns whether everything went as the scenario says."""
        return self._part.wait(seconds) == 0

    def stop(self) -> None:
        """End the phone, whatever it does. Not by SIGTERM: SIPp then waits for calls that will not end."""
        self._part.stop(sign=signal.SIGKILL)

    def _listens(self) -> bool:
        inode = f":{self.port:04X} "
        return any(inode in Path(table).read_text() for table in ("/proc/net/udp", "/proc/net/tcp"))
