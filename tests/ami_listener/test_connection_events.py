"""Every event arrives, whole and in order, however the wire cuts it and whatever one of them does."""

import asyncio
from collections.abc import Mapping

import pytest

from tests.ami_listener.manager import linked, message, scene
from tests.ami_listener.recordings import CALLS, events, wire


@scene
async def test_events_arrive_in_the_order_in_which_asterisk_sent_them() -> None:
    async with linked() as (_, link, listener):
        for place in range(2000):
            link.send("Event: Hangup", f"Place: {place}")
        assert [(await listener.event("Hangup"))["Place"] for _ in range(2000)] == [str(place) for place in range(2000)]


@pytest.mark.parametrize("name", CALLS)
@scene
async def test_a_recorded_call_arrives_as_it_was_sent(name: str) -> None:
    async with linked() as (_, link, listener):
        await listener.event("FullyBooted")
        link.writer.write(wire(name))
        for event in events(name):
            arrived = await listener.events.get()
            assert {field: arrived[field] for field in event} == event


@scene
async def test_a_message_that_comes_byte_by_byte_arrives_whole() -> None:
    async with linked() as (_, link, listener):
        for byte in message("Event: Hangup", "ConnectedLineName: Zoë Müller 🙂", "Cause: 16"):
            link.writer.write(bytes([byte]))
            # The listener, on the same loop, reads this byte before the next one is sent.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        event = await listener.event("Hangup")
        assert (event["ConnectedLineName"], event["Cause"]) == ("Zoë Müller 🙂", "16")


@pytest.mark.parametrize("cut", [1, 2, 3])
@scene
async def test_a_character_that_two_segments_share_survives(cut: int) -> None:
    name = "🙂".encode()
    async with linked() as (_, link, listener):
        # The first event arrives together with the first part of the character, so that part was read by then.
        link.writer.write(message("Event: First") + b"Event: Second\r\nName: " + name[:cut])
        await listener.event("First")
        link.writer.write(name[cut:] + b"\r\n\r\n")
        assert (await listener.event("Second"))["Name"] == "🙂"


@scene
async def test_bytes_that_are_no_utf8_spoil_their_own_field_and_nothing_else() -> None:
    async with linked() as (_, link, listener):
        link.writer.write(b"Event: Hangup\r\nName: \xff\xc3(\r\nCause: 16\r\n\r\n")
        assert (await listener.event("Hangup"))["Cause"] == "16"


@scene
async def test_an_event_on_which_our_own_code_fails_does_not_cost_the_link() -> None:
    arrived: asyncio.Queue[str] = asyncio.Queue()

    def on_event(event: Mapping[str, str]) -> None:
        arrived.put_nowait(event["Event"])
        raise ZeroDivisionError

    async with linked(on_event) as (played, link, listener):
        link.send("Event: First")
        link.send("Event: Second")
        assert [await arrived.get() for _ in range(3)] == ["FullyBooted", "First", "Second"]
        assert listener.connection.up
        assert played.links.empty()


@pytest.mark.parametrize(
    "lines",
    [
        ["Event: Hangup", "Event: Hangup"],
        ["Event: Hangup", "ActionID: 1", "ActionID: 2"],
        ["Response: Success", "ActionID: 1", "ActionID: 2"],
        ["Event: Hangup", "CommandID: 1", "CommandID: 2"],
        ["Response: Success", "Response: Error"],
        ["Event Hangup"],
        [":", ": ", "Event:"],
    ],
)
@scene
async def test_a_message_that_makes_no_sense_does_not_cost_the_link(lines: list[str]) -> None:
    async with linked() as (played, link, listener):
        link.send(*lines)
        link.send("Event: Next")
        await listener.event("Next")
        assert listener.connection.up
        assert played.links.empty()
