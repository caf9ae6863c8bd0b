"""What the line's logs may complain of while it is fuzzed, each with why that is in order; all else is a violation."""

from __future__ import annotations

import re
from collections import Counter

_LOST = "a conversation that went wrong is refused, and said so once (A10)"
KNOWN: dict[str, str] = {
    # Asterisk. The SIP library's own words are not kept (dialplan/pjproject.conf): they quote packets.
    r"asterisk ERROR res_pjsip\.c Could not create dialog with endpoint": "a header without which there is no dialog",
    r"asterisk ERROR res_pjsip_session\.c trunk: Couldn't negotiate stream": "SDP with no audio that we speak",
    r"asterisk ERROR netsock2\.c getaddrinfo\(": "a host name in SDP or a header that does not exist",
    r"asterisk ERROR res_pjsip_session\.c .*(SDP|stream|media|c= line|address)": "SDP that names no usable address",
    r"asterisk ERROR res_pjsip_sdp_rtp\.c": "SDP that cannot be carried out",
    r"asterisk ERROR res_pjsip_header_funcs\.c": "a header that is not there when the dialplan asks for it",
    r"asterisk ERROR res_pjsip_diversion\.c": "a Diversion header that makes no sense",
    r"asterisk ERROR res_agi\.c": "a FastAGI server that talks nonsense (agi-servers)",
    r"asterisk ERROR utils\.c .*write\(\) (returned|failed)": "a FastAGI server that closed first (agi-servers)",
    r"asterisk ERROR res_pjsip_outbound_authenticator_digest\.c": "a carrier that asks for a password",
    r"asterisk ERROR json\.c Error building JSON": "a FastAGI server's octets that are not UTF-8 (agi-servers)",
    r"asterisk ERROR res_pjsip_messaging\.c Unable to send response": "a MESSAGE with a way back that leads nowhere",
    r"asterisk ERROR chan_pjsip\.c Session already DISCONNECTED": "the caller was gone at the instant of an answer",
    r"asterisk ERROR res_rtp_asterisk\.c Received SSL traffic": "audio that looks like DTLS, which is off (rtp)",
    # Our own parts.
    r"agi\.log warning conversation_failed": _LOST,
    r"agi\.log warning unknown_script": _LOST,
    r"worker\.log warning line_changed": "the line came up, or a server was overrun for a moment (start)",
    r"agi\.log warning connection_turned_away": "more conversations at once than there are places (agi-clients)",
    r"listener\.log warning database_unavailable": "the machine was too busy for the database; it writes again",
    r"listener\.log warning not_compared": "the machine was too busy for the writer; it is compared a minute later",
    r"listener\.log error witnesses_disagree": (
        "one witness has told of the provider's leg, and not yet of the client's, whose cause the other knows already"
    ),
    r"portal\.log error (request +LocalProtocolError|ASGI callable returned without completing response)": (
        "the server answered 400 to a body that is none, while the API answered as well (http)"
    ),
    r"portal\.log warning .*Invalid HTTP request received": "no HTTP (http)",
    r"portal\.log warning (Unsupported upgrade request|No supported WebSocket library detected)": (
        "somebody asked for a WebSocket, and the server has none on purpose (http)"
    ),
    r"portal\.log error Fatal error: protocol\.data_received": (
        "more octets after a request that already had to be answered 400: the connection is closed (http)"
    ),
}


def unknown(kinds: Counter[str]) -> list[str]:
    """Every kind of complaint that nobody has explained, once: those found are taken out."""
    found = [kind for kind in kinds if not any(re.match(known, kind) for known in KNOWN)]
    return [f"a log has something new, {kinds.pop(kind)} times: {kind}" for kind in found]
