"""A list of what is up is whole, or none (E4): what is missing from half a list would be taken for gone."""

import asyncio
from datetime import UTC, datetime

import pytest

from ami_listener import listing
from ami_listener.connection import NotConnectedError
from ami_listener.listing import UpLeg
from tests.ami_listener.asterisk import NOW, Asterisk, Up, answering, talking
from tests.ami_listener.manager import linked, scene

CALL = "line1-1795470355.0"


@scene
async def test_e4_a_list_tells_of_each_leg_where_it_is_and_when_that_was() -> None:
    waiting = Up("line1-9.0", "line1-9.0", bridge="", account="")
    asterisk = Asterisk(up=[*talking(CALL), waiting])
    async with answering(asterisk) as connection:
        found = await listing.take(connection)
    assert found.at == datetime.fromtimestamp(NOW, UTC)
    assert found.legs == [
        UpLeg(CALL, CALL, "one", "1795470300"),
        UpLeg(CALL, f"{CALL}.client", "one", "1795470300"),
        UpLeg("line1-9.0", "line1-9.0", "", ""),
    ]
    assert found.channels == {CALL, f"{CALL}.client", "line1-9.0"}
    # Asked for the time first: whoever is listed was up then or later.
    assert asterisk.asked[-2:] == ["Ping", "CoreShowChannels"]


@scene
async def test_e4_a_list_of_nothing_is_whole() -> None:
    async with answering(Asterisk()) as connection:
        assert (await listing.take(connection)).legs == []


CUT_OFF = {
    "a_leg_is_missing": Asterisk(up=talking(CALL), items="3"),
    "a_leg_too_many": Asterisk(up=talking(CALL), items="1"),
    "no_number": Asterisk(up=talking(CALL), items=""),
    "another_end": Asterisk(up=talking(CALL), complete="CoreShowChannelsCut"),
    "no_leg": Asterisk(up=[Up(CALL, "")]),
    "no_call": Asterisk(up=[Up("", CALL)]),
    "a_field_twice": Asterisk(up=[Up(CALL, f"{CALL}\r\nUniqueid: line1-1.2")]),
    "a_number_twice": Asterisk(items="0\r\nListItems: 0"),
}


@pytest.mark.parametrize("name", CUT_OFF)
@scene
async def test_e4_a_list_that_is_not_whole_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ami_listener.connection.Connection.ask.__defaults__", (0.5,))
    async with answering(CUT_OFF[name]) as connection:
        with pytest.raises(NotConnectedError):
            await listing.take(connection)


@scene
async def test_e4_a_list_that_is_refused_is_none() -> None:
    async with linked() as (_, link, listener):

        async def refuse() -> None:
            ping = await link.action()
            link.send("Response: Success", f"ActionID: {ping['ActionID']}", "Ping: Pong", f"Timestamp: {NOW}")
            question = await link.action("Ping")
            link.send("Response: Error", f"ActionID: {question['ActionID']}", "Message: Permission denied")

        refusing = asyncio.create_task(refuse())
        with pytest.raises(NotConnectedError):
            await listing.take(listener.connection)
        await refusing


@pytest.mark.parametrize("time", ["", "x", "NaN", "-1", "1e9", "1.5\r\nTimestamp: 1.5", "9" * 30])
@scene
async def test_e4_an_asterisk_that_does_not_say_what_time_it_is_does_not_answer(time: str) -> None:
    async with answering(Asterisk(time=time)) as connection:
        with pytest.raises(NotConnectedError):
            await listing.asterisk_time(connection)
