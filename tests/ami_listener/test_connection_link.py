"""The link comes back by itself, notices when nobody is there, and says once that its password is wrong."""

import asyncio
import contextlib
import socket

import pytest
from structlog.testing import capture_logs

from ami_listener.connection import Connection, LoginRejectedError
from ops import ports
from runtime.settings import Address
from tests.ami_listener.manager import Link, linked, listening, manager, scene


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnect without the pause."""
    monkeypatch.setattr("ami_listener.connection._RECONNECT_SECONDS", 0)


@scene
async def test_a_listener_logs_in_with_its_name_and_password() -> None:
    async with manager() as played, listening(played.address) as listener:
        link = await played.link()
        assert not listener.connection.up
        login = await link.greet()
        assert (login["Username"], login["Secret"], login["Events"]) == ("listener", "secret", "on")
        assert not listener.connection.up


@scene
async def test_a_link_that_asterisk_closes_is_made_anew() -> None:
    async with linked() as (played, link, listener):
        link.close()
        await listener.down()
        for _ in range(3):
            again = await played.link()
            await again.log_in()
            await listener.up()
            again.send("Event: Hangup")
            await listener.event("Hangup")
            again.close()
            await listener.down()


@scene
async def test_a_link_that_asterisk_shuts_down_is_made_anew() -> None:
    async with linked() as (played, link, listener):
        link.send("Event: Shutdown", "Shutdown: Cleanly", "Restart: False")
        await link.closed()
        await (await played.link()).log_in()
        await listener.up()


@scene
async def test_a_listener_waits_for_an_asterisk_that_is_not_there_yet() -> None:
    (port,) = ports.free(1)
    async with listening(Address(f"127.0.0.1:{port}")) as listener:
        await asyncio.sleep(0)
        async with manager(port) as played:
            await (await played.link()).log_in()
            await listener.up()


@pytest.mark.parametrize("asterisk_closes", [True, False])
@scene
async def test_a_rejected_login_is_said_at_once_and_not_tried_again(asterisk_closes: bool) -> None:
    async with manager() as played, listening(played.address) as listener:
        link = await played.link()
        login = await link.greet()
        link.send("Response: Error", f"ActionID: {login['ActionID']}", "Message: Authentication failed")
        if asterisk_closes:
            link.close()
        with pytest.raises(LoginRejectedError, match="LINE_AMI_SECRET"):
            await listener.running
        await link.closed()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(played.link(), 0.3)


@scene
async def test_a_listener_that_is_stopped_while_its_link_is_down_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ami_listener.connection._RECONNECT_SECONDS", 1)
    async with linked() as (played, link, listener):
        link.close()
        await listener.down()
        listener.running.cancel()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(played.link(), 1.3)


@pytest.mark.parametrize("logs_in", [True, False])
@scene
async def test_f1_an_asterisk_that_falls_silent_is_given_up_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, logs_in: bool
) -> None:
    monkeypatch.setattr("ami_listener.connection.SILENCE_SECONDS", 0.6)
    async with manager() as played, listening(played.address) as listener:
        link = await played.link()
        if logs_in:
            await link.log_in()
        await link.closed()
        await (await played.link()).log_in()
        await listener.up()


@scene
async def test_f1_an_asterisk_that_is_silent_for_too_long_is_not_up_even_before_it_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Connection, "_cut_if_silent", lambda _connection: None)
    async with linked() as (played, _, listener):
        monkeypatch.setattr("ami_listener.connection.SILENCE_SECONDS", 0.1)
        await listener.down()
        assert played.links.empty()


@scene
async def test_f1_an_asterisk_that_only_answers_pings_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ami_listener.connection.SILENCE_SECONDS", 1.6)
    monkeypatch.setattr("ami_listener.connection.PING_SECONDS", 1)
    async with linked() as (played, link, listener):
        for _ in range(2):
            ping = await link.action()
            assert ping["Action"] == "Ping"
            link.send("Response: Success", f"ActionID: {ping['ActionID']}", "Ping: Pong")
        assert listener.connection.up
        assert played.links.empty()


@scene
async def test_a_message_without_an_end_cuts_the_link_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ami_listener.connection._LONGEST_MESSAGE", 10_000)
    monkeypatch.setattr("ami_listener.connection.SILENCE_SECONDS", 60)
    async with linked() as (played, link, listener):
        link.writer.write(b"Event: Hangup\r\nName: " + b"x" * 9_000)
        link.writer.write(b"\r\n\r\n")
        link.send("Event: Next")
        await listener.event("Next")
        link.writer.write(b"Event: Hangup\r\nName: " + b"x" * 11_000)
        await link.closed()
        await (await played.link()).log_in()
        await listener.up()


@scene
async def test_f1_an_attempt_to_connect_into_a_void_is_given_up_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backlog that is full drops what comes in, as a firewall does."""
    monkeypatch.setattr("ami_listener.connection._CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as void:
        address = void.getsockname()
        fill = [socket.socket() for _ in range(2)]
        for each in fill:
            each.setblocking(False)
            each.connect_ex(address)
        with capture_logs() as said:
            async with listening(Address(f"127.0.0.1:{address[1]}")) as listener:
                while [entry["event"] for entry in said] != ["connecting_timed_out"] * 3:
                    await asyncio.sleep(0.01)
                assert not listener.connection.up
                # Whoever waits in the backlog goes, and Asterisk is back.
                for each in fill:
                    each.close()
                logged_in = asyncio.get_running_loop().create_future()

                async def log_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                    link = Link(reader, writer)
                    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                        await link.log_in()
                        if not logged_in.done():
                            logged_in.set_result(link)

                async with await asyncio.start_server(log_in, sock=void.dup()):
                    link = await logged_in
                    await listener.up()
                    link.close()


@scene
async def test_e4_each_login_is_told_for_nobody_knows_what_happened_before_it() -> None:
    async with manager() as played, listening(played.address) as listener:
        for number in range(1, 4):
            link = await played.link()
            await link.log_in()
            while listener.logins < number:
                await asyncio.sleep(0)
            assert listener.logins == number
            link.send("Event: Hangup")
            await listener.event("Hangup")
            assert listener.logins == number
            link.close()
            await listener.down()


@scene
async def test_e4_a_login_that_is_rejected_is_none() -> None:
    async with manager() as played, listening(played.address) as listener:
        link = await played.link()
        login = await link.greet()
        link.send("Response: Error", f"ActionID: {login['ActionID']}", "Message: Authentication failed")
        with pytest.raises(LoginRejectedError):
            await listener.running
        assert listener.logins == 0
