"""Every setting of the line, in one place: the environment or `.env`, each under the prefix `LINE_`."""

from __future__ import annotations

import base64
import ipaddress
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import phonenumbers
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from runtime import secret_key

PREFIX = "LINE_"


_E164 = r"^\+[1-9][0-9]{6,14}$"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingsError(Exception):
    """One or more settings are malformed; the message names each, its problem and an example."""


class Address(str):
    """`host:port` of something that listens."""

    __slots__ = ()

    @property
    def host(self) -> str:
        """The host, without brackets."""
        return self.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port, 1 to 65535."""
        return int(self.rpartition(":")[2])


def _address(value: object) -> Address:
    match = re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):([0-9]{1,5})", str(value))
    if not match or not 0 < int(match[2]) < 65536:
        raise PydanticCustomError("address", "not host:port with a port from 1 to 65535")
    return Address(value)


def _listed(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _ports(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"([0-9]{1,5})-([0-9]{1,5})", value)
    if not match or not 1024 <= int(match[1]) < int(match[2]) < 65536:
        raise PydanticCustomError("ports", "not first-last with 1024 <= first < last < 65536")
    return int(match[1]), int(match[2])


HostPort = Annotated[Address, BeforeValidator(_address)]
HostPorts = Annotated[list[HostPort], NoDecode, BeforeValidator(_listed), Field(min_length=1)]
Numbers = Annotated[list[str], NoDecode, BeforeValidator(_listed)]
Networks = Annotated[list[str], NoDecode, BeforeValidator(_listed), Field(min_length=1)]
Ports = Annotated[tuple[int, int], NoDecode, BeforeValidator(_ports)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]


def _example(default: Any, example: str, description: str, **constraints: Any) -> Any:
    return Field(default=default, examples=[example], description=description, validate_default=True, **constraints)


class Settings(BaseSettings):
    """The line's settings. Build with `load()`, which turns pydantic's complaints into ours."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    node: str = _example(
        "line1", "line1", "Name of this Asterisk; stands in every call's id", pattern=r"^[a-z][a-z0-9]{0,15}$"
    )
    data_dir: Path = _example(Path("var"), "/var/lib/consultline", "Where the line keeps its files")
    cache_dir: Path = _example(
        Path("~/.cache/consultline"), "/var/cache/consultline", "Where an installed Asterisk is kept"
    )
    asterisk: Path | None = _example(None, "/usr/sbin/asterisk", "Asterisk to run; unset: the machine's own, or ours")
    log_level: Literal["debug", "info", "warning", "error"] = _example("info", "info", "Least level that is logged")

    database_url: SecretStr | None = _example(
        None, "postgresql://line@localhost/line", "PostgreSQL; unset: an embedded one in LINE_DATA_DIR"
    )
    number_key: SecretStr | None = _example(
        None,
        secret_key.EXAMPLE,
        "Encrypts the phone numbers in the database: 32 random bytes as hex or base64; `up` makes its own (P1)",
    )
    number_key_previous: SecretStr | None = _example(
        None, secret_key.EXAMPLE, "The key of before, until `consultline rotate-key` is through"
    )
    number_key_file: Path | None = _example(
        None,
        "/etc/consultline/number-key",
        "A file with such keys in place of these two: a line each, the newest first",
    )
    sip_bind: HostPort = _example("127.0.0.1:5060", "127.0.0.1:5060", "Where Asterisk listens for SIP")
    trunk_address: HostPort = _example("127.0.0.1:5080", "203.0.113.5:5060", "The carrier, for calls to clients")
    trunk_match: str = _example("127.0.0.1/32", "203.0.113.0/24", "From where the carrier's calls come")
    rtp_ports: Ports = _example("20000-20999", "20000-20999", "UDP ports for audio")
    external_address: str | None = _example(None, "198.51.100.7", "This machine's public address, behind NAT")
    trunk_max_calls: int = _example(100, "100", "Calls that may be up on the trunk at the same time (A11)", ge=1)
    trunk_qualify_seconds: Seconds = _example(5, "5", "How often the carrier is asked whether it is there; 0: never")
    up_after_seconds: Seconds = _example(
        30, "30", "How long every part must have been up again before the line counts as up (F2)"
    )

    trunk_transport: Literal["udp", "tcp", "tls"] = _example("udp", "tls", "How SIP travels to and from the carrier")
    trunk_username: str | None = _example(
        None, "acme-line", "Name to register and answer challenges with; unset: the carrier knows our address",
        pattern=r"^[A-Za-z0-9._+@-]{1,64}$",
    )  # fmt: skip
    trunk_password: SecretStr | None = _example(None, "9f2c4e81a7d05b36", "Password that goes with the name")
    trunk_realm: str | None = _example(
        None, "sip.carrier.example", "The carrier's domain, for registering; unset: the host of LINE_TRUNK_ADDRESS",
        pattern=r"^[A-Za-z0-9.-]{1,253}$",
    )  # fmt: skip
    trunk_ca: Path | None = _example(
        None, "/etc/ssl/certs/ca-certificates.crt", "Whom to trust for the carrier's certificate; unset: this machine's"
    )
    sip_certificate: Path | None = _example(
        None, "/etc/consultline/sip.pem", "Certificate (chain) that we show to the carrier, for tls"
    )
    sip_certificate_key: Path | None = _example(None, "/etc/consultline/sip.key", "Key of that certificate")
    media_encryption: Literal["off", "sdes"] = _example(
        "off", "sdes", "Audio to and from the carrier: plain, or SRTP with keys in SIP (then use tls)"
    )
    deny_prefixes: Numbers = _example(
        "+1900,+1976,+808,+870,+881,+882,+883,+979",
        "+1900,+1976,+881",
        "Client numbers that are never called, by how they begin; premium-rate numbers never are",
    )
    agi_addresses: HostPorts = _example(
        "127.0.0.1:4573", "127.0.0.1:4573,127.0.0.1:4574", "FastAGI servers, asked in this order"
    )
    agi_bind: HostPort | None = _example(
        None, "0.0.0.0:4573", "Where our FastAGI server listens; unset: the first of LINE_AGI_ADDRESSES"
    )
    agi_workers: int = _example(16, "16", "Calls that one FastAGI server decides at the same time", ge=1, le=256)
    agi_deadline_seconds: int = _example(3, "3", "How long Asterisk waits for one FastAGI server", ge=1, le=30)
    ami_address: HostPort = _example("127.0.0.1:5038", "127.0.0.1:5038", "Asterisk's manager interface")
    ami_bind: HostPort | None = _example(
        None, "10.0.0.2:5038", "Where Asterisk's manager interface listens; unset: LINE_AMI_ADDRESS"
    )
    ami_permit: Networks = _example("127.0.0.1/32", "10.0.0.0/24", "From where the manager interface may be used")
    ami_secret: SecretStr | None = _example(None, "9f2c4e81a7d05b36", "The listener's password; `up` makes its own")
    cel_dir: Path | None = _example(
        None,
        "/var/lib/consultline/cel",
        "Where Asterisk writes its CEL rows; unset: as `up` has it",
    )
    reconcile_seconds: int = _example(
        60, "60", "How often open calls are held against those that are up on Asterisk (E4)", ge=1, le=3600
    )
    api_bind: HostPort = _example("127.0.0.1:8080", "127.0.0.1:8080", "Where the HTTP API listens")
    trusted_proxies: Annotated[list[str], NoDecode, BeforeValidator(_listed)] = _example(
        "",
        "10.0.0.5/32",
        "Networks of reverse proxies before the HTTP API: only they may say in X-Forwarded-For who asks",
    )
    api_token: SecretStr | None = _example(None, "a long random word", "Bootstrap token; `up` makes and shows one")

    portal_url: str | None = _example(
        None,
        "https://line.example.org",
        "Where providers reach their pages; unset: LINE_API_BIND, if only this machine reaches that",
    )
    portal_link_seconds: int = _example(
        600, "600", "How long a provider's link to their pages opens them", ge=30, le=86_400
    )
    portal_idle_seconds: int = _example(
        3600, "3600", "How long a provider who does nothing on their pages stays signed in", ge=60, le=86_400
    )
    portal_session_seconds: int = _example(
        43_200, "43200", "How long a provider stays signed in at the most", ge=60, le=604_800
    )
    support_url: str | None = _example(
        None, "https://example.org/help", "Where providers find help: https:// or mailto:, shown on their pages"
    )
    messaging_url: str | None = _example(
        None,
        "https://example.org/messages/{client_id}",
        "Where providers write to clients, shown on their pages; {client_id} and {appointment_id} are filled in",
    )

    numbers: Numbers = _example("", "+14155550199,+14155550198", "Line numbers to have from the start")
    default_region: str = _example("US", "US", "Region that completes national numbers (ISO 3166)")
    opens_before_seconds: Seconds = _example(60, "60", "How long before the start the line opens (W1)")
    closes_after_seconds: Seconds = _example(60, "0", "How long after the end the line closes (W1)")
    ring_seconds: int = _example(45, "45", "How long the client's phone rings", ge=5, le=300)
    max_call_seconds: int = _example(
        14_400, "14400", "Guard against a stuck leg, never a consultation's end (W2)", ge=600
    )
    completed_after_seconds: Seconds = _example(0, "0", "Talk time that makes a consultation completed (S2)")
    attestation: Literal["off", "refuse-failed", "require-a"] = _example(
        "refuse-failed", "require-a", "What a caller number must prove by STIR/SHAKEN (A8)"
    )
    stir_shaken: Literal["off", "verify"] = _example(
        "off", "verify", "Whether Asterisk itself verifies the Identity header, where the trunk passes it on (A8)"
    )
    stir_shaken_ca: Path | None = _example(
        None, "/etc/consultline/sti-ca.pem", "The authorities whose signers are trusted, for LINE_STIR_SHAKEN=verify"
    )
    stir_shaken_fetch_from: Annotated[list[str], NoDecode, BeforeValidator(_listed)] = _example(
        "",
        "198.51.100.0/24,203.0.113.0/24",
        "Networks that signers' certificates may be fetched from, for LINE_STIR_SHAKEN=verify",
    )
    announce: Literal["early", "answer", "off"] = _example(
        "early", "early", "How a refused caller hears why: before the call is answered, after it, or not at all (A13)"
    )
    language: Literal["en", "es"] = _example("en", "es", "Language for callers whose own is not known or not recorded")
    sounds_dir: Path | None = _example(
        None, "/etc/consultline/sounds", "Own recordings, as en/opens.ulaw: each replaces ours of the same name"
    )
    caller_id: Literal["diversion", "plain", "line_number"] = _example(
        "diversion", "diversion", "How the call presents the provider's number to the carrier (C1)"
    )

    keep_appointments_days: int = _example(
        365, "365", "How long appointments are kept, with their calls", ge=7, le=36_500
    )
    keep_refused_calls_days: int = _example(30, "30", "How long a refused call is kept", ge=1, le=36_500)
    keep_messages_days: int = _example(30, "30", "How long attempts to deliver are kept", ge=7, le=36_500)
    keep_sign_ins_days: int = _example(30, "30", "How long ended sign-ins are kept", ge=1, le=36_500)
    keep_line_states_days: int = _example(365, "365", "How long it is kept when the line was down", ge=7, le=36_500)
    keep_reveals_days: int = _example(2190, "2190", "How long it is kept who saw a client's number", ge=30, le=36_500)
    keep_audit_days: int = _example(2190, "2190", "How long the audit is kept", ge=30, le=36_500)
    webhook_url: str | None = _example(
        None, "https://platform.example/hooks/line", "Where the platform is told what happened; unset: nowhere"
    )
    webhook_secret: SecretStr | None = _example(
        None, "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", "Signs webhooks; two, separated by a comma, while it is changed"
    )
    webhook_allow_private: bool = _example(
        default=False, example="true", description="Whether LINE_WEBHOOK_URL may be at a private or loopback address"
    )

    sms: Literal["sip", "http", "off"] = _example("off", "sip", "How text messages to providers go out (S4)")
    sms_from: str | None = _example(None, "+14155550199", "The number that text messages come from", pattern=_E164)
    sms_url: str | None = _example(None, "https://sms.example/messages", "Where texts are posted, for LINE_SMS=http")
    sms_token: SecretStr | None = _example(None, "a long random word", "Bearer token for LINE_SMS_URL")
    sms_allow_private: bool = _example(
        default=False, example="true", description="Whether LINE_SMS_URL may be at a private or loopback address"
    )
    ami_texter_secret: SecretStr | None = _example(
        None, "b06d1f7a52c94e38", "The worker's password at the manager interface, for LINE_SMS=sip; `up` makes its own"
    )

    @field_validator("default_region")
    @classmethod
    def _known_region(cls, value: str) -> str:
        if value not in phonenumbers.SUPPORTED_REGIONS:
            raise PydanticCustomError("region", "not a region with telephone numbers")
        return value

    @field_validator("trunk_match")
    @classmethod
    def _network(cls, value: str) -> str:
        _check_network(value)
        return value

    @field_validator("ami_permit", "stir_shaken_fetch_from", "trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for network in value:
            _check_network(network)
        return value

    @field_validator("external_address")
    @classmethod
    def _ip_address(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ipaddress.ip_address(value)
            except ValueError:
                raise PydanticCustomError("ip", "not an IP address") from None
        return value

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.match(r"postgres(ql)?(\+psycopg2)?://", value.get_secret_value()):
            raise PydanticCustomError("database", "not a PostgreSQL address")
        return value

    @field_validator("portal_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        match = re.fullmatch(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?/?", value)
        if not match or (match[1] == "http" and not is_loopback(match[2])):
            # What signs a provider in must not cross a network in the clear (P3).
            raise PydanticCustomError(
                "origin", "not https:// and a host, with nothing after it (http:// for localhost)"
            )
        return value.rstrip("/").lower()

    @field_validator("support_url", "messaging_url")
    @classmethod
    def _link(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"(https://|mailto:)[!#-;=?-~]+", value):
            raise PydanticCustomError("link", "not an https:// or mailto: address")
        return value

    @field_validator("number_key", "number_key_previous")
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                secret_key.parse(value.get_secret_value())
            except secret_key.MalformedKeyError as error:
                raise PydanticCustomError("key", "{why}", {"why": str(error)}) from None
        return value

    @field_validator("ami_secret", "ami_texter_secret")
    @classmethod
    def _one_word(cls, value: SecretStr | None) -> SecretStr | None:
        # It stands in manager.conf, where a semicolon begins a comment.
        if value and not re.fullmatch(r"[!-:<-~]{6,128}", value.get_secret_value()):
            raise PydanticCustomError("secret", "not 6 to 128 characters without spaces and semicolons")
        return value

    @field_validator("trunk_password")
    @classmethod
    def _fits_a_conf(cls, value: SecretStr | None) -> SecretStr | None:
        # It stands in pjsip.conf, where a semicolon begins a comment and a space at an end is lost.
        if value and not re.fullmatch(r"[!-:<-~]{1,128}", value.get_secret_value()):
            raise PydanticCustomError("secret", "not 1 to 128 characters without spaces and semicolons")
        return value

    @field_validator("deny_prefixes")
    @classmethod
    def _prefixes(cls, value: list[str]) -> list[str]:
        for place, prefix in enumerate(value, 1):
            if not re.fullmatch(r"\+[1-9][0-9]{0,13}", prefix):
                raise PydanticCustomError(
                    "prefix", "prefix {place} of the list does not begin with + and a country code", {"place": place}
                )
        return value

    @field_validator("numbers")
    @classmethod
    def _e164(cls, value: list[str]) -> list[str]:
        for place, number in enumerate(value, 1):
            if not re.fullmatch(_E164, number):
                raise PydanticCustomError("e164", "number {place} of the list is not E.164", {"place": place})
        return value

    @field_validator("webhook_url", "sms_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None:
            _check_web_address(value)
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _signing_keys(cls, value: SecretStr | None) -> SecretStr | None:
        for key in value.get_secret_value().split(",") if value else []:
            _check_signing_key(key.strip())
        return value

    def number_keys(self) -> list[bytes]:
        """The keys of numbers, each 32 bytes, the newest first; none where none is set.

        Raises SettingsError for a file that cannot be read or holds something else, and for the example.
        """
        keys = [secret_key.parse(key.get_secret_value()) for key in (self.number_key, self.number_key_previous) if key]
        if self.number_key_file is not None:
            keys += _keys_of(self.number_key_file.expanduser())
        if secret_key.parse(secret_key.EXAMPLE) in keys:
            raise SettingsError(
                "LINE_NUMBER_KEY: this is the example of the documentation; make your own with "
                f"`{secret_key.HOW_TO_MAKE_ONE}`"
            )
        return list(dict.fromkeys(keys))

    def cel_folder(self) -> Path:
        """Where Asterisk's CEL rows are."""
        return self.cel_dir or self.data_dir.expanduser() / "asterisk/log/cel-custom"

    def listening_agi(self) -> Address:
        """Where our own FastAGI server listens."""
        return self.agi_bind or self.agi_addresses[0]

    def listening_ami(self) -> Address:
        """Where Asterisk's manager interface listens."""
        return self.ami_bind or self.ami_address

    def sip_domain(self) -> str:
        """What stands behind the @ of the numbers we present: how the carrier knows us. Raises SettingsError."""
        domain = self.external_address or self.sip_bind.host
        anywhere = (
            "0.0.0.0",  # noqa: S104 - compared, not bound  # nosec B104
            "::",
        )
        if domain in anywhere:
            raise SettingsError(
                f"LINE_EXTERNAL_ADDRESS: needed when LINE_SIP_BIND is {self.sip_bind}, so that calls say where they "
                "come from. Example: LINE_EXTERNAL_ADDRESS=198.51.100.7"
            )
        return domain

    def pages_url(self) -> str | None:
        """The origin of the provider's pages, such as `https://line.example.org`; None where nobody said it."""
        if self.portal_url is None and is_loopback(self.api_bind.host):
            return f"http://{self.api_bind}"
        return self.portal_url

    def environment(self) -> dict[str, str]:
        """These settings as environment variables, secrets included, to hand on to a process of ours."""
        return {variable(name): text for name in type(self).model_fields if (text := self.text(name)) is not None}

    def text(self, name: str) -> str | None:
        """One setting as it would stand in the environment; None where it has no value."""
        value = getattr(self, name)
        if value is None:
            return None
        if isinstance(value, SecretStr):
            return value.get_secret_value()
        if isinstance(value, tuple):
            return "-".join(map(str, value))
        if isinstance(value, bool):
            return str(value).lower()
        return ",".join(value) if isinstance(value, list) else str(value)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that host."""
    bare = host.strip("[]").lower()
    return bare in {"localhost", "::1"} or re.fullmatch(r"127(\.[0-9]{1,3}){3}", bare) is not None


def secret_variables() -> set[str]:
    """The environment variables of settings that are secrets: for our own processes, and nobody else's."""
    return {variable(name) for name, field in Settings.model_fields.items() if SecretStr in get_args(field.annotation)}


def _keys_of(file: Path) -> list[bytes]:
    name = variable("number_key_file")
    try:
        lines = [(place, line) for place, line in enumerate(file.read_text().splitlines(), 1) if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise SettingsError(f"{name}: {file} cannot be read: {why}") from None
    keys = []
    for place, line in lines:
        try:
            keys.append(secret_key.parse(line))
        except secret_key.MalformedKeyError as error:
            raise SettingsError(f"{name}: line {place} of {file} is {error}") from None
    if not keys:
        raise SettingsError(f"{name}: {file} holds no key; make one with `{secret_key.HOW_TO_MAKE_ONE}`")
    return keys


def _check_network(value: str) -> None:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise PydanticCustomError("network", "not an IP network in CIDR notation") from None


def _check_web_address(value: str) -> None:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise PydanticCustomError("url", "not a web address") from None
    if not host or not value.isascii() or not value.isprintable() or " " in value:
        raise PydanticCustomError("url", "not a web address")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise PydanticCustomError("url", "not https; http is for localhost alone")
    if parts.username is not None or parts.fragment:
        raise PydanticCustomError("url", "has a user name or a fragment, which have no place here")


def _check_signing_key(key: str) -> None:
    """24 to 64 bytes in base64 behind `whsec_`, as Standard Webhooks has it."""
    try:
        size = len(base64.b64decode(key.removeprefix("whsec_"), validate=True)) if key.startswith("whsec_") else 0
    except ValueError:
        size = 0
    if not 24 <= size <= 64:
        raise PydanticCustomError("signing_key", "not whsec_ and then 24 to 64 bytes in base64")


def load(**overrides: Any) -> Settings:
    """The settings in force. Raises SettingsError naming every malformed one, its problem and an example."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [_explained(entry["loc"], entry["msg"]) for entry in error.errors(include_input=False)]
        raise SettingsError("\n".join(lines)) from None


def _explained(location: tuple[int | str, ...], problem: str) -> str:
    name = str(location[0])
    field = Settings.model_fields.get(name)
    example = field.examples[0] if field and field.examples else ""
    return f"{variable(name)}: {problem}. Example: {variable(name)}={example}"


@cache
def current() -> Settings:
    """The process's settings, read once."""
    return load()
