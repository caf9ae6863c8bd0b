"""docker/: what can be known without an engine. `docker/build.sh --prove` shows the rest."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr

from ops.asterisk.version import FLOORS
from runtime.settings import Settings, variable

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))
COMPOSE = (DOCKER / "compose.yaml").read_text()
EXAMPLE = (DOCKER / ".env.example").read_text()

SETTINGS = {variable(name) for name in Settings.model_fields}
SECRETS = {
    variable(name) for name, field in Settings.model_fields.items() if SecretStr.__name__ in str(field.annotation)
}
# Where files lie and which Asterisk is run is the images' affair; own recordings are mounted (docs/docker.md).
NOT_FOR_CONTAINERS = {"LINE_ASTERISK", "LINE_CACHE_DIR", "LINE_DATA_DIR", "LINE_NUMBER_KEY_FILE", "LINE_SOUNDS_DIR"}


def block(text: str, name: str, indent: int = 0) -> str:
    """The lines under `name:`, which stands `indent` spaces in."""
    match = re.search(rf"^ {{{indent}}}{re.escape(name)}:.*\n((?: {{{indent + 1},}}.*\n|\s*\n|\s*#.*\n)*)", text, re.M)
    assert match, f"no {name} in compose.yaml"
    return match[1]


SERVICES = {name: block(COMPOSE, name, 2) for name in re.findall(r"^  ([a-z]+):$", block(COMPOSE, "services"), re.M)}


def networks(service: str) -> str:
    match = re.search(r"^    networks:(.*\n(?:      .*\n)*)", service, re.M)
    return match[1] if match else ""


def secret(name: str) -> bool:
    return name in SECRETS or re.search(r"PASSWORD|SECRET|TOKEN|KEY", name) is not None


def test_secret_settings_are_found() -> None:
    assert {"LINE_AMI_SECRET", "LINE_API_TOKEN", "LINE_DATABASE_URL"} <= SECRETS


def test_every_line_variable_is_a_setting() -> None:
    assert set(re.findall(r"\bLINE_[A-Z0-9_]+", COMPOSE + EXAMPLE)) <= SETTINGS


def test_every_setting_reaches_the_containers() -> None:
    missing = SETTINGS - set(re.findall(r"\bLINE_[A-Z0-9_]+", COMPOSE)) - NOT_FOR_CONTAINERS
    assert not missing, (
        "compose.yaml would swallow these: add them to x-settings in docker/compose.yaml (a secret: to the services "
        f"that read it, as `${{NAME:?what it is}}`), or to NOT_FOR_CONTAINERS here: {sorted(missing)}"
    )


def test_settings_that_all_services_share_hold_no_secret() -> None:
    shared = set(re.findall(r"^  ([A-Z_]+):", block(COMPOSE, "x-settings"), re.M))
    assert shared
    assert not {name for name in shared if secret(name)}


def test_p1_who_reads_the_database_has_the_key_of_numbers_and_nobody_else() -> None:
    assert "LINE_NUMBER_KEY:" in block(COMPOSE, "x-database")
    assert len(re.findall(r"^ *LINE_NUMBER_KEY:", COMPOSE, re.M)) == 1
    reading = {name for name, text in SERVICES.items() if "*database" in text}
    assert reading == {"migrate", "agi", "listener", "portal", "worker"}


def test_no_secret_has_a_default() -> None:
    used = [(name, rest) for name, rest in re.findall(r"\$\{(\w+)([^}]*)\}", COMPOSE) if secret(name)]
    assert {name for name, _ in used} >= {"POSTGRES_PASSWORD", "LINE_AMI_SECRET", "LINE_API_TOKEN"}
    assert [name for name, rest in used if not rest.startswith(":?")] == []


def test_no_secret_stands_in_a_file() -> None:
    assert not re.search(r"://[^/\s]*:[^/\s@]*@", COMPOSE), "a password in an address"
    given = re.findall(r"^\s*(\w+)[:=][ \t]*(\S+)", COMPOSE + EXAMPLE, re.M)
    assert [name for name, value in given if secret(name) and not value.startswith(("${", "postgresql://line@"))] == []


def test_every_variable_that_must_be_set_stands_in_the_example() -> None:
    for name in set(re.findall(r"\$\{(\w+):\?", COMPOSE)):
        assert re.search(rf"^{name}=$", EXAMPLE, re.M), name


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_locked_down(name: str) -> None:
    for lock in ("read_only: true", "cap_drop: [ALL]", "security_opt: [no-new-privileges]"):
        assert lock in block(COMPOSE, "x-hardened")
    assert "<<: *hardened" in block(COMPOSE, "x-line")
    assert re.search(r"<<: \*(hardened|line)$", SERVICES[name], re.M)
    assert not re.search(r"privileged|cap_add|network_mode: (?!none)|read_only: false|/var/run/docker", SERVICES[name])


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_runs_as_root(name: str) -> None:
    image = re.search(r"image: (\S+)", SERVICES[name] if "image:" in SERVICES[name] else block(COMPOSE, "x-line"))
    assert image
    user = re.search(r'^    user: "(\d+):(\d+)"$', SERVICES[name], re.M)
    if user is None:
        # Without a user of its own, the service is its image's user.
        dockerfile = DOCKER / f"{image[1].partition(':')[0].removeprefix('consultline-')}.Dockerfile"
        user = re.search(r"^USER (\d+):(\d+)\n(?!.*^USER)", dockerfile.read_text(), re.M | re.S)
    assert user
    assert int(user[1]) > 0
    assert int(user[2]) > 0


def test_an_image_with_an_asterisk_that_has_known_holes_is_not_built() -> None:
    floor = ".".join(map(str, FLOORS[22]))
    compared = f"dpkg --compare-versions \"$(dpkg-query -W -f '${{Version}}' asterisk)\" ge 1:{floor};"
    built = (DOCKER / "asterisk.Dockerfile").read_text()
    assert compared in built
    assert "set -eu" in built[: built.index(compared)]


def test_asterisk_reads_what_the_line_writes() -> None:
    """config.write makes files of mode 0640: the two users share their group, and the tmpfs are Asterisk's."""
    users = {path.stem: re.findall(r"^USER (\d+):(\d+)$", path.read_text(), re.M)[-1] for path in DOCKERFILES}
    assert users["asterisk"][1] == users["line"][1]
    assert users["asterisk"][0] != users["line"][0]
    owners = set(re.findall(r"/var/lib/consultline/\w+:uid=(\d+),gid=(\d+)", SERVICES["asterisk"]))
    assert owners == {users["asterisk"]}


def test_only_sip_audio_and_the_api_are_published() -> None:
    published = {name for name, text in SERVICES.items() if re.search(r"^    ports:", text, re.M)}
    assert published == {"asterisk", "portal"}
    ports = "${LINE_RTP_PORTS:-20000-20199}"
    assert f'"${{SIP_PUBLISH:-0.0.0.0}}:{ports}:{ports}/udp"' in SERVICES["asterisk"]
    assert f"LINE_RTP_PORTS: {ports}" in COMPOSE
    assert ':5060:5060/udp"' in SERVICES["asterisk"]
    assert "5038" not in SERVICES["asterisk"]


def test_the_database_and_the_control_of_asterisk_are_walled_in() -> None:
    assert "  data: {internal: true}" in block(COMPOSE, "networks")
    assert "    internal: true" in block(block(COMPOSE, "networks"), "control", 2)
    on = {name: set(re.findall(r"data|control|sip|api|out", networks(text))) for name, text in SERVICES.items()}
    assert {name for name, joined in on.items() if {"data", "control"} <= joined} == {"agi", "listener", "worker"}
    assert on["asterisk"] == {"control", "sip"}
    assert on["portal"] == {"data", "api"}
    assert on["postgres"] == on["migrate"] == {"data"}
    # The one part that the internet is reached from takes no connection of anybody.
    assert on["worker"] == {"data", "control", "out"}
    assert not re.search(r"^    ports:", SERVICES["worker"], re.M)
    assert on["config"] == set()


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_what_is_copied_exists_and_reaches_the_builder(dockerfile: Path) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile.read_text(), re.M):
        for source in sources.split():
            assert (ROOT / source).exists(), source
            assert source == "." or any(f"!{part}" in ignored for part in (source, source.split("/")[0])), source


def test_every_package_and_the_dialplan_are_in_the_image() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {name.split(".")[0] for name in project["tool"]["setuptools"]["packages"]}
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert packages | {"dialplan", "constraints.txt", "pyproject.toml"} <= let_through
