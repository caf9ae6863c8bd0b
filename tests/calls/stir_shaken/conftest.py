"""A line whose Asterisk verifies signed calls, and a carrier that signs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.demo.platform import Platform
from ops.line import Line
from tests.calls.running_line import running
from tests.calls.signer import Authority, Repository, Signer


@pytest.fixture(scope="session")
def authorities() -> tuple[Authority, Authority]:
    """Two that the line trusts: it must know more than the first of its file."""
    return Authority("First Authority"), Authority("Second Authority")


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory, authorities: tuple[Authority, Authority]) -> Iterator[Line]:
    """The whole line, in a laboratory: certificates may come from one address of loopback."""
    folder = tmp_path_factory.mktemp("verifying-line")
    anchors = folder / "anchors.pem"
    anchors.write_bytes(b"# Trust anchors\n" + b"\n".join(authority.certificate for authority in authorities))
    settings = {"stir_shaken": "verify", "stir_shaken_ca": anchors, "stir_shaken_fetch_from": "127.0.0.1/32"}
    with running(folder, **settings) as line:
        yield line


@pytest.fixture(scope="session")
def platform(line: Line) -> Iterator[Platform]:
    """The platform that books."""
    platform = Platform(line.api_url, line.api_token)
    yield platform
    platform.close()


@pytest.fixture(scope="session")
def repository() -> Iterator[Repository]:
    """Where the carrier's certificates are fetched."""
    repository = Repository("127.0.0.1")
    yield repository
    repository.close()


@pytest.fixture(scope="session")
def signer() -> Signer:
    """The carrier that signs."""
    return Signer()


@pytest.fixture(scope="session")
def address(repository: Repository, authorities: tuple[Authority, Authority], signer: Signer) -> str:
    """Where the carrier's certificate is, issued by an authority that the line trusts."""
    return repository.put(authorities[1].issue(signer.public_key))
