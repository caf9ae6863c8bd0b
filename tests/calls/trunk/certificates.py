"""A certificate authority of the test's own, and certificates of its making."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its key and with whoever signed it."""

    certificate: Path
    key: Path
    authority: Path


def issue(folder: Path, name: str = "127.0.0.1") -> Certificate:
    """A certificate for this address, signed by an authority that is nobody else's."""
    folder.mkdir(parents=True, exist_ok=True)
    authority, authority_key = folder / "ca.pem", folder / "ca.key"
    certificate, key = folder / "sip.pem", folder / "sip.key"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    _openssl("req", "-x509", *new_key, "-subj", "/CN=test CA", "-keyout", authority_key, "-out", authority)
    signed_by: list[str | Path] = ["-CA", authority, "-CAkey", authority_key]
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{name}"]
    _openssl("req", "-x509", *new_key, *names, *signed_by, "-keyout", key, "-out", certificate)
    return Certificate(certificate, key, authority)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
