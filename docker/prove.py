"""Runs the line of compose.yaml from the built images, without an engine, and places one call through it.

`build.sh --prove` starts it as root in network and process namespaces of its own. The networks' names and addresses
stand on loopback; in place of PostgreSQL's image stands the embedded PostgreSQL. So not shown are that image, the
database's password, published ports, and the walls between the networks. Argument: a folder with compose.json and,
of each image, NAME/root and NAME/image.json.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from json import loads
from pathlib import Path
from socket import gethostname
from typing import Any

import psycopg2
from without_engine import Service

from ops.demo.audio import Headset
from ops.demo.phone import SCENARIOS, Phone
from ops.demo.platform import Platform
from ops.postgres import EmbeddedPostgres
from ops.processes import Part
from runtime.settings import Address

NETWORK, PUBLIC = "172.28.5", "198.51.100.7"
LINE_NUMBER, PROVIDER, CLIENT = "+14155550199", "+14155550100", "+14155550123"
PROVIDER_TONE, CLIENT_TONE = 440, 620
LINE, CARRIER = Address("127.0.0.1:5060"), Address("127.0.0.1:5080")
VARIABLES = {
    "POSTGRES_PASSWORD": secrets.token_hex(32),
    "LINE_AMI_SECRET": secrets.token_hex(32),
    "LINE_API_TOKEN": secrets.token_hex(32),
    "LINE_NUMBER_KEY": secrets.token_hex(32),
    "LINE_TRUNK_ADDRESS": str(CARRIER),
    "LINE_TRUNK_MATCH": "127.0.0.1/32",
    "LINE_TRUNK_QUALIFY_SECONDS": "0",  # SIPp answers calls, not OPTIONS
    "LINE_EXTERNAL_ADDRESS": PUBLIC,
    "LINE_NUMBERS": LINE_NUMBER,
}


def prove(folder: Path) -> bool:
    """The whole proof. Returns whether everything was as it must be."""
    compose = loads((folder / "compose.json").read_text())["services"]
    addresses = {name: f"{NETWORK}.{20 + place}" for place, name in enumerate(compose)} | {"asterisk": f"{NETWORK}.10"}
    _ip("link", "set", "lo", "up")
    for address in (*addresses.values(), PUBLIC):
        _ip("address", "add", f"{address}/32", "dev", "lo")
    hosts = folder / "hosts"
    # Without the machine's own name, Asterisk looks for it in DNS.
    hosts.write_text(
        f"127.0.0.1 localhost {gethostname()}\n" + "".join(f"{address} {name}\n" for name, address in addresses.items())
    )
    parts: list[Part] = []
    postgres = EmbeddedPostgres(folder / "postgres", folder / "postgres.log")
    try:
        _database(postgres, addresses["postgres"], folder, parts)
        del compose["postgres"]
        _services(compose, folder, hosts, parts)
        return _call(folder)
    finally:
        for part in reversed(parts):
            part.stop()
        postgres.stop()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)  # noqa: S607 - Debian's, found on PATH


def _database(postgres: EmbeddedPostgres, address: str, folder: Path, parts: list[Part]) -> None:
    """The embedded PostgreSQL where the services look for theirs, with the user and database of compose.yaml."""
    postgres.start()
    with closing(psycopg2.connect(postgres.url)) as connection:
        connection.autocommit = True
        for statement in ("CREATE ROLE line LOGIN", "CREATE DATABASE line OWNER line"):
            connection.cursor().execute(statement)
    places = [f"TCP-LISTEN:5432,bind={address},fork,reuseaddr", f"UNIX-CONNECT:{folder}/postgres/.s.PGSQL.5432"]
    parts.append(Part("socat", ["socat", *places], folder / "socat.log"))
    parts[-1].start()


def _services(compose: Mapping[str, Any], folder: Path, hosts: Path, parts: list[Part]) -> None:
    """Start every service once what it depends on is as it must be, and wait until all are healthy."""
    started: dict[str, Service] = {}
    for name, spec in compose.items():
        for other, wanted in spec.get("depends_on", {}).items():
            if other in started and wanted["condition"] == "service_completed_successfully":
                if started[other].part.wait(60) != 0:
                    sys.exit(f"{other} did not complete. {started[other].part.last_words()}")
            elif other in started:
                started[other].part.wait_until(started[other].healthy, 60)
        started[name] = Service(name, spec, folder, variables=VARIABLES, hosts=hosts)
        parts.append(started[name].part)
        started[name].part.start()
    for service in started.values():
        if service.has_check:
            service.part.wait_until(service.healthy, 60)
    sys.stdout.write(f"  up from the images: {', '.join(started)}\n")


def _call(folder: Path) -> bool:
    """One consultation and one call. Returns whether everything was as it must be."""
    platform = Platform("http://127.0.0.1:8080", VARIABLES["LINE_API_TOKEN"])
    platform.provider("provider", "Dr. Rivera", PROVIDER)
    platform.client("client", "Sam", CLIENT)
    platform.appointment("appointment", "provider", "client")
    ears = Headset(PROVIDER_TONE), Headset(CLIENT_TONE)
    answers, calls = SCENARIOS / "client_answers.xml", SCENARIOS / "provider_calls.xml"
    row: tuple[object, ...] = (CLIENT, ears[1].port)
    client = Phone(answers, folder / "client", port=CARRIER.port, rows=[row], pause_ms=500)
    row = (PROVIDER, LINE_NUMBER, ears[0].port)
    provider = Phone(calls, folder / "provider", port=5090, rows=[row], pause_ms=3000, dials=LINE)
    client.start()
    provider.start()
    invite = client.wait_for(lambda message: message.received and message.method == "INVITE")
    answer = provider.wait_for(lambda message: message.received and (message.status or 0) >= 200)
    for ear, message in zip(ears, (answer, invite), strict=True):
        if message.audio:
            ear.point_at(*message.audio)
    finished = provider.finish(), client.finish()
    call = platform.settled_call("appointment")
    status = platform.get("/v1/appointments/appointment")["status"]
    heard = [ear.loudest([PROVIDER_TONE, CLIENT_TONE]) for ear in ears]
    checks = {
        "both phones came to the end of their scenario": all(finished),
        "the client's phone showed the provider's number": PROVIDER in (invite.header("From") or ""),
        "audio was asked for at LINE_EXTERNAL_ADDRESS": {
            message.audio[0] for message in (invite, answer) if message.audio
        }
        == {PUBLIC},
        "each phone heard the other": heard == [CLIENT_TONE, PROVIDER_TONE],
        f"the call is {call['disposition']}": call["disposition"] == "connected",
        f"the consultation is {status}": status == "completed",
    }
    sys.stdout.writelines(f"  {'✓' if fine else '✗ not so:'} {what}\n" for what, fine in checks.items())
    return all(checks.values())


if __name__ == "__main__":
    sys.exit(0 if prove(Path(sys.argv[1])) else 1)
