"""The 49 torture messages of RFC 4475, section 3, octet for octet (README.md says where from)."""

from __future__ import annotations

import base64
import io
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ARCHIVE = Path(__file__).parent / "rfc4475.b64"


@dataclass(frozen=True, slots=True)
class Torture:
    """One message, and where it stands in the RFC."""

    section: str
    name: str
    octets: bytes


_SECTIONS = {
    "3.1.1.1": "wsinv", "3.1.1.2": "intmeth", "3.1.1.3": "esc01", "3.1.1.4": "escnull", "3.1.1.5": "esc02",
    "3.1.1.6": "lwsdisp", "3.1.1.7": "longreq", "3.1.1.8": "dblreq", "3.1.1.9": "semiuri", "3.1.1.10": "transports",
    "3.1.1.11": "mpart01", "3.1.1.12": "unreason", "3.1.1.13": "noreason", "3.1.2.1": "badinv01", "3.1.2.2": "clerr",
    "3.1.2.3": "ncl", "3.1.2.4": "scalar02", "3.1.2.5": "scalarlg", "3.1.2.6": "quotbal", "3.1.2.7": "ltgtruri",
    "3.1.2.8": "lwsruri", "3.1.2.9": "lwsstart", "3.1.2.10": "trws", "3.1.2.11": "escruri", "3.1.2.12": "baddate",
    "3.1.2.13": "regbadct", "3.1.2.14": "badaspec", "3.1.2.15": "baddn", "3.1.2.16": "badvers",
    "3.1.2.17": "mismatch01",
    "3.1.2.18": "mismatch02", "3.1.2.19": "bigcode", "3.2.1": "badbranch", "3.3.1": "insuf", "3.3.2": "unkscm",
    "3.3.3": "novelsc", "3.3.4": "unksm2", "3.3.5": "bext01", "3.3.6": "invut", "3.3.7": "regaut01", "3.3.8": "multi01",
    "3.3.9": "mcl01", "3.3.10": "bcast", "3.3.11": "zeromf", "3.3.12": "cparam01", "3.3.13": "cparam02",
    "3.3.14": "regescrt",
    "3.3.15": "sdp01", "3.4.1": "inv2543",
}  # fmt: skip


@cache
def messages() -> tuple[Torture, ...]:
    """All of them, in the RFC's order."""
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(_ARCHIVE.read_text()))) as archive:
        found = {Path(one.name).stem: archive.extractfile(one) for one in archive.getmembers() if one.isfile()}
        octets = {name: file.read() for name, file in found.items() if file is not None}
    return tuple(Torture(section, name, octets[name]) for section, name in _SECTIONS.items())
