"""The keys of numbers as an operator writes them: in the environment or in a file, the newest first (P1)."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from runtime import secret_key
from runtime.settings import SettingsError, load, secret_variables

NEW, OLD = bytes(range(32)), b"o" * 32


@pytest.mark.parametrize(
    "written",
    [
        NEW.hex(),
        NEW.hex().upper(),
        base64.b64encode(NEW).decode(),
        base64.b64encode(NEW).decode().rstrip("="),
        base64.urlsafe_b64encode(NEW).decode(),
        f" {NEW.hex()}\n",
    ],
)
def test_p1_a_key_may_be_written_in_hex_or_base64(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("LINE_NUMBER_KEY", written)
    assert load().number_keys() == [NEW]


def test_p1_the_key_of_before_comes_after_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINE_NUMBER_KEY_PREVIOUS", OLD.hex())
    monkeypatch.setenv("LINE_NUMBER_KEY", NEW.hex())
    assert load().number_keys() == [NEW, OLD]


def test_p1_a_file_holds_a_key_a_line_the_newest_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{NEW.hex()}\n\n{base64.b64encode(OLD).decode()}\n")
    monkeypatch.setenv("LINE_NUMBER_KEY_FILE", str(file))
    assert load().number_keys() == [NEW, OLD]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "holds no key; make one with `openssl rand -hex 32`"),
        (NEW.hex().encode() + b"\nhunter2\n", "line 2 of .* is not 32 bytes"),
        (b"\xff\xfe", "cannot be read: not text"),
    ],
)
def test_p1_a_file_that_holds_no_key_is_named_with_its_problem_and_nothing_of_it_is_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "keys"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("LINE_NUMBER_KEY_FILE", str(file))
    with pytest.raises(SettingsError, match=f"^LINE_NUMBER_KEY_FILE: .*{problem}") as caught:
        load().number_keys()
    assert "hunter2" not in str(caught.value)
    assert NEW.hex() not in str(caught.value)


@pytest.mark.parametrize("name", ["LINE_NUMBER_KEY", "LINE_NUMBER_KEY_PREVIOUS"])
def test_p1_the_example_of_the_documentation_is_nobodys_key(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, secret_key.EXAMPLE)
    with pytest.raises(SettingsError, match="the example of the documentation"):
        load().number_keys()


def test_p3_programs_that_are_not_ours_are_given_no_secret() -> None:
    assert secret_variables() >= {
        "LINE_AMI_SECRET",
        "LINE_API_TOKEN",
        "LINE_DATABASE_URL",
        "LINE_NUMBER_KEY",
        "LINE_NUMBER_KEY_PREVIOUS",
    }
    assert not {"LINE_NODE", "LINE_DATA_DIR"} & secret_variables()
