"""The log: private, turned over, shared by processes, and never in the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from watcher.journal import REQUESTS, listening, tell
from watcher.logfile import OLDER, LogFile

WRITER = """
import sys
from pathlib import Path
from watcher.journal import REQUESTS, listening, tell
from watcher.logfile import LogFile

def failed(error):
    sys.exit(f"failed: {error!r}")

file, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sys.stdin.readline()  # all begin together
with listening(LogFile(file, REQUESTS, failed, full=int(sys.argv[4]))):
    for n in range(count):
        tell("read", source=name, new=n)
"""


def never(error: Exception) -> None:
    raise AssertionError(error)


def lines(file: Path) -> list[dict[str, object]]:
    """All lines of the log, the oldest first."""
    files = [file.with_name(f"{file.name}.{n}") for n in range(OLDER, 0, -1)] + [file]
    return [json.loads(line) for one in files if one.exists() for line in one.read_text("utf-8").split("\n")[:-1]]


def test_it_is_private_and_goes_on_where_it_ended(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "watcher.log"
    before = os.umask(0)
    try:
        for n in range(2):
            with listening(LogFile(file, REQUESTS, never)):
                tell("read", source="a", new=n)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [line["new"] for line in lines(file)] == [0, 1]


def test_it_is_turned_over(tmp_path: Path) -> None:
    file = tmp_path / "watcher.log"
    with listening(LogFile(file, REQUESTS, never, full=1000)):
        for n in range(200):
            tell("read", source="a", new=n)
    parts = sorted(part.name for part in tmp_path.iterdir())
    assert parts == ["watcher.log", *(f"watcher.log.{n}" for n in range(1, OLDER + 1))]
    assert all(part.stat().st_size <= 1000 and part.stat().st_mode & 0o777 == 0o600 for part in tmp_path.iterdir())
    kept = [line["new"] for line in lines(file)]
    assert kept == list(range(200 - len(kept), 200))


def test_processes_that_write_together_lose_no_line(tmp_path: Path) -> None:
    file, count = tmp_path / "watcher.log", 300
    full = count * 2 * 130 // OLDER  # turned over several times, and nothing forgotten
    command = [sys.executable, "-c", WRITER, str(file)]
    writers = [
        subprocess.Popen([*command, name, str(count), str(full)], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for name in "ab"
    ]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    for writer in writers:
        _, err = writer.communicate(timeout=60)
        assert (writer.returncode, err) == (0, b"")
    found = lines(file)
    assert (tmp_path / "watcher.log.1").exists()
    for name in "ab":
        assert sorted(int(str(line["new"])) for line in found if line["source"] == name) == list(range(count))


def test_a_file_that_somebody_moved_away_is_followed_by_a_new_one(tmp_path: Path) -> None:
    file = tmp_path / "watcher.log"
    with listening(LogFile(file, REQUESTS, never)):
        tell("read", source="a", new=1)
        file.rename(tmp_path / "taken")
        tell("read", source="a", new=2)
    assert [line["new"] for line in lines(file)] == [2]
    assert [line["new"] for line in lines(tmp_path / "taken")] == [1]


def test_what_a_link_leads_to_is_not_turned_over(tmp_path: Path) -> None:
    there, file = tmp_path / "there", tmp_path / "watcher.log"
    there.touch()
    file.symlink_to(there)
    with listening(LogFile(file, REQUESTS, never, full=100)):
        for n in range(9):
            tell("read", source="a", new=n)
    assert len(lines(there)) == 9
    assert sorted(part.name for part in tmp_path.iterdir()) == ["there", "watcher.log"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_one_warning(tmp_path: Path) -> None:
    told: list[Exception] = []
    with listening(LogFile(Path("/dev/full"), REQUESTS, told.append)):
        for n in range(3):
            tell("read", source="a", new=n)
    (error,) = told
    assert isinstance(error, OSError)


def test_a_folder_that_goes_away_is_one_warning(tmp_path: Path) -> None:
    told: list[Exception] = []
    file = tmp_path / "logs" / "watcher.log"
    with listening(LogFile(file, REQUESTS, told.append)):
        tell("read", source="a", new=0)
        file.unlink()
        file.parent.rmdir()
        for n in range(3):
            tell("read", source="a", new=n)
    assert [type(error) for error in told] == [FileNotFoundError]


def test_a_pipe_that_nobody_reads_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "watcher.log"
    os.mkfifo(file)
    with pytest.raises(OSError, match="No such device"):
        LogFile(file, REQUESTS, never)
