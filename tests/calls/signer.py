"""A carrier that signs calls (STIR/SHAKEN), with its authority and the place where its certificate is fetched."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from tests.calls.scene import LINE_NUMBER

_TN_AUTHORISATION_LIST = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.26")  # RFC 8226
# A sequence with one service provider code, "1234", as an IA5String.
_SERVICE_PROVIDER = bytes.fromhex("3008a006160431323334")


class Authority:
    """One that issues signers' certificates: its own certificate is a trust anchor, or not."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        unsigned = _certificate(self._name, self._name, self._key.public_key(), timedelta(days=1)).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.certificate = _pem(unsigned.sign(self._key, hashes.SHA256()))

    def issue(self, signer: ec.EllipticCurvePublicKey, *, valid: timedelta = timedelta(days=1)) -> bytes:
        """A certificate for a signer, which entitles it to sign calls of its service provider's numbers."""
        unsigned = _certificate(_named("SHAKEN 1234"), self._name, signer, valid).add_extension(
            x509.UnrecognizedExtension(_TN_AUTHORISATION_LIST, _SERVICE_PROVIDER), critical=False
        )
        return _pem(unsigned.sign(self._key, hashes.SHA256()))


class Signer:
    """Signs calls as a carrier does (RFC 8588). What a test gives in place of the usual is what is wrong with it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = self._key.public_key()

    def headers(self, caller: str, address: str, *, level: str = "A", age: int = 0, **claims: Any) -> list[str]:
        """Identity and Date, as they stand in an INVITE. `address` is the certificate's; `age` is in seconds."""
        return [f"Identity: {self.identity(caller, address, level=level, age=age, **claims)}", date(age)]

    def identity(
        self,
        caller: str,
        address: str,
        *,
        level: str = "A",
        age: int = 0,
        dialled: str = LINE_NUMBER,
        header: Mapping[str, str] | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """The value of an Identity header."""
        kind = {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": address, **(header or {})}
        body = {
            "attest": level,
            "dest": {"tn": [dialled.lstrip("+")]},
            "iat": int(time.time()) - age,
            "orig": {"tn": caller.lstrip("+")},
            "origid": str(uuid4()),
            **(claims or {}),
        }
        signed = f"{_encoded(json.dumps(kind).encode())}.{_encoded(json.dumps(body).encode())}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = _encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return f"{signed}.{signature};info=<{address}>;alg=ES256;ppt={kind['ppt']}"


class Repository:
    """Where certificates are fetched, over HTTP on an address of loopback. Counts who asked for what."""

    def __init__(self, host: str) -> None:
        self.served: dict[str, bytes] = {}
        self.asked: Counter[str] = Counter()
        self.hangs = threading.Event()
        handler = type("Handler", (_Handler,), {"repository": self})
        self._server = ThreadingHTTPServer((host, 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def put(self, certificate: bytes, name: str | None = None) -> str:
        """Serve a certificate. Returns its address, which no other has: Asterisk keeps what it fetched."""
        path = f"/{name or uuid4().hex}.pem"
        self.served[path] = certificate
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}{path}"

    def close(self) -> None:
        """Stop serving, and let those go who wait."""
        self.hangs.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    repository: Repository

    def do_GET(self) -> None:
        """Serve what is there. What is named `never` does not come."""
        self.repository.asked[self.path] += 1
        if "never" in self.path:
            self.repository.hangs.wait(60)
        certificate = self.repository.served.get(self.path)
        self.send_response(404 if certificate is None else 200)
        self.send_header("Content-Length", str(len(certificate or b"")))
        self.end_headers()
        self.wfile.write(certificate or b"")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


def date(age: int = 0) -> str:
    """The Date header of a call that is so many seconds old."""
    return f"Date: {format_datetime(datetime.now(UTC) - timedelta(seconds=age), usegmt=True)}"


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, valid: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer, subject, key, x509.random_serial_number(), now - timedelta(days=2), now + valid
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
