"""Fuzzers that play against a whole line, one batch after the other, each looked at by the observer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.fuzz.agi.clients import AgiClients
from tests.fuzz.agi.servers import AgiServers
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.http.api import HttpApi
from tests.fuzz.observer import Observer
from tests.fuzz.rtp.prompts import PinPrompts
from tests.fuzz.sip.calls import SipCalls
from tests.fuzz.stage import stage

TORTURE = "rfc4475"
NAMES = (TORTURE, SipCalls.name, PinPrompts.name, AgiServers.name, AgiClients.name, HttpApi.name)


class OnLine:
    """Every such fuzzer, and what it takes to play one batch of one of them."""

    def __init__(self, sip: SipCalls, observer: Observer, fuzzers: dict[str, Fuzzer]) -> None:
        self.sip = sip
        self.observer = observer
        self.fuzzers = fuzzers

    def play(self, name: str, first: int, count: int) -> list[str]:
        """The violations that the fuzzer or the observer saw."""
        wrong = self.sip.torture() if name == TORTURE else self.fuzzers[name].play(first, count)
        # Answers that are still under way are answered first: what is counted must be over.
        looked = self.observer.look(self.sip.taken, hear=self.sip.hear)
        return [*wrong, *looked]


@contextmanager
def on_line(folder: Path, seed: int, *, providers: int = 30) -> Iterator[OnLine]:
    """A line in this folder, and every fuzzer that plays against it; so many providers have a consultation now."""
    with ExitStack() as stack:
        made = stack.enter_context(stage(folder))
        observer = Observer(made, folder)
        stack.callback(observer.records.close)
        sip = SipCalls(seed, made, observer.records, providers=providers)
        settings = made.line.settings
        fuzzers: dict[str, Fuzzer] = {
            one.name: one
            for one in (
                sip,
                PinPrompts(seed, sip, observer.records),
                AgiServers(seed, sip),
                AgiClients(seed, settings.agi_addresses[0]),
                HttpApi(seed, settings.api_bind, made.line.api_token),
            )
        }
        for one in fuzzers.values():
            stack.callback(one.close)
        observer.begin()
        yield OnLine(sip, observer, fuzzers)
