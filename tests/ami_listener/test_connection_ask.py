"""What is asked of Asterisk is answered or fails soon, and is never asked twice."""

import asyncio

import pytest

from ami_listener.connection import Connection, NotConnectedError
from tests.ami_listener.manager import linked, listening, manager, scene


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnect without the pause."""
    monkeypatch.setattr("ami_listener.connection._RECONNECT_SECONDS", 0)


@scene
async def test_a_list_is_returned_with_all_its_messages() -> None:
    async with linked() as (_, link, listener):
        asked = asyncio.create_task(listener.connection.ask("DeviceStateList"))
        action_id = (await link.action("Ping"))["ActionID"]
        # As Asterisk 22.10.1 answers.
        start = ("EventList: start", "Message: Device State Changes will follow")
        link.send("Response: Success", f"ActionID: {action_id}", *start)
        link.send("Event: Hangup", "Cause: 16")
        link.send("Event: DeviceStateChange", f"ActionID: {action_id}", "Device: PJSIP/trunk", "State: NOT_INUSE")
        end = ("EventList: Complete", "ListItems: 1")
        link.send("Event: DeviceStateListComplete", f"ActionID: {action_id}", *end)
        answer = await asked
        assert [(message.get("Device"), message.get("State")) for message in answer][1:2] == [
            ("PJSIP/trunk", "NOT_INUSE")
        ]
        # What is no part of the answer is an event as any other.
        assert (await listener.event("Hangup"))["Cause"] == "16"


@scene
async def test_one_answer_is_a_list_of_one() -> None:
    async with linked() as (_, link, listener):
        asked = asyncio.create_task(listener.connection.ask("CoreStatus"))
        action = await link.action("Ping")
        link.send("Response: Success", f"ActionID: {action['ActionID']}", "CoreStartupTime: 18:32:52")
        (answer,) = await asked
        assert (action["Action"], answer["CoreStartupTime"]) == ("CoreStatus", "18:32:52")


@scene
async def test_nothing_is_asked_where_there_is_no_link() -> None:
    async with manager() as played, listening(played.address) as listener:
        with pytest.raises(NotConnectedError):
            await listener.connection.ask("CoreStatus")
        link = await played.link()
        await link.greet()
        with pytest.raises(NotConnectedError):
            await listener.connection.ask("CoreStatus")


@scene
async def test_a_connection_that_was_never_run_is_not_up() -> None:
    async with manager() as played:
        connection = Connection(played.address, "listener", "secret", print)
        assert not connection.up
        with pytest.raises(NotConnectedError):
            await connection.ask("CoreStatus")


@scene
async def test_a_question_that_is_not_answered_in_time_fails() -> None:
    async with linked() as (_, link, listener):
        with pytest.raises(NotConnectedError):
            await listener.connection.ask("CoreStatus", 0.1)
        assert (await link.action("Ping"))["Action"] == "CoreStatus"
        assert listener.connection.up


@scene
async def test_a_question_that_a_lost_link_left_unanswered_is_not_asked_again() -> None:
    async with linked() as (played, link, listener):
        asked = asyncio.create_task(listener.connection.ask("DeviceStateList", 0.5))
        assert (await link.action("Ping"))["Action"] == "DeviceStateList"
        link.close()
        second = await played.link()
        # FullyBooted, which ends the login, is where panoramisk would ask again.
        await second.log_in()
        await listener.up()
        with pytest.raises(NotConnectedError):
            await asked
        again = asyncio.create_task(listener.connection.ask("CoreStatus", 0.1))
        assert (await second.action("Ping"))["Action"] == "CoreStatus"
        with pytest.raises(NotConnectedError):
            await again


@scene
async def test_whoever_is_cancelled_while_asking_is_cancelled() -> None:
    async with linked() as (_, link, listener):
        asked = asyncio.create_task(listener.connection.ask("CoreStatus"))
        await link.action("Ping")
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked


@pytest.mark.parametrize("value", ["x\r\nAction: Originate", "x\n", "x\r", "x\x00"])
@scene
async def test_a_control_character_never_becomes_another_field(value: str) -> None:
    async with linked() as (_, link, listener):
        with pytest.raises(ValueError, match="control character"):
            await listener.connection.ask("ExtensionState", Exten=value)
        asked = asyncio.create_task(listener.connection.ask("CoreStatus", 0.1))
        assert (await link.action("Ping"))["Action"] == "CoreStatus"
        with pytest.raises(NotConnectedError):
            await asked
