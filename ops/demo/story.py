"""`consultline demo`: one consultation, one real call, told as a timeline."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from ops import ports
from ops.demo import own_line
from ops.demo.audio import Headset
from ops.demo.phone import SCENARIOS, Phone
from ops.demo.platform import Platform
from ops.demo.timeline import Story, problems, show
from ops.errors import OperatorError
from ops.line import Line
from ops.processes import PartFailedError
from ops.up import StopRequestedError, running, stoppable
from runtime.settings import Settings

LINE_NUMBER, PROVIDER, CLIENT = "+14155550199", "+14155550100", "+14155550123"
PROVIDER_TONE, CLIENT_TONE = 440, 620
_RING_MS, _TALK_MS = 1000, 3000


@dataclass(frozen=True, slots=True)
class _Ears:
    """What each phone speaks with and hears."""

    provider: Headset
    client: Headset

    def close(self) -> None:
        self.provider.close()
        self.client.close()


def tell(settings: Settings, out: Console, *, keep: bool) -> None:
    """Bring up a line of its own, place one call, and show it.

    Raises OperatorError if the client's phone did not see the provider's number, or the consultation did not become
    completed; then, and with `keep`, the demo's folder stays.
    """
    folder = settings.data_dir.expanduser().resolve() / f"demo-{os.getpid()}"
    line = Line(own_line.settings(folder, settings, numbers=[LINE_NUMBER]))
    try:
        with stoppable(), running(line, out, doing="demo"):
            story = _call(line, folder, out)
            show(story, out)
            wrong = problems(story)
    except StopRequestedError:
        shutil.rmtree(folder, ignore_errors=True)
        out.print("stopped; nothing of the demo is running any more")
        return
    except (PartFailedError, OperatorError) as error:
        raise OperatorError(f"the demo failed: {error}\nEvery log and SIP message is in {folder}") from None
    if wrong:
        listed = "\n".join(f"  {problem}" for problem in wrong)
        raise OperatorError(f"the demo failed:\n{listed}\nEvery log and SIP message is in {folder}")
    if keep:
        out.print(f"every log and SIP message is in {folder}", soft_wrap=True)
    else:
        shutil.rmtree(folder)
    out.print(
        "[green]✓[/] the client's phone showed the provider's number, and the consultation is completed", soft_wrap=True
    )


def _call(line: Line, folder: Path, out: Console) -> Story:
    platform = Platform(line.api_url, line.api_token)
    ears = _Ears(Headset(PROVIDER_TONE), Headset(CLIENT_TONE))
    client = Phone(
        SCENARIOS / "client_answers.xml",
        folder / "client",
        port=line.settings.trunk_address.port,
        rows=[(CLIENT, ears.client.port)],
        pause_ms=_RING_MS,
    )
    provider = Phone(
        SCENARIOS / "provider_calls.xml",
        folder / "provider",
        port=ports.free(1)[0],
        rows=[(PROVIDER, LINE_NUMBER, ears.provider.port)],
        pause_ms=_TALK_MS,
        dials=line.settings.sip_bind,
    )
    try:
        platform.provider("dr-rivera", "Dr. Rivera", PROVIDER)
        platform.client("sam", "Sam", CLIENT)
        platform.wait_until_up()
        booked = platform.appointment("first-consultation", "dr-rivera", "sam")
        with out.status("demo: the provider calls"):
            client.start()
            provider.start()
            _let_them_talk(provider, client, ears)
            provider.finish(20)
            client.finish(20)
            call = _settled(platform)
        return Story(
            booked=booked,
            call=call,
            appointment=platform.get("/v1/appointments/first-consultation"),
            provider=provider.messages(),
            client=client.messages(),
            provider_heard=ears.provider.loudest([PROVIDER_TONE, CLIENT_TONE]) == CLIENT_TONE,
            client_heard=ears.client.loudest([PROVIDER_TONE, CLIENT_TONE]) == PROVIDER_TONE,
            caller_number=PROVIDER,
            client_number=CLIENT,
            line_number=LINE_NUMBER,
        )
    finally:
        provider.stop()
        client.stop()
        ears.close()
        platform.close()


def _let_them_talk(provider: Phone, client: Phone, ears: _Ears) -> None:
    """Point each phone's mouth at where the line wants its audio, as the SDP it received says."""
    offer = client.wait_for(lambda message: message.received and message.method == "INVITE")
    answer = provider.wait_for(lambda message: message.received and (message.status or 0) >= 200)
    if offer.audio and answer.audio:
        ears.client.point_at(*offer.audio)
        ears.provider.point_at(*answer.audio)


def _settled(platform: Platform) -> dict[str, Any]:
    call = platform.settled_call("first-consultation")
    deadline = time.monotonic() + 5
    while platform.get("/v1/appointments/first-consultation")["status"] == "pending" and time.monotonic() < deadline:
        time.sleep(0.05)
    return call
