"""CEL rows as Asterisk 22.10.1 wrote them for real calls (dialplan/cel_custom.conf.j2), with SIPp at both ends."""

from __future__ import annotations

import json

CALL, CLIENT_LEG = "line1-1795470355.0", "line1-1795470355.1"
_BRIDGE = '{"bridge_id":"d1fb9697-95c1-4a25-bd60-5c225d061bbb","bridge_technology":"simple_bridge"}'


def row(event: str, at: float, leg: str = "provider", extra: str = "", *, call: str = CALL) -> str:
    """One row; `leg` is the provider's or the client's."""
    provider = leg == "provider"
    return json.dumps(
        {
            "eventtype": event,
            "eventtime": f"{1795470355 + at:.6f}",
            "uniqueid": call if provider else f"{call}.client",
            "linkedid": call,
            "channame": f"PJSIP/trunk-{0 if provider else 1:08x}",
            "accountcode": "1795470300",
            "eventextra": extra,
        },
        separators=(",", ":"),
    )


def hangup(cause: int, source: str = "", status: str = "") -> str:
    """What a HANGUP row carries; `source` is whose channel asked first."""
    names = {"provider": "PJSIP/trunk-00000000", "client": "PJSIP/trunk-00000001", "": ""}
    return json.dumps({"hangupcause": cause, "hangupsource": names[source], "dialstatus": status})


def told(name: str, call: str = CALL) -> list[str]:
    """The rows of a call of this kind, in the order in which they were written."""
    return [row(event, at, leg, extra, call=call) for event, at, leg, extra in _CALLS[name]]


_CALLS: dict[str, list[tuple[str, float, str, str]]] = {
    "connected": [
        ("ANSWER", 0.478609, "client", ""),
        ("ANSWER", 0.478785, "provider", ""),
        ("BRIDGE_ENTER", 0.479713, "client", _BRIDGE),
        ("BRIDGE_ENTER", 0.479834, "provider", _BRIDGE),
        ("BRIDGE_EXIT", 1.787277, "provider", _BRIDGE),
        ("BRIDGE_EXIT", 1.787308, "client", _BRIDGE),
        ("HANGUP", 1.787730, "client", hangup(16, "provider")),
        ("HANGUP", 1.787902, "provider", hangup(16, "provider", "ANSWER")),
    ],
    "client_hangs_up": [
        ("ANSWER", 0.630705, "client", ""),
        ("ANSWER", 0.630808, "provider", ""),
        ("BRIDGE_ENTER", 0.633125, "client", _BRIDGE),
        ("BRIDGE_ENTER", 0.633281, "provider", _BRIDGE),
        ("BRIDGE_EXIT", 0.835212, "client", _BRIDGE),
        ("BRIDGE_EXIT", 0.835700, "provider", _BRIDGE),
        ("HANGUP", 0.835951, "client", hangup(16, "client")),
        ("HANGUP", 0.837626, "provider", hangup(16, "client", "ANSWER")),
    ],
    "busy": [
        ("HANGUP", 0.420465, "client", hangup(17, "client")),
        ("HANGUP", 0.421651, "provider", hangup(17, "provider", "BUSY")),
    ],
    "declined": [
        ("HANGUP", 0.023964, "client", hangup(21, "client")),
        ("HANGUP", 0.025937, "provider", hangup(21, "provider", "NOANSWER")),
    ],
    "number_gone": [
        ("HANGUP", 0.618974, "client", hangup(1, "client")),
        ("HANGUP", 0.620774, "provider", hangup(1, "provider", "NOANSWER")),
    ],
    "no_answer": [
        ("HANGUP", 5.218696, "client", hangup(0)),
        ("HANGUP", 5.222068, "provider", hangup(19, "provider", "NOANSWER")),
    ],
    "gave_up": [
        ("HANGUP", 1.084098, "client", hangup(127)),
        ("HANGUP", 1.085289, "provider", hangup(127, "provider", "CANCEL")),
    ],
    "refused": [("HANGUP", 0.615058, "provider", hangup(21, "provider"))],
    "unavailable": [
        ("LINE_UNAVAILABLE", 0.615058, "provider", ""),
        ("HANGUP", 0.616058, "provider", hangup(42, "provider")),
    ],
}
CALLS = sorted(_CALLS)
