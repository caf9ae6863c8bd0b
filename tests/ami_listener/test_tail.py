"""Whatever happens to the files and to their reader, each row becomes its facts once (E4)."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ami_listener import files, tail
from ami_listener.files import NAME
from schema.engine import Store
from tests.agi.wire import SOON
from tests.ami_listener.cel_folder import place, places, run, settled, write, write_text
from tests.ami_listener.cel_folder import tail as reader
from tests.ami_listener.cel_rows import told
from tests.ami_listener.decided import call, decide_on, facts, outcome, status

CHANNEL, OTHER = "line1-1795470355.0", "line1-1795470355.2"


@pytest.fixture(autouse=True)
def rows_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long ago the rows were recorded, their file is not put aside for it."""
    monkeypatch.setattr(files, "OLDEST_SECONDS", float("inf"))


def channels(store: Store) -> dict[str, int]:
    """How many facts were kept, by call."""
    told_of = [channel for channel, _ in facts(store)]
    return {channel: told_of.count(channel) for channel in told_of}


# A connected call has 8 rows, of which the provider's answer is none of ours and each hangup but one tells one fact.
WHOLE = {CHANNEL: 8}


def test_e4_what_was_written_while_nobody_read_is_read_and_completes_the_consultation(
    line: Store, tmp_path: Path
) -> None:
    decide_on(line, CHANNEL)
    path = write(tmp_path, told("connected", CHANNEL))
    assert reader(tmp_path, line).catch_up() == 8
    assert (outcome(line, CHANNEL)["disposition"], outcome(line, CHANNEL)["ended_by"]) == ("connected", "provider")
    assert status(line) == ("completed", "line")
    assert channels(line) == WHOLE
    assert place(line, path) == path.stat().st_size


def test_e4_reading_goes_on_where_it_stopped(store: Store, tmp_path: Path) -> None:
    rows = told("connected", CHANNEL)
    first = reader(tmp_path, store)
    write(tmp_path, rows[:3])
    assert [first.catch_up(), first.catch_up()] == [3, 0]
    write(tmp_path, rows[3:5])
    assert first.catch_up() == 2
    write(tmp_path, rows[5:])
    again = reader(tmp_path, store)
    assert [again.catch_up(), again.catch_up()] == [3, 0]
    assert channels(store) == WHOLE


def test_e4_a_row_that_is_being_written_waits_for_its_end(store: Store, tmp_path: Path) -> None:
    rows = "".join(f"{row}\n" for row in told("connected", CHANNEL))
    reading = reader(tmp_path, store)
    for start in range(0, len(rows), 97):
        path = write_text(tmp_path, rows[start : start + 97])
        with capture_logs() as said:
            reading.catch_up()
        assert not said
        whole = rows[: start + 97].rfind("\n") + 1
        assert place(store, path) == (whole or None)
    assert channels(store) == WHOLE


def test_e4_a_file_that_is_put_aside_is_read_to_its_end_and_the_new_one_from_its_beginning(
    store: Store, tmp_path: Path
) -> None:
    rows, others = told("connected", CHANNEL), told("connected", OTHER)
    reading = reader(tmp_path, store)
    path = write(tmp_path, rows[:3])
    reading.catch_up()
    aside = path.rename(tmp_path / f"{NAME}.1")
    # Asterisk had it open when it was renamed.
    write(tmp_path, rows[3:], aside.name)
    write(tmp_path, others)
    assert reading.catch_up() == 5 + 8
    assert channels(store) == {CHANNEL: 8, OTHER: 8}


def test_e4_a_file_that_is_put_aside_between_looking_and_reading_is_not_read_at_the_others_place(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, told("connected", CHANNEL))
    look = files.found

    def rotate_behind_its_back(*arguments: object) -> list[files.File]:
        found = look(*arguments)  # type: ignore[arg-type]
        path.rename(tmp_path / f"{NAME}.1")
        write(tmp_path, told("connected", OTHER) * 2)
        monkeypatch.setattr(files, "found", look)
        return found

    monkeypatch.setattr(files, "found", rotate_behind_its_back)
    reading = reader(tmp_path, store)
    with capture_logs() as said:
        assert [reading.catch_up(), reading.catch_up()] == [0, 8 + 16]
    assert not said
    assert channels(store) == {CHANNEL: 8, OTHER: 8}


def test_e4_a_file_that_is_copied_and_cut_short_is_read_from_its_beginning(store: Store, tmp_path: Path) -> None:
    reading = reader(tmp_path, store)
    path = write(tmp_path, told("connected", CHANNEL))
    reading.catch_up()
    shutil.copy(path, tmp_path / f"{NAME}.1")
    os.truncate(path, 0)
    # More than there was, so that the size alone does not tell.
    write(tmp_path, told("connected", OTHER) + told("busy", OTHER) * 5)
    reading.catch_up()
    assert channels(store) == {CHANNEL: 8, OTHER: 8 + 5}
    assert place(store, path) == path.stat().st_size


def test_e4_a_file_that_is_cut_short_while_nobody_reads_is_read_from_its_beginning(
    store: Store, tmp_path: Path
) -> None:
    path = write(tmp_path, told("connected", CHANNEL))
    reader(tmp_path, store).catch_up()
    os.truncate(path, 0)
    write(tmp_path, told("busy", OTHER))
    assert reader(tmp_path, store).catch_up() == 2
    assert place(store, path) == path.stat().st_size


def test_e4_a_file_that_lost_its_end_is_read_again(store: Store, tmp_path: Path) -> None:
    """As a disk does that was repaired: the first row is the same."""
    rows = told("connected", CHANNEL)
    path = write(tmp_path, rows)
    reading = reader(tmp_path, store)
    reading.catch_up()
    os.truncate(path, len(rows[0]) + 1)
    write(tmp_path, told("busy", OTHER))
    assert reading.catch_up() == 1 + 2
    assert place(store, path) == path.stat().st_size


def test_e4_a_file_with_the_inode_of_one_that_is_gone_is_another_file(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path, told("connected", CHANNEL))
    run(
        store,
        "INSERT INTO cel_files (node, file, begins_with, position)"
        f" VALUES ('line1', '{path.stat().st_dev}:{path.stat().st_ino}', 'another', 400)",
    )
    assert reader(tmp_path, store).catch_up() == 8
    assert channels(store) == WHOLE
    assert place(store, path) == path.stat().st_size


def test_e4_a_file_that_somebody_moved_away_and_back_loses_nothing(store: Store, tmp_path: Path) -> None:
    rows, elsewhere = told("connected", CHANNEL), tmp_path / "elsewhere"
    reading = reader(tmp_path, store)
    path = write(tmp_path, rows[:4])
    reading.catch_up()
    path.rename(elsewhere)
    write_text(tmp_path, "".join(f"{row}\n" for row in rows[4:]), elsewhere.name)
    assert reading.catch_up() == 0
    assert places(store) == {}
    elsewhere.rename(path)
    reading.catch_up()
    assert channels(store) == WHOLE


def test_e4_what_other_files_are_called_is_left_alone(store: Store, tmp_path: Path) -> None:
    for name in ("Master.csv", "xline.json", "line.jsonl"):
        settled(write(tmp_path, told("connected", CHANNEL), name))
    assert reader(tmp_path, store).catch_up() == 0
    assert len(list(tmp_path.iterdir())) == 3


def test_e4_a_file_is_deleted_when_it_is_put_aside_read_and_nobody_writes_into_it(store: Store, tmp_path: Path) -> None:
    aside = settled(write(tmp_path, told("connected", CHANNEL), f"{NAME}.1"))
    reader(tmp_path, store).catch_up()
    assert not aside.exists()
    assert places(store) == {}
    assert channels(store) == WHOLE


def test_e4_a_file_is_kept_while_somebody_may_write_into_it(store: Store, tmp_path: Path) -> None:
    in_use = settled(write(tmp_path, told("busy", CHANNEL)))
    put_aside_just_now = write(tmp_path, told("busy", OTHER), f"{NAME}.1")
    reading = reader(tmp_path, store)
    reading.catch_up()
    reading.catch_up()
    assert in_use.exists()
    assert put_aside_just_now.exists()


def test_e4_a_file_that_was_not_read_to_its_end_is_kept(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = settled(write(tmp_path, told("busy", CHANNEL), f"{NAME}.1"))

    def fail(*_: object) -> None:
        raise PermissionError

    with monkeypatch.context() as broken:
        broken.setattr(files, "read", fail)
        with capture_logs() as said:
            assert reader(tmp_path, store).catch_up() == 0
    assert [entry["event"] for entry in said] == ["cel_file_unreadable"]
    assert aside.exists()
    assert reader(tmp_path, store).catch_up() == 2


def test_e4_a_file_that_was_read_only_in_part_is_kept(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = settled(write(tmp_path, told("connected", CHANNEL), f"{NAME}.1"))
    monkeypatch.setattr(files, "_CHUNK_BYTES", 600)
    read = files.read

    def read_once(file: files.File, position: int) -> files.Chunk:
        if position:
            raise PermissionError
        return read(file, position)

    with monkeypatch.context() as broken:
        broken.setattr(files, "read", read_once)
        assert 0 < reader(tmp_path, store).catch_up() < 8
    assert aside.exists()
    reader(tmp_path, store).catch_up()
    assert channels(store) == WHOLE
    assert not aside.exists()


def test_e4_half_a_row_at_the_end_of_a_file_that_was_put_aside_keeps_it_no_longer(store: Store, tmp_path: Path) -> None:
    """Asterisk was killed while it wrote: that row will never be whole."""
    write(tmp_path, told("busy", CHANNEL), f"{NAME}.1")
    aside = settled(write_text(tmp_path, told("busy", OTHER)[0][:50], f"{NAME}.1"))
    reading = reader(tmp_path, store)
    with capture_logs() as said:
        reading.catch_up()
        reading.catch_up()
    assert "cel_row_malformed" in [entry["event"] for entry in said]
    assert not aside.exists()


def test_e4_a_large_file_is_put_aside_and_its_rows_are_read(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = reader(tmp_path, store)
    path = write(tmp_path, told("busy", CHANNEL))
    monkeypatch.setattr(files, "LARGEST_BYTES", path.stat().st_size + 1)
    reading.catch_up()
    assert path.exists()
    write(tmp_path, told("connected", CHANNEL))
    reading.catch_up()
    (aside,) = tmp_path.iterdir()
    assert aside.name.startswith(f"{NAME}.")
    write(tmp_path, told("busy", OTHER))
    assert reading.catch_up() == 2
    assert place(store, aside) == aside.stat().st_size


def test_p2_a_file_whose_first_row_is_old_is_put_aside(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told("busy", CHANNEL)[0]
    began = float(first.partition('"eventtime":"')[2].partition(".")[0])
    path = write(tmp_path, [first])
    monkeypatch.setattr(files, "OLDEST_SECONDS", 100.0)
    monkeypatch.setattr(time, "time", lambda: began + 99)
    reading = reader(tmp_path, store)
    reading.catch_up()
    assert path.exists()
    monkeypatch.setattr(time, "time", lambda: began + 101)
    reading.catch_up()
    assert not path.exists()


def test_e4_a_folder_that_is_not_there_yet_is_waited_for_and_said_once(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "cel-custom"
    reading = reader(folder, store)
    with capture_logs() as said:
        assert [reading.catch_up() for _ in range(3)] == [0, 0, 0]
    assert [entry["event"] for entry in said] == ["cel_folder_unreadable"]
    folder.mkdir()
    assert reading.catch_up() == 0
    write(folder, told("connected", CHANNEL))
    assert reading.catch_up() == 8
    shutil.rmtree(folder)
    with capture_logs() as said:
        assert [reading.catch_up() for _ in range(2)] == [0, 0]
    assert [entry["event"] for entry in said] == ["cel_folder_unreadable"]


def test_e4_a_file_that_cannot_be_read_does_not_keep_the_others_from_being_read(store: Store, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.folder").mkdir()
    write(tmp_path, told("connected", CHANNEL))
    reading = reader(tmp_path, store)
    with capture_logs() as said:
        assert [reading.catch_up() for _ in range(3)] == [8, 0, 0]
    assert [entry["event"] for entry in said] == ["cel_file_unreadable"]


GARBAGE = {"zeroes": "\0" * 10_000, "no_end": "x" * 300_000, "words": "half a row", "nothing": ""}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
@pytest.mark.parametrize("where", [0, 4, 8])
def test_e4_garbage_between_rows_loses_none_of_them(store: Store, tmp_path: Path, garbage: str, where: int) -> None:
    rows = told("connected", CHANNEL)
    with capture_logs() as said:
        write(tmp_path, [*rows[:where], garbage, *rows[where:]])
        reader(tmp_path, store).catch_up()
    assert channels(store) == WHOLE
    assert {entry["event"] for entry in said} == {"cel_row_malformed"}


@pytest.mark.parametrize("separator", ["\N{LINE SEPARATOR}", "\N{NEXT LINE}"], ids=ascii)
def test_e4_only_a_newline_ends_a_row(store: Store, tmp_path: Path, separator: str) -> None:
    write(
        tmp_path, [row.replace('"accountcode":"', f'"accountcode":"{separator}') for row in told("connected", CHANNEL)]
    )
    assert reader(tmp_path, store).catch_up() == 8
    assert channels(store) == WHOLE


def test_e4_bytes_that_are_no_text_lose_no_row(store: Store, tmp_path: Path) -> None:
    with (tmp_path / NAME).open("ab") as opened:
        opened.write(b"\xff\xfe\n")
    write(tmp_path, told("connected", CHANNEL))
    reader(tmp_path, store).catch_up()
    assert channels(store) == WHOLE


def test_e4_thousands_of_rows_are_caught_up_with(line: Store, tmp_path: Path) -> None:
    calls = [f"line1-1795470355.{place}" for place in range(1000)]
    decide_on(line, calls[-1])
    path = write(tmp_path, [row for call in calls for row in told("busy", call)])
    assert reader(tmp_path, line).catch_up() == 2000
    assert place(line, path) == path.stat().st_size
    assert len(channels(line)) == 1000
    assert call(line, calls[-1]).disposition == "busy"


@pytest.fixture
def reading_all_the_time(
    line: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Store, Path, threading.Thread]]:
    """A reader at work in its thread, and the folder that it reads."""
    monkeypatch.setattr(tail, "EVERY_SECONDS", 0.001)
    working = reader(tmp_path, line)
    thread = threading.Thread(target=working.run)
    thread.start()
    yield line, tmp_path, thread
    working.stop()
    thread.join(SOON)
    assert not thread.is_alive()


def test_e4_rows_that_are_written_while_files_are_put_aside_are_all_read(
    reading_all_the_time: tuple[Store, Path, threading.Thread],
) -> None:
    store, folder, _ = reading_all_the_time
    calls = [f"line1-1795470355.{place}" for place in range(30)]
    for number, channel in enumerate(calls):
        for row in told("connected", channel):
            write(folder, [row])
        if number % 3 == 0:
            (folder / NAME).rename(folder / f"{NAME}.{number}")
    while channels(store) != dict.fromkeys(calls, 8):
        assert len(facts(store)) <= 8 * len(calls)
