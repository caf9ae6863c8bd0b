"""A8: Asterisk itself verifies signed calls, where the trunk passes Identity on."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ops.line import Line
from tests.calls.scene import CLIENT_BUSY, HERE, LINE_NUMBER, Booking, Scene, invites, new_number
from tests.calls.signer import Authority, Repository, Signer, date

SCENARIO = HERE / "caller_spellings" / "provider.xml"
ADMITTED, REFUSED = 486, 403
POLICIES = ("off", "refuse-failed", "require-a")
Dial = Callable[..., int | None]


@pytest.fixture
def dial(scene: Scene, tmp_path: Path) -> Dial:
    """Dial with these headers; the final status."""

    def dial(caller: str, *headers: str, sender: str | None = None) -> int | None:
        scenario = tmp_path / "provider.xml"
        text = SCENARIO.read_text().replace("@FROM@", f"From: <sip:{sender or caller}@carrier.test>")
        scenario.write_text(text.replace("@HEADERS@", "".join(f"\n      {header}" for header in headers)))
        provider = scene.provider(scenario, [(LINE_NUMBER,)])
        assert provider.finish()
        return provider.final_status()

    return dial


@pytest.fixture
def booking(scene: Scene) -> Booking:
    """A consultation that is open now, with a client who is busy."""
    return scene.book()


def _refused(scene: Scene, booking: Booking, call: Callable[[], int | None]) -> None:
    """The call is refused as unverified, and the client's phone hears nothing of it."""
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    assert call() == REFUSED
    assert scene.refusal()["reason"] == "caller_unverified"
    assert invites(client) == []


def _admitted(scene: Scene, booking: Booking, call: Callable[[], int | None]) -> None:
    client = scene.client(CLIENT_BUSY, [(booking.client_number,)])
    assert call() == ADMITTED
    assert client.finish()


@pytest.mark.parametrize(
    ("policy", "level", "admitted"),
    [(policy, level, policy != "require-a" or level == "A") for policy in POLICIES for level in "ABC"],
)
def test_a8_a_signed_call_is_judged_by_its_level(
    scene: Scene,
    booking: Booking,
    dial: Dial,
    decided_by: Callable[..., None],
    signer: Signer,
    address: str,
    policy: str,
    level: str,
    admitted: bool,
) -> None:
    decided_by(attestation=policy)
    headers = signer.headers(booking.caller_number, address, level=level)
    (_admitted if admitted else _refused)(scene, booking, lambda: dial(booking.caller_number, *headers))


@pytest.mark.parametrize("policy", POLICIES)
def test_a8_a_call_without_a_signature_is_one_of_which_nothing_is_said(
    scene: Scene, booking: Booking, dial: Dial, decided_by: Callable[..., None], policy: str
) -> None:
    decided_by(attestation=policy)
    check = _refused if policy == "require-a" else _admitted
    check(scene, booking, lambda: dial(booking.caller_number))


def test_a8_a_signature_that_was_tampered_with_is_refused(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, address: str
) -> None:
    # Signed for another caller, by the very same carrier: the signature of one, the claims of the other.
    kind, _, rest = signer.identity(new_number(), address).split(".", 2)
    claims = signer.identity(booking.caller_number, address).split(".", 2)[1]
    forged = f"Identity: {kind}.{claims}.{rest}"
    _refused(scene, booking, lambda: dial(booking.caller_number, forged, date()))


def test_a8_a_signature_by_another_key_than_the_certificates_is_refused(
    scene: Scene, booking: Booking, dial: Dial, address: str
) -> None:
    headers = Signer().headers(booking.caller_number, address)
    _refused(scene, booking, lambda: dial(booking.caller_number, *headers))


def test_a8_a_signature_for_another_callers_number_is_refused(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, address: str
) -> None:
    headers = signer.headers(new_number(), address)
    _refused(scene, booking, lambda: dial(booking.caller_number, *headers))


def test_a8_a_signature_for_a_call_to_another_number_is_refused(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, address: str
) -> None:
    # Whoever is called by a provider holds a good signature of the provider's number, for a minute.
    headers = signer.headers(booking.caller_number, address, dialled=new_number())
    _refused(scene, booking, lambda: dial(booking.caller_number, *headers))


def test_a8_a1_the_signed_number_is_compared_in_e164(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, address: str
) -> None:
    headers = signer.headers(booking.caller_number, address)
    national = booking.caller_number.removeprefix("+1")
    _admitted(scene, booking, lambda: dial(booking.caller_number, *headers, sender=national))


@pytest.mark.parametrize(("age", "admitted"), [(50, True), (90, False)])
def test_a8_a_signature_is_good_for_a_minute(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, address: str, age: int, admitted: bool
) -> None:
    identity = f"Identity: {signer.identity(booking.caller_number, address, age=age)}"
    check = _admitted if admitted else _refused
    # Once with the call's own Date beside it, which nobody signed: it makes nothing fresh again.
    check(scene, booking, lambda: dial(booking.caller_number, identity, date()))


def test_a8_a_carrier_may_leave_the_date_out(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, address: str
) -> None:
    identity = f"Identity: {signer.identity(booking.caller_number, address)}"
    _admitted(scene, booking, lambda: dial(booking.caller_number, identity))


def test_a8_a_certificate_of_an_authority_that_is_not_trusted_is_refused(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, repository: Repository
) -> None:
    address = repository.put(Authority("Third Authority").issue(signer.public_key))
    headers = signer.headers(booking.caller_number, address)
    _refused(scene, booking, lambda: dial(booking.caller_number, *headers))


def test_a8_a_certificate_of_each_trusted_authority_counts(
    scene: Scene,
    booking: Booking,
    dial: Dial,
    signer: Signer,
    repository: Repository,
    authorities: tuple[Authority, Authority],
) -> None:
    for place, authority in enumerate(authorities, 1):
        headers = signer.headers(booking.caller_number, repository.put(authority.issue(signer.public_key)))
        _admitted(scene, booking, lambda headers=headers: dial(booking.caller_number, *headers))  # type: ignore[misc]
        scene.call_of(booking, place)


def test_a8_a_certificate_that_has_expired_is_refused(
    scene: Scene,
    booking: Booking,
    dial: Dial,
    signer: Signer,
    repository: Repository,
    authorities: tuple[Authority, Authority],
) -> None:
    address = repository.put(authorities[0].issue(signer.public_key, valid=timedelta(hours=-1)))
    headers = signer.headers(booking.caller_number, address)
    _refused(scene, booking, lambda: dial(booking.caller_number, *headers))


def test_a8_a_certificate_is_fetched_once_and_kept_in_the_runs_own_folder(
    scene: Scene,
    line: Line,
    booking: Booking,
    dial: Dial,
    signer: Signer,
    repository: Repository,
    authorities: tuple[Authority, Authority],
) -> None:
    kept = line.folder / "asterisk" / "spool"
    before = set(kept.glob("*.pem"))
    certificate = authorities[0].issue(signer.public_key)
    address = repository.put(certificate)
    for place in (1, 2):
        headers = signer.headers(booking.caller_number, address)
        _admitted(scene, booking, lambda headers=headers: dial(booking.caller_number, *headers))  # type: ignore[misc]
        scene.call_of(booking, place)
    (path,) = set(kept.glob("*.pem")) - before
    assert path.read_bytes() == certificate
    assert repository.asked["/" + address.rpartition("/")[2]] == 1


@pytest.mark.parametrize(
    "certificate", [None, b"no certificate", b"-----BEGIN CERTIFICATE-----", b"x" * 100_000], ids=str
)
def test_a8_a_certificate_that_cannot_be_had_is_refused_and_asterisk_lives(
    scene: Scene,
    line: Line,
    booking: Booking,
    dial: Dial,
    signer: Signer,
    repository: Repository,
    certificate: bytes | None,
) -> None:
    address = repository.put(certificate) if certificate else repository.put(b"").replace(".pem", ".gone")
    headers = signer.headers(booking.caller_number, address)
    _refused(scene, booking, lambda: dial(booking.caller_number, *headers))
    assert line.failed() is None


@pytest.mark.parametrize("address", ["", "nowhere", "http://", "ftp://127.0.0.1/a", "http://127.0.0.1:1/a?b=c#d"])
def test_a8_an_address_that_is_none_is_refused_and_asterisk_lives(
    scene: Scene, line: Line, booking: Booking, dial: Dial, signer: Signer, address: str
) -> None:
    headers = signer.headers(booking.caller_number, address)
    _refused(scene, booking, lambda: dial(booking.caller_number, *headers))
    assert line.failed() is None


def test_a8_a_certificates_host_that_does_not_answer_holds_the_call_for_two_seconds(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, repository: Repository
) -> None:
    headers = signer.headers(booking.caller_number, repository.put(b"", "never"))
    before = time.monotonic()
    _refused(scene, booking, lambda: dial(booking.caller_number, *headers))
    assert 1.5 < time.monotonic() - before < 4


def test_a8_a_certificate_is_fetched_from_permitted_networks_alone(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, authorities: tuple[Authority, Authority]
) -> None:
    elsewhere = Repository("127.0.0.2")
    try:
        address = elsewhere.put(authorities[0].issue(signer.public_key))
        _refused(scene, booking, lambda: dial(booking.caller_number, *signer.headers(booking.caller_number, address)))
    finally:
        elsewhere.close()
    assert not elsewhere.asked


@pytest.mark.parametrize(
    ("identity", "admitted"),
    [
        ("", True),
        ("garbage", False),
        ("a.b.c;info=<http://127.0.0.1/>", False),
        ("..;", False),
        ("A" * 6000 + ";", False),
    ],
)
def test_a8_an_identity_header_that_is_none(
    scene: Scene, line: Line, booking: Booking, dial: Dial, identity: str, admitted: bool
) -> None:
    check = _admitted if admitted else _refused
    check(scene, booking, lambda: dial(booking.caller_number, f"Identity: {identity}", date()))
    assert line.failed() is None


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS256"}, {"typ": "JWT"}], ids=lambda header: "-".join(header.values())
)
def test_a8_a_signature_of_another_kind_of_algorithm_is_refused(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, address: str, header: dict[str, str]
) -> None:
    identity = f"Identity: {signer.identity(booking.caller_number, address, header=header)}"
    _refused(scene, booking, lambda: dial(booking.caller_number, identity, date()))


def test_a8_a_passport_of_another_kind_says_nothing(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, address: str
) -> None:
    identity = signer.identity(booking.caller_number, address, header={"ppt": "div"})
    _admitted(scene, booking, lambda: dial(booking.caller_number, f"Identity: {identity}", date()))


@pytest.mark.parametrize(
    "claims", [{"attest": "D"}, {"attest": ""}, {"orig": {}}, {"orig": None}, {"dest": []}, {"dest": {"tn": []}}]
)
def test_a8_claims_that_say_too_little_are_refused(
    scene: Scene, booking: Booking, dial: Dial, signer: Signer, address: str, claims: dict[str, object]
) -> None:
    identity = f"Identity: {signer.identity(booking.caller_number, address, claims=claims)}"
    _refused(scene, booking, lambda: dial(booking.caller_number, identity, date()))


@pytest.mark.parametrize(("verstat", "status"), [("Failed", REFUSED), ("Passed", ADMITTED), ("Passed-B", REFUSED)])
def test_a8_of_the_trunk_and_the_signature_the_worse_counts(
    scene: Scene,
    booking: Booking,
    dial: Dial,
    decided_by: Callable[..., None],
    signer: Signer,
    address: str,
    verstat: str,
    status: int,
) -> None:
    decided_by(attestation="require-a")
    scene.client(CLIENT_BUSY, [(booking.client_number,)])
    sender = f"{booking.caller_number};verstat=TN-Validation-{verstat}"
    assert dial(booking.caller_number, *signer.headers(booking.caller_number, address), sender=sender) == status


def test_a8_where_asterisk_does_not_look_a_line_that_verifies_refuses(
    scene: Scene, line: Line, booking: Booking, dial: Dial
) -> None:
    assert line.asterisk is not None
    line.asterisk.command("dialplan set global STIR_SHAKEN_IS off")
    try:
        _refused(scene, booking, lambda: dial(booking.caller_number))
    finally:
        line.asterisk.command("dialplan set global STIR_SHAKEN_IS verify")


def test_c4_verification_brings_three_modules_and_nothing_that_the_dialplan_could_reach_out_with(line: Line) -> None:
    assert line.asterisk is not None
    loaded = set(re.findall(r"^(\S+\.so) .* Running", line.asterisk.command("module show"), re.MULTILINE))
    listed = re.findall(r"^load = (\S+)", (line.folder / "asterisk/etc/modules.conf").read_text(), re.MULTILINE)
    assert loaded == set(listed)
    assert {name for name in loaded if "curl" in name or "stir" in name} == {
        "res_curl.so",
        "res_stir_shaken.so",
        "res_pjsip_stir_shaken.so",
    }
    functions = set(re.findall(r"^(\w+) ", line.asterisk.command("core show functions"), re.MULTILINE))
    assert "STIR_SHAKEN" in functions
    assert functions.isdisjoint({"CURL", "CURLOPT", "SHELL"})
