"""The phones of one schedule: a SIPp for each provider's call, and one for all clients, as a carrier reaches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops import ports
from ops.demo.phone import SCENARIOS, Phone
from runtime.settings import Address
from tests.calls.scene import HERE
from tests.faults.schedule import Behaviour, CallPlan

_CALLS = SCENARIOS / "provider_calls.xml"
_WAITS = HERE / "connected" / "provider_waits.xml"
_GIVES_UP = HERE / "provider_gives_up" / "provider.xml"
# Longer than any schedule: whatever still runs then is ended by us.
_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Dialled:
    """Who calls whom in one call of the plan. Each call has a caller number of its own."""

    plan: CallPlan
    caller: str
    client: str
    line_number: str


def provider(call: Dialled, folder: Path, line: Address) -> Phone:
    """The provider's phone of one call. It dials when it is started."""
    scenario = {Behaviour.GIVEN_UP: _GIVES_UP, Behaviour.CLIENT_HANGS_UP: _WAITS}.get(call.plan.behaviour, _CALLS)
    pause = call.plan.rings if scenario is _GIVES_UP else call.plan.talks
    return Phone(
        scenario,
        folder,
        port=ports.free(1)[0],
        rows=[(call.caller, call.line_number, 9)],
        dials=line,
        pause_ms=int(pause * 1000),
        seconds=_SECONDS,
    )


def clients(calls: Sequence[Dialled], folder: Path, port: int) -> Phone:
    """Every client's phone at once. Each knows by the caller's number what it is to do."""
    folder.mkdir(parents=True, exist_ok=True)
    scenario = folder / "clients.xml"
    scenario.write_text(_scenario(calls))
    # It may be called more often than planned: a row for each call that can come.
    return Phone(scenario, folder, port=port, rows=[(9,)] * (len(calls) * 3), seconds=_SECONDS)


def _scenario(calls: Sequence[Dialled]) -> str:
    who = "".join(
        f'<ereg regexp="{call.caller.lstrip("+")}" search_in="hdr" header="From:" assign_to="is{call.plan.number}"/>'
        for call in calls
    )
    turns = "".join(f'<nop next="call{call.plan.number}" test="is{call.plan.number}"/>\n' for call in calls)
    parts = "\n".join(f'<label id="call{call.plan.number}"/>\n{_part(call)}' for call in calls)
    return f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="clients">
<recv request="INVITE" rrs="true"><action>
<ereg regexp=":.*" search_in="hdr" header="From" assign_to="caller"/>{who}
</action></recv>
{turns}{_answer("404 Not Found")}<recv request="ACK" next="end"/>
{parts}
<label id="end"/>
<nop/>
<Reference variables="caller"/>
</scenario>
"""


def _part(call: Dialled) -> str:
    rings = f'{_answer("180 Ringing")}<pause milliseconds="{int(call.plan.rings * 1000)}"/>\n'
    talks = f'<pause milliseconds="{int(call.plan.talks * 1000)}"/>\n'
    ends = '<recv request="ACK" next="end"/>\n'
    match call.plan.behaviour:
        case Behaviour.PROVIDER_HANGS_UP:
            said = rings + _answer("200 OK", _SDP) + '<recv request="ACK"/>\n<recv request="BYE"/>\n'
            return said + _answer("200 OK", ends=True)
        case Behaviour.CLIENT_HANGS_UP:
            said = rings + _answer("200 OK", _SDP) + '<recv request="ACK"/>\n' + talks
            return said + _BYE + '<recv response="200" next="end"/>\n'
        case Behaviour.BUSY:
            return rings + _answer("486 Busy Here") + ends
        case Behaviour.REJECTED:
            return rings + _answer("603 Decline") + ends
        case _:
            said = _answer("180 Ringing") + '<recv request="CANCEL"/>\n' + _answer("200 OK")
            return said + _answer("487 Request Terminated", cseq="[cseq] INVITE") + ends


_SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 9 RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""

_BYE = """<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[routes]
From: <sip:client@[local_ip]:[local_port]>;tag=[call_number]
To[$caller]
Call-ID: [call_id]
CSeq: 1 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
"""


def _answer(status: str, body: str = "", *, cseq: str = "", ends: bool = False) -> str:
    final = not status.startswith("1")
    retrans = ' retrans="500"' if (final and not status.startswith("200")) or body else ""
    turn = ' next="end"' if ends else ""
    kind = "Content-Type: application/sdp\n" if body else ""
    return f"""<send{retrans}{turn}><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:]{"" if ends else ";tag=[call_number]"}
[last_Call-ID:]
{f"CSeq: {cseq}" if cseq else "[last_CSeq:]"}
Contact: <sip:client@[local_ip]:[local_port]>
{kind}Content-Length: {"[len]" if body else "0"}

{body}]]></send>
"""
