"""C4, P3: what is registered in the running Asterisk, held against lists of all that may be."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import agi
from agi.session import Session
from ops.line import Line
from tests.calls.hardening import allowed


def _console(line: Line, command: str) -> str:
    assert line.asterisk is not None
    return line.asterisk.command(command)


def test_c4_no_application_is_registered_that_is_not_on_the_list(line: Line) -> None:
    registered = set(re.findall(r"^ +(\w+): ", _console(line, "core show applications"), re.MULTILINE))
    assert registered >= {"Dial", "AGI", "Bridge"}
    assert registered - allowed.USED - allowed.BROUGHT == set()
    assert registered.isdisjoint(allowed.NEVER)
    assert not [name for name in registered if re.search("record|monitor|spy|speech|voicemail", name, re.IGNORECASE)]


def test_c4_no_function_is_registered_that_is_not_on_the_list(line: Line) -> None:
    said = _console(line, "core show functions")
    # The list cuts names after twenty characters; the usage beside it is whole.
    registered = set(re.findall(r"^[A-Z_]+ +([A-Z_]+)[( \n]", said, re.MULTILINE))
    assert len(registered) == int(re.findall(r"^(\d+) custom functions", said, re.MULTILINE)[0])
    assert registered - allowed.FUNCTIONS_USED - allowed.FUNCTIONS_BROUGHT == set()
    assert registered.isdisjoint(allowed.FUNCTIONS_NEVER)


def test_c4_no_agi_command_is_registered_that_is_not_on_the_list(line: Line) -> None:
    registered = set(re.findall(r"^ *(?:Yes|No) +(\S.*?)   ", _console(line, "agi show commands"), re.MULTILINE))
    assert "set variable" in registered
    assert registered - allowed.AGI_COMMANDS == set()


def test_c4_our_agi_servers_send_set_variable_and_no_other_command() -> None:
    by_pyst2 = {name for name in dir(Session.__mro__[1]) if not name.startswith("_")}
    assert {"appexec", "record_file", "set_variable", "execute"} <= by_pyst2
    for source in sorted(Path(agi.__file__).parent.rglob("*.py")):
        for call in ast.walk(ast.parse(source.read_text())):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr == "execute":
                assert source.name == "session.py"
                assert ast.literal_eval(call.args[0]) == "SET VARIABLE"
            else:
                inner = {"send_command", "get_result"} if source.name == "session.py" else set()
                assert call.func.attr not in by_pyst2 - inner, f"{source.name}:{call.lineno}"


def _dialplan(line: Line) -> list[tuple[str, str]]:
    """Every priority: an application and what it is given."""
    said = _console(line, "dialplan show")
    return re.findall(r"^(?: +'[^']*' =>| +\[[^\]]+\])? +\d+\. (\w+)\((.*)\) +\[[^\]]+\]$", said, re.MULTILINE)


def test_c4_the_running_dialplan_uses_these_applications_and_functions_alone(line: Line) -> None:
    dialplan = _dialplan(line)
    priorities = re.findall(r"^.* \d+\. \w+\(", _console(line, "dialplan show"), re.MULTILINE)
    assert len(dialplan) == len(priorities) > 100
    assert {application for application, _ in dialplan} == allowed.USED
    functions = {name for _, given in dialplan for name in re.findall(r"(?:\$\{|^)([A-Z_]+)\(", given)}
    assert functions - allowed.FUNCTIONS_USED == set()


def test_c4_the_dialplan_dials_the_trunk_and_asks_servers_and_lets_nobody_transfer(line: Line) -> None:
    dialplan = _dialplan(line)
    (dial,) = [given for application, given in dialplan if application == "Dial"]
    where, _, options = dial.split(",")
    assert re.fullmatch(r"PJSIP/\$\{LINE_CLIENT\}@trunk", where)
    # Nothing more: T and t would let a key transfer, W and w record, K and k park, X and x record to both.
    assert re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", options) == "IiSb"
    assert all(given.startswith("agi://${LINE_SERVER}/") for application, given in dialplan if application == "AGI")


def test_c4_no_key_pressed_and_no_code_dialled_does_anything(line: Line) -> None:
    builtin, dynamic, groups = _console(line, "features show").strip().split("\n\n")
    codes = dict(re.findall(r"^(\w.*?)  +(?:\S+ +)?(\S*) *$", builtin.partition("-------\n")[2], re.MULTILINE))
    assert {"Pickup", "Blind Transfer", "Attended Transfer", "One Touch MixMonitor"} <= set(codes)
    assert set(codes.values()) == {""}
    assert dynamic.endswith("(none)")
    assert groups.endswith("(none)")


def test_c4_no_channel_leads_anywhere_but_to_the_trunk_and_no_bridge_holds_a_third(line: Line) -> None:
    types = set(re.findall(r"^(\w+) .* (?:yes|no) ", _console(line, "core show channeltypes"), re.MULTILINE))
    # No AudioSocket, WebSocket or UnicastRTP, which is what external media is made of.
    assert types == {"PJSIP", "Local", "Surrogate"}
    bridges = set(re.findall(r"^(\w+) .* \d+ (?:Yes|No)$", _console(line, "bridge technology show"), re.MULTILINE))
    assert bridges == {"native_rtp", "simple_bridge"}, "softmix would mix a listener in"
    assert _console(line, "core show switches").count("\n") <= 2


def test_c4_p3_there_is_no_http_no_ari_and_no_web_manager(line: Line) -> None:
    said = _console(line, "http show status")
    assert "Server Disabled" in said
    assert re.search(r"Enabled URI's:\nNone\.", said)
    for command in ("ari show status", "ari show users", "audiosocket show", "realtime load", "sip show peers"):
        assert "No such command" in _console(line, command), command
    assert re.search(r"Web Manager \(AMI/HTTP\): +No", _console(line, "manager show settings"))


def test_p3_the_settings_that_let_nothing_out_are_what_runs(line: Line) -> None:
    said = _console(line, "core show settings")
    for name in ("Executable includes", "Shell on remote consoles", "Call data records", "Realtime Architecture (ARA)"):
        assert re.search(rf"{re.escape(name)}: +Disabled", said), name
    # Asterisk says of this one nowhere what it runs with.
    assert "\nlive_dangerously = no\n" in (line.folder / "asterisk/etc/asterisk.conf").read_text()
